"""`nametrack why` in twenty situations that are broken: the last sentence names the cause, and its advice is pasted.

Where a line can mend it, the next `why` says "goes through wg0 as configured", and a real packet comes out there.
"""

import contextlib
import json
import types

import pytest

from lab.agent import Agent, network_of, options, policy
from lab.console import Console
from lab.host import wait_for
from lab.routing import Firewall, Pbr, Router
from lab.steering import Steering
from lab.test_agent_why import LAN, OTHER, THREE, answered, why
from lab.wireguard import random_public_key
from lab.world import DNS_ADDRESSES, STAGING4, STAGING6, STAGING_NAME

ADDRESS = STAGING4[0]
FULL = ["0.0.0.0/0", "::/0"]
SETS = policy("work", [STAGING_NAME], interface="wg0")
GREEN = "goes through wg0 as configured"
# rules and a table of the user's own that lead what is marked into the tunnel, and what marks it
LEADS = ("rule add pref 1000 fwmark 0x5a lookup 90", "route add default dev wg0 table 90")
SET = "add table inet vpn\nadd set inet vpn staging4 { type ipv4_addr; flags timeout; }\n"
MARKS = """
table inet vpn {
	chain led { type filter hook prerouting priority mangle; ip daddr @staging4 meta mark set 0x5a
	}
	chain led_own { type route hook output priority mangle; ip daddr @staging4 meta mark set 0x5a
	}
}
"""
LAN_ZONES = [
    ("zone", None, {"name": "lan", "device": ["br-lan"], "forward": "ACCEPT"}),
    ("zone", None, {"name": "wan", "device": ["wan"], "masq": "1"}),
    ("forwarding", None, {"src": "lan", "dest": "wan"}),
]
VPN_ZONE = ("zone", "vpn", {"name": "vpn", "network": ["wg0"], "masq": "1"})
INTO_VPN = ("forwarding", None, {"src": "lan", "dest": "vpn"})


class House:
    """A Steering that runs, with its Console."""

    def __init__(self, steering, console):
        self.steering, self.console = steering, console
        self.agent, self.world, self.beach = steering.agent, steering.world, steering.world.beach

    def says(self, *words, host=ADDRESS, client=None, fault=True):
        """Wait until the last sentence has all of these words; return the answer."""
        given = ["--from", client] if client else []

        def told():  # the other address family may be answered between the two calls, and change both
            answer, code = answered(
                self.agent, host, *given, until=lambda answer: all(word in answer["sentence"] for word in words)
            )
            lines = self.agent.call("why", host, *given).stdout.splitlines()
            return (answer, code) if answer["sentence"] in lines[-2:] else None

        answer, code = wait_for(told, 20, lambda: f"the same twice: {self.agent.call('why', host, *given)}")
        assert (code == 1) is fault and answer["as_configured"] is not fault, answer
        return answer

    def mended(self, answer, host=ADDRESS, client=None, way="home"):
        """Paste what was advised: the next `why` is content, and a packet comes out of the tunnel."""
        self.console.paste(answer["advice"])
        found = self.says(GREEN, host=host, client=client, fault=False)
        assert not found["advice"] and found["sentence"].endswith(GREEN), found
        if way:
            self.steering.reach(way, ADDRESS, hosts=[self.steering.lan if client else self.beach])


@contextlib.contextmanager
def house(world, interpreter, *sections, network=None, firewall=None, globals=None, services=None):
    steering = Steering(world, interpreter, options(**(globals or {})), *sections)
    steering.agent.write("network", network or network_of(world, allowed_ips=FULL))
    if firewall is not None:
        steering.agent.write("firewall", firewall)
    console = Console(steering, **(services or {}))
    with steering.agent:
        yield House(steering, console)


@pytest.fixture
def interpreter():
    """One is enough here: tests/core hold the sentences to be the same under both."""
    return "micropython"


def test_01_dns_is_silent_so_that_nothing_is_in_the_set_yet(world, interpreter):
    world.stop_dnsmasq()
    none = {"fallback_nameserver": ["none"], "authoritative": "0"}
    with house(world, interpreter, THREE, globals=none) as home:
        answer = home.says(f"{STAGING_NAME} has no address", host=STAGING_NAME)
        assert "dnsmasq restart" in answer["advice"], answer
        home.mended(answer, host=STAGING_NAME)


def test_02_no_rule_leads_what_is_marked_into_the_tunnel(world, interpreter):
    world.beach.nft(SET + MARKS)
    with house(world, interpreter, policy("work", [STAGING_NAME], interface="wg0", family="ipv4")) as home:
        answer = home.says("set 'inet vpn staging4' contains it, but no rule leads marked packets to wg0")
        home.mended(answer)


