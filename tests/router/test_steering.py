"""Real packets of a client through a router that boots: three lines of configuration, fail-over, a power cut.

The router is one in a folder, because a provider, two VPN servers and a client stand around it: provider.py.
"""

import contextlib
import datetime
import os
import random
import re
import shutil
import statistics
import subprocess
import time

import pytest

from conftest import Packages
from provider import FAR, MOVED, Provider
from reach import reach

ROUTER = os.environ.get("ROUTER", "")
if not ROUTER.startswith("dir:") or not all(map(shutil.which, ("wg", "wireguard-go", "nft", "dnsmasq"))):
    pytest.skip("only with ROUTER=dir:FOLDER, wg, wireguard-go, nft and dnsmasq", allow_module_level=True)

NETWORK = """
set network.wan=interface
set network.wan.device=wan0
set network.wan.proto=static
set network.wan.ipaddr=203.0.113.2
set network.wan.netmask=255.255.255.0
set network.wan.gateway=203.0.113.1
set network.wan.ip6addr=2001:db8:1::2/64
set network.wan.ip6gw=2001:db8:1::1
add_list network.wan.dns=203.0.113.1
add_list network.lan.ip6addr=2001:db8:2::1/64
set dhcp.@dnsmasq[0].rebind_protection=0
add_list firewall.@zone[1].network=nttest
add_list firewall.@zone[1].network=ntother
set firewall.@zone[1].masq6=1
"""
TUNNEL = """
set network.{name}=interface
set network.{name}.proto=wireguard
set network.{name}.private_key={private}
add_list network.{name}.addresses={net4}.2/24
add_list network.{name}.addresses={net6}::2/64
set network.{name}peer=wireguard_{name}
set network.{name}peer.public_key={public}
set network.{name}peer.endpoint_host={host}
set network.{name}peer.endpoint_port={port}
set network.{name}peer.persistent_keepalive=5
add_list network.{name}peer.allowed_ips=0.0.0.0/0
add_list network.{name}peer.allowed_ips=::/0
"""
LOAD = "uci commit; /etc/init.d/network reload; /etc/init.d/firewall restart; /etc/init.d/dnsmasq restart"
THREE = """
config policy 'work'
	list interface 'nttest'
	list host 'far.example.net'
"""
BLOCK = THREE.replace("\tlist host", "\toption fallback 'block'\n\tlist host")
RELOAD = "/etc/init.d/nametrack reload"
RUNNING = "pgrep -f [/]usr/lib/nametrack/start.py"  # not the shell that asks


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def booted(provider, tmp_path_factory):
    """The router with the provider and the package; nothing else of its configuration is other than after a flash."""
    router = reach(ROUTER)
    try:
        router.wait("[ -f /var/run/config.md5 ]")  # it has booted
        provider.cables(router.init)
        sections = [NETWORK]
        for name, far, numbers in (
            ("nttest", "home", ("10.9.0", "fd00:9", 51820)),
            ("ntother", "cabin", ("10.8.0", "fd00:8", 51821)),
        ):
            net4, net6, port = numbers
            values = {"name": name, "private": provider.keys[name][0].strip(), "public": provider.keys[far][1]}
            sections.append(TUNNEL.format(net4=net4, net6=net6, port=port, host=f"{far}.example.net", **values))
        router.ok("uci batch >/dev/null", "".join(sections).encode())
        router.ok(LOAD)
        router.wait("ip route show default | grep -q 203.0.113.1")
        router.packages = packages = Packages(tmp_path_factory.mktemp("packages"), router)
        router.before = steering(router)
        packages.install(packages.name, packages.version)
        router.wait(RUNNING)
        provider.send()
        yield router
    finally:
        router.close()


def policy(router, text):
    """Writes the policy behind what the package's configuration has."""
    router.ok("sed -i '/^config policy/,$d' /etc/config/nametrack; cat >>/etc/config/nametrack", text.encode())
    router.ok(RELOAD)


def rises(provider, device, name, seconds=30):
    """Waits until packets of both families come to a name by a device."""
    before, end = provider.seen(device, name), time.monotonic() + seconds
    while not all(now > was for now, was in zip(provider.seen(device, name), before, strict=True)):
        assert time.monotonic() < end, f"{name} by {device}: {before}, {provider.seen(device, name)}"
        time.sleep(0.2)


