"""How a peer stands, with its reason, and what people are told of it: each change once, when it begins."""

from ..actions import Notify, endpoint_text, recovered, trouble
from .tunnel import STALLED

SILENT = "silent"  # a life besides the tunnel's own: what we set was asked and did not answer
STATES = {1: "unresolved", 4: "stalled", 7: "roamed"}  # by the rule that applied; every other rule: current


class Standing:
    def __init__(self):
        self.state = "unresolved"
        self.reason = "not looked up yet"
        self._troubled = False  # whether trouble was said, so that its end is said too

    def put(self, state, reason):
        """A state that is told by other words, or by others."""
        self.state, self.reason = state, reason
        self._troubled = False

    def enter(self, label, state, reason):
        """A state of the peer `label`; returns what is to be said of it."""
        before, self.state, self.reason = self.state, state, reason
        if state == before:
            return []
        if state != "current":
            self._troubled = True
            return [trouble(label, "%s: %s" % (state, reason))]
        told, self._troubled = self._troubled, False
        return [recovered(label, reason)] if told else []


def moved(config, label, old, new, reason):
    """The endpoint of a peer is another one, by our doing or its own."""
    values = {"interface": config.interface, "public_key": config.public_key, "reason": reason}
    values["old"] = endpoint_text(old[0], old[1]) if old else None
    values["new"] = endpoint_text(new[0], new[1])
    return Notify("endpoint", label, "endpoint %s: %s" % (values["new"], reason), values)


def why_set(rule, host):
    """Why a rule has an endpoint set."""
    if rule == 2:
        return "the kernel had none"
    if rule == 5:
        return "followed: %s moved" % host
    return "the old one is not what %s names, and the tunnel does not live" % host


def why_kept(rule, host, host_state, deserted):
    """Why a rule leaves the endpoint; host_state: `(state, reason)` of the name; deserted: as for endpoint.decide."""
    if rule == 1:
        return "kept: %s: %s" % (host, host_state[1])
    if rule == 6 and deserted:
        return "kept: it works, and what DNS names still did not answer"
    if rule == 6:
        return "kept: one of several addresses, and it works"
    if rule == 7:
        return "kept: the peer roamed and told us itself"
    return "kept: DNS names it" if host_state[0] == "current" else "kept: %s" % host_state[1]


def why_stalled(life, tunnel, installed, now, handshake_timeout):
    """Why a tunnel counts as dead."""
    if life == SILENT:
        where = endpoint_text(installed[0], installed[1])
        return "no handshake with %s within %d s" % (where, handshake_timeout)
    if life == STALLED:
        return "nothing received although an answer is owed for %d s" % int(now - tunnel.owed_since)
    return "no handshake for %d s although an answer is owed" % int(now - tunnel.handshake_at)
