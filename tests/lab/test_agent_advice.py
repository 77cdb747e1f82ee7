"""The advice of each finding is applied, and the finding goes: pasted if it is a line, by hand if it is in words.

A test is called after the code of its finding; tests/test_advice.py holds that no code is left out.
"""

import contextlib
import json
import os
import signal
import types

import pytest

from bus import DOUBLE, Bus
from lab.agent import Agent, network_of, options, policy
from lab.console import Console
from lab.enter import RUN
from lab.host import wait_for
from lab.netifd import Interface, Netifd
from lab.routing import Firewall, Pbr, Router
from lab.steering import Steering
from lab.test_agent_why import THREE
from lab.test_agent_why_broken import FULL, INTO_VPN, LAN_ZONES, SET
from lab.wireguard import random_public_key
from lab.world import DNS_ADDRESSES, HOME_NAME, STAGING4, STAGING6, STAGING_NAME, World

SETS = policy("work", [STAGING_NAME], interface="wg0", family="ipv4")
WHOLE = ("policy", "tv", {"interface": ["wg0"], "client": ["10.1.0.2"]})
RELOAD = "uci commit nametrack; /etc/init.d/nametrack reload"


@pytest.fixture
def interpreter():
    """One is enough here: tests/core hold the findings to be the same under both."""
    return "micropython"


class House:
    def __init__(self, steering, console):
        self.steering, self.console = steering, console
        self.agent, self.world, self.beach = steering.agent, steering.world, steering.world.beach

    def findings(self):
        done = self.agent.call("status", "--json")
        return json.loads(done.stdout)["findings"] if done.returncode == 0 else []

    def find(self, code, words=""):
        """Wait for a finding; return its advice."""

        def found():
            return [each for each in self.findings() if each["code"] == code and words in each["text"]]

        return wait_for(found, 30, lambda: f"{code}: {self.findings()}\n{self.agent.tail()}")[0]["advice"]

    def goes(self, code, words=""):
        def gone():
            return not any(each["code"] == code and words in each["text"] for each in self.findings())

        wait_for(gone, 30, lambda: f"no more {code}: {self.findings()}\n{self.agent.tail()}")

    def mended(self, code, words=""):
        """Paste what the finding advises; it goes."""
        advice = self.find(code, words)
        self.console.paste(advice)
        self.goes(code, words)
        return advice

    def by_hand(self, code, lines, said, words=""):
        """Do what the finding advises in words, which `said` is of, by these lines; it goes."""
        advice = self.find(code, words)
        assert said in advice, advice
        self.console.paste(lines)
        self.goes(code, words)


@contextlib.contextmanager
def house(world, interpreter, *sections, network=None, firewall=None, globals=None, cron=None, **values):
    """A House whose agent runs; `values`: of lab.agent.Agent."""
    steering = Steering(world, interpreter, options(**(globals or {})), *sections, **values)
    steering.agent.write("network", network or network_of(world, allowed_ips=FULL))
    if firewall is not None:
        steering.agent.write("firewall", firewall)
    console = Console(steering)
    if cron is not None:
        (console.etc / "crontabs").mkdir()
        (console.etc / "crontabs/root").write_text(cron)
    with steering.agent:
        yield House(steering, console)


def cabin(prefix):
    values = {"description": "cabin", "public_key": random_public_key(), "allowed_ips": [prefix, "10.8.0.1"]}
    return ("wireguard_wg0", None, values)


def test_allowed_ips_overlap(world, interpreter):
    network = network_of(world, cabin("0.0.0.0/0"), allowed_ips=FULL)
    with house(world, interpreter, THREE, network=network) as home:
        home.mended("allowed_ips_overlap")


def test_endpoint_in_allowed_ips(world, interpreter):
    network = network_of(world, allowed_ips=FULL)
    network[0][2]["nohostroute"] = "1"
    routers = {4: "203.0.113.1", 6: "2001:db8:b::1"}
    wan = Interface("wan", "wan", routers=routers, addresses=["203.0.113.20/24"])
    with Bus(RUN, DOUBLE) as bus, Netifd(world.beach, bus.path, wan):
        with house(world, interpreter, network=network, bus=bus.path) as home:
            home.mended("endpoint_in_allowed_ips")


def test_peer_missing(world, interpreter):
    with house(world, interpreter) as home:
        world.wg0.remove_peer(world.home_key.public)
        home.mended("peer_missing")


def test_no_keepalive(world, interpreter):
    network = network_of(world, allowed_ips=FULL, persistent_keepalive="0")
    with house(world, interpreter, network=network) as home:
        home.mended("no_keepalive")


