"""What the packet socket costs each packet that the router hands on to a client: `tap.py`, run in the lab; the last
line is JSON: {wildcards: the processor time of a packet of 1,400 bytes and no DNS, over that without the socket}, the
median of pairs measured one after the other.

The lab's own network sends through the router to a client that drops the packets: all of it is the sender's time.
"""

import contextlib
import ctypes
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "agent")]

from lab.host import cable  # noqa: E402
from lab.world import World  # noqa: E402

PASSES, BURSTS, AT_ONCE, SIZE = 25, 700, 64, 1400
CLIENT, PORT = "10.72.0.2", 4000
LISTEN = f"""
import sys
sys.path[:0] = [{str(TOP / "agent")!r}]
from nametrack.compat_packet import packet_socket
from nametrack.wire import bpf
names = tuple("shop%d.example.test" % i for i in range(int(sys.argv[1])))
sock = packet_socket("lan", bpf.answers_about(*bpf.compared(names, (), ())))
print("listening", flush=True)
sys.stdin.read()
"""
DROP = """
table ip bench {
    chain early {
        type filter hook prerouting priority raw;
        udp dport %d drop
    }
}
"""


# `struct mmsghdr` of sendmmsg(2): many packets a call, or the calls would hide what a packet costs.
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Message(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("vectors", ctypes.POINTER(Vector)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class Sent(ctypes.Structure):
    _fields_ = [("message", Message), ("size", ctypes.c_uint)]


class Sender:
    """Packets to the client."""

    def __init__(self):
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.connect((CLIENT, PORT))
        self._data = ctypes.create_string_buffer(SIZE)
        self._vectors = (Vector * 1)(Vector(ctypes.addressof(self._data), SIZE))
        self._messages = (Sent * AT_ONCE)(*[Sent(Message(vectors=self._vectors, count=1)) for _ in range(AT_ONCE)])
        self._call = ctypes.CDLL(None).sendmmsg

    def cost(self):
        """Seconds of processor time that so many packets take."""
        before = time.process_time()
        for _ in range(BURSTS):
            assert self._call(self._sock.fileno(), self._messages, AT_ONCE, 0) == AT_ONCE
        return time.process_time() - before


@contextlib.contextmanager
def listening(router, wildcards):
    words = router.here([sys.executable, "-c", LISTEN, str(wildcards)])
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"listening\n"
        yield
    finally:
        process.communicate()


def main():
    found = {4: [], 40: [], 200: []}
    with World() as world:
        router, client = world.beach, world.host("client")
        pair = f"link add out type veth peer name in netns {router.name}"
        for words in (pair, "addr add 10.71.0.1/24 dev out", "link set out up", "route add 10.72.0.0/24 via 10.71.0.2"):
            subprocess.run(["ip", *words.split()], check=True)
        cable(router, "lan", client, "wan")
        for words in ("addr add 10.71.0.2/24 dev in", "link set in up", "addr add 10.72.0.1/24 dev lan"):
            router.ip(words)
        router.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
        client.ip(f"addr add {CLIENT}/24 dev wan")
        client.ip("route add default via 10.72.0.1")
        client.nft(DROP % PORT)
        sender = Sender()
        for _ in range(PASSES):
            for wildcards, ratios in found.items():
                bare = sender.cost()
                with listening(router, wildcards):
                    ratios.append(sender.cost() / bare)
    print(json.dumps({wildcards: statistics.median(ratios) for wildcards, ratios in found.items()}))


if __name__ == "__main__":
    main()
