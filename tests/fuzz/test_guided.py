"""guided.py: its summary says how many cases were run, which are fewer than were asked for if one broke the promise."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
# Stands in for atheris: runs CASES of them, ends as told, by a signal or as libFuzzer does.
ATHERIS = """
import contextlib, os, signal
def instrument_imports(include):
    return contextlib.nullcontext()
def Setup(arguments, one):
    global read
    read = one
def Fuzz():
    for _ in range(int(os.environ["CASES"])):
        read(b"nameserver 192.0.2.1")
    if os.environ["END"] == "stopped":
        os.kill(os.getppid(), signal.SIGTERM)
        signal.alarm(60)  # if the one who was to forward the signal is gone
        signal.pause()
    os._exit(int(os.environ["END"]))
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with what guided.py needs: it writes into build/."""
    for name in ("tests/fuzz", "tests/wire", "agent"):
        shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (TOP / "tests").glob("*.py"):
        shutil.copy(path, tmp_path / "tests")
    (tmp_path / "atheris.py").write_text(ATHERIS)
    return tmp_path


def guided(checkout, asked, ran, end):
    environment = dict(os.environ, PYTHONPATH=str(checkout), CASES=str(ran), END=end)
    command = [sys.executable, str(checkout / "tests/fuzz/guided.py"), "resolvers", str(asked)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_what_ran_is_counted(checkout):
    status, said = guided(checkout, 3, 3, "0")
    assert status == 0
    assert said == "fuzz: resolvers: 3 cases, guided by coverage under CPython: 0 broke the promise []\n"


def test_a_run_that_ends_early_says_where(checkout):
    status, said = guided(checkout, 1000, 7, "77")
    assert status == 1
    assert said == "fuzz: resolvers: 7 of 1000 cases, guided by coverage under CPython: 0 broke the promise []\n"


def test_a_run_that_is_stopped_says_so_as_well(checkout):
    status, said = guided(checkout, 1000, 5, "stopped")
    assert status == 1 and said.startswith("fuzz: resolvers: 5 of 1000 cases, ")
