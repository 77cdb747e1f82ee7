"""The packages that scripts/pack.py builds: what is in them, and that they are the same each time."""

import ast
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import pytest

import pack
import strip
from scratch import Router

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
VERSION = (TOP / "VERSION").read_text().strip()
PARTS = ("LICENSE", "VERSION", "agent", "files", "luci-app", "openwrt", "scripts")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """{package: Ipk} of the whole feed."""
    out = tmp_path_factory.mktemp("out")
    return {ipk.control["Package"]: ipk for ipk in (Ipk(path) for path, _ in pack.build("ipk", out))}


class Ipk:
    """An .ipk taken apart: `files` and `scripts` {name: (content, mode)}, `control` {field: value}."""

    def __init__(self, path):
        self.path = path
        outer = members(tarfile.open(path))
        assert list(outer) == ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]
        assert outer["./debian-binary"][0] == b"2.0\n"
        self.scripts = {name: m for name, m in opened(outer["./control.tar.gz"][0]).items() if m[0] is not None}
        data = opened(outer["./data.tar.gz"][0])
        self.folders = {name.rstrip("/"): mode for name, (content, mode) in data.items() if content is None}
        self.files = {name[1:]: member for name, member in data.items() if member[0] is not None}
        lines = self.scripts["./control"][0].decode().splitlines()
        self.control = dict(line.split(": ", 1) for line in lines if not line.startswith(" "))

    def script(self, name):
        return self.scripts["./" + name][0].decode()

    def unpack(self, root):
        for name, (content, mode) in self.files.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)


def opened(data):
    return members(tarfile.open(fileobj=io.BytesIO(data)))


def members(tar):
    """{name: (content, None for a folder, mode)}, in order; everything must be root's."""
    found = {}
    for info in tar:
        assert (info.uid, info.gid) == (0, 0), info.name
        assert info.isdir() or info.isfile(), info.name
        found[info.name] = (tar.extractfile(info).read() if info.isfile() else None, info.mode)
    return found


def test_the_feed_has_these_packages(built):
    assert sorted(built) == ["luci-app-nametrack", "nametrack", "nametrack-python3"]


def test_two_folders_give_the_same_bytes(built, tmp_path):
    for name in PARTS:
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        copy(TOP / name, tmp_path / name, **({"symlinks": True} if (TOP / name).is_dir() else {}))
    # what work leaves behind, and a umask that the other one had not
    (tmp_path / "agent/nametrack/__pycache__").mkdir()
    (tmp_path / "agent/nametrack/__pycache__/loop.pyc").write_bytes(b"stale")
    for path in tmp_path.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(pack.epoch())}
    command = [sys.executable, str(tmp_path / "scripts/pack.py"), "ipk", "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, env=environ, umask=0o077, stdout=subprocess.DEVNULL)
    for ipk in built.values():
        assert (tmp_path / "out" / ipk.path.name).read_bytes() == ipk.path.read_bytes(), ipk.path.name


@pytest.mark.parametrize("name", ["nametrack", "nametrack-python3"])
def test_it_holds_what_is_in_files_and_the_agent_and_nothing_else(built, name):
    files = {"/" + str(p.relative_to(TOP / "files")) for p in (TOP / "files").rglob("*") if p.is_file()}
    agent = {"/usr/lib/nametrack/" + str(p.relative_to(TOP / "agent")) for p in (TOP / "agent").rglob("*.py")}
    assert set(built[name].files) == files | agent


def test_luci_app_holds_what_is_in_its_folders(built):
    expected = set()
    for folder, place in (("htdocs", "/www"), ("root", "")):
        top = TOP / "luci-app" / folder
        expected |= {f"{place}/{p.relative_to(top)}" for p in top.rglob("*") if p.is_file()}
    assert set(built["luci-app-nametrack"].files) == expected


def test_every_folder_of_luci_app_is_part_of_the_feed():
    for folder in (p for p in (TOP / "luci-app").iterdir() if p.is_dir()):
        assert (TOP / "openwrt/luci-app-nametrack" / folder.name).resolve() == folder


def test_modes(built):
    for ipk in built.values():
        assert set(ipk.folders.values()) == {0o755}
        for name, (content, mode) in ipk.files.items():
            # hotplug-call and the first boot source what lies there; they do not execute it
            sourced = name.startswith(("/etc/hotplug.d/", "/etc/uci-defaults/"))
            if name.startswith("/etc/config/"):
                assert mode == 0o600, name
            elif content.startswith(b"#!") and not sourced:
                assert mode == 0o755, name
            elif not sourced:
                assert mode == 0o644, name


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("nametrack", {"Depends": "libc, micropython", "Section": "net"}),
        (
            "nametrack-python3",
            {"Depends": "libc, python3-light", "Section": "net", "Provides": "nametrack", "Conflicts": "nametrack"},
        ),
        ("luci-app-nametrack", {"Depends": "libc, luci-base, nametrack", "Section": "luci"}),
    ],
)
def test_control_fields(built, name, fields):
    control = dict(built[name].control)
    assert int(control.pop("SourceDateEpoch")) == pack.epoch()
    assert int(control.pop("Installed-Size")) > 1000
    assert control.pop("Description").strip()
    source = "luci-app-nametrack" if name.startswith("luci") else "nametrack"
    assert control == {
        "Package": name,
        "Version": f"{VERSION}-r1",
        "Source": f"feeds/nametrack/openwrt/{source}",
        "SourceName": source,
        "License": "Apache-2.0",
        "Maintainer": "The nametrack developers",
        "Architecture": "all",
        **({} if name.startswith("luci") else {"LicenseFiles": "LICENSE"}),
        **fields,
    }


