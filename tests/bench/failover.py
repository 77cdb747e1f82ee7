"""Seconds until packets leave by the second way after the first tunnel died, one sample: `failover.py WHO SEED`, run in
the lab.

WHO: micropython or cpython, which run nametrack with an echo address, with `-proof` behind it without one; the others
are the rules that these programs describe, re-implemented, none of their code is here:

mwan3       its defaults: a ping 10 s after the last one ended, lost after 4 s; the fifth lost one in a row ends the way
            (mwan3track: interval 10, timeout 4, down 5)
keen-pbr    the defaults of its `urltest`: a test each 180 s; an attempt fails after 5 s, and the third of them, each
            1 s after the last, ends the way (interval_ms 180000, probe_timeout_ms 5000, attempts 3, retry interval_ms
            1000)
keen-pbr-10 the same with the interval_ms 10000 of the example in its page about several uplinks

A client asks the server a few times a second; the tunnel dies at a random moment: its server forwards nothing any more,
or without an echo address hears nothing. A rival's clock stands at random. The last line is the number.
"""

import pathlib
import random
import sys
import time
from collections import namedtuple

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "agent")]

from lab.agent import options  # noqa: E402
from lab.host import wait_for  # noqa: E402
from lab.steering import DEAF, Steering  # noqa: E402
from lab.world import STAGING4, STAGING_NAME, World  # noqa: E402

LONGEST = 400  # seconds to wait
# pause: seconds from the end of a test that went well to the next; timeout: until a test is lost; again: from the end
# of a lost one to the next; limit: how many lost in a row end the way
Rule = namedtuple("Rule", ("pause", "timeout", "again", "limit"))
RIVALS = {"mwan3": Rule(10, 4, 10, 5), "keen-pbr": Rule(180, 5, 1, 3), "keen-pbr-10": Rule(10, 5, 1, 3)}
CHECKED = STAGING4[1]


def measured(who, seed):
    chance = random.Random(seed)
    name, _, proof = who.partition("-") if who not in RIVALS else ("cpython", "", "")
    two = {"interface": ["wg0", "wg1"], "host": [STAGING_NAME]}
    if who not in RIVALS and not proof:
        two["check_address"] = CHECKED
    with World(ttl=60) as world:
        steering = Steering(world, name, options(peer_interval=5), ("policy", "work", two), second=True)
        if who in RIVALS:
            return rival(steering, RIVALS[who], chance)
        with steering.agent:
            steering.reach("home", STAGING4[0])
            time.sleep(chance.uniform(5, 10))
            died = die(steering, bool(proof))
            return left(steering, died)


def die(steering, whole):
    """The server forwards nothing any more; `whole`: it is gone, for what is known by the tunnel's own proof alone."""
    if whole:
        steering.world.home.nft(DEAF)
    else:
        steering.world.home.sysctl("net/ipv4/ip_forward=0")
    return time.monotonic()


def left(steering, died):
    seen = lambda: steering.sees(steering.lan, STAGING4[0], 0.1) == "cabin"  # noqa: E731
    wait_for(seen, LONGEST, "the LAN to go by the cabin", every=0)
    return time.monotonic() - died


def rival(steering, rule, chance):
    """The rule decides; a route stands for what it switches."""
    beach = steering.beach
    beach.ip(f"route replace {STAGING4[0]} dev wg0", f"route replace {CHECKED} dev wg0")
    steering.reach("home", STAGING4[0])
    died, lost = die(steering, False), 0
    time.sleep(chance.uniform(0, rule.pause))
    while lost < rule.limit:
        lost = 0 if steering.world.ping_works(beach, CHECKED, rule.timeout) else lost + 1
        if lost < rule.limit:
            time.sleep(rule.again if lost else rule.pause)
    beach.ip(f"route replace {STAGING4[0]} dev wg1")
    return left(steering, died)


if __name__ == "__main__":
    print(f"{measured(sys.argv[1], int(sys.argv[2])):.2f}")
