"""The routes of one table, family and metric: wanted against installed, in slices.

Nothing but differences is written, additions before deletions, prefixes before addresses. What is wanted is not kept
here but asked of the policies, key by key: a list of 65,536 addresses is in memory often enough.
"""

from collections import namedtuple

from ... import ip, routing
from ...key_table import KeyTable
from .earlier import Earlier
from .networks import NOWHERE, Networks

# One policy in a table. policy: has wants(key) and wanted(family); via: what its routes lead to, None: it has none;
# wide: list of the keys of the prefixes among what it wants, prefixes: Networks of them; local: Networks that it leaves
# alone
Member = namedtuple("Member", ("policy", "via", "wide", "prefixes", "local"))


class Table:
    def __init__(self, family, number, metric):
        self.family = family
        self.number = number
        self.metric = metric
        self.installed = KeyTable()  # key -> via
        self.refused = {}  # key -> why the kernel did not take its route, or kept it
        self._members = []
        self._spared = NOWHERE  # what no route may hold a part of
        self._local = []  # keys of networks that a member leaves alone although they are in a prefix of its own
        self._queue = []  # keys that are to be compared, the last first
        # [(list of keys, via, count)]: the first so many are to be compared too, unless their routes lead to it
        self._unread = []
        self._doomed = []  # keys whose routes go once all others are written
        self._earlier = Earlier()

    def assign(self, members, local):
        """Which policies are in it, in their order, and the keys of local networks; all is compared if that is news."""
        if members == self._members and local == self._local:
            return
        self._members, self._local = members, local
        self.compare()

    def spare(self, networks):
        """No route is to hold any of these, as the endpoints of tunnels."""
        if networks != self._spared:
            self._spared = networks
            self.compare()

    def leaves_alone(self, key):
        """Whether this is a local network, whose packets go where they went before."""
        return key in self._local

    def compare(self):
        """All of it is to be compared, prefixes first; what is long is only copied here."""
        installed = list(self.installed)
        self._unread = [(installed, None, len(installed))] if installed else []
        for member in self._members:
            keys = list(member.policy.wanted(self.family))
            self._unread += [(keys, member.via, len(keys))] if keys else []
        self._queue, self._doomed, self.refused = list(self._local), [], {}
        for member in self._members:
            self._queue += member.wide

    def touch(self, keys):
        """A policy wants these, or does no more."""
        self._queue += [key for key in keys if ip.key_family(key) == self.family]

    def read(self, routes):
        """What the kernel has, a KeyTable: key -> via."""
        if self.refused or not routes.equals(self.installed):
            self.installed = routes
            self.compare()

    def lost(self, via):
        """A nexthop went, and took its routes along without a word; the keys of those.

        What the kernel refuses it may refuse for that: it is asked for again.
        """
        gone = self.through(via)
        if len(gone) == len(self.installed):
            self.installed = KeyTable()
        else:
            for key in gone:
                self.installed.pop(key)
        self._queue += gone + list(self.refused)
        self.refused = {}
        return gone

    def came(self, via):
        """The kernel took a nexthop: what it refused because there was none, it may take now."""
        for key in [key for key in self.refused if self.via(key) == via]:
            self.refused.pop(key)
            self._queue.append(key)

    def deleted(self, key, via):
        """Others deleted the route to a destination that led to this."""
        if self.installed.get(key) == via:
            self.installed.pop(key)
            self._queue.append(key)

    def through(self, via):
        """The keys of the routes that lead to this."""
        found = []
        for number in self.installed.numbers():
            part = self.installed.part(number)
            found += [key for key in part if part[key] == via]
        return found

    def count(self, keys):
        """How many keys of a KeyTable have a route."""
        total = 0
        for number in keys.numbers():
            part = self.installed.part(number)
            total += len([key for key in keys.part(number) if key in part])
        return total

    def is_compared(self):
        """Whether there is nothing to add any more."""
        return not self._queue and not self._unread

    def settled(self):
        """Whether everything is written."""
        return self.is_compared() and not self._doomed

    def additions(self, limit):
        """Changes that add and replace routes, after looks at so many keys, and how many are left of those.

        A look asks one policy after the other, so that of many policies it counts for more than one. In the main table
        nothing is replaced, for it may be of others: there the old route is deleted first.
        """
        found, gone, left, seen = {}, {}, limit, set()
        while left > 0 and not self.is_compared():
            if not self._queue:
                left -= 1 + self._take_in(left) // 4
                continue
            left -= 1 + len(self._members) // 4
            key = self._queue.pop()
            via, has = self.via(key), self.installed.get(key)
            if via is not None:
                self._earlier.wanted(key)
            if via == has or key in seen:
                continue
            seen.add(key)
            if via is None:
                self._doomed.append(key)
                continue
            found.setdefault(via, []).append(key)
            if has is not None and self.number == routing.MAIN:
                gone.setdefault(has, []).append(key)
        return self._changes(routing.DELETE, gone) + self._changes(routing.ADD, found), left

    def deletions(self, limit, alike):
        """Changes that delete routes, after looks at so many keys, likewise; none before all is compared.

        alike: None, or a function that says whether what a route leads to leads where a Member does: then what was
        there before stays if it does, and no policy wanted it since.
        """
        if self._queue:
            return [], limit
        found, doomed = {}, self._doomed[:limit]
        self._doomed = self._doomed[limit:]
        for key in doomed:
            via = self.installed.get(key)
            if via is not None and self.via(key) is None and not (alike and self._stays(key, via, alike)):
                found.setdefault(via, []).append(key)
        if not self._doomed:
            self._earlier.compared()
        return self._changes(routing.DELETE, found), limit - len(doomed)

    def release(self):
        """What was there before stays no longer."""
        self._doomed += self._earlier.release()

    def changed(self, change, refused):
        """A change of its routes was carried out; `refused`: {key: why}."""
        if change.verb == routing.DELETE:
            for key in change.value.keys:
                if key not in refused:
                    self.installed.pop(key)
            self.refused.update(refused)
            return
        via = change.value.via
        for key in change.value.keys:
            if key in refused:
                self.refused[key] = refused[key]
            else:
                self.installed[key] = via
                self.refused.pop(key, None)

    def via(self, key):
        """What the route to a destination is to lead to; None: there is to be none."""
        first, last = ip.bounds(key)
        if self._spared.meets(first, last):
            return None
        for member in self._members:
            if member.policy.wants(key):
                return self._except_local(member, first, last, member.via)
            if member.wide and member.prefixes.holds(first, last):
                # the prefix of an earlier policy decides, so a longer one of a later policy must not be there
                return self._except_local(member, first, last, None)
        return None

    def is_for(self, policy, key):
        """Whether of the policies here this one decides about a destination, and leaves it to no other route."""
        first, last = ip.bounds(key)
        for member in self._members:
            if member.policy.wants(key) or member.prefixes.holds(first, last):
                free = self._spared.meets(first, last) or member.local.holds(first, last)
                return member.policy is policy and not free
        return False

    def _stays(self, key, via, alike):
        """Whether a route that is not to be there stays until all names are answered: no policy decided about it."""
        first, last = ip.bounds(key)
        if self._spared.meets(first, last):
            return False
        for member in self._members:
            if member.policy.wants(key) or member.prefixes.holds(first, last) or member.local.holds(first, last):
                return False
        leads = any(member.via is not None and alike(via, member.via) for member in self._members)
        return self._earlier.stays(key, leads)

    def _except_local(self, member, first, last, via):
        if not member.local.holds(first, last):
            return via
        if self.number == routing.MAIN or not any(m.prefixes.holds(first, last) for m in self._members):
            return None
        return routing.THROW

    def _take_in(self, limit):
        """Take in the next keys that are to be compared, at most so many; return how many were looked at."""
        keys, via, end = self._unread[-1]
        start = max(0, end - limit)
        part = keys[start:end]
        self._queue = part if via is None else [key for key in part if self.installed.get(key) != via]
        if start:
            self._unread[-1] = (keys, via, start)
        else:
            self._unread.pop()
        return len(part)

    def _changes(self, verb, by_via):
        found = []
        for via in sorted(by_via):
            found.append(routing.Change(verb, routing.Routes(self.family, self.number, via, self.metric, by_via[via])))
        return found


def member(policy, via, family, local):
    """The Member that a policy is in a table of this family."""
    wide = policy.wide(family)
    return Member(policy, via, wide, Networks(wide) if wide else NOWHERE, local)
