"""A stand-in for ubusd, in a process of its own: what tests and `make run` talk to if there is no real one.

    with Bus(folder) as bus:
        ...  # bus.path is its socket

It has ubusd's command line (`python tests/bus -s SOCKET -A ACL_FOLDER`), so that a Bus runs either of them.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DOUBLE = [sys.executable, "-S", str(HERE)]


def real_ubusd():
    """The path of a real ubusd, from UBUSD in the environment or PATH; None if there is none."""
    return os.environ.get("UBUSD") or shutil.which("ubusd", path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")


class Bus:
    """A running ubusd with its socket and its access control in `folder`; `command`: which of them."""

    def __init__(self, folder, command=DOUBLE):
        self.path = f"{folder}/ubus.sock"
        self.acl = pathlib.Path(folder) / "acl.d"
        self.acl.mkdir(exist_ok=True)
        self._command = list(command) + ["-s", self.path, "-A", str(self.acl)]
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        """Starts it, and waits until it takes connections."""
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{self._command[0]} does not start")
            time.sleep(0.01)

    def stop(self):
        """Ends it, as a crash would: nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(self.path)
                return len(probe.recv(12)) == 12
            except OSError:
                return False