def test_the_configuration_is_the_conffile(built):
    for name in ("nametrack", "nametrack-python3"):
        assert built[name].script("conffiles") == "/etc/config/nametrack\n"
    assert "./conffiles" not in built["luci-app-nametrack"].scripts


def test_sysupgrade_keeps_what_is_remembered_and_the_restore_script_where_it_is_chosen(built):
    keep = built["nametrack"].files["/lib/upgrade/keep.d/nametrack"][0].decode()
    assert keep.split() == ["/etc/nametrack/", "/etc/init.d/nametrack-restore", "/etc/rc.d/S99nametrack-restore"]


def test_it_is_small(built):
    for name in ("nametrack", "nametrack-python3"):
        assert built[name].path.stat().st_size < 112 * 1024


def test_one_version_everywhere(built):
    source = (TOP / "agent/nametrack/__init__.py").read_text()
    assert re.search(r'^VERSION = "(.*)"', source, re.M)[1] == VERSION
    for makefile in (TOP / "openwrt").glob("*/Makefile"):
        assert re.search(r"^PKG_VERSION:=(.*)$", makefile.read_text(), re.M)[1] == VERSION, makefile


# -- its scripts ---------------------------------------------------------------------------------------------------

FUNCTIONS = """
default_postinst() { echo "default_postinst ${1##*/}${2:+ $2}" >>"$CALLS"; }
default_prerm() { echo "default_prerm ${1##*/}${2:+ $2}" >>"$CALLS"; }
"""


@pytest.fixture
def router(tmp_path, built):
    router = Router(tmp_path)
    router.write("/lib/functions.sh", FUNCTIONS)
    for name in built["nametrack"].scripts:
        # without a root of its own to be installed in, that of this test
        text = built["nametrack"].script(name[2:]).replace("${IPKG_INSTROOT}/", f"${{IPKG_INSTROOT:-{tmp_path}}}/")
        router.write("/usr/lib/opkg/info/nametrack." + name[2:], text)
    router.write("/usr/share/nametrack/restore", '#!/bin/sh\necho "restore $*" >>"$CALLS"\n', 0o755)
    router.stand_in("pgrep", "exit 1")
    router.stand_in("sleep")
    return router


def run(router, script, *arguments, **environ):
    router.run(f"sh /usr/lib/opkg/info/nametrack.{script} {' '.join(arguments)}", **environ)
    return router.calls()


def test_openwrt_does_what_is_usual_around_an_installation(router):
    assert run(router, "postinst", "configure") == ["default_postinst nametrack.postinst configure"]
    assert run(router, "prerm", "remove")[1:] == ["default_prerm nametrack.prerm remove"]


def test_an_image_build_without_scripts_runs_none(router):
    assert run(router, "postinst", IPKG_NO_SCRIPT="1") == []


