"""nfnetlink, netfilter's netlink: what the kernel tells of nft's sets (include/uapi/linux/netfilter/nf_tables.h).

Addresses and most numbers in it are in network order; the lengths and types around them in the machine's own.
"""

import struct
from collections import namedtuple

from . import netlink

PROTOCOL = 12  # NETLINK_NETFILTER
NFTABLES_GROUP = 1 << 6  # NFNLGRP_NFTABLES as a bit of the mask that a socket is bound with

CONNTRACK, IPSET, NFTABLES = 1, 6, 10  # subsystems

NEWRULE, GETRULE, DELRULE = 6, 7, 8
NEWSET, GETSET, DELSET, NEWELEMENT, GETELEMENT, DELELEMENT, NEWGENERATION, GETGENERATION = 9, 10, 11, 12, 13, 14, 15, 16
_BEGIN, _END = 16, 17  # NFNL_MSG_BATCH_*

FAMILIES = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}  # NFPROTO_*

_ABOUT_SETS = (NEWSET, DELSET, NEWELEMENT, DELELEMENT, NEWRULE, DELRULE)
_HEADER = 4  # struct nfgenmsg
_TABLE = 1  # NFTA_SET_TABLE and NFTA_SET_ELEM_LIST_TABLE alike
_NAME = 2  # NFTA_SET_NAME and NFTA_SET_ELEM_LIST_SET alike
_GENERATION = 1  # NFTA_GEN_ID
NAME_LIMIT = 255  # bytes; NFT_NAME_MAXLEN counts the NUL too

# kind: one of the messages above; family: as FAMILIES; set: its name, None if a rule came or went; port: of the program
# that made the change
Notice = namedtuple("Notice", ("kind", "family", "table", "set", "port"))
# number: of a change, 32 bits that wrap; port: of the program that made it
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


def batch(requests, seq, order=netlink.NATIVE):
    """Return one transaction of nft: `requests`, list of bytes, between a BEGIN numbered `seq` and an END."""
    # the header names the subsystem in network order
    edges = [
        netlink.message(kind, netlink.REQUEST, seq, struct.pack(">BBH", 0, 0, NFTABLES), order)
        for kind in (_BEGIN, _END)
    ]
    return edges[0] + b"".join(requests) + edges[1]


def refusals(datagram, order=netlink.NATIVE):
    """Return [(seq, error number)] of the requests in a batch that the kernel refused. Raises NetlinkError."""
    found = []
    for item in netlink.messages(datagram, order):
        if item.type == netlink.ERROR:
            errno = netlink.ended(item, order)[0]
            if errno:
                found.append((item.seq, errno))
    return found


def get_generation(seq, order=netlink.NATIVE):
    """The request for the number of the last change that was made to the tables of nft."""
    return message(NFTABLES, GETGENERATION, netlink.REQUEST, seq, 0, [], order)


def generation(datagram, order=netlink.NATIVE):
    """The Generation of the last change that a datagram tells of; None if it tells of none."""
    found = None
    for item in netlink.messages(datagram, order):
        if item.type == NFTABLES << 8 | NEWGENERATION:
            for kind, value in body(item, order)[1]:
                if kind == _GENERATION:
                    found = Generation(netlink.unsigned(value, 4, ">"), item.pid)
    return found


def notices(datagram, order=netlink.NATIVE, own=None):
    """Return the Notices about sets, their elements and rules in a datagram, each once. Raises NetlinkError.

    own: the port whose changes are left out, None for none. A datagram tells of one transaction (nft_commit_notify,
    net/netfilter/nf_tables_api.c), so of one of ours nothing more is read. Each element is told in a message
    of its own, 65,536 in a row if a set is flushed: of those that begin as the one before, nothing more is read.
    """
    found, seen = [], set()
    before, beginning = None, b""
    for item in netlink.messages(datagram, order):
        kind = item.type & 255
        if item.pid == own:
            return []
        if item.type >> 8 != NFTABLES or kind not in _ABOUT_SETS:
            continue
        if before == (item.type, item.pid) and item.payload[: len(beginning)] == beginning:
            continue
        before, (notice, size) = (item.type, item.pid), _notice(kind, item, order)
        beginning = bytes(item.payload[:size])
        if notice not in seen:
            seen.add(notice)
            found.append(notice)
    return found


def _notice(kind, item, order):
    """`(Notice, bytes)` of a message, and in how many bytes at its beginning the set is named."""
    family, attributes = body(item, order)
    table = name = None
    size = _HEADER
    for which, value in attributes:
        size += netlink.aligned(4 + len(value))
        if which == _TABLE:
            table = netlink.text(value)
        elif which == _NAME:
            name = netlink.text(value) if kind not in (NEWRULE, DELRULE) else None  # a rule has its chain there
            break  # the elements follow, and there may be many
    return Notice(kind, family, table, name, item.pid), size
