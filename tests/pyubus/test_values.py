"""values.py: tables as dicts, and dicts as tables."""

from collections import OrderedDict

import pytest

from pyubus import blobmsg
from pyubus.blobmsg import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT16,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_INT64,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    BLOBMSG_TYPE_UNSPEC,
    NESTING_LIMIT,
)
from pyubus.status import UBUS_STATUS_INVALID_ARGUMENT, UbusError
from pyubus.values import Typed, from_python, lazily, to_python

VALUES = [
    (True, BLOBMSG_TYPE_BOOL, 1),
    (False, BLOBMSG_TYPE_BOOL, 0),
    (0, BLOBMSG_TYPE_INT32, 0),
    (-(1 << 31), BLOBMSG_TYPE_INT32, -(1 << 31)),
    ((1 << 31) - 1, BLOBMSG_TYPE_INT32, (1 << 31) - 1),
    (1 << 31, BLOBMSG_TYPE_INT64, 1 << 31),
    (-(1 << 63), BLOBMSG_TYPE_INT64, -(1 << 63)),
    (1.5, BLOBMSG_TYPE_DOUBLE, 1.5),
    ("hé", BLOBMSG_TYPE_STRING, "hé"),
    (b"\xff\xfe", BLOBMSG_TYPE_STRING, b"\xff\xfe"),
    (None, BLOBMSG_TYPE_UNSPEC, None),
    ([], BLOBMSG_TYPE_ARRAY, []),
    ([1, "x"], BLOBMSG_TYPE_ARRAY, [("", BLOBMSG_TYPE_INT32, 1), ("", BLOBMSG_TYPE_STRING, "x")]),
    ({}, BLOBMSG_TYPE_TABLE, []),
    ({"k": None}, BLOBMSG_TYPE_TABLE, [("k", BLOBMSG_TYPE_UNSPEC, None)]),
]


@pytest.mark.parametrize("value, kind, typed", VALUES)
def test_a_value_has_its_type_and_comes_back(value, kind, typed):
    table = from_python({"v": value})
    assert table == [("v", kind, typed)]
    back = to_python(blobmsg.decode(blobmsg.encode(table)))["v"]
    assert back == value and type(back) is type(value)


def test_a_tuple_is_an_array():
    assert from_python({"v": (1,)}) == from_python({"v": [1]})


def test_an_ordered_dict_keeps_its_order():
    names = ["z", "a", "m", "b", "y"]
    assert [member[0] for member in from_python(OrderedDict([(name, 1) for name in names]))] == names


@pytest.mark.parametrize(
    "value, typed",
    [
        (Typed(BLOBMSG_TYPE_INT64, 1), (BLOBMSG_TYPE_INT64, 1)),
        (Typed(BLOBMSG_TYPE_INT16, -1), (BLOBMSG_TYPE_INT16, -1)),
        (Typed(BLOBMSG_TYPE_INT16, 0xBEEF), (BLOBMSG_TYPE_INT16, -16657)),
        (Typed(BLOBMSG_TYPE_INT32, 0xFFFFFFFF), (BLOBMSG_TYPE_INT32, -1)),
        (Typed(BLOBMSG_TYPE_INT64, 0xFEDCBA9876543210), (BLOBMSG_TYPE_INT64, -81985529216486896)),
        (Typed(BLOBMSG_TYPE_INT32, True), (BLOBMSG_TYPE_INT32, 1)),
        (Typed(BLOBMSG_TYPE_BOOL, True), (BLOBMSG_TYPE_BOOL, 1)),
        (Typed(BLOBMSG_TYPE_DOUBLE, 2), (BLOBMSG_TYPE_DOUBLE, 2)),
        (Typed(BLOBMSG_TYPE_STRING, b"x"), (BLOBMSG_TYPE_STRING, b"x")),
        (Typed(BLOBMSG_TYPE_UNSPEC, None), (BLOBMSG_TYPE_UNSPEC, None)),
        (Typed(BLOBMSG_TYPE_ARRAY, [True]), (BLOBMSG_TYPE_ARRAY, [("", BLOBMSG_TYPE_BOOL, 1)])),
        (Typed(BLOBMSG_TYPE_TABLE, {"a": True}), (BLOBMSG_TYPE_TABLE, [("a", BLOBMSG_TYPE_BOOL, 1)])),
    ],
)
def test_a_type_can_be_forced(value, typed):
    assert from_python({"v": value}) == [("v",) + typed]
    blobmsg.encode(from_python({"v": value}))


