"""The packages that scripts/pack.py builds: what is in them, and that they are the same each time."""

import os
import re
import subprocess
import sys

import pytest

import feed
import po2lmo
import tree
from tree import ELSEWHERE, TOP

VERSION = (TOP / "VERSION").read_text().strip()
TRANSLATIONS = {
    f"luci-i18n-nametrack-{ {'zh_Hans': 'zh-cn'}.get(p.name, p.name) }": p.name
    for p in (TOP / "luci-app/po").glob("*")
    if p.name != "templates"
}


def test_the_feed_has_these_packages(built):
    expected = {"luci-app-nametrack", "nametrack", "nametrack-collectors", "nametrack-mpy", "nametrack-python3"}
    assert set(built) == {*expected, *TRANSLATIONS}


def test_a_translation_is_a_package_of_its_own(built):
    for name, language in TRANSLATIONS.items():
        code = name.removeprefix("luci-i18n-nametrack-")
        compiled, defaults = f"/usr/lib/lua/luci/i18n/nametrack.{code}.lmo", f"/etc/uci-defaults/{name}"
        assert set(built[name].files) == {compiled, defaults}
        assert built[name].files[compiled][0] == po2lmo.lmo((TOP / f"luci-app/po/{language}/nametrack.po").read_text())
        assert f"uci set luci.languages.{code.replace('-', '_')}='" in built[name].files[defaults][0].decode()
        assert built[name].control["Depends"] == "libc, luci-app-nametrack"


def test_two_folders_give_the_same_bytes(built, tmp_path):
    tree.copy(tmp_path)
    # what work leaves behind, and a umask that the other one had not
    (tmp_path / "agent/nametrack/__pycache__").mkdir(exist_ok=True)
    (tmp_path / "agent/nametrack/__pycache__/loop.pyc").write_bytes(b"stale")
    for path in tmp_path.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(feed.epoch())}
    command = [sys.executable, str(tmp_path / "scripts/pack.py"), "ipk", "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, env=environ, umask=0o077, stdout=subprocess.DEVNULL)
    for ipk in built.values():
        assert (tmp_path / "out" / ipk.path.name).read_bytes() == ipk.path.read_bytes(), ipk.path.name


@pytest.mark.parametrize("name", ["nametrack", "nametrack-python3"])
def test_it_holds_what_is_in_files_and_the_agent_and_nothing_else(built, name):
    files = {"/" + str(p.relative_to(TOP / "files")) for p in (TOP / "files").rglob("*") if p.is_file()}
    agent = {"/usr/lib/nametrack/" + str(p.relative_to(TOP / "agent")) for p in (TOP / "agent").rglob("*.py")}
    assert set(built[name].files) == files | (agent - {f"/usr/lib/nametrack/{path}" for path in ELSEWHERE})


def test_the_compiled_package_holds_the_same_modules_and_start_py_as_it_is(built):
    source, compiled = built["nametrack"].files, built["nametrack-mpy"].files
    modules = {name for name in source if name.startswith("/usr/lib/nametrack/") and not name.endswith("/start.py")}
    assert set(compiled) == set(source) - modules | {name[:-3] + ".mpy" for name in modules}
    for name in set(source) - modules:
        assert compiled[name] == source[name], name


def test_luci_app_holds_what_is_in_its_folders(built):
    expected = set()
    for folder, place in (("htdocs", "/www"), ("root", "")):
        top = TOP / "luci-app" / folder
        expected |= {f"{place}/{p.relative_to(top)}" for p in top.rglob("*") if p.is_file()}
    assert set(built["luci-app-nametrack"].files) == expected


def test_every_folder_of_luci_app_is_part_of_the_feed():
    for folder in (p for p in (TOP / "luci-app").iterdir() if p.is_dir()):
        assert (TOP / "openwrt/luci-app-nametrack" / folder.name).resolve() == folder


def test_luci_app_is_one_package_to_whoever_scans_the_repository():
    assert [p.parent.name for p in (TOP / "openwrt").glob("luci-*/Makefile")] == ["luci-app-nametrack"]
    assert not (TOP / "luci-app/Makefile").exists()


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


def test_the_bus_is_told_of_the_rights_that_the_collectors_bring(built, tmp_path):
    """ubusd reads /usr/share/acl.d when it starts and at SIGHUP: until then collectd's user is refused."""
    stand_in = "#!/bin/sh\necho $* >" + str(tmp_path / "called")
    (tmp_path / "killall").write_text(stand_in)
    (tmp_path / "killall").chmod(0o755)
    script = built["nametrack-collectors"].script("postinst-pkg")
    for root, calls in (("/image", False), ("", True)):
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "IPKG_INSTROOT": root}
        subprocess.run(["sh", "-c", script], env=environment, check=True)
        assert (tmp_path / "called").exists() == calls
    assert (tmp_path / "called").read_text() == "-HUP ubusd\n"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("nametrack", {"Depends": "libc, micropython", "Section": "net"}),
        (
            "nametrack-python3",
            {"Depends": "libc, python3-light", "Section": "net", "Provides": "nametrack", "Conflicts": "nametrack"},
        ),
        (
            "nametrack-mpy",
            {"Depends": "libc, micropython", "Section": "net", "Provides": "nametrack", "Conflicts": "nametrack"},
        ),
        ("luci-app-nametrack", {"Depends": "libc, luci-base, nametrack", "Section": "luci"}),
        ("nametrack-collectors", {"Depends": "libc, nametrack", "Section": "utils"}),
    ],
)
def test_control_fields(built, name, fields):
    control = dict(built[name].control)
    assert int(control.pop("SourceDateEpoch")) == feed.epoch()
    assert int(control.pop("Installed-Size")) > 1000
    assert control.pop("Description").strip()
    source = "nametrack" if name in ("nametrack-mpy", "nametrack-python3") else name
    assert control == {
        "Package": name,
        "Version": f"{VERSION}-r1",
        "Source": f"feeds/nametrack/openwrt/{source}",
        "SourceName": source,
        "License": "Apache-2.0",
        "Maintainer": "The nametrack developers",
        "Architecture": "all",
        **({"LicenseFiles": "LICENSE"} if source == "nametrack" else {}),
        **fields,
    }


