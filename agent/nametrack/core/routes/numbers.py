"""The numbers of our tables and nexthops: allotted once per selector and per policy, and kept while they are used."""

LAST = 1023  # the largest table that busybox's `ip` knows, which puts back what is blocked at boot


class Numbers:
    """`base`: option table. Nexthop ids and tables are two worlds: both begin there."""

    def __init__(self, base):
        self.base = base
        self._tables = {}  # selector -> number
        self._places = {}  # policy's name -> place

    def block(self, family):
        """The id of the nexthop that drops."""
        return self.base + (family == 6)

    def nexthop(self, policy, family):
        """The id of a policy's nexthop for one family: even ones for IPv4, counted from the base."""
        return self.base + 2 * self._places[policy] + (family == 6)

    def nexthops(self):
        """The ids of all nexthops, set: those that drop, and two for each policy."""
        return set(range(self.base, self.base + 2 + 2 * max([0] + list(self._places.values()))))

    def table(self, selector):
        """The number of a selector's table; None if there are more selectors than tables."""
        return self._tables.get(selector)

    def allot(self, policies, selectors):
        """Gives numbers to these and to no others; who has one keeps it."""
        self._places = _kept(self._places, policies, 1, len(policies) + 1)
        self._tables = _kept(self._tables, selectors, self.base, LAST)


def _kept(known, wanted, first, last):
    numbers = {each: known[each] for each in wanted if each in known}
    used = set(numbers.values())
    number = first
    for each in wanted:
        if each in numbers:
            continue
        while number in used:
            number += 1
        if number > last:
            break
        numbers[each] = number
        used.add(number)
    return numbers
