"""The sections `peer` and the peers of /etc/config/network, joined: which peers are followed, and how."""

from collections import namedtuple

from ... import ip
from .option_values import printable
from .options import PEER, PEER_IDENTITY
from .section import Section

# probe_address: None if no address is known to answer; persistent_keepalive: seconds, 0 for off; nohostroute, tunlink
# fwmark (whether there is one) and auto (whether netifd starts it by itself): of its interface; in_network: False for
# a peer that only the kernel knows
PeerConfig = namedtuple(
    "PeerConfig",
    (
        "interface",
        "public_key",
        "description",
        "enabled",
        "endpoint_host",
        "endpoint_port",
        "family",
        "follow",
        "probe",
        "probe_address",
        "nameservers",
        "persistent_keepalive",
        "allowed_ips",
        "route_allowed_ips",
        "nohostroute",
        "tunlink",
        "fwmark",
        "auto",
        "in_network",
    ),
)


def reading(found, settings, interfaces, network_peers, network_name):
    """Tell which peers to follow: those of /etc/config/network in their order, then those it has not.

    A generator, whose value is [PeerConfig].

    found: the sections `peer`; settings: {global option: value}; interfaces, network_peers: as network.read gives them;
    network_name: where those come from, for people.
    """
    known = {}
    for peer in network_peers:
        known[peer.interface, peer.public_key] = peer
    listed, alone = {}, []
    names = {}  # of the section that was first about a peer
    for section in found:
        yield len(PEER)
        identity = section.read(PEER_IDENTITY, {})
        section.report_unknown([option.name for option in PEER_IDENTITY + PEER])
        if not section.usable:
            continue
        key = (identity["interface"], identity["public_key"])
        if key in names:
            section.reject("section '%s' is about the same peer" % names[key])
            continue
        names[key] = printable(section.name, 60)
        values = section.read(PEER, _inherited(settings, known.get(key)))
        if values["endpoint_host"] is None:
            section.reject(_nothing_to_follow(known.get(key), network_name))
            continue
        listed[key] = _peer(key, values, known.get(key), interfaces)
        if key not in known:
            alone.append(listed[key])
    peers = []
    for peer in network_peers:
        yield len(PEER)
        key = (peer.interface, peer.public_key)
        if key in listed:
            peers.append(listed[key])
        elif settings["track_peers"] == "all" and key not in names and _name(peer) is not None:
            values = Section("peer", "", {}, None).read(PEER, _inherited(settings, peer))  # all of them defaults
            peers.append(_peer(key, values, peer, interfaces))
    return peers + alone


def _name(peer):
    # what is followed is a name; the host of a network peer may be an address too
    return None if peer.endpoint_host is None or ip.packed(peer.endpoint_host) is not None else peer.endpoint_host


def _inherited(settings, peer):
    inherited = {"family": settings["family"], "probe": settings["probe"], "nameserver": settings["nameserver"]}
    if peer is not None:
        inherited["endpoint_host"] = _name(peer)
        inherited["endpoint_port"] = peer.endpoint_port
        inherited["probe_address"] = _first_host(peer.allowed_ips)
    return inherited


def _first_host(allowed_ips):
    for prefix in allowed_ips:
        if "/" not in prefix:
            return prefix
    return None


def _nothing_to_follow(peer, network_name):
    if peer is None:
        return "%s has no such peer, and option 'endpoint_host' is missing" % network_name
    if peer.endpoint_host is None:
        return "option 'endpoint_host' is missing, here and in %s" % network_name
    return "the peer's endpoint_host in %s is an address: there is nothing to follow" % network_name


def _peer(key, values, peer, interfaces):
    interface = interfaces.get(key[0])
    return PeerConfig(
        interface=key[0],
        public_key=key[1],
        description="" if peer is None else peer.description,
        enabled=values["enabled"]
        and (peer is None or not peer.disabled)
        and (interface is None or not interface.disabled),
        endpoint_host=values["endpoint_host"],
        endpoint_port=values["endpoint_port"],
        family=values["family"],
        follow=values["follow"],
        probe=values["probe"],
        probe_address=values["probe_address"],
        nameservers=values["nameserver"],
        persistent_keepalive=0 if peer is None else peer.persistent_keepalive,
        allowed_ips=[] if peer is None else peer.allowed_ips,
        route_allowed_ips=False if peer is None else peer.route_allowed_ips,
        nohostroute=False if interface is None else interface.nohostroute,
        tunlink=None if interface is None else interface.tunlink,
        fwmark=interface is not None and interface.fwmark,
        auto=interface is None or interface.auto,
        in_network=peer is not None,
    )
