"""message.py: each recorded message is the same bytes again; what is none is refused."""

import pytest
import recorded

from pyubus import blobmsg, message
from pyubus.blobmsg import BLOBMSG_TYPE_INT32, BLOBMSG_TYPE_STRING
from pyubus.message import (
    UBUS_ATTR_ACTIVE,
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_NO_REPLY,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJPATH,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_SUBSCRIBERS,
    UBUS_MAX_MSGLEN,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_MONITOR,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_STATUS,
    Message,
)
from pyubus.status import UBUS_STATUS_INVALID_ARGUMENT, UBUS_STATUS_PARSE_ERROR, UbusError

SCENARIOS = "01 02 03 04 05 06 07 09 10 11 13 14 16 17".split(" ")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_recorded_message_is_the_same_bytes_again(scenario):
    found = recorded.messages((scenario,))
    assert found
    for data in found:
        decoded, used = message.decode(data)
        assert used == len(data)
        assert message.encode(decoded) == data


def test_no_recorded_scenario_is_left_out():
    assert {line.scenario[:2] for line in recorded.lines()} == set(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_message_cut_anywhere_wants_more(scenario):
    for data in recorded.messages((scenario,)):
        for cut in range(len(data)):
            assert message.decode(data[:cut]) == (None, 0)


def test_a_message_is_read_where_it_begins_and_no_further():
    first, second = recorded.messages(("01",))[:2]
    data = first + second
    assert message.decode(data)[1] == len(first)
    assert message.decode(data, len(first)) == (message.decode(second)[0], len(second))


def test_what_a_greeting_and_a_call_look_like():
    hello = message.decode(recorded.messages(("03",), "cli#5", "<")[0])[0]
    assert hello == Message(UBUS_MSG_HELLO, 0, 0xDFAFBC4A, [])
    call = message.decode(recorded.messages(("05",), "cli#7", ">")[1])[0]
    expected = [(UBUS_ATTR_OBJID, 0x68B356DD), (UBUS_ATTR_METHOD, "multi"), (UBUS_ATTR_DATA, [])]
    assert call == Message(UBUS_MSG_INVOKE, 2, 0x68B356DD, expected)


MESSAGES = [
    Message(UBUS_MSG_STATUS, 65535, 0xFFFFFFFF, [(UBUS_ATTR_STATUS, 0xFFFFFFFF)]),
    Message(UBUS_MSG_NOTIFY, 1, 0, [(UBUS_ATTR_OBJID, 5), (UBUS_ATTR_ACTIVE, 1), (UBUS_ATTR_NO_REPLY, 255)]),
    Message(UBUS_MSG_STATUS, 1, 9, [(UBUS_ATTR_SUBSCRIBERS, [1, 0xFFFFFFFF]), (UBUS_ATTR_STATUS, 0)]),
    Message(UBUS_MSG_STATUS, 1, 9, [(UBUS_ATTR_SUBSCRIBERS, [])]),
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_DATA, [("a", BLOBMSG_TYPE_INT32, 1)])]),
    Message(UBUS_MSG_DATA, 1, 9, [(99, b"unknown"), (0, b""), (UBUS_ATTR_OBJPATH, "wg.é")]),
    # what is none of its kind stays bytes
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_DATA, b"abc")]),
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_OBJID, b"\0\0\0"), (UBUS_ATTR_NO_REPLY, b"")]),
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_METHOD, b"no end"), (UBUS_ATTR_METHOD, b"\xff\0")]),
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_METHOD, b"a\0b\0"), (UBUS_ATTR_METHOD, b"")]),
    Message(UBUS_MSG_DATA, 1, 9, [(UBUS_ATTR_SUBSCRIBERS, b"\0\0\0\x05\0\0\0\0")]),
    Message(UBUS_MSG_MONITOR, 1, 0, [(1, b"\0\0\0\0"), (4, b"\0\0\0\0"), (5, b"")]),
    Message(200, 1, 0, []),
]


