"""The configuration: /etc/config/nametrack and the WireGuard peers of /etc/config/network as one checked value.

Nothing in a file can stop the rest of it: the smallest bad thing is left out and said in `Config.errors`.
"""

from collections import namedtuple

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ... import ip
from . import punycode  # noqa: F401
from .option_values import printable
from .options import GLOBAL, PEER, PEER_IDENTITY, POLICY, POLICY_ROUTE, POLICY_SETS
from .section import Report, Section, hint, sections
from . import network

# isort: on

# nameservers: "address" or "address#port"; fallbacks: ("address", such a text) or ("interface", netifd name); times
# in seconds; wg_quick, restore_package: path or None; peers: those to follow; interfaces: dict of NetworkInterface by
# name;
# fwmark_mask: hexadecimal text;
# network_peers: every WireGuard peer of /etc/config/network, followed or not; errors: [text], all of them;
# network_errors: those of them that are about the network's sections
Config = namedtuple(
    "Config",
    (
        "enabled",
        "log_level",
        "track_peers",
        "family",
        "nameservers",
        "fallbacks",
        "min_ttl",
        "max_ttl",
        "retain",
        "peer_interval",
        "suspect_time",
        "stall_timeout",
        "probe",
        "probe_interval",
        "handshake_timeout",
        "authoritative",
        "flush_conntrack",
        "observe",
        "hold",
        "observe_time",
        "wg_quick",
        "table",
        "fwmark_mask",
        "restore",
        "restore_package",
        "peers",
        "policies",
        "interfaces",
        "network_peers",
        "errors",
        "network_errors",
    ),
)
# probe_address: None where nobody is known to answer; persistent_keepalive: seconds, 0 for off; nohostroute, tunlink
# fwmark (whether there is one) and auto (whether netifd starts it by itself): of its interface; in_network: False for
# a peer that only the kernel knows
PeerConfig = namedtuple(
    "PeerConfig",
    (
        "interface",
        "public_key",
        "description",
        "enabled",
        "endpoint_host",
        "endpoint_port",
        "family",
        "follow",
        "probe",
        "probe_address",
        "nameservers",
        "persistent_keepalive",
        "allowed_ips",
        "route_allowed_ips",
        "nohostroute",
        "tunlink",
        "fwmark",
        "auto",
        "in_network",
    ),
)
# What only routes of our own can do. interfaces: the ways out, the preferred first; action: route | bypass; fallback:
# main | block; check_address: text or None; failback_delay: seconds; clients: [(kind, text)] as option_values.client
# has it; protos: "tcp", "udp"; ports: [(first, last)]
Steering = namedtuple(
    "Steering",
    (
        "interfaces",
        "action",
        "fallback",
        "keep_local",
        "check_address",
        "failback_delay",
        "clients",
        "protos",
        "ports",
    ),
)
# interface: None is possible for nftset and ipset only; set4, set6: "family table set" for nftset, a name for ipset,
# None where not given and for the other targets; hosts: names to look up; literals: addresses and prefixes; wildcards:
# what cannot be looked up, as `*.name`; interface: the first of steering.interfaces
PolicyConfig = namedtuple(
    "PolicyConfig",
    (
        "name",
        "enabled",
        "interface",
        "target",
        "set4",
        "set6",
        "family",
        "retain",
        "hosts",
        "literals",
        "wildcards",
        "steering",
    ),
)

TYPES = ("nametrack", "peer", "policy")
EVERYWHERE = ("0.0.0.0/0", "::/0")  # the hosts of a policy that takes all that its clients send

# network: where the network's sections come from, for people; defaults: {global option: value}, before the table's
Origin = namedtuple("Origin", ("network", "defaults"))
ROUTER = Origin("/etc/config/network", {})


