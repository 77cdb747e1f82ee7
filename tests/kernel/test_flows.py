"""Connections that are forgotten: real ones, in a network of their own, where a rule counts those that are new."""

import subprocess

import pytest

from both import ALONE, each_interpreter, run

TRACKED = """#!/bin/sh
set -e
ip link set lo up
ip addr add 10.0.0.7/24 dev lo
ip addr add 10.0.0.8/24 dev lo
ip -6 addr add 2001:db8::7/64 dev lo nodad
nft -f - <<E
table inet t {
 counter fresh { }
 chain c { type filter hook output priority 0; ct state new counter name fresh; }
}
E
exec "$@"
"""
FLOWS = """
import socket
from nametrack import ip
from nametrack.adapters.flows import Flows
import os
flows = Flows(poller, emit, sys.argv[1])
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
echoes = {}
for address in ("10.0.0.7", "10.0.0.8", "2001:db8::7"):
    echoes[address] = socket.socket(compat.family(address), socket.SOCK_DGRAM)
    echoes[address].bind(compat.sockaddr(address, 9))
def send(*addresses):
    # a datagram and its answer: up to that the kernel calls the connection new
    for address in addresses:
        own = six if ":" in address else four
        own.sendto(b"x", compat.sockaddr(address, 9))
        _, back = echoes[address].recvfrom(9)
        echoes[address].sendto(b"y", back)
        own.recv(9)
def fresh():
    os.system("nft list counter inet t fresh > %s.out" % sys.argv[0])
    with open(sys.argv[0] + ".out") as file:
        return int(file.read().split("packets ")[1].split()[0])
def flush(*addresses):
    flows.flush(do.FlushFlows([ip.key(address) for address in addresses]))
def finish():
    until(lambda: not flows.busy())
"""


def works():
    text = "nft 'table t { chain c { type filter hook output priority 0; ct state new counter; }; }'"
    return subprocess.run([*ALONE, "sh", "-c", text], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works(), reason="no connection tracking in a namespace here")


def counted(interpreter, folder, script, table="/nonexistent"):
    path = folder / "set-up"
    path.write_text(TRACKED)
    path.chmod(0o755)
    return run(interpreter, folder, FLOWS + script, table, within=[*ALONE, str(path)])


@each_interpreter
def test_only_connections_to_the_address_begin_anew(interpreter, tmp_path):
    script = """
for i in range(2):
    send("10.0.0.7", "10.0.0.8", "2001:db8::7")
a = fresh()
flush("10.0.0.7")
finish()
send("10.0.0.7", "10.0.0.8", "2001:db8::7")
b = fresh()
flush("2001:db8::7", "192.0.2.1")
finish()
send("10.0.0.7", "10.0.0.8", "2001:db8::7")
print(a, b, fresh(), events)
"""
    assert counted(interpreter, tmp_path, script) == ["3 4 5 []"]


@each_interpreter
def test_a_prefix_means_every_address_in_it(interpreter, tmp_path):
    script = """
send("10.0.0.7", "10.0.0.8", "2001:db8::7")
flush("10.0.0.0/29")
flush("2001:db8::/32")
finish()
send("10.0.0.7", "10.0.0.8", "2001:db8::7")
print(fresh())
"""
    assert counted(interpreter, tmp_path, script) == ["5"]


@each_interpreter
def test_a_thousand_connections_of_others_stay(interpreter, tmp_path):
    script = """
for i in range(1000):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(compat.sockaddr("0.0.0.0", 20000 + i))
    one.sendto(b"x", compat.sockaddr("10.0.0.8" if i % 10 else "10.0.0.7", 9))
    one.close()
before = fresh()
flush("10.0.0.7")
finish()
from nametrack.adapters.netlink import Kernel
from nametrack.wire import conntrack
kernel = Kernel(12)
left = [conntrack.flow(item) for item in kernel.ask(lambda seq: conntrack.get_flows(2, seq)).messages]
print(before, len(left), set([flow.destination[3] for flow in left]))
"""
    assert counted(interpreter, tmp_path, script) == ["1000 900 {8}"]


