"""The command line: what to do, with which files, in words for people where that is wrong."""

USAGE = """usage: nametrack COMMAND [OPTION…]

  run            follow the names, in the foreground (procd starts it)
  run --once     one whole pass: resolve everything, bring the kernel up to date, report
  plan           the same pass, but print what it would change and change nothing
  check          validate the configuration and look for what keeps it from working
  version        the version, and the interpreter it runs under
  help           this text

options of run, plan and check:
  --config-dir DIR   where the files nametrack and network are (default /etc/config)
  --state-dir DIR    where the last good addresses are kept (default /etc/nametrack)
  --ubus PATH|none   the bus (default /var/run/ubus/ubus.sock, then /var/run/ubus.sock)
  --log-level LEVEL  error, warning, info or debug (default: option log_level)
"""

WITH_OPTIONS = ("run", "plan", "check")
COMMANDS = WITH_OPTIONS + ("version", "help")
LEVELS = ("error", "warning", "info", "debug")


class UsageError(Exception):
    """The command line is wrong; the text says how."""


class Command:
    """A command line that was understood."""

    def __init__(self, argv):
        """`argv`: the arguments after the program's name. Raises UsageError."""
        self.once = False
        self.config_dir = "/etc/config"
        self.state_dir = "/etc/nametrack"
        self.ubus = None  # None: the default paths
        self.log_level = None  # None: what the configuration says
        if not argv:
            raise UsageError("no command given")
        self.name = "help" if argv[0] in ("--help", "-h") else argv[0]
        if self.name not in COMMANDS:
            raise UsageError("'%s' is not a command" % self.name)
        self._options(argv[1:])

    def _options(self, argv):
        values = {
            "--config-dir": "config_dir",
            "--state-dir": "state_dir",
            "--ubus": "ubus",
            "--log-level": "log_level",
        }
        i = 0
        while i < len(argv):
            option, equals, value = argv[i].partition("=")
            if option == "--once" and self.name == "run" and not equals:
                self.once = True
            elif option in values and self.name in WITH_OPTIONS:
                if not equals:
                    i += 1
                    if i == len(argv):
                        raise UsageError("option %s needs a value" % option)
                    value = argv[i]
                setattr(self, values[option], value)
            else:
                raise UsageError("'%s' is not an option of '%s'" % (argv[i], self.name))
            i += 1
        if self.log_level is not None and self.log_level not in LEVELS:
            raise UsageError("--log-level is one of %s, not '%s'" % (", ".join(LEVELS), self.log_level))
