"""All of ours in the kernel's routing: what it is to be, what it is, and the next step from one to the other."""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ... import routing
from ...key_table import KeyTable
from .nexthops import Nexthops
from .plan import FAMILIES, LAST, METRICS
from .rulebook import Rulebook
from .table import Table
from .writing import Writing

# isort: on
from ..actions import ChangeRouting

SLICE = 300  # keys that are looked at in one go: some milliseconds
PAUSE = 0.001  # seconds between two slices, in which others have their turn
WRITE = ("routes", "write")


class Installation:
    """`steps_of`: function of a family and of the numbers of the tables that hold routes; it gives the Steps."""

    def __init__(self, timers, steps_of):
        self.view = None  # the last routing.View
        self.writing = Writing()
        self._timers = timers
        self._steps_of = steps_of
        self._books = {family: Rulebook(family) for family in FAMILIES}
        self._nexthops = Nexthops()
        self._tables = None  # (family, number, metric) -> Table; None: not listed yet
        self._places = {}  # policy's name -> [Table that it is in]
        self._turn = None  # the key of the table that the next slice begins with; None: the first one
        self._looks = 0  # at keys, and steps of a change, since the last pause

    # -- what the kernel has ---------------------------------------------------------------------------------------

    def is_known(self):
        """Whether the kernel was read, and its routes of ours were listed."""
        return self.view is not None and self._tables is not None

    def is_listed(self):
        """Whether its routes of ours were listed."""
        return self._tables is not None

    def ids(self):
        """Return the ids of our nexthops that the kernel has, list."""
        return self._nexthops.ids()

    def foreign(self):
        """Return the ids of the nexthops of other programs, list."""
        return self._nexthops.foreign

    def others(self, nexthops):
        """Return the ids of these Nexthops under which the kernel has others of ours."""
        return self._nexthops.others(nexthops)

    def tables(self):
        """Return the numbers of the tables in which the kernel has routes of ours, set."""
        return set([key[1] for key in self._tables or () if self._tables[key].installed])

    def numbers(self):
        """Return the numbers of both, set."""
        return self.tables().union(self.ids())

    def read(self, view):
        """Take in a routing.View."""
        self.view = view
        for family in FAMILIES:
            self._books[family].read([rule for rule in view.rules if rule.family == family])
        for number in self._nexthops.read(view.nexthops):
            self._lost(number)

    def forget_view(self):
        """The last View is old: nothing is decided until the next one."""
        self.view = None

    def listed(self, tables):
        """Take in every route of ours, {(family, table, metric): KeyTable: key -> via}."""
        if self._tables is None:
            self._tables = {}
        for key in tables:
            if key not in self._tables:
                self._tables[key] = Table(*key)
        for key in self._tables:
            self._tables[key].read(tables.get(key) or KeyTable())

    def deleted(self, event):
        """Others deleted some of ours, RoutingDeleted: return the Changes that put the rules back.

        What else went is among the next steps.
        """
        for nexthop in event.nexthops:
            if self._nexthops.deleted(nexthop):
                self._lost(nexthop.id)
        for family, table, key, via, metric in (event.routes or ()) if self._tables else ():
            if (family, table, metric) in self._tables:
                self._tables[family, table, metric].deleted(key, via)
        found = []
        for family in FAMILIES:
            found += self._books[family].deleted([rule for rule in event.rules if rule.family == family])
        return found

    # -- what it is to have ----------------------------------------------------------------------------------------

    def assign(self, nexthops, members, spared):
        """Want this from now on. nexthops, members: as plan.compose gives them; spared: {family: Networks}."""
        self._nexthops.want(nexthops)
        self._places = {}
        for key in set(self._tables) | set(members):
            if key not in self._tables:
                self._tables[key] = Table(*key)
            found, keys = members.get(key, ([], []))
            self._tables[key].assign(found, keys)
            for member in found:
                self._places.setdefault(member.policy.config.name, []).append(self._tables[key])
            if key[1] == routing.MAIN:
                self._tables[key].spare(spared[key[0]])

    def touch(self, policy, keys, now):
        """A policy, by its name, wants these keys, or does no more."""
        tables = self._places.get(policy, ())
        for table in tables:
            table.touch(keys)
        if tables:
            self._timers.set(WRITE, now)

    # -- the next step ---------------------------------------------------------------------------------------------

    def next_step(self, now):
        """Return a ChangeRouting, or None: nexthops, routes, the rules that lead to them, and then what goes."""
        if self.writing.action is not None or not self.is_known():
            return None
        changes = self._nexthops.additions()
        changes = changes or self._sliced(Table.additions)
        if not changes and not self._is_compared():
            self._timers.set(WRITE, now + PAUSE)
            return None
        changes = changes or self._rules()
        if not changes and not self.writing.holds:
            changes = self._nexthops.deletions()
        changes = changes or self._sliced(self._deletions_of)
        if changes:
            return self.writing.begin(ChangeRouting(changes, "routes of policies"))
        self._looks = 0
        return None

    def release(self):
        """Every name was answered: what was there before, and nothing wants by now, may go."""
        self.writing.release()
        for key in self._tables or ():
            self._tables[key].release()

    def is_written(self):
        """Whether the last step is done, and what remains only waits for names to be answered."""
        return self.writing.action is None and self.is_known() and self._is_compared()

    def changed(self, action, refused, policies_in, now):
        """A ChangeRouting was carried out. refused: [(Change, key, why)]; policies_in: {number of a table: [Steered]}.

        Return `(whether the next step follows at once, actions)`.
        """
        for change in action.changes:
            failed = {key: why for bad, key, why in refused if bad is change}
            if isinstance(change.value, routing.Routes):
                self._routes_changed(change, failed, policies_in.get(change.value.table, ()))
            elif isinstance(change.value, routing.Rule):
                self._books[change.value.family].changed(change, failed.get(None))
            elif self._nexthops.changed(change, failed.get(None)):
                self.writing.moved += self._keys_of(change.value)
            elif change.verb == routing.DELETE:
                self._lost(change.value.id)
            elif not failed:
                for table in self._tables.values():
                    table.came(change.value.id)
        self.writing.fails = False
        actions = self.writing.complain(action.changes, refused)
        self.writing.ended(action)
        self._looks += len(action.changes)
        if self._looks >= SLICE // 2:
            self._looks = 0
            self._timers.set(WRITE, now + PAUSE)
            return False, actions
        return True, actions

    def failed(self, action):
        """A reading, or a ChangeRouting, was not carried out or only in part: what it was about is compared again."""
        self.writing.ended(action)
        if not isinstance(action, ChangeRouting):
            return
        self.writing.fails = True
        for change in action.changes:
            table = self._table_of(change.value) if isinstance(change.value, routing.Routes) else None
            if table is not None:
                table.touch(change.value.keys)

    # -- how far it is ---------------------------------------------------------------------------------------------

    def settled(self):
        """Whether all that is wanted is written."""
        return self.writing.action is None and all(table.settled() for table in self._tables.values())

    def trouble_of(self, steered):
        """Return why what is written for a Steered is not as it is to be; None if it is."""
        tables = self._places.get(steered.name, ())
        if self._refuses(tables, steered.policy):
            return "the kernel refuses some of its routes"
        settled = self.writing.action is None and all(table.settled() for table in tables)
        return None if settled else "being brought up to date"

    def blocks(self, steered):
        """Return the Tables with what is to block the packets of a Steered now, list: empty while it leads them."""
        tables = self._places.get(steered.name, ())
        blocks = [table for table in tables if table.metric == LAST] if steered.blocks else []
        leads = steered.way is not None and len(blocks) < len(tables)
        return [] if leads else blocks

    def leaks(self, steered):
        """Whether the kernel refuses some of what is to block the packets of a Steered now, or carries out nothing."""
        blocks = self.blocks(steered)
        fails = self.writing.fails and not all(table.is_compared() for table in blocks)
        return fails or self._refuses(blocks, steered.policy)

    def count(self, family, number, keys):
        """Return how many keys of a KeyTable have a route in a table."""
        table = (self._tables or {}).get((family, number, METRICS[family]))
        return 0 if table is None else table.count(keys)

    def _refuses(self, tables, policy):
        """Whether the kernel refuses a route of a policy in some Tables, or rules that lead there.

        Nothing leaves by a family without routes of others, as where IPv6 is off and its routes are refused.
        """
        for table in tables:
            if any(route.family == table.family for route in self.view.main):
                if table.number != routing.MAIN and self._books[table.family].refused:
                    return True
                if any(policy.wants(key) or table.leaves_alone(key) for key in table.refused):
                    return True
        return False

    def _is_compared(self):
        return all(table.is_compared() for table in self._tables.values())

    def _sliced(self, changes_of):
        """Changes of one table after the other, in one go; the next slice begins with the table that is next.

        changes_of: Table.additions or `_deletions_of`.
        """
        found, left, keys = [], SLICE, sorted(self._tables)
        at = keys.index(self._turn) if self._turn in keys else 0
        for key in keys[at:] + keys[:at]:
            if left <= 0:
                self._turn = key
                break
            changes, left = changes_of(self._tables[key], left)
            found += changes
        else:
            self._turn = None
        self._looks += SLICE - left
        return found

    def _deletions_of(self, table, limit):
        return table.deletions(limit, self._nexthops.alike if self.writing.holds else None)

    def _rules(self):
        changes = []
        for family in FAMILIES:
            filled = set([key[1] for key in self._tables if key[0] == family and self._tables[key].installed])
            self._books[family].want(self._steps_of(family, filled))
            changes += self._books[family].changes()
        return changes

    def _table_of(self, routes):
        """Return the Table that some Routes are in; None if nothing is known of it."""
        return self._tables.get((routes.family, routes.table, routes.metric))

    def _routes_changed(self, change, failed, policies):
        routes = change.value
        table = self._table_of(routes)
        if table is not None:
            table.changed(change, failed)
        if routes.metric != LAST:
            keys = [key for key in routes.keys if key not in failed] if failed else routes.keys
            if routes.via == routing.THROW and table is not None:
                keys = [key for key in keys if not table.leaves_alone(key)]
            self.writing.wrote(change.verb, keys, policies)

    def _keys_of(self, nexthop):
        found = []
        for key in self._tables or ():
            found += self._tables[key].through(nexthop.id)  # no other family has this number
        return found

    def _lost(self, number):
        """A nexthop went with its routes: what ran through it decides anew, or it would keep its old source."""
        for key in self._tables or ():
            self.writing.moved += self._tables[key].lost(number)
