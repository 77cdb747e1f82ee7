"""protocol.py: bytes in, happenings out; what others may send, and what they may not bring about."""

import pytest
import recorded

from pyubus import happenings as on
from pyubus import message, stream, values
from pyubus.blobmsg import BLOBMSG_TYPE_STRING
from pyubus.message import (
    UBUS_ATTR_ACTIVE,
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_NO_REPLY,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJPATH,
    UBUS_ATTR_SIGNATURE,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_SUBSCRIBERS,
    UBUS_ATTR_TARGET,
    UBUS_ATTR_USER,
    UBUS_MAX_MSGLEN,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_LOOKUP,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_REMOVE_OBJECT,
    UBUS_MSG_STATUS,
    UBUS_MSG_SUBSCRIBE,
    UBUS_MSG_UNSUBSCRIBE,
    Message,
)
from pyubus.protocol import Protocol
from pyubus.status import (
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NO_MEMORY,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_PARSE_ERROR,
    UBUS_STATUS_PERMISSION_DENIED,
    UBUS_STATUS_UNKNOWN_ERROR,
    UbusError,
)

CLIENT, OBJECT, OTHER, CALLER = 0x11111111, 0x22222222, 0x33333333, 0x44444444
HELLO = message.encode(Message(UBUS_MSG_HELLO, 0, CLIENT, []))


def connected():
    bus = Protocol()
    assert bus.feed(HELLO) == [on.Connected(CLIENT)]
    return bus


def out(bus):
    """What is to be sent, as Messages, and sends it."""
    data, sent, at = b"", [], 0
    while bus.output.waits():
        data += bytes(bus.output.next())
        bus.output.sent(len(bus.output.next()))
    while at < len(data):
        one, used = message.decode(data, at)
        sent.append(one)
        at += used
    return sent


def feed(bus, type, seq, peer, *attributes):
    return bus.feed(message.encode(Message(type, seq, peer, list(attributes))))


def status(bus, seq, peer, number, *attributes):
    return feed(bus, UBUS_MSG_STATUS, seq, peer, (UBUS_ATTR_STATUS, number), *attributes)


def answer(bus, number=UBUS_STATUS_OK, *attributes):
    """Answers the one message that is to be sent, with DATA of these attributes, if any, and a STATUS."""
    (asked,) = out(bus)
    if attributes:
        assert feed(bus, UBUS_MSG_DATA, asked.seq, asked.peer, *attributes) == []
    return status(bus, asked.seq, asked.peer, number)


def serving(methods):
    bus = connected()
    request = bus.add("test", methods)
    assert answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJID, OBJECT)) == [on.Finished(request, UBUS_STATUS_OK, [OBJECT])]
    return bus


def called(bus, method, arguments, seq=1, peer=CALLER, *attributes):
    table = values.from_python(arguments) if isinstance(arguments, dict) else arguments
    named = [(UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_METHOD, method), (UBUS_ATTR_DATA, table)]
    return feed(bus, UBUS_MSG_INVOKE, seq, peer, *(named + list(attributes)))


# -- bytes --


def listening():
    """A bus that asks for every event, and what ubusd sends it: answers, then events."""
    hello, *rest = recorded.messages(("10",), "ev#2", "<")
    bus = Protocol()
    bus.feed(hello)
    bus.listen("*")
    return bus, b"".join(rest)


def test_a_session_cut_in_two_anywhere_tells_the_same():
    bus, data = listening()
    whole = bus.feed(data)
    assert [type(happening) for happening in whole] == [on.Finished, on.Event, on.Event]
    for cut in range(1, len(data)):
        bus = listening()[0]
        assert bus.feed(data[:cut]) + bus.feed(data[cut:]) == whole


def test_a_session_byte_by_byte_tells_the_same():
    bus, data = listening()
    told = []
    for at in range(len(data)):
        told += bus.feed(data[at : at + 1])
    assert told == listening()[0].feed(data)


def test_60_kib_in_pieces():
    bus = serving({"take": {"text": BLOBMSG_TYPE_STRING}})
    arguments = {"text": "x" * 61440}
    table = values.from_python(arguments)
    attributes = [(UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_METHOD, "take"), (UBUS_ATTR_DATA, table)]
    data = message.encode(Message(UBUS_MSG_INVOKE, 1, CALLER, attributes))
    told = []
    for at in range(0, len(data), 4096):
        told += bus.feed(data[at : at + 4096])
    assert [happening.arguments for happening in told] == [arguments]


