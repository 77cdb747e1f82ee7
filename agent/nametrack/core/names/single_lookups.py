"""Names that somebody wants to know once, as a page that offers to try them: looked up, told, and forgotten.

They go through the resolver like every other name, under a key of their own: a fresh answer is wanted, and what the
followed names know stays as it is.
"""

from ..actions import Reply
from .rrset import RTYPES

LIMIT = 8  # at once: whoever asks for more is told to wait


class Inquiries:
    def __init__(self, resolver):
        self.names_changed = False  # whether `wanted_names` gives others than before, for the resolver to follow
        self._resolver = resolver
        self._open = {}  # name key -> id of the inquiry

    def begin(self, number, host, servers):
        """Looks up a host for the inquiry `number`; servers: tuple of whom to ask."""
        if len(self._open) >= LIMIT:
            return [Reply(number, {"addresses": [], "ttl": None, "reason": "too many names at once: try again"})]
        self._open[host, servers, number] = number
        self.names_changed = True
        return []

    def asks(self, name):
        """Whether this name is only one of them."""
        return name.key in self._open

    def wanted_names(self):
        """[(name key, host, servers, rtypes)] for the resolver."""
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
        return [Reply(self._open.pop(name.key), values)]
