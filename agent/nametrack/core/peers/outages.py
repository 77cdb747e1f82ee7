"""What befell one tunnel, counted: its endpoints, how often it was dead, and how long until it answered again."""


class Outages:
    def __init__(self):
        self.stalls = 0
        self.recoveries = 0
        self._since = None  # None: nothing had to be done about a packet without an answer

    def stalled(self):
        """The tunnel was found dead."""
        self.stalls += 1

    def begin(self, asked_since, now):
        """Something is done about a tunnel; asked_since: the first packet without an answer, None for none."""
        if self._since is None:
            self._since = now if asked_since is None else asked_since

    def end(self, now):
        """Something was received; returns how many seconds that took, None if nothing had to be done."""
        if self._since is None:
            return None
        took, self._since = now - self._since, None
        self.recoveries += 1
        return took
