"""A long table of routes is read to its end on a busy machine: only a silent kernel ends the reading."""

from both import each_interpreter, run

DUMP = """
from nametrack.adapters.routes_dump import Dumper, Part
from nametrack.wire import netlink

class Clock:
    now = 100.0

class Socket:
    def __init__(self, protocol):
        self.waiting, self.seqs = [], []
    def setblocking(self, blocks):
        pass
    def setsockopt(self, *option):
        pass
    def fileno(self):
        return 7
    def send(self, request):
        self.seqs.append(list(netlink.messages(request))[0].seq)
    def recv(self, size):
        return self.waiting.pop(0)
    def close(self):
        pass

class Pollers:
    def __init__(self):
        self.calls, self.readable = {}, None
    def add(self, fd, callback):
        self.readable = callback
    def remove(self, fd):
        self.readable = None
    def call_at(self, key, at, callback):
        self.calls[key] = (at, callback)
    def cancel(self, key):
        self.calls.pop(key, None)
    def due(self):
        for key in list(self.calls):
            at, callback = self.calls[key]
            if at <= Clock.now:
                del self.calls[key]
                callback()

sockets, ended, polled = [], [], Pollers()
def netlink_socket(protocol):
    sockets.append(Socket(protocol))
    return sockets[-1]
compat.monotonic = lambda: Clock.now
compat.netlink_socket = netlink_socket

def message(kind, number):
    return netlink.message(kind, 2, sockets[-1].seqs[-1], bytes(4))

def begin():
    request = lambda seq: netlink.message(26, 0x301, seq, b"")
    dumper = Dumper(polled, ("routes",))
    dumper.read([Part(request, list, lambda found, each: found.append(each.type))], lambda *end: ended.append(end))
    polled.due()
    return dumper

def heard(seconds, kind=24):
    Clock.now += seconds
    sockets[-1].waiting.append(message(kind, 0))
    polled.readable(1)
    polled.due()
"""


@each_interpreter
def test_a_table_that_takes_a_minute_is_read_to_its_end(interpreter, tmp_path):
    script = """
begin()
for i in range(20):
    heard(3)
heard(3, 3)
found, problem = ended[0]
print(len(found[0]), problem, len(sockets), polled.calls)
"""
    assert run(interpreter, tmp_path, DUMP + script) == ["20 None 1 {}"]


@each_interpreter
def test_a_kernel_that_is_silent_for_ten_seconds_ends_the_reading(interpreter, tmp_path):
    script = """
dumper = begin()
heard(9)
for i in range(9):
    Clock.now += 1
    polled.due()
print(ended, dumper.busy())
Clock.now += 1.5
polled.due()
print(ended, dumper.busy(), polled.calls)
"""
    assert run(interpreter, tmp_path, DUMP + script) == [
        "[] True",
        "[(None, 'no message from the kernel in 10 s')] False {}",
    ]


@each_interpreter
def test_an_agent_that_was_away_for_long_reads_what_is_there_before_it_gives_up(interpreter, tmp_path):
    script = """
begin()
heard(60)
heard(0, 3)
print(ended[0][1], len(ended[0][0][0]))
"""
    assert run(interpreter, tmp_path, DUMP + script) == ["None 1"]
