"""The agent as a service: its object on the bus, and what others do to the bus; the answers: test_agent_doors.py."""

import time

import pytest

from bus import DOUBLE, Bus, real_ubusd
from lab.agent import Agent, network_of, options, policy
from lab.doors import followed, settled
from lab.enter import RUN
from lab.host import wait_for
from lab.netifd import Interface, Netifd, UbusClient
from lab.routing import Firewall, Pbr, Router, VpnPolicyRouting
from lab.watch import Pinger
from lab.wireguard import random_public_key
from lab.world import DNS_ADDRESSES, HOME_LAN, HOME_NAME, HOME_PORT, STAGING_NAME

TTL = 5


@pytest.fixture(params=["double", "ubusd"] if real_ubusd() else ["double"])
def bus(request):
    with Bus(RUN, DOUBLE if request.param == "double" else [real_ubusd()]) as running:
        yield running


def on_the_bus(bus):
    """A client of the bus once the agent's object is there."""

    def connected():
        client = UbusClient(bus.path, 10)
        client.connect()
        if client.list("nametrack*"):
            client.call("nametrack", "status")  # not before its first configuration is in force
            return client
        return None

    def found():
        try:
            return connected()
        except Exception:
            return None

    return wait_for(found, 20, "the agent on the bus")


def test_what_auto_would_choose_is_known_without_a_policy_and_without_a_process(world, bus, interpreter):
    """There is no tool on its PATH that it could start."""
    agent = Agent(world, options(), interpreter=interpreter, bus=bus.path)
    router = Router(world, agent)
    name = agent.interpreter.rpartition("/")[2]  # which tells the launcher what it is
    script = f'#!/bin/sh\nPATH=/nowhere exec {agent.interpreter} "$@"\n'
    agent.interpreter = str(router.write(f"without-tools/{name}", script, 0o755))
    firewall = Firewall(router)
    with agent:
        client = on_the_bus(bus)

        def chosen():
            (found,) = client.call("nametrack", "choices")["interfaces"]
            assert found["name"] == "wg0"
            return found["target"], found["set4"], found["set6"]

        wait_for(lambda: chosen() == ("route", None, None), 10, "routes of its own, as no service is there")
        VpnPolicyRouting(router, ipv6=False).make()
        assert chosen() == ("vpn-policy-routing", "wg0", None)
        firewall.start()
        pbr = Pbr(firewall, "1.1.1")  # which takes its sets away when it stops
        pbr.start()
        assert chosen() == ("pbr", "inet fw4 pbr_wg0_4_dst_ip_user", "inet fw4 pbr_wg0_6_dst_ip_user")
        pbr.stop()
        assert chosen() == ("vpn-policy-routing", "wg0", None)


