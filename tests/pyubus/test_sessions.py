"""protocol.py: driven as the recorded programs were, it sends the bytes that they sent."""

from collections import OrderedDict

import pytest
import recorded

from pyubus import happenings as on
from pyubus import message
from pyubus.blobmsg import BLOBMSG_TYPE_INT16, BLOBMSG_TYPE_INT64
from pyubus.message import UBUS_ATTR_STATUS
from pyubus.protocol import Protocol
from pyubus.status import (
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NO_DATA,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_UNKNOWN_ERROR,
)
from pyubus.values import Typed

EVERYTHING = OrderedDict(
    [
        ("s", "hé"),
        ("i", -5),
        ("b", True),
        ("l", 5000000000),
        ("d", 1.5),
        ("a", [1, "x", False, [], {"k": None}]),
        ("t", {"n": {"m": 1}}),
        ("h", 7),
        ("empty", ""),
    ]
)
ECHO = OrderedDict([("s", 3), ("i", 5), ("b", 7), ("l", 4), ("d", 8), ("a", 1), ("t", 2), ("h", 6)])
METHODS = OrderedDict([("echo", ECHO)])
for name in "nodata multi fail defer never notify notify_wait event remove".split(" "):
    METHODS[name] = {}


def play(conn, react, jumps=(), without=None):
    """Feeds what a connection received, and compares what `react(protocol, happening)` makes of it with what it sent.

    Returns what happened. `jumps`: pairs of a scenario and the last `seq` before it, where others are not recorded;
    `without`: the id of a caller whose call is left out.
    """
    protocol, happened, sent = Protocol(), [], b""
    jumps = dict(jumps)
    for line in recorded.lines(conn=conn):
        if line.data[4:8] == without:
            continue
        protocol._pending._seq = jumps.pop(line.scenario[:2], protocol._pending._seq)
        if line.direction == ">":
            sent, expected = sent[len(line.data) :], sent[: len(line.data)]
            assert expected == line.data, line.scenario
            continue
        for happening in protocol.feed(line.data):
            happened.append(happening)
            react(protocol, happening)
        while protocol.output.waits():
            sent += bytes(protocol.output.next())
            protocol.output.sent(len(protocol.output.next()))
    assert sent == b""
    return happened


def asks(*requests):
    """What a program does that makes one request after the other: each a function of the protocol."""
    left = list(requests)

    def react(protocol, happening):
        if isinstance(happening, (on.Connected, on.Finished)) and left:
            left.pop(0)(protocol)

    return react


def finished(happened):
    return [(happening.status, happening.replies) for happening in happened if isinstance(happening, on.Finished)]


def signature():
    return {name: dict(METHODS[name]) for name in METHODS}


# -- ubus list --


@pytest.mark.parametrize("conn, path", [("cli#1", None), ("cli#2", "test"), ("cli#3", "te*")])
def test_list(conn, path):
    happened = play(conn, asks(lambda bus: bus.lookup(path)))
    assert finished(happened) == [(UBUS_STATUS_OK, [on.Object("test", 0x68B356DD, signature())])]


def test_list_of_what_is_not_there():
    happened = play("cli#4", asks(lambda bus: bus.lookup("nosuch")))
    assert finished(happened) == [(UBUS_STATUS_NOT_FOUND, [])]


# -- ubus call --

ANSWER = OrderedDict(list(EVERYTHING.items()))
ANSWER["h16"] = Typed(BLOBMSG_TYPE_INT16, 0xBEEF)
ANSWER["yes"] = True
ANSWER["u64"] = Typed(BLOBMSG_TYPE_INT64, 0xFEDCBA9876543210)
CALLER = [("caller_user", "root"), ("caller_group", "root"), ("caller_object", "test")]
for name, value in CALLER:
    ANSWER[name] = value
RECEIVED = dict(list(ANSWER.items()))
RECEIVED["h16"], RECEIVED["u64"] = -16657, -81985529216486896

WRONG_CALLER = b"\x19\x35\x5e\x92"

