"""The packages as OpenWrt's official feeds take them, and whether they pass those feeds' rules.

    MAINTAINER='Name <address>' URL=https://… python3 scripts/official.py     make feed-check

Writes build/official: the archive of the sources, packages/ as a folder of openwrt/packages and luci/ as one of
openwrt/luci. Then it prints a line for each rule that they break; exit code 1 if there is one. The rules are those that
CONTRIBUTING.md and the formality checks of both repositories name; no code of theirs is in it.

The archive is that of the commit: it holds the same bytes each time, under the name that a release uploads it by. URL
is the folder that the archive will lie in.
"""

import json
import lzma
import os
import re
import shutil
import sys

from feed import FEED, TOP, PackError, epoch, maintainer, sha256, version
from ipk import tar

OUT = TOP / "build/official"
ARCHIVED = ("LICENSE", "agent", "files", "scripts/compile.py", "scripts/strip.py")  # what the recipe of the agent takes
CATEGORIES = {"nametrack": "net", "nametrack-collectors": "utils"}  # folders of openwrt/packages
LUCI = "luci-app-nametrack"

# Identifiers of https://spdx.org/licenses that this project could have.
SPDX = {"Apache-2.0", "MIT", "GPL-2.0-only", "GPL-2.0-or-later", "BSD-3-Clause", "ISC"}
WHO = r"[^<>@]+ <[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>"
NAMED = {
    "PKG_MAINTAINER": WHO,
    "LUCI_MAINTAINER": WHO,
    "PKG_RELEASE": r"[1-9][0-9]*",
    "PKG_VERSION": r"\d+(\.\d+){1,2}",
}