def steering(router):
    """All that the kernel steers by, but for the hosts' routes that netifd has for endpoints, which come and go."""
    said = [
        router.ok(f"ip {family} {what}").replace("expires", "").splitlines()
        for family in ("-4", "-6")
        for what in ("rule", "route show table all type unicast proto static", "nexthop")
    ]
    return said + [sorted(router.ok("nft list tables").splitlines())]


def test_three_lines_lead_the_client_through_the_tunnel_and_check_finds_nothing(booted, provider):
    rises(provider, "isp0", "far")
    policy(booted, THREE)
    rises(provider, "home", "far")
    rises(provider, "isp0", "other")
    before = provider.seen("isp0", "far")
    rises(provider, "home", "far")
    assert provider.seen("isp0", "far") == before
    assert booted.ok("nametrack check") == "nothing found\n"


def test_a_second_vpn_is_taken_while_the_first_is_down_and_the_first_again_afterwards(booted, provider):
    two = THREE.replace("\tlist host", "\tlist interface 'ntother'\n\toption failback_delay '3'\n\tlist host")
    policy(booted, two)
    rises(provider, "home", "far")
    booted.ok("ifdown nttest")
    rises(provider, "cabin", "far")
    booted.ok("ifup nttest")
    rises(provider, "home", "far")
    assert "nttest as configured" in booted.ok("nametrack why far.example.net")


# What starts just before the agent, and so holds it.
GATE = b"""#!/bin/sh /etc/rc.common
START=94
boot() {
	for _ in $(seq 60); do
		[ ! -e /tmp/go ] || break
		sleep 1
	done
}
"""


@contextlib.contextmanager
def booting(router, provider):
    """The router boots after its power was cut. Meanwhile the WAN is up; the agent does not run before the end."""
    router.put("/etc/init.d/ntgate", GATE)
    router.ok("chmod +x /etc/init.d/ntgate; /etc/init.d/ntgate enable")
    router.reboot(provider.cables)
    try:
        rises(provider, "isp0", "other", 60)
        yield
        assert not router.succeeds(RUNNING)
    finally:
        router.run("/etc/init.d/ntgate disable; rm /etc/init.d/ntgate; touch /tmp/go")
    router.wait(RUNNING)


def test_nothing_that_is_blocked_leaves_from_a_power_cut_until_the_tunnel_is_up_again(booted, provider):
    policy(booted, BLOCK)
    rises(provider, "home", "far")
    booted.ok("/etc/init.d/nametrack stop")  # as a shutdown does: what DNS said is in the flash
    booted.wait(f"! {RUNNING}")
    assert "198.51.100.7" in booted.ok("cat /etc/nametrack/last-good.json")
    far = provider.seen("isp0", "far")
    with booting(booted, provider):
        assert provider.seen("isp0", "far") == far
    rises(provider, "home", "far", 60)
    assert provider.seen("isp0", "far") == far


# How the router is shaken while the client sends, and what ends it where it does not end by itself.
ACTS = {
    "network restart": ("/etc/init.d/network restart", ""),
    "fw4 restart": ("fw4 restart", ""),
    "flushed ruleset": ("nft flush ruleset", "fw4 restart"),
    "flushed ruleset, dead": (f"kill -9 $({RUNNING}); nft flush ruleset", "fw4 restart"),
    "killed": (f"kill -9 $({RUNNING})", ""),
    "tunnel down": ("ifdown nttest; sleep 3", "ifup nttest"),
    "tunnel down, dead": (f"kill -9 $({RUNNING}); ifdown nttest; sleep 3", "ifup nttest"),
    "network restart, dead": (f"kill -9 $({RUNNING}); /etc/init.d/network restart", ""),
}


@pytest.fixture
def blocked(booted, provider):
    """A policy that blocks, in force."""
    policy(booted, BLOCK)
    rises(provider, "home", "far", 60)
    yield booted


