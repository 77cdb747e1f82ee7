"""The neighbour table in rtnetlink (include/uapi/linux/neighbour.h): which address is at which MAC address."""

import struct

from .. import routing
from . import netlink, rtnetlink
from .netlink import NATIVE

_HEADER = 12  # struct ndmsg
_DST, _HARDWARE = 1, 2  # NDA_*
# NUD_*: what is being asked for, failed or has no such address says nothing of a client
_KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x80


def get_neighbours(seq, order=NATIVE):
    """The request for the whole neighbour table."""
    return rtnetlink.request(rtnetlink.GET_NEIGHBOUR, netlink.DUMP, seq, bytes(_HEADER), order)


def neighbour(message, order=NATIVE):
    """The Neighbour in a message about one; None if its MAC address is not known; NetlinkError."""
    address = hardware = None
    for kind, value in rtnetlink.body(message, _HEADER, order):
        if kind == _DST:
            address = value
        elif kind == _HARDWARE:
            hardware = value
    family, _, _, number, state = struct.unpack_from(order + "BBHIH", message.payload)
    family = rtnetlink.VERSIONS.get(family)
    if family is None or address is None or hardware is None or len(hardware) != 6 or not state & _KNOWN:
        return None
    text = ":".join(["%02x" % octet for octet in bytes(hardware)])
    return routing.Neighbour(family, number, rtnetlink.address(address), text)