def test_events_tell_what_changed_and_follow_goes_on(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        client = on_the_bus(bus)
        settled(client)
        told = []
        listener = UbusClient(bus.path, 10)
        listener.connect()
        listener.subscribe("nametrack", lambda method, data: told.append((method, data)))
        following = world.beach.start(agent.command("events", "--follow"), env=agent.environment())
        wait_for(lambda: "1 added" in following.log.read_text() or "added:" in following.log.read_text(), 10, "events")
        world.move_home("198.51.100.11")
        world.announce_home()
        wait_for(lambda: "endpoint 198.51.100.11" in following.log.read_text(), TTL + 15, agent.tail)
        wait_for(lambda: listener.loop(0.05) or any(method == "endpoint" for method, _ in told), 5, "the notification")
        values = next(data for method, data in told if method == "endpoint")
        assert values["interface"] == "wg0" and values["public_key"] == world.home_key.public
        assert values["new"] == f"198.51.100.11:{HOME_PORT}" and values["old"] == f"198.51.100.10:{HOME_PORT}"
        assert (values["code"], values["reason"]) == ("moved", f"{HOME_NAME} moved")
        events = client.call("nametrack", "events")["events"]
        ids = [event["id"] for event in events]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert (events[-1]["code"], events[-1]["parameters"]) == ("moved", [values["new"]])
        assert events[-1]["kind"] == "endpoint" and abs(events[-1]["time"] - time.time()) < 60
        assert client.call("nametrack", "events", {"since": events[-1]["id"]})["events"] == []
        done = agent.call("events")
        assert done.returncode == 0 and len(done.stdout.splitlines()) == len(events), done


def test_the_main_job_goes_on_without_ubusd_and_the_object_comes_back(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent, Pinger(world.beach, HOME_LAN) as pinger:
        settled(on_the_bus(bus))
        bus.stop()
        agent.wait_for_line("the work goes on without it")
        moved = time.monotonic()
        world.move_home("198.51.100.11")
        world.announce_home()
        pinger.wait_for_reply(after=moved + 0.2, seconds=TTL + 20)
        bus.start()
        assert on_the_bus(bus).call("nametrack", "status")["peers"][0]["endpoint"] == f"198.51.100.11:{HOME_PORT}"
        agent.wait_for_line("bus: connected again")


def test_a_change_that_nobody_could_tell_of_is_read_when_the_object_is_back(world, bus, interpreter):
    """Without the object a reload reaches nobody; files that are as they were are no reason for one."""
    with followed(world, bus, interpreter) as agent:
        settled(on_the_bus(bus))
        for gone in (1, 2):
            bus.stop()
            wait_for(lambda gone=gone: len(agent.lines("the work goes on without it")) == gone, 20, agent.tail)
            agent.configure(options(), policy("staging", [STAGING_NAME, "192.0.2.99"]))
            bus.start()
            client = on_the_bus(bus)
            wanted = lambda: client.call("nametrack", "status")["policies"][0]["installed4"] == 3  # noqa: B023,E731
            wait_for(wanted, 10, agent.tail)
        assert len(agent.lines("configuration read again")) == 1, agent.tail()


def test_a_peer_that_is_added_before_an_ifup_is_followed_without_a_reload(world, bus, interpreter):
    """netifd reads its file for an `ifup`, and sets the peer up; it tells nobody that the file is another one."""
    wan = Interface("wan", "wan", routers={4: "203.0.113.1"}, nameservers=[])
    with Netifd(world.beach, bus.path, wan) as netifd, followed(world, bus, interpreter) as agent:
        client = on_the_bus(bus)
        settled(client)
        world.zone.set("cabin.dyn.test", "A", ["198.51.100.77"], 60)
        key = random_public_key()
        values = {"public_key": key, "endpoint_host": "cabin.dyn.test", "endpoint_port": 51820}
        agent.write("network", network_of(world, ("wireguard_wg0", "cabin", values)))
        world.wg0.set("peer", key)
        netifd.up("wan")
        wait_for(lambda: world.wg0.endpoint(key) == "198.51.100.77:51820", 20, agent.tail)
        for _ in range(3):
            netifd.up("wan")
        settled(client)
        assert len(agent.lines("configuration read again")) == 1, agent.tail()


def test_a_storm_of_interface_events_is_one_or_two_rounds_and_the_last_state_wins(world, bus, interpreter):
    dead = options(nameserver=["203.0.113.99"], fallback_nameserver=["wan"])
    wan = Interface("wan", "wan", routers={4: "203.0.113.1"}, nameservers=[])
    world.zone.set(HOME_NAME, "A", [world.home_address], 3600)  # it is not asked for again by itself
    with Netifd(world.beach, bus.path, wan) as netifd:
        with followed(world, bus, interpreter, dead) as agent:
            client = on_the_bus(bus)
            agent.wait_for_line("lookup failed", 40)
            dumps = netifd.dumps
            wan.nameservers = [DNS_ADDRESSES[0][0]]
            began = time.monotonic()
            for i in range(100):
                action = "ifdown" if i % 2 else "ifup"
                client.call("nametrack", "interface", {"action": action, "interface": "wan", "device": "wan"})
            took = time.monotonic() - began
            wait_for(lambda: world.authority.count(HOME_NAME, "A"), 20, agent.tail)
            settled(client)
            assert netifd.dumps - dumps <= 3 + took, "netifd is asked once for many events"
            assert world.authority.count(HOME_NAME, "A") <= 3 + took
