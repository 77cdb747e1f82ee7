"""The agent as it is packed: without comments, and the same for both interpreters."""

import ast
import os
import subprocess
import sys

import pytest

import strip
from tree import ELSEWHERE, TOP

VERSION = (TOP / "VERSION").read_text().strip()
PYTHON = {"micropython": os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython")), "python3": sys.executable}


PACKAGED = [("nametrack", "micropython"), ("nametrack", "python3"), ("nametrack-mpy", "micropython")]


def called(folder, interpreter, *words):
    """What a command of a package, unpacked into `folder`, prints, says as its errors, and returns."""
    lib = str(folder / "usr/lib/nametrack")
    environ = {**os.environ, "NAMETRACK_LIB": lib, "NAMETRACK_PYTHON": PYTHON[interpreter]}
    done = subprocess.run([folder / "usr/sbin/nametrack", *words], env=environ, capture_output=True, text=True)
    return done.stdout, done.stderr, done.returncode


@pytest.mark.parametrize(("package", "interpreter"), PACKAGED)
def test_the_packaged_agent_knows_its_version(built, tmp_path, package, interpreter):
    built[package].unpack(tmp_path)
    out, errors, _ = called(tmp_path, interpreter, "version")
    assert out.startswith(f"nametrack {VERSION} ("), errors


def test_modules_for_another_interpreter_say_which_package_to_install(built, tmp_path):
    advice = ": no modules for this interpreter: install the package nametrack\n"
    built["nametrack-mpy"].unpack(tmp_path)
    _, errors, code = called(tmp_path, "python3", "version")
    assert (errors.startswith("nametrack: cannot import name"), errors.endswith(advice), code) == (True, True, 2)
    old = tmp_path / "usr/lib/nametrack/nametrack/compat.mpy"
    old.write_bytes(b"M\5" + old.read_bytes()[2:])  # the format of MicroPython 1.18
    _, errors, code = called(tmp_path, "micropython", "version")
    assert (errors, code) == ("nametrack: incompatible .mpy file" + advice, 2)


@pytest.mark.parametrize("interpreter", sorted(PYTHON))
def test_a_router_does_without_what_other_machines_need(built, tmp_path, interpreter):
    built["nametrack"].unpack(tmp_path)
    lib = tmp_path / "usr/lib/nametrack"
    assert all((TOP / "agent" / name).exists() and not (lib / name).exists() for name in ELSEWHERE)
    environ = {**os.environ, "NAMETRACK_LIB": str(lib), "NAMETRACK_PYTHON": PYTHON[interpreter]}

    def call(*words):
        command = [tmp_path / "usr/sbin/nametrack", *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    done = call("status", "--ubus", "none")
    assert (done.returncode, done.stderr) == (
        1,
        "nametrack: the running agent is asked over the bus, and there is none\n",
    )
    (tmp_path / "config").mkdir()
    folders = ["--config-dir", tmp_path / "config", "--state-dir", tmp_path, "--run-dir", tmp_path, "--ubus", "none"]
    done = call("run", *folders)
    assert done.returncode == 2 and done.stderr.endswith("/config/nametrack: no such file\n"), done.stderr
    (tmp_path / "config/nametrack").write_text("config nametrack\n\toption wg_quick '/etc/wireguard'\n")
    done = call("check", *folders)
    assert done.returncode == 1 and "/config/network: no such file" in done.stdout, done.stdout + done.stderr
    running = subprocess.Popen([tmp_path / "usr/sbin/nametrack", "run", *folders], env=environ, stderr=subprocess.PIPE)
    try:
        assert b"no such file" in running.stderr.readline()
        assert running.poll() is None
    finally:
        running.terminate()
        running.communicate(timeout=20)
    assert running.returncode == 0


@pytest.mark.parametrize(("package", "interpreter"), PACKAGED)
def test_each_packaged_module_can_be_read(built, tmp_path, package, interpreter):
    built[package].unpack(tmp_path)
    lib = tmp_path / "usr/lib/nametrack"
    files = [path for path in lib.rglob("*.*") if path.is_file() and path.name != "start.py"]
    paths = [path.relative_to(lib).with_suffix("") for path in files]
    names = sorted(".".join(path.parts) for path in paths if path.name != "__main__")
    script = tmp_path / "usr/lib/nametrack/all.py"
    script.write_text("".join(f"import {name.removesuffix('.__init__')}\n" for name in names) + "print('read')\n")
    environ = {**os.environ, "MICROPYPATH": ".frozen"}
    done = subprocess.run([PYTHON[interpreter], script], env=environ, capture_output=True, text=True)
    assert done.stdout == "read\n", done.stderr


def test_the_packaged_agent_means_the_same_on_the_same_lines(built):
    for path in sorted((TOP / "agent").rglob("*.py")):
        if str(path.relative_to(TOP / "agent")) in ELSEWHERE:
            continue
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
        ('def f():\n    """Doc,\n\n    on."""\n    return "#"\n', 'def f():\n\n\n\n\treturn "#"\n'),
        ('class E(Exception):\n    """Doc."""\n', "class E(Exception):\n\tpass\n"),
        ('x = """\n# no comment\n"""\n', 'x = """\n# no comment\n"""\n'),
        ("# only this\n", "\n"),
        ('"""Doc."""\n', "\n"),
        ("if a:\n    if b:\n        c(1,\n          2)\n", "if a:\n\tif b:\n\t\tc(1,\n\t\t  2)\n"),
        ('x = """\n    text  \n"""\n', 'x = """\n    text  \n"""\n'),
    ],
)
def test_comments_and_docstrings_go(source, short):
    assert strip.stripped(source) == short
