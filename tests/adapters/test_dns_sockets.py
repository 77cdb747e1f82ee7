"""Queries over real sockets to a server that does as it is told."""

import contextlib
import socket
import struct
import threading

import pytest

from both import ALONE, each_interpreter, run
from dns_written import RA, encode
from nametrack.wire import dnsmessage as wire

SEND = """
from nametrack.adapters.dns import Dns
dns = Dns(poller, emit)
server = sys.argv[1]
def send(number=1, tcp=False, name="a.test", rtype=1, server=server, edns=True):
    dns.send(do.SendQuery(number, name, rtype, server, tcp, True, edns))
def over():
    return any(type(e) is not on.AnswerRejected for e in events)
"""
# A server beside the agent, in the same process: the network that the script runs in is reached by nobody else.
SERVED = """
import socket
from dns_written import RA, encode
from nametrack.wire import dnsmessage as wire
from nametrack.daemon.loop import Poller
server_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server_socket.bind(compat.sockaddr("127.0.0.1", 5300))
served = 0
def serve(mask):
    global served
    served += 1
    data, peer = server_socket.recvfrom(4096)
    asked = wire.decode(data)
    record = wire.Record(asked.question[0].name, 1, 60, "192.0.2.1")
    reply = wire.Message(asked.id, wire.QR | wire.RD | RA, 0, asked.question, [record], [], [])
    server_socket.sendto(encode(reply), peer)
poller.add(server_socket.fileno(), serve)
"""
ASK = SEND + "send()\nprint(len(events))\nuntil(over)\n"
ASK_TCP = SEND + "send(tcp=True)\nprint(len(events))\nuntil(over)\n"


ANSWERED = "QueryAnswered 1 Answer(status='found', values=['192.0.2.1'], ttl=60, name=None, reason=None, extended=None)"


def response(query, values=("192.0.2.1",), flags=0, rcode=0, **changes):
    """The answer to the bytes of a query; `changes`: fields of the message that are to be wrong."""
    asked = wire.decode(query)
    question = asked.question[0]
    records = [wire.Record(question.name, question.rtype, 60, value) for value in values]
    message = wire.Message(asked.id, wire.QR | wire.RD | RA | flags, rcode, asked.question, records, [], [])
    return encode(message._replace(**changes))


@contextlib.contextmanager
def udp_server(answer, address="127.0.0.1"):
    """Calls `answer(socket, data, peer)` for each datagram; gives the server's text."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    seen = []

    def serve():
        while True:
            try:
                data, peer = sock.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            seen.append((data, peer))
            answer(sock, data, peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"{address}#{sock.getsockname()[1]}", seen
    with socket.socket(family, socket.SOCK_DGRAM) as last:
        last.sendto(b"", sock.getsockname())
    thread.join(5)
    sock.close()


@contextlib.contextmanager
def tcp_server(answer):
    """Calls `answer(connection, query)` for each connection, the query without its length; gives the server's text."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                size = struct.unpack("!H", receive(connection, 2))[0]
                with contextlib.suppress(OSError):
                    answer(connection, receive(connection, size))

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1#{listener.getsockname()[1]}"
    listener.close()


@contextlib.contextmanager
def closed_port(kind):
    """Gives the text of a server that refuses each question. The port is held: no other test comes to listen there,
    and no question comes from that very port. By a TCP socket that does not listen, or by one for datagrams that takes
    those of one other address only."""
    with socket.socket(socket.AF_INET, kind) as held:
        held.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_DGRAM:
            held.connect(("127.0.0.2", 9))
        yield f"127.0.0.1#{held.getsockname()[1]}"


def receive(connection, size):
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def prefixed(message):
    return struct.pack("!H", len(message)) + message


@each_interpreter
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_answer_over_udp(interpreter, address, tmp_path):
    with udp_server(lambda s, data, peer: s.sendto(response(data), peer), address) as (server, seen):
        lines = run(interpreter, tmp_path, ASK, server)
    assert lines == [
        "0",
        ANSWERED,
    ]
    asked = wire.decode(seen[0][0])
    assert asked.question == [wire.Question("a.test", 1)] and asked.flags & wire.RD


