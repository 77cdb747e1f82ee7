"""Spans of addresses of one family, as sorted numbers: what covers what, and what is left of one without the other."""

from ... import ip
from ..ordering import STEP, in_order, index, sort


class Spans:
    """Addresses as spans `first…last`, in order, neither overlapping nor next to each other; numbers of one family."""

    def __init__(self, firsts, lasts):
        self.firsts = firsts
        self.lasts = lasts

    def __len__(self):
        """How many spans."""
        return len(self.firsts)

    def __eq__(self, other):
        return self.firsts == other.firsts and self.lasts == other.lasts

    def add(self, first, last):
        """Add a span that begins at or behind the beginning of the last one."""
        if self.lasts and first <= self.lasts[-1] + 1:
            if last > self.lasts[-1]:
                self.lasts[-1] = last
        else:
            self.firsts.append(first)
            self.lasts.append(last)

    def index(self, number):
        """The index of the last span that begins at or before `number`; -1 for none."""
        return index(self.firsts, number)

    def holds(self, first, last):
        """Whether one span holds all of `first…last`."""
        at = self.index(first)
        return at >= 0 and last <= self.lasts[at]

    def meets(self, first, last):
        """Whether an address of `first…last` is in one of the spans."""
        at = self.index(last)
        return at >= 0 and self.lasts[at] >= first

    def minus(self, other):
        """What is in this one and not in the other."""
        firsts, lasts = [], []
        if not self.firsts:
            return Spans(firsts, lasts)
        others, ends, count = other.firsts, other.lasts, len(other.firsts)
        at = max(0, other.index(self.firsts[0]))  # the other may be a set of 100,000
        for i in range(len(self.firsts)):
            first, last = self.firsts[i], self.lasts[i]
            while at < count and ends[at] < first:
                at += 1
            cut = at
            while cut < count and others[cut] <= last and first <= last:
                if others[cut] > first:
                    firsts.append(first)
                    lasts.append(others[cut] - 1)
                first = ends[cut] + 1
                cut += 1
            if first <= last:
                firsts.append(first)
                lasts.append(last)
        return Spans(firsts, lasts)

    def count(self):
        """How many addresses."""
        return sum([self.lasts[i] - self.firsts[i] + 1 for i in range(len(self.firsts))])


class Cover:
    """The widest of some prefixes and ranges, as the kernel's interval sets see them: none inside another."""

    def __init__(self):
        self._firsts, self._lasts = [], []
        self._nested = False  # whether one was inside another

    def add(self, first, last):
        """Add one, in the order of `(first, last)`."""
        self._nested = self._nested or bool(self._lasts) and first <= self._lasts[-1]
        if not self._lasts or last > self._lasts[-1]:
            if self._firsts and self._firsts[-1] == first:
                self._lasts[-1] = last
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def holds(self, key):
        """Whether one of them, other than `key` itself, holds all of it."""
        first, last = ip.bounds(key)
        at = index(self._firsts, first)
        return at >= 0 and last <= self._lasts[at] and (first, last) != (self._firsts[at], self._lasts[at])

    def outermost(self, keys):
        """Return those of a dict's keys, prefixes of these and single addresses, that none of these holds: a dict."""
        nested = self._nested
        inside = [key for key in keys if (nested or not isinstance(key, tuple)) and self.holds(key)]
        if not inside:
            return keys
        inside = dict.fromkeys(inside)
        return {key: None for key in keys if key not in inside}

    @property
    def count(self):
        """How many there are."""
        return len(self._firsts)

    def around(self, key):
        """Return the key of the one that holds all of `key`, also if it is `key` itself; else `key`."""
        first, last = ip.bounds(key)
        at = index(self._firsts, first)
        if at >= 0 and last <= self._lasts[at]:
            return ip.wide_key(self._firsts[at], self._lasts[at], ip.key_family(key))
        return key


NOTHING = Spans([], [])


def joined(pairs):
    """The Spans of some `(first, last)` in any order, overlapping or not."""
    return in_one(in_order(pairs))


def in_one(ordered):
    """The same of pairs that are in order."""
    made = Spans([], [])
    for first, last in ordered:
        made.add(first, last)
    return made


def join(pairs):
    """As `joined`, a step at a time; the generator's value is the Spans."""
    return (yield from _added((yield from sort(pairs)), Spans([], [])))


def cover(keys, family):
    """Make a Cover of those of some ip.key that are prefixes or ranges of a family; it is the generator's value."""
    pairs = []
    for start in range(0, len(keys), STEP):
        part = keys[start : start + STEP]
        pairs.extend([ip.bounds(key) for key in part if ip.is_wide(key) and ip.key_family(key) == family])
        yield STEP
    return (yield from _added((yield from sort(pairs)), Cover()))


def _added(ordered, made):
    for start in range(0, len(ordered), STEP):
        for first, last in ordered[start : start + STEP]:
            made.add(first, last)
        yield STEP
    return made
