"""What ubusd answers to what no well-behaved client sends: the same from the stand-in and from a real ubusd."""

import socket

import pytest

from pyubus import message as wire
from pyubus.blobmsg import BLOBMSG_TYPE_INT32, BLOBMSG_TYPE_STRING, BLOBMSG_TYPE_TABLE
from pyubus.message import (
    UBUS_ATTR_ACTIVE,
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_NO_REPLY,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJPATH,
    UBUS_ATTR_OBJTYPE,
    UBUS_ATTR_SIGNATURE,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_SUBSCRIBERS,
    UBUS_ATTR_TARGET,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_LOOKUP,
    UBUS_MSG_MONITOR,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_PING,
    UBUS_MSG_REMOVE_OBJECT,
    UBUS_MSG_STATUS,
    UBUS_MSG_SUBSCRIBE,
    UBUS_MSG_UNSUBSCRIBE,
    Message,
    attribute,
)
from pyubus.status import (
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_INVALID_COMMAND,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_PERMISSION_DENIED,
)

NOWHERE = 0x7FFFFFFF
EVENTS, ACCESS, MONITOR = 1, 2, 3
METHODS = [("m", BLOBMSG_TYPE_TABLE, [("a", BLOBMSG_TYPE_INT32, BLOBMSG_TYPE_STRING)])]


class Raw:
    """A connection that sends whatever it is given, and expects what is to come."""

    def __init__(self, bus):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(20)
        self._socket.connect(bus.path)
        self._input = b""
        self._seq = 0
        hello = self.receive()
        assert hello.type == UBUS_MSG_HELLO
        self.id = hello.peer

    def write(self, data):
        self._socket.sendall(data)

    def send(self, kind, *attributes, peer=0, seq=None):
        self._seq = self._seq + 1 if seq is None else seq
        self.write(wire.encode(Message(kind, self._seq, peer, list(attributes))))

    def receive(self):
        """The next Message; None when ubusd hung up."""
        while True:
            found, used = wire.decode(self._input)
            if found is not None:
                self._input = self._input[used:]
                return found
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._input += data

    def expect(self, kind, *attributes, peer=0, seq=None):
        assert self.receive() == Message(kind, self._seq if seq is None else seq, peer, list(attributes))

    def ask(self, kind, *attributes, peer=0):
        """Sends a request; `(status, DATA messages)` of its answer, which must follow without anything between."""
        self.send(kind, *attributes, peer=peer)
        answers = []
        while True:
            told = self.receive()
            assert (told.seq, told.peer) == (self._seq, peer)
            if told.type == UBUS_MSG_STATUS:
                return attribute(told, UBUS_ATTR_STATUS), answers
            answers.append(told)

    def add(self, path=None):
        """Adds an object; returns its id."""
        named = [] if path is None else [(UBUS_ATTR_OBJPATH, path), (UBUS_ATTR_SIGNATURE, METHODS)]
        status, (told,) = self.ask(UBUS_MSG_ADD_OBJECT, *named)
        assert status == UBUS_STATUS_OK
        return attribute(told, UBUS_ATTR_OBJID)

    def nothing_more(self):
        """Nothing waits to be read: what ubusd says to a ping comes next."""
        self.send(UBUS_MSG_PING)
        self.expect(UBUS_MSG_DATA)
        self.expect(UBUS_MSG_STATUS, (UBUS_ATTR_STATUS, UBUS_STATUS_OK))

    def close(self):
        self._socket.close()


@pytest.fixture
def client(bus):
    return Raw(bus)


@pytest.fixture
def other(bus):
    return Raw(bus)


# -- messages --


def test_a_ping_comes_back(client):
    client.send(UBUS_MSG_PING, (UBUS_ATTR_METHOD, "x"), peer=77)
    client.expect(UBUS_MSG_DATA, (UBUS_ATTR_METHOD, "x"), peer=77)
    client.expect(UBUS_MSG_STATUS, (UBUS_ATTR_STATUS, UBUS_STATUS_OK), peer=77)


