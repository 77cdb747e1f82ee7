"""The state as metrics for Prometheus: names, units and types by its conventions, texts in either of its formats.

The rows for single peers, names and policies are bounded, so that a long configuration cannot fill a database; the
counts by state cover all of them.
"""

from collections import namedtuple

from ..config.option_values import printable
from .findings import findings
from .status import peers, policies

PEERS, NAMES, POLICIES = 100, 250, 100  # that have series of their own
LABEL = 256  # characters of a text of others: no host name is longer

PEER_STATES = ("current", "roamed", "suspect", "stalled", "unresolved", "missing", "disabled")
NAME_STATES = ("current", "stale", "negative", "failing", "unknown")
POLICY_STATES = ("current", "partial", "no_target", "failing", "failed_over", "blocked", "disabled")

# kind: gauge, counter, info or histogram; name: without the suffix of its samples, as OpenMetrics has it; samples:
# [(suffix, labels, value)], labels: ((name, value), …)
Family = namedtuple("Family", ("name", "kind", "help", "samples"))


def families(agent, now, wall):
    """What the core knows of, at monotonic `now`, which is Unix time `wall`: a list of Family.

    A generator, whose value it is; as with status.building, each row is as it was when it was made.
    """
    errors, severities = len(agent.files.errors()), ("error", "warning", "info")
    found = [each["severity"] for each in findings(agent, wall)]
    made = [
        _gauge("config_errors", "Problems found in the configuration.", [((), errors)]),
        _gauge("findings", "What nametrack check finds.", _counted("severity", severities, found)),
        _counter("dns_queries", "DNS queries that were sent.", [((), agent.resolver.queries)]),
        _counter("dns_failed_lookups", "Lookups that ended without an answer.", [((), agent.resolver.failures)]),
    ]
    yield
    made = made + (yield from _peers(agent, now, wall))
    made = made + (yield from _names(agent))
    return made + (yield from _policies(agent, now, wall))


def process_families(build, started, memory, lag):
    """The process. build: {label: value}; started: Unix seconds; memory: bytes or None; lag: Histogram."""
    labels = tuple([(name, build[name]) for name in sorted(build)])
    resident = [] if memory is None else [((), memory)]
    return [
        Family("nametrack_build", "info", "What runs.", [("_info", labels, "1")]),
        _gauge("start_time_seconds", "Unix time at which the agent started.", [((), started)]),
        _gauge("resident_memory_bytes", "Memory that is resident.", resident),
        histogram("loop_lag_seconds", "How late the agent was for what was due.", lag),
    ]


def _peers(agent, now, wall):
    states = []
    info, state, handshakes, received, sent, changes, stalls, recoveries = [], [], [], [], [], [], [], []
    for each in peers(agent, now, wall):
        yield
        states.append(each["state"])
        if len(states) > PEERS:
            continue
        key = (("interface", each["interface"]), ("public_key", each["public_key"]))
        about = (("description", each["description"]), ("endpoint_host", each["endpoint_host"]))
        info.append(("_info", key + about, "1"))
        state.extend(_state(key, PEER_STATES, each["state"]))
        peer = agent.peers.peers.get((each["interface"], each["public_key"]))
        if peer is None:
            continue  # disabled
        if each["last_handshake"]:
            handshakes.append((key, each["last_handshake"]))
        received.append((key, each["rx_bytes"]))
        sent.append((key, each["tx_bytes"]))
        changes.append((key, peer.endpoint.changes))
        stalls.append((key, peer.outages.stalls))
        recoveries.append((key, peer.outages.recoveries))
    return [
        _gauge("peers", "Followed peers by state.", _counted("state", PEER_STATES, states)),
        Family("nametrack_peer", "info", "A followed peer and what it is called.", info),
        _gauge("peer_state", "1 for the state that the peer is in.", state),
        _gauge(
            "peer_last_handshake_timestamp_seconds", "Unix time of the last handshake; none yet: absent.", handshakes
        ),
        _counter("peer_receive_bytes", "Bytes received from the peer, by the kernel.", received),
        _counter("peer_transmit_bytes", "Bytes sent to the peer, by the kernel.", sent),
        _counter("peer_endpoint_changes", "How often the kernel showed another endpoint.", changes),
        _counter("peer_stalls", "How often the tunnel was found dead.", stalls),
        _counter("peer_recoveries", "How often a dead or moved tunnel answered again.", recoveries),
        histogram(
            "recovery_duration_seconds",
            "From the first packet without an answer to the next answer, of tunnels that were dead or moved.",
            agent.peers.outages,
        ),
    ]


