"""The program: reads the command line and runs the command; the exit codes are those of CONTRACT.md section 4."""

import sys

from . import VERSION, compat, compat_heap, include, manual, remote
from .command import Command, UsageError
from .core.findings import finding, findings
from .core.report import finding_lines, status_lines, troubles
from .log import Log
from .program import Program


def run(command, log):
    program = Program(command, log)
    if not program.load():
        return 2
    if not command.once:
        program.follow()
        return 1 if program.failed else 0
    program.one_pass()
    state = program.state()
    for line in status_lines(state, compat.is_terminal(sys.stdout)):
        print(line)
    return _complain(state)


def plan(command, log):
    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    program.one_pass()
    for line in program.planned or ["# nothing to change"]:
        print(line)
    return _complain(program.state())


def _complain(state):
    wrong = troubles(state)
    for line in wrong:
        sys.stderr.write("nametrack: %s\n" % line)
    return 1 if wrong else 0


def check(command, log):
    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    found, other = remote.check(command, program.loaded)
    if found is None:
        program.one_pass()
        found = findings(program.agent, compat.wall())
    if other:
        found.append(
            finding("not_loaded", "info", "configuration", "the running agent has an older one than the files")
        )
    for line in finding_lines(found):
        print(line)
    return 1 if found else 0


def version(command, log):
    print("nametrack %s (%s)" % (VERSION, compat.INTERPRETER))
    return 0


def usage(command, log):
    sys.stdout.write("\n".join([manual.COMMANDS[name] for name in command.names]) or manual.USAGE)
    return 0


WORKING = 100000  # bytes; a collection takes a millisecond or two

COMMANDS = {
    "run": run,
    "plan": plan,
    "check": check,
    "status": remote.status,
    "refresh": remote.refresh,
    "events": remote.events,
    "include": lambda command, log: include.run(command),
    "metrics": remote.metrics,
    "version": version,
    "help": usage,
}


def main(argv):
    """Runs one command; returns the exit code."""
    try:
        command = Command(argv)
    except UsageError as error:
        sys.stderr.write("nametrack: %s; try: nametrack help\n" % error)
        return 2
    compat.collect_early(WORKING)
    log = Log(command.log_level or "info")
    try:
        code = COMMANDS[command.name](command, log)
        compat.flush(sys.stdout)
        return code
    except remote.Trouble as trouble:
        sys.stderr.write("nametrack: %s\n" % trouble)
    except KeyboardInterrupt:
        return 130  # as a shell has it: `events --follow` ends so
    except MemoryError:
        if compat_heap.can_grow():
            sys.stderr.write("nametrack: starting again with more memory\n")
            compat_heap.grow()
        sys.stderr.write("nametrack: out of memory; what was saved is whole, the service starts it again\n")
    except OSError as error:
        if error.errno == compat.EPIPE:
            compat.abandon(sys.stdout)
            return 141  # as a shell has it for SIGPIPE: whoever read, as `head`, has read enough
        sys.stderr.write("nametrack: %s\n" % compat.error_text(error))
    except Exception as error:  # a mistake of ours: a line for people, the place for those who ask for it
        if log.debugging:
            raise
        kind = type(error).__name__
        sys.stderr.write("nametrack: internal error: %s: %s; please report it\n" % (kind, error))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
