"""Connection tracking by netlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h): which flows, and end them."""

import struct
from collections import namedtuple

from . import netlink, nfnetlink

GET, DELETE = 1, 2  # IPCTNL_MSG_CT_*

_ORIGINAL, _ID, _ZONE, _FILTER = 1, 12, 18, 25  # CTA_*
_TUPLE_IP = 1
_ORIGINAL_FLAGS = 1  # CTA_FILTER_ORIG_FLAGS
_BY_DESTINATION = 2  # CTA_FILTER_F_CTA_IP_DST, of net/netfilter/nf_conntrack_netlink.c
_IPV4_DESTINATION = 2
_DESTINATIONS = {_IPV4_DESTINATION: 4, 4: 16}  # CTA_IP_V4_DST, CTA_IP_V6_DST: the bytes of the address
INET, INET6 = 2, 10

# family: INET or INET6; destination: the packed address that its first packet went to; identity: what names it
Flow = namedtuple("Flow", ("family", "destination", "identity"))


def get_flows(family, seq, destination=None, order=netlink.NATIVE):
    """The request for every flow of one family; `destination`: for those to this packed IPv4 address alone.

    Linux before 5.9 does not know of destinations, and answers with every flow of the family. For IPv6 it would answer
    with all flows but those that are meant, and a deletion with this filter would end those (6.18;
    ctnetlink_filter_match_tuple serves both).
    """
    attributes = []
    if destination is not None:
        address = netlink.attribute(_IPV4_DESTINATION, destination, order)
        attributes.append(netlink.nested(_ORIGINAL, [netlink.nested(_TUPLE_IP, [address], order)], order))
        flags = netlink.attribute(_ORIGINAL_FLAGS, struct.pack(order + "I", _BY_DESTINATION), order)
        attributes.append(netlink.nested(_FILTER, [flags], order))
    flags = netlink.REQUEST | netlink.DUMP
    return nfnetlink.message(nfnetlink.CONNTRACK, GET, flags, seq, family, attributes, order)


def delete_flow(flow, seq, order=netlink.NATIVE):
    """The request that ends one flow; answered only if it fails, as with ENOENT for a flow that has ended."""
    return nfnetlink.message(nfnetlink.CONNTRACK, DELETE, netlink.REQUEST, seq, flow.family, flow.identity, order)


def flow(item, order=netlink.NATIVE):
    """The Flow in a message of the answer to get_flows; None if it names no destination. Raises NetlinkError."""
    family, attributes = nfnetlink.body(item, order)
    destination, identity = None, []
    for kind, value in attributes:
        if kind == _ORIGINAL:
            destination = _destination(value, order)
            identity.append(netlink.attribute(kind | netlink.NESTED, bytes(value), order))
        elif kind in (_ID, _ZONE):
            identity.append(netlink.attribute(kind, bytes(value), order))
    return None if destination is None else Flow(family, destination, identity)


def _destination(data, order):
    for kind, addresses in netlink.attributes(data, order):
        if kind == _TUPLE_IP:
            for which, value in netlink.attributes(addresses, order):
                if _DESTINATIONS.get(which) == len(value):
                    return bytes(value)
    return None
