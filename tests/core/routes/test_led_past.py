"""A policy that is to block, and routes of others in the main table that lead its packets past what blocks."""

import pytest
from steering_house import House

from nametrack.core.telling.findings import findings

POLICY = """
config policy 'work'
	list interface 'wg0'
	option fallback 'block'
	list host '%s'
%s"""
HOST, GATEWAY = "192.0.2.9", "203.0.113.1"
WALL = 1795400000  # a clock that is set


class Blocked(House):
    """No interface of its policy works."""

    def __init__(self, host, more=""):
        super().__init__(POLICY % (host, more))
        self.routing.down("wg0")
        self.touched()

    def learns(self, *route):
        """Another program writes a route, and the kernel tells nothing of it."""
        found = self.routing.static(*route)
        self.wait(61)
        return found

    def standing(self):
        return self.agent.routes.standing("work")

    def found(self):
        return [each for each in findings(self.agent, WALL) if each["code"] == "not_blocked"]

    def heard(self, code):
        return [each["kind"] for each in self.agent.history.since(0, self.now, 0) if each["code"] == code]


def test_an_address_that_a_route_leads_past_what_blocks_is_not_said_to_be_blocked():
    house = Blocked(HOST)
    assert house.standing()[:2] == ("blocked", "blocked")
    route = house.learns(HOST, "wan", GATEWAY, 0)
    assert house.way(HOST) == "wan" and house.standing()[:2] == ("failing", "not_blocked")
    assert house.standing()[2].startswith("the route to 192.0.2.9 of another program leads past what blocks: no way")
    house.routing.main.remove(route)
    house.wait(61)
    assert house.way(HOST) == "unreachable" and house.standing()[:2] == ("blocked", "blocked")


def test_check_finds_it_as_long_as_it_is_so():
    house = Blocked(HOST)
    assert house.found() == []
    route = house.learns(HOST, "wan", GATEWAY, 0)
    (said,) = house.found()
    assert said["severity"] == "error" and said["subject"] == "policy 'work'"
    assert said["text"].startswith("the route to 192.0.2.9 of another program leads past what blocks: no way out works")
    assert "remove the one that is in the way" in said["advice"]
    house.routing.main.remove(route)
    house.wait(61)
    assert house.found() == []


def test_it_is_told_once_when_it_begins_and_once_when_it_ends():
    house = Blocked(HOST)
    route = house.learns(HOST, "wan", GATEWAY, 0)
    house.wait(600)
    assert house.heard("not_blocked") == ["trouble"] and house.heard("blocks") == []
    assert any("the route to 192.0.2.9 of another program" in text for text in house.said)
    house.routing.main.remove(route)
    house.wait(600)
    assert house.heard("not_blocked") == ["trouble"] and house.heard("blocks") == ["recovered"]


def test_a_way_that_works_leads_before_them():
    house = Blocked(HOST)
    house.learns(HOST, "wan", GATEWAY, 0)
    house.routing.up("wg0")
    house.touched()
    assert house.way(HOST) == "wg0" and house.standing()[:2] == ("current", "route")
    assert house.heard("blocks") == ["recovered"]


@pytest.mark.parametrize(
    ("host", "route", "leads"),
    [
        ("192.0.2.0/24", ("192.0.2.8/29", "wan", GATEWAY, 0), True),
        ("192.0.2.0/24", ("192.0.2.8/29", "wan", GATEWAY, 20000), True),
        ("192.0.2.0/24", ("192.0.2.0/24", "wan", GATEWAY, 9998), True),
        ("192.0.2.0/24", ("192.0.2.0/24", "wan", GATEWAY, 10000), False),
        ("192.0.2.0/24", ("192.0.0.0/16", "wan", GATEWAY, 0), False),
        ("192.0.2.0/24", ("192.0.3.0/24", "wan", GATEWAY, 0), False),
        ("128.0.0.0/1", ("128.0.0.0/1", "wan", GATEWAY, 0), False),  # it holds an endpoint: in its own table
        (HOST, (HOST, "wan", GATEWAY, 10000), False),
        ("2001:db8:5::/48", ("2001:db8:5:1::/64", "wan", "2001:db8:b::1", 0), True),
    ],
)
def test_a_route_leads_past_if_it_is_longer_or_as_long_and_preferred(host, route, leads):
    house = Blocked(host)
    house.learns(*route)
    address = {"192.0.2.0/24": HOST, "128.0.0.0/1": HOST, HOST: HOST}.get(host, "2001:db8:5:1::9")
    assert house.way(address) == ("wan" if leads else "unreachable")
    assert house.standing()[1] == ("not_blocked" if leads else "blocked")


def test_packets_that_have_a_table_of_their_own_are_blocked_before_the_main_table_is_asked():
    house = Blocked(HOST, "\tlist client '192.168.1.50'\n")
    house.learns(HOST, "wan", GATEWAY, 0)
    assert house.way(HOST, "192.168.1.50") == "unreachable" and house.standing()[1] == "blocked"


LAN = ("192.168.9.0/24", "br-lan", None, 0)


def test_local_networks_are_left_alone_unless_the_policy_is_to_have_them():
    house = Blocked("192.168.0.0/16")
    house.learns(*LAN)
    assert house.way("192.168.9.7") == "br-lan" and house.standing()[1] == "blocked"
    house = Blocked("192.168.0.0/16", "\toption keep_local '0'\n")
    house.learns(*LAN)
    assert house.way("192.168.9.7") == "br-lan" and house.standing()[1] == "not_blocked"


def test_a_route_through_an_interface_of_the_policy_that_forwards_nothing_is_no_other_way():
    house = House(POLICY % ("192.0.2.0/24", "\toption check_address '198.51.100.53'\n"))
    house.routing.static("192.0.2.8/29", "wg0", None, 0)
    house.echoing = []
    house.wait(61)
    assert house.way(HOST) == "wg0" and house.agent.routes.standing("work")[1] == "blocked"


def test_the_endpoint_of_a_tunnel_is_never_blocked_and_its_route_is_no_trouble():
    house = Blocked("198.51.100.1")
    house.learns("198.51.100.1", "wan", GATEWAY, 0)
    assert house.way("198.51.100.1") == "wan" and house.standing()[1] == "blocked"


BYPASS = """
config policy 'free'
	option action 'bypass'
	list host '%s'
"""


def test_what_a_bypass_above_has_is_not_to_be_blocked():
    house = Blocked("192.0.2.0/24")
    house.configure(BYPASS % "192.0.2.8/29" + POLICY % ("192.0.2.0/24", ""))
    house.learns("192.0.2.8/29", "wan", GATEWAY, 0)
    assert house.way(HOST) == "wan" and house.standing()[1] == "blocked"
    house.learns("192.0.2.16/29", "wan", GATEWAY, 0)
    assert house.way("192.0.2.17") == "wan" and house.standing()[1] == "not_blocked"


def test_what_a_policy_above_blocks_is_the_trouble_of_that_one():
    house = Blocked("192.0.2.0/24")
    above = POLICY.replace("'work'", "'above'") % (HOST, "")
    house.configure(above + POLICY % ("192.0.2.0/24", ""))
    house.learns(HOST, "wan", GATEWAY, 0)
    assert house.standing()[1] == "blocked"
    assert house.agent.routes.standing("above")[1] == "not_blocked"