def _names(agent):
    # One name may be asked of several nameservers: a graph shows it as one.
    by_host, states = {}, []
    for key in sorted(agent.resolver.names):
        name = agent.resolver.names[key]
        if not agent.inquiries.asks(name):
            by_host.setdefault(name.host, []).append(name)
    ttls, resolved, queries, failures = [], [], [], []
    for host in sorted(by_host):
        yield
        names = by_host[host]
        found = [name.state(sorted(name.questions))[0] for name in names]
        worst = max([NAME_STATES.index(state) for state in found])
        states.append(NAME_STATES[worst])
        if len(states) > NAMES:
            continue
        label = (("host", host),)
        rrsets = [q.rrset for name in names for q in name.questions.values() if q.rrset is not None]
        if rrsets:
            ttls.append((label, min([rrset.ttl for rrset in rrsets])))
        resolved.append((label, 1 if worst == 0 else 0))
        queries.append((label, sum([name.queries for name in names])))
        failures.append((label, sum([name.failures for name in names])))
    return [
        _gauge("names", "Followed names by state.", _counted("state", NAME_STATES, states)),
        _gauge("name_resolved", "1 while DNS answers for the name with an address.", resolved),
        _gauge("name_ttl_seconds", "Life of the last answer, between min_ttl and max_ttl.", ttls),
        _counter("name_queries", "DNS queries sent for the name.", queries),
        _counter("name_failed_lookups", "Lookups of the name that ended without an answer.", failures),
    ]


def _policies(agent, now, wall):
    states = []
    info, state, wanted, installed, added, deleted = [], [], [], [], [], []
    for each in policies(agent, now, wall):
        yield
        states.append(each["state"])
        if len(states) > POLICIES:
            continue
        key = (("policy", each["name"]),)
        info.append(("_info", key + (("interface", each["interface"] or ""), ("target", each["target"])), "1"))
        state.extend(_state(key, POLICY_STATES, each["state"]))
        policy = agent.policies.policies.get(each["name"])
        if policy is None:
            continue  # disabled
        for family in ("4", "6"):
            if each["set" + family]:
                labels = key + (("family", "ipv" + family),)
                wanted.append((labels, each["wanted" + family]))
                installed.append((labels, each["installed" + family]))
        added.append((key, policy.added))
        deleted.append((key, policy.deleted))
    return [
        _gauge("policies", "Policies by state.", _counted("state", POLICY_STATES, states)),
        Family("nametrack_policy", "info", "A policy and what it fills.", info),
        _gauge("policy_state", "1 for the state that the policy is in.", state),
        _gauge("policy_wanted_elements", "Elements that the policy wants in its set.", wanted),
        _gauge("policy_installed_elements", "Those of them that the set holds.", installed),
        _counter("policy_added_elements", "Elements that were added to the policy's sets.", added),
        _counter("policy_deleted_elements", "Elements that were deleted from them.", deleted),
    ]


def _gauge(name, help, values):
    return Family("nametrack_" + name, "gauge", help, [("", labels, "%d" % value) for labels, value in values])


def _counter(name, help, values):
    return Family("nametrack_" + name, "counter", help, [("_total", labels, "%d" % value) for labels, value in values])


def histogram(name, help, values):
    """The family of a core.histogram.Histogram."""
    counts, samples = values.cumulative(), []
    for bound, count in zip(values.bounds, counts):
        samples.append(("_bucket", (("le", _float(bound)),), "%d" % count))
    samples.append(("_bucket", (("le", "+Inf"),), "%d" % counts[-1]))
    samples.append(("_count", (), "%d" % counts[-1]))
    samples.append(("_sum", (), "%.3f" % values.sum))
    return Family("nametrack_" + name, "histogram", help, samples)


def _float(value):
    """A bound as OpenMetrics spells it: 10.0, 0.25."""
    text = "%.3f" % value
    while text.endswith("0") and not text.endswith(".0"):
        text = text[: len(text) - 1]
    return text


def _state(key, states, state):
    """A series for each state, so that none of them vanishes."""
    return [(key + (("state", each),), 1 if each == state else 0) for each in states]


def _counted(label, values, found):
    return [(((label, value),), len([each for each in found if each == value])) for value in values]


# -- text ----------------------------------------------------------------------------------------------------------

UNITS = ("seconds", "bytes")


def openmetrics(found):
    """The families as OpenMetrics text, version 1.0.0: the value of a generator."""
    lines = []
    for family in found:
        yield
        if family.samples:
            lines.append("# HELP %s %s" % (family.name, family.help))
            lines.append("# TYPE %s %s" % (family.name, family.kind))
            unit = family.name.split("_")[-1]
            if unit in UNITS:
                lines.append("# UNIT %s %s" % (family.name, unit))
            _samples(family, lines)
    lines.append("# EOF\n")
    return "\n".join(lines)


def prometheus(found):
    """The same in Prometheus' own text format, version 0.0.4: what its exporters and promtool speak."""
    lines = []
    for family in found:
        yield
        if family.samples:
            name = family.name if family.kind == "histogram" else family.name + family.samples[0][0]
            lines.append("# HELP %s %s" % (name, family.help))
            lines.append("# TYPE %s %s" % (name, "gauge" if family.kind == "info" else family.kind))
            _samples(family, lines)
    lines.append("")
    return "\n".join(lines)


FORMATS = {"openmetrics": openmetrics, "prometheus": prometheus}


def _samples(family, lines):
    for suffix, labels, value in family.samples:
        shown = ",".join(['%s="%s"' % (name, escaped(text)) for name, text in labels])
        lines.append("%s%s%s %s" % (family.name, suffix, "{%s}" % shown if shown else "", value))


def escaped(text):
    """The value of a label, which may be a text of others: nothing in it can end it, or the line."""
    return printable(text, LABEL).replace("\\", "\\\\").replace('"', '\\"')
