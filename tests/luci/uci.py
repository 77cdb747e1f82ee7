"""rpcd's `uci` object over real files: what a session changes is staged for it alone until it is applied.

Of rpcd's uci.c it keeps the arguments, the answers and the status codes; `commit` and `apply` tell `changed(package)`,
where rpcd tells procd, whose trigger makes the service reload.
"""

import threading

from lab.agent import uci
from nametrack.wire.uci import parse

OK, INVALID_ARGUMENT, NOT_FOUND, NO_DATA, PERMISSION_DENIED = 0, 2, 4, 5, 6


class Status(Exception):
    """A ubus status code other than 0."""

    def __init__(self, code):
        super().__init__(f"ubus status {code}")
        self.code = code


class Package:
    """The sections of one file: dicts of options with `.type`, `.name` and `.anonymous`, in order."""

    def __init__(self, text):
        self.sections = []
        for number, found in enumerate(parse(text)[0]):
            name = "cfg%02x%04x" % (number + 1, hash_of(found.type)) if found.anonymous else found.name
            self.sections.append({".anonymous": found.anonymous, ".type": found.type, ".name": name, **found.options})

    def section(self, name):
        """The section of that name, or None."""
        return next((section for section in self.sections if section[".name"] == name), None)

    def change(self, change):
        """Carries out one staged change, a list as `changes` shows it."""
        what, name, *rest = change
        section = self.section(name)
        if what == "add":
            self.sections.append({".anonymous": True, ".type": rest[0], ".name": name})
        elif what == "set" and len(rest) == 1:
            self.sections.append({".anonymous": False, ".type": rest[0], ".name": name})
        elif what == "order" and section:
            self.sections.remove(section)
            self.sections.insert(rest[0], section)
        elif what == "remove" and not rest and section:
            self.sections.remove(section)
        elif what == "set" and section:
            section[rest[0]] = rest[1]
        elif what == "list-add" and section:
            section.setdefault(rest[0], []).append(rest[1])
        elif what == "remove" and section:
            section.pop(rest[0], None)

    def values(self, section):
        return {name: value for name, value in section.items() if not name.startswith(".")}

    def text(self):
        return uci(*((s[".type"], None if s[".anonymous"] else s[".name"], self.values(s)) for s in self.sections))


def hash_of(text):
    return sum(ord(c) * 31**i for i, c in enumerate(text)) & 0xFFFF