def test_03_the_zone_does_not_masquerade(world, interpreter):
    bare = ("zone", "vpn", {"name": "vpn", "network": ["wg0"]})
    with house(world, interpreter, THREE, firewall=[*LAN_ZONES, bare, INTO_VPN]) as home:
        home.beach.nft("flush chain inet nat post")
        home.console.paste("/etc/init.d/firewall reload")
        words = (GREEN, "zone 'vpn', where wg0 is, does not masquerade IPv4")
        answer = home.says(*words, client=LAN, fault=False)  # the other side may know the network
        assert home.steering.sees(home.steering.lan, ADDRESS) == "none"
        home.mended(answer, client=LAN)


def test_04_no_peer_of_the_tunnel_has_the_address_in_its_allowed_ips(world, interpreter):
    with house(world, interpreter, THREE, network=network_of(world, allowed_ips=["10.9.0.0/24"])) as home:
        world.wg0.set_peer(world.home_key.public, allowed_ips=["10.9.0.0/24"])
        answer = home.says(f"no peer of wg0 has allowed IPs that contain {ADDRESS}: WireGuard drops its packets")
        home.mended(answer)


def test_04_the_allowed_ips_of_the_file_are_not_those_of_the_kernel(world, interpreter):
    with house(world, interpreter, THREE) as home:
        world.wg0.set_peer(world.home_key.public, allowed_ips=["10.9.0.0/24"])
        answer = home.says("no peer of wg0", "wg0 was not started since")
        assert answer["advice"] == "ifup wg0"
        home.mended(answer)


def test_05_another_peer_takes_it_by_a_longer_prefix_and_never_replied(world, interpreter):
    key = random_public_key()
    values = {"description": "cabin", "public_key": key, "allowed_ips": ["192.0.2.128/25", "10.8.0.1"]}
    network = network_of(world, ("wireguard_wg0", "cabin", values), allowed_ips=FULL)
    with house(world, interpreter, THREE, network=network) as home:
        world.wait_for_tunnel()
        world.wg0.set_peer(key, allowed_ips=values["allowed_ips"])
        answer = home.says("peer 'cabin' of wg0 takes it by the longer prefix 192.0.2.128/25", "peer 'home' would")
        home.mended(answer)


def test_05_another_peer_claims_the_same_prefix_and_was_set_last(world, interpreter):
    key = random_public_key()
    values = {"description": "cabin", "public_key": key, "allowed_ips": ["0.0.0.0/0", "10.8.0.1"]}
    network = network_of(world, ("wireguard_wg0", "cabin", values), allowed_ips=FULL)
    with house(world, interpreter, THREE, network=network) as home:
        world.wg0.set_peer(key, allowed_ips=values["allowed_ips"])
        answer = home.says("peer 'cabin' of wg0 takes it by 0.0.0.0/0, which peer 'home' claims too")
        home.mended(answer)


def test_06_the_client_is_not_in_the_policy(world, interpreter):
    only = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "client": ["10.1.0.77"]})
    with house(world, interpreter, only) as home:
        answer = home.says("takes the normal way", "not for the client 10.1.0.2", client=LAN, fault=False)
        home.mended(answer, client=LAN)


def test_07_a_policy_before_it_bypasses(world, interpreter):
    first = ("policy", "direct", {"action": "bypass", "host": [STAGING_NAME, "other.example.test"]})
    with house(world, interpreter, first, THREE) as home:
        answer = home.says("policy 'direct' lets it bypass policy 'work'", host=STAGING_NAME, fault=False)
        assert not answer["advice"], "it is as configured"
        home.steering.reach("wan", ADDRESS)


def test_08_the_way_is_down_and_blocks(world, interpreter):
    block = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    with house(world, interpreter, block) as home:
        home.steering.reach("home", ADDRESS)
        home.beach.ip("link set wg0 down")
        answer = home.says("no way out of policy 'work' works (wg0 is down)", "its packets are blocked")
        assert answer["addresses"][0]["device"] == ""
        home.mended(answer)


# metric of another program's route -> what is said of it; the kernel has one route for a destination and a metric
KEPT_FROM_BLOCKING = {
    9999: "the kernel refuses some of the routes that block",
    9: f"the route to {ADDRESS} of another program leads past what blocks",
}


