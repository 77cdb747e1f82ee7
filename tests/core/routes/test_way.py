"""One way out: what makes it work, and what does not."""

from nametrack import routing as r
from nametrack.core.peers.tunnel import ANSWERING, DEAD, IDLE
from nametrack.core.routes.local import Local
from nametrack.core.routes.way import Way


def test_a_tunnel_that_died_works_again_if_it_answers_not_if_its_port_is_asked_for_again():
    way, link = Way("wg"), r.Link(7, "wg", True, True)
    locals_of = {4: Local(4, [])}
    way.read(link, [4], locals_of, ANSWERING, 0)
    assert way.works
    way.read(link, [4], locals_of, DEAD, 10)
    way.forget_port()
    way.read(link, [4], locals_of, IDLE, 11)  # as after its endpoint was set
    assert not way.works
    way.read(link, [4], locals_of, ANSWERING, 12)
    assert way.works


def test_why_a_way_does_not_work_has_a_code_for_each_cause():
    direct, other = r.Link(7, "wg", True, True), r.Link(7, "eth1", True, False)
    nowhere = {4: Local(4, [])}
    through = {4: Local(4, [r.MainRoute(4, (0, (1 << 32) - 1), 7, "192.0.2.1", 0)])}
    codes = [
        (None, [4], nowhere, None, "no_device"),
        (r.Link(7, "wg", False, True), [4], nowhere, None, "down"),
        (direct, [], nowhere, None, "no_address"),
        (other, [], through, None, "no_address"),
        (other, [4], nowhere, None, "no_next_hop"),
        (direct, [4], nowhere, DEAD, "no_reply"),
        (direct, [4], nowhere, ANSWERING, None),
        (other, [4], through, None, None),
    ]
    for link, families, locals_of, life, code in codes:
        way = Way("wg")
        way.read(link, families, locals_of, life, 5)
        assert (way.code, way.works, way.works_since) == (code, code is None, None if code else 5)
        assert (way.reason is None) is (code is None)
    assert way.carries(4) and not way.carries(6) and way.gateway(4) == "192.0.2.1"
    assert way.echoed(False) and not way.echoed(False)
    way.read(other, [4], through, None, 6)
    assert (way.code, way.reason) == ("no_echo", "the check address does not reply through wg")
    assert way.echoed(True) and not way.echoed(True)
    way.read(other, [4], through, None, 7)
    assert way.works_since == 7
