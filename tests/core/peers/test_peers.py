"""peers.py: what is remembered of the peers whose names were answered."""

from nametrack.core.peers.peers import Peers


class Peer:
    """One of whom DNS names these."""

    def __init__(self, named):
        self.proposals, self._named = self, named

    def known(self):
        return self._named

    def last_good(self):
        return "record of %s" % self._named


def test_of_the_peers_that_heard_of_an_answer_those_are_remembered_of_whom_it_names_others_than_before():
    heard = [(Peer("a"), "a"), (Peer("b"), "x"), (Peer("c"), None)]
    assert Peers.learnt(None, heard) == ["record of b", "record of c"]
