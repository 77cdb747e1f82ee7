"""Endpoints in their right order, probes, and the way that the kernel would take."""

import subprocess

import pytest

from both import ALONE, each_interpreter, run

ENDPOINTS = """
from nametrack.adapters.endpoints import Endpoints
class Bus:
    def __init__(self):
        self.asked = []
    def add_host_route(self, address, interface, done):
        print("route", address, interface)
        self.asked.append(done)
class WireGuard:
    def set_endpoint(self, action, done):
        print("endpoint", action.address)
        done()
bus = Bus()
endpoints = Endpoints(bus, WireGuard(), emit)
def set(address, via="wan", key="K", probe=None):
    endpoints.set(do.SetEndpoint("wg0", key, address, 51820, via, probe, "why"))
"""


@each_interpreter
def test_the_route_is_asked_for_before_the_endpoint_is_set(interpreter, tmp_path):
    script = ENDPOINTS + "set('192.0.2.1')\nprint(endpoints.busy())\nbus.asked[0](None)\nprint(endpoints.busy())\n"
    lines = run(interpreter, tmp_path, script)
    assert lines == ["route 192.0.2.1 wan", "True", "endpoint 192.0.2.1", "False"]


@each_interpreter
def test_an_endpoint_is_set_without_the_route_where_that_cannot_be_had(interpreter, tmp_path):
    lines = run(interpreter, tmp_path, ENDPOINTS + "set('192.0.2.1')\nbus.asked[0]('not found')\n")
    assert lines == ["route 192.0.2.1 wan", "endpoint 192.0.2.1"]


@each_interpreter
def test_of_two_endpoints_of_a_peer_the_later_one_counts(interpreter, tmp_path):
    script = ENDPOINTS + "set('192.0.2.1')\nset('192.0.2.2')\nset('192.0.2.3', None)\n"
    script += "for done in bus.asked:\n    done(None)\n"
    assert run(interpreter, tmp_path, script)[2:] == ["endpoint 192.0.2.3"]
    script = ENDPOINTS + "set('192.0.2.1')\nset('192.0.2.2')\nset('192.0.2.9', key='L')\n"
    script += "for done in bus.asked:\n    done(None)\n"
    assert run(interpreter, tmp_path, script)[3:] == ["endpoint 192.0.2.2", "endpoint 192.0.2.9"]


@each_interpreter
def test_the_probe_comes_last(interpreter, tmp_path):
    script = ENDPOINTS + "endpoints.probe = lambda action: print(do.text(action))\n"
    script += "set('192.0.2.1', probe='10.9.0.1')\nbus.asked[0](None)\n"
    assert run(interpreter, tmp_path, script) == ["route 192.0.2.1 wan", "endpoint 192.0.2.1", "probe wg0 10.9.0.1"]


@each_interpreter
def test_a_probe_is_one_datagram_through_its_device(interpreter, tmp_path):
    script = (
        ENDPOINTS
        + """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(compat.sockaddr("127.0.0.1", 9))
poller.add(sock.fileno(), lambda mask: print(len(sock.recv(4096))) or events.append(None))
endpoints.probe(do.Probe("lo", "127.0.0.1"))
until(lambda: events)
"""
    )
    inside = [*ALONE, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    assert run(interpreter, tmp_path, script, within=inside) == ["96"]


@each_interpreter
def test_a_probe_that_cannot_be_sent_is_a_failure_and_no_more(interpreter, tmp_path):
    lines = run(interpreter, tmp_path, ENDPOINTS + "endpoints.probe(do.Probe('gone0', '127.0.0.1'))\n")
    assert lines[0].startswith("ActionFailed") and lines[0].endswith("no such device"), lines


WAY = """
from nametrack.adapters.route import no_way
for address, device, mark in (
    ("198.51.100.1", "wg0", 0), ("198.51.100.1", "wan0", 0), ("198.51.100.1", "gone0", 0), ("198.51.100.1", "wg0", 7),
    ("203.0.113.1", "wg0", 0), ("192.0.2.1", "wg0", 0), ("2001:db8::1", "wg0", 0)
):
    print(address, device, mark, no_way(address, device, mark))
"""
# A full tunnel: the default route leads into wg0, what wg0 itself sends is marked 7 and goes out of wan0.
NETWORK = """
mount -t sysfs sysfs /sys
ip link set lo up
ip link add wg0 type veth peer name wg1
ip link add wan0 type veth peer name wan1
ip addr add 10.9.0.2/24 dev wg0
ip addr add 192.0.2.2/24 dev wan0
ip link set wg0 up
ip link set wg1 up
ip link set wan0 up
ip link set wan1 up
ip route add default dev wg0
ip route add unreachable 203.0.113.0/24
ip route add default dev wan0 table 7
ip rule add fwmark 7 table 7
exec "$@"
"""


@each_interpreter
def test_the_way_that_the_tunnels_own_packets_would_take(interpreter, tmp_path):
    inside = [*ALONE, "--mount", "sh", "-ec", NETWORK, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    assert run(interpreter, tmp_path, WAY, within=inside) == [
        "198.51.100.1 wg0 0 it leads only through wg0 itself",
        "198.51.100.1 wan0 0 None",
        "198.51.100.1 gone0 0 None",
        "198.51.100.1 wg0 7 None",
        "203.0.113.1 wg0 0 host unreachable",
        "192.0.2.1 wg0 0 None",
        "2001:db8::1 wg0 0 network unreachable",
    ]
