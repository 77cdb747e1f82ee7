"""rpcd's `file` object: what a folder has in it, and the programs that a login may run, with just these arguments."""

import os
import subprocess

from lab.enter import TOP
from luci.uci import NOT_FOUND, PERMISSION_DENIED, Status

CONFIG = "/etc/config"
PROGRAM = "/usr/sbin/nametrack"
ENVIRON = {"NAMETRACK_LIB": f"{TOP}/agent", "NAMETRACK_PYTHON": f"{TOP}/build/bin/micropython"}


class Files:
    """`config` is the folder that stands for /etc/config; `access(sid, scope, object, function)` is the session's."""

    def __init__(self, config, access):
        self.config = config
        self.access = access
        self.runs = []  # the command lines that were run

    def call(self, method, arguments):
        """The answer, a dict; Status where it is an error."""
        if method not in ("list", "exec"):
            raise Status(3)
        sid = arguments.get("ubus_rpc_session", "")
        return self.list(sid, arguments["path"]) if method == "list" else self.execute(sid, arguments)

    def list(self, sid, path):
        if not self.access(sid, "file", path, "list"):
            raise Status(PERMISSION_DENIED)
        if path != CONFIG:
            raise Status(NOT_FOUND)
        return {"entries": [{"name": each.name, "type": "file"} for each in sorted(self.config.iterdir())]}

    def execute(self, sid, arguments):
        command = [arguments["command"], *arguments.get("params", [])]
        names = (command[0], " ".join(command))
        if not any(self.access(sid, "file", name, "exec") for name in names):
            raise Status(PERMISSION_DENIED)
        if command[0] != PROGRAM:
            raise Status(NOT_FOUND)
        done = subprocess.run(
            [f"{TOP}/files{PROGRAM}", *command[1:], "--config-dir", str(self.config)],
            capture_output=True,
            text=True,
            env={**os.environ, **ENVIRON},
        )
        self.runs.append(command)
        return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