def build(nametrack_sections, network_sections, problems, origin=ROUTER, network_problems=()):
    """The Config of the sections that the UCI parser found in the two files; never raises.

    `problems`, `network_problems`: the parser's own complaints about each, which come first.
    """
    report, network_report = Report(problems), Report(network_problems)
    by_type = {"nametrack": [], "peer": [], "policy": []}
    for section in sections(nametrack_sections, report):
        if section.kind in by_type:
            by_type[section.kind].append(section)
        else:
            section.problem("type '%s' is not known%s" % (printable(section.kind, 60), hint(section.kind, TYPES)))
    settings = _settings(by_type["nametrack"], report, origin.defaults)
    interfaces, network_peers = network.read(network_sections, network_report)
    peers = _peers(by_type["peer"], settings, interfaces, network_peers, origin.network)
    policies = _policies(by_type["policy"], settings)
    settings["nameservers"] = settings.pop("nameserver")
    fallbacks = settings.pop("fallback_nameserver")
    settings["fallbacks"] = [] if ("none", None) in fallbacks else fallbacks
    return Config(
        peers=peers,
        policies=policies,
        interfaces=interfaces,
        network_peers=network_peers,
        errors=report.all() + network_report.all(),
        network_errors=network_report.all(),
        **settings,
    )


def wg_quick_folder(nametrack_sections):
    """The folder of wg-quick's files that the sections say, None for none."""
    found = [section for section in sections(nametrack_sections, Report([])) if section.kind == "nametrack"]
    return _settings(found, Report([]), {})["wg_quick"]


def _settings(found, report, defaults):
    section = found[0] if found else Section("nametrack", "global", {}, report)
    for other in found[1:]:
        other.reject("section '%s' has the settings already" % printable(section.name, 60))
    values = section.read(GLOBAL, defaults)
    section.report_unknown([option.name for option in GLOBAL])
    least, most = values["min_ttl"], values["max_ttl"]
    if most < least:
        values["max_ttl"] = max(3600, least)
        section.problem("option 'max_ttl': '%d' is less than min_ttl; using %d" % (most, values["max_ttl"]))
    return values


def _peers(found, settings, interfaces, network_peers, network_name):
    known = {}
    for peer in network_peers:
        known[peer.interface, peer.public_key] = peer
    listed, alone = {}, []
    names = {}  # of the section that was first about a peer
    for section in found:
        identity = section.read(PEER_IDENTITY, {})
        section.report_unknown([option.name for option in PEER_IDENTITY + PEER])
        if not section.usable:
            continue
        key = (identity["interface"], identity["public_key"])
        if key in names:
            section.reject("section '%s' is about the same peer" % names[key])
            continue
        names[key] = printable(section.name, 60)
        values = section.read(PEER, _inherited(settings, known.get(key)))
        if values["endpoint_host"] is None:
            section.reject(_nothing_to_follow(known.get(key), network_name))
            continue
        listed[key] = _peer(key, values, known.get(key), interfaces)
        if key not in known:
            alone.append(listed[key])
    peers = []
    for peer in network_peers:
        key = (peer.interface, peer.public_key)
        if key in listed:
            peers.append(listed[key])
        elif settings["track_peers"] == "all" and key not in names and _name(peer) is not None:
            values = Section("peer", "", {}, None).read(PEER, _inherited(settings, peer))  # all of them defaults
            peers.append(_peer(key, values, peer, interfaces))
    return peers + alone


def _name(peer):
    # what is followed is a name; the host of a network peer may be an address too
    return None if peer.endpoint_host is None or ip.packed(peer.endpoint_host) is not None else peer.endpoint_host


def _inherited(settings, peer):
    inherited = {"family": settings["family"], "probe": settings["probe"], "nameserver": settings["nameserver"]}
    if peer is not None:
        inherited["endpoint_host"] = _name(peer)
        inherited["endpoint_port"] = peer.endpoint_port
        inherited["probe_address"] = _first_host(peer.allowed_ips)
    return inherited


def _first_host(allowed_ips):
    for prefix in allowed_ips:
        if "/" not in prefix:
            return prefix
    return None


def _nothing_to_follow(peer, network_name):
    if peer is None:
        return "%s has no such peer, and option 'endpoint_host' is missing" % network_name
    if peer.endpoint_host is None:
        return "option 'endpoint_host' is missing, here and in %s" % network_name
    return "the peer's endpoint_host in %s is an address: there is nothing to follow" % network_name


