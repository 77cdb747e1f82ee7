"""Long answers are made in slices: what happens to calls that come meanwhile, and that many of them are bounded."""

from both import each_interpreter, run

ANSWERS = """
from nametrack.adapters import slices
from nametrack.daemon import answers as module
from turns import *
slices.compat = module.compat = Clock(0.002)
calls, state = Turns(), [0]
answers = module.Answers(calls, lambda number, values: print("reply", number, values))
def make():
    began = state[0]
    print("made")
    for _ in range(100):
        yield
    return began
def short():
    raise MemoryError()
    yield
"""


@each_interpreter
def test_an_answer_comes_after_the_call_and_in_slices(interpreter, tmp_path):
    script = """
print(answers.ask("status", make, 1))
print(calls.to_the_end() > 20)
"""
    assert run(interpreter, tmp_path, ANSWERS + script) == ["True", "made", "reply 1 0", "True"]


@each_interpreter
def test_calls_that_come_meanwhile_share_the_next_answer(interpreter, tmp_path):
    """None is answered with what was so before it was asked."""
    script = """
answers.ask("status", make, 1)
for _ in range(5):
    calls.turn()
state[0] = 1
answers.ask("status", make, 2)
answers.ask("metrics", make, 3)
answers.ask("status", make, 4)
calls.to_the_end()
"""
    lines = ["made", "reply 1 0", "made", "reply 2 1", "reply 4 1", "made", "reply 3 1"]
    assert run(interpreter, tmp_path, ANSWERS + script) == lines


@each_interpreter
def test_each_reply_has_a_turn_of_the_loop_of_its_own(interpreter, tmp_path):
    """Each is encoded by itself, which takes some time."""
    script = """
slices.compat.monotonic = lambda: 0
module.SLICE = answers._slices._seconds = -1
for number in range(3):
    answers.ask("status", make, number)
calls.turn()
calls.turn()
for _ in range(99):
    calls.turn()
for _ in range(4):
    print("turn")
    calls.turn()
print(calls.waiting)
"""
    lines = ["made", "turn", "reply 0 0", "turn", "reply 1 0", "turn", "reply 2 0", "turn", "{}"]
    assert run(interpreter, tmp_path, ANSWERS + script) == lines


@each_interpreter
def test_too_many_that_wait_are_told_so(interpreter, tmp_path):
    script = """
print([answers.ask("status", make, number) for number in range(module.MOST + 2)].count(False))
print([answers.ask("metrics", make, number) for number in range(2)])
calls.to_the_end()
print(answers.ask("status", make, 100))
"""
    lines = run(interpreter, tmp_path, ANSWERS + script)
    assert lines[:2] == ["2", "[False, False]"] and lines[-1] == "True"
    assert len([line for line in lines if line.startswith("reply")]) == 16


@each_interpreter
def test_one_that_does_not_fit_into_the_memory_is_the_trouble_of_who_asked_for_it_alone(interpreter, tmp_path):
    script = """
answers.ask("large", short, 1)
answers.ask("status", make, 2)
calls.to_the_end()
"""
    assert run(interpreter, tmp_path, ANSWERS + script) == ["reply 1 None", "made", "reply 2 0"]