@each_interpreter
def test_each_query_has_a_port_and_an_id_of_its_own(interpreter, tmp_path):
    script = SEND + "for i in range(40):\n    send(i)\nuntil(lambda: len(events) == 40)\n"
    with udp_server(lambda s, data, peer: s.sendto(response(data), peer)) as (server, seen):
        lines = run(interpreter, tmp_path, script, server)
    assert sorted(int(line.split()[1]) for line in lines) == list(range(40))
    assert len({peer for _, peer in seen}) == 40
    assert len({data[:2] for data, _ in seen}) > 35
    ports = sorted(peer[1] for _, peer in seen)
    assert ports[-1] - ports[0] > 100  # not one after the other


WRONG = {
    "other id": (lambda q: bytes([q[0] ^ 1]) + response(q)[1:], "the id of another question"),
    "not a response": (lambda q: q, "not a response"),
    "other name": (lambda q: response(q, question=[wire.Question("b.test", 1)]), "question for another name"),
    "other type": (lambda q: response(q, question=[wire.Question("a.test", 28)]), "question for another type"),
    "garbage": (lambda q: b"\xff" * 40, ""),
    "one byte": (lambda q: b"x", "message cut off"),
    "empty": (lambda q: b"", "message cut off"),
}


@each_interpreter
@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_is_no_answer_is_thrown_away_and_the_waiting_goes_on(interpreter, what, tmp_path):
    make, reason = WRONG[what]

    def answer(sock, data, peer):
        sock.sendto(make(data), peer)
        sock.sendto(response(data), peer)

    with udp_server(answer) as (server, _):
        lines = run(interpreter, tmp_path, ASK, server)
    assert lines[1].startswith(f"AnswerRejected 1 {server}: ") and reason in lines[1]
    assert lines[2].startswith("QueryAnswered 1 ")


UNREAD = {
    "cut off": (lambda q: response(q)[:-1], "message cut off"),
    "a misplaced OPT record": (
        lambda q: response(q, answer=[wire.Record("", wire.OPT, 0, wire.Opt(1232, 0, 0, b""))]),
        "misplaced OPT record",
    ),
    "an OPT record that is only counted": (
        lambda q: q[:2] + b"\x81\x80" + q[4:-11],
        "message cut off inside a name",
    ),
    "no understanding": (lambda q: response(q, (), rcode=1), "FORMERR"),
    "another version": (
        lambda q: response(q, (), rcode=16, additional=[wire.Record("", wire.OPT, 0, wire.Opt(1232, 0, 0, b""))]),
        "BADVERS",
    ),
}


@each_interpreter
@pytest.mark.parametrize("script", [ASK, ASK_TCP], ids=["udp", "tcp"])
@pytest.mark.parametrize("what", sorted(UNREAD))
def test_a_server_that_answers_unreadably_is_told_from_a_forger(interpreter, what, script, tmp_path):
    make, reason = UNREAD[what]
    with contextlib.ExitStack() as stack:
        if script == ASK:
            server, _ = stack.enter_context(udp_server(lambda s, data, peer: s.sendto(make(data), peer)))
        else:
            server = stack.enter_context(tcp_server(lambda c, query: c.sendall(prefixed(make(query)))))
        lines = run(interpreter, tmp_path, script, server)
    expected = f"Answer(status='unread', values=[], ttl=0, name=None, reason='{reason}', extended=None)"
    assert lines == ["0", "QueryAnswered 1 " + expected]


@each_interpreter
@pytest.mark.parametrize("edns", [True, False])
def test_a_question_has_edns_if_it_is_to(interpreter, edns, tmp_path):
    script = SEND + f"send(edns={edns})\nuntil(over)\n"
    with udp_server(lambda s, data, peer: s.sendto(response(data), peer)) as (server, seen):
        run(interpreter, tmp_path, script, server)
    assert [record.rtype for record in wire.decode(seen[0][0]).additional] == ([wire.OPT] if edns else [])