@pytest.mark.parametrize("kind", [UBUS_MSG_HELLO, UBUS_MSG_MONITOR, 12, 255])
def test_messages_that_ubusd_takes_from_nobody(client, kind):
    assert client.ask(kind, peer=5) == (UBUS_STATUS_INVALID_COMMAND, [])


HEADER = b"\0\x04\0\x01\0\0\0\0"


@pytest.mark.parametrize("length", [b"\0\0\0\0", b"\0\0\0\3", b"\0\x10\0\1", b"\0\xff\xff\xff"])
def test_a_length_that_cannot_be_ends_the_connection(client, other, length):
    client.write(HEADER + length)
    assert client.receive() is None
    other.nothing_more()


def test_attributes_that_cannot_be_read_are_none(client):
    client.write(b"\0\x05\0\x09\0\0\0\x01" + b"\0\0\0\x0c" + b"\3\0\0\xff\0\0\0\0")
    client.expect(UBUS_MSG_STATUS, (UBUS_ATTR_STATUS, UBUS_STATUS_INVALID_ARGUMENT), seq=9, peer=1)


# -- objects --


def test_objects_are_listed_in_the_order_of_their_paths(client, other):
    for path in ("b", "a.é", "a", "aa", "B"):
        other.add(path)
    status, found = client.ask(UBUS_MSG_LOOKUP)
    assert [attribute(told, UBUS_ATTR_OBJPATH) for told in found] == ["B", "a", "a.é", "aa", "b"]
    assert [number for number, _ in found[0].attributes] == [
        UBUS_ATTR_OBJPATH,
        UBUS_ATTR_OBJID,
        UBUS_ATTR_OBJTYPE,
        UBUS_ATTR_SIGNATURE,
    ]
    status, found = client.ask(UBUS_MSG_LOOKUP, (UBUS_ATTR_OBJPATH, "a*"))
    assert [attribute(told, UBUS_ATTR_OBJPATH) for told in found] == ["a", "a.é", "aa"]


@pytest.mark.parametrize("path, status", [("", UBUS_STATUS_INVALID_ARGUMENT), ("x", UBUS_STATUS_NOT_FOUND), ("*", 4)])
def test_a_lookup_of_nothing(client, path, status):
    assert client.ask(UBUS_MSG_LOOKUP, (UBUS_ATTR_OBJPATH, path)) == (status, [])


def test_objects_without_a_path_or_without_methods_are_not_listed(client):
    client.add()
    status, (told,) = client.ask(UBUS_MSG_ADD_OBJECT, (UBUS_ATTR_OBJPATH, "bare"))
    assert [number for number, _ in told.attributes] == [UBUS_ATTR_OBJID]
    assert client.ask(UBUS_MSG_LOOKUP) == (UBUS_STATUS_OK, [])
    assert client.ask(UBUS_MSG_LOOKUP, (UBUS_ATTR_OBJPATH, "bare")) == (UBUS_STATUS_OK, [])


def test_a_path_is_had_once(client, other):
    other.add("taken")
    named = (UBUS_ATTR_OBJPATH, "taken"), (UBUS_ATTR_SIGNATURE, METHODS)
    assert client.ask(UBUS_MSG_ADD_OBJECT, *named) == (UBUS_STATUS_INVALID_ARGUMENT, [])
    other.close()
    while client.ask(UBUS_MSG_LOOKUP, (UBUS_ATTR_OBJPATH, "taken"))[0] == UBUS_STATUS_OK:
        pass
    client.add("taken")


