"""RRsets as the core keeps them: the last answer for one name and type, and until when it is good."""

A, NS, CNAME, AAAA, SRV = 1, 2, 5, 28, 33  # RR types
# the option `family` -> what is asked for; IPv6 first where both can be used, as getaddrinfo orders them (RFC 6724)
RTYPES = {"any": (AAAA, A), "ipv4": (A,), "ipv6": (AAAA,)}

FOUND = "found"
# negative answers
NODATA = "nodata"
NXDOMAIN = "nxdomain"
# not what the zone says: the resolver withholds it, because it filters names, or because the address is private
BLOCKED = "blocked"
REBIND = "rebind"

# seconds that a negative answer is kept that does not say how long it holds; one that says so, too, if there are
# addresses of the other family
UNSAID = 60


def lifetime(ttl, min_ttl, max_ttl):
    """The seconds that an answer is kept: its TTL between the configured floor and ceiling.

    A TTL of 0 means "do not cache" (RFC 1035 3.2.1); followed to the letter it would have the resolver asked without
    end, so that the floor applies to it as well.
    """
    return min(max(UNSAID if ttl is None else ttl, min_ttl), max_ttl)


class RRset:
    """What DNS said last for one name and type. There are thousands of them: few fields, and nothing empty in them."""

    def __init__(self, verdict, own_ttl, ttl, expires_at):
        """`verdict`: Verdict; own_ttl: whether it holds as long as DNS said; ttl: as clamped, seconds."""
        self._verdict = verdict
        self.own_ttl = own_ttl
        self.ttl = ttl
        self.expires_at = expires_at

    @property
    def status(self):
        """FOUND or one of the negative answers."""
        return self._verdict.status

    @property
    def values(self):
        """Keys of addresses, or SRV records, in the order DNS gave."""
        return self._verdict.values

    @property
    def mapped(self):
        """[(IPv4 address, port)] that IP4P addresses stand for."""
        return self._verdict.mapped

    @property
    def reason(self):
        """In words, None if there is nothing to add."""
        return self._verdict.reason

    def holds(self):
        """Return whether it names an address, or a service."""
        return self._verdict.status == FOUND
