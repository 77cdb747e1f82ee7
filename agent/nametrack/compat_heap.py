"""MicroPython's heap: a piece of address space of a fixed size, in which garbage is collected now and then.

Of the heap only what was used once takes memory, and the tables of what is free: 1/85 of its size on 64 bits, 1/42 on
32. So a program starts with a small one (/usr/sbin/nametrack), which is enough for a hundred peers; if it is too
small, the program starts anew in its own place, with a larger heap. CPython's memory grows by itself.
"""

import sys

from .compat import MICROPYTHON
from .compat_files import read_file

# A collection takes the longer the larger the heap is; the last one holds what the largest sets hold.
LARGER = ((8 << 20, b"heapsize=8M"), (16 << 20, b"heapsize=16M"), (32 << 20, b"heapsize=32M"))
_OPTION = b"heapsize="  # of MicroPython's -X

# What is in use when all is quiet, in words of the machine: measured with a policy of 600 names, with 200 peers, and
# with 8,000 addresses in 40 policies; of a name that only a file lists, twice, for it is read again beside the old one.
_PROGRAM, _NAME, _PEER, _ADDRESS, _LISTED = 54000, 350, 300, 24, 2

_state = {"size": 0, "short": None, "wanted": 0}  # bytes of the heap; what did not fit, in words; bytes it may take


def ran_short(what, wanted=LARGER[-1][0]):
    """To be called where a MemoryError was caught, or soon will be: `what` does not fit, `wanted` bytes would do."""
    _state["short"] = what
    _state["wanted"] = max(_state["wanted"], wanted)


def is_short():
    """Whether something did not fit, or soon will not."""
    return _state["short"] is not None


def expect(names, peers, addresses=0, listed=0):
    """So many are configured, the peers' own names among the names; `addresses`: that policies list as such; `listed`:
    names in files.

    To be called before there is anything to lose.
    """
    if not MICROPYTHON:
        return
    used = (8 if sys.maxsize > 1 << 32 else 4) * (
        _PROGRAM + _NAME * names + _PEER * peers + _ADDRESS * addresses + _LISTED * listed
    )
    if used > _size() // 3:
        ran_short("%d names, %d peers and %d addresses" % (names, peers, addresses), 3 * used)


def _size():
    import gc

    _state["size"] = _state["size"] or gc.mem_alloc() + gc.mem_free()
    return _state["size"]


def read(size):
    """So many bytes of a file are to be taken apart: the more there are, the more rarely garbage is collected.

    A collection looks at all that is in use, which is a multiple of the file in the end.
    """
    if MICROPYTHON:
        import gc

        gc.threshold(max(gc.threshold(), size))


def pace():
    """Has garbage collected whenever a 64th of the heap was taken, or nearly a quarter of what is in use if it is more.

    A collection looks at all that is in use; and what was touched once stays in memory. To be called now and then while
    more comes into use.
    """
    if not MICROPYTHON:
        return
    import gc

    used, size = gc.mem_alloc(), _size()
    if used > size // 3:
        gc.collect()
        used = gc.mem_alloc()
    gc.threshold(max(size >> 6, used // 4 - (size >> 6)))
    if used > size // 3:  # what is read and written for a while takes as much again
        ran_short("%d of %d KiB are in use" % (used >> 10, size >> 10), 4 * used)


def shortage():
    """Why a larger heap is needed and can be had, in words; None if it is not, or cannot."""
    if not can_grow():
        _state["short"] = None
    return _state["short"]


def can_grow():
    """Whether a larger heap can be had."""
    return _larger() is not None


def grow():
    """Starts the program anew in its place, with a larger heap. Returns only if that cannot be done."""
    words = _larger()
    if words is None:
        return
    import array

    import ffi
    import uctypes

    libc = ffi.open(None)
    size = _size_of(words)
    room = libc.func("P", "malloc", "I")(size)
    if not room:  # MicroPython would end by SIGSEGV
        sys.stderr.write("nametrack: no address space for a heap of %d MiB: raise ulimit -v\n" % (size >> 20))
        return
    close = libc.func("i", "close", "i")
    for fd in range(3, 1024):  # no peer may take us for alive: the bus gives a name to one object only
        close(fd)
    words = [word + b"\0" for word in words]
    addresses = array.array("P", [uctypes.addressof(word) for word in words] + [0])
    libc.func("i", "execvp", "sP")(words[0], uctypes.addressof(addresses))


def _larger():
    """The words of this program's command line with a larger heap; None if it has that, or none at all."""
    if not MICROPYTHON:
        return None
    try:
        words = read_file("/proc/self/cmdline").split(b"\0")[:-1]
    except OSError:
        return None
    for i in range(len(words)):
        if words[i][: len(_OPTION)] == _OPTION:
            option = _next(words[i])
            return option and words[:i] + [option] + words[i + 1 :]
    return None


def _size_of(words):
    """The bytes of the heap that a command line asks for."""
    return [size for size, option in LARGER if option in words][0]


def _next(option):
    """The option with what is wanted, or the most there is; None if `option` says that already."""
    options = [larger for _, larger in LARGER]
    left = LARGER[options.index(option) + 1 :] if option in options else LARGER
    for size, larger in left:
        if size >= _state["wanted"]:
            return larger
    return left[-1][1] if left else None
