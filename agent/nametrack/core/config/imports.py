"""The policies by name of pbr and vpn-policy-routing, as text for /etc/config/nametrack.

Only what means the same is written as a section. A policy that says more, as a source port, stands there as a comment:
without that part it would steer more than its owner meant.
"""

from .. import ordering  # noqa: F401 (leaves first: tests/test_imports.py)
from .option_values import client, interface, policy_host, ports
from .section import words

SERVICES = ("pbr", "vpn-policy-routing")
MAX_POLICIES = 500
# our word -> theirs; the second ones are those of vpn-policy-routing before 0.2
SOURCES, SOURCE_PORTS = ("src_addr", "local_address"), ("src_port", "local_port")
DESTINATIONS, PORTS = ("dest_addr", "remote_address"), ("dest_port", "remote_port")
BYPASS = "ignore"  # the interface of policies that keep others away
ALL = ("all", "auto", "")
DNSMASQ = ("dnsmasq.nftset", "dnsmasq.ipset")


def lines(service, sections):
    """Yield the lines for the sections that the UCI parser found in a service's configuration."""
    settings, count, names = {}, 0, set()
    for section in sections:
        if section.type == service:
            settings = section.options
    resolver = settings.get("resolver_set", settings.get("resolver_ipset", DNSMASQ[0]))
    for section in sections:
        if section.type == "policy" and count < MAX_POLICIES:
            count += 1
            for line in _policy(section, count, names, resolver in DNSMASQ):
                yield line
    if not count:
        yield "# %s has no policies" % service


def _policy(section, number, names, with_subdomains):
    """The lines of one policy; with_subdomains: whether dnsmasq adds the names below a name, too."""
    title = _plain(_first(section, ("name", "comment")) or section.name or "policy %d" % number)
    hosts, problems = [], []
    for word in _words(section, DESTINATIONS):
        value, problem = policy_host(word)
        if problem is None:
            hosts.append(value)
        else:
            problems.append("destination %s" % _plain(word))
    named = [host for host in hosts if not any(c in host for c in ":/*") and not _is_address(host)]
    if not named:
        return ["# '%s' names no host" % title]
    found = [("list host '%s'" % host) for host in hosts]
    if with_subdomains:
        found += ["list host '*.%s'" % host for host in named]
    found += _selector(section, problems)
    out = _first(section, ("interface",)) or ""
    if out == BYPASS:
        found.insert(0, "option action 'bypass'")
    elif interface(out)[1] is None:
        found.insert(0, "list interface '%s'" % out)
    else:
        problems.append("interface %s" % _plain(out))
    if _first(section, ("enabled",)) in ("0", "off", "no", "false", "disabled"):
        found.insert(0, "option enabled '0'")
    made = ["", "# %s" % title, "config policy '%s'" % _section_name(title, number, names)]
    made += ["\t" + line for line in found]
    if not problems:
        return made
    said = ["", "# not imported, because nametrack has nothing like it: %s" % ", ".join(problems)]
    return said + ["#" + line for line in made[1:]]


def _selector(section, problems):
    """The lines for clients, protocols and ports; `problems` gets what cannot be said."""
    found = []
    for word in _words(section, SOURCES):
        value, problem = client(word[1:] if word.startswith("@") else word)
        if problem is None:
            found.append("list client '%s'" % value[1])
        else:
            problems.append("source %s" % _plain(word))
    if _words(section, SOURCE_PORTS):
        problems.append("source ports")
    for word in [w for text in _words(section, ("proto",)) for w in text.lower().replace("+", " ").split(" ") if w]:
        if word in ("tcp", "udp"):
            found.append("list proto '%s'" % word)
        elif word not in ALL:
            problems.append("protocol %s" % _plain(word))
    for word in _words(section, PORTS):
        value, problem = ports(word.replace(":", "-"))
        if problem is None:
            found.append("list port '%s'" % ("%d-%d" % value if value[0] != value[1] else "%d" % value[0]))
        else:
            problems.append("port %s" % _plain(word))
    if _first(section, ("chain",)) not in (None, "", "prerouting", "PREROUTING"):
        problems.append("chain %s" % _plain(_first(section, ("chain",))))
    return found


def _is_address(host):
    return all(c in "0123456789." for c in host)


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
    plain = "".join([c if c.isalpha() or "0" <= c <= "9" else "_" for c in title.lower()])[:24]
    name = plain if plain.strip("_") and plain not in names else "imported_%d" % number
    names.add(name)
    return name