class Uci:
    """The object; `access(sid, scope, object, function)` is the session's own."""

    METHODS = ("get", "set", "add", "delete", "order", "changes", "commit", "revert", "apply", "confirm", "rollback")

    def __init__(self, folder, access, changed):
        self.folder = folder
        self.access = access
        self.changed = changed
        self.staged = {}  # (session, package) -> changes
        self.applied = None  # (session, timer, {package: text before}, staged before) of what waits for its confirm
        self.lock = threading.RLock()

    def call(self, method, arguments):
        """The answer, a dict; Status where it is an error."""
        if method not in self.METHODS:
            raise Status(3)
        with self.lock:
            return getattr(self, method)(arguments.get("ubus_rpc_session", ""), **self.known(arguments)) or {}

    def known(self, arguments):
        names = ("config", "section", "option", "options", "type", "name", "values", "sections", "timeout", "rollback")
        return {{"type": "kind"}.get(name, name): arguments[name] for name in names if arguments.get(name) is not None}

    def path(self, config):
        if not config or "/" in config or not (self.folder / config).is_file():
            raise Status(NOT_FOUND)
        return self.folder / config

    def load(self, sid, config, right):
        if not config:
            raise Status(INVALID_ARGUMENT)
        if not self.access(sid, "uci", config, right):
            raise Status(PERMISSION_DENIED)
        package = Package(self.path(config).read_text())
        for change in self.staged.get((sid, config), []):
            package.change(change)
        return package

    def stage(self, sid, config, changes):
        self.staged.setdefault((sid, config), []).extend(changes)

    def get(self, sid, config=None, section=None, option=None, **_):
        package = self.load(sid, config, "read")
        shown = [{**found, ".index": i} for i, found in enumerate(package.sections)]
        if section is None:
            return {"values": {found[".name"]: found for found in shown}}
        found = package.section(section)
        if found is None or (option is not None and option not in found):
            raise Status(NOT_FOUND)
        return {"values": found} if option is None else {"value": found[option]}

    def add(self, sid, config=None, kind=None, name=None, values=None, **_):
        if kind is None:
            raise Status(INVALID_ARGUMENT)
        package = self.load(sid, config, "write")
        made = name or "cfg%02x%04x" % (len(package.sections) + 1, hash_of(kind))
        if name is None or package.section(name) is None:
            self.stage(sid, config, [["set", made, kind] if name else ["add", made, kind]])
        self.stage(sid, config, assignments(made, values or {}, {}))
        return {"section": made}

    def set(self, sid, config=None, section=None, values=None, **_):
        if section is None or values is None:
            raise Status(INVALID_ARGUMENT)
        found = self.load(sid, config, "write").section(section)
        if found is None:
            raise Status(NOT_FOUND)
        self.stage(sid, config, assignments(section, values, found))

    def delete(self, sid, config=None, section=None, option=None, options=None, **_):
        if section is None:
            raise Status(INVALID_ARGUMENT)
        found = self.load(sid, config, "write").section(section)
        names = options if options is not None else [option] if option is not None else None
        if found is None or (names is not None and not any(name in found for name in names)):
            raise Status(NOT_FOUND)
        gone = [["remove", section]] if names is None else [["remove", section, n] for n in names if n in found]
        self.stage(sid, config, gone)

    def order(self, sid, config=None, sections=None, **_):
        if sections is None:
            raise Status(INVALID_ARGUMENT)
        self.load(sid, config, "write")
        self.stage(sid, config, [["order", name, place] for place, name in enumerate(sections)])

    def changes(self, sid, config=None, **_):
        if config is not None:
            self.load(sid, config, "read")
            return {"changes": self.staged.get((sid, config), [])}
        mine = {package: changes for (owner, package), changes in self.staged.items() if owner == sid and changes}
        return {"changes": {name: changes for name, changes in mine.items() if self.access(sid, "uci", name, "read")}}

    def revert(self, sid, config=None, **_):
        if self.applied:
            raise Status(PERMISSION_DENIED)
        self.load(sid, config, "write")
        self.staged.pop((sid, config), None)

    def commit(self, sid, config=None, **_):
        if self.applied:
            raise Status(PERMISSION_DENIED)
        self.write(config, self.load(sid, config, "write").text())
        self.staged.pop((sid, config), None)

    def write(self, config, text):
        self.path(config).write_text(text)
        self.changed(config)

    def apply(self, sid, timeout=60, rollback=False, **_):
        if self.applied:
            raise Status(PERMISSION_DENIED)
        mine = [package for (owner, package), changes in self.staged.items() if owner == sid and changes]
        if not mine:
            raise Status(NO_DATA)
        if not all(self.access(sid, "uci", package, "write") for package in mine):
            raise Status(PERMISSION_DENIED)
        before = {package: self.path(package).read_text() for package in mine}
        staged = {package: self.staged[sid, package] for package in mine}
        for package in mine:
            text = self.load(sid, package, "write").text()
            del self.staged[sid, package]
            self.write(package, text)
        if rollback:
            timer = threading.Timer(timeout, self.undo)
            timer.daemon = True
            self.applied = (sid, timer, before, staged)
            timer.start()

    def confirm(self, sid, **_):
        self.ended(sid)

    def rollback(self, sid, **_):
        self.restore(*self.ended(sid))

    def ended(self, sid):
        if not self.applied:
            raise Status(NO_DATA)
        if self.applied[0] != sid:
            raise Status(PERMISSION_DENIED)
        self.applied[1].cancel()
        applied, self.applied = self.applied, None
        return applied

    def undo(self):
        with self.lock:
            if self.applied:
                applied, self.applied = self.applied, None
                self.restore(*applied)

    def restore(self, sid, _, before, staged):
        for package, text in before.items():
            self.write(package, text)
            self.staged[sid, package] = staged[package]


def assignments(section, values, known):
    """The changes that give a section's options these values; `known` are those that it has."""
    changes = []
    for name, value in values.items():
        if isinstance(value, list):
            if name in known:
                changes.append(["remove", section, name])
            changes += [["list-add", section, name, plain(item)] for item in value]
        elif isinstance(known.get(name), list):
            changes += [["remove", section, name], ["set", section, name, plain(value)]]
        elif known.get(name) != plain(value):
            changes.append(["set", section, name, plain(value)])
    return changes


def plain(value):
    """A value as UCI's text; rpcd takes numbers and booleans too."""
    return str(int(value)) if isinstance(value, bool) else str(value)
