"""How a tunnel lives, told from its counters.

"tx grows while rx stands still" alone would call a healthy idle tunnel dead: persistent keepalives go out and ask for
no answer. An answer is *owed* when, since rx last grew, tx grew by more than the keepalives explain. A handshake
initiation (148 bytes, asks for an answer) is more than they explain by itself. Figures: WireGuard whitepaper section
6 and the kernel's drivers/net/wireguard/messages.h.
"""

QUIET = 0.7  # seconds without traffic, by two readings in a row, after which a tunnel counts as quiet
KEEPALIVE = 32  # bytes of a keepalive as the counters see it
REJECT_AFTER = 180  # seconds: no session is older (REJECT_AFTER_TIME)
CLOCK_SET = 1577836800  # 2020-01-01: a wall clock before that was never set

ALIVE = "alive"  # handshake younger than REJECT_AFTER, nothing owed for long
STALLED = "stalled"  # an answer is owed for stall_timeout
STALE = "stale"  # an answer is owed and the last session is over
IDLE = "idle"  # nothing owed, nothing to tell
NEVER = "never"  # no handshake yet, nothing owed for long


class Tunnel:
    """The readings of one peer's counters. Times are monotonic; the wall clock only dates the first handshake seen."""

    def __init__(self):
        self.owed_since = None  # time of the first reading that showed an answer owed
        self.asked_since = None  # the same as owed_since at the most: it was not owed before the reading before that
        self.silent_since = None  # nothing was received since then, by what the readings tell at the least
        self.busy = False  # whether there is traffic, more than keepalives; it may be after the first reading
        self.handshake_at = None  # None: never
        self._read_at = None
        self._handshake = 0  # last_handshake as read, Unix seconds; 0: never
        self._rx = None
        self._tx = None
        self._base_tx = None  # tx when rx last grew
        self._base_at = None

    def read(self, peer, now, wall):
        """Takes in one reading; True when something was received since the last one."""
        received = self._rx is not None and peer.rx_bytes > self._rx
        restarted = self._rx is None or peer.rx_bytes < self._rx or peer.tx_bytes < self._tx
        if restarted or peer.tx_bytes - self._tx > 2 * KEEPALIVE:
            self.busy = True
        elif now - self._read_at >= QUIET:
            self.busy = False
        if restarted:
            self.silent_since = now
        elif received:
            self.silent_since = self._read_at
        read_at, self._read_at = self._read_at, now
        if received or restarted:
            self._observe_from(peer.tx_bytes, now)
        elif self.owed_since is None and peer.tx_bytes - self._base_tx > self._explained(peer, now):
            self.owed_since, self.asked_since = now, max(read_at, self._base_at)
        self._rx, self._tx = peer.rx_bytes, peer.tx_bytes
        self._date_handshake(peer.last_handshake, now, wall)
        return received

    def restart(self, now):
        """The endpoint was changed: what was owed at the old one says nothing about the new one."""
        if self._rx is not None:
            self._observe_from(self._tx, now)

    def life(self, now, stall_timeout):
        """One of ALIVE, STALLED, STALE, IDLE, NEVER."""
        owed = self.owed_since is not None
        if owed and now - self.owed_since >= stall_timeout:
            return STALLED
        if self.handshake_at is None:
            return NEVER
        if now - self.handshake_at < REJECT_AFTER:
            return ALIVE
        return STALE if owed else IDLE

    def _observe_from(self, tx, now):
        self._base_tx = tx
        self._base_at = now
        self.owed_since = self.asked_since = None

    def _explained(self, peer, now):
        passive = KEEPALIVE  # one, for data received just before rx was last seen to grow
        if not peer.persistent_keepalive:
            return passive
        begun = int((now - self._base_at) / peer.persistent_keepalive) + 1
        return passive + KEEPALIVE * begun

    def _date_handshake(self, handshake, now, wall):
        if handshake == self._handshake:
            return
        self._handshake = handshake
        if handshake == 0:
            self.handshake_at = None
            return
        # A clock that was not set, or was set in between, dates nothing: then the handshake counts from this reading,
        # and the counters tell the truth soon enough.
        age = wall - handshake
        self.handshake_at = now - age if handshake >= CLOCK_SET and 0 <= age else now
