"""What /etc/config/network says of interfaces and of WireGuard peers.

netifd's wireguard.sh (packages wireguard-tools and amneziawg-tools) takes the peers of the interface `wg0` from the
sections of type `wireguard_wg0` or `amneziawg_wg0`, named or not.
"""

from collections import namedtuple

from ..ordering import result
from .option_values import device, interface, quoted
from .options import NETWORK_INTERFACE, NETWORK_PEER
from .section import sections

# Values of `proto` that make a tunnel; OpenVPN's interfaces have none of their own.
VPN_PROTOS = ("wireguard", "amneziawg", "openconnect", "openvpn", "pptp", "l2tp", "sstp", "vpnc", "xfrm")
VPN_DEVICES = ("tun", "tap", "wg")


class NetworkInterface:
    """An interface of netifd.

    tunlink: the interface that the tunnel's own packets leave through, or None; fwmark: whether those packets are
    marked, so that rules can tell them from what goes into the tunnel; auto: whether netifd starts it by itself.
    """

    def __init__(self, name, values):
        self.name = name
        self.proto = values["proto"]
        self.disabled = values["disabled"]
        self.auto = values["auto"]
        self.nohostroute = values["nohostroute"]
        self.tunlink = values["tunlink"]
        self.fwmark = values["fwmark"] not in (None, "0")
        self._device = values["device"] or values["ifname"] or ""

    def is_vpn(self):
        """Whether it is a tunnel, as far as its section tells."""
        if self.proto in VPN_PROTOS:
            return True
        return self.proto == "none" and any(self._device.startswith(name) for name in VPN_DEVICES)


# endpoint_host: canonical address, host name or None; section: the name of its section as the uci tool writes it;
# written: Section.written of allowed_ips
NetworkPeer = namedtuple(
    "NetworkPeer",
    (
        "interface",
        "public_key",
        "description",
        "disabled",
        "endpoint_host",
        "endpoint_port",
        "allowed_ips",
        "route_allowed_ips",
        "persistent_keepalive",
        "section",
        "written",
    ),
)

PEER_TYPES = ("wireguard_", "amneziawg_")


def read(network_sections, report):
    """`(interfaces, peers)`: dict of NetworkInterface by name, list of NetworkPeer in the order of the file.

    Options that are none of our business are passed over in silence, private and preshared keys among them.
    """
    return result(reading(network_sections, report))


def reading(network_sections, report):
    """Do the same a step at a time: a generator, whose value they are."""
    interfaces, peers, places = {}, [], {}
    for section in sections(network_sections, report, "network "):
        yield len(NETWORK_PEER)
        if section.kind == "interface":
            _read_interface(section, interfaces)
        for kind in PEER_TYPES:
            if section.kind.startswith(kind):
                peer = _read_peer(section, section.kind[len(kind) :])
                if peer is not None:
                    _add_peer(peer, peers, places, section)
    return interfaces, peers


def _add_peer(peer, peers, places, section):
    """Adds a peer; `places`: {(interface, public key): its place in `peers`}. netifd passes disabled sections over."""
    key = (peer.interface, peer.public_key)
    place = places.get(key)
    if place is None:
        places[key] = len(peers)
        peers.append(peer)
    elif peers[place].disabled:
        peers[place] = peer
    elif not peer.disabled:
        section.reject("interface '%s' has a peer with this public_key already" % peer.interface)


def _read_interface(section, interfaces):
    if interface(section.name)[1] is not None:
        section.reject("%s is not the name of an interface" % quoted(section.name))
    elif section.name in interfaces:
        section.reject("the interface is there already")
    else:
        values = section.read(NETWORK_INTERFACE, {})
        interfaces[section.name] = NetworkInterface(section.name, values)


def _read_peer(section, name):
    problem = device(name)[1]
    if problem is not None:
        section.reject(problem)
        return None
    values = section.read(NETWORK_PEER, {})
    if not section.usable:
        return None
    return NetworkPeer(interface=name, section=section.name, written=section.written("allowed_ips"), **values)


def wants(section_type):
    """Whether a section of /etc/config/network is one that `read` looks at; the others need not be kept."""
    return section_type == "interface" or any(section_type.startswith(prefix) for prefix in PEER_TYPES)
