"""A command loads only what it needs."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
NO_BUS, NO_FILES = ["--ubus", "/nowhere"], ["--config-dir", "/nowhere"]
ARGUMENTS = dict.fromkeys(("help", "version"), [])  # with which a command ends as soon as it is loaded
ARGUMENTS.update(dict.fromkeys(("status", "refresh", "events", "metrics"), NO_BUS))
ARGUMENTS.update(dict.fromkeys(("run", "plan", "check"), NO_FILES), include=["pbr", *NO_FILES])

# How the files of agent/ begin that a command may load, or may not.
PARSING = ("nametrack/__", "nametrack/command.py", "nametrack/compat.py", "nametrack/log.py")
WORDS = [f"nametrack/core/{name}" for name in ("__init__", "report", "values", "punycode", "words")]
ASKING = ("nametrack/remote", "nametrack/ip", *WORDS, "nametrack/wire/__init__", "nametrack/wire/json", "pyubus/")
ONLY = dict.fromkeys(("help", "version"), (*PARSING, "nametrack/manual.py"))
ONLY.update(dict.fromkeys(("status", "refresh", "events", "metrics"), (*PARSING, *ASKING)))
NEVER = {
    "run": ("nametrack/once", "nametrack/remote", "nametrack/include", "nametrack/manual", "nametrack/core/report"),
    "include": ("nametrack/program", "nametrack/loop", "nametrack/core/agent", "nametrack/core/metrics", "pyubus/"),
}


def nesting(programs):
    """`(longest chain, all)` of each program: files, as tests/nesting.py says."""
    folders = [TOP / name for name in ("tests/micropython", "agent", "tests", "tests/core", "tests/pyubus")]
    environ = dict(os.environ, PYTHONPATH=":".join(map(str, folders)))
    command = [sys.executable, TOP / "tests/nesting.py"]
    text = subprocess.run(command, input=json.dumps(programs), env=environ, text=True, check=True, stdout=-1).stdout
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def commands():
    return dict(zip(ARGUMENTS, nesting([[f"{TOP}/agent/start.py", name, *ARGUMENTS[name]] for name in ARGUMENTS])))


@pytest.mark.parametrize("name", sorted(ONLY))
def test_a_command_that_needs_little_loads_little(commands, name):
    _, loaded = commands[name]
    assert not [path for path in loaded if not path.startswith(ONLY[name], len("agent/"))]


@pytest.mark.parametrize("name", sorted(NEVER))
def test_a_command_does_not_load_what_others_need(commands, name):
    _, loaded = commands[name]
    assert not [path for path in loaded if path.startswith(NEVER[name], len("agent/"))]
