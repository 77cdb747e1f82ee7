"""What nft joins in a set with auto-merge: elements that hold ours, and others' besides, in one range.

Keys are those of ip.key; the set's own elements, and what other programs have in it, are handed in.
"""

from collections import namedtuple

from ... import ip
from ..ordering import in_order, index, keys_in_order
from .address_ranges import joined

SMALLEST = 4  # addresses: the smallest prefix that other programs' addresses are taken for

# How a set is changed. deleted: keys of elements that go; put: of ours that come; others: of elements that come without
# our comment, because they are in part of other programs; joined: those among put and others that hold ours in part
Arrangement = namedtuple("Arrangement", ("deleted", "put", "others", "joined"))


class JoinedElements:
    def __init__(self, family):
        self._family = family
        self._keys = {}  # keys of the elements that hold ours but are none of ours by themselves
        self._firsts, self._lasts = [], []  # their addresses, in order
        self._starts, self._ends = {}, {}  # first and last address of each prefix and range of the set -> its key

    def __len__(self):
        """How many there are."""
        return len(self._keys)

    def keys(self):
        """Return their keys."""
        return list(self._keys)

    def remember(self, keys, are_joined):
        """Take keys that were joined before the last start, or that ceased to be so then; the first `find` looks."""
        for key in keys:
            self._keys.pop(key, None)
            if are_joined:
                self._keys[key] = None

    def find(self, installed, ours, lost):
        """Look through the elements of a listing; return `(keys of ours within joined ones, Spans of the others)`.

        ours: those elements that are ours by themselves; lost: keys that were ours and are no elements any more.
        """
        before, self._keys = self._keys, {}
        lost = in_order([ip.bounds(key) for key in lost])
        starts = [span[0] for span in lost]
        found, foreign, wide = [], [], [key for key in installed if ip.is_wide(key)]
        self._starts = {key[0]: key for key in wide}
        self._ends = {key[1]: key for key in wide}
        for key in installed:
            if key in ours:
                continue
            first, last = ip.bounds(key)
            mine = _within(first, last, lost, starts) if lost and first != last else []
            if mine and key not in before:
                rest = joined([(first, last)]).minus(joined(mine))
                mine = [span for span in mine if not _is_enclosed(span, first, last, rest)]
            if mine:
                self._keys[key] = None
                found.extend([ip.wide_key(span[0], span[1], self._family) for span in mine])
                rest = joined([(first, last)]).minus(joined(mine))
                foreign.extend(zip(rest.firsts, rest.lasts))
            else:
                foreign.append((first, last))
        spans = in_order([ip.bounds(key) for key in self._keys])
        self._firsts, self._lasts = [span[0] for span in spans], [span[1] for span in spans]
        return found, joined(foreign)

    def arranged(self, gone, coming, installed, ours, foreign):
        """Return the Arrangement by which keys of ours go and others come; foreign: the Spans of other programs.

        nft counts on it that in a set with auto-merge no element begins where another one ends: version 1.0.6 deletes
        the lower one of such a pair when it adds anything. So what touches is joined, as nft does it.
        """
        affected, fresh = {}, dict.fromkeys(coming)
        for piece in gone:
            whole = piece if piece in installed else self._around(piece)
            if whole is not None:
                affected[whole] = None
        for piece in coming:
            for key in self._beside(piece, installed):
                affected[key] = None
        left = joined([ip.bounds(key) for key in affected]).minus(joined([ip.bounds(key) for key in gone]))
        left = joined(list(zip(left.firsts, left.lasts)) + [ip.bounds(key) for key in coming])
        kept, put, others, made = {}, [], [], []
        for i in range(len(left)):
            first, last = left.firsts[i], left.lasts[i]
            key = ip.wide_key(first, last, self._family)
            if key in affected:
                kept[key] = None
                continue
            is_shared = foreign.meets(first, last)
            (others if is_shared else put).append(key)
            if key not in fresh and key not in ours and not (is_shared and foreign.holds(first, last)):
                made.append(key)
        return Arrangement(keys_in_order([key for key in affected if key not in kept]), put, others, made)

    def split(self, made):
        """Return the keys of joined elements that an Arrangement deletes."""
        return [key for key in made.deleted if key in self._keys]

    def changed(self, made):
        """The change of an Arrangement was made."""
        for key in self.split(made):
            del self._keys[key]
            at = index(self._firsts, ip.bounds(key)[0])
            del self._firsts[at], self._lasts[at]
        for keys in (made.put, made.others):
            for key in keys:
                if ip.is_wide(key):
                    self._starts[key[0]], self._ends[key[1]] = key, key
        for key in made.joined:
            self._keys[key] = None
            first, last = ip.bounds(key)
            at = index(self._firsts, first) + 1
            self._firsts.insert(at, first)
            self._lasts.insert(at, last)

    def _around(self, piece):
        """Return the key of the joined element that holds a key of ours, None for none."""
        first, last = ip.bounds(piece)
        at = index(self._firsts, first)
        if at < 0 or last > self._lasts[at]:
            return None
        return ip.wide_key(self._firsts[at], self._lasts[at], self._family)

    def _beside(self, piece, installed):
        """Return the keys of the elements that end just before a key's addresses or begin just behind them."""
        first, last = ip.bounds(piece)
        found = []
        for number, ends in ((first - 1, self._ends), (last + 1, self._starts)):
            if number >= 0:
                single = ip.wide_key(number, number, self._family)
                found.extend([key for key in (single, ends.get(single)) if key in installed])
        return found


def _within(first, last, spans, starts):
    """Return those of some spans, `(first, last)` in order, that lie in one; `starts`: where they begin."""
    at = index(starts, first - 1) + 1
    found = []
    while at < len(spans) and spans[at][0] <= last:
        if spans[at][1] <= last and (not found or spans[at][0] > found[-1][1]):
            found.append(spans[at])
        at += 1
    return found


def _is_enclosed(span, start, end, rest):
    """Return whether a piece of ours lies in another program's prefix, in an element `start…end` that nft joined.

    That is a block as prefixes are, all within the element and more than a quarter of it not ours. A single address of
    another program beside ours, or one on each side, is not enough. `rest`: the Spans of the element that are not ours.
    """
    first, last = span
    size = SMALLEST
    while True:
        low = first - first % size
        high = low + size - 1
        if low < start or high > end:
            return False
        if last <= high and (first, last) != (low, high):
            if 4 * rest.common(joined([(low, high)])).count() > size:
                return True
        size *= 2