def _peer(key, values, peer, interfaces):
    interface = interfaces.get(key[0])
    return PeerConfig(
        interface=key[0],
        public_key=key[1],
        description="" if peer is None else peer.description,
        enabled=values["enabled"]
        and (peer is None or not peer.disabled)
        and (interface is None or not interface.disabled),
        endpoint_host=values["endpoint_host"],
        endpoint_port=values["endpoint_port"],
        family=values["family"],
        follow=values["follow"],
        probe=values["probe"],
        probe_address=values["probe_address"],
        nameservers=values["nameserver"],
        persistent_keepalive=0 if peer is None else peer.persistent_keepalive,
        allowed_ips=[] if peer is None else peer.allowed_ips,
        route_allowed_ips=False if peer is None else peer.route_allowed_ips,
        nohostroute=False if interface is None else interface.nohostroute,
        tunlink=None if interface is None else interface.tunlink,
        fwmark=interface is not None and interface.fwmark,
        auto=interface is None or interface.auto,
        in_network=peer is not None,
    )


def _policies(found, settings):
    policies, names = [], set()
    for section in found:
        name = printable(section.name, 60)
        if name in names:
            section.reject("another policy has this name")
            continue
        names.add(name)
        policy = _policy(section, name, settings)
        if policy is not None:
            policies.append(policy)
    return policies


def _policy(section, name, settings):
    values = section.read(POLICY, {"family": settings["family"], "retain": settings["retain"]})
    section.report_unknown([option.name for option in POLICY + POLICY_ROUTE] + ["set4", "set6"])
    steering = _steering(section, values)
    target = values["target"]
    sets = {"set4": None, "set6": None}
    if target in POLICY_SETS:
        sets = section.read(POLICY_SETS[target], {})
        if sets["set4"] is not None and sets["set4"] == sets["set6"]:
            # a set holds addresses of one family
            section.problem("option 'set6': the same set as set4; ignoring option")
            sets["set6"] = None
        if sets["set4"] is None and sets["set6"] is None:
            section.reject("target '%s' needs option 'set4' or 'set6'" % target)
    elif not values["interface"] and steering.action == "route":
        section.reject("target '%s' needs option 'interface'" % target)
    wildcards = [text for text in values["host"] if text.startswith("*.")]
    named = [text for text in values["host"] if text not in wildcards]
    hosts, literals = _split(section, named, values["family"])
    if not section.usable:
        return None
    if not section.gives("host") and target in ("auto", "route") and _selects(steering):
        literals = [text for text in EVERYWHERE if values["family"] in ("any", "ipv%d" % ip.family(text))]
    elif not values["host"]:
        section.problem("no usable option 'host': nothing to steer")
    return PolicyConfig(
        name,
        values["enabled"],
        values["interface"][0] if values["interface"] else None,
        target,
        sets["set4"],
        sets["set6"],
        values["family"],
        values["retain"],
        hosts,
        literals,
        wildcards,
        steering,
    )


def _steering(section, values):
    """The Steering of a policy; `values["target"]` becomes "route" where that is what `auto` must be."""
    found = section.read(POLICY_ROUTE, {})
    steering = Steering(
        values["interface"],
        found["action"],
        found["fallback"],
        found["keep_local"],
        found["check_address"],
        found["failback_delay"],
        found["client"],
        found["proto"],
        found["port"],
    )
    # Without these the policy would be about more than is meant: the section goes rather than the option.
    for name in ("client", "proto", "port"):
        if section.gives(name) and not found[name]:
            section.reject("no usable option '%s'" % name)
    needs = [name for name in ("client", "proto", "port") if found[name]]
    needs += ["action"] if steering.action == "bypass" else []
    needs += ["fallback"] if steering.fallback == "block" else []
    if values["target"] == "auto" and (needs or len(steering.interfaces) > 1):
        values["target"] = "route"
    elif values["target"] not in ("auto", "route"):
        if needs:
            section.reject("option '%s' needs target 'route'" % needs[0])
        elif len(steering.interfaces) > 1:
            section.problem("option 'interface': only target 'route' takes several; using %s" % steering.interfaces[0])
    return steering


def _selects(steering):
    return bool(steering.clients or steering.protos or steering.ports)


def _split(section, given, family):
    """`(hosts, literals)`, the literals only of the family that may be used."""
    hosts, literals = [], []
    for text in given:
        if ip.prefix(text) is None:
            hosts.append(text)
        elif family == "any" or family == "ipv%d" % ip.family(text):
            literals.append(text)
        else:
            section.problem("option 'host': '%s' is not %s, the family of the policy; ignoring it" % (text, family))
    return hosts, literals
