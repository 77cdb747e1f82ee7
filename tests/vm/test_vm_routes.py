"""`target route` on this kernel, with its own WireGuard: rules, nexthops, routes; for a client and the router itself.

The staging server stands at home, behind the tunnel: what reaches it went through the tunnel.
"""

import pytest

STAGING4, STAGING6 = "192.0.2.130", "2001:db8:c::130"
CLIENT = "10.1.0.2"
LAN = f"""
set -e
ip netns add lan
ip -n lan link set lo up
ip link add eth0 netns lan type veth peer name br-lan netns beach
ip -n lan link set eth0 address 02:00:00:00:00:aa up
ip -n beach link set br-lan up
ip -n lan addr add {CLIENT}/24 dev eth0
ip -n lan addr add fd00:1::2/64 dev eth0 nodad
ip -n lan route add default via 10.1.0.1
ip -n lan route add default via fd00:1::1
ip -n beach addr add 10.1.0.1/24 dev br-lan
ip -n beach addr add fd00:1::1/64 dev br-lan nodad
ip -n beach addr add fd00:9::2/64 dev wg0 nodad
ip netns exec beach sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding
    for name in all br-lan wan wg0; do echo RP >ipv4/conf/$name/rp_filter; done'
ip -n home addr add {STAGING4}/32 dev lo
ip -n home addr add {STAGING6}/128 dev lo nodad
ip -n home addr add fd00:9::1/64 dev wghome nodad
ip -n home route add 10.1.0.0/24 dev wghome
ip -n home route add fd00:1::/64 dev wghome
ip netns exec home wg set wghome peer $(cat /run/beach.pub) allowed-ips NETS
ip netns exec beach wg set wg0 peer $(cat /run/home.pub) allowed-ips 0.0.0.0/0,::/0
"""
NETS = "10.9.0.2/32,10.1.0.0/24,fd00:9::2/128,fd00:1::/64"
POLICY = "config policy 'staging'\n\tlist interface 'wg0'\n\tlist host 'staging.example.test'\n"
OTHER4, OTHER6 = "192.0.2.140", "2001:db8:c::140"  # on the internet
INTERNET = f"""
set -e
ip -n internet addr add {OTHER4}/32 dev lo
ip -n internet addr add {OTHER6}/128 dev lo nodad
ip -n internet route add 10.1.0.0/24 via 203.0.113.20
ip -n internet route add fd00:1::/64 via 2001:db8:b::20
"""
BYPASS = f"""
config policy 'direct'
	option action 'bypass'
	list interface 'wg0'
	list host '{OTHER4}'
	list host '{OTHER6}'
config policy 'work'
	list interface 'wg0'
	option fallback 'block'
	list host '192.0.2.128/25'
	list host '2001:db8:c::/64'
"""
OURS = "for what in rule '-6 rule' nexthop 'route show table all' '-6 route show table all'; do ip -n beach $what; done"


@pytest.fixture(params=[0, 1], ids=["loose", "strict"])
def staging(request, houses):
    houses.machine.status("ip netns delete lan 2>/dev/null")
    houses.machine.run(LAN.replace("RP", str(request.param)).replace("NETS", NETS))
    houses.name(staging_example_test=[STAGING4, STAGING6])
    yield houses
    houses.machine.status("ip netns delete lan")


def reaches(houses, name, address):
    """A command that succeeds if a house reaches an address."""
    return f"ip netns exec {name} ping -c 1 -W 1 {address} >/dev/null"


def wait_for(houses, name, address):
    houses.machine.wait_for(reaches(houses, name, address), 20, lambda: f"{name} to {address}\n{houses.log()}")


def ours(houses):
    lines = houses.machine.run(OURS).splitlines()
    return [line for line in lines if "proto 190" in line]


def test_three_lines_lead_client_and_router_through_the_tunnel_and_nothing_is_left(staging):
    staging.start(POLICY)
    for name in ("lan", "beach"):
        for address in (STAGING4, STAGING6):
            wait_for(staging, name, address)
    assert ours(staging)
    staging.stop()
    staging.machine.run(reaches(staging, "lan", STAGING4))  # the way stays while the agent is away
    staging.beach("nametrack flush")
    assert ours(staging) == []
    assert staging.machine.status(reaches(staging, "lan", STAGING4))[0] != 0


def test_a_client_is_known_by_its_mac_address(staging):
    staging.machine.run(reaches(staging, "lan", "10.1.0.1"))  # the router knows its neighbour
    staging.start(POLICY + "\tlist client '02:00:00:00:00:aa'\n")
    wait_for(staging, "lan", STAGING4)
    assert staging.machine.status(reaches(staging, "beach", STAGING4))[0] != 0
    staging.stop()
    staging.beach("nametrack flush")


def test_a_tunnel_that_goes_down_and_up_has_its_routes_again(staging):
    staging.start(POLICY)
    wait_for(staging, "lan", STAGING4)
    staging.beach("ip link set wg0 down")
    staging.beach("ip link set wg0 up")
    staging.beach("ip addr add fd00:9::2/64 dev wg0 nodad")
    for address in (STAGING4, STAGING6):
        wait_for(staging, "lan", address)
    staging.stop()
    staging.beach("nametrack flush")


def test_what_bypasses_a_policy_that_blocks_goes_by_the_wan_also_while_the_tunnel_is_down(staging):
    staging.machine.run(INTERNET)
    staging.start(BYPASS)
    for name in ("lan", "beach"):
        for address in (STAGING4, STAGING6, OTHER4, OTHER6):
            wait_for(staging, name, address)
    staging.beach("ip link set wg0 down")
    for name in ("lan", "beach"):
        for address in (OTHER4, OTHER6):
            wait_for(staging, name, address)
        for address in (STAGING4, STAGING6):
            assert staging.machine.status(reaches(staging, name, address))[0] != 0
    staging.stop()
    staging.beach("nametrack flush")
    assert ours(staging) == []


def test_what_others_begin_on_the_wan_is_answered_by_the_wan(staging):
    """At an address of the LAN too, the router's own or that of a client: the policy takes all else."""
    staging.machine.run(INTERNET)
    staging.beach("sysctl -q net.ipv4.conf.all.src_valid_mark=1")
    staging.beach("nft insert rule inet lab_fw input meta l4proto icmp accept")
    staging.start("config policy 'all'\n\tlist interface 'wg0'\n\tlist host '0.0.0.0/0'\n\tlist host '::/0'\n")
    for name in ("lan", "beach"):
        for address in (STAGING4, STAGING6):
            wait_for(staging, name, address)
        for address in (OTHER4, OTHER6):  # home passes nothing on
            assert staging.machine.status(reaches(staging, name, address))[0] != 0
    for address in ("10.1.0.1", "fd00:1::1", CLIENT, "fd00:1::2"):
        source = OTHER6 if ":" in address else OTHER4
        staging.machine.wait_for(f"{reaches(staging, 'internet', address)} -I {source}", 10, staging.log)
    staging.stop()
    staging.beach("nametrack flush")
    assert staging.machine.status("ip netns exec beach nft list table inet nametrack")[0] != 0
