"""Three lines of configuration, and packets of a client and of the router itself leave by the tunnel: real ones."""

import json
import sys
import time

import pytest

from lab.agent import options
from lab.host import wait_for
from lab.pace import Stopwatch
from lab.steering import DEAF, Steering
from lab.world import STAGING4, STAGING6, STAGING_NAME

STALL_TIMEOUT = 15  # seconds, the default
SLACK = 8  # seconds, for a busy machine: half of a second stall_timeout
THREE = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME]})
LEAK = """
table inet leak {
	counter wan { }
	chain post {
		type filter hook postrouting priority 0;
		oifname "wan" ip daddr { %s } counter name wan
		oifname "wan" ip6 daddr { %s } counter name wan
	}
}
"""


@pytest.fixture
def steering(world, interpreter):
    return Steering(world, interpreter, options(), THREE)


@pytest.mark.parametrize("strict", [0, 1, 2])
def test_three_lines_lead_lan_and_router_through_the_tunnel(steering, strict):
    steering.beach.sysctl(*(f"net/ipv4/conf/{name}/rp_filter={strict}" for name in ("all", "wan", "wg0", "br-lan")))
    other = "192.0.2.140", "2001:db8:c::140"
    steering.world.staging.ip(f"addr add {other[0]}/25 dev wan", f"addr add {other[1]}/64 dev wan nodad")
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        steering.reach("wan", *other)


def test_nothing_is_left_when_the_policy_goes_and_others_keep_what_is_theirs(steering):
    steering.beach.ip("rule add pref 1500 from 10.1.0.77 lookup 77", "route add 192.0.2.200 via 203.0.113.1 table 77")
    before = [
        steering.beach.run(["ip", *words.split()]).stdout for words in ("rule", "-6 rule", "route show table all")
    ]
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        agent.configure(options())
        agent.stop()
        agent.start()
        wait_for(lambda: not steering.ours(), 10, lambda: f"nothing of ours: {steering.ours()}")
        steering.reach("wan", *STAGING4, *STAGING6)
    after = [steering.beach.run(["ip", *words.split()]).stdout for words in ("rule", "-6 rule", "route show table all")]
    assert after == before


def test_rules_that_netifd_deletes_at_its_start_are_back_and_no_packet_leaks(steering):
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        for version in ("-4", "-6"):
            steering.beach.run(
                ["sh", "-c", f"for i in 1 2 3 4 5 6 7; do ip {version} rule del protocol 190; done"], check=False
            )
        steering.reach("home", *STAGING4, *STAGING6, seconds=2)


def test_a_device_that_goes_down_and_comes_back_has_its_routes_again(steering):
    with steering.agent:
        steering.reach("home", *STAGING4)
        steering.beach.ip("link set wg0 down")
        steering.reach("wan", *STAGING4, *STAGING6)
        steering.beach.ip("link set wg0 up", "addr add fd00:9::2/64 dev wg0 nodad")
        steering.reach("home", *STAGING4, *STAGING6)


def test_a_firewall_that_starts_anew_changes_nothing(steering):
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        steering.beach.nft("delete table inet lab_fw")
        before = steering.ours()
        steering.reach("home", *STAGING4, *STAGING6, seconds=2)
        assert steering.ours() == before


def test_an_agent_that_ends_and_comes_back_leaves_the_way_as_it_is(steering):
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        before = steering.ours()
        agent.stop()
        assert steering.ours() == before
        again = time.monotonic()
        agent.start()
        agent.wait_for_line("routes of our own", since=again)
        agent.wait_until_current()
        assert steering.ours() == before


def test_the_tunnels_server_may_be_a_host_of_the_policy(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME, world.home_address, world.home_address6]})
    steering = Steering(world, interpreter, options(), policy)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        handshake = world.home_peer().last_handshake
        world.wg0.set_peer(world.home_key.public, endpoint=f"{world.home_address}:51820")
        steering.reach("home", *STAGING4)
        assert world.home_peer().last_handshake >= handshake

        def own():
            return any(rule.get("sport") for rule in json.loads(steering.beach.run(["ip", "-j", "rule"]).stdout))

        wait_for(own, 10, lambda: f"a rule for its own packets\n{steering.state()}")


