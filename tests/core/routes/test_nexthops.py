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
