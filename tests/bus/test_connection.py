"""connection.py and client.py where ubusd behaves as it never should, under both interpreters."""

import contextlib
import socket
import threading

import pytest

from bus.parties import Party
from pyubus import message
from pyubus.message import (
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_STATUS,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_LOOKUP,
    UBUS_MSG_STATUS,
    Message,
)
from pyubus.status import UBUS_STATUS_NO_MEMORY

HELLO = message.encode(Message(UBUS_MSG_HELLO, 0, 0x12345678, []))

# A loop of one's own around a Connection, as small as it can be.
LOOP = """
    connection = Connection(path)
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    def wait(wanted):
        while True:
            poll.modify(connection.fileno(), select.POLLIN | (select.POLLOUT if connection.wants_write() else 0))
            poll.poll(20000)
            for happening in connection.receive():
                if isinstance(happening, wanted):
                    return happening
    """


class Place:
    """Where a socket is."""

    def __init__(self, folder):
        self.path = f"{folder}/ubus.sock"


@contextlib.contextmanager
def served(folder, serve):
    """Calls `serve(connection)` for the first that connects."""
    place = Place(folder)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(place.path)
    listener.listen(5)

    def accept():
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            serve(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield place
    listener.close()
    thread.join(20)


def send(connection, kind, seq, peer, *attributes):
    connection.sendall(message.encode(Message(kind, seq, peer, list(attributes))))


def heard(connection):
    """Gives each message that comes, with its size."""
    connection.settimeout(20)
    data = b""
    while True:
        found, used = message.decode(data)
        if found is None:
            data += connection.recv(65536)
        else:
            data = data[used:]
            yield found, used


def party(interpreter, place, script, loop=LOOP):
    with Party(interpreter, loop + script, place) as running:
        return running.finish()


def test_a_greeting_byte_by_byte(folder, interpreter):
    def serve(connection):
        for byte in HELLO:
            connection.send(bytes([byte]))
        connection.recv(1)

    with served(folder, serve) as place:
        assert party(interpreter, place, "\n    print(wait(on.Connected).client_id)") == [str(0x12345678)]


def test_garbage_is_told_once_and_ends_the_connection(folder, interpreter):
    def serve(connection):
        connection.sendall(HELLO + b"HTTP/1.0 400 Bad Request\r\n\r\n")
        connection.recv(1)

    script = """
    request = connection.lookup()
    error = wait(on.Disconnected).error
    print(error.code == UBUS_STATUS_PARSE_ERROR, error)
    print(connection.receive(), connection.wants_write(), code(connection.lookup))
    connection.close()
    connection.close()
    print(connection.receive())
    """
    with served(folder, serve) as place:
        assert party(interpreter, place, script) == ["True a message of version 72", "[] False 10", "[]"]


@pytest.mark.parametrize("greeting", [b"", HELLO])
def test_ubusd_hangs_up(folder, interpreter, greeting):
    script = """
    error = wait(on.Disconnected).error
    print(error.code, error)
    """
    with served(folder, lambda connection: connection.sendall(greeting)) as place:
        assert party(interpreter, place, script) == ["10 ubusd closed the connection"]


def test_ubusd_hangs_up_and_leaves_unread_what_it_was_sent(folder, interpreter):
    def serve(connection):
        connection.sendall(HELLO)
        connection.recv(1)  # and no more: the rest of the message makes it a reset

    script = """
    wait(on.Connected)
    request = connection.lookup("test")
    finished = wait(on.Finished)
    print(finished.status, finished.request == request)
    print(code(connection.lookup))
    """
    with served(folder, serve) as place:
        assert party(interpreter, place, script) == ["10 True", "10"]


def test_who_is_not_read_keeps_little_and_loses_nothing_of_it(folder, interpreter):
    """The first messages arrive whole when ubusd reads again; the refused one is the only one that is lost."""
    go, received = threading.Event(), []

    def serve(connection):
        connection.sendall(HELLO)
        go.wait(20)
        for found, size in heard(connection):
            received.append((found.seq, size))
            if found.type == UBUS_MSG_LOOKUP:
                return

    script = """
    wait(on.Connected)
    sent = 0
    while not code(connection.notify, 5000, "tick", {"text": "x" * 50000}):
        sent += 1
    print(sent, connection.wants_write())
    sys.stdin.readline()
    def drain():
        while connection.wants_write():
            poll.modify(connection.fileno(), select.POLLOUT)
            poll.poll(20000)
            connection.receive()
    drain()
    connection.lookup()
    drain()
    """
    with served(folder, serve) as place, Party(interpreter, LOOP + script, place) as running:
        sent, waits = running.next().split()
        # what the kernel holds comes on top of what is kept here
        assert waits == "True" and 20 <= int(sent) <= 40
        go.set()
        running.say("go")
        assert running.finish() == []
    # the message that was refused had taken a seq
    assert [seq for seq, _ in received] == [*range(1, int(sent) + 1), int(sent) + 2]
    assert len({size for _, size in received[:-1]}) == 1


def test_the_descriptor_is_not_inherited_and_does_not_block(folder, interpreter):
    script = """
    with open("/proc/self/fdinfo/%d" % connection.fileno()) as file:
        flags = [line for line in file if line.startswith("flags")][0]
    print(bool(int(flags.split()[1], 8) & 0o2000000), bool(int(flags.split()[1], 8) & 0o4000))
    """
    with served(folder, lambda connection: connection.recv(1)) as place:
        assert party(interpreter, place, script) == ["True True"]


def test_the_blocking_client_gives_up_in_time(folder, interpreter):
    script = """
    client = UbusClient(path, 0.3)
    try:
        client.connect()
    except UbusError as error:
        print(error.code, error)
    print(code(client.list))
    """
    with served(folder, lambda connection: connection.recv(1)) as place:
        assert party(interpreter, place, script, "") == ["7 ubusd: timed out", "10"]


def test_the_blocking_client_keeps_little_of_what_it_is_called_meanwhile(folder, interpreter):
    """Calls that come while it waits for something else; beyond a thousand they are refused."""
    statuses = []

    def serve(connection):
        connection.sendall(HELLO)
        for found, _ in heard(connection):
            if found.type == UBUS_MSG_ADD_OBJECT:
                send(connection, UBUS_MSG_DATA, found.seq, 0, (UBUS_ATTR_OBJID, 5000))
                send(connection, UBUS_MSG_STATUS, found.seq, 0, (UBUS_ATTR_STATUS, 0))
            elif found.type == UBUS_MSG_LOOKUP:
                named = (UBUS_ATTR_OBJID, 5000), (UBUS_ATTR_METHOD, "m"), (UBUS_ATTR_DATA, [])
                for seq in range(1200):
                    send(connection, UBUS_MSG_INVOKE, seq, 7000, *named)
            else:
                statuses.append(found.attributes[0])
                if len(statuses) == 200:
                    return

    script = """
    client = UbusClient(path, 5)
    client.connect()
    called = []
    client.add("test", {"m": {"method": lambda handler, data: called.append(1)}})
    print(code(client.list))
    """
    with served(folder, serve) as place:
        # ubusd hangs up as soon as it has seen the refusals
        assert party(interpreter, place, script, "") == ["10"]
    assert statuses == [(UBUS_ATTR_STATUS, UBUS_STATUS_NO_MEMORY)] * 200