def test_a_second_way_is_used_while_the_first_is_down_and_running_flows_move_over(world, interpreter):
    two = ("policy", "work", {"interface": ["wg0", "wg1"], "host": [STAGING_NAME], "failback_delay": 2})
    steering = Steering(world, interpreter, options(), two, second=True)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        steering.beach.ip("link set wg0 down")
        steering.reach("cabin", *STAGING4, *STAGING6, seconds=5)
        steering.beach.ip("link set wg0 up", "addr add fd00:9::2/64 dev wg0 nodad")
        steering.reach("home", *STAGING4, *STAGING6)


def test_a_tunnel_that_is_dead_is_left_within_stall_timeout_and_two_seconds(world, interpreter):
    two = ("policy", "work", {"interface": ["wg0", "wg1"], "host": [STAGING_NAME]})
    steering = Steering(world, interpreter, options(), two, second=True)
    with steering.agent:
        steering.reach("home", *STAGING4)
        world.home.nft(DEAF)
        left = lambda: steering.sees(steering.lan, STAGING4[0], 0.1) == "cabin"  # noqa: E731
        wait_for(left, STALL_TIMEOUT + 2 + SLACK, steering.state)
        steering.reach("cabin", *STAGING4, *STAGING6)


def test_a_server_that_replies_within_the_tunnel_and_forwards_nothing_is_kept_without_check_address(world, interpreter):
    """WireGuard answers what it cannot pass on with a keepalive after 10 s: that proves that the tunnel lives."""
    two = ("policy", "work", {"interface": ["wg0", "wg1"], "host": [STAGING_NAME]})
    steering = Steering(world, interpreter, options(), two, second=True)
    with steering.agent:
        steering.reach("home", *STAGING4)
        world.home.sysctl("net/ipv4/ip_forward=0")
        until = time.monotonic() + STALL_TIMEOUT + 8
        while time.monotonic() < until:
            assert steering.sees(steering.lan, STAGING4[0], 0.5) not in ("cabin", "wan")


def test_fallback_block_lets_nothing_out_by_the_wan(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    steering = Steering(world, interpreter, options(), policy)
    steering.beach.nft(LEAK % (", ".join(STAGING4), ", ".join(STAGING6)))

    def leaked():
        return int(steering.beach.run(["nft", "list", "counters"]).stdout.split("packets ")[1].split()[0])

    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        before = leaked()
        steering.beach.ip("link set wg0 down")
        for _ in range(3):
            for host in (steering.lan, steering.beach):
                for address in (STAGING4[0], STAGING6[0]):
                    assert steering.sees(host, address, 0.3) not in ("wan", "home")
        for version in ("-4", "-6"):
            steering.beach.run(
                ["sh", "-c", f"for i in 1 2 3 4; do ip {version} rule del protocol 190; done"], check=False
            )
        agent.kill()
        steering.beach.run(["nft", "delete", "table", "inet", "lab_fw"])
        for host in (steering.lan, steering.beach):
            for address in (STAGING4[0], STAGING6[0]):
                assert steering.sees(host, address, 0.3) not in ("wan", "home")
        assert leaked() == before
        assert agent.call("flush").returncode == 0
        assert not steering.ours()
        steering.reach("wan", *STAGING4, *STAGING6)


@pytest.mark.parametrize("off,state", [("lo", "failing"), ("all", "blocked")])
def test_ipv6_that_the_kernel_does_not_block_is_not_said_to_be(world, interpreter, off, state):
    """With IPv6 off on lo it refuses the nexthop that drops; where it is off on all devices, nothing leaves."""
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    steering = Steering(world, interpreter, options(), policy)
    steering.beach.sysctl(f"net/ipv6/conf/{off}/disable_ipv6=1")
    with steering.agent as agent:
        steering.reach("home", *STAGING4)
        steering.beach.ip("link set wg0 down")

        def told():
            (shown,) = json.loads(agent.call("status", "--json").stdout)["policies"]
            return shown["state"] == state

        wait_for(told, 10, lambda: f"{state}: {agent.call('status').stdout}\n{steering.state()}")
        assert steering.sees(steering.beach, STAGING4[0], 0.3) not in ("wan", "home")
        assert (steering.sees(steering.beach, STAGING6[0], 0.3) == "wan") == (off == "lo")


def test_fallback_block_holds_from_the_start_of_the_router_until_the_agent_runs(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "fallback": "block"})
    steering = Steering(world, interpreter, options(), policy)
    beach = steering.beach
    beach.nft(LEAK % (", ".join(STAGING4), ", ".join(STAGING6)))

    def leaked():
        return int(beach.run(["nft", "list", "counters"]).stdout.split("packets ")[1].split()[0])

    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        agent.stop()  # what it knows is saved; the power goes
        (agent.run / "last-good.json").unlink()
        assert agent.call("flush").returncode == 0 and not steering.ours()
        assert agent.call("block").returncode == 0
        beach.ip("link set lo down", "link set lo up")  # as netifd does when it starts
        before = leaked()
        for host in (steering.lan, beach):
            for address in (*STAGING4, *STAGING6):
                assert steering.sees(host, address, 0.3) not in ("wan", "home")
        assert leaked() == before
        agent.start()
        steering.reach("home", *STAGING4, *STAGING6)
        assert leaked() == before


