"""Clients by their MAC address: the rules follow the addresses that the neighbour table has for it."""

from steering_house import House

from nametrack import routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.actions import FollowNeighbours
from nametrack.core.routes.clients import MOST, Clients
from nametrack.core.routes.selector import Client

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


class Interfaces:
    def device(self, name):
        return {"lan": "br-lan"}.get(name)


class Selector:
    def __init__(self, *clients):
        self.clients = clients


def test_a_client_is_an_interface_by_its_device_an_address_or_what_a_mac_address_has():
    clients = Clients(Interfaces())
    assert clients.configure([Selector(Client("interface", "lan"))]) == [] and clients.again() == []
    assert clients.configure([Selector(Client("mac", MINE))]) == [FollowNeighbours(True)] == clients.again()
    assert clients.sources(Client("interface", "lan"), 4) == [("iif", "br-lan")]
    assert clients.sources(Client("interface", "tun7"), 6) == [("iif", "tun7")]
    assert clients.sources(Client("prefix", "10.0.0.0/8"), 4) == [("source", "10.0.0.0/8")]
    assert clients.sources(Client("prefix", "10.0.0.0/8"), 6) == clients.sources(Client("mac", MINE), 4) == []
    assert clients.configure([]) == [FollowNeighbours(False)] and clients.configure([]) == []


def test_that_a_client_has_other_addresses_is_news_and_nothing_else_is():
    clients = Clients(Interfaces())
    clients.configure([Selector(Client("mac", MINE), Client("mac", OTHERS))])
    first, other = routing.Neighbour(4, 2, "10.0.0.1", MINE), routing.Neighbour(4, 2, "10.0.0.9", "02:00:00:00:00:cc")
    assert clients.read([first, other]) and not clients.read([first, other]) and not clients.read([])
    assert not clients.read([routing.Neighbour(6, 2, "fe80::1", MINE)])
    assert clients.read([routing.Neighbour(4, 2, "10.0.0.1", OTHERS), other])
    assert clients.addresses(MINE) == [] and clients.addresses(OTHERS) == ["10.0.0.1"]
    for i in range(17):
        assert clients.read([at("10.0.1.%d" % i), at("2001:db8::%x" % i)])
    kept = clients.addresses(MINE)
    assert len(kept) == 32 and "10.0.1.0" not in kept and "10.0.1.1" in kept and kept[-1] == "2001:db8::10"
