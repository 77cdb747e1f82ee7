"""One host of a policy: the addresses DNS names now, and those it named within `retain`; all of them as ip.key."""

from ... import ip
from ..ordering import in_order
from ..sets.lives import NAMED


class Host:
    def __init__(self, host, name_key, rtypes):
        self.host = host
        self.name_key = name_key
        self.rtypes = rtypes
        self.named = []  # in the order DNS gave
        self.retained = {}  # key -> until
        self._named = set()  # the same as named, for the question whether
        self._remembers = False  # whether something was remembered, and not all of DNS has answered since

    def answered(self, keys, now, retain):
        """DNS names exactly these now; returns those whose life changed."""
        named = set(keys)
        changed = [key for key in keys if key in self.retained or key not in self._named]
        for key in self.named:
            if key not in named:
                self.retained[key] = now + retain
                changed.append(key)
        for key in keys:
            self.retained.pop(key, None)
        self.named = list(keys)
        self._named = named
        return changed

    def remember(self, keys, until):
        """Addresses known from before the start, or from before the configuration was read again: the later counts."""
        for key in keys:
            if key not in self._named:
                self.retained[key] = until
        self._remembers = True

    def settle(self, latest):
        """DNS has said all: what was remembered stays until `latest` at most. Returns those whose life changed."""
        if not self._remembers:
            return []
        self._remembers = False
        changed = in_order([key for key in self.retained if self.retained[key] > latest])
        for key in changed:
            self.retained[key] = latest
        return changed

    def expire(self, now):
        """Forgets what was retained long enough; returns those."""
        gone = in_order([key for key in self.retained if self.retained[key] <= now])
        for key in gone:
            del self.retained[key]
        return gone

    def next_expiry(self):
        """When the first of what is retained is forgotten, or None."""
        return min(self.retained.values()) if self.retained else None

    def keys(self):
        """All that it wants, what is named first."""
        return self.named + in_order(self.retained)

    def all_keys(self):
        """Return the same in any order."""
        return self.named + list(self.retained)

    def life(self, key, now):
        """NAMED, the seconds left, or None where this host does not want the address."""
        if key in self.retained:
            return max(0, self.retained[key] - now)
        return NAMED if key in self._named else None


class Literals:
    """The addresses and prefixes written into a policy: a host that never changes."""

    def __init__(self, literals):
        self.keys = [ip.key(literal) for literal in literals]
        self._keys = set(self.keys)

    def wide(self, family):
        """The prefixes of one address family."""
        return sorted([key for key in self.keys if isinstance(key, str) and ip.family(key) == family])

    def life(self, key, now):
        return NAMED if key in self._keys else None
