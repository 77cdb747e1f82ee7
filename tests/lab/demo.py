"""`make run`: nametrack's main job on real input, told in plain words, in under a minute.

It builds the lab's world (a picture of it is in world.py), starts the agent on the beach router under MicroPython, lets
things happen to it that happen to people, and says how long everything took. Exit status 0 when all of it went well.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from bus import Bus
from lab.agent import Agent, options, policy
from lab.enter import RUN, enter, inside
from lab.host import LabError, wait_for
from lab.netifd import Interface, Netifd
from lab.watch import Pinger, SetWatcher, nft_elements
from lab.world import DNS_ADDRESSES, HOME_LAN, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS, World

TTL = 5
RETAIN = 6
STALL = 6  # seconds; 15 is the default
NEW4, NEW6 = "192.0.2.132", "2001:db8:c::132"  # what the staging server moves to
LATE4 = "192.0.2.133"  # and what it gains while DNS is away

INTRODUCTION = f"""\
Two houses and a tunnel between them. Home's address changes as its provider likes; the beach house sits behind a
firewall that lets nothing in, so it must find home by itself. Everything is real but the wires: WireGuard, nftables,
dnsmasq, DNS. Every DNS record lives {TTL} s. nametrack runs on the beach router.
"""


class Story:
    """Tells what happens, with the seconds since the beginning, and keeps what the summary will say."""

    def __init__(self):
        self.began = time.monotonic()
        self.results = []

    def chapter(self, title):
        print(f"\n{title}", flush=True)

    def tell(self, text, at=None):
        seconds = (time.monotonic() if at is None else at) - self.began
        print(f"  {seconds:5.1f} s  {text}", flush=True)

    def show(self, addresses):
        for family, v6 in (("IPv4", False), ("IPv6", True)):
            print(f"           {family}  {listed(a for a in addresses if (':' in a) == v6)}", flush=True)

    def result(self, subject, text):
        self.results.append((subject, text))

    def end(self):
        width = max(len(subject) for subject, _ in self.results)
        self.chapter("In short")
        for subject, text in self.results:
            print(f"  {subject:{width}}  {text}")


def sets(world):
    """What the beach's two sets hold: one set of text of both families."""
    names = ("staging4", "staging6")
    return set().union(*(nft_elements(world.beach, "inet", "vpn", name) for name in names))


def listed(addresses):
    return "  ".join(sorted(addresses)) or "nothing"


def tunnel_comes_up(world, agent, story):
    story.chapter("The tunnel comes up")
    began = time.monotonic()
    story.tell(f"the beach router dials {HOME_NAME}, and nobody has told WireGuard yet where that is")
    agent.start()
    wait_for(world.home_endpoint, 10, "an endpoint")
    story.tell(f"nametrack has set the endpoint: {world.home_endpoint()}")
    world.wait_for_tunnel(20)
    story.tell("home answers through the tunnel (WireGuard itself tries every 5 s)")
    wanted = set(STAGING4 + STAGING6)
    wait_for(lambda: sets(world) == wanted, 10, lambda: f"the staging server in the sets: {listed(sets(world))}")
    story.tell(f"the sets hold what {STAGING_NAME} has")
    story.show(wanted)
    story.result("start", f"tunnel and sets ready after {time.monotonic() - began:.1f} s")


def home_moves(world, story, pinger):
    story.chapter("Home gets a new address")
    pinger.wait_for_reply()
    # The worst moment: nametrack has just asked, and believes the answer for its whole TTL.
    now = time.monotonic()
    wait_for(lambda: world.authority.count(HOME_NAME, "A", since=now), TTL + 10, f"a question for {HOME_NAME}")
    wait_for(lambda: world.resolve(HOME_NAME, "A"), 5, "its answer")
    before = world.home_peer()
    moved = time.monotonic()
    world.move_home("198.51.100.11")
    world.announce_home()
    story.tell(f"home is {world.home_address} now, and so says its DNS record; the old address is dead", moved)
    back = pinger.wait_for_reply(after=moved + 0.2, seconds=TTL + 15)
    asked = world.authority.asked(HOME_NAME, "A", since=moved)
    if not asked or world.home_endpoint() != f"{world.home_address}:{HOME_PORT}":
        raise LabError(f"the tunnel works, but its endpoint is {world.home_endpoint()}")
    lapsed = asked[0].at
    story.tell(f"the old answer's TTL is over, DNS is asked again ({lapsed - moved:.1f} s after the move)", lapsed)
    story.tell(f"traffic flows again, {back - lapsed:.2f} s later", back)
    after = world.home_peer()
    if (after.allowed_ips, after.keepalive) != (
        before.allowed_ips,
        before.keepalive,
    ) or after.rx_bytes < before.rx_bytes:
        raise LabError(f"more than the endpoint changed: {before} became {after}")
    story.tell("nothing but the endpoint was touched: same keys, same allowed IPs, the counters went on")
    share = f"{lapsed - moved:.1f} s of it the TTL, {back - lapsed:.2f} s nametrack and WireGuard"
    story.result("home moved", f"traffic flowed again after {back - moved:.1f} s: {share}")


