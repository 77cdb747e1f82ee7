"""The program: reads the command line and runs the command; `nametrack help COMMAND` says its exit codes."""

import sys

from . import compat
from .commands.command_line import Command, Trouble, UsageError
from .daemon.log import Log


def performer(command):
    """The function(command, log) of a command. Here its module is loaded: none needs what the others do."""
    if command.name in ("run", "plan", "check"):
        from .daemon import program as module

        if command.name != "run" or command.once:
            from .commands import one_pass as module  # which needs the program: now they do not nest
    elif command.name in ("status", "why", "refresh", "events", "metrics", "pause", "resume"):
        from .commands import ask_agent as module
    elif command.name == "flush":
        from .commands import flush as module
    elif command.name == "block":
        from .commands import block as module
    elif command.name == "import":
        from .commands.import_policies import import_policies  # `import` is no name for a function

        return import_policies
    elif command.name == "include":
        from .commands import include as module
    else:
        from .commands import help_texts as module
    return getattr(module, command.name)


def main(argv):
    """Runs one command; returns the exit code."""
    try:
        command = Command(argv)
    except UsageError as error:
        sys.stderr.write("nametrack: %s; try: nametrack help\n" % error)
        return 2
    log = Log(command.log_level or "info", apart=command.name == "run" and not command.once)
    try:
        code = performer(command)(command, log)
        compat.flush(sys.stdout)
        return code
    except Trouble as trouble:
        sys.stderr.write("nametrack: %s\n" % trouble)
    except KeyboardInterrupt:
        return 130  # as a shell has it: `events --follow` ends so
    except MemoryError:
        from . import compat_heap

        if compat_heap.can_grow():
            sys.stderr.write("nametrack: starting again with more memory\n")
            compat_heap.grow()
        sys.stderr.write("nametrack: out of memory; what was saved is whole, the service starts it again\n")
    except OSError as error:
        try:
            compat.flush(sys.stdout)
        except OSError:
            compat.abandon(sys.stdout)  # the reader is gone, or the disk is full
        if error.errno == compat.EPIPE:
            return 141  # as a shell has it for SIGPIPE: the reader, as `head`, has read enough
        sys.stderr.write("nametrack: %s\n" % compat.error_text(error))
    except Exception as error:  # a mistake of ours: a line for people, the place for those who ask for it
        if log.debugging:
            raise
        kind = type(error).__name__
        sys.stderr.write("nametrack: internal error: %s: %s; please report it\n" % (kind, error))
    return 1


def command():
    """Run the command line of this process: what the command `nametrack` of the Python package does."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(command())
