"""Names that are looked up once, for the bus method `resolve`: asked, told, and forgotten.

They go through the resolver like every other name, under a key of their own: a fresh answer is wanted, and what the
followed names know stays as it is. Calls are cheap and questions are not, so many calls make few questions: a name is
asked once in `min_ttl`, and all names together so many times a second.
"""

from ..actions import Reply
from .rrset import RTYPES

LIMIT = 8  # names at once
WAITING = 64  # calls at once
A_SECOND = 10  # names
TOLD = 64  # answers that are kept for `min_ttl`

BUSY = {"addresses": [], "ttl": None, "reason": "too many names at once: try again"}


class Inquiries:
    def __init__(self, resolver):
        self.names_changed = False  # whether `wanted_names` gives others than before, for the resolver to follow
        self._resolver = resolver
        self._open = {}  # name key -> ids of the inquiries
        self._begun = []  # monotonic times of the last A_SECOND lookups
        self._told = {}  # name key -> (monotonic time at which it was asked, answer)

    def begin(self, number, host, servers, now):
        """Look up a host for the inquiry `number`; servers: tuple of nameservers."""
        key = (host, servers, "once")
        if key in self._open:
            if sum([len(ids) for ids in self._open.values()]) >= WAITING:
                return [Reply(number, BUSY)]
            self._open[key].append(number)
            return []
        asked_at, values = self._told.get(key, (None, None))
        if asked_at is not None and now - asked_at < self._resolver.settings.min_ttl:
            return [Reply(number, values)]
        if len(self._open) >= LIMIT or (len(self._begun) == A_SECOND and now - self._begun[0] < 1):
            return [Reply(number, BUSY)]
        self._begun = self._begun[1 - A_SECOND :] + [now]
        self._open[key] = [number]
        self.names_changed = True
        return []

    def asks(self, name):
        """Return whether this name is only one of them."""
        return name.key in self._open

    def wanted_names(self):
        """Return [(name key, host, servers, rtypes)] for the resolver."""
        self.names_changed = False
        return [(key, key[0], list(key[1]), RTYPES["any"]) for key in sorted(self._open)]

    def name_answered(self, name):
        """One of a name's RRsets was answered, or failed; with the last one the inquiry is over."""
        if not name.tried(RTYPES["any"]):
            return []
        self.names_changed = True
        rrsets = [q.rrset for q in name.questions.values() if q.rrset is not None]
        found = [rrset.ttl for rrset in rrsets if rrset.holds()]
        addresses = [address for address, _ in name.endpoints(RTYPES["any"], 0)]
        values = {"addresses": addresses, "ttl": min(found) if found else None}
        values["reason"] = name.state(RTYPES["any"])[1]
        self._keep(name.key, min([q.asked_at for q in name.questions.values()]), values)
        return [Reply(number, values) for number in self._open.pop(name.key)]

    def _keep(self, key, asked_at, values):
        if len(self._told) >= TOLD:
            del self._told[min(self._told, key=lambda k: (self._told[k][0], k))]
        self._told[key] = (asked_at, values)
