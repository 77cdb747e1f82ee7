"""Policy routing rules in rtnetlink (include/uapi/linux/fib_rules.h) and in the words of `ip rule`."""

import struct

from .. import routing
from . import netlink, rtnetlink
from .netlink import NATIVE, NetlinkError
from .rtnetlink import number

_HEADER = 12  # struct fib_rule_hdr
_DST, _SRC, _IIF, _GOTO, _PRIORITY, _MARK, _SUPPRESS = 1, 2, 3, 4, 6, 10, 14  # FRA_*
_TABLE, _MASK, _OIF, _L3MDEV, _UID_RANGE, _PROTOCOL, _TRANSPORT, _SPORTS, _DPORTS = 15, 16, 17, 19, 20, 21, 22, 23, 24
_TUNNEL, _SUPPRESS_GROUP, _DSCP, _FLOW_LABEL, _SPORT_MASK, _DPORT_MASK = 12, 13, 25, 26, 28, 29
_ELSEWHERE = (_L3MDEV, _UID_RANGE, _TUNNEL, _DSCP, _FLOW_LABEL)  # what a rule may look at that Match has no field for
_INVERT = 2  # FIB_RULE_INVERT
_NONE = 0xFFFFFFFF
_NAME_LIMIT = 15
_WORDS = {routing.NOP: "nop", 6: "blackhole", routing.UNREACHABLE_RULE: "unreachable", 8: "prohibit"}


def get_rules(family, seq, order=NATIVE):
    """The request for every rule of a family."""
    header = struct.pack(order + "BBBBBBBBI", rtnetlink.FAMILIES[family], 0, 0, 0, 0, 0, 0, 0, 0)
    return rtnetlink.request(rtnetlink.GET_RULE, netlink.DUMP, seq, header, order)


def change_rule(change, flags, seq, order=NATIVE):
    """The request that adds or deletes a Rule: adding one that is there is answered by EEXIST; NetlinkError.

    A deletion names everything, so that it never meets a rule of others.
    """
    rule = change.value
    match, attributes, lengths = rule.match, [], [0, 0]
    for i, kind, prefix in ((0, _DST, match.destination), (1, _SRC, match.source)):
        if prefix is not None:
            data, lengths[i] = rtnetlink.split(prefix, rule.family)
            attributes.append(netlink.attribute(kind, data, order))
    for kind, name in ((_IIF, match.iif), (_OIF, match.oif)):
        if name is not None:
            attributes.append(netlink.name_attribute(kind, name, _NAME_LIMIT, order))
    if match.mark is not None:
        attributes += [number(_MARK, match.mark[0], order), number(_MASK, match.mark[1], order)]
    if match.transport is not None:
        attributes.append(netlink.attribute(_TRANSPORT, bytes([match.transport]), order))
    for kind, ports in ((_SPORTS, match.sports), (_DPORTS, match.dports)):
        if ports is not None:
            attributes.append(netlink.attribute(kind, struct.pack(order + "HH", ports[0], ports[1]), order))
    attributes.append(number(_PRIORITY, rule.preference, order))
    if rule.action == routing.LOOKUP:
        attributes.append(number(_TABLE, rule.argument, order))
    elif rule.action == routing.GOTO:
        attributes.append(number(_GOTO, rule.argument, order))
    if rule.suppress is not None:
        attributes.append(number(_SUPPRESS, rule.suppress, order))
    attributes.append(netlink.attribute(_PROTOCOL, bytes([rule.protocol]), order))
    family = rtnetlink.FAMILIES[rule.family]
    header = struct.pack(order + "BBBBBBBBI", family, lengths[0], lengths[1], 0, 0, 0, 0, rule.action, 0)
    adds = change.verb == routing.ADD
    kind = rtnetlink.NEW_RULE if adds else rtnetlink.DELETE_RULE
    flags |= rtnetlink.CREATE | rtnetlink.EXCLUSIVE if adds else 0
    return rtnetlink.request(kind, flags, seq, header + b"".join(attributes), order)


def rule(message, order=NATIVE):
    """The Rule in a message about one, None for a family other than IPv4 and IPv6; NetlinkError."""
    attributes = dict(rtnetlink.body(message, _HEADER, order))
    head = message.payload
    family = rtnetlink.VERSIONS.get(head[0])
    if family is None:
        return None

    def numbered(kind, size, absent):
        return netlink.unsigned(attributes[kind], size, order) if kind in attributes else absent

    def named(kind):
        return netlink.text(attributes[kind]) if kind in attributes else None

    def prefix(kind, length):
        return rtnetlink.prefix(attributes[kind], length) if kind in attributes else None

    def ports(kind):
        value = attributes.get(kind)
        if value is not None and len(value) != 4:
            raise NetlinkError("a range of ports in %d bytes" % len(value))
        return None if value is None else tuple(struct.unpack(order + "HH", bytes(value)))

    mark, mask = numbered(_MARK, 4, 0), numbered(_MASK, 4, 0)
    action, (flags,) = head[7], struct.unpack_from(order + "I", head, 8)
    others = head[3] != 0 or flags & _INVERT != 0 or any(kind in attributes for kind in _ELSEWHERE)
    others = others or any(numbered(kind, 2, 0xFFFF) != 0xFFFF for kind in (_SPORT_MASK, _DPORT_MASK))
    match = routing.Match(
        prefix(_SRC, head[2]),
        prefix(_DST, head[1]),
        named(_IIF),
        named(_OIF),
        (mark, mask) if mark or mask else None,
        numbered(_TRANSPORT, 1, 0) or None,
        ports(_SPORTS),
        ports(_DPORTS),
        others or numbered(_SUPPRESS_GROUP, 4, _NONE) != _NONE,
    )
    argument = numbered(_TABLE, 4, head[4]) if action == routing.LOOKUP else None
    if action == routing.GOTO:
        argument = numbered(_GOTO, 4, 0)
    suppress = numbered(_SUPPRESS, 4, _NONE)
    suppress = None if suppress == _NONE else suppress
    return routing.Rule(family, numbered(_PRIORITY, 4, 0), match, action, argument, suppress, numbered(_PROTOCOL, 1, 0))


def rule_text(change):
    """The line for `ip -batch`, or for `ip -6 -batch`."""
    rule, match = change.value, change.value.match
    words = ["rule", change.verb, "pref", "%d" % rule.preference]
    for name, value in (("from", match.source), ("to", match.destination), ("iif", match.iif), ("oif", match.oif)):
        if value is not None:
            words += [name, value]
    if match.mark is not None:
        words += ["fwmark", "0x%x/0x%x" % match.mark]
    if match.transport is not None:
        words += ["ipproto", "%d" % match.transport]
    for name, ports in (("sport", match.sports), ("dport", match.dports)):
        if ports is not None:
            words += [name, "%d-%d" % ports if ports[0] != ports[1] else "%d" % ports[0]]
    if rule.action == routing.LOOKUP:
        words += ["lookup", "%d" % rule.argument]
    elif rule.action == routing.GOTO:
        words += ["goto", "%d" % rule.argument]
    else:
        words.append(_WORDS[rule.action])
    if rule.suppress is not None:
        words += ["suppress_prefixlength", "%d" % rule.suppress]
    return " ".join(words + ["protocol", "%d" % rule.protocol])
