"""The tap on a real device: DNS answers that this machine sends are read, and no others."""

from both import ALONE, each_interpreter, run

NETWORK = (
    "ip link set lo up && ip link add nt0 type veth peer name nt1 && ip link set nt0 up && ip link set nt1 up && "
    "ip addr add 192.168.9.1/24 dev nt0 && "
    "ip addr add fd00:9::1/64 dev nt0 nodad && "
    "ip neigh add 192.168.9.9 lladdr 02:00:00:00:00:09 dev nt0 && "
    'ip neigh add fd00:9::9 lladdr 02:00:00:00:00:09 dev nt0 && exec "$@"'
)
TAP = """
import socket
from nametrack.adapters.tap import Tap
from dns_written import RA, encode
from nametrack.wire import dnsmessage as wire
tap = Tap(poller, emit)
def answer(name, values, rtype=1, ttl=60):
    records = [wire.Record(name, rtype, ttl, value) for value in values]
    return wire.Message(7, wire.QR | wire.RD | RA, 0, [wire.Question(name, rtype)], records, [], [])
def send(message, source="192.168.9.1", to="192.168.9.9", port=53, transparent=False):
    sock = socket.socket(compat.family(source), socket.SOCK_DGRAM)
    if transparent:
        sock.setsockopt(0, 19, 1)
    sock.bind(compat.sockaddr(source, port))
    data = message if type(message) is bytes else encode(message)
    sock.sendto(data, compat.sockaddr(to, 5353))
    sock.close()
def observe(devices=("nt0",), domains=("example.net",), hosts=(), lists=(), senders="router"):
    tap.observe(do.Observe(list(devices), senders, tuple(domains), tuple(hosts), lists))
"""
SEEN = "NameObserved www.example.net ['198.51.100.1'] 60 client"
ALIASED = """
alias = wire.Record("www.example.net", wire.CNAME, 30, "cdn.test")
records = [alias, wire.Record("cdn.test", 1, 60, "198.51.100.1")]
message = wire.Message(7, wire.QR, 0, [wire.Question("www.example.net", 1)], records, [], [])
"""


def told(interpreter, folder, script):
    return run(interpreter, folder, TAP + script, within=[*ALONE, "sh", "-c", NETWORK, "sh"])


@each_interpreter
def test_an_answer_about_a_wanted_name_is_observed(interpreter, tmp_path):
    script = """
observe()
send(answer("other.test", ["198.51.100.9"]))
send(answer("example.net", ["198.51.100.9"]))
send(answer("xexample.net", ["198.51.100.9"]))
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
seconds(0.2)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


@each_interpreter
def test_an_answer_about_a_listed_host_is_observed(interpreter, tmp_path):
    script = """
observe(domains=(), hosts=("www.example.net", "other.test"))
send(answer("a.www.example.net", ["198.51.100.9"]))
send(answer("example.net", ["198.51.100.9"]))
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
seconds(0.2)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


@each_interpreter
def test_hints_of_an_https_record_are_observed(interpreter, tmp_path):
    script = """
observe()
hint = bytes([0, 1, 0, 0, 4, 0, 4, 198, 51, 100, 1])
send(answer("www.example.net", [hint], 65))
until(lambda: events)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


@each_interpreter
def test_an_answer_over_ipv6_is_observed(interpreter, tmp_path):
    script = """
observe()
send(answer("www.example.net", ["2001:db8::1"], 28), "fd00:9::1", "fd00:9::9")
until(lambda: events)
"""
    assert told(interpreter, tmp_path, script) == ["NameObserved www.example.net ['2001:db8::1'] 60 client"]


@each_interpreter
def test_aliases_count_by_the_name_of_the_question(interpreter, tmp_path):
    script = ALIASED + "observe()\nsend(message)\nuntil(lambda: events)\n"
    assert told(interpreter, tmp_path, script) == [SEEN.replace(" 60 ", " 30 ")]


@each_interpreter
def test_an_answer_that_another_machine_sent_is_not_observed(interpreter, tmp_path):
    """A router hands on the answers of others; only those of an address of its own count."""
    script = """
observe()
send(answer("www.example.net", ["203.0.113.66"]), source="203.0.113.53", transparent=True)
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
seconds(0.2)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


@each_interpreter
def test_an_answer_that_another_machine_sent_is_observed_only_while_any_sender_counts(interpreter, tmp_path):
    script = """
def sent_by_another(address):
    send(answer("www.example.net", [address]), source="203.0.113.53", transparent=True)
observe(senders="any")
sent_by_another("198.51.100.1")
send(answer("www.other.net", ["198.51.100.9"]), source="203.0.113.53", transparent=True)
until(lambda: events)
send(answer("www.example.net", ["198.51.100.2"]))
until(lambda: len(events) == 2)
observe()
sent_by_another("203.0.113.66")
send(answer("www.example.net", ["198.51.100.3"]))
until(lambda: len(events) == 3)
seconds(0.2)
"""
    assert told(interpreter, tmp_path, script) == [SEEN, SEEN.replace("00.1", "00.2"), SEEN.replace("00.1", "00.3")]


@each_interpreter
def test_what_cannot_be_read_costs_its_reading(interpreter, tmp_path):
    script = """
observe()
whole = encode(answer("www.example.net", ["198.51.100.1"]))
send(whole[:-3])
send(whole[:6] + bytes([255, 255]) + whole[8:])
send(whole)
until(lambda: events)
print(tap.unreadable)
"""
    assert told(interpreter, tmp_path, script) == [SEEN, "2"]


