"""local.py: which networks are local, and which links lead to the internet."""

from nametrack import ip
from nametrack.core.routes.local import Local
from nametrack.routing import MainRoute


def route(text, device, gateway=None, metric=0, family=4):
    return MainRoute(family, ip.key(text), device, gateway, metric)


ROUTES = [
    route("0.0.0.0/0", 3, "203.0.113.1", 20),
    route("0.0.0.0/0", 2, "192.0.2.1", 10),
    route("128.0.0.0/1", 2, "192.0.2.7", 30),
    route("64.0.0.0/2", 2, "192.0.2.1"),
    route("192.168.1.0/24", 5),
    route("192.168.1.0/24", 6, metric=9),
    route("10.1.0.0/16", 5, "192.168.1.2"),
    route("10.9.0.0/24", 7),
    route("::/0", 4, "fe80::1", family=6),
]


def test_a_default_route_has_a_prefix_of_one_bit_at_most():
    assert [(each.device, each.metric) for each in Local(4, ROUTES).defaults] == [(2, 10), (3, 20), (2, 30)]
    assert [each.device for each in Local(6, ROUTES).defaults] == [4]
    assert Local(6, [route("8000::/1", 1, family=6), route("4000::/2", 2, family=6)]).uplinks() == [1]


def test_links_with_a_default_route_come_once_the_preferred_first():
    assert Local(4, ROUTES).uplinks() == [2, 3]


def test_what_is_connected_or_behind_another_router_is_local_and_a_way_out_is_not():
    found = Local(4, ROUTES).keys([7])
    assert [ip.element(key) for key in found] == ["192.168.1.0/24", "10.1.0.0/16"]


def test_the_next_hop_of_a_link_is_that_of_its_default_route_or_else_of_any():
    four = Local(4, ROUTES)
    assert [four.gateway(device) for device in (2, 3, 5, 7, 9)] == [
        "192.0.2.1",
        "203.0.113.1",
        "192.168.1.2",
        None,
        None,
    ]