def test_in_an_image_build_openwrt_does_it_for_that_root(router):
    root = router.path("/image")
    (root / "lib").mkdir(parents=True)
    (root / "lib/functions.sh").write_text(FUNCTIONS)
    assert run(router, "postinst", IPKG_INSTROOT=str(root)) == ["default_postinst nametrack.postinst"]
    # and nothing of this machine is touched
    assert run(router, "prerm-pkg", IPKG_INSTROOT=str(root))[1:] == []
    router.write("/etc/nametrack/last-good.json")
    assert run(router, "postrm", "remove", IPKG_INSTROOT=str(root))[1:] == []
    assert router.path("/etc/nametrack/last-good.json").exists()


def test_a_removal_leaves_nothing_but_the_configuration(router):
    router.write("/etc/config/nametrack")
    router.write("/etc/nametrack/last-good.json")
    router.write("/usr/lib/nametrack/nametrack/left.pyc")
    assert run(router, "prerm-pkg", "remove") == ["restore forget"]
    run(router, "postrm", "remove")
    assert not router.path("/etc/nametrack").exists()
    assert not router.path("/usr/lib/nametrack").exists() and not router.path("/usr/share/nametrack").exists()
    assert router.path("/etc/config/nametrack").exists()


def test_a_removal_keeps_a_package_that_was_kept(router):
    kept = router.write("/etc/nametrack/nametrack_0.1.0-r1_all.ipk")
    run(router, "postrm", "remove")
    assert kept.exists()


def test_a_removal_waits_for_the_agent_to_write_and_end(router):
    router.write("/etc/nametrack/last-good.json")
    router.stand_in("pgrep", "[ ! -e /tmp/ended ]")
    router.stand_in("sleep", ": >/tmp/ended; : >/etc/nametrack/last-good.json")
    assert run(router, "postrm", "remove")[1] == "sleep 1"
    assert not router.path("/etc/nametrack").exists()


def test_an_upgrade_keeps_what_is_remembered(router):
    router.write("/etc/nametrack/last-good.json")
    assert run(router, "prerm-pkg", "upgrade", "0.2.0-r1", PKG_UPGRADE="1") == []
    assert run(router, "postrm", "upgrade", "0.2.0-r1", PKG_UPGRADE="1") == []
    assert router.path("/etc/nametrack/last-good.json").exists()


@pytest.mark.parametrize("name", ["prerm-pkg", "postrm"])
def test_its_own_scripts_are_clean(built, name):
    command = ["shellcheck", "--shell=sh", "--exclude=SC2034", "-"]  # SC2034: the counter of a wait
    done = subprocess.run(command, input=built["nametrack"].script(name), capture_output=True, text=True)
    assert not done.stdout, done.stdout


# -- the agent in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interpreter", ["micropython", "python3"])
def test_the_packaged_agent_runs_and_knows_its_version(built, tmp_path, interpreter):
    built["nametrack"].unpack(tmp_path)
    python = {
        "micropython": os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython")),
        "python3": sys.executable,
    }
    environ = {
        **os.environ,
        "NAMETRACK_LIB": str(tmp_path / "usr/lib/nametrack"),
        "NAMETRACK_PYTHON": python[interpreter],
    }
    launcher = str(tmp_path / "usr/sbin/nametrack")
    done = subprocess.run([launcher, "version"], env=environ, capture_output=True, text=True)
    assert done.stdout.startswith(f"nametrack {VERSION} ("), done.stderr


def test_the_packaged_agent_means_the_same_on_the_same_lines(built):
    for path in sorted((TOP / "agent").rglob("*.py")):
        source = path.read_text()
        short = built["nametrack"].files[f"/usr/lib/nametrack/{path.relative_to(TOP / 'agent')}"][0].decode()
        assert strip.meaning(short) == strip.meaning(source), path
        assert short.count("\n") == source.count("\n"), path
        assert not [
            n for n in ast.walk(ast.parse(short)) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
        ]


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ('"""Doc."""\n\nx = 1  # why\n', "\n\nx = 1\n"),
        ('def f():\n    """Doc,\n\n    on."""\n    return "#"\n', 'def f():\n\n\n\n    return "#"\n'),
        ('class E(Exception):\n    """Doc."""\n', "class E(Exception):\n    pass\n"),
        ('x = """\n# no comment\n"""\n', 'x = """\n# no comment\n"""\n'),
        ("# only this\n", "\n"),
        ('"""Doc."""\n', "\n"),
    ],
)
def test_comments_and_docstrings_go(source, short):
    assert strip.stripped(source) == short
