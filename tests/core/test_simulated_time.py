"""What a tunnel goes through in minutes, in simulated time: who is left alone, and for how long nothing is done."""

import pytest

from answers import found, negative
from fakes import WALL, FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from simulated import Simulated

KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
NETWORK = """
config wireguard_wg0
	option public_key '%s'
	option endpoint_host 'home.dyn.test'
	option persistent_keepalive '%d'
"""
NAMED, ROAMED = "198.51.100.10", "203.0.113.77"


class World(Simulated):
    """One peer whose counters a function moves on, second by second; DNS always names NAMED."""

    def __init__(self, keepalive, address):
        Simulated.__init__(self, FakeKernel())
        self.agent = Agent()
        self.peer = self.kernel.peer("wg0", KEY)
        self.peer.update({"address": address, "port": 51820, "keepalive": keepalive, "handshake": WALL - 5})
        self.did = []  # orders that change something
        self.states = set()
        sections, _ = uci.parse(NETWORK % (KEY, keepalive))
        self.tell(on.ConfigLoaded(configuration.build([], sections, [])))

    def run(self, seconds, traffic):
        """`traffic(second)` gives (received, sent) bytes, and whether a handshake was made."""
        for second in range(seconds):
            received, sent, handshake = traffic(second)
            self.peer["rx"] += received
            self.peer["tx"] += sent
            if handshake:
                self.peer["handshake"] = WALL + self.now
            self.pass_until(self.now + 1)

    def due(self):
        Simulated.due(self)
        self.states.add(self.agent.peers.peers["wg0", KEY].standing.value.state)

    def answer(self, query):
        return on.QueryAnswered(query.id, found([NAMED]) if query.rtype == 1 else negative("nodata"))

    def perform(self, action):
        if isinstance(action, (do.SetEndpoint, do.Notify)):
            self.did.append("%d %s" % (self.now, do.text(action)))
        return Simulated.perform(self, action)


def idle_with_our_keepalive(second):
    """The other side has none: we send 32 bytes every 25 s, and hear of it at the rekey every two minutes only."""
    rekey = second % 120 == 119
    return (92 if rekey else 0), (148 if rekey else 0) + (32 if second % 25 == 24 else 0), rekey


def idle_with_their_keepalive(second):
    """They send every 25 s; what we send are passive keepalives for that which carried data: none."""
    return (32 if second % 25 == 24 else 0), 0, second % 120 == 119


def load_to_them(second):
    """A stream of UDP to the other side, which has nothing to say: a passive keepalive every 10 s."""
    rekey = second % 120 == 119
    return (32 if second % 10 == 9 else 0) + (92 if rekey else 0), 1500 * 60 + (148 if rekey else 0), rekey


def load_from_them(second):
    """The same the other way round."""
    rekey = second % 120 == 119
    return 1500 * 60, (32 if second % 10 == 9 else 0) + (92 if rekey else 0), rekey


HEALTHY = [
    (25, idle_with_our_keepalive),
    (0, idle_with_their_keepalive),
    (0, load_to_them),
    (25, load_to_them),
    (0, load_from_them),
    (25, load_from_them),
]


@pytest.mark.parametrize("keepalive,traffic", HEALTHY)
def test_a_healthy_tunnel_is_never_called_stalled(keepalive, traffic):
    """A receiver that has nothing to say replies each 10 s: DNS is asked about it, and nothing else is done."""
    world = World(keepalive, NAMED)
    world.run(600, traffic)
    assert world.did == []
    assert world.states <= ({"current", "suspect"} if traffic is load_to_them else {"current"})


@pytest.mark.parametrize("keepalive,traffic", HEALTHY)
def test_a_roamed_peer_stays_where_it_is_while_it_lives(keepalive, traffic):
    """DNS names another address for twenty minutes; it is told once that the peer is elsewhere."""
    world = World(keepalive, ROAMED)
    world.run(1200, traffic)
    assert not [line for line in world.did if "set_endpoint" in line], world.did
    assert len(world.did) <= 1 and world.states <= {"current", "roamed", "unresolved", "suspect"}
    assert world.peer["address"] == ROAMED


def test_a_tunnel_that_dies_under_traffic_is_noticed_within_stall_timeout_and_two_seconds():
    """Both ways a packet a second, then only ours."""
    world = World(0, NAMED)
    world.run(60, lambda second: (128, 128, second == 0))
    died = world.now
    world.run(30, lambda second: (0, 128, False))
    first = [float(line.split(" ")[0]) for line in world.did if "stalled" in line]
    assert first and first[0] - died <= 15 + 2, world.did


def test_a_clock_that_jumps_kills_no_tunnel():
    """NTP sets a clock that stood in 1970, or ten years ahead: handshakes look young, old, or to come."""
    for jump in (-3600 * 24 * 365 * 50, -1000, 1000, 3600 * 24 * 3650):
        world = World(25, NAMED)
        world.run(60, idle_with_our_keepalive)
        world.peer["handshake"] += jump
        world.run(240, idle_with_our_keepalive)
        assert [line for line in world.did if "set_endpoint" in line] == [], jump
        assert world.states == {"current"}, jump
