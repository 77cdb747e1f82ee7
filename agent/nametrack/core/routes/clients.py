"""Which packets are a client's: of an address, from an interface, or of the addresses that a MAC address has.

A rule of Linux looks at no MAC address. So a client of that kind is the addresses at which this router's neighbour
table has it: since the client asked for the router's own MAC address, a moment before its first packet. An address
stays its client's until another MAC address has it: a client that is silent drops out of the table, and its next
packet must not go another way.
"""

from ... import destination, ip
from ..actions import FollowNeighbours

MOST = 16  # addresses of one MAC address in each family: those that came last

# characters of the name of a device: a longer one is of an interface of netifd that is down
LONGEST = 15
MAC = "mac"  # kind of a selector.Client; the others: "prefix", "interface"


class Clients:
    def __init__(self, interfaces):
        self._interfaces = interfaces
        self._addresses = {}  # MAC address -> [address, those that came last at the end], of those in policies

    def configure(self, selectors):
        """Policies have these selectors; return the actions that have the neighbours told, or not any more."""
        clients = [client for selector in selectors for client in selector.clients]
        wanted = set([client.value for client in clients if client.kind == MAC])
        if not wanted and not self._addresses:
            return []
        self._addresses = {hardware: self._addresses.get(hardware, []) for hardware in sorted(wanted)}
        return [FollowNeighbours(bool(wanted))]

    def again(self):
        """Return the actions that have all neighbours told once more: news may be lost."""
        return [FollowNeighbours(True)] if self._addresses else []

    def read(self, neighbours):
        """Take in routing.Neighbours, all or those that are news; return whether a client has other addresses now."""
        changed = False
        for neighbour in neighbours:
            if destination.unusable(neighbour.address) is None:  # what is link-local is not forwarded
                changed = self._is_at(neighbour.address, neighbour.hardware) or changed
        return changed

    def addresses(self, hardware):
        """Return the addresses that a MAC address of a policy has, those that came last at the end."""
        return self._addresses[hardware]

    def sources(self, client, family):
        """Return [(field of a routing.Match, value)] of a selector.Client in this family; none if it is not known."""
        if client.kind == "interface":
            device = self._interfaces.device(client.value) or client.value
            return [("iif", device)] if len(device) <= LONGEST else []
        if client.kind == MAC:
            return [("source", a) for a in sorted(self._addresses[client.value]) if ip.family(a) == family]
        return [("source", client.value)] if ip.family(client.value) == family else []

    def _is_at(self, address, hardware):
        changed = False
        for other in self._addresses:
            held = self._addresses[other]
            if other == hardware and address not in held:
                alike = [each for each in held if ip.family(each) == ip.family(address)]
                if len(alike) == MOST:
                    held.remove(alike[0])
                held.append(address)
                changed = True
            elif other != hardware and address in held:
                held.remove(address)
                changed = True
        return changed
