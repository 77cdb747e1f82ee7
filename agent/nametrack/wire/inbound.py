"""The table `inet nametrack`: it marks the connections that begin on some devices, and their packets.

The router's own replies have the mark too, if no other program marked them: their source need not tell the uplink,
as an address of the LAN does not. A chain of type `route` has the kernel look for their way again.

Written as nf_tables has it (include/uapi/linux/netfilter/nf_tables.h), and as text for `nft -f`. Each rule says in its
comment what it does, and that is what is compared.
"""

import struct

from . import netlink, nfnetlink
from .netlink import NATIVE, attribute, nested

TABLE = "nametrack"
CHAINS = ("inbound", "replies")  # of what comes in, and of what the router sends
_INET = nfnetlink.FAMILIES["inet"]
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE, _GET_RULE = 0, 2, 3, 6, 7  # NFT_MSG_*
_BEGIN, _END = 16, 17  # NFNL_MSG_BATCH_*
_CREATE, _APPEND = 0x400, 0x800  # NLM_F_*
_HOOKS = {"inbound": ("filter", 0), "replies": ("route", 3)}  # NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT
_PRIORITY = -150  # where mangle is: behind connection tracking, before NAT
_NAME_SIZE = 16  # IFNAMSIZ
_REGISTER = 1  # NFT_REG_1
_EQUAL, _DIFFERENT = 0, 1  # NFT_CMP_*
_META_MARK, _META_IIFNAME = 3, 6  # NFT_META_*
_CT_STATE, _CT_MARK = 0, 3  # NFT_CT_*
_STATE_NEW = 8  # NF_CT_STATE_BIT(IP_CT_NEW)
_RULE_EXPRESSIONS, _RULE_USERDATA = 4, 7  # NFTA_RULE_*
_COMMENT = 0  # NFTNL_UDATA_RULE_COMMENT
_LIMIT = 255


def comments(devices, bit):
    """The comments of the rules, in their order; none for no devices."""
    begun = ["began on %s: marked 0x%08x" % (device, bit) for device in devices]
    return begun + ["its packets: marked 0x%08x" % bit, "replies to it: marked 0x%08x" % bit] if devices else []


def get_rules(seq, order=NATIVE):
    """The request for the rules of the table."""
    flags = netlink.REQUEST | netlink.DUMP
    return nfnetlink.message(nfnetlink.NFTABLES, _GET_RULE, flags, seq, _INET, [_table(order)], order)


def comment(message, order=NATIVE):
    """The comment of a rule of the table; None for another message; "" for a rule without; NetlinkError."""
    if message.type != nfnetlink.NFTABLES << 8 | _NEW_RULE:
        return None
    family, attributes = nfnetlink.body(message, order)
    table, found = None, ""
    for kind, value in attributes:
        if kind == 1:
            table = netlink.text(value)
        elif kind == _RULE_USERDATA and len(value) > 2 and value[0] == _COMMENT and value[1] <= len(value) - 2:
            found = netlink.text(value[2 : 2 + value[1]])
    return found if table == TABLE and family == _INET else None


def replace_table(devices, bit, seq, order=NATIVE):
    """`(datagram, last)`: one transaction that makes the table anew, or deletes it if there are no devices.

    Its messages have the numbers from `seq` to `last`; the first and the last are not acknowledged.
    """
    table = _table(order)
    wanted = [(_NEW_TABLE, _CREATE, [table]), (_DELETE_TABLE, 0, [table])]
    if devices:
        wanted.append((_NEW_TABLE, _CREATE, [table]))
        wanted += [(_NEW_CHAIN, _CREATE, [table] + _chain(name, order)) for name in CHAINS]
        rules = [(CHAINS[0], _begins_on(device, bit, order)) for device in devices]
        rules += [(CHAINS[0], _is_marked(bit, order)), (CHAINS[1], _has_no_mark(order) + _is_marked(bit, order))]
        for text, (name, expressions) in zip(comments(devices, bit), rules):
            chain = netlink.name_attribute(2, name, _LIMIT, order)
            said = [_userdata(text, order), nested(_RULE_EXPRESSIONS, expressions, order)]
            wanted.append((_NEW_RULE, _CREATE | _APPEND, [table, chain] + said))
    pieces = [_mark_of_batch(_BEGIN, seq, order)]
    for kind, flags, attributes in wanted:
        seq += 1
        flags |= netlink.REQUEST | netlink.ACK
        pieces.append(nfnetlink.message(nfnetlink.NFTABLES, kind, flags, seq, _INET, attributes, order))
    pieces.append(_mark_of_batch(_END, seq + 1, order))
    return b"".join(pieces), seq + 1


