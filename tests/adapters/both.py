"""Runs a few lines that use an adapter, under each interpreter, and gives what they printed."""

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MICROPYTHON = os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython"))
COMMANDS = {
    "cpython": [sys.executable, "-S", "-E", "-B", "-u"],
    "micropython": [MICROPYTHON, "-X", "heapsize=32M"],
}
FOLDERS = [str(TOP / folder) for folder in ("agent", "tests/adapters", "tests")]
PROLOGUE = f"import sys\nsys.path[:0] = {FOLDERS}\nfrom driver import *\n"

# Runs a command in a network of its own. Root needs no user namespace for it, in which nft's transactions are bounded.
ALONE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]

each_interpreter = pytest.mark.parametrize("interpreter", sorted(COMMANDS))


def start(interpreter, folder, script, *arguments, environ=None, within=()):
    """The process that runs `script`, to which driver.py's names are known; `folder` is for its file.

    `within`: a command that runs it, as `unshare`.
    """
    path = folder / "script.py"
    path.write_text(PROLOGUE + textwrap.dedent(script))
    command = list(within) + COMMANDS[interpreter] + [str(path)] + [str(a) for a in arguments]
    env = {**os.environ, **(environ or {})}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)


def run(interpreter, folder, script, *arguments, environ=None, within=()):
    """The lines that `script` printed; it must end well."""
    process = start(interpreter, folder, script, *arguments, environ=environ, within=within)
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, output
    return output.splitlines()
