"""Three lines of configuration, and packets of a client and of the router itself leave by the tunnel: real ones."""

import json

import pytest

from lab.agent import options
from lab.host import wait_for
from lab.steering import Steering
from lab.world import STAGING4, STAGING6, STAGING_NAME

THREE = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME]})
OTHER4, OTHER6 = "192.0.2.129", "2001:db8:c::1"  # the internet's own addresses beside staging


@pytest.fixture
def steering(world, interpreter):
    return Steering(world, interpreter, options(), THREE)


@pytest.mark.parametrize("strict", [0, 1, 2])
def test_three_lines_lead_lan_and_router_through_the_tunnel(steering, strict):
    steering.beach.sysctl(*(f"net/ipv4/conf/{name}/rp_filter={strict}" for name in ("all", "wan", "wg0", "br-lan")))
    other = "192.0.2.140", "2001:db8:c::140"
    steering.world.staging.ip(f"addr add {other[0]}/25 dev wan", f"addr add {other[1]}/64 dev wan nodad")
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        steering.reach("wan", *other)


def test_nothing_is_left_when_the_policy_goes_and_others_keep_what_is_theirs(steering):
    steering.beach.ip("rule add pref 1500 from 10.1.0.77 lookup 77", "route add 192.0.2.200 via 203.0.113.1 table 77")
    before = [
        steering.beach.run(["ip", *words.split()]).stdout for words in ("rule", "-6 rule", "route show table all")
    ]
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        agent.configure(options())
        agent.stop()
        agent.start()
        wait_for(lambda: not steering.ours(), 10, lambda: f"nothing of ours: {steering.ours()}")
        steering.reach("wan", *STAGING4, *STAGING6)
    after = [steering.beach.run(["ip", *words.split()]).stdout for words in ("rule", "-6 rule", "route show table all")]
    assert after == before


def test_rules_that_netifd_deletes_at_its_start_are_back_and_no_packet_leaks(steering):
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        for version in ("-4", "-6"):
            steering.beach.run(
                ["sh", "-c", f"for i in 1 2 3 4 5 6 7; do ip {version} rule del protocol 190; done"], check=False
            )
        steering.reach("home", *STAGING4, *STAGING6, seconds=2)


def test_a_device_that_goes_down_and_comes_back_has_its_routes_again(steering):
    with steering.agent:
        steering.reach("home", *STAGING4)
        steering.beach.ip("link set wg0 down")
        steering.reach("wan", *STAGING4, *STAGING6)
        steering.beach.ip("link set wg0 up", "addr add fd00:9::2/64 dev wg0 nodad")
        steering.reach("home", *STAGING4, *STAGING6)


def test_a_firewall_that_starts_anew_changes_nothing(steering):
    with steering.agent:
        steering.reach("home", *STAGING4)
        steering.beach.nft("delete table inet lab_fw")
        before = steering.ours()
        steering.reach("home", *STAGING4, *STAGING6, seconds=2)
        assert steering.ours() == before


def test_an_agent_that_ends_and_comes_back_leaves_the_way_as_it_is(steering):
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        before = steering.ours()
        agent.stop()
        assert steering.ours() == before
        agent.start()
        agent.wait_for_line("routes of our own")
        assert steering.ours() == before


def test_the_tunnels_server_may_be_a_host_of_the_policy(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME, world.home_address, world.home_address6]})
    steering = Steering(world, interpreter, options(), policy)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        handshake = world.home_peer().last_handshake
        world.wg0.set_peer(world.home_key.public, endpoint=f"{world.home_address}:51820")
        steering.reach("home", *STAGING4)
        assert world.home_peer().last_handshake >= handshake
        rules = json.loads(steering.beach.run(["ip", "-j", "rule"]).stdout)
        assert any(rule.get("sport") for rule in rules)
