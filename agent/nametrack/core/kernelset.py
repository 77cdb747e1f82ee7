"""One set in the kernel: what is wanted in it, what is installed, and the difference as one transaction.

*Ours* is what we added or remember having added; everything else in the set belongs to somebody else and stays.
Times are monotonic seconds.
"""

from .. import ip
from .actions import AddElements, DeleteElements, Element, ReplaceElements
from .host import NAMED, longest_life
from .intervals import Cover

# A set with timeouts forgets by itself what nametrack, dead, can no longer delete. An address that is named now gets
# its policy's retain, but never less than this, so that a short retain does not mean a process every few seconds.
LIFE_FLOOR = 600  # seconds
IPSET_MOST = 2147483  # seconds: the longest timeout that ipset knows
TOLERANCE = 2  # seconds that an element's timeout may fall short before it is written again


class KernelSet:
    def __init__(self, name):
        self.name = name
        self.family = 4
        self._is_ipset = name.startswith("ipset ")
        self.sources = []  # policies that want something in it
        self.exists = None  # None: not listed yet
        self.problem = None  # why it cannot hold what is wanted; None where it can
        self.installed = {}  # address -> when its timeout ends, None for never
        self.refused = {}  # address or prefix that it cannot hold -> why
        self._ours = set()
        self._timeouts = False
        self._intervals = False
        self._dirty = set()
        self._refresh_at = None

    def remember(self, addresses):
        """Addresses that are ours if they are found installed: added before the last restart."""
        self._ours.update(addresses)

    def touch(self, addresses):
        """The life of these addresses changed."""
        for address in addresses:
            if ip.family(address) == self.family:
                self._dirty.add(address)

    def dirty(self):
        return bool(self._dirty)

    def held(self, addresses):
        """How many of these are in the set, by themselves or within a prefix."""
        if not self.exists:
            return 0
        cover = Cover(self.installed) if self._intervals else None
        return len([a for a in addresses if a in self.installed or (cover is not None and cover.holds(a))])

    def waits(self):
        """Whether something waits to be written that can be written."""
        return bool(self._dirty and self.exists and self.problem is None)

    def wanted(self):
        """The addresses that the policies want in it."""
        found = set()
        for policy in self.sources:
            found.update(policy.wanted(self.family))
        return found

    def listed(self, listing, now):
        """The kernel's own words; None: there is no such set."""
        self.installed = {}
        self.exists = listing is not None
        self.problem = None
        self.refused = {}
        if listing is None:
            return
        if listing.family != self.family:
            kind = {4: "IPv4 addresses", 6: "IPv6 addresses"}.get(listing.family, "something else than addresses")
            self.problem = "it holds %s, not IPv%d addresses" % (kind, self.family)
        elif listing.merge:
            self.problem = "it has auto-merge, which joins our elements with others"
        self._timeouts = listing.timeout
        self._intervals = listing.interval
        for element in listing.elements:
            self.installed[element.address] = None if element.timeout is None else now + element.timeout
        # What we had added and somebody took away is not ours any more should it come back by other hands.
        self._ours = set([address for address in self._ours if address in self.installed])
        self._dirty = self.wanted() | self._ours

    def changes(self, now, reason):
        """The actions, one transaction at most, that bring what is dirty up to date, as if they succeed."""
        if not self.exists or self.problem:
            return []
        add, delete, renew = [], [], []
        own = foreign = None
        if self._intervals:
            # Two elements of an interval set may not overlap: what lies within a wanted prefix is held by that.
            foreign = Cover([address for address in self.installed if address not in self._ours])
            literals = [literal for policy in self.sources for literal in policy.literals.of(self.family)]
            # not one that the kernel refuses: then the addresses in it are added one by one
            own = Cover([each for each in literals if each in self._ours or self._holds(each, foreign)])
        for address in sorted(self._dirty):
            life = longest_life(self.sources, address, now)
            if life is None or (own is not None and own.holds(address)):
                if address in self.installed and address in self._ours:
                    delete.append(Element(address, None))
                self._ours.discard(address)
            elif address not in self.installed:
                if self._holds(address, foreign):
                    add.append(self._element(address, life))
            elif address in self._ours and self._falls_short(address, life, now):
                renew.append(self._element(address, life))
            elif self._timeouts and self.installed[address] is not None:
                self._watch(address, life)
        self._dirty = set()
        return self._order(add, delete, renew, now, reason)

    def refresh(self, now):
        """The timeouts in the set run low: what is named is written again, all of the set in one go."""
        self._refresh_at = None
        self._dirty.update(self.wanted())

    def expired(self, now):
        """Forgets elements whose own timeout is over; the kernel has done so too."""
        gone = [a for a in self.installed if self.installed[a] is not None and self.installed[a] <= now]
        for address in gone:
            del self.installed[address]

    def refresh_at(self):
        """When `refresh` is due, or None: half of the life that ours were given must remain."""
        return self._refresh_at

    def _watch(self, address, life):
        """An element stays as it is for now: ours until half of its life is over, somebody else's until its end."""
        ends = self.installed[address]
        if address not in self._ours:
            self._refresh_by(ends + 1)  # a listing rounds down, and what is still there cannot be added
        elif life == NAMED:
            self._refresh_by(ends - self._full_life() / 2)

    def _refresh_by(self, at):
        self._refresh_at = at if self._refresh_at is None else min(self._refresh_at, at)

    def failed(self, action):
        """A listing or a transaction failed: what is installed is not known any more, and what should go is ours."""
        self.exists = None
        if isinstance(action, DeleteElements):
            self.remember([element.address for element in action.elements])
        elif isinstance(action, ReplaceElements):
            self.remember([element.address for element in action.old])

    def _full_life(self):
        return self._at_most(max([policy.config.retain for policy in self.sources] + [LIFE_FLOOR]))

    def _at_most(self, life):
        """A life that this kind of set can give: what is longer is renewed in time."""
        return min(life, IPSET_MOST) if self._is_ipset else life

    def _element(self, address, life):
        if not self._timeouts:
            return Element(address, None)
        return Element(address, self._full_life() if life == NAMED else max(1, int(self._at_most(life) + 0.999)))

    def _falls_short(self, address, life, now):
        ends = self.installed[address]
        if not self._timeouts or ends is None:
            return False
        if life == NAMED:
            needed = self._full_life() / 2 + TOLERANCE
        else:
            needed = self._at_most(life) - TOLERANCE
        return ends - now < needed

    def _holds(self, address, foreign):
        """Whether this kind of set can take the address as an element of its own."""
        if "/" in address and not self._intervals:
            self.refused[address] = "it is a hash:ip" if self._is_ipset else "it has no 'interval' flag"
        elif address.endswith("/0") and self._is_ipset:
            self.refused[address] = "ipset knows no prefix of length 0"
        elif foreign is not None and foreign.holds(address):
            return False  # it is in the set already, within somebody's prefix
        elif foreign is not None and (foreign.cuts(address) or self._swallows(address)):
            self.refused[address] = "it overlaps with an element of somebody else"
        else:
            return True
        return False

    def _swallows(self, prefix):
        """Whether somebody else's single address lies in the prefix: the kernel refuses elements that overlap."""
        if "/" not in prefix:
            return False
        cover = Cover([prefix])
        return any(cover.holds(a) for a in self.installed if a not in self._ours and a != prefix)

    def _order(self, add, delete, renew, now, reason):
        for element in add + renew:
            self.installed[element.address] = None if element.timeout is None else now + element.timeout
            self._ours.add(element.address)
        for element in delete:
            del self.installed[element.address]
        if self._timeouts and (add or renew):
            self._refresh_by(now + self._full_life() / 2)
        if renew or (add and delete):
            old = sorted(delete + [Element(e.address, None) for e in renew])
            return [ReplaceElements(self.name, old, sorted(add + renew), reason)]
        if add:
            return [AddElements(self.name, add, reason)]
        if delete:
            return [DeleteElements(self.name, delete, reason)]
        return []
