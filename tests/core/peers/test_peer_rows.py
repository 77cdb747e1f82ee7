"""peer_rows.py and peer.py: one peer, what its sources name and its counters show, and what is done then."""

import pytest

from nametrack.core.actions import Probe, SetEndpoint
from nametrack.core.config.peer_sections import PeerConfig
from nametrack.core.names.sources import LISTED, ZONE
from nametrack.core.peers import peer_state as states
from nametrack.core.peers.endpoint_names import EndpointNames
from nametrack.core.peers.endpoint_trial import ASK_FIRST
from nametrack.core.peers.kernel_endpoint import FRESH
from nametrack.core.peers.peer import Peer
from nametrack.core.peers.peer_rows import ASK, evaluate
from nametrack.wire import wireguard

WALL = 1795400000
HOME, MOVED, OTHER = ("198.51.100.10", 51820), ("198.51.100.11", 51820), ("198.51.100.12", 51820)
CURRENT = ("current", "answered")


class Settings:
    suspect_time, stall_timeout, handshake_timeout = 2, 15, 10


def made(follow="auto", probe_address=None):
    """A Peer whose name has one nameserver, without a way around its own tunnel."""
    told = ["wg0", "K", "home", True, "home.test", 51820, "ipv4", follow, True, probe_address, [], 25, [], True]
    config = PeerConfig(*told, False, None, False, True, True)
    peer = Peer(config, EndpointNames("home.test", ("127.0.0.1",), "ipv4", True), lambda config, address: None)
    peer.configure(config)
    return peer


def shown(endpoint, rx=0, tx=0, handshake=0):
    address, port = endpoint or (None, 0)
    return wireguard.Peer("K", None, address, port, handshake, rx, tx, 25)


def read(peer, reading, now):
    """The peer is read and evaluated; return what is wanted and the endpoints that are set."""
    peer.read(reading, now, WALL + now)
    actions, want = evaluate(peer, now, Settings, CURRENT, FRESH)
    return want, [(action.address, action.port) for action in actions if isinstance(action, SetEndpoint)]


def test_without_any_proposal_every_source_is_asked_in_growing_steps():
    peer = made()
    asked = [now for now in range(700) if read(peer, shown(None), now) == (ASK, [])]
    waits = [asked[i + 1] - asked[i] for i in range(len(asked) - 1)]
    assert asked[0] == 0 and waits[:7] == [ASK_FIRST + wait for wait in (5, 10, 20, 40, 80, 120, 120)]


@pytest.mark.parametrize("first", ["the name", "the kernel"])
def test_whether_the_name_or_the_kernel_is_known_first_another_address_is_news_and_nothing_else_is(first):
    """The tunnel is idle: its handshake is old."""
    peer = made()
    steps = [lambda: peer.proposals.heard(LISTED, [HOME], peer.installed, 1000)]
    steps.append(lambda: read(peer, shown(HOME, handshake=WALL + 300), 1000))
    for step in steps if first == "the name" else steps[::-1]:
        step()
    peer.proposals.heard(ZONE, [OTHER], peer.installed, 1001)
    assert read(peer, shown(HOME, handshake=WALL + 300), 1001) == (None, [])
    peer.proposals.heard(LISTED, [MOVED], peer.installed, 1002)
    assert read(peer, shown(HOME, handshake=WALL + 300), 1003) == (None, [MOVED])


def test_news_that_did_not_answer_is_news_again_after_the_peer_answered():
    peer = made(follow="dns")
    peer.proposals.heard(LISTED, [HOME], HOME, 0)
    read(peer, shown(HOME), 1)
    peer.proposals.heard(LISTED, [MOVED], HOME, 2)
    assert read(peer, shown(HOME), 3) == (None, [MOVED])
    assert read(peer, shown(HOME), 4) == (None, []), "another program set it back"
    peer.proposals.heard(LISTED, [HOME], HOME, 5)
    assert read(peer, shown(HOME, 32), 6) == (None, [])
    peer.proposals.heard(LISTED, [MOVED], HOME, 7)
    assert read(peer, shown(HOME, 32), 8) == (None, [MOVED])


