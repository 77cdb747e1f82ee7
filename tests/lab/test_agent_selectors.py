"""Which packets a policy with `target route` leads, and which it leaves alone: real ones, of both families.

    iot 10.4.0.2 ── br-iot  beach      beside what lab/steering.py draws

Each with the reverse path filter strict and loose, on every device.
"""

import json
import sys

import pytest

from lab.agent import options
from lab.host import cable, wait_for
from lab.steering import MIRROR, Steering
from lab.world import STAGING4, STAGING6, STAGING_NAME

WIDE = ["192.0.2.128/25", "2001:db8:c::/64"]  # with all addresses of the staging server
STRICT, LOOSE = 1, 2
IOT = ["10.4.0.2", "fd00:4::2"]
SUBNET = "2001:db8:b:1::"  # that the provider delegates to the beach


@pytest.fixture(params=[STRICT, LOOSE], ids=["strict", "loose"])
def filtered(request, world, interpreter):
    """A function that makes a Steering of some sections."""

    def make(*sections, second=False):
        steering = Steering(world, interpreter, options(), *sections, second=second)
        steering.iot = world.host("iot")
        cable(steering.beach, "br-iot", steering.iot, "eth0")
        steering.beach.ip("addr add 10.4.0.1/24 dev br-iot", "addr add fd00:4::1/64 dev br-iot nodad")
        steering.iot.ip("addr add 10.4.0.2/24 dev eth0", "addr add fd00:4::2/64 dev eth0 nodad")
        steering.iot.ip("route add default via 10.4.0.1", "route add default via fd00:4::1")
        devices = ["all", "wan", "wg0", "br-lan", "br-iot"] + ["wg1"] * second
        steering.beach.sysctl(*(f"net/ipv4/conf/{device}/rp_filter={request.param}" for device in devices))
        return steering

    return make


def policy(name, **values):
    return "policy", name, values


@pytest.mark.parametrize("fallback", ["main", "block"])
def test_what_bypasses_goes_by_the_wan_for_clients_and_the_router_itself(filtered, fallback):
    direct = policy("direct", action="bypass", interface=["wg0"], host=[STAGING4[1], STAGING6[1]])
    steering = filtered(direct, policy("work", interface=["wg0"], host=WIDE, fallback=fallback))
    with steering.agent:
        steering.reach("home", STAGING4[0], STAGING6[0])
        steering.reach("wan", STAGING4[1], STAGING6[1])
        steering.beach.ip("link set wg0 down")
        if fallback == "main":
            steering.reach("wan", STAGING4[0], STAGING6[0])
        else:
            for host in (steering.lan, steering.beach):
                for address in (STAGING4[0], STAGING6[0]):
                    gone = lambda host=host, address=address: steering.sees(host, address, 0.3) not in steering.ways  # noqa: E731
                    wait_for(gone, 10, steering.state)
        steering.reach("wan", STAGING4[1], STAGING6[1])


def test_what_bypasses_for_one_client_and_a_port_stays_on_its_way_for_all_others(filtered):
    mine = {"client": ["10.1.0.2", "fd00:1::2"], "proto": ["udp"], "port": ["7000-7777"]}
    direct = policy("direct", action="bypass", interface=["wg0"], host=[STAGING_NAME], **mine)
    steering = filtered(direct, policy("work", interface=["wg0"], host=[STAGING_NAME]))
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.beach, steering.iot])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[steering.lan])
        assert steering.world.ping_works(steering.lan, STAGING4[0], 2), "another protocol goes by the tunnel, and back"


def test_one_host_leads_two_clients_two_ways_and_the_router_itself_by_the_wan(filtered):
    first = policy("first", interface=["wg0"], host=[STAGING_NAME], client=["10.1.0.0/24", "fd00:1::/64"])
    steering = filtered(first, policy("second", interface=["wg1"], host=[STAGING_NAME], client=["br-iot"]), second=True)
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.lan])
        steering.reach("cabin", *STAGING4, *STAGING6, hosts=[steering.iot])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[steering.beach])


