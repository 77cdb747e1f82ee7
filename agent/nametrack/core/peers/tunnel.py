"""How a tunnel lives, told from its counters alone.

WireGuard authenticates: a completed handshake, or a packet of a session, is *proof* that the peer answers from its
endpoint. An initiation that we hear is none: it moves the endpoint and grows rx by 148, although our replies may not
arrive. So proof is a later `last_handshake`, or an rx that grew by anything but a multiple of 148.

"tx grows while rx stands still" alone would call a healthy idle tunnel dead: persistent keepalives go out and ask for
no reply. A reply is *owed* when, since the last proof, tx grew by more than the keepalives explain. Figures: WireGuard
whitepaper section 6 and the kernel's drivers/net/wireguard/messages.h.
"""

from collections import namedtuple

QUIET = 3  # seconds without traffic after which a tunnel counts as quiet
OWED_INTERVAL = 1  # second between two readings while a reply is owed
BUSY_INTERVAL = 0.75  # seconds while there is traffic, so that its end is seen soon
KEEPALIVE = 32  # bytes of a keepalive as the counters see it
INITIATION = 148  # bytes of a handshake initiation
REJECT_AFTER = 180  # seconds: no session is older (REJECT_AFTER_TIME)
CLOCK_SET = 1577836800  # 2020-01-01: a wall clock before that was never set

ANSWERING = "answering"  # a reply came, or none is owed and the session is young
IDLE = "idle"  # nothing is owed, and nothing tells whether it lives
SUSPECT = "suspect"  # a reply is owed for suspect_time: a healthy one-way receiver may take 10 s, so this only asks
DEAD = "dead"  # a reply is owed for stall_timeout, or the persistent keepalive brought no session for that long
NEVER = "never"  # nothing is owed, and there was no handshake yet

# What others may know of a tunnel. life: one of the above; handshake_at, owed_since: monotonic seconds, None if there
# was no handshake, or nothing is owed; hears_us: False if only its handshake initiations arrive
Liveness = namedtuple("Liveness", ("life", "handshake_at", "owed_since", "hears_us"))