def encode(values):
    return blobmsg.encode(lazily(values))


def test_members_that_are_made_late_are_the_same():
    values = {"a": [1, "x", None, {"b": [], "c": {}, "d": (True, 1.5)}], "e": Typed(BLOBMSG_TYPE_ARRAY, [b"\xff"])}
    assert encode(values) == blobmsg.encode(from_python(values))


def nested(levels, kind):
    value = 1
    for _ in range(levels):
        value = {"k": value} if kind is dict else [value]
    return {"v": value}


@pytest.mark.parametrize("kind", [dict, list])
def test_nesting_has_a_limit(kind):
    deepest = nested(NESTING_LIMIT, kind)
    assert to_python(blobmsg.decode(blobmsg.encode(from_python(deepest)))) == deepest
    assert encode(deepest) == blobmsg.encode(from_python(deepest))
    for make in (from_python, encode):
        with pytest.raises(UbusError, match="levels"):
            make(nested(NESTING_LIMIT + 1, kind))


def test_a_value_that_holds_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(UbusError, match="levels"):
        from_python({"v": value})


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, {1, 2}, object(), 1j])
def test_what_ubus_does_not_know_is_refused(value):
    with pytest.raises(UbusError) as refused:
        from_python({"v": value})
    assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT


@pytest.mark.parametrize(
    "values",
    [
        {1: 2},
        {"v": "a\0b"},
        {"v": Typed(BLOBMSG_TYPE_INT32, "1")},
        {"v": Typed(BLOBMSG_TYPE_INT32, 1 << 32)},
        {"v": Typed(BLOBMSG_TYPE_BOOL, 256)},
        {"v": Typed(BLOBMSG_TYPE_INT32, None)},
        {"v": Typed(BLOBMSG_TYPE_STRING, 1)},
        {"v": Typed(BLOBMSG_TYPE_UNSPEC, 1)},
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_encoded(values):
    with pytest.raises(UbusError):
        blobmsg.encode(from_python(values))
    with pytest.raises(UbusError):
        encode(values)


@pytest.mark.parametrize("values", [None, [], "x", Typed(BLOBMSG_TYPE_TABLE, {})])
def test_only_a_dict_is_a_table(values):
    with pytest.raises(UbusError, match="no dict"):
        from_python(values)


@pytest.mark.parametrize("values", [Typed(BLOBMSG_TYPE_TABLE, [1]), Typed(BLOBMSG_TYPE_ARRAY, {"a": 1})])
def test_a_forced_type_takes_only_its_own_values(values):
    with pytest.raises(UbusError):
        from_python({"v": values})


def test_the_first_of_two_entries_counts_as_in_libubox():
    assert to_python([("a", BLOBMSG_TYPE_INT32, 1), ("a", BLOBMSG_TYPE_INT32, 2)]) == {"a": 1}


def test_any_byte_but_zero_is_true():
    assert to_python([("a", BLOBMSG_TYPE_BOOL, 7)]) == {"a": True}


def test_unknown_types_and_names_that_are_no_text_are_passed_over():
    array = [("", 99, b"x"), ("", BLOBMSG_TYPE_INT32, 1)]
    table = [("a", 99, b"x"), (b"\xff", BLOBMSG_TYPE_INT32, 1), ("b", BLOBMSG_TYPE_ARRAY, array)]
    assert to_python(table) == {"b": [1]}


def test_null_is_none_whatever_it_holds():
    assert to_python([("a", BLOBMSG_TYPE_UNSPEC, b"x"), ("b", BLOBMSG_TYPE_UNSPEC, None)]) == {"a": None, "b": None}