def test_a_type_serves_several_objects_and_goes_with_the_last(client):
    status, (told,) = client.ask(UBUS_MSG_ADD_OBJECT, (UBUS_ATTR_OBJPATH, "a"), (UBUS_ATTR_SIGNATURE, METHODS))
    first, kind = attribute(told, UBUS_ATTR_OBJID), attribute(told, UBUS_ATTR_OBJTYPE)
    status, (told,) = client.ask(UBUS_MSG_ADD_OBJECT, (UBUS_ATTR_OBJPATH, "b"), (UBUS_ATTR_OBJTYPE, kind))
    second = attribute(told, UBUS_ATTR_OBJID)
    assert attribute(told, UBUS_ATTR_OBJTYPE) is None
    status, (told,) = client.ask(UBUS_MSG_LOOKUP, (UBUS_ATTR_OBJPATH, "b"))
    assert attribute(told, UBUS_ATTR_SIGNATURE) == METHODS
    status, (told,) = client.ask(UBUS_MSG_REMOVE_OBJECT, (UBUS_ATTR_OBJID, first))
    assert told.attributes == [(UBUS_ATTR_OBJID, first)]
    status, (told,) = client.ask(UBUS_MSG_REMOVE_OBJECT, (UBUS_ATTR_OBJID, second))
    assert told.attributes == [(UBUS_ATTR_OBJID, second), (UBUS_ATTR_OBJTYPE, kind)]
    status, (told,) = client.ask(UBUS_MSG_ADD_OBJECT, (UBUS_ATTR_OBJPATH, "c"), (UBUS_ATTR_OBJTYPE, kind))
    assert client.ask(UBUS_MSG_LOOKUP) == (UBUS_STATUS_OK, [])


def test_only_the_owner_takes_an_object_away(client, other):
    thing = other.add("a")
    assert client.ask(UBUS_MSG_REMOVE_OBJECT, (UBUS_ATTR_OBJID, thing)) == (UBUS_STATUS_PERMISSION_DENIED, [])
    assert client.ask(UBUS_MSG_REMOVE_OBJECT, (UBUS_ATTR_OBJID, NOWHERE)) == (UBUS_STATUS_NOT_FOUND, [])
    assert client.ask(UBUS_MSG_REMOVE_OBJECT) == (UBUS_STATUS_INVALID_ARGUMENT, [])


# -- calls --


def test_a_call_needs_an_object_and_a_method(client):
    thing, method = (UBUS_ATTR_OBJID, NOWHERE), (UBUS_ATTR_METHOD, "m")
    assert client.ask(UBUS_MSG_INVOKE, method) == (UBUS_STATUS_INVALID_ARGUMENT, [])
    assert client.ask(UBUS_MSG_INVOKE, thing) == (UBUS_STATUS_INVALID_ARGUMENT, [])
    assert client.ask(UBUS_MSG_INVOKE, thing, method) == (UBUS_STATUS_NOT_FOUND, [])


def test_a_call_is_handed_on_whatever_it_holds(client, other):
    thing = other.add("a")
    for data in ([], [(UBUS_ATTR_DATA, b"no table")], [(UBUS_ATTR_DATA, METHODS)]):
        client.send(UBUS_MSG_INVOKE, (UBUS_ATTR_OBJID, thing), (UBUS_ATTR_METHOD, "nosuch"), *data, peer=thing)
        told = other.receive()
        assert (told.type, told.peer) == (UBUS_MSG_INVOKE, client.id)
        assert told.attributes[:2] == [(UBUS_ATTR_OBJID, thing), (UBUS_ATTR_METHOD, "nosuch")]
        assert told.attributes[4:] == data


def test_an_answer_is_handed_on_from_the_owner_only(client, other, bus):
    thing, third = other.add("a"), Raw(bus)
    client.send(UBUS_MSG_INVOKE, (UBUS_ATTR_OBJID, thing), (UBUS_ATTR_METHOD, "m"), peer=thing)
    other.receive()
    done = (UBUS_ATTR_STATUS, UBUS_STATUS_OK)
    third.send(UBUS_MSG_STATUS, done, (UBUS_ATTR_OBJID, thing), peer=client.id, seq=1)
    third.nothing_more()
    for incomplete in ([done], [(UBUS_ATTR_OBJID, thing)], [done, (UBUS_ATTR_OBJID, NOWHERE)]):
        other.send(UBUS_MSG_STATUS, *incomplete, peer=client.id, seq=1)
    other.send(UBUS_MSG_STATUS, done, (UBUS_ATTR_OBJID, thing), peer=NOWHERE, seq=1)
    other.send(UBUS_MSG_DATA, (UBUS_ATTR_OBJID, thing), peer=client.id, seq=1)
    client.nothing_more()
    other.send(UBUS_MSG_STATUS, done, (UBUS_ATTR_OBJID, thing), peer=client.id, seq=1)
    client.expect(UBUS_MSG_STATUS, done, (UBUS_ATTR_OBJID, thing), peer=thing, seq=1)


