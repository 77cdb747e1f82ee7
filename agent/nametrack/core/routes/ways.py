"""Every way out of the policies: how it is, how its tunnel lives, and what it takes to know that."""

from ... import ip
from ..actions import Probe, ReadPeers, ReadTunnel
from .echoes import Echoes
from .plan import FAMILIES
from .watch import USED, Watch
from .way import Way

WATCH, PROBE, ECHO = ("routes", "watch"), ("routes", "probe"), ("routes", "echo")


class Ways:
    def __init__(self, timers, interfaces, peers):
        self.by_name = {}  # name of an interface -> Way
        self._timers = timers
        self._interfaces = interfaces
        self._peers = peers
        self._watch = Watch()
        self._echoes = Echoes()
        self._seen = None  # of the tunnels: how they live, and all endpoints
        self._config = None

    def configure(self, steered, config):
        """The ways of these policies, a list of Steered, and no others."""
        self._config = config
        names = [name for each in steered for name in each.steering.interfaces]
        self.by_name = {name: self.by_name.get(name) or Way(name) for name in names}
        self._echoes.configure(steered)
        for name in names:
            if self._echoes.checks(name):
                self._timers.set(ECHO, 0)
            else:
                self.by_name[name].echoed(None)

    def endpoints(self):
        """Return the addresses that the packets of tunnels themselves go to."""
        return self._peers.endpoints()

    def read(self, view, local, now):
        """The kernel's links and addresses, in a routing.View; local: {family: Local}. Returns what is to be read."""
        links = {link.name: link for link in view.links}
        for way in self.by_name.values():
            way.device = self._interfaces.device(way.name) or way.name
            way.in_netifd = way.name in self._interfaces.known
            link = links.get(way.device)
            families = [f for f in FAMILIES if link is not None and self._has_family(view, way.name, link.number, f)]
            way.read(link, families, local, self._watch.life(way.device, now, self._config), now)
        return [ReadTunnel(way.device) for way in self._in_order() if way.wants_port()]

    def peers_read(self, event, now):
        """The peers of an interface, PeersRead; True if a tunnel lives otherwise now, or endpoints are others."""
        devices = [way.device for way in self._in_order()]
        if event.interface in devices:
            self._watch.keep(devices)
            self._watch.read(event.interface, event.peers, now, event.wall)
        lives = [self._watch.life(device, now, self._config) for device in devices]
        before, self._seen = self._seen, (lives, self._peers.endpoints())
        return before != self._seen

    def tunnel_read(self, device, port, now):
        """Which port a tunnel sends from, 0 for no tunnel of WireGuard."""
        for way in self.by_name.values():
            if way.device == device:
                way.has_port(port)
        if port:
            self._timers.set(WATCH, now)
            self._timers.set(PROBE, now + self._config.probe_interval)

    def forget_ports(self):
        """They may be others by now."""
        for way in self.by_name.values():
            way.forget_port()

    def await_port(self):
        """Whether a tunnel's port is being asked for: without it, a rule may lead its own packets into the tunnel."""
        return any(way.awaits_port for way in self.by_name.values())

    def chosen(self, now):
        """A policy uses another way now: its echoes are due more often."""
        if any(self._echoes.checks(name) for name in self.by_name):
            self._timers.set(ECHO, now)

    def echo_due(self, steered, now):
        """`(actions, whether a way ceased to work)`: the timer ECHO is due."""
        interval = self._config.probe_interval
        actions, silent, at = self._echoes.due(self.by_name, _used(steered), interval, now)
        if at is not None:
            self._timers.set(ECHO, at)
        return actions, any([self.by_name[name].echoed(False) for name in silent])

    def echo_replied(self, device, address, steered, now):
        """The check address replied through a device; return whether a way works again."""
        news = False
        for way in self._in_order():
            if way.device == device:
                used, interval = _used(steered), self._config.probe_interval
                if self._echoes.replied(way.name, address, used, interval, now):
                    news = way.echoed(True) or news
        return news

    def due(self, key, steered, now):
        """The timer WATCH or PROBE is due; steered: as for configure."""
        return self._look(_used(steered), now) if key == WATCH else self._probe(steered, now)

    def _look(self, used, now):
        """Reads the peers of those ways that are in use, or whose peers nothing else reads."""
        devices, pauses = [], []
        for way in self._in_order():
            followed = self._peers.follows(way.device)
            if way.port and (way.name in used or not followed):
                longest = min(USED, self._config.peer_interval) if way.name in used else self._config.peer_interval
                devices.append(way.device)
                pauses.append(longest if followed else self._watch.pause(way.device, longest))
        if devices:
            self._timers.set(WATCH, now + min(pauses))
        return [ReadPeers(device) for device in devices]

    def _probe(self, steered, now):
        """A tunnel that no policy uses, or that is dead, shakes hands only if something is sent through it."""
        self._timers.set(PROBE, now + self._config.probe_interval)
        used, found = _used(steered), []
        for each in steered:
            for name in each.steering.interfaces:
                way = self.by_name[name]
                address = each.an_address(way) if way.port and name not in used else None
                if address is not None:
                    used.add(name)
                    found.append(Probe(way.device, address))
        return found

    def _has_family(self, view, name, number, family):
        if not any(a.link == number and a.family == family and a.wide for a in view.addresses):
            return False
        peers = [peer for peer in self._config.network_peers if peer.interface == name and not peer.disabled]
        return not peers or any(ip.family(prefix) == family for peer in peers for prefix in peer.allowed_ips)

    def _in_order(self):
        return [self.by_name[name] for name in sorted(self.by_name)]


def _used(steered):
    """The names of the ways that policies use."""
    return set([each.way for each in steered])
