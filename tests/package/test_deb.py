"""The package for Debian and the one for Python: what is in them, and that they do what the documentation says."""

import configparser
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
import tomllib

import deb
from nametrack.core.config import configuration
from nametrack.wire import uci
from tree import TOP

VERSION = (TOP / "VERSION").read_text().strip()
AGENT = {str(path.relative_to(TOP / "agent")): path.read_bytes() for path in (TOP / "agent").rglob("*.py")}
UNIT = TOP / "linux/usr/lib/systemd/system/nametrack.service"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return deb.build(tmp_path_factory.mktemp("out"))


def members(path):
    """{name: content} of an `ar` archive."""
    data, found, at = path.read_bytes(), {}, 8
    assert data[:8] == b"!<arch>\n"
    while at < len(data):
        size = int(data[at + 48 : at + 58])
        assert data[at + 58 : at + 60] == b"`\n"
        found[data[at : at + 16].decode().rstrip()] = data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    return found


def unpacked(data):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            assert (info.uid, info.gid) == (0, 0), info.name
            found[info.name] = (tar.extractfile(info).read() if info.isfile() else None, info.mode)
    return found


def test_it_holds_the_agent_the_unit_the_configuration_and_the_documentation(built):
    found = members(built)
    assert list(found) == ["debian-binary", "control.tar.gz", "data.tar.gz"] and found["debian-binary"] == b"2.0\n"
    data = {name[1:]: value for name, value in unpacked(found["data.tar.gz"]).items() if value[0] is not None}
    agent = {"/usr/lib/nametrack/" + name: (content, 0o644) for name, content in AGENT.items()}
    assert {name: data[name] for name in agent} == agent
    others = {name for name in data.keys() - agent.keys() if not name.startswith("/usr/share/doc/nametrack/")}
    assert others == {"/etc/nametrack.conf", "/usr/sbin/nametrack", "/usr/lib/systemd/system/nametrack.service"}
    assert data["/usr/sbin/nametrack"] == ((TOP / "files/usr/sbin/nametrack").read_bytes(), 0o755)
    control = unpacked(found["control.tar.gz"])
    assert control["./conffiles"][0] == b"/etc/nametrack.conf\n"
    assert f"\nVersion: {VERSION}\nArchitecture: all\n" in control["./control"][0].decode()
    assert [mode for name, (_, mode) in control.items() if name.endswith(("inst", "rm"))] == [0o755] * 4


