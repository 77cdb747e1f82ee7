"""broker.py: sent what the recorded clients sent, it answers the bytes that the recorded ubusd answered."""

import pathlib
import sys

import pytest

from bus.access import ROOT, Access
from bus.broker import Broker
from bus.objects import Client
from pyubus import message as wire
from pyubus.message import (
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJTYPE,
    UBUS_ATTR_TARGET,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_SUBSCRIBE,
    Message,
    attribute,
)
from pyubus.status import UbusError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "pyubus"))

import recorded  # noqa: E402
import test_fuzz  # noqa: E402

SUBSCRIBER, SERVICE = 0x8FD0929B, 0x68B356DD


class Recording:
    """Sends all that was recorded to one broker, which draws the recorded ids, and keeps what each client is told."""

    def __init__(self):
        self.told = {}  # (scenario, conn) -> bytes of messages
        self._clients = {}
        self._ids = {}
        for line in recorded.lines():
            self._ids.setdefault(line.conn, []).extend(ids(line))
        self._now = None  # (scenario, conn) of the line that is sent
        self._broker = Broker(Access(), lambda: self._ids[self._now[1]].pop(0))
        for line in recorded.lines():
            self._play(line)

    def _play(self, line):
        self._now = (line.scenario, line.conn)
        if line.scenario.startswith("13") and "sub#1" not in self._clients:
            self._subscribe_before()
        if line.direction == "<":
            # connections are opened when they are greeted; the other answers are compared, not sent
            if line.data[1:2] == bytes([UBUS_MSG_HELLO]):
                self._connect(line.conn)
        elif line.data:
            self._broker.receive(self._clients[line.conn], wire.decode(line.data)[0])
        elif line.conn in self._clients:
            self._broker.disconnect(self._clients.pop(line.conn))

    def _connect(self, conn):
        def send(told):
            self.told.setdefault((self._now[0], conn), []).append(wire.encode(told))

        self._clients[conn] = Client(ROOT, send)
        self._broker.connect(self._clients[conn])

    def _subscribe_before(self):
        """What is not recorded: the subscriber came while scenario 12 ran."""
        scenario, conn = self._now
        self._now = ("12", "sub#1")
        self._ids["sub#1"] = [0x12345678, SUBSCRIBER]
        self._connect("sub#1")
        self._broker.receive(self._clients["sub#1"], Message(UBUS_MSG_ADD_OBJECT, 1, 0, []))
        attributes = [(UBUS_ATTR_OBJID, SUBSCRIBER), (UBUS_ATTR_TARGET, SERVICE)]
        self._broker.receive(self._clients["sub#1"], Message(UBUS_MSG_SUBSCRIBE, 2, 0, attributes))
        self._now = (scenario, conn)


def ids(line):
    """The ids that ubusd had drawn when it sent this, in the order in which it draws them."""
    if line.direction == ">" or not line.data:
        return []
    told = wire.decode(line.data)[0]
    if told.type == UBUS_MSG_HELLO:
        return [told.peer]
    if told.type == UBUS_MSG_DATA and len(told.attributes) <= 2 and told.seq == 1 and told.peer == 0:
        return [n for n in (attribute(told, UBUS_ATTR_OBJTYPE), attribute(told, UBUS_ATTR_OBJID)) if n is not None]
    return []


RECORDED = {}
for line in recorded.lines():
    if line.direction == "<" and line.data:
        RECORDED.setdefault((line.scenario, line.conn), []).append(line.data)


@pytest.fixture(scope="module")
def recording():
    return Recording()


@pytest.mark.parametrize("scenario, conn", sorted(RECORDED))
def test_every_connection_is_told_what_was_recorded(recording, scenario, conn):
    assert recording.told[scenario, conn] == RECORDED[scenario, conn]


def test_no_message_at_all_breaks_it():
    """What a fuzzed client sends is answered or not, and the others go on."""
    broker, told = Broker(Access()), []
    clients = [Client(ROOT, lambda message: told.append(wire.encode(message))) for _ in range(2)]
    for client in clients:
        broker.connect(client)
    for number, data in enumerate(test_fuzz.samples(99, 20000)):
        try:
            found = wire.decode(data)[0]
        except UbusError:
            continue
        if found is not None:
            broker.receive(clients[number % 2], found)
    assert len(told) > 1000
    for client in clients:
        broker.disconnect(client)
