"""Packages for apk: what its `apk mkpkg` is asked for, and the real thing where one is named in APK."""

import hashlib
import os

import pytest

import apk
import feed
import pack
from tree import TOP

# Stands for apk 3: keeps what it was asked, with the scripts and lists of that package as they were.
APK = """#!/bin/sh
[ "$1" = --version ] && { echo "apk-tools 3.0.2, compiled for x86_64."; exit; }
printf '%s\\n' "$@" >"$5"
cp -R "$3" "$5.root"
for word; do case $word in post-*:* | pre-*:*) cp "${word#*:}" "$5.${word%%:*}" ;; esac; done
"""


def stand_in(folder, script):
    (folder / "apk").write_text(script)
    (folder / "apk").chmod(0o755)
    return str(folder / "apk")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with what the stand-in kept of each package."""
    folder = tmp_path_factory.mktemp("apk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APK", stand_in(folder, APK))
        patch.setattr(os, "geteuid", lambda: 0)
        pack.build("apk", folder / "out")
    return folder / "out"


def version():
    return (TOP / "VERSION").read_text().strip() + "-r1"


def asked(built, name):
    return (built / f"{name}-{version()}.apk").read_text().splitlines()


def test_its_fields(built):
    words = asked(built, "nametrack")
    fields = dict(word.split(":", 1) for word, before in zip(words[1:], words) if before == "--info")
    assert fields.pop("description").startswith("Keeps the kernel equal to what DNS says")
    assert fields == {
        "name": "nametrack",
        "version": version(),
        "arch": "noarch",
        "license": "Apache-2.0",
        "origin": "feeds/nametrack/openwrt/nametrack",
        "maintainer": "The nametrack developers",
        "provider-priority": "100",
        "depends": "libc micropython",
    }
    assert "provides:nametrack" in asked(built, "nametrack-python3")


def test_openwrt_finds_its_files_and_the_sum_of_its_configuration(built):
    root = built / f"nametrack-{version()}.apk.root"
    info = root / "lib/apk/packages"
    listed = (info / "nametrack.list").read_text().splitlines()
    there = {"/" + str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert set(listed) == there - {f"/lib/apk/packages/nametrack.{end}" for end in ("conffiles", "conffiles_static")}
    digest = hashlib.sha256((root / "etc/config/nametrack").read_bytes()).hexdigest()
    assert (info / "nametrack.conffiles_static").read_text() == f"/etc/config/nametrack {digest}\n"


def test_its_scripts_are_those_of_openwrt_with_its_own(built):
    def script(name):
        return (built / f"nametrack-{version()}.apk.{name}").read_text()

    assert 'export pkgname="nametrack"\nadd_group_and_user\ndefault_postinst\n' in script("post-install")
    assert script("post-upgrade").startswith("#!/bin/sh\nexport PKG_UPGRADE=1\n")
    assert "default_prerm\n#!/bin/sh\n" in script("pre-deinstall") and "restore forget" in script("pre-deinstall")
    assert "rm -rf /usr/lib/nametrack" in script("post-deinstall")


def refusal():
    with pytest.raises(feed.PackError) as error:
        apk.program()
    return str(error.value)


def test_without_an_apk_it_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("APK", raising=False)
    assert refusal() == "no apk tool: name one of version 3 in APK, or build with ./sdk-build.sh"
    monkeypatch.setenv("APK", "/nowhere/apk")
    assert refusal() == "/nowhere/apk: No such file or directory"


def test_an_apk_of_alpine_3_22_is_too_old(monkeypatch, tmp_path):
    tool = stand_in(tmp_path, "#!/bin/sh\necho 'apk-tools 2.14.9, compiled for x86_64.'\n")
    monkeypatch.setenv("APK", tool)
    assert refusal() == f"{tool} is no apk of version 3: it says 'apk-tools 2.14.9, compiled for x86_64.'"


@pytest.mark.skipif("APK" not in os.environ, reason="no apk of version 3 is named in APK")
def test_a_real_apk_gives_the_same_bytes_twice(tmp_path):
    for out in ("one", "two"):
        pack.build("apk", tmp_path / out)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
