"""The command line: what to do, with which files, in words for people where that is wrong."""

CONFIG_DIR, RUN_DIR = "/etc/config", "/var/run/nametrack"

FOLDERS = {"--config-dir": "config_dir", "--state-dir": "state_dir", "--run-dir": "run_dir"}
LOCAL = dict(FOLDERS)
LOCAL.update({"--log-level": "log_level", "--ubus": "ubus"})
DOOR = {"--ubus": "ubus", "--run-dir": "run_dir"}
WHY = dict(DOOR)
WHY["--from"] = "client"
METRICS = dict(DOOR)
METRICS["--format"] = "format"
# command -> (options with a value: attribute; options without one: attribute; whether names may follow)
COMMANDS = {
    "run": (LOCAL, {"--once": "once"}, False),
    "plan": (LOCAL, {}, False),
    "check": (LOCAL, {}, False),
    "status": (DOOR, {"--json": "json", "--all": "all"}, False),
    "why": (WHY, {"--json": "json"}, True),
    "refresh": (DOOR, {}, True),
    "include": (FOLDERS, {}, True),
    "import": ({"--config-dir": "config_dir"}, {"--json": "json"}, True),
    "events": (DOOR, {"--follow": "follow"}, False),
    "metrics": (METRICS, {}, False),
    "pause": (DOOR, {}, True),
    "resume": (DOOR, {}, False),
    "flush": ({}, {}, False),
    "block": (FOLDERS, {}, False),
    "version": ({}, {}, False),
    "help": ({}, {}, True),
}
INCLUDES = ("vpn-policy-routing", "ipset")
IMPORTS = ("pbr", "vpn-policy-routing")
FORMATS = ("openmetrics", "prometheus")
LEVELS = ("error", "warning", "info", "debug")


class UsageError(Exception):
    """The command line is wrong; the text says how."""


class Trouble(Exception):
    """Why the agent could not be asked, in words for people."""


class Command:
    """A command line that was understood."""

    def __init__(self, argv):
        """`argv`: the arguments after the program's name. Raises UsageError."""
        self.once = self.json = self.all = self.follow = False
        self.config_dir = CONFIG_DIR
        self.state_dir = None  # None: /etc/nametrack on a router, /var/lib/nametrack elsewhere
        self.run_dir = None  # below the state directory if that is given
        self.ubus = None  # None: the default paths; "none": no bus
        self.log_level = None  # None: what the configuration says
        self.format = "openmetrics"
        self.client = None  # the address of a client that `why` asks about; None: the router itself
        self.names = []
        if not argv:
            raise UsageError("no command given")
        self.name = {"--help": "help", "-h": "help", "--version": "version"}.get(argv[0], argv[0])
        if self.name not in COMMANDS:
            raise UsageError("'%s' is not a command" % self.name)
        if any(word in ("--help", "-h") for word in argv[1:]):
            self.name, argv = "help", ["help", self.name]
        self._options(argv[1:])
        if self.run_dir is None:
            self.run_dir = RUN_DIR if self.state_dir is None else self.state_dir + "/run"

    def _options(self, argv):
        valued, flags, named = COMMANDS[self.name]
        i = 0
        while i < len(argv):
            option, equals, value = argv[i].partition("=")
            if option in flags and not equals:
                setattr(self, flags[option], True)
            elif option in valued:
                if not equals:
                    i += 1
                    if i == len(argv):
                        raise UsageError("option %s needs a value" % option)
                    value = argv[i]
                setattr(self, valued[option], value)
            elif named and not option.startswith("-"):
                self.names.append(argv[i])
            else:
                raise UsageError("'%s' is not an option of '%s'" % (argv[i], self.name))
            i += 1
        if self.name == "include" and not (len(self.names) == 1 and self.names[0] in INCLUDES):
            raise UsageError("include takes one of %s" % ", ".join(INCLUDES))
        if self.name == "import" and not (len(self.names) == 1 and self.names[0] in IMPORTS):
            raise UsageError("import takes one of %s" % ", ".join(IMPORTS))
        if self.name == "why" and len(self.names) != 1:
            raise UsageError("why takes one host")
        if self.log_level is not None and self.log_level not in LEVELS:
            raise UsageError("--log-level is one of %s, not '%s'" % (", ".join(LEVELS), self.log_level))
        if self.format not in FORMATS:
            raise UsageError("--format is one of %s, not '%s'" % (", ".join(FORMATS), self.format))
        if self.name == "help" and any(name not in COMMANDS for name in self.names):
            raise UsageError("'%s' is not a command" % [name for name in self.names if name not in COMMANDS][0])
