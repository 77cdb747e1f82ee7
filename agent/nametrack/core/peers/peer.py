"""One WireGuard peer: what the tunnel shows, what DNS proposes, and what is done about the two."""

from ... import ip
from ..actions import Probe
from ..last_good import Endpoints
from ..names.rrset import AAAA, RTYPES, A
from ..wording import duration, seconds_ago
from . import endpoint_trial as trial
from . import peer_state as states
from .kernel_endpoint import KernelEndpoint, Order
from .outages import Outages
from .probe import Probing
from .proposals import Proposals
from .suspicion import PATIENCE, Check, Suspicion
from .tunnel import ANSWERING, DEAD, FOREVER, Tunnel

FOREIGN = states.Cause("foreign", "set by another program, or the peer connected from there")
ROAMED = states.Cause("roamed", "roamed: the peer connected from there")
REMEMBERED = 64  # endpoints of a peer, over a restart


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
        self.stir()
        self.probing.configure(config.probe_address if config.probe else None)

    def wants(self, address):
        """Return whether the IP version of an address may be used."""
        return (AAAA if ip.family(address) == 6 else A) in RTYPES[self.config.family]

    def remember(self, endpoints):
        """Take what DNS named before a restart: [(address, port)], the port None if it is the configured one."""
        port = self.config.endpoint_port
        self.stir()
        self.proposals.remember([(a, port if p is None else p) for a, p in endpoints if self.wants(a)])

    def last_good(self):
        """Return the Endpoints of what DNS named last; the port is part of it if a service's name or IP4P gave it."""
        known = self.proposals.known()[:REMEMBERED]
        own = self.names.is_service
        ports = [port if own or port != self.config.endpoint_port else None for _, port in known]
        return Endpoints(self.config.endpoint_host, [ip.key(address) for address, _ in known], ports)

    # -- what happens --------------------------------------------------------------------------------------------

    def read(self, reading, now, wall):
        """Take in what the kernel shows.

        Return `(actions, seconds)`: what to say of it, and how long an outage took that is over now, None for none.
        """
        if reading != self.reading:
            self.stir()
        foreign = self.endpoint.read(reading)
        proof = self.tunnel.read(reading, now, wall)
        if self.reading is None or foreign:
            self.proposals.agree(self.installed)
        if self.installed is not None and self.tunnel.handshake_at is not None:
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

    def gone(self, value, told):
        """The kernel has no such peer, or cannot be asked: the State `value`; return what to say of it, if `told`."""
        self.stir()
        self.endpoint.read(None)
        self.reading, self.tunnel = None, Tunnel()
        self.trial.end()
        self.check.end()
        if told:
            return self.standing.enter(self.label, value)
        self.standing.put(value)
        return []

    def endpoint_set(self, action):
        """What was ordered is set; an older order, the place of which another one took, is told of no more."""
        self.proposals.agree((action.address, action.port))
        order = self.endpoint.set((action.address, action.port))
        return [] if order is None else [moved(self, order.old, order.target, order.cause)]

    def addresses(self):
        """Return the addresses of its endpoints, installed or proposed."""
        found = self.proposals.addresses()
        return found if self.installed is None else found + [self.installed[0]]

    def endpoint_failed(self, address, no_route, now):
        """What was ordered last is not set; no_route: because there is no way to the address."""
        self.stir()
        self.proposals.not_tried(self.installed)
        self.endpoint.failed()
        self.tunnel.not_set()
        if no_route:
            self.endpoint.no_route(address, now)
            self.trial.skip(now)

    # -- what to do ----------------------------------------------------------------------------------------------

    def stir(self):
        """Something was seen or heard of it: what was decided about it may be another thing now."""
        self.standing.until = 0

    def rest(self, now, until):
        """What was decided about it holds until then, monotonic seconds, None for ever, unless it is stirred."""
        if self.tunnel.owed_since is None and not self.endpoint.passes_over():
            ends, young = FOREVER if until is None else until, self.tunnel.young_until()
            self.standing.until = ends if young is None or young <= now else min(ends, young)

    def rests(self, now):
        """Return whether there is nothing to decide."""
        return now < self.standing.until

    def wake_at(self, now, settings):
        """Return when the peer is to be read and evaluated again, beside the usual readings; None for never."""
        times = [self.check.next_at(), self.trial.next_at]
        if self.trial.since is None:
            times.append(self.tunnel.next_change(now, settings))
            times.append(self.patient_until() if self.patient_until() > now else None)
            if self.tunnel.owed_since is not None and self.suspicion.next_at is not None:
                times.append(self.suspicion.next_at if self.suspicion.next_at > now else None)
        times = [max(at, now) for at in times if at is not None]
        return min(times) if times else None

    def probe(self, now, probe_interval):
        """The timer of the probe is due: return `(actions, when it is due again or None)`."""
        if self.probing.address is None or self.reading is None or self.installed is None:
            self.probing.end()
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
        return [self.order(self.installed, states.Cause("way_out", "the way out is %s" % through), False, now, reading)]

    def hurry(self, now, settings):
        """The network may be another one: return `(actions, ask)`; what does not answer is asked and tried at once."""
        self.stir()
        self.endpoint.routes_changed()
        if self.reading is None or self.life(now, settings) == ANSWERING:
            return [], False
        self.trial.hurry(now)
        return self.probe_now(now), True

    def explain(self, now):
        """Return the reason as shown now: ages move on while the state stays."""
        value = self.standing.value
        if value.state == "stalled" and self.trial.next_at is not None and self.trial.rounds > 1:
            return "%s; next try in %s" % (value.reason, duration(max(0, self.trial.next_at - now)))
        if value.state not in states.GOOD or self.reading is None or self.tunnel.handshake_at is None:
            return value.reason
        return "%s; handshake %s" % (value.reason, seconds_ago(now - self.tunnel.handshake_at))

    def life(self, now, settings):
        """Return how the tunnel lives, as one of the words of tunnel.py."""
        # What is tried has not answered until there is proof, whatever else the counters show.
        return DEAD if self.trial.since is not None else self.tunnel.life(now, settings)

    def patient_until(self):
        """Until when another endpoint that was just set, and did not reply yet, is not replaced by other news."""
        changed_at = self.endpoint.changed_at
        return 0 if self.tunnel.set_at is None or changed_at is None else changed_at + PATIENCE

    def in_order(self, now, news=()):
        """Return the proposals that can be reached, the best first."""
        return self.proposals.in_order(self.passed_over(now), not self.names.is_service, news)

    def passed_over(self, now):
        """Return the addresses that are not to be set: they cannot be reached, or their IP version may not be used."""
        found = self.endpoint.unreachable(now)
        if self.config.family == "any":
            return found
        # what worked, or was named, before the configuration was read again, or what the peer roamed to
        return list(found) + [address for address in self.proposals.addresses() if not self.wants(address)]

    def _tell(self):
        """The peer answers: tell of its endpoint if people do not know of it."""
        untold = self.endpoint.untold()
        if untold is None:
            return []
        old, order = untold
        if order is not None:
            return [moved(self, old, self.installed, order.cause)]
        if self.proposals.ever_named(self.installed):
            return [moved(self, old, self.installed, FOREIGN)]
        return [moved(self, old, self.installed, ROAMED)]

    def probe_now(self, now):
        """Return the probe through the tunnel, if there is an address for it."""
        if self.config.probe_address is None or self.installed is None:
            return []
        self.probing.sent(now)
        return [Probe(self.config.interface, self.config.probe_address)]

    def order(self, target, cause, told, now, reading):
        """Return the SetEndpoint for a target; told: whether people hear of it; reading: FRESH, OLD or UNDER_WAY."""
        self.stir()
        # Setting an endpoint sends nothing; a probe makes the other side answer, and hear where we are.
        self.tunnel.restart(now)
        self.probing.sent(now)
        return self.endpoint.order(self.config, Order(target, self.installed, cause, told), now, reading)


def moved(peer, old, new, cause):
    """Return the notification that the endpoint of a peer is another one."""
    return states.moved(peer.config, peer.label, old, new, cause)
