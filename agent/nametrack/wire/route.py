"""Asking the kernel how it would route a packet (rtnetlink: include/uapi/linux/rtnetlink.h)."""

import struct
from collections import namedtuple

from .. import ip
from . import netlink
from .netlink import NATIVE, NetlinkError

# A UDP packet that is about to be sent. address: its destination; source: the address it comes from, None where the
# kernel is to choose; mark: the firewall mark, 0 for none; sport, dport: its ports, 0 for any
Flow = namedtuple("Flow", ("address", "source", "mark", "sport", "dport"))

_NEW_ROUTE = 24
_GET_ROUTE = 26
_DST = 1
_SRC = 2
_OIF = 4
_MARK = 16
# Rules may match these (Linux 4.17 and later); an older kernel passes attributes over that it does not know.
_IP_PROTO = 27
_SPORT = 28
_DPORT = 29
_UDP = 17
_HEADER = 12  # struct rtmsg
_AF_INET = 2
_AF_INET6 = 10


def get_route(flow, seq, order=NATIVE):
    """Return the request for the route that the packets of a Flow take. Raises NetlinkError for what is no address.

    If there is no route, the kernel answers with an error: ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL.
    """
    packed = ip.packed(flow.address)
    source = b"" if flow.source is None else ip.packed(flow.source)
    if packed is None or source is None or (source and len(source) != len(packed)):
        raise NetlinkError("not an address")
    family = _AF_INET if len(packed) == 4 else _AF_INET6
    header = struct.pack(order + "BBBBBBBBI", family, 8 * len(packed), 8 * len(source), 0, 0, 0, 0, 0, 0)
    attributes = [netlink.attribute(_DST, packed, order)]
    if source:
        attributes.append(netlink.attribute(_SRC, source, order))
    if flow.mark:
        attributes.append(netlink.attribute(_MARK, struct.pack(order + "I", flow.mark), order))
    attributes.append(netlink.attribute(_IP_PROTO, bytes([_UDP]), order))
    for kind, port in ((_SPORT, flow.sport), (_DPORT, flow.dport)):
        if port:
            attributes.append(netlink.attribute(kind, struct.pack(">H", port), order))
    payload = header + b"".join(attributes)
    return netlink.message(_GET_ROUTE, netlink.REQUEST, seq, payload, order)


def out_interface(message, order=NATIVE):
    """Return the number of the interface that the route in an answer leads through; NetlinkError if it names none."""
    if message.type != _NEW_ROUTE or len(message.payload) < _HEADER:
        raise NetlinkError("not a route")
    for kind, value in netlink.attributes(message.payload[_HEADER:], order):
        if kind == _OIF:
            return netlink.unsigned(value, 4, order)
    raise NetlinkError("a route without an interface")