@each_interpreter
def test_what_is_observed_can_change(interpreter, tmp_path):
    script = """
observe(domains=("foo.test",))
observe(["nt0", "gone0"])
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: len(events) == 2)
observe([])
send(answer("www.example.net", ["198.51.100.2"]))
seconds(0.2)
"""
    lines = told(interpreter, tmp_path, script)
    assert lines[0].startswith("ActionFailed Observe") and lines[0].endswith(" gone0: no such device"), lines
    assert lines[1:] == [SEEN]


@each_interpreter
def test_a_device_that_goes_ends_the_listening_and_comes_back_with_the_next_observe(interpreter, tmp_path):
    script = """
import os
observe()
os.system("ip link delete nt0")
seconds(0.3)
os.system("ip link add nt0 type veth peer name nt1 && ip link set nt0 up && ip link set nt1 up")
os.system("ip addr add 192.168.9.1/24 dev nt0; ip neigh add 192.168.9.9 lladdr 02:00:00:00:00:09 dev nt0")
observe()
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


@each_interpreter
def test_a_device_that_is_down_for_a_moment_is_heard_when_it_is_up_again(interpreter, tmp_path):
    """As hostapd does with its own; netifd tells of nothing then."""
    script = """
import os
observe()
os.system("ip link set nt0 down")
seconds(0.3)
os.system("ip link set nt0 up && ip neigh add 192.168.9.9 lladdr 02:00:00:00:00:09 dev nt0")
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]


LISTED = """
from nametrack import ip
from nametrack.core.config.policy_values import listed_host
from nametrack.wire.host_list import Reader
reader = Reader("/list.txt", listed_host, ip.is_element, b"salt")
reader.take("".join(["n%d.example.net\\n" % i for i in range(300)]).encode() + b"*.wide.test")
lists = (reader.end(),)
"""


@each_interpreter
def test_an_answer_about_a_name_of_a_list_is_observed(interpreter, tmp_path):
    script = """
observe(domains=("foo.test",), lists=lists)
send(answer("n300.example.net", ["198.51.100.9"]))
send(answer("a.n299.example.net", ["198.51.100.9"]))
send(answer("wide.test", ["198.51.100.9"]))
send(answer("N299.Example.net", ["198.51.100.1"]))
send(answer("a.b.wide.test", ["198.51.100.2"]))
send(answer("a.foo.test", ["198.51.100.3"]))
until(lambda: len(events) == 3)
seconds(0.2)
"""
    assert told(interpreter, tmp_path, LISTED + script) == [
        "NameObserved n299.example.net ['198.51.100.1'] 60 client",
        "NameObserved a.b.wide.test ['198.51.100.2'] 60 client",
        "NameObserved a.foo.test ['198.51.100.3'] 60 client",
    ]


@each_interpreter
def test_an_answer_that_is_given_again_is_not_handed_in_again(interpreter, tmp_path):
    script = """
observe()
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
for i in range(20):
    send(answer("www.example.net", ["198.51.100.1"], ttl=60 - i), to="192.168.9.%d" % (9 - i % 2))
send(answer("www.example.net", ["198.51.100.2"]))
until(lambda: len(events) == 2)
print(tap.answers)
"""
    assert told(interpreter, tmp_path, script) == [SEEN, SEEN.replace("00.1", "00.2"), "2"]


@each_interpreter
def test_what_is_given_again_in_quick_succession_is_read_in_batches_and_what_is_new_soon(interpreter, tmp_path):
    script = """
readings, readable = [], tap._readable
tap._readable = lambda device: (readings.append(device), readable(device))
observe()
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
del readings[:]
sock = socket.socket(compat.family("192.168.9.1"), socket.SOCK_DGRAM)
sock.bind(compat.sockaddr("192.168.9.1", 53))
def give(name, value):
    sock.sendto(encode(answer(name, [value])), compat.sockaddr("192.168.9.9", 5353))
began, given = compat.monotonic(), 0
while given < 400:  # one each millisecond
    while given < (compat.monotonic() - began) * 1000:
        give("www.example.net", "198.51.100.1")
        given += 1
    poller.wait(compat.monotonic() + 0.0005)
print(len(readings) < given / 2)
for i in range(3):
    give("new%d.example.net" % i, "198.51.100.2")
    until(lambda: len(events) == 2 + i)
"""
    new = ["NameObserved new%d.example.net ['198.51.100.2'] 60 client" % i for i in range(3)]
    assert told(interpreter, tmp_path, script) == [SEEN, "True", *new]


@each_interpreter
def test_an_answer_is_handed_in_again_after_a_while_and_with_a_new_configuration(interpreter, tmp_path):
    script = """
clock = [0]
now = compat.monotonic
compat.monotonic = lambda: now() + clock[0]
observe()
def give():
    send(answer("www.example.net", ["198.51.100.1"]))
    poller.wait(now() + 5)  # ends when the packet was read
give()
give()
observe()
give()
give()
clock[0] = 11
give()
give()
"""
    assert told(interpreter, tmp_path, script) == [SEEN] * 3


@each_interpreter
def test_an_answer_that_cannot_be_told_is_not_taken_for_known(interpreter, tmp_path):
    """Only what was handed in is skipped: another machine's answer was not, and the same from this one counts."""
    script = """
observe()
send(answer("www.example.net", ["198.51.100.1"]), source="203.0.113.53", transparent=True)
seconds(0.2)
send(answer("www.example.net", ["198.51.100.1"]))
until(lambda: events)
"""
    assert told(interpreter, tmp_path, script) == [SEEN]
