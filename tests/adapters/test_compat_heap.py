"""compat_heap.py: a heap that is too small is left for a larger one, by the program that runs in it."""

import subprocess

import pytest

from both import MICROPYTHON, each_interpreter, run
from lab.enter import TOP

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from nametrack import compat_heap
kept = [bytes(1000) for i in range(int(sys.argv[2]))]
compat_heap.pace()
print(compat_heap.shortage())
kept = None
%s
compat_heap.grow()
print("as before")
"""


def lines(tmp_path, heap, kept, more=""):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT % more)
    command = [MICROPYTHON, "-X", f"heapsize={heap}", path, TOP / "agent", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


@pytest.mark.parametrize("heap", ["3M", "8M"])
def test_a_heap_in_which_much_is_in_use_is_left_for_a_larger_one(tmp_path, heap):
    first, second, last = lines(tmp_path, heap, 2900 if heap == "8M" else 1200)
    assert first.endswith("KiB are in use") and (second, last) == ("None", "as before")


def test_a_heap_with_room_is_kept(tmp_path):
    assert lines(tmp_path, "8M", 1000)[0] == "None"


def test_what_did_not_fit_is_a_reason(tmp_path):
    more = "compat_heap.ran_short('the set'); print(compat_heap.is_short(), compat_heap.shortage()); sys.exit()"
    assert lines(tmp_path, "8M", 0, more) == ["None", "True the set"]


def test_whoever_held_the_place_of_the_program_holds_it_no_more(tmp_path):
    """Descriptors do not live on: a bus that saw two programs would refuse the second."""
    more = (
        "import os; print(len([e for e in os.ilistdir('/proc/self/fd')])); kept = [open('/dev/null') for i in range(9)]"
    )
    first, second = [line for line in lines(tmp_path, "8M", 0, more) if line.isdigit()]
    assert first == second


@each_interpreter
def test_the_largest_heap_there_is_and_memory_that_grows_by_itself(interpreter, tmp_path):
    script = """
from nametrack import compat_heap
compat_heap.ran_short("x")
print(compat_heap.shortage(), compat_heap.is_short())
compat_heap.grow()
print("as before")
"""
    assert run(interpreter, tmp_path, script) == ["None False", "as before"]
