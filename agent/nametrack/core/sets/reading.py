"""When one set is listed: it is new, others changed it, a change of it failed, it is missing, or it is time."""

SETTLE = 0.1  # seconds in which changes are gathered
PAUSE = 0.5  # seconds between two listings of a set that changed while it was listed
# seconds at most between two listings because other programs change nftables, if there was nothing to do: a few for a
# small set, and such that neither the listings of a large one nor those of many sets are more than the pace below
PAUSE_MAX, AMONG = 4, 10
RETRY_FIRST, RETRY_MAX = 5, 300  # seconds until a set that is missing or refused a change is looked at again
GLANCE = 0.8  # seconds between two glances at an ipset, and at the number of the last change of nftables
SELDOM = 60  # seconds between them if no policy fills the set or waits for it
CHECK = 600  # seconds between two whole listings of an ipset: an element may have been exchanged for another
TIMED, TIMED_SOONEST = 60, 5  # seconds between two listings of a set with timeouts: others may shorten them
PACE = 100  # elements a second that such listings may read


class Reading:
    def __init__(self, name, timers):
        self.stale = False  # whether another program added something since the set was listed
        self.under_way = False
        self.never = True  # whether the set was not listed yet
        self._name = name
        self._timers = timers
        self._again = False  # whether the set was changed by others while it is listed
        self._at = {}  # "list" | "settle" -> when that is due
        self._last = None  # when it was listed last
        self._pause = PAUSE / 2  # seconds between two listings because of other programs
        self._wait = RETRY_FIRST  # seconds until the next try
        self._retry_at = None  # when that is
        self._explained = None  # number of elements of an ipset that it was listed for

    def by(self, what, at):
        """Have the set listed or settled at `at`, unless that is to be sooner anyway."""
        if at < self._at.get(what, at + 1):
            self._at[what] = at
            self._timers.set((what, self._name), at)

    def due(self, what):
        """The timer is due."""
        self._at.pop(what, None)

    def begin(self):
        """Return whether a listing is to begin: none is under way."""
        if self.under_way:
            return False
        self.under_way = True
        self._at.pop("list", None)  # whatever it was due for, this one shows
        self._timers.cancel(("list", self._name))
        return True

    def disturbed(self):
        """Others may have changed the set: a listing that is under way may be too old."""
        self._again = self.under_way

    def touched(self, pause_max, now):
        """Another program may have changed the set; pause_max: seconds at most between two listings for that."""
        if self.under_way:
            self._again = True
            return
        self.stale = True
        self._pause = min(self._pause, pause_max)
        self.by("list", now + SETTLE if self._last is None else max(now + SETTLE, self._last + self._pause))

    def ended(self, sure, now):
        """The set was listed; `sure`: whether it did not change meanwhile."""
        again = self._again or not sure
        self.under_way = self.stale = self.never = self._again = False
        if again:
            # what happened meanwhile may be younger than this listing
            at = now + (SETTLE if self._last is None or now - self._last > 2 * PAUSE else PAUSE)
            self.by("list", at)
        self._last = now
        self._pause *= 2

    def failed(self):
        """The set could not be listed."""
        self.under_way = self._again = self.never = False

    def wrote(self):
        """Something was changed in the set."""
        self._pause = PAUSE / 2
        self._explained = None

    def retry(self, now):
        """Look at the set again later, each time after twice as long; nothing if that is to come anyway."""
        if self._retry_at is None or now >= self._retry_at:
            self._retry_at = now + self._wait
            self._wait = min(2 * self._wait, RETRY_MAX)
        self.by("list", self._retry_at)

    def wait_for_retry(self):
        """Look at the set when what was refused may be tried again."""
        self.by("list", self._retry_at)

    def may_retry(self, now):
        """Return whether what was refused may be tried again."""
        return self._retry_at is None or now >= self._retry_at

    def recovered(self):
        """The set is as it should be: the next trouble is looked at soon again."""
        self._wait = RETRY_FIRST
        self._retry_at = None

    def schedule_silent(self, now):
        """Look at an ipset in time: the kernel announces nothing of it."""
        self.glance(now)
        self.by("list", now + CHECK)

    def schedule_timed(self, size, look_at, shared, now):
        """List a set with timeouts, of `size` elements, in time; `shared`: others shorten them; `look_at`: see Work."""
        period = TIMED_SOONEST if shared else TIMED
        self.by("list", now + max(period, size / PACE))
        if look_at is not None:
            self.by("list", max(look_at, now + TIMED_SOONEST))

    def glance(self, now, wait=GLANCE):
        """Have the elements of an ipset counted again."""
        self._timers.set(("glance", self._name), now + wait)

    def explains(self, size):
        """Return whether the set was listed for this number of elements already; from now on it was.

        Elements may have run out that the kernel still counts: one listing for each number is enough.
        """
        known, self._explained = self._explained == size, size
        return known

    def counted(self):
        """The number of elements is right."""
        self._explained = None

    def forget(self):
        """No timer is to be due any more."""
        for what in ("list", "settle", "glance"):
            self._timers.cancel((what, self._name))