GARBAGE = [
    b"GET / HTTP/1.1\r\n",
    b"\1" + HELLO[1:],
    HELLO[:8] + b"\0\0\0\3",
    HELLO[:8] + b"\0\x10\0\1",
    message.encode(Message(UBUS_MSG_HELLO, 0, 0, [])),
    message.encode(Message(UBUS_MSG_STATUS, 0, 0, [(UBUS_ATTR_STATUS, 0)])),
    message.encode(Message(UBUS_MSG_INVOKE, 1, CALLER, [(UBUS_ATTR_OBJID, OBJECT)])),
]


@pytest.mark.parametrize("data", GARBAGE)
def test_what_is_no_greeting_ends_the_connection(data):
    bus = Protocol()
    told = bus.feed(data)
    assert [type(happening) for happening in told] == [on.Disconnected]
    assert told[0].error.code == UBUS_STATUS_PARSE_ERROR
    assert bus.closed and bus.client_id is None
    assert bus.feed(HELLO) == [] and bus.feed(b"") == []


def test_garbage_after_good_messages_ends_the_connection_once_they_are_told():
    bus = connected()
    first, second = bus.lookup("a"), bus.call("b", "m")
    good = message.encode(Message(UBUS_MSG_STATUS, 1, 0, [(UBUS_ATTR_STATUS, UBUS_STATUS_NOT_FOUND)]))
    told = bus.feed(good + GARBAGE[0] + good)
    assert told[:2] == [
        on.Finished(first, UBUS_STATUS_NOT_FOUND, []),
        on.Finished(second, UBUS_STATUS_CONNECTION_FAILED, []),
    ]
    assert len(told) == 3 and told[2].error.code == UBUS_STATUS_PARSE_ERROR
    assert not bus.output.waits() and bus.feed(good) == []


def test_ubusd_hanging_up_ends_every_request():
    bus = connected()
    requests = [bus.lookup(), bus.listen("*"), bus.send("x")]
    bus.cancel(requests[1])
    told = bus.feed(b"")
    assert told[:2] == [
        on.Finished(request, UBUS_STATUS_CONNECTION_FAILED, []) for request in (requests[0], requests[2])
    ]
    assert told[2].error.code == UBUS_STATUS_CONNECTION_FAILED
    with pytest.raises(UbusError, match="not connected") as refused:
        bus.lookup()
    assert refused.value.code == UBUS_STATUS_CONNECTION_FAILED


def test_a_message_too_big_for_the_heap_ends_the_connection():
    """MicroPython's heap has a fixed size, and a table needs more of it than its bytes."""

    def decode(data, start):
        raise MemoryError

    bus, usual = connected(), stream.decode
    stream.decode = decode
    try:
        (told,) = bus.feed(HELLO)
    finally:
        stream.decode = usual
    assert told.error.code == UBUS_STATUS_NO_MEMORY and bus.closed


def test_a_message_of_a_kind_that_is_not_known_is_passed_over():
    bus = connected()
    assert feed(bus, 200, 1, 0, (UBUS_ATTR_OBJID, OBJECT)) == []
    assert bus.feed(HELLO) == []
    assert not bus.closed


def test_an_answer_that_cannot_be_read_is_dropped_as_it_is_another_clients():
    """ubusd hands it on unread; who sends such a one must not be able to cut us off."""
    bus = serving({})
    request = bus.invoke(OTHER, "m")
    seq = out(bus)[0].seq
    malformed = b"\0\2" + bytes([0, seq]) + b"\x33\x33\x33\x33" + b"\0\0\0\x0c" + b"\3\0\0\xff\0\0\0\0"
    assert bus.feed(malformed) == []
    assert status(bus, seq, OTHER, UBUS_STATUS_OK) == [on.Finished(request, UBUS_STATUS_OK, [])]
    assert isinstance(bus.feed(b"\0\5" + malformed[2:])[0], on.Disconnected)


def test_output_is_sent_in_pieces():
    bus = connected()
    bus.lookup("test")
    bus.lookup("other")
    sent = b""
    while bus.output.waits():
        sent += bytes(bus.output.next())[:5]
        bus.output.sent(min(5, len(bus.output.next())))
    assert message.decode(sent)[0] == Message(UBUS_MSG_LOOKUP, 1, 0, [(UBUS_ATTR_OBJPATH, "test")])
    assert message.decode(sent, message.decode(sent)[1])[0].seq == 2


