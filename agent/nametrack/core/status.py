"""The state as values for programs: CONTRACT.md section 6. Times in it are Unix seconds."""

from .. import ip
from .actions import endpoint_text
from .host import NAMED
from .target import plain


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
    """A function that makes Unix time of a monotonic one, the same of the same one whenever it is asked for."""
    between = int((wall - now) * 10 + 0.5) / 10  # the two clocks are never read at quite the same moment
    return lambda at: None if at is None else int(between + at)


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
    shown.update({"reason": "disabled in the configuration", "next_query": None, "answered": None, "failures": 0})
    shown["changed"] = None
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
    shown["answered"] = unix(peer.source.answered_at(agent.resolver.names))
    shown["failures"] = peer.source.failed(agent.resolver.names)
    shown["changed"] = unix(peer.changed_at)
    return shown


def _disabled_policy(wanted):
    shown = {"name": wanted.name, "interface": wanted.interface, "target": wanted.target, "set4": None, "set6": None}
    shown.update({"wanted4": 0, "installed4": 0, "wanted6": 0, "installed6": 0, "state": "disabled"})
    shown.update({"reason": "disabled in the configuration", "changed": None, "hosts": []})
    return shown


def _policy(agent, policy, now, unix):
    sets = agent.policies.sets
    target = policy.config.target if policy.target is None else policy.target.name
    shown = {"name": policy.config.name, "interface": policy.config.interface, "target": target}
    troubles, behind = [], False
    for family in (4, 6):
        wanted = policy.wanted(family)
        set_name = policy.sets().get(family)
        kernel_set = sets.by_name.get(set_name)
        absent = kernel_set is None or (kernel_set.optional and not kernel_set.exists)
        shown["set%d" % family] = None if absent else plain(set_name)
        shown["wanted%d" % family] = len(wanted)
        shown["installed%d" % family] = 0 if absent else kernel_set.held(wanted)
        behind = behind or (not absent and shown["installed%d" % family] < len(wanted))
        trouble = sets.trouble(set_name)
        if trouble is not None:
            troubles.append("set '%s' %s" % (plain(set_name), trouble))
    hosts = [_host(agent, host, policy.config.retain, now, unix) for _, host in sorted(policy.hosts.items())]
    for literal in policy.config.literals:
        hosts.append(_literal(literal))
    shown["state"], shown["reason"] = _policy_state(agent.policies.missing(policy), troubles, hosts, policy, behind)
    shown["changed"] = unix(policy.changed_at)
    shown["hosts"] = hosts
    return shown


def _policy_state(missing, troubles, hosts, policy, behind):
    if missing is not None:
        return "no_target", missing[0]
    if troubles:
        return "partial", "; ".join(troubles)
    failing = [h for h in hosts if h["state"] in ("failing", "stale")]
    if failing:
        state = "failing" if len(failing) == len(hosts) else "partial"
        return state, "%s: %s" % (failing[0]["host"], failing[0]["reason"])
    if behind:
        return "partial", "being brought up to date"
    if len(policy.candidates) > 1 and policy.target is not None:
        return "current", "the sets of %s, found by target 'auto', hold what DNS names" % policy.target.name
    return "current", "the sets hold what DNS names"


def _host(agent, host, retain, now, unix):
    name = agent.resolver.names[host.name_key]
    state, reason = name.state(host.rtypes)
    questions = [name.questions[rtype] for rtype in host.rtypes]
    ttls = [q.rrset.ttl for q in questions if q.rrset is not None]
    addresses = []
    for key in host.keys():
        life = host.life(key, now)
        expires = unix(now + (retain if life == NAMED else life))
        addresses.append({"address": ip.element(key), "expires": expires, "named": life == NAMED})
    return {
        "host": host.host,
        "addresses": addresses,
        "state": "failing" if state == "unknown" else state,
        "reason": reason,
        "ttl": min(ttls) if ttls else None,
        "next_query": _in(agent.resolver.next_query(name, host.rtypes), now),
        "answered": unix(name.answered_at(host.rtypes)),
        "failures": name.failed(host.rtypes),
    }


def _literal(literal):
    shown = {"host": literal, "addresses": [{"address": literal, "expires": None, "named": True}], "state": "literal"}
    shown.update({"reason": "written in the configuration", "ttl": None, "next_query": None, "answered": None})
    shown["failures"] = 0
    return shown
