"""RRsets as the core keeps them: the last answer for one name and type, and until when it is good."""

A, NS, CNAME, AAAA, SRV = 1, 2, 5, 28, 33  # RR types
# the option `family` -> what is asked for; IPv6 first where both can be used, as getaddrinfo orders them (RFC 6724)
RTYPES = {"any": (AAAA, A), "ipv4": (A,), "ipv6": (AAAA,)}

FOUND = "found"
NODATA = "nodata"
NXDOMAIN = "nxdomain"


def lifetime(ttl, min_ttl, max_ttl):
    """The seconds that an answer is kept: its TTL between the configured floor and ceiling.

    A TTL of 0 means "do not cache" (RFC 1035 3.2.1); followed to the letter it would have the resolver asked without
    end, so that the floor applies to it as well.
    """
    return min(max(ttl, min_ttl), max_ttl)


class RRset:
    """What DNS said last for one name and type."""

    def __init__(self, status, values, ttl, expires_at):
        self.status = status  # FOUND, or one of the negative answers: NODATA, NXDOMAIN
        self.values = values  # keys of addresses, or SRV records, in the order DNS gave; empty for a negative answer
        self.ttl = ttl  # as clamped, seconds
        self.expires_at = expires_at
