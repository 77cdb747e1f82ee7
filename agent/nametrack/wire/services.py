"""pbr and vpn-policy-routing as they describe themselves: in UCI, in the rules of the firewall, and to procd."""

from collections import namedtuple

from .. import ip
from . import nft
from .sets import MARK

# the user files of ours that are registered with them
INCLUDES = {
    "pbr": "/usr/share/nametrack/pbr.include",
    "vpn-policy-routing": "/usr/share/nametrack/vpn-policy-routing.include",
}

# enabled: of its configuration; ipv6: whether it makes IPv6 sets; includes: whether it runs user files, without which
# pbr makes no sets for users; registered: whether ours is among them; intervals: whether its sets take prefixes;
# supported, ignored: interfaces it is told to take or to leave; printed: {set name: [key]} of what it keeps from our
# include in the rules of the firewall, which every reload of that adds again, None where it keeps nothing; running:
# None where nobody could be asked; errors: the codes that it reports
Service = namedtuple(
    "Service",
    ("enabled", "ipv6", "includes", "registered", "intervals", "supported", "ignored", "printed", "running", "errors"),
)


def configured(name, sections, printed=None):
    """The Service `name` as the sections of /etc/config/NAME describe it; `printed` as in Service."""
    settings, includes, registered = {}, False, False
    for section in sections:
        if section.type == name:
            settings = section.options
        elif section.type == "include" and _flag(section.options.get("enabled", "1")):
            includes = True
            registered = registered or section.options.get("path") == INCLUDES[name]
    if name == "vpn-policy-routing":
        # it makes its sets where it or dnsmasq may fill them
        resolver = settings.get("resolver_ipset", "dnsmasq.ipset") == "dnsmasq.ipset"
        includes = resolver or _flag(settings.get("dest_ipset", "0"))
    enabled, ipv6 = _flag(settings.get("enabled", "0")), _flag(settings.get("ipv6_enabled", "0"))
    supported, ignored = _words(settings, "supported_interface"), _words(settings, "ignored_interface")
    intervals = _flag(settings.get("nft_set_flags_interval", "1"))
    return Service(enabled, ipv6, includes, registered, intervals, supported, ignored, printed, None, [])


def reported(service, state):
    """The Service with what `ubus call service list` says of it: `state` is the value under its name, or None."""
    instances = state.get("instances") if isinstance(state, dict) else None
    main = instances.get("main") if isinstance(instances, dict) else None
    data = main.get("data") if isinstance(main, dict) else None
    if data is None and isinstance(state, dict):
        data = state.get("data")
    errors = data.get("errors") if isinstance(data, dict) else None
    codes = [e.get("code") for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    codes = [code for code in codes if isinstance(code, str)]
    running = isinstance(data, dict) and len(data) > 0
    return Service(*(service[:8] + (running, codes)))


def printed(rules):
    """{set name: [key]} of the elements that pbr's rules, text, have from our include, which marks its lines."""
    found = {}
    for line in rules.split("\n"):
        if not line.startswith("add element ") or not line.endswith("# " + MARK):
            continue
        head, _, rest = line[12:].partition("{")
        if nft.parse_name(head.strip()) is None:
            continue
        addresses = [ip.prefix(word.strip()) for word in rest.partition("}")[0].split(",")]
        keys = [ip.key(address) for address in addresses if address is not None]
        found.setdefault("nft " + head.strip(), []).extend(keys)
    return found


def _flag(value):
    return value in ("1", "on", "true", "yes", "enabled")


def _words(settings, name):
    value = settings.get(name, [])
    return " ".join(value).split() if isinstance(value, list) else value.split()
