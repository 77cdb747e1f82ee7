"""What a busy machine adds to a measurement: how late it is by itself, and what a piece of work costs on it now.

A promise of the product is in seconds of a machine that does what is asked of it. The tests run on machines that others
use too, and several at once.
"""

import os
import subprocess
import threading
import time

NAP = 0.02  # seconds

# Words, numbers and dictionaries, as the agent's own work is. It takes about a tenth of a second.
WORK = """
kept = {}
for i in range(%d):
    kept["host%%d" %% (i %% 500)] = kept.get(i %% 500, 0) + (i * 7 ^ i >> 3)
"""
STEPS = {"micropython": 60000, "cpython": 250000}


class Sleeper(threading.Thread):
    """It only sleeps, and so measures how late this machine is by itself.

    `late`: seconds, all in all; `long`: each time it was late for longer than a nap.
    """

    def __init__(self):
        threading.Thread.__init__(self, daemon=True)
        self.late, self.long = 0, []

    def run(self):
        while True:
            began = time.monotonic()
            time.sleep(NAP)
            late = time.monotonic() - began - NAP
            self.late += late
            if late > NAP:
                self.long.append(late)


_sleeper = Sleeper()


class Stopwatch:
    """What happened since it was made."""

    def __init__(self):
        if not _sleeper.is_alive():
            _sleeper.start()
        self.began, self.before, self.first = time.monotonic(), _sleeper.late, len(_sleeper.long)

    def seconds(self):
        """Return how long it was, without what the machine was late by itself."""
        return time.monotonic() - self.began - (_sleeper.late - self.before)

    def latest(self):
        """Return by how many seconds the machine was late by itself, at most."""
        return max(_sleeper.long[self.first :], default=NAP)

    def times_late(self, seconds):
        """Return how often the machine was late by itself for longer than that."""
        return len([late for late in _sleeper.long[self.first :] if late > seconds])


def cost(interpreter, command):
    """The processor seconds that a fixed piece of work takes now, by the `command` of an interpreter: of three."""
    return sorted(spent([command, "-c", WORK % STEPS[interpreter]]) for _ in range(3))[1]


def spent(words):
    """The processor seconds of a process."""
    process = subprocess.Popen(words)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return used.ru_utime + used.ru_stime