def test_it_is_the_same_each_time(built, tmp_path):
    assert deb.build(tmp_path).read_bytes() == built.read_bytes()


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is missing")
def test_dpkg_reads_it(built, tmp_path):
    subprocess.run(["dpkg-deb", "-R", built, tmp_path / "root"], check=True, capture_output=True)
    for script in ("preinst", "postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", tmp_path / "root/DEBIAN" / script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is missing")
@pytest.mark.parametrize("script", [deb.PREINST, deb.POSTINST, deb.PRERM, deb.POSTRM])
def test_its_scripts_are_sound(script):
    subprocess.run(["shellcheck", "-"], input=script, text=True, check=True)


@pytest.mark.parametrize("arguments, stops", [(["install"], False), (["upgrade", "0.2.0"], True)])
def test_the_agent_ends_before_its_files_are_replaced(tmp_path, arguments, stops):
    program = tmp_path / "deb-systemd-invoke"
    program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\n')
    program.chmod(0o755)
    script = deb.PREINST.replace("/run/systemd/system", str(tmp_path))
    command = ["sh", "-c", script, "preinst", *arguments]
    subprocess.run(command, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    calls = tmp_path / "calls"
    assert (calls.read_text() if calls.exists() else "") == ("stop nametrack.service\n" if stops else "")


HELPER = "/usr/bin/deb-systemd-helper"


@pytest.mark.skipif(not os.path.exists(HELPER), reason="deb-systemd-helper is missing")
@pytest.mark.parametrize("ends, enabled", [(["remove"], False), (["remove", "purge"], True)])
def test_a_service_that_was_disabled_stays_so_over_a_removal_but_not_over_a_purge(tmp_path, ends, enabled):
    """By Debian's own helper, in a root of its own."""
    unit = tmp_path / "lib/systemd/system/nametrack.service"
    unit.parent.mkdir(parents=True)
    unit.write_bytes((TOP / "linux/usr/lib/systemd/system/nametrack.service").read_bytes())
    link = tmp_path / "etc/systemd/system/multi-user.target.wants/nametrack.service"

    def script(text, *arguments):
        text = text.replace("/run/systemd/system", "/nowhere").replace("rm -rf /var/lib/nametrack /run/nametrack", ":")
        environ = {"PATH": "/usr/bin:/bin", "DPKG_ROOT": str(tmp_path), "DPKG_MAINTSCRIPT_PACKAGE": "nametrack"}
        subprocess.run(["sh", "-c", text, "script", *arguments], env=environ, check=True)

    script(deb.POSTINST, "configure", "")
    assert link.is_symlink()
    link.unlink()  # as `systemctl disable` does
    for end in ends:
        script(deb.POSTRM, end)
    script(deb.POSTINST, "configure", "")
    assert link.is_symlink() == enabled


def test_the_installed_configuration_is_the_default_and_right():
    text = (TOP / "linux/etc/nametrack.conf").read_text()
    sections, problems = uci.parse(text)
    assert problems == [] and configuration.build(sections, [], []) == configuration.build([], [], [])
    lines = [line[1:] if line[:1] == "#" and line[1:2] in ("\t", "c") else line for line in text.split("\n")]
    shown = "\n".join([line for line in lines if line.strip().split(" ")[0] in ("config", "option", "list")])
    sections, problems = uci.parse(shown)
    config = configuration.build(sections, [], [])
    assert problems == [] and config.errors == []
    assert (len(config.peers), len(config.policies)) == (1, 1)


def unit():
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


def test_the_unit_has_the_rights_that_the_agent_needs_and_no_more():
    service = unit()["Service"]
    assert service["CapabilityBoundingSet"].split() == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert service["ProtectSystem"] == "strict" and service["NoNewPrivileges"] == "yes"
    assert service["StateDirectory"] == service["RuntimeDirectory"] == "nametrack"
    assert service["ExecReload"] == "/bin/sh -c 'kill -HUP $MAINPID'"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_takes_the_unit_and_calls_it_well_confined(tmp_path):
    # systemd looks for the program below the root: one of the package's files
    root = tmp_path / "root"
    for path, (content, mode) in deb.contents().items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_bytes(content)
        (root / path[1:]).chmod(mode)
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", UNIT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a clean clone, by pip."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(TOP / "agent", folder / "clone/agent", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    shutil.copytree(TOP / "linux", folder / "clone/linux")
    for name in ("pyproject.toml", "VERSION", "README.md", "LICENSE"):
        shutil.copy(TOP / name, folder / "clone" / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "-q",
        "-w",
        folder,
        folder / "clone",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode and "setuptools" in done.stderr:
        pytest.skip("pip has no setuptools to build with, and cannot fetch one")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_needs_nothing_and_holds_the_agent(wheel):
    assert wheel.name == f"nametrack-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert {name: archive.read(name) for name in AGENT if name != "start.py"} == {
            name: content for name, content in AGENT.items() if name != "start.py"
        }
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        assert "Requires-Dist" not in archive.read(metadata).decode()
        assert any(name.endswith("/share/nametrack/nametrack.service") for name in names)


def test_the_wheel_in_an_environment_of_its_own_is_the_command(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "v"], check=True)
    pip = [tmp_path / "v/bin/python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-index", wheel], check=True)
    command = tmp_path / "v/bin/nametrack"
    done = subprocess.run([command, "version"], capture_output=True, text=True, cwd="/")
    assert done.stdout.startswith(f"nametrack {VERSION} (python "), done
    folders = ["--config-dir", "/nowhere", "--run-dir", str(tmp_path), "--ubus", "none"]
    done = subprocess.run([command, "status", *folders[2:]], capture_output=True, text=True, cwd="/")
    assert (done.returncode, "systemctl start nametrack" in done.stderr) == (1, True), done
    assert pathlib.Path(tmp_path / "v/share/nametrack/nametrack.conf").exists()
    subprocess.run([*pip, "uninstall", "-q", "-y", "nametrack"], check=True)
    left = [str(path) for path in (tmp_path / "v").rglob("*nametrack*")]
    assert left in ([], [str(tmp_path / "v/share/nametrack")]) and not os.path.exists(command)


def test_the_version_is_that_of_the_repository():
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"file": "VERSION"}
    assert project["project"]["dependencies"] == []
