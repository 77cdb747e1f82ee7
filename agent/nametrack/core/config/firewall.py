"""What /etc/config/firewall says of zones: which may forward to which, and what masquerades. Only ever read.

firewall4 takes the same options as firewall3 (root/usr/share/ucode/fw4.uc, parse_zone and parse_forwarding).
"""

from collections import namedtuple

from .option_values import ALPHANUMERIC, only
from .section import words

TRUE = ("1", "yes", "on", "true", "enabled")
FAMILIES = {"ipv4": (4,), "inet": (4,), "ipv6": (6,), "inet6": (6,)}
MAX_SECTIONS = 256
NAME = ALPHANUMERIC + "_./-"  # what fw4 takes of a zone's name

# section: as the uci tool writes it; networks: names of interfaces; devices: patterns of devices, `tun+` for all that
# begin so; families: of masquerading; inside: whether packets may go from one of them to another; carried: families
# that the zone is about
Zone = namedtuple("Zone", ("section", "name", "networks", "devices", "families", "inside", "carried"))
# source, destination: names of zones, `*` for any; families: that are forwarded
Forwarding = namedtuple("Forwarding", ("source", "destination", "families"))
# open: whether what no forwarding allows is forwarded all the same
Firewall = namedtuple("Firewall", ("zones", "forwardings", "open"))


def read(sections):
    """The Firewall in the sections that the UCI parser found; what cannot be used is left out."""
    zones, forwardings, count = [], [], 0
    is_open = any(_accepts(each.options) for each in sections[:MAX_SECTIONS] if each.type == "defaults")
    for section in sections[:MAX_SECTIONS]:
        if section.type == "zone":
            count += 1
        options = section.options
        if section.type == "zone" and _is_on(options, "enabled", True) and _is_name(_one(options, "name")):
            families = [f for f, name in ((4, "masq"), (6, "masq6")) if _is_on(options, name, False)]
            place = "@zone[%d]" % (count - 1) if section.anonymous else section.name
            networks, devices = _many(options, "network"), _many(options, "device")
            inside = _accepts(options) if _one(options, "forward") else is_open
            carried = _families(options)
            zones.append(Zone(place, _one(options, "name"), networks, devices, families, inside, carried))
        elif section.type == "forwarding" and _is_on(options, "enabled", True):
            forwardings.append(Forwarding(_one(options, "src"), _one(options, "dest"), _families(options)))
    return Firewall(zones, forwardings, is_open)


def zone_of(firewall, interface, device):
    """The Zone that an interface of netifd, or its device, is in; None for none."""
    for zone in firewall.zones:
        if interface in zone.networks or any(_fits(device, pattern) for pattern in zone.devices):
            return zone
    return None


def forwards(firewall, source, destination, family):
    """Whether packets of a family may go from a Zone to another."""
    within = source.name == destination.name  # there its own policy comes before the one for all else
    if firewall.open and not within:
        return True
    if family not in source.carried or family not in destination.carried:
        return False
    if within and source.inside:
        return True
    for each in firewall.forwardings:
        if each.source in (source.name, "*") and each.destination in (destination.name, "*"):
            if family in each.families:
                return True
    return False


def wants(section_type):
    """Whether a section of /etc/config/firewall is one that `read` looks at."""
    return section_type in ("defaults", "zone", "forwarding")


def _fits(device, pattern):
    return device.startswith(pattern[:-1]) if pattern.endswith("+") else device == pattern


def _is_name(text):
    """Whether a zone may have this name: it comes into lines that are to be pasted into a shell."""
    return bool(text) and only(text, NAME)


def _accepts(options):
    return _one(options, "forward").upper() == "ACCEPT"


def _families(options):
    return FAMILIES.get(_one(options, "family").lower(), (4, 6))


def _one(options, name):
    value = options.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _many(options, name):
    value = options.get(name, [])
    return [word for text in ([value] if isinstance(value, str) else value) for word in words(text)]


def _is_on(options, name, default):
    text = _one(options, name)
    return default if not text else text in TRUE