class Tunnel:
    """The readings of one peer's counters. Times are monotonic; the wall clock only dates the first handshake seen."""

    def __init__(self):
        self.owed_since = None  # time of the first reading that showed a reply owed
        self.asked_since = None  # the same at the least: nothing was owed at the reading before
        self.silent_since = None  # nothing was received since then, by what the readings tell at the least
        self.proof_since = None  # start of the interval between two readings in which the last proof came
        self.hears_us = True  # False: since the last proof only initiations came
        self.handshake_at = None  # None: never
        self.set_at = None  # when an endpoint was set that has not answered since; None: it has, or none was set
        self._doubted = False  # a look did not find it alive: a young session alone says nothing any more
        self._traffic_at = None  # when there was traffic last
        self._read = None  # (wire.wireguard.Peer, time) of the last reading
        self._base = None  # (tx, time) at the last proof
        self._watched_since = None  # since when a session was to be seen

    @property
    def busy(self):
        """Whether there is traffic, more than keepalives; after the first reading there may be."""
        return self._traffic_at is not None and self._read[1] - self._traffic_at < QUIET

    def pause(self, longest):
        """Return the seconds until it is to be read again, `longest` if it is quiet."""
        if self.owed_since is not None:
            return min(longest, OWED_INTERVAL)
        return min(longest, BUSY_INTERVAL) if self.busy else longest

    def read(self, peer, now, wall):
        """Take in one reading; return whether there was proof since the last one."""
        before, self._read = self._read, (peer, now)
        handshake = self._date_handshake(None if before is None else before[0].last_handshake, peer, now, wall)
        if before is None or peer.rx_bytes < before[0].rx_bytes or peer.tx_bytes < before[0].tx_bytes:
            self._traffic_at = self.silent_since = self._watched_since = now
            self._observe_from(peer.tx_bytes, now)
            return False
        last, read_at = before
        if peer.tx_bytes - last.tx_bytes > 2 * KEEPALIVE:
            self._traffic_at = now
        grown = peer.rx_bytes - last.rx_bytes
        if grown:
            self.silent_since = read_at
        if handshake or grown % INITIATION:
            self.proof_since, self.hears_us, self.set_at, self._doubted = read_at, True, None, False
            self._observe_from(peer.tx_bytes, now)
            return True
        if grown:
            self.hears_us = False
        if self.owed_since is None and peer.tx_bytes - self._base[0] > self._explained(peer, now):
            self.owed_since, self.asked_since = now, max(read_at, self._base[1])
        return False

    def restart(self, now):
        """An endpoint was set: what was owed at the old one says nothing about the new one, which is to answer."""
        self.set_at, self._doubted, self._watched_since = now, False, now
        if self._read is not None:
            self._observe_from(self._read[0].tx_bytes, now)

    def not_set(self):
        """The endpoint could not be set: the old one is there still, and as doubtful as before."""
        self.set_at, self._doubted = None, True

    def doubt(self):
        """It was looked at, and nothing showed that it lives."""
        self._doubted = True

    def life(self, now, settings):
        """Return one of ANSWERING, IDLE, SUSPECT, DEAD, NEVER; settings: has suspect_time and the timeouts."""
        if self._read is None:
            return NEVER
        if self.owed_since is not None:
            if self._owed_until(settings) <= now:
                return DEAD
            if self._doubted or now >= self.asked_since + settings.suspect_time:
                return SUSPECT
        if self._session_until(settings) <= now:
            return DEAD
        if self.handshake_at is None:
            return NEVER
        if self.set_at is not None or self._doubted or now >= self.young_until():
            return IDLE
        return ANSWERING

    def young_until(self):
        """Return until when its last session says that it lives; None if there was none."""
        return None if self.handshake_at is None else self.handshake_at + REJECT_AFTER

    def liveness(self, now, settings):
        """Return the Liveness at a time."""
        return Liveness(self.life(now, settings), self.handshake_at, self.owed_since, self.hears_us)

    def next_change(self, now, settings):
        """Return when its life changes next if nothing comes until then; None for not at all."""
        times = [self._session_until(settings)]
        if self.owed_since is not None:
            times += [self.asked_since + settings.suspect_time, self._owed_until(settings)]
        times = [at for at in times if now < at < FOREVER]
        return min(times) if times else None

    def _owed_until(self, settings):
        """When a reply is owed for too long: what was just set has the time of a handshake."""
        if self.set_at is None:
            return self.owed_since + settings.stall_timeout
        return self.asked_since + settings.handshake_timeout

    def _session_until(self, settings):
        """When the persistent keepalive, which begins with a handshake if there is no session, had its time.

        The counters do not show what could not even be sent.
        """
        keepalive = 0 if self._read is None else self._read[0].persistent_keepalive
        if not keepalive:
            return FOREVER
        over = self._watched_since if self.handshake_at is None else self.handshake_at + REJECT_AFTER
        limit = settings.stall_timeout if self.set_at is None else settings.handshake_timeout
        return max(over, self._watched_since) + keepalive + limit

    def _observe_from(self, tx, now):
        self._base = (tx, now)
        self.owed_since = self.asked_since = None

    def _explained(self, peer, now):
        passive = KEEPALIVE  # one, for data received just before rx was last seen to grow
        if not peer.persistent_keepalive:
            return passive
        begun = int((now - self._base[1]) / peer.persistent_keepalive) + 1
        return passive + KEEPALIVE * begun

    def _date_handshake(self, known, peer, now, wall):
        """Date the last handshake; return whether it is another one than `known`, None for not read before."""
        handshake = peer.last_handshake
        if handshake == known:
            return False
        if handshake == 0:
            self.handshake_at = None
            return False
        # Only the first handshake that is seen is dated by the wall clock; a clock that was not set dates nothing. Any
        # later one counts from the reading that shows it: a clock that is set meanwhile makes no session old.
        age = wall - handshake
        dated = known is None and handshake >= CLOCK_SET and age >= 0
        self.handshake_at = now - age if dated else now
        return known is not None


FOREVER = 1 << 40  # seconds: later than any deadline