def test_what_is_blocked_from_the_start_of_the_router_may_be_already_but_not_by_another_program(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME, STAGING4[0]], "fallback": "block"})
    steering = Steering(world, interpreter, options(), policy)
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        agent.stop()
        for _ in range(2):  # two records have the first address
            done = agent.call("block")
            assert (done.returncode, done.stderr) == (0, "")
        others = f"{STAGING4[1]} via 203.0.113.1 dev wan metric 9999"
        steering.beach.ip(f"route replace {others}")
        done = agent.call("block")
        assert done.returncode == 1 and done.stderr.rstrip().endswith("could be blocked: exists"), done
        steering.beach.ip(f"route del {others}")
        assert agent.call("block").returncode == 0
        assert any(STAGING4[1] in line for line in steering.ours())
        agent.start()


def test_what_a_bypass_names_is_not_blocked_from_the_start_of_the_router_either(world, interpreter):
    bypass = ("policy", "direct", {"action": "bypass", "interface": ["wg0"], "host": [STAGING4[0]]})
    work = ("policy", "work", {"interface": ["wg0"], "host": STAGING4, "fallback": "block"})
    steering = Steering(world, interpreter, options(), bypass, work)
    assert steering.agent.call("block").returncode == 0
    steering.reach("wan", STAGING4[0])
    for host in (steering.lan, steering.beach):
        assert steering.sees(host, STAGING4[1], 0.3) not in ("wan", "home")
    with steering.agent:
        steering.reach("home", STAGING4[1])
        steering.reach("wan", STAGING4[0])


def test_a_client_a_protocol_and_a_port_select(world, interpreter):
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "client": ["10.1.0.2", "fd00:1::2"],
                                 "proto": ["udp"], "port": ["7000-7777"]})  # fmt: skip
    steering = Steering(world, interpreter, options(), policy)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.lan])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[steering.beach])


def test_plan_prints_what_ip_batch_takes(steering):
    text = steering.agent.plan().stdout
    assert not steering.ours()
    for line in text.splitlines():
        if line.startswith("# ip "):
            command = line[2:].replace(" -batch", "").split()
        elif not line.startswith("#"):
            steering.beach.run([*command, *line.split()])
    steering.reach("home", *STAGING4, *STAGING6)
    with steering.agent as agent:
        before = steering.ours()
        agent.wait_for_line("routes of our own")
        steering.reach("home", *STAGING4, *STAGING6)
        assert steering.ours() == before


WHOLE = ("policy", "tv", {"interface": ["wg0"], "client": ["10.1.0.2", "fd00:1::2"]})
FORWARD = """
table inet forwards {
	chain pre { type nat hook prerouting priority dstnat;
		iifname "wan" tcp dport 8080 dnat ip to 10.1.0.2:80
	}
}
"""
SERVE = """
import socket, sys
s = socket.create_server(("", int(sys.argv[1])), backlog=20)
while True:
    c, who = s.accept(); c.sendall(who[0].encode()); c.close()
"""
CONNECT = """
import socket, sys
try:
    print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).recv(99).decode())
except OSError as error:
    print(error)
"""


def connects(host, address, port):
    return host.run([sys.executable, "-c", CONNECT, address, port]).stdout.strip()


