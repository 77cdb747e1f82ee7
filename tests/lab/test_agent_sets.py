"""The agent keeps real nft sets and ipsets equal to what DNS says; what others put into them stays."""

import json
import threading
import time

from lab.agent import Agent, options, policy
from lab.host import wait_for
from lab.watch import SetWatcher, ipset_elements, nft_elements
from lab.world import DNS_ADDRESSES, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS

TTL = 5
RETAIN = 4
SERVER = DNS_ADDRESSES[0][0]  # past dnsmasq, where only the agent's own sense of time counts
FOREIGN = {4: "203.0.113.99", 6: "2001:db8:b::99"}
PREFIX = {4: "192.0.2.192/28", 6: "2001:db8:77::/48"}
NFT_KINDS = {
    "plain": "",
    "timeout": "flags timeout;",
    "interval": "flags interval;",
    "both": "flags interval, timeout;",
}
IPSET_KINDS = {
    "ip": ["hash:ip"],
    "ip_timeout": ["hash:ip", "timeout", "0"],
    "net": ["hash:net"],
    "net_timeout": ["hash:net", "timeout", "0"],
}


def make_sets(beach):
    """Every kind of set, a foreign element in each, and the policies that fill them, with a prefix where one fits."""
    policies = []
    lines = ["add table inet lab"]
    for kind, flags in NFT_KINDS.items():
        for family in (4, 6):
            lines.append(f"add set inet lab {kind}{family} {{ type ipv{family}_addr; {flags} }}")
            lines.append(f"add element inet lab {kind}{family} {{ {FOREIGN[family]} }}")
        hosts = [STAGING_NAME, *(PREFIX.values() if "interval" in flags else ())]
        policies.append(policy(kind, hosts, target="nftset", set4=f"inet lab {kind}4", set6=f"inet lab {kind}6"))
    beach.nft("\n".join(lines))
    for kind, words in IPSET_KINDS.items():
        for family, name in ((4, "inet"), (6, "inet6")):
            beach.run(["ipset", "create", f"{kind}{family}", words[0], "family", name, *words[1:]])
            beach.run(["ipset", "add", f"{kind}{family}", FOREIGN[family]])
        hosts = [STAGING_NAME, *(PREFIX.values() if "net" in kind else ())]
        policies.append(policy(kind, hosts, target="ipset", set4=f"{kind}4", set6=f"{kind}6"))
    return policies


def destroy_ipsets(beach):
    for kind in IPSET_KINDS:
        for family in (4, 6):
            beach.run(["ipset", "destroy", f"{kind}{family}"], check=False)


def contents(beach):
    """What every set holds, by its name."""
    found = {
        f"{kind}{family}": nft_elements(beach, "inet", "lab", f"{kind}{family}")
        for kind in NFT_KINDS
        for family in (4, 6)
    }
    found.update(
        {f"{kind}{family}": ipset_elements(beach, f"{kind}{family}") for kind in IPSET_KINDS for family in (4, 6)}
    )
    return found


def expected(four, six):
    found = {}
    for kind in [*NFT_KINDS, *IPSET_KINDS]:
        prefixes = kind in ("interval", "both", "net", "net_timeout")
        for family, addresses in ((4, four), (6, six)):
            found[f"{kind}{family}"] = {*addresses, FOREIGN[family], *([PREFIX[family]] if prefixes else ())}
    return found


def wait_for_contents(world, agent, wanted, seconds=20):
    def what():
        now = contents(world.beach)
        wrong = {name: now[name] for name in wanted if now[name] != wanted[name]}
        return f"sets as DNS says; other than wanted: {wrong}; the log:\n{agent.tail()}"

    wait_for(lambda: contents(world.beach) == wanted, seconds, what)


def test_every_kind_of_set_follows(world, interpreter):
    world.zone.set(STAGING_NAME, "A", STAGING4, 1)
    world.zone.set(STAGING_NAME, "AAAA", STAGING6, 1)
    policies = make_sets(world.beach)
    try:
        with Agent(world, options(retain=RETAIN, nameserver=[SERVER]), *policies, interpreter=interpreter) as agent:
            wait_for_contents(world, agent, expected(STAGING4, STAGING6))
            four, six = [STAGING4[0], "192.0.2.140"], [STAGING6[0], "2001:db8:c::140"]
            changed = time.monotonic()
            world.zone.set(STAGING_NAME, "A", four, 1)
            world.zone.set(STAGING_NAME, "AAAA", six, 1)
            wait_for_contents(world, agent, expected({*four, *STAGING4}, {*six, *STAGING6}), RETAIN + 5)
            wait_for_contents(world, agent, expected(four, six))
            assert time.monotonic() - changed >= RETAIN - 1, "the old addresses went before their time"
            assert not agent.lines("warning"), agent.tail()
        assert contents(world.beach) == expected(four, six), "the end of the agent changed a set"
    finally:
        destroy_ipsets(world.beach)


