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
