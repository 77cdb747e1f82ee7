"""What was wrong with the answers about one name: each kind is said once and counted. No server can flood the log."""

from ..wording import duration

SAID_AGAIN = 3600  # seconds after which a kind that goes on, or comes back, is said once more

# kinds of complaint
REJECTED = "rejected"  # what arrived is no answer to the question
UNUSABLE = "unusable"  # addresses that cannot be a destination
TOO_MANY = "too_many"  # more addresses than are used
CUT_SHORT = "cut_short"  # a truncated answer, and no whole one over TCP


class Complaints:
    def __init__(self):
        self.count = 0  # of all kinds
        self._kinds = {}  # kind -> (monotonic time at which it was said, how often it came since)

    def says(self, kind, text, now):
        """Return the text to be said now, with how often the same kind came meanwhile; None if it is only counted."""
        self.count += 1
        said_at, more = self._kinds.get(kind, (None, 0))
        if said_at is not None and now - said_at < SAID_AGAIN:
            self._kinds[kind] = (said_at, more + 1)
            return None
        self._kinds[kind] = (now, 0)
        return text if not more else "%s (and %d more in the last %s)" % (text, more, duration(now - said_at))
