"""Clients by their MAC address: the rules follow the addresses that the neighbour table has for it."""

from steering_house import House

from nametrack import routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.routes.clients import MOST

MINE, OTHERS = "02:00:00:00:00:aa", "02:00:00:00:00:bb"
HOST, HOST6 = "192.0.2.1", "2001:db8::1"
POLICY = "config policy 'work'\n\tlist interface 'wg0'\n\tlist client '%s'\n\tlist host 'work.test'\n" % MINE


def at(address, hardware=MINE):
    return routing.Neighbour(6 if ":" in address else 4, 2, address, hardware)


def news(house, *neighbours):
    house.handle(on.NeighboursRead(list(neighbours)))
    house.wait(0.3)


def test_a_client_that_is_there_at_the_start_and_no_other_goes_through_the_tunnel():
    house = House("")
    house.routing.neighbours = [at("192.168.1.50"), at("fd00:1::50"), at("192.168.1.60", OTHERS)]
    house.configure(POLICY)
    house.wait(0.3)
    assert house.way(HOST, "192.168.1.50") == "wg0" and house.way(HOST6, "fd00:1::50") == "wg0"
    assert house.way(HOST, "192.168.1.60") == "wan" and house.way(HOST) == "wan"


def test_a_client_that_comes_or_gets_another_address_is_followed_at_once():
    house = House(POLICY)
    assert house.way(HOST, "192.168.1.50") == "wan"
    house.handle(on.NeighboursRead([at("192.168.1.50")]))
    assert house.way(HOST, "192.168.1.50") == "wg0"
    news(house, at("192.168.1.51"), at("fd00:1::51"))
    assert house.way(HOST, "192.168.1.51") == "wg0" and house.way(HOST6, "fd00:1::51") == "wg0"


def test_an_address_stays_the_clients_until_another_device_has_it():
    house = House(POLICY)
    news(house, at("192.168.1.50"))
    news(house)  # it is silent, and left the table
    assert house.way(HOST, "192.168.1.50") == "wg0"
    news(house, at("192.168.1.50", OTHERS))
    assert house.way(HOST, "192.168.1.50") == "wan"


def test_the_addresses_of_a_client_are_bounded_and_link_local_ones_are_none():
    house = House(POLICY)
    news(house, at("fe80::1"), at("192.168.1.50"), *[at("fd00:1::%x" % i) for i in range(1, 2 * MOST + 1)])
    sources = [rule.match.source for rule in house.routing.rules if rule.match.source]
    assert len([source for source in sources if source.startswith("fd00:1::")]) == MOST
    assert house.way(HOST6, "fd00:1::20") == "wg0" and house.way(HOST6, "fd00:1::1") == "wan"
    assert house.way(HOST, "192.168.1.50") == "wg0"


def test_neighbours_are_followed_only_while_a_policy_needs_them():
    house = House("")
    followed, perform = [], house.kernel.perform

    def performing(action, now):
        if isinstance(action, do.FollowNeighbours):
            followed.append(action.wanted)
        return perform(action, now)

    house.kernel.perform = performing
    house.configure(POLICY.replace(MINE, "192.168.1.50"))
    assert followed == []
    house.configure(POLICY)
    house.configure("")
    house.wait(200)
    assert followed == [True, False]


def test_all_of_a_client_is_taken_without_hosts():
    house = House(POLICY.replace("\tlist host 'work.test'\n", ""))
    news(house, at("192.168.1.50"))
    assert house.way("192.0.2.77", "192.168.1.50") == "wg0" and house.way("192.0.2.77", "192.168.1.60") == "wan"


def test_a_neighbour_that_says_nothing_new_changes_no_rule():
    house = House(POLICY)
    news(house, at("192.168.1.50"))
    house.written.clear()
    assert house.agent.handle(on.NeighboursRead([at("192.168.1.50"), at("192.168.1.60", OTHERS)]), house.now) == []
    house.wait(1)
    assert house.written == []
