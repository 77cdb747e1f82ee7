"""What is done in slices, a turn of the loop at a time, under both interpreters: a clock and a poller for it."""

__all__ = ("Clock", "Turns")


class Clock:
    """Stands for `compat`: each look at it takes `step` seconds."""

    def __init__(self, step):
        self.now = 0
        self._step = step

    def monotonic(self):
        self.now += self._step
        return self.now


class Turns:
    """A poller of one's own: a call is a turn of the loop. `is_due`: of which keys, for the others never are."""

    def __init__(self, is_due=lambda key: True):
        self.waiting = {}
        self._is_due = is_due

    def call_at(self, key, at, callback):
        self.waiting[key] = callback

    def cancel(self, key):
        self.waiting.pop(key, None)

    def turn(self):
        """Call what was waiting when the turn began."""
        due = [key for key in self.waiting if self._is_due(key)]
        for callback in [self.waiting.pop(key) for key in due]:
            callback()

    def to_the_end(self):
        """Take turns until nothing is due; how many that were."""
        turns = 0
        while any([self._is_due(key) for key in self.waiting]):
            self.turn()
            turns += 1
        return turns
