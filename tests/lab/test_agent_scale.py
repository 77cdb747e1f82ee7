"""What 200 names and 50 peers cost: one process, little memory and time; and with nothing due, next to nothing."""

import time

import pytest

from lab.agent import Agent, network_of, options, policy
from lab.host import wait_for
from lab.watch import nft_elements, spent
from lab.wireguard import random_public_key
from lab.world import VPN_SETS, World

HOSTS = [f"host{i}.example.test" for i in range(150)]
PEERS = [f"peer{i}.dyn.test" for i in range(50)]
STEADY = 6  # seconds of looking
MEMORY = {"micropython": 8 << 20, "cpython": 32 << 20}


@pytest.fixture
def report(record_property, capsys, request):
    """Shows a measured number in the terminal, and keeps it in the report."""

    def show(what, value):
        record_property(what, value)
        with capsys.disabled():
            print(f"\n  {request.node.name}: {what}: {value}", end="", flush=True)

    return show


def test_200_names_and_50_peers(world, interpreter, report):
    world.beach.nft(VPN_SETS)
    addresses = {host: f"198.18.1.{i}" for i, host in enumerate(HOSTS, 1)}
    addresses.update({host: f"198.51.100.{i}" for i, host in enumerate(PEERS, 100)})
    for host, address in addresses.items():
        world.zone.set(host, "A", [address], 5)
    network, words = [], []
    for i, host in enumerate(PEERS):
        key, prefix = random_public_key(), f"10.10.{i}.0/24"
        words += ["peer", key, "allowed-ips", prefix]
        values = {"public_key": key, "endpoint_host": host, "allowed_ips": [prefix], "persistent_keepalive": 0}
        network.append(("wireguard_wg0", f"peer{i}", values))
    world.wg0.set(*words)
    agent = Agent(world, options(), policy("many", HOSTS), network=network_of(world, *network), interpreter=interpreter)
    with agent:
        began = time.monotonic()
        wanted = {addresses[host] for host in HOSTS}
        wait_for(
            lambda: nft_elements(world.beach, "inet", "vpn", "staging4") == wanted,
            40,
            lambda: f"the set:\n{agent.tail()}",
        )
        endpoints = {f"{addresses[host]}:51820" for host in PEERS}
        wait_for(lambda: endpoints <= {one.endpoint for one in world.wg0.peers().values()}, 40, lambda: agent.tail())
        report("ready after", f"{time.monotonic() - began:.1f} s")
        time.sleep(1)
        queries = len(world.authority.queries)
        used, switches = spent(agent, STEADY)
        queries = len(world.authority.queries) - queries
        rates = f"{switches / STEADY:.0f} wakes/s, {queries / STEADY:.0f} questions/s"
        report("steady", f"{used / STEADY * 100:.0f} % of a core, {rates}")
        report("peak resident memory", f"{agent.peak_memory() / 2**20:.1f} MiB")
        assert agent.peak_memory() < MEMORY[interpreter]
        assert queries >= 100, "nothing was asked: this was no steady state"
        assert used < STEADY * 0.6
        assert switches < 6 * queries + 100 * STEADY
        # A change is still noticed at once, and takes a process only then.
        world.zone.set(HOSTS[0], "A", ["198.18.2.1"], 5)
        wait_for(lambda: "198.18.2.1" in nft_elements(world.beach, "inet", "vpn", "staging4"), 15, "the change")


def test_with_nothing_due_it_sleeps(interpreter, report):
    with World(ttl=600, keepalive=0) as world:
        world.beach.nft(VPN_SETS)
        hosts = HOSTS[:20]
        for i, host in enumerate(hosts):
            world.zone.set(host, "A", [f"198.18.1.{i}"], 600)
        world.zone.minimum = 600
        agent = Agent(world, options(peer_interval=600), policy("many", hosts), interpreter=interpreter)
        with agent:
            wait_for(lambda: len(nft_elements(world.beach, "inet", "vpn", "staging4")) == 20, 10, lambda: agent.tail())
            time.sleep(3)
            used, switches = spent(agent, 4)
            report("idle", f"{used:.2f} s of processor time and {switches} wakes in 4 s")
            assert used <= 0.03 and switches <= 8  # nftables is glanced at five times