class TableWatcher:
    """Reads a whole nft table in a tight loop; `empty` says which set it ever saw empty."""

    def __init__(self, beach):
        self.beach, self.reads, self.empty, self.contents = beach, 0, [], set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def watch(self):
        while not self.ended.is_set():
            listing = json.loads(self.beach.run(["nft", "-j", "list", "table", "inet", "lab"]).stdout)
            sets = [item["set"] for item in listing["nftables"] if "set" in item]
            self.empty += [(self.reads, one["name"]) for one in sets if not one.get("elem")]
            self.contents.update((one["name"], str(one.get("elem"))) for one in sets)
            self.reads += 1


def test_no_reader_ever_sees_a_set_empty_during_100_changes(world, interpreter):
    """Ten names move to another address every second, each in a set of its own that holds nothing else."""
    hosts = [f"host{i}.example.test" for i in range(10)]
    for host in hosts:
        world.zone.set(host, "A", ["198.18.0.1"], 1)
    lines = ["add table inet lab", *(f"add set inet lab s{i} {{ type ipv4_addr; }}" for i in range(10))]
    world.beach.nft("\n".join(lines))
    policies = [
        policy(f"p{i}", [host], target="nftset", set4=f"inet lab s{i}", family="ipv4", retain=0)
        for i, host in enumerate(hosts)
    ]
    with Agent(world, options(nameserver=[SERVER]), *policies, interpreter=interpreter) as agent:
        wait_for(lambda: len(agent.lines("1 added: ")) == 10, 15, lambda: f"ten sets; the log:\n{agent.tail()}")
        # A change is logged when it is ordered.
        wait_for(lambda: all(nft_elements(world.beach, "inet", "lab", f"s{i}") for i in range(10)), 10, "ten addresses")
        with TableWatcher(world.beach) as watcher:
            turn = 1

            def moved():
                nonlocal turn
                turn += 1
                for host in hosts:
                    world.zone.set(host, "A", [f"198.18.{turn // 250}.{turn % 250 + 1}"], 1)
                return len(agent.lines("1 added, 1 deleted")) >= 100

            wait_for(moved, 60, lambda: f"100 changes; the log:\n{agent.tail()}", every=0.2)
        assert watcher.empty == [], watcher.reads
        assert watcher.reads >= 20 and len(watcher.contents) >= 50, "it did not look often enough to see anything"


def test_a_missing_set_is_said_once_and_filled_when_it_appears(world, interpreter):
    with Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter) as agent:
        agent.wait_for_line("staging4' does not exist")
        agent.wait_for_line("staging6' does not exist")
        time.sleep(6)  # it was looked at again, at least once
        assert len(agent.lines("does not exist")) == 2, agent.tail()
        world.beach.nft(VPN_SETS)
        wait_for(
            lambda: (
                nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4)
                and nft_elements(world.beach, "inet", "vpn", "staging6") == set(STAGING6)
            ),
            30,
            lambda: f"the sets filled; the log:\n{agent.tail()}",
        )


def test_a_dns_outage_changes_nothing_and_its_end_is_noticed(world, interpreter):
    world.beach.nft(VPN_SETS)
    with Agent(world, options(retain=2), policy("staging", [STAGING_NAME]), interpreter=interpreter) as agent:
        world.wait_for_tunnel()
        wait_for(lambda: nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4), 10, "the set")
        endpoint = world.home_endpoint()
        world.stop_dnsmasq()
        with SetWatcher(world.beach, "inet", "vpn", "staging4") as watcher:
            # ten seconds of failures, which come 2, 4 and 8 seconds apart
            wait_for(lambda: len(agent.lines("lookup failed")) == 2, TTL + 60, agent.tail)
            time.sleep(TTL + 2)
        assert [content for _, content in watcher.seen] == [frozenset(STAGING4)], agent.tail()
        assert world.home_endpoint() == endpoint and world.tunnel_works()
        assert len(agent.lines("lookup failed")) == 2, agent.tail()  # a line for each name
        world.move_home("198.51.100.11")
        world.announce_home()
        world.zone.set(STAGING_NAME, "A", [STAGING4[0], "192.0.2.140"], TTL)
        world.start_dnsmasq()
        wait_for(
            lambda: (
                nft_elements(world.beach, "inet", "vpn", "staging4") == {STAGING4[0], "192.0.2.140"}
                and world.home_endpoint() == f"198.51.100.11:{HOME_PORT}"
            ),
            40,  # at most the fifth back-off and what it is lengthened by, 16 s and a quarter, then 2 s to retain
            lambda: f"what DNS says after the outage; the log:\n{agent.tail()}",
        )
        world.wait_for_tunnel()


