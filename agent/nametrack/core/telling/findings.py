"""What `check` finds. Each finding says what, where, and what to do; docs/troubleshooting.md explains each."""

from ... import ip
from ...element import own_name
from ..config.option_values import printable
from ..peers.tunnel import CLOCK_SET
from ..sets.targets import CREATE
from ..wording import count_that, duration
from . import mending

ADVICE = {
    "allowed_ips_overlap": "%s  # or take it from the other peer: the kernel sends to the one that was set last",
    "endpoint_in_allowed_ips": "remove the interface's option nohostroute, or set its option fwmark and a rule for it",
    "peer_missing": "ifup %s  # netifd sets up changed peers when the interface starts; is the public_key right?",
    "no_keepalive": "set persistent_keepalive (25 is usual), so that a dead tunnel is noticed without traffic",
    "no_probe_address": "set option probe_address to an address beyond the tunnel, or option probe to 0",
    "name_unresolved": mending.UNKNOWN,
    "nameserver_silent": "nslookup openwrt.org %s  # does it run, and can it be reached?",
    "no_target": CREATE,
    "set_full": "give the set a larger size (nft: `size`, ipset: `maxelem`), or list fewer hosts",
    "set_refused": "see the reason; nametrack tries again every 5 s to 5 min",
    "set_shared": "give nametrack a set of its own, or the other program the same timeouts",
    "endpoint_in_policy": "take the host or the prefix out of the policy; nametrack leaves the endpoint out anyway",
    "unused_set": "add a rule that marks or routes packets to the addresses in the set",
    "ipv6_uncovered": "uci set %s.config.ipv6_enabled='1'; uci commit %s; /etc/init.d/%s restart  # or give the policy "
    "option family 'ipv4'",
    "set_flags": "give the policy a set of the right type: ipv4_addr or ipv6_addr, with 'flags interval' for prefixes",
    "wildcard_unobserved": "names are seen when clients ask this router for them: see that they use its DNS, not DNS "
    "over HTTPS",
    "watchdog_also_active": "remove the line from the scheduled tasks (crontab -e): nametrack does the same, sooner",
    "clock_unset": "/etc/init.d/sysntpd restart  # until NTP works, the age of a handshake is guessed",
    "configuration": mending.CORRECT,
    "not_loaded": "/etc/init.d/nametrack reload",
    "disabled": "uci set nametrack.global.enabled='1'; uci commit nametrack; /etc/init.d/nametrack start",
}
MISSING_ELSEWHERE = "start the interface again: wg-quick down %s; wg-quick up %s; is the public key right?"
LIST_ADVICE = "correct the file: nametrack reads it again within half a minute after a change"
# What a scheduled task may do that nametrack does: words that all stand in its line.
WATCHDOGS = (
    ("wireguard_watchdog",),
    ("reresolve-dns",),
    ("wg set", "endpoint"),
    ("vpn-policy-routing", "reload"),
    ("vpn-policy-routing", "restart"),
)
MOST_NAMES = 8  # findings of unresolved names, one each; a list from a file may have hundreds of them
AHEAD = 300  # seconds that a handshake may lie in the future before the clock is suspected


def finding(code, severity, subject, text, advice=None):
    return {"code": code, "severity": severity, "subject": subject, "text": text, "advice": advice or ADVICE[code]}


def findings(agent, wall):
    """Every finding about the configuration and about how things stand at Unix time `wall`: a list, worst first."""
    found = agent.files.findings(lambda: _configuration(agent)) + _missing(agent) + _swallowed(agent)
    found = found + _unresolved(agent) + _silent(agent) + _sets(agent) + _watchdogs(agent) + _clock(agent, wall)
    if agent.routes.steered:
        from .routing_findings import routing_findings  # a router with target route only

        found = found + routing_findings(agent)
    if agent.files.machine is not None:
        from .machine_findings import fitted, machine_findings  # a router does not load it

        found = fitted(found + machine_findings(agent))
    return _worst_first(found)


def _configuration(agent):
    config = agent.config
    found = []
    for text in agent.files.errors():
        origin = config.origin.network if text in config.network_errors else config.origin.nametrack
        advice = LIST_ADVICE if text in config.list_errors else mending.correct(agent, origin)
        found.append(finding("configuration", "error", "configuration", text, advice))
    return found + _overlaps(agent) + _keepalives(agent) + _probes(config)


def _worst_first(found):
    order = {"error": 0, "warning": 1, "info": 2}
    keyed = [(order[found[i]["severity"]], i) for i in range(len(found))]
    return [found[i] for _, i in sorted(keyed)]


