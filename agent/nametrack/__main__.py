"""The program: reads the command line, builds the adapters, hands them to the loop."""

import sys

from . import VERSION, compat
from .adapters import files
from .adapters.dns import Dns
from .adapters.process import Runner
from .adapters.sets import Sets
from .adapters.wireguard import WireGuard
from .command import USAGE, Command, UsageError
from .core import actions as do
from .core import config as configuration
from .core import events as on
from .core import network
from .core.agent import Agent
from .core.findings import findings
from .core.report import finding_lines, state_lines, troubles
from .log import Log
from .loop import Loop, Poller
from .wire import uci

PASS_LIMIT = 120  # seconds after which `run --once`, `plan` and `check` report what they have
STATE_FILE = "last-good.json"


class Program:
    """One run of the agent on this machine; `dry`: nothing is changed, `changed` gets what would be."""

    def __init__(self, command, log, dry=False):
        self.log = log
        self.planned = []  # lines: what would be changed
        self._command = command
        self._dry = dry
        self._signals = compat.Signals()
        self.agent = Agent(compat.random_fraction)
        self._poller = Poller(compat.monotonic)
        self._last_good = files.LastGood(command.state_dir + "/" + STATE_FILE)
        emit = self._emit
        self._dns = Dns(self._poller, emit)
        self._runner = Runner(self._poller)
        self._sets = Sets(self._runner, emit)
        self._wireguard = WireGuard(self._poller, emit)
        self.loop = Loop(self.agent, self._poller, compat.monotonic, self._performers(), log)

    def _emit(self, event):
        self.loop.emit(event)

    def _performers(self):
        change_set = self._plan_set if self._dry else self._sets.change
        return {
            do.SendQuery: self._dns.send,
            do.CancelQuery: lambda action: self._dns.cancel(action.id),
            do.ReadPeers: self._wireguard.read,
            do.SetEndpoint: self._plan_endpoint if self._dry else self._wireguard.set_endpoint,
            do.ListSet: self._sets.list,
            do.AddElements: change_set,
            do.DeleteElements: change_set,
            do.ReplaceElements: change_set,
            do.SaveLastGood: (lambda action: None) if self._dry else self._save,
            do.Notify: lambda action: None,  # for subscribers on the bus
        }

    def _plan_set(self, action):
        self.planned.append("# %s" % action.reason)
        self.planned.extend(self._sets.script(action))

    def _plan_endpoint(self, action):
        self.planned.append("# %s" % action.reason)
        self.planned.append(do.text(action))

    def _save(self, action):
        try:
            self._last_good.save(action.entries, compat.wall())
        except OSError as error:
            self.loop.emit(on.ActionFailed(action, compat.error_text(error)))

    def load(self):
        """Reads the configuration and what is remembered; False where there is no configuration to work with."""
        config = read_config(self._command.config_dir, self.log)
        if config is None:
            return False
        if self._command.log_level is None:
            # One pass ends with a report of its own: the log would only say the same twice.
            self.log.set_level(config.log_level if self._command.name == "run" and not self._command.once else "error")
        entries, problem = self._last_good.load(compat.wall())
        if problem:
            self.log.write("warning", problem)
        if not config.enabled:
            self.log.write("info", "disabled in the configuration (option enabled)")
            config = configuration.build([], [], [])
        self.loop.emit(on.LastGoodRead(entries))
        self.loop.emit(on.ConfigLoaded(config))
        return True

    def follow(self):
        """Runs until a signal ends it."""
        self._watch_signals()
        self.loop.run()
        self.loop.finish(self.agent.stop(compat.monotonic()))

    def one_pass(self):
        """Runs until everything was asked, read and written once."""
        self._watch_signals()
        self._poller.call_at("pass", compat.monotonic() + PASS_LIMIT, self.loop.stop)
        self.loop.run(self._settled)
        self.loop.finish(self.agent.stop(compat.monotonic()))

    def _settled(self):
        return self.agent.settled() and not self._runner.busy() and not self._wireguard.busy()

    def _watch_signals(self):
        self._poller.add(self._signals.fileno(), self._signalled)

    def _signalled(self, mask):
        for name in self._signals.read():
            self.log.write("info", "stopping: SIG%s" % name)
            self.loop.stop()


def read_config(folder, log):
    """The Config of the two files in `folder`, None where there is nothing to work with (and that was said)."""
    text, problem = files.read_text(folder + "/nametrack")
    if text is None:
        log.write("error", "%s: %s" % (folder + "/nametrack", problem))
        return None
    problems = []
    sections = _sections(text, folder + "/nametrack", problems, None)
    network_text, problem = files.read_text(folder + "/network")
    others = []
    if network_text is None:
        problems.append("%s: %s; no peer is known from it" % (folder + "/network", problem))
    else:
        others = _sections(network_text, folder + "/network", problems, network.wants)
    return configuration.build(sections, others, problems)


def _sections(text, path, problems, keep):
    sections, found = uci.parse(text, keep)
    problems.extend(["%s, line %d: %s" % (path, problem.line, problem.text) for problem in found])
    return sections


def run(command, log):
    program = Program(command, log)
    if not program.load():
        return 2
    if not command.once:
        program.follow()
        return 0
    program.one_pass()
    return _report(program, sys.stdout)


def plan(command, log):
    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    program.one_pass()
    for line in program.planned or ["# nothing to change"]:
        print(line)
    return _report(program, None)


def _report(program, out):
    now, wall = compat.monotonic(), compat.wall()
    wrong = troubles(program.agent, now, wall)
    if out is not None:
        for line in state_lines(program.agent, now, wall):
            out.write(line + "\n")
    for line in wrong:
        sys.stderr.write("nametrack: %s\n" % line)
    return 1 if wrong else 0


def check(command, log):
    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    program.one_pass()
    found = findings(program.agent)
    for line in finding_lines(found):
        print(line)
    return 1 if found else 0


def version(command, log):
    print("nametrack %s (%s)" % (VERSION, compat.INTERPRETER))
    return 0


def usage(command, log):
    sys.stdout.write(USAGE)
    return 0


def main(argv):
    """Runs one command; returns the exit code of CONTRACT.md section 4."""
    try:
        command = Command(argv)
    except UsageError as error:
        sys.stderr.write("nametrack: %s; try: nametrack help\n" % error)
        return 2
    compat.collect_early()
    log = Log(command.log_level or "info")
    commands = {"run": run, "plan": plan, "check": check, "version": version, "help": usage}
    try:
        return commands[command.name](command, log)
    except MemoryError:
        sys.stderr.write("nametrack: out of memory; what was saved is whole, the service starts it again\n")
    except OSError as error:
        sys.stderr.write("nametrack: %s\n" % compat.error_text(error))
    except Exception as error:  # a mistake of ours: a line for people, the place for those who ask for it
        if log.debugging:
            raise
        kind = type(error).__name__
        sys.stderr.write("nametrack: internal error: %s: %s; please report it\n" % (kind, error))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
