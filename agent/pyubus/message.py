"""Messages between a client and ubusd (ubusmsg.h): `decode` and `encode` are each other's inverse.

A message is eight bytes of header (version, type, seq, peer) and one attribute that holds all others. Here it is a
Message, its attributes a list of `(id, value)` in the order of the wire. What a value is, follows from its id:

    STATUS, OBJID, OBJTYPE, TARGET    int, 0…2³²-1
    OBJPATH, METHOD, USER, GROUP      str
    SIGNATURE, DATA                   a table in its typed form (blobmsg.py)
    SUBSCRIBERS                       list of int
    ACTIVE, NO_REPLY                  int, 0…255

The value of any other, or one of another type, stays bytes: ubusd hands on what others wrote without looking
into it. So does everything in a MONITOR message, which numbers its attributes anew.
"""

import struct
from collections import namedtuple

from . import blob, blobmsg
from .blobmsg import invalid, malformed
from .status import UbusError

UBUS_MSG_HELLO = 0
UBUS_MSG_STATUS = 1
UBUS_MSG_DATA = 2
UBUS_MSG_PING = 3
UBUS_MSG_LOOKUP = 4
UBUS_MSG_INVOKE = 5
UBUS_MSG_ADD_OBJECT = 6
UBUS_MSG_REMOVE_OBJECT = 7
UBUS_MSG_SUBSCRIBE = 8
UBUS_MSG_UNSUBSCRIBE = 9
UBUS_MSG_NOTIFY = 10
UBUS_MSG_MONITOR = 11

UBUS_ATTR_STATUS = 1
UBUS_ATTR_OBJPATH = 2
UBUS_ATTR_OBJID = 3
UBUS_ATTR_METHOD = 4
UBUS_ATTR_OBJTYPE = 5
UBUS_ATTR_SIGNATURE = 6
UBUS_ATTR_DATA = 7
UBUS_ATTR_TARGET = 8
UBUS_ATTR_ACTIVE = 9
UBUS_ATTR_NO_REPLY = 10
UBUS_ATTR_SUBSCRIBERS = 11
UBUS_ATTR_USER = 12
UBUS_ATTR_GROUP = 13

UBUS_SYSTEM_OBJECT_EVENT = 1
UBUS_SYSTEM_OBJECT_ACL = 2
UBUS_SYSTEM_OBJECT_MONITOR = 3
UBUS_SYSTEM_OBJECT_MAX = 1024  # the ids of clients, of their objects and of types are not below

UBUS_MAX_MSGLEN = 1048576  # bytes without the header; ubusd drops a client that sends more

# `type`: UBUS_MSG_*; `seq`: 0…65535; `peer`: 0…2³²-1, an object's or a client's id; `attributes`: list of (id, value).
Message = namedtuple("Message", ("type", "seq", "peer", "attributes"))

_HEADER = 8
HEADERS = _HEADER + blob.HEADER  # bytes from which the size of a message is known
_NUMBER, _FLAG, _TEXT, _TABLE, _NUMBERS = range(5)
_KINDS = {
    UBUS_ATTR_STATUS: _NUMBER,
    UBUS_ATTR_OBJPATH: _TEXT,
    UBUS_ATTR_OBJID: _NUMBER,
    UBUS_ATTR_METHOD: _TEXT,
    UBUS_ATTR_OBJTYPE: _NUMBER,
    UBUS_ATTR_SIGNATURE: _TABLE,
    UBUS_ATTR_DATA: _TABLE,
    UBUS_ATTR_TARGET: _NUMBER,
    UBUS_ATTR_ACTIVE: _FLAG,
    UBUS_ATTR_NO_REPLY: _FLAG,
    UBUS_ATTR_SUBSCRIBERS: _NUMBERS,
    UBUS_ATTR_USER: _TEXT,
    UBUS_ATTR_GROUP: _TEXT,
}


def attribute(message, kind):
    """The value of an attribute, UBUS_ATTR_*; None if the message has none of this kind. Of several the last."""
    found = None
    for number, value in message.attributes:
        if number == kind and not isinstance(value, bytes):
            found = value
    return found


# -- values to bytes --


def encode(message):
    """A Message as bytes. UbusError if a value does not fit, or all of them together exceed UBUS_MAX_MSGLEN."""
    return b"".join(pieces(message))


def pieces(message):
    """The same as a list of bytes."""
    kinds = _kinds(message.type)
    found = []
    for number, value in message.attributes:
        found.extend(blob.pieces(number, _encoded(kinds.get(number), value)))
    body = blob.pieces(0, found)
    size = sum([len(piece) for piece in body])
    if size > UBUS_MAX_MSGLEN:
        raise invalid("a message of %d bytes, where %d are allowed" % (size, UBUS_MAX_MSGLEN))
    return [struct.pack(">BBHI", 0, message.type, message.seq, message.peer)] + body


def _kinds(message_type):
    return {} if message_type == UBUS_MSG_MONITOR else _KINDS


def _encoded(kind, value):
    if isinstance(value, bytes):
        return [value]
    if kind == _NUMBER:
        return [_number(value)]
    if kind == _FLAG:
        return [blobmsg.packed(">B", value, 0, 255)]
    if kind == _TEXT:
        return [blobmsg.text_bytes(value), b"\0"]
    if kind == _TABLE:
        return blobmsg.pieces(value)
    if kind == _NUMBERS:
        return [blob.attribute(0, _number(number)) for number in value]
    raise invalid("an unknown attribute that is not bytes")


def _number(value):
    return blobmsg.packed(">I", value, 0, 0xFFFFFFFF)


# -- bytes to values --


def size_of(data, start=0):
    """The bytes of the message that begins at `start`: int, known from the first 12 of them; None if there are less.

    UbusError if no message begins like this, or its size exceeds UBUS_MAX_MSGLEN.
    """
    if len(data) - start < HEADERS:
        return None
    if data[start] != 0:
        raise malformed("a message of version %d" % data[start])
    length = blob.header(data, start + _HEADER)[2]
    if length < blob.HEADER or blob.aligned(length) > UBUS_MAX_MSGLEN:
        raise malformed("a message of %d bytes" % length)
    return _HEADER + length


def decode(data, start=0):
    """`(message, used)`: the Message that begins at `start`, and its number of bytes; `(None, 0)` if more are needed.

    UbusError for bytes that are no message.
    """
    used = size_of(data, start)
    if used is None or len(data) - start < used:
        return None, 0
    _, message_type, seq, peer = struct.unpack_from(">BBHI", data, start)
    kinds = _kinds(message_type)
    body = memoryview(data)[start + _HEADER + blob.HEADER : start + used]
    found = [(number, _decoded(kinds.get(number), value)) for number, _, value in blob.attributes(body)]
    return Message(message_type, seq, peer, found), used


def _decoded(kind, value):
    if kind == _NUMBER and len(value) == 4:
        return struct.unpack_from(">I", value)[0]
    if kind == _FLAG and len(value) == 1:
        return value[0]
    if kind == _TEXT and len(value) and value[-1] == 0:
        words = blobmsg.text(value[:-1])
        if isinstance(words, str):
            return words
    if kind in (_TABLE, _NUMBERS):
        try:
            return blobmsg.decode(value) if kind == _TABLE else _numbers(value)
        except UbusError:
            pass
    return bytes(value)


def _numbers(data):
    numbers = []
    for _, _, value in blob.attributes(data):
        if len(value) != 4:
            raise malformed("a number of %d bytes" % len(value))
        numbers.append(struct.unpack(">I", value)[0])
    return numbers