def system(thing, method, *table):
    return (UBUS_ATTR_OBJID, thing), (UBUS_ATTR_METHOD, method), (UBUS_ATTR_DATA, list(table))


def test_what_the_system_objects_do_not_know(client):
    assert client.ask(UBUS_MSG_INVOKE, *system(EVENTS, "nosuch"), peer=EVENTS) == (UBUS_STATUS_INVALID_COMMAND, [])
    assert client.ask(UBUS_MSG_INVOKE, *system(ACCESS, "nosuch"), peer=ACCESS) == (UBUS_STATUS_INVALID_COMMAND, [])
    assert client.ask(UBUS_MSG_INVOKE, *system(MONITOR, "nosuch"), peer=MONITOR) == (UBUS_STATUS_METHOD_NOT_FOUND, [])


# -- events --


def register(thing, pattern):
    number = thing - (1 << 32) if thing >> 31 else thing
    entries = ("object", BLOBMSG_TYPE_INT32, number), ("pattern", BLOBMSG_TYPE_STRING, pattern)
    return system(EVENTS, "register", *entries)


def event(name, data=()):
    entries = ("id", BLOBMSG_TYPE_STRING, name), ("data", BLOBMSG_TYPE_TABLE, list(data))
    return system(EVENTS, "send", *entries)


def test_who_may_listen(client, other):
    mine, theirs = client.add(), other.add()
    for thing, pattern, status in (
        (mine, "", UBUS_STATUS_PERMISSION_DENIED),
        (theirs, "x", UBUS_STATUS_PERMISSION_DENIED),
        (EVENTS, "x", UBUS_STATUS_PERMISSION_DENIED),
        (NOWHERE, "x", UBUS_STATUS_NOT_FOUND),
        (mine, "x", UBUS_STATUS_OK),
    ):
        assert client.ask(UBUS_MSG_INVOKE, *register(thing, pattern), peer=EVENTS) == (status, [])
    for table in ([], [("pattern", BLOBMSG_TYPE_STRING, "x")], [("object", BLOBMSG_TYPE_STRING, "x")]):
        status = client.ask(UBUS_MSG_INVOKE, *system(EVENTS, "register", *table), peer=EVENTS)[0]
        assert status == UBUS_STATUS_INVALID_ARGUMENT


def test_what_may_be_sent(client):
    assert client.ask(UBUS_MSG_INVOKE, *event("ubus.x"), peer=EVENTS) == (UBUS_STATUS_PERMISSION_DENIED, [])
    for table in ([], [("id", BLOBMSG_TYPE_STRING, "x")], [("data", BLOBMSG_TYPE_TABLE, [])]):
        status = client.ask(UBUS_MSG_INVOKE, *system(EVENTS, "send", *table), peer=EVENTS)[0]
        assert status == UBUS_STATUS_INVALID_ARGUMENT


