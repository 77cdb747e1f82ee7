"""One host of a policy: the addresses DNS names now, and those it named within `retain`; all of them as ip.key."""

from ... import ip
from ..ordering import in_order
from ..sets.lives import NAMED

MOST = 1024  # addresses of each family that are kept of one name; the least recently named ones go first


class Host:
    def __init__(self, host, name_key, rtypes):
        self.host = host
        self.name_key = name_key
        self.rtypes = rtypes
        self.heard = False  # whether it was told what DNS says
        self.named = []  # in the order DNS gave
        self.retained = {}  # key -> until
        self._named = set()  # the same as named, for the question whether

    def __len__(self):
        return len(self.named) + len(self.retained)

    def answered(self, keys, now, retain):
        """DNS names exactly these now; return `(changed, dropped)`: keys whose life changed, and those not kept."""
        self.heard, keys = True, _first(keys)
        named = set(keys)
        changed = [key for key in keys if key in self.retained or key not in self._named]
        for key in self.named:
            if key not in named:
                self.retained[key] = now + retain
                changed.append(key)
        for key in keys:
            self.retained.pop(key, None)
        self.named, self._named = keys, named
        return changed, self._drop_surplus()

    def _drop_surplus(self):
        """Forget what is more than MOST of a family, so that no family takes the places of the other."""
        if len(self) <= MOST:
            return []
        dropped = []
        for family in (4, 6):
            count = len([key for key in self.all_keys() if ip.key_family(key) == family])
            dropped.extend(self.drop(count - MOST, family))
        return dropped

    def drop(self, count, family=None):
        """Forget at most `count` addresses, of one family or of both; return them: the least recently named ones."""
        if count <= 0:
            return []
        old = [(self.retained[key], key) for key in self.retained if family in (None, ip.key_family(key))]
        dropped = [key for _, key in in_order(old)[:count]]
        for key in dropped:
            del self.retained[key]
        last = [key for key in self.named if family in (None, ip.key_family(key))]
        last = last[max(0, len(last) - (count - len(dropped))) :]
        if last:
            self._named.difference_update(last)
            self.named = [key for key in self.named if key in self._named]
            dropped.extend(last)
        return dropped

    def remember(self, keys, until):
        """Take addresses known from before the start, or from before the configuration was read again: the later count.

        Return those that are not kept.
        """
        for key in keys:
            if key not in self._named:
                self.retained[key] = until
        return self._drop_surplus()

    def settle(self, latest):
        """DNS has said all: what was remembered stays until `latest` at most. Return those whose life changed."""
        changed = in_order([key for key in self.retained if self.retained[key] > latest])
        for key in changed:
            self.retained[key] = latest
        return changed

    def expire(self, now):
        """Forget what was retained long enough; return those."""
        gone = in_order([key for key in self.retained if self.retained[key] <= now])
        for key in gone:
            del self.retained[key]
        return gone

    def next_expiry(self):
        """Return when the first of what is retained is forgotten, or None."""
        return min(self.retained.values()) if self.retained else None

    def keys(self):
        """Return all that it wants, what is named first."""
        return self.named + in_order(self.retained)

    def all_keys(self):
        """Return the same in any order."""
        return self.named + list(self.retained)

    def life(self, key, now):
        """Return NAMED, the seconds left, or None if this host does not want the address."""
        if key in self.retained:
            return max(0, self.retained[key] - now)
        return NAMED if key in self._named else None


def _first(keys):
    """Return the first MOST of each family, in their order."""
    if len(keys) <= MOST:
        return list(keys)
    room, found = {4: MOST, 6: MOST}, []
    for key in keys:
        family = ip.key_family(key)
        if room[family]:
            room[family] -= 1
            found.append(key)
    return found


class Literals:
    """The addresses and prefixes written into a policy: a host that never changes."""

    def __init__(self):
        self.keys = []
        self.wide = []  # those of the prefixes among them: most lists are long and have none

    def add(self, key):
        """Add what is written next."""
        self.keys.append(key)
        if ip.is_wide(key):
            self.wide.append(key)

    def life(self, key, now):
        return NAMED  # it is asked for what it holds
