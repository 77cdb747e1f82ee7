"""A wildcard on this kernel: the answer that a client in a VLAN gets leads what it names into the tunnel."""

import pytest

from test_vm_routes import CLIENT, STAGING4, staging, wait_for  # noqa: F401

NAME = "www.shop.example.test"
ROUTER = {4: "10.10.0.1", 6: "fd00:10::1"}
VLAN = """
set -e
ip -n lan link add link eth0 name eth0.10 type vlan id 10
ip -n beach link add link br-lan name br-lan.10 type vlan id 10
ip -n lan link set eth0.10 up
ip -n beach link set br-lan.10 up
ip -n lan addr add 10.10.0.2/24 dev eth0.10
ip -n lan addr add fd00:10::2/64 dev eth0.10 nodad
ip -n beach addr add 10.10.0.1/24 dev br-lan.10
ip -n beach addr add fd00:10::1/64 dev br-lan.10 nodad
ip netns exec beach sh -c 'micropython /usr/lib/guest/nameserver.py ROUTER /run/zone >/run/asked.vlan 2>&1 &'
"""
POLICY = f"config policy 'shop'\n\tlist interface 'wg0'\n\tlist host '*.{NAME.partition('.')[2]}'\n"


@pytest.mark.parametrize("staging", [1], indirect=True, ids=["strict"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_name_that_a_client_in_a_vlan_asks_for_goes_through_the_tunnel(staging, family):  # noqa: F811
    staging.machine.run(VLAN.replace("ROUTER", ROUTER[family]))
    staging.name(**{NAME.replace(".", "_"): [STAGING4]})
    staging.start(POLICY, observe=["br-lan.10"])
    staging.machine.wait_for("grep -q '> observe' /run/agent/log", 20, staging.log)
    assert staging.machine.status(f"ip netns exec lan ping -c 1 -W 1 {STAGING4} >/dev/null")[0] != 0, CLIENT
    staging.machine.run(f"ip netns exec lan nslookup {NAME} {ROUTER[family]}")
    wait_for(staging, "lan", STAGING4)
    staging.stop()
    staging.beach("nametrack flush")
