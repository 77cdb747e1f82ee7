"""interfaces.py: which ways lead out, and whom to ask over them."""

import pytest

from nametrack.core.interfaces import Interfaces
from nametrack.core.timers import Timers
from nametrack.wire.netifd import Interface

WAN = Interface("wan", True, "dhcp", "eth1", ["192.0.2.1", "2001:db8::53"], 10, 10)
SPARE = Interface("wanb", True, "dhcp", "eth2", ["192.0.2.2"], 20, None)
TUNNEL = Interface("wg0", True, "wireguard", "wg0", ["10.9.0.1"], 0, 0)
LAN = Interface("lan", True, "static", "br-lan", [], None, None)
DOWN = Interface("wan", False, "dhcp", None, [], None, None)


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
    ([], ["127.0.0.1", "@wan"], ["127.0.0.1"]),
]


@pytest.mark.parametrize("interfaces,listed,asked", ASKED)
def test_whom_to_ask(interfaces, listed, asked):
    assert known(*interfaces).nameservers(listed) == asked


def test_ways_out_are_those_with_a_default_route_that_are_no_tunnels_the_nearest_first():
    made = known(SPARE, TUNNEL, WAN, LAN)
    assert [i.name for i in made.upstreams(4)] == ["wan", "wanb"]
    assert [i.name for i in made.upstreams(6)] == ["wan"]


def test_a_server_is_asked_past_every_tunnel_where_the_ways_are_known():
    assert known(WAN, TUNNEL).way("198.51.100.53") == "198.51.100.53@eth1"
    assert known(SPARE, TUNNEL).way("2001:db8:1::53") is None
    assert known().way("198.51.100.53") == "198.51.100.53"


def test_a_storm_of_changes_is_one_reading_and_another_a_second_later():
    timers = Timers()
    made = Interfaces(timers)
    for i in range(100):
        made.changed(10 + i / 1000)
    assert timers.next() == 10.2 and timers.due(10.2) == [("interfaces",)]
    made.due(10.2)
    for i in range(100):
        made.changed(10.2 + i / 1000)
    assert timers.next() == 11.2


def test_a_reading_tells_what_is_other_and_what_came_up():
    made = known(WAN)
    assert made.read([WAN]) == (False, set())
    made.came_up("wan")
    assert made.read([WAN]) == (False, {"wan"})
    assert made.read([SPARE, WAN]) == (True, set())
