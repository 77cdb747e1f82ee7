"""Spans of addresses of one family, as sorted numbers: what covers what, and what is left of one without the other."""

from ..ordering import in_order, index


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
        firsts, lasts, at = [], [], 0
        others, ends, count = other.firsts, other.lasts, len(other.firsts)
        if self.firsts:
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

    def common(self, other):
        """What is in both."""
        return self.minus(self.minus(other))

    def count(self):
        """How many addresses."""
        return sum([self.lasts[i] - self.firsts[i] + 1 for i in range(len(self.firsts))])


NOTHING = Spans([], [])


def joined(pairs):
    """The Spans of some `(first, last)` in any order, overlapping or not."""
    firsts, lasts = [], []
    for first, last in in_order(pairs):
        if lasts and first <= lasts[-1] + 1:
            if last > lasts[-1]:
                lasts[-1] = last
        else:
            firsts.append(first)
            lasts.append(last)
    return Spans(firsts, lasts)