@pytest.mark.parametrize("case", range(len(MESSAGES)))
def test_a_message_comes_back_as_it_was(case):
    data = message.encode(MESSAGES[case])
    assert len(data) % 4 == 0
    assert message.decode(data) == (MESSAGES[case], len(data))
    assert message.decode(bytearray(data)) == message.decode(memoryview(data))


def test_of_several_attributes_the_last_counts_and_bytes_never_do():
    several = Message(UBUS_MSG_DATA, 1, 0, [(3, 1), (3, 2), (3, b"x"), (4, b"x")])
    assert message.attribute(several, UBUS_ATTR_OBJID) == 2
    assert message.attribute(several, UBUS_ATTR_METHOD) is None
    assert message.attribute(several, UBUS_ATTR_DATA) is None


@pytest.mark.parametrize(
    "attribute",
    [
        (UBUS_ATTR_OBJID, -1),
        (UBUS_ATTR_OBJID, 1 << 32),
        (UBUS_ATTR_OBJID, None),
        (UBUS_ATTR_OBJID, "1"),
        (UBUS_ATTR_ACTIVE, 256),
        (UBUS_ATTR_ACTIVE, None),
        (UBUS_ATTR_METHOD, "a\0b"),
        (UBUS_ATTR_METHOD, 5),
        (UBUS_ATTR_SUBSCRIBERS, [-1]),
        (UBUS_ATTR_SUBSCRIBERS, ["1"]),
        (UBUS_ATTR_DATA, [("a", BLOBMSG_TYPE_INT32, "1")]),
        (99, "text"),
    ],
)
def test_an_attribute_that_does_not_fit_is_refused(attribute):
    with pytest.raises(UbusError) as refused:
        message.encode(Message(UBUS_MSG_DATA, 1, 0, [attribute]))
    assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT


def filled(size):
    """A message of so many bytes behind its header."""
    return Message(UBUS_MSG_DATA, 1, 0, [(UBUS_ATTR_DATA, b"x" * (size - 8))])


def test_the_longest_message():
    data = message.encode(filled(UBUS_MAX_MSGLEN))
    assert len(data) == UBUS_MAX_MSGLEN + 8
    assert message.decode(data) == (filled(UBUS_MAX_MSGLEN), len(data))
    with pytest.raises(UbusError, match="1048580 bytes"):
        message.encode(filled(UBUS_MAX_MSGLEN + 1))


HEADER = b"\0\x02\0\x01\0\0\0\0"


@pytest.mark.parametrize(
    "data",
    [
        b"\x01" + HEADER[1:] + b"\0\0\0\x04",
        HEADER + b"\0\0\0\0",
        HEADER + b"\0\0\0\x03",
        HEADER + b"\0\x10\0\x01",
        HEADER + b"\0\xff\xff\xff",
        HEADER + b"\0\0\0\x05\0",
        HEADER + b"\0\0\0\x08\0\0\0\0",
        HEADER + b"\0\0\0\x08\x03\0\0\x05",
        HEADER + b"\0\0\0\x0c\x03\0\0\x0c\0\0\0\x01",
    ],
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises(UbusError) as refused:
        message.decode(data)
    assert refused.value.code == UBUS_STATUS_PARSE_ERROR


def test_too_great_a_length_is_known_before_the_rest_has_come():
    with pytest.raises(UbusError, match="a message of 1048577 bytes"):
        message.size_of(HEADER + b"\0\x10\0\x01")
    assert message.size_of(HEADER + b"\0\x10\0\0") == UBUS_MAX_MSGLEN + 8
    assert message.size_of(HEADER) is None


def test_60_kib_of_data():
    table = [("text", BLOBMSG_TYPE_STRING, "x" * 61440)] + [("n%d" % n, BLOBMSG_TYPE_INT32, n) for n in range(1000)]
    big = Message(UBUS_MSG_DATA, 1, 0, [(UBUS_ATTR_DATA, table)])
    assert message.decode(message.encode(big))[0] == big
    assert len(blobmsg.encode(table)) > 61440
