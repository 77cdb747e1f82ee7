"""interfaces.py: which ways lead out, and whom to ask over them."""

import pytest

from fakes import netifd
from nametrack.core import events as on
from nametrack.core.interfaces import Interfaces
from nametrack.core.timers import Timers
from routes.steering_house import House

WAN = netifd("wan", "dhcp", "eth1", ["192.0.2.1", "2001:db8::53"], 10, 10)
SPARE = netifd("wanb", "dhcp", "eth2", ["192.0.2.2"], 20)
TUNNEL = netifd("wg0", "wireguard", "wg0", ["10.9.0.1"], 0, 0, ["10.9.0.0/24"])
LAN = netifd("lan", "static", "br-lan", prefixes=["192.168.1.0/24"])
DOWN = netifd("wan", "dhcp", None)


def known(*interfaces):
    made = Interfaces(Timers())
    made.read(list(interfaces))
    return made


ASKED = [
    ([WAN, SPARE], ["127.0.0.1", "@wan"], ["127.0.0.1", "192.0.2.1@eth1", "2001:db8::53@eth1"]),
    ([WAN, SPARE], ["@wanb", "@wan"], ["192.0.2.2@eth2", "192.0.2.1@eth1", "2001:db8::53@eth1"]),
    ([DOWN, SPARE, TUNNEL], ["@wan"], ["192.0.2.2@eth2"]),  # what else leads out stands in, but no tunnel
    ([SPARE], ["@gone"], ["192.0.2.2@eth2"]),
    ([TUNNEL], ["@wg0"], ["10.9.0.1@wg0"]),  # unless it is what is asked for
    ([LAN], ["@wan"], []),
    ([netifd("six", "dhcpv6", "eth3", ["2001:db8::54"], metric6=5)], ["@wan"], ["2001:db8::54@eth3"]),
    ([], ["127.0.0.1", "@wan"], ["127.0.0.1"]),
]


@pytest.mark.parametrize("interfaces,listed,asked", ASKED)
def test_whom_to_ask(interfaces, listed, asked):
    assert known(*interfaces).nameservers(listed) == asked


def test_ways_out_are_those_with_a_default_route_that_are_no_tunnels_the_nearest_first():
    made = known(SPARE, TUNNEL, WAN, LAN)
    assert [i.name for i in made.upstreams(4)] == ["wan", "wanb"]
    assert [i.name for i in made.upstreams(6)] == ["wan"]


MESH = netifd("mesh", "static", "mesh0", metric4=0, prefixes=["198.51.100.0/24"])
INNER6 = netifd("wg1", "wireguard", "wg1", metric6=0, prefixes=["2001:db8:8::/48"])
INNER = netifd("wg1", "wireguard", "wg1", metric4=0, prefixes=["10.8.0.0/16"])
BEHIND = ["192.168.10.0/24", "198.51.100.0/24", "100.64.9.0/24", "fd00:9::/64"]
FAR = netifd("wg0", "wireguard", "wg0", prefixes=BEHIND)
HALVES = netifd("wg0", "wireguard", "wg0", prefixes=["0.0.0.0/1", "128.0.0.0/1"])
CAMPUS = netifd("campus", "static", "eth3", prefixes=["192.168.10.0/24"])
# interfaces, address -> the detour of wg0's own packets
DETOURS = [
    ([WAN, TUNNEL], "203.0.113.9", "wan"),
    ([WAN, TUNNEL], "2001:db8:9::9", "wan"),
    ([SPARE, WAN, TUNNEL], "203.0.113.9", "wan"),  # the lower metric
    ([WAN, MESH, TUNNEL], "198.51.100.7", "mesh"),  # the longest match
    ([WAN, LAN, TUNNEL], "192.168.1.5", "lan"),
    ([INNER, TUNNEL], "203.0.113.9", None),  # two full tunnels would lead into each other
    ([INNER6, TUNNEL], "2001:db8:9::9", None),
    ([INNER6, TUNNEL], "2001:db8:8::9", "wg1"),
    ([WAN, INNER, TUNNEL], "10.8.0.1", "wg1"),
    ([WAN, TUNNEL], "10.9.0.7", None),  # a private network behind the tunnel: what is in it is nowhere else
    ([WAN, FAR], "192.168.10.1", None),
    ([WAN, FAR], "fd00:9::1", None),
    ([WAN, FAR], "100.64.9.1", None),
    ([WAN, FAR], "192.168.11.1", "wan"),
    ([WAN, FAR], "198.51.100.9", "wan"),  # a server in a public network that is led into the tunnel
    ([WAN, HALVES], "10.1.2.3", "wan"),  # it has everything behind it, and no private network
    ([WAN, CAMPUS, FAR], "192.168.10.1", "campus"),  # as near as the tunnel's
    ([DOWN, TUNNEL], "203.0.113.9", None),
    ([WAN, LAN, TUNNEL], "192.168.1.0", "lan"),
    ([WAN, LAN, TUNNEL], "192.168.1.255", "lan"),
    ([WAN, LAN, TUNNEL], "::c0a8:105", "wan"),  # the number of 192.168.1.5
    ([SPARE, TUNNEL], "2001:db8:9::9", None),
    ([], "203.0.113.9", None),
]


