"""services.py: pbr and vpn-policy-routing as their configuration and procd describe them."""

import pytest

from nametrack.wire import services, uci

PBR = """
config pbr 'config'
	option enabled '1'
	option ipv6_enabled '1'

config include
	option path '/usr/share/pbr/pbr.user.aws'
	option enabled '0'

config include 'nametrack'
	option path '/usr/share/nametrack/pbr.include'
"""
OLD = """
config vpn-policy-routing 'config'
	option enabled '1'
	option dest_ipset '%s'
	option resolver_ipset '%s'
"""


def configured(name, text):
    return services.configured(name, uci.parse(text)[0])


def test_pbr_as_it_is_configured():
    pbr = configured("pbr", PBR)
    assert (pbr.enabled, pbr.ipv6, pbr.includes) == (True, True, True)
    assert (pbr.running, pbr.errors) == (None, [])


def test_what_the_configuration_leaves_out_is_off():
    pbr = configured("pbr", "config pbr 'config'\n")
    assert (pbr.enabled, pbr.ipv6, pbr.includes) == (False, False, False)
    assert configured("pbr", "") == pbr


def test_an_include_that_is_off_is_none():
    assert not configured("pbr", PBR + "\toption enabled '0'\n").includes


@pytest.mark.parametrize(
    "dest,resolver,makes", [("0", "none", False), ("1", "none", True), ("0", "dnsmasq.ipset", True)]
)
def test_vpn_policy_routing_makes_its_sets_where_it_or_dnsmasq_may_fill_them(dest, resolver, makes):
    assert configured("vpn-policy-routing", OLD % (dest, resolver)).includes == makes


def test_procd_says_whether_it_runs_and_what_it_complains_of():
    pbr = configured("pbr", PBR)
    state = {"instances": {"main": {"data": {"status": "ok", "errors": [{"code": "errorX", "info": "y"}, {}]}}}}
    found = services.reported(pbr, state)
    assert (found.running, found.errors) == (True, ["errorX"])
    assert found[:3] == pbr[:3]


def test_what_nothing_starts_is_off_and_all_else_stays():
    old = configured("vpn-policy-routing", OLD % ("1", "none"))
    assert services.not_started(old) == (False,) + old[1:] and old.includes and not old.ipv6


@pytest.mark.parametrize(
    "state", [None, {}, {"instances": {}}, {"instances": {"main": {"data": {}}}}, {"instances": {"main": {}}}]
)
def test_a_service_that_says_nothing_of_itself_is_stopped(state):
    assert services.reported(configured("pbr", PBR), state).running is False


@pytest.mark.parametrize(
    "state",
    [7, [], {"instances": []}, {"instances": {"main": 7}}, {"instances": {"main": {"data": {"errors": {"a": 7}}}}}]
    + [{"data": {"errors": [7, {"code": 7}]}}],
)
def test_whatever_procd_says_nothing_is_raised(state):
    assert services.reported(configured("pbr", PBR), state).errors == []