def test_a_peer_that_does_not_read_does_not_fill_the_memory():
    bus = serving({"m": {}})
    piece = {"text": "x" * 60000}
    sent = 0
    with pytest.raises(UbusError, match="does not read") as refused:
        while True:
            bus.notify(OBJECT, "tick", piece)
            sent += 60000
    assert refused.value.code == UBUS_STATUS_NO_MEMORY
    assert stream.OUTPUT_LIMIT - 70000 < sent < stream.OUTPUT_LIMIT
    # the connection lives: what is left out is one message
    assert called(bus, "nosuch", {}) == []
    out(bus)
    bus.notify(OBJECT, "tick", piece)
    assert len(out(bus)) == 1


def test_the_longest_message_fits_where_nothing_waits():
    bus = connected()
    bus.send("big", {"text": "x" * (UBUS_MAX_MSGLEN - 100)})
    with pytest.raises(UbusError, match="does not read"):
        for _ in range(20):
            bus.lookup()
    out(bus)
    with pytest.raises(UbusError, match="are allowed") as refused:
        bus.send("big", {"text": "x" * UBUS_MAX_MSGLEN})
    assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT


# -- requests --


def test_requests_are_told_apart_by_seq_and_peer():
    bus = connected()
    first, second = bus.invoke(OBJECT, "m"), bus.invoke(OTHER, "m")
    assert [(asked.seq, asked.peer) for asked in out(bus)] == [(1, OBJECT), (2, OTHER)]
    # the answer of another object's owner is none
    assert status(bus, 1, OTHER, UBUS_STATUS_OK) == []
    assert status(bus, 1, 0, UBUS_STATUS_OK) == []
    assert status(bus, 2, OTHER, UBUS_STATUS_UNKNOWN_ERROR) == [on.Finished(second, UBUS_STATUS_UNKNOWN_ERROR, [])]
    assert status(bus, 1, OBJECT, UBUS_STATUS_OK) == [on.Finished(first, UBUS_STATUS_OK, [])]
    assert status(bus, 1, OBJECT, UBUS_STATUS_OK) == []


def test_a_cancelled_request_is_never_finished():
    bus = connected()
    request = bus.call("test", "m")
    bus.cancel(request)
    bus.cancel(request)
    (asked,) = out(bus)
    assert feed(bus, UBUS_MSG_DATA, asked.seq, 0, (UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_OBJID, OBJECT)) == []
    assert status(bus, asked.seq, 0, UBUS_STATUS_OK) == []
    assert out(bus) == []


def test_a_call_is_cancelled_in_its_second_step_too():
    bus = connected()
    request = bus.call("test", "m")
    assert answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_OBJID, OBJECT)) == []
    bus.cancel(request)
    assert answer(bus) == []


def test_seq_begins_again_and_passes_over_what_is_under_way():
    bus = connected()
    bus.invoke(OBJECT, "never")
    out(bus)
    bus._pending._seq = 0xFFFE
    for expected in (0xFFFF, 0, 2):
        bus.invoke(OBJECT, "m")
        (asked,) = out(bus)
        assert asked.seq == expected
        assert len(status(bus, asked.seq, OBJECT, UBUS_STATUS_OK)) == 1


def test_no_more_requests_than_seq_has_numbers():
    bus = connected()
    for seq in range(0xFFFF):
        bus._pending._steps[seq] = None
    with pytest.raises(UbusError, match="65535 requests wait") as refused:
        bus.lookup()
    assert refused.value.code == UBUS_STATUS_NO_MEMORY


def test_what_cannot_be_sent_is_refused_at_once_and_leaves_nothing_behind():
    bus = connected()
    for ask in (
        lambda: bus.call("test", "m", {"a": 1 << 64}),
        lambda: bus.call("test", "m", {"a": "x" * UBUS_MAX_MSGLEN}),
        lambda: bus.lookup("a\0b"),
        lambda: bus.invoke(OBJECT, 5),
        lambda: bus.invoke(-1, "m"),
        lambda: bus.send("x", [1]),
        lambda: bus.call("test", "a\0b"),
        lambda: bus.listen(None),
        lambda: bus.add("x", {"m": {"a": "int"}}),
    ):
        with pytest.raises(UbusError) as refused:
            ask()
        assert refused.value.code == UBUS_STATUS_INVALID_ARGUMENT
    assert out(bus) == []
    assert bus.feed(b"")[:-1] == []


