"""The configuration: /etc/config/nametrack and the WireGuard peers of /etc/config/network as one checked value.

Nothing in a file can stop the rest of it: the smallest bad thing is left out and said in `Config.errors`.
"""

from collections import namedtuple

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from ... import ip  # noqa: F401
from ..ordering import result
from .option_values import printable
from .options import GLOBAL
from .section import Report, Section, hint, sections
from . import network, peer_sections

# isort: on

# A setting is a field of the Config with the option's name, but a list's field has the plural.
PLURALS = {"nameserver": "nameservers", "fallback_nameserver": "fallbacks"}
# nameservers: "address" or "address#port"; fallbacks: ("address", such a text) or ("interface", netifd name); times
# in seconds; wg_quick, restore_package: path or None; fwmark_mask: hexadecimal text; origin: an Origin; peers: those to
# follow; interfaces: dict of NetworkInterface by name; network_peers: every WireGuard peer of /etc/config/network,
# followed or not; network_errors: [text], what is wrong with the network's sections; list_errors: and with files of
# hosts; errors: all of these, and the others. The last three are in the order that lists.py knows.
Config = namedtuple(
    "Config",
    [PLURALS.get(option.name, option.name) for option in GLOBAL]
    + ["origin", "peers", "interfaces", "network_peers", "network_errors", "policies", "errors", "list_errors"],
)
TYPES = ("nametrack", "peer", "policy")

# nametrack, network: where the sections of each come from, for people; defaults: {global option: value}, before the
# table's
Origin = namedtuple("Origin", ("nametrack", "network", "defaults"))
ROUTER = Origin("/etc/config/nametrack", "/etc/config/network", {})


def build(nametrack_sections, network_sections, problems, origin=ROUTER, network_problems=()):
    """The Config of the sections that the UCI parser found in the two files; never raises.

    `problems`, `network_problems`: the parser's own complaints about each, which come first.
    """
    return result(building(nametrack_sections, network_sections, problems, origin, network_problems))


def building(nametrack_sections, network_sections, problems, origin=ROUTER, network_problems=()):
    """Do the same a step at a time: a generator, whose value is the Config."""
    report, network_report = Report(problems), Report(network_problems)
    by_type = {"nametrack": [], "peer": [], "policy": []}
    for section in sections(nametrack_sections, report):
        if section.kind in by_type:
            by_type[section.kind].append(section)
        else:
            section.problem("type '%s' is not known%s" % (printable(section.kind, 60), hint(section.kind, TYPES)))
    settings = _settings(by_type["nametrack"], report, origin.defaults)
    interfaces, network_peers = yield from network.reading(network_sections, network_report)
    peers = yield from peer_sections.reading(by_type["peer"], settings, interfaces, network_peers, origin.network)
    policies = []
    if by_type["policy"]:
        from . import policy_sections  # many a router only follows peers

        policies = yield from policy_sections.reading(by_type["policy"], settings)
    for name in PLURALS:
        settings[PLURALS[name]] = settings.pop(name)
    if ("none", None) in settings["fallbacks"]:
        settings["fallbacks"] = []
    return Config(
        origin=origin,
        peers=peers,
        policies=policies,
        interfaces=interfaces,
        network_peers=network_peers,
        errors=report.all() + network_report.all(),
        network_errors=network_report.all(),
        list_errors=[],
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
