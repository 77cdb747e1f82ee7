"""include.py: what the user file of vpn-policy-routing prints."""

import pytest

from nametrack import ip
from nametrack.core.config import configuration
from nametrack.core.last_good import Known, Remembered
from nametrack.core.telling import user_include as include
from nametrack.element import named
from nametrack.wire import services, uci

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
    return Known(host, [ip.key(address)], remaining is None, remaining or 0)


ENTRIES = [
    entry("a.test", "192.0.2.1"),
    entry("a.test", "2001:db8::1"),
    entry("b.test", "192.0.2.2", 60),
    entry("b.test", "192.0.2.3", 0),
    entry("b.test", "203.0.113.9"),
    entry("other.test", "192.0.2.99"),
]


FOUR, SIX = named("ipset wg"), named("ipset wg6")
OLD = "vpn-policy-routing"
ENABLED = "config pbr 'config'\n\toption enabled '1'\n"


def printed(kind, text, entries=ENTRIES, pbr="config pbr 'config'\n", exists=lambda name: True):
    """[(set name, addresses)], where pbr is installed, None: it is not."""
    config = configuration.build(uci.parse(text)[0], [], [])
    found = {} if pbr is None else {"pbr": services.configured("pbr", uci.parse(pbr)[0])}
    made = include.contents(kind, config, Remembered(entries), found, exists)
    return [(name, [ip.element(key) for key in keys]) for name, keys in made]


def test_what_is_named_and_what_is_retained_and_literals():
    four = (FOUR, ["192.0.2.1", "192.0.2.2", "203.0.113.9", "203.0.113.0/24"])
    assert printed(OLD, POLICY % OLD) == [four, (SIX, ["2001:db8::1"])]


def test_a_set_that_does_not_exist_gets_no_line():
    asked = []
    made = printed(OLD, POLICY % OLD, exists=lambda name: asked.append(name) or name == FOUR)
    assert [name for name, _ in made] == [FOUR]
    assert asked == [FOUR, SIX]


def test_each_service_gets_the_sets_of_its_own_target():
    assert printed(OLD, POLICY % "pbr") == []
    assert [name for name, _ in printed(OLD, POLICY % OLD)] == [FOUR, SIX]


def test_own_ipsets_are_a_kind_of_their_own():
    text = POLICY % "ipset" + "\toption set4 'mine'\n"
    assert printed("ipset", text) == [
        (named("ipset mine"), ["192.0.2.1", "192.0.2.2", "203.0.113.9", "203.0.113.0/24"])
    ]
    assert printed(OLD, text) == []


@pytest.mark.parametrize("pbr,lines", [(None, 2), ("config pbr 'config'\n", 2)])
def test_auto_is_vpn_policy_routing_s_where_pbr_is_not_used(pbr, lines):
    assert len(printed(OLD, POLICY % "auto", pbr=pbr)) == lines


def test_auto_is_pbr_s_where_that_is_enabled():
    assert printed(OLD, POLICY % "auto", pbr=ENABLED) == []


def test_two_policies_of_one_interface_fill_one_set():
    text = POLICY % OLD + "config policy 'more'\n\toption interface 'wg'\n\toption target '%s'\n" % OLD
    text += "\tlist host '198.51.100.7'\n\tlist host 'a.test'\n"
    wanted = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "203.0.113.9", "203.0.113.0/24"]
    assert printed(OLD, text)[0][1] == wanted


def test_families_that_are_not_wanted_and_policies_that_are_off():
    assert [name for name, _ in printed(OLD, POLICY % OLD + "\toption family 'ipv4'\n")] == [FOUR]
    assert printed(OLD, POLICY % OLD + "\toption enabled '0'\n") == []
    assert printed(OLD, (POLICY % OLD).replace("'global'\n", "'global'\n\toption enabled '0'\n")) == []


def test_retain_counts_for_what_is_remembered():
    text = POLICY % OLD + "\toption retain '0'\n"
    assert printed(OLD, text)[0][1] == ["192.0.2.1", "203.0.113.9", "203.0.113.0/24"]


def test_a_policy_that_names_the_service_fills_its_sets_although_pbr_is_enabled():
    assert printed(OLD, POLICY % OLD, pbr=ENABLED) and printed(OLD, POLICY % "auto", pbr=ENABLED) == []