def test_what_cannot_be_sent_in_a_later_step_finishes_the_request():
    bus = connected()
    request = bus.call("test", "m", {"text": "x" * (UBUS_MAX_MSGLEN - 30)})
    told = answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_OBJID, OBJECT))
    assert told == [on.Finished(request, UBUS_STATUS_INVALID_ARGUMENT, [])]


def test_an_object_none_of_whose_methods_may_be_called_is_hidden():
    bus = connected()
    request = bus.call("test", "m")
    assert answer(bus, UBUS_STATUS_OK) == [on.Finished(request, UBUS_STATUS_PERMISSION_DENIED, [])]
    request = bus.lookup()
    assert answer(bus, UBUS_STATUS_OK) == [on.Finished(request, UBUS_STATUS_OK, [])]


def test_data_that_is_no_table_is_told():
    bus = connected()
    request = bus.invoke(OBJECT, "m")
    told = answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_DATA, b"abc"))
    assert told == [on.Finished(request, UBUS_STATUS_PARSE_ERROR, [])]
    request = bus.invoke(OBJECT, "m")
    (asked,) = out(bus)
    told = feed(bus, UBUS_MSG_STATUS, asked.seq, OBJECT, (UBUS_ATTR_OBJID, OBJECT))
    assert told == [on.Finished(request, UBUS_STATUS_PARSE_ERROR, [])]


def test_answers_without_end_are_cut_off():
    bus = connected()
    request = bus.invoke(OBJECT, "m")
    (asked,) = out(bus)
    data = values.from_python({"text": "x" * 60000})
    piece = message.encode(Message(UBUS_MSG_DATA, asked.seq, OBJECT, [(UBUS_ATTR_DATA, data)]))
    told, count = [], 0
    while not told:
        told = bus.feed(piece)
        count += len(piece)
    assert told == [on.Finished(request, UBUS_STATUS_NO_MEMORY, [])]
    assert 2 * UBUS_MAX_MSGLEN < count < 2 * UBUS_MAX_MSGLEN + 2 * len(piece)
    assert bus.feed(piece) == []


def test_an_object_that_cannot_be_added():
    bus = connected()
    request = bus.add("test", {"m": {}})
    assert answer(bus, UBUS_STATUS_INVALID_ARGUMENT) == [on.Finished(request, UBUS_STATUS_INVALID_ARGUMENT, [])]
    for attributes in ([], [(UBUS_ATTR_OBJID, b"x")]):
        request = bus.add("test", {"m": {}})
        assert answer(bus, UBUS_STATUS_OK, *attributes) == [on.Finished(request, UBUS_STATUS_PARSE_ERROR, [])]
    assert called(bus, "m", {}) == []
    assert out(bus)[0].attributes == [(UBUS_ATTR_STATUS, UBUS_STATUS_NOT_FOUND), (UBUS_ATTR_OBJID, OBJECT)]


def test_a_removed_object_is_not_called_any_more():
    bus = serving({"m": {}})
    request = bus.remove(OBJECT)
    (asked,) = out(bus)
    assert (asked.type, asked.attributes) == (UBUS_MSG_REMOVE_OBJECT, [(UBUS_ATTR_OBJID, OBJECT)])
    assert len(called(bus, "m", {})) == 1
    assert status(bus, asked.seq, 0, UBUS_STATUS_OK) == [on.Finished(request, UBUS_STATUS_OK, [])]
    assert called(bus, "m", {}) == []


def test_a_listener_that_is_refused_is_taken_back():
    bus = connected()
    request = bus.listen("secret.*")
    assert answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJID, OBJECT)) == []
    assert answer(bus, UBUS_STATUS_PERMISSION_DENIED) == []
    (asked,) = out(bus)
    assert asked.type == UBUS_MSG_REMOVE_OBJECT
    told = status(bus, asked.seq, 0, UBUS_STATUS_OK)
    assert told == [on.Finished(request, UBUS_STATUS_PERMISSION_DENIED, [])]
    request = bus.listen("secret.*")
    assert answer(bus, UBUS_STATUS_INVALID_ARGUMENT) == [on.Finished(request, UBUS_STATUS_INVALID_ARGUMENT, [])]


# -- subscriptions --


