"""What one set holds, by the kernel's own account: its elements, which of them are ours, and what may go into it.

Keys are those of ip.key, times monotonic seconds. In an interval set no two elements may overlap, so a prefix of ours
goes in as the pieces that other programs' elements leave of it. nft joins ranges in a set with auto-merge, so that an
element there may be ours in part.
"""

from collections import namedtuple

from ... import ip
from ..last_good import DELETED, JOINED
from ..ordering import in_order, index, keys_in_order
from .address_ranges import NOTHING, joined
from .prefix_cover import Cover

IPSET_MOST = 2147483  # seconds: the longest timeout that ipset knows
SHORTER = 10  # seconds by which a timeout is shorter than we made it if another program did that
SMALLEST = 4  # addresses: the smallest prefix that other programs' addresses are taken for
KINDS = {4: "IPv4 addresses", 6: "IPv6 addresses"}


# How a set is changed. deleted: keys of elements that go; put: of ours that come; others: of elements that come without
# our comment, because they are in part of other programs; pieces: {key: the keys of ours in an element that comes or
# stays}, of a set with auto-merge
Arrangement = namedtuple("Arrangement", ("deleted", "put", "others", "pieces"))


class Contents:
    def __init__(self, family, is_ipset):
        self.form = None  # the wire.sets.Form; None before the first listing
        self.installed = {}  # key -> when its timeout ends, None for never
        self.ours = {}  # the keys that are ours among those, and the pieces of ours within `mixed` ones
        self.mixed = {}  # key of an element that nft joined from ours and others' -> keys of our pieces in it
        self.shortened_at = None  # when it was seen that another program shortens the timeouts of our elements
        self._family = family
        self._is_ipset = is_ipset
        self._remembered = {}  # keys that are ours if they are found, from before the start
        self._joined = {}  # keys of elements that are `mixed` if they are found, from before the start
        self._foreign = NOTHING  # what other programs have in an interval set
        self._wide_starts, self._wide_ends = {}, {}  # key of the first and last address -> key, with auto-merge
        self._ends_at = None  # when the first element may end, or None

    def remember(self, keys, what):
        """Take keys that were ADDED or JOINED before the last start, or DELETED again; see last_good.Owned."""
        for key in keys:
            self._remembered.pop(key, None)
            self._joined.pop(key, None)
            if what != DELETED:
                (self._joined if what == JOINED else self._remembered)[key] = None

    def owned(self, what):
        """Return the keys that were ADDED and are ours, or those that were JOINED; see last_good.Owned."""
        if what == JOINED:
            return list(self.mixed if self.form is not None else self._joined)
        return list(self.ours if self.form is not None else self._remembered)

    def holds(self, key):
        """Return whether an address is in it, by itself or within an element."""
        if key in self.installed:
            return True
        wide = [each for each in self.installed if ip.is_wide(each)]
        return any(each[0] <= key <= each[1] for each in wide)

    def problem(self):
        """Return why the set cannot hold what is wanted, in words that follow the set's name; None if it can."""
        form = self.form
        if form.takes:
            return form.takes
        if form.family != self._family:
            held = KINDS.get(form.family, "something else than addresses")
            return "holds %s, not %s" % (held, KINDS[self._family])
        if form.merge and form.timeout:
            return "has auto-merge and timeouts: nft joins elements, and all of them end together"
        return None

    def listed(self, listing, now):
        """Take a wire.sets.Listing."""
        if listing.form.timeout and self.form is not None and self._are_shortened(listing.ends):
            self.shortened_at = now
        self.form = listing.form
        before, self.ours, self._foreign = self.ours, {}, NOTHING
        joined_before, self.mixed = self.mixed or self._joined, {}
        self.installed = listing.ends
        if self.problem() is None:
            self._find_ours(before, listing.marked, joined_before)
        self._remembered, self._joined = {}, {}
        self._ends_at = self._first_end()

    def _are_shortened(self, ends):
        """Return whether another program gave elements of ours a shorter life than we did."""
        installed = self.installed
        for key in self.ours:
            end, expected = ends.get(key), installed.get(key)
            if end is not None and expected is not None and end < expected - SHORTER:
                return True
        return False

    def _find_ours(self, before, marked, joined_before):
        installed, known = self.installed, self._remembered
        if self.form.merge:
            # nft may keep our comment on a range that it joined: so what we know counts
            return self._find_merged(before, known, marked, joined_before)
        if marked is None:
            # no element carries a comment
            found = [key for key in before if key in installed] + [key for key in known if key in installed]
            self.ours = dict.fromkeys(found)
        else:
            self.ours = marked
            for key in known:
                if key in installed:
                    self.ours[key] = None
        if self.form.interval and not self._is_ipset:
            ours = self.ours
            self._foreign = joined([ip.bounds(key) for key in installed if key not in ours])

    def _find_merged(self, before, known, marked, joined_before):
        marked = {} if marked is None else marked
        wide, odd, foreign = Cover(known), [], []
        wide_keys = [key for key in self.installed if ip.is_wide(key)]
        self._wide_starts = {key[0]: key for key in wide_keys}
        self._wide_ends = {key[1]: key for key in wide_keys}
        for key in self.installed:
            if key in before or key in known or (key in marked and wide.holds(key)):
                self.ours[key] = None
            else:
                odd.append(key)
        lost = []
        if odd:  # in one of these may be what was ours and is no element of its own any more
            lost = [ip.bounds(key) for keys in (before, known) for key in keys if key not in self.installed]
            lost = in_order(lost)
        starts = [span[0] for span in lost]
        for key in odd:
            first, last = ip.bounds(key)
            mine = _within(first, last, lost, starts)
            rest = joined([(first, last)]).minus(joined(mine))
            kept = mine
            if key not in joined_before:
                kept = [span for span in mine if not _is_enclosed(span[0], span[1], first, last, rest)]
            if kept:
                pieces = [ip.wide_key(span[0], span[1], self._family) for span in kept]
                self.mixed[key] = pieces
                self.ours.update([(piece, None) for piece in pieces])
                rest = joined([(first, last)]).minus(joined(kept))
                foreign.extend(zip(rest.firsts, rest.lasts))
            else:
                foreign.append((first, last))
        self._foreign = joined(foreign)

    def refuses(self, key):
        """Return why this kind of set has no element for a wanted key, None if it has one or several."""
        if not ip.is_wide(key):
            return None
        if not self.form.interval:
            return "it is a hash:ip" if self._is_ipset else "it has no flag 'interval'"
        return None

    def pieces(self, key, barred):
        """Return the keys of the elements that hold a wanted key: what others and `barred`, Spans, leave of it."""
        foreign = self._foreign
        if not ip.is_wide(key) and not len(foreign) and not len(barred):
            return (key,)
        first, last = ip.bounds(key)
        if not foreign.meets(first, last) and not barred.meets(first, last):
            return (key,)
        left = joined([(first, last)]).minus(foreign).minus(barred)
        found = []
        for i in range(len(left)):
            if self._is_ipset:  # it takes a range apart into prefixes
                found.extend(_prefixes(left.firsts[i], left.lasts[i], self._family))
            else:
                found.append(ip.wide_key(left.firsts[i], left.lasts[i], self._family))
        return found

    def arranged(self, gone, coming):
        """Return the Arrangement by which keys of ours go and others come.

        nft counts on it that in a set with auto-merge no element begins where another one ends: version 1.0.6 deletes
        the lower one of such a pair when it adds anything. So what touches is joined, as nft does it.
        """
        if not self.form.merge:
            return Arrangement(gone, coming, [], {})
        installed, leaving, affected = self.installed, dict.fromkeys(gone), {}
        for whole in self.mixed:
            if any(piece in leaving for piece in self.mixed[whole]):
                affected[whole] = None
        affected.update([(piece, None) for piece in gone if piece in installed])
        for piece in coming:
            affected.update([(key, None) for key in self._beside(*ip.bounds(piece))])
        ours = list(coming)
        for key in affected:
            ours.extend([p for p in self.mixed.get(key, [key] if key in self.ours else []) if p not in leaving])
        left = joined([ip.bounds(key) for key in affected]).minus(joined([ip.bounds(key) for key in gone]))
        left = joined(list(zip(left.firsts, left.lasts)) + [ip.bounds(key) for key in coming])
        ours = in_order([ip.bounds(key) for key in ours])
        starts, made, put, others = [span[0] for span in ours], {}, [], []
        for i in range(len(left)):
            first, last = left.firsts[i], left.lasts[i]
            inside, key = _within(first, last, ours, starts), ip.wide_key(first, last, self._family)
            made[key] = [ip.wide_key(span[0], span[1], self._family) for span in inside]
            if key not in affected:
                pure = not len(joined([(first, last)]).minus(joined(inside)))
                (put if pure else others).append(key)
        return Arrangement(keys_in_order([key for key in affected if key not in made]), put, others, made)

    def _beside(self, first, last):
        """Return the keys of the elements that end just before a span or begin just behind it."""
        found = []
        for number, ends in ((first - 1, self._wide_ends), (last + 1, self._wide_starts)):
            if number >= 0:
                single = ip.wide_key(number, number, self._family)
                found.extend([key for key in (single, ends.get(single)) if key in self.installed])
        return found

    def split(self, made):
        """Return the keys of `mixed` elements that an Arrangement deletes."""
        return [key for key in made.deleted if key in self.mixed]

    def has(self, piece):
        """Return whether the set holds a piece of ours, as an element or within one that nft joined."""
        return piece in self.installed or piece in self.ours

    def changed(self, gone, fresh, made):
        """A change was made.

        gone: our keys that went; fresh: list of `(key, end)`, ours that came or were renewed; made: the Arrangement.
        """
        for key in made.deleted:
            self.installed.pop(key, None)
            self.mixed.pop(key, None)
        for key in gone:
            self.ours.pop(key, None)
        for key in made.others if not self.form.merge else made.put + made.others:
            self._install(key, None)
        for key in joins(made):
            self.mixed[key] = made.pieces[key]
        for key, end in fresh:
            if not self.form.merge:
                self._install(key, end)
            self.ours[key] = None

    def _install(self, key, end):
        self.installed[key] = end
        if end is not None and (self._ends_at is None or end < self._ends_at):
            self._ends_at = end
        if self.form.merge and ip.is_wide(key):
            self._wide_starts[key[0]], self._wide_ends[key[1]] = key, key

    def size(self, now):
        """Return how many elements the set holds now."""
        self.expire(now)
        return len(self.installed)

    def room(self):
        """Return how many more elements fit, None for any number."""
        return None if self.form.size is None else max(0, self.form.size - len(self.installed))

    def expire(self, now):
        """Forget elements whose own timeout is over; the kernel has done so too."""
        if self._ends_at is None or now < self._ends_at:
            return
        installed = self.installed
        for key in [key for key in installed if installed[key] is not None and installed[key] <= now]:
            del installed[key]
            self.ours.pop(key, None)
        self._ends_at = self._first_end()

    def at_most(self, life):
        """Return a life that this kind of set can give, in seconds: what is longer is renewed in time."""
        return min(life, IPSET_MOST) if self._is_ipset else life

    def _first_end(self):
        if self.form is None or not self.form.timeout:
            return None
        ends = [end for end in self.installed.values() if end is not None]
        return min(ends) if ends else None


def joins(made):
    """Return the keys of the elements that an Arrangement joins of ours and of others."""
    return [key for key in made.pieces if made.pieces[key] and made.pieces[key] != [key]]


def _within(first, last, spans, starts):
    """Return those of some spans, `(first, last)` in order, that lie in one; `starts`: where they begin."""
    at = index(starts, first - 1) + 1
    found = []
    while at < len(spans) and spans[at][0] <= last:
        if spans[at][1] <= last and (not found or spans[at][0] > found[-1][1]):
            found.append(spans[at])
        at += 1
    return found


def _is_enclosed(first, last, start, end, rest):
    """Return whether a piece of ours lies in another program's prefix, in an element `start…end` that nft joined.

    That is a block as prefixes are, all within the element and more than a quarter of it not ours. A single address of
    another program beside ours, or one on each side, is not enough. `rest`: the Spans of the element that are not ours.
    """
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


def _prefixes(first, last, family):
    """Return the keys of the prefixes that make up a span."""
    found = []
    while first <= last:
        size = first & -first or 1 << (32 if family == 4 else 128)
        while first + size - 1 > last:
            size >>= 1
        found.append(ip.wide_key(first, first + size - 1, family))
        first += size
    return found