def export(out, who, url):
    """Puts everything into the folder `out`, made anew."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    source = archive(out)
    for name, section in CATEGORIES.items():
        folder = out / "packages" / section / name
        shutil.copytree(FEED / name, folder)
        rewrite(folder / "Makefile", who)
    fetched(out / "packages/net/nametrack/Makefile", source, url)
    folder = out / "luci/applications" / LUCI
    shutil.copytree(FEED / LUCI, folder)  # follows the links
    rewrite(folder / "Makefile", who)
    replace(folder / "Makefile", "include $(TOPDIR)/feeds/luci/luci.mk", "include ../../luci.mk")


def archive(folder):
    """Writes the archive of the sources into the folder and returns its path."""
    prefix, entries = f"nametrack-{version()}", {}
    for name in ARCHIVED:
        for file in sorted((TOP / name).rglob("*")) if (TOP / name).is_dir() else [TOP / name]:
            if file.is_file() and "__pycache__" not in file.parts:
                mode = 0o755 if os.access(file, os.X_OK) else 0o644
                entries[f"{prefix}/{file.relative_to(TOP)}"] = (file.read_bytes(), mode)
    path = folder / f"{prefix}.tar.xz"
    path.write_bytes(lzma.compress(tar(entries, epoch()), preset=9))
    return path


def rewrite(makefile, who):
    """Has the Makefile name `who` as the maintainer. Raises PackError if it names none."""
    text, count = re.subn(r"^((?:PKG|LUCI)_MAINTAINER:=).*$", lambda m: m[1] + who, makefile.read_text(), flags=re.M)
    if not count:
        raise PackError(f"{makefile.parent.name}/Makefile names no maintainer where it should")
    makefile.write_text(text)


def replace(path, old, new):
    text = path.read_text()
    if old not in text:
        raise PackError(f"{path.name} of {path.parent.name} has no '{old}' any more: tell scripts/official.py")
    path.write_text(text.replace(old, new))


def fetched(makefile, source, url):
    """Has the Makefile fetch its sources instead of taking them from the tree around it."""
    lines = ["PKG_SOURCE:=$(PKG_NAME)-$(PKG_VERSION).tar.xz", f"PKG_SOURCE_URL:={url}", f"PKG_HASH:={sha256(source)}"]
    replace(makefile, "\nPKG_MAINTAINER:=", "\n" + "\n".join(lines) + "\n\nPKG_MAINTAINER:=")
    text = re.sub(r"^# The tree that this feed is part of.*\n", "", makefile.read_text(), flags=re.M)
    makefile.write_text(text)
    replace(makefile, "NAMETRACK_SOURCE:=$(abspath $(CURDIR)/../..)", "NAMETRACK_SOURCE:=$(PKG_BUILD_DIR)")


def broken(out):
    """Yields a line, "where: what; what to do", for each rule that what is in `out` breaks."""
    for makefile in sorted(out.glob("*/*/*/Makefile")):
        for complaint in of_makefile(makefile):
            yield f"{makefile.relative_to(out)}: {complaint}"
    for path in sorted(out.glob("*/*/*/**/*")):
        if path.is_file():
            for complaint in of_file(path):
                yield f"{path.relative_to(out)}: {complaint}"
    yield from of_services(TOP / "files/etc/init.d")


def of_makefile(path):
    text = path.read_text()
    values = dict(re.findall(r"^([A-Z_]+):=(.*)$", text, re.M))
    luci = path.parent.name.startswith("luci-")
    wanted = ["PKG_NAME", "PKG_VERSION", "PKG_RELEASE", "PKG_LICENSE"]
    wanted += ["LUCI_MAINTAINER", "LUCI_TITLE", "LUCI_DEPENDS"] if luci else ["PKG_MAINTAINER"]
    for name in wanted:
        if not values.get(name):
            yield f"{name} is missing"
    for name, form in NAMED.items():
        if name in values and not re.fullmatch(form, values[name]):
            more = "; name it: make feed-check MAINTAINER='Name <address>'" if "MAINTAINER" in name else ""
            yield f"{name} is '{values[name]}'{more}"
    if values.get("PKG_NAME") != path.parent.name:
        yield f"PKG_NAME is not the folder's name, {path.parent.name}"
    if values.get("PKG_LICENSE") not in SPDX:
        yield f"PKG_LICENSE '{values.get('PKG_LICENSE')}' is not one of SPDX that scripts/official.py knows"
    if "PKG_SOURCE" in values and not values["PKG_SOURCE_URL"].startswith("https://"):
        yield f"PKG_SOURCE_URL is '{values['PKG_SOURCE_URL']}'; name it: make feed-check URL=https://…"
    for line in re.findall(r"^(?:define|\$\(eval \$\(call) .*\$\(PKG_NAME\).*$", text, re.M):
        yield f"the name of the package stands in full in '{line}', not as $(PKG_NAME)"
    for body in re.findall(r"^define \S+/conffiles\n(.*?)^endef", text, re.M | re.S):
        for line in body.splitlines():
            if not line.startswith("/"):
                yield f"conffiles: '{line}' is no path from the root"
    for title in re.findall(r"^  TITLE:=(.*)$", text, re.M):
        if len(title) > 60:
            yield f"TITLE is longer than 60 characters: '{title}'"
    if not luci and not re.search(r"^define Package/\S+/description$", text, re.M):
        yield "no package has a description"
    if path.parent.name == "nametrack" and not (path.parent / "test-version.sh").exists():
        yield "test-version.sh is missing: the feed would call each program with --version"


def of_file(path):
    data = path.read_bytes()
    if b"\r\n" in data:
        yield "lines end in CR LF"
    if path.name in ("test.sh", "test-version.sh") and re.search(rb"grep +(-\w*q|--quiet)", data):
        yield "grep prints nothing: what it finds belongs into the log of the feed's CI"
    if path.suffix == ".json":
        try:
            loaded = json.loads(data)
        except ValueError as error:
            yield f"is no JSON: {error}"
            return
        if path.parts[-3:-1] == ("rpcd", "acl.d") and not all(entry.get("description") for entry in loaded.values()):
            yield "an entry has no description"
    if path.suffix == ".js" and b"'use strict';" not in data[:200]:
        yield "does not begin with 'use strict'"
    if path.suffix == ".po" and b"charset=UTF-8" not in data:
        yield "does not say that it is UTF-8"


def of_services(folder):
    for path in sorted(folder.iterdir()):
        text = path.read_text()
        if not text.startswith("#!/bin/sh /etc/rc.common\n"):
            yield f"{path.name}: an init script begins with #!/bin/sh /etc/rc.common"
        if re.search(r"^\s*(start-stop-daemon|[^#|&]*[^&|>]&\s*$)", text, re.M):
            yield f"{path.name}: a service runs under procd, not in the background"


def main():
    try:
        export(OUT, os.environ.get("MAINTAINER") or maintainer(), os.environ.get("URL", ""))
    except PackError as error:
        print(f"official.py: {error}", file=sys.stderr)
        return 1
    complaints = list(broken(OUT))
    for complaint in complaints:
        print(complaint)
    if not complaints:
        print(f"ready to be submitted: {OUT.relative_to(TOP)}/packages and /luci")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
