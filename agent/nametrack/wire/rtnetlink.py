"""rtnetlink: what its messages have in common (include/uapi/linux/rtnetlink.h)."""

import struct

from .. import ip
from . import netlink
from .netlink import NATIVE, NetlinkError

PROTOCOL = 0  # NETLINK_ROUTE

NEW_LINK, DELETE_LINK, GET_LINK = 16, 17, 18
NEW_ADDRESS, DELETE_ADDRESS, GET_ADDRESS = 20, 21, 22
NEW_ROUTE, DELETE_ROUTE, GET_ROUTE = 24, 25, 26
NEW_NEIGHBOUR, GET_NEIGHBOUR = 28, 30
NEW_RULE, DELETE_RULE, GET_RULE = 32, 33, 34
NEW_NEXTHOP, DELETE_NEXTHOP, GET_NEXTHOP = 104, 105, 106

REPLACE, EXCLUSIVE, CREATE = 0x100, 0x200, 0x400  # NLM_F_*

FAMILIES = {4: 2, 6: 10}  # AF_INET, AF_INET6
VERSIONS = {2: 4, 10: 6}

# Multicast groups as bits of the mask that a socket is bound with. Replacing a nexthop announces every route that uses
# it, so who hears of routes wants a filter.
LINKS, NEIGHBOURS = 1 << 0, 1 << 2
ADDRESSES = 1 << 4 | 1 << 8
ROUTES = 1 << 6 | 1 << 10
RULES = 1 << 7 | 1 << 18
NEXTHOPS = 1 << 31


def request(kind, flags, seq, payload, order=NATIVE):
    """One request of a kind above; `payload`: header and attributes in bytes."""
    return netlink.message(kind, netlink.REQUEST | flags, seq, payload, order)


def number(kind, value, order=NATIVE):
    """An attribute with a number of 32 bits."""
    return struct.pack(order + "HHI", 8, kind, value)


def body(message, size, order=NATIVE):
    """The attributes behind a header of `size` bytes, as netlink.attributes() gives them; NetlinkError."""
    if len(message.payload) < size:
        raise NetlinkError("a header of %d bytes instead of %d" % (len(message.payload), size))
    return netlink.attributes(message.payload[size:], order)


def packed(address, family):
    """The bytes of an address of this family; NetlinkError if it is none."""
    data = ip.packed(address)
    if data is None or len(data) != (4 if family == 4 else 16):
        raise NetlinkError("not an address of IPv%d" % family)
    return data


def address(value):
    """The text of an address in an attribute; NetlinkError."""
    if len(value) not in (4, 16):
        raise NetlinkError("an address of %d bytes" % len(value))
    return ip.text(bytes(value))


def prefix(value, length):
    """The text of a prefix whose address is in an attribute, None for one of no bits; NetlinkError."""
    found = ip.prefix("%s/%d" % (address(value), length))
    if found is None:
        raise NetlinkError("a prefix of %d bits" % length)
    return found if length else None


def split(prefix, family):
    """`(bytes of the address, length)` of a prefix's text; NetlinkError."""
    text, slash, length = prefix.partition("/")
    data = packed(text, family)
    return data, int(length) if slash else 8 * len(data)
