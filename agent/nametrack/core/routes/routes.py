"""The door of this room: facts about the kernel and the policies in, ChangeRouting out."""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ... import ip, routing
from . import selector
from .local import Local
from .networks import Networks
from .nexthops import Nexthops
from .numbers import Numbers
from .plan import FAMILIES, LAST, METRICS, compose
from .rulebook import Rulebook
from .steered import Steered
from .steps import Uplinks, steps
from .table import Table
from .ways import PROBE, WATCH, Ways
from .writing import Writing, complaint

# isort: on
from ..actions import ChangeRouting, FlushFlows, ListRoutes, Log, Notify, ReadRouting
from ..wording import duration

SLICE = 500  # routes in one go: some milliseconds
PAUSE = 0.001  # seconds between two slices, in which others have their turn
SETTLE = 0.2  # seconds at least between two readings
RESYNC = 60  # seconds after which all is compared again: nobody tells when others flush a table
LONG = 2000  # routes, of which that would be too much: ten times as rare
PATIENCE = 3600  # seconds after the start in which names that are not answered keep what is there
READ, WRITE, LIST = ("routes", "read"), ("routes", "write"), ("routes", "list")
CHOOSE, HOLD, PAUSED = ("routes", "choose"), ("routes", "hold"), ("routes", "paused")


