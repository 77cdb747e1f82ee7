"""A house of two addresses: the router's nameserver names the inner one, the zone and the rest of the world the outer.

Both are right where they are told. A tunnel over the inner one is left alone, however much it gives to suspect.
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
PEER = """
config wireguard_wg0
	option public_key '%s'
	option endpoint_host 'home.dyn.test'
	option persistent_keepalive '25'
"""
NAMETRACK = """
config nametrack 'global'
	option family 'ipv4'
	list nameserver '127.0.0.1'
	list fallback_nameserver '192.0.2.9'
"""
INSIDE, OUTSIDE = "192.168.77.10", "203.0.113.5"
ZONE = "192.0.2.53"
HOUR = 3600


class House(Simulated):
    """One peer, which an upload of an hour goes to; what it sends are passive keepalives, each 10 s."""

    def __init__(self, seed):
        Simulated.__init__(self, FakeKernel())
        self.random = Lcg(seed)
        self.peer = self.kernel.peer("wg0", KEY)
        self.peer.update({"address": INSIDE, "port": 51820, "keepalive": 25, "handshake": WALL - 5})
        self.inside = INSIDE
        self.set, self.asked_outside, self.suspicions = [], 0, 0
        self.agent = Agent(self.random.fraction)
        sections = uci.parse(NAMETRACK)[0]
        self.tell(on.ConfigLoaded(configuration.build(sections, uci.parse(PEER % KEY)[0], [])))

    def upload(self, seconds, blackout_each):
        """`blackout_each`: seconds between two blackouts of 3 s, at most; 0 for none."""
        end = self.now + seconds
        dark = self.now + self.random.below(blackout_each) if blackout_each else end
        heard = initiated = self.now
        while self.now < end:
            self.peer["tx"] += 90000
            shaken = WALL + self.now - self.peer["handshake"] >= 120 or self.now - heard >= 15
            shaken = shaken and self.now - initiated >= 5  # as WireGuard does: REKEY_TIMEOUT
            if shaken:
                self.peer["tx"] += 148
                initiated = self.now
            if not dark <= self.now < dark + 3 and (shaken or int(self.now) % 10 == 9):
                heard = self.now
                self.peer["rx"] += 92 if shaken else 32
                if shaken:
                    self.peer["handshake"] = int(WALL + self.now)
            if self.now >= dark + 3:
                dark = self.now + 1 + self.random.below(blackout_each)
            self.pass_until(self.now + 1)

    def perform(self, action):
        if isinstance(action, do.SetEndpoint):
            self.set.append("%d %s" % (self.now, do.text(action)))
        return Simulated.perform(self, action)

    def answer(self, query):
        server = query.server.partition("@")[0]
        self.asked_outside += server != "127.0.0.1"
        if query.rtype == 2:
            return on.QueryAnswered(query.id, found(["ns.dyn.test"], 60))
        if query.rtype != 1:
            return on.QueryAnswered(query.id, negative("nodata", 60, "dyn.test"))
        if query.name == "ns.dyn.test":
            return on.QueryAnswered(query.id, found([ZONE], 60))
        return on.QueryAnswered(query.id, found([self.inside if server == "127.0.0.1" else OUTSIDE], 60))


@pytest.mark.parametrize("seed,blackout_each", [(1, 0), (2, 600), (3, 600)])
def test_an_hour_of_upload_and_short_blackouts_leaves_a_tunnel_over_the_inner_address_alone(seed, blackout_each):
    house = House(seed)
    house.upload(HOUR, blackout_each)
    assert house.set == []
    assert house.asked_outside > 4, "without a suspicion nothing was at stake"


def test_an_inner_address_that_changes_is_followed_though_the_zone_says_what_it_always_said():
    house = House(4)
    house.upload(300, 0)
    house.inside = "192.168.77.20"
    died = house.now
    while house.peer["address"] != house.inside and house.now < died + 60:
        house.peer["tx"] += 90000
        house.pass_until(house.now + 1)
    assert house.peer["address"] == "192.168.77.20" and house.now - died <= 20, house.set
