"""What the firewall's configuration lacks for packets that go from a zone out through an interface."""

from collections import namedtuple

from ..config import firewall

# masquerades: whether masquerading is all that lacks, which nothing lacks if the other side knows the networks here
Lack = namedtuple("Lack", ("masquerades", "text", "advice"))

RELOAD = "uci commit firewall; /etc/init.d/firewall reload; /etc/init.d/nametrack reload"
ZONE = (
    "uci set firewall.{name}=zone; uci set firewall.{name}.name='{name}'; "
    "uci add_list firewall.{name}.{kind}='{way}'; uci set firewall.{name}.input='REJECT'; "
    "uci set firewall.{name}.output='ACCEPT'; uci set firewall.{name}.forward='REJECT'; "
    "uci set firewall.{name}.masq='1'; uci set firewall.{name}.masq6='1'; uci set firewall.{name}.mtu_fix='1'; "
)
FORWARDING = (
    "uci set firewall.{source}_{name}=forwarding; uci set firewall.{source}_{name}.src='{source}'; "
    "uci set firewall.{source}_{name}.dest='{name}'; "
)
MASQUERADING = "uci set firewall.%s.%s='1'; "


def zone_of(agent, name, device):
    """Return the Zone that an interface is in, or the device of this name; None for none."""
    zones = [firewall.zone_of(agent.files.firewall, each, device) for each in agent.interfaces.names(name) or [name]]
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
        names = {"name": _free_name(wall, interface), "kind": kind, "way": way, "source": source.name}
        text = "%s is in no firewall zone: packets of clients in zone '%s' do not get there" % (interface, source.name)
        return Lack(False, text, (ZONE + FORWARDING).format(**names) + RELOAD)
    if not all(firewall.forwards(wall, source, zone, family) for family in families):
        text = "the firewall does not forward from zone '%s' to zone '%s', where %s is"
        advice = FORWARDING.format(name=zone.name, source=source.name) + RELOAD
        return Lack(False, text % (source.name, zone.name, interface), advice)
    bare = [family for family in families if family not in zone.families and source.name != zone.name]
    if not bare:
        return None
    text = "zone '%s', where %s is, does not masquerade %s: the other side must have a route to your networks"
    options = [("masq" if family == 4 else "masq6") for family in bare]
    advice = "".join([MASQUERADING % (zone.section, option) for option in options]) + RELOAD
    return Lack(True, text % (zone.name, interface, " and ".join(["IPv%d" % family for family in bare])), advice)


def _free_name(wall, name):
    """A name for a zone: fw4 takes 11 letters, digits and `_`, and no digit as the first of them."""
    plain = "".join([c if c.isalpha() or c.isdigit() else "_" for c in ("_" if name[:1].isdigit() else "") + name])[:10]
    return plain if all(zone.name != plain for zone in wall.zones) else plain + "x"


def _is_configured(config, name):
    return name in config.interfaces or any(peer.interface == name for peer in config.network_peers)
