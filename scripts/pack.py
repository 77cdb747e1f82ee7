"""Builds the packages without OpenWrt's SDK: the same files, modes, fields and scripts, the same bytes each time.

    python3 scripts/pack.py ipk [--out DIR]     for opkg, up to 24.10
    python3 scripts/pack.py apk [--out DIR]     for apk, from 25.12 on; needs apk 3, named in APK or on PATH

The feed's own Makefiles are run, with scripts/sdk/ in the place of OpenWrt's SDK. It prints what it built.
"""

import argparse
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
SDK = TOP / "scripts/sdk"
FEED = TOP / "openwrt"
FOLDER = (None, 0o755)
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
        # A dependency with a condition, "+(LINUX_5_4):ipset", is for releases that have SDKs of their own.
        self.depends = ["libc"] + [word.lstrip("+") for word in fields["DEPENDS"].split() if ":" not in word]
        self.description = _text(folder / "description") or fields["TITLE"] + "\n"
        self.conffiles = (_text(folder / "conffiles") or "").split()
        self.scripts = {name: text for name in SCRIPTS for text in [_text(folder / name)] if text is not None}

        self.installed_size = sum((self.root / path.lstrip("/")).stat().st_size for path in self.files())

    def files(self):
        """Paths of its files as on the router, sorted."""
        return sorted("/" + str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())


def _text(path):
    return path.read_text() if path.exists() else None


def epoch():
    """The time that everything in a package carries: SOURCE_DATE_EPOCH, else that of the commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=TOP, capture_output=True, text=True)
    if done.returncode:
        raise PackError(
            "not a git checkout: set SOURCE_DATE_EPOCH to the time, in Unix seconds, that the files shall carry"
        )
    return int(done.stdout)


def packages(work):
    """Runs the Makefiles of the feed below the folder `work`; returns their packages."""
    found = []
    for makefile in sorted(FEED.glob("*/Makefile")):
        out = work / makefile.parent.name
        command = ["make", "-s", "-C", str(makefile.parent)]
        command += [f"TOPDIR={SDK}", f"INCLUDE_DIR={SDK}/include", f"OUT={out}"]
        done = subprocess.run(command, capture_output=True, text=True, umask=0o022)
        if done.returncode:
            raise PackError(f"{makefile.relative_to(TOP)}: {done.stderr.strip()}")
        found += [Package(fields.parent) for fields in sorted(out.glob("*/fields"))]
    return found


# -- ipk -----------------------------------------------------------------------------------------------------------


def ipk(package, out, now):
    """Writes NAME_VERSION_ARCH.ipk into the folder `out`; returns its path."""
    data = _tar(_tree(package.root), now)
    control = {"./": FOLDER, "./control": (_control(package, now, len(data)), 0o644)}
    control["./postinst"] = ("#!/bin/sh\n" + SKIP + WHERE + "default_postinst $0 $@\n", 0o755)
    control["./prerm"] = ("#!/bin/sh\n" + WHERE + "default_prerm $0 $@\n", 0o755)
    for name, text in package.scripts.items():
        # opkg runs those two by the names it knows; OpenWrt's run the package's own from there
        control["./" + name + ("-pkg" if name in ("postinst", "prerm") else "")] = (text, 0o755)
    if package.conffiles:
        control["./conffiles"] = ("".join(path + "\n" for path in package.conffiles), 0o644)
    parts = {"./debian-binary": ("2.0\n", 0o644), "./data.tar.gz": (_gzip(data), 0o644)}
    parts["./control.tar.gz"] = (_gzip(_tar(dict(sorted(control.items())), now)), 0o644)
    path = out / f"{package.name}_{package.version}_{package.arch}.ipk"
    path.write_bytes(_gzip(_tar(parts, now)))
    return path


def _control(package, now, size):
    fields = [
        ("Package", package.name),
        ("Version", package.version),
        ("Depends", ", ".join(package.depends)),
        ("Conflicts", ", ".join(package.conflicts)),
        ("Provides", ", ".join(package.provides)),
        ("Source", package.source),
        ("SourceName", package.source.rpartition("/")[2]),
        ("License", package.license),
        ("LicenseFiles", package.license_files),
        ("Section", package.section),
        ("SourceDateEpoch", str(now)),
        ("URL", package.url),
        ("Maintainer", package.maintainer),
        ("Architecture", package.arch),
        ("Installed-Size", str(size)),
    ]
    lines = [f"{name}: {value}\n" for name, value in fields if value]
    # a line that begins with a space goes on with the field
    described = ["Description: "] + [f" {line.strip()}\n" for line in package.description.splitlines()]
    return "".join(lines) + "".join(described)


def _tree(root):
    """{"./path": (bytes, or None for a folder, mode)} of everything below `root`, sorted."""
    tree = {"./": FOLDER}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            raise PackError(f"{path.relative_to(root)} is a symbolic link; packages have none")
        name = "./" + str(path.relative_to(root))
        tree[name] = (None if path.is_dir() else path.read_bytes(), path.stat().st_mode & 0o777)
    return tree


def _tar(entries, now):
    """The bytes of a tar as OpenWrt makes them: GNU's format, everything owned by 0, in the order of `entries`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, (content, mode) in entries.items():
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = mode, now
            if content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                content = content.encode() if isinstance(content, str) else content
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _gzip(data):
    return gzip.compress(data, 9, mtime=0)


