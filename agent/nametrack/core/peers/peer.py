"""One WireGuard peer: what the tunnel shows, what DNS proposes, and what is done about the two."""

from ... import ip
from ..actions import Log, Probe, endpoint_text
from ..names.rrset import AAAA, RTYPES, A
from ..wording import duration, seconds_ago
from . import endpoint_rules as rules
from . import endpoint_trial as trial
from . import peer_state as states
from .kernel_endpoint import KernelEndpoint
from .outages import Outages
from .probe import Probing
from .proposals import Proposals
from .suspicion import Check, Suspicion
from .tunnel import ANSWERING, DEAD, NEVER, Tunnel

# how the last reading stands while something is decided
FRESH = "fresh"  # of just now: before each step of a trial the peer is read
OLD = "old"
UNDER_WAY = "under way"  # another one was asked for already: it will show what was before


class Peer:
    """`names`: EndpointNames, those that it hears of; `detour`: as for KernelEndpoint."""

    def __init__(self, config, names, detour):
        self.config = config
        self.names = names
        self.tunnel = Tunnel()
        self.proposals = Proposals()
        self.endpoint = KernelEndpoint(detour)
        self.trial = trial.Trial()
        self.suspicion = Suspicion()
        self.check = Check()
        self.standing = states.Standing()
        self.probing = Probing()
        self.outages = Outages()
        self.reading = None  # the last wire.wireguard.Peer; None: not read yet, or missing

    @property
    def key(self):
        return (self.config.interface, self.config.public_key)

    @property
    def label(self):
        return "%s peer %s" % (self.config.interface, self.config.description or self.config.public_key)

    @property
    def installed(self):
        return self.endpoint.installed

    def configure(self, config):
        """The peer's section may have changed in all but its host: what is known of that stays."""
        if config.endpoint_port != self.config.endpoint_port and not self.names.is_service:
            self.proposals.move_port(self.config.endpoint_port, config.endpoint_port)
            self.tunnel.doubt()  # the user says so: the old port need not be dead
        self.config = config
        self.probing.configure(config.probe_address if config.probe else None)

    def wants(self, address):
        """Return whether the IP version of an address may be used."""
        return (AAAA if ip.family(address) == 6 else A) in RTYPES[self.config.family]

    # -- what happens --------------------------------------------------------------------------------------------

    def read(self, reading, now, wall):
        """Take in what the kernel shows.

        Return `(actions, seconds)`: what to say of it, and how long an outage took that is over now, None for none.
        """
        foreign = self.endpoint.read(reading)
        proof = self.tunnel.read(reading, now, wall)
        if self.reading is None and self.installed is not None and self.tunnel.handshake_at is not None:
            self.proposals.found_working(self.installed, self.tunnel.handshake_at)
        self.reading = reading
        if foreign:
            self.trial.end()  # the peer roamed, or another program set it: what it set has its time, too
            self.check.end()
        if not proof:
            if foreign:
                self.tunnel.restart(now)
            return [], None
        if self.installed is None:
            return [], None
        self.trial.end()
        self.proposals.proved(self.installed, self.tunnel.proof_since, now)
        if self.check.since is not None and self.tunnel.proof_since >= self.check.since:
            self.check.end()
        return self._tell(), self.outages.end(now)

    def gone(self, value):
        """The kernel has no such peer, or cannot be asked: the State `value`; return what to say of it."""
        self.endpoint.read(None)
        self.reading, self.tunnel = None, Tunnel()
        self.trial.end()
        self.check.end()
        return self.standing.enter(self.label, value)

    def endpoint_set(self, action):
        """What was ordered is set; an older order, the place of which another one took, is told of no more."""
        order = self.endpoint.set((action.address, action.port))
        return [] if order is None else [moved(self, order.old, order.target, order.reason)]

    def endpoint_failed(self, address, no_route, now):
        """What was ordered last is not set; no_route: because there is no way to the address."""
        self.endpoint.failed()
        if no_route:
            self.endpoint.no_route(address, now)
            self.trial.skip(now)

    # -- what to do ----------------------------------------------------------------------------------------------

    def evaluate(self, now, settings, host_state, reading):
        """Apply the table: return `(actions, ask)`; ask: whether every source of the name is to be asked now.

        host_state: `(state, reason)` of the name; reading: FRESH, OLD or UNDER_WAY.
        """
        if self.reading is None:
            return [], False
        if reading == FRESH:
            self._look(now)
        life = self._life(now, settings)
        news = self._news(life, now)
        row = rules.decide(self.installed, life, bool(news), self.config.follow)
        if row.verb == rules.SET:
            return self._set_first(now, host_state, reading)
        if row.verb == rules.TRY:
            return self._try(news, now, settings, reading)
        if row.verb == rules.FOLLOW:
            self.suspicion.confirmed()
            self.proposals.tried(news[0], now)
            return self._set(news[0], "%s moved" % self.config.endpoint_host, now, reading), False
        if row.verb == rules.ASK:
            return self._ask(now)
        said = self._keep(now, host_state)
        if row.verb == rules.CHECK and self.check.since is None:
            self.check.begin(now)
            return said + self._probe(now), False
        return said, False

    def wake_at(self, now, settings):
        """Return when the peer is to be read and evaluated again, beside the usual readings; None for never."""
        times = [self.check.next_at(), self.trial.next_at]
        if self.trial.since is None:
            times.append(self.tunnel.next_change(now, settings))
            if self.tunnel.owed_since is not None and self.suspicion.next_at is not None:
                times.append(self.suspicion.next_at if self.suspicion.next_at > now else None)
        times = [max(at, now) for at in times if at is not None]
        return min(times) if times else None

    def probe(self, now, probe_interval):
        """The timer of the probe is due: return `(actions, when it is due again or None)`."""
        if self.probing.address is None or self.reading is None or self.installed is None:
            return [], None
        return self.probing.due(self.config.interface, self.tunnel, probe_interval, now)

    def check_way(self):
        """Return the actions that see to the way to an endpoint that we did not set."""
        return self.endpoint.check_way(self.config)

    def way_changed(self, came_up, now, reading):
        """The network's interfaces are other ones: return the actions.

        An endpoint whose way out changed is set again, with a fresh source address.
        """
        through = self.endpoint.way_changed(self.config, came_up)
        if through is None or self.reading is None:
            return []
        return [self._order(self.installed, "the way out is %s" % through, False, now, reading)]

    def hurry(self, now, settings):
        """The network may be another one: return `(actions, ask)`; what does not answer is asked and tried at once."""
        self.endpoint.routes_changed()
        if self.reading is None or self._life(now, settings) == ANSWERING:
            return [], False
        self.trial.hurry(now)
        return self._probe(now), True

    def explain(self, now):
        """Return the reason as shown now: ages move on while the state stays."""
        value = self.standing.value
        if value.state == "stalled" and self.trial.next_at is not None and self.trial.rounds > 1:
            return "%s; next try in %s" % (value.reason, duration(max(0, self.trial.next_at - now)))
        if value.state not in states.GOOD or self.reading is None or self.tunnel.handshake_at is None:
            return value.reason
        return "%s; handshake %s" % (value.reason, seconds_ago(now - self.tunnel.handshake_at))

    # -- the rows ------------------------------------------------------------------------------------------------

    def _life(self, now, settings):
        # What is tried has not answered until there is proof, whatever else the counters show.
        return DEAD if self.trial.since is not None else self.tunnel.life(now, settings)

    def _look(self, now):
        """A check goes on, or is over without an answer."""
        if self.check.since is not None and self.check.looked(now):
            self.check.end()
            self.tunnel.doubt()

    def _news(self, life, now):
        """Return what is news and may be gone along with."""
        if self.installed is None or (self.proposals.rotating() and self.config.follow != "dns"):
            return []
        without = self.endpoint.unreachable(now)
        news = [e for e in self.proposals.news(self.installed, life == NEVER) if e[0] not in without]
        return [e for e in self._in_order(now, news) if e in news] if len(news) > 1 else news

    def _in_order(self, now, news=()):
        return self.proposals.in_order(self.endpoint.unreachable(now), not self.names.is_service, news)

    def _set_first(self, now, host_state, reading):
        """Row `unset`."""
        host, order = self.config.endpoint_host, self._in_order(now)
        if order:
            self.trial.end()
            if not self.proposals.named():
                value = states.last_good(host, host_state)
                actions = self._set(order[0], value.reason, now, reading)
                self.standing.put(value)
                return actions, False
            return self._set(order[0], "the kernel had none", now, reading), False
        if self.proposals.known():
            value = states.no_route(host)
        elif host_state[0] == "unknown":
            return [], False  # not asked yet
        else:
            value = states.unresolved(host, host_state)
        return self.standing.enter(self.label, value), self._round(now)

    def _round(self, now):
        """Nothing can be tried: every source is asked in growing steps; return whether to ask now."""
        if self.trial.since is None:
            self.trial.begin(now, False)
            return True
        if now < self.trial.next_at:
            return False
        return self.trial.step([], now, 0)[0] == trial.ASK

    def _ask(self, now):
        """Row `suspect`, without news."""
        ask = self.suspicion.ask(now)
        owed = now - self.tunnel.asked_since
        return self.standing.enter(self.label, states.suspect(owed, self.config.endpoint_host, ask)), ask

    def _try(self, news, now, settings, reading):
        """Row `dead`."""
        if self.trial.since is None:
            value = states.dead(self.tunnel, self.installed, now, settings, self.config.endpoint_host)
            at_once = self.tunnel.set_at is not None
            self.trial.begin(now, at_once)
            self.suspicion.confirmed()
            self.proposals.tried(self.installed, now)
            self.outages.begin(self.tunnel.asked_since, now)
            if self.standing.value.state != "stalled":
                self.outages.stalls += 1
            return self.standing.enter(self.label, value), True
        if self.trial.untried(news):
            self.trial.hurry(now)
        if reading != FRESH or now < self.trial.next_at:
            return [], False
        order = self._in_order(now, news)
        verb, target = self.trial.step(order, now, settings.handshake_timeout)
        if verb == trial.ASK:
            return [], True
        if not order:
            return self.standing.enter(self.label, states.no_route(self.config.endpoint_host)), False
        if verb == trial.REST:
            target = self.proposals.best(self.endpoint.unreachable(now), not self.names.is_service)
            if target is None or target == self.installed:
                return [], False
            why = "none of the addresses answers; waiting at the best one"
            return [self._order(target, why, False, now, reading)], False
        old = self.installed
        why = "no answer from %s" % endpoint_text(*old) if old is not None and old != target else "set again"
        self.proposals.tried(target, now)
        told = self.trial.rounds == 1
        actions = [self._order(target, why, told, now, reading)]
        if not told or old == target:
            actions.append(Log("debug", "%s: trying %s: %s" % (self.label, endpoint_text(*target), why)))
        return actions, False

    def _keep(self, now, host_state):
        if self.tunnel.set_at is not None:
            if self.standing.value.code == "last_good":
                return []
            return self.standing.enter(self.label, states.waiting(self.installed))
        host = self.config.endpoint_host
        value = states.kept(host, self.installed, self.proposals, host_state, self.tunnel.hears_us)
        return self.standing.enter(self.label, value)

    def _tell(self):
        """The peer answers: tell of its endpoint if people do not know of it."""
        untold = self.endpoint.untold()
        if untold is None:
            return []
        old, order = untold
        if order is not None:
            return [moved(self, old, self.installed, order.reason)]
        if self.proposals.ever_named(self.installed):
            return [moved(self, old, self.installed, "set by another program, or the peer connected from there")]
        return [moved(self, old, self.installed, "roamed: the peer connected from there")]

    def _probe(self, now):
        if self.config.probe_address is None or self.installed is None:
            return []
        self.probing.sent(now)
        return [Probe(self.config.interface, self.config.probe_address)]

    def _set(self, target, reason, now, reading):
        self.outages.begin(self.tunnel.asked_since, now)
        self.check.end()
        action = self._order(target, reason, True, now, reading)
        return self.standing.enter(self.label, states.waiting(target)) + [action]

    def _order(self, target, reason, told, now, reading):
        # Setting an endpoint sends nothing; a probe makes the other side answer, and hear where we are.
        self.tunnel.restart(now)
        self.probing.sent(now)
        return self.endpoint.order(self.config, target, self.config.probe_address, reason, told, now, reading)


def moved(peer, old, new, reason):
    """Return the notification that the endpoint of a peer is another one."""
    return states.moved(peer.config, peer.label, old, new, reason)
