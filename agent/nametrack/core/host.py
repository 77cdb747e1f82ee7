"""One host of a policy: the addresses DNS names now, and those it named within `retain`."""

from .. import ip

NAMED = -1  # the life of an address that is named now: no end is in sight


def longest_life(holders, address, now):
    """The longest life any of these hosts or policies gives the address: NAMED, seconds, or None for not wanted."""
    best = None
    for holder in holders:
        life = holder.life(address, now)
        if life == NAMED:
            return NAMED
        if life is not None and (best is None or life > best):
            best = life
    return best


class Host:
    def __init__(self, host, name_key, rtypes):
        self.host = host
        self.name_key = name_key
        self.rtypes = rtypes
        self.named = []  # in the order DNS gave
        self.retained = {}  # address -> until
        self._named = set()  # the same as named, for the question whether

    def answered(self, addresses, now, retain):
        """DNS names exactly these now; returns the addresses whose life changed."""
        named = set(addresses)
        changed = [a for a in addresses if a in self.retained or a not in self._named]
        for address in self.named:
            if address not in named:
                self.retained[address] = now + retain
                changed.append(address)
        for address in addresses:
            self.retained.pop(address, None)
        self.named = list(addresses)
        self._named = named
        return changed

    def remember(self, address, until):
        """An address known from before the start, or from before the configuration was read again."""
        self.retained[address] = max(until, self.retained.get(address, until))

    def expire(self, now):
        """Forgets what was retained long enough; returns those addresses."""
        gone = [address for address in sorted(self.retained) if self.retained[address] <= now]
        for address in gone:
            del self.retained[address]
        return gone

    def next_expiry(self):
        return min(self.retained.values()) if self.retained else None

    def addresses(self):
        return self.named + sorted(self.retained)

    def life(self, address, now):
        """NAMED, the seconds left, or None where this host does not want the address."""
        if address in self.retained:
            return max(0, self.retained[address] - now)
        return NAMED if address in self._named else None


class Literals:
    """The addresses and prefixes written into a policy: a host that never changes."""

    def __init__(self, literals):
        self.host = None
        self._literals = set(literals)

    def of(self, family):
        """Those of one address family."""
        return [literal for literal in sorted(self._literals) if ip.family(literal) == family]

    def life(self, address, now):
        return NAMED if address in self._literals else None