def test_no_probe_address(world, interpreter):
    with house(world, interpreter, globals={"probe": "1"}) as home:
        lines = f"uci set nametrack.global.probe='0'; {RELOAD}"
        home.by_hand("no_probe_address", lines, "or option probe to 0")


def test_name_unresolved(world, interpreter):
    with house(world, interpreter, ("policy", "work", {"interface": ["wg0"], "host": ["stagin.example.test"]})) as home:
        lines = f"uci set nametrack.work.host='{STAGING_NAME}'; {RELOAD}"
        home.by_hand("name_unresolved", lines, "check the spelling")


def test_name_unresolved__for_its_private_address(interpreter):
    name = "intern.example.test"
    private = ["--stop-dns-rebind", f"--rebind-domain-ok=/{HOME_NAME}/"]  # the lab's addresses count as private
    with World(dnsmasq_options=private) as world:
        world.zone.set(name, "A", ["10.20.0.5"], 2)
        none = {"fallback_nameserver": ["none"], "authoritative": "0"}
        section = ("policy", "work", {"interface": ["wg0"], "host": [name], "family": "ipv4"})
        with house(world, interpreter, section, globals=none) as home:
            home.agent.write("dhcp", [("dnsmasq", None, {"rebind_protection": "1"})])

            def restart():
                (section,) = home.console.sections("dhcp")
                allowed = section.options.get("rebind_domain", [])
                world.dnsmasq_options = private + [f"--rebind-domain-ok=/{each}/" for each in allowed]
                world.stop_dnsmasq()
                world.start_dnsmasq()

            home.console.serve("dnsmasq", restart)
            advice = home.find("name_unresolved")
            lines, refresh = advice.split("nametrack refresh")
            home.console.paste(lines)  # the service has started again when the shell's next command runs
            home.console.paste("nametrack refresh" + refresh)
            home.goes("name_unresolved")


def test_nameserver_silent(world, interpreter):
    none = {"fallback_nameserver": ["none"], "authoritative": "0"}
    with house(world, interpreter, THREE, globals=none) as home:
        hangs = world.dnsmasq.pid  # one that does not run would refuse each question

        def restart():
            os.kill(hangs, signal.SIGKILL)
            world.stop_dnsmasq()
            world.start_dnsmasq()

        home.console.serve("dnsmasq", restart)
        os.kill(hangs, signal.SIGSTOP)
        advice = home.find("nameserver_silent")
        start, _, ask = advice.partition("; ")
        assert ask.startswith("nslookup openwrt.org 127.0.0.1")
        home.console.paste(start)
        home.goes("nameserver_silent")


def test_no_target(world, interpreter):
    with house(world, interpreter, SETS) as home:
        home.mended("no_target", "staging4")
        home.mended("no_target", "staging6")


def test_set_flags(world, interpreter):
    world.beach.nft("add table inet vpn\nadd set inet vpn staging4 { type ipv6_addr; flags timeout; }")
    with house(world, interpreter, SETS) as home:
        lines = "nft 'delete set inet vpn staging4; add set inet vpn staging4 { type ipv4_addr; flags timeout; }'"
        home.by_hand("set_flags", lines, "give the policy a set of the right type")


def test_set_full(world, interpreter):
    world.beach.nft("add table inet vpn\nadd set inet vpn staging4 { type ipv4_addr; size 1; flags timeout; }")
    with house(world, interpreter, SETS) as home:
        lines = (
            "nft 'delete set inet vpn staging4; add set inet vpn staging4 { type ipv4_addr; size 9; flags timeout; }'"
        )
        home.by_hand("set_full", lines, "give the set a larger size")


def test_set_shared(world, interpreter):
    world.beach.nft(SET)
    with house(world, interpreter, SETS) as home:
        wait_for(lambda: STAGING4[0] in home.beach.run(["nft", "list", "ruleset"]).stdout, 20, "a set that is filled")
        shorter = "add rule inet vpn short udp dport 7777 update @staging4 { ip daddr timeout 2s }"
        home.beach.nft(f"add chain inet vpn short {{ type route hook output priority mangle; }}\n{shorter}")

        def shared():
            for address in STAGING4:
                home.steering.sees(home.beach, address, 0.1)
            return any(each["code"] == "set_shared" for each in home.findings())

        wait_for(shared, 60, lambda: f"set_shared: {home.findings()}\n{home.agent.tail()}", every=0.5)
        own = "nft 'add set inet vpn own4 { type ipv4_addr; flags timeout; }'; "
        own += f"uci set nametrack.work.set4='inet vpn own4'; {RELOAD}"
        home.by_hand("set_shared", own, "give nametrack a set of its own")


