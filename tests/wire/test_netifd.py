"""netifd.py: what `ubus call network.interface dump` says, as values."""

import json

import pytest

from nametrack import ip
from nametrack.wire.netifd import Interface, Network, interfaces

# As a router answers, shortened to what is looked at and some of what is not.
DUMP = """{"interface": [
{"interface": "loopback", "up": true, "l3_device": "lo", "proto": "static", "device": "lo", "metric": 0,
 "ipv4-address": [{"address": "127.0.0.1", "mask": 8}], "route": [], "dns-server": []},
{"interface": "wan", "up": true, "pending": false, "l3_device": "pppoe-wan", "proto": "pppoe", "device": "eth1",
 "metric": 20, "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": "203.0.113.1", "source": "198.51.100.7/32"}],
 "dns-server": ["192.0.2.53", "192.0.2.54", "2001:DB8:0::53"], "data": {}},
{"interface": "wan6", "up": true, "l3_device": "eth1", "proto": "dhcpv6", "metric": 0,
 "route": [{"target": "2001:db8::", "mask": 48, "nexthop": "::"},
           {"target": "::", "mask": 0, "nexthop": "fe80::1", "metric": 512, "source": "2001:db8::/56"}],
 "dns-server": ["fe80::1"]},
{"interface": "wg0", "up": true, "l3_device": "wg0", "proto": "wireguard", "metric": 0,
 "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": "0.0.0.0", "table": 100}], "dns-server": ["10.9.0.1"]},
{"interface": "lte", "up": false, "proto": "qmi", "dns-server": ["192.0.2.99"]}]}"""


def network(prefix, metric=0):
    return Network(*(ip.span(prefix) + (metric,)))


def test_a_dump_of_a_router():
    """A default route in a table of its own is none; an interface that is down has no device and no nameservers."""
    assert interfaces(json.loads(DUMP)) == [
        Interface("loopback", True, "static", "lo", [], None, None, [network("127.0.0.0/8")]),
        Interface(
            "wan",
            True,
            "pppoe",
            "pppoe-wan",
            ["192.0.2.53", "192.0.2.54", "2001:db8::53"],
            20,
            None,
            [network("0.0.0.0/0", 20)],
        ),
        Interface(
            "wan6", True, "dhcpv6", "eth1", ["fe80::1"], None, 512, [network("2001:db8::/48"), network("::/0", 512)]
        ),
        Interface("wg0", True, "wireguard", "wg0", ["10.9.0.1"], None, None, []),
        Interface("lte", False, "qmi", None, [], None, None, []),
    ]


STRANGE = [
    {},
    {"interface": None},
    {"interface": "wan"},
    {"interface": [None, 1, "x", [], {}]},
    {"interface": [{"interface": 7}, {"interface": ""}, {"interface": "x" * 65}]},
]


@pytest.mark.parametrize("answer", STRANGE)
def test_what_is_no_interface_is_left_out(answer):
    assert interfaces(answer) == []


WRONG_PARTS = [
    {"up": 1},
    {"up": True, "l3_device": 5},
    {"up": True, "l3_device": "a-name-of-16-chars", "proto": []},
    {"up": True, "dns-server": "192.0.2.1", "route": {}},
    {"up": True, "dns-server": ["no address", 5, None], "route": [None, {"mask": 0}, {"target": 0, "mask": 0}]},
    {"up": True, "route": [{"target": "198.51.100.1-198.51.100.9", "mask": 0}, {"target": "0.0.0.0", "mask": 33}]},
    {"up": True, "route": [{"target": "0.0.0.0"}, {"target": None, "mask": 0}, {"target": "::", "mask": -1}]},
    {"up": True, "ipv4-address": [None, {"address": "home", "mask": 8}], "ipv6-address": {"address": "::1"}},
]


@pytest.mark.parametrize("parts", WRONG_PARTS)
def test_parts_that_are_wrong_count_as_missing(parts):
    status = dict(parts)
    status["interface"] = "wan"
    found = interfaces({"interface": [status]})
    assert found == [Interface("wan", parts["up"] is True, "", None, [], None, None, [])]


def test_a_name_has_one_to_64_characters():
    names = [size * "x" for size in (0, 1, 64, 65)]
    assert [each.name for each in interfaces({"interface": [{"interface": name} for name in names]})] == names[1:3]


def test_an_interface_that_is_down_has_no_device():
    status = {"interface": "wan", "up": False, "l3_device": "eth1"}
    assert interfaces({"interface": [status]})[0].device is None


def test_the_least_metric_of_several_default_routes_counts():
    routes = [{"target": "0.0.0.0", "mask": 0, "metric": m} for m in (30, 10, 20)]
    assert interfaces({"interface": [{"interface": "wan", "up": True, "route": routes}]})[0].metric4 == 10
    routes[0]["metric"] = "low"
    assert interfaces({"interface": [{"interface": "wan", "up": True, "route": routes}]})[0].metric4 == 0


def test_there_are_bounds():
    servers = ["192.0.2.%d" % i for i in range(9)]
    routes = [{"target": "10.0.%d.0" % i, "mask": 24} for i in range(129)]
    many = [{"interface": "i%d" % i, "up": True, "dns-server": servers, "route": routes} for i in range(257)]
    found = interfaces({"interface": many})
    assert len(found) == 256 and len(found[0].nameservers) == 8 and len(found[0].networks) == 128