def test_an_event_comes_once_to_an_object_however_many_of_its_patterns_match(client, other):
    thing = client.add()
    for pattern in ("ab", "a*", "abc", "*", "abcd*"):
        assert client.ask(UBUS_MSG_INVOKE, *register(thing, pattern), peer=EVENTS) == (UBUS_STATUS_OK, [])
    assert other.ask(UBUS_MSG_INVOKE, *event("abc", METHODS), peer=EVENTS) == (UBUS_STATUS_OK, [])
    told = client.receive()
    assert told == Message(
        UBUS_MSG_INVOKE, told.seq, 0, [(UBUS_ATTR_OBJID, thing), (UBUS_ATTR_METHOD, "abc"), (UBUS_ATTR_DATA, METHODS)]
    )
    client.nothing_more()
    # nor does its own come back
    assert client.ask(UBUS_MSG_INVOKE, *event("abc"), peer=EVENTS) == (UBUS_STATUS_OK, [])


def test_ubusd_tells_of_objects_even_to_their_owner(client):
    listener = client.add()
    client.ask(UBUS_MSG_INVOKE, *register(listener, "ubus.object.*"), peer=EVENTS)
    client.send(UBUS_MSG_ADD_OBJECT, (UBUS_ATTR_OBJPATH, "new"), (UBUS_ATTR_SIGNATURE, METHODS))
    told = client.receive()
    assert (told.type, attribute(told, UBUS_ATTR_METHOD)) == (UBUS_MSG_INVOKE, "ubus.object.add")
    thing = attribute(client.receive(), UBUS_ATTR_OBJID)
    assert attribute(told, UBUS_ATTR_DATA) == [
        ("id", BLOBMSG_TYPE_INT32, thing - (1 << 32) if thing >> 31 else thing),
        ("path", BLOBMSG_TYPE_STRING, "new"),
    ]


# -- subscriptions --


def pair(subscriber, target):
    return (UBUS_ATTR_OBJID, subscriber), (UBUS_ATTR_TARGET, target)


def active(thing, flag):
    return (UBUS_ATTR_OBJID, thing), (UBUS_ATTR_ACTIVE, flag)


def test_who_may_subscribe(client, other):
    mine, theirs = client.add("mine"), other.add("theirs")
    for attributes, status in (
        (pair(mine, NOWHERE), UBUS_STATUS_NOT_FOUND),
        (pair(NOWHERE, theirs), UBUS_STATUS_NOT_FOUND),
        (pair(theirs, mine), UBUS_STATUS_INVALID_ARGUMENT),
        (pair(mine, mine), UBUS_STATUS_INVALID_ARGUMENT),
        (pair(mine, EVENTS), UBUS_STATUS_NOT_FOUND),
        (pair(mine, theirs)[:1], UBUS_STATUS_INVALID_ARGUMENT),
        (pair(mine, theirs)[1:], UBUS_STATUS_INVALID_ARGUMENT),
        (pair(mine, theirs), UBUS_STATUS_OK),
    ):
        assert client.ask(UBUS_MSG_SUBSCRIBE, *attributes) == (status, [])
    assert client.ask(UBUS_MSG_UNSUBSCRIBE, *pair(mine, NOWHERE)) == (UBUS_STATUS_NOT_FOUND, [])
    assert client.ask(UBUS_MSG_UNSUBSCRIBE, *pair(theirs, mine)) == (UBUS_STATUS_INVALID_ARGUMENT, [])
    assert client.ask(UBUS_MSG_UNSUBSCRIBE, *pair(mine, theirs)) == (UBUS_STATUS_OK, [])
    assert client.ask(UBUS_MSG_UNSUBSCRIBE, *pair(mine, theirs)) == (UBUS_STATUS_NOT_FOUND, [])


def test_an_owner_hears_when_the_first_comes_and_the_last_goes(client, other, bus):
    theirs, mine, third = other.add("a"), client.add(), Raw(bus)
    thirds = third.add()
    client.ask(UBUS_MSG_SUBSCRIBE, *pair(mine, theirs))
    other.expect(UBUS_MSG_NOTIFY, *active(theirs, 1), seq=1)
    third.ask(UBUS_MSG_SUBSCRIBE, *pair(thirds, theirs))
    client.ask(UBUS_MSG_UNSUBSCRIBE, *pair(mine, theirs))
    other.nothing_more()
    third.close()
    other.expect(UBUS_MSG_NOTIFY, *active(theirs, 0), seq=2)


