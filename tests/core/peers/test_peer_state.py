"""peer_state.py: what is said of a peer, and when that it replies again."""

from collections import namedtuple

import pytest

from nametrack.core.peers import peer_state
from nametrack.core.peers.peer_state import Standing, State, dead, kept, suspect

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


HERE, THERE = ("192.0.2.1", 51820), ("192.0.2.2", 51820)


class Proposals:
    def __init__(self, named, before=(), rotating=False):
        self._named, self._before, self._rotating = named, before, rotating

    def named(self):
        return self._named

    def rotating(self):
        return self._rotating

    def ever_named(self, endpoint):
        return endpoint in self._before


CURRENT, STALE = ("current", "answered"), ("stale", "no reply")
KEPT = [
    (Proposals([HERE]), CURRENT, True, "current", "named", "DNS names it"),
    (Proposals([HERE]), STALE, True, "current", "named_before", "kept: no reply"),
    (Proposals([]), STALE, True, "current", "kept", "kept: h.test: no reply"),
    (Proposals([THERE], [HERE], True), CURRENT, True, "current", "rotating", "kept: h.test changes often and the old "),
    (Proposals([THERE], [HERE]), CURRENT, True, "current", "named_before", "kept: DNS named it before, and it still"),
    (Proposals([THERE]), CURRENT, True, "roamed", "roamed", "the peer connected from an address that DNS does not "),
    (Proposals([HERE]), CURRENT, False, "current", "not_heard", "the peer's handshakes arrive here, but it does not "),
]


@pytest.mark.parametrize("case", KEPT)
def test_an_endpoint_that_is_left_says_why(case):
    proposals, host_state, hears_us, state, code, reason = case
    said = kept("h.test", HERE, proposals, host_state, hears_us)
    assert (said.state, said.code) == (state, code) and said.reason.startswith(reason)


def test_every_other_state_has_its_code_and_its_reason():
    assert peer_state.missing("gone") == State("missing", "missing", "gone")
    resting = State("disabled", "at_rest", "wg0 is down, and its option auto is 0")
    assert peer_state.at_rest("wg0") == resting
    assert peer_state.unresolved("h.test", STALE) == State("unresolved", "no_address", "h.test: no reply")
    assert peer_state.no_route("h.test") == State("unresolved", "no_route", "no route to any address of h.test")
    last = State("unresolved", "last_good", "last good address of h.test: no reply")
    assert peer_state.last_good("h.test", STALE) == last
    waits = State("current", "waiting", "set to 192.0.2.1:51820; no traffic yet shows whether it replies")
    assert peer_state.waiting(HERE) == waits
    assert Standing().value == State("unresolved", "starting", "not looked up yet")


def test_the_end_of_a_trouble_is_said_once_and_not_before_there_is_proof():
    standing = Standing()
    said = [len(standing.enter("peer", value)) for value in (STALLED, STALLED, WAITING, NAMED, NAMED)]
    assert said == [1, 0, 0, 1, 0]


def test_a_state_that_others_tell_of_ends_the_trouble_before():
    standing = Standing()
    standing.enter("peer", STALLED)
    standing.put(WAITING)
    assert standing.enter("peer", NAMED) == []
