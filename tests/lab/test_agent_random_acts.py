"""Whatever happens to the router, in any order, no packet to a blocked policy's hosts leaves by the WAN.

A client in the LAN and the router itself send to every listed address all the time. What arrives at the server by
another way than the tunnel is counted there: the router's own counters go with its ruleset. ACTS in the environment
says how many acts there are, SEED which; `make soak` has a hundred.
"""

import os
import random
import sys
import time

from lab.agent import options
from lab.host import wait_for
from lab.steering import NAT, Steering
from lab.world import STAGING4, STAGING6, STAGING_NAME

ACTS = int(os.environ.get("ACTS") or "20")
SEED = int(os.environ.get("SEED") or "7")
STREAM = """
import select, socket, sys
sockets = {}
while True:
    for address in sys.argv[1:]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        s = sockets.get(address) or socket.socket(family, socket.SOCK_DGRAM)
        sockets[address] = s
        try:
            s.sendto(b"x", (address, 7777))
        except OSError:
            sockets.pop(address).close()
    select.select([], [], [], 0.02)
"""
COUNT = """
table inet arrived {
	counter astray { }
	counter tunnelled { }
	chain pre {
		type filter hook prerouting priority -300;
		udp dport 7777 ip saddr %s counter name tunnelled accept
		udp dport 7777 ip6 saddr %s counter name tunnelled accept
		udp dport 7777 counter name astray
	}
}
"""


class Trouble:
    """What can happen to the beach and its agent, a method each."""

    def __init__(self, steering):
        self.steering, self.beach, self.agent = steering, steering.beach, steering.agent

    def the_agent_is_killed(self):
        if self.agent.running():
            self.agent.kill()

    def the_agent_ends(self):
        if self.agent.running():
            self.agent.stop()

    def the_agent_starts(self):
        if not self.agent.running():
            self.agent.start()

    def the_configuration_is_read_again(self):
        if self.agent.running():
            os.kill(self.agent.process.pid, 1)

    def the_tunnel_goes_down(self):
        self.beach.ip("link set wg0 down")

    def the_tunnel_comes_up(self):
        self.beach.ip("link set wg0 up", "addr replace fd00:9::2/64 dev wg0 nodad")

    def netifd_starts_anew(self):
        for version in ("-4", "-6"):
            self.beach.run(["sh", "-c", f"while ip {version} rule del protocol 190; do :; done"], check=False)
        self.beach.ip("link set lo down", "link set lo up")

    def the_wan_comes_back(self):
        self.beach.ip("link set wan down", "link set wan up")
        self.steering.world.set_wan(
            self.beach, ["203.0.113.20/24", "2001:db8:b::20/64"], "203.0.113.1", "2001:db8:b::1"
        )

    def the_ruleset_is_flushed(self):
        self.beach.run(["nft", "flush", "ruleset"])

    def the_firewall_starts(self):
        self.beach.run(["nft", "flush", "ruleset"])
        self.beach.nft(NAT % 'oifname { "wan", "wg0" } masquerade')

    def our_table_is_flushed(self):
        for version in ("-4", "-6"):
            self.beach.run(["ip", version, "route", "flush", "table", "900"], check=False)

    def the_house_is_cut_off(self):
        self.steering.world.home.ip("link set wghome down")

    def the_house_is_back(self):
        self.steering.world.home.ip("link set wghome up", "addr replace fd00:9::1/64 dev wghome nodad")


WHAT = sorted(name for name in vars(Trouble) if not name.startswith("_"))


def test_no_packet_leaves_by_the_wan_through_any_acts(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    steering = Steering(world, interpreter, options(stall_timeout=5), policy)
    chance, done, trouble = random.Random(SEED), [], Trouble(steering)

    def counted(name):
        said = world.staging.run(["nft", "list", "counter", "inet", "arrived", name]).stdout
        return int(said.split("packets ")[1].split()[0])

    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        world.staging.nft(COUNT % (world.home_address, world.home_address6))
        for host in (steering.lan, steering.beach):
            host.start([sys.executable, "-c", STREAM, *STAGING4, *STAGING6])
        wait_for(lambda: counted("tunnelled") > 100, 10, "packets to arrive through the tunnel")
        for _ in range(ACTS):
            done.append(chance.choice(WHAT))
            getattr(trouble, done[-1])()
            time.sleep(chance.choice([0, 0, 0.2, 1]))  # how far the agent has come when the next one happens
            assert counted("astray") == 0, (done, steering.state())
        for act in ("the_house_is_back", "the_firewall_starts", "the_tunnel_comes_up", "the_agent_starts"):
            getattr(trouble, act)()
        before = counted("tunnelled")
        wait_for(
            lambda: counted("tunnelled") > before + 100, 60, lambda: f"the tunnel after {done}\n{steering.state()}"
        )
        assert counted("astray") == 0, done
