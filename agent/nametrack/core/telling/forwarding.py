"""What the firewall's configuration lacks for packets that go from a zone out through an interface."""

from collections import namedtuple

from ..config import firewall
from ..config.option_values import ALPHANUMERIC

# masquerades: whether masquerading is all that lacks, which nothing lacks if the other side knows the networks here
Lack = namedtuple("Lack", ("masquerades", "text", "advice"))

RELOAD = "uci commit firewall; /etc/init.d/firewall reload; /etc/init.d/nametrack reload"
# The names of sections are such as no other program gives: `uci set` makes a zone of a rule that has the name already.
ZONE = (
    "uci set firewall.zone_{name}=zone; uci set firewall.zone_{name}.name='{name}'; "
    "uci add_list firewall.zone_{name}.{kind}='{way}'; uci set firewall.zone_{name}.input='REJECT'; "
    "uci set firewall.zone_{name}.output='ACCEPT'; uci set firewall.zone_{name}.forward='REJECT'; "
    "uci set firewall.zone_{name}.masq='1'; uci set firewall.zone_{name}.masq6='1'; "
    "uci set firewall.zone_{name}.mtu_fix='1'; "
)
FORWARDING = "uci set firewall.{0}=forwarding; uci set firewall.{0}.src='{1}'; uci set firewall.{0}.dest='{2}'; "
LONGEST = 11  # characters of the name of a zone
MASQUERADING = "uci set firewall.%s.%s='1'; "


def zone_of(agent, name, device):
    """Return the Zone that an interface is in, or the device of this name; None for none.

    A zone that lists, as its network, a device that netifd does not know is one without it.
    """
    names = agent.interfaces.names(name)
    if not names:
        names = [name if not agent.interfaces.told or _is_configured(agent.config, name) else None]
    zones = [firewall.zone_of(agent.files.firewall, each, device) for each in names]
    return ([zone for zone in zones if zone is not None] + [None])[0]


def lack(agent, source, interface, device, families):
    """Return the Lack for packets of these families from the Zone `source` into an interface; None for none.

    interface: its name in netifd, or that of a device; device: that of its link.
    """
    wall, zone = agent.files.firewall, zone_of(agent, interface, device)
    if zone is None:
        if wall.open:
            return None
        networks = [interface] if _is_configured(agent.config, interface) else agent.interfaces.names(interface)
        kind, way = ("network", networks[0]) if networks else ("device", interface)
        name = _free_name(wall, interface)
        text = "%s is in no firewall zone: packets of clients in zone '%s' do not get there" % (interface, source.name)
        advice = ZONE.format(name=name, kind=kind, way=way) + _forwarding(source.name, name) + RELOAD
        return Lack(False, text, advice)
    narrow = [] if wall.open else _narrow(source, zone, families)
    if narrow:
        text = "the firewall forwards no IPv%d from zone '%s' to zone '%s', where %s is: option family of zone '%s'"
        advice = "".join(["uci delete firewall.%s.family; " % each.section for each in narrow]) + RELOAD
        family = [family for family in families if family not in narrow[0].carried][0]
        return Lack(False, text % (family, source.name, zone.name, interface, narrow[0].name), advice)
    if not all(firewall.forwards(wall, source, zone, family) for family in families):
        text = "the firewall does not forward from zone '%s' to zone '%s', where %s is"
        advice = _forwarding(source.name, zone.name) + RELOAD
        return Lack(False, text % (source.name, zone.name, interface), advice)
    bare = [family for family in families if family not in zone.families and source.name != zone.name]
    if not bare:
        return None
    text = "zone '%s', where %s is, does not masquerade %s: the other side must have a route to your networks"
    options = [("masq" if family == 4 else "masq6") for family in bare]
    advice = "".join([MASQUERADING % (zone.section, option) for option in options]) + RELOAD
    return Lack(True, text % (zone.name, interface, " and ".join(["IPv%d" % family for family in bare])), advice)


def _narrow(source, zone, families):
    """Return those of two zones that are not about all of these families."""
    zones = [source] if source.name == zone.name else [source, zone]
    return [each for each in zones if any(family not in each.carried for family in families)]


def _forwarding(source, destination):
    return FORWARDING.format(_plain("forwarding_%s_%s" % (source, destination)), source, destination)


def _free_name(wall, name):
    """A name for a zone: fw4 takes 11 letters, digits and `_`, and no digit as the first of them."""
    plain = _plain(("_" if name[:1].isdigit() else "") + name)[:LONGEST]
    taken = set([zone.name for zone in wall.zones] + [zone.section for zone in wall.zones])
    free, number = plain, 1
    while free in taken or "zone_" + free in taken:
        number += 1
        ending = "_%d" % number
        free = plain[: LONGEST - len(ending)] + ending
    return free


def _plain(name):
    """What a name of a section may have of this one: letters, digits and `_`."""
    return "".join([c if c in ALPHANUMERIC else "_" for c in name])


def _is_configured(config, name):
    return name in config.interfaces or any(peer.interface == name for peer in config.network_peers)
