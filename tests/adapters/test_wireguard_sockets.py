"""Userspace WireGuard over its socket and kernel WireGuard over netlink; both play back what real ones say."""

import contextlib
import json
import socket
import struct
import sys
import threading

import pytest

from both import TOP, each_interpreter, run

WIREGUARD = """
from nametrack.adapters.wireguard import WireGuard
wireguard = WireGuard(poller, emit, (sys.argv[1] + '/none', sys.argv[1]))
KEY = "NwPKbjrhrfKNDu7scsY7ipBgY+I7hk/v4uWYQE9L0h8="
def read(interface="wg0"):
    wireguard.read(do.ReadPeers(interface))
def set_endpoint(address="127.0.0.1", port=51820, interface="wg0", key=KEY):
    wireguard.set_endpoint(do.SetEndpoint(interface, key, address, port, None, None, "why"), lambda: None)
def finish():
    until(lambda: not wireguard.busy())
def show():
    print("--")
    for event in events:
        if type(event) is on.AllowedRead:
            print(event.id, event.interface, event.peers)
        elif type(event) is on.PeersRead:
            print(event.interface, abs(event.wall - compat.wall()) < 3, len(event.peers))
            for peer in event.peers[:3]:
                print(peer.public_key, peer.endpoint, peer.last_handshake, peer.rx_bytes, peer.tx_bytes)
        else:
            print(type(event.action).__name__, event.reason)
"""
ONE = WIREGUARD + "read()\nfinish()\nshow()\n"


def shown(lines):
    return lines[lines.index("--") + 1 :]


# -- a userspace interface --


@contextlib.contextmanager
def userspace(folder, answer):
    """Calls `answer(connection, request)` for each request on wg0's socket."""
    path = folder / "wg0.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(5)
    requests = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                data = b""
                while not data.endswith(b"\n\n"):
                    piece = connection.recv(4096)
                    if not piece:
                        break
                    data += piece
                requests.append(data.decode())
                answer(connection, data)

    threading.Thread(target=serve, daemon=True).start()
    yield requests
    listener.close()


HEX_KEY = "37" * 32
DEVICE = (
    f"private_key={'ab' * 32}\nlisten_port=51820\npublic_key={HEX_KEY}\npreshared_key={'cd' * 32}\n"
    "endpoint=198.51.100.1:51820\nlast_handshake_time_sec=1700000000\nlast_handshake_time_nsec=1\n"
    "tx_bytes=20\nrx_bytes=10\npersistent_keepalive_interval=25\nallowed_ip=0.0.0.0/0\nerrno=0\n\n"
).encode()


@each_interpreter
def test_peers_of_a_userspace_interface(interpreter, tmp_path):
    with userspace(tmp_path, lambda c, request: c.sendall(DEVICE)) as requests:
        lines = shown(run(interpreter, tmp_path, ONE, tmp_path))
    assert requests == ["get=1\n\n"]
    assert lines == ["wg0 True 1", "Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc= 198.51.100.1:51820 1700000000 10 20"]


@each_interpreter
def test_the_allowed_ips_of_a_userspace_interface(interpreter, tmp_path):
    script = WIREGUARD + "wireguard.read_allowed(do.ReadAllowed(3, 'wg0'))\nfinish()\nshow()\n"
    with userspace(tmp_path, lambda c, request: c.sendall(DEVICE)):
        lines = shown(run(interpreter, tmp_path, script, tmp_path))
    key = "Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc="
    assert lines == [f"3 wg0 [Holder(public_key='{key}', allowed_ips=['0.0.0.0/0'], last_handshake=1700000000)]"]


@each_interpreter
def test_an_answer_in_pieces_and_a_connection_that_stays_open(interpreter, tmp_path):
    def answer(connection, request):
        for byte in DEVICE:
            connection.send(bytes([byte]))
        connection.recv(1)

    with userspace(tmp_path, answer):
        assert shown(run(interpreter, tmp_path, ONE, tmp_path))[0] == "wg0 True 1"


@each_interpreter
def test_an_endpoint_is_set_update_only_and_success_is_silent(interpreter, tmp_path):
    script = WIREGUARD + "set_endpoint()\nset_endpoint('::1')\nprint(wireguard.busy())\nfinish()\nshow()\n"
    with userspace(tmp_path, lambda c, request: c.sendall(b"errno=0\n\n")) as requests:
        lines = run(interpreter, tmp_path, script, tmp_path)
    assert lines[0] == "True" and shown(lines) == []
    key = "3703ca6e3ae1adf28d0eeeec72c63b8a906063e23b864fefe2e598404f4bd21f"
    assert sorted(requests) == [
        f"set=1\npublic_key={key}\nupdate_only=true\nendpoint={endpoint}\n\n"
        for endpoint in ("127.0.0.1:51820", "[::1]:51820")
    ]


