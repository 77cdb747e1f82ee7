"""What `check` finds: CONTRACT.md section 7. Each finding says what, where, and what to do."""

from .. import ip
from .policies import plain

ADVICE = {
    "allowed_ips_overlap": "give each address to one peer only: the kernel sends it to the one that was set last",
    "no_keepalive": "set persistent_keepalive (25 is usual), so that a dead tunnel is noticed without traffic",
    "name_unresolved": "check the spelling, and that the nameserver knows the name: nslookup %s %s",
    "no_target": "create the set, e.g. with a `config ipset` section in /etc/config/firewall, or correct the option",
    "set_flags": "give the policy a set of the right type: ipv4_addr or ipv6_addr, with 'flags interval' for prefixes",
    "configuration": "correct /etc/config/nametrack, then /etc/init.d/nametrack reload",
    "not_loaded": "/etc/init.d/nametrack reload",
}


def finding(code, severity, subject, text, advice=None):
    return {"code": code, "severity": severity, "subject": subject, "text": text, "advice": advice or ADVICE[code]}


def findings(agent):
    """Every finding about the configuration and about how things stand: a list, worst first."""
    return _worst_first(agent.config_findings + _unresolved(agent) + _sets(agent))


def config_findings(config):
    """What the configuration alone tells: made once for each, as status and check show it again and again."""
    found = [finding("configuration", "error", "configuration", text) for text in config.errors]
    return found + _overlaps(config) + _keepalives(config)


def _worst_first(found):
    order = {"error": 0, "warning": 1, "info": 2}
    keyed = [(order[found[i]["severity"]], i) for i in range(len(found))]
    return [found[i] for _, i in sorted(keyed)]


def _label(peer):
    return peer.description or peer.public_key


def _overlaps(config):
    """Two peers of one interface that claim the same addresses: a sweep over the sorted spans, no pairs."""
    found, by_interface = [], {}
    for peer in config.network_peers:
        if peer.disabled:
            continue
        for prefix in peer.allowed_ips:
            by_interface.setdefault(peer.interface, []).append((prefix, peer))
    for interface in sorted(by_interface):
        spans = []
        for prefix, peer in by_interface[interface]:
            family, first, last = ip.span(prefix)
            spans.append((family, first, -last, peer.public_key, prefix, _label(peer)))
        said, widest = set(), {}
        for family, first, minus_last, key, prefix, label in sorted(spans):
            # The widest span so far of each of two different peers is enough to see any overlap.
            for other_key, (last, other_prefix, other_label) in sorted(widest.get(family, {}).items()):
                pair = tuple(sorted((key, other_key)))
                if other_key != key and last >= first and pair not in said:
                    said.add(pair)
                    text = "peers '%s' (%s) and '%s' (%s) claim the same addresses: only one of them works at a time"
                    text = text % (other_label, other_prefix, label, prefix)
                    found.append(finding("allowed_ips_overlap", "error", interface, text))
            reach = widest.setdefault(family, {})
            live = {k: reach[k] for k in reach if reach[k][0] >= first}
            if key not in live or live[key][0] < -minus_last:
                live[key] = (-minus_last, prefix, label)
            widest[family] = live
    return found


def _keepalives(config):
    found = []
    for peer in config.peers:
        if peer.enabled and not peer.persistent_keepalive and not peer.probe:
            subject = "%s peer %s" % (peer.interface, _label(peer))
            text = "no persistent_keepalive: without traffic nobody sees that the tunnel is dead"
            found.append(finding("no_keepalive", "warning", subject, text))
    return found


def _unresolved(agent):
    found, said = [], set()
    for key in sorted(agent.resolver.names):
        name = agent.resolver.names[key]
        state, reason = name.state(sorted(name.questions))
        if state in ("failing", "negative") and name.host not in said:
            said.add(name.host)
            server = name.servers[0] if name.servers else ""
            advice = ADVICE["name_unresolved"] % (name.host, server.replace("#", " port "))
            found.append(finding("name_unresolved", "error", name.host, reason, advice.strip()))
    return found


def _sets(agent):
    found = []
    for set_name in sorted(agent.policies.sets):
        kernel_set = agent.policies.sets[set_name]
        owners = ", ".join([policy.config.name for policy in kernel_set.sources])
        trouble = agent.policies.trouble(set_name)
        if trouble is None:
            continue
        text = "set '%s' %s" % (plain(set_name), trouble)
        code = "set_flags" if kernel_set.problem or kernel_set.refused else "no_target"
        found.append(finding(code, "error", "policy '%s'" % owners, text))
    for name in sorted(agent.policies.policies):
        policy = agent.policies.policies[name]
        if not policy.sets():
            text = "target '%s' cannot be filled yet" % policy.config.target
            found.append(finding("no_target", "error", "policy '%s'" % name, text, "use target nftset or ipset"))
    return found
