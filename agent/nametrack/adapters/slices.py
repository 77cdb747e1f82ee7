"""Work that takes long, in slices: between two of them the loop hears of everything else."""

from .. import compat


class Slices:
    """Goes on with one generator at a time, for `seconds` in a row and one step more; `key`: of the poller's call."""

    def __init__(self, poller, key, seconds):
        self._poller = poller
        self._key = key
        self._seconds = seconds
        self._work = None  # (generator, function that is called with its value)

    def busy(self):
        """Return whether a generator is not at its end."""
        return self._work is not None

    def begin(self, steps, done):
        """Go on with this generator, and no more with another; `done(value)` is called at its end, maybe at once."""
        self._work = (steps, done)
        self._go_on()

    def _go_on(self):
        steps, done = self._work
        until = compat.monotonic() + self._seconds
        try:
            while True:
                next(steps)
                if compat.monotonic() >= until:
                    return self._poller.call_at(self._key, until, self._go_on)
        except StopIteration as end:
            value = end.value
        self._work = None
        self._poller.cancel(self._key)
        done(value)
