"""One run of the agent on this machine: the adapters, built and handed to the loop."""

# A leaf first, so that imports do not nest: tests/test_imports.py says why.
from .. import element  # noqa: F401, I001
from .. import NAME, compat, compat_files, compat_heap, compat_signals
from ..adapters.bus import Bus
from ..adapters.dns import Dns
from ..adapters.endpoints import Endpoints
from ..adapters.last_good import LastGood
from ..adapters.netifd import Netifd
from ..adapters.wireguard import WireGuard
from ..core import actions as do
from ..core import events as on
from ..core.agent import Agent
from ..core.config import configuration  # noqa: F401
from .bus_object import METHODS, Service
from .config_files import is_router, state_dir
from .doors import Doors
from .intake import Intake
from .later import Later, new_answers, new_echo, new_flows, new_glance, new_hold, new_inbound, new_neighbours
from .later import new_routes, new_services, new_sets, new_tap, targets
from .loop import Loop, Poller

EVENTS = 1 << 13  # ids of events from one run of the agent to where another may begin
PASS_LIMIT = 120  # seconds after which `run --once`, `plan` and `check` report what they have
BUS_LIMIT = 5  # seconds that they wait for what the bus knows: netifd's interfaces, and the nameservers these learnt
SETTLED = 1  # second from an interface that came up to a look at the files: a network restart starts them all
# hosts and peers of a configuration from which on to put it in force may take 50 ms on a slow router
LARGE = 50
UNBOUNDED = 1 << 29  # bytes of an answer that does not go over the bus; MicroPython's small integers have 30 bits