FAILING = {
    "closed": (b"", "the answer is cut short"),
    "cut off": (DEVICE[:-20], "the answer is cut short"),
    "garbage": (b"\xff\xfe" * 50 + b"\n", "a line without '='"),
    "endless line": (b"x" * 100000, "a line is too long"),
    "refused": (b"errno=-1\n\n", "not permitted"),
    "goes on": (DEVICE + b"x", "the answer goes on after its end"),
}


@each_interpreter
@pytest.mark.parametrize("what", sorted(FAILING))
def test_what_is_no_answer_is_a_failure(interpreter, what, tmp_path):
    data, reason = FAILING[what]
    with userspace(tmp_path, lambda c, request: c.sendall(data)):
        assert shown(run(interpreter, tmp_path, ONE, tmp_path)) == [f"ReadPeers {reason}"]


@each_interpreter
def test_an_interface_that_does_not_answer_is_given_up(interpreter, tmp_path):
    script = WIREGUARD + "from nametrack.adapters import userspace_wireguard\nuserspace_wireguard.LIMIT = 1\n"
    script += "read()\nfinish()\nshow()\n"
    with userspace(tmp_path, lambda c, request: c.recv(1)):
        assert shown(run(interpreter, tmp_path, script, tmp_path)) == ["ReadPeers no answer in 1 s"]


@each_interpreter
def test_what_is_no_key_no_address_or_no_name_is_a_failure(interpreter, tmp_path):
    script = (
        WIREGUARD + "set_endpoint(key='x')\nset_endpoint(port=0)\nread('../wg0')\nread('x' * 200)\nfinish()\nshow()\n"
    )
    with userspace(tmp_path, lambda c, request: c.sendall(b"errno=0\n\n")) as requests:
        lines = shown(run(interpreter, tmp_path, script, tmp_path))
    assert [line.split()[0] for line in lines] == ["SetEndpoint", "SetEndpoint", "ReadPeers", "ReadPeers"]
    assert requests == [] or set(requests) == {""}


# -- the kernel --

RECORDED = {}
for text in (TOP / "tests/wire/data/wireguard.jsonl").read_text().splitlines():
    item = json.loads(text)
    RECORDED.setdefault(item["scenario"], []).append((item["dir"], bytes.fromhex(item["hex"])))
FAKE_KERNEL = (
    WIREGUARD
    + """
import socket
real = compat.netlink_socket
def netlink_socket(protocol, groups=0):
    if protocol != 16:  # the routes are the real kernel's
        return real(protocol, groups)
    s = socket.socket(socket.AF_UNIX, 5)  # SOCK_SEQPACKET: datagrams, as netlink's
    s.connect(compat.unix_sockaddr(sys.argv[1] + "/kernel"))
    return s
compat.netlink_socket = netlink_socket
compat._short = compat.Receiver(32768)  # what was recorded was told to a reader of as many
"""
)
little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="the recording is little endian")


def numbered(datagram, seq):
    """A recorded answer with the number of another request."""
    out, at = bytearray(datagram), 0
    while at < len(out):
        struct.pack_into("<I", out, at + 8, seq)
        at += (struct.unpack_from("<I", out, at)[0] + 3) & ~3
    return bytes(out)


def error(seq, number):
    return struct.pack("<IHHII", 36, 2, 0x100, seq, 0) + struct.pack("<i", -number) + bytes(16)


