"""An hour in which nothing is wrong: what only looks like a dead tunnel is no reason to leave it."""

from steering_house import KEYS, NETWORK, House

from nametrack.core import events as on

HOUR = 3600
START = 1795400000
POLICY = """
config policy 'work'
	list interface 'wg0'
	list interface 'wg1'
	list host 'work.test'
"""
CHECKED = POLICY + "	option check_address '198.51.100.53'\n"
LITERAL = NETWORK.replace("home.dyn.test", "198.51.100.1").replace("other.dyn.test", "198.51.100.2")


class Chance:
    """The same numbers under both interpreters."""

    state = 7

    def random(self):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return self.state / 0x80000000


class Tunnels(House):
    """wg0 only sends; its peer answers with a keepalive each 10 s, and with a handshake each 120 s. wg1 is idle."""

    dark = False  # whether nothing arrives
    heard_at = 0  # when wg0 heard its peer last

    def begin(self):
        for name in ("wg0", "wg1"):
            self.routing.ports[name] = 51820
            self.handle(on.TunnelRead(name, 51820))
        self.wait(10)
        self.said = []

    def hear(self, peer, count):
        peer["rx"] += count
        self.heard_at = self.now

    def second(self):
        peer = self.kernel.peer("wg0", KEYS[0])
        peer["tx"] += 12000
        if int(self.now) % 10 == 0 and not self.dark:
            self.hear(peer, 32)
        # WireGuard shakes hands after 15 s without an answer, or after 120 s, and again each 5 s until it is answered
        old, silent = self.now - (peer["handshake"] - START), self.now - self.heard_at
        if (old >= 120 or silent >= 15) and (int(old if old >= 120 else silent)) % 5 == 0:
            peer["tx"] += 148
            if not self.dark:
                self.hear(peer, 92)
                peer["handshake"] = START + int(self.now)
        probed, self.probed = self.probed, []
        for name in probed:
            other = self.kernel.peer(name, KEYS[name == "wg1"])
            other["tx"] += 148
            if not self.dark:
                other["rx"] += 92
                other["handshake"] = START + int(self.now)
        self.wait(1)


def hour(config, blackouts):
    house, chance = Tunnels(config, network=LITERAL), Chance()
    house.begin()
    lit = 0
    while house.now < HOUR:
        if blackouts and house.now >= lit + 30 and chance.random() < 1 / 30:
            house.wait(chance.random())
            house.dark, house.echoing = True, []
            for _ in range(3):
                house.second()
            house.dark, house.echoing, lit = False, ["wg0", "wg1"], house.now
        house.second()
        assert house.way("192.0.2.1") == "wg0", (house.now, house.said[-3:])
    assert not any("wg1" in text for text in house.said), house.said


def test_an_hour_of_one_way_traffic_and_an_idle_second_tunnel_is_no_failover():
    hour(POLICY, False)


def test_blackouts_of_three_seconds_are_no_failover():
    hour(POLICY, True)


def test_blackouts_of_three_seconds_are_no_failover_with_a_check_address_either():
    hour(CHECKED, True)


def test_a_tunnel_that_died_unseen_is_left_within_stall_timeout_and_two_seconds_of_the_first_packet():
    for after in range(6):
        house = Tunnels(POLICY, network=LITERAL)
        house.begin()
        peer = house.kernel.peer("wg0", KEYS[0])
        house.wait(20 + after)
        began = house.now
        while house.way("192.0.2.1") == "wg0":
            peer["tx"] += 12000
            house.wait(1)
            assert house.now < began + 60
        assert house.now - began <= 17, (after, house.now - began)