def test_endpoint_in_policy(world, interpreter):
    world.beach.nft(SET)
    both = policy("work", [STAGING_NAME, HOME_NAME], interface="wg0", family="ipv4")
    with house(world, interpreter, both) as home:
        home.mended("endpoint_in_policy")


def test_unused_set(world, interpreter):
    world.beach.nft(SET)
    with house(world, interpreter, SETS) as home:
        home.mended("unused_set")


@contextlib.contextmanager
def with_pbr(world, interpreter, ipv6):
    sections = [options(), policy("work", [STAGING_NAME], target="pbr", interface="wg0")]
    bare = types.SimpleNamespace(world=world, agent=Agent(world, *sections, interpreter=interpreter))
    bare.agent.write("network", network_of(world, allowed_ips=FULL))
    firewall = Firewall(Router(world, bare.agent))
    firewall.start()
    pbr = Pbr(firewall, "1.2.4", ipv6=ipv6)

    def restart():
        pbr.ipv6 = console.sections("pbr")[0].options["ipv6_enabled"] == "1"
        pbr.restart()

    console = Console(bare, pbr=restart)
    with bare.agent:
        pbr.start()
        yield House(bare, console), pbr


def test_ipv6_uncovered(world, interpreter):
    with with_pbr(world, interpreter, ipv6=False) as (home, _):
        home.mended("ipv6_uncovered")


def test_unused_set__of_pbr(world, interpreter):
    with with_pbr(world, interpreter, ipv6=True) as (home, pbr):
        home.agent.wait_until_current()
        pbr.stop()
        home.mended("unused_set")


def test_ipv6_uncovered__by_own_routes(world, interpreter):
    with house(world, interpreter, THREE, network=network_of(world, allowed_ips=["0.0.0.0/0"])) as home:
        home.mended("ipv6_uncovered")


def test_ipv6_uncovered__of_a_client_by_its_ipv4_address(world, interpreter):
    with house(world, interpreter, WHOLE) as home:
        lines = f"uci add_list nametrack.tv.client='fd00:1::2'; {RELOAD}"
        home.by_hand("ipv6_uncovered", lines, "or their IPv6 addresses as well")
        home.steering.reach("home", *STAGING4, *STAGING6, hosts=[home.steering.lan])


def test_wildcard_unobserved(world, interpreter):
    wild = ("policy", "work", {"interface": ["wg0"], "host": ["*.example.test"]})
    with house(world, interpreter, wild, globals={"observe": ["br-lan"], "observe_from": "any"}) as home:
        assert "names are seen when clients ask" in home.find("wildcard_unobserved")
        words = ["dig", "+short", "+tries=1", "+time=1", STAGING_NAME, f"@{DNS_ADDRESSES[0][0]}"]

        def asked():
            home.steering.lan.run(words, check=False)
            return not any(each["code"] == "wildcard_unobserved" for each in home.findings())

        wait_for(asked, 20, lambda: f"{home.findings()}\n{home.agent.tail()}", every=0.3)


@pytest.mark.parametrize("task", ["/usr/bin/wireguard_watchdog", "wg set wg0 peer X endpoint home.dyn.test:51820"])
def test_watchdog_also_active(world, interpreter, task):
    with house(world, interpreter, cron=f"5 4 * * * /bin/other\n* * * * * {task}\n") as home:
        home.mended("watchdog_also_active")
        assert (home.console.etc / "crontabs/root").read_text() == "5 4 * * * /bin/other\n"


def test_configuration(world, interpreter):
    with house(world, interpreter, ("policy", "work", {**THREE[2], "retain": "soon"})) as home:
        lines = f"uci set nametrack.work.retain='86400'; {RELOAD}"
        home.by_hand("configuration", lines, f"correct {home.agent.config}/nametrack, then")


def test_not_loaded(world, interpreter):
    with house(world, interpreter, THREE) as home:
        # it has read its own configuration once it answers
        wait_for(lambda: home.agent.call("status").returncode == 0, 20, home.agent.tail)
        home.agent.configure(options(retain=7200), THREE)

        def found():
            return "[not_loaded]" in home.agent.check().stdout

        wait_for(found, 20, lambda: f"not_loaded: {home.agent.check()}")
        home.console.paste("/etc/init.d/nametrack reload")
        wait_for(lambda: not found(), 20, lambda: f"no more not_loaded: {home.agent.check()}")


