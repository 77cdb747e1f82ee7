"""The questions that this machine sends and the answers to them, on a real device: what they tell of aliases."""

from both import ALONE, each_interpreter, run

NETWORK = 'ip link set lo up && exec "$@"'
EXCHANGES = """
import socket
from nametrack.adapters.exchanges import Exchanges
from dns_written import encode
from nametrack.wire import dnsmessage as wire
seen = Exchanges(poller, ("example.net",), ("host.test",), ())
def udp(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(compat.sockaddr("127.0.0.1", port))
    return sock
server = udp(5300)
def ask(sock, name, id=7):
    question = wire.Message(id, wire.RD, 0, [wire.Question(name, 1)], [], [], [])
    sock.sendto(encode(question), compat.sockaddr("127.0.0.1", 5300))
def answer(port, name, id=7):
    records = [wire.Record(name, 5, 60, "cdn.test"), wire.Record("cdn.test", 1, 60, "198.51.100.1")]
    message = wire.Message(id, wire.QR, 0, [wire.Question(name, 1)], records, [], [])
    server.sendto(encode(message), compat.sockaddr("127.0.0.1", port))
def show():
    seen.read()
    for told in seen.about("cdn.test", "198.51.100.1"):
        print(told.name, told.addresses, told.ttl)
    print("no more")
"""


def told(interpreter, folder, script):
    return run(interpreter, folder, EXCHANGES + script, within=[*ALONE, "sh", "-c", NETWORK, "sh"])


@each_interpreter
def test_an_alias_is_known_by_its_owner_and_address(interpreter, tmp_path):
    script = """
resolver = udp(5353)
ask(resolver, "www.example.net")
answer(5353, "www.example.net")
show()
print(seen.about("cdn.test", "198.51.100.2"), seen.about("www.example.net", "198.51.100.1"))
"""
    assert told(interpreter, tmp_path, script) == ["www.example.net ['198.51.100.1'] 60", "no more", "[] []"]


@each_interpreter
def test_an_answer_without_its_question_does_not_count(interpreter, tmp_path):
    script = """
resolver = udp(5353)
answer(5353, "www.example.net")
ask(resolver, "www.example.net", 8)
answer(5353, "www.example.net", 9)
answer(5354, "www.example.net", 8)
ask(resolver, "www.example.net", 10)
answer(5353, "other.example.net", 10)
show()
"""
    assert told(interpreter, tmp_path, script) == ["no more"]


@each_interpreter
def test_a_server_that_only_clients_ask_does_not_count(interpreter, tmp_path):
    """No socket of this machine has the port that a client's question leaves from."""
    script = """
client = udp(5353)
ask(client, "www.example.net")
client.close()
answer(5353, "www.example.net")
show()
resolver = udp(5354)
ask(resolver, "www.example.net")
answer(5354, "www.example.net")
show()
"""
    lines = told(interpreter, tmp_path, script)
    assert lines == ["no more", "www.example.net ['198.51.100.1'] 60", "no more"]


@each_interpreter
def test_a_question_over_ipv6_does_not_count_where_the_kernel_has_no_ipv6(interpreter, tmp_path):
    """A bridge of such a kernel hands it on nevertheless, and that looks as if this machine had sent it."""
    script = """
from nametrack.adapters import exchanges, tap
class Sockets:
    AF_INET, AF_INET6, SOCK_DGRAM = socket.AF_INET, socket.AF_INET6, socket.SOCK_DGRAM
    @staticmethod
    def socket(family, *rest):
        if family == socket.AF_INET6:
            raise OSError(compat.EAFNOSUPPORT)
        return socket.socket(family, *rest)
exchanges.socket = tap.socket = Sockets
from nametrack.wire.packets import Datagram
question = encode(wire.Message(7, wire.RD, 0, [wire.Question("www.example.net", 1)], [], [], []))
seen._take(Datagram(bytes(15) + b"\x02", 5353, bytes(15) + b"\x01", 53, question))
print(len(seen._servers), tap._can_bind("2001:db8::1"))
"""
    assert told(interpreter, tmp_path, script) == ["0 False"]


@each_interpreter
def test_names_that_are_not_wanted_and_what_is_no_dns_are_passed_over(interpreter, tmp_path):
    script = """
resolver = udp(5353)
for name in ("example.net", "www.other.net", "a.host.test"):
    ask(resolver, name)
    answer(5353, name)
for data in (b"", b"x", bytes(12), bytes(10) + b"\\xff" * 40):
    resolver.sendto(data, compat.sockaddr("127.0.0.1", 5300))
show()
ask(resolver, "host.test")
answer(5353, "host.test")
show()
print(poller.wait(compat.monotonic()))
seen.close()
"""
    assert told(interpreter, tmp_path, script) == ["no more", "host.test ['198.51.100.1'] 60", "no more", "None"]


@each_interpreter
def test_what_is_remembered_of_a_flood_is_bounded_and_the_newest_counts(interpreter, tmp_path):
    script = """
resolver = udp(5353)
def ask_at(port, id):
    question = wire.Message(id, wire.RD, 0, [wire.Question("www.example.net", 1)], [], [], [])
    resolver.sendto(encode(question), compat.sockaddr("127.0.0.1", port))
for id in range(200):
    ask_at(5300, id)
    seen.read()
print(len(seen._asked) <= 64)
for id in range(200, 400):
    ask_at(5300, id)
    answer(5353, "www.example.net", id)
    seen.read()
print(len(seen._told) <= 64)
for port in range(6000, 6100):
    ask_at(port, 7)
    seen.read()
print(len(seen._servers) <= 16)
ask_at(5300, 500)
answer(5353, "host.test", 500)
ask(resolver, "host.test", 501)
answer(5353, "host.test", 501)
seen.read()
print(seen.about("cdn.test", "198.51.100.1")[-1].name)
"""
    assert told(interpreter, tmp_path, script) == ["True", "True", "True", "host.test"]
