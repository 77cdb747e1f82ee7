"""Any bytes at all are messages, or an UbusError; a connection that is fed them goes on or ends, and nothing else.

FUZZ in the environment sets how many, `make fuzz` sets it high. Whatever once crashed it is a case of its own above.
"""

import os

import recorded

from mutations import Chance, mutated
from pyubus import happenings as on
from pyubus import message, values
from pyubus.protocol import Protocol
from pyubus.status import UbusError
from thorough import thorough

COUNT = int(os.getenv("FUZZ") or thorough(10000, 3000))


def framed(data):
    """The same with the length of the outermost attribute put right, so that what is inside is looked at."""
    if len(data) < 12:
        return data
    length = len(data) - 8
    return bytes([0, data[1] % 12]) + data[2:8] + bytes([0, length >> 16, length >> 8 & 255, length & 255]) + data[12:]


def samples(seed, count):
    """Random bytes, a tenth; mutated messages, some of them with their length put right."""
    chance = Chance(seed)
    known = recorded.messages()
    for number in range(count):
        if number % 10 == 0:
            yield chance.bytes(chance.below(200))
            continue
        data = mutated(chance, known[chance.below(len(known))], known)
        yield framed(data) if chance.below(3) else data


def test_any_bytes_are_a_message_or_an_error():
    read = 0
    for data in samples(20261124, COUNT):
        try:
            found, used = message.decode(data)
        except UbusError:
            continue
        if found is None:
            assert used == 0
            continue
        read += 1
        again = message.encode(found)
        # equal but for a NaN, which is never equal to itself; its bytes are
        assert message.encode(message.decode(again)[0]) == again
        for _, value in found.attributes:
            if isinstance(value, list) and value and isinstance(value[0], tuple):
                values.to_python(value)
    assert read > COUNT // 5


def established():
    """A connection with something of everything on it: a call under way, an object, a listener, a subscriber."""
    bus = Protocol()
    for conn, ask in (
        ("srv#1", lambda: bus.add("test", {"echo": {}, "nodata": {}, "fail": {"code": 5}})),
        ("ev#1", lambda: bus.listen("test.*")),
        ("ev#3", lambda: bus.subscribe("test")),
    ):
        hello, *answers = ANSWERS[conn]
        if bus.client_id is None:
            bus.feed(hello)
        ask()
        for data in answers:
            bus.feed(data[:2] + bytes([0, bus._pending._seq]) + data[4:])
    bus.call("test", "multi")
    assert len(bus._own) == 3
    return bus


# what the requests of `established` are answered with, step by step
ANSWERS = {
    conn: recorded.messages(conn=conn, direction="<")[:count]
    for conn, count in (("srv#1", 3), ("ev#1", 4), ("ev#3", 6))
}


def test_any_bytes_leave_a_connection_alive_or_end_it():
    alive = ended = told = 0
    bus = established()
    for data in samples(4711, COUNT):
        happened = bus.feed(data or b"\0")
        if bus._input.held():
            happened += bus.feed(b"")  # else it waits for the rest of this, and takes what follows for it
        told += len(happened)
        while bus.output.waits():
            bus.output.sent(len(bus.output.next()))
        if not bus.closed:
            alive += 1
            continue
        ended += 1
        assert [happening for happening in happened if isinstance(happening, on.Disconnected)] == happened[-1:]
        assert isinstance(happened[-1].error, UbusError)
        bus = established()
    assert alive > COUNT // 5 and ended > COUNT // 5 and told > 2 * ended
