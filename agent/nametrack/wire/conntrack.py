"""Connection tracking by netlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h): which flows, and end them."""

from collections import namedtuple

from . import netlink, nfnetlink

GET, DELETE = 1, 2  # IPCTNL_MSG_CT_*

_ORIGINAL, _ID, _ZONE = 1, 12, 18  # CTA_*
_TUPLE_IP = 1
_DESTINATIONS = {2: 4, 4: 16}  # CTA_IP_V4_DST, CTA_IP_V6_DST: the bytes of the address
INET, INET6 = 2, 10

# family: INET or INET6; destination: the packed address that its first packet went to; identity: what names it
Flow = namedtuple("Flow", ("family", "destination", "identity"))


def get_flows(family, seq, order=netlink.NATIVE):
    """The request for every flow of one family."""
    return nfnetlink.message(nfnetlink.CONNTRACK, GET, netlink.REQUEST | netlink.DUMP, seq, family, [], order)


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
