"""A name that DNS never answers: for an hour what nothing wants any more waits for it, and nothing else does."""

import pytest
from steering_house import House

from nametrack.core import events as on
from nametrack.core.agent import Agent

NAMES = "\tlist interface 'wg0'\n\tlist host 'work.test'\n\tlist host 'dead.test'\n"
TEXT = "config policy 'work'\n\toption check_address '192.0.2.77'\n" + NAMES
BLOCK = "config policy 'work'\n\toption fallback 'block'\n" + NAMES
OTHER = "config policy 'other'\n\tlist interface 'wg1'\n\tlist host 'dead.test'\n"


HOSTS = {"work.test": (["192.0.2.1", "192.0.2.50"], []), "home.dyn.test": (["198.51.100.1"], [])}


class Silent(House):
    def answer(self, action):
        return on.QueryFailed(action.id, "SERVFAIL") if action.name == "dead.test" else House.answer(self, action)


def blocked():
    house = Silent(BLOCK + OTHER)
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "unreachable"
    return house


def test_traffic_takes_the_uplink_as_soon_as_no_interface_works():
    house = Silent(TEXT)
    house.wait(60)
    assert house.way("192.0.2.1") == "wg0" and house.agent.routes.holds
    house.echoing = []
    house.wait(10)
    assert (house.way("192.0.2.1"), house.way("2001:db8::1")) == ("wan", "wan")


def test_traffic_is_blocked_as_soon_as_no_interface_works():
    house = Silent(TEXT + "\toption fallback 'block'\n")
    house.wait(60)
    house.echoing = []
    house.wait(10)
    assert (house.way("192.0.2.1"), house.way("2001:db8::1")) == ("unreachable", "dropped")


def test_a_pause_ends_a_block():
    house = blocked()
    house.handle(on.Paused(600))
    assert (house.way("192.0.2.1"), house.way("2001:db8::1")) == ("wan", "wan")


@pytest.mark.parametrize("text", [BLOCK.replace("block", "main") + OTHER, OTHER])
def test_a_reload_ends_a_block_that_is_configured_no_more(text):
    house = blocked()
    house.configure(text)
    assert (house.way("192.0.2.1"), house.way("2001:db8::1")) == ("wan", "wan")


def test_the_endpoint_of_a_tunnel_is_blocked_no_more():
    house = Silent(BLOCK, hosts=HOSTS)
    house.wait(30)
    house.hosts = dict(HOSTS, **{"home.dyn.test": (["192.0.2.50"], [])})
    house.wait(320)
    assert "192.0.2.50" in house.agent.peers.endpoints() and house.agent.routes.holds
    assert house.routing.main_way("192.0.2.50") == "wan"


def test_a_network_that_becomes_local_is_reached_as_such():
    house = Silent(BLOCK, hosts=HOSTS)
    house.wait(30)
    route = house.routing.static("192.0.2.1/32", "br-lan", None, 0)
    house.touched()
    house.wait(61)
    assert house.way("192.0.2.1") == "br-lan" and house.agent.routes.holds
    house.routing.main.remove(route)
    house.touched()
    house.wait(61)
    assert house.way("192.0.2.1") == "wg0"


def test_an_address_that_dns_no_longer_names_goes_and_nothing_waits_for_it():
    house = Silent(TEXT + "\toption retain '0'\n", hosts=HOSTS)
    house.wait(30)
    house.hosts = dict(HOSTS, **{"work.test": (["192.0.2.1"], [])})
    house.wait(400)
    assert house.way("192.0.2.50") == "wan" and house.agent.routes.holds
    assert house.agent.routes.settled() and house.agent.routes.standing("work")[0] == "current"


def restarted(house, text):
    """The address that only the last agent knew."""
    house.hosts = {}
    house.agent = Agent()
    house.configure(text)
    house.wait(60)


@pytest.mark.parametrize("text, down, way", [(BLOCK, True, "unreachable"), (BLOCK, False, "wg0"), (TEXT, False, "wg0")])
def test_what_an_agent_before_installed_stays_for_an_hour(text, down, way):
    house = Silent(text, hosts=HOSTS)
    if down:
        house.routing.down("wg0")
        house.touched()
    house.wait(30)
    restarted(house, text)
    assert house.way("192.0.2.1") == way and house.agent.routes.holds
    house.wait(3600)
    assert house.way("192.0.2.1") == "wan" and not house.agent.routes.holds


@pytest.mark.parametrize("text", [OTHER, BLOCK.replace("block", "main").replace("wg0", "wg1")])
def test_it_does_not_stay_where_no_policy_leads_packets_any_more(text):
    house = Silent(BLOCK, hosts=HOSTS)
    house.wait(30)
    restarted(house, text)
    assert house.way("192.0.2.1") == "wan" and house.agent.routes.holds
