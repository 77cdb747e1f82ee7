"""nfnetlink, netfilter's netlink: what the kernel tells of nft's sets (include/uapi/linux/netfilter/nf_tables.h).

Addresses and most numbers in it are in network order; the lengths and types around them in the machine's own.
"""

import struct

from . import netlink

PROTOCOL = 12  # NETLINK_NETFILTER

CONNTRACK, IPSET, NFTABLES = 1, 6, 10  # subsystems

GETRULE, GETSET, NEWELEMENT, GETELEMENT, DELELEMENT, NEWGENERATION, GETGENERATION = 7, 10, 12, 13, 14, 15, 16
_BEGIN, _END = 16, 17  # NFNL_MSG_BATCH_*

FAMILIES = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}  # NFPROTO_*

_HEADER = 4  # struct nfgenmsg
_GENERATION = 1  # NFTA_GEN_ID
NAME_LIMIT = 255  # bytes; NFT_NAME_MAXLEN counts the NUL too


def message(subsystem, command, flags, seq, family, attributes, order=netlink.NATIVE):
    """One request to a subsystem of netfilter."""
    length = _HEADER + sum([len(attribute) for attribute in attributes])
    head = netlink.message_head(subsystem << 8 | command, flags, seq, length, order)
    return b"".join([head, bytes([family, 0, 0, 0])] + attributes)


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
    return b"".join([edges[0]] + requests + [edges[1]])


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
    """The number of the last change that a datagram tells of, 32 bits that wrap; None if it tells of none."""
    found = None
    for item in netlink.messages(datagram, order):
        if item.type == NFTABLES << 8 | NEWGENERATION:
            for kind, value in body(item, order)[1]:
                if kind == _GENERATION:
                    found = netlink.unsigned(value, 4, ">")
    return found
