"""MicroPython's heap: a piece of address space of a fixed size, in which garbage is collected now and then.

A router with few names lives in 8 MiB and touches two of them. Tens of thousands of addresses do not fit: then the
program starts anew in its own place, with a larger heap. CPython's memory grows by itself.
"""

from .compat import MICROPYTHON, WORKING

LARGE = b"heapsize=32M"
_OPTION = b"heapsize="  # of MicroPython's -X

_state = {"size": 0, "short": None}  # bytes of the heap; what did not fit, in words


def ran_short(what):
    """To be called where a MemoryError was caught: `what` did not fit."""
    _state["short"] = what


def is_short():
    """Whether something did not fit, or soon will not."""
    return _state["short"] is not None


def pace():
    """Has garbage collected whenever WORKING bytes were taken, or a third of what is in use where that is more.

    A collection looks at all that is in use. To be called now and then while that grows.
    """
    if not MICROPYTHON:
        return
    import gc

    used = gc.mem_alloc()
    size = _state["size"] = _state["size"] or used + gc.mem_free()
    if used > size // 3:
        gc.collect()
        used = gc.mem_alloc()
    gc.threshold(max(WORKING, used // 3))
    if used > size // 3:  # what is read and written for a while takes as much again
        ran_short("%d of %d KiB are in use" % (used >> 10, size >> 10))


def shortage():
    """Why a larger heap is needed and can be had, in words; None where it is not, or cannot."""
    if not can_grow():
        _state["short"] = None
    return _state["short"]


def can_grow():
    """Whether a larger heap can be had."""
    return _larger() is not None


def grow():
    """Starts the program anew in its place, with a larger heap. Returns only where that cannot be done."""
    words = _larger()
    if words is None:
        return
    import array

    import ffi
    import uctypes

    libc = ffi.open(None)
    close = libc.func("i", "close", "i")
    for fd in range(3, 1024):  # nobody may think that we are still there: on the bus a name is taken once
        close(fd)
    words = [word + b"\0" for word in words]
    addresses = array.array("P", [uctypes.addressof(word) for word in words] + [0])
    libc.func("i", "execvp", "sP")(words[0], uctypes.addressof(addresses))


def _larger():
    """The words of this program's command line with a larger heap; None where it has that, or none at all."""
    if not MICROPYTHON:
        return None
    try:
        with open("/proc/self/cmdline", "rb") as file:
            words = file.read().split(b"\0")[:-1]
    except OSError:
        return None
    for i in range(len(words)):
        if words[i][: len(_OPTION)] == _OPTION:
            return None if words[i] == LARGE else words[:i] + [LARGE] + words[i + 1 :]
    return None