def test_a_mac_address_selects_one_device_and_no_other(filtered):
    steering = filtered()
    hardware = json.loads(steering.iot.run(["ip", "-j", "link", "show", "eth0"]).stdout)[0]["address"]
    steering.agent.configure(options(), policy("tv", interface=["wg0"], host=[STAGING_NAME], client=[hardware]))
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6, hosts=[steering.iot])
        steering.reach("wan", *STAGING4, *STAGING6, hosts=[steering.lan, steering.beach])


def test_a_port_selects_tcp_and_udp_and_no_other_port(filtered):
    steering = filtered(policy("web", interface=["wg0"], host=[STAGING_NAME], port=["7777"]))
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        for protocol, port, device in (("tcp", 7777, "wg0"), ("tcp", 7778, "wan"), ("udp", 7776, "wan")):
            for address in (STAGING4[0], STAGING6[0]):
                words = ["ip", "-j", "route", "get", address, "ipproto", protocol, "dport", port]
                (route,) = json.loads(steering.beach.run(words).stdout)
                assert route["dev"] == device, (protocol, port, route)


@pytest.mark.parametrize("family", [4, 6])
def test_the_address_of_a_peer_with_its_host_route_is_a_host_of_the_policy(filtered, world, family):
    """netifd makes a host route to each endpoint through the WAN, unless `nohostroute`: the policy decides, not it."""
    address = world.home_address if family == 4 else world.home_address6
    steering = filtered(policy("work", interface=["wg0"], host=[STAGING_NAME, address]))
    via, end = ("203.0.113.1", address) if family == 4 else ("2001:db8:b::1", f"[{address}]")
    steering.beach.ip(f"route add {address} via {via} dev wan proto static")
    world.wg0.set_peer(world.home_key.public, endpoint=f"{end}:51820")
    world.home.start([sys.executable, "-c", MIRROR])
    inside = "10.9.0.2" if family == 4 else "fd00:9::2"
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        for host in (steering.lan, steering.beach):
            wait_for(lambda host=host: steering.sees(host, address) == inside, 15, steering.state)
        handshake = world.home_peer().last_handshake
        world.beach.run(["wg", "set", "wg0", "peer", world.home_key.public, "remove"])
        world.wg0.set_peer(
            world.home_key.public, endpoint=f"{end}:51820", allowed_ips=["0.0.0.0/0", "::/0"], keepalive=5
        )
        steering.reach("home", *STAGING4, *STAGING6)
        assert world.home_peer().last_handshake >= handshake, "it shook hands anew: its own packets go by the WAN"


def test_an_ipv6_default_route_for_the_providers_prefixes_alone_is_the_normal_way(filtered, world):
    """As netifd makes it of DHCPv6; the clients have addresses of the prefix that the provider delegates."""
    steering = filtered(policy("work", interface=["wg0"], host=[STAGING_NAME]))
    beach, lan = steering.beach, steering.lan
    beach.ip("route del default via 2001:db8:b::1 dev wan", "addr add 2001:db8:b:1::1/64 dev br-lan nodad")
    lan.ip("addr del fd00:1::2/64 dev eth0", f"addr add {SUBNET}2/64 dev eth0 nodad")
    lan.ip(f"route replace default via {SUBNET}1")
    for prefix in ("2001:db8:b::/64", f"{SUBNET}/64"):
        beach.ip(f"route add default from {prefix} via 2001:db8:b::1 dev wan")
    other = "2001:db8:c::140"
    world.staging.ip(f"addr add {other}/64 dev wan nodad")
    world.wg0.set_peer(world.home_key.public, endpoint=f"[{world.home_address6}]:51820")
    with steering.agent:
        steering.reach("home", *STAGING4, *STAGING6)
        steering.reach("wan", other)
        beach.ip("link set wg0 down")
        steering.reach("wan", *STAGING6, hosts=[lan])