class Program:
    """`dry`: nothing is changed, `planner` has what would be."""

    def __init__(self, command, log, dry=False):
        compat.collect_early()
        self.log = log
        self.failed = False  # whether it ended because another agent does the work here
        self._command = command
        self._signals = compat_signals.Signals()
        self.agent = Agent(compat.random_fraction, compat.urandom16() * EVENTS)
        self._poller = Poller(compat.monotonic)
        emit = self._emit
        self.planner = self._planner() if dry else None
        started_at = compat.monotonic()
        self._intake = Intake(self._poller, command.config_dir, self._hand_in, log, self._taken)
        answers = Later(lambda: new_answers(self._poller, self._reply))
        later = lambda what, make, number: answers.made().ask(what, make, number)  # noqa: E731
        functions = (emit, self._intake.reload, self._reply, later, self._vitals, lambda: targets(command.config_dir))
        self.service = Service(self.agent, compat.INTERPRETER, started_at, *functions)
        self._last_good = LastGood(self._poller, emit, state_dir(command), command.run_dir)
        self._dns = Dns(self._poller, emit)
        self._follows = False  # whether it runs until a signal ends it
        self._sets = Later(lambda: new_sets(self._poller, emit))
        self._flows = Later(lambda: new_flows(self._poller, emit, self._follows))
        self._routes = Later(lambda: new_routes(self._poller, emit, self._follows))
        self._neighbours = Later(lambda: new_neighbours(self._poller, emit))
        self._wireguard = WireGuard(self._poller, emit)
        self._bus = Bus(self._poller, log, command.ubus)
        self._hold = Later(lambda: new_hold(self._poller, self._bus, emit))
        self._doors = Doors(self._bus, self._poller, log, command.run_dir)
        self._netifd = self._network(emit)
        self._endpoints = Endpoints(self._netifd, self._wireguard, emit)
        self._services = Later(lambda: new_services(command.config_dir, self._bus, emit))
        self.loop = Loop(self.agent, self._poller, compat.monotonic, self._performers(), log)

    def _planner(self):
        from .planner import Planner  # most runs change what they are to change

        return Planner(self._emit, lambda: self.agent.routes.installation.view.links)

    def _network(self, emit):
        """What tells of the network's interfaces, and adds host routes."""
        if is_router(self._command.config_dir):
            return Netifd(self._bus, emit, self._interface_came_up)
        from ..adapters.kernel_interfaces import KernelInterfaces

        return KernelInterfaces(self._poller, emit, self._intake.reload_changes)

    def _interface_came_up(self):
        """`ifup` makes an interface of the file as it is, also without a reload that would have it read here."""
        self._poller.call_at("changes", compat.monotonic() + SETTLED, self._intake.reload_changes)

    def _emit(self, event):
        self.loop.emit(event)

    def _vitals(self):
        return compat_files.resident_memory(), self.loop.lag

    def _performers(self):
        performers = {
            do.SendQuery: self._dns.send,
            do.CancelQuery: lambda action: self._dns.cancel(action.id),
            do.Observe: Later(lambda: new_tap(self._poller, self._emit)).performer("observe"),
            do.Hold: self._hold.performer("hold"),
            do.Release: self._hold.performer("release"),
            do.ReadPeers: self._wireguard.read,
            do.ReadInterfaces: self._netifd.read,
            do.SetEndpoint: self._endpoints.set,
            do.CheckWay: self._endpoints.check_way,
            do.Probe: self._endpoints.probe,
            do.SendEcho: Later(lambda: new_echo(self._poller, self._emit)).performer("send"),
            do.ListSet: self._sets.performer("list"),
            do.GlanceSet: self._sets.performer("glance"),
            do.GlanceNft: self._sets.performer("glance_nft"),
            do.ChangeSet: self._sets.performer("change"),
            do.FlushFlows: self._flows.performer("flush"),
            do.ReadServices: self._services.performer("read"),
            do.GlanceRouting: lambda action: new_glance(self._emit).look(action),
            do.ReadRouting: self._routes.performer("read"),
            do.ListRoutes: self._routes.performer("list"),
            do.FollowNeighbours: self._neighbours.performer("follow"),
            do.ChangeRouting: self._routes.performer("change"),
            do.MarkInbound: Later(lambda: new_inbound(self._emit)).performer("mark"),
            do.ReadTunnel: self._wireguard.read_tunnel,
            do.SaveLastGood: self._last_good.save,
            do.ShareLastGood: self._last_good.share,
            do.Remember: self._last_good.remember,
            do.AskKernel: self._ask_kernel,
            do.ReadAllowed: self._wireguard.read_allowed,
            do.Notify: self._doors.notify,
            do.Reply: self._doors.reply,
        }
        if self.planner is not None:
            performers.update(self.planner.performers())
        return performers

    def _ask_kernel(self, action):
        from ..adapters.ways import Ways  # most routers are never asked why

        Ways(self._emit).ask(action)

    def load(self):
        """Reads the configuration; False if there is none to work with, and that was said."""
        problem = self._intake.load()
        if problem is not None:
            self.log.write("error", problem)
        return problem is None

    @property
    def loaded(self):
        """What the files said that were read last, a config_files.Loaded."""
        return self._intake.loaded

    def _begin(self):
        self._last_good.load(self.planner is not None)
        self._intake.follow()
        self._netifd.start()

    def _reply(self, number, values):
        self._doors.reply(do.Reply(number, values))

    def _taken(self, loaded):
        self.service.loaded(self._command.config_dir, loaded.id)
        self._set_level(loaded.config)

    def _hand_in(self, event):
        """Hand in what the files say; a large configuration is put in force in one go, and no answer is held then."""
        if isinstance(event, on.ConfigLoaded):
            config = event.config
            if len(config.peers) + sum([len(policy.hosts) for policy in config.policies]) >= LARGE:
                self._hold.tell("prepare", "configuration")
        self._emit(event)

    def _set_level(self, config):
        if self._command.log_level is None:
            # One pass ends with a report of its own: the log would only say the same twice.
            self.log.set_level(config.log_level if self._command.name == "run" and not self._command.once else "error")

    def follow(self):
        """Runs until a signal ends it, or until it is seen that another agent does the work here. SIGHUP: reloads."""
        self._watch_signals({"HUP": self._intake.reload})
        self._poller.when_away(lambda seconds: self._hold.tell("was_away", seconds))
        self._follows = True
        self._doors.serve(NAME, METHODS, self._answer, self._decided, self._intake.reload_changes)
        self.loop.run()
        self._end()

    def _answer(self, method, arguments):
        self._hold.tell("prepare", method)
        began = compat.monotonic()
        answer = self.service.call(method, arguments, began, compat.exact_wall())
        self._hold.tell("took", method, compat.monotonic() - began)
        return answer

    def _decided(self, free):
        if free:
            return self._begin()
        self.failed = True
        self.loop.stop()

    def one_pass(self):
        """Runs until everything was asked, read and written once."""
        self._watch_signals({})
        self._bus.use()
        self._wait_for_bus()
        self._begin()
        self._poller.call_at("pass", compat.monotonic() + PASS_LIMIT, self.loop.stop)
        self.loop.run(self._settled)
        self._end()

    def _wait_for_bus(self):
        """Waits until netifd has answered: else a name would fail before its fallback nameservers are known.

        If the bus does not answer within BUS_LIMIT, the pass goes on without it.
        """
        self._poller.call_at("bus", compat.monotonic() + BUS_LIMIT, self._bus.close)
        self.loop.run(lambda: not self._bus.busy())
        self._poller.cancel("bus")

    def _end(self):
        """Save what is known; if memory ran short, the program that replaces this one reads it."""
        self.loop.finish(self.agent.stop(compat.monotonic()) if self.agent.config else [])
        self._last_good.finish()
        self._doors.close()
        if self.loop.short:
            self.log.write("info", "starting again with more memory: %s" % self.loop.short)
            compat_heap.grow()
            self.failed = True

    def state(self):
        """How things stand, as the bus would tell it, and all of it."""
        return self.service.status(compat.monotonic(), compat.exact_wall(), UNBOUNDED)

    def _settled(self):
        parts = [self._intake, self._sets, self._flows, self._wireguard, self._bus, self._endpoints]
        parts += [self._routes, self._neighbours]
        # what is quick to say first: the agent looks at all names for it
        return not any(part.busy() for part in parts) and self.agent.settled()

    def _watch_signals(self, handlers):
        """Has signals end the run, those aside that have a function in `handlers`, {name: function()}."""
        self._poller.add(self._signals.fileno(), lambda mask: self._signalled(handlers))

    def _signalled(self, handlers):
        for name in self._signals.read():
            if name in handlers:
                handlers[name]()
            else:
                self.log.write("info", "stopping: SIG%s" % name)
                self.loop.stop()


def run(command, log):
    """The command `run`, until a signal ends it; returns the exit code."""
    program = Program(command, log)
    if not program.load():
        return 2
    program.follow()
    return 1 if program.failed else 0
