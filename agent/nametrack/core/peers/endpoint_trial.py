"""The candidates of a dead tunnel, tried one after the other; between two rounds the waits grow.

An endpoint that was set gets `handshake_timeout` to answer. The first round begins with the candidate after the one
that died, a single one is set again: that clears a stale source address. Every later round begins with the first.
"""

ROUND_FIRST, ROUND_MAX = 5, 120  # seconds between two rounds
ASK_FIRST = 1  # second that the fresh question has before the next candidate is tried


class Trial:
    def __init__(self):
        self.open = False  # whether what was set has not answered yet
        self._opened_at = None
        self.next_at = None  # when the next candidate, or the next round, is due; None: no round is under way
        self.rounds = 0  # that were begun
        self._left = None  # candidates of this round that are not tried yet; None: a round is to begin
        self._wait = ROUND_FIRST

    def start(self, now):
        """An endpoint is set: it has to answer."""
        self.open = True
        self._opened_at = now

    def failed(self, now, asked_since, handshake_timeout, keepalive):
        """Whether what was set had its time and did not answer, though it was asked.

        asked_since: by what the counters show, None for not. They do not show what could not even be sent; but without
        a session every persistent keepalive, in seconds and 0 for none, begins with a handshake.
        """
        if not self.open:
            return False
        if asked_since is not None and now - asked_since >= handshake_timeout:
            return True
        return keepalive > 0 and now - self._opened_at >= keepalive + handshake_timeout

    def answered(self):
        """Something was received: all is well."""
        self.open = False
        self.settle()

    def begin(self, now, asked_lately):
        """A tunnel is dead: whether its rounds begin only now."""
        if self.next_at is not None:
            return False
        self.next_at = now if asked_lately else now + ASK_FIRST
        return True

    def skip(self, now):
        """What was to be tried could not be set: whether it was one of a round; then the next has its turn now."""
        if self._left is None:
            return False
        self.next_at = now
        return True

    def settle(self):
        """The rounds are over without an answer: something else was decided meanwhile."""
        self.next_at = self._left = None
        self.rounds = 0
        self._wait = ROUND_FIRST

    def next(self, candidates, installed, now, handshake_timeout):
        """What to try now; None at the end of a round: the next one comes after a wait."""
        if self._left is None:
            at = candidates.index(installed) + 1 if self.rounds == 0 and installed in candidates else 0
            self._left = candidates[at:] + candidates[:at]
            self.rounds += 1
        self._left = [each for each in self._left if each in candidates]
        if not self._left:
            self._left = None
            self.next_at = now + self._wait
            self._wait = min(2 * self._wait, ROUND_MAX)
            return None
        self.next_at = now + handshake_timeout
        return self._left.pop(0)
