"""What scripts/official.py hands to the official feeds builds the same packages; it sees what breaks their rules."""

import filecmp
import re

import pytest

import feed
import official

WHO = "Jo Doe <jo@example.org>"
URL = "https://example.org/releases"


@pytest.fixture
def out(tmp_path):
    official.export(tmp_path / "out", WHO, URL)
    return tmp_path / "out"


def contents(package):
    return {path: (package.root / path[1:]).read_bytes() for path in package.files()}


def test_the_official_feed_builds_the_same_package_from_the_archive(out, tmp_path, monkeypatch):
    ours = {package.name: contents(package) for package in feed.packages(tmp_path / "ours")}
    monkeypatch.setattr(feed, "FEED", out / "packages/net")
    monkeypatch.setenv("DL_DIR", str(out))
    for package in feed.packages(tmp_path / "theirs"):
        assert contents(package) == ours[package.name]
        assert package.maintainer == WHO


def test_luci_s_feed_gets_the_files_themselves(out):
    folder = out / "luci/applications/luci-app-nametrack"
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    assert not filecmp.dircmp(folder / "htdocs", official.TOP / "luci-app/htdocs").diff_files
    assert "include ../../luci.mk\n" in (folder / "Makefile").read_text()


def test_nothing_breaks_a_rule_if_the_maintainer_and_the_address_are_named(out):
    assert list(official.broken(out)) == []


def test_what_a_release_must_still_name_is_said(tmp_path):
    official.export(tmp_path / "out", "The developers", "")
    said = "\n".join(official.broken(tmp_path / "out"))
    assert said.count("make feed-check MAINTAINER='Name <address>'") == 3 and "make feed-check URL=" in said


MAKEFILE = "packages/net/nametrack/Makefile"
BREAKS = [
    (MAKEFILE, "PKG_RELEASE:=1", "PKG_RELEASE:=r1", "PKG_RELEASE is 'r1'"),
    (MAKEFILE, "PKG_LICENSE:=Apache-2.0", "PKG_LICENSE:=Apache", "not one of SPDX"),
    (MAKEFILE, "(call BuildPackage,nametrack)", "(call BuildPackage,$(PKG_NAME))", "stands in full"),
    (MAKEFILE, "\n/etc/config/nametrack\n", "\n  /etc/config/nametrack\n", "is no path from the root"),
    (MAKEFILE, "TITLE:=WireGuard", "TITLE:=" + "Very " * 10 + "WireGuard", "longer than 60"),
    (MAKEFILE, "/description\n", "/words\n", "no package has a description"),
    ("packages/net/nametrack/test.sh", "grep -F", "grep -qF", "grep prints nothing"),
    ("packages/net/nametrack/test.sh", "#!/bin/sh\n", "#!/bin/sh\r\n", "CR LF"),
    ("luci/applications/luci-app-nametrack/Makefile", "PKG_VERSION:=", "PKG_VERSION:=v", "PKG_VERSION is 'v"),
]


@pytest.mark.parametrize("name, old, new, complaint", BREAKS)
def test_each_rule_is_looked_at(out, name, old, new, complaint):
    path = out / name
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    said = list(official.broken(out))
    assert said and all(re.match(r"\S+: .", line) for line in said)
    assert any(complaint in line for line in said), said
