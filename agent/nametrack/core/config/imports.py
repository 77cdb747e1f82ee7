"""The policies of pbr and vpn-policy-routing as policies of ours: as values, and as text for our configuration.

Only what means the same is imported. A policy that says more, as a source port, comes with what it says: without that
part it would steer more than its owner meant.
"""

from collections import namedtuple

from ... import ip
from .. import ordering  # noqa: F401 (leaves first: tests/test_imports.py)
from .option_values import DIGITS, LOWER, interface
from .policy_values import client, policy_host, ports
from .section import words

MAX_POLICIES = 500
# our word -> theirs; the second ones are those of vpn-policy-routing before 0.2
SOURCES, SOURCE_PORTS = ("src_addr", "local_address"), ("src_port", "local_port")
DESTINATIONS, PORTS = ("dest_addr", "remote_address"), ("dest_port", "remote_port")
BYPASS = "ignore"  # the interface of policies that keep others away
NO_INTERFACES = ("tor",)  # words in its place that stand for a program of this router
NO, YES = ("0", "off", "no", "false", "disabled"), ("1", "on", "yes", "true", "enabled")
ALL = ("all", "auto", "")
DNSMASQ = ("dnsmasq.nftset", "dnsmasq.ipset")

# One of their policies. label: their name for it; name: of our section, None if theirs selects nothing; options:
# [(option, text)], one for each value of a list; problems: [(code, text)], what nametrack has nothing like
Imported = namedtuple("Imported", ("label", "name", "options", "problems"))
# How a service takes its policies. with_subdomains: dnsmasq adds the names below a name, too; strict: packets are
# dropped while the interface is down; ipv6: IPv6 packets are steered as well
Habits = namedtuple("Habits", ("with_subdomains", "strict", "ipv6"))
SINGLE = ("enabled", "action", "fallback", "family")  # the options that are no lists


def read(service, sections, taken=()):
    """Return an Imported for each policy among the sections of a service's configuration, in their order.

    taken: names of sections of ours that are no policies: uci reads no file that gives one of them another type.
    """
    settings, found, names = {}, [], set(taken)
    for section in sections:
        if section.type == service:
            settings = section.options
    for section in sections:
        if section.type == "policy" and len(found) < MAX_POLICIES:
            found.append(_policy(section, len(found) + 1, names, _habits(service, settings)))
    return found


def lines(service, found):
    """Return the Imported as lines for /etc/config/nametrack; one with problems becomes a comment."""
    made = [] if found else ["# %s has no policies" % service]
    for each in found:
        if each.name is None:
            made.append("# '%s' selects no packets" % each.label)
            continue
        section = ["# %s" % each.label, "config policy '%s'" % each.name]
        section += ["\t%s %s '%s'" % (("list", "option")[name in SINGLE], name, value) for name, value in each.options]
        if each.problems:
            said = ", ".join([("%s %s" % (code.replace("_", " "), text)).strip() for code, text in each.problems])
            made += ["", "# not imported, because nametrack has nothing like it: %s" % said]
            made += ["#" + line for line in section]
        else:
            made += [""] + section
    return made


def values(service, found):
    """Return the Imported as values for programs: the place in `policies` is the place among their policies."""
    return {"service": service, "policies": [_values(each) for each in found]}


def _values(each):
    options = {}
    for name, value in each.options:
        if name in SINGLE:
            options[name] = value
        else:
            options.setdefault(name, []).append(value)
    problems = [{"code": code, "text": text} for code, text in each.problems]
    return {"title": each.label, "name": each.name, "options": options, "problems": problems}


def _habits(service, settings):
    """Return the Habits of a service with these settings."""
    resolver = settings.get("resolver_set", settings.get("resolver_ipset", DNSMASQ[0]))
    strict = service == "pbr" and settings.get("strict_enforcement") not in NO
    return Habits(resolver in DNSMASQ, strict, settings.get("ipv6_enabled") in YES)


def _policy(section, number, names, habits):
    """One policy as an Imported."""
    title = _plain(_first(section, ("name", "comment")) or section.name)
    hosts, problems = [], []
    for word in _words(section, DESTINATIONS):
        value, problem = policy_host(word)
        if problem is None:
            hosts.append(value)
        else:
            problems.append(("destination", _plain(word)))
    named = [host for host in hosts if host[0] not in "*@" and ip.prefix(host) is None]
    selector = _selector(section, problems)
    if not hosts and not selector and not problems:
        return Imported(title, None, [], [])
    found = []
    if _first(section, ("enabled",)) in NO:
        found.append(("enabled", "0"))
    out = _first(section, ("interface",)) or ""
    if out == BYPASS:
        found.append(("action", "bypass"))
    elif interface(out)[1] is None and out.lower() not in NO_INTERFACES:
        found.append(("interface", out))
        if habits.strict and (selector or not named):
            found.append(("fallback", "block"))
    else:
        problems.append(("interface", _plain(out)))
    found += [("host", host) for host in hosts]
    if habits.with_subdomains:
        found += [("host", "*." + host) for host in named]
    if not hosts and not habits.ipv6:
        found.append(("family", "ipv4"))
    found += selector
    return Imported(title, _section_name(title, number, names), found, problems)


def _selector(section, problems):
    """The options for clients, protocols and ports; `problems` gets what cannot be said."""
    found = []
    for word in _words(section, SOURCES):
        value, problem = client(word[1:] if word.startswith("@") else word)
        if problem is None and (value[0] == "interface") == word.startswith("@"):
            found.append(("client", value[1]))
        else:
            problems.append(("source", _plain(word)))
    if _words(section, SOURCE_PORTS):
        problems.append(("source_ports", ""))
    for word in [w for text in _words(section, ("proto",)) for w in text.lower().replace("+", " ").split(" ") if w]:
        if word in ("tcp", "udp"):
            found.append(("proto", word))
        elif word not in ALL:
            problems.append(("protocol", _plain(word)))
    for word in _words(section, PORTS):
        value, problem = ports(word.replace(":", "-"))
        if problem is None:
            found.append(("port", "%d-%d" % value if value[0] != value[1] else "%d" % value[0]))
        else:
            problems.append(("port", _plain(word)))
    chain = _first(section, ("chain",))
    if chain not in (None, "", "prerouting", "PREROUTING"):
        problems.append(("chain", _plain(chain)))
    return found


def _first(section, options):
    for option in options:
        value = section.options.get(option)
        if isinstance(value, str):
            return value
    return None


def _words(section, options):
    for option in options:
        value = section.options.get(option)
        if value:
            return [word for text in ([value] if isinstance(value, str) else value) for word in words(text)]
    return []


def _plain(text):
    """A text of others as it may stand in a comment."""
    return "".join([c if " " <= c <= "~" and c not in "'\"\\" else "_" for c in text])[:60]


def _section_name(title, number, names):
    plain = "".join([c if c in LOWER + DIGITS else "_" for c in title.lower()])[:24]
    name = plain if plain.strip("_") and plain not in names else "imported_%d" % number
    names.add(name)
    return name
