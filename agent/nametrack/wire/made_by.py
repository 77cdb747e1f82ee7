"""Who made a rule, a nexthop or a route of the kernel's: nothing else is read of them (see rules, nexthops, routes)."""

from . import netlink, rtnetlink
from .netlink import NATIVE

_HEADERS = {rtnetlink.NEW_RULE: 12, rtnetlink.NEW_NEXTHOP: 8, rtnetlink.NEW_ROUTE: 12}  # bytes
_PLACES = {rtnetlink.NEW_NEXTHOP: 2, rtnetlink.NEW_ROUTE: 5}  # of nh_protocol and rtm_protocol
_RULE_PROTOCOL = 21  # FRA_PROTOCOL


def requests(protocol, order=NATIVE):
    """Return functions(seq) that make the requests for all rules and nexthops, and for this protocol's routes.

    A socket without NETLINK_GET_STRICT_CHK is told of all routes.
    """
    asked = [(rtnetlink.GET_NEXTHOP, bytes(8))]
    for family in (rtnetlink.FAMILIES[4], rtnetlink.FAMILIES[6]):
        asked.append((rtnetlink.GET_RULE, bytes([family]) + bytes(11)))
        asked.append((rtnetlink.GET_ROUTE, bytes([family, 0, 0, 0, 0, protocol]) + bytes(6)))
    return [lambda seq, k=kind, h=head: rtnetlink.request(k, netlink.DUMP, seq, h, order) for kind, head in asked]


def protocol(message, order=NATIVE):
    """Return the number of the protocol that made what a message tells of, None if it does not say. NetlinkError."""
    size = _HEADERS.get(message.type)
    if size is None:
        return None
    attributes = rtnetlink.body(message, size, order)
    if message.type in _PLACES:
        return message.payload[_PLACES[message.type]]
    for kind, value in attributes:
        if kind == _RULE_PROTOCOL:
            return netlink.unsigned(value, 1, order)
    return None
