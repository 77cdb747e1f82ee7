"""What one set holds, by the kernel's own account: its elements, which of them are ours, and what may go into it.

Keys are those of ip.key, times monotonic seconds. In an interval set no two elements may overlap, so a prefix of ours
goes in as the pieces that other programs' elements leave of it. nft joins ranges in a set with auto-merge, so that an
element there may be ours in part.
"""

from ... import ip
from ...key_table import KeyTable
from ..last_good import ADDED, JOINED
from .address_ranges import NOTHING, cover, join, joined
from .joined_elements import Arrangement, JoinedElements

IPSET_MOST = 2147483  # seconds: the longest timeout that ipset knows
SHARED_FOR = 600  # seconds from a timeout that another program shortened until the set counts as ours alone again
SHORTER = 10  # seconds by which a timeout is shorter than we made it if another program did that
KINDS = {4: "IPv4 addresses", 6: "IPv6 addresses"}


class Contents:
    def __init__(self, family, is_ipset):
        self.form = None  # the wire.sets.Form; None before the first listing
        self.installed = KeyTable()  # key -> when its timeout ends, None for never
        self.ours = KeyTable()  # the keys that are ours among those, and the pieces of ours within joined ones
        self.joined = JoinedElements(family)
        self.shared = False  # whether another program shortens the timeouts of our elements
        self._shortened_at = None  # when that was seen last
        self._family = family
        self._is_ipset = is_ipset
        self._remembered = KeyTable()  # keys that are ours if they are found, from before the start
        self._unmarked = KeyTable()  # those of ours that do not carry our comment, or carry it in vain
        self._foreign = NOTHING  # what other programs have in an interval set
        self._ends_at = None  # when the first element may end, or None

    def remember(self, keys, what):
        """Take keys that were ADDED or JOINED before the last start, or DELETED again; see last_good.Owned."""
        for key in keys:
            self._remembered.pop(key)
            if what == ADDED:
                self._remembered[key] = None
        self.joined.remember(keys, what == JOINED)

    def owned(self, what):
        """Return the keys to be remembered as ADDED, or those that were JOINED; see last_good.Owned."""
        if what == JOINED:
            return self.joined.keys()
        return list(self._unmarked if self.form is not None else self._remembered)

    def to_remember(self, keys):
        """Return those that our comment does not tell: of them only what was remembered counts after a restart."""
        if not self._marks():
            return keys
        return [key for key in keys if key in self._unmarked] if self._unmarked else []

    def _marks(self):
        """Return whether our comment tells what is ours: nft may keep it on a range that it joined."""
        return self.form.comments and not self.form.merge

    def holds(self, key):
        """Return whether an address is in it, by itself or within an element."""
        if key in self.installed:
            return True
        wide = [each for each in self.installed if ip.is_wide(each)]
        return any(each[0] <= key <= each[1] for each in wide)

    def problem(self):
        """Return why the set cannot hold what is wanted, in words that follow the set's name; None if it can."""
        return None if self.form is None else self._problem(self.form)

    def _problem(self, form):
        if form.takes:
            return form.takes
        if form.family != self._family:
            held = KINDS.get(form.family, "something else than addresses")
            return "holds %s, not %s" % (held, KINDS[self._family])
        if form.merge and form.timeout:
            return "has auto-merge and timeouts: nft joins elements, and all of them end together"
        return None

    def take(self, listing, now):
        """Take a wire.sets.Listing, a step at a time."""
        shortened = False
        if listing.form.timeout and self.form is not None:
            for number in self.ours.numbers():
                shortened = shortened or self._is_shortened(number, listing.ends)
                yield len(self.ours.part(number))
        if self._problem(listing.form) is not None:
            found = (KeyTable(), KeyTable(), NOTHING)
        elif listing.form.merge:
            found = yield from self._find_joined(listing)
        else:
            found = yield from self._find_ours(listing)
        self.form, self.installed = listing.form, listing.ends
        self.ours, self._unmarked, self._foreign = found
        self._remembered = KeyTable()
        if shortened:
            self._shortened_at = now
        self.shared = self._shortened_at is not None and now - self._shortened_at < SHARED_FOR
        self._ends_at = self._first_end(self.installed)

    def _is_shortened(self, number, ends):
        """Return whether another program gave elements of ours, of one part, a shorter life than we did."""
        installed, ends = self.installed.part(number), ends.part(number)
        for key in self.ours.part(number):
            end, expected = ends.get(key), installed.get(key)
            if end is not None and expected is not None and end < expected - SHORTER:
                return True
        return False

    def _find_ours(self, listing):
        """Find ours by our comment or, if it was there before, without.

        The value is `(ours, those of them that are not marked, Spans of the others)`.
        """
        installed, unmarked = listing.ends, KeyTable()
        ours = unmarked if listing.marked is None else listing.marked
        for known in (self._remembered, self._unmarked):
            for number in known.numbers():
                there = installed.part(number)
                for key in known.part(number):
                    if key in there and key not in ours:
                        ours[key] = unmarked[key] = None
                yield len(known.part(number))
        if not listing.form.interval or self._is_ipset:
            return ours, unmarked, NOTHING
        foreign = []
        for number in installed.numbers():
            mine = ours.part(number)
            foreign.extend([ip.bounds(key) for key in installed.part(number) if key not in mine])
            yield len(installed.part(number))
        return ours, unmarked, (yield from join(foreign))

    def _find_joined(self, listing):
        """Find ours in a set with auto-merge.

        nft may keep our comment on a range that it joined, so it counts only on what is left of a range of ours.
        """
        installed, ours, lost, wide = listing.ends, KeyTable(), [], []
        for known in (self.ours, self._remembered):
            for number in known.numbers():
                there = installed.part(number)
                gone = [key for key in known.part(number) if key not in there]
                lost.extend([ip.bounds(key) for key in gone])
                wide.extend([key for key in gone if ip.is_wide(key)])
                yield len(known.part(number))
        around = yield from cover(wide, self._family)
        for number in installed.numbers():
            parts = (self.ours.part(number), self._remembered.part(number), listing.marked.part(number))
            for key in installed.part(number):
                if key in parts[0] or key in parts[1] or (key in parts[2] and around.holds(key)):
                    ours[key] = None
            yield len(installed.part(number))
        ours, foreign = yield from self.joined.find(installed, ours, lost)
        return ours, ours, foreign

    def is_plain(self):
        """Return whether each of our keys is one element, for good, and there is always room."""
        form = self.form
        return not form.timeout and not form.merge and form.size is None and not len(self._foreign)

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
        if not len(foreign) and not len(barred):
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
        """Return the Arrangement by which keys of ours go and others come."""
        if not self.form.merge:
            return Arrangement(gone, coming, [], [])
        return self.joined.arranged(gone, coming, self.installed, self.ours, self._foreign)

    def has(self, piece):
        """Return whether the set holds a piece of ours, as an element or within one that nft joined."""
        return piece in self.installed or piece in self.ours

    def changed(self, gone, fresh, made):
        """A change was made.

        gone: KeyTable of ours that went; fresh: KeyTable of ours that came or were renewed, key -> end; made: the
        Arrangement.
        """
        self.ours.remove(gone)
        self._unmarked.remove(gone)
        self.ours.update(fresh)
        if not self.form.merge:
            self.installed.remove(gone)
            self.installed.update(fresh)
            self._ends_at = _first([self._ends_at, self._first_end(fresh)])
            return
        self.joined.changed(made)
        for key in made.deleted:
            self.installed.pop(key)
        for key in made.put + made.others:
            self.installed[key] = None

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
        for number in self.installed.numbers():
            part = self.installed.part(number)
            for key in [key for key in part if part[key] is not None and part[key] <= now]:
                self.installed.pop(key)
                self.ours.pop(key)
                self._unmarked.pop(key)
        self._ends_at = self._first_end(self.installed)

    def at_most(self, life):
        """Return a life that this kind of set can give, in seconds: what is longer is renewed in time."""
        return min(life, IPSET_MOST) if self._is_ipset else life

    def _first_end(self, elements):
        """Return when the first of some elements, KeyTable of key -> end, ends; None for never."""
        if self.form is None or not self.form.timeout:
            return None
        return _first([_first(elements.part(number).values()) for number in elements.numbers()])


def _first(ends):
    """Return the first of some moments, each of which may be None for never."""
    ends = [end for end in ends if end is not None]
    return min(ends) if ends else None


def _prefixes(first, last, family):
    """Return the keys of the prefixes that make up a span."""
    found = []
    while first <= last:
        size = first & -first or 1 << ip.V6_BITS  # from 0 on, any power of two
        while first + size - 1 > last:
            size >>= 1
        found.append(ip.wide_key(first, first + size - 1, family))
        first += size
    return found