def test_killed_right_after_an_addition_it_still_knows_what_is_its_own(world, interpreter):
    """An ipset without comments does not tell whose an element is, and one without timeouts keeps it for ever."""
    beach = world.beach
    beach.run(["ipset", "create", "kept4", "hash:ip"])
    beach.run(["ipset", "add", "kept4", FOREIGN[4]])
    wanted = policy("kept", [STAGING_NAME], target="ipset", set4="kept4")
    settings = options(retain=0, nameserver=[SERVER])
    try:
        agent = Agent(world, settings, wanted, interpreter=interpreter).start()
        wait_for(lambda: ipset_elements(beach, "kept4") == {*STAGING4, FOREIGN[4]}, 20, lambda: agent.tail())
        world.zone.set(STAGING_NAME, "A", ["192.0.2.140"], 60)
        wait_for(lambda: "192.0.2.140" in ipset_elements(beach, "kept4"), 20, lambda: agent.tail())
        agent.kill()
        agent.configure(settings, policy("kept", ["192.0.2.150"], target="ipset", set4="kept4"))
        with agent:
            left = {"192.0.2.150", FOREIGN[4]}
            wait_for(lambda: ipset_elements(beach, "kept4") == left, 20, lambda: agent.tail())
    finally:
        beach.run(["ipset", "destroy", "kept4"], check=False)


def test_what_the_file_says_of_sets_that_no_policy_fills_is_nothing(world, interpreter):
    """Root's file, or whoever's: it takes no element out of another program's set, and puts no prefix into ours."""
    beach = world.beach
    beach.run(["ipset", "create", "others4", "hash:ip"])
    beach.run(["ipset", "add", "others4", "198.18.0.1"])
    beach.run(["ipset", "create", "kept4", "hash:net"])
    settings = options(nameserver=["192.0.2.254"], fallback_nameserver=["none"])
    agent = Agent(
        world, settings, policy("kept", [STAGING_NAME], target="ipset", set4="kept4"), interpreter=interpreter
    )
    entries = [
        {"set": "ipset others4", "added": ["198.18.0.1"]},
        {"host": STAGING_NAME, "named": True, "addresses": ["0.0.0.0/0", "127.0.0.1", "192.0.2.0/24", STAGING4[0]]},
        {"host": HOME_NAME, "endpoints": [["127.0.0.1", 1]]},
        {"host": STAGING_NAME, "address": "198.18.0.1", "named": True, "expires": 0, "sets": ["ipset others4"]},
    ]
    lines = ",\n".join([json.dumps(entry) for entry in entries])
    (agent.state / "last-good.json").write_text('{"version": 2, "entries": [\n' + lines + "\n]}\n")
    try:
        with agent:
            wanted = {STAGING4[0], "198.18.0.1"}
            wait_for(lambda: ipset_elements(beach, "kept4") == wanted, 20, lambda: agent.tail())
            assert ipset_elements(beach, "others4") == {"198.18.0.1"}
            assert agent.lines("lines skipped that hold no last good addresses"), agent.tail()
    finally:
        for name in ("others4", "kept4"):
            beach.run(["ipset", "destroy", name], check=False)


def test_the_agent_listens_to_nothing_that_nftables_announces(world, interpreter):
    """A listener would have the kernel keep 8 KiB for each element that any program adds or flushes at once."""
    world.beach.nft(VPN_SETS)
    with Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter) as agent:
        wait_for(lambda: nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4), 10, agent.tail)
        lines = world.beach.run(["cat", "/proc/net/netlink"]).stdout.splitlines()
    netfilter = [line.split()[3] for line in lines if line.split()[1] == "12"]
    assert netfilter and set(netfilter) == {"00000000"}
