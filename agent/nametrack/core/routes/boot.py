"""What `fallback block` keeps from the router's start on, before there is a network, DNS or an agent.

The routes are those that the agent writes for a policy without a selector, which stay when netifd starts: it deletes
every rule. The addresses are those that DNS named last. The agent takes them over as they are.
"""

from ... import ip, routing
from ..last_good import Endpoints, Known
from .numbers import Numbers
from .plan import FAMILIES, LAST
from .selector import EVERYTHING, selector_of
from .writing import EVERYWHERE


class BootBlock:
    """Give it every record of the last good addresses, then ask for `literals`; both give Changes."""

    def __init__(self, config):
        """`config`: a Config."""
        # in their order: the first one that has an address decides
        policies = config.policies if config.enabled else []
        self._policies = [policy for policy in policies if _blocks(policy) or _bypasses(policy)]
        self._numbers = Numbers(config.table)
        self._endpoints = {4: set(), 6: set()}  # addresses of tunnels' ends, as integers
        self._with_nexthop = False  # whether the nexthop that drops was given
        for peer in config.network_peers:
            if peer.endpoint_host is not None and ip.packed(peer.endpoint_host) is not None:
                self._spare(ip.key(peer.endpoint_host))

    def is_empty(self):
        """Whether no policy blocks from the start on."""
        return not any(_blocks(policy) for policy in self._policies)

    def record(self, record):
        """Take in a record of the last good addresses; those of endpoints come first."""
        if isinstance(record, Endpoints):
            for key in record.keys:
                self._spare(key)
        if not isinstance(record, Known):
            return []
        keys = [key for key in record.keys if self._blocked(record.host, key)]
        return self._changes([key for key in keys if ip.bounds(key)[0] not in self._endpoints[ip.key_family(key)]])

    def literals(self):
        """The Changes for the addresses and prefixes that the policies list, but those that hold a tunnel's end."""
        keys, bypassed = [], set()
        for policy in self._policies:
            mine = [ip.key(text) for text in policy.literals]
            if _bypasses(policy):
                bypassed.update(mine)
            else:
                keys.extend([key for key in mine if key not in bypassed and self._can_be_blocked(key)])
        return self._changes(keys)

    def _blocked(self, host, key):
        for policy in self._policies:
            if _wants(policy, host, key):
                return not _bypasses(policy)
        return False

    def _can_be_blocked(self, key):
        if key in EVERYWHERE:
            return False  # it would only take effect without a default route
        first, last = ip.bounds(key)
        return not any(first <= number <= last for number in self._endpoints[ip.key_family(key)])

    def _spare(self, key):
        self._endpoints[ip.key_family(key)].add(ip.bounds(key)[0])

    def _changes(self, keys):
        found = []
        for family in FAMILIES:
            mine = [key for key in keys if ip.key_family(key) == family]
            via = routing.UNREACHABLE if family == 4 else self._numbers.block(family)
            if mine and family == 6 and not self._with_nexthop:
                self._with_nexthop = True
                nexthop = routing.Nexthop(family, via, 0, None, routing.PROTOCOL)
                found.append(routing.Change(routing.ADD, nexthop))
            if mine:
                found.append(routing.Change(routing.ADD, routing.Routes(family, routing.MAIN, via, LAST, mine)))
        return found


def _blocks(policy):
    return policy.steering.action == "route" and policy.steering.fallback == "block" and _is_for_all(policy)


def _bypasses(policy):
    return policy.steering.action == "bypass" and _is_for_all(policy)


def _is_for_all(policy):
    return policy.enabled and policy.target == "route" and selector_of(policy.steering) == EVERYTHING


def _wants(policy, host, key):
    if policy.family not in ("any", "ipv%d" % ip.key_family(key)):
        return False
    if host in policy.hosts or any(host.endswith(pattern[1:]) for pattern in policy.wildcards):
        return True
    return any(each.position(host) is not None for each in policy.lists)
