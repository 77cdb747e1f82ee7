"""Endpoints in their right order, probes, and the way that the kernel would take."""

import subprocess

import pytest

from both import ALONE, each_interpreter, run

# What the kernel says of the way is in `ways`, by address: an answer for each question, the last one for all others.
ENDPOINTS = """
from nametrack.adapters.endpoints import Endpoints
from nametrack.adapters.route import Way
class Netifd:
    def __init__(self):
        self.asked = []
    def add_host_route(self, address, interface, done):
        print("route", address, interface)
        self.asked.append(done)
class WireGuard:
    def socket_of(self, interface):
        return (7, 51821)
    def set_endpoint(self, action, done):
        print("endpoint", action.address)
        done()
OUT, INSIDE, NONE = Way("out", None), Way("inside", "through itself"), Way("none", "unreachable")
ways, flows = {}, []
def way(flow, device):
    flows.append((flow, device))
    answers = ways.get(flow.address, [OUT])
    return answers.pop(0) if len(answers) > 1 else answers[0]
netifd = Netifd()
def told(event):
    if isinstance(event, on.EndpointSet):
        print("set", event.action.address)
    else:
        emit(event)
endpoints = Endpoints(netifd, WireGuard(), told, way)
def set(address, detour="wan", key="K", probe=None):
    endpoints.set(do.SetEndpoint("wg0", key, address, 51820, detour, probe, "why"))
"""


@each_interpreter
def test_no_route_is_asked_for_if_the_kernel_leads_out_already(interpreter, tmp_path):
    """Into the LAN, by a static route, an overlay or another tunnel: nothing is ours to change."""
    script = ENDPOINTS + "set('192.168.1.5')\nendpoints.check_way(do.CheckWay('wg0', '192.168.1.5', 51820, 'wan'))\n"
    assert run(interpreter, tmp_path, script) == ["endpoint 192.168.1.5", "set 192.168.1.5"]


@each_interpreter
def test_the_kernel_is_asked_as_wireguard_asks_it(interpreter, tmp_path):
    script = ENDPOINTS + "set('192.0.2.1')\nprint(flows[0][0] == ('192.0.2.1', None, 7, 51821, 51820), flows[0][1])\n"
    assert run(interpreter, tmp_path, script)[2:] == ["True wg0"]


@each_interpreter
def test_what_the_tunnel_would_swallow_has_its_route_before_the_endpoint_is_set(interpreter, tmp_path):
    script = ENDPOINTS + "ways['192.0.2.1'] = [INSIDE, OUT]\nset('192.0.2.1')\nprint(endpoints.busy())\n"
    script += "netifd.asked[0](None)\nprint(endpoints.busy())\n"
    assert run(interpreter, tmp_path, script) == [
        "route 192.0.2.1 wan",
        "True",
        "endpoint 192.0.2.1",
        "set 192.0.2.1",
        "False",
    ]


@each_interpreter
def test_an_endpoint_that_was_set_before_us_is_kept_out_of_its_tunnel(interpreter, tmp_path):
    script = ENDPOINTS + "ways['192.0.2.1'] = [INSIDE, OUT]\n"
    script += "endpoints.check_way(do.CheckWay('wg0', '192.0.2.1', 51820, 'wan'))\nnetifd.asked[0](None)\n"
    assert run(interpreter, tmp_path, script) == ["route 192.0.2.1 wan"]


# how the kernel answers, the detour, what netifd says to it -> the reason of the failure
REFUSED = [
    ("[NONE]", "wan", None, "no route: unreachable"),
    ("[INSIDE]", None, None, "no route: through itself"),
    ("[INSIDE]", "wan", "not found", "no route: through itself; netifd added no host route: not found"),
    ("[INSIDE, INSIDE]", "wan", None, "no route: through itself"),
    ("[INSIDE, NONE]", "wan", None, "no route: unreachable"),
]


@each_interpreter
@pytest.mark.parametrize("kernel,detour,netifd,reason", REFUSED)
def test_an_endpoint_that_cannot_be_reached_is_not_set(interpreter, tmp_path, kernel, detour, netifd, reason):
    script = ENDPOINTS + f"ways['192.0.2.1'] = {kernel}\nset('192.0.2.1', {detour!r})\n"
    script += f"for done in netifd.asked:\n    done({netifd!r})\n"
    lines = [line for line in run(interpreter, tmp_path, script) if not line.startswith("route")]
    assert len(lines) == 1 and lines[0].startswith("ActionFailed") and lines[0].endswith(" " + reason), lines


