"""The door of this room: facts about the kernel and the policies in, ChangeRouting out."""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ... import ip, routing
from . import nexthops, writing, rulebook, selector, inbound, echoes, watch, way, installation  # noqa: F401
from .blocking import not_blocked
from .local import Local
from .clients import Clients
from .fit import Fit
from .networks import Networks
from .numbers import Numbers
from .plan import FAMILIES, compose
from .installation import Installation
from .inbound import Inbound
from .readings import LIST, READ, Readings
from .steered import Steered
from .steps import Uplinks, steps
from .ways import ECHO, PROBE, WATCH, Ways

# isort: on
from ..actions import ChangeRouting, FlushFlows, ListRoutes, Log, ReadRouting
from ..wording import duration

PATIENCE = 3600  # seconds after the start in which names that are not answered keep what is there
CHOOSE, HOLD, PAUSED = ("routes", "choose"), ("routes", "hold"), ("routes", "paused")


class Routes:
    def __init__(self, timers, interfaces, peers):
        self.steered = []  # Steered, in the order of their sections
        self._by_name = {}  # policy's name -> the same Steered
        self.paused_until = None  # monotonic seconds; None: not paused
        self.fit = Fit()
        self._timers = timers
        self._ways = Ways(timers, interfaces, peers)
        self._clients = Clients(interfaces)
        self._config = None
        self._numbers = None
        self._readings = Readings(timers)
        self._inbound = Inbound()
        self.installation = Installation(timers, self._steps)

    # -- what happened ---------------------------------------------------------------------------------------------

    def configure(self, policies, config, now):
        """Steers exactly these policies, a list in the order of their sections; all others of before end."""
        known, self._config = self._by_name, config
        self.steered = [Steered(policy, known.get(policy.config.name)) for policy in policies]
        self._by_name = {steered.name: steered for steered in self.steered}
        for steered, group in zip(self.steered, selector.groups_of([steered.selector for steered in self.steered])):
            steered.group = group
        self._ways.configure(self.steered, config)
        if self._numbers is None or self._numbers.base != config.table:
            self._numbers = Numbers(config.table)
        # first of all: a client that is not known yet would go another way for a moment
        actions = self._clients.configure([steered.selector for steered in self.steered])
        actions += self._see_what_fits()
        self._allot()
        if not self.installation.is_listed():
            self._timers.set(HOLD, now + PATIENCE)
            return actions + [ReadRouting("kernel"), ListRoutes(routing.PROTOCOL)]
        if not known:
            self.installation.forget_view()  # nothing followed the links meanwhile
            if self.steered:
                self._readings.listed(0, now)
        return actions + ([ReadRouting("kernel")] if self.steered or known else [])

    def neighbours_read(self, neighbours, now):
        """Some neighbours of this router, routing.Neighbour: clients that are known by their MAC address."""
        return self._see_what_fits() + self._decide(now) if self._clients.read(neighbours) else []

    def read(self, view, now):
        """The kernel's links, rules and nexthops."""
        self._readings.went_well(ReadRouting)
        self.installation.read(view)
        return self._decide(now)

    def listed(self, tables, now):
        """Every route of ours that the kernel has, {(family, table, metric): {key: via}}."""
        self.installation.listed(tables)
        self._readings.went_well(ListRoutes)
        if self.steered:
            self._readings.listed(sum([len(tables[key]) for key in tables]), now)
        return self._decide(now)

    def deleted(self, event, now):
        """Others deleted some of ours, RoutingDeleted: back at once, without a look at anything else."""
        self._readings.deleted(event.routes is None, now)
        found = self.installation.deleted(event)
        return [ChangeRouting(found, "rules that were deleted")] if found else self._next(now)

    def touched(self, now):
        """Links, addresses, rules or nexthops are others than before."""
        if self.steered:
            self._readings.touched(now)
        return []

    def touch(self, policy, keys, now):
        """A policy wants these keys, or does no more."""
        self.installation.touch(policy.config.name, keys, now)

    def names_answered(self, now):
        """Every name was answered since the start: what nothing wants by now may go."""
        if not self.holds:
            return []
        self.installation.release()
        return self._next(now)

    def pause(self, seconds, now):
        """No policy steers or blocks anything for so long; 0: they do again."""
        was, self.paused_until = self.paused_until, now + seconds if seconds else None
        if seconds:
            self._timers.set(PAUSED, self.paused_until)
        news = self.steered if seconds or was is not None else []
        told = [each.paused(duration(seconds)) if seconds else each.resumed() for each in news]
        return told + self._decide(now)

    def peers_read(self, event, now):
        """The peers of an interface, PeersRead: its tunnel may live otherwise now, and endpoints may be others."""
        return self._decide(now) if self.steered and self._ways.peers_read(event, now) else []

    def echo_replied(self, device, address, now):
        """The check address of a policy replied through a device."""
        return self._decide(now) if self._ways.echo_replied(device, address, self.steered, now) else []

    def tunnel_read(self, device, port, now):
        """Which port a tunnel sends from, 0 for no tunnel of WireGuard."""
        self._ways.tunnel_read(device, port, now)
        return self._decide(now)

    def resync(self):
        """All is compared with the kernel again."""
        return self.due(LIST, None) if self.steered else []

    def changed(self, action, refused, now):
        """A ChangeRouting was carried out; `refused`: [(Change, key, why)]."""
        self._readings.went_well(ChangeRouting)
        goes_on, actions = self.installation.changed(action, refused, self._numbers.by_table(self.steered), now)
        return actions + self._next(now) if goes_on else actions

    def failed(self, action, reason, now):
        """A reading or a change could not be carried out: it is tried again with the next reading."""
        self.installation.failed(action)
        self._readings.failed(type(action), LIST if isinstance(action, ListRoutes) else READ, now)
        return [Log("warning" if self.steered else "debug", "routing: %s" % reason)]

    def due(self, key, now):
        """One of the timers above is due."""
        if key == READ:
            self._readings.asked(now)
            return [ReadRouting("kernel")]
        if key == LIST:
            self._readings.lists()
            self._ways.forget_ports()
            self._inbound.compare()
            return self._clients.again() + [ReadRouting("kernel"), ListRoutes(routing.PROTOCOL)]
        if key == ECHO:
            actions, news = self._ways.echo_due(self.steered, now)
            return actions + (self._decide(now) if news else [])
        if key in (WATCH, PROBE):
            return self._ways.due(key, self.steered, now)
        if key == PAUSED:
            return self.pause(0, now)
        if key == HOLD:
            return self.names_answered(now)
        return self._decide(now) if key == CHOOSE else self._next(now)

    # -- what stands -----------------------------------------------------------------------------------------------

    @property
    def holds(self):
        """Whether what nothing wants stays for now."""
        return self.installation.writing.holds

    def of(self, name):
        """The Steered of a policy; None if it is not steered by routes."""
        return self._by_name.get(name)

    @property
    def bit(self):
        """The bit of packet marks that connections from an uplink have; 0: none have."""
        return self._inbound.bit

    def way(self, interface):
        """Return the Way through an interface of a policy."""
        return self._ways.by_name[interface]

    def addresses_of(self, hardware):
        """Return the addresses that a MAC address of a policy has, as far as is known."""
        return self._clients.addresses(hardware)

    def settled(self):
        """Whether all that is wanted is written."""
        return self.installation.settled() if self.installation.is_known() else not self.steered

    def standing(self, name):
        """`(state, code, reason)` of a policy's ways and routes; None if it is not steered by routes."""
        steered = self.of(name)
        if steered is None:
            return None
        from .standing import standing  # a router with target route only

        return standing(self, steered)

    def installed(self, name, family):
        """How many of a policy's addresses have a route; without a way those in its table are of others."""
        steered = self.of(name)
        leads = steered.way is not None or steered.steering.action == "bypass"
        return self.installation.count(family, self.table_of(name), steered.policy.wanted(family)) if leads else 0

    def table_of(self, name):
        """The number of the table that a policy's routes are in; None if there is no room for its rules."""
        return self._numbers.table(self.of(name).group)

    # -- what is wanted --------------------------------------------------------------------------------------------

    def _decide(self, now):
        """Looks at the ways, has each policy choose, and writes what that means."""
        if not self.installation.is_known():
            return []
        view = self.installation.view
        local = {family: Local(family, view.main) for family in FAMILIES}
        actions = self._ways.read(view, local, now)
        for steered in self.steered:
            before = steered.way
            decided = steered.decided
            if steered.choose(self._ways.by_name, now):
                actions += steered.news(self._ways.by_name, before, decided)
                self._ways.chosen(now)
            at = steered.return_at(self._ways.by_name)
            if at is not None and at > now:
                self._timers.set(CHOOSE, at)
        self._assign(local)
        actions += self._inbound.decide(self._active(), self._ways.by_name, view, self._config.fwmark_mask)
        return actions + self._next(now)

    def _assign(self, local):
        keys = [ip.key(address) for address in self._ways.endpoints()]
        spared = {family: Networks([key for key in keys if ip.key_family(key) == family]) for family in FAMILIES}
        if self._numbers.leave(self.installation.foreign()):
            self._allot()
        wanted = compose(self._active(), self._ways.by_name, self._numbers, local, spared)
        if not self._numbers.taken_over:
            groups = [steered.group for steered in self.steered]
            tables = selector.tables_of(groups, self.installation.view.rules, self._clients.sources)
            self._numbers.take_over(tables, self.installation.numbers(), self.installation.others(wanted[0]))
            self._allot()
            wanted = compose(self._active(), self._ways.by_name, self._numbers, local, spared)
        self.installation.assign(wanted[0], wanted[1], spared)

    def _see_what_fits(self):
        """Look at which policies have room again; return the actions that tell of it."""
        news, actions = self.fit.decide(self.steered, self._clients.sources)
        if news:
            self._allot()
        return actions

    def _allot(self):
        """Gives each policy its numbers."""
        names, groups = [steered.name for steered in self.steered], self.fit.groups(self.steered)
        ids, tables = self.installation.ids(), self.installation.tables()
        if not self._numbers.taken_over:
            ids, tables = [], []  # they may be what an agent before this one gave the same policies
        self._numbers.allot(names, groups, ids, tables)

    # -- what is written -------------------------------------------------------------------------------------------

    def _next(self, now):
        """The next step, if none is under way; once all is written, the flows that begin anew."""
        step = None if self._ways.await_port() else self.installation.next_step(now)
        if step is not None:
            return [step]
        if self._ways.await_port() or not self.installation.is_written():
            return []
        moved, actions = self.installation.writing.finished(self.steered, now)
        actions += [told for each in self._active() for told in each.leaked(not_blocked(self, each))]
        return actions + ([FlushFlows(moved)] if moved and self._config.flush_conntrack else [])

    def _active(self):
        return [] if self.paused_until is not None else self.steered

    def _steps(self, family, filled):
        """The Steps of a family; filled: the numbers of the tables that hold routes."""
        uplinks = Uplinks(self.installation.view, self._inbound.bit)
        return steps(self._groups(family, filled), uplinks, family, self._clients.sources)

    def _groups(self, family, filled):
        """[(selector, table, [Way])] in the order of the sections; neighbours with one selector are one group."""
        groups = []
        for steered in self._active():
            number = self._numbers.table(steered.group)
            if number not in filled or family not in steered.families():
                continue
            ways = [self._ways.by_name[name] for name in steered.steering.interfaces]
            if groups and groups[-1][1] == number:
                groups[-1][2].extend(ways)
            else:
                groups.append((steered.selector, number, ways))
        return groups
