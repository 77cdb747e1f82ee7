"""What `check` finds about routes of our own: the firewall, other rules and tables, reverse path filters, families."""

from ... import ip, routing
from ..config.section import hint
from ..routes import fit
from ..routes.standing import UNKNOWN, standing, unknown_clients
from . import findings, mending
from .forwarding import RELOAD, lack, zone_of

ADVICE = {
    "not_forwarded": RELOAD,
    "table_conflict": "uci set nametrack.global.table='%d'; uci commit nametrack; /etc/init.d/nametrack reload",
    "rp_filter": "echo net.ipv4.conf.%s >>/etc/sysctl.conf; sysctl -p; /etc/init.d/nametrack reload",
    "too_many_rules": "list fewer clients or ports: prefixes and ranges instead of single ones, or an interface; or "
    "give policies the same clients, protocols and ports and put them next to each other: then they share rules",
    "not_blocked": "the reason or the log (logread -e nametrack) names the route: remove the one that is in the way, "
    "or take its address out of the policy; then /etc/init.d/nametrack reload",
    "client_unknown": "ip neigh | grep -i '%s'  # if it prints nothing: is the device on, does it use this router, and "
    "is this its MAC address here? Behind another router, list its IP address",
    "ipv6_uncovered": "give the interface an IPv6 address and its peer ::/0 in allowed_ips, or leave it: IPv4 is used",
}
ANYWHERE6 = ip.key("::/0")
IPV4_CLIENTS = (
    "what its clients send by IPv6 takes the normal way: it lists their IPv4 addresses only",
    "list them by their MAC address, or their IPv6 addresses as well; if IPv6 is not meant, option family 'ipv4'",
)
LAN = "lan"  # the interface that clients are behind, if a policy does not name others
OTHER_TABLES = (500, 300, 700)  # where ours may begin instead
OTHER_MASKS = ("0x10000000", "0x20000000", "0x40000000", "0x80000000")


def routing_findings(agent):
    """Return the findings about policies with target route."""
    routes = agent.routes
    if not routes.steered or routes.installation.view is None:
        return []
    found = _nowhere(agent) + ([] if agent.files.firewall is None else _firewall(agent))
    found += _without_room(routes) + _leaks(routes) + _unknown(routes)
    return found + _conflicts(routes) + _reverse_paths(routes) + _uncovered(agent)


def _without_room(routes):
    found = []
    for each in routes.steered:
        if not routes.fit.holds(each.group):
            code, subject, advice = "too_many_rules", each.policy.label, ADVICE["too_many_rules"]
            found.append(findings.finding(code, "error", subject, fit.reason(each), advice))
    return found


def _leaks(routes):
    """Policies whose packets are to be blocked now, and are not."""
    found = []
    for steered in routes.steered:
        _, code, reason = standing(routes, steered)
        if code == "not_blocked":
            found.append(findings.finding(code, "error", steered.policy.label, reason, ADVICE[code]))
    return found


def _unknown(routes):
    """Clients by their MAC address that have no rules, because no address of theirs is known."""
    found = []
    for steered in routes.steered:
        for hardware in unknown_clients(routes, steered):
            advice = ADVICE["client_unknown"] % hardware
            found.append(findings.finding("client_unknown", "info", steered.policy.label, UNKNOWN % hardware, advice))
    return found


def _nowhere(agent):
    """Interfaces of policies that are in no file and have no device now, misspelt or to come later, or disabled."""
    found, origin = [], agent.config.origin
    for steered in agent.routes.steered:
        clients = [client.value for client in steered.selector.clients if client.kind == "interface"]
        for name in steered.steering.interfaces + clients:
            if not _is_known(agent, name):
                text = "section '%s': interface '%s' is not in %s, and there is no such device now%s"
                text = text % (steered.name, name, origin.network, hint(name, sorted(agent.config.interfaces)))
                advice = mending.correct(agent, origin.nametrack)
                found.append(findings.finding("configuration", "error", "configuration", text, advice))
            elif mending.is_disabled(agent, name):
                text = "section '%s': interface '%s' is disabled in %s" % (steered.name, name, origin.network)
                advice = mending.start(agent, name)
                found.append(findings.finding("configuration", "warning", "configuration", text, advice))
    return found


def _is_known(agent, name):
    links = agent.routes.installation.view.links
    known = name in agent.config.interfaces or name in agent.interfaces.known
    return known or any(link.name == name for link in links)


def _firewall(agent):
    found, said = [], set()
    for steered in agent.routes.steered:
        names = steered.steering.interfaces if steered.steering.action == "route" else []
        for name in names:
            for source in _sources(steered):
                if (name, source) not in said and _is_known(agent, name):
                    said.add((name, source))
                    found += _not_forwarded(agent, steered, agent.routes.way(name), source)
    return found


