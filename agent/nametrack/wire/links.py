"""Links and their addresses in rtnetlink (include/uapi/linux/if_link.h, if_addr.h)."""

import struct

from .. import routing
from . import netlink, rtnetlink
from .netlink import NATIVE, NetlinkError

_LINK_HEADER = 16  # struct ifinfomsg
_ADDRESS_HEADER = 8  # struct ifaddrmsg
_NAME, _MASTER, _EXTENSIONS = 3, 10, 29  # IFLA_*
_SKIP_STATISTICS = 1 << 3  # RTEXT_FILTER_SKIP_STATS
_ADDRESS, _LOCAL = 1, 2  # IFA_*
_UP, _POINT_TO_POINT, _NO_ARP, _LOWER_UP = 0x1, 0x10, 0x80, 0x10000  # IFF_*
_UNIVERSE = 0  # RT_SCOPE_UNIVERSE
_UNUSABLE = 0x40 | 0x08  # IFA_F_TENTATIVE, IFA_F_DADFAILED


def get_links(seq, order=NATIVE):
    """The request for every link."""
    attributes = rtnetlink.number(_EXTENSIONS, _SKIP_STATISTICS, order)
    return rtnetlink.request(rtnetlink.GET_LINK, netlink.DUMP, seq, bytes(_LINK_HEADER) + attributes, order)


def link(message, order=NATIVE):
    """The Link in a message about one; NetlinkError."""
    name = None
    for kind, value in rtnetlink.body(message, _LINK_HEADER, order):
        if kind == _NAME:
            name = netlink.text(value)
    if not name:
        raise NetlinkError("a link without a name")
    _, _, _, number, flags = struct.unpack_from(order + "BBHII", message.payload)
    # A nexthop needs both: without a carrier the kernel refuses it, and takes away those that it had.
    up = flags & _UP != 0 and flags & _LOWER_UP != 0
    return routing.Link(number, name, up, flags & (_POINT_TO_POINT | _NO_ARP) != 0)


def get_addresses(seq, order=NATIVE):
    """The request for every address of every link."""
    return rtnetlink.request(rtnetlink.GET_ADDRESS, netlink.DUMP, seq, bytes(_ADDRESS_HEADER), order)


def link_address(message, order=NATIVE):
    """The Address in a message about one; None if it cannot be used, or is neither IPv4 nor IPv6; NetlinkError."""
    found = None
    for kind, value in rtnetlink.body(message, _ADDRESS_HEADER, order):
        if kind == _LOCAL or (kind == _ADDRESS and found is None):
            found = value  # of a point-to-point link IFA_ADDRESS is the other end's
    family, _, flags, scope, number = struct.unpack_from(order + "BBBBI", message.payload)
    family = rtnetlink.VERSIONS.get(family)
    if family is None or found is None or flags & _UNUSABLE:
        return None
    return routing.Address(family, number, rtnetlink.address(found), scope == _UNIVERSE)
