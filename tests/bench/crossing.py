"""A router with many ways out of its own, for measurements of routes: no tunnel, so that only routing costs anything.

    clients 10.1.0.2-21 ── br-lan  router  w0 … w14 ── sink    drops what arrives
                                   wan ─────────────── sink
                                   dns ─────────────── this process, which answers questions at 10.3.0.2

Run in network and mount namespaces of one's own: `unshare --net --mount`, as root.
"""

import os
import pathlib
import subprocess
import sys
import threading
import time

from lab.enter import RUN
from lab.host import Host, cable, wait_for

WAYS = [f"w{i}" for i in range(15)]
CLIENTS = [f"10.1.0.{i}" for i in range(2, 22)]
RATE = 1000  # packets a second
SENDER = """
import itertools, socket, sys, time
rate, pairs = int(sys.argv[1]), [line.split() for line in open(sys.argv[2])]
sockets = {}
for source, _ in pairs:
    if source not in sockets:
        sockets[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets[source].bind((source, 0))
began = time.monotonic()
for number, (source, address) in enumerate(itertools.cycle(pairs)):
    try:
        sockets[source].sendto(b"x", (address, 9))
    except OSError:
        pass
    time.sleep(max(0, began + (number + 1) / rate - time.monotonic()))
"""
COUNTERS = """
table inet count {
	set right { type ipv4_addr . ifname; elements = { %s } }
	counter came { }
	counter right { }
	counter astray { }
	chain pre { type filter hook prerouting priority 200; iifname "br-lan" udp dport 9 counter name came
	}
	chain post {
		type filter hook postrouting priority 200;
		iifname "br-lan" udp dport 9 ip daddr . oifname @right counter name right accept
		iifname "br-lan" udp dport 9 counter name astray
	}
}
"""
DROP = "table inet %s { chain pre { type filter hook prerouting priority -300; %s drop\n}\n}\n"
# So many packets as fast as one core sends them, in nanoseconds of that core for each; by far the most of it is the
# router's work, which the kernel does while the sender sends. The sink drops them on arrival.
BLAST = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 9))
count, send = int(sys.argv[2]), s.send
began = time.thread_time_ns()
for _ in range(count):
    send(b"x")