@pytest.mark.parametrize("metric", KEPT_FROM_BLOCKING)
def test_08_the_way_is_down_and_a_route_of_another_program_keeps_it_from_blocking(world, interpreter, metric):
    block = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    others = f"{ADDRESS} via 203.0.113.1 dev wan metric {metric}"
    world.beach.ip(f"route add {others}")
    with house(world, interpreter, block) as home:
        home.steering.reach("home", ADDRESS)
        home.beach.ip("link set wg0 down")
        home.steering.reach("wan", ADDRESS)
        answer = home.says("no way out of policy 'work' works (wg0 is down)", "are to be blocked, and are not")
        assert answer["addresses"][0]["device"] == "wan"
        if metric == 9999:
            home.agent.wait_for_line(f"route to {ADDRESS} in table 254 not written: exists")
        home.agent.wait_for_line(f"policy 'work': {KEPT_FROM_BLOCKING[metric]}")
        (shown,) = json.loads(home.agent.call("status", "--json").stdout)["policies"]
        assert (shown["state"], shown["code"]) == ("failing", "not_blocked"), shown
        home.beach.ip(f"route del {others}")
        home.agent.stop()  # it compares when it starts, else each minute
        home.agent.start()
        home.says("no way out of policy 'work' works (wg0 is down)", "its packets are blocked")
        assert home.steering.sees(home.beach, ADDRESS, 0.5) not in ("wan", "home")


def test_08_no_interface_can_be_used_and_it_blocks(world, interpreter):
    block = ("policy", "work", {"interface": ["wg/0"], "host": [STAGING_NAME], "fallback": "block"})
    with house(world, interpreter, block) as home:
        words = ("policy 'work' works (no interface of it can be used)", "its packets are blocked")
        wait_for(lambda: home.says(*words)["addresses"][0]["device"] == "", 10, home.agent.tail)


