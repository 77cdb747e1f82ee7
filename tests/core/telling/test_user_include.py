"""include.py: what the user includes of pbr and vpn-policy-routing print."""

import pytest

from nametrack import ip
from nametrack.core.config import configuration
from nametrack.core.last_good import Entry, Remembered
from nametrack.core.telling import user_include as include
from nametrack.wire import services, uci

PBR4, PBR6 = "nft inet fw4 pbr_wg_4_dst_ip_user", "nft inet fw4 pbr_wg_6_dst_ip_user"
POLICY = """
config nametrack 'global'
config policy 'work'
	option interface 'wg'
	option target '%s'
	list host 'a.test'
	list host 'b.test'
	list host '203.0.113.0/24'
"""


def entry(host, address, remaining=None):
    return Entry(host, address, remaining is None, remaining or 0, None, ())


ENTRIES = [
    entry("a.test", "192.0.2.1"),
    entry("a.test", "2001:db8::1"),
    entry("b.test", "192.0.2.2", 60),
    entry("b.test", "192.0.2.3", 0),
    entry("b.test", "203.0.113.9"),
    entry("other.test", "192.0.2.99"),
]


def printed(kind, text, entries=ENTRIES, pbr="config pbr 'config'\n", makes=lambda interface, family, name: True):
    """[(set name, addresses)], where pbr is installed, None: it is not."""
    config = configuration.build(uci.parse(text)[0], [], [])
    found = {} if pbr is None else {"pbr": services.configured("pbr", uci.parse(pbr)[0])}
    made = include.contents(kind, config, Remembered(entries), found, makes)
    return [(name, [ip.element(key) for key in keys]) for name, keys in made]


def test_what_is_named_and_what_is_retained_and_literals():
    # an old nft refuses what overlaps: 203.0.113.9 lies in the prefix
    four = (PBR4, ["192.0.2.1", "192.0.2.2", "203.0.113.0/24"])
    assert printed("pbr", POLICY % "pbr") == [four, (PBR6, ["2001:db8::1"])]


def test_a_set_that_is_not_made_gets_no_line():
    made = printed("pbr", POLICY % "pbr", makes=lambda interface, family, name: family == 4)
    assert [name for name, _ in made] == [PBR4]
    asked = []
    printed("pbr", POLICY % "pbr", makes=lambda *given: asked.append(given))
    assert asked == [("wg", 4, PBR4), ("wg", 6, PBR6)]


def test_sets_that_take_no_prefixes_get_none():
    pbr = "config pbr 'config'\n\toption nft_set_flags_interval '0'\n"
    assert printed("pbr", POLICY % "pbr", pbr=pbr)[0][1] == ["192.0.2.1", "192.0.2.2", "203.0.113.9"]


def test_each_service_gets_the_sets_of_its_own_target():
    assert printed("vpn-policy-routing", POLICY % "pbr") == []
    found = printed("vpn-policy-routing", POLICY % "vpn-policy-routing")
    assert [name for name, _ in found] == ["ipset wg", "ipset wg6"]
    assert printed("pbr", POLICY % "vpn-policy-routing") == []


def test_own_ipsets_are_a_kind_of_their_own():
    text = POLICY % "ipset" + "\toption set4 'mine'\n"
    assert printed("ipset", text) == [("ipset mine", ["192.0.2.1", "192.0.2.2", "203.0.113.0/24"])]
    assert printed("pbr", text) == []


@pytest.mark.parametrize("pbr,lines", [(None, 2), ("config pbr 'config'\n", 2)])
def test_auto_is_vpn_policy_routing_s_where_pbr_is_not_used(pbr, lines):
    assert len(printed("vpn-policy-routing", POLICY % "auto", pbr=pbr)) == lines


def test_auto_is_pbr_s_where_that_is_enabled():
    enabled = "config pbr 'config'\n\toption enabled '1'\n"
    assert printed("vpn-policy-routing", POLICY % "auto", pbr=enabled) == []
    assert len(printed("pbr", POLICY % "auto", pbr=enabled)) == 2


def test_two_policies_of_one_interface_fill_one_set():
    text = POLICY % "pbr" + "config policy 'more'\n\toption interface 'wg'\n\toption target 'pbr'\n"
    text += "\tlist host '198.51.100.7'\n\tlist host 'a.test'\n"
    assert printed("pbr", text)[0][1] == ["192.0.2.1", "192.0.2.2", "198.51.100.7", "203.0.113.0/24"]


def test_families_that_are_not_wanted_and_policies_that_are_off():
    assert [name for name, _ in printed("pbr", POLICY % "pbr" + "\toption family 'ipv4'\n")] == [PBR4]
    assert printed("pbr", POLICY % "pbr" + "\toption enabled '0'\n") == []
    assert printed("pbr", (POLICY % "pbr").replace("'global'\n", "'global'\n\toption enabled '0'\n")) == []


def test_retain_counts_for_what_is_remembered():
    text = POLICY % "pbr" + "\toption retain '0'\n"
    assert printed("pbr", text)[0][1] == ["192.0.2.1", "203.0.113.0/24"]


INTERFACES = [
    ({"proto": "wireguard"}, True),
    ({"proto": "wireguard", "listen_port": "51820"}, False),
    ({"proto": "wireguard", "disabled": "1"}, False),
    ({"proto": "static"}, False),
    ({"proto": ["wireguard"]}, False),
    ({}, False),
    (None, False),
]


@pytest.mark.parametrize("section,supported", INTERFACES)
def test_pbr_takes_the_tunnels_of_clients(section, supported):
    pbr = services.configured("pbr", uci.parse("config pbr 'config'\n\tlist ignored_interface 'wgserver'\n")[0])
    assert include.supports(pbr, "wg", section) == supported
    assert not include.supports(pbr, "wgserver", section)


def test_pbr_takes_whatever_it_is_told_to():
    pbr = services.configured("pbr", uci.parse("config pbr 'config'\n\tlist supported_interface 'tun0'\n")[0])
    assert include.supports(pbr, "tun0", {"proto": "none"})
    assert not include.supports(pbr, "tun0", None)
