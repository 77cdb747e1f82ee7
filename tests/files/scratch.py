"""A folder that stands for the router's root: its scripts run there under busybox ash, with stand-ins that record.

A busybox that prefers its own applets (busybox-static) would run `ip` or `sleep` in the place of a stand-in: then dash
runs the scripts, which has no commands of its own beyond those of the shell.

Absolute paths in a script are made to lie below the folder, so that nothing needs a privilege or touches this machine.
What the scripts call of OpenWrt, commands and shell functions, is replaced: each call becomes a line in `calls()`.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
FILES = TOP / "files"

# Every path of a script that lies in one of the router's folders, unless a longer path or a variable stands before it.
ABSOLUTE = re.compile(r"(?<![\w.$}/*-])/(?=(?:bin|sbin|lib|etc|usr|var|tmp|proc)\b)")

RECORD = """\
#!/bin/sh
printf '%s\\n' "${0##*/} $*" >>"$CALLS"
"""


def shell():
    """Return the command of a shell that runs a stand-in in PATH rather than an applet of its own."""
    busybox = ["busybox", "ash"]
    # some have all applets in the shell, some a few, such as `sleep`; the empty PATH has no other
    for command in ("ip link", "sleep 0"):
        tried = subprocess.run([*busybox, "-c", f"PATH=/nowhere; {command}"], capture_output=True)
        if b"not found" not in tried.stderr:
            return ["dash"]
    return busybox


SHELL = shell()


class Router:
    """The scratch root `folder`, and what was called in it."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        self._calls = self.root / "calls"
        self._commands = self.root / "standins"
        self._commands.mkdir()
        self.environ = {"PATH": f"{self._commands}:{os.environ['PATH']}", "CALLS": str(self._calls)}
        for folder in ("bin", "tmp", "etc/init.d", "etc/rc.d", "var/run"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "bin/sh").symlink_to(shutil.which(SHELL[0]))
        self.write("/etc/rc.common", (HERE / "rc.common").read_text(), 0o755)
        self.write("/lib/functions.sh", (HERE / "functions.sh").read_text())

    def path(self, path):
        return self.root / path.lstrip("/")

    def write(self, path, text="", mode=0o644):
        """Puts a file of the router there, its absolute paths made to lie below this root."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(ABSOLUTE.sub(f"{self.root}/", text))
        target.chmod(mode)
        return target

    def install(self, path):
        """Puts a file of files/ where it belongs."""
        source = FILES / path.lstrip("/")
        return self.write(path, source.read_text(), source.stat().st_mode & 0o777)

    def stand_in(self, name, script=""):
        """The command `name` records its call, then does what `script` says."""
        self._command(name, ABSOLUTE.sub(f"{self.root}/", script))

    def uci(self):
        """The command `uci`: that of uci_standin.py, or the real program that UCI names in the environment."""
        if "UCI" in os.environ:
            options = f"-c {self.root}/etc/config -t {self.root}/tmp/.uci"
            return self._command("uci", f'exec {os.environ["UCI"]} {options} "$@"')
        self._command("uci", f'UCI_ROOT={self.root} exec {sys.executable} -BS {HERE}/uci_standin.py "$@"')

    def _command(self, name, script):
        target = self._commands / name
        target.write_text(f"{RECORD}{script}\n")
        target.chmod(0o755)

    def run(self, script, expect=0, **environ):
        """Runs `script` under the shell; returns what it printed. It must end by itself, with `expect`."""
        command = [*SHELL, "-c", ABSOLUTE.sub(f"{self.root}/", script)]
        done = subprocess.run(
            command,
            env={**self.environ, **environ},
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == expect, f"exit {done.returncode}: {done.stdout}"
        return done.stdout.replace(str(self.root), "")

    def calls(self):
        """The recorded calls so far, one line each, with the paths that the router would see."""
        if not self._calls.exists():
            return []
        return self._calls.read_text().replace(str(self.root), "").splitlines()
