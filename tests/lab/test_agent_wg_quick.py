"""The agent on a machine that is no router: the two houses, the beach house by the real wg-quick."""

import pathlib
import re
import time

import pytest

from lab import pi
from lab.agent import options, policy
from lab.doors import SocketDoor, settled
from lab.enter import TOP
from lab.host import wait_for
from lab.pi import FULL, RESOLV_CONF, SPLIT, PiAgent, PiWorld
from lab.watch import Pinger, nft_elements
from lab.wireguard import random_public_key
from lab.world import HOME_LAN, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS

DOOR = SocketDoor()
LEAD = len(pi.on_the_pi())


@pytest.fixture(params=[SPLIT, FULL], ids=["split", "full"])
def allowed_ips(request):
    return request.param


def test_home_is_followed_without_any_configuration(allowed_ips, interpreter):
    with PiWorld(allowed_ips) as world, Pinger(world.beach, HOME_LAN) as pinger:
        with PiAgent(world, interpreter=interpreter, bus="/nowhere/ubus.sock") as agent:
            pinger.wait_for_reply()
            status = settled(DOOR.reach(agent))
            assert [peer["endpoint_host"] for peer in status["peers"]] == [HOME_NAME]
            moved = time.monotonic()
            world.move_home("198.51.100.11")
            world.announce_home()
            pinger.wait_for_reply(after=moved + 0.2, seconds=40)
            assert world.home_endpoint() == f"198.51.100.11:{HOME_PORT}"
            peer = world.home_peer()
            assert peer.allowed_ips == frozenset(allowed_ips.split(", ")) and peer.keepalive == 5
            assert "netifd" not in agent.tail(1000), agent.tail()


def test_home_is_followed_over_ipv6(allowed_ips, interpreter):
    first = f"[2001:db8:a::10]:{HOME_PORT}"
    with PiWorld(allowed_ips, endpoint=first) as world, Pinger(world.beach, HOME_LAN) as pinger:
        world.zone.set(HOME_NAME, "A", [], world.ttl)
        world.zone.set(HOME_NAME, "AAAA", ["2001:db8:a::10"], world.ttl)
        world.write_tunnel(endpoint=f"{HOME_NAME}:{HOME_PORT}")
        with PiAgent(world, options(), interpreter=interpreter) as agent:
            pinger.wait_for_reply()
            settled(DOOR.reach(agent))
            moved = time.monotonic()
            world.move_home("198.51.100.11", "2001:db8:a::11")
            world.zone.set(HOME_NAME, "AAAA", ["2001:db8:a::11"], world.ttl)
            pinger.wait_for_reply(after=moved + 0.2, seconds=40)
            assert world.home_endpoint() == f"[2001:db8:a::11]:{HOME_PORT}"


def test_the_sets_of_the_users_own_rules_are_filled(interpreter):
    with PiWorld() as world:
        world.beach.nft(VPN_SETS)
        with PiAgent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter) as agent:
            settled(DOOR.reach(agent))
            held = {*nft_elements(world.beach, "inet", "vpn", "staging4")}
            assert held | {*nft_elements(world.beach, "inet", "vpn", "staging6")} == {*STAGING4, *STAGING6}


def test_own_routes_lead_hosts_into_a_tunnel_that_wg_quick_makes_no_routes_for(interpreter):
    """`Table = off`: the tunnel takes everything, and nothing goes there but what a policy names."""

    def device(address):
        return world.beach.run(["ip", "route", "get", address]).stdout.split(" dev ")[1].split()[0]

    way = policy("staging", [STAGING_NAME], target="route", interface="wg0")
    with PiWorld(FULL, interface={"Table": "off"}) as world:
        agent = PiAgent(world, options(), way, interpreter=interpreter)
        assert device(STAGING4[0]) == "wan"
        with agent:
            settled(DOOR.reach(agent))
            assert {device(address) for address in STAGING4 + STAGING6} == {"wg0"}
            assert device("192.0.2.53") == "wan"
        done = agent.call("flush")
        assert (done.returncode, device(STAGING4[0])) == (0, "wan"), done


