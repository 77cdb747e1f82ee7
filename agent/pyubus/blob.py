"""Attributes of libubox' blob.h, the grain of every message on the bus.

An attribute is a big-endian word (bit 31: extended, 7 bits of id, 24 bits of length with this word) and its value,
padded to four bytes; the padding is not counted in its own length.
"""

import struct

from .status import UBUS_STATUS_INVALID_ARGUMENT, UBUS_STATUS_PARSE_ERROR, UbusError

HEADER = 4  # bytes: the word before a value
_EXTENDED = 0x80000000
_LENGTH = 0x00FFFFFF
_PADDING = (b"", b"\0", b"\0\0", b"\0\0\0")


def aligned(length):
    """A length in bytes with its padding to four."""
    return (length + 3) & ~3


def attribute(kind, value, extended=False):
    """One attribute with its padding, in bytes.

    `kind`: int, its id, 0…127; `value`: bytes. UbusError if that is too long.
    """
    return _header(kind, len(value), extended) + value + _PADDING[-len(value) % 4]


def pieces(kind, values, extended=False):
    """The same of a value that is a list of bytes, as a list of bytes: what is large is not put together."""
    size = sum([len(value) for value in values])
    return [_header(kind, size, extended)] + values + [_PADDING[-size % 4]]


def _header(kind, size, extended):
    if HEADER + size > _LENGTH:
        raise UbusError(UBUS_STATUS_INVALID_ARGUMENT, "%d bytes do not fit into an attribute" % size)
    return struct.pack(">I", (_EXTENDED if extended else 0) | kind << 24 | HEADER + size)


def header(data, at):
    """`(id, extended, length)` of the attribute at an offset of bytes, its length with the header but no padding."""
    word = struct.unpack_from(">I", data, at)[0]
    return word >> 24 & 0x7F, word & _EXTENDED != 0, word & _LENGTH


def attributes(data):
    """Gives `(id, extended, value)` of each attribute in turn, the value a slice of `data`.

    UbusError if a length is wrong.
    """
    at, end = 0, len(data)
    while at < end:
        if end - at < HEADER:
            raise UbusError(UBUS_STATUS_PARSE_ERROR, "an attribute's header is cut short")
        kind, extended, length = header(data, at)
        if length < HEADER or aligned(length) > end - at:
            raise UbusError(
                UBUS_STATUS_PARSE_ERROR, "an attribute of %d bytes, but only %d are left" % (length, end - at)
            )
        yield kind, extended, data[at + HEADER : at + length]
        at += aligned(length)
