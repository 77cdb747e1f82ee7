"""When the kernel's routing is read again: soon if it is news, and after a failure at first within seconds."""

SETTLE = 0.2  # seconds at least between two readings
RESYNC = 60  # seconds after which all is compared again: what others did may have been overheard
LONG = 2000  # routes, of which that would be too much: ten times as rare
SOON = 2  # seconds after a failure, then twice as long after each further one of its kind, RESYNC at most
READ, LIST = ("routes", "read"), ("routes", "list")


class Readings:
    def __init__(self, timers):
        self._timers = timers
        self._asked_at = 0  # when the kernel was asked last
        self._waits = {}  # type of an action that failed -> seconds until it is tried again
        self._is_listing = True  # at first: what was never listed cannot be news
        self._is_old = False  # whether routes were deleted while they were listed
        self._listed_at = self._pause = 0  # when they were listed last, and seconds until that may be again

    def asked(self, now):
        """The kernel is asked for links, rules and nexthops."""
        self._asked_at = now

    def lists(self):
        """It is asked for all routes of ours."""
        self._is_listing, self._is_old = True, False

    def touched(self, now):
        """It has others than before."""
        self._timers.set(READ, max(now, self._asked_at + SETTLE))

    def deleted(self, unknown, now):
        """Others deleted some of ours; unknown: whether routes among it that are not named."""
        if self._is_listing:
            self._is_old = True
        elif unknown:
            self._timers.set(LIST, max(now, self._listed_at + self._pause))

    def listed(self, count, now):
        """So many routes of ours were listed: when again."""
        self._listed_at, self._pause = now, SETTLE * (1 + count // LONG)
        wait = self._pause if self._is_old else RESYNC * (1 if count <= LONG else 10)
        self._is_listing = self._is_old = False
        self._timers.set(LIST, now + wait)

    def went_well(self, kind):
        """An action of this type was carried out."""
        self._waits.pop(kind, None)

    def failed(self, kind, key, now):
        """An action of this type could not be carried out; key: READ or LIST, what comes again."""
        self._is_listing = self._is_listing and key != LIST
        wait = min(RESYNC, 2 * self._waits.get(kind, SOON / 2))
        self._waits[kind] = wait
        self._timers.set(key, now + wait)