print((time.thread_time_ns() - began) // count)
"""


class Crossing:
    """Built when entered."""

    def __enter__(self):
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        for folder in (RUN, pathlib.Path("/run/netns")):
            folder.mkdir()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.router, self.client, self.sink = Host("router"), Host("client"), Host("sink")
        for host in (self.router, self.sink):
            host.sysctl("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0")
        cable(self.router, "br-lan", self.client, "eth0")
        self.router.ip("addr add 10.1.0.1/24 dev br-lan")
        self.client.ip(*(f"addr add {address}/24 dev eth0" for address in CLIENTS))
        self.client.ip("route add default via 10.1.0.1")
        for number, name in enumerate(["wan", *WAYS]):
            self.way(name, number)
        self.router.ip("route add default via 10.2.0.2 dev wan")
        cable(self.router, "dns", Host("here", own=False), "router")
        self.router.ip("addr add 10.3.0.1/24 dev dns")
        subprocess.run(["ip", "addr", "add", "10.3.0.2/24", "dev", "router"], check=True)
        subprocess.run(["ip", "addr", "add", "10.3.0.3/24", "dev", "router"], check=True)
        self.router.sysctl("net/ipv4/ip_forward=1")
        self.sink.nft(DROP % ("sink", "udp dport 9"))
        return self

    def __exit__(self, *_):
        for host in (self.client, self.router, self.sink):
            host.close()

    def way(self, name, number):
        """One way to the sink; a way has no next hops, as a tunnel."""
        cable(self.router, name, self.sink, name)
        # who asks for no MAC address sends to its own: so both ends have the same
        arp = "" if name == "wan" else f" arp off address 02:00:00:00:01:{number:02x}"
        self.router.ip(f"link set {name}{arp} up", f"addr add 10.2.{number}.1/24 dev {name}")
        self.sink.ip(f"link set {name}{arp} up", f"addr add 10.2.{number}.2/24 dev {name}")

    def leads(self, address, source=CLIENTS[0]):
        """The device that a client's packets to an address leave by; None if there is no way."""
        words = f"ip route get {address} from {source} iif br-lan".split()
        text = self.router.run(words, check=False).stdout.split()
        return text[text.index("dev") + 1] if "dev" in text else None

    def cost(self, address, count=100000, samples=12):
        """Nanoseconds of a core for each packet of a client to an address: the least of some, a second apart."""
        found = []
        for _ in range(samples):
            found.append(int(self.client.run([sys.executable, "-c", BLAST, address, count], timeout=120).stdout))
            time.sleep(1)  # so that what else the machine does is over for some of them
        return min(found)


class Stream:
    """RATE packets a second of the clients: `pairs` of (client, address, device that is right)."""

    def __init__(self, crossing, pairs):
        self.router, self.client = crossing.router, crossing.client
        path = RUN / "stream"
        path.write_text("".join(f"{source} {address}\n" for source, address, _ in pairs))
        self.router.nft(COUNTERS % ", ".join(f'{address} . "{device}"' for _, address, device in pairs))
        self.process = self.client.start([sys.executable, "-c", SENDER, RATE, path])
        wait_for(lambda: self.counts()["came"] > 100, 20, "packets")

    def counts(self):
        """How many came, took the right way, and another one."""
        words = self.router.run(["nft", "list", "counters", "table", "inet", "count"]).stdout.split()
        names = [words[i + 1] for i, word in enumerate(words) if word == "counter"]
        numbers = [int(words[i + 1]) for i, word in enumerate(words) if word == "packets"]
        return dict(zip(names, numbers, strict=True))

    def end(self):
        """Stops; what became of the packets."""
        self.client.stop(self.process)
        found = self.counts()
        self.router.nft("delete table inet count")
        return {**found, "lost": found["came"] - found["right"] - found["astray"]}


class Watched:
    """The agent, with a start.py that notes how long it was away from its poll: stretches in which it hears nothing."""

    START = """
import sys
from nametrack import compat
compat.collect_early()
from nametrack.daemon import loop
wait, log = loop.Poller.wait, open({path!r}, "a")
def watched(self, deadline):
    if self._woke is not None and self._clock() - self._woke > 0.01:
        log.write("%f %f\\n" % (self._clock(), self._clock() - self._woke))
        log.flush()
    wait(self, deadline)
loop.Poller.wait = watched
from nametrack.__main__ import main
sys.exit(main(sys.argv[1:]))
"""

    def __init__(self, crossing, folder, launcher, interpreter, library):
        self.folder, self.notes, self.crossing = folder, folder / "stretches", crossing
        lib = folder / "lib"
        lib.mkdir()
        for name in ("nametrack", "pyubus"):
            (lib / name).symlink_to(library / name)
        (lib / "start.py").write_text(self.START.format(path=str(self.notes)))
        self.notes.write_text("")
        (folder / "network").write_text("")
        self.environ = {**os.environ, "NAMETRACK_LIB": str(lib), "NAMETRACK_PYTHON": interpreter}
        self.command = [launcher, "run", "--config-dir", folder, "--state-dir", folder, "--run-dir", folder / "run"]
        self.command += ["--ubus", "none"]
        self.process, self.read = None, 0

    def configure(self, text):
        (self.folder / "nametrack").write_text(text)

    def start(self):
        self.log = open(self.folder / "log", "a")
        self.process = self.crossing.router.start(self.command, stdout=self.log, stderr=self.log, env=self.environ)

    def reload(self):
        os.kill(self.process.pid, 1)

    def stop(self):
        self.crossing.router.stop(self.process, 30)

    def readings(self):
        """How often it read its configuration again."""
        return (self.folder / "log").read_text().count("configuration read again")

    def tail(self):
        return (self.folder / "log").read_text()[-3000:]

    def stretches(self):
        """Milliseconds of the longest stretches since this was asked last, the longest first."""
        lines = self.notes.read_text().splitlines()
        fresh, self.read = lines[self.read :], len(lines)
        return sorted((round(float(line.split()[1]) * 1000) for line in fresh if line.count(" ") == 1), reverse=True)


def later(seconds, action):
    """Does something in so many seconds, while others wait for what comes of it."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer
