"""When the hold is let go: DNS must never wait for an agent that has something else to do."""

from both import ALONE, each_interpreter, run

HOLD = """
from collections import namedtuple
from nametrack.adapters import hold as module
from nametrack.adapters.hold import Hold
Found = namedtuple("Found", ("path",))
class Bus:
    '''What Hold uses of the bus: a resolver that subscribes, unsubscribes and waits.'''
    def __init__(self):
        self.subscribed, self.finished, self.last = {}, [], 0
    def watch(self, watcher):
        pass
    def take(self, path, taker):
        self.taker = taker
    def finish(self, call):
        self.finished.append(call)
    def request(self, make, done):
        done(*make(self))
    def listen(self, pattern):
        return 0, [1]
    def lookup(self, pattern):
        return 0, [Found("dnsmasq"), Found("dnsmasq.dns")]
    def subscribe(self, path):
        self.last += 1
        self.subscribed[self.last] = path
        return 0, [self.last]
    def remove(self, number):
        del self.subscribed[number]
        return 0, []
    def tell(self, call, name="www.example.net", address="198.51.100.1", method="dns_result"):
        self.taker(method, {"name": name, "address": address, "ttl": 20}, call)
bus = Bus()
hold = Hold(poller, bus, emit)
hold.connected(True)
hold.hold(do.Hold(("example.net",), (), ()))
print(sorted(bus.subscribed.values()))
"""


def told(interpreter, folder, script):
    return run(interpreter, folder, HOLD + script, within=ALONE)[1:]


@each_interpreter
def test_an_answer_is_held_until_it_is_released(interpreter, tmp_path):
    script = """
bus.tell("call 1")
print(bus.finished)
hold.release(do.Release(1))
print(bus.finished)
"""
    seen = ["NameObserved www.example.net ['198.51.100.1'] 20 resolver", "AnswerHeld 1", "[]", "['call 1']"]
    assert told(interpreter, tmp_path, script) == seen


@each_interpreter
def test_what_is_not_wanted_or_cannot_be_read_is_not_held(interpreter, tmp_path):
    script = """
bus.tell(1, "www.other.net")
bus.tell(2, "")
bus.tell(3, "a" * 300 + ".example.net")
bus.tell(4, 5)
bus.tell(5, address=None)
bus.tell(6, address="no address")
bus.tell(7, method="other")
print(bus.finished)
"""
    lines = told(interpreter, tmp_path, script)
    assert lines == ["[1, 2, 3, 4, 5, 6, 7]"]


@each_interpreter
def test_nothing_is_held_for_longer_than_50_ms_and_three_such_answers_end_it_for_a_while(interpreter, tmp_path):
    script = """
module.PAUSE = hold._pause = 0.5
call_at, ends = poller.call_at, []
def noted(key, at, callback):
    ends.append(at)
    call_at(key, at, callback)
poller.call_at = noted
for i in range(3):
    began = compat.monotonic()
    bus.tell(i)
    due, told = ends[-1], compat.monotonic()
    print(began + 0.05 <= due <= told + 0.05)
    until(lambda: len(bus.finished) > i)
    print(compat.monotonic() >= due)
print(bus.subscribed)
until(lambda: bus.subscribed)
"""
    lines = [line for line in told(interpreter, tmp_path, script) if not line.startswith(("Name", "Answer"))]
    assert lines == 6 * ["True"] + ["{}"]


@each_interpreter
def test_what_took_long_or_was_never_done_is_done_unsubscribed(interpreter, tmp_path):
    script = """
hold.prepare("status")
print(len(bus.subscribed))
hold.took("status", 0.01)
until(lambda: bus.subscribed)
hold.prepare("status")
print(len(bus.subscribed))
hold.took("status", 0.06)
hold.prepare("status")
print(len(bus.subscribed))
"""
    assert told(interpreter, tmp_path, script) == ["0", "1", "0"]


@each_interpreter
def test_a_loop_that_was_away_for_long_ends_it_for_a_while(interpreter, tmp_path):
    script = """
import time
poller.when_away(hold.was_away)
poller.wait(compat.monotonic())
time.sleep(0.06)
poller.wait(compat.monotonic())
print(len(bus.subscribed))
"""
    assert told(interpreter, tmp_path, script) == ["0"]


@each_interpreter
def test_more_than_a_hundred_others_in_a_second_end_it_for_a_while(interpreter, tmp_path):
    script = """
for i in range(101):
    bus.tell(i, "www.other.net")
print(len(bus.subscribed), len(bus.finished))
"""
    assert told(interpreter, tmp_path, script) == ["0 101"]


@each_interpreter
def test_what_is_held_is_let_go_when_the_hold_ends(interpreter, tmp_path):
    script = """
bus.tell("call 1")
hold.hold(do.Hold((), (), ()))
print(bus.finished, bus.subscribed)
"""
    assert told(interpreter, tmp_path, script)[2:] == ["['call 1'] {}"]
