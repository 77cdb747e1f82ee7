"""Our nexthops: one per policy and family, and those that drop; wanted against installed."""

from ... import routing


class Nexthops:
    def __init__(self):
        self.foreign = []  # ids of those of other programs
        self.refused = {}  # id -> the Nexthop that the kernel did not take
        self._wanted = {}  # id -> Nexthop
        self._installed = {}

    def want(self, nexthops):
        """These from now on."""
        self._wanted = {nexthop.id: nexthop for nexthop in nexthops}

    def read(self, nexthops):
        """What the kernel has; the ids of those that went since the last reading, with all routes that used them."""
        before = self._installed
        self.refused = {}
        self.foreign = [n.id for n in nexthops if n.protocol != routing.PROTOCOL]
        self._installed = {n.id: n for n in nexthops if n.protocol == routing.PROTOCOL}
        return [number for number in before if number not in self._installed]

    def deleted(self, nexthop):
        """Others deleted one; return whether it was there, with all routes that used it."""
        if self._installed.get(nexthop.id) != nexthop:
            return False
        self._installed.pop(nexthop.id)
        return True

    def additions(self):
        """Changes that add or replace; one of the other family cannot be replaced."""
        found = []
        for number in sorted(self._wanted):
            wanted, has = self._wanted[number], self._installed.get(number)
            if wanted in (has, self.refused.get(number)):
                continue
            if has is not None and has.family != wanted.family:
                found.append(routing.Change(routing.DELETE, has))
            found.append(routing.Change(routing.ADD, wanted))
        return found

    def ids(self):
        """The ids of those that the kernel has, list."""
        return list(self._installed)

    def others(self, nexthops):
        """The ids of these under which the kernel has others."""
        return [n.id for n in nexthops if self._installed.get(n.id, n) != n]

    def alike(self, number, wanted):
        """Whether a nexthop leaves by the device of one that is wanted, or is that, both by their ids."""
        has, other = self._installed.get(number), self._wanted.get(wanted)
        return number == wanted or (has is not None and other is not None and has.device == other.device)

    def deletions(self):
        gone = [number for number in sorted(self._installed) if number not in self._wanted]
        return [routing.Change(routing.DELETE, self._installed[number]) for number in gone]

    def changed(self, change, refused):
        """A change was carried out, or refused, a text why; True if it replaced one that stood for another way."""
        number = change.value.id
        if change.verb == routing.DELETE:
            self._installed.pop(number, None)
            return False
        if refused is not None:
            self.refused[number] = change.value
            return False
        before, self._installed[number] = self._installed.get(number), change.value
        return before is not None and before != change.value
