"""What a doubt about a tunnel costs: questions to DNS past the caches, and looks at the counters, both bounded.

A one-way stream that is healthy is suspected again and again, because its receiver replies each 10 s only. So while
suspicion follows suspicion the questions grow rare; after a quiet time they are quick again.
"""

WAIT_FIRST, WAIT_MAX = 10, 3600  # seconds between two rounds of questions
LOOKS = (0, 1, 3)  # seconds after news at which the tunnel is looked at: proof must begin after the first look

PATIENCE = 3  # seconds that an endpoint which was just set has before other news replaces it


class Suspicion:
    """When every source may be asked about a tunnel that owes a reply."""

    def __init__(self):
        self.next_at = None  # not before this
        self._asked_at = None
        self._wait = WAIT_FIRST

    def ask(self, now):
        """Return whether to ask now; if so, that is noted."""
        if self.next_at is not None and now < self.next_at:
            return False
        if self._asked_at is not None:
            again = now - self._asked_at < 2 * self._wait
            self._wait = min(2 * self._wait, WAIT_MAX) if again else max(self._wait / 2, WAIT_FIRST)
        self._asked_at, self.next_at = now, now + self._wait
        return True

    def confirmed(self):
        """There was reason for it: the next one may ask at once."""
        self.next_at = self._asked_at = None
        self._wait = WAIT_FIRST


class Check:
    """Whether the old endpoint still lives, while DNS has news."""

    def __init__(self):
        self.since = None  # None: no check is under way
        self._looks = []  # when the tunnel is looked at, of the looks that were not had

    def begin(self, now):
        self.since, self._looks = now, [now + seconds for seconds in LOOKS]

    def end(self):
        self.since, self._looks = None, []

    def next_at(self):
        """Return when the tunnel is looked at next; None if no check is under way."""
        return self._looks[0] if self._looks else None

    def looked(self, now):
        """The counters were read: return whether that was the last look."""
        self._looks = [at for at in self._looks if at > now]
        return not self._looks
