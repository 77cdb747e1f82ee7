"""signature.py: what an object can be asked, and whether it is asked so."""

from collections import OrderedDict

import pytest

from pyubus import signature
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
)

REFRESH = OrderedDict([("name", BLOBMSG_TYPE_STRING), ("again", BLOBMSG_TYPE_BOOL)])


def test_a_signature_is_a_table_of_tables_of_types():
    table = signature.to_table(OrderedDict([("status", {}), ("refresh", REFRESH)]))
    assert table == [
        ("status", BLOBMSG_TYPE_TABLE, []),
        ("refresh", BLOBMSG_TYPE_TABLE, [("name", BLOBMSG_TYPE_INT32, 3), ("again", BLOBMSG_TYPE_INT32, 7)]),
    ]
    assert signature.from_table(table) == {"status": {}, "refresh": {"again": 7, "name": 3}}


def test_what_is_no_signature_is_passed_over():
    table = [
        ("a", BLOBMSG_TYPE_INT32, 1),
        (b"\xff", BLOBMSG_TYPE_TABLE, []),
        ("b", BLOBMSG_TYPE_TABLE, [("x", BLOBMSG_TYPE_STRING, "y"), ("z", BLOBMSG_TYPE_INT32, 3)]),
    ]
    assert signature.from_table(table) == {"b": {"z": 3}}


@pytest.mark.parametrize("arguments", [{}, {"name": "x"}, {"again": True}, {"ubus_rpc_session": "0", "name": "x"}])
def test_arguments_may_be_missing_and_others_may_be_there(arguments):
    assert signature.accepts(REFRESH, arguments)


FITTING = [
    (BLOBMSG_TYPE_STRING, ["", "x"], [b"\xff", 1, True, None, [], {}]),
    (BLOBMSG_TYPE_BOOL, [True, False], [0, 1, "true", None]),
    (BLOBMSG_TYPE_INT16, [-32768, 32767], [32768, True, "1", 1.0, None]),
    (BLOBMSG_TYPE_INT32, [0, -5, (1 << 31) - 1], [1 << 31, False, "1", 1.5, b"1"]),
    (BLOBMSG_TYPE_INT64, [1, 1 << 40], [True, "1"]),
    (BLOBMSG_TYPE_DOUBLE, [1.5, 1], [True, "1.5", None]),
    (BLOBMSG_TYPE_ARRAY, [[], [1]], [{}, "x"]),
    (BLOBMSG_TYPE_TABLE, [{}, {"a": 1}], [[], "x"]),
    (BLOBMSG_TYPE_UNSPEC, [None, 1, "x", []], []),
    (99, [], [None, 1, "x"]),
]


@pytest.mark.parametrize("kind, fitting, others", FITTING)
def test_an_argument_has_the_type_that_it_is_to_have(kind, fitting, others):
    for value in fitting:
        assert signature.accepts({"a": kind}, {"a": value}), value
    for value in others:
        assert not signature.accepts({"a": kind}, {"a": value}), value
