"""netifd's answers on the bus: what `ubus call network.interface dump` says of each interface.

Source: openwrt/netifd, ubus.c (netifd_dump_status) and interface-ip.c. Any part may be missing, and none is trusted.
"""

from collections import namedtuple

from .. import ip

MAX_INTERFACES = 256
MAX_NAMESERVERS = 8

# name: as in /etc/config/network; up: bool; proto: text, "" if it is not said; device: the kernel's interface that
# packets leave through, None while it is down; nameservers: learnt or configured ones, canonical addresses;
# metric4, metric6: of its default route, None if it has none; networks: list of Network, default routes included
Interface = namedtuple("Interface", ("name", "up", "proto", "device", "nameservers", "metric4", "metric6", "networks"))
# What an interface leads to: a route of the main table, or the prefix of an address of its own (metric 0).
# version: 4 or 6; first, last: addresses as integers
Network = namedtuple("Network", ("version", "first", "last", "metric"))

MAX_NETWORKS = 128  # of one interface


def interfaces(answer):
    """The Interfaces in the answer of `dump`, a dict; what is not as it should be is left out."""
    found = []
    for status in _list(answer.get("interface"))[:MAX_INTERFACES]:
        if isinstance(status, dict):
            interface = _interface(status)
            if interface is not None:
                found.append(interface)
    return found


def _interface(status):
    name = status.get("interface")
    if not isinstance(name, str) or not 0 < len(name) <= 64:
        return None
    device, proto = status.get("l3_device"), status.get("proto")
    up = status.get("up") is True
    networks = _networks(status) if up else []
    return Interface(
        name,
        up,
        proto if isinstance(proto, str) else "",
        device if up and isinstance(device, str) and 0 < len(device) <= 15 else None,
        _nameservers(status) if up else [],
        _default_metric(networks, 4),
        _default_metric(networks, 6),
        networks,
    )


def _nameservers(status):
    found = []
    for text in _list(status.get("dns-server")):
        address = ip.canonical(text) if isinstance(text, str) else None
        if address is not None and address not in found:
            found.append(address)
    return found[:MAX_NAMESERVERS]


def is_default(network):
    """Return whether a Network is everything."""
    return network.last - network.first == (1 << (ip.V4_BITS if network.version == 4 else ip.V6_BITS)) - 1


def _networks(status):
    """The Networks of the routes in the main table and of the interface's own addresses."""
    found = []
    for route in _list(status.get("route")):
        if isinstance(route, dict) and "table" not in route:
            metric = route.get("metric", status.get("metric", 0))
            found.append(_network(route.get("target"), route.get("mask"), metric if isinstance(metric, int) else 0))
    for key in ("ipv4-address", "ipv6-address"):
        for address in _list(status.get(key)):
            if isinstance(address, dict):
                found.append(_network(address.get("address"), address.get("mask"), 0))
    return [network for network in found if network is not None][:MAX_NETWORKS]


def _network(target, mask, metric):
    if not isinstance(target, str) or "-" in target or not isinstance(mask, int):
        return None
    span = ip.span("%s/%d" % (target, mask))
    return None if span is None else Network(span[0], span[1], span[2], metric)


def _default_metric(networks, version):
    """The least metric of the default routes for an IP version; None if there is none."""
    metrics = [network.metric for network in networks if network.version == version and is_default(network)]
    return min(metrics) if metrics else None


def _list(value):
    return value if isinstance(value, list) else []
