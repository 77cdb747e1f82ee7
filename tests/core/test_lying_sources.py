"""A tunnel that can be up comes up, and one that lives is left alone, whatever the sources of its name say.

A house moves, is switched off, dials by itself (roams) or not; the agent restarts; the listed nameserver, the fallback
one and the zone each tell the truth, an older truth, lies, rotate, are silent or deny the name, independently. There is
traffic all the time, so that whether the tunnel lives shows.
"""

import pytest

from answers import found, negative
from fakes import WALL, FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from simulated import Simulated
from simulator import Lcg

KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
NETWORK = (
    """
config wireguard_wg0
	option public_key '%s'
	option endpoint_host 'home.dyn.test'
	option persistent_keepalive '25'
"""
    % KEY
)
NAMETRACK = """
config nametrack 'global'
	option family 'ipv4'
	list nameserver '127.0.0.1'
	list fallback_nameserver '192.0.2.9'
"""
LISTED, FALLBACK, ZONE = "127.0.0.1", "192.0.2.9", "192.0.2.53"
SERVERS = (LISTED, FALLBACK, ZONE)
MOODS = ("true", "true", "true", "old", "lie", "rotate", "silent", "nxdomain")
LIES = ["192.0.2.66", "192.0.2.67", "192.0.2.68"]
STEP = 0.5  # seconds of traffic between two looks
BACK_WITHIN = 1100  # seconds of a quiet world: after an hour of death a round begins each quarter of an hour
CHECK = 4  # seconds that a check of a living tunnel may take


class House(Simulated):
    """Where home is, whom it answers, and what each source says of it."""

    def __init__(self, seed):
        Simulated.__init__(self, FakeKernel())
        self.random = Lcg(seed)
        self.up, self.moods = True, {server: "true" for server in SERVERS}
        self.before = self.address = ("198.51.100.10", 51820)
        self.peer = self.kernel.peer("wg0", KEY)
        self.peer.update({"address": self.address[0], "port": 51820, "keepalive": 25, "handshake": WALL - 5})
        self.lost, self.sets = [], 0
        self.start()

    def start(self):
        self.agent = Agent(self.random.fraction)
        sections, network = uci.parse(NAMETRACK)[0], uci.parse(NETWORK)[0]
        self.tell(on.LastGoodRead(self.saved, False, None))
        self.tell(on.ConfigLoaded(configuration.build(sections, network, [])))

    def reachable(self):
        """Whether the kernel's endpoint is where the house answers."""
        return self.up and (self.peer["address"], self.peer["port"]) == self.address

    def run(self, seconds):
        end = self.now + seconds
        while self.now < end:
            self.peer["tx"] += 64
            if self.reachable():
                self.peer["rx"] += 64
                if WALL + self.now - self.peer["handshake"] > 120:
                    self.peer["handshake"] = int(WALL + self.now)
            elif int(self.now / STEP) % 10 == 0:
                self.peer["tx"] += 148
            self.pass_until(self.now + STEP)

    def perform(self, action):
        if isinstance(action, do.SetEndpoint):
            self.sets += 1
            if self.reachable() and (action.address, action.port) != self.address:
                self.lost.append("at %s: %s" % (self.now, do.text(action)))
        return Simulated.perform(self, action)

    def answer(self, query):
        server = query.server.partition("@")[0]
        if query.rtype == 5:
            return on.QueryAnswered(query.id, negative("nodata", 60, "dyn.test"))
        if query.rtype == 2:
            return on.QueryAnswered(query.id, found(["ns.dyn.test"], 60))
        if query.name == "ns.dyn.test":
            return on.QueryAnswered(query.id, found([ZONE], 60))
        mood = self.moods[server]
        ttl = self.random.one_of((10, 60, 600))
        if mood == "silent":
            return None
        if mood == "nxdomain":
            return on.QueryAnswered(query.id, negative("nxdomain", ttl))
        value = {"true": self.address[0], "old": self.before[0], "lie": LIES[0]}.get(mood)
        return on.QueryAnswered(query.id, found([value or self.random.one_of(LIES)], ttl))

    # -- what happens --------------------------------------------------------------------------------------------

    def moves(self):
        self.before, self.address = self.address, ("198.51.100.%d" % (1 + self.random.below(250)), 51820)

    def goes_or_comes(self):
        self.up = not self.up

    def dials(self):
        """It has an address that DNS does not name, and connects from there by itself."""
        if self.up:
            self.before, self.address = self.address, ("203.0.113.%d" % (1 + self.random.below(250)), 40000)
            self.peer.update({"address": self.address[0], "port": 40000, "handshake": int(WALL + self.now)})
            self.peer["rx"] += 148 + 64

    def a_source_changes(self):
        self.moods[self.random.one_of(SERVERS)] = self.random.one_of(MOODS)

    def the_agent_restarts(self):
        self.start()

    def user_sets_it(self):
        self.peer.update({"address": self.address[0], "port": self.address[1]})

    def rest(self):
        """The world is quiet: the house is up where DNS can name it, and one source at least says so."""
        self.up = True
        if self.address[1] != 51820:
            self.moves()
        if "true" not in self.moods.values():
            self.moods[self.random.one_of(SERVERS)] = "true"
        since = self.now
        while not self.reachable() and self.now < since + BACK_WITHIN:
            self.run(2)
        self.run(10)


WHAT = ["moves", "goes_or_comes", "goes_or_comes", "dials", "a_source_changes", "a_source_changes", "a_source_changes"]
WHAT += ["the_agent_restarts", "user_sets_it"]


def walked(seed, rounds, events):
    house = House(seed)
    for _ in range(rounds):
        for _ in range(events):
            getattr(house, house.random.one_of(WHAT))()
            house.run(house.random.one_of((0.5, 1, 3, 8, 20, 45)))
        house.rest()
        moods = sorted(house.moods.items())
        assert house.reachable(), (seed, house.now, moods, house.peer["address"], house.address)
    return house


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_tunnel_that_any_source_can_bring_up_comes_up_and_a_living_one_is_left_alone(seed):
    house = walked(seed, 10, 12)
    assert house.lost == []
    assert house.sets > 10, "a walk on which nothing happens would prove nothing"


def test_a_tunnel_is_back_seconds_after_its_house_moved_though_two_of_three_sources_lie():
    house = House(1)
    house.run(200)  # what each of them says in quiet times is known
    for mood in ("old", "lie", "silent", "nxdomain"):
        house.moods = {LISTED: mood, FALLBACK: mood, ZONE: "true"}
        house.run(100)
        house.moves()
        moved = house.now
        while not house.reachable():
            house.run(0.5)
            assert house.now - moved < 30, mood
        assert house.now - moved <= (5 if mood != "lie" else 14), mood
    assert house.lost == []


if __name__ == "__main__":
    import sys

    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        house = walked(seed, 40, 25)
        print(seed, house.now, house.sets, house.lost)
