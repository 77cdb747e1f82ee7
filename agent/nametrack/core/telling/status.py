"""The state as values for programs: docs/status.md. Times in it are Unix seconds.

It goes over the bus, so it is cut to what fits there: each list that may have been has a number beside it, `more_…`.
"""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ..names import verdict  # noqa: F401

# isort: on
from ... import ip
from ...element import own_name
from ..ordering import in_order, result
from ..wording import count_that
from .answer_size import ROOM, listed, sharing
from .findings import findings
from .host_status import HostStatus
from .peer_status import peer_status
from .status_times import dated


def status(agent, now, wall, room=ROOM):
    """Return what `building` gives in the end."""
    return result(building(agent, now, wall, room))


def building(agent, now, wall, room=ROOM):
    """`{"config_errors", "peers", "policies", "findings"}` at monotonic `now`, which is Unix time `wall`.

    `room`: bytes that it may take. Half of it is for what has a line of its own, a quarter more for the hosts of
    policies, and all that is left for addresses.

    A generator, whose value it is. What happens between two steps may show in one row and not yet, or no more, in
    another: each is as it was when it was made. Another configuration must not come into force meanwhile.
    """
    config, unix = agent.config, dated(now, wall)
    told = HostStatus(agent, now, unix)
    for policy in list(agent.policies.policies.values()):
        for host in list(policy.hosts.values()):
            told.state(host)  # a policy may have thousands of them, and its row asks for each
            yield
    groups = {
        "config_errors": listed(agent.files.errors()),
        "peers": (len(config.peers), lambda i: peer_status(agent, config.peers[i], now, unix)),
        "policies": (len(config.policies), lambda i: _policy(agent, told, config.policies[i], unix)),
        "findings": listed(findings(agent, wall)),
    }
    names = sorted(groups)
    taken, used = yield from sharing([groups[name] for name in names], room // 2)
    shown = {}
    for name, items in zip(names, taken):
        shown[name] = items
        shown["more_" + name] = groups[name][0] - len(items)
    hosts, size = yield from _add_hosts(agent, told, shown["policies"], room * 3 // 4 - used)
    yield from _add_addresses(agent, shown["peers"], hosts, now, unix, room - used - size)
    return shown


def peers(agent, now, wall):
    """Yield every peer that is followed, and those that would be but are disabled; without their addresses."""
    unix = dated(now, wall)
    for wanted in agent.config.peers:
        yield peer_status(agent, wanted, now, unix)


def policies(agent, now, wall):
    """Yield every policy, likewise; without its hosts."""
    unix = dated(now, wall)
    told = HostStatus(agent, now, unix)
    for wanted in agent.config.policies:
        yield _policy(agent, told, wanted, unix)


def _add_hosts(agent, told, shown, room):
    """Gives policies their hosts: `([(retain, Host, what is shown of it)], bytes)`.

    Where not all find room, those that are well are left out first.
    """
    groups, ordered = [], []
    for each in shown:
        policy = agent.policies.policies.get(each["name"])
        hosts = [] if policy is None else told.worst_first(policy)
        literals = [] if policy is None else policy.config.literals
        ordered.append((policy, hosts))
        groups.append((len(hosts) + len(literals), told.maker(policy, hosts)))
        yield
    taken, size = yield from sharing(groups, room)
    found = []
    for each, group, (policy, hosts), items in zip(shown, groups, ordered, taken):
        named = items[: len(hosts)]
        found.extend([(policy.config.retain, hosts[i], named[i]) for i in range(len(named))])
        by_host = {host["host"]: host for host in named}
        each["hosts"] = [by_host[host] for host in in_order(by_host)] + items[len(hosts) :]
        each["more_hosts"] = group[0] - len(items)
    return found, size


def _add_addresses(agent, shown_peers, hosts, now, unix, room):
    """Gives peers and hosts their addresses."""
    owners, groups = [], []
    for each in shown_peers:
        peer = agent.peers.peers.get((each["interface"], each["public_key"]))
        if peer is not None:
            owners.append(each)
            groups.append(listed([address for address, _ in peer.proposals.named()]))
    for retain, host, each in hosts:
        owners.append(each)
        groups.append((len(host.named) + len(host.retained), _address_maker(host, retain, now, unix)))
    taken, _ = yield from sharing(groups, room)
    for each, group, items in zip(owners, groups, taken):
        each["addresses"] = items
        each["more_addresses"] = group[0] - len(items)


def _address_maker(host, retain, now, unix):
    """Function that makes what is shown of a host's address by its index: what is named comes first."""
    named, retained = host.named, []

    def make(i):
        if i < len(named):
            return {"address": ip.element(named[i]), "expires": unix(now + retain), "named": True}
        if i == len(named):
            retained.extend([(key, host.retained[key]) for key in in_order(host.retained)])
        if i - len(named) >= len(retained):
            return None
        key, until = retained[i - len(named)]
        return {"address": ip.element(key), "expires": unix(max(now, until)), "named": False}

    return make


def _disabled_policy(wanted):
    shown = dict.fromkeys(("set4", "set6", "way", "table", "changed"))
    shown.update(dict.fromkeys(("wanted4", "installed4", "wanted6", "installed6", "more_hosts"), 0))
    shown.update({"name": wanted.name, "interface": wanted.interface, "target": wanted.target, "ways": [], "hosts": []})
    shown.update({"state": "disabled", "code": "disabled", "reason": "disabled in the configuration"})
    shown["files"] = _files(wanted)
    return shown


def _files(config):
    """What is known of the files that a policy names."""
    found = {each.path: each for each in config.lists}
    return [_file(path, found.get(path)) for path in config.files]


def _file(path, found):
    counts = [None] * 4
    if found is not None:
        counts = found.names, len(found.hosts), found.wildcards, len(found.elements)
    shown = dict(zip(("names", "asked", "wildcards", "elements"), counts))
    shown["path"] = path
    return shown


def _policy(agent, told, wanted, unix):
    policy = agent.policies.policies.get(wanted.name)
    if policy is None:
        return _disabled_policy(wanted)
    sets = agent.policies.sets
    target = policy.config.target if policy.target is None else policy.target.name
    shown = {"name": policy.config.name, "interface": policy.config.interface, "target": target}
    troubles, behind = [], False
    steered = agent.routes.of(policy.config.name)
    shown["way"] = None if steered is None else steered.way
    shown["ways"] = [] if steered is None else _ways(agent, steered, unix)
    shown["table"] = None if steered is None else agent.routes.table_of(policy.config.name)
    for family in (4, 6):
        wanted, installed = len(policy.wanted(family)), 0
        set_name = policy.sets().get(family)
        kernel_set = sets.by_name.get(set_name)
        absent = kernel_set is None or (kernel_set.use.optional and not kernel_set.exists)
        shown["set%d" % family] = None if absent else own_name(set_name)
        if steered is not None:
            installed = agent.routes.installed(policy.config.name, family)
        elif not absent:
            wanted, installed = kernel_set.counts(policy)
            behind = behind or installed < wanted
        shown["wanted%d" % family], shown["installed%d" % family] = wanted, installed
        if kernel_set is not None and kernel_set.trouble is not None:
            troubles.append((kernel_set.trouble[0], "set '%s' %s" % (own_name(set_name), kernel_set.trouble[1])))
    shown["state"], shown["code"], shown["reason"] = _policy_state(agent, told, policy, troubles, behind)
    shown["changed"] = unix(policy.changed_at)
    shown.update({"hosts": [], "more_hosts": 0, "files": _files(policy.config)})
    return shown


def _ways(agent, steered, unix):
    """Return the state of each interface that a policy may use, the preferred one first."""
    ways = [agent.routes.way(name) for name in steered.steering.interfaces]
    return [
        {
            "interface": way.name,
            "device": way.device,
            "works": way.works,
            "code": way.code,
            "reason": way.reason,
            "since": unix(way.works_since),
        }
        for way in ways
    ]


def _policy_state(agent, told, policy, troubles, behind):
    """`(state, code, reason)` of a policy; troubles: [(code, text)] of its sets; behind: whether one lacks elements."""
    missing = agent.policies.filling.missing(policy)
    if missing is not None:
        return "no_target", "no_target", missing[0]
    standing = agent.routes.standing(policy.config.name)
    if standing is not None and standing[0] != "current":
        return standing
    unused = agent.policies.filling.unused(policy)
    if unused is not None and policy.target.service is not None:
        return "no_target", "unused_set", unused[0]
    if troubles:
        return "partial", troubles[0][0], "; ".join([text for _, text in troubles])
    listed = [(name, host) for name, host in sorted(policy.hosts.items()) if name not in policy.seen]
    states = [(name, told.state(host)) for name, host in listed]
    failing = [(name, reason) for name, (state, _, reason) in states if state in ("failing", "stale")]
    if failing:
        state = "failing" if len(failing) == len(states) + len(policy.config.literals) else "partial"
        return state, "names", "%s: %s" % failing[0]
    if not (states or policy.config.literals or policy.config.wildcards or policy.config.files):
        return "failing", "names", "it has no host that can be used: see nametrack check"
    if behind:
        return "partial", "updating", "being brought up to date"
    if standing is not None:
        return standing
    reason = "the sets hold what DNS names"
    if len(policy.candidates) > 1 and policy.target is not None:
        reason = "the sets of %s, found by target 'auto', hold what DNS names" % policy.target.name
    if unused is not None:
        reason += ", but " + unused[0]
    left_out = agent.policies.filling.left_out(policy)
    if left_out:
        reason += ", but for endpoints of the tunnel itself: %s" % ", ".join(left_out)
    uncovered = agent.policies.filling.uncovered(policy)
    if uncovered:
        words = (count_that(uncovered, "IPv6 address", "take"), policy.target.name)
        reason += "; %s the normal way, because %s has no set for IPv6" % words
    return "current", "held", reason