@pytest.mark.parametrize("strict", [0, 1])
def test_a_whole_client_goes_by_the_tunnel_and_its_port_forward_and_ssh_answer(world, interpreter, strict):
    steering = Steering(world, interpreter, options(), WHOLE)
    beach, marked = steering.beach, "net/ipv4/conf/all/src_valid_mark=%d" % strict
    beach.sysctl(marked, *(f"net/ipv4/conf/{name}/rp_filter={strict}" for name in ("all", "wan", "wg0", "br-lan")))
    beach.nft(FORWARD)
    beach.nft("flush chain inet lab_fw input; flush chain inet lab_fw forward")
    steering.lan.start([sys.executable, "-c", SERVE, 80])
    beach.start([sys.executable, "-c", SERVE, 22])
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.lan])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[beach])
        beach.sysctl("net/ipv4/conf/all/src_valid_mark=0")
        beach.ip("addr add 10.77.0.1/32 dev lo")  # it looks at all of it when an address comes, else each minute
        if strict:
            wait_for(lambda: "src_valid_mark=1" in agent.check().stdout, 5, "the finding about rp_filter")
        else:
            assert agent.check().stdout == "nothing found\n"
        assert (connects(world.staging, "203.0.113.20", 8080) == STAGING4[0]) != bool(strict)
        beach.sysctl("net/ipv4/conf/all/src_valid_mark=%d" % strict)
        for port in (8080, 22):
            wait_for(
                lambda port=port: connects(world.staging, "203.0.113.20", port) == STAGING4[0],
                5,
                lambda port=port: f"port {port} to answer: {steering.state()}",
            )
        beach.run(["nft", "delete", "table", "inet", "nametrack"])
        assert connects(world.staging, "203.0.113.20", 8080) != STAGING4[0]
        steering.reach("home", *STAGING4, hosts=[steering.lan])
        agent.stop()
        agent.start()
        wait_for(lambda: connects(world.staging, "203.0.113.20", 8080) == STAGING4[0], 10, "the port forward again")
        assert agent.call("flush").returncode == 0
        assert "inet nametrack" not in beach.run(["nft", "list", "tables"]).stdout


EVERYTHING = ("policy", "all", {"interface": ["wg0", "wan"], "host": ["0.0.0.0/0", "::/0"]})
SERVE6 = SERVE.replace('create_server(("", int(sys.argv[1])), ', 'create_server(("::", 22), family=socket.AF_INET6, ')


def test_a_router_whose_whole_traffic_is_led_answers_the_internet_at_an_address_of_its_lan(world, interpreter):
    """As that of a prefix that the provider delegates, or one that a port is forwarded to."""
    steering = Steering(world, interpreter, options(), EVERYTHING)
    beach = steering.beach
    beach.ip("addr add 2001:db8:b:1::1/64 dev br-lan nodad")
    beach.nft(FORWARD.replace("10.1.0.2:80", "10.1.0.1:22"))
    beach.nft("flush chain inet lab_fw input; flush chain inet lab_fw forward")
    beach.start([sys.executable, "-c", SERVE, 22])
    beach.start([sys.executable, "-c", SERVE6])
    world.internet.ip("route add 2001:db8:b:1::/64 via 2001:db8:b::20")
    ways = (("2001:db8:b:1::1", 22, STAGING6), ("203.0.113.20", 8080, STAGING4))
    for address, port, who in ways:
        wait_for(lambda a=address, p=port, who=who: connects(world.staging, a, p) in who, 5, f"{address} without us")
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        for address, port, who in ways:
            assert connects(world.staging, address, port) in who, steering.state()
        steering.reach("home", *STAGING4, *STAGING6)


def test_a_server_that_shakes_hands_and_forwards_nothing_is_left_within_four_seconds(world, interpreter):
    two = {"interface": ["wg0", "wg1"], "host": [STAGING_NAME], "check_address": STAGING4[1], "failback_delay": 3}
    steering = Steering(world, interpreter, options(probe_interval=5), ("policy", "work", two), second=True)
    with steering.agent:
        steering.reach("home", *STAGING4)
        world.home.sysctl("net/ipv4/ip_forward=0")
        died = Stopwatch()
        wait_for(lambda: steering.sees(steering.lan, STAGING4[0], 0.1) == "cabin", 10, "the LAN to go by the cabin")
        assert died.seconds() < 4.5, "four seconds, and half a one for what the test itself takes"
        world.home.sysctl("net/ipv4/ip_forward=1")
        steering.reach("home", *STAGING4, seconds=20)


def test_a_client_by_its_mac_address_goes_by_the_tunnel_also_with_a_new_address(world, interpreter):
    steering = Steering(world, interpreter, options())
    hardware = json.loads(steering.lan.run(["ip", "-j", "link", "show", "eth0"]).stdout)[0]["address"]
    policy = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "client": [hardware.upper()]})
    steering.agent.configure(options(), policy)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.lan])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[steering.beach])
        steering.lan.ip("addr del 10.1.0.2/24 dev eth0", "addr add 10.1.0.77/24 dev eth0")
        steering.lan.ip("route replace default via 10.1.0.1")
        steering.reach("home", *STAGING4, seconds=2, hosts=[steering.lan])
