"""What a set with auto-merge holds, as pbr makes them: nft joins what touches, so that elements have no names.

The set is a number of spans. Somebody else's part of it is told from ours by what was written and what was found, and
what is to be written is both together. Where two want the same address nobody can see it; see `listed` for what then
counts as somebody else's.
"""

from ... import ip
from ...element import Element, by_key
from ..actions import AddElements, RefillSet
from ..ordering import keys_in_order
from .address_ranges import NOTHING, Spans, joined, spans_of
from .plain_elements import Change

SMALLEST = 4  # addresses: the smallest prefix that somebody's addresses are taken for


class Coverage:
    def __init__(self, family):
        self.refused = {}  # nothing is
        self._family = family
        self._covered = NOTHING  # what the set holds
        self._foreign = NOTHING  # what somebody else wants in it: what is surely his, and what lies within that
        self._sure = self._guessed = NOTHING

    def listed(self, listing, ours, now):
        """The kernel's own words; `ours`: keys that are ours where they are found.

        What was not there when it was last read or written, and is not ours, is somebody else's. His prefix may have
        come around an address of ours: that is then his as well, as long as the prefix is there. Taken for ours only,
        a piece of his prefix would go with it one day.
        """
        found = spans_of(by_key(listing.elements), self._family)
        mine = spans_of(ours, self._family).common(found)
        gained = found.minus(self._covered)
        known = self._sure.plus(self._guessed.minus(mine))  # what was ours too and is not any more is his alone
        whole = known.within(found)
        left = known.minus(whole).common(found)  # where a piece of his is missing, what is ours of it is ours alone
        self._sure = whole.plus(left.plus(gained).minus(mine))
        mine = mine.minus(self._sure)
        enclosed = []
        for first, last in _beside(mine, self._sure):
            if _is_enclosed(first, last, found, None if self._guessed.holds(first, last) else gained):
                enclosed.append((first, last))
        self._guessed = joined(enclosed)
        self._foreign = self._sure.plus(self._guessed)
        self._covered = found

    def owner(self, ours):
        """Function that says of a key whether it is one of ours that is in it, and not by somebody else's doing too."""
        own = self._covered.minus(self._foreign)
        return lambda key: key in ours and own.meets(*ip.bounds(key))

    def size(self, now):
        """How many elements it holds."""
        return len(self._covered)

    def held(self, keys):
        """How many of these are in it."""
        return len([key for key in keys if self._covered.holds(*ip.bounds(key))])

    def changes(self, name, dirty, ours, sources, now, reason, sure):
        """The Change that brings the set up to date, as if it succeeds, or None. `ours` gets what is added.

        Not `sure` of all that the set holds now, it only adds: a refill takes away what it does not know.
        """
        keys = set()
        for policy in sources:
            keys.update(policy.wanted(self._family))
        wanted = spans_of(keys, self._family).plus(self._foreign)
        covered = self._covered
        if not sure:
            wanted, keys = wanted.plus(covered), keys | ours
        self._covered = wanted
        missing, surplus = wanted.minus(covered), covered.minus(wanted)
        added = keys_in_order([key for key in dirty if key in keys and missing.meets(*ip.bounds(key))])
        gone = [key for key in dirty if key in ours and key not in keys]
        deleted = keys_in_order([key for key in gone if surplus.meets(*ip.bounds(key))])
        ours.difference_update(gone)
        ours.update(keys)
        if len(surplus):
            # Parts of elements cannot be taken out, by some versions of nft not even in two steps of one transaction.
            action = RefillSet(name, _elements(wanted, self._family), reason)
        elif len(missing):
            action = AddElements(name, _elements(missing, self._family), reason)
        else:
            return None
        return Change(action, added, deleted, [])

    def refresh_at(self):
        """Nothing in it ends by itself."""
        return None

    def refreshed(self):
        """A set that was in its place had timeouts."""


def _beside(mine, others):
    """`(first, last)` of each of our spans that touches one of the others."""
    indices = set()
    for i in range(len(others)):
        for number in (others.firsts[i] - 1, others.lasts[i] + 1):
            if mine.holds(number, number):
                indices.add(mine.index(number))
    return [(mine.firsts[i], mine.lasts[i]) for i in sorted(indices)]


def _is_enclosed(first, last, found, gained):
    """Whether a span of ours lies in somebody's prefix: a block as prefixes are, full, more than a quarter of it new.

    `gained`: None for one that is known to; then it is enough that the block is full still. A single address of
    somebody else's beside ours, or one on each side, is not enough.
    """
    size = SMALLEST
    while True:
        start = first - first % size
        end = start + size - 1
        if not found.holds(start, end):
            return False
        if last <= end and (first, last) != (start, end):
            if gained is None or 4 * gained.common(Spans([start], [end])).count() > size:
                return True
        size *= 2


def _elements(spans, family):
    return [Element(text, None) for text in spans.texts(family)]