def nothing_leaves(router, provider, act):
    """One of ACTS happens, and no packet of the policy takes the WAN, while others do and its own way is back."""
    far = provider.seen("isp0", "far")
    shake, mend = ACTS[act]
    router.run(shake)
    router.ok(mend or "true")
    rises(provider, "home", "far", 60)
    rises(provider, "isp0", "other", 60)
    assert provider.seen("isp0", "far") == far


@pytest.mark.parametrize("act", ACTS)
def test_nothing_that_is_blocked_leaves_whatever_is_restarted(blocked, provider, act):
    nothing_leaves(blocked, provider, act)


# The same for some of what clients send: no rule of it is in the main table.
SELECTED = """\tlist client '192.168.1.0/24'
\tlist client '2001:db8:2::/64'
\tlist proto 'udp'
\tlist port '9'
"""
DEAD = f"kill -9 $({RUNNING}); /etc/init.d/nametrack stop"  # procd would start it again
LIVELY = ("network restart", "fw4 restart", "flushed ruleset", "tunnel down")
# What docs/own-routes.md says of an agent that is dead: the act, and whether packets leave.
LEAKS = {
    "killed": ("sleep 3", "", False),
    "fw4 restart": ("fw4 restart", "", False),
    "flushed ruleset": ("nft flush ruleset; sleep 3", "fw4 restart", False),
    "tunnel down": ("ifdown nttest; sleep 3", "ifup nttest", False),
    "network restart": ("/etc/init.d/network restart; sleep 5", "", True),
}


@pytest.fixture
def selected(booted, provider):
    """A policy that blocks for clients, a protocol and a port, in force."""
    policy(booted, BLOCK + SELECTED)
    booted.wait("ip rule | grep -q 'ipproto udp dport 9'")
    rises(provider, "home", "far", 60)
    yield booted
    booted.ok("/etc/init.d/nametrack start")
    booted.wait(RUNNING)


@pytest.mark.parametrize("act", LIVELY)
def test_nothing_that_is_blocked_for_some_leaves_while_the_agent_lives(selected, provider, act):
    nothing_leaves(selected, provider, act)


@pytest.mark.parametrize("act", LEAKS)
def test_what_is_blocked_for_some_leaves_without_the_agent_only_as_documented(selected, provider, act):
    selected.run(DEAD)
    far = provider.seen("isp0", "far")
    shake, mend, leaks = LEAKS[act]
    selected.run(shake)
    selected.ok(mend or "true")
    rises(provider, "isp0", "other", 60)
    left = [now - was for now, was in zip(provider.seen("isp0", "far"), far, strict=True)]
    print(f"{act}, dead: {left} packets of the policy on the WAN")
    assert all(left) if leaks else left == [0, 0]


def test_what_is_blocked_for_some_leaves_from_a_boot_until_the_agent_runs_only(selected, provider):
    selected.ok("/etc/init.d/nametrack stop")
    with booting(selected, provider):
        rises(provider, "isp0", "far")
    rises(provider, "home", "far", 60)
    once = provider.seen("isp0", "far")
    rises(provider, "home", "far", 60)
    rises(provider, "isp0", "other")
    assert provider.seen("isp0", "far") == once


def test_a_power_cut_just_after_dns_changed_leaves_open_only_what_is_new(blocked, provider):
    blocked.ok("/etc/init.d/nametrack restart")  # what DNS said until now is in the flash
    blocked.wait(RUNNING)
    rises(provider, "home", "far", 60)
    provider.answer(MOVED)
    rises(provider, "home", "moved", 60)
    saved = blocked.ok("cat /etc/nametrack/last-good.json")
    assert FAR[0] in saved and MOVED[0] not in saved
    far, other, moved = (provider.seen("isp0", name) for name in ("far", "other", "moved"))
    rises(provider, "home", "moved")
    assert provider.seen("isp0", "moved") == moved
    provider.silence()
    blocked.reboot(provider.cables)
    blocked.wait(RUNNING)
    rises(provider, "isp0", "other", 60)
    rises(provider, "isp0", "moved")
    assert provider.seen("isp0", "far") == far and provider.seen("isp0", "other") != other
    provider.answer(MOVED)
    rises(provider, "home", "moved", 90)
    moved = provider.seen("isp0", "moved")
    rises(provider, "home", "moved")
    assert provider.seen("isp0", "moved") == moved and provider.seen("isp0", "far") == far
    provider.answer(FAR)
    rises(provider, "home", "far", 60)


