"""How a peer stands, with its reason, and what people are told of it: each change once, when it begins."""

from collections import namedtuple

from ..actions import Notify, endpoint_text, recovered, trouble
from ..wording import duration

# state: as in the status; code: a stable word for the reason, which programs may translate; reason: a sentence
State = namedtuple("State", ("state", "code", "reason"))

# why an endpoint is another one. code: of the event that tells of it; text: in words
Cause = namedtuple("Cause", ("code", "text"))

GOOD = ("current", "roamed", "suspect")  # a suspicion is no trouble yet
UNPROVED = ("suspect", "waiting", "not_heard")  # codes of good states that do not end a trouble


class Standing:
    """`value`: the State as it is now."""

    def __init__(self):
        self.value = State("unresolved", "starting", "not looked up yet")
        self._entered = self.value.state  # the last state that was told, or needed no telling
        self._troubled = False  # whether trouble was said, so that its end is said too
        self.until = 0  # what was decided holds until then, monotonic, unless something is seen or heard of the peer

    def enter(self, label, value):
        """Another State of the peer `label`; return what is to be said of it."""
        before, self._entered, self.value = self._entered, value.state, value
        if value.state not in GOOD:
            if value.state in (before, "disabled"):
                return []
            self._troubled = True
            return [trouble(value.code, label, "%s: %s" % (value.state, value.reason))]
        if not self._troubled or value.code in UNPROVED:
            return []
        self._troubled = False
        return [recovered("replies", label, "replies again: %s" % value.reason)]

    def put(self, value):
        """A State that others tell of, or that is not told yet."""
        self.value, self._entered = value, None
        self._troubled = False


def moved(config, label, old, new, cause):
    """The endpoint of a peer is another one, by our doing or its own; cause: Cause."""
    values = {"interface": config.interface, "public_key": config.public_key, "reason": cause.text}
    values["old"] = endpoint_text(old[0], old[1]) if old else None
    values["new"] = endpoint_text(new[0], new[1])
    told = (values["new"],)
    return Notify("endpoint", cause.code, told, label, "endpoint %s: %s" % (values["new"], cause.text), values)


def missing(reason):
    return State("missing", "missing", reason)


def at_rest(interface):
    """Its interface is up only when its user wants it, and is down."""
    return State("disabled", "at_rest", "%s is down, and its option auto is 0" % interface)


def unresolved(host, host_state):
    """No source names an endpoint; host_state: `(state, reason)` of the name."""
    return State("unresolved", "no_address", "%s: %s" % (host, host_state[1]))


def no_route(host):
    return State("unresolved", "no_route", "no route to any address of %s" % host)


def last_good(host, host_state):
    return State("unresolved", "last_good", "last good address of %s: %s" % (host, host_state[1]))


def waiting(installed):
    """An endpoint was set and nothing was asked of it yet, or not for long."""
    return State("current", "waiting", "set to %s; no traffic yet shows whether it replies" % endpoint_text(*installed))


def kept(host, installed, proposals, host_state, hears_us):
    """An endpoint that is left as it is."""
    if not hears_us:
        return State("current", "not_heard", NOT_HEARD)
    if installed in proposals.named():
        if host_state[0] == "current":
            return State("current", "named", "DNS names it")
        return State("current", "named_before", "kept: %s" % host_state[1])
    if not proposals.named():
        return State("current", "kept", "kept: %s: %s" % (host, host_state[1]))
    if proposals.rotating():
        return State("current", "rotating", "kept: %s changes often and the old address still replies" % host)
    if proposals.ever_named(installed):
        return State("current", "named_before", "kept: DNS named it before, and it still replies")
    return State("roamed", "roamed", "the peer connected from an address that DNS does not name; keeping it")


def suspect(owed_for, host, asked):
    """A reply is owed for a number of seconds; asked: whether DNS is asked for the host now, or was before."""
    what = "asking every source for %s" % host if asked else "waiting"
    return State("suspect", "suspect", "no reply for %d s; %s" % (int(owed_for), what))


def dead(tunnel, installed, now, settings, host):
    """A tunnel that is tried again."""
    ask = "; looking up %s and trying each address" % host
    if not tunnel.hears_us:
        return State("stalled", "not_heard", NOT_HEARD + ask)
    if tunnel.set_at is not None:
        text = "no handshake with %s within %d s" % (endpoint_text(*installed), settings.handshake_timeout)
        return State("stalled", "no_handshake", text + ask)
    if tunnel.owed_since is not None:
        return State("stalled", "no_reply", "no reply for %d s%s" % (int(now - tunnel.owed_since), ask))
    if tunnel.handshake_at is None:
        return State("stalled", "no_session", "no handshake although the keepalive is set" + ask)
    since = duration(now - tunnel.handshake_at)
    return State("stalled", "no_session", "no handshake for %s although the keepalive is set%s" % (since, ask))


NOT_HEARD = "the peer's handshakes arrive here, but it does not receive the replies"