@each_interpreter
def test_no_other_host_than_the_server_is_heard(interpreter, tmp_path):
    def answer(sock, data, peer):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(response(data, values=("203.0.113.66",)), peer)
        sock.sendto(response(data), peer)

    with udp_server(answer) as (server, _):
        lines = run(interpreter, tmp_path, ASK, server)
    assert lines[1:] == [ANSWERED]


@each_interpreter
@pytest.mark.parametrize("cut", [0, 3, 17])
def test_a_truncated_answer_gives_what_came_of_it(interpreter, cut, tmp_path):
    def answer(sock, data, peer):
        whole = response(data, ("192.0.2.1", "192.0.2.2"), flags=wire.TC)
        sock.sendto(whole[: len(whole) - cut], peer)

    came = ["192.0.2.1", "192.0.2.2"][: 2 - (cut + 15) // 16]
    with udp_server(answer) as (server, _):
        lines = run(interpreter, tmp_path, ASK, server)
    assert lines[1].startswith(f"QueryAnswered 1 Answer(status='truncated', values={came}, ttl=")


@each_interpreter
def test_an_error_of_the_server_is_an_answer_that_failed(interpreter, tmp_path):
    with udp_server(lambda s, data, peer: s.sendto(response(data, (), rcode=2), peer)) as (server, _):
        lines = run(interpreter, tmp_path, ASK, server)
    assert lines[1] == (
        "QueryAnswered 1 Answer(status='failed', values=[], ttl=0, name=None, reason='SERVFAIL', extended=None)"
    )


@each_interpreter
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_closed_port_is_a_failure_at_once(interpreter, kind, tmp_path):
    script = ASK if kind == socket.SOCK_DGRAM else ASK_TCP
    with closed_port(kind) as server:
        lines = run(interpreter, tmp_path, script, server)
    assert lines == ["0", "QueryFailed 1 connection refused"]


@each_interpreter
@pytest.mark.parametrize("script", [ASK, ASK_TCP], ids=["udp", "tcp"])
def test_a_query_that_cannot_be_sent_fails_from_the_loop(interpreter, script, tmp_path):
    lines = run(interpreter, tmp_path, script, "255.255.255.255")  # connecting to it is refused by the kernel
    assert lines[0] == "0" and lines[1] in ("QueryFailed 1 permission denied", "QueryFailed 1 network unreachable")


@each_interpreter
def test_a_name_that_dns_cannot_ask_for_fails_from_the_loop(interpreter, tmp_path):
    script = SEND + 'send(name="a..test")\nprint(len(events))\nuntil(over)\n'
    assert run(interpreter, tmp_path, script, "127.0.0.1") == ["0", "QueryFailed 1 name has an empty label"]


@each_interpreter
def test_a_cancelled_query_says_nothing_more(interpreter, tmp_path):
    script = (
        SEND
        + """
for number in (1, 2):
    send(number)
send(3, name="a..test")
send(4, tcp=True)
for number in (1, 3, 4, 99):
    dns.cancel(number)
until(over)
seconds(0.3)
dns.cancel(2)
"""
    )
    with udp_server(lambda s, data, peer: s.sendto(response(data), peer)) as (server, _):
        lines = run(interpreter, tmp_path, script, server)
    assert [line[:15] for line in lines] == ["QueryAnswered 2"]


@each_interpreter
def test_a_flood_for_one_query_does_not_stop_another(interpreter, tmp_path):
    flooding = threading.Event()

    def flood(sock, data, peer):
        def pour():
            with contextlib.suppress(OSError):
                while not flooding.is_set():
                    sock.sendto(b"x" * 20, peer)

        threading.Thread(target=pour, daemon=True).start()

    script = (
        SEND
        + """
dns._emit = quiet = lambda event: None
send(1)
seconds(0.5)
dns._emit = emit
send(2, server=sys.argv[2])
until(over)
"""
    )
    try:
        with udp_server(flood) as (bad, _):
            with udp_server(lambda s, data, peer: s.sendto(response(data), peer)) as (good, _):
                lines = run(interpreter, tmp_path, script, bad, good)
            flooding.set()
    finally:
        flooding.set()
    assert lines[-1].startswith("QueryAnswered 2 ")


# -- TCP --


@each_interpreter
def test_an_answer_over_tcp(interpreter, tmp_path):
    values = [f"198.51.{i}.{j}" for i in range(10) for j in range(100)]
    with tcp_server(lambda c, query: c.sendall(prefixed(response(query, values)))) as server:
        lines = run(interpreter, tmp_path, ASK_TCP, server)
    assert lines[0] == "0" and lines[1].count("198.51.") == 1000


@each_interpreter
def test_an_answer_that_comes_byte_by_byte(interpreter, tmp_path):
    def answer(connection, query):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in prefixed(response(query)):
            connection.sendall(bytes([byte]))

    with tcp_server(answer) as server:
        lines = run(interpreter, tmp_path, ASK_TCP, server)
    assert lines[1].startswith("QueryAnswered 1 Answer(status='found', values=['192.0.2.1']")


FAILING = {
    "nothing": (lambda q: b"", "connection closed"),
    "half a length": (lambda q: b"\0", "connection closed"),
    "cut off": (lambda q: prefixed(response(q))[:-3], "connection closed"),
    "no message": (lambda q: prefixed(b"\xff" * 5), "message cut off"),
    "empty": (lambda q: prefixed(b""), "message cut off"),
    "other name": (
        lambda q: prefixed(response(q, question=[wire.Question("b.test", 1)])),
        "question for another name",
    ),
}


@each_interpreter
@pytest.mark.parametrize("what", sorted(FAILING))
def test_what_is_no_answer_over_tcp_is_a_failure(interpreter, what, tmp_path):
    make, reason = FAILING[what]
    with tcp_server(lambda connection, query: connection.sendall(make(query))) as server:
        assert run(interpreter, tmp_path, ASK_TCP, server) == ["0", f"QueryFailed 1 {reason}"]


@each_interpreter
@pytest.mark.parametrize("how", ["cancelled", "answered"])
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_the_descriptor_of_a_query_that_is_over_is_free_at_once(interpreter, tcp, how, tmp_path):
    """The socket is held here, so that no collector closes it; the kernel gives the lowest number that is free."""
    script = (
        SEND
        + f"""
import socket
send(tcp={tcp})
held = dns._open[1].socket
before = held.fileno()
dns.cancel(1) if "{how}" == "cancelled" else until(over)
print(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).fileno() == before)
"""
    )
    with contextlib.ExitStack() as stack:
        if tcp:
            server = stack.enter_context(tcp_server(lambda c, query: c.sendall(prefixed(response(query)))))
        else:
            server, _ = stack.enter_context(udp_server(lambda s, data, peer: s.sendto(response(data), peer)))
        assert run(interpreter, tmp_path, script, server)[-1] == "True"


@each_interpreter
def test_the_descriptor_of_a_query_that_could_not_be_sent_is_free_at_once(interpreter, tmp_path):
    script = (
        SEND
        + """
import socket
def free():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = sock.fileno()
    sock.close()
    return number
before = free()
send(server="127.0.0.1@gone0")
print(free() == before)
"""
    )
    assert run(interpreter, tmp_path, script, "127.0.0.1") == ["True"]


@each_interpreter
def test_a_question_can_be_made_to_leave_through_one_device(interpreter, tmp_path):
    """Of two questions to a server on lo, the one that must leave through another device never arrives there."""
    script = (
        SERVED + SEND + "send(1, server=server + '@nt0')\nsend(2, server=server + '@lo')\nuntil(over)\nprint(served)\n"
    )
    network = 'ip link set lo up && ip link add nt0 type veth peer name nt1 && ip link set nt0 up && exec "$@"'
    lines = run(interpreter, tmp_path, script, "127.0.0.1#5300", within=[*ALONE, "sh", "-c", network, "sh"])
    assert lines[0].startswith("QueryAnswered 2 Answer"), lines
    assert lines[1:] == ["1"], lines


@each_interpreter
def test_a_device_that_is_not_there_is_a_failure(interpreter, tmp_path):
    lines = run(interpreter, tmp_path, SEND + "send(server='127.0.0.1@gone0')\nuntil(over)\n", "127.0.0.1")
    assert lines == ["QueryFailed 1 no such device"]
