"""peers.py: what is remembered of the peers whose names were answered."""

import transcript
from answers import found
from nametrack.core import events as on
from nametrack.core.config import configuration
from nametrack.core.peers.peers import Peers
from nametrack.wire import uci
from one_peer import one_peer


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


def test_a_peer_that_has_another_host_leaves_the_addresses_of_the_old_one():
    then = "-- at 0 --\n< answered 1 198.51.100.10 ttl=600\n-- at 5 --"
    played = transcript.Transcript(one_peer("endpoint=198.51.100.10:51820 handshake=-20", then))
    played.run()
    config = "config nametrack 'global'\n\toption family 'ipv4'\n"
    network = played.network.replace("home.dyn.test", "new.dyn.test")
    played.handle(on.ConfigLoaded(configuration.build(uci.parse(config)[0], uci.parse(network)[0], [])))
    (peer,) = played.agent.peers.peers.values()
    assert peer.config.endpoint_host == "new.dyn.test" and peer.proposals.known() == []


def test_the_endpoints_of_a_tunnel_are_gathered_only_if_a_policy_leads_into_it():
    """With 500 peers of one interface that took 24 times as long as all else about an answer."""
    played = transcript.Transcript(one_peer("endpoint=198.51.100.10:51820 handshake=-20", "-- at 0 --"))
    played.run()
    gathered = []
    played.agent.peers.endpoints_of = gathered.append
    played.handle(on.PeersRead("wg0", [], 1795400000))
    played.handle(on.QueryAnswered(1, found(["198.51.100.11"], 600)))
    assert gathered == []
