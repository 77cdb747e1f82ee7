"""Where a peer may be, by what DNS says: its candidates in the order of preference, and those it had before.

An endpoint is `(address, port)`. IPv6 comes first where both can be used, as getaddrinfo orders them (RFC 6724) and so
`wg` and netifd choose; but the family that a tunnel last worked over comes before the other, so that a network with
broken IPv6 costs its time once and not at every move.
"""

from ... import ip

MAX_WITHDRAWN = 64


class Candidates:
    def __init__(self):
        self.named = []  # as DNS orders them
        self.withdrawn = []  # named once, and not any more
        self.pool = False  # whether the name has several addresses of one family
        self.fresh = False  # whether the answer that withdrew something arrived just now
        self.last_good = []  # from before the start; empty once DNS answered
        self._worked = None  # the IP version that the tunnel last worked over
        self._deserted = []  # left because nothing came from there

    def remember(self, endpoints):
        """What DNS named before we were started."""
        self.last_good = endpoints

    def answered(self, endpoints, first):
        """DNS names exactly these now; `first`: those of them that are as good as the first, no mere replacements.

        A negative answer withdraws nothing: what was known may still work.
        """
        if not endpoints:
            return
        known = self.known()
        if sorted(endpoints) != sorted(known):
            self.fresh = True
        # One A and one AAAA are one host; several of a family are a pool.
        families = [ip.family(address) for address, _ in first]
        self.pool = len(families) > len(set(families))
        gone = [e for e in known if e not in endpoints]
        kept = [e for e in self.withdrawn if e not in endpoints and e not in gone]
        self.withdrawn = (kept + gone)[-MAX_WITHDRAWN:]
        self.named = endpoints
        self.last_good = []

    def move_port(self, port):
        """The configured port is another one: it is followed as if DNS had said so."""
        last_good = [(address, port) for address, _ in self.last_good]
        named = [(address, port) for address, _ in self.named]
        self.answered(named, named)
        self.last_good = last_good

    def known(self):
        """What DNS named last, before the start if not since."""
        return self.named or self.last_good

    def in_order(self, without, by_family):
        """Those to be used, the preferred first.

        without: addresses that cannot be reached; by_family: whether the family that worked comes before the other.
        """
        usable = [e for e in self.named if e[0] not in without]
        if self._worked is None or not by_family:
            return usable
        others = [e for e in usable if ip.family(e[0]) != self._worked]
        return [e for e in usable if ip.family(e[0]) == self._worked] + others

    def best(self, endpoints):
        """The first of these that was not left without an answer, else the first."""
        return ([e for e in endpoints if e not in self._deserted] or endpoints)[0]

    def works(self, endpoint):
        """Something came from this endpoint."""
        self._worked = ip.family(endpoint[0])
        if endpoint in self._deserted:
            self._deserted.remove(endpoint)

    def desert(self, endpoint):
        """An endpoint is left because nothing came from there."""
        if endpoint not in self._deserted:
            self._deserted = (self._deserted + [endpoint])[-MAX_WITHDRAWN:]

    def deserted(self, endpoints):
        """Whether each of these was left like that."""
        return all(endpoint in self._deserted for endpoint in endpoints)
