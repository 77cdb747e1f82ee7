"""Every followed peer: their readings by interface, and who hears of which name."""

from .actions import Log, ReadPeers, recovered, trouble
from .peer import Peer

OWED_INTERVAL = 1  # second between two readings while an answer is owed


class Peers:
    def __init__(self, timers, resolver):
        self.peers = {}  # (interface, public key) -> Peer
        self._timers = timers
        self._resolver = resolver
        self._by_name = {}  # name key -> [Peer]
        self._by_interface = {}  # interface -> [Peer]
        self._asked = set()  # interfaces whose reading is under way
        self._unread = set()  # interfaces that were not read yet
        self._trouble = {}  # interface -> why it could not be read; said once
        self._config = None

    def configure(self, config, name_key, remembered, now):
        """Follows exactly the enabled peers of `config`; those that stay keep what is known of them."""
        self._config = config
        peers, self._by_name, self._by_interface = {}, {}, {}
        for wanted in config.peers:
            if not wanted.enabled:
                continue
            key = (wanted.interface, wanted.public_key)
            peer = self.peers.get(key)
            if peer is None or peer.config.endpoint_host != wanted.endpoint_host:
                peer = Peer(wanted, name_key(wanted), self._timers)
                peer.remember(remembered.get(wanted.endpoint_host, []))
            peer.configure(wanted, name_key(wanted))
            peers[key] = peer
            self._by_name.setdefault(peer.name_key, []).append(peer)
            self._by_interface.setdefault(wanted.interface, []).append(peer)
        for key in self.peers:
            if peers.get(key) is not self.peers[key]:
                self._timers.cancel(self.peers[key].due())
        self.peers = peers
        self._unread = set(self._by_interface)
        for interface in sorted(self._by_interface):
            self._timers.set(("read", interface), now)

    def wanted_names(self):
        """[(name key, host, servers, rtypes)] for the resolver."""
        return [(p.name_key, p.name_key[0], list(p.name_key[1]), p.rtypes) for p in self._in_order()]

    def due(self, key, now):
        """The timer ("read", interface) or ("peer", peer key) is due."""
        if key[0] == "read":
            return self._read(key[1], now)
        peer = self.peers.get(key[1])
        if peer is None:
            return []
        actions, ask = peer.next_try(now, self._config.handshake_timeout)
        return self._ordered(actions, peer, ask, now)

    def name_answered(self, name, now):
        """One of a name's RRsets was answered, or failed."""
        actions = []
        for peer in self._by_name.get(name.key, ()):
            # Both families are waited for at the start, so that the first choice is not the luck of the faster answer.
            if name.tried(peer.rtypes):
                peer.answered(name.addresses(peer.rtypes))
                actions.extend(self._evaluate(peer, now))
        return actions

    def read(self, interface, readings, now, wall):
        """The kernel's peers of one interface."""
        self._asked.discard(interface)
        if interface not in self._by_interface:
            return []
        actions = []
        if self._trouble.pop(interface, None) is not None:
            actions.append(recovered(interface, "can be read again"))
        self._unread.discard(interface)
        by_key = {reading.public_key: reading for reading in readings}
        owed = False
        for peer in self._by_interface[interface]:
            reading = by_key.get(peer.config.public_key)
            if reading is None:
                peer.missing = "%s has no such peer" % interface
            peer.read(reading, now, wall)
            owed = owed or peer.tunnel.owed_since is not None
            actions.extend(self._evaluate(peer, now))
        self._timers.set(("read", interface), now + (OWED_INTERVAL if owed else self._config.peer_interval))
        return actions

    def unreadable(self, interface, reason, now):
        """The interface could not be read: it is tried again, its peers are missing meanwhile."""
        self._asked.discard(interface)
        if interface not in self._by_interface:
            return []
        self._unread.discard(interface)
        self._timers.set(("read", interface), now + self._config.peer_interval)
        actions = []
        if self._trouble.get(interface) != reason:
            self._trouble[interface] = reason
            actions = [trouble(interface, reason)]
        for peer in self._by_interface[interface]:
            peer.missing = reason
            peer.read(None, now, 0)
            peer.state, peer.reason = "missing", reason
        return actions

    def endpoint_failed(self, action, reason, now):
        """A SetEndpoint could not be carried out."""
        peer = self.peers.get((action.interface, action.public_key))
        if peer is None:
            return []
        if reason == "no route":
            peer.no_route(action.address, now)
            said = Log("info", "%s: no route to %s: passed over" % (peer.label, action.address))
            return [said] + self._evaluate(peer, now)
        peer.not_set()
        self._timers.set(("read", action.interface), now + OWED_INTERVAL)
        return [Log("warning", "%s: endpoint %s not set: %s" % (peer.label, action.address, reason))]

    def interface_changed(self, now):
        """A network interface came or went: routes and endpoints may be others now."""
        for peer in self._in_order():
            peer.routes_changed()
        for interface in sorted(self._by_interface):
            self._timers.set(("read", interface), now)
        return []

    def settled(self):
        """Whether every interface was read once and no endpoint waits for its name's first answer."""
        return not self._unread and not self._asked

    def _in_order(self):
        return [self.peers[key] for key in sorted(self.peers)]

    def _read(self, interface, now):
        if interface in self._asked or interface not in self._by_interface:
            return []
        self._asked.add(interface)
        return [ReadPeers(interface)]

    def _evaluate(self, peer, now):
        name = self._resolver.names[peer.name_key]
        actions, ask = peer.evaluate(now, self._config.stall_timeout, name.state(peer.rtypes))
        return self._ordered(actions, peer, ask, now)

    def _ordered(self, actions, peer, ask, now):
        """Follows up on what a peer ordered: a new endpoint is read back, a reading under way is out of date."""
        if ask:
            self._resolver.ask(self._resolver.names[peer.name_key], now)
        if any(hasattr(action, "public_key") for action in actions):
            interface = peer.config.interface
            peer.ignore_reading = interface in self._asked
            self._timers.set(("read", interface), now + OWED_INTERVAL)
        return actions
