"""The peers of one WireGuard interface: when they are read together, and which addresses their endpoints have."""

from ... import ip
from ..actions import ReadPeers, recovered, trouble
from .peer_state import at_rest, missing


class InterfacePeers:
    """`peers`: [Peer], those that are followed; none if the configuration follows none any more."""

    def __init__(self, name):
        self.name = name
        self.peers = []
        self.asked = False  # whether a reading is under way
        self.unread = False  # whether it was never read since the configuration was loaded
        self._trouble = None  # why it could not be read, if that was said
        self._fixed = []  # addresses that its peers have as literal endpoints in /etc/config/network
        self._installed = []  # addresses of the endpoints that its peers, followed or not, had last

    def configure(self, peers, fixed):
        """Read these peers from now on; fixed: the addresses that the configuration has as endpoints."""
        self.peers, self._fixed = peers, fixed
        self.unread = bool(peers)

    def endpoints(self):
        """Return the addresses that the tunnel's own packets go to, or may, as a set: installed or proposed ones."""
        found = set(self._fixed + self._installed)
        for peer in self.peers:
            found.update(peer.addresses())
        return found

    def ask(self):
        """Return the action that reads the peers, none if a reading is under way or no peer is followed."""
        if self.asked or not self.peers:
            return []
        self.asked = True
        return [ReadPeers(self.name)]

    def read(self, readings):
        """The kernel showed all peers, [wire.wireguard.Peer]; return `(actions, {public key: reading})`."""
        self.asked = False
        if not self.peers:
            return [], {}
        actions = [] if self._trouble is None else [recovered("readable", self.name, "can be read again")]
        self._trouble, self.unread = None, False
        self._installed = [reading.address for reading in readings if reading.address is not None]
        return actions, {reading.public_key: reading for reading in readings}

    def unreadable(self, reason):
        """The kernel could not be asked: the peers are missing until it can; return what to say."""
        self.asked = False
        if not self.peers:
            return []
        self.unread = False
        resting = not self.peers[0].config.auto  # it is up when its user wants it: now it is not
        actions = []
        if self._trouble != reason and not resting:
            self._trouble = reason
            actions = [trouble("unreadable", self.name, reason)]
        for peer in self.peers:
            value = at_rest(self.name) if resting else missing(reason)
            peer.gone(value)
            peer.standing.put(value)  # told of the interface, not of each of its peers
        return actions


def literal_endpoints(network_peers):
    """Return {interface: [address]} of the peers whose endpoint is no name."""
    found = {}
    for peer in network_peers:
        address = ip.canonical(peer.endpoint_host) if peer.endpoint_host else None
        if address is not None:
            found.setdefault(peer.interface, []).append(address)
    return found