def _label(peer):
    return peer.description or peer.public_key


def _overlaps(agent):
    """Two peers of one interface that claim the same prefix: the kernel keeps it for the one that was set last.

    Of two prefixes that differ the longer one wins (cryptokey routing, as with routes): both peers work.
    """
    found, first, said = [], {}, set()
    for peer in agent.config.network_peers:
        for prefix in [] if peer.disabled else peer.allowed_ips:
            other = first.setdefault((peer.interface, prefix), peer)
            pair = (other.interface, other.public_key, peer.public_key)
            if other.public_key != peer.public_key and pair not in said:
                said.add(pair)
                text = "peers '%s' and '%s' both claim %s: only one of them works at a time"
                text = text % (_label(other), _label(peer), prefix)
                advice = ADVICE["allowed_ips_overlap"] % mending.take(agent, peer, prefix)
                found.append(finding("allowed_ips_overlap", "error", peer.interface, text, advice))
    return found


def _keepalives(agent):
    found = []
    for peer in agent.config.peers:
        if peer.enabled and not peer.persistent_keepalive and not peer.probe:
            subject = "%s peer %s" % (peer.interface, _label(peer))
            text = "no persistent_keepalive: without traffic, a dead tunnel goes unnoticed"
            advice = mending.keepalive(agent, peer.interface, peer.public_key)
            found.append(finding("no_keepalive", "warning", subject, text, advice))
    return found


def _probes(config):
    found = []
    for peer in config.peers:
        if peer.enabled and peer.probe and peer.probe_address is None:
            text = "option probe has no address to ping: the allowed IPs contain no single address"
            found.append(finding("no_probe_address", "warning", "%s peer %s" % (peer.interface, _label(peer)), text))
    return found


def _missing(agent):
    """Peers that the configuration has and the kernel has not."""
    found = []
    for key in sorted(agent.peers.peers):
        peer = agent.peers.peers[key]
        if peer.standing.value.state == "missing":
            name = peer.config.interface
            advice = ADVICE["peer_missing"] % name if agent.files.machine is None else MISSING_ELSEWHERE % (name, name)
            found.append(finding("peer_missing", "error", peer.label, peer.standing.value.reason, advice))
    return found


def _swallowed(agent):
    """Endpoints that lie in what is routed into a tunnel, where nothing keeps the tunnel's own packets out of it."""
    routed = {4: [], 6: []}
    for peer in agent.config.network_peers:
        if peer.route_allowed_ips and not peer.disabled:
            for prefix in peer.allowed_ips:
                family, first, last = ip.span(prefix)
                routed[family].append((first, last, prefix, peer.interface))
    found = []
    for key in sorted(agent.peers.peers):
        peer = agent.peers.peers[key]
        if peer.installed is None or peer.config.fwmark or peer.endpoint.has_way(peer.config):
            continue
        number = ip.number(peer.installed[0])
        for first, last, prefix, interface in routed[ip.family(peer.installed[0])]:
            if first <= number <= last:
                text = "its endpoint %s lies in %s, which is routed into %s" % (peer.installed[0], prefix, interface)
                advice = mending.host_route(agent, interface) if peer.config.nohostroute else None
                found.append(finding("endpoint_in_allowed_ips", "error", peer.label, text, advice))
                break
    return found


def _silent(agent):
    found = []
    for server, queries in agent.resolver.servers.silent_ones():
        text = "does not answer: %d queries in a row" % queries
        advice = mending.restart_resolver(agent, server)
        advice += ADVICE["nameserver_silent"] % "".join(mending.asked(server))
        found.append(finding("nameserver_silent", "warning", "nameserver %s" % server, text, advice))
    return found


def _watchdogs(agent):
    found = []
    for line in agent.files.cron:
        for words in WATCHDOGS:
            if all(word in line for word in words):
                advice = mending.without_task(agent, words)
                found.append(
                    finding("watchdog_also_active", "warning", "scheduled tasks", printable(line, 200), advice)
                )
                break
    return found


def _clock(agent, wall):
    if wall < CLOCK_SET:
        return [finding("clock_unset", "warning", "clock", "it was never set")]
    readings = [peer.reading for peer in agent.peers.peers.values() if peer.reading is not None]
    ahead = max([reading.last_handshake - wall for reading in readings] + [0])
    if ahead > AHEAD:
        return [finding("clock_unset", "warning", "clock", "a handshake lies %s in the future" % duration(ahead))]
    return []


