"""Programs that take part in a bus, each a process under one of the interpreters."""

import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import textwrap
import threading

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MICROPYTHON = os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython"))
COMMANDS = {
    "cpython": [sys.executable, "-S", "-E", "-B", "-u"],
    "micropython": [MICROPYTHON, "-X", "heapsize=8M"],  # as on a router that needs more than most
}
# what another user can run: this one's CPython may be in a folder of its own
COMMANDS_OF_OTHERS = {"cpython": ["/usr/bin/python3", *COMMANDS["cpython"][1:]], "micropython": COMMANDS["micropython"]}
SERVICE = TOP / "tests/bus/service.py"
LIMIT = 60  # seconds for anything to happen

PROLOGUE = f"""
import sys
sys.path.insert(0, {str(TOP / "agent")!r})
path = sys.argv[1]
from pyubus import *
from pyubus import UbusClient
from pyubus import happenings as on
import select
def code(call, *arguments):
    try:
        call(*arguments)
    except UbusError as error:
        return error.code
"""


class Party:
    """One such program; what it prints can be waited for."""

    def __init__(self, interpreter, script, bus, user=None):
        """`script`: lines of Python that find pyubus' names, or the Path of a file; `user`: its name, to run as."""
        with tempfile.NamedTemporaryFile("w", suffix=".py", prefix="party", delete=False) as file:
            text = script.read_text() if isinstance(script, pathlib.Path) else textwrap.dedent(script)
            file.write(PROLOGUE + text)
        self._file = pathlib.Path(file.name)
        self._file.chmod(0o644)
        self._process = subprocess.Popen(
            (COMMANDS_OF_OTHERS if user else COMMANDS)[interpreter] + [file.name, bus.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            group=user and "nogroup",
            extra_groups=user and [],
        )
        self._lines = queue.Queue()
        self._said = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()

    def say(self, line):
        """Gives it a line to read."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def next(self):
        """The next line that it prints; None at its end."""
        line = self._lines.get(timeout=LIMIT)
        self._said.append(line)
        return line

    def expect(self, line):
        """Waits for a line; no other may come before."""
        assert self.next() == line, self._said

    def finish(self):
        """Waits for its end, which must be a good one; returns the lines it still printed."""
        lines = list(iter(self.next, None))
        assert self._process.wait(LIMIT) == 0, self._said
        self.kill()
        return lines

    def kill(self):
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()
        self._file.unlink(missing_ok=True)