@contextlib.contextmanager
def kernel(folder, answers):
    """`answers(request)` gives the datagrams that answer one; their sequence numbers are put right."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(folder / "kernel"))
    listener.listen(5)
    requests = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                while True:
                    request = connection.recv(65536)
                    if not request:
                        break
                    requests.append(request)
                    for datagram in answers(request):
                        connection.send(numbered(datagram, struct.unpack_from("<I", request, 8)[0]))

    threading.Thread(target=serve, daemon=True).start()
    yield requests
    listener.close()


def recorded(scenario):
    return [data for direction, data in RECORDED[scenario] if direction == "<"]


def plays(scenario, amnezia=None):
    """A kernel with the family wireguard that plays one scenario; with `amnezia`, that family plays another."""

    def answers(request):
        family = struct.unpack_from("<H", request, 4)[0]
        if family == 16:
            if b"amneziawg" not in request:
                return recorded("getfamily")
            if amnezia is None:
                return [error(0, 2)]
            return [
                data.replace(b"\x06\x00\x01\x00\x20\x00", b"\x06\x00\x01\x00\x21\x00") for data in recorded("getfamily")
            ]
        if family == 33:
            return [data.replace(b"\x20\x00\x02\x00", b"\x21\x00\x02\x00", 1) for data in amnezia]
        return scenario

    return answers


@little_endian
@each_interpreter
@pytest.mark.parametrize("scenario, count", [("get-wg0", 2), ("get-wg1-many", 200)])
def test_peers_of_a_kernel_interface(interpreter, scenario, count, tmp_path):
    script = FAKE_KERNEL + "read()\nshow()\n"
    with kernel(tmp_path, plays(recorded(scenario))) as requests:
        lines = shown(run(interpreter, tmp_path, script, tmp_path))
    assert lines[0] == f"wg0 True {count}"
    assert len(requests) == 2


@little_endian
@each_interpreter
def test_a_device_that_changes_meanwhile_is_read_again(interpreter, tmp_path):
    whole = recorded("get-wg0")
    times = [0]

    def answers(request):
        if struct.unpack_from("<H", request, 4)[0] == 16:
            return recorded("getfamily")
        times[0] += 1
        if times[0] % 3 == 0:
            return whole
        flags = struct.unpack_from("<H", whole[0], 6)[0] | 0x10
        return [whole[0][:6] + struct.pack("<H", flags) + whole[0][8:]] + whole[1:]

    with kernel(tmp_path, answers):
        assert shown(run(interpreter, tmp_path, FAKE_KERNEL + "read()\nshow()\n", tmp_path))[0] == "wg0 True 2"
    assert times[0] == 3


@little_endian
@each_interpreter
def test_an_endpoint_set_in_the_kernel(interpreter, tmp_path):
    with kernel(tmp_path, plays([error(0, 0)])) as requests:
        lines = shown(run(interpreter, tmp_path, FAKE_KERNEL + "set_endpoint()\nshow()\n", tmp_path))
    assert lines == []
    assert b"\x02\x00\xca\x6c\x7f\x00\x00\x01" in requests[-1]


@little_endian
@each_interpreter
@pytest.mark.parametrize(
    "wireguard, amnezia, reason",
    [
        (19, None, "interface wg0 does not exist"),
        (95, None, "interface wg0 is no WireGuard interface"),
        (95, 19, "interface wg0 does not exist"),
        (1, None, "not permitted"),
        (12, 0, "out of memory"),
    ],
)
def test_errors_of_the_kernel_in_words(interpreter, wireguard, amnezia, reason, tmp_path):
    other = None if amnezia is None else [error(0, amnezia)]
    with kernel(tmp_path, plays([error(0, wireguard)], other)):
        lines = shown(run(interpreter, tmp_path, FAKE_KERNEL + "read()\nset_endpoint()\nshow()\n", tmp_path))
    assert lines == [f"ReadPeers {reason}", f"SetEndpoint {reason}"]


@little_endian
@each_interpreter
def test_amneziawg_is_asked_where_wireguard_does_not_know_the_interface(interpreter, tmp_path):
    with kernel(tmp_path, plays([error(0, 95)], [error(0, 0)])) as requests:
        assert shown(run(interpreter, tmp_path, FAKE_KERNEL + "set_endpoint()\nshow()\n", tmp_path)) == []
    assert [struct.unpack_from("<H", r, 4)[0] for r in requests] == [16, 32, 16, 33]


@little_endian
@each_interpreter
def test_a_kernel_that_is_silent_or_talks_nonsense_is_a_failure(interpreter, tmp_path):
    def answers(request):
        if b"wg1" in request:
            return []
        if struct.unpack_from("<H", request, 4)[0] == 16:
            return recorded("getfamily")
        return [recorded("get-wg0")[0][:200]]

    script = FAKE_KERNEL + "read()\nread('wg1')\nshow()\n"
    with kernel(tmp_path, answers):
        lines = shown(run(interpreter, tmp_path, script, tmp_path))
    assert lines[0].startswith("ReadPeers a message of") and lines[1] == "ReadPeers the kernel does not answer"


def absent(interface):
    """What is said of it where the kernel knows WireGuard, and where it does not."""
    return [
        f"interface {interface} does not exist",
        f"no WireGuard interface {interface}: neither a userspace one, nor any in this kernel",
    ]


@each_interpreter
def test_this_kernel_has_no_such_interface(interpreter, tmp_path):
    lines = shown(run(interpreter, tmp_path, WIREGUARD + "read('absent0')\nshow()\n", tmp_path))
    assert lines[0].replace("ReadPeers ", "") in absent("absent0")


@each_interpreter
def test_a_socket_left_by_a_dead_process_is_no_interface(interpreter, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(tmp_path / "wg0.sock"))
    lines = shown(run(interpreter, tmp_path, ONE, tmp_path))
    assert lines[0].replace("ReadPeers ", "") in absent("wg0")