@pytest.mark.parametrize("interfaces,address,through", DETOURS)
def test_the_detour_is_the_longest_match_among_all_other_interfaces(interfaces, address, through):
    assert known(*interfaces).detour(address, "wg0") == through


def test_a_server_is_asked_past_every_tunnel_where_the_ways_are_known():
    assert known(WAN, SPARE, TUNNEL).way("198.51.100.53") == "198.51.100.53@eth1"
    assert known(SPARE, TUNNEL).way("2001:db8:1::53") is None
    assert known().way("198.51.100.53") == "198.51.100.53"


def test_a_storm_of_changes_is_one_reading_and_another_a_second_later():
    timers = Timers()
    made = Interfaces(timers)
    for i in range(100):
        made.changed(10 + i / 1000)
    assert timers.next() == 10.2 and list(timers.each_due(10.2)) == [("interfaces",)]
    made.due(10.2)
    for i in range(100):
        made.changed(10.2 + i / 1000)
    assert timers.next() == 11.2


def test_a_reading_tells_what_is_other_and_what_came_up():
    made = known(WAN)
    assert made.read([WAN]) == (False, set())
    made.came_up("wan", 0)
    assert made.read([WAN]) == (False, {"wan"})
    assert made.read([SPARE, WAN]) == (True, set())


def test_an_interface_is_up_if_it_is_known_and_has_a_device():
    made = known(DOWN, SPARE)
    assert made.is_up("wanb") and not made.is_up("wan") and not made.is_up("gone")


def test_what_netifd_tells_is_news_if_it_was_announced_or_is_other_than_before():
    made = Interfaces(Timers())
    assert made.read([]) == (False, set()) and made.told
    assert made.read([WAN]) == (True, set()) and made.read([WAN]) == (False, set())
    made.came_up("wan", 5)
    made.due(6)
    assert made.read([WAN]) == (True, {"wan"}) and made.read([WAN]) == (False, set())


def test_two_readings_are_a_second_apart():
    timers = Timers()
    made = Interfaces(timers)
    made.changed(10)
    assert timers.next() == 10.2
    list(timers.each_due(10.2))
    made.due(10.2)
    made.changed(10.3)
    assert timers.next() == 11.2
    list(timers.each_due(11.2))
    made.due(11.2)
    made.changed(20)
    assert timers.next() == 20.2


def test_a_name_is_the_device_of_its_interface_or_a_device_itself():
    made = known(DOWN, SPARE)
    assert made.device("wanb") == "eth2" and made.device("wan") is None and made.device("gone") is None
    assert made.devices(["wanb", "wan", "eth2", "tun7", "wanb"]) == ["eth2", "tun7"]
    assert not Interfaces(Timers()).told


def test_what_is_set_is_compared_if_an_interface_is_other_or_came_up_again_and_else_not():
    """One that came up again has lost its routes, whoever had netifd asked."""
    house = House("config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n")
    house.handle(on.InterfacesRead([WAN]))
    house.wait(30)
    agent, now, timer = house.agent, house.now, house.agent.next_timer()
    assert timer > now
    assert agent.handle(on.InterfacesRead([WAN]), now) == [] and agent.next_timer() == timer
    agent.handle(on.InterfaceUp("wan"), now)
    agent.handle(on.InterfacesRead([WAN]), now)
    assert agent.next_timer() == now
    house.wait(30)
    agent.handle(on.InterfacesRead([SPARE]), house.now)
    assert agent.next_timer() == house.now