# -- apk -----------------------------------------------------------------------------------------------------------


def apk(package, out, now):
    """Writes NAME-VERSION.apk into the folder `out`; returns its path."""
    tool = apk_tool()
    root, info = package.root, package.root / "lib/apk/packages"
    info.mkdir(parents=True)
    (info / f"{package.name}.list").touch()  # OpenWrt's names itself too, and nothing that is added below
    (info / f"{package.name}.list").write_text("".join(path + "\n" for path in package.files()))
    if package.conffiles:
        (info / f"{package.name}.conffiles").write_text("".join(path + "\n" for path in package.conffiles))
        sums = [f"{path} {sha256(root / path.lstrip('/'))}\n" for path in package.conffiles]
        (info / f"{package.name}.conffiles_static").write_text("".join(sums))
    for path in [root, *root.rglob("*")]:
        os.utime(path, (now, now))
    path = out / f"{package.name}-{package.version}.apk"
    fields = {
        "name": package.name,
        "version": package.version,
        "description": " ".join(package.description.split()),
        "arch": "noarch" if package.arch == "all" else package.arch,
        "license": package.license,
        "origin": package.source,
        "url": package.url,
        "maintainer": package.maintainer,
        "provides": " ".join(package.provides),
        "provider-priority": "100" if package.default_variant else "1" if package.provides else "",
        "depends": " ".join(package.depends),
    }
    command = [] if os.geteuid() == 0 else ["fakeroot"]
    command += [tool, "mkpkg", "--files", str(root), "--output", str(path)]
    for name, value in fields.items():
        command += ["--info", f"{name}:{value}"] if value else []
    for name, text in _apk_scripts(package).items():
        script = root.parent / name
        script.write_text(text)
        command += ["--script", f"{name}:{script}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PackError(f"{tool} mkpkg: {(done.stderr or done.stdout).strip()}")
    return path


def _apk_scripts(package):
    mine = package.scripts
    known = f'export root="${{IPKG_INSTROOT}}"\nexport pkgname="{package.name}"\n'
    after = "#!/bin/sh\n" + SKIP + WHERE + known + "add_group_and_user\ndefault_postinst\n" + mine.get("postinst", "")
    scripts = {
        "post-install": after,
        "post-upgrade": "#!/bin/sh\nexport PKG_UPGRADE=1\n" + after,
        "pre-deinstall": "#!/bin/sh\n" + WHERE + known + "default_prerm\n" + mine.get("prerm", ""),
    }
    if "preinst" in mine:
        scripts["pre-install"] = mine["preinst"]
        scripts["pre-upgrade"] = "#!/bin/sh\nexport PKG_UPGRADE=1\n" + mine["preinst"]
    if "postrm" in mine:
        scripts["post-deinstall"] = mine["postrm"]
    return scripts


def apk_tool():
    """The path of an apk of version 3. Raises PackError where there is none."""
    tool = os.environ.get("APK") or shutil.which("apk")
    if not tool:
        raise PackError("no apk tool: name one of version 3 in APK, or build with ./sdk-build.sh")
    try:
        version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
    except OSError as error:
        raise PackError(f"APK={tool}: {error.strerror}")
    if not version.startswith("apk-tools 3"):
        raise PackError(f"{tool} is no apk of version 3: it says {version.strip()!r}")
    return tool


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -- what is asked for ---------------------------------------------------------------------------------------------


def build(kind, out):
    """Builds every package of the feed as `kind`, "ipk" or "apk", into the folder `out`.

    Returns [(path, bytes that its files take when installed)].
    """
    out.mkdir(parents=True, exist_ok=True)
    now, write = epoch(), {"ipk": ipk, "apk": apk}[kind]
    with tempfile.TemporaryDirectory() as work:
        return [(write(package, out, now), package.installed_size) for package in packages(pathlib.Path(work))]


def index(folder):
    """The text of `Packages`, by which opkg knows the .ipk files of `folder`."""
    entries = []
    for path in sorted(folder.glob("*.ipk")):
        with tarfile.open(path) as outer, tarfile.open(fileobj=outer.extractfile("./control.tar.gz")) as inner:
            control = inner.extractfile("./control").read().decode()
        place = f"Filename: {path.name}\nSize: {path.stat().st_size}\nSHA256sum: {sha256(path)}\n"
        entries.append(control.replace("Description:", place + "Description:", 1) + "\n")
    return "".join(entries)


def apk_index(folder):
    """Writes `packages.adb`, by which apk knows the .apk files of `folder`; signed where APK_KEY names a secret key."""
    command = [apk_tool(), "mkndx", "--allow-untrusted", "--output", str(folder / "packages.adb")]
    command += ["--sign-key", os.environ["APK_KEY"]] if "APK_KEY" in os.environ else []
    command += [str(path) for path in sorted(folder.glob("*.apk"))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PackError(f"apk mkndx: {(done.stderr or done.stdout).strip()}")


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
