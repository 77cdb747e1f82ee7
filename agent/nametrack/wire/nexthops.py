"""Nexthop objects in rtnetlink (include/uapi/linux/nexthop.h) and in the words of `ip nexthop`."""

import struct

from .. import routing
from . import netlink, rtnetlink
from .netlink import NATIVE
from .rtnetlink import number

_HEADER = 8  # struct nhmsg
_ID, _GROUP, _BLACKHOLE, _OIF, _GATEWAY = 1, 2, 4, 5, 6  # NHA_*
_ENCAP = 8


def get_nexthops(seq, order=NATIVE):
    """The request for every nexthop of both families."""
    return rtnetlink.request(rtnetlink.GET_NEXTHOP, netlink.DUMP, seq, bytes(_HEADER), order)


def change_nexthop(change, flags, seq, order=NATIVE):
    """The request that adds or replaces a Nexthop, or deletes it together with the routes that use it; NetlinkError.

    ENETDOWN: its link is down; ENODEV: there is no such link; EINVAL: the gateway is not on that link.
    """
    nexthop = change.value
    attributes = [number(_ID, nexthop.id, order)]
    family = rtnetlink.FAMILIES[nexthop.family]
    if change.verb == routing.DELETE:
        header = struct.pack(order + "BBBBI", 0, 0, 0, 0, 0)
        return rtnetlink.request(rtnetlink.DELETE_NEXTHOP, flags, seq, header + attributes[0], order)
    if nexthop.device:
        attributes.append(number(_OIF, nexthop.device, order))
        if nexthop.gateway is not None:
            attributes.append(netlink.attribute(_GATEWAY, rtnetlink.packed(nexthop.gateway, nexthop.family), order))
    else:
        attributes.append(netlink.attribute(_BLACKHOLE, b"", order))
    header = struct.pack(order + "BBBBI", family, 0, nexthop.protocol, 0, 0)
    flags |= rtnetlink.CREATE | rtnetlink.REPLACE
    return rtnetlink.request(rtnetlink.NEW_NEXTHOP, flags, seq, header + b"".join(attributes), order)


def nexthop(message, order=NATIVE):
    """The Nexthop in a message about one; its family is 0 for a group of both; NetlinkError."""
    head = message.payload
    found = {"id": 0, "device": 0, "gateway": None}
    for kind, value in rtnetlink.body(message, _HEADER, order):
        if kind == _ID:
            found["id"] = netlink.unsigned(value, 4, order)
        elif kind == _OIF and found["device"] is not None:
            found["device"] = netlink.unsigned(value, 4, order)
        elif kind == _GATEWAY:
            found["gateway"] = rtnetlink.address(value)
        elif kind in (_GROUP, _ENCAP):
            found["device"] = None
    return routing.Nexthop(rtnetlink.VERSIONS.get(head[0], 0), protocol=head[2], **found)


def nexthop_text(change, names):
    """The line for `ip -batch`, or for `ip -6 -batch`; `names`: {number of a link: its name}."""
    nexthop = change.value
    if change.verb == routing.DELETE:
        return "nexthop del id %d" % nexthop.id
    words = ["nexthop", "replace", "id", "%d" % nexthop.id]
    if not nexthop.device:
        words.append("blackhole")
    elif nexthop.gateway is not None:
        words += ["via", nexthop.gateway]
    if nexthop.device:
        words += ["dev", names.get(nexthop.device, "if%d" % nexthop.device)]
    return " ".join(words + ["protocol", "%d" % nexthop.protocol])
