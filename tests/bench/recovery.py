"""Seconds without traffic after the house has moved, one sample: `recovery.py WHO TTL SEED`, run in the lab.

WHO is micropython or cpython, which runs nametrack, or the number of a rival. Traffic is a ping through the tunnel, ten
a second; both caches on the way, the router's and the provider's, know the old address when the house moves at a random
moment. A rival's clock and the age of the handshake stand at random as well. The last line is the number.
"""

import pathlib
import random
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "tests/bench", "agent")]

from lab.agent import INTERPRETERS, Agent, options  # noqa: E402
from lab.host import wait_for  # noqa: E402
from lab.test_agent_recovery import PROVIDER, moved, provider, router  # noqa: E402
from lab.watch import Pinger  # noqa: E402
from lab.world import HOME_LAN, HOME_NAME, HOME_PORT, World  # noqa: E402
from rivals import RIVALS  # noqa: E402

LONGEST = 900  # seconds to wait for traffic
REKEY = 120  # seconds after which a tunnel in use has a new handshake


def main(who, ttl, seed):
    chance = random.Random(seed)
    with World(ttl=ttl, keepalive=25, dnsmasq_options=[f"--server={PROVIDER}"]) as world, provider(world):
        with Pinger(world.beach, HOME_LAN) as pinger:
            pinger.wait_for_reply(seconds=20)
            if who in INTERPRETERS:
                with router(world) as netifd:
                    settings = options(min_ttl=10, peer_interval=5)
                    with Agent(world, settings, bus=netifd.bus, interpreter=who) as agent:
                        wait_for(lambda: agent.running() and world.resolve(HOME_NAME, "A"), 10, "the caches")
                        # past the first questions to every source, which are not repeated within min_ttl
                        time.sleep(15 + chance.uniform(0, min(ttl, 30)))
                        gone = moved(world).began
                        return pinger.wait_for_reply(after=gone + 0.3, seconds=LONGEST) - gone
            return rival(world, pinger, RIVALS[int(who)], chance)


def rival(world, pinger, rule, chance):
    began = time.monotonic()
    moves_at = began + chance.uniform(5, REKEY)
    ticks = began + chance.uniform(0, rule.every)
    gone = None
    while True:
        now = time.monotonic()
        if gone is None and now >= moves_at:
            gone = moved(world).began
        if now >= ticks:
            ticks += rule.every
            peer = world.home_peer()
            if rule.stale(time.time() - peer.last_handshake):
                for address in world.resolve(HOME_NAME, "A")[:1]:
                    world.wg0.set_peer(world.home_key.public, endpoint=f"{address}:{HOME_PORT}")
        back = gone is not None and pinger.first_reply(gone + 0.3)
        if back:
            return back - gone
        if now - began > LONGEST:
            return float("inf")
        time.sleep(0.05)


if __name__ == "__main__":
    print(f"{main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])):.2f}")
