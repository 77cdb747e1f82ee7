"""What is done about a peer: the rows of the table in endpoint_rules.py, each a function."""

from ..actions import Log, endpoint_text
from . import endpoint_rules as rules
from . import endpoint_trial as trial
from . import peer_state as states
from .kernel_endpoint import FRESH
from .tunnel import IDLE, NEVER

# what is wanted before more can be decided
ASK = "ask"  # every source of the name, now
READ = "read"  # the peer's counters, now


def evaluate(peer, now, settings, host_state, reading):
    """Apply the table: return `(actions, want)`; want: ASK, READ or None.

    host_state: `(state, reason)` of the name; reading: FRESH, OLD or UNDER_WAY.
    """
    if peer.reading is None:
        return [], None
    if reading == FRESH:
        _look(peer, now)
    life = peer.life(now, settings)
    news = _news(peer, life, now)
    row = rules.decide(peer.installed, life, bool(news), peer.config.follow)
    if row.verb == rules.SET:
        return _set_first(peer, now, host_state, reading)
    if row.verb == rules.TRY:
        return _try(peer, news, now, settings, reading)
    if row.verb == rules.FOLLOW and reading != FRESH:
        return [], READ  # it may have answered since
    if row.verb == rules.FOLLOW:
        peer.suspicion.confirmed()
        peer.proposals.tried(news[0], now)
        return _set(peer, news[0], states.Cause("moved", "%s moved" % peer.config.endpoint_host), now, reading), None
    if row.verb == rules.ASK:
        return _ask(peer, now)
    said = _keep(peer, now, host_state)
    if row.verb == rules.CHECK and peer.check.since is None:
        peer.check.begin(now)
        return said + peer.probe_now(now), None
    return said, None


def _look(peer, now):
    """A check goes on, or is over without an answer."""
    if peer.check.since is not None and peer.check.looked(now):
        peer.check.end()
        peer.tunnel.doubt()


def _news(peer, life, now):
    """Return what is news and may be gone along with."""
    if peer.installed is None or (peer.proposals.rotating() and peer.config.follow != "dns"):
        return []
    if life in (IDLE, NEVER) and now < peer.patient_until():
        return []  # the sources answer one after the other: what one of them brought is given a moment
    without = peer.passed_over(now)
    news = [e for e in peer.proposals.news(peer.installed, life == NEVER) if e[0] not in without]
    return [e for e in peer.in_order(now, news) if e in news] if len(news) > 1 else news


def _set_first(peer, now, host_state, reading):
    """Row `unset`."""
    host, order = peer.config.endpoint_host, peer.in_order(now)
    if order:
        peer.trial.end()
        if not peer.proposals.named():
            value = states.last_good(host, host_state)
            actions = _set(peer, order[0], states.Cause(value.code, value.reason), now, reading)
            peer.standing.put(value)
            return actions, None
        return _set(peer, order[0], states.Cause("first", "the kernel had none"), now, reading), None
    if peer.proposals.known():
        value = states.no_route(host)
    elif host_state[0] == "unknown":
        return [], None  # not asked yet
    else:
        value = states.unresolved(host, host_state)
    return peer.standing.enter(peer.label, value), _round(peer, now)


def _round(peer, now):
    """Nothing can be tried: every source is asked in growing steps; return ASK or None."""
    if peer.trial.since is None:
        peer.trial.begin(now, False)
        return ASK
    due = now >= peer.trial.next_at
    return ASK if due and peer.trial.step([], now, 0)[0] == trial.ASK else None


def _ask(peer, now):
    """Row `suspect`, without news."""
    ask = peer.suspicion.ask(now)
    owed = now - peer.tunnel.asked_since
    value = states.suspect(owed, peer.config.endpoint_host, ask)
    return peer.standing.enter(peer.label, value), ASK if ask else None


def _try(peer, news, now, settings, reading):
    """Row `dead`."""
    if peer.trial.since is None:
        value = states.dead(peer.tunnel, peer.installed, now, settings, peer.config.endpoint_host)
        at_once = peer.tunnel.set_at is not None
        peer.trial.begin(now, at_once)
        peer.suspicion.confirmed()
        peer.proposals.tried(peer.installed, now)
        peer.outages.begin(peer.tunnel.asked_since, now)
        if peer.standing.value.state != "stalled":
            peer.outages.stalled()
        return peer.standing.enter(peer.label, value), ASK
    if peer.trial.untried(news):
        peer.trial.hurry(max(now, peer.patient_until()))  # what was just set has its time, too
    if reading != FRESH or now < peer.trial.next_at:
        return [], None
    order = peer.in_order(now, news)
    verb, target = peer.trial.step(order, now, settings.handshake_timeout)
    if verb == trial.ASK:
        return [], ASK
    if not order:
        return peer.standing.enter(peer.label, states.no_route(peer.config.endpoint_host)), None
    if verb == trial.REST:
        target = peer.proposals.best(peer.passed_over(now), not peer.names.is_service)
        if target == peer.installed:
            return [], None
        why = states.Cause("waits", "none of the addresses answers; waiting at the best one")
        return [peer.order(target, why, False, now, reading)], None
    old = peer.installed
    why = states.Cause("again", "set again")
    if old != target:
        why = states.Cause("next", "no answer from %s" % endpoint_text(*old))
    peer.proposals.tried(target, now)
    told = peer.trial.rounds == 1
    actions = [peer.order(target, why, told, now, reading)]
    if not told or old == target:
        actions.append(Log("debug", "%s: trying %s: %s" % (peer.label, endpoint_text(*target), why.text)))
    return actions, None


def _keep(peer, now, host_state):
    if peer.tunnel.set_at is not None:
        if peer.standing.value.code == "last_good":
            return []
        return peer.standing.enter(peer.label, states.waiting(peer.installed))
    host = peer.config.endpoint_host
    value = states.kept(host, peer.installed, peer.proposals, host_state, peer.tunnel.hears_us)
    return peer.standing.enter(peer.label, value)


def _set(peer, target, cause, now, reading):
    peer.outages.begin(peer.tunnel.asked_since, now)
    peer.check.end()
    action = peer.order(target, cause, True, now, reading)
    return peer.standing.enter(peer.label, states.waiting(target)) + [action]
