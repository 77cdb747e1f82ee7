"""compat_heap.py: a heap that is too small is left for a larger one, by the program that runs in it."""

import resource
import subprocess

import pytest

from both import MICROPYTHON, each_interpreter, run
from lab.enter import TOP

SCRIPT = """
import gc, sys
sys.path.insert(0, sys.argv[1])
from nametrack import compat_heap
print("MiB", (gc.mem_free() + gc.mem_alloc() >> 20) + 1)
kept = [bytes(1000) for i in range(int(sys.argv[2]))]
compat_heap.pace()
short = compat_heap.shortage()
print(short)
kept = None
%s
if short:
    compat_heap.grow()
"""


def lines(tmp_path, heap, kept, more=""):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT % more)
    command = [MICROPYTHON, "-X", f"heapsize={heap}", path, TOP / "agent", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


def word():
    """The bytes of a word to the MicroPython that is tried: beside a CPython of 64 bits it may be one of 32."""
    command = [MICROPYTHON, "-c", "import sys; print(8 if sys.maxsize > 1 << 32 else 4)"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    "heap,kept,sizes",
    [("3M", 1200, [3, 8]), ("8M", 2900, [8, 16]), ("3M", 2500, [3, 16])],
    ids=["small", "middle", "over-the-middle"],
)
def test_a_heap_in_which_much_is_in_use_is_left_for_one_in_which_that_is_a_quarter(tmp_path, heap, kept, sizes):
    first, short, second, last = lines(tmp_path, heap, kept)
    assert [first, second] == [f"MiB {size}" for size in sizes]
    assert short.endswith("KiB are in use") and last == "None"


def test_the_heap_a_router_begins_with_goes_by_the_size_of_a_word(tmp_path):
    """Half the bytes if a pointer takes half of them: /usr/sbin/nametrack says so to the interpreter."""
    assert lines(tmp_path, "2wM", 0)[0] == f"MiB {word() // 2}"


@pytest.mark.parametrize(
    "names,peers,sizes",
    [(100, 50, [4]), (700, 0, [4, 8]), (200, 200, [4, 8]), (1000, 200, [4, 16]), (5000, 0, [4, 32])],
)
def test_a_long_configuration_has_a_large_heap_from_the_start(tmp_path, names, peers, sizes):
    more = f"compat_heap.expect({names}, {peers}); short = compat_heap.shortage()"
    found = [line for line in lines(tmp_path, "2wM", 0, more) if line.startswith("MiB")]
    assert found == [f"MiB {size}" for size in sizes]


def test_a_heap_with_room_is_kept(tmp_path):
    assert lines(tmp_path, "8M", 1000) == ["MiB 8", "None"]


def test_what_did_not_fit_is_a_reason(tmp_path):
    """How much would have done nobody knows: as much as there is."""
    more = """
compat_heap.ran_short('the set')
print(compat_heap.is_short(), compat_heap.shortage())
compat_heap.grow()
"""
    assert lines(tmp_path, "3M", 0, more) == ["MiB 3", "None", "True the set", "MiB 32", "None", "True None"]


def test_whoever_held_the_place_of_the_program_holds_it_no_more(tmp_path):
    """Descriptors do not live on: a bus that saw two programs would refuse the second."""
    more = (
        "import os; print(len([e for e in os.ilistdir('/proc/self/fd')])); kept = [open('/dev/null') for i in range(9)]"
    )
    first, second = [line for line in lines(tmp_path, "8M", 2900, more) if line.isdigit()]
    assert first == second


def test_a_heap_for_which_there_is_no_address_space_is_said(tmp_path):
    """MicroPython itself would end by SIGSEGV without a word."""
    path = tmp_path / "script.py"
    what = "compat_heap.ran_short('the set'); short = compat_heap.shortage()"
    path.write_text(SCRIPT % what + "print('as before')\n")
    command = [MICROPYTHON, "-X", "heapsize=4M", path, TOP / "agent", "0"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (24 << 20, 24 << 20))  # noqa: E731
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=limit)
    assert done.returncode == 0 and done.stdout.endswith("as before\n"), done
    assert done.stderr == "nametrack: no address space for a heap of 32 MiB: raise ulimit -v\n"


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


def test_garbage_is_collected_the_more_rarely_the_more_is_in_use(tmp_path):
    """A small agent has little memory touched, and a large one is not busy with looking at all that it has."""
    threshold = "if not short: print('KiB', gc.threshold() >> 10)"
    found = [lines(tmp_path, "8M", kept, threshold)[-1] for kept in (0, 1000, 2400)]
    small, middle, large = [int(line.split()[1]) for line in found]
    assert small < 130 < middle < 200 and 400 < large < 600
