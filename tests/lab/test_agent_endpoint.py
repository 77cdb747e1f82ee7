"""The agent keeps a real tunnel's endpoint equal to what DNS says, and touches nothing else of it."""

import json
import signal
import time

import pytest

from lab.agent import Agent, options, policy
from lab.host import wait_for
from lab.pace import Stopwatch
from lab.watch import Pinger, nft_elements
from lab.wireguard import random_public_key
from lab.world import HOME_LAN, HOME_NAME, HOME_PORT, STAGING4, STAGING_NAME, VPN_SETS, World

TTL = 5
MOVES = ["198.51.100.11", "198.51.100.12", "198.51.100.13"]


def wait_for_endpoint(world, address, agent, seconds=20):
    wanted = f"{address}:{HOME_PORT}"
    wait_for(lambda: world.home_endpoint() == wanted, seconds, lambda: f"{wanted}; the log:\n{agent.tail()}")


def interface_index(world):
    return world.beach.run(["cat", "/sys/class/net/wg0/ifindex"]).stdout


def remembers(agent, host, addresses):
    """Whether the last-good file is whole and names this host and these addresses."""
    text = (agent.state / "last-good.json").read_text()
    json.loads(text)
    return all(f'"{word}"' in text for word in (host, *addresses))


def test_traffic_flows_again_within_ttl_and_2_s_and_only_the_endpoint_changes(world, interpreter):
    others = {random_public_key(): f"10.10.{i}.0/24" for i in range(3)}
    for port, (key, prefix) in enumerate(others.items(), 7000):
        world.wg0.set_peer(key, allowed_ips=[prefix], endpoint=f"198.51.100.200:{port}", keepalive=0)
    index = interface_index(world)
    links = world.beach.start(["ip", "monitor", "link", "dev", "wg0"])
    with Agent(world, options(), interpreter=interpreter) as agent, Pinger(world.beach, HOME_LAN) as pinger:
        pinger.wait_for_reply(seconds=20)
        agent.wait_until_current()
        before = world.wg0.peers()
        rx_bytes = world.home_peer().rx_bytes
        for address in MOVES:
            moved = time.monotonic()
            world.move_home(address)
            world.announce_home()
            back = pinger.wait_for_reply(after=moved + 0.2, seconds=TTL + 20)
            assert back - moved <= TTL + 2, agent.tail()
            assert world.home_endpoint() == f"{address}:{HOME_PORT}"
            assert world.home_peer().rx_bytes > rx_bytes, "the counters began anew"
            rx_bytes = world.home_peer().rx_bytes
        after = world.wg0.peers()
        assert after.keys() == before.keys()
        for key in others:
            assert after[key]._replace(tx_bytes=0) == before[key]._replace(tx_bytes=0)
        home, was = after[world.home_key.public], before[world.home_key.public]
        assert (home.allowed_ips, home.keepalive, home.preshared_key) == (was.allowed_ips, was.keepalive, None)
        said = "endpoint 198.51.100."
        wait_for(lambda: len(agent.lines(said)) >= len(MOVES), 5, lambda: f"a line for each move\n{agent.tail()}")
        assert len(agent.lines(said)) == len(MOVES), agent.tail()
    assert interface_index(world) == index
    assert links.log.read_text() == "", "the interface was changed"


def test_a_peer_removed_behind_the_agents_back_is_never_made_again(world, interpreter):
    """It is gone between the reading and the setting: the reading is an hour old when DNS moves."""
    with Agent(world, options(peer_interval=3600), interpreter=interpreter) as agent:
        world.wait_for_tunnel()
        agent.wait_until_current()
        time.sleep(3)  # nothing is owed any more: no reading is due
        world.wg0.remove_peer(world.home_key.public)
        world.move_home("198.51.100.11")
        world.announce_home()
        agent.wait_for_line("wg0 has no such peer", TTL + 40)  # an interface that starts lacks its peers for a while
        began = time.monotonic()
        wait_for(lambda: world.authority.count(HOME_NAME, "A", since=began), TTL + 10, "the next question")
        assert world.wg0.peers() == {}
        assert len(agent.lines("wg0 has no such peer")) == 1, agent.tail()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(world, interpreter, number):
    world.beach.nft(VPN_SETS)
    agent = Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter).start()
    world.wait_for_tunnel()
    wait_for(lambda: nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4), 10, "the set")
    agent.wait_until_current()
    peers = world.wg0.peers()
    agent.process.send_signal(number)
    assert agent.process.wait(5) == 0, agent.tail()
    assert remembers(agent, HOME_NAME, [world.home_address])
    assert remembers(agent, STAGING_NAME, STAGING4)
    assert nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4)
    assert world.wg0.peers().keys() == peers.keys()
    assert world.home_endpoint() == f"{world.home_address}:{HOME_PORT}"
    assert world.tunnel_works()


def test_it_follows_a_move_that_it_slept_through(world, interpreter):
    agent = Agent(world, options(), interpreter=interpreter).start()
    world.wait_for_tunnel()
    agent.wait_until_current()
    agent.stop()
    world.move_home("198.51.100.11")
    world.announce_home()
    with agent:
        watch = Stopwatch()
        wait_for_endpoint(world, "198.51.100.11", agent)
        # An answer that is news is followed once the tunnel has been looked at for 3 s and does not reply.
        assert watch.seconds() <= TTL + 5, agent.tail()


def test_without_dns_and_without_an_endpoint_the_last_good_address_is_dialled(interpreter):
    with World(dial=False) as world:
        agent = Agent(world, options(), interpreter=interpreter)
        assert agent.once().returncode == 0
        world.wg0.remove_peer(world.home_key.public)  # a reboot, at which netifd does not find the name
        world.wg0.set_peer(world.home_key.public, allowed_ips=["10.9.0.0/24"], keepalive=5)
        world.stop_dnsmasq()
        with agent:
            wait_for_endpoint(world, world.home_address, agent)
            world.wait_for_tunnel()
            assert agent.lines("last good address"), agent.tail()
