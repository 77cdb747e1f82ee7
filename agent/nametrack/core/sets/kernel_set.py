"""One set in the kernel: what is wanted in it, what is installed, and the difference as one transaction.

*Ours* is what we added or remember having added; everything else in the set belongs to somebody else and stays.
Addresses are keys of ip.key, times monotonic seconds.
"""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import ordering  # noqa: F401
from . import plain_elements  # noqa: F401

# isort: on
from ... import ip
from .merged_elements import Coverage
from .plain_elements import Elements


class KernelSet:
    def __init__(self, name, family):
        self.name = name
        self.family = family
        self.is_ipset = name.startswith("ipset ")
        self.sources = []  # policies that want something in it
        self.users = []  # those, and the policies that may come to want something in it
        self.optional = False  # whether it is all right that it does not exist
        self.left = False  # whether the last policy that filled it fills another from now on
        self.feeder = None  # the service that makes it
        self.exists = None  # None: not listed yet
        self.problem = None  # why it cannot hold what is wanted; None where it can
        self.stale = False  # whether somebody added to it since it was listed
        self._sure = True  # whether nobody did anything to it while it was
        self._contents = Elements(family, self.is_ipset)
        self._ours = set()
        self._dirty = set()
        self.new = []  # keys that became ours with the last Change
        self._under_way = []  # Changes whose end was not reported yet

    def remember(self, keys, ours=True):
        """Addresses that are ours if they are found installed: added before the last restart; or taken out since."""
        keys = [key for key in keys if ip.key_family(key) == self.family]
        if ours:
            self._ours.update(keys)
        else:
            self._ours.difference_update(keys)

    def is_ours(self, key):
        """Return whether an element is ours, as far as is known."""
        return key in self._ours

    def owned(self):
        """Return the keys that are ours, as far as is known."""
        return list(self._ours)

    def touch(self, keys):
        """The life of these addresses changed."""
        self._dirty.update([key for key in keys if ip.key_family(key) == self.family])

    def touch_all(self):
        """Whatever may be in it is compared with what is wanted."""
        self._dirty = self.wanted() | self._ours

    def dirty(self):
        return bool(self._dirty)

    def waits(self):
        """Whether something waits to be written that can be written."""
        return bool(self._dirty and self.exists and self.problem is None and not self._is_idle())

    def wanted(self):
        """The addresses that the policies want in it."""
        found = set()
        for policy in self.sources:
            found.update(policy.wanted(self.family))
        return found

    def held(self, keys):
        """How many of these are in the set, by themselves or within a prefix."""
        return self._contents.held(keys) if self.exists else 0

    def size(self, now):
        """How many elements it should have now."""
        return self._contents.size(now)

    def owner(self):
        """Return a function that says of a key whether it is ours in the set, as far as the set was listed."""
        if self.exists is None:
            ours = self._ours
            return lambda key: key in ours
        return self._contents.owner(self._ours)

    def pending(self):
        """What is ours in the set and wanted no more."""
        owns = self.owner()
        return [key for key in self._ours if owns(key) and not any(policy.wants(key) for policy in self.sources)]

    @property
    def refused(self):
        """{element: why} of what this kind of set cannot hold."""
        return self._contents.refused

    def listed(self, listing, now, sure=True):
        """Take over the kernel's own words; None: there is no such set, and nothing of ours is in the next one.

        `sure`: whether no other program changed the set while it was listed.
        """
        self.exists = listing is not None
        self.problem = None
        self.stale = False
        self._sure = sure
        if listing is None:
            self._ours = set()
            self._contents = Elements(self.family, self.is_ipset)
            return
        if listing.marked is not None:
            self.remember([ip.key(address) for address in listing.marked])
        if listing.family != self.family:
            kind = {4: "IPv4 addresses", 6: "IPv6 addresses"}.get(listing.family, "something else than addresses")
            self.problem = "it holds %s, not IPv%d addresses" % (kind, self.family)
            return
        if listing.merge and listing.timeout:
            self.problem = "it has auto-merge and timeouts: nft joins elements, and they all end together"
            return
        if listing.merge != isinstance(self._contents, Coverage):
            self._contents = Coverage(self.family) if listing.merge else Elements(self.family, self.is_ipset)
        self._contents.listed(listing, self._ours, now)
        # What we had added and another program took away is not ours any more if it comes back by other hands.
        owns = self._contents.owner(self._ours)
        self._ours = set([key for key in self._ours if owns(key)])
        self.touch_all()

    def changes(self, now, reason):
        """The Change, with one transaction, that brings what is dirty up to date, as if it succeeds; or None."""
        self.new = []
        if not self.exists or self.problem or self._is_idle():
            return None
        self.left = False
        dirty, self._dirty = self._dirty, set()
        # what is covered by others' ranges counts as ours as well in a set that nft merges
        before = set(self._ours) if isinstance(self._contents, Coverage) else None
        change = self._contents.changes(self.name, dirty, self._ours, self.sources, now, reason, self._sure)
        if change is not None:
            self._under_way.append(change)
            self.new = change.added
        if before is not None:
            self.new = list(self._ours - before)
        return change

    def changed(self, action):
        """A transaction was carried out; return the Change, None if it is not known."""
        return self._ended(action)

    def failed(self, action):
        """A listing or a transaction failed: what is installed is not known any more, and what should go is ours."""
        self.exists = None
        self.left = not self.sources
        change = self._ended(action)
        if change is not None:
            self.remember(change.deleted)

    def refresh_at(self):
        """When `refresh` is due, or None."""
        return self._contents.refresh_at()

    def refresh(self):
        """The timeouts in the set run low: what is named is written again, all of the set in one go."""
        self._contents.refreshed()
        self._dirty.update(self.wanted())

    def _is_idle(self):
        """Whether a policy may come to fill it, and none does: until then it is left as it is."""
        return bool(self.users) and not self.sources and not self.left

    def _ended(self, action):
        for change in self._under_way:
            if change.action is action:
                self._under_way.remove(change)
                return change
        return None
