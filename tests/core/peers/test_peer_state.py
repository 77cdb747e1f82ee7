"""peer_state.py: what is said of a peer, and when that it replies again."""

from collections import namedtuple

import pytest

from nametrack.core.peers.peer_state import Standing, State, dead, suspect

STALLED, WAITING = State("stalled", "no_reply", "no"), State("current", "waiting", "set")
NAMED = State("current", "named", "DNS names it")


@pytest.mark.parametrize(
    "asked,reason", [(True, "no reply for 2 s; asking every source for h.test"), (False, "no reply for 2 s; waiting")]
)
def test_a_suspicion_says_whether_dns_is_asked(asked, reason):
    assert suspect(2.75, "h.test", asked) == State("suspect", "suspect", reason)


Seen = namedtuple("Seen", ("hears_us", "set_at", "owed_since", "handshake_at"))
Settings = namedtuple("Settings", ("handshake_timeout",))
DEAD = [
    (Seen(False, None, 80, 50), "not_heard", "the peer's handshakes arrive here, but it does not receive the replies"),
    (Seen(True, 90, 80, 50), "no_handshake", "no handshake with 192.0.2.1:51820 within 10 s"),
    (Seen(True, None, 80, 50), "no_reply", "no reply for 20 s"),
    (Seen(True, None, None, None), "no_session", "no handshake although the keepalive is set"),
    (Seen(True, None, None, 50), "no_session", "no handshake for 50s although the keepalive is set"),
]


@pytest.mark.parametrize("seen,code,why", DEAD)
def test_a_dead_tunnel_says_why_it_counts_as_dead(seen, code, why):
    text = why + "; looking up h.test and trying each address"
    assert dead(seen, ("192.0.2.1", 51820), 100, Settings(10), "h.test") == State("stalled", code, text)


def test_the_end_of_a_trouble_is_said_once_and_not_before_there_is_proof():
    standing = Standing()
    said = [len(standing.enter("peer", value)) for value in (STALLED, STALLED, WAITING, NAMED, NAMED)]
    assert said == [1, 0, 0, 1, 0]


def test_a_state_that_others_tell_of_ends_the_trouble_before():
    standing = Standing()
    standing.enter("peer", STALLED)
    standing.put(WAITING)
    assert standing.enter("peer", NAMED) == []
