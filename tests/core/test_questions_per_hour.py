"""How many questions DNS is asked in an hour: bounded where nothing happens, where one side is silent, and in death."""

import pytest

from answers import found, negative
from fakes import WALL, FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from simulated import Simulated
from thorough import thorough

HOUR = 3600
PEER = """
config wireguard_wg%d
	option public_key '%s'
	option endpoint_host 'h%d.dyn.test'
	option persistent_keepalive '25'
"""


def quiet(second):
    """Keepalives, and a new session each two minutes: (received, sent, handshake)."""
    rekey = second % 120 == 119
    return (92 if rekey else 0), (148 if rekey else 0) + (32 if second % 25 == 24 else 0), rekey


def one_way(second):
    """A stream to the peer, which has nothing to say but a passive keepalive each 10 s."""
    rekey = second % 120 == 119
    return (32 if second % 10 == 9 else 0) + (92 if rekey else 0), 90000 + (148 if rekey else 0), rekey


def dead(second):
    return (128, 128, second % 120 == 0) if second < 200 else (0, 148 if second % 5 == 0 else 0, False)


class World(Simulated):
    def __init__(self, peers, ttl=60, lacking=None, policies=""):
        Simulated.__init__(self, FakeKernel())
        self.ttl = ttl
        self.lacking = ttl if lacking is None else lacking  # TTL of the answer that there are no IPv6 addresses
        self.questions, self.sets = 0, 0
        self.agent, self.peers, text = Agent(), [], ""
        for i in range(peers):
            key = "%s%s%sA=" % ("K" * 40, chr(97 + i % 25), chr(97 + i // 25))
            peer = self.kernel.peer("wg%d" % i, key)
            peer.update({"address": "198.51.100.%d" % i, "port": 51820, "keepalive": 25, "handshake": WALL - 5})
            self.peers.append(peer)
            text += PEER % (i, key, i)
        sections = uci.parse("config nametrack 'global'\n\tlist fallback_nameserver '192.0.2.9'\n" + policies)[0]
        config = configuration.build(sections, uci.parse(text)[0], [])
        self.tell(on.ConfigLoaded(config))

    def run(self, seconds, traffic):
        for second in range(seconds):
            received, sent, handshake = traffic(second)
            for peer in self.peers:
                peer["rx"] += received
                peer["tx"] += sent
                if handshake:
                    peer["handshake"] = WALL + second
            self.pass_until(second + 1)

    def perform(self, action):
        self.sets += isinstance(action, do.SetEndpoint)
        return Simulated.perform(self, action)

    def answer(self, query):
        self.questions += 1
        return on.QueryAnswered(query.id, self.said(query.name, query.rtype))

    def said(self, name, rtype):
        if rtype == 2:
            return found(["ns.dyn.test"], self.ttl)
        if rtype != 1:
            return negative("nodata", self.lacking, "dyn.test")
        return found(["192.0.2.53" if name == "ns.dyn.test" else "198.51.100.%s" % name[1 : name.index(".")]], self.ttl)


# TTL, peers, traffic -> questions in the first hour at most. With a TTL of 60 s version 0.1.0, which believed one
# source, asked 2400, 120 and 164.
BOUNDS = [
    (60, 20, quiet, 2640),
    (60, 1, one_way, 240),
    (60, 1, dead, 328),
    (10, 1, quiet, 792),
    (3600, 5, quiet, 66),
    (3600, 1, one_way, 66),
]


@pytest.mark.parametrize("ttl,peers,traffic,most", BOUNDS)
def test_questions_in_an_hour_are_bounded(ttl, peers, traffic, most):
    world = World(peers, ttl)
    world.run(HOUR, traffic)
    assert world.questions <= most
    assert world.sets == 0 or traffic is dead


def test_a_family_that_a_peer_has_no_address_of_is_asked_for_as_seldom_as_the_other():
    """Zones of dynamic names often have a negative TTL of some seconds."""
    world = World(4, lacking=5)
    world.run(HOUR, quiet)
    assert world.questions <= 4 * 132


def test_a_family_that_a_host_of_a_policy_has_no_address_of_is_asked_for_once_a_minute_at_most():
    policy = "config policy 'tv'\n\toption interface 'wg9'\n\tlist host 'h1.dyn.test'\n\tlist host 'h2.dyn.test'\n"
    world = World(0, ttl=3600, lacking=5, policies=policy)
    world.run(HOUR, quiet)
    assert 2 * 58 < world.questions <= 2 * 63


def test_a_host_of_a_policy_that_has_no_address_at_all_is_asked_for_as_often_as_its_zone_says():
    policy = "config policy 'tv'\n\toption interface 'wg9'\n\toption family 'ipv6'\n\tlist host 'h1.dyn.test'\n"
    world = World(0, lacking=30, policies=policy)
    world.run(HOUR, quiet)
    assert 114 < world.questions <= 121


def test_an_hour_of_fifty_absent_road_warriors_is_bounded():
    """A server with as many peers that are all away: it asks and tries them ever more rarely."""
    peers = thorough(50, 8)
    world = World(peers)
    world.run(HOUR, lambda second: (0, 148 if second % 5 == 0 and second < 3000 else 0, False))
    assert world.sets <= peers * 32 and world.questions <= peers * 310, (world.sets, world.questions)
