"""Every followed peer: their readings by interface, and which of them hear of which name."""

from ... import ip
from ..actions import Log, SetEndpoint
from ..histogram import Histogram
from ..names.rrset import FOUND, SRV
from ..names.sources import SOURCES
from .endpoint_names import EndpointNames
from .interface_peers import InterfacePeers, literal_endpoints
from .kernel_endpoint import FRESH, OLD, UNDER_WAY
from .peer import Peer
from .peer_rows import ASK, READ, evaluate
from .peer_state import missing
from .tunnel import OWED_INTERVAL

NO_ROUTE = "no route"  # how the reason begins if an address cannot be reached
OUTAGES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
# The sources beside the listed nameservers are asked in quiet times too, so that their news can be told from habit.
BASELINE_AFTER, BASELINE_EVERY = 1, 86400  # seconds after the peer first answered, and between two such questions
BASELINE_SPREAD = 2  # seconds at most that it is later, by chance
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
        self._by_interface = {}  # interface -> InterfacePeers, also of those that are followed no more
        self._config = None

    def configure(self, config, servers, remembered, now):
        """Follow exactly the enabled peers of `config`; those that stay keep what is known of them.

        servers: function of a PeerConfig that gives the tuple of nameservers for its name; remembered: {host:
        [(address, port)]}, the port None if it is the configured one.
        """
        self._config = config
        peers, by_interface, fixed = {}, {}, literal_endpoints(config.network_peers)
        for wanted in [each for each in config.peers if each.enabled]:
            key = (wanted.interface, wanted.public_key)
            peer = self.peers.get(key)
            # A nameserver of its own is the only one that is to hear of the name.
            beside = not wanted.nameservers or wanted.nameservers == config.nameservers
            names = EndpointNames(wanted.endpoint_host, servers(wanted), wanted.family, beside)
            if peer is None or peer.config.endpoint_host != wanted.endpoint_host:
                peer = Peer(wanted, names, self._detour)
                peer.remember(remembered.get(wanted.endpoint_host, []))
            peer.names = peer.names.replaced_by(names)
            peer.configure(wanted)
            peers[key] = peer
            by_interface.setdefault(wanted.interface, []).append(peer)
        for key in self.peers:
            if peers.get(key) is not self.peers[key]:
                for what in ("peer", "probe", "baseline"):
                    self._timers.cancel((what, key))
        self.peers = peers
        self._listen()
        for name in set(list(self._by_interface) + list(by_interface) + list(fixed)):
            self._of(name).configure(by_interface.get(name, []), fixed.get(name, []))
        self.read_all(now)

    def wanted_names(self):
        """Return [(name key, host, servers, rtypes)] for the resolver."""
        self.names_changed = False
        found = []
        for peer in self._in_order():
            found.extend(peer.names.wanted())
        return found

    def name_keys(self):
        """Return the keys of the names that peers listen to."""
        return list(self._by_name)

    def endpoints_of(self, interface):
        """Return the addresses that a tunnel's own packets go to, or may, as a set: installed or proposed ones."""
        return self._of(interface).endpoints()

    def known(self, name):
        """Return [(peer, its endpoints that are known)] of the peers with this name."""
        return [(peer, peer.proposals.known()) for peer in self._by_name.get(name.key, ())]

    def learnt(self, before):
        """Return [Endpoints] of the peers for which DNS names others than `before`, which known() gave."""
        return [peer.last_good() for peer, endpoints in before if peer.proposals.known() != endpoints]

    def remembered(self):
        """Return [Endpoints] of what DNS named last."""
        return [peer.last_good() for peer in self._in_order() if peer.proposals.known()]

    def remember(self, found):
        """Take what was remembered of hosts: {host: [(address, port)]}, the port None if it is the configured one."""
        for peer in self.peers.values():
            endpoints = found.get(peer.config.endpoint_host)
            if endpoints is not None and peer.proposals.known() == peer.proposals.last_good:
                peer.remember(endpoints)

    def due(self, key, now):
        """The timer ("read", interface), or ("peer", "probe" or "baseline", peer key) is due."""
        if key[0] == "read":
            return self._of(key[1]).ask()
        peer = self.peers.get(key[1])
        if peer is None:
            return []
        if key[0] == "baseline":
            self._timers.set(key, now + BASELINE_EVERY + BASELINE_SPREAD * self._resolver.random())
            return self._ask_beside(peer, now)
        if key[0] == "probe":
            actions, again_at = peer.probe(now, self._config.probe_interval)
            if again_at is not None:
                self._timers.set(key, again_at)
            if actions:
                self._timers.set(("read", peer.config.interface), now + PROBE_READ)
            return actions
        # On the latest facts: what was tried may have answered since the last reading.
        return self._of(peer.config.interface).ask()

    def name_answered(self, name, now):
        """One of a name's RRsets was answered by a source, or failed."""
        actions = []
        for peer in self._by_name.get(name.key, ()):
            peer.stir()
            service = name.questions.get(SRV)
            if service is not None and service.rrset is not None and service.rrset.status == FOUND:
                self.names_changed = peer.names.service_answered(service.rrset.values) or self.names_changed
            for source in SOURCES:
                # All of it is waited for at the start, so that the first choice is not the luck of the faster answer.
                endpoints = peer.names.endpoints(self._resolver.names, peer.config.endpoint_port, source)
                if endpoints is not None:
                    peer.proposals.heard(source, endpoints, peer.installed, now)
            if peer.names.tried(self._resolver.names):
                actions.extend(self._evaluate(peer, now, OLD))
        if self.names_changed:
            self._listen()
        return actions

    def read(self, interface, readings, now, wall):
        """The kernel's peers of one interface."""
        group, pause = self._of(interface), self._config.peer_interval
        actions, by_key = group.read(readings)
        lacks = group.lacks(any(peer.config.public_key not in by_key for peer in group.peers), now)
        for peer in group.peers:
            reading = by_key.get(peer.config.public_key)
            if reading is None:
                actions.extend(peer.gone(missing("%s has no such peer" % interface), lacks))
                continue
            new = peer.tunnel.proof_since is None
            said, outage = peer.read(reading, now, wall)
            actions.extend(said)
            if outage is not None:
                self.outages.observe(outage)
            pause = peer.tunnel.pause(pause)
            if peer.probing.begin():
                self._timers.set(("probe", peer.key), now)
            if new and peer.tunnel.proof_since is not None:
                after = BASELINE_AFTER + BASELINE_SPREAD * self._resolver.random()
                self._timers.set(("baseline", peer.key), now + after)
        if group.peers:
            self._timers.set(("read", interface), now + group.pause(pause, now))
        for peer in group.peers:
            if not peer.rests(now):  # most tunnels of most readings show what they showed before
                actions.extend(peer.check_way() + self._evaluate(peer, now, FRESH))
        return actions

    def unreadable(self, interface, reason, now):
        """The interface could not be read: it is tried again, its peers are missing meanwhile."""
        group = self._of(interface)
        actions = group.unreadable(reason, now)
        if group.peers:
            self._timers.set(("read", interface), now + group.pause(self._config.peer_interval, now))
        for peer in group.peers:
            self._timers.cancel(("peer", peer.key))
        return actions

    def endpoint_set(self, action):
        """A SetEndpoint was carried out."""
        peer = self.peers.get((action.interface, action.public_key))
        return [] if peer is None else peer.endpoint_set(action)

    def endpoint_failed(self, action, reason, now):
        """A SetEndpoint could not be carried out."""
        peer = self.peers.get((action.interface, action.public_key))
        if peer is None:
            return []
        if reason.startswith(NO_ROUTE):
            peer.endpoint_failed(action.address, True, now)
            said = "%s: %s passed over: %s" % (peer.label, action.address, reason)
            return [Log("info", said)] + self._evaluate(peer, now, OLD)
        peer.endpoint_failed(action.address, False, now)
        self._timers.set(("read", action.interface), now + OWED_INTERVAL)
        return [Log("warning", "%s: endpoint %s not set: %s" % (peer.label, action.address, reason))]

    def follows(self, interface):
        """Return whether the peers of an interface are read."""
        return bool(self._of(interface).peers)

    def endpoints(self):
        """Return the addresses of every endpoint that is installed, named by DNS or written in the configuration."""
        hosts = [peer.endpoint_host for peer in self._config.network_peers]
        found = set([host for host in hosts if host is not None and ip.packed(host) is not None])
        for peer in self.peers.values():
            found.update([address for address, _ in peer.proposals.known()])
            if peer.installed is not None:
                found.add(peer.installed[0])
        return sorted(found)

    def reroute(self, came_up, now):
        """The network's interfaces are known anew; `came_up`: names of those that came up since they were before."""
        actions = []
        for peer in self._in_order():
            actions.extend(self._ordered(peer.way_changed(came_up, now, self._stand(peer)), peer, now))
        return actions

    def network_changed(self, now):
        """The network may be another one: each name is asked soon, and what does not answer is tried at once."""
        actions = []
        for peer in self._in_order():
            for key in peer.names.keys():
                if key in self._resolver.names:
                    self._resolver.ask(self._resolver.names[key], now)
            more, ask = peer.hurry(now, self._config)
            actions.extend(more + (self._ask_everywhere(peer, now) if ask else []))
        self.read_all(now)
        return actions

    def read_all(self, now):
        """Another program may have changed the peers: they are read now."""
        for interface in filter(self.follows, sorted(self._by_interface)):
            self._timers.set(("read", interface), now)

    def settled(self):
        """Whether every interface was read once and no endpoint waits for its name's first answer."""
        return not any(group.unread or group.asked for group in self._by_interface.values())

    def _in_order(self):
        return [self.peers[key] for key in sorted(self.peers)]

    def _listen(self):
        self._by_name = {}
        for peer in self._in_order():
            for key in peer.names.keys():
                self._by_name.setdefault(key, []).append(peer)

    def _of(self, interface):
        """The InterfacePeers with this name."""
        if interface not in self._by_interface:
            self._by_interface[interface] = InterfacePeers(interface)
        return self._by_interface[interface]

    def _detour(self, config, address):
        """The interface that a host route to the address would be asked of; None if none is to be asked for."""
        if config.nohostroute or address is None:
            return None
        if config.tunlink is not None:
            return config.tunlink if self._interfaces.is_up(config.tunlink) else None
        return self._interfaces.detour(address, config.interface)

    def _stand(self, peer):
        return UNDER_WAY if self._of(peer.config.interface).asked else OLD

    def _evaluate(self, peer, now, reading):
        if reading != FRESH:
            reading = self._stand(peer)
        host_state = peer.names.state(self._resolver.names)
        actions, want = evaluate(peer, now, self._config, host_state, reading)
        actions = self._ordered(actions, peer, now)
        wake_at = now if want == READ else peer.wake_at(now, self._config)
        if wake_at is None:
            self._timers.cancel(("peer", peer.key))
        else:
            self._timers.set(("peer", peer.key), wake_at)
        if reading == FRESH and not actions:
            peer.rest(now, wake_at)
        return actions + self._ask_everywhere(peer, now) if want == ASK else actions

    def _ask_everywhere(self, peer, now):
        """Have every source asked for the names of a peer, as soon as may be and before all other names."""
        actions = []
        for name in peer.names.followed(self._resolver.names):
            actions.extend(self._resolver.ask_urgently(name, now))
        return actions + self._ask_beside(peer, now)

    def _ask_beside(self, peer, now):
        """Have the sources beside the listed nameservers asked, if the names may be asked past those."""
        actions = []
        for name in peer.names.followed(self._resolver.names) if peer.names.beside else []:
            actions.extend(self._resolver.ask_beside(name, now))
        return actions

    def _ordered(self, actions, peer, now):
        """A new endpoint is read back soon."""
        if any(isinstance(action, SetEndpoint) for action in actions):
            self._timers.set(("read", peer.config.interface), now + OWED_INTERVAL)
        return actions
