"""tests/lab/shared.py: several runs of pytest that share the tests, as `make lab` has its labs."""

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
COUNT = 40

MODULE = """
import os, pathlib, time
import pytest

@pytest.fixture(scope="module")
def kept():
    yield

@pytest.mark.parametrize("number", range(%d))
def test_number(number, kept):
    with open(os.environ["RAN"], "a") as file:
        file.write("%%s %%d\\n" %% (__name__, number))
    time.sleep(0.01)
    assert number != %d
"""


def start(folder, failing=-1):
    """Two runs of the same two modules at once, each of them a Popen."""
    for name in ("test_one.py", "test_two.py"):
        (folder / name).write_text(MODULE % (COUNT, failing))
    shared = folder / "shared"
    shared.mkdir()
    environ = {**os.environ, "SHARED": str(shared), "RAN": str(folder / "ran"), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "lab.shared", "-p", "no:cacheprovider", "-c", "/dev/null"]
    return [subprocess.Popen([*command, str(folder)], env=environ, stdout=subprocess.PIPE) for _ in range(2)]


def test_each_test_is_run_by_one_of_them(tmp_path):
    runs = start(tmp_path)
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    every = {f"{module} {number}" for module in ("test_one", "test_two") for number in range(COUNT)}
    ran = (tmp_path / "ran").read_text().splitlines()
    assert len(ran) == 2 * COUNT and set(ran) == every


@pytest.mark.parametrize("failing", [0, COUNT - 1])
def test_one_that_fails_is_told_by_the_run_that_had_it(tmp_path, failing):
    runs = start(tmp_path, failing)
    said = b"".join(run.communicate(timeout=120)[0] for run in runs)
    assert sorted({run.returncode for run in runs})[-1] == 1
    assert said.count(b"FAILED") == 2
    assert len((tmp_path / "ran").read_text().splitlines()) == 2 * COUNT