def test_disabled(world, interpreter):
    with house(world, interpreter, THREE, globals={"enabled": "0"}) as home:
        wait_for(home.agent.running, 20, home.agent.tail)
        done = home.agent.check()
        assert done.returncode == 1 and "[disabled]" in done.stdout, done
        home.console.paste(done.stdout.splitlines()[1].strip().replace(f"uci -c {home.agent.config}", "uci"))
        wait_for(lambda: "[disabled]" not in home.agent.check().stdout, 20, lambda: f"enabled: {home.agent.check()}")
        home.steering.reach("home", STAGING4[0])


VPN_ZONES = ("zone", "vpn", {"name": "vpn", "network": ["wg0"], "masq": "1", "masq6": "1"})
WALLS = [
    LAN_ZONES,
    [*LAN_ZONES, VPN_ZONES],
    [*LAN_ZONES, ("zone", "vpn", {"name": "vpn", "network": ["wg0"]}), INTO_VPN],
]


@pytest.mark.parametrize("wall", WALLS)
def test_not_forwarded(world, interpreter, wall):
    inside = ("zone", None, {"name": "lan", "network": ["lan"], "device": ["br-lan"]})
    with house(world, interpreter, THREE, firewall=[inside, *wall[1:]]) as home:
        home.mended("not_forwarded")


def test_table_conflict__of_a_rule_that_takes_everything(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.steering.reach("home", STAGING4[0])
        home.beach.ip("rule add pref 50 lookup 77", "route add default via 203.0.113.1 table 77")
        home.mended("table_conflict", "decides about every packet")
        home.steering.reach("home", STAGING4[0], hosts=[home.beach])  # before main, it leads what is for the LAN away


def test_table_conflict__of_a_table_that_is_in_use(world, interpreter):
    with house(world, interpreter, THREE) as home:
        home.beach.ip("rule add pref 2000 iif br-lan lookup 900")
        home.mended("table_conflict", "looks up table 900")
        home.steering.reach("home", STAGING4[0])


def test_table_conflict__of_a_mark(world, interpreter):
    with house(world, interpreter, WHOLE) as home:
        home.beach.ip("rule add pref 1500 fwmark 0x1000000/0xf000000 lookup 77")
        home.mended("table_conflict", "looks at the packet mark")


def test_rp_filter(world, interpreter):
    world.beach.sysctl("net/ipv4/conf/wan/rp_filter=1")
    with house(world, interpreter, WHOLE) as home:
        home.mended("rp_filter")


def test_too_many_rules(world, interpreter):
    clients = [f"10.1.{i // 256}.{i % 256}" for i in range(2, 602)]
    first = ("policy", "first", {"interface": ["wg0"], "host": ["198.51.100.77"], "client": clients})
    second = ("policy", "second", {"interface": ["wg0"], "host": [STAGING_NAME], "client": clients[1:]})
    with house(world, interpreter, first, second) as home:
        fewer = f"uci delete nametrack.second.client; uci add_list nametrack.second.client='10.1.0.0/16'; {RELOAD}"
        home.by_hand("too_many_rules", fewer, "prefixes and ranges instead of single ones")
        home.steering.reach("home", STAGING4[0], hosts=[home.steering.lan])


@pytest.mark.parametrize("metric", [9999, 9])  # the one that blocks is refused, or a smaller one leads past it
def test_not_blocked(world, interpreter, metric):
    others = f"{STAGING4[0]} via 203.0.113.1 dev wan metric {metric}"
    world.beach.ip(f"route add {others}")
    block = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    with house(world, interpreter, block) as home:
        home.steering.reach("home", STAGING4[0])
        home.beach.ip("link set wg0 down")
        mended = f"ip route del {others}; /etc/init.d/nametrack reload"
        home.by_hand("not_blocked", mended, "remove the one that is in the way", "no way out works")
        assert home.steering.sees(home.beach, STAGING4[0], 0.5) not in ("wan", "home")


def test_client_unknown(world, interpreter):
    hardware = "02:00:00:00:77:01"
    with house(world, interpreter, ("policy", "tv", {"interface": ["wg0"], "client": [hardware]})) as home:
        assert f"ip neigh | grep -i '{hardware}'" in home.find("client_unknown")
        home.beach.ip(f"neigh replace 10.1.0.77 lladdr {hardware} dev br-lan")  # the device is switched on
        home.goes("client_unknown")
