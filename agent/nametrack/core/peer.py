"""One WireGuard peer: its endpoint in the kernel, its candidates in DNS, and what is being done about the two."""

from .. import ip
from .actions import Log, Notify, SetEndpoint, endpoint_text, recovered, trouble
from .endpoint import LAST_GOOD, RETRY, SET, decide
from .tunnel import STALE, STALLED, Tunnel
from .words import seconds_ago

A, AAAA = 1, 28
# IPv6 first where both can be used, as getaddrinfo orders them (RFC 6724) and so wg and netifd choose
RTYPES = {"any": (AAAA, A), "ipv4": (A,), "ipv6": (AAAA,)}
MAX_WITHDRAWN = 64
RETRY_FIRST, RETRY_MAX = 5, 120  # seconds between two rounds through the candidates
ASK_FIRST = 1  # second that the fresh question has before the next candidate is tried
NO_ROUTE_FOR = 60  # seconds that a candidate without a route is passed over

STATES = {1: "unresolved", 4: "stalled", 7: "roamed"}  # every other rule: current


class Peer:
    def __init__(self, config, name_key, timers):
        self.config = config
        self.key = (config.interface, config.public_key)
        self.name_key = name_key
        self.rtypes = RTYPES[config.family]
        self.tunnel = Tunnel()
        self.reading = None  # the last wire.wireguard.Peer; None: not read yet, or missing
        self.missing = None  # why there is no such peer in the kernel; None while there is, or before the first reading
        self.installed = None  # (address, port)
        self.candidates = []
        self.changed_at = None  # when we last set the endpoint
        self.ignore_reading = False  # the next reading was asked for before the endpoint was set
        self.state = "unresolved"
        self.reason = "not looked up yet"
        self._timers = timers
        self._withdrawn = []
        self._pool = False
        self._fresh = False
        self._no_route = {}  # address -> until
        self._tries = None  # None: not retrying; else how many candidates were tried in this round
        self._backoff = RETRY_FIRST
        self._last_good = []
        self._roamed_from = None  # the endpoint before the one that the last reading showed
        self._troubled = False  # whether trouble was said, so that its end is said too

    @property
    def label(self):
        return "%s peer %s" % (self.config.interface, self.config.description or self.config.public_key)

    def configure(self, config, name_key):
        """The peer's section may have changed in all but its host: what is known of that stays, whoever is asked."""
        port = config.endpoint_port
        if port != self.config.endpoint_port:
            moved = [(a, port) for a, _ in self.candidates]
            self._fresh = self._fresh or bool(moved)
            self._withdraw(moved)
            self.candidates = moved
            self._last_good = [(a, port) for a, _ in self._last_good]
        self.config = config
        self.name_key = name_key
        self.rtypes = RTYPES[config.family]

    # -- what happens --------------------------------------------------------------------------------------------

    def remember(self, addresses):
        """What DNS named before we were started."""
        port = self.config.endpoint_port
        self._last_good = [(a, port) for a in addresses if self._wants(a)]

    def known(self):
        """The addresses that DNS named last, before the start if not since: what is worth remembering."""
        return [address for address, _ in self.candidates or self._last_good]

    def answered(self, addresses):
        """DNS named these addresses just now; the order is kept."""
        candidates = [(a, self.config.endpoint_port) for a in addresses]
        if not candidates:
            return  # a negative answer withdraws nothing: what was known may still work
        if sorted(candidates) != sorted(self.candidates or self._last_good):
            self._fresh = True
        # One A and one AAAA are one host; several of a family are a pool.
        families = [ip.family(a) for a, _ in candidates]
        self._pool = len(families) > len(set(families))
        self._withdraw(candidates)
        self._last_good = []
        self.candidates = candidates

    def read(self, reading, now, wall):
        """The kernel's own words; `reading` None with `missing` set says that it has no such peer."""
        if reading is None:
            self.reading = None
            self.ignore_reading = False
            self.installed = None
            self.tunnel = Tunnel()
            return
        if self.tunnel.read(reading, now, wall):
            self._alive_again()
        self.missing = None
        self.reading = reading
        if self.ignore_reading:
            self.ignore_reading = False
        elif _endpoint(reading) != self.installed:
            self._roamed_from, self.installed = self.installed, _endpoint(reading)

    def no_route(self, address, now):
        """There is no way to this candidate at present: it is passed over for a while."""
        self._no_route[address] = now + NO_ROUTE_FOR
        self.not_set()

    def not_set(self):
        """The endpoint could not be set: the kernel has the old one still, and the answer is still to be followed."""
        self.installed = _endpoint(self.reading)
        self._fresh = True

    def routes_changed(self):
        """An interface came up: what had no route may have one."""
        self._no_route = {}

    # -- what to do ----------------------------------------------------------------------------------------------

    def evaluate(self, now, stall_timeout, host_state):
        """Applies the rule table: `(actions, ask)`; ask: whether DNS is to be asked afresh."""
        if self.reading is None:
            if self.missing is None:
                return [], False
            return self._enter("missing", self.missing), False
        self._no_route = {a: until for a, until in self._no_route.items() if until > now}
        candidates = [c for c in self.candidates if c[0] not in self._no_route]
        life = self.tunnel.life(now, stall_timeout)
        follow = self.config.follow
        rule, verb = decide(self.installed, candidates, self._withdrawn, life, follow, self._pool, self._fresh)
        self._fresh = False
        if rule != 4:
            self._settle()
        if not candidates and self.candidates:
            return self._enter("unresolved", "no route to any address of %s" % self.config.endpoint_host), False
        if verb == RETRY:
            return self._retry(life, now)
        if verb == LAST_GOOD:
            if not self._last_good:
                return self._enter("unresolved", "%s: %s" % (self.config.endpoint_host, host_state[1])), False
            reason = "last good address of %s: %s" % (self.config.endpoint_host, host_state[1])
            return self._set(self._last_good[0], reason, "unresolved", now), False
        if verb == SET:
            return self._set(candidates[0], self._why_set(rule), "current", now), False
        return self._enter(STATES.get(rule, "current"), self._why_kept(rule, host_state)), False

    def due(self):
        """The key of this peer's timer: the next candidate, or the next round, is due."""
        return ("peer", self.key)

    def explain(self, now):
        """The reason as shown now: ages move on while the state stays."""
        if self.reading is None or self.state not in ("current", "roamed") or self.tunnel.handshake_at is None:
            return self.reason
        age = seconds_ago(now - self.tunnel.handshake_at)
        return "%s; handshake %s" % (self.reason, age)

    def _retry(self, life, now):
        if self._tries is None:
            self._tries = 0
            self._timers.set(self.due(), now + ASK_FIRST)
            return self._enter("stalled", _why_stalled(life, self.tunnel, now)), True
        return [], False

    def next_try(self, now, handshake_timeout):
        """The timer of a stalled peer is due: `(actions, ask)`."""
        candidates = [c for c in self.candidates if c[0] not in self._no_route]
        if self._tries is None or self.reading is None or not candidates:
            return [], False
        if self._tries >= len(candidates):
            self._tries = 0
            self._timers.set(self.due(), now + self._backoff)
            self._backoff = min(2 * self._backoff, RETRY_MAX)
            return [], True
        # From the one after the installed on; a single one is set again, which clears a stale source address.
        start = candidates.index(self.installed) if self.installed in candidates else -1
        target = candidates[(start + 1) % len(candidates)]
        self._tries += 1
        self._timers.set(self.due(), now + handshake_timeout)
        why = "stalled: trying %s" % endpoint_text(target[0], target[1])
        return [self._order(target, why, now), Log("info", "%s: %s" % (self.label, why))], False

    def _alive_again(self):
        self._tries = None
        self._backoff = RETRY_FIRST
        self._timers.cancel(self.due())

    def _settle(self):
        if self._tries is not None:
            self._alive_again()

    def _order(self, target, reason, now):
        self.installed = target
        self.changed_at = now
        return SetEndpoint(self.config.interface, self.config.public_key, target[0], target[1], reason)

    def _set(self, target, reason, state, now):
        old = self.installed
        action = self._order(target, reason, now)
        self.tunnel.restart(now)
        self.state, self.reason = state, reason
        self._troubled = False
        return [action, self._moved(old, target, reason)]

    def _moved(self, old, new, reason):
        values = {"interface": self.config.interface, "public_key": self.config.public_key, "reason": reason}
        values["old"] = endpoint_text(old[0], old[1]) if old else None
        values["new"] = endpoint_text(new[0], new[1])
        return Notify("endpoint", self.label, "endpoint %s: %s" % (values["new"], reason), values)

    def _enter(self, state, reason):
        """A state and its reason; said once, when it begins."""
        before, self.state, self.reason = self.state, state, reason
        if state == before:
            return []
        if state == "roamed":
            return [self._moved(self._roamed_from, self.installed, "roamed: %s" % reason)]
        if state != "current":
            self._troubled = True
            return [trouble(self.label, "%s: %s" % (state, reason))]
        told, self._troubled = self._troubled, False
        return [recovered(self.label, reason)] if told else []

    def _why_set(self, rule):
        host = self.config.endpoint_host
        if rule == 2:
            return "the kernel had none"
        if rule == 5:
            return "followed: %s moved" % host
        return "the old one is not what %s names, and the tunnel does not live" % host

    def _why_kept(self, rule, host_state):
        if rule == 1:
            return "kept: %s: %s" % (self.config.endpoint_host, host_state[1])
        if rule == 6:
            return "kept: one of several addresses, and it works"
        if rule == 7:
            return "kept: the peer roamed and told us itself"
        return "kept: DNS names it" if host_state[0] == "current" else "kept: %s" % host_state[1]

    def _wants(self, address):
        return (AAAA if ip.family(address) == 6 else A) in self.rtypes

    def _withdraw(self, candidates):
        gone = [c for c in self.candidates or self._last_good if c not in candidates]
        kept = [c for c in self._withdrawn if c not in candidates and c not in gone]
        self._withdrawn = (kept + gone)[-MAX_WITHDRAWN:]


def _endpoint(reading):
    return (reading.address, reading.port) if reading is not None and reading.address else None


def _why_stalled(life, tunnel, now):
    if life == STALLED:
        return "nothing received although an answer is owed for %d s" % int(now - tunnel.owed_since)
    if life == STALE:
        return "no handshake for %d s although an answer is owed" % int(now - tunnel.handshake_at)
    return life