def subscribed(bus, target=OTHER):
    request = bus.subscribe("test")
    if bus._own.get(OBJECT) is None:
        assert answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJID, OBJECT)) == []
    told = answer(bus, UBUS_STATUS_OK, (UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_OBJID, target))
    if not told:
        (asked,) = out(bus)
        assert (asked.type, asked.attributes) == (
            UBUS_MSG_SUBSCRIBE,
            [(UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_TARGET, target)],
        )
        told = status(bus, asked.seq, 0, UBUS_STATUS_OK)
    assert told == [on.Finished(request, UBUS_STATUS_OK, [OBJECT])]


def test_a_subscription_that_was_lost_is_made_again_with_the_same_subscriber():
    bus = connected()
    subscribed(bus)
    told = feed(bus, UBUS_MSG_UNSUBSCRIBE, 1, 0, (UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_TARGET, OTHER))
    assert told == [on.Unsubscribed(OBJECT, "test")]
    request = bus.subscribe("test")
    assert answer(bus, UBUS_STATUS_NOT_FOUND) == [on.Finished(request, UBUS_STATUS_NOT_FOUND, [])]
    subscribed(bus, CALLER)


def test_a_subscription_that_stands_is_not_made_twice():
    bus = connected()
    subscribed(bus)
    subscribed(bus)
    assert out(bus) == []


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_subscription_fails_in_any_step(step):
    bus = connected()
    request = bus.subscribe("test")
    steps = [[(UBUS_ATTR_OBJID, OBJECT)], [(UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_OBJID, OTHER)]]
    for attributes in steps[:step]:
        assert answer(bus, UBUS_STATUS_OK, *attributes) == []
    assert answer(bus, UBUS_STATUS_NOT_FOUND) == [on.Finished(request, UBUS_STATUS_NOT_FOUND, [])]


def test_a_notification_that_wants_an_answer_gets_it():
    bus = connected()
    subscribed(bus)
    told = called(bus, "tick", {"n": 1}, 9)
    assert told == [on.Notified(OBJECT, "test", "tick", {"n": 1}, on.Call(OBJECT, CALLER, 9, False))]
    bus.finish(told[0].call, UBUS_STATUS_PERMISSION_DENIED)
    assert out(bus) == [
        Message(
            UBUS_MSG_STATUS, 9, CALLER, [(UBUS_ATTR_STATUS, UBUS_STATUS_PERMISSION_DENIED), (UBUS_ATTR_OBJID, OBJECT)]
        )
    ]


def test_a_notification_that_wants_no_answer_gets_none():
    bus = connected()
    subscribed(bus)
    (told,) = called(bus, "tick", {}, 9, CALLER, (UBUS_ATTR_NO_REPLY, 1))
    bus.reply(told.call, {"a": 1})
    bus.finish(told.call)
    assert out(bus) == []


def test_subscribers_come_and_go():
    bus = serving({})
    for active in (1, 0):
        told = feed(bus, UBUS_MSG_NOTIFY, 1, 0, (UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_ACTIVE, active))
        assert told == [on.SubscribersChanged(OBJECT, active == 1)]
    assert feed(bus, UBUS_MSG_NOTIFY, 1, 0, (UBUS_ATTR_OBJID, OTHER), (UBUS_ATTR_ACTIVE, 1)) == []
    assert feed(bus, UBUS_MSG_UNSUBSCRIBE, 1, 0, (UBUS_ATTR_OBJID, OTHER)) == []


def test_subscribers_are_asked_and_answer_one_by_one():
    bus = serving({})
    request = bus.ask_subscribers(OBJECT, "may", {"who": "x"})
    (asked,) = out(bus)
    assert [number for number, _ in asked.attributes] == [UBUS_ATTR_OBJID, UBUS_ATTR_METHOD, UBUS_ATTR_DATA]
    assert status(bus, asked.seq, OBJECT, 0, (UBUS_ATTR_SUBSCRIBERS, [OTHER, CALLER])) == []
    data = (UBUS_ATTR_DATA, values.from_python({"why": "so"}))
    assert feed(bus, UBUS_MSG_DATA, asked.seq, CALLER, (UBUS_ATTR_OBJID, CALLER), data) == []
    assert status(bus, asked.seq, CALLER, UBUS_STATUS_PERMISSION_DENIED, (UBUS_ATTR_SUBSCRIBERS, [1, 2])) == []
    assert status(bus, asked.seq, CLIENT, 0) == []
    assert status(bus, asked.seq, OTHER, UBUS_STATUS_OK) == [
        on.Finished(
            request,
            UBUS_STATUS_OK,
            [on.Answer(CALLER, UBUS_STATUS_PERMISSION_DENIED, [{"why": "so"}]), on.Answer(OTHER, UBUS_STATUS_OK, [])],
        )
    ]


