"""How long things took, counted by bounds: what Prometheus calls a histogram."""


class Histogram:
    """`bounds`: seconds, ascending."""

    def __init__(self, bounds):
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # up to each bound, the last one beyond all of them; not cumulative
        self.sum = 0.0  # seconds

    def observe(self, seconds):
        """Something took this long."""
        at = 0
        while at < len(self.bounds) and seconds > self.bounds[at]:
            at += 1
        self.counts[at] += 1
        self.sum += seconds

    def cumulative(self):
        """How many took no longer than each bound, and in the end how many there were."""
        found, total = [], 0
        for count in self.counts:
            total += count
            found.append(total)
        return found