def staging_moves(world, story):
    story.chapter("The staging server gains and loses addresses")
    world.staging.ip(f"addr add {NEW4}/25 dev wan", f"addr add {NEW6}/64 dev wan nodad")
    world.zone.set(STAGING_NAME, "A", [STAGING4[0], NEW4], TTL)
    world.zone.set(STAGING_NAME, "AAAA", [STAGING6[0], NEW6], TTL)
    began = time.monotonic()
    story.tell(f"DNS names {NEW4} and {NEW6}; it no longer names {STAGING4[1]} and {STAGING6[1]}")
    wait_for(lambda: {NEW4, NEW6} <= sets(world), TTL + 10, lambda: f"the new addresses: {listed(sets(world))}")
    gained = time.monotonic()
    left = {STAGING4[1], STAGING6[1]}
    if not left <= sets(world):
        raise LabError(f"an address left at once, though retain is {RETAIN} s: {listed(sets(world))}")
    story.tell(f"the new ones are in, the old ones stay for {RETAIN} s more (option retain)")
    story.show(sets(world))
    wait_for(lambda: not left & sets(world), RETAIN + 10, lambda: f"the old addresses to go: {listed(sets(world))}")
    gone = time.monotonic()
    story.tell("the old ones are out")
    story.show(sets(world))
    story.result(
        "staging moved", f"new addresses in after {gained - began:.1f} s, old ones out {gone - gained:.1f} s later"
    )


def dns_goes_away(world, story, pinger):
    story.chapter("DNS goes away")
    endpoint, held = world.home_endpoint(), sets(world)
    world.authority.behave("silent")
    began = time.monotonic()
    story.tell("the DNS server answers nobody any more")
    with SetWatcher(world.beach, "inet", "vpn", "staging4") as four, SetWatcher(
        world.beach, "inet", "vpn", "staging6"
    ) as six:
        wait_for(
            lambda: time.monotonic() - began > TTL + RETAIN and world.authority.count(since=began) >= 2,
            30,
            "two questions during the outage",
        )
    length = time.monotonic() - began
    if len(four.seen) + len(six.seen) != 2 or sets(world) != held or world.home_endpoint() != endpoint:
        raise LabError(f"the outage changed something: {world.home_endpoint()}, {four.seen}, {six.seen}")
    if pinger.gaps(longer=2, since=began):
        raise LabError(f"the outage stopped the tunnel: {pinger.gaps(longer=2, since=began)}")
    asked = world.authority.count(since=began)
    story.tell(f"{length:.0f} s and {asked} questions without an answer later: endpoint and sets are as they were")
    world.zone.set(STAGING_NAME, "A", [STAGING4[0], NEW4, LATE4], TTL)
    world.authority.behave(None)
    back = time.monotonic()
    story.tell(f"DNS is back, and knows {LATE4}")
    wait_for(lambda: LATE4 in sets(world), 20, lambda: f"{LATE4}: {listed(sets(world))}")
    story.tell("the sets are current again")
    story.show(sets(world))
    share = f"current {time.monotonic() - back:.1f} s after it came back"
    story.result("DNS outage", f"{length:.0f} s; endpoint and sets untouched, traffic went on; {share}")


def home_moves_and_no_cache_knows(world, story, pinger):
    story.chapter("Home moves again, and every cache keeps the old address for an hour")
    now = time.monotonic()
    world.zone.set(HOME_NAME, "A", [world.home_address], 3600)
    wait_for(lambda: world.authority.count(HOME_NAME, "A", since=now), TTL + 10, "the router's cache to learn it")
    pinger.wait_for_reply()
    moved = time.monotonic()
    world.move_home("198.51.100.12")
    world.zone.set(HOME_NAME, "A", [world.home_address], 3600)
    story.tell(f"home is {world.home_address} now; the router's own DNS server will say otherwise for an hour", moved)
    back = pinger.wait_for_reply(after=moved + 0.2, seconds=STALL + 20)
    if world.home_address in world.resolve(HOME_NAME, "A"):
        raise LabError("the router's cache knows the new address")
    story.tell("a reply was owed for 2 s (suspect_time): past the caches DNS knew better; traffic flows again", back)
    story.result("stale caches", f"TTL an hour: traffic flowed again after {back - moved:.1f} s")


def what_it_says(agent, story):
    story.chapter("What `nametrack status` says of all that")
    print(agent.call("status").stdout, end="", flush=True)
    story.chapter("and the last of `nametrack events`")
    print("\n".join(agent.call("events").stdout.splitlines()[-5:]), flush=True)


def costs(agent, version, story):
    memory, seconds, children = agent.peak_memory() / 2**20, agent.cpu_seconds(), agent.children()
    if children:
        raise LabError(f"the agent has child processes: {children}")
    story.result("cost", f"{version}: one process, {memory:.1f} MiB at most, {seconds:.1f} s of processor time")


def main():
    print(INTRODUCTION, end="", flush=True)
    story = Story()
    agent = None
    try:
        wan = Interface("wan", "wan", routers={4: "203.0.113.1"}, nameservers=[DNS_ADDRESSES[0][0]])
        with World(ttl=TTL, dial=False) as world, Bus(RUN) as bus, Netifd(world.beach, bus.path, wan):
            world.beach.nft(VPN_SETS)
            settings = options(retain=RETAIN, stall_timeout=STALL)
            agent = Agent(world, settings, policy("staging", [STAGING_NAME]), bus=bus.path)
            version = agent.call("version").stdout.strip()
            tunnel_comes_up(world, agent, story)
            with Pinger(world.beach, HOME_LAN) as pinger:
                home_moves(world, story, pinger)
                staging_moves(world, story)
                dns_goes_away(world, story, pinger)
                home_moves_and_no_cache_knows(world, story, pinger)
            what_it_says(agent, story)
            costs(agent, version, story)
            agent.stop()
    except LabError as error:
        story.tell(f"This did not happen: {error}")
        if agent is not None:
            print(f"\nThe agent's log:\n{agent.tail()}")
        return 1
    story.end()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main() if inside() else enter([__file__]))
    except KeyboardInterrupt:
        sys.exit(130)
