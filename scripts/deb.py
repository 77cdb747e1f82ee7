"""Builds the package for Debian, Ubuntu and Raspberry Pi OS: the same bytes each time, without Debian's tools.

    python3 scripts/deb.py [--out DIR]

It holds what is in linux/, the launcher, the agent and its documentation, and prints what it built.
"""

import argparse
import gzip
import hashlib
import pathlib
import re
import sys

from feed import TOP, PackError, epoch, maintainer, sha256, version
from ipk import tar

NAME = "nametrack"
DESCRIPTION = """\
WireGuard endpoints and routing follow DNS
 Keeps the kernel's addresses equal to what DNS says: the endpoint of every
 WireGuard peer that is configured by name, and the way that traffic to listed
 host names takes. It reads the files of wg-quick, follows each
 name by its TTL, never tears a tunnel down, and never empties a set because a
 lookup failed.
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: nametrack

Files: *
Copyright: The nametrack developers
License: Apache-2.0
 On Debian systems the text of the license is in
 /usr/share/common-licenses/Apache-2.0.
"""
DOCS = ("any-linux.md", "options.md", "bus.md", "status.md", "how-it-decides.md", "security.md", "troubleshooting.md")

# The agent loads modules when it first needs them: it ends before its files are replaced, so that none of another
# version comes to it. postinst starts the new one, or if dpkg gives up, that of the old package the old one.
PREINST = """\
#!/bin/sh
set -e
if [ "$1" = upgrade ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop nametrack.service >/dev/null || true
fi
"""
POSTINST = """\
#!/bin/sh
set -e
case $1 in
configure | abort-upgrade | abort-deconfigure | abort-remove)
	deb-systemd-helper unmask nametrack.service >/dev/null || true
	if deb-systemd-helper --quiet was-enabled nametrack.service; then
		deb-systemd-helper enable nametrack.service >/dev/null || true
	else
		deb-systemd-helper update-state nametrack.service >/dev/null || true
	fi
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		if [ -n "$2" ]; then action=restart; else action=start; fi
		deb-systemd-invoke $action nametrack.service >/dev/null || true
	fi
	;;
esac
"""
PRERM = """\
#!/bin/sh
set -e
if [ "$1" = remove ]; then
	if [ -d /run/systemd/system ]; then
		deb-systemd-invoke stop nametrack.service >/dev/null || true
	fi
	# Routes and rules of its own would go on steering.
	nametrack flush >/dev/null 2>&1 || true
fi
"""
# Nothing stays but the configuration; whether the service is enabled is part of it.
POSTRM = """\
#!/bin/sh
set -e
if [ "$1" = remove ] || [ "$1" = purge ]; then
	rm -rf /var/lib/nametrack /run/nametrack
	if [ "$1" = purge ] && [ -x /usr/bin/deb-systemd-helper ]; then
		deb-systemd-helper purge nametrack.service >/dev/null || true
		deb-systemd-helper unmask nametrack.service >/dev/null || true
	fi
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
	fi
fi
"""


def build(out):
    """Builds the package into the folder `out`; returns its path."""
    out.mkdir(parents=True, exist_ok=True)
    now, files = epoch(), contents()
    conffiles = [path for path in files if path.startswith("/etc/")]
    size = sum(len(content) for content, _ in files.values())
    control = f"Package: {NAME}\nVersion: {version()}\nArchitecture: all\nMaintainer: {maintainer()}\n"
    control += f"Installed-Size: {(size + 1023) // 1024}\nDepends: python3 (>= 3.7)\n"
    control += "Recommends: wireguard-tools\nSuggests: nftables, ipset\nSection: net\nPriority: optional\n"
    control += f"Description: {DESCRIPTION}"
    sums = "".join(f"{hashlib.md5(files[path][0]).hexdigest()}  {path[1:]}\n" for path in sorted(files))
    members = {
        "./control": (control, 0o644),
        "./conffiles": ("".join(f"{path}\n" for path in conffiles), 0o644),
        "./md5sums": (sums, 0o644),
        "./preinst": (PREINST, 0o755),
        "./postinst": (POSTINST, 0o755),
        "./prerm": (PRERM, 0o755),
        "./postrm": (POSTRM, 0o755),
    }
    path = out / f"{NAME}_{version()}_all.deb"
    path.write_bytes(
        archive(
            [
                ("debian-binary", b"2.0\n"),
                ("control.tar.gz", packed({"./": (None, 0o755), **members}, now)),
                ("data.tar.gz", packed(tree(files), now)),
            ],
            now,
        )
    )
    return path


def contents():
    """{path: (bytes, mode)} of the files as they are installed."""
    files = {}
    for source in sorted((TOP / "linux").rglob("*")):
        if source.is_file():
            files["/" + str(source.relative_to(TOP / "linux"))] = (source.read_bytes(), 0o644)
    files["/usr/sbin/nametrack"] = ((TOP / "files/usr/sbin/nametrack").read_bytes(), 0o755)
    for source in sorted((TOP / "agent").rglob("*.py")):
        files["/usr/lib/nametrack/" + str(source.relative_to(TOP / "agent"))] = (source.read_bytes(), 0o644)
    docs = "/usr/share/doc/nametrack/"
    files[docs + "copyright"] = (COPYRIGHT.encode(), 0o644)
    files[docs + "changelog.gz"] = (gzip.compress((TOP / "CHANGELOG.md").read_bytes(), 9, mtime=0), 0o644)
    for name in DOCS:
        files[docs + name] = ((TOP / "docs" / name).read_bytes(), 0o644)
    return files


def tree(files):
    """The entries of the archive: the files and each folder they are in."""
    entries = {"./": (None, 0o755)}
    for path in sorted(files):
        for match in re.finditer("/", path[1:]):
            entries["." + path[: match.start() + 1]] = (None, 0o755)
        entries["." + path] = files[path]
    return entries


def packed(entries, now):
    return gzip.compress(tar(entries, now), 9, mtime=0)


def archive(members, now):
    """The bytes of an `ar` archive as dpkg-deb writes it (deb(5))."""
    out = b"!<arch>\n"
    for name, content in members:
        out += f"{name:<16}{now:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=TOP / "build/packages", metavar="DIR")
    try:
        path = build(parser.parse_args(argv).out)
    except PackError as error:
        print(f"deb.py: {error}", file=sys.stderr)
        return 1
    print(f"{path.stat().st_size:8} bytes  {sha256(path)}  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