def test_an_edited_file_is_read_by_a_reload(interpreter):
    with PiWorld() as world, PiAgent(world, options(), interpreter=interpreter) as agent:
        client = DOOR.reach(agent)
        settled(client)
        other = {"PublicKey": random_public_key(), "Endpoint": "other.dyn.test:7", "AllowedIPs": "10.9.7.0/24"}
        world.write_tunnel(("Peer", other), ("Peer", {"PublicKey": "short"}))
        errors = client.call("nametrack", "reload")["errors"]
        assert errors == [
            "network section 'wg0.conf, peer 3': option 'public_key': not a WireGuard key (44 characters of base64); "
            "ignoring section"
        ]
        peers = client.call("nametrack", "status")["peers"]
        assert {peer["endpoint_host"] for peer in peers} == {HOME_NAME, "other.dyn.test"}


def test_an_interface_that_is_brought_up_anew_is_read_without_a_reload(interpreter):
    with PiWorld() as world, PiAgent(world, options(), interpreter=interpreter) as agent:
        client = DOOR.reach(agent)
        settled(client)
        world.zone.set("new.dyn.test", "A", ["198.51.100.10"], world.ttl)
        world.write_tunnel(endpoint=f"new.dyn.test:{HOME_PORT}")
        world.wg0.down()
        world.wg0.up()

        def followed():
            found = client.call("nametrack", "status")["peers"]
            return [(peer["endpoint_host"], peer["state"]) for peer in found] == [("new.dyn.test", "current")]

        wait_for(followed, 20, agent.tail)


def test_the_nameservers_of_resolv_conf_are_asked_as_they_change(interpreter):
    with PiWorld() as world:
        RESOLV_CONF.write_text("nameserver 203.0.113.99\n")
        with PiAgent(world, interpreter=interpreter) as agent:
            client = DOOR.reach(agent)
            agent.wait_for_line("203.0.113.99", 20)
            RESOLV_CONF.write_text("nameserver 127.0.0.1\n")
            world.beach.ip("addr add 10.77.0.1/32 dev wan")
            wait_for(lambda: settled(client), 30, agent.tail)


def test_one_pass_and_its_check_work_from_the_same_files(interpreter):
    with PiWorld() as world:
        agent = PiAgent(world, interpreter=interpreter)
        done = agent.once()
        assert (done.returncode, done.stderr) == (0, ""), done
        assert HOME_NAME in done.stdout and "current" in done.stdout, done
        assert agent.plan().stdout == "# nothing to change\n"
        done = agent.check()
        assert (done.returncode, done.stdout) == (0, "nothing found\n"), done


def test_nothing_to_work_with_is_said(interpreter):
    with PiWorld() as world:
        agent = PiAgent(world, interpreter=interpreter)
        world.wg0.down()
        world.wg0.path.unlink()
        done = agent.call("run")
        assert done.returncode == 2 and "has no file of wg-quick" in done.stderr, done


def test_the_rights_of_the_unit_suffice(interpreter):
    """What systemd would leave to it: two capabilities of root's, and no way to more."""
    unit = (TOP / "linux/usr/lib/systemd/system/nametrack.service").read_text()
    kept = re.search(r"^CapabilityBoundingSet=(.*)", unit, re.M)[1].lower().replace("cap_", "+").split()
    confined = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=" + ",".join(["-all", *kept])]
    way = policy("staging", [STAGING_NAME], target="route", interface="wg0")
    own = policy("sets", [STAGING_NAME])
    with PiWorld(FULL, interface={"Table": "off"}) as world:
        world.beach.nft(VPN_SETS)
        agent = PiAgent(world, options(), way, own, interpreter=interpreter)
        command = agent.command
        # what makes the Pi's files needs all rights, and comes before
        agent.command = lambda *words: pi.on_the_pi(*confined, *command(*words)[LEAD:])
        with agent:
            settled(DOOR.reach(agent))
            held = {line.split()[0]: line.split()[1] for line in capabilities(agent)}
            assert held["CapBnd:"] == held["CapEff:"] == f"{1 << 12 | 1 << 13:016x}", held
            world.move_home("198.51.100.11")
            world.announce_home()
            wait_for(lambda: world.home_endpoint() == f"198.51.100.11:{HOME_PORT}", 40, agent.tail)
        assert not agent.lines("permitted") and not agent.lines("denied"), agent.tail()


def capabilities(agent):
    """The lines of /proc/PID/status about them."""
    text = pathlib.Path(f"/proc/{agent.process.pid}/status").read_text()
    return [line for line in text.splitlines() if line.startswith("Cap")]
