"""Long answers, made in slices: the loop hears of everything else meanwhile."""

from .. import compat
from ..adapters.slices import Slices

SLICE = 0.005  # seconds
MOST = 16  # calls that wait; each takes a copy of its answer once it is encoded


class Answers:
    """Makes one answer after another. `reply`: function(id, values) that answers a call; None for no memory.

    An answer is never older than the call for it: those that come while one is made wait for the next, and share it.
    """

    def __init__(self, poller, reply):
        self._poller = poller
        self._reply = reply
        self._slices = Slices(poller, ("answers", "slice"), SLICE)
        self._waiting = []  # (what is asked for, function that returns a generator whose value is the answer, [id])

    def ask(self, what, make, number):
        """Answer the call with this id later; return False if too many wait."""
        if sum([len(numbers) for _, _, numbers in self._waiting]) >= MOST:
            return False
        for other, _, numbers in self._waiting:
            if other == what:
                numbers.append(number)
                return True
        self._waiting.append((what, make, [number]))
        if not self._slices.busy():
            self._go_on(None)
        return True

    def _go_on(self, _):
        """Begin with the next one; not before the caller knows that it has to wait."""
        if self._waiting:
            self._poller.call_at(("answers",), compat.monotonic(), self._begin)

    def _begin(self):
        _, make, numbers = self._waiting.pop(0)
        self._slices.begin(self._answering(make, numbers), self._go_on)

    def _answering(self, make, numbers):
        try:
            answer = yield from make()
        except MemoryError:
            answer = None
        for number in numbers:
            yield  # to encode it takes some time, too
            self._reply(number, answer)
