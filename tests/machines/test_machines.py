"""The unit tests and transcripts, on machines with another word size and byte order and under older and newer CPythons.

Each module of tests/core, tests/wire and tests/pyubus runs whole, by tests/micropython/run.py, as under the MicroPython
of this machine. What is on a machine is said, so that nobody takes one for another.
"""

import os
import subprocess

import pytest

from machines import MACHINES, TOP

MODULES = sorted(path for name in ("core", "wire", "pyubus") for path in (TOP / "tests" / name).glob("**/test_*.py"))
WHAT = {
    "armhf": "micropython little 31",
    "s390x": "micropython big 63",
    "python3.7": "cpython little 3.7",
    "python3.9": "cpython little 3.9",
    "python3.11": "cpython little 3.11",
    "python3.13": "cpython little 3.13",
    "python3.14": "cpython little 3.14",
}
ASK = """
import sys
name = sys.implementation.name
last = "%d.%d" % sys.version_info[:2] if name == "cpython" else 31 if sys.maxsize == 2 ** 31 - 1 else 63
print(name, sys.byteorder, last)
"""
# command line -> exit code, if there is nothing to ask or to work with
COMMANDS = {
    "version": 0,
    "status --ubus /nowhere": 1,
    "metrics --ubus /nowhere": 1,
    "include ipset --config-dir /nowhere": 0,
    "run --config-dir /nowhere": 2,
    "plan --config-dir /nowhere": 2,
}
# Runs a command of the agent within so many calls that more than a third of the stack is taken.
DEEP = """
import sys

def left():
    try:
        return left() + 1
    except RuntimeError:
        return 0

def deeper(calls):
    if calls:
        return deeper(calls - 1)
    from nametrack.__main__ import main
    return main(sys.argv[1:])

sys.exit(deeper(left() * 2 // 5))
"""


def run(machine, *arguments):
    command = MACHINES[machine]()
    if command is None:
        pytest.skip(f"no {machine} here: tests/setup/machines.sh")
    parts = [f"{TOP}/tests/micropython", f"{TOP}/agent", f"{TOP}/tests", f"{TOP}/tests/core", f"{TOP}/tests/pyubus"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ["PYTHONPATH"] = ":".join(parts)
    environ.update({"FUZZ": "1000", "SEEDS": "1", "DAYS": "0.05"})  # what is emulated is ten times slower
    environ["MICROPYPATH"] = ":".join([*parts, ".frozen"])
    home = TOP / f"build/machines/{machine}/root/usr"
    if machine.startswith("python") and home.exists():
        environ["PYTHONHOME"] = str(home)
    return subprocess.run([*command, *arguments], env=environ, capture_output=True, text=True, timeout=900, cwd=TOP)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_is_what_its_name_says(machine):
    assert run(machine, "-c", ASK).stdout.strip() == WHAT[machine]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
@pytest.mark.parametrize("machine", MACHINES)
def test_every_test_passes(machine, path):
    done = run(machine, str(TOP / "tests/micropython/run.py"), str(path))
    verdicts = [line.rpartition(" ")[2] for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0 and verdicts and set(verdicts) <= {"pass", "skip"}, done.stdout + done.stderr


@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.parametrize("machine", ["armhf", "s390x"])
def test_a_command_needs_less_than_two_thirds_of_the_stack(machine, line):
    done = run(machine, "-c", DEEP, *line.split())
    assert "recursion" not in done.stderr and done.returncode == COMMANDS[line], done.stderr
