"""Builds the packages without OpenWrt's SDK: the same files, modes, fields and scripts, the same bytes each time.

    python3 scripts/pack.py ipk [--out DIR]     for opkg, up to 24.10
    python3 scripts/pack.py apk [--out DIR]     for apk, from 25.12 on; needs apk 3, named in APK or on PATH

It prints what it built.
"""

import argparse
import pathlib
import sys
import tempfile

import apk
import ipk
from feed import TOP, PackError, epoch, packages, sha256


def build(kind, out):
    """Builds every package of the feed as `kind`, "ipk" or "apk", into the folder `out`.

    Returns [(path, bytes that its files take when installed)].
    """
    out.mkdir(parents=True, exist_ok=True)
    now, write = epoch(), {"ipk": ipk, "apk": apk}[kind].write
    with tempfile.TemporaryDirectory() as work:
        return [(write(package, out, now), package.installed_size) for package in packages(pathlib.Path(work))]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("ipk", "apk"))
    parser.add_argument("--out", type=pathlib.Path, default=TOP / "build/packages", metavar="DIR")
    arguments = parser.parse_args(argv)
    try:
        for path, installed in build(arguments.kind, arguments.out):
            print(f"{path.stat().st_size:8} bytes, {installed} installed  {sha256(path)}  {path}")
    except PackError as error:
        print(f"pack.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
