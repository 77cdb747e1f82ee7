"""nfnetlink, netfilter's netlink: what the kernel tells of nft's sets (include/uapi/linux/netfilter/nf_tables.h).

Addresses and most numbers in it are in network order; the lengths and types around them in the machine's own.
"""

import struct
from collections import namedtuple

from . import netlink

PROTOCOL = 12  # NETLINK_NETFILTER
NFTABLES_GROUP = 1 << 6  # NFNLGRP_NFTABLES as a bit of the mask that a socket is bound with

CONNTRACK, IPSET, NFTABLES = 1, 6, 10  # subsystems

NEWSET, GETSET, DELSET, NEWELEMENT, DELELEMENT, NEWGENERATION, GETGENERATION = 9, 10, 11, 12, 14, 15, 16

FAMILIES = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}  # NFPROTO_*

_HEADER = 4  # struct nfgenmsg
_TABLE = 1  # NFTA_SET_TABLE and NFTA_SET_ELEM_LIST_TABLE alike
_NAME = 2  # NFTA_SET_NAME and NFTA_SET_ELEM_LIST_SET alike
_GENERATION = 1  # NFTA_GEN_ID
_NAME_LIMIT = 255

# family: as FAMILIES; set: (table, name); kind: one of the messages above; port: of whoever changed it
Notice = namedtuple("Notice", ("kind", "family", "table", "set", "port"))
# number: of a change, 32 bits that wrap; port: of whoever made it
Generation = namedtuple("Generation", ("number", "port"))


def message(subsystem, command, flags, seq, family, attributes, order=netlink.NATIVE):
    """One request to a subsystem of netfilter."""
    head = struct.pack("BBBB", family, 0, 0, 0)
    return netlink.message(subsystem << 8 | command, flags, seq, head + b"".join(attributes), order)


def body(item, order=netlink.NATIVE):
    """`(family, attributes)` of a netlink.Message, the attributes as netlink.attributes() gives them."""
    if len(item.payload) < _HEADER:
        raise netlink.NetlinkError("a netfilter header is cut short")
    return item.payload[0], netlink.attributes(item.payload[_HEADER:], order)


def get_set(name, seq, order=netlink.NATIVE):
    """The request for one set of nft, a wire.nft.SetName; an absent one is answered by ENOENT."""
    table = netlink.name_attribute(_TABLE, name.table, _NAME_LIMIT, order)
    own = netlink.name_attribute(_NAME, name.name, _NAME_LIMIT, order)
    flags = netlink.REQUEST | netlink.ACK
    return message(NFTABLES, GETSET, flags, seq, FAMILIES[name.family], [table, own], order)


def get_generation(seq, order=netlink.NATIVE):
    """The request for the number of the last change that was made to the tables of nft."""
    return message(NFTABLES, GETGENERATION, netlink.REQUEST, seq, 0, [], order)


def generation(datagram, order=netlink.NATIVE):
    """The Generation of the last change that a datagram tells of; None where it tells of none."""
    found = None
    for item in netlink.messages(datagram, order):
        if item.type == NFTABLES << 8 | NEWGENERATION:
            for kind, value in body(item, order)[1]:
                if kind == _GENERATION:
                    found = Generation(struct.unpack(">I", bytes(_exactly(value, 4)))[0], item.pid)
    return found


def notices(datagram, order=netlink.NATIVE):
    """The Notices about sets and their elements in a datagram, each set once for what happened to it; NetlinkError."""
    found, seen = [], set()
    for item in netlink.messages(datagram, order):
        if item.type >> 8 != NFTABLES or item.type & 255 not in (NEWSET, DELSET, NEWELEMENT, DELELEMENT):
            continue
        family, attributes = body(item, order)
        table = name = None
        for kind, value in attributes:
            if kind == _TABLE:
                table = netlink.text(value)
            elif kind == _NAME:
                name = netlink.text(value)
                break  # the elements follow, and there may be many
        notice = Notice(item.type & 255, family, table, name, item.pid)
        if notice not in seen:
            seen.add(notice)
            found.append(notice)
    return found


def _exactly(value, size):
    if len(value) != size:
        raise netlink.NetlinkError("a number of %d bytes instead of %d" % (len(value), size))
    return value
