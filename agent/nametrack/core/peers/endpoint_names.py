"""Where a peer's candidates come from: the addresses of its name, or a service's targets with their ports (RFC 2782).

A host that begins with `_`, as `_wireguard._udp.example.net`, is looked up as SRV. Its targets come in the order of
their priority, and of equal ones the heavier first: chance has no place where one tunnel is to stay where it is.
"""

from ..names.rrset import RTYPES, SRV
from ..names.sources import is_local

MAX_TARGETS = 16


class EndpointNames:
    """`servers`: tuple of the listed nameservers; beside: whether names that are not local may be asked past them."""

    def __init__(self, host, servers, family, beside):
        self.host = host
        self.servers = servers
        self.is_service = host.startswith("_")
        self.rtypes = RTYPES[family]
        self.key = (host, servers)
        self.beside = beside and not is_local(host)
        self._targets = []  # of a service: [(target, port, priority)] in order

    def replaced_by(self, other):
        """Return the names as another configuration has them; of a service the targets stay."""
        other._targets = self._targets if other.host == self.host else []
        return other

    def wanted(self):
        """[(name key, host, servers, rtypes)] for the resolver."""
        if not self.is_service:
            return [(self.key, self.host, list(self.servers), self.rtypes)]
        found = [(self.key, self.host, list(self.servers), (SRV,))]
        for target in sorted(set([target for target, _, _ in self._targets])):
            found.append(((target, self.servers), target, list(self.servers), self.rtypes))
        return found

    def keys(self):
        """The keys of the names it hears of."""
        return [key for key, _, _, _ in self.wanted()]

    def service_answered(self, records):
        """DNS named these targets: whether they are others than before. No answer takes none of them away."""
        keyed = [(r.priority, -r.weight, r.target, r.port) for r in records if r.target and r.port]
        targets = [(target, port, priority) for priority, _, target, port in sorted(keyed)][:MAX_TARGETS]
        if not targets or targets == self._targets:
            return False
        self._targets = targets
        return True

    def endpoints(self, names, port, source):
        """Return what a source names now as [(address, port)]; None while some of it was not tried once."""
        if not self.is_service:
            name = names[self.key]
            return name.endpoints(self.rtypes, port, source) if name.tried(self.rtypes, source) else None
        found = []
        for target, port, _ in self._targets:
            name = names.get((target, self.servers))
            if name is None or not name.tried(self.rtypes, source):
                return None
            found.extend(name.endpoints(self.rtypes, port, source))
        return found

    def tried(self, names):
        """Return whether the listed nameservers answered, or failed to, for all of it at least once."""
        if self.is_service and not names[self.key].tried((SRV,)):
            return False
        return all(key in names and names[key].tried(rtypes) for key, _, _, rtypes in self.wanted())

    def state(self, names):
        """`(state, reason)` of the name, and of a service the worst of its targets'."""
        if not self.is_service:
            return names[self.key].state(self.rtypes)
        state = names[self.key].state((SRV,))
        if state[0] != "current":
            return state
        for target, _, _ in self._targets:
            name = names.get((target, self.servers))
            theirs = ("unknown", "not answered yet") if name is None else name.state(self.rtypes)
            if theirs[0] != "current":
                return theirs[0], "%s: %s" % (target, theirs[1])
        return state

    def followed(self, names):
        """Return those of its names that are followed."""
        return [names[key] for key in self.keys() if key in names]

    def next_query(self, resolver):
        """When one of its names is asked again, monotonic seconds; None while one is under way."""
        times = [resolver.next_query(name, rtypes) for name, rtypes in self._followed(resolver.names)]
        return None if not times or None in times else min(times)

    def answered_at(self, names):
        """As Name.answered_at, of all its names."""
        times = [name.answered_at(rtypes) for name, rtypes in self._followed(names)]
        return None if not times or None in times else min(times)

    def failed(self, names):
        """As Name.failed, of the name that fares worst."""
        return max([0] + [name.failed(rtypes) for name, rtypes in self._followed(names)])

    def history(self, names, source):
        """Return `(answered, failures)` of a source: when its oldest answer came, monotonic seconds, and the failed
        lookups in a row of the name that fares worst. answered: None if it has not answered all that was asked."""
        asked = [question for name, _ in self._followed(names) for question in name.of(source).values()]
        times = [question.answered_at for question in asked]
        answered = None if not times or None in times else min(times)
        return answered, max([0] + [question.failures for question in asked])

    def _followed(self, names):
        return [(names[key], rtypes) for key, _, _, rtypes in self.wanted() if key in names]


def unhurried(peers):
    """Return the keys of the names whose peers, [Peer], stay where they are while that works, whatever DNS adds."""
    hurried = set([key for peer in peers if peer.config.follow == "dns" for key in peer.names.keys()])
    return set([key for peer in peers for key in peer.names.keys()]) - hurried
