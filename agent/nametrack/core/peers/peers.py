"""Every followed peer: their readings by interface, and who hears of which name."""

from ..actions import Log, ReadPeers, SetEndpoint, recovered, trouble
from ..histogram import Histogram
from ..names.rrset import FOUND, SRV
from .endpoint_names import Source
from .peer import Peer
from .tunnel import STALLED

OWED_INTERVAL = 1  # second between two readings while an answer is owed
BUSY_INTERVAL = 0.75  # seconds while there is traffic, so that its end is seen soon
NO_ROUTE = "no route"  # how the reason begins where an address cannot be reached
OUTAGES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
PROBE_READ = 0.5  # seconds from a probe to the reading that shows its answer, or that one is owed


class Peers:
    def __init__(self, timers, resolver, interfaces):
        self.peers = {}  # (interface, public key) -> Peer
        self.names_changed = False  # whether `wanted_names` gives others than before, for the resolver to follow
        self.outages = Histogram(OUTAGES)  # that are over
        self._timers = timers
        self._resolver = resolver
        self._interfaces = interfaces
        self._by_name = {}  # name key -> [Peer]
        self._by_interface = {}  # interface -> [Peer]
        self._asked = set()  # interfaces whose reading is under way
        self._unread = set()  # interfaces that were not read yet
        self._trouble = {}  # interface -> why it could not be read; said once
        self._config = None

    def configure(self, config, servers, remembered, now):
        """Follows exactly the enabled peers of `config`; those that stay keep what is known of them.

        servers: function that gives the tuple of whom a peer's name is asked of; remembered: {host: [(address, port)]},
        the port None where it is the configured one.
        """
        self._config = config
        peers, self._by_interface = {}, {}
        for wanted in config.peers:
            if not wanted.enabled:
                continue
            key = (wanted.interface, wanted.public_key)
            peer = self.peers.get(key)
            if peer is None or peer.config.endpoint_host != wanted.endpoint_host:
                peer = Peer(
                    wanted, Source(wanted.endpoint_host, servers(wanted), wanted.family), self._detour, self._timers
                )
                self._remember(peer, remembered.get(wanted.endpoint_host, []))
            peer.source = peer.source.as_asked(servers(wanted), wanted.family)
            peer.configure(wanted)
            peers[key] = peer
            self._by_interface.setdefault(wanted.interface, []).append(peer)
        for key in self.peers:
            if peers.get(key) is not self.peers[key]:
                self._timers.cancel(self.peers[key].due())
                self._timers.cancel(self.peers[key].probe_due())
        self.peers = peers
        self._listen()
        self._unread = set(self._by_interface)
        self.read_all(now)

    def wanted_names(self):
        """[(name key, host, servers, rtypes)] for the resolver."""
        self.names_changed = False
        found = []
        for peer in self._in_order():
            found.extend(peer.source.wanted())
        return found

    def known(self, name):
        """The endpoints that are known of each peer with this name."""
        return [peer.candidates.known() for peer in self._by_name.get(name.key, ())]

    def due(self, key, now):
        """The timer ("read", interface), ("peer", peer key) or ("probe", peer key) is due."""
        if key[0] == "read":
            return self._read(key[1], now)
        peer = self.peers.get(key[1])
        if peer is None:
            return []
        if key[0] == "probe":
            actions = peer.probe(now, self._config.probe_interval)
            if actions:
                self._timers.set(("read", peer.config.interface), now + PROBE_READ)
            return actions
        # On the latest facts: what was tried may have answered since the last reading.
        peer.try_due = True
        return self._read(peer.config.interface, now)

    def name_answered(self, name, now):
        """One of a name's RRsets was answered, or failed."""
        actions = []
        for peer in self._by_name.get(name.key, ()):
            service = name.questions.get(SRV)
            if service is not None and service.rrset is not None and service.rrset.status == FOUND:
                self.names_changed = peer.source.service_answered(service.rrset.values) or self.names_changed
            # All of it is waited for at the start, so that the first choice is not the luck of the faster answer.
            endpoints = peer.source.endpoints(self._resolver.names, peer.config.endpoint_port)
            if endpoints is not None:
                peer.candidates.answered(endpoints[0], endpoints[1])
                actions.extend(self._evaluate(peer, now))
        if self.names_changed:
            self._listen()
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
        pause = self._config.peer_interval
        for peer in self._by_interface[interface]:
            reading = by_key.get(peer.config.public_key)
            if reading is None:
                peer.missing = "%s has no such peer" % interface
            outage = peer.read(reading, now, wall)
            if outage is not None:
                self.outages.observe(outage)
            if peer.tunnel.owed_since is not None:
                pause = min(pause, OWED_INTERVAL)
            elif peer.tunnel.busy:
                pause = min(pause, BUSY_INTERVAL)
        self._timers.set(("read", interface), now + pause)
        for peer in self._by_interface[interface]:
            actions.extend(peer.route() + self._evaluate(peer, now))
            if peer.try_due:
                more, ask = peer.next_try(now, self._config)
                actions.extend(self._ordered(more, peer, ask, now))
        return actions

    def unreadable(self, interface, reason, now):
        """The interface could not be read: it is tried again, its peers are missing meanwhile."""
        self._asked.discard(interface)
        if interface not in self._by_interface:
            return []
        self._unread.discard(interface)
        self._timers.set(("read", interface), now + self._config.peer_interval)
        peers = self._by_interface[interface]
        at_rest = not peers[0].config.auto  # it is up when its user wants it: now it is not
        actions = []
        if self._trouble.get(interface) != reason and not at_rest:
            self._trouble[interface] = reason
            actions = [trouble(interface, reason)]
        for peer in peers:
            peer.missing = reason
            peer.read(None, now, 0)
            if at_rest:
                peer.standing.put("disabled", "%s is down, and its option auto is 0" % interface)
            else:
                peer.standing.put("missing", reason)
        return actions

    def endpoint_failed(self, action, reason, now):
        """A SetEndpoint could not be carried out."""
        peer = self.peers.get((action.interface, action.public_key))
        if peer is None:
            return []
        if reason.startswith(NO_ROUTE):
            peer.no_route(action.address, now)
            said = Log("info", "%s: %s passed over: %s" % (peer.label, action.address, reason))
            return [said] + self._evaluate(peer, now)
        peer.not_set()
        self._timers.set(("read", action.interface), now + OWED_INTERVAL)
        return [Log("warning", "%s: endpoint %s not set: %s" % (peer.label, action.address, reason))]

    def is_dead(self, interface, now):
        """Return whether every peer of an interface owes a reply for stall_timeout; None if it has no followed peer."""
        lives = [peer.tunnel.life(now, self._config.stall_timeout) for peer in self._by_interface.get(interface, ())]
        return all(life == STALLED for life in lives) if lives else None

    def routes_changed(self):
        """A network interface came or went: what had no route may have one."""
        for peer in self._in_order():
            peer.routes_changed()

    def reroute(self, came_up, now):
        """The network's interfaces are known anew; `came_up`: names of those that came up since they were before."""
        actions = []
        for peer in self._in_order():
            actions.extend(self._ordered(peer.reroute(came_up, now), peer, False, now))
        return actions

    def ask(self, now):
        """The network is another one: every name is asked as soon as may be."""
        for peer in self._in_order():
            for key in peer.source.keys():
                if key in self._resolver.names:
                    self._resolver.ask(self._resolver.names[key], now)

    def read_all(self, now):
        """Somebody may have changed the peers: they are read now."""
        for interface in sorted(self._by_interface):
            self._timers.set(("read", interface), now)

    def settled(self):
        """Whether every interface was read once and no endpoint waits for its name's first answer."""
        return not self._unread and not self._asked

    def _in_order(self):
        return [self.peers[key] for key in sorted(self.peers)]

    def _listen(self):
        self._by_name = {}
        for peer in self._in_order():
            for key in peer.source.keys():
                self._by_name.setdefault(key, []).append(peer)

    def _remember(self, peer, endpoints):
        port = peer.config.endpoint_port
        known = [(a, port if p is None else p) for a, p in endpoints if peer.wants(a)]
        peer.candidates.remember(known)

    def _detour(self, config, address):
        """The interface that a host route to the address would be asked of; None if none is to be asked for."""
        if config.nohostroute or address is None:
            return None
        if config.tunlink is not None:
            return config.tunlink if self._interfaces.is_up(config.tunlink) else None
        return self._interfaces.detour(address, config.interface)

    def _read(self, interface, now):
        if interface in self._asked or interface not in self._by_interface:
            return []
        self._asked.add(interface)
        return [ReadPeers(interface)]

    def _evaluate(self, peer, now):
        actions, ask = peer.evaluate(now, self._config, peer.source.state(self._resolver.names))
        return self._ordered(actions, peer, ask, now)

    def _ordered(self, actions, peer, ask, now):
        """Follows up on what a peer ordered: a new endpoint is read back, a reading under way is out of date."""
        if ask:
            for key in peer.source.keys():
                if key in self._resolver.names:
                    actions = actions + self._resolver.ask_truth(self._resolver.names[key], now)
        if any(isinstance(action, SetEndpoint) for action in actions):
            interface = peer.config.interface
            peer.ignore_reading = interface in self._asked
            self._timers.set(("read", interface), now + OWED_INTERVAL)
        return actions
