"""Routes in rtnetlink (include/uapi/linux/rtnetlink.h) and in the words of `ip route`."""

import struct

from .. import ip, routing
from . import netlink, rtnetlink
from .netlink import NATIVE, NetlinkError

_HEADER = 12  # struct rtmsg
_DST, _OIF, _GATEWAY, _PRIORITY, _MULTIPATH, _TABLE, _VIA, _NEXTHOP = 1, 4, 5, 6, 9, 15, 18, 30  # RTA_*
_UNICAST = 1  # RTN_UNICAST
_CLONED = 0x200  # RTM_F_CLONED: of the cache, not of a table
_NO_TABLE = 252  # RT_TABLE_COMPAT: the number is in an attribute
_WORDS = {routing.UNREACHABLE: "unreachable ", routing.THROW: "throw "}
_HEADER_FORM, _ATTRIBUTE_FORM = "BBBBBBBBI", "HHI"


def get_routes(family, table, protocol, seq, order=NATIVE):
    """The request for the routes of a family in a table, 0 for all, made by a protocol, 0 for any.

    A socket without NETLINK_GET_STRICT_CHK is told of all routes: so the answer is to be looked through.
    """
    small = table if table < 256 else _NO_TABLE
    header = struct.pack(order + _HEADER_FORM, rtnetlink.FAMILIES[family], 0, 0, 0, small, protocol, 0, 0, 0)
    attributes = rtnetlink.number(_TABLE, table, order) if table > 255 else b""
    return rtnetlink.request(rtnetlink.GET_ROUTE, netlink.DUMP, seq, header + attributes, order)


class Writer:
    """Makes the requests for one Change of Routes: all but the destination is made once."""

    def __init__(self, change, order=NATIVE):
        routes = change.value
        adds = change.verb == routing.ADD
        self.kind = rtnetlink.NEW_ROUTE if adds else rtnetlink.DELETE_ROUTE
        self._order = order
        self._family = rtnetlink.FAMILIES[routes.family]
        self._size = 4 if routes.family == 4 else 16
        # In a table that others use too nothing of theirs may be replaced; in ours a new way takes the old one's place.
        self._flags = (
            rtnetlink.CREATE | (rtnetlink.EXCLUSIVE if routes.table == routing.MAIN else rtnetlink.REPLACE)
        ) * adds
        type_ = _UNICAST if routes.via > 0 else -routes.via
        small = routes.table if routes.table < 256 else _NO_TABLE
        self._head = bytes([0, 0, small, routing.PROTOCOL, 0, type_ if adds else 0, 0, 0, 0, 0])
        tail = rtnetlink.number(_TABLE, routes.table, order)
        if routes.via > 0:
            tail += rtnetlink.number(_NEXTHOP, routes.via, order)
        if routes.metric:
            tail += rtnetlink.number(_PRIORITY, routes.metric, order)
        self._tail = tail

    def request(self, key, flags, seq):
        """The request for the route to one destination."""
        if ip.is_wide(key):
            data, length = rtnetlink.split(ip.element(key), 4 if self._size == 4 else 6)
        else:
            data, length = ip.packed_of_key(key), 8 * self._size
        if len(data) != self._size:
            raise NetlinkError("a destination of the other family")
        order = self._order
        # no join and no list: this runs 65,536 times
        size = 16 + _HEADER + 4 + self._size + len(self._tail)
        flags |= self._flags | netlink.REQUEST
        return (
            struct.pack(order + "IHHIIBB", size, self.kind, flags, seq, 0, self._family, length)
            + self._head
            + struct.pack(order + "HH", 4 + self._size, _DST)
            + data
            + self._tail
        )


def own_route(message, order=NATIVE):
    """`(family, table, key, via, metric)` of a route of ours; None for one of others; NetlinkError."""
    head = message.payload
    if len(head) < _HEADER:
        raise NetlinkError("a route's header is cut short")
    family = rtnetlink.VERSIONS.get(head[0])
    if head[5] != routing.PROTOCOL or family is None:
        return None
    table, nexthop, metric, data = head[4], 0, 0, None
    for kind, value in netlink.attributes(head[_HEADER:], order):
        if kind == _DST:
            data = value
        elif kind == _TABLE:
            table = netlink.unsigned(value, 4, order)
        elif kind == _NEXTHOP:
            nexthop = netlink.unsigned(value, 4, order)
        elif kind == _PRIORITY:
            metric = netlink.unsigned(value, 4, order)
    kind = head[7]
    via = nexthop or (-kind if -kind in _WORDS else routing.OTHER)
    return family, table, _key(data, head[1], family), via, metric


def main_route(message, order=NATIVE):
    """The MainRoute of a unicast route in the main table that others made; None for any other; NetlinkError."""
    head = message.payload
    if len(head) < _HEADER:
        raise NetlinkError("a route's header is cut short")
    family = rtnetlink.VERSIONS.get(head[0])
    (flags,) = struct.unpack_from(order + "I", head, 8)
    if (
        head[5] == routing.PROTOCOL
        or head[7] != _UNICAST
        or head[4] != routing.MAIN
        or family is None
        or flags & _CLONED
    ):
        return None
    device, gateway, metric, data = 0, None, 0, None
    for kind, value in netlink.attributes(head[_HEADER:], order):
        if kind == _DST:
            data = value
        elif kind == _OIF:
            device = netlink.unsigned(value, 4, order)
        elif kind in (_GATEWAY, _VIA):
            gateway = _next_hop(kind, value)
        elif kind == _PRIORITY:
            metric = netlink.unsigned(value, 4, order)
        elif kind == _MULTIPATH and len(value) >= 8:
            device, gateway = _first_hop(value, order)
    return routing.MainRoute(family, _key(data, head[1], family), device, gateway, metric)


def _first_hop(value, order):
    """`(device, gateway)` of the first struct rtnexthop of several."""
    size, device = struct.unpack_from(order + "HBBI", value)[0], struct.unpack_from(order + "I", value, 4)[0]
    if not 8 <= size <= len(value):
        raise NetlinkError("a next hop of %d bytes" % size)
    for kind, data in netlink.attributes(value[8:size], order):
        if kind in (_GATEWAY, _VIA):
            return device, _next_hop(kind, data)
    return device, None


def _next_hop(kind, value):
    """The address of a next hop; RTA_VIA, as IPv4 has it for one of IPv6, begins with the family (struct rtvia)."""
    return rtnetlink.address(value[2:] if kind == _VIA else value)


def _key(data, length, family):
    size = 4 if family == 4 else 16
    if data is None:
        data = bytes(size)
    if len(data) != size or length > 8 * size:
        raise NetlinkError("a destination of %d bytes and %d bits" % (len(data), length))
    if length == 8 * size:
        return ip.packed_key(bytes(data))
    return ip.key(ip.prefix("%s/%d" % (ip.text(bytes(data)), length)))


def routes_lines(change):
    """Gives the lines for `ip -batch`, or for `ip -6 -batch`."""
    routes = change.value
    adds = change.verb == routing.ADD
    verb = "del" if not adds else "add" if routes.table == routing.MAIN else "replace"
    tail = " nhid %d" % routes.via if routes.via > 0 else ""
    tail += " table %d" % routes.table if routes.table != routing.MAIN else ""
    tail += " metric %d" % routes.metric if routes.metric else ""
    for key in routes.keys:
        yield "route %s %s%s%s protocol %d" % (
            verb,
            _WORDS.get(routes.via, ""),
            ip.element(key),
            tail,
            routing.PROTOCOL,
        )
