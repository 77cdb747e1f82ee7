"""kernel_endpoint.py: what the kernel shows of an endpoint, beside what was ordered."""

from collections import namedtuple

from nametrack.core.peers.kernel_endpoint import UNDER_WAY, KernelEndpoint, Order

Reading = namedtuple("Reading", ("address", "port"))
NONE, HOME, MOVED = Reading(None, 0), Reading("198.51.100.10", 51820), Reading("198.51.100.11", 51820)


def counted(*readings):
    """The endpoint after these readings."""
    endpoint = KernelEndpoint(lambda config, address: None)
    for reading in readings:
        endpoint.read(reading)
    return endpoint


def test_the_first_endpoint_that_is_seen_is_no_change():
    assert counted(HOME, HOME).changes == 0
    assert counted(NONE, HOME, HOME).changes == 0


def test_each_other_endpoint_is_one_change():
    assert counted(HOME, MOVED, MOVED, HOME).changes == 2


def test_only_another_endpoint_than_a_known_one_was_set_by_others():
    endpoint = counted(NONE)
    assert [endpoint.read(each) for each in (HOME, HOME, MOVED, None, HOME)] == [False, False, True, False, False]


def test_a_reading_that_was_asked_for_before_the_order_tells_nothing():
    endpoint = counted(HOME)
    config = namedtuple("Config", ("interface", "public_key", "probe_address"))("wg0", "key", None)
    cause = namedtuple("Cause", ("code", "text"))("moved", "moved")
    endpoint.order(config, Order(tuple(MOVED), tuple(HOME), cause, True), 5, UNDER_WAY)
    assert not endpoint.read(HOME) and endpoint.installed == tuple(MOVED)
    assert endpoint.read(HOME), "the next one shows that others set it back"


CONFIG = namedtuple("Config", ("interface", "public_key", "probe_address"))("wg0", "key", "10.9.0.1")
CAUSE = namedtuple("Cause", ("code", "text"))("moved", "it moved")


class Ways:
    """What leads to an address that is no tunnel of its own."""

    def __init__(self, through):
        self.through = through

    def __call__(self, config, address):
        return self.through


def led(through="wan", *readings):
    ways = Ways(through)
    endpoint = KernelEndpoint(ways)
    for reading in readings:
        endpoint.read(reading)
    return endpoint, ways


def ordered(endpoint, target=MOVED, told=True, now=5, reading="old"):
    return endpoint.order(CONFIG, Order(tuple(target), endpoint.installed, CAUSE, told), now, reading)


def test_an_order_says_where_to_and_what_is_probed_and_counts_as_installed():
    endpoint, _ = led("wan", HOME)
    action = ordered(endpoint)
    assert tuple(action) == ("wg0", "key", MOVED.address, MOVED.port, "wan", "10.9.0.1", "it moved")
    assert (endpoint.installed, endpoint.changed_at) == (tuple(MOVED), 5)
    ordered(endpoint, now=9)
    assert endpoint.changed_at == 5, "the same was set again"
    endpoint.failed()
    assert endpoint.installed == tuple(HOME)
    assert endpoint.set(tuple(MOVED)) is None, "an order that failed is none"


def test_people_hear_once_of_what_was_set_and_of_nothing_that_they_need_not_know():
    endpoint, _ = led("wan", HOME)
    ordered(endpoint)
    assert endpoint.set(tuple(HOME)) is None, "that is an older order"
    assert endpoint.set(tuple(MOVED)).cause is CAUSE and endpoint.changes == 1
    assert endpoint.set(tuple(MOVED)) is None and endpoint.changes == 1
    assert endpoint.untold() is None
    ordered(endpoint, HOME, told=False)
    assert endpoint.set(tuple(HOME)) is None and endpoint.changes == 2
    old, order = endpoint.untold()
    assert old == tuple(MOVED) and order.target == tuple(HOME) and endpoint.untold() is None
    assert not endpoint.read(MOVED) or endpoint.untold() == (tuple(HOME), None)


def test_an_endpoint_that_others_set_is_untold_without_an_order():
    endpoint, _ = led("wan", HOME)
    assert endpoint.read(MOVED) and endpoint.untold() == (tuple(HOME), None) and endpoint.untold() is None


def test_an_address_without_a_route_is_passed_over_for_a_minute_or_until_routes_change():
    endpoint, _ = led()
    endpoint.no_route("192.0.2.1", 100)
    endpoint.no_route("192.0.2.2", 130)
    assert sorted(endpoint.unreachable(159)) == ["192.0.2.1", "192.0.2.2"]
    assert sorted(endpoint.unreachable(160)) == ["192.0.2.2"] and sorted(endpoint.unreachable(190)) == []
    endpoint.no_route("192.0.2.1", 200)
    endpoint.routes_changed()
    assert sorted(endpoint.unreachable(201)) == []


def test_a_way_that_changed_or_came_up_anew_is_told():
    endpoint, ways = led("wan", HOME)
    assert endpoint.way_changed(CONFIG, {"wan"}) is None, "nothing was ordered by it"
    ordered(endpoint)
    assert endpoint.way_changed(CONFIG, set()) is None
    assert endpoint.way_changed(CONFIG, {"wan"}) == "wan" and endpoint.way_changed(CONFIG, {"lan"}) is None
    ways.through = "wanb"
    assert endpoint.way_changed(CONFIG, set()) == "wanb"
    ways.through = None
    assert endpoint.way_changed(CONFIG, {"wan"}) is None and not endpoint.has_way(CONFIG)
    assert led("wan")[0].way_changed(CONFIG, {"wan"}) is None and not led("wan")[0].has_way(CONFIG)
    assert led("wan", HOME)[0].has_way(CONFIG)


def test_the_way_of_an_endpoint_that_we_did_not_set_is_seen_to_once():
    endpoint, ways = led("wan", HOME)
    (action,) = endpoint.check_way(CONFIG)
    assert tuple(action) == ("wg0", HOME.address, HOME.port, "wan") and endpoint.check_way(CONFIG) == []
    ways.through = "wanb"
    assert len(endpoint.check_way(CONFIG)) == 1
    endpoint.read(MOVED)
    assert len(endpoint.check_way(CONFIG)) == 1
    ways.through = None
    assert endpoint.check_way(CONFIG) == [] and led("wan")[0].check_way(CONFIG) == []
    ordered(endpoint, HOME)
    ways.through = "wan"
    ordered(endpoint, HOME)
    assert endpoint.check_way(CONFIG) == [], "the order has seen to it"


def test_a_peer_that_vanished_and_is_back_is_read_anew():
    endpoint, _ = led("wan", HOME)
    ordered(endpoint, reading=UNDER_WAY)
    assert not endpoint.read(None) and endpoint.installed is None
    assert not endpoint.read(HOME) and endpoint.installed == tuple(HOME)
