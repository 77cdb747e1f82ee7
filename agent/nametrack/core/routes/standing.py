"""How a policy that is steered by routes of our own stands: its state, a word for the reason, and the reason."""

from ... import ip
from . import fit
from .blocking import not_blocked
from .clients import MAC
from .local import Local
from .networks import Networks
from .others import Others
from .plan import FAMILIES

LOCAL = "in the local network %s, which is reached as without the policy"
UNKNOWN = "no address of the client %s is known: it sent nothing to this router since the agent started"


def standing(routes, steered):
    """Return `(state, code, reason)` of a Steered of these Routes."""
    found = _standing(routes, steered)
    leak = (steered.leak or not_blocked(routes, steered)) if found[0] == "blocked" else None
    return found if leak is None else ("failing", "not_blocked", "%s: %s" % (leak, found[2]))


def _standing(routes, steered):
    if routes.paused_until is not None:
        reason = "paused: traffic takes the normal way until `nametrack resume`, or the pause is over"
        return "disabled", "paused", reason
    if not routes.installation.is_known():
        return "partial", "routes", "the kernel's routes were not read yet"
    if not routes.fit.holds(steered.group):
        return "blocked" if steered.closes else "no_target", "too_many_rules", fit.reason(steered)
    ways = {name: routes.way(name) for name in steered.steering.interfaces}
    state, reason = steered.standing(ways)
    if steered.way is None and steered.steering.action == "route":
        others = Others(routes, steered)  # what is written meanwhile leads nowhere
        if others.have_all:
            why = steered.reasons([ways[name] for name in steered.steering.interfaces])
            state, reason = "failed_over", "no way out works, %s: %s" % (others.text, why)
        elif others.names:
            reason += "; but " + others.text
        return state, state, reason
    code = steered.steering.action if state == "current" else state
    trouble = routes.installation.trouble_of(steered)
    if trouble is not None:
        return "partial", "routes", trouble
    unknown = unknown_clients(routes, steered)
    if unknown and len(unknown) == len(steered.selector.clients):
        return "current", "client_unknown", UNKNOWN % ", ".join(unknown)
    return state, code, reason


def unknown_clients(routes, steered):
    """Return the MAC addresses among the clients of a policy of which no address is known."""
    named = [client.value for client in steered.selector.clients if client.kind == MAC]
    return [hardware for hardware in named if not routes.addresses_of(hardware)]


class LocalNetworks:
    """The networks that a Steered leaves alone, to be asked about many addresses."""

    def __init__(self, routes, steered):
        ways, main = {name: routes.way(name) for name in steered.steering.interfaces}, routes.installation.view.main
        self._keys = {family: steered.local_keys(ways, Local(family, main)) for family in FAMILIES}
        self._networks = {family: Networks(self._keys[family]) for family in FAMILIES}

    def all_of(self, keys):
        """Return the text of the network that holds the first of these keys if local ones hold all; else None."""
        if not keys or not all(self._networks[ip.key_family(key)].holds(*ip.bounds(key)) for key in keys):
            return None
        first, last = ip.bounds(keys[0])
        for each in self._keys[ip.key_family(keys[0])]:
            low, high = ip.bounds(each)
            if low <= first and last <= high:
                return ip.element(each)
        return None
