"""Times of the agent, monotonic seconds, as the status tells them."""


def dated(now, wall):
    """Return a function that makes Unix time of a monotonic one, the same of the same one whenever it is asked for."""
    between = int((wall - now) * 10 + 0.5) / 10  # the two clocks are never read at quite the same moment
    return lambda at: None if at is None else int(between + at)


def left(at, now):
    """Return the whole seconds until monotonic `at`, 0 if it is over; None for None."""
    return None if at is None else max(0, int(at - now + 0.999))