class Routes:
    def __init__(self, timers, interfaces, peers):
        self.steered = []  # Steered, in the order of their sections
        self.kernel = None  # the last routing.View
        self.paused_until = None  # monotonic seconds; None: not paused
        self._timers = timers
        self._interfaces = interfaces
        self._peers = peers
        self._ways = Ways(timers, interfaces, peers)
        self._config = None
        self._numbers = None
        self._books = {family: Rulebook(family) for family in FAMILIES}
        self._nexthops = Nexthops()
        self._tables = None  # (family, number, metric) -> Table; None: not listed yet
        self._writing = Writing()

    # -- what happened ---------------------------------------------------------------------------------------------

    def configure(self, policies, config, now):
        """Steers exactly these policies, a list in the order of their sections; all others of before end."""
        known, self._config = {steered.name: steered for steered in self.steered}, config
        self.steered = [Steered(policy, known.get(policy.config.name)) for policy in policies]
        for steered, group in zip(self.steered, selector.groups_of([steered.selector for steered in self.steered])):
            steered.group = group
        self._ways.configure(self.steered, config)
        if self._numbers is None or self._numbers.base != config.table:
            self._numbers = Numbers(config.table)
        self._numbers.allot([steered.name for steered in self.steered], [steered.group for steered in self.steered])
        if self._tables is None:
            self._timers.set(HOLD, now + PATIENCE)
            return [ReadRouting("kernel"), ListRoutes(routing.PROTOCOL)]
        return [ReadRouting("kernel")] if self.steered or known else []

    def read(self, view, now):
        """The kernel's links, rules and nexthops."""
        self.kernel = view
        for family in FAMILIES:
            self._books[family].read([rule for rule in view.rules if rule.family == family])
        for number in self._nexthops.read(view.nexthops):
            self._lost(number)
        return self._decide(now)

    def listed(self, tables, now):
        """Every route of ours that the kernel has, {(family, table, metric): {key: via}}."""
        if self._tables is None:
            self._tables = {}
        for key in tables:
            if key not in self._tables:
                self._tables[key] = Table(*key)
        for key in self._tables:
            self._tables[key].read(tables.get(key, {}))
        count = sum([len(tables[key]) for key in tables])
        if self.steered:
            self._timers.set(LIST, now + RESYNC * (1 if count <= LONG else 10))
        return self._decide(now)

    def rules_deleted(self, rules, now):
        """Others deleted rules of ours: they are back at once, without a look at anything else."""
        found = []
        for family in FAMILIES:
            found += self._books[family].deleted([rule for rule in rules if rule.family == family])
        return [ChangeRouting(found, "rules that were deleted")] if found else []

    def touched(self, now):
        """Links, addresses, rules or nexthops are others than before."""
        if self.steered:
            self._timers.set(READ, max(now, self._writing.read_at + SETTLE))
        return []

    def touch(self, policy, keys, now):
        """A policy wants these keys, or does no more."""
        if self._tables is not None and self.of(policy.config.name) is not None:
            for key in self._tables:
                self._tables[key].touch(keys)
            self._timers.set(WRITE, now)

    def names_answered(self, now):
        """Every name was answered since the start: what nothing wants by now may go."""
        if not self._writing.holds:
            return []
        self._writing.holds = False
        return self._next(now)

    def pause(self, seconds, now):
        """No policy steers or blocks anything for so long; 0: they do again."""
        was, self.paused_until = self.paused_until, now + seconds if seconds else None
        if seconds:
            self._timers.set(PAUSED, self.paused_until)
        else:
            self._timers.cancel(PAUSED)
        told = []
        if seconds or was is not None:
            for steered in self.steered:
                text = "paused for %s" % duration(seconds) if seconds else "steers again"
                values = {"policy": steered.name, "old": None, "new": None, "reason": text}
                values["old" if seconds else "new"] = steered.way
                told.append(Notify("way", steered.policy.label, text, values))
        return told + self._decide(now)

    def peers_read(self, event, now):
        """The peers of an interface, PeersRead: its tunnel may live otherwise now, and endpoints may be others."""
        return self._decide(now) if self.steered and self._ways.peers_read(event, now) else []

    def tunnel_read(self, device, port, now):
        """Which port a tunnel sends from, 0 for no tunnel of WireGuard."""
        self._ways.tunnel_read(device, port, now)
        return self._decide(now)

    def resync(self):
        """All is compared with the kernel again."""
        return self.due(LIST, 0) if self.steered else []

    def changed(self, action, refused, now):
        """A ChangeRouting was carried out; `refused`: [(Change, key, why)]."""
        count = 0
        for change in action.changes:
            failed = {key: why for bad, key, why in refused if bad is change}
            if isinstance(change.value, routing.Routes):
                count += len(change.value.keys)
                self._routes_changed(change, failed)
            elif isinstance(change.value, routing.Rule):
                self._books[change.value.family].changed(change, failed.get(None))
            elif self._nexthops.changed(change, failed.get(None)):
                self._writing.moved += self._keys_of(change.value)
            elif change.verb == routing.DELETE:
                self._lost(change.value.id)
        actions = [Log("warning", complaint(*each)) for each in refused[:3]]
        self._writing.ended(action)
        if count >= SLICE // 2:
            self._timers.set(WRITE, now + PAUSE)
            return actions
        return actions + self._next(now)

    def failed(self, action, reason, now):
        """A reading or a change could not be carried out: it is tried again with the next reading."""
        self._writing.ended(action)
        if isinstance(action, ListRoutes):
            self._timers.set(LIST, now + RESYNC)
        else:
            self._timers.set(READ, now + RESYNC)
        return [Log("warning" if self.steered else "debug", "routing: %s" % reason)]

    def due(self, key, now):
        """One of the timers above is due."""
        if key == READ:
            self._writing.read_at = now
            return [ReadRouting("kernel")]
        if key == LIST:
            self._ways.forget_ports()
            return [ReadRouting("kernel"), ListRoutes(routing.PROTOCOL)]
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
        return self._writing.holds

    def of(self, name):
        """The Steered of a policy; None where it is not steered by routes."""
        for steered in self.steered:
            if steered.name == name:
                return steered
        return None

    def device(self, interface):
        """Return the name of the link that the way through an interface uses."""
        return self._ways.by_name[interface].device

    def settled(self):
        """Whether all that is wanted is written."""
        if self._tables is None or self.kernel is None:
            return not self.steered
        return self._writing.action is None and all(table.settled() for table in self._tables.values())

    def standing(self, name):
        """`(state, reason)` of a policy's ways and routes; None where it is not steered by routes."""
        steered = self.of(name)
        if steered is None:
            return None
        if self.paused_until is not None:
            return "disabled", "paused: traffic takes the normal way until `nametrack resume`, or the pause is over"
        if self._tables is None or self.kernel is None:
            return "partial", "the kernel's routes were not read yet"
        if self.table_of(name) is None:
            return "partial", "no routing table is left for it"
        state, reason = steered.standing(self._ways.by_name)
        if state == "blocked" or steered.way is None:
            return state, reason
        tables = [self._tables[key] for key in self._tables if key[1] == self.table_of(name)]
        if any(table.refused for table in tables) or any(book.refused for book in self._books.values()):
            return "partial", "the kernel refuses some of its routes"
        return (state, reason) if all(table.settled() for table in tables) else ("partial", "being brought up to date")

    def installed(self, name, family):
        """How many of a policy's addresses have a route."""
        table = (self._tables or {}).get((family, self.table_of(name), METRICS[family]))
        wanted = self.of(name).policy.wanted(family)
        return 0 if table is None else len([key for key in wanted if key in table.installed])

    def table_of(self, name):
        """The number of the table that a policy's routes are in; None where there is none left."""
        return self._numbers.table(self.of(name).group)

    # -- what is wanted --------------------------------------------------------------------------------------------

    def _decide(self, now):
        """Looks at the ways, has each policy choose, and writes what that means."""
        if self.kernel is None or self._tables is None:
            return []
        local = {family: Local(family, self.kernel.main) for family in FAMILIES}
        actions = self._ways.read(self.kernel, local, now)
        for steered in self.steered:
            before = steered.way
            decided = steered.decided
            if steered.choose(self._ways.by_name, now):
                actions += self._said(steered, before, decided)
            at = steered.return_at(self._ways.by_name)
            if at is not None and at > now:
                self._timers.set(CHOOSE, at)
        self._assign(local)
        return actions + self._next(now)

    def _said(self, steered, before, decided):
        state, reason = steered.standing(self._ways.by_name)
        if state == "current" and not decided:
            return []
        label = steered.policy.label
        values = {"policy": steered.name, "old": before, "new": steered.way, "reason": reason}
        return [Notify("way", label, reason, values)]

    def _assign(self, local):
        keys = [ip.key(address) for address in self._peers.endpoints()]
        spared = {family: Networks([key for key in keys if ip.key_family(key) == family]) for family in FAMILIES}
        nexthops, members = compose(self._active(), self._ways.by_name, self._numbers, local, spared)
        self._nexthops.want(nexthops)
        for key in set(self._tables) | set(members):
            if key not in self._tables:
                self._tables[key] = Table(*key)
            found, keys = members.get(key, ([], []))
            self._tables[key].assign(found, keys)
            if key[1] == routing.MAIN:
                self._tables[key].spare(spared[key[0]])

    # -- what is written -------------------------------------------------------------------------------------------

    def _next(self, now):
        """The next step, if none is under way: nexthops, routes, the rules that lead to them, then what goes."""
        if self._writing.action is not None or self.kernel is None or self._tables is None:
            return []
        changes = self._nexthops.additions()
        changes = changes or self._sliced(lambda table: table.additions(SLICE))
        if not changes and not all(table.is_compared() for table in self._tables.values()):
            self._timers.set(WRITE, now + PAUSE)
            return []
        changes = changes or self._rules()
        if not changes and not self._writing.holds:
            changes = self._nexthops.deletions()
        if not changes and not self._writing.holds:
            changes = self._sliced(lambda table: table.deletions(SLICE))
        if changes:
            return [self._writing.begin(ChangeRouting(changes, "routes of policies"))]
        return self._written(now)

    def _active(self):
        return [] if self.paused_until is not None else self.steered

    def _sliced(self, changes_of):
        for key in sorted(self._tables):
            changes = changes_of(self._tables[key])
            if changes:
                return changes
        return []

    def _rules(self):
        uplinks = Uplinks(self.kernel)
        changes = []
        for family in FAMILIES:
            filled = set([key[1] for key in self._tables if key[0] == family and self._tables[key].installed])
            groups = self._groups(family, filled)
            self._books[family].want(steps(groups, uplinks, family, self._sources))
            changes += self._books[family].changes()
        return changes

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

    def _sources(self, client, family):
        """[(field of a Match, value)] of a Client in this family."""
        if client.kind == "interface":
            return [("iif", self._interfaces.device(client.value) or client.value)]
        if client.kind == "prefix" and ip.family(client.value) == family:
            return [("source", client.value)]
        return []

    def _written(self, now):
        """All is written: what is said of it, and the flows that begin anew."""
        moved, actions = self._writing.finished(self.steered, now)
        return actions + ([FlushFlows(moved)] if moved and self._config.flush_conntrack else [])

    def _routes_changed(self, change, failed):
        routes = change.value
        table = self._tables.get((routes.family, routes.table, routes.metric))
        if table is not None:
            table.changed(change, failed)
        if routes.metric != LAST:
            keys = [key for key in routes.keys if key not in failed] if failed else routes.keys
            here = [s for s in self.steered if self._numbers.table(s.group) == routes.table]
            self._writing.wrote(change.verb, keys, here)

    def _keys_of(self, nexthop):
        found = []
        for key in self._tables or ():
            if key[0] == nexthop.family:
                installed = self._tables[key].installed
                found += [each for each in installed if installed[each] == nexthop.id]
        return found

    def _lost(self, number):
        """A nexthop went with its routes: what ran through it decides anew, or it would keep its old source."""
        for key in self._tables or ():
            self._writing.moved += self._tables[key].lost(number)