@each_interpreter
def test_of_two_endpoints_of_a_peer_the_later_one_counts(interpreter, tmp_path):
    swallowed = ENDPOINTS + "for last in '129':\n    ways['192.0.2.' + last] = [INSIDE, OUT]\n"
    script = swallowed + "set('192.0.2.1')\nset('192.0.2.2')\nset('192.0.2.3')\n"
    script += "for done in netifd.asked:\n    done(None)\n"
    assert run(interpreter, tmp_path, script)[2:] == ["endpoint 192.0.2.3", "set 192.0.2.3"]
    script = swallowed + "set('192.0.2.1')\nset('192.0.2.2')\nset('192.0.2.9', key='L')\n"
    script += "for done in netifd.asked:\n    done(None)\n"
    assert run(interpreter, tmp_path, script)[3::2] == ["endpoint 192.0.2.2", "endpoint 192.0.2.9"]


@each_interpreter
def test_the_probe_comes_last(interpreter, tmp_path):
    script = ENDPOINTS + "endpoints.probe = lambda action: print(do.text(action))\n"
    script += "ways['192.0.2.1'] = [INSIDE, OUT]\nset('192.0.2.1', probe='10.9.0.1')\nnetifd.asked[0](None)\n"
    assert run(interpreter, tmp_path, script) == [
        "route 192.0.2.1 wan",
        "endpoint 192.0.2.1",
        "set 192.0.2.1",
        "probe wg0 10.9.0.1",
    ]


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
from nametrack.adapters.route import way_out
from nametrack.wire.route import Flow
for address, device, mark, sport in %s:
    way = way_out(Flow(address, None, mark, sport, 51820), device)
    print(address, device, mark, sport, "->", " ".join([text for text in way if text]))
"""
# A full tunnel: the default route leads into wg0. What is marked 7, and what comes from UDP port 51821, goes out of
# wan0. The LAN, an overlay and another tunnel have more specific routes; IPv6 has a default route as netifd sets it.
NETWORK = """
mount -t sysfs sysfs /sys
ip link set lo up
for name in wg0 wan0 lan0 mesh0 wg1; do
    ip link add $name type veth peer name peer-$name
    ip link set $name up
    ip link set peer-$name up
done
ip addr add 10.9.0.2/24 dev wg0
ip addr add 192.0.2.2/24 dev wan0
ip addr add 192.168.1.1/24 dev lan0
ip addr add fd00:1::1/64 dev lan0 nodad
ip addr add 10.8.0.2/24 dev wg1
ip route add default dev wg0
ip route add 198.51.100.0/24 dev mesh0
ip route add unreachable 203.0.113.0/24
ip route add default dev wan0 table 7
ip rule add fwmark 7 table 7
ip rule add iif lo ipproto udp sport 51821 table 7
ip addr add 2001:db8:a::2/64 dev wan0 nodad
ip -6 route add default from 2001:db8:a::/64 via fe80::1 dev wan0
ip -6 route add 2001:db8:6::/48 dev wg0
exec "$@"
"""
# address, device of the tunnel, mark, source port -> the way
WAYS = {
    ("100.64.0.1", "wg0", 0, 0): "inside it leads only through wg0 itself",
    ("100.64.0.1", "wan0", 0, 0): "out",
    ("100.64.0.1", "gone0", 0, 0): "out",
    ("100.64.0.1", "wg0", 7, 0): "out",
    ("100.64.0.1", "wg0", 0, 51821): "out",
    ("192.168.1.5", "wg0", 0, 0): "out",
    ("198.51.100.7", "wg0", 0, 0): "out",
    ("10.8.0.1", "wg0", 0, 0): "out",
    ("192.0.2.2", "wg0", 0, 0): "out",
    ("203.0.113.1", "wg0", 0, 0): "none host unreachable",
    ("2001:db8:b::1", "wg0", 0, 0): "out",
    ("2001:db8:6::1", "wg0", 0, 0): "inside it leads only through wg0 itself",
    ("2001:db8:6::1", "wan0", 0, 0): "out",
}


@each_interpreter
def test_the_way_that_the_tunnels_own_packets_would_take(interpreter, tmp_path):
    inside = [*ALONE, "--mount", "sh", "-ec", NETWORK, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    lines = run(interpreter, tmp_path, WAY % (tuple(WAYS),), within=inside)
    assert lines == [" ".join(map(str, asked)) + " -> " + way for asked, way in WAYS.items()]


@each_interpreter
def test_ipv6_without_a_default_route_is_unreachable(interpreter, tmp_path):
    network = "\n".join(line for line in NETWORK.split("\n") if "default from" not in line)
    inside = [*ALONE, "--mount", "sh", "-ec", network, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    asked = ("2001:db8:b::1", "wg0", 0, 0)
    assert run(interpreter, tmp_path, WAY % ((asked,),), within=inside) == [
        "2001:db8:b::1 wg0 0 0 -> none network unreachable"
    ]
