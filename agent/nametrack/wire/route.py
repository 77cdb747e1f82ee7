"""Asking the kernel how it would route a packet (rtnetlink: include/uapi/linux/rtnetlink.h)."""

import struct

from .. import ip
from . import netlink
from .netlink import NATIVE, NetlinkError

_NEW_ROUTE = 24
_GET_ROUTE = 26
_DST = 1
_OIF = 4
_MARK = 16
_HEADER = 12  # struct rtmsg
_AF_INET = 2
_AF_INET6 = 10


def get_route(address, mark, seq, order=NATIVE):
    """The request for the route that a packet to `address` with the firewall mark `mark` (0 for none) takes.

    Where there is none the kernel answers with an error: ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL.
    """
    packed = ip.packed(address)
    if packed is None:
        raise NetlinkError("not an address")
    family = _AF_INET if len(packed) == 4 else _AF_INET6
    header = struct.pack(order + "BBBBBBBBI", family, 8 * len(packed), 0, 0, 0, 0, 0, 0, 0)
    attributes = [netlink.attribute(_DST, packed, order)]
    if mark:
        attributes.append(netlink.attribute(_MARK, struct.pack(order + "I", mark), order))
    payload = header + b"".join(attributes)
    return netlink.message(_GET_ROUTE, netlink.REQUEST, seq, payload, order)


def out_interface(message, order=NATIVE):
    """The number of the interface that the route in a message of the answer leads through; NetlinkError where none."""
    if message.type != _NEW_ROUTE or len(message.payload) < _HEADER:
        raise NetlinkError("not a route")
    for kind, value in netlink.attributes(message.payload[_HEADER:], order):
        if kind == _OIF:
            return netlink.unsigned(value, 4, order)
    raise NetlinkError("a route without an interface")