def _sources(steered):
    """The interfaces that clients of a policy are behind."""
    named = [client.value for client in steered.selector.clients if client.kind == "interface"]
    return named or [LAN]


def _not_forwarded(agent, steered, way, interface):
    """[finding] of what the firewall lacks for packets from an interface into a way."""
    source = zone_of(agent, interface, agent.interfaces.device(interface) or interface)
    if source is None:
        return []
    carried = [family for family in steered.families() if way.carries(family)]
    lacks = lack(agent, source, way.name, way.device, carried)
    if lacks is None:
        return []
    severity = "info" if lacks.masquerades else "error"
    return [findings.finding("not_forwarded", severity, steered.policy.label, lacks.text, lacks.advice)]


def _conflicts(routes):
    found, view = [], routes.installation.view
    others = [rule for rule in view.rules if rule.protocol != routing.PROTOCOL]
    ours = [rule.preference for rule in view.rules if rule.protocol == routing.PROTOCOL]
    tables = set([routes.table_of(steered.name) for steered in routes.steered])
    for rule in others:
        if rule.action == routing.LOOKUP and rule.argument in tables:
            text = "rule %d of another program looks up table %d, which holds nametrack's routes"
            found.append(_elsewhere("IPv%d" % rule.family, text % (rule.preference, rule.argument), tables))
        elif ours and rule.preference < max(ours) and _takes_everything(rule):
            text = "rule %d of another program decides about every packet before nametrack's rules, which begin at %d"
            said = text % (rule.preference, min(ours))
            subject = "IPv%d" % rule.family
            found.append(findings.finding("table_conflict", "error", subject, said, mending.behind(rule)))
        elif routes.bit and rule.match.mark is not None and rule.match.mark[1] & routes.bit and _is_partial(rule):
            text = "rule %d of another program looks at the packet mark 0x%x, which connections from the WAN get"
            free = [mask for mask in OTHER_MASKS if not int(mask, 16) & rule.match.mark[1]] or OTHER_MASKS
            advice = "uci set nametrack.global.fwmark_mask='%s'; uci commit nametrack; /etc/init.d/nametrack reload"
            said = text % (rule.preference, routes.bit)
            found.append(findings.finding("table_conflict", "warning", "IPv%d" % rule.family, said, advice % free[0]))
    return found


def _elsewhere(subject, text, tables):
    free = [number for number in OTHER_TABLES if number not in tables]
    return findings.finding("table_conflict", "error", subject, text, ADVICE["table_conflict"] % free[0])


def _takes_everything(rule):
    """Whether no packet gets past a rule: it has no condition, or the inverted one of wg-quick's full tunnel."""
    match = rule.match
    if rule.suppress is not None or rule.action in (routing.GOTO, routing.NOP) or rule.preference == 0:
        return False
    narrow = (match.source, match.destination, match.iif, match.oif, match.transport, match.sports, match.dports)
    if any(each is not None for each in narrow):
        return False
    return match.mark is None and not match.others or match.mark is not None and match.others


def _is_partial(rule):
    return rule.match.mark[1] != 0xFFFFFFFF


def _reverse_paths(routes):
    """Strict reverse path filters of IPv4 drop what comes in by the WAN for a client whose answers we lead away."""
    view, found = routes.installation.view, []
    if not routes.bit:
        return []
    for name in view.strict:
        text = "%s drops what comes in for clients whose whole traffic a policy takes: rp_filter is strict there"
        advice = ADVICE["rp_filter"] % "all.src_valid_mark=1"
        found.append(findings.finding("rp_filter", "warning", name, text % name, advice))
    return found


def _uncovered(agent):
    found, said, routes = [], set(), agent.routes
    for steered in routes.steered:
        if steered.steering.action != "route" or 6 not in steered.families() or not steered.policy.wanted(6):
            continue
        if not routes.fit.holds(steered.group):
            continue
        if _has_ipv4_clients_only(steered) and any(route.key == ANYWHERE6 for route in routes.installation.view.main):
            severity = "warning" if steered.blocks else "info"
            found.append(findings.finding("ipv6_uncovered", severity, steered.policy.label, *IPV4_CLIENTS))
            continue
        for name in steered.steering.interfaces:
            way = routes.way(name)
            if way.carries(4) and not way.carries(6) and name not in said:
                said.add(name)
                text = (
                    "%s carries no IPv6: through it, the policy's IPv6 addresses are unreachable, and clients use IPv4"
                )
                subject, advice = steered.policy.label, mending.whole_family(agent, name, 6)
                advice = advice or ADVICE["ipv6_uncovered"]
                found.append(findings.finding("ipv6_uncovered", "info", subject, text % name, advice))
    return found


def _has_ipv4_clients_only(steered):
    clients = steered.selector.clients
    return bool(clients) and all(each.kind == "prefix" and ip.family(each.value) == 4 for each in clients)
