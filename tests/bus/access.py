"""Who may do what: the files of /usr/share/acl.d as ubusd reads them. Root may do everything."""

import grp
import json
import pathlib
import pwd
import socket
import struct
from collections import namedtuple

# Whose process a client is. `groups`: the numbers of all its groups.
User = namedtuple("User", ("uid", "name", "group", "groups"))

ROOT = User(0, "root", "root", [0])


def peer(sock):
    """The User at the other end of a Unix socket; None if the system has no name for it."""
    pid, uid, gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        return User(uid, pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name, [gid] + _more_groups(pid))
    except KeyError:
        return None


def _more_groups(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []
    return [int(gid) for line in lines if line.startswith("Groups:") for gid in line.split()[1:]]


class Rule:
    """What one entry of a file allows its user or group."""

    def __init__(self, file, pattern, kind, methods=()):
        self.partial = pattern.endswith("*")
        self.path = pattern.rstrip("*") if self.partial else pattern
        self.kind = kind
        self.methods = methods
        # a name that the system does not know is nobody's
        self.uid = _number(pwd.getpwnam, file["user"]) if "user" in file else None
        self.gid = _number(grp.getgrnam, file["group"]) if "user" not in file else None

    def is_for(self, user, path):
        """Whether it is about a path, and this user."""
        named = path.startswith(self.path) if self.partial else path == self.path
        return named and (user.uid == self.uid or self.gid in user.groups)


def _number(look_up, name):
    try:
        return look_up(name)[2]
    except KeyError:
        return None


class Access:
    """The rules of all files in a folder; None for no rules."""

    def __init__(self, folder=None):
        self._rules = []
        for path in sorted(pathlib.Path(folder).glob("*.json")) if folder else []:
            status = path.stat()
            # ubusd reads none that others than root could have written
            if status.st_uid == 0 and status.st_gid == 0 and not status.st_mode & 0o023:
                self._read(json.loads(path.read_text()))

    def _read(self, file):
        if "user" not in file and "group" not in file:
            return
        for path, entry in file.get("access", {}).items():
            self._rules.append(Rule(file, path, "access", entry.get("methods", [])))
        for kind in ("publish", "subscribe", "listen", "send"):
            self._rules += [Rule(file, path, kind) for path in file.get(kind, [])]

    def allows(self, user, kind, path, method=None):
        """Whether a User may `access` a method, or `publish`, `subscribe`, `listen` or `send`."""
        if user.uid == 0 or path is None:
            return True
        rules = [rule for rule in self._rules if rule.kind == kind and rule.is_for(user, path)]
        return any(kind != "access" or method in rule.methods or "*" in rule.methods for rule in rules)
