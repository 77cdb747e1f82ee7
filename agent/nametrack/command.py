"""The command line: what to do, with which files, in words for people where that is wrong."""

USAGE = """usage: nametrack COMMAND [OPTION…]

  run              follow the names, in the foreground (procd starts it)
  run --once       one whole pass: resolve everything, bring the kernel up to date, report
  plan             the same pass, but print what it would change and change nothing
  check            validate the configuration and look for what keeps it from working
  status           what the running agent follows, and how that stands
  refresh [NAME…]  have the running agent ask DNS again, for all names or those
  events           what changed and why, newest last; --follow goes on
  version          the version, and the interpreter it runs under
  help             this text

options of run, plan and check:
  --config-dir DIR   where the files nametrack and network are (default /etc/config)
  --state-dir DIR    where the last good addresses are kept (default /etc/nametrack)
  --log-level LEVEL  error, warning, info or debug (default: option log_level)
options of these and of status, refresh and events:
  --ubus PATH|none   the bus (default /var/run/ubus/ubus.sock, then /var/run/ubus.sock)
options of status:
  --json             everything, for programs
  --all              every host and address, however many
"""

LOCAL = {"--config-dir": "config_dir", "--state-dir": "state_dir", "--log-level": "log_level", "--ubus": "ubus"}
BUS = {"--ubus": "ubus"}
# command -> (options with a value: attribute; options without one: attribute; whether names may follow)
COMMANDS = {
    "run": (LOCAL, {"--once": "once"}, False),
    "plan": (LOCAL, {}, False),
    "check": (LOCAL, {}, False),
    "status": (BUS, {"--json": "json", "--all": "all"}, False),
    "refresh": (BUS, {}, True),
    "events": (BUS, {"--follow": "follow"}, False),
    "version": ({}, {}, False),
    "help": ({}, {}, False),
}
LEVELS = ("error", "warning", "info", "debug")


class UsageError(Exception):
    """The command line is wrong; the text says how."""


class Command:
    """A command line that was understood."""

    def __init__(self, argv):
        """`argv`: the arguments after the program's name. Raises UsageError."""
        self.once = self.json = self.all = self.follow = False
        self.config_dir = "/etc/config"
        self.state_dir = "/etc/nametrack"
        self.ubus = None  # None: the default paths; "none": no bus
        self.log_level = None  # None: what the configuration says
        self.names = []
        if not argv:
            raise UsageError("no command given")
        self.name = {"--help": "help", "-h": "help", "--version": "version"}.get(argv[0], argv[0])
        if self.name not in COMMANDS:
            raise UsageError("'%s' is not a command" % self.name)
        self._options(argv[1:])

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
        if self.log_level is not None and self.log_level not in LEVELS:
            raise UsageError("--log-level is one of %s, not '%s'" % (", ".join(LEVELS), self.log_level))
