"""The loop's poller: which of many descriptors are served before the loop has its turn."""

from both import each_interpreter, run

READY = """
import os
from nametrack.daemon.loop import AT_ONCE
called, pipes = [], []
def open_pipe(number):
    pipes.append(os_pipe())
    os_write(pipes[-1])
    poller.add(pipes[-1][0], lambda mask: called.append(number))
def served():
    poller.wait(compat.monotonic())
    found = list(called)
    called.clear()
    return found
"""
PIPES = """
if compat.MICROPYTHON:
    import ffi
    import array
    libc = ffi.open(None)
    make, put = libc.func("i", "pipe", "p"), libc.func("i", "write", "ipi")
    def os_pipe():
        made = array.array("i", [0, 0])
        make(made)
        return made
    def os_write(pipe):
        put(pipe[1], b"x", 1)
else:
    import os
    os_pipe = os.pipe
    def os_write(pipe):
        os.write(pipe[1], b"x")
"""


@each_interpreter
def test_of_many_that_are_ready_some_are_served_at_once_and_all_in_turn(interpreter, tmp_path):
    script = """
for number in range(2 * AT_ONCE + 3):
    open_pipe(number)
rounds = [served() for _ in range(3)]
print([len(each) for each in rounds] == [AT_ONCE] * 3)
print(len(set(rounds[0] + rounds[1])) == 2 * AT_ONCE)
print(set(range(2 * AT_ONCE + 3)) == set(rounds[0] + rounds[1] + rounds[2]))
"""
    assert run(interpreter, tmp_path, READY + PIPES + script) == ["True"] * 3


@each_interpreter
def test_one_that_becomes_ready_waits_for_one_turn_of_those_that_always_are_at_most(interpreter, tmp_path):
    script = """
for number in range(3 * AT_ONCE):
    open_pipe(number)
for _ in range(10):
    served()
open_pipe("new")
turns = [served() + served() + served() + served() for _ in range(3)]
print(["new" in turn for turn in turns])
"""
    assert run(interpreter, tmp_path, READY + PIPES + script) == ["[True, True, True]"]


@each_interpreter
def test_what_takes_long_to_read_leaves_the_others_for_the_next_turn(interpreter, tmp_path):
    """The loop has its turn in between; each is served in turn all the same."""
    script = """
from nametrack.daemon.loop import Poller, SHARE
now = [0]
poller = Poller(lambda: now[0])
def read(number):
    called.append(number)
    now[0] += SHARE * 0.6
for number in range(5):
    open_pipe(number)
    poller.remove(pipes[-1][0])
    poller.add(pipes[-1][0], lambda mask, number=number: read(number))
rounds = []
for _ in range(5):
    poller.wait(0)
    rounds.append(len(called))
print(rounds)
print(sorted(called[:5]))
"""
    assert run(interpreter, tmp_path, READY + PIPES + script) == ["[2, 4, 6, 8, 10]", "[0, 1, 2, 3, 4]"]


@each_interpreter
def test_a_call_that_is_put_off_while_it_is_due_is_made_later_and_one_that_is_cancelled_never(interpreter, tmp_path):
    script = """
def first():
    called.append("first")
    poller.call_at("second", compat.monotonic() + 1000, lambda: called.append("too early"))
    poller.cancel("third")
now = compat.monotonic()
poller.call_at("first", now - 3, first)
poller.call_at("second", now - 2, lambda: called.append("second"))
poller.call_at("third", now - 1, lambda: called.append("third"))
print(served())
"""
    assert run(interpreter, tmp_path, READY + PIPES + script) == ["['first']"]
