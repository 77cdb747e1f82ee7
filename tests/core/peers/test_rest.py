"""A peer that shows what it showed before is not looked at again, until something is seen or heard of it."""

import pytest

import simulator
import transcript
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.peers.kernel_endpoint import FRESH
from nametrack.core.peers.peer import Peer
from nametrack.core.peers.peer_state import Cause
from nametrack.wire import wireguard
from one_peer import one_peer

SCRIPT = one_peer(
    "endpoint=198.51.100.10:51820 handshake=0", "-- at 0 --\n< answered 1 198.51.100.10 ttl=86400\n-- at 20 --"
)


def resting(script=SCRIPT):
    """`(transcript, its peer)`, with nothing to decide about the peer."""
    played = transcript.Transcript(script)
    played.run()
    (peer,) = played.agent.peers.peers.values()
    assert peer.rests(played.now)
    return played, peer


def configured(played, peer):
    peer.configure(peer.config)


def remembered(played, peer):
    peer.remember([("198.51.100.11", None)])


def answered(played, peer):
    (name,) = played.agent.resolver.names.values()
    played.agent.peers.name_answered(name, played.now)


def moved_network(played, peer):
    played.agent.peers.network_changed(played.now)


def ordered(played, peer):
    peer.order(("198.51.100.11", 51820), Cause("moved", "home.dyn.test moved"), False, played.now, FRESH)


def refused(played, peer):
    action = do.SetEndpoint("wg0", peer.config.public_key, "198.51.100.11", 51820, None, None, "")
    played.handle(on.ActionFailed(action, "busy"))


def read(played, peer):
    peer.read(wireguard.Peer(*peer.reading[:6], peer.reading.tx_bytes + 32, 25), played.now, 0)


STIRS = {
    "a reload": configured,
    "remembered endpoints": remembered,
    "an answer": answered,
    "another network": moved_network,
    "an order": ordered,
    "an order that failed": refused,
    "counters": read,
}


@pytest.mark.parametrize("what", sorted(STIRS))
def test_what_is_seen_or_heard_of_a_peer_ends_its_rest(what):
    played, peer = resting()
    STIRS[what](played, peer)
    assert not peer.rests(played.now)


def test_the_same_reading_again_does_not():
    played, peer = resting()
    peer.read(peer.reading, played.now, 0)
    assert peer.rests(played.now)


def test_a_peer_rests_no_longer_than_its_session_is_young():
    """After that an answer of DNS that was not gone along with counts."""
    played, peer = resting(SCRIPT.replace("handshake=0", "handshake=5"))
    assert peer.tunnel.young_until() < 1 << 39
    assert peer.rests(peer.tunnel.young_until() - 1)
    assert not peer.rests(peer.tunnel.young_until())


def test_a_peer_that_owes_a_reply_does_not_rest():
    """Its reason says for how long."""
    played, peer = resting()
    peer.tunnel.owed_since = played.now
    peer.stir()
    peer.rest(played.now, None)
    assert not peer.rests(played.now)


def test_a_peer_with_an_address_that_is_passed_over_for_a_while_does_not_rest():
    played, peer = resting()
    peer.endpoint.no_route("198.51.100.12", played.now)
    peer.stir()
    peer.rest(played.now, None)
    assert not peer.rests(played.now)


@pytest.mark.parametrize("seed,restarts", [(2, False), (11, True)])
def test_a_walk_takes_the_same_steps_if_no_peer_ever_rests(seed, restarts):
    digest, rests = simulator.Walk(seed, restarts).run().quiet().digest(), Peer.rests
    Peer.rests = lambda peer, now: False
    try:
        assert simulator.Walk(seed, restarts).run().quiet().digest() == digest
    finally:
        Peer.rests = rests
