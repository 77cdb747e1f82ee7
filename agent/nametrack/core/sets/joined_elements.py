"""What nft joins in a set with auto-merge: elements that hold ours, and others' besides, in one range.

Keys are those of ip.key; the set's own elements, and what other programs have in it, are handed in.
"""

from collections import namedtuple

from ... import ip
from ...key_table import KeyTable
from ..ordering import index, keys_in_order, sort
from .address_ranges import Spans, in_one, join, joined

SMALLEST = 4  # addresses: the smallest prefix that other programs' addresses are taken for

# How a set is changed. deleted: keys of elements that go; put: of ours that come; others: of elements that come without
# our comment, because they are in part of other programs; joined: those among put and others that hold ours in part
Arrangement = namedtuple("Arrangement", ("deleted", "put", "others", "joined"))


class JoinedElements:
    def __init__(self, family):
        self.parted = []  # keys of those that were such elements before the last `find`, and are so no more
        self._family = family
        self._keys = KeyTable()  # keys of the elements that hold ours but are none of ours by themselves
        self._firsts, self._lasts = [], []  # their addresses, in order
        # first and last address of each wide element of the set -> its key
        self._starts, self._ends = KeyTable(), KeyTable()

    def __len__(self):
        """How many there are."""
        return len(self._keys)

    def keys(self):
        """Return their keys."""
        return list(self._keys)

    def remember(self, keys, are_joined):
        """Take keys that were joined before the last start, or that ceased to be so then; the first `find` looks."""
        for key in keys:
            self._keys.pop(key)
            if are_joined:
                self._keys[key] = None

    def find(self, installed, ours, lost):
        """Look through the elements of a listing, a step at a time.

        ours: those elements that are ours by themselves, which get the keys of ours within joined ones; lost: bounds of
        what was ours and is no element any more. The generator's value is `(ours, Spans of the others)`.
        """
        lost = yield from sort(lost)
        starts, foreign, spans = [span[0] for span in lost], [], []
        keys, begin, end = KeyTable(), KeyTable(), KeyTable()
        for number in installed.numbers():
            for key in installed.part(number):
                if ip.is_wide(key):
                    begin[key[0]] = end[key[1]] = key
                if key in ours:
                    continue
                first, last = ip.bounds(key)
                rest = None
                if lost and first != last:
                    rest = yield from self._take_apart(key, _within(first, last, lost, starts), ours)
                if rest is None:
                    foreign.append((first, last))
                else:
                    keys[key] = None
                    spans.append((first, last))
                    foreign.extend(zip(rest.firsts, rest.lasts))
            yield len(installed.part(number))
        foreign = yield from join(foreign)
        spans = yield from sort(spans)
        self.parted = [key for key in self._keys if key not in keys]
        self._keys, self._starts, self._ends = keys, begin, end
        self._firsts, self._lasts = [span[0] for span in spans], [span[1] for span in spans]
        return ours, foreign

    def _take_apart(self, key, lost, ours):
        """Add to `ours` what is ours within an element; the generator's value is the Spans of the rest, None for all.

        lost: an iterator of spans in order that may be ours.
        """
        mine = []
        for span in lost:
            mine.append(span)
            yield 1
        rest = yield from self._rest(key, mine)
        if key not in self._keys:
            first, last = ip.bounds(key)
            largest, kept = 4 * rest.count(), []
            for span in mine:
                if not _is_enclosed(span, first, last, rest, largest):
                    kept.append(span)
                yield 20  # as long as that takes
            if len(kept) < len(mine):
                mine = kept
                rest = yield from self._rest(key, mine)
        for span in mine:
            ours[ip.wide_key(span[0], span[1], self._family)] = None
            yield 1
        return rest if mine else None

    def _rest(self, key, mine):
        """The generator's value is the Spans of what some spans in order leave of an element."""
        covered = Spans([], [])
        for span in mine:
            covered.add(span[0], span[1])
            yield 1
        return in_one([ip.bounds(key)]).minus(covered)

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
            if key not in fresh and key not in ours and not foreign.holds(first, last):
                made.append(key)
        return Arrangement(keys_in_order([key for key in affected if key not in kept]), put, others, made)

    def split(self, made):
        """Return the keys of joined elements that an Arrangement deletes."""
        return [key for key in made.deleted if key in self._keys]

    def changed(self, made):
        """The change of an Arrangement was made."""
        for key in self.split(made):
            self._keys.pop(key)
            at = index(self._firsts, ip.bounds(key)[0])
            del self._firsts[at], self._lasts[at]
        for keys in (made.put, made.others):
            for key in keys:
                if ip.is_wide(key):
                    self._starts[key[0]] = self._ends[key[1]] = key
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
            single = ip.wide_key(number, number, self._family)
            found.extend([key for key in (single, ends.get(single)) if key is not None and key in installed])
        return found


def _within(first, last, spans, starts):
    """Yield those of some spans, `(first, last)` in order, that lie in one; `starts`: where they begin."""
    at, behind = index(starts, first - 1) + 1, first
    while at < len(spans) and spans[at][0] <= last:
        if spans[at][1] <= last and spans[at][0] >= behind:
            yield spans[at]
            behind = spans[at][1] + 1
        at += 1


def _is_enclosed(span, start, end, rest, largest):
    """Return whether a piece of ours lies in another program's prefix, in an element `start…end` that nft joined.

    That is a block as prefixes are, all within the element and more than a quarter of it not ours. A single address of
    another program beside ours, or one on each side, is not enough. `rest`: the Spans of the element that are not ours;
    largest: four times as many addresses as they have, so that no block of more comes into question.
    """
    first, last = span
    size = SMALLEST
    while size < largest:
        low = first - first % size
        high = low + size - 1
        if low < start or high > end:
            return False
        if last <= high and 4 * (size - joined([(low, high)]).minus(rest).count()) > size:
            return True
        size *= 2
    return False
