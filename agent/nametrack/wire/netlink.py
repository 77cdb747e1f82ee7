"""Netlink and generic netlink: messages and attributes as values (include/uapi/linux/netlink.h, genetlink.h).

Netlink speaks the machine's own byte order. Every function takes it as `order`, so that a recording made on one machine
reads the same on any other.

What is read stays a view of the datagram: a dump comes in 32 KiB pieces, and a small heap should not hold each of them
once more per level of nesting. A caller that keeps a value makes it a number, a text or `bytes` first.
"""

import struct
import sys
from collections import namedtuple

NATIVE = "<" if sys.byteorder == "little" else ">"

REQUEST = 0x01
ACK = 0x04
DUMP = 0x300
DUMP_INTERRUPTED = 0x10
CAPPED = 0x100  # on an acknowledgement: the request is not quoted in it
ACK_ATTRIBUTES = 0x200  # on an acknowledgement: attributes follow

NOOP = 1
ERROR = 2
DONE = 3
OVERRUN = 4

CONTROLLER = 16  # GENL_ID_CTRL, the one family whose number is fixed: it knows the others'

_HEADER = 16
_GENERIC_HEADER = 4
NESTED = 0x8000  # on the type of an attribute that holds others
_TYPE_MASK = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
_ATTRIBUTE_LIMIT = 0xFFFF
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}

_CTRL_CMD_NEWFAMILY = 1
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_ID = 1
_CTRL_ATTR_FAMILY_NAME = 2
_CTRL_ATTR_MCAST_GROUPS = 7
_CTRL_ATTR_MCAST_GRP_NAME = 1
_CTRL_ATTR_MCAST_GRP_ID = 2
_NLMSGERR_ATTR_MSG = 1

Message = namedtuple("Message", ("type", "flags", "seq", "pid", "payload"))

# What a datagram says about one request: its messages; how it ended (None: more is to come, 0: well, else an error
# number) and the kernel's words for that; and whether what a dump lists changed meanwhile, so that it wants repeating.
Reply = namedtuple("Reply", ("messages", "errno", "text", "interrupted"))

Family = namedtuple("Family", ("id", "groups"))


class NetlinkError(Exception):
    """What is not netlink, or does not fit into it."""


def aligned(length):
    return (length + 3) & ~3


# -- values to bytes --


def attribute(kind, value, order=NATIVE):
    """One attribute with its padding; `value` in bytes."""
    length = len(value)
    return attribute_head(kind, length, order) + value + bytes(aligned(length) - length)


def attribute_head(kind, length, order=NATIVE):
    """What stands before the value of an attribute, for one of so many bytes that it is not to be copied."""
    if length > _ATTRIBUTE_LIMIT - 4:
        raise NetlinkError("%d bytes do not fit into an attribute" % length)
    return struct.pack(order + "HH", 4 + length, kind)


def nested(kind, attributes, order=NATIVE):
    """An attribute that holds `attributes`, a list of what attribute() and nested() give."""
    return attribute(kind | NESTED, b"".join(attributes), order)


def name_attribute(kind, name, limit, order=NATIVE):
    """An attribute with a NUL-terminated name of at most `limit` bytes."""
    value = name.encode("utf-8")
    if not 0 < len(value) <= limit or b"\0" in value:
        raise NetlinkError("a name has 1 to %d bytes" % limit)
    return attribute(kind, value + b"\0", order)


def message(kind, flags, seq, payload, order=NATIVE):
    """One message; the port number is left to the kernel."""
    return message_head(kind, flags, seq, len(payload), order) + payload


def message_head(kind, flags, seq, length, order=NATIVE):
    """What stands before the payload of a message, for one of so many bytes that it is not to be copied."""
    return struct.pack(order + "IHHII", _HEADER + length, kind, flags, seq, 0)


def generic_message(family_id, flags, seq, command, version, attributes, order=NATIVE):
    """One generic netlink message with a list of attributes."""
    return message(family_id, flags, seq, struct.pack("BBBB", command, version, 0, 0) + b"".join(attributes), order)


def get_family(name, seq, order=NATIVE):
    """The request that asks the controller for a family, as for `wireguard`; an absent one is answered by ENOENT."""
    wanted = name_attribute(_CTRL_ATTR_FAMILY_NAME, name, 15, order)
    return generic_message(CONTROLLER, REQUEST | ACK, seq, _CTRL_CMD_GETFAMILY, 1, [wanted], order)


# -- bytes to values --


