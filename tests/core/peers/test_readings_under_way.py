"""What comes while the peers are read: the answer to a question that was asked before an endpoint was set is old."""

import transcript
from nametrack.core import actions as do
from nametrack.core import events as on
from one_peer import one_peer

SCRIPT = one_peer("", "-- at 0 --\n-- at 1 --")


class Slow(transcript.Transcript):
    """A kernel that answers no ReadPeers by itself while `slow`."""

    slow = False

    def order(self, actions):
        self.reads = [action for action in actions if isinstance(action, do.ReadPeers)] if self.slow else []
        super().order([action for action in actions if action not in self.reads])


def test_a_reading_that_was_under_way_when_the_endpoint_was_set_takes_it_back_from_nobody():
    played = Slow(SCRIPT)
    played.run()
    played.slow = True
    while not played.reads:
        played.advance(played.agent.next_timer())
    old = played.kernel.perform(played.reads[0], played.now)
    played.came = []
    played.handle(on.QueryAnswered(1, transcript.answer(["198.51.100.10", "ttl=600"])))
    assert [text[:20] for text in played.came if text.startswith("set_endpoint")] == ["set_endpoint wg0 xTI"]
    played.came = []
    played.handle(old)
    assert played.came == []


def test_a_peer_that_is_not_read_yet_has_not_had_its_pass():
    """`run --once` waits for it."""
    played = Slow(SCRIPT)
    played.slow = True
    played.run()
    assert not played.agent.peers.settled()
    played.handle(played.kernel.perform(do.ReadPeers("wg0"), played.now))
    assert played.agent.peers.settled()


def test_a_machine_that_wakes_up_tries_at_once_what_does_not_reply():
    played = transcript.Transcript(SCRIPT.replace("-- at 1 --", "< answered 1 198.51.100.10 ttl=86400\n-- at 9000 --"))
    played.run()
    (peer,) = played.agent.peers.peers.values()
    due = played.agent.next_timer()
    assert peer.trial.next_at > due + 120
    played.agent.handle_timer(due + 61)
    assert peer.trial.next_at <= due + 61


def test_where_another_program_may_have_set_endpoints_the_peers_are_read_at_once():
    played = Slow(SCRIPT)
    played.run()
    played.slow = True
    played.handle(on.SetsDisturbed("firewall restarted"))
    assert played.reads == [do.ReadPeers("wg0")]
