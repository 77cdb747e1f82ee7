"""Echoes through the ways of policies with a check_address: for servers that shake hands and forward nothing.

A way in use is asked all the time, so that its end shows within 4 s; any other one every probe_interval. One echo that
is lost proves nothing: LIMIT goes by without any reply, in which several are sent.
"""

from ..actions import SendEcho

INTERVAL = 0.6  # seconds between two echoes through a way in use
LIMIT = 3.25  # seconds without a reply after which it does not work: a network that pauses for 3 s is not dead
AGAIN = 0.2  # seconds between two echoes while a reply is waited for
LATE = 1  # seconds after which an echo was due for too long: who was busy, or asleep, has not read the replies either


class Echoes:
    def __init__(self):
        self._waits = {}  # name of a way -> [address, when the next echo is due, when the first one without reply went]

    def configure(self, steered):
        """Check the ways of these policies, list of Steered; the first that has a check_address decides for a way."""
        known, self._waits = self._waits, {}
        for each in steered:
            for name in each.steering.interfaces if each.steering.check_address is not None else ():
                fresh = [each.steering.check_address, 0, None]
                old = known.get(name, fresh)
                self._waits.setdefault(name, old if old[0] == fresh[0] else fresh)

    def checks(self, name):
        """Whether a way is checked."""
        return name in self._waits

    def due(self, ways, used, interval, now):
        """`(actions, names of ways that do not reply, when to ask again)`; None: never.

        ways: {name: Way}; used: names of those in use; interval: seconds between two echoes through another one.
        """
        actions, silent, times = [], [], []
        for name in sorted(self._waits):
            wait, way = self._waits[name], ways[name]
            if name in used:
                wait[1] = min(wait[1], now + INTERVAL)  # it may be in use since a moment ago
            if now > wait[1] + LATE:
                wait[2] = None
            if not way.link:
                wait[1], wait[2] = now + interval, None
            elif wait[2] is not None and now >= wait[2] + LIMIT:
                silent.append(name)
            if now >= wait[1]:
                wait[2] = now if wait[2] is None else wait[2]
                pending = AGAIN if name in used or now < wait[2] + LIMIT else interval
                wait[1] = now + pending
                actions.append(SendEcho(way.device, wait[0]))
            times.append(wait[1])
            if wait[2] is not None and now < wait[2] + LIMIT:
                times.append(wait[2] + LIMIT)
        return actions, silent, min(times) if times else None

    def replied(self, name, address, used, interval, now):
        """Whether a reply is one that a way waits for; then the next echo is not due before its time."""
        wait = self._waits.get(name)
        if wait is None or wait[0] != address:
            return False
        wait[2] = None
        wait[1] = now + (INTERVAL if name in used else interval)
        return True