def messages(datagram, order=NATIVE):
    """Gives each Message of a datagram, the payload a view; NetlinkError if a length is wrong."""
    view = memoryview(datagram)
    at, end = 0, len(view)
    while at < end:
        if end - at < _HEADER:
            raise NetlinkError("a message header is cut short")
        length, kind, flags, seq, pid = struct.unpack_from(order + "IHHII", view, at)
        if not _HEADER <= length <= end - at:
            raise NetlinkError("a message of %d bytes, but only %d are left" % (length, end - at))
        yield Message(kind, flags, seq, pid, view[at + _HEADER : at + length])
        at += aligned(length)


def attributes(data, order=NATIVE):
    """Gives `(type, value)` of each attribute, the type without its flags; NetlinkError if a length is wrong."""
    header = order + "HH"
    at, end = 0, len(data)
    while at < end:
        if end - at < 4:
            raise NetlinkError("an attribute header is cut short")
        length, kind = struct.unpack_from(header, data, at)
        if not 4 <= length <= end - at:
            raise NetlinkError("an attribute of %d bytes, but only %d are left" % (length, end - at))
        yield kind & _TYPE_MASK, data[at + 4 : at + length]
        at += aligned(length)


def generic(message, order=NATIVE):
    """`(command, attributes)` of a generic netlink message, the attributes as attributes() gives them."""
    if len(message.payload) < _GENERIC_HEADER:
        raise NetlinkError("a generic netlink header is cut short")
    return message.payload[0], attributes(message.payload[_GENERIC_HEADER:], order)


def unsigned(value, size, order=NATIVE):
    """The number in an attribute that must have exactly `size` bytes: 1, 2, 4 or 8."""
    if len(value) != size:
        raise NetlinkError("a number of %d bytes instead of %d" % (len(value), size))
    return struct.unpack_from(order + _UNSIGNED[size], value)[0]


def text(value):
    """The text in an attribute, up to its NUL."""
    try:
        return bytes(value).partition(b"\0")[0].decode("utf-8")
    except UnicodeError:
        raise NetlinkError("a text is not UTF-8")


def reply(datagram, seq, order=NATIVE):
    """The Reply to request number `seq`; messages with another number are left out, they answer someone who gave up."""
    found, errno, words, interrupted = [], None, "", False
    for item in messages(datagram, order):
        if item.type == OVERRUN:
            raise NetlinkError("the kernel lost messages")
        if item.seq != seq or item.type == NOOP:
            continue
        if item.flags & DUMP_INTERRUPTED:
            interrupted = True
        if item.type in (ERROR, DONE):
            errno, words = ended(item, order)
        else:
            found.append(item)
    return Reply(found, errno, words, interrupted)


def ended(item, order=NATIVE):
    """Return `(errno, text)` of an ERROR (which with 0 is the acknowledgement) or a DONE. Raises NetlinkError."""
    data = item.payload
    at = 4 if item.type == DONE else 4 + _HEADER
    if len(data) < at:
        raise NetlinkError("an acknowledgement is cut short")
    code = struct.unpack_from(order + "i", data)[0]
    if code > 0:
        raise NetlinkError("%d is not an error number" % code)
    words = ""
    if item.flags & ACK_ATTRIBUTES:
        if item.type == ERROR and not item.flags & CAPPED:
            # the request is quoted in full, and its own header says how much that is
            at = 4 + aligned(struct.unpack_from(order + "I", data, 4)[0])
        if at > len(data):
            raise NetlinkError("a quoted request is cut short")
        for kind, value in attributes(data[at:], order):
            if kind == _NLMSGERR_ATTR_MSG:
                words = text(value)
    return -code, words


def family(message, order=NATIVE):
    """The Family that a message of the controller describes, its multicast groups as a dict from name to number."""
    command, found = generic(message, order)
    if message.type != CONTROLLER or command != _CTRL_CMD_NEWFAMILY:
        raise NetlinkError("not the description of a family")
    family_id, groups = None, {}
    for kind, value in found:
        if kind == _CTRL_ATTR_FAMILY_ID:
            family_id = unsigned(value, 2, order)
        elif kind == _CTRL_ATTR_MCAST_GROUPS:
            for _, group in attributes(value, order):
                _add_group(groups, group, order)
    if family_id is None:
        raise NetlinkError("a family without a number")
    return Family(family_id, groups)


def _add_group(groups, data, order):
    name, number = None, None
    for kind, value in attributes(data, order):
        if kind == _CTRL_ATTR_MCAST_GRP_NAME:
            name = text(value)
        elif kind == _CTRL_ATTR_MCAST_GRP_ID:
            number = unsigned(value, 4, order)
    if name is None or number is None:
        raise NetlinkError("a multicast group without a name or a number")
    groups[name] = number
