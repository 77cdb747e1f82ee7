"""One run of the agent on this machine: the adapters, built and handed to the loop."""

from binascii import crc32
from collections import namedtuple

from . import compat
from .adapters import files
from .adapters.bus import Bus
from .adapters.dns import Dns
from .adapters.endpoints import Endpoints
from .adapters.netifd import Netifd
from .adapters.process import Runner
from .adapters.sets import Sets
from .adapters.wireguard import WireGuard
from .core import actions as do
from .core import config as configuration
from .core import events as on
from .core import network
from .core.agent import Agent
from .loop import Loop, Poller
from .service import METHODS, NAME, Service
from .wire import uci

PASS_LIMIT = 120  # seconds after which `run --once`, `plan` and `check` report what they have
STATE_FILE = "last-good.json"
CRONTAB = "/../crontabs/root"  # beside /etc/config

# config: core.config.Config; cron: the lines of the scheduled tasks; id: text, another one for other files
Loaded = namedtuple("Loaded", ("config", "cron", "id"))


class Program:
    """`dry`: nothing is changed, `planned` gets what would be."""

    def __init__(self, command, log, dry=False):
        self.log = log
        self.failed = False  # whether it ended because another agent does the work here
        self.planned = []  # lines: what would be changed
        self.loaded = None  # Loaded
        self._command = command
        self._dry = dry
        self._signals = compat.Signals()
        self.agent = Agent(compat.random_fraction)
        self._poller = Poller(compat.monotonic)
        self._last_good = files.LastGood(command.state_dir + "/" + STATE_FILE)
        emit = self._emit
        self.service = Service(self.agent, compat.INTERPRETER, compat.monotonic(), emit, self._reload, self._vitals)
        self._dns = Dns(self._poller, emit)
        self._runner = Runner(self._poller)
        self._sets = Sets(self._runner, emit)
        self._wireguard = WireGuard(self._poller, emit)
        self._bus = Bus(self._poller, log, command.ubus)
        self._netifd = Netifd(self._bus, emit)
        self._endpoints = Endpoints(self._netifd, self._wireguard, emit)
        self.loop = Loop(self.agent, self._poller, compat.monotonic, self._performers(), log)

    def _emit(self, event):
        self.loop.emit(event)

    def _vitals(self):
        return compat.resident_memory(), self.loop.lag

    def _performers(self):
        change_set = self._plan_set if self._dry else self._sets.change
        return {
            do.SendQuery: self._dns.send,
            do.CancelQuery: lambda action: self._dns.cancel(action.id),
            do.ReadPeers: self._wireguard.read,
            do.ReadInterfaces: self._netifd.read,
            do.SetEndpoint: self._plan_endpoint if self._dry else self._endpoints.set,
            do.AddHostRoute: (lambda action: None) if self._dry else self._endpoints.add_host_route,
            do.Probe: (lambda action: None) if self._dry else self._endpoints.probe,
            do.ListSet: self._sets.list,
            do.AddElements: change_set,
            do.DeleteElements: change_set,
            do.ReplaceElements: change_set,
            do.SaveLastGood: (lambda action: None) if self._dry else self._save,
            do.Notify: self._bus.notify,
            do.Reply: self._bus.reply,
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
        """Reads the configuration; False where there is none to work with, and that was said."""
        loaded, problem = read_config(self._command.config_dir)
        if loaded is None:
            self.log.write("error", problem)
            return False
        self.loaded = loaded
        self.service.loaded(self._command.config_dir, loaded.id)
        self._set_level(loaded.config)
        return True

    def _begin(self):
        entries, problem = self._last_good.load(compat.wall())
        if problem:
            self.log.write("warning", problem)
        self.loop.emit(on.LastGoodRead(entries))
        self._configure(self.loaded)

    def _reload(self):
        """Reads the configuration again, for the bus: what is wrong with it. An unreadable one changes nothing."""
        loaded, problem = read_config(self._command.config_dir)
        if loaded is None:
            self.log.write("error", "not reloaded: %s" % problem)
            return [problem]
        self.log.write("info", "configuration read again")
        self.service.loaded(self._command.config_dir, loaded.id)
        self._set_level(loaded.config)
        self._configure(loaded)
        return loaded.config.errors

    def _set_level(self, config):
        if self._command.log_level is None:
            # One pass ends with a report of its own: the log would only say the same twice.
            self.log.set_level(config.log_level if self._command.name == "run" and not self._command.once else "error")

    def _configure(self, loaded):
        config = loaded.config
        if not config.enabled:
            self.log.write("info", "disabled in the configuration (option enabled)")
            config = configuration.build([], [], [])
        self.loop.emit(on.CronRead(loaded.cron))
        self.loop.emit(on.ConfigLoaded(config))

    def follow(self):
        """Runs until a signal ends it, or until it is seen that another agent does the work here."""
        self._watch_signals()
        self._bus.serve(NAME, METHODS, self._answer, self._decided)
        self.loop.run()
        self.loop.finish(self.agent.stop(compat.monotonic()) if self.agent.config else [])
        self._bus.close()

    def _answer(self, method, arguments):
        return self.service.call(method, arguments, compat.monotonic(), compat.exact_wall())

    def _decided(self, free):
        if free:
            return self._begin()
        self.failed = True
        self.loop.stop()

    def one_pass(self):
        """Runs until everything was asked, read and written once."""
        self._watch_signals()
        self._bus.use()
        self._begin()
        self._poller.call_at("pass", compat.monotonic() + PASS_LIMIT, self.loop.stop)
        self.loop.run(self._settled)
        self.loop.finish(self.agent.stop(compat.monotonic()))
        self._bus.close()

    def state(self):
        """How things stand, as the bus would tell it."""
        return self.service.status(compat.monotonic(), compat.exact_wall())

    def _settled(self):
        busy = self._runner.busy() or self._wireguard.busy() or self._bus.busy() or self._endpoints.busy()
        return self.agent.settled() and not busy

    def _watch_signals(self):
        self._poller.add(self._signals.fileno(), self._signalled)

    def _signalled(self, mask):
        for name in self._signals.read():
            self.log.write("info", "stopping: SIG%s" % name)
            self.loop.stop()


def read_config(folder):
    """`(Loaded, None)` of the files in `folder` and beside it; `(None, why)` where there is nothing to work with."""
    text, problem = files.read_text(folder + "/nametrack")
    if text is None:
        return None, "%s: %s" % (folder + "/nametrack", problem)
    problems = []
    sections = _sections(text, folder + "/nametrack", problems, None)
    network_text, problem = files.read_text(folder + "/network")
    others = []
    if network_text is None:
        problems.append("%s: %s; no peer is known from it" % (folder + "/network", problem))
    else:
        others = _sections(network_text, folder + "/network", problems, network.wants)
    cron_text, _ = files.read_text(folder + CRONTAB)
    number = 0
    for each in (text, network_text, cron_text):
        number = crc32((each or "").encode(), number)
    cron = [line for line in (cron_text or "").split("\n") if line and not line.startswith("#")]
    return Loaded(configuration.build(sections, others, problems), cron, "%08x" % number), None


def _sections(text, path, problems, keep):
    sections, found = uci.parse(text, keep)
    problems.extend(["%s, line %d: %s" % (path, problem.line, problem.text) for problem in found])
    return sections
