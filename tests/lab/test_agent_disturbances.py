"""What others do to the agent's sets, and what packets make of it."""

import sys
import time

from lab.agent import Agent, options, policy
from lab.enter import TOP
from lab.host import wait_for
from lab.routing import MARK, Firewall, Router, Stream
from lab.watch import ipset_elements, nft_elements, nft_set, spent
from lab.world import DNS_ADDRESSES, STAGING4, STAGING_NAME

SERVER = DNS_ADDRESSES[0][0]
KINDS = {"plain": "", "timed": "flags timeout;", "ranges": "flags interval;", "both": "flags interval, timeout;"}
MERGING = "flags interval; auto-merge;"
FOREIGN = "203.0.113.99"
SOON = 1.0


def table(extra=""):
    """The sets of the lab: one of each kind, with somebody's element, and one that merges."""
    sets = [f"set {kind} {{ type ipv4_addr; {flags} }}" for kind, flags in {**KINDS, "merging": MERGING}.items()]
    elements = [f"add element inet lab {kind} {{ {FOREIGN} }}" for kind in (*KINDS, "merging")]
    return "\n".join(["table inet lab {", *sets, extra, "}", *elements])


def policies(hosts, **values):
    return [
        policy(kind, hosts, target="nftset", set4=f"inet lab {kind}", family="ipv4", **values)
        for kind in (*KINDS, "merging")
    ]


def contents(host, names=(*KINDS, "merging")):
    listed = host.run(["nft", "list", "table", "inet", "lab"], check=False)
    if listed.returncode != 0:
        return {}
    return {name: nft_elements(host, "inet", "lab", name) for name in names}


def holding(addresses, merged):
    found = {kind: {*addresses, FOREIGN} for kind in KINDS}
    found["merging"] = {*merged, FOREIGN}
    return found


def test_a_ruleset_that_was_flushed_is_filled_within_a_second_of_its_return(world, interpreter):
    world.zone.set(STAGING_NAME, "A", STAGING4, 3600)
    wanted = holding(STAGING4, ["192.0.2.130/31"])
    world.beach.nft(table())
    sections = [options(nameserver=[SERVER], max_ttl=3600), *policies([STAGING_NAME])]
    with Agent(world, *sections, interpreter=interpreter) as agent:
        wait_for(lambda: contents(world.beach) == wanted, 10, lambda: f"the sets; the log:\n{agent.tail()}")
        questions = world.authority.count(STAGING_NAME)
        for away in (0, 3):
            world.beach.nft("flush ruleset")
            time.sleep(away)
            world.beach.nft(table())
            wait_for(lambda: contents(world.beach) == wanted, SOON, lambda: f"the sets; the log:\n{agent.tail()}")
        # a set that comes back with other flags, and one that loses a single element
        world.beach.nft("delete set inet lab plain\nadd set inet lab plain { type ipv4_addr; flags timeout; }")
        world.beach.nft(
            f"add element inet lab plain {{ {FOREIGN} }}\ndelete element inet lab timed {{ {STAGING4[0]} }}"
        )
        wait_for(lambda: contents(world.beach) == wanted, SOON, lambda: f"the sets; the log:\n{agent.tail()}")
        assert all(nft_set(world.beach, "inet", "lab", "plain")[address] for address in STAGING4), "no timeouts"
        assert world.authority.count(STAGING_NAME) == questions, "it asked DNS"


def test_sets_of_the_firewall_s_own_configuration(world, interpreter):
    """`config ipset` sections: what is written in them comes back with each reload, and with it what is ours."""
    world.zone.set(STAGING_NAME, "A", STAGING4, 3600)
    agent = Agent(
        world,
        options(nameserver=[SERVER], max_ttl=3600),
        policy("work", [STAGING_NAME], target="nftset", set4="inet fw4 work4", family="ipv4"),
        interpreter=interpreter,
    )
    firewall = Firewall(Router(world, agent), {"work4": ("type ipv4_addr; flags timeout;", [FOREIGN])})
    with agent:
        agent.wait_for_line("does not exist")
        agent.wait_until_known()
        for operation in (firewall.start, firewall.reload, firewall.restart):
            operation()
            wait_for(
                lambda: nft_elements(world.beach, "inet", "fw4", "work4") == {*STAGING4, FOREIGN},
                SOON,
                lambda: f"the set; the log:\n{agent.tail()}",
            )