def test_the_collectors_are_a_package_of_their_own(built):
    folder = TOP / "openwrt/nametrack-collectors/files"
    wanted = {"/" + str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    files = built["nametrack-collectors"].files
    assert set(files) == wanted and not wanted & set(built["nametrack"].files)
    assert {name for name, (_, mode) in files.items() if mode == 0o755} == {"/usr/libexec/collectd/nametrack"}


def test_the_configuration_is_the_conffile(built):
    for name in ("nametrack", "nametrack-mpy", "nametrack-python3"):
        assert built[name].script("conffiles") == "/etc/config/nametrack\n"
    assert "./conffiles" not in built["luci-app-nametrack"].scripts


def test_sysupgrade_keeps_what_is_remembered_and_what_other_configurations_refer_to(built):
    """Also over a second sysupgrade without the package: the list of what is kept is kept itself."""
    keep = built["nametrack"].files["/lib/upgrade/keep.d/nametrack"][0].decode().split()
    includes = sorted(name for name in built["nametrack"].files if name.endswith(".include"))
    restore = ["/etc/init.d/nametrack-restore", "/etc/rc.d/S99nametrack-restore"]
    assert len(includes) == 3
    assert keep == ["/etc/nametrack/", *restore, "/lib/upgrade/keep.d/nametrack", *includes]


def test_it_is_small(built):
    # A router with 8 MB of flash has some hundred KiB to spare, and the interpreter takes most of them.
    for name in ("nametrack", "nametrack-python3"):
        assert built[name].path.stat().st_size < 224 * 1024
    assert built["nametrack-mpy"].path.stat().st_size < 290 * 1024  # bytecode compresses badly


def test_one_version_everywhere(built):
    source = (TOP / "agent/nametrack/__init__.py").read_text()
    assert re.search(r'^VERSION = "(.*)"', source, re.M)[1] == VERSION
    for makefile in (TOP / "openwrt").glob("*/Makefile"):
        assert re.search(r"^PKG_VERSION:=(.*)$", makefile.read_text(), re.M)[1] == VERSION, makefile
