"""Versions and releases.

    python3 scripts/release.py major|minor     make bump-major, make bump-minor: the next release is that one
    python3 scripts/release.py release         make release: what is in the tree becomes a release

A release is a commit with a tag `v1.2.3`, and in build/release/1.2.3 every package, their SHA256SUMS and the index of a
feed. The patch number moves by itself where what goes into the packages has changed since the last release. Signed with
usign where USIGN_KEY names a secret key; with packages for apk where APK or PATH has an apk of version 3. MAINTAINER,
"Name <address>", is who answers for the packages; the tree keeps it, so that the next release need not name it.
"""

import datetime
import gzip
import os
import re
import shutil
import subprocess
import sys

import apk
import ipk
import official
import pack
from feed import FEED, SDK, TOP, PackError, maintainer, sha256, version

sys.path.insert(0, str(SDK))
import po2lmo  # noqa: E402

# what goes into the packages
PACKED = ("agent", "files", "luci-app", "openwrt", "scripts/compile.py", "scripts/strip.py", "LICENSE")

# the files that hold the version, each with what stands around it
PLACES = (
    ("VERSION", r"^()(.*)()$"),
    ("agent/nametrack/__init__.py", r'^(VERSION = ")(.*?)(")'),
    ("openwrt/nametrack/Makefile", r"^(PKG_VERSION:=)(.*)()$"),
    ("openwrt/luci-app-nametrack/Makefile", r"^(PKG_VERSION:=)(.*)()$"),
    ("openwrt/nametrack-collectors/Makefile", r"^(PKG_VERSION:=)(.*)()$"),
)


class ReleaseError(Exception):
    """There can be no release; the text says why and what to do."""


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=TOP, capture_output=True, text=True)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def write_version(new):
    for name, pattern in PLACES:
        path = TOP / name
        text, count = re.subn(pattern, rf"\g<1>{new}\g<3>", path.read_text(), count=1, flags=re.M)
        if not count:
            raise ReleaseError(f"{name} does not say its version where it should")
        path.write_text(text)


def write_maintainer():
    """Has every package name who answers for it: MAINTAINER of the environment, else who did for the last release."""
    who = os.environ.get("MAINTAINER") or maintainer()
    if not re.fullmatch(official.WHO, who):
        raise ReleaseError(f"'{who}' is no maintainer: make release MAINTAINER='Name <address>'")
    for makefile in FEED.glob("*/Makefile"):
        official.rewrite(makefile, who)


def following(old, part):
    """The version after `old` when its `part` moves: "major", "minor" or "patch"."""
    numbers = [int(number) for number in old.split(".")]
    place = ("major", "minor", "patch").index(part)
    return ".".join(str(n) for n in numbers[:place] + [numbers[place] + 1] + [0] * (2 - place))


def last_release():
    """The version of the last release, None if there has been none."""
    tags = [tag for tag in git("tag", "--list", "v*", "--merged").split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    return max((tag[1:] for tag in tags), key=lambda v: [int(n) for n in v.split(".")], default=None)


def date_changelog(new):
    """Turns what is unreleased in the CHANGELOG into the release `new`, as of today."""
    path = TOP / "CHANGELOG.md"
    text = path.read_text()
    if f"\n## [{new}]" in text:
        return
    heading = "\n## [Unreleased]\n"
    before, found, after = text.partition(heading)
    if not found or not after.partition("\n## ")[0].strip():
        raise ReleaseError("CHANGELOG.md says nothing below [Unreleased]: what is new for those who use it?")
    path.write_text(f"{before}{heading}\n## [{new}] - {datetime.date.today()}\n{after}")


def untranslated():
    """Return {language: how many strings of the LuCI pages it lacks}."""
    found = {}
    for path in sorted((TOP / "luci-app/po").glob("*/*.po")):
        lacking = [m for m in po2lmo.messages(path.read_text()) if m["msgid"] and not m.get("msgstr")]
        if lacking:
            found[path.parent.name] = len(lacking)
    return found


def release():
    if git("status", "--porcelain"):
        raise ReleaseError("there are changes that are not committed: commit or stash them first")
    for language, count in untranslated().items():
        raise ReleaseError(f"luci-app/po/{language}: {count} strings are not translated; `make words` names them")
    write_maintainer()
    last, new = last_release(), version()
    if last == new:
        if not git("diff", "--name-only", f"v{last}", "--", *PACKED):
            print(f"nothing that goes into the packages has changed since {last}")
            return
        new = following(last, "patch")
        write_version(new)
    date_changelog(new)
    if git("status", "--porcelain"):
        git("commit", "--quiet", "--all", "--message", f"release: {new}")
    folder = build(TOP / "build/release" / new)
    git("tag", "--annotate", f"v{new}", "--message", f"nametrack {new}")
    print(f"released {new}: the commit is tagged v{new}, its packages are in {folder}")


def build(folder):
    """Puts every package into `folder`, with their sums and the index of a feed; returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    pack.build("ipk", folder)
    try:
        apk.program()
    except PackError as error:
        print(f"no packages for apk: {error}")
    else:
        pack.build("apk", folder)
        apk.index(folder)
    official.archive(folder)
    index = ipk.index(folder).encode()
    (folder / "Packages").write_bytes(index)
    (folder / "Packages.gz").write_bytes(gzip.compress(index, 9, mtime=0))
    if "USIGN_KEY" in os.environ:
        sign(folder / "Packages", os.environ["USIGN_KEY"])
    else:
        print("the index is not signed: name a secret key of usign's in USIGN_KEY")
    files = sorted(path for path in folder.iterdir())
    (folder / "SHA256SUMS").write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files))
    return folder


def sign(path, key):
    command = [os.environ.get("USIGN", "usign"), "-S", "-m", str(path), "-s", key, "-x", f"{path}.sig"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise ReleaseError(f"{command[0]}: {error.strerror}; it signs the index, and USIGN may name it")
    if done.returncode:
        raise ReleaseError(f"{command[0]} could not sign with {key}: {done.stderr.strip()}")


def main(argv):
    if argv not in (["major"], ["minor"], ["release"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if argv == ["release"]:
            release()
        else:
            write_version(following(version(), argv[0]))
            print(f"{version()}; commit it, and make release when it is done")
    except (ReleaseError, PackError) as error:
        print(f"release.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
