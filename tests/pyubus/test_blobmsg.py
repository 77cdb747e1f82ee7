"""blobmsg.py: tables in their typed form, and the same bytes again."""

import struct

import pytest

from pyubus import blob, blobmsg
from pyubus.blobmsg import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT8,
    BLOBMSG_TYPE_INT16,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_INT64,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    BLOBMSG_TYPE_UNSPEC,
    NESTING_LIMIT,
)
from pyubus.status import UBUS_STATUS_INVALID_ARGUMENT, UBUS_STATUS_PARSE_ERROR, UbusError

# each member with its bytes, as libubox writes them
MEMBERS = [
    (("a", BLOBMSG_TYPE_INT32, -5), b"\x85\0\0\x0c\0\x01a\0\xff\xff\xff\xfb"),
    (("yes", BLOBMSG_TYPE_BOOL, 1), b"\x87\0\0\x0d\0\x03yes\0\0\0\x01\0\0\0"),
    (("n", BLOBMSG_TYPE_UNSPEC, None), b"\x80\0\0\x08\0\x01n\0"),
    (("n", BLOBMSG_TYPE_UNSPEC, b"\x05"), b"\x80\0\0\x09\0\x01n\0\x05\0\0\0"),
    (("s", BLOBMSG_TYPE_STRING, "hé"), b"\x83\0\0\x0c\0\x01s\0h\xc3\xa9\0"),
    (("s", BLOBMSG_TYPE_STRING, ""), b"\x83\0\0\x09\0\x01s\0\0\0\0\0"),
    (("s", BLOBMSG_TYPE_STRING, b"\xff"), b"\x83\0\0\x0a\0\x01s\0\xff\0\0\0"),
    (("s", BLOBMSG_TYPE_STRING, b"a\0b"), b"\x83\0\0\x0c\0\x01s\0a\0b\0"),
    ((b"\xff", BLOBMSG_TYPE_UNSPEC, None), b"\x80\0\0\x08\0\x01\xff\0"),
    (("h", BLOBMSG_TYPE_INT16, -16657), b"\x86\0\0\x0a\0\x01h\0\xbe\xef\0\0"),
    (("l", BLOBMSG_TYPE_INT64, -1), b"\x84\0\0\x10\0\x01l\0" + b"\xff" * 8),
    (("d", BLOBMSG_TYPE_DOUBLE, 1.5), b"\x88\0\0\x10\0\x01d\0\x3f\xf8" + bytes(6)),
    (("long", 99, b"abc"), b"\xe3\0\0\x0f\0\x04long\0\0abc\0"),
    (("t", BLOBMSG_TYPE_TABLE, []), b"\x82\0\0\x08\0\x01t\0"),
    (
        ("t", BLOBMSG_TYPE_ARRAY, [("", BLOBMSG_TYPE_UNSPEC, None)] * 2),
        b"\x81\0\0\x18\0\x01t\0" + b"\x80\0\0\x08\0\0\0\0" * 2,
    ),
]


@pytest.mark.parametrize("member, data", MEMBERS)
def test_a_member_and_its_bytes(member, data):
    assert blobmsg.encode([member]) == data
    assert blobmsg.decode(data) == [member]


def test_a_table_keeps_its_order_and_its_repetitions():
    table = [member for member, _ in MEMBERS]
    assert blobmsg.decode(blobmsg.encode(table + table)) == table + table


def nested(levels, kind=BLOBMSG_TYPE_TABLE):
    table = []
    for _ in range(levels):
        table = [("", kind, table)]
    return table


@pytest.mark.parametrize("kind", [BLOBMSG_TYPE_TABLE, BLOBMSG_TYPE_ARRAY])
def test_nesting_has_a_limit(kind):
    deepest = nested(NESTING_LIMIT, kind)
    assert blobmsg.decode(blobmsg.encode(deepest)) == deepest
    with pytest.raises(UbusError, match="levels") as refused:
        blobmsg.encode(nested(NESTING_LIMIT + 1, kind))
    assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT
    with pytest.raises(UbusError, match="levels") as refused:
        blobmsg.decode(blob.attribute(kind, b"\0\0\0\0" + blobmsg.encode(deepest), True))
    assert refused.value.code == UBUS_STATUS_PARSE_ERROR