MARKS = "; ".join(f"ip daddr @{kind} meta mark set {MARK}" for kind in (*KINDS, "merging"))
WAYS = f"chain mangle {{ type filter hook prerouting priority mangle; {MARKS}; }}"


def test_no_packet_takes_the_wrong_way_because_of_100_changes(world, interpreter):
    """Neighbours come and go in sets of every kind, while packets run to an address of each that stays."""
    stable = {kind: f"192.0.2.{200 + i}" for i, kind in enumerate((*KINDS, "merging", "ipset"))}
    sections = []
    for kind, address in stable.items():
        world.zone.set(f"{kind}.example.test", "A", [address], 3600)
        sets = (
            {"target": "ipset", "set4": "lab"} if kind == "ipset" else {"target": "nftset", "set4": f"inet lab {kind}"}
        )
        hosts = [f"{kind}.example.test", "moving.example.test"]
        sections.append(policy(kind, hosts, family="ipv4", retain=1, **sets))
    world.zone.set("moving.example.test", "A", ["192.0.2.131"], 1)
    agent = Agent(world, options(nameserver=[SERVER], max_ttl=3600), *sections, interpreter=interpreter)
    router = Router(world, agent)
    world.beach.nft(table(WAYS))
    world.beach.run(["ipset", "create", "lab", "hash:net"])
    try:
        with agent:
            wait_for(lambda: filled(world.beach, stable), 10, lambda: f"the sets:\n{agent.tail()}")
            turn = 0

            def moved():
                nonlocal turn
                turn += 1
                first = 131 + turn % 19
                addresses = [f"192.0.2.{i}" for i in range(first, first + 1 + turn % 3)]
                world.zone.set("moving.example.test", "A", addresses, 1)
                return all(changes(agent, kind) >= 100 for kind in stable)

            stream = Stream(router, *[stable[kind] for kind in (*KINDS, "merging")])
            lookups = Lookups(world.beach, "lab", stable["ipset"])  # no rule of nft can name an ipset
            with stream, lookups:
                wait_for(moved, 90, lambda: f"100 changes; the log:\n{agent.tail()}", every=0.3)
                counts = stream.counts(), lookups.counts()
            for right, wrong in counts:
                assert (wrong, right > 1000) == (0, True), f"{wrong} of {wrong + right}; the log:\n{agent.tail()}"
            assert not agent.lines("warning"), agent.tail()
    finally:
        world.beach.run(["ipset", "destroy", "lab"], check=False)


def filled(host, stable):
    """Whether each set has the address that it is to have all the time."""
    held = contents(host)
    held["ipset"] = ipset_elements(host, "lab")
    return all(stable[name] in held[name] for name in stable)


def changes(agent, name):
    """How many elements the log says that a policy's set gained and lost."""
    found = 0
    for line in agent.lines(f"policy '{name}'"):
        words = line.split()
        found += sum(int(words[i - 1]) for i, word in enumerate(words) if word[:5] in ("added", "delet"))
    return found


LOOKUPS = """
import subprocess, sys
right = wrong = 0
while True:
    ok = subprocess.run(["ipset", "-q", "test", *sys.argv[1:]]).returncode == 0
    right, wrong = right + ok, wrong + (not ok)
    print(right, wrong, flush=True)
"""


class Lookups:
    """Looks an address up in an ipset all the time, as packets would."""

    def __init__(self, host, name, address):
        self.host = host
        self.command = [sys.executable, "-c", LOOKUPS, name, address]

    def __enter__(self):
        self.process = self.host.start(self.command)

    def __exit__(self, *_):
        self.host.stop(self.process)

    def counts(self):
        """(found, not found) so far."""
        lines = self.process.log.read_text().splitlines()
        return tuple(int(word) for word in lines[-1].split())


FLOWS = f"""
	chain mangle {{
		type route hook output priority mangle;
		ct state new ip daddr @plain ct mark set {MARK}
		ct mark {MARK} meta mark set {MARK}
	}}
"""