# What others may do to a router at any moment. `%d`: a number that is new each time.
RULES = "while ip -4 rule del protocol 190; do :; done; while ip -6 rule del protocol 190; do :; done"
# `ip route flush` does not delete routes with a nexthop: the kernel refuses to hear of its id and its device at once.
WAYS = "for v in -4 -6; do ip $v route show table 900 | while read to _; do ip $v route del $to table 900; done; done"
BLOCKS = f"ip -4 route del unreachable {FAR[0]} metric 9999; ip -6 route del {FAR[1]} metric 9999"
STANDS = f"ip -4 route show {FAR[0]} metric 9999 | grep . && ip -6 route show {FAR[1]} metric 9999 | grep ."
HAPPENS = {
    "network restart": "/etc/init.d/network restart",
    "network reload": "/etc/init.d/network reload",
    "fw4 restart": "fw4 restart",
    "fw4 reload": "fw4 reload",
    "flushed ruleset": "nft flush ruleset",
    "tunnel down": "ifdown nttest",
    "tunnel up": "ifup nttest",
    "WAN down": "ifdown wan; ifup wan",
    "WAN up": "ifup wan",
    "WAN device down": "ip link set wan0 down; ip link set wan0 up",
    "WAN address": "uci set network.wan.ipaddr=203.0.113.%d; uci commit; /etc/init.d/network reload",
    "WAN address of IPv6": "uci set network.wan.ip6addr=2001:db8:1::%d/64; uci commit; /etc/init.d/network reload",
    "another's address": "ip addr flush dev wan0; ifup wan",
    "rules deleted": RULES,
    "all rules deleted": "for v in -4 -6; do ip $v rule flush; ip $v rule add pref 32766 lookup main; done",
    "tables emptied": WAYS,
    "nexthops deleted": "ip nexthop flush dev nttest",
    "tunnel's device deleted": "ip link del nttest",
    "lo down": "ip link set lo down; ip link set lo up",
}
TAKEN = "all of ours deleted"
LIFE = {
    TAKEN: "/etc/init.d/nametrack start; until ubus call nametrack status >/dev/null; do :; done; "
    f"{RULES}; {WAYS}; {BLOCKS}",
    "killed": f"kill -9 $({RUNNING})",
    "service restart": "/etc/init.d/nametrack restart",
    "service reload": RELOAD,
    "service stop": "/etc/init.d/nametrack stop",
    "service start": "/etc/init.d/nametrack start",
}
COUNT = int(os.environ.get("ACTS") or "10")  # of them in a row
SEED = int(os.environ.get("SEED") or "7")


@pytest.mark.parametrize("alive", (True, False), ids=("alive", "dead"))
def test_nothing_that_is_blocked_leaves_through_random_acts(blocked, provider, alive):
    chance, done, may = random.Random(SEED), [], {**HAPPENS, **(LIFE if alive else {})}
    open_for, left = [], [0, 0]
    if not alive:
        blocked.run(DEAD)
    far, other = provider.seen("isp0", "far"), provider.seen("isp0", "other")
    for number in range(COUNT):
        done.append(chance.choice(sorted(may)))
        blocked.run(may[done[-1]].replace("%d", str(20 + number)))
        if done[-1] == TAKEN:
            began = time.monotonic()
            blocked.wait(STANDS, 5)
            open_for.append(time.monotonic() - began)
            before, far = far, provider.seen("isp0", "far")
            left = [n + now - was for n, now, was in zip(left, far, before, strict=True)]
        time.sleep(chance.choice([0, 0, 0.3, 1, 3]))
        assert provider.seen("isp0", "far") == far, done
    blocked.run("/etc/init.d/nametrack start; fw4 restart")
    # netifd, too: some rows of acts have it leave the WAN's device down (DEVICE_CLAIM_FAILED), and `ifup` does not help
    blocked.run("/etc/init.d/network restart")
    rises(provider, "home", "far", 90)
    rises(provider, "isp0", "other", 60)
    assert provider.seen("isp0", "far") == far, done
    sent = [now - was for now, was in zip(provider.seen("isp0", "other"), other, strict=True)]
    print(f"{COUNT} acts, {'alive' if alive else 'dead'}: {sent} packets of others on the WAN")
    if open_for:
        seconds = " ".join(f"{each:.0f}" for each in open_for)
        print(f"all of ours deleted, back after {seconds} s: {left} packets of the policy on the WAN meanwhile")
        assert max(left) <= 10 * len(open_for)  # some 30 are sent in a second


