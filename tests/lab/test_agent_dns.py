"""Nameservers as they are: old ones, filtering ones, silent ones; what the agent makes of them, and what it says."""

import json
import time

import pytest

from lab.agent import Agent, options, policy
from lab.host import wait_for
from lab.watch import nft_elements
from lab.world import DNS_ADDRESSES, HOME_NAME, VPN_SETS, World

SERVER = DNS_ADDRESSES[0][0]
ODD = ("formerr_to_edns", "silent_to_edns", "misplaced_opt", "cut_without_tcp")


def four(world):
    return nft_elements(world.beach, "inet", "vpn", "staging4")


def state(agent):
    """The agent's status; None while it does not answer."""
    told = agent.call("status", "--json")
    return json.loads(told.stdout) if told.returncode == 0 else None


def test_a_name_is_found_whatever_the_nameserver_makes_of_edns(world, interpreter):
    world.beach.nft(VPN_SETS)
    hosts, wanted = [], set()
    for i, behaviour in enumerate(ODD):
        host = f"{behaviour.replace('_', '-')}.example.test"
        count = 100 if behaviour == "cut_without_tcp" else 1
        addresses = [f"198.18.{i}.{n}" for n in range(1, count + 1)]
        world.zone.set(host, "A", addresses, 5)
        world.authority.behave(behaviour, host)
        hosts.append(host)
        wanted.update(addresses[:20])
    chain = [f"alias{i}.example.test" for i in range(16)]
    for i, host in enumerate(chain):
        world.zone.set(host, "CNAME", [(chain[i + 1] if i < 15 else "end.example.test") + "."], 5)
    world.zone.set("end.example.test", "A", ["198.18.9.1"], 5)
    agent = Agent(world, options(nameserver=[SERVER]), policy("odd", [*hosts, chain[0]]), interpreter=interpreter)
    with agent:
        wait_for(lambda: four(world) == {*wanted, "198.18.9.1"}, 30, lambda: f"{four(world)}; {agent.tail()}")
        assert agent.lines("cut-without-tcp.example.test: the answer is cut short; no answer from"), agent.tail()


def test_a_nameserver_without_edns_is_remembered(world, interpreter):
    """The second and third time it is asked without EDNS0 at once."""
    world.beach.nft(VPN_SETS)
    world.zone.set("old.example.test", "A", ["198.18.0.1"], 1)
    world.authority.behave("formerr_to_edns")
    agent = Agent(
        world,
        options(nameserver=[SERVER], family="ipv4", authoritative=0, fallback_nameserver="none"),
        policy("old", ["old.example.test"]),
        network="",
        interpreter=interpreter,
    )
    with agent:
        wait_for(lambda: len(world.authority.asked("old.example.test")) >= 4, 20, lambda: agent.tail())
        gaps = [query.at for query in world.authority.asked("old.example.test")]
        assert gaps[1] - gaps[0] < 0.5, "not asked without EDNS0 at once"
        assert all(later - one > 0.5 for one, later in zip(gaps[1:], gaps[2:])), "asked twice each time"


@pytest.mark.parametrize("option", ["--stop-dns-rebind", "--filter-AAAA", "--address=/private.example.test/0.0.0.0"])
def test_what_dnsmasq_withholds_is_called_by_its_name(option, interpreter):
    words = {"--stop-dns-rebind": "rebind protection", "--filter-AAAA": "answered"}
    with World(dnsmasq_options=[option]) as world:
        world.beach.nft(VPN_SETS)
        world.zone.set("private.example.test", "A", ["10.20.0.5"], 60)
        agent = Agent(world, options(), policy("work", ["private.example.test"]), interpreter=interpreter)
        with agent:

            def reason():
                told = state(agent)
                return told and told["policies"][0]["hosts"][0]["reason"]

            expected = words.get(option, "your resolver blocks it")
            wait_for(lambda: expected in (reason() or ""), 20, lambda: f"{reason()}; {agent.tail()}")
            wanted = {"10.20.0.5"} if option == "--filter-AAAA" else set()
            wait_for(lambda: four(world) == wanted, 5, lambda: f"{wanted}, not {four(world)}; {agent.tail()}")


def test_a_resolver_that_filters_ipv6_is_not_asked_every_ten_seconds(interpreter):
    with World(dnsmasq_options=["--filter-AAAA", "--log-queries"]) as world:
        world.beach.nft(VPN_SETS)
        world.zone.set("four.example.test", "A", ["198.18.0.1"], 600)
        world.zone.set("four.example.test", "AAAA", ["2001:db8:f::1"], 600)
        agent = Agent(world, options(min_ttl=1), policy("work", ["four.example.test"]), interpreter=interpreter)

        def asked():
            return world.dnsmasq.log.read_text().count("query[AAAA] four.example.test")

        with agent:
            wait_for(lambda: four(world) == {"198.18.0.1"} and asked(), 10, lambda: agent.tail())
            time.sleep(8)  # eight times min_ttl: nothing is to happen in it
            assert asked() == 1, world.dnsmasq.log.read_text()


def test_a_peer_is_asked_for_at_once_while_1200_names_wait_for_a_silent_nameserver(interpreter):
    with World(ttl=600) as world:
        world.beach.nft(VPN_SETS)
        hosts = [f"host{i}.example.test" for i in range(1200)]
        agent = Agent(
            world, options(nameserver=[SERVER], stall_timeout=5), policy("many", hosts), interpreter=interpreter
        )
        with agent:
            wait_for(lambda: world.authority.count(HOME_NAME), 10, lambda: agent.tail())
            world.authority.behave("silent")
            world.authority.behave("honest", HOME_NAME)
            world.wait_for_tunnel()
            time.sleep(15)  # the names in flight fail, and hundreds wait behind them
            began = time.monotonic()
            world.home.ip("link set wghome down")
            world.beach.start(["ping", "-n", "-i", "0.2", "-c", "60", "10.9.0.1"])

            def asked():
                return world.authority.asked(HOME_NAME, since=began)

            wait_for(asked, 30, lambda: agent.tail())
            # It is suspected suspect_time after a reading, of which there is one each 2 s (options).
            assert asked()[0].at - began < 2 + 2 + 0.5, f"{asked()[0].at - began}\n{agent.tail()}"
