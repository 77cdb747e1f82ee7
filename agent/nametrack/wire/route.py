"""Asking the kernel how it would route a packet (rtnetlink: include/uapi/linux/rtnetlink.h)."""

import struct
from collections import namedtuple

from .. import ip
from . import netlink
from .netlink import NATIVE, NetlinkError

# A UDP packet that is about to be sent. address: its destination; source: the address it comes from, None if the
# kernel is to choose; mark: the firewall mark, 0 for none; sport, dport: its ports, 0 for any
Flow = namedtuple("Flow", ("address", "source", "mark", "sport", "dport"))

# A packet to ask about. address: its destination; source: where it comes from, None for the router's own choice;
# ingress: the number of the interface that it comes in through, 0 for a packet of the router's own; mark: as above;
# transport: the number of its protocol in IP, port: that of its destination; 0 for any
Packet = namedtuple("Packet", ("address", "source", "ingress", "mark", "transport", "port"))

# What the kernel does with it. device: the number of the interface that it leaves through; table: the routing table
# that decided, 0 if an older kernel does not say; gateway: the next hop, None for none; source: the address that the
# router would send from, None if the kernel does not say
Decision = namedtuple("Decision", ("device", "table", "gateway", "source"))

_NEW_ROUTE = 24
_GET_ROUTE = 26
_DST = 1
_SRC = 2
_IIF = 3
_OIF = 4
_GATEWAY = 5
_PREFSRC = 7
_TABLE = 15
_MARK = 16
# Rules may match these (Linux 4.17 and later); an older kernel passes attributes over that it does not know.
_IP_PROTO = 27
_SPORT = 28
_DPORT = 29
_UDP = 17
_HEADER = 12  # struct rtmsg
_AF_INET = 2
_AF_INET6 = 10
_LOOKUP_TABLE = 0x1000  # RTM_F_LOOKUP_TABLE: the answer names the table that decided


def _ends(packet, flags, order):
    """Return `(header, [attribute])` that name destination and source of a Flow or a Packet; NetlinkError."""
    packed = ip.packed(packet.address)
    source = b"" if packet.source is None else ip.packed(packet.source)
    if packed is None or source is None or (source and len(source) != len(packed)):
        raise NetlinkError("not an address")
    family = _AF_INET if len(packed) == 4 else _AF_INET6
    header = struct.pack(order + "BBBBBBBBI", family, 8 * len(packed), 8 * len(source), 0, 0, 0, 0, 0, flags)
    attributes = [netlink.attribute(_DST, packed, order)]
    if source:
        attributes.append(netlink.attribute(_SRC, source, order))
    return header, attributes


def get_route(flow, seq, order=NATIVE):
    """Return the request for the route that the packets of a Flow take. Raises NetlinkError for what is no address.

    If there is no route, the kernel answers with an error: ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL.
    """
    header, attributes = _ends(flow, 0, order)
    if flow.mark:
        attributes.append(netlink.attribute(_MARK, struct.pack(order + "I", flow.mark), order))
    attributes.append(netlink.attribute(_IP_PROTO, bytes([_UDP]), order))
    for kind, port in ((_SPORT, flow.sport), (_DPORT, flow.dport)):
        if port:
            attributes.append(netlink.attribute(kind, struct.pack(">H", port), order))
    payload = header + b"".join(attributes)
    return netlink.message(_GET_ROUTE, netlink.REQUEST, seq, payload, order)


def get_decision(packet, seq, order=NATIVE):
    """Return the request for what the kernel does with a Packet. Raises NetlinkError for what is no address.

    For a packet that is dropped the kernel answers with an error, as for get_route.
    """
    header, attributes = _ends(packet, _LOOKUP_TABLE, order)
    for kind, number in ((_IIF, packet.ingress), (_MARK, packet.mark)):
        if number:
            attributes.append(netlink.attribute(kind, struct.pack(order + "I", number), order))
    if packet.transport:
        attributes.append(netlink.attribute(_IP_PROTO, bytes([packet.transport]), order))
    if packet.port:
        attributes.append(netlink.attribute(_DPORT, struct.pack(">H", packet.port), order))
    return netlink.message(_GET_ROUTE, netlink.REQUEST, seq, header + b"".join(attributes), order)


def decision(message, order=NATIVE):
    """Return the Decision in an answer; NetlinkError if it is none."""
    if message.type != _NEW_ROUTE or len(message.payload) < _HEADER:
        raise NetlinkError("not a route")
    found = {_OIF: 0, _TABLE: message.payload[4], _GATEWAY: None, _PREFSRC: None}
    for kind, value in netlink.attributes(message.payload[_HEADER:], order):
        if kind in (_OIF, _TABLE):
            found[kind] = netlink.unsigned(value, 4, order)
        elif kind in (_GATEWAY, _PREFSRC) and len(value) in (4, 16):
            found[kind] = ip.text(bytes(value))
    return Decision(found[_OIF], found[_TABLE], found[_GATEWAY], found[_PREFSRC])


def out_interface(message, order=NATIVE):
    """Return the number of the interface that the route in an answer leads through; NetlinkError if it names none."""
    if message.type != _NEW_ROUTE:
        raise NetlinkError("not a route")
    for kind, value in netlink.attributes(message.payload[_HEADER:], order):
        if kind == _OIF:
            return netlink.unsigned(value, 4, order)
    raise NetlinkError("a route without an interface")
