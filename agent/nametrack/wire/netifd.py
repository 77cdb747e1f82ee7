"""netifd's answers on the bus: what `ubus call network.interface dump` says of each interface.

Source: openwrt/netifd, ubus.c (netifd_dump_status) and interface-ip.c. Any part may be missing, and none is trusted.
"""

from collections import namedtuple

from .. import ip

MAX_INTERFACES = 256
MAX_NAMESERVERS = 8

# name: as in /etc/config/network; up: bool; proto: text, "" where it is not said; device: the kernel's interface that
# packets leave through, None while it is down; nameservers: learnt or configured ones, canonical addresses;
# metric4, metric6: of its default route, None where it has none
Interface = namedtuple("Interface", ("name", "up", "proto", "device", "nameservers", "metric4", "metric6"))

ANY = (("0.0.0.0", 4), ("::", 6))


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
    metrics = _default_routes(status)
    return Interface(
        name,
        up,
        proto if isinstance(proto, str) else "",
        device if up and isinstance(device, str) and 0 < len(device) <= 15 else None,
        _nameservers(status) if up else [],
        metrics.get(4) if up else None,
        metrics.get(6) if up else None,
    )


def _nameservers(status):
    found = []
    for text in _list(status.get("dns-server")):
        address = ip.canonical(text) if isinstance(text, str) else None
        if address is not None and address not in found:
            found.append(address)
    return found[:MAX_NAMESERVERS]


def _default_routes(status):
    """{4: metric, 6: metric} of the default routes in the main table."""
    found = {}
    for route in _list(status.get("route")):
        if not isinstance(route, dict) or route.get("mask") != 0 or "table" in route:
            continue
        for target, family in ANY:
            if route.get("target") == target:
                metric = route.get("metric", status.get("metric", 0))
                metric = metric if isinstance(metric, int) else 0
                found[family] = min(metric, found.get(family, metric))
    return found


def _list(value):
    return value if isinstance(value, list) else []