CALLS = [
    ("cli#5", "echo", EVERYTHING, UBUS_STATUS_OK, [RECEIVED]),
    ("cli#6", "nodata", None, UBUS_STATUS_OK, []),
    ("cli#7", "multi", None, UBUS_STATUS_OK, [{"n": 0}, {"n": 1}]),
    ("cli#8", "nosuchmethod", None, UBUS_STATUS_METHOD_NOT_FOUND, []),
    ("cli#11", "fail", {"code": 9}, UBUS_STATUS_UNKNOWN_ERROR, []),
    ("cli#12", "fail", {"code": 5}, UBUS_STATUS_NO_DATA, []),
    ("cli#13", "fail", None, UBUS_STATUS_INVALID_ARGUMENT, []),
    ("cli#18", "event", None, UBUS_STATUS_OK, []),
    ("cli#23", "notify", None, UBUS_STATUS_OK, []),
    ("cli#24", "nodata", None, UBUS_STATUS_OK, []),
    ("cli#26", "remove", None, UBUS_STATUS_OK, []),
]


@pytest.mark.parametrize("conn, method, arguments, status, replies", CALLS)
def test_call(conn, method, arguments, status, replies):
    happened = play(conn, asks(lambda bus: bus.call("test", method, arguments)))
    assert finished(happened) == [(status, replies)]


@pytest.mark.parametrize("conn, path", [("cli#9", "nosuchobj"), ("cli#28", "test")])
def test_call_of_an_object_that_is_not_there(conn, path):
    happened = play(conn, asks(lambda bus: bus.call(path, "method")))
    assert finished(happened) == [(UBUS_STATUS_NOT_FOUND, [])]


def test_list_when_all_is_gone():
    assert finished(play("cli#27", asks(lambda bus: bus.lookup()))) == [(UBUS_STATUS_OK, [])]


def test_call_with_an_argument_of_another_type_than_the_signature_says():
    happened = play("cli#10", asks(lambda bus: bus.call("test", "echo", {"i": "wrongtype"})))
    assert finished(happened)[0][1][0]["i"] == "wrongtype"


@pytest.mark.parametrize("conn", ["cli#14", "cli#29"])
def test_call_that_is_never_answered(conn):
    happened = play(conn, asks(lambda bus: bus.call("test", "never")))
    assert [type(happening) for happening in happened][:1] == [on.Connected]
    assert not [status for status, _ in finished(happened) if status == UBUS_STATUS_OK]


# -- ubus listen, send, wait_for --


def test_listen():
    happened = play("ev#1", asks(lambda bus: bus.listen("test.*")))
    assert happened[1] == on.Finished(1, UBUS_STATUS_OK, [0xA0A1DDE4])
    assert happened[2:4] == [
        on.Event(0xA0A1DDE4, "test.hello", {"a": 1, "s": "x"}),
        on.Event(0xA0A1DDE4, "test.ev", {"from": "server"}),
    ]


def test_listen_to_objects_that_come_and_go():
    happened = play("ev#2", asks(lambda bus: bus.listen("*")))
    assert happened[2:4] == [
        on.Event(0x40326F50, "ubus.object.add", {"id": 0x6483EC6C, "path": "test2"}),
        on.Event(0x40326F50, "ubus.object.remove", {"id": 0x6483EC6C, "path": "test2"}),
    ]


SENT = OrderedDict([("a", 1), ("s", "x")])


@pytest.mark.parametrize(
    "conn, name, data",
    [("cli#16", "test.hello", SENT), ("cli#17", "other.hello", {"a": 2}), ("cli#25", "test.hello", {"a": 1})],
)
def test_send(conn, name, data):
    assert finished(play(conn, asks(lambda bus: bus.send(name, data)))) == [(UBUS_STATUS_OK, [])]


@pytest.mark.parametrize("conn", ["cli#19", "cli#20"])
def test_wait_for(conn):
    happened = play(conn, asks(lambda bus: bus.listen("ubus.object.add"), lambda bus: bus.lookup()))
    assert [found.path for found in finished(happened)[1][1]] == ["test"]