def test_what_is_checked_is_probed_once():
    peer = made(probe_address="10.9.0.1")
    peer.proposals.heard(LISTED, [HOME], HOME, 0)
    peer.read(shown(HOME), 1, 1)
    peer.read(shown(HOME, 32, 0, 2), 2, 2)
    peer.proposals.heard(LISTED, [MOVED], HOME, 3)
    probes = []
    for now in (4, 4.5, 5):
        peer.read(shown(HOME, 32, 0, 2), now, now)
        probes += evaluate(peer, now, Settings, CURRENT, FRESH)[0]
    assert [action for action in probes if isinstance(action, Probe)] == [Probe("wg0", "10.9.0.1")]


def test_after_a_death_the_next_suspicion_asks_at_once_however_rare_the_questions_were():
    peer, wanted = made(), {}
    peer.proposals.heard(LISTED, [HOME], HOME, 0)
    peer.read(shown(HOME, handshake=WALL), 0, WALL)
    for now in (0, 10, 30, 70):
        assert peer.suspicion.ask(now)
    counters = [(71, 32, 0), (72, 32, 200), (80, 32, 200), (90, 32, 200), (91, 64, 200), (92, 64, 400), (95, 64, 400)]
    for now, rx, tx in counters:
        wanted[now] = read(peer, shown(HOME, rx, tx, WALL), now)[0]
    assert [now for now in sorted(wanted) if wanted[now] == ASK] == [90, 95], "suspect, dead, and suspect again"


def answering(probe_address=None):
    """A peer that answered at 2 from the only endpoint that its name has."""
    peer = made("auto", probe_address)
    peer.proposals.heard(LISTED, [HOME], HOME, 0)
    for now, rx in ((1, 0), (2, 32)):
        read(peer, shown(HOME, rx, 0, WALL), now)
    return peer


def test_an_outage_that_news_ended_before_the_tunnel_was_dead_is_counted_from_the_first_packet_without_an_answer():
    peer = answering()
    read(peer, shown(HOME, 32, 200, WALL), 10)
    peer.proposals.heard(LISTED, [MOVED], HOME, 11)
    assert read(peer, shown(HOME, 32, 400, WALL), 13) == (None, [MOVED])
    peer.endpoint_set(SetEndpoint("wg0", "K", *MOVED, None, None, None))
    _, took = peer.read(shown(MOVED, 64, 400, WALL + 14), 14, WALL + 14)
    assert took == 14 - 2 and peer.outages.recoveries == 1 and peer.outages.stalls == 0


def test_an_endpoint_that_is_set_brings_its_own_probe_and_the_next_one_is_due_after_the_interval():
    peer = answering("10.9.0.1")
    peer.order(MOVED, states.Cause("moved", "home.test moved"), True, 100, FRESH)
    assert peer.probe(101, 25) == ([], 125)


def test_a_round_begins_with_what_had_no_turn_in_the_round_before():
    """In a round there is time for eight."""
    peer, many = made(), [("192.0.2.%d" % i, 51820) for i in range(1, 11)]
    peer.proposals.heard(LISTED, many, None, 0)
    tried = []
    for now in range(200):
        tried += read(peer, shown(tried[-1] if tried else None, 0, 200 * now), now)[1]
    first, after = tried[1:9], tried[10:]
    assert len(set(first)) == 8 and sorted(after[:2]) == sorted(set(many) - set(first))


def test_an_address_whose_ip_version_may_not_be_used_is_neither_tried_nor_waited_at():
    """It worked, or was named, before the option `family` was changed; or the peer roamed there."""
    peer, six = made(), ("2001:db8::7", 51820)
    peer.proposals.heard(LISTED, [HOME], None, 0)
    peer.proposals.heard(ZONE, [six], None, 0)
    read(peer, shown(six, handshake=WALL - 1), 0)
    read(peer, shown(six, rx=300, tx=300, handshake=WALL - 1), 1)
    found = []
    for now in range(2, 400):
        found += read(peer, shown(peer.installed, 300, 300 + 148 * now, WALL - 1), now)[1]
    assert len(found) > 3 and set(found) == set([HOME])