def test_a_tower_of_tables_is_refused_before_it_is_climbed():
    data = b""
    for _ in range(5000):
        data = struct.pack(">IHH", 0x82000000 | (8 + len(data)), 0, 0) + data
    with pytest.raises(UbusError, match="levels"):
        blobmsg.decode(data)


@pytest.mark.parametrize(
    "member",
    [
        ("a", BLOBMSG_TYPE_INT64, 1 << 63),
        ("a", BLOBMSG_TYPE_INT64, -(1 << 63) - 1),
        ("a", BLOBMSG_TYPE_INT32, 1 << 31),
        ("a", BLOBMSG_TYPE_INT16, -32769),
        ("a", BLOBMSG_TYPE_INT8, 256),
        ("a", BLOBMSG_TYPE_INT8, -1),
        ("a", BLOBMSG_TYPE_INT32, "1"),
        ("a", BLOBMSG_TYPE_INT32, None),
        ("a", BLOBMSG_TYPE_DOUBLE, "1"),
        ("a", BLOBMSG_TYPE_STRING, 1),
        ("a", BLOBMSG_TYPE_STRING, (1, 2)),
        ("a", BLOBMSG_TYPE_DOUBLE, (1, 2)),
        ("a", BLOBMSG_TYPE_INT32, (1, 2)),
        ((1, 2), BLOBMSG_TYPE_UNSPEC, None),
        ("a", BLOBMSG_TYPE_STRING, "a\0b"),
        ("a", BLOBMSG_TYPE_UNSPEC, "x"),
        ("a\0", BLOBMSG_TYPE_UNSPEC, None),
        (1, BLOBMSG_TYPE_UNSPEC, None),
        ("a" * 65536, BLOBMSG_TYPE_UNSPEC, None),
    ],
)
def test_what_does_not_fit_its_type_is_refused(member):
    with pytest.raises(UbusError) as refused:
        blobmsg.encode([member])
    assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT


def test_a_value_too_long_for_the_length_of_an_attribute_is_refused():
    with pytest.raises(UbusError, match="16777212 bytes"):
        blob.attribute(BLOBMSG_TYPE_STRING, bytes((1 << 24) - 4))


@pytest.mark.parametrize(
    "data",
    [
        b"\x85",
        b"\x85\0\0\x03\0\0\0\0",
        b"\x85\0\0\x0c\0\x01a\0",
        b"\x85\0\0\x0c\0\x01a\0\0\0\0\0\0",
        b"\x87\0\0\x09\0\x01a\0\x01",
        b"\x85\xff\xff\xff\0\x01a\0\0\0\0\0",
        b"\x05\0\0\x0c\0\x01a\0\0\0\0\0",
        b"\x85\0\0\x04",
        b"\x85\0\0\x06\0\0\0\0",
        b"\x80\0\0\x08\0\x02ab",
        b"\x80\0\0\x08\xff\xffab",
        b"\x80\0\0\x0c\0\x01ab\0\0\0\0",
        b"\x85\0\0\x0b\0\x01a\0\0\0\0\0",
        b"\x85\0\0\x0d\0\x01a\0\0\0\0\0\0\0\0\0",
        b"\x88\0\0\x0c\0\x01a\0\0\0\0\0",
        b"\x83\0\0\x08\0\x01a\0",
        b"\x83\0\0\x0c\0\x01a\0abcd",
        b"\x82\0\0\x0c\0\x01a\0abcd",
    ],
)
def test_bytes_that_are_no_table_are_refused(data):
    with pytest.raises(UbusError) as refused:
        blobmsg.decode(data)
    assert refused.value.code == UBUS_STATUS_PARSE_ERROR


def test_every_table_that_is_cut_short_is_refused_or_is_a_shorter_one():
    table = [member for member, _ in MEMBERS]
    whole = blobmsg.encode(table)
    ends = [len(blobmsg.encode(table[:count])) for count in range(len(table) + 1)]
    for cut in range(len(whole)):
        if cut in ends:
            assert blobmsg.decode(whole[:cut]) == table[: ends.index(cut)]
        else:
            with pytest.raises(UbusError):
                blobmsg.decode(whole[:cut])
