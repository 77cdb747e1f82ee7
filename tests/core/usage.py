"""The memory that a test takes over many simulated days: it stands still once everything has been there."""

import gc
import sys


def memory():
    """What is in use: bytes under MicroPython, blocks under CPython."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else sys.getallocatedblocks()


class Usage:
    """`days`: how long it goes on; it is noted at the end of each tenth of them."""

    def __init__(self, days):
        self.days = days
        self.tenths = []
        self._before = memory()

    def note(self):
        self.tenths.append(memory() - self._before)

    def stands_still(self):
        """Whether the second half took no more than the first; true of less than four days, which say nothing.

        What is in use goes up and down with the world, and does not with the days. The first one does not count: within
        it everything comes to be there once, the 200 events that are remembered among them.
        """
        after = [self.tenths[i] for i in range(10) if self.days * (i + 1) / 10 >= 1]
        return self.days < 4 or max(after[len(after) // 2 :]) < max(after[: len(after) // 2]) * 1.1
