"""One WireGuard peer: its endpoint in the kernel, its candidates in DNS, and what is being done about the two."""

from ... import ip
from ..actions import CheckWay, Log, SetEndpoint, endpoint_text
from ..names.rrset import AAAA, RTYPES, A
from ..wording import duration, seconds_ago
from .candidates import Candidates
from .endpoint_rules import LAST_GOOD, RETRY, SET, decide
from .endpoint_trial import Trial
from .outages import Outages
from .peer_state import SILENT, STATES, Standing, moved, why_kept, why_set, why_stalled
from .probe import Probing
from .tunnel import IDLE, NEVER, STALE, STALLED, Tunnel

NO_ROUTE_FOR = 60  # seconds that a candidate without a route is passed over


class Peer:
    """`source`: core.source.Source, whom it hears of its name from; `detour`: function that gives the interface that a
    host route to an address would be asked of, None for none."""

    def __init__(self, config, source, detour, timers):
        self.config = config
        self.key = (config.interface, config.public_key)
        self.source = source
        self.tunnel = Tunnel()
        self.candidates = Candidates()
        self.trial = Trial()
        self.standing = Standing()
        self.probing = Probing()
        self.outages = Outages()
        self.reading = None  # the last wire.wireguard.Peer; None: not read yet, or missing
        self.missing = None  # why there is no such peer in the kernel; None while there is, or before the first reading
        self.installed = None  # (address, port)
        self.changed_at = None  # when we last set the endpoint
        self.ignore_reading = False  # the next reading was asked for before the endpoint was set
        self.try_due = False  # the next candidate, or the next round, waits for a reading
        self._detour = detour
        self._timers = timers
        self._no_route = {}  # address -> until
        self._roamed_from = None  # the endpoint before the one that the last reading showed
        self._led = (None, None)  # the endpoint whose way was seen to last, and the detour that it had then

    @property
    def label(self):
        return "%s peer %s" % (self.config.interface, self.config.description or self.config.public_key)

    def configure(self, config):
        """The peer's section may have changed in all but its host: what is known of that stays."""
        if config.endpoint_port != self.config.endpoint_port and not self.source.is_service:
            self.candidates.move_port(config.endpoint_port)
        self.config = config
        self.probing.configure(config.probe_address if config.probe else None)

    # -- what happens --------------------------------------------------------------------------------------------

    def read(self, reading, now, wall):
        """The kernel's own words; `reading` None with `missing` set says that it has no such peer.

        Returns how many seconds an outage took that is seen to be over now; None for none.
        """
        if reading is None:
            self.reading = None
            self.ignore_reading = False
            self.installed = None
            self.tunnel = Tunnel()
            return None
        received = self.tunnel.read(reading, now, wall)
        if self.reading is not None and _endpoint(reading) != _endpoint(self.reading):
            self.outages.endpoint_changes += 1
        self.missing = None
        self.reading = reading
        if self.ignore_reading:
            self.ignore_reading = False
        elif _endpoint(reading) != self.installed:
            self._roamed_from, self.installed = self.installed, _endpoint(reading)
        if received:
            self.trial.answered()
            self._timers.cancel(self.due())
            if self.installed is not None:
                self.candidates.works(self.installed)
        if self.probing.begin():
            self._timers.set(self.probe_due(), now)
        return self.outages.end(now) if received else None

    def no_route(self, address, now):
        """There is no way to this candidate at present: it is passed over for a while."""
        self._no_route[address] = now + NO_ROUTE_FOR
        self.not_set()
        if self.trial.skip(now):
            self._timers.set(self.due(), now)

    def not_set(self):
        """The endpoint could not be set: the kernel has the old one still, and the answer is still to be followed."""
        self.installed = _endpoint(self.reading)
        self.candidates.fresh = True

    def routes_changed(self):
        """An interface came up: what had no route may have one."""
        self._no_route = {}

    # -- what to do ----------------------------------------------------------------------------------------------

    def evaluate(self, now, settings, host_state):
        """Applies the rule table: `(actions, ask)`; ask: whether DNS is to be asked afresh, past every cache."""
        if self.reading is None:
            if self.missing is None:
                return [], False
            return self._enter("missing", self.missing), False
        host = self.config.endpoint_host
        candidates = self._usable(now)
        life = self._life(now, settings)
        # What was just set has not proved to live, whatever the age of the last handshake.
        deserted = not self.trial.open and self.candidates.deserted(candidates)
        rule, verb = decide(
            self.installed,
            candidates,
            self.candidates.withdrawn,
            STALLED if life == SILENT else life,
            self.config.follow,
            self.candidates.pool,
            self.candidates.fresh,
            deserted,
        )
        self.candidates.fresh = False
        if rule != 4 and self.trial.next_at is not None:
            self.trial.settle()
            self._timers.cancel(self.due())
        if not candidates and self.candidates.named:
            return self._enter("unresolved", "no route to any address of %s" % host), False
        if verb == RETRY:
            return self._retry(life, now, settings)
        if verb == LAST_GOOD:
            if not self.candidates.last_good:
                return self._enter("unresolved", "%s: %s" % (host, host_state[1])), False
            reason = "last good address of %s: %s" % (host, host_state[1])
            return self._set(self.candidates.last_good[0], reason, "unresolved", now), False
        if verb == SET:
            if self.installed is not None and life in (STALLED, STALE, SILENT):
                self.candidates.desert(self.installed)
            return self._set(self.candidates.best(candidates), why_set(rule, host), "current", now), False
        return self._enter(STATES.get(rule, "current"), why_kept(rule, host, host_state, deserted)), False

    def due(self):
        """The key of this peer's timer: the next candidate, or the next round, is due."""
        return ("peer", self.key)

    def probe_due(self):
        """The key of the timer of this peer's next probe."""
        return ("probe", self.key)

    def next_try(self, now, settings):
        """The timer of a dead tunnel is due, and it was read again since: `(actions, ask)`."""
        self.try_due = False
        candidates = self._usable(now)
        if self.trial.next_at is None or self.reading is None or not candidates:
            return [], False
        target = self.trial.next(candidates, self.installed, now, settings.handshake_timeout)
        self._timers.set(self.due(), self.trial.next_at)
        if target is None:
            return [], True
        old = self.installed
        if old is not None and old != target:
            self.candidates.desert(old)
        why = "no answer from %s" % endpoint_text(old[0], old[1]) if old and old != target else "set again"
        text = "%s: trying %s: %s" % (self.label, endpoint_text(target[0], target[1]), why)
        actions = self._order(target, why, now)
        if self.trial.rounds == 1 and old != target:
            actions.append(moved(self.config, self.label, old, target, why))
        else:
            actions.append(Log("debug", text))
        return actions, False

    def probe(self, now, probe_interval):
        """The timer of the probe is due: a list of actions."""
        if self.probing.address is None or self.reading is None or self.installed is None:
            return []
        actions, again_at = self.probing.due(self.config.interface, self.tunnel, probe_interval, now)
        self._timers.set(self.probe_due(), again_at)
        return actions

    def route(self):
        """See to the way of an endpoint that we did not set: it roamed, or was set before us."""
        if self.installed is None:
            return []
        led = (self.installed, self._detour(self.config, self.installed[0]))
        if led[1] is None or led == self._led:
            return []
        self._led = led
        return [CheckWay(self.config.interface, self.installed[0], self.installed[1], led[1])]

    def reroute(self, came_up, now):
        """The way out may be another: the endpoint is set again, with a host route there and a fresh source address."""
        if self.installed is None or self.reading is None or self._led[1] is None:
            return []
        through = self._detour(self.config, self.installed[0])
        if through is None or (through == self._led[1] and through not in came_up):
            return []
        self._start_anew(now)
        return self._order(self.installed, "the way out is %s" % through, now)

    def has_way(self):
        """Whether a host route for its endpoint can be asked for."""
        return self.installed is not None and self._detour(self.config, self.installed[0]) is not None

    def explain(self, now):
        """The reason as shown now: ages move on while the state stays."""
        state, reason = self.standing.state, self.standing.reason
        if state == "stalled" and self.trial.next_at is not None and self.trial.rounds:
            return "%s; next try in %s" % (reason, duration(max(0, self.trial.next_at - now)))
        if state not in ("current", "roamed") or self.reading is None or self.tunnel.handshake_at is None:
            return reason
        return "%s; handshake %s" % (reason, seconds_ago(now - self.tunnel.handshake_at))

    def _usable(self, now):
        self._no_route = {a: until for a, until in self._no_route.items() if until > now}
        return self.candidates.in_order(self._no_route, not self.source.is_service)

    def _life(self, now, settings):
        life = self.tunnel.life(now, settings.stall_timeout)
        keepalive = self.reading.persistent_keepalive if life in (NEVER, IDLE) else 0
        if self.trial.failed(now, self.tunnel.asked_since, settings.handshake_timeout, keepalive):
            return SILENT
        return life

    def _retry(self, life, now, settings):
        # What was just set has failed: DNS was asked a moment ago, and the next candidate is tried at once.
        if not self.trial.begin(now, life == SILENT):
            return [], False
        if self.standing.state != "stalled":
            self.outages.stalls += 1
        self.outages.begin(self.tunnel.asked_since, now)
        why = why_stalled(life, self.tunnel, self.installed, now, settings.handshake_timeout)
        self._timers.set(self.due(), self.trial.next_at)
        return self._enter("stalled", why), True

    def _start_anew(self, now):
        """What is about to be set is judged by what comes from there, and not by what was owed before."""
        if self.tunnel.asked_since is not None:
            self.outages.begin(self.tunnel.asked_since, now)
        self.trial.start(now)
        self.tunnel.restart(now)

    def _order(self, target, reason, now):
        if target != self.installed:
            self.installed = target
            self.changed_at = now
        self._led = (target, self._detour(self.config, target[0]))
        # Setting an endpoint sends nothing; a probe makes the other side answer, and hear where we are.
        probe = self.probing.sent(now)
        key = self.config.public_key
        return [SetEndpoint(self.config.interface, key, target[0], target[1], self._led[1], probe, reason)]

    def _set(self, target, reason, state, now):
        old = self.installed
        self.standing.put(state, reason)
        self._start_anew(now)
        return self._order(target, reason, now) + [moved(self.config, self.label, old, target, reason)]

    def _enter(self, state, reason):
        if state == "roamed" and self.standing.state != state:
            self.standing.put(state, reason)
            return [moved(self.config, self.label, self._roamed_from, self.installed, "roamed: %s" % reason)]
        return self.standing.enter(self.label, state, reason)

    def wants(self, address):
        """Whether its family may be used."""
        return (AAAA if ip.family(address) == 6 else A) in RTYPES[self.config.family]


def _endpoint(reading):
    return (reading.address, reading.port) if reading is not None and reading.address else None