def _unresolved(agent):
    found, said = [], set()
    of_peers = {key for peer in agent.peers.peers.values() for key in peer.names.keys()}  # they come first
    names = agent.resolver.names
    # before they are sorted: a router may follow thousands of names, of which few have a trouble
    troubled = [key for key in names if not names[key].is_named()]
    for key in sorted(troubled, key=lambda key: (key not in of_peers, key)):
        name = names[key]
        state, reason = name.state(sorted(name.questions))
        if name.host in said or agent.inquiries.asks(name) or not name.is_listed():
            continue
        if state in ("failing", "negative"):
            said.add(name.host)
            server = name.servers[0] if name.servers else ""
            advice = mending.unresolved(name.host, name.withheld(sorted(name.questions)), server)
            found.append(finding("name_unresolved", "error", name.host, reason, advice))
    more = len(found) - MOST_NAMES
    if more > 1:
        text = "DNS does not answer for them, or says that they do not exist"
        advice = "nametrack status --all names them"
        found[MOST_NAMES:] = [finding("name_unresolved", "error", "%d more names" % more, text, advice)]
    return found


def _sets(agent):
    found, policies, deaf = [], agent.policies, agent.observation.deaf
    for name in sorted(policies.sets.by_name):
        found.extend(_set(agent, policies.sets.by_name[name]))
    for name in sorted(policies.policies):
        policy = policies.policies[name]
        missing = policies.filling.missing(policy)
        if missing is not None and policy.candidates[0].service:
            found.append(finding("no_target", "error", policy.label, missing[0], missing[1]))
        unused = policies.filling.unused(policy)
        if missing is None and unused is not None:
            severity = "error" if policy.target.service is not None else "warning"
            advice = unused[1] or mending.route_instead(agent, policy)
            found.append(finding("unused_set", severity, policy.label, unused[0], advice))
        uncovered = policies.filling.uncovered(policy)
        if uncovered:
            service = policy.target.name
            taking = count_that(uncovered, "IPv6 address", "take")
            text = "%s the normal way: %s makes sets for IPv4 only" % (taking, service)
            advice = ADVICE["ipv6_uncovered"] % (service, service, service)
            found.append(finding("ipv6_uncovered", "warning", policy.label, text, advice))
        for wildcard in policy.config.wildcards:
            if not any(host.endswith(wildcard[1:]) for host in policy.seen):
                text = "no client asked this router for a name below '%s' yet" % wildcard[2:]
                text = text if deaf is None else "%s, or it was not heard: %s" % (text, deaf)
                advice = _wildcard_advice(policy, wildcard[2:])
                found.append(finding("wildcard_unobserved", "info", policy.label, text, advice))
    return found


def _set(agent, kernel_set):
    """What is wrong with one set."""
    if not kernel_set.use.sources:
        return []
    found, trouble = [], kernel_set.trouble
    owners = ", ".join([policy.config.name for policy in kernel_set.use.sources])
    subject, text = "policy '%s'" % owners, "set '%s' " % own_name(kernel_set.name)
    if trouble is not None and not (trouble[0] == "no_target" and kernel_set.use.service):
        if trouble[0] in ADVICE:
            advice = mending.make_set(kernel_set) if trouble[0] == "no_target" else None
            found.append(finding(trouble[0], "error", subject, text + trouble[1], advice))
    if kernel_set.shared:
        words = "loses elements early: another program, or a rule with `update`, shortens their timeouts"
        found.append(finding("set_shared", "warning", subject, text + words))
    left_out = kernel_set.left_out()
    if left_out:
        words = "is not given %s: an endpoint of the tunnel itself would be led into the tunnel" % ", ".join(left_out)
        advice = mending.without_endpoint(agent, kernel_set.use.sources, left_out)
        found.append(finding("endpoint_in_policy", "warning", subject, text + words, advice))
    return found


def _wildcard_advice(policy, domain):
    """Return the line by which dnsmasq fills the same set, with its advice; None for routes, which have none to fill.

    What dnsmasq adds to a set belongs to another program for us, and stays.
    """
    target = policy.target or policy.candidates[0]
    if not target.sets:
        return None
    names = [own_name(target.sets[family]) for family in sorted(target.sets)]
    if target.sets[min(target.sets)].kind == "ipset":
        line = "ipset=/%s/%s" % (domain, ",".join(names))
    else:
        specs = ["%d#%s" % (family, own_name(target.sets[family]).replace(" ", "#")) for family in sorted(target.sets)]
        line = "nftset=/%s/%s" % (domain, ",".join(specs))
    return "%s; dnsmasq-full can fill the same set beside nametrack: %s" % (ADVICE["wildcard_unobserved"], line)
