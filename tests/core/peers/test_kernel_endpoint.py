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