def test_connections_to_an_address_that_enters_move_over_and_others_stay(world, interpreter):
    """The way is chosen by the first packet of a connection, as with NAT; staging answers, so they are established."""
    world.beach.nft(table(FLOWS))
    world.zone.set(STAGING_NAME, "A", STAGING4[1:], 3600)
    work = policy("work", [STAGING_NAME], target="nftset", set4="inet lab plain", family="ipv4")
    agents = [Agent(world, options(flush_conntrack=flush), work, interpreter=interpreter) for flush in (1, 0)]
    router = Router(world, agents[0])
    world.staging.start([sys.executable, "-c", ECHO, *STAGING4])
    for agent, flushes in zip(agents, (True, False)):
        with Stream(router, *STAGING4, host=world.beach, pause=0.005) as stream:
            time.sleep(0.5)
            assert stream.counts()[0] == 0, "it went through the tunnel already"
            before = tracked(world.beach, STAGING4[0])
            with agent:
                agent.wait_for_line("1 added")
                if flushes:
                    wait_for(lambda: stream.counts()[0], 10, agent.tail)
                time.sleep(0.2)
                tunnel, wan = stream.counts()
                time.sleep(1)
                more, wan_more = stream.counts()
                share = (more - tunnel) / (more - tunnel + wan_more - wan)
                assert (0.4 < share < 0.6) if flushes else share == 0, (share, agent.tail())
                assert before <= tracked(world.beach, STAGING4[0]), "a connection of somebody else was ended"
        world.beach.nft(f"delete element inet lab plain {{ {STAGING4[1]} }}")


ECHO = """
import select, socket, sys
own = []
for address in sys.argv[1:]:
    own.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    own[-1].bind((address, 9))
while True:
    for one in select.select(own, [], [])[0]:
        data, back = one.recvfrom(100)
        one.sendto(data, back)
"""


def tracked(host, address):
    """The identities of the tracked connections to an address, as netlink gives them."""
    script = f"""
import sys
sys.path.insert(0, {str(TOP / "agent")!r})
from nametrack import ip
from nametrack.adapters.netlink import Kernel
from nametrack.wire import conntrack
for item in Kernel(12).ask(lambda seq: conntrack.get_flows(2, seq)).messages:
    flow = conntrack.flow(item)
    if ip.text(flow.destination) == {address!r}:
        print(b"".join(flow.identity).hex())
"""
    return set(host.run([sys.executable, "-c", script]).stdout.split())


def test_somebody_s_many_changes_cost_little_and_none_of_ours_comes_back(world, interpreter):
    """While others change nftables all the time, each set is read seldomer and seldomer. Once they stop, so do we."""
    world.zone.set(STAGING_NAME, "A", STAGING4, 3600)
    world.beach.nft(table())
    world.beach.run(["ipset", "create", "lab", "hash:ip"])
    sections = [options(nameserver=[SERVER], log_level="debug", max_ttl=3600), *policies([STAGING_NAME])]
    sections.append(policy("ipset", [STAGING_NAME], target="ipset", set4="lab"))
    try:
        with Agent(world, *sections, interpreter=interpreter) as agent:
            wait_for(lambda: len(agent.lines("info: policy")) == 6, 10, lambda: f"six sets; the log:\n{agent.tail()}")
            time.sleep(1)
            began = time.monotonic()
            for i in range(100):
                world.beach.nft(f"add element inet lab plain {{ 198.18.0.{i} }}")
            for i in range(100):
                world.beach.nft(f"delete element inet lab plain {{ 198.18.0.{i} }}")
            time.sleep(1)
            listed = agent.lines("list_set nft inet lab plain", began)
            assert 1 <= len(listed) <= 3 + (time.monotonic() - began), listed
            time.sleep(5)  # what was changed last is read by then
            rest = time.monotonic()
            used, _ = spent(agent, 5)
            orders = ("list_set", "add", "delete", "replace", "refill")
            assert not any(agent.lines(f"> {order} ", rest) for order in orders), agent.tail()
            assert used < 0.5
    finally:
        world.beach.run(["ipset", "destroy", "lab"], check=False)
