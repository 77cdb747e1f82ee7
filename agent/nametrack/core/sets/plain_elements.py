"""What a set without auto-merge holds: elements one by one, each with the time at which it ends.

Keys are those of ip.key, times monotonic seconds.
"""

from collections import namedtuple

from ... import ip
from ...element import ElementList, by_key
from ..actions import AddElements, DeleteElements, ReplaceElements
from ..ordering import keys_in_order
from .lives import NAMED, longest_life
from .prefix_cover import Cover

# A set with timeouts forgets by itself what nametrack, dead, can no longer delete. An address that is named now gets
# its policy's retain, but never less than this, so that a short retain does not mean a process every few seconds.
LIFE_FLOOR = 600  # seconds
IPSET_MOST = 2147483  # seconds: the longest timeout that ipset knows
TOLERANCE = 2  # seconds that an element's timeout may fall short before it is written again

# action: the one transaction; added, deleted, renewed: lists of the keys that it is about
Change = namedtuple("Change", ("action", "added", "deleted", "renewed"))

OVERLAPS = "it overlaps with an element of somebody else"


class Elements:
    def __init__(self, family, is_ipset):
        self.refused = {}  # element, as text, that it cannot hold -> why
        self._is_ipset = is_ipset
        self._family = family
        self._installed = {}  # key -> when its timeout ends, None for never
        self._ends_at = None  # when the first of them may end, or None
        self._timeouts = self._intervals = self._exclusive = False
        self._full_life = 0  # seconds: how long an element is to live whose address is named now
        self._refresh_at = None
        self._foreign = None  # Cover of somebody else's prefixes and ranges; None: to be made

    def listed(self, listing, ours, now):
        """The kernel's own words; `ours`: keys that are ours where they are found."""
        self.refused = {}
        self._timeouts, self._intervals = listing.timeout, listing.interval
        # what overlaps is two elements to an ipset, and an error to nft
        self._exclusive = listing.interval and not self._is_ipset
        self._foreign = None
        installed = by_key(listing.elements)
        for key in installed:
            if installed[key] is not None:
                installed[key] += now
        self._installed = installed
        self._ends_at = self._first_end()

    def owner(self, ours):
        """Function that says of a key whether it is one of ours that is in it."""
        installed = self._installed
        return lambda key: key in installed and key in ours

    def size(self, now):
        """How many elements it holds."""
        self._expire(now)
        return len(self._installed)

    def held(self, keys):
        """How many of these are in it, by themselves or within a prefix."""
        installed = self._installed
        missing = [key for key in keys if key not in installed]
        if not missing or not self._intervals:
            return len(keys) - len(missing)
        cover = Cover([ip.element(key) for key in installed if isinstance(key, str)])
        return len(keys) - len([key for key in missing if not cover.holds(ip.element(key))])

    def changes(self, name, dirty, ours, sources, now, reason, sure):
        """The Change that brings the dirty keys up to date, as if it succeeds, or None. `ours` gets what is added.

        Whether it is `sure` that nobody did anything meanwhile does not matter: no element of others is touched.
        """
        self._expire(now)
        self._full_life = self._at_most(max([policy.config.retain for policy in sources] + [LIFE_FLOOR]))
        own = self._own(ours, sources) if self._exclusive else None
        one = sources[0] if len(sources) == 1 else None
        installed = self._installed
        added, deleted, renewed, let_go = [], [], [], []
        lives = []  # of what is added
        for key in keys_in_order(dirty):
            life = one.life(key, now) if one is not None else longest_life(sources, key, now)
            if life is None or (own is not None and own.holds(ip.element(key))):
                let_go.append(key)
                if key in installed and key in ours:
                    deleted.append(key)
            elif key not in installed:
                if self._takes(key, ours):
                    added.append(key)
                    lives.append(life)
            elif not self._timeouts or installed[key] is None:
                pass  # for ever
            elif key not in ours:
                self._refresh_by(installed[key] + 1)  # a listing rounds down, and what is there cannot be added
            elif self._falls_short(installed[key], life, now):
                renewed.append(key)
            elif life == NAMED:
                self._refresh_by(installed[key] - self._full_life / 2)
        ours.difference_update(let_go)
        ours.update(added)
        for key in deleted:
            del installed[key]
        new = added + renewed
        lives.extend([longest_life(sources, key, now) for key in renewed])
        timeouts = [self._seconds(life) for life in lives] if self._timeouts else None
        for i in range(len(new)):
            installed[new[i]] = None if timeouts is None else now + timeouts[i]
        if timeouts:
            ends = now + min(timeouts)
            self._ends_at = ends if self._ends_at is None else min(ends, self._ends_at)
            self._refresh_by(now + self._full_life / 2)
        if renewed or (added and deleted):
            old = ElementList(deleted + renewed, None)
            action = ReplaceElements(name, old, ElementList(new, timeouts), reason)
        elif added:
            action = AddElements(name, ElementList(added, timeouts), reason)
        elif deleted:
            action = DeleteElements(name, ElementList(deleted, None), reason)
        else:
            return None
        return Change(action, added, deleted, renewed)

    def refresh_at(self):
        """When what is named is to be written again, or None: half of the life that ours were given must remain."""
        return self._refresh_at

    def refreshed(self):
        """It is being written again."""
        self._refresh_at = None

    def _expire(self, now):
        """Forgets elements whose own timeout is over; the kernel has done so too."""
        if self._ends_at is None or now < self._ends_at:
            return  # it is asked for every ipset at each glance
        installed = self._installed
        for key in [key for key in installed if installed[key] is not None and installed[key] <= now]:
            del installed[key]
        self._ends_at = self._first_end()

    def _first_end(self):
        ends = [end for end in self._installed.values() if end is not None]
        return min(ends) if ends else None

    def _refresh_by(self, at):
        self._refresh_at = at if self._refresh_at is None else min(self._refresh_at, at)

    def _at_most(self, life):
        """A life that this kind of set can give: what is longer is renewed in time."""
        return min(life, IPSET_MOST) if self._is_ipset else life

    def _seconds(self, life):
        """The timeout of an element with this life."""
        return self._full_life if life == NAMED else max(1, int(self._at_most(life) + 0.999))

    def _falls_short(self, ends, life, now):
        if life == NAMED:
            return ends - now < self._full_life / 2 + TOLERANCE
        return ends - now < self._at_most(life) - TOLERANCE

    def _own(self, ours, sources):
        """A Cover of the prefixes that the policies put in. What lies within one is held by it: nothing may overlap."""
        wide = []
        for policy in sources:
            wide.extend(policy.literals.wide(self._family))
        # not one that the kernel refuses: then the addresses in it are added one by one
        return Cover([key for key in wide if key in ours or self._takes(key, ours)])

    def _takes(self, key, ours):
        """Whether this kind of set can take it as an element of its own."""
        if isinstance(key, str) and not self._intervals:
            self.refused[key] = "it is a hash:ip" if self._is_ipset else "it has no 'interval' flag"
            return False
        if self._is_ipset and isinstance(key, str) and key.endswith("/0"):
            self.refused[key] = "ipset knows no prefix of length 0"
            return False
        return not self._exclusive or self._fits(ip.element(key), ours)

    def _fits(self, element, ours):
        """Whether nothing of somebody else's is in its way."""
        if self._foreign is None:
            wide = [key for key in self._installed if isinstance(key, str) and key not in ours]
            self._foreign = Cover(wide)
        if self._foreign.holds(element):
            return False  # it is in the set already, within somebody's prefix
        if self._foreign.cuts(element) or self._swallows(element, ours):
            self.refused[element] = OVERLAPS
            return False
        return True

    def _swallows(self, element, ours):
        """Whether somebody else's single address lies in the prefix: the kernel refuses elements that overlap."""
        if "/" not in element:
            return False
        first, last = ip.bounds(element)
        low = ip.key(ip.from_number(first, self._family))
        high = low + last - first
        return any(low <= key <= high for key in self._installed if not isinstance(key, str) and key not in ours)
