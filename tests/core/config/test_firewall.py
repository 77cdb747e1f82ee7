"""firewall.py: zones, forwardings and masquerading as /etc/config/firewall has them."""

import pytest

from nametrack.core.config import firewall
from nametrack.core.config.firewall import Firewall, Forwarding, Zone
from nametrack.wire import uci

TEXT = """
config defaults
	option forward '%s'
config zone
	option name 'lan'
	list network 'lan'
	option masq6 '1'
config zone 'vpn'
	option name 'vpn'
	option network 'wg0 wg1'
	list device 'tun+'
	option masq '1'
	option forward 'accept'
	option family 'IPv4'
config zone
	option name 'off'
	option enabled '0'
	list network 'guest'
config zone
	option name 'wan'
	list device 'eth1'
config zone
	list network 'nameless'
config forwarding
	option src 'lan'
	option dest 'vpn'
	option family 'ipv4'
config forwarding
	option src '*'
	option dest 'wan'
config forwarding
	option src 'wan'
	option dest 'lan'
	option enabled '0'
config rule
	option src 'wan'
"""
LAN = Zone("@zone[0]", "lan", ["lan"], [], [6], False, (4, 6))
VPN = Zone("vpn", "vpn", ["wg0", "wg1"], ["tun+"], [4], True, (4,))
WAN = Zone("@zone[3]", "wan", [], ["eth1"], [], False, (4, 6))


WIDE = Zone("vpn", "vpn", ["wg0"], [], [4], True, (4, 6))


def read(policy="REJECT"):
    return firewall.read(uci.parse(TEXT % policy, firewall.wants)[0])


def test_zones_and_forwardings_that_are_enabled_are_read():
    assert read() == Firewall([LAN, VPN, WAN], [Forwarding("lan", "vpn", (4,)), Forwarding("*", "wan", (4, 6))], False)
    wall = read("accept")
    assert wall.open and all(zone.inside for zone in wall.zones)


WHERE = [
    ("lan", "br-lan", LAN),
    ("wg1", "wg1", VPN),
    ("other", "tun5", VPN),
    ("wan", "eth1", WAN),
    ("wan", "eth10", None),
    ("guest", "br-guest", None),
]


@pytest.mark.parametrize("case", WHERE)
def test_an_interface_is_in_a_zone_by_its_name_or_its_device(case):
    interface, device, zone = case
    assert firewall.zone_of(read(), interface, device) == zone


FORWARDED = [
    (LAN, VPN, 4, True),
    (LAN, VPN, 6, False),
    (VPN, LAN, 4, False),
    (VPN, WAN, 4, True),
    (VPN, WAN, 6, False),
    (LAN, WAN, 6, True),
    (LAN, LAN, 4, False),
    (VPN, VPN, 4, True),
    (VPN, VPN, 6, False),
]


@pytest.mark.parametrize("case", FORWARDED)
def test_packets_go_from_a_zone_to_another_by_a_forwarding_of_their_family(case):
    source, destination, family, allowed = case
    assert firewall.forwards(read(), source, destination, family) is allowed
    assert firewall.forwards(read("ACCEPT"), source, destination, family) or source == destination


def test_within_a_zone_its_own_policy_holds_whatever_the_default_is():
    """`jump reject_to_vpn` comes at the end of a zone's chain, before the policy of all that is forwarded."""
    wall = read("ACCEPT")
    assert firewall.forwards(wall, wall.zones[0], wall.zones[0], 4)
    assert not firewall.forwards(wall, LAN, LAN, 4)


FAMILIES = [("ipv4", [4]), ("ipv6", [6]), ("any", [4, 6]), ("", [4, 6])]


@pytest.mark.parametrize("family, forwarded", FAMILIES)
def test_a_forwarding_is_of_its_family_and_of_both_without_one(family, forwarded):
    text = (
        TEXT % "REJECT" + "config forwarding\n\toption src 'vpn'\n\toption dest 'lan'\n\toption family '%s'\n" % family
    )
    wall = firewall.read(uci.parse(text, firewall.wants)[0])
    assert [version for version in (4, 6) if firewall.forwards(wall, WIDE, LAN, version)] == forwarded


def test_the_first_256_sections_are_read():
    text = "".join(["config zone\n\toption name 'z%d'\n" % i for i in range(257)])
    assert [zone.name for zone in firewall.read(uci.parse(text)[0]).zones][-1] == "z255"


@pytest.mark.parametrize("name", ["it's", "$(reboot)", "a b", "a;b", "ä"])
def test_a_zone_whose_name_firewall4_refuses_is_none(name):
    """It would come into lines that are to be pasted into a shell."""
    sections = [uci.Section("zone", "z", False, {"name": name, "network": "lan"}, 1)]
    assert firewall.read(sections).zones == []