# What another program deletes, as `ip monitor` has it and its return.
PIECES = {
    "rule": ("ip -4 rule del lookup 900", "lookup 900", "lookup 900"),
    "rule of IPv6": ("ip -6 rule del lookup 900", "lookup 900", "lookup 900"),
    "nexthop of the way": ("ip nexthop del id 902", "id 902 ", f"^{FAR[0]} nhid 902 "),
    "nexthop of the block": ("ip nexthop del id 901", "id 901 ", f"blackhole {FAR[1]} nhid 901 "),
    "route of the block": (BLOCKS, f"unreachable {FAR[0]} ", f"unreachable {FAR[0]} "),
    "route of IPv6 of the block": (BLOCKS, f"blackhole {FAR[1]} nhid 901 ", f"blackhole {FAR[1]} nhid 901 "),
}


@pytest.mark.parametrize("piece", PIECES)
def test_what_others_delete_of_a_block_is_back(blocked, provider, tmp_path, piece):
    delete, gone, back = PIECES[piece]
    far, waits = provider.seen("isp0", "far"), []
    for number in range(10):
        heard = tmp_path / str(number)
        monitor = ["nsenter", "--target", blocked.init, "--net", "ip", "-ts", "monitor", "route", "rule", "nexthop"]
        with heard.open("wb") as file, subprocess.Popen(monitor, stdout=file) as process:
            marker, end = f"ip route add 192.0.2.{number}/32 dev lo", time.monotonic() + 30
            try:
                while not heard.stat().st_size:  # until it listens
                    blocked.run(f"{marker}; {marker.replace('add', 'del')}")
                blocked.ok(delete)
                while between(heard.read_text(), gone, back) is None:
                    assert time.monotonic() < end, heard.read_text()
                    time.sleep(0.05)
            finally:
                process.kill()
        waits.append(between(heard.read_text(), gone, back))
    print(f"{piece}: back after {statistics.median(waits) * 1000:.1f} ms, at most {max(waits) * 1000:.1f}")
    assert max(waits) < 1
    rises(provider, "home", "far", 60)
    assert provider.seen("isp0", "far") == far


def between(heard, gone, back):
    """Seconds from the first line that says that something was deleted to the next that says that it is there."""
    began = None
    for at, deleted, what in re.findall(r"^\[(.*)\] (Deleted )?(.*)$", heard, re.MULTILINE):
        seconds = datetime.datetime.fromisoformat(at).timestamp()
        if began is None and deleted and re.search(gone, what):
            began = seconds
        elif began is not None and not deleted and re.search(back, what):
            return seconds - began
    return None


def test_nothing_that_is_blocked_leaves_while_the_package_is_upgraded(blocked, provider):
    far = provider.seen("isp0", "far")
    blocked.packages.install(blocked.packages.name, blocked.packages.later)
    blocked.wait('ubus call nametrack status | grep -F \'"version": "%s"\'' % blocked.packages.later)
    rises(provider, "home", "far", 60)
    assert provider.seen("isp0", "far") == far


def test_nothing_of_ours_is_left_after_a_flush_or_the_removal(blocked):
    blocked.ok("/etc/init.d/nametrack stop")
    blocked.wait(f"! {RUNNING}")
    assert steering(blocked) != blocked.before, "the block holds without the agent"
    blocked.ok("nametrack flush")
    assert steering(blocked) == blocked.before
    blocked.ok("/etc/init.d/nametrack start")
    blocked.wait('ubus call nametrack status | grep -q \'"way": "nttest"\'')
    blocked.packages.remove_as_documented()
    assert steering(blocked) == blocked.before
