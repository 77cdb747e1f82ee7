"""The numbers of our tables and nexthops: allotted once per selector and per policy, and kept while they are used.

What the kernel has under a number leads packets until it is written anew, a step after the other. So a number that is
in the kernel goes to no other use, and an agent that starts takes over those that were its own before.
"""

LAST = 2023  # of tables: there are always more than policies for which there are rules. Those up to 1023 come first,
# because busybox's `ip` shows no others.
FIRST = 10  # of an option table's numbers, one is nearly always in use: the smallest ones are allotted first
PLACES = 65535  # that policies may have: a nexthop's id may be any number of 32 bits
BLOCK_PLACES = [0] + list(range(PLACES + 1, PLACES + 10))  # of the nexthops that drop: the first that is free


class Numbers:
    """`base`: option table. Nexthop ids and tables are two worlds: both begin there."""

    def __init__(self, base):
        self.base = base
        self._tables = {}  # selector -> number
        self._places = {}  # policy's name -> place
        self._block = 0  # the place of the nexthops that drop
        self._others = set()  # places where other programs have nexthops
        self.taken_over = False  # whether the numbers of an agent before this one are known

    def block(self, family):
        """The id of the nexthop that drops."""
        return self.base + 2 * self._block + (family == 6)

    def nexthop(self, policy, family):
        """The id of a policy's nexthop for one family: even ones for IPv4, counted from the base."""
        return self.base + 2 * self._places[policy] + (family == 6)

    def table(self, selector):
        """The number of a selector's table; None if it was given none."""
        return self._tables.get(selector)

    def by_table(self, policies):
        """{number of a table: those of a list of Steered whose routes are in it}."""
        found = {}
        for steered in policies:
            found.setdefault(self.table(steered.group), []).append(steered)
        return found

    def allot(self, policies, selectors, nexthops, tables):
        """Give numbers to these and to no others; who has one keeps it.

        nexthops: ids that the kernel has; tables: numbers of those in which it has routes of ours.
        """
        places = set([(number - self.base) // 2 for number in nexthops]).union(self._others)
        self._places = _kept(self._places, policies, 1, PLACES, places)
        self._tables = _kept(self._tables, selectors, self.base, LAST, tables)

    def leave(self, ids):
        """Leave these ids to the nexthops of other programs. Return whether numbers are to be allotted."""
        others = set([(number - self.base) // 2 for number in ids])
        if others == self._others:
            return False
        self._others = others
        self._places = {name: self._places[name] for name in self._places if self._places[name] not in others}
        self._block = ([place for place in BLOCK_PLACES if place not in others] + BLOCK_PLACES[:1])[0]
        return True

    def take_over(self, tables, used, ids):
        """An agent before this one had these tables, {selector: number}; nexthops with these ids lead elsewhere.

        used: the numbers of all tables and nexthops of ours that the kernel has. If none is among the first, the option
        table was another: the user wants all of it elsewhere.
        """
        self.taken_over = True
        self._tables = tables if any([self.base <= number < self.base + FIRST for number in used]) else {}
        others = [(number - self.base) // 2 for number in ids]
        self._places = {name: self._places[name] for name in self._places if self._places[name] not in others}


def _kept(known, wanted, first, last, taken):
    numbers = {each: known[each] for each in wanted if each in known}
    used = set(numbers.values())
    if len(used) + len(taken) + len(wanted) <= last - first:  # else rather one that leads astray for a moment than none
        used.update(taken)
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