def _mark_of_batch(kind, seq, order):
    # struct nfgenmsg, whose res_id says in network order which subsystem the batch is for
    return netlink.message(kind, netlink.REQUEST, seq, struct.pack(">BBH", 0, 0, nfnetlink.NFTABLES), order)


def _table(order):
    return netlink.name_attribute(1, TABLE, _LIMIT, order)


def _chain(name, order):
    kind, number = _HOOKS[name]
    hook = [attribute(1, struct.pack(">I", number), order), attribute(2, struct.pack(">i", _PRIORITY), order)]
    named = netlink.name_attribute(3, name, _LIMIT, order)
    return [named, nested(4, hook, order), netlink.name_attribute(7, kind, _LIMIT, order)]


def _userdata(text, order):
    data = text.encode() + b"\0"
    return attribute(_RULE_USERDATA, bytes([_COMMENT, len(data)]) + data, order)


def _begins_on(device, bit, order):
    """iifname DEVICE ct state new ct mark set ct mark | BIT"""
    name = device.encode()
    if not 0 < len(name) < _NAME_SIZE:
        raise netlink.NetlinkError("the name of a device has 1 to %d bytes" % (_NAME_SIZE - 1))
    return [
        _load("meta", _META_IIFNAME, order),
        _compare(_EQUAL, name + bytes(_NAME_SIZE - len(name)), order),
        _load("ct", _CT_STATE, order),
        _bits(_STATE_NEW, 0, order),
        _compare(_DIFFERENT, bytes(4), order),
        _load("ct", _CT_MARK, order),
        _bits(~bit & 0xFFFFFFFF, bit, order),
        _expression("ct", [_number(2, _CT_MARK, order), _number(4, _REGISTER, order)], order),
    ]


def _has_no_mark(order):
    """mark == 0: what another program marked, as the packets of a tunnel with a mark of its own, stays its own"""
    return [_load("meta", _META_MARK, order), _compare(_EQUAL, bytes(4), order)]


def _is_marked(bit, order):
    """ct mark & BIT == BIT meta mark set mark | BIT"""
    return [
        _load("ct", _CT_MARK, order),
        _bits(bit, 0, order),
        _compare(_EQUAL, struct.pack(order + "I", bit), order),
        _load("meta", _META_MARK, order),
        _bits(~bit & 0xFFFFFFFF, bit, order),
        _expression("meta", [_number(2, _META_MARK, order), _number(3, _REGISTER, order)], order),
    ]


def _expression(name, attributes, order):
    parts = [netlink.name_attribute(1, name, _LIMIT, order), nested(2, attributes, order)]
    return nested(1, parts, order)


def _number(kind, value, order):
    return attribute(kind, struct.pack(">I", value), order)


def _load(what, key, order):
    return _expression(what, [_number(1, _REGISTER, order), _number(2, key, order)], order)


def _compare(how, data, order):
    value = nested(3, [attribute(1, data, order)], order)
    return _expression("cmp", [_number(1, _REGISTER, order), _number(2, how, order), value], order)


def _bits(mask, xor, order):
    """The register becomes itself & mask ^ xor."""
    masks = [nested(kind, [attribute(1, struct.pack(order + "I", value), order)], order) for kind, value in
             ((4, mask), (5, xor))]  # fmt: skip
    registers = [_number(1, _REGISTER, order), _number(2, _REGISTER, order), _number(3, 4, order)]
    return _expression("bitwise", registers + masks, order)


def inbound_lines(devices, bit):
    """The same as lines for `nft -f`."""
    lines = ["# nft -f", "add table inet nametrack", "delete table inet nametrack"]
    if devices:
        head = "add rule inet nametrack "
        lines.append("add table inet nametrack")
        lines.append("add chain inet nametrack inbound { type filter hook prerouting priority -150; }")
        lines.append("add chain inet nametrack replies { type route hook output priority -150; }")
        marked = "ct mark and 0x%08x == 0x%08x meta mark set mark or 0x%08x" % (bit, bit, bit)
        begun = ['inbound iifname "%s" ct state new ct mark set ct mark or 0x%08x' % (each, bit) for each in devices]
        for rule, text in zip(begun + ["inbound " + marked, "replies meta mark 0 " + marked], comments(devices, bit)):
            lines.append('%s%s comment "%s"' % (head, rule, text))
    return lines
