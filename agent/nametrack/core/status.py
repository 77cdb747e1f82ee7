"""The state as values for programs: CONTRACT.md section 6. Times in it are Unix seconds."""

from .actions import endpoint_text
from .host import NAMED
from .policies import UNSUPPORTED, plain


def status(agent, now, wall):
    """`{"config_errors", "peers", "policies"}` at monotonic `now`, which is Unix time `wall`."""
    shown = {"config_errors": list(agent.config.errors), "peers": peers(agent, now, wall)}
    shown["policies"] = policies(agent, now, wall)
    return shown


def peers(agent, now, wall):
    """Every peer that is followed, and those that would be but are disabled."""
    found = []
    for wanted in agent.config.peers:
        peer = agent.peers.peers.get((wanted.interface, wanted.public_key))
        found.append(_disabled_peer(wanted) if peer is None else _peer(agent, peer, now, _dated(now, wall)))
    return found


def policies(agent, now, wall):
    """Every policy, likewise."""
    found = []
    for wanted in agent.config.policies:
        policy = agent.policies.policies.get(wanted.name)
        found.append(_disabled_policy(wanted) if policy is None else _policy(agent, policy, now, _dated(now, wall)))
    return found


def _dated(now, wall):
    """A function that makes Unix time of a monotonic one."""
    return lambda at: None if at is None else int(wall + at - now)


def _in(at, now):
    return None if at is None else max(0, int(at - now + 0.999))


def _peer_head(wanted):
    return {
        "interface": wanted.interface,
        "public_key": wanted.public_key,
        "description": wanted.description,
        "endpoint_host": wanted.endpoint_host,
        "endpoint_port": wanted.endpoint_port,
    }


def _disabled_peer(wanted):
    shown = _peer_head(wanted)
    shown.update(
        {"endpoint": None, "addresses": [], "last_handshake": 0, "rx_bytes": 0, "tx_bytes": 0, "state": "disabled"}
    )
    shown.update({"reason": "disabled in the configuration", "next_query": None, "changed": None})
    return shown


def _peer(agent, peer, now, unix):
    shown = _peer_head(peer.config)
    reading = peer.reading
    installed = peer.installed
    shown["endpoint"] = endpoint_text(installed[0], installed[1]) if installed else None
    shown["addresses"] = [address for address, _ in peer.candidates.named]
    shown["last_handshake"] = reading.last_handshake if reading else 0
    shown["rx_bytes"] = reading.rx_bytes if reading else 0
    shown["tx_bytes"] = reading.tx_bytes if reading else 0
    shown["state"] = peer.standing.state
    shown["reason"] = peer.explain(now)
    shown["next_query"] = _in(peer.source.next_query(agent.resolver), now)
    shown["changed"] = unix(peer.changed_at)
    return shown


def _disabled_policy(wanted):
    shown = {"name": wanted.name, "interface": wanted.interface, "target": wanted.target, "set4": None, "set6": None}
    shown.update({"wanted4": 0, "installed4": 0, "wanted6": 0, "installed6": 0, "state": "disabled"})
    shown.update({"reason": "disabled in the configuration", "changed": None, "hosts": []})
    return shown


def _policy(agent, policy, now, unix):
    targets = policy.sets()
    shown = {"name": policy.config.name, "interface": policy.config.interface, "target": policy.config.target}
    troubles = []
    for family in (4, 6):
        wanted = policy.wanted(family)
        set_name = targets.get(family)
        kernel_set = agent.policies.sets.get(set_name)
        shown["set%d" % family] = plain(set_name) if set_name else None
        shown["wanted%d" % family] = len(wanted)
        shown["installed%d" % family] = kernel_set.held(wanted) if kernel_set is not None else 0
        trouble = agent.policies.trouble(set_name)
        if trouble is not None:
            troubles.append((kernel_set.exists is False, "set '%s' %s" % (plain(set_name), trouble)))
    hosts = [_host(agent, host, policy.config.retain, now, unix) for _, host in sorted(policy.hosts.items())]
    for literal in policy.config.literals:
        hosts.append(_literal(literal))
    behind = any(shown["installed%d" % family] < shown["wanted%d" % family] for family in targets)
    shown["state"], shown["reason"] = _policy_state(policy, targets, troubles, hosts, behind)
    shown["changed"] = unix(policy.changed_at)
    shown["hosts"] = hosts
    return shown


def _policy_state(policy, targets, troubles, hosts, behind):
    if not targets:
        return "no_target", UNSUPPORTED % policy.config.target
    if troubles:
        missing = all(absent for absent, _ in troubles) and len(troubles) == len(targets)
        return "no_target" if missing else "partial", "; ".join([text for _, text in troubles])
    failing = [h for h in hosts if h["state"] in ("failing", "stale")]
    if failing:
        state = "failing" if len(failing) == len(hosts) else "partial"
        return state, "%s: %s" % (failing[0]["host"], failing[0]["reason"])
    if behind:
        return "partial", "being brought up to date"
    return "current", "the sets hold what DNS names"


def _host(agent, host, retain, now, unix):
    name = agent.resolver.names[host.name_key]
    state, reason = name.state(host.rtypes)
    questions = [name.questions[rtype] for rtype in host.rtypes]
    ttls = [q.rrset.ttl for q in questions if q.rrset is not None]
    addresses = []
    for address in host.addresses():
        life = host.life(address, now)
        expires = unix(now + (retain if life == NAMED else life))
        addresses.append({"address": address, "expires": expires, "named": life == NAMED})
    return {
        "host": host.host,
        "addresses": addresses,
        "state": "failing" if state == "unknown" else state,
        "reason": reason,
        "ttl": min(ttls) if ttls else None,
        "next_query": _in(agent.resolver.next_query(name, host.rtypes), now),
        "failures": max([q.failures for q in questions]),
    }


def _literal(literal):
    shown = {"host": literal, "addresses": [{"address": literal, "expires": None, "named": True}], "state": "literal"}
    shown.update({"reason": "written in the configuration", "ttl": None, "next_query": None, "failures": 0})
    return shown