def test_a_notification_goes_to_the_newest_subscriber_first_and_twice_to_who_asked_twice(client, other):
    theirs, first, second = other.add("a"), client.add(), client.add()
    for subscriber in (first, second, first):
        client.ask(UBUS_MSG_SUBSCRIBE, *pair(subscriber, theirs))
    other.expect(UBUS_MSG_NOTIFY, *active(theirs, 1), seq=1)
    told = (UBUS_ATTR_OBJID, theirs), (UBUS_ATTR_METHOD, "x"), (UBUS_ATTR_DATA, METHODS)
    other.send(UBUS_MSG_NOTIFY, *told, peer=theirs)
    subscribers = (UBUS_ATTR_SUBSCRIBERS, [first, second, first])
    other.expect(UBUS_MSG_STATUS, told[0], subscribers, (UBUS_ATTR_STATUS, UBUS_STATUS_OK), peer=theirs)
    for subscriber in (first, second, first):
        heard = client.receive()
        assert heard.attributes[:2] == [(UBUS_ATTR_OBJID, subscriber), told[1]]
        assert (heard.peer, heard.attributes[4:]) == (other.id, [told[2]])
    other.send(UBUS_MSG_NOTIFY, *told, (UBUS_ATTR_NO_REPLY, 1), peer=theirs)
    assert [client.receive().attributes[0] for _ in range(3)] == [(UBUS_ATTR_NO_REPLY, 1)] * 3
    other.nothing_more()


def test_who_may_notify(client, other):
    theirs, told = other.add("a"), (UBUS_ATTR_METHOD, "x")
    assert client.ask(UBUS_MSG_NOTIFY, (UBUS_ATTR_OBJID, theirs), told)[0] == UBUS_STATUS_PERMISSION_DENIED
    assert client.ask(UBUS_MSG_NOTIFY, (UBUS_ATTR_OBJID, NOWHERE), told)[0] == UBUS_STATUS_NOT_FOUND
    assert client.ask(UBUS_MSG_NOTIFY, told)[0] == UBUS_STATUS_INVALID_ARGUMENT
    assert client.ask(UBUS_MSG_NOTIFY, (UBUS_ATTR_OBJID, theirs))[0] == UBUS_STATUS_INVALID_ARGUMENT


def test_subscribers_hear_of_the_end_of_an_object(client, other):
    theirs, mine = other.add("a"), client.add()
    client.ask(UBUS_MSG_SUBSCRIBE, *pair(mine, theirs))
    other.expect(UBUS_MSG_NOTIFY, *active(theirs, 1), seq=1)
    other.send(UBUS_MSG_REMOVE_OBJECT, (UBUS_ATTR_OBJID, theirs))
    assert other.receive().type == UBUS_MSG_DATA
    other.expect(UBUS_MSG_NOTIFY, *active(theirs, 0), seq=2)
    other.expect(UBUS_MSG_STATUS, (UBUS_ATTR_STATUS, UBUS_STATUS_OK))
    client.expect(UBUS_MSG_UNSUBSCRIBE, *pair(mine, theirs), seq=1)


# -- who does not read --


def test_who_does_not_read_loses_messages_and_nobody_else_does(client, other, bus):
    deaf = Raw(bus)
    for listening in (deaf, other):
        thing = listening.add()
        listening.ask(UBUS_MSG_INVOKE, *register(thing, "x"), peer=EVENTS)
    data = [("text", BLOBMSG_TYPE_STRING, "x" * 60000)]
    for _ in range(40):
        assert client.ask(UBUS_MSG_INVOKE, *event("x", data), peer=EVENTS) == (UBUS_STATUS_OK, [])
        assert attribute(other.receive(), UBUS_ATTR_DATA) == data
    deaf.send(UBUS_MSG_PING)
    heard = 0
    while attribute(deaf.receive(), UBUS_ATTR_DATA) == data:
        heard += 1
    assert 15 < heard < 30
