"""peer_state.py: what is said of a peer, and when that it replies again."""

import pytest

from nametrack.core.peers.peer_state import Standing, State, suspect

STALLED, WAITING = State("stalled", "no_reply", "no"), State("current", "waiting", "set")
NAMED = State("current", "named", "DNS names it")


@pytest.mark.parametrize(
    "asked,reason", [(True, "no reply for 2 s; asking every source for h.test"), (False, "no reply for 2 s; waiting")]
)
def test_a_suspicion_says_whether_dns_is_asked(asked, reason):
    assert suspect(2.75, "h.test", asked) == State("suspect", "suspect", reason)


def test_the_end_of_a_trouble_is_said_once_and_not_before_there_is_proof():
    standing = Standing()
    said = [len(standing.enter("peer", value)) for value in (STALLED, STALLED, WAITING, NAMED, NAMED)]
    assert said == [1, 0, 0, 1, 0]


def test_a_state_that_others_tell_of_ends_the_trouble_before():
    standing = Standing()
    standing.enter("peer", STALLED)
    standing.put(WAITING)
    assert standing.enter("peer", NAMED) == []
