"""An .ipk as OpenWrt's ipkg-build writes it: a gzipped tar of three files, two of them gzipped tars."""

import gzip
import io
import tarfile

from feed import SKIP, WHERE, PackError, sha256

FOLDER = (None, 0o755)


def write(package, out, now):
    """Writes NAME_VERSION_ARCH.ipk into the folder `out`; returns its path."""
    data = tar(_tree(package.root), now)
    control = {"./": FOLDER, "./control": (_control(package, now, len(data)), 0o644)}
    control["./postinst"] = ("#!/bin/sh\n" + SKIP + WHERE + "default_postinst $0 $@\n", 0o755)
    control["./prerm"] = ("#!/bin/sh\n" + WHERE + "default_prerm $0 $@\n", 0o755)
    for name, text in package.scripts.items():
        # opkg runs those two by the names it knows; OpenWrt's run the package's own from there
        control["./" + name + ("-pkg" if name in ("postinst", "prerm") else "")] = (text, 0o755)
    if package.conffiles:
        control["./conffiles"] = ("".join(path + "\n" for path in package.conffiles), 0o644)
    parts = {"./debian-binary": ("2.0\n", 0o644), "./data.tar.gz": (_gzip(data), 0o644)}
    parts["./control.tar.gz"] = (_gzip(tar(dict(sorted(control.items())), now)), 0o644)
    path = out / f"{package.name}_{package.version}_{package.arch}.ipk"
    path.write_bytes(_gzip(tar(parts, now)))
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


def tar(entries, now):
    """The bytes of a tar as OpenWrt makes them: GNU's format, everything owned by 0, in the order of `entries`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, (content, mode) in entries.items():
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = mode, now
            if content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                content = content.encode() if isinstance(content, str) else content
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _gzip(data):
    return gzip.compress(data, 9, mtime=0)


def index(folder):
    """The text of `Packages`, by which opkg knows the .ipk files of `folder`."""
    entries = []
    for path in sorted(folder.glob("*.ipk")):
        with tarfile.open(path) as outer, tarfile.open(fileobj=outer.extractfile("./control.tar.gz")) as inner:
            control = inner.extractfile("./control").read().decode()
        place = f"Filename: {path.name}\nSize: {path.stat().st_size}\nSHA256sum: {sha256(path)}\n"
        entries.append(control.replace("Description:", place + "Description:", 1) + "\n")
    return "".join(entries)