def test_09_the_way_is_down_and_the_fallback_is_the_wan(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.steering.reach("home", ADDRESS)
        home.beach.ip("link set wg0 down")
        answer = home.says("no way out of policy 'work' works (wg0 is down)", "its packets take the normal way")
        assert answer["addresses"][0]["device"] == "wan"
        home.mended(answer)


@contextlib.contextmanager
def with_pbr(world, interpreter):
    """`(House, Pbr)`; the LAN is the one that Router makes."""

    sections = [options(), policy("work", [STAGING_NAME], target="pbr", interface="wg0")]
    bare = types.SimpleNamespace(world=world, agent=Agent(world, *sections, interpreter=interpreter))
    bare.agent.write("network", network_of(world, allowed_ips=FULL))
    world.wg0.set_peer(world.home_key.public, allowed_ips=FULL)
    router = Router(world, bare.agent)
    firewall = Firewall(router)
    firewall.start()
    pbr = Pbr(firewall, "1.2.4")
    console = Console(bare, pbr=pbr.restart)
    with bare.agent:
        pbr.start()
        yield House(bare, console), pbr


def test_10_pbr_is_stopped(world, interpreter):
    with with_pbr(world, interpreter) as (home, pbr):
        home.says(GREEN, fault=False)
        pbr.stop()
        answer = home.says("set 'inet fw4 pbr_wg0_4_dst_ip_user' is not used: no rule of pbr refers to it")
        home.mended(answer, way=None)


def test_11_nothing_refers_to_the_set(world, interpreter):
    world.beach.nft(SET)
    with house(world, interpreter, policy("work", [STAGING_NAME], interface="wg0", family="ipv4")) as home:
        answer = home.says("set 'inet vpn staging4' is not used: no rule refers to it")
        home.mended(answer)


def test_12_a_client_got_another_address_from_another_dns_server(world, interpreter):
    world.beach.nft("table inet filter_dns")  # nothing of it: the client asks past the router
    observing = {"observe": ["br-lan"]}
    hosts = [STAGING_NAME, f"*.{STAGING_NAME}"]  # without a wildcard no answer is read
    both = ("policy", "work", {"interface": ["wg0"], "host": hosts})
    with house(world, interpreter, both, globals=observing) as home:
        home.steering.reach("home", ADDRESS)
        world.zone.set(STAGING_NAME, "A", [STAGING4[1]], 3600)  # what another server says by now
        got = "192.0.2.140"
        world.staging.ip(f"addr add {got}/25 dev wan")
        answer = home.says(
            "no policy lists it, and DNS names it to this router for no listed host", host=got, fault=False
        )
        home.console.paste(answer["advice"])
        world.zone.set(STAGING_NAME, "A", [got], 3600)
        server = DNS_ADDRESSES[0][0]

        def asked():
            home.steering.lan.run(["dig", "+short", "+tries=1", "+time=1", STAGING_NAME, f"@{server}"], check=False)
            return GREEN in why(home.agent, got)[0]["sentence"]

        wait_for(asked, 20, lambda: f"{why(home.agent, got)}\n{home.agent.tail()}", every=0.3)
        home.steering.reach("home", got, hosts=[home.steering.lan])


def test_13_the_name_has_ipv6_addresses_only_and_the_way_carries_none(world, interpreter):
    world.zone.set(STAGING_NAME, "A", [], 5)
    with house(world, interpreter, THREE, network=network_of(world, allowed_ips=["0.0.0.0/0"])) as home:
        answer = home.says("has IPv6 addresses only, and wg0 carries no IPv6", host=STAGING_NAME)
        home.console.paste(answer["advice"])
        home.says(GREEN, host=STAGING_NAME, fault=False)
        home.steering.reach("home", STAGING6[0], hosts=[home.beach])


def test_14_the_name_does_not_exist(world, interpreter):
    with house(world, interpreter, THREE) as home:
        answer = home.says("nobody.example.test has no address", "does not exist", host="nobody.example.test")
        assert answer["advice"].startswith("nslookup nobody.example.test 127.0.0.1"), answer


def test_15_the_host_is_not_listed(world, interpreter):
    world.zone.set("other.example.test", "A", [ADDRESS], 5)
    with house(world, interpreter, ("policy", "work", {"interface": ["wg0"], "host": ["192.0.2.1"]})) as home:
        answer = home.says("takes the normal way: no policy lists it", host="other.example.test", fault=False)
        home.mended(answer, host="other.example.test")


def test_16_a_rule_of_others_comes_first(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.steering.reach("home", ADDRESS)
        home.beach.ip("rule add pref 50 to 192.0.2.128/25 lookup 77", "route add default via 203.0.113.1 table 77")
        answer = home.says("through wan (table 77), although wg0 is configured: rule 50 of another program comes first")
        home.mended(answer)


def test_17_the_interface_is_in_no_zone(world, interpreter):
    with house(world, interpreter, THREE, firewall=LAN_ZONES) as home:
        home.console.paste("/etc/init.d/firewall reload")
        answer = home.says("wg0 is in no firewall zone: packets of clients in zone 'lan' do not get there", client=LAN)
        assert home.steering.sees(home.steering.lan, ADDRESS) == "none"
        home.mended(answer, client=LAN)


def test_17_no_forwarding_leads_into_the_zone(world, interpreter):
    with house(world, interpreter, THREE, firewall=[*LAN_ZONES, VPN_ZONE]) as home:
        home.console.paste("/etc/init.d/firewall reload")
        answer = home.says("the firewall does not forward from zone 'lan' to zone 'vpn', where wg0 is", client=LAN)
        assert home.steering.sees(home.steering.lan, ADDRESS) == "none"
        home.mended(answer, client=LAN)


def test_18_a_strict_reverse_path_filter_drops_the_replies(world, interpreter):
    # the way back is looked up without the mark: main leads to the WAN
    world.beach.nft(SET + MARKS)
    world.beach.ip(*LEADS)
    with house(world, interpreter, policy("work", [STAGING_NAME], interface="wg0", family="ipv4")) as home:
        home.says(GREEN, fault=False)
        home.beach.sysctl("net/ipv4/conf/wg0/rp_filter=1")
        answer = home.says("the kernel drops the replies that come in through wg0: its reverse path filter is strict")
        assert home.steering.sees(home.beach, ADDRESS) == "none"
        home.mended(answer)


def test_19_the_interface_does_not_exist(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.steering.reach("home", ADDRESS)
        world.beach.stop(world.wg0.process)
        answer = home.says("no way out of policy 'work' works (wg0 does not exist)")
        home.mended(answer)


def test_20_the_policies_are_paused(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.steering.reach("home", ADDRESS)
        assert home.agent.call("pause", "30").returncode == 0
        answer = home.says("the policies are paused for another", "packets take the normal way")
        home.mended(answer)


def test_what_a_policy_for_a_port_takes_is_asked_of_the_kernel_for_that_port(world, interpreter):
    web = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "proto": ["udp"], "port": ["7777"]})
    with house(world, interpreter, web) as home:
        home.says(GREEN, fault=False)
        home.steering.reach("home", ADDRESS, hosts=[home.beach])


def test_an_address_outside_of_every_policy_is_no_fault(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.says("takes the normal way: no policy lists it", host=OTHER, fault=False)
