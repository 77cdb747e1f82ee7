"""scripts/release.py: when the version moves, and what a release leaves behind."""

import datetime
import hashlib
import os
import re
import subprocess
import sys
import tarfile

import pytest

import tree

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n- Something.\n"


class Project:
    """A repository of its own with the parts of this one that a release needs, at version 0.1.0."""

    def __init__(self, folder):
        self.top = folder / "project"
        self.top.mkdir()
        tree.copy(self.top)
        # of the agent a little is enough: it is packed again and again
        for path in (self.top / "agent").rglob("*.py"):
            if path.name not in ("__init__.py", "loop.py", "start.py"):
                path.unlink()
        for path in (self.top / "luci-app/po").glob("*/*.po"):  # translated, whatever this tree lacks
            path.write_text(re.sub(r'(msgid "(.+)"\n)msgstr ""', r'\1msgstr "\2"', path.read_text()))
        (self.top / ".gitignore").write_text("/build/\n__pycache__/\n")
        (self.top / "CHANGELOG.md").write_text(CHANGELOG)
        names = ("AUTHOR", "COMMITTER")
        who = {f"GIT_{n}_{k}": v for n in names for k, v in (("NAME", "n"), ("EMAIL", "n@example.org"))}
        who["MAINTAINER"] = "n <n@example.org>"
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **who}
        self.git("init", "--quiet")
        # whatever version this tree is at
        self.run("release", "-c", "import release; release.write_version('0.1.0')")
        self.commit("start")

    def git(self, *arguments):
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=self.top, env=self.environ, check=True, capture_output=True, text=True
        ).stdout

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def run(self, name, *arguments, **environ):
        command = [sys.executable, *(arguments or ["scripts/release.py", name])]
        environ = {**self.environ, "PYTHONPATH": "scripts", **environ}
        return subprocess.run(command, cwd=self.top, env=environ, capture_output=True, text=True, timeout=300)

    def change(self, path, text="# changed\n"):
        with open(self.top / path, "a") as file:
            file.write(text)
        changelog = self.top / "CHANGELOG.md"
        changelog.write_text(changelog.read_text().replace("[Unreleased]\n", "[Unreleased]\n- Changed.\n", 1))
        self.commit("change " + path)

    def tags(self):
        return self.git("tag").split()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def released(project, version, **environ):
    done = project.run("release", **environ)
    assert f"released {version}:" in done.stdout, done.stdout + done.stderr
    return project.top / "build/release" / version


def test_the_first_release_is_the_version_that_is_written_down(project):
    folder = released(project, "0.1.0")
    assert project.tags() == ["v0.1.0"]
    today = datetime.date.today()
    assert (
        f"## [Unreleased]\n\n## [0.1.0] - {today}\n\n### Added\n- Something.\n"
        in (project.top / "CHANGELOG.md").read_text()
    )
    names = {path.name for path in folder.iterdir()}
    for name in ("luci-app-nametrack", "nametrack", "nametrack-mpy", "nametrack-python3"):
        assert f"{name}_0.1.0-r1_all.ipk" in names
    assert {name for name in names if not name.endswith((".ipk", ".apk", ".adb"))} == {
        "Packages",
        "Packages.gz",
        "SHA256SUMS",
        "nametrack-0.1.0.tar.xz",
    }
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_index_names_each_package_with_its_size_and_sum(project):
    folder = released(project, "0.1.0")
    entries = [entry for entry in (folder / "Packages").read_text().split("\n\n") if entry]
    assert len(entries) == len(list(folder.glob("*.ipk")))
    for entry in entries:
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if not line.startswith(" "))
        data = (folder / fields["Filename"]).read_bytes()
        assert int(fields["Size"]) == len(data)
        assert fields["SHA256sum"] == hashlib.sha256(data).hexdigest()
        assert fields["Filename"] == f"{fields['Package']}_{fields['Version']}_all.ipk"


