"""nexthops.py: whose flows move. What is added and deleted when the tests of whole houses pin."""

from nametrack import routing
from nametrack.core.routes.nexthops import Nexthops


def test_flows_move_when_a_nexthop_stands_for_another_way_and_not_when_the_kernel_refuses_it():
    hops = Nexthops()
    here, there = [routing.Change(routing.ADD, routing.Nexthop(4, 902, n, None, routing.PROTOCOL)) for n in (3, 4)]
    assert not hops.changed(here, None), "nothing led there before"
    assert not hops.changed(there, "no such device") and not hops.changed(here, None)
    assert hops.changed(there, None)
    gone = routing.Change(routing.DELETE, here.value)
    assert not hops.changed(gone, None) and hops.ids() == []
    assert not hops.changed(here, None) and hops.ids() == [902]


def hop(number, device, family=4, protocol=routing.PROTOCOL):
    return routing.Nexthop(family, number, device, None, protocol)


def test_what_is_wanted_is_added_and_what_is_not_is_deleted_and_others_are_left_alone():
    hops = Nexthops()
    hops.want([hop(902, 3), hop(903, 3), hop(904, 5, 6)])
    there = [hop(902, 3), hop(903, 4), hop(904, 5), hop(905, 4), hop(906, 4, protocol=4)]
    assert hops.read(there) == [] and sorted(hops.ids()) == [902, 903, 904, 905] and hops.foreign == [906]
    # one of the other family cannot be replaced
    assert hops.additions() == [
        routing.Change(routing.ADD, hop(903, 3)),
        routing.Change(routing.DELETE, hop(904, 5)),
        routing.Change(routing.ADD, hop(904, 5, 6)),
    ]
    assert hops.deletions() == [routing.Change(routing.DELETE, hop(905, 4))]
    assert hops.others([hop(902, 3), hop(903, 3), hop(999, 3)]) == [903]


def test_what_the_kernel_refused_is_tried_again_after_a_reading_or_by_another_device():
    hops, add = Nexthops(), routing.Change(routing.ADD, hop(902, 3))
    hops.want([hop(902, 3)])
    hops.changed(add, "no such device")
    assert hops.additions() == [] and hops.refused == {902: hop(902, 3)}
    hops.want([hop(902, 4)])
    assert hops.additions() == [routing.Change(routing.ADD, hop(902, 4))]
    hops.want([hop(902, 3)])
    hops.read([])
    assert hops.additions() == [add] and hops.refused == {}


def test_of_what_went_the_ids_are_told():
    hops = Nexthops()
    hops.read([hop(902, 3), hop(903, 3)])
    assert not hops.deleted(hop(902, 4)) and not hops.deleted(hop(999, 3)) and hops.deleted(hop(902, 3))
    assert hops.ids() == [903] and hops.read([hop(904, 3)]) == [903]