def test_nobody_subscribed():
    bus = serving({})
    request = bus.ask_subscribers(OBJECT, "may")
    assert answer(bus, UBUS_STATUS_NOT_FOUND) == [on.Finished(request, UBUS_STATUS_NOT_FOUND, [])]
    request = bus.ask_subscribers(OBJECT, "may")
    (asked,) = out(bus)
    told = status(bus, asked.seq, OBJECT, UBUS_STATUS_OK, (UBUS_ATTR_SUBSCRIBERS, []))
    assert told == [on.Finished(request, UBUS_STATUS_OK, [])]


def test_a_notification_of_ours_wants_no_answer():
    bus = serving({})
    bus.notify(OBJECT, "tick", {"n": 1})
    (sent,) = out(bus)
    assert sent.peer == OBJECT and sent.attributes[-1] == (UBUS_ATTR_NO_REPLY, 1)


# -- calls --

METHODS = {"m": {"a": BLOBMSG_TYPE_STRING}, "n": {}}


def test_two_callers_with_one_seq_are_answered_each():
    bus = serving(METHODS)
    (first,) = called(bus, "m", {"a": "1"}, 7, CALLER)
    (second,) = called(bus, "m", {"a": "2"}, 7, OTHER)
    bus.reply(second.call, {"to": 2})
    bus.finish(second.call)
    bus.finish(first.call)
    assert [(sent.type, sent.seq, sent.peer) for sent in out(bus)] == [
        (UBUS_MSG_DATA, 7, OTHER),
        (UBUS_MSG_STATUS, 7, OTHER),
        (UBUS_MSG_STATUS, 7, CALLER),
    ]


def test_who_calls():
    bus = serving(METHODS)
    (told,) = called(bus, "m", {}, 1, CALLER, (UBUS_ATTR_USER, "root"), (message.UBUS_ATTR_GROUP, "wheel"))
    assert (told.user, told.group, told.arguments) == ("root", "wheel", {})
    (told,) = called(bus, "m", {"ubus_rpc_session": "0" * 32})
    assert (told.user, told.group) == (None, None)


@pytest.mark.parametrize(
    "method, arguments, number",
    [
        ("nosuch", {}, UBUS_STATUS_METHOD_NOT_FOUND),
        ("m", {"a": 1}, UBUS_STATUS_INVALID_ARGUMENT),
        ("m", {"a": None}, UBUS_STATUS_INVALID_ARGUMENT),
        ("m", b"abc", UBUS_STATUS_INVALID_ARGUMENT),
        (b"\xff\0", {}, UBUS_STATUS_INVALID_ARGUMENT),
    ],
)
def test_a_wrong_call_is_answered_and_not_told(method, arguments, number):
    bus = serving(METHODS)
    assert called(bus, method, arguments, 3) == []
    expected = [(UBUS_ATTR_STATUS, number), (UBUS_ATTR_OBJID, OBJECT)]
    assert out(bus) == [Message(UBUS_MSG_STATUS, 3, CALLER, expected)]


def test_a_call_without_data_or_of_no_object():
    bus = serving(METHODS)
    assert feed(bus, UBUS_MSG_INVOKE, 1, CALLER, (UBUS_ATTR_OBJID, OBJECT), (UBUS_ATTR_METHOD, "m")) == []
    assert out(bus)[0].attributes[0] == (UBUS_ATTR_STATUS, UBUS_STATUS_INVALID_ARGUMENT)
    assert feed(bus, UBUS_MSG_INVOKE, 1, CALLER, (UBUS_ATTR_METHOD, "m")) == []
    assert out(bus) == []


def test_an_object_of_ours_is_added_with_its_signature():
    bus = connected()
    bus.add("test", {"m": {"a": BLOBMSG_TYPE_STRING}})
    (asked,) = out(bus)
    assert asked.type == UBUS_MSG_ADD_OBJECT
    assert asked.attributes == [(UBUS_ATTR_OBJPATH, "test"), (UBUS_ATTR_SIGNATURE, [("m", 2, [("a", 5, 3)])])]
