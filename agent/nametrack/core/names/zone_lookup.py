"""The truth about one RRset: asked of the servers that are responsible for its zone, past every cache.

A lookup like Lookup, in steps that are lookups themselves: is the name an alias, and in which zone is it; which servers
has the zone; where are they; and then the question itself. What was learnt of the zone is kept for the next time.
"""

from .lookup import Lookup, failed_with
from .rrset import AAAA, CNAME, FOUND, NODATA, NS, NXDOMAIN, A

MAX_ALIASES = 16
MAX_PARENTS = 5  # names above the host that are tried for the zone where no answer names it
MAX_SERVERS = 3  # of the zone that are looked up, and addresses of them that are asked


class Zone:
    """What is known of the zone of a host."""

    def __init__(self, host, servers):
        self.host = host  # the name to ask for: the host, or what it is an alias of
        self.servers = servers  # addresses


class Authority:
    """`resolvers`: function of the time that gives the servers to ask about the zone, asked anew at each step, so that
    a resolver that is silent delays one step only; `way`: function that gives the text of the server for an address,
    None if it cannot be reached; `zone`: a Zone from an earlier time, or None; `fares`: Servers."""

    def __init__(self, host, rtype, resolvers, way, zone, fares):
        self.result = None
        self.zone = zone
        self._host = host
        self._rtype = rtype
        self._resolvers = resolvers
        self._way = way
        self._fares = fares
        self._lookup = None  # of the step that is under way
        self._then = None  # function(result, now) of that step; returns actions
        self._aliases = 0
        self._parents = 0
        self._names = []  # servers of the zone whose addresses are still to be looked up
        self._addresses = []

    @property
    def deadline(self):
        return None if self._lookup is None else self._lookup.deadline

    @property
    def open(self):
        return [] if self._lookup is None else self._lookup.open

    def start(self, now):
        if self.zone is not None:
            self._host = self.zone.host
            return self._ask_zone(self.zone.servers, now)
        return self._find_zone(now)

    def answered(self, query, answer, now):
        return self._go_on(self._lookup.answered(query, answer, now), now)

    def failed(self, query, reason, now):
        return self._go_on(self._lookup.failed(query, reason, now), now)

    def timed_out(self, now):
        return self._go_on(self._lookup.timed_out(now), now)

    def cancel(self):
        return [] if self._lookup is None else self._lookup.cancel()

    # -- the steps -----------------------------------------------------------------------------------------------

    def _find_zone(self, now):
        return self._step(self._host, CNAME, self._resolvers(now), True, self._zone_found, now)

    def _zone_found(self, result, now):
        if result.status == FOUND:
            self._aliases += 1
            if self._aliases > MAX_ALIASES:
                return self._fail("more than %d aliases in a row" % MAX_ALIASES)
            self._host = result.values[0]
            return self._find_zone(now)
        if result.status not in (NODATA, NXDOMAIN):
            return self._fail(result.reason)
        return self._find_servers(result.zone or self._host, now)

    def _find_servers(self, zone, now):
        def found(result, now):
            if result.status == FOUND:
                self._names = result.values[:MAX_SERVERS]
                return self._find_address(now)
            self._parents += 1
            parent = result.zone if result.zone and result.zone != zone else zone.partition(".")[2]
            if not parent or self._parents > MAX_PARENTS:
                return self._fail("the servers of its zone are not found")
            return self._find_servers(parent, now)

        return self._step(zone, NS, self._resolvers(now), True, found, now)

    def _find_address(self, now, rtype=A):
        """The addresses of the next server, IPv4 first: a zone without any is rare."""
        if not self._names:
            return self._ask_zone(self._addresses, now)
        name = self._names[0]

        def found(result, now):
            if result.status == FOUND:
                self._addresses.extend([a for a in result.values if self._way(a) is not None])
            elif rtype == A:
                return self._find_address(now, AAAA)
            self._names.pop(0)
            return self._find_address(now)

        return self._step(name, rtype, self._resolvers(now), True, found, now)

    def _ask_zone(self, addresses, now):
        servers = [self._way(address) for address in addresses]
        servers = [server for server in servers if server is not None][:MAX_SERVERS]
        if not servers:
            return self._fail("the servers of its zone cannot be reached")
        self.zone = Zone(self._host, addresses)
        return self._step(self._host, self._rtype, servers, False, self._concluded, now)

    def _concluded(self, result, now):
        if result.status not in (FOUND, NODATA, NXDOMAIN):
            self.zone = None  # it may have other servers by now
        self.result = result
        return []

    # -- the lookup under way ------------------------------------------------------------------------------------

    def _step(self, name, rtype, servers, recurse, then, now):
        self._lookup = Lookup(name, rtype, servers, self._fares, recurse)
        self._then = then
        return self._go_on(self._lookup.start(now), now)

    def _go_on(self, actions, now):
        result = self._lookup.result
        return actions if result is None else actions + self._then(result, now)

    def _fail(self, reason):
        self.zone = None
        self.result = failed_with(reason)
        return []
