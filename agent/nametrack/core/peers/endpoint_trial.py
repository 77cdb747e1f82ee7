"""The proposals of a dead tunnel, tried in rounds; between two rounds the waits grow.

A round begins with a question to every source of the name, and a second later tries at most MAX_TRIED proposals, each
for `handshake_timeout`. After it the tunnel is left at the best of them: a peer that was switched off comes back there
by itself.
"""

ROUND_FIRST, ROUND_MAX = 5, 120  # seconds between two rounds
LONG_DEAD, ROUND_LONG = 3600, 900  # seconds of death, and then between two rounds
ASK_FIRST = 1  # second that the fresh questions have before the first proposal is tried
MAX_TRIED = 8  # proposals in a round

# what is to be done when it is due
ASK = "ask"
SET = "set"
REST = "rest"  # the round is over


class Trial:
    def __init__(self):
        self.since = None  # when the tunnel was found dead; None: no trial is open
        self.next_at = None  # when something is due
        self.rounds = 0  # that were begun
        self._tried = None  # endpoints of this round; None: the next one begins with a question
        self._wait = ROUND_FIRST

    def begin(self, now, at_once):
        """The tunnel is dead; at_once: DNS was asked a moment ago, so that the first proposal need not wait."""
        self.since, self._wait, self.rounds = now, ROUND_FIRST, 1
        self._tried, self.next_at = [], now if at_once else now + ASK_FIRST

    def end(self):
        """The tunnel lives, or another program or the peer itself set the endpoint."""
        self.since = self.next_at = None

    def hurry(self, at):
        """The network is another one, or DNS has news: what is due next is due at a time, if not before."""
        if self.since is not None:
            self.next_at = min(self.next_at, at)
            self._wait = ROUND_FIRST

    def untried(self, endpoints):
        """Return those that were not tried in this round."""
        return [endpoint for endpoint in endpoints if endpoint not in (self._tried or ())]

    def step(self, order, now, handshake_timeout):
        """Something is due: return `(ASK, SET or REST, the endpoint to set or None)`; order: proposals, best first."""
        if self._tried is None:
            self.rounds += 1
            self._tried, self.next_at = [], now + ASK_FIRST
            return ASK, None
        left = self.untried(order)
        if left and len(self._tried) < MAX_TRIED:
            self._tried.append(left[0])
            self.next_at = now + handshake_timeout
            return SET, left[0]
        self._tried, self.next_at = None, now + self._wait
        self._wait = ROUND_LONG if now - self.since >= LONG_DEAD else min(2 * self._wait, ROUND_MAX)
        return REST, None

    def skip(self, now):
        """What was set cannot be reached: the next one has its turn at once."""
        if self.since is not None and self._tried:
            self.next_at = now
