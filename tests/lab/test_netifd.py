"""The stand-in for netifd searches for a host route as netifd does.

ANSWERS are what `ubus call network add_host_route` answered, and what `ip route` showed then, with these interfaces:
lan 192.168.1.1/24, wan 203.0.113.20/24 with a default route, wanb 192.0.3.20/24 with a default route of metric 20 and
198.51.100.0/24 via 192.0.3.9, wg0 (WireGuard) 10.9.0.2/24 with a default route.
"""

import pytest

from lab.netifd import Interface, target_route

INTERFACES = {
    "lan": Interface("lan", "br-lan", addresses=["192.168.1.1/24"]),
    "wan": Interface("wan", "wan", routers={4: "203.0.113.1"}, addresses=["203.0.113.20/24"]),
    "wanb": Interface(
        "wanb",
        "wanb",
        routers={4: "192.0.3.1"},
        metric=20,
        addresses=["192.0.3.20/24"],
        routes={"198.51.100.0/24": "192.0.3.9"},
    ),
    "wg0": Interface("wg0", "wg0", proto="wireguard", routes={"0.0.0.0/0": None}, addresses=["10.9.0.2/24"]),
    "lte": Interface("lte", "wwan0", routers={4: "100.64.0.1"}),
}
INTERFACES["lte"].up = False
# target, interface, exclude -> (interface, next hop, whether a route is added), None for "not found"
ANSWERS = [
    ("198.51.100.7", "wan", False, ("wan", "203.0.113.1", True)),  # in the named interface only, by its gateway
    ("192.168.1.5", "wan", False, ("wan", "203.0.113.1", True)),  # also what is on another link
    ("192.168.1.5", "lan", False, ("lan", None, False)),
    ("203.0.113.7", "wan", False, ("wan", None, False)),
    ("8.8.8.8", "lan", False, None),
    ("8.8.8.8", "lte", False, None),  # it is down
    ("2001:db8::1", "wan", False, None),
    ("192.168.1.5", None, False, ("lan", None, False)),
    ("198.51.100.7", None, False, ("wanb", "192.0.3.9", True)),  # the longest match
    ("8.8.8.8", "wg0", True, ("wan", "203.0.113.1", True)),
    ("192.168.1.5", "gone", False, ("lan", None, False)),  # a name that netifd does not know: all of them
]


@pytest.mark.parametrize("target,named,exclude,answer", ANSWERS)
def test_a_host_route_is_searched_for_as_netifd_does(target, named, exclude, answer):
    found = target_route(INTERFACES, target, named, exclude)
    assert (found and (found[0].name, found[1], found[2])) == answer
