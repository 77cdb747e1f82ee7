"""The peers of one WireGuard interface: when they are read together, and which addresses their endpoints have."""

from ... import ip
from ..actions import Notify, ReadPeers, recovered, trouble
from .peer_state import at_rest, missing

# seconds that an interface may take to start, until its absence is trouble: an `ifup` makes it anew
STARTS = 15


class InterfacePeers:
    """`peers`: [Peer], those that are followed; none if the configuration follows none any more."""

    def __init__(self, name):
        self.name = name
        self.peers = []
        self.asked = False  # whether a reading is under way
        self.unread = False  # whether it was never read since the configuration was loaded
        self._trouble = None  # why it could not be read, if that was said
        self._gone_at = None  # since when it cannot be read; None: it can
        self._lacks_since = None  # since when it has not all of its peers; None: it has, or it cannot be read
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

    def lacks(self, some, now):
        """Return whether it is trouble that it lacks `some` of its peers: an `ifup` makes it before it adds them."""
        if not some:
            self._lacks_since = None
        elif self._lacks_since is None:
            self._lacks_since = now
        return some and now >= self._lacks_since + STARTS

    def read(self, readings):
        """The kernel showed all peers, [wire.wireguard.Peer]; return `(actions, {public key: reading})`."""
        self.asked = False
        if not self.peers:
            return [], {}
        actions = []
        if self._trouble is not None:
            actions = [recovered("readable", self.name, "can be read again")]
        elif self._gone_at is not None:
            actions = [self._start("up", "up: its peers are followed")]
        self._trouble, self._gone_at, self.unread = None, None, False
        self._installed = [reading.address for reading in readings if reading.address is not None]
        return actions, {reading.public_key: reading for reading in readings}

    def pause(self, longest, now):
        """Return the seconds until it is to be read again, `longest` at most: what it lacks may be trouble by then."""
        since = self._lacks_since if self._gone_at is None else self._gone_at
        return longest if since is None or now >= since + STARTS else min(longest, since + STARTS - now)

    def _start(self, code, text):
        """Return the Notify about an interface that starts, or ends to start again."""
        values = {"interface": self.name, "reason": text}
        return Notify("interface", code, (), self.name, text, values)

    def unreadable(self, reason, now):
        """The kernel could not be asked: the peers are missing until it can; return what to say."""
        self.asked = False
        if not self.peers:
            return []
        self.unread = False
        resting = not self.peers[0].config.auto  # it is up when its user wants it: now it is not
        actions = []
        self._lacks_since = None
        if self._gone_at is None:
            self._gone_at = now
            actions = [self._start("not_up", "not up: its peers wait for it")]
        elif self._trouble != reason and now >= self._gone_at + STARTS and not resting:
            self._trouble = reason
            actions = [trouble("unreadable", self.name, reason)]
        for peer in self.peers:
            value = at_rest(self.name) if resting else missing(reason)
            peer.gone(value, False)  # told of the interface, not of each of its peers
        return actions


def literal_endpoints(network_peers):
    """Return {interface: [address]} of the peers whose endpoint is no name."""
    found = {}
    for peer in network_peers:
        address = ip.canonical(peer.endpoint_host) if peer.endpoint_host else None
        if address is not None:
            found.setdefault(peer.interface, []).append(address)
    return found