# -- ubus subscribe --


def test_subscribe():
    happened = play("ev#3", asks(lambda bus: bus.subscribe("test")))
    assert happened[1] == on.Finished(1, UBUS_STATUS_OK, [0x416BF5C9])
    call = on.Call(0x416BF5C9, 0x39184D6C, 5, True)
    assert happened[2] == on.Notified(0x416BF5C9, "test", "tick", {"count": 7}, call)


# -- a service --


class Service:
    """The recorded service: what it does when it is called."""

    def __init__(self):
        self.called = []
        self.sent = {}  # request -> the call that it was made for
        self.leaving = None  # its id, once it is to go

    def __call__(self, bus, happening):
        if isinstance(happening, on.Connected):
            bus.add("test", METHODS)
        elif isinstance(happening, on.Called):
            self.called.append((happening.method, happening.user, happening.group))
            getattr(self, happening.method)(bus, happening)
        elif isinstance(happening, on.Finished) and happening.request in self.sent:
            bus.finish(self.sent.pop(happening.request))

    def echo(self, bus, called):
        assert called.arguments == dict(list(EVERYTHING.items()))
        bus.reply(called.call, ANSWER)
        bus.finish(called.call)

    def nodata(self, bus, called):
        bus.finish(called.call)

    def multi(self, bus, called):
        bus.reply(called.call, {"n": 0})
        bus.reply(called.call, {"n": 1})
        bus.finish(called.call)

    def fail(self, bus, called):
        bus.finish(called.call, called.arguments.get("code", UBUS_STATUS_INVALID_ARGUMENT))

    def never(self, bus, called):
        pass

    def notify(self, bus, called):
        bus.notify(called.object_id, "tick", {"count": 7})
        bus.finish(called.call)

    def event(self, bus, called):
        self.sent[bus.send("test.ev", {"from": "server"})] = called.call

    def remove(self, bus, called):
        bus.finish(called.call)
        bus.remove(called.object_id)


def test_a_service():
    service = Service()
    happened = play("srv#1", service, jumps=[("13", 4)], without=WRONG_CALLER)
    assert finished(happened) == [(UBUS_STATUS_OK, [0x68B356DD]), (UBUS_STATUS_OK, []), (UBUS_STATUS_OK, [])]
    called = "echo nodata multi fail fail fail never event notify nodata remove".split(" ")
    assert service.called == [(method, "root", "root") for method in called]
    assert happened[-3] == on.SubscribersChanged(0x68B356DD, False)


def test_an_argument_of_a_wrong_type_is_refused_where_the_recorded_service_took_it():
    protocol = Protocol()
    for data in recorded.messages(("01",), "srv#1", "<"):
        for happening in protocol.feed(data):
            Service()(protocol, happening)
    protocol.output.sent(len(protocol.output.next()))
    wrong = [data for data in recorded.messages(("06",), "srv#1", "<") if data[4:8] == WRONG_CALLER]
    assert protocol.feed(wrong[0]) == []
    assert message.decode(protocol.output.next())[0].attributes[0] == (UBUS_ATTR_STATUS, UBUS_STATUS_INVALID_ARGUMENT)


@pytest.mark.parametrize("conn, path", [("srv#2", "test2"), ("srv#3", "test")])
def test_other_services_begin_alike(conn, path):
    def react(bus, happening):
        if isinstance(happening, on.Connected):
            bus.add(path, METHODS)

    assert play(conn, react)[1].status == UBUS_STATUS_OK


def test_no_session_of_a_client_is_left_out():
    played = {"srv#1", "srv#2", "srv#3", "ev#1", "ev#2", "ev#3"} | {"cli#%d" % number for number in range(1, 30)}
    missing = {line.conn for line in recorded.lines()} - played
    # The monitor sends what no client means to send; nob#7 and sub#1 began in scenarios that are not recorded.
    assert missing == {"mon#1", "nob#7", "sub#1"}
