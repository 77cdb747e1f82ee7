"""Policies without hosts: they take all that their clients send, and leave alone what others begin from outside."""

from steering_house import House

from nametrack import routing
from nametrack.core.agent import Agent
from nametrack.core.routes.inbound import Inbound
from nametrack.core.routes.readings import RESYNC

CLIENT, OTHER = "192.168.1.50", "192.168.1.60"
ANYWHERE, ANYWHERE6 = "192.0.2.77", "2001:db8:77::1"
BIT = 0x01000000


def policy(name, way, more):
    return "config policy '%s'\n\tlist interface '%s'\n%s" % (name, way, more)


def only(*clients):
    return "".join(["\tlist client '%s'\n" % client for client in clients])


def test_all_that_a_client_sends_goes_through_the_tunnel():
    house = House(policy("work", "wg0", only(CLIENT, "fd00:1::50")))
    assert house.way(ANYWHERE, CLIENT) == "wg0" and house.way(ANYWHERE6, "fd00:1::50") == "wg0"
    assert house.way(ANYWHERE, OTHER) == "wan" and house.way(ANYWHERE) == "wan"


def test_local_networks_stay_reachable():
    house = House(policy("work", "wg0", only(CLIENT)))
    assert house.way("192.168.1.60", CLIENT) == "br-lan" and house.way("203.0.113.9", CLIENT) == "wan"


def test_a_whole_client_is_blocked_while_no_way_works():
    house = House(policy("work", "wg0", only(CLIENT) + "\toption fallback 'block'\n"))
    house.routing.down("wg0")
    house.touched()
    assert house.way(ANYWHERE, CLIENT) == "unreachable" and house.way(ANYWHERE, OTHER) == "wan"


def test_what_begins_on_the_uplink_is_marked_and_goes_back_there():
    house = House(policy("work", "wg0", only(CLIENT)))
    assert house.marked == (["wan"], BIT)
    assert house.way(ANYWHERE, CLIENT, None, BIT) == "wan"


def test_the_mark_is_asked_for_once_and_again_when_others_may_have_changed_it():
    house = House(policy("work", "wg0", only(CLIENT)))
    routes, inbound = house.agent.routes, Inbound()
    given = (routes.steered, {}, routes.installation.view, "0x00ff0000")
    first = inbound.decide(*given)
    assert len(first) == 1 and inbound.decide(*given) == []
    inbound.compare()
    assert inbound.decide(*given) == first


def test_what_marks_is_put_back_once_in_a_while_for_no_program_tells_that_it_took_it_away():
    house = House(policy("work", "wg0", only(CLIENT)))
    house.marked = None
    house.wait(2 * RESYNC)
    assert house.marked == (["wan"], BIT)


def test_a_second_uplink_that_is_a_way_out_is_not_marked():
    house = House("")
    house.routing.link("wanb", "198.51.100.20/24", direct=False)
    house.routing.default("wanb", "198.51.100.1", 10)
    house.configure(policy("work", "wanb", only(CLIENT)))
    assert house.marked == (["wan"], BIT)


def test_the_preferred_uplink_is_marked_though_it_is_a_way_out_too():
    house = House(policy("work", "wg0", "\tlist interface 'wan'\n" + only(CLIENT)))
    assert house.marked == (["wan"], BIT) and house.way(ANYWHERE, CLIENT) == "wg0"
    house.configure(policy("work", "wg0", only(CLIENT)) + policy("far", "wan", "\tlist host '192.0.2.1'\n"))
    assert house.marked == (["wan"], BIT)


def test_an_uplink_that_another_goes_before_in_one_family_is_not_marked_if_it_is_a_way_out():
    house = House("")
    house.routing.link("wanb", "198.51.100.20/24", "2001:db8:c::20/64", direct=False)
    house.routing.default("wanb", "198.51.100.1", 10)
    house.routing.default("wanb", "2001:db8:c::1", -1)
    house.configure(policy("work", "wg0", "\tlist interface 'wan'\n\tlist interface 'wanb'\n" + only(CLIENT)))
    assert house.marked == ([], 0) or house.marked is None


def test_what_an_agent_before_this_one_marked_is_marked_no_more():
    house = House(policy("work", "wg0", only(CLIENT)))
    house.agent, house.marked = Agent(), None
    house.configure(policy("work", "wg0", "\tlist host '192.0.2.1'\n"))
    assert house.marked == ([], 0)


def test_nothing_is_marked_for_policies_with_hosts_or_after_the_policy_went():
    house = House(policy("work", "wg0", only(CLIENT) + "\tlist host '192.0.2.1'\n"))
    assert house.marked is None
    house.configure(policy("work", "wg0", only(CLIENT)))
    assert house.marked[0] == ["wan"]
    house.configure("")
    assert house.marked == ([], 0)


def test_the_bit_is_the_lowest_of_the_mask():
    house = House("config nametrack 'global'\n\toption fwmark_mask '0x00ff0000'\n" + policy("w", "wg0", only(CLIENT)))
    assert house.marked == (["wan"], 0x00010000)


def test_connections_of_others_are_not_ended_when_a_whole_client_moves():
    house = House(policy("work", "wg0", only(CLIENT)))
    assert house.kernel.flushed == []


def test_a_policy_whose_clients_cannot_be_used_does_not_become_one_for_everybody():
    house = House(policy("work", "wg0", only("aa:bb:cc:dd:ee") + "\tlist host '192.0.2.1'\n"))
    assert house.way("192.0.2.1") == "wan"
    assert any("no usable option 'client'" in text for text in house.config.errors)


def test_hosts_that_cannot_be_used_do_not_become_all_addresses():
    house = House(policy("work", "wg0", only(CLIENT) + "\tlist host 'not_a_host!'\n"))
    assert house.way(ANYWHERE, CLIENT) == "wan"


def test_a_protocol_alone_selects_from_router_and_clients():
    house = House(policy("work", "wg0", "\tlist proto 'udp'\n\tlist port '443'\n"))
    assert [rule for rule in house.routing.rules if rule.match.dports == (443, 443)]
    assert house.marked[0] == ["wan"]


def test_a_tunnel_for_whole_clients_is_probed_by_an_address_that_can_be_sent_to():
    house = House(policy("work", "wg0", only(CLIENT)).replace("wg0'", "wg0'\n\tlist interface 'wg1'"))
    house.routing.ports["wg1"] = 51821
    house.touched()
    for each in house.agent.routes.steered:
        assert each.an_address(house.agent.routes._ways.by_name["wg1"]) in ("192.0.2.1", "2001:db8::1")


def test_a_mark_that_rules_of_another_program_look_at_is_none_of_ours():
    house = House("")
    other = routing.Rule(4, 500, routing.match(mark=(1, 1)), routing.LOOKUP, 77, None, 3)
    house.routing.rules.append(other)
    house.configure(policy("work", "wg0", only(CLIENT) + "\tlist host '192.0.2.1'\n"))
    house.wait(1)
    assert house.way("192.0.2.1", CLIENT) == "wg0" and house.marked is None
