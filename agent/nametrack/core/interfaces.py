"""The network's interfaces as netifd describes them: which are up, through which device, with which nameservers.

Changes come in storms: an `ifup` is a hotplug event, a notification and a few updates. They are gathered, and netifd
is asked once for how things stand then, so that the last state wins.
"""

from .. import ip
from .actions import ReadInterfaces

SETTLE = 0.2  # seconds in which changes are gathered
INTERVAL = 1  # second at least between two readings
EVERYTHING = {4: (1 << ip.V4_BITS) - 1, 6: (1 << ip.V6_BITS) - 1}  # last - first of a default route
TUNNELS = ("wireguard", "amneziawg")  # values of `proto`: never the way to an endpoint or a nameserver by themselves
# (version, first, last) of addresses that lead nowhere on the internet: RFC 1918, RFC 6598, RFC 4193.
PRIVATE = [ip.span(p) for p in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")]
VIA = "@"  # before the name of an interface in a list of nameservers; between address and device in what comes of it


class Interfaces:
    def __init__(self, timers):
        self.known = {}  # name -> wire.netifd.Interface
        self.told = False  # whether netifd told of them
        self._timers = timers
        self._came_up = set()  # names of those that came up since the last reading
        self._waiting = False
        self._announced = False  # whether a change is being looked into
        self._read_at = None

    def came_up(self, name, now):
        """An interface came up, for the first time or again: routes that it had are gone. `due` follows."""
        self._came_up.add(name)
        return self.changed(now)

    def changed(self, now):
        """An interface came, went or changed: `due` follows."""
        if not self._waiting:
            self._waiting = True
            at = now + SETTLE
            self._timers.set(("interfaces",), at if self._read_at is None else max(at, self._read_at + INTERVAL))
        return []

    def due(self, now):
        """The timer ("interfaces",) is due."""
        self._waiting = False
        self._announced = True
        self._read_at = now
        return [ReadInterfaces("netifd")]

    def read(self, interfaces):
        """netifd's own words: `(whether a change was announced or seen, names of those that came up since)`."""
        self.told = True
        before, self.known = self.known, {interface.name: interface for interface in interfaces}
        came_up, self._came_up = self._came_up, set()
        announced, self._announced = self._announced, False
        return announced or before != self.known, came_up

    def is_up(self, name):
        """Whether an interface is known, and up."""
        return name in self.known and self.known[name].device is not None

    def device(self, name):
        """Return the name of the device that packets leave an interface through, None while it is down or unknown."""
        return self.known[name].device if name in self.known else None

    def names(self, name):
        """Return the names of the interfaces that a name means: its own, or those that have the device of this name."""
        return [name] if name in self.known else [n for n in sorted(self.known) if self.known[n].device == name]

    def devices(self, names):
        """Return the devices of these interfaces, those that are up; a name that is no interface is one of a device."""
        found = []
        for name in names:
            device = self.known[name].device if name in self.known else name
            if device is not None and device not in found:
                found.append(device)
        return found

    def nameservers(self, listed):
        """The nameservers to ask: `listed` with those of each `@interface` in its place, as `address@device`.

        For an interface that is not up those of the others that lead out stand in, nearest first: where the WAN is
        gone and another one came, the question must not wait for the first.
        """
        found = []
        for server in listed:
            for each in self._of(server[len(VIA) :]) if server.startswith(VIA) else [server]:
                if each not in found:
                    found.append(each)
        return found

    def upstreams(self, version):
        """The interfaces with a default route for IP `version` that are no tunnels, the preferred first."""
        keyed = []
        for name in self.known:
            interface = self.known[name]
            metric = interface.metric4 if version == 4 else interface.metric6
            if metric is not None and interface.device is not None and interface.proto not in TUNNELS:
                keyed.append((metric, name))
        return [self.known[name] for _, name in sorted(keyed)]

    def detour(self, address, tunnel):
        """The name of the interface that leads to an address if `tunnel` does not; None if none does.

        The longest match among all others, the lower metric first. A default route into another tunnel is none: a host
        route stays when the WAN is back, and two full tunnels would lead into each other. What lies in a private
        network behind the tunnel is there and nowhere else: a name that told such an address, as the far side's own
        DNS does, would have a route cut it off until the WAN goes down.
        """
        version, number, best = ip.family(address), ip.number(address), None
        for name in sorted(self.known):
            interface = self.known[name]
            if name == tunnel or interface.device is None:
                continue
            for network in interface.networks:
                if network.version != version or not network.first <= number <= network.last:
                    continue
                if interface.proto in TUNNELS and network.last - network.first == EVERYTHING[version]:
                    continue
                rank = (network.last - network.first, network.metric, name)
                best = rank if best is None or rank < best else best
        behind = self._private_behind(tunnel, version, number)
        return None if best is None or (behind is not None and behind < best[0]) else best[2]

    def _private_behind(self, name, version, number):
        """The size of the smallest private network behind an interface that has an address; None if none has."""
        networks = self.known[name].networks if name in self.known else ()
        sizes = [n.last - n.first for n in networks if n.version == version and n.first <= number <= n.last]
        return min(sizes) if sizes and _is_private(version, number, min(sizes)) else None

    def way(self, address):
        """The text of a server with this address, asked past every tunnel; None if no way out is known for it."""
        if not self.known:
            return address
        upstreams = self.upstreams(ip.family(address))
        return address + VIA + upstreams[0].device if upstreams else None

    def _of(self, name):
        interface = self.known.get(name)
        if interface is not None and interface.device is not None:
            return _through(interface)
        found = []
        for version in (4, 6):
            for other in self.upstreams(version):
                found.extend(_through(other))
        return found


def _is_private(version, number, size):
    """Whether a network that has an address, and is so large, is a private one."""
    return any([of == version and first <= number <= last and size <= last - first for of, first, last in PRIVATE])


def _through(interface):
    return [address + VIA + interface.device for address in interface.nameservers]
