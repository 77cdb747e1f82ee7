"""Tables of libubox' blobmsg.h: what a call carries, what answers it, what an event tells.

A table is here in its typed form: a list of `(name, type, value)` in the order of the wire, so that `decode` and
`encode` are each other's inverse; values.py has it as a dict. A name is str, and `""` in an array. A type is one of
BLOBMSG_TYPE_*, named as in the `ubus` module that OpenWrt packages as python3-ubus, with these values:

    ARRAY, TABLE           list of (name, type, value)
    STRING                 str; bytes if it is not UTF-8, as a SSID may be, or holds a NUL
    INT64, INT32, INT16    int, signed
    INT8 (BOOL)            int, 0…255
    DOUBLE                 float
    UNSPEC (null)          None; bytes if it holds any
    any other              bytes
"""

import struct

from . import blob
from .status import UBUS_STATUS_INVALID_ARGUMENT, UBUS_STATUS_PARSE_ERROR, UbusError

BLOBMSG_TYPE_UNSPEC = 0
BLOBMSG_TYPE_ARRAY = 1
BLOBMSG_TYPE_TABLE = 2
BLOBMSG_TYPE_STRING = 3
BLOBMSG_TYPE_INT64 = 4
BLOBMSG_TYPE_INT32 = 5
BLOBMSG_TYPE_INT16 = 6
BLOBMSG_TYPE_INT8 = 7
BLOBMSG_TYPE_BOOL = BLOBMSG_TYPE_INT8
BLOBMSG_TYPE_DOUBLE = 8

NESTING_LIMIT = 16  # tables and arrays within a table; the C stack of MicroPython bears about twice as many

TOO_DEEP = "more than %d levels of tables and arrays" % NESTING_LIMIT
INTEGERS = {  # type -> (struct format, bytes, lowest, highest)
    BLOBMSG_TYPE_INT64: (">q", 8, -(1 << 63), (1 << 63) - 1),
    BLOBMSG_TYPE_INT32: (">i", 4, -(1 << 31), (1 << 31) - 1),
    BLOBMSG_TYPE_INT16: (">h", 2, -(1 << 15), (1 << 15) - 1),
    BLOBMSG_TYPE_INT8: (">B", 1, 0, 255),
}
NESTED = (BLOBMSG_TYPE_ARRAY, BLOBMSG_TYPE_TABLE)
_NAME_LIMIT = 0xFFFF
_END = (b"\0\0\0\0", b"\0\0\0", b"\0\0", b"\0")  # of a name: a NUL and the padding
_FEW = 16  # pieces that are joined to one if they are small: each of them takes some memory besides
_SMALL = 4096  # bytes; more of them are not copied once again


def invalid(text):
    """The UbusError for what cannot be sent."""
    return UbusError(UBUS_STATUS_INVALID_ARGUMENT, text)


def malformed(text):
    """The UbusError for what was received and cannot be read."""
    return UbusError(UBUS_STATUS_PARSE_ERROR, text)


# -- values to bytes --


def encode(table):
    """A table in its typed form as bytes. UbusError if a value does not fit its type."""
    return b"".join(pieces(table))


def pieces(table):
    """The same as a list of bytes. Of a table that is large there need not be all: an iterable makes its members."""
    return _encode(table, {}, 0)


def _encode(members, headers, depth):
    """headers: {name: its header}, of the names so far: the rows of a long table all have the same."""
    if depth > NESTING_LIMIT:
        raise invalid(TOO_DEEP)
    found = []
    for name, kind, value in members:
        header = headers.get(name)
        if header is None:
            header = headers[name] = _name_header(text_bytes(name))
        if kind not in NESTED:
            found.append(blob.attribute(kind, header + _scalar(kind, value), True))
            continue
        values = blob.pieces(kind, [header] + _encode(value, headers, depth + 1), True)
        if len(values) > _FEW or sum([len(value) for value in values]) > _SMALL:
            found.extend(values)
        else:
            found.append(b"".join(values))
    return found


def _name_header(name):
    if len(name) > _NAME_LIMIT:
        raise invalid("a name of %d bytes" % len(name))
    return struct.pack(">H", len(name)) + name + _END[(len(name) + 2) % 4]


def _name_header_size(length):
    return blob.aligned(2 + length + 1)  # its length, the name, a NUL


def _scalar(kind, value):
    if kind in INTEGERS:
        form, _, lowest, highest = INTEGERS[kind]
        return packed(form, value, lowest, highest)
    if kind == BLOBMSG_TYPE_DOUBLE:
        if not isinstance(value, (float, int)):
            raise invalid("a %s is no number" % type(value).__name__)
        return struct.pack(">d", value)
    if kind == BLOBMSG_TYPE_STRING:
        return text_bytes(value) + b"\0"
    if value is not None and not isinstance(value, bytes):
        raise invalid("a %s is no bytes" % type(value).__name__)
    return value or b""


def packed(form, value, lowest, highest):
    """An integer as bytes. UbusError for what is none, or out of range, where MicroPython's struct would cut it."""
    if not isinstance(value, int):
        raise invalid("a %s is no integer" % type(value).__name__)
    if not lowest <= value <= highest:
        raise invalid("%d is not between %d and %d" % (value, lowest, highest))
    return struct.pack(form, value)


def text_bytes(value):
    """The bytes of a str; bytes as they are. UbusError for anything else, and for a str with a NUL, where C ends it."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise invalid("a %s is no text" % type(value).__name__)
    if "\0" in value:
        raise invalid("a text with a NUL in it")
    try:
        return value.encode()
    except UnicodeError:  # CPython's half of a surrogate pair
        raise invalid("a text that is no Unicode")


# -- bytes to values --


def decode(data):
    """The typed form of a table in bytes. UbusError for bytes that are none."""
    return _decode(memoryview(data), 0)


def _decode(data, depth):
    if depth > NESTING_LIMIT:
        raise malformed(TOO_DEEP)
    members = []
    for kind, extended, rest in blob.attributes(data):
        if not extended or len(rest) < blob.HEADER:
            raise malformed("a value without the header of its name")
        length = rest[0] << 8 | rest[1]
        size = _name_header_size(length)
        if size > len(rest) or rest[2 + length] != 0:
            raise malformed("a name of %d bytes that does not end" % length)
        name = text(rest[2 : 2 + length])
        value = _decode(rest[size:], depth + 1) if kind in NESTED else _value(kind, rest[size:])
        members.append((name, kind, value))
    return members


def _value(kind, data):
    if kind in INTEGERS:
        form, size, _, _ = INTEGERS[kind]
        if len(data) != size:
            raise malformed("an integer of %d bytes" % len(data))
        return struct.unpack(form, data)[0]
    if kind == BLOBMSG_TYPE_DOUBLE:
        if len(data) != 8:
            raise malformed("a double of %d bytes" % len(data))
        return struct.unpack(">d", data)[0]
    if kind == BLOBMSG_TYPE_STRING:
        if not len(data) or data[-1] != 0:
            raise malformed("a string that does not end")
        return text(data[:-1])
    return None if kind == BLOBMSG_TYPE_UNSPEC and not len(data) else bytes(data)


def text(data):
    """The str that bytes, or a memoryview of them, hold; bytes if they are not UTF-8 or hold a NUL.

    It copies them once: a message has up to 1 MiB, and the heap of a router little more.
    """
    try:
        words = str(data, "utf-8")
    except UnicodeError:
        return bytes(data)
    return bytes(data) if "\0" in words else words
