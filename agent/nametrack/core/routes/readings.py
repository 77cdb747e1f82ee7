"""When the kernel's routing is read again: soon if it is news, and after a failure at first within seconds."""

SETTLE = 0.2  # seconds at least between two readings
RESYNC = 60  # seconds after which all is compared again: routes that others delete are not listened to
LONG = 2000  # routes, of which that would be too much: ten times as rare
SOON = 2  # seconds after a failure, then twice as long after each further one of its kind, RESYNC at most
READ, LIST = ("routes", "read"), ("routes", "list")


class Readings:
    def __init__(self, timers):
        self._timers = timers
        self._asked_at = 0  # when the kernel was asked last
        self._waits = {}  # type of an action that failed -> seconds until it is tried again

    def asked(self, now):
        """The kernel is asked for links, rules and nexthops."""
        self._asked_at = now

    def touched(self, now):
        """It has others than before."""
        self._timers.set(READ, max(now, self._asked_at + SETTLE))

    def listed(self, count, now):
        """So many routes of ours were listed: when again."""
        self._timers.set(LIST, now + RESYNC * (1 if count <= LONG else 10))

    def went_well(self, kind):
        """An action of this type was carried out."""
        self._waits.pop(kind, None)

    def failed(self, kind, key, now):
        """An action of this type could not be carried out; key: READ or LIST, what comes again."""
        wait = min(RESYNC, 2 * self._waits.get(kind, SOON / 2))
        self._waits[kind] = wait
        self._timers.set(key, now + wait)