def test_without_a_change_there_is_no_release(project):
    released(project, "0.1.0")
    project.change("CONTRIBUTING.md")
    assert project.run("release").stdout == "nothing that goes into the packages has changed since 0.1.0\n"
    assert project.tags() == ["v0.1.0"]


def test_a_string_without_a_translation_keeps_the_release_from_being_made(project):
    project.change("luci-app/po/de/nametrack.po", '\nmsgid "New"\nmsgstr ""\n')
    done = project.run("release")
    assert done.returncode == 1 and project.tags() == []
    assert done.stderr == "release.py: luci-app/po/de: 1 strings are not translated; `make words` names them\n"


def test_a_release_needs_a_maintainer_and_keeps_the_name(project):
    del project.environ["MAINTAINER"]
    done = project.run("release")
    assert done.returncode == 1 and "make release MAINTAINER='Name <address>'" in done.stderr
    folder = released(project, "0.1.0", MAINTAINER="Jo <jo@example.org>")
    assert "Maintainer: Jo <jo@example.org>\n" in (folder / "Packages").read_text()
    project.change("agent/nametrack/daemon/loop.py")
    released(project, "0.1.1")


def test_the_patch_number_moves_when_the_packages_change(project):
    released(project, "0.1.0")
    project.change("agent/nametrack/daemon/loop.py")
    folder = released(project, "0.1.1")
    with tarfile.open(folder / "nametrack_0.1.1-r1_all.ipk") as outer:
        with tarfile.open(fileobj=outer.extractfile("./data.tar.gz")) as inner:
            source = inner.extractfile("./usr/lib/nametrack/nametrack/__init__.py").read().decode()
    assert 'VERSION = "0.1.1"' in source
    assert project.git("log", "-1", "--format=%s") == "release: 0.1.1\n"
    assert project.git("status", "--porcelain") == ""


@pytest.mark.parametrize(("part", "version"), [("minor", "0.2.0"), ("major", "1.0.0")])
def test_a_bump_is_the_next_release(project, part, version):
    released(project, "0.1.0")
    assert project.run(part).stdout.startswith(version)
    project.change("files/etc/config/nametrack")
    released(project, version)


def test_a_release_is_built_again_to_the_same_bytes(project):
    folder = released(project, "0.1.0")
    project.change("agent/nametrack/daemon/loop.py")
    project.git("checkout", "--quiet", "v0.1.0")
    project.run("", "scripts/pack.py", "ipk", "--out", "build/again")
    for path in (project.top / "build/again").iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_what_is_not_committed_is_not_released(project):
    (project.top / "files/etc/new").touch()
    assert "not committed" in project.run("release").stderr
    assert project.tags() == []


def test_a_release_says_what_is_new(project):
    released(project, "0.1.0")
    (project.top / "agent/nametrack/daemon/loop.py").write_text("")
    project.commit("silently")
    assert "CHANGELOG.md says nothing below [Unreleased]" in project.run("release").stderr
    assert project.tags() == ["v0.1.0"]


def test_the_index_is_signed_with_a_given_key(project, tmp_path):
    usign = tmp_path / "usign"
    usign.write_text('#!/bin/sh\necho "$*" >"$7"\n[ "$5" = "$HOME/key" ]\n')
    usign.chmod(0o755)
    folder = released(project, "0.1.0", USIGN=str(usign), USIGN_KEY=f"{tmp_path}/key")
    index = folder / "Packages"
    assert (folder / "Packages.sig").read_text() == f"-S -m {index} -s {tmp_path}/key -x {index}.sig\n"
    assert "Packages.sig" in (folder / "SHA256SUMS").read_text()


def test_a_key_that_cannot_sign_is_no_release(project, tmp_path):
    done = project.run("release", USIGN=f"{tmp_path}/none", USIGN_KEY="key")
    assert "it signs the index, and USIGN may name it" in done.stderr
    assert project.tags() == []
    released(project, "0.1.0")  # and the next try goes on where this one ended