@each_interpreter
def test_all_connections_are_read_to_their_end_however_long_it_takes(interpreter, tmp_path):
    script = """
import time
from nametrack.adapters import flows as adapter
for i in range(1000):
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.bind(compat.sockaddr("::", 20000 + i))
    one.sendto(b"x", compat.sockaddr("2001:db8::7", 9))
    one.close()
adapter.LIMIT = 0.3
readable, read = adapter._Dump._readable, []
def slowly(self, mask):
    time.sleep(0.05)
    read.append(mask)
    readable(self, mask)
adapter._Dump._readable = slowly
flush("2001:db8::7")
finish()
from nametrack.adapters.netlink import Kernel
from nametrack.wire import conntrack
left = Kernel(12).ask(lambda seq: conntrack.get_flows(10, seq)).messages
print(len(left), 0.05 * len(read) > 2 * adapter.LIMIT, events)
"""
    assert counted(interpreter, tmp_path, script) == ["0 True []"]


@each_interpreter
def test_for_a_few_addresses_the_kernel_hands_out_their_ipv4_connections_only(interpreter, tmp_path):
    script = """
from nametrack.wire import conntrack
send("10.0.0.7", "10.0.0.8", "2001:db8::7")
for i in range(300):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.sendto(b"x", compat.sockaddr("10.0.0.8", 9))
    one.close()
read, looked = conntrack.flow, []
def flow(item):
    looked.append(item)
    return read(item)
conntrack.flow = flow
flush("10.0.0.7", "192.0.2.1")
finish()
few, looked[:] = len(looked), []
flush("10.0.0.7", *["192.0.2.%d" % i for i in range(20)])
finish()
print(few, len(looked) > 200)  # the kernel may have given a port twice
"""
    assert counted(interpreter, tmp_path, script) == ["1 True"]


@each_interpreter
def test_without_netlink_openwrts_kernel_takes_the_address_in_proc(interpreter, tmp_path):
    table = tmp_path / "nf_conntrack"
    table.write_text("")
    script = """
from nametrack.wire import conntrack
conntrack.GET = 99  # what the kernel does not know, as all of it where the module is missing
flush("192.0.2.0/24", "10.0.0.7")
finish()
print(events)
"""
    assert counted(interpreter, tmp_path, script, table) == ["[]"]
    assert table.read_text() == "10.0.0.7"


@each_interpreter
def test_where_nothing_can_be_done_nothing_is_said(interpreter, tmp_path):
    script = """
def refuse(protocol, groups=0):
    raise OSError(compat.EPROTONOSUPPORT, "")
compat.netlink_socket = refuse
flush("10.0.0.7")
finish()
print(events)
"""
    assert counted(interpreter, tmp_path, script) == ["[]"]


@each_interpreter
def test_a_refusal_is_a_failure_and_the_next_one_has_its_turn(interpreter, tmp_path):
    script = """
def refuse(protocol, groups=0):
    raise OSError(compat.EACCES, "")
compat.netlink_socket = refuse
flush("10.0.0.7")
flush("10.0.0.8")
finish()
print(len(events))
"""
    lines = counted(interpreter, tmp_path, script)
    assert lines[-1] == "2" and lines[0].endswith("permission denied")


@each_interpreter
def test_all_connections_are_read_for_a_tenth_of_the_time_at_most(interpreter, tmp_path):
    """A client that asks for ever new IPv6 addresses must not have the agent read connections all the time."""
    script = """
from nametrack.wire import conntrack
send("10.0.0.7", "2001:db8::7")
read, looked, slow = conntrack.flow, [], []
def flow(item):
    looked.append(compat.monotonic())
    while slow and compat.monotonic() < looked[-1] + 0.1:
        pass
    return read(item)
conntrack.flow = flow
slow.append(1)
flush("2001:db8::8")
finish()
slow.clear()
looked.clear()
before, began = fresh(), compat.monotonic()
for i in range(100):
    flush("2001:db8::%x" % (0x100 + i))
flush("2001:db8::7")
flush("10.0.0.7")
until(lambda: looked)
single = looked[-1] - began
finish()
passed = compat.monotonic() - began
send("10.0.0.7", "2001:db8::7")
print(fresh() - before, len(looked) <= 4, single < 0.5 < passed < 4, events)
"""
    assert counted(interpreter, tmp_path, script) == ["2 True True []"]
