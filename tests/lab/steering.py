"""The beach steers by routes of its own: a client in its LAN, home and a second house as ways out, who sees whom.

    lan 10.1.0.2 ── br-lan  beach  wan ─────────────── internet ── staging   sees 203.0.113.20: the WAN
                                   wg0 ══ home ═══════╛                      sees home's address: the first way
                                   wg1 ══ cabin ══════╛                      sees cabin's address: the second way

home and cabin are VPN servers: what comes out of their tunnels leaves by their own WAN, masqueraded. The beach
masquerades by each of its ways.
"""

import sys

from lab.agent import Agent
from lab.host import cable, wait_for
from lab.wireguard import Key, Tunnel
from lab.world import HOME_PORT

NAT = """
table inet nat {
	chain post { type nat hook postrouting priority 100; %s
	}
}
"""
# Answers each datagram with the address that it came from, and from the address that it went to (IP_PKTINFO).
MIRROR = """
import select, socket
sockets = []
for family, any, level, option in ((socket.AF_INET, "0.0.0.0", 0, 8), (socket.AF_INET6, "::", 41, 49)):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.setsockopt(level, option, 1)
    s.bind((any, 7777)); sockets.append(s)
while True:
    for s in select.select(sockets, [], [])[0]:
        data, about, flags, who = s.recvmsg(100, 100)
        s.sendmsg([who[0].encode()], about, 0, who)
"""
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[2]))
try:
    s.connect((sys.argv[1], 7777)); s.send(b"x"); print(s.recv(100).decode())
except OSError as error:
    print("none" if isinstance(error, socket.timeout) else error.strerror)
"""
# In a VPN server's network: its tunnel hears nothing and says nothing any more.
DEAF = """
table inet deaf {
	chain in {
		type filter hook input priority -300;
		udp dport 51820 drop
	}
	chain out {
		type filter hook output priority -300;
		udp sport 51820 drop
	}
}
"""
CABIN = ("198.51.101.60", "2001:db8:d::60")


class Steering:
    """`world`: a World; `options` are the policy's beside interface and host. Not started: `agent.start()`."""

    def __init__(self, world, interpreter, *sections, second=False, **options):
        self.world, self.beach = world, world.beach
        self.lan = world.host("lan")
        cable(self.beach, "br-lan", self.lan, "eth0")
        self.beach.ip("addr add 10.1.0.1/24 dev br-lan", "addr add fd00:1::1/64 dev br-lan nodad")
        self.lan.ip("addr add 10.1.0.2/24 dev eth0", "addr add fd00:1::2/64 dev eth0 nodad")
        self.lan.ip("route add default via 10.1.0.1", "route add default via fd00:1::1")
        for host in (self.beach, world.home):
            self.forward(host)
        self.beach.nft(NAT % 'oifname { "wan", "wg0", "wg1" } masquerade')
        world.home.nft(NAT % 'oifname "wan" masquerade')
        world.wg0.set_peer(world.home_key.public, allowed_ips=["0.0.0.0/0", "::/0"])
        world.staging.start([sys.executable, "-c", MIRROR])
        self.ways = {"home": (world.home_address, world.home_address6), "wan": ("203.0.113.20", "2001:db8:b::20")}
        if second:
            self.cabin()
        self.agent = Agent(world, *sections, interpreter=interpreter, **options)
        wait_for(lambda: self.sees(self.lan, "192.0.2.130") == "wan", 10, "the LAN to reach staging by the WAN")

    def cabin(self):
        """A second house, and the tunnel wg1 to it."""
        world = self.world
        self.cabin_host, key = world.host("cabin"), Key()
        self.cabin_key, self.wg1_key = key, Key()
        cable(world.internet, "to-cabin", self.cabin_host, "wan")
        world.internet.ip("addr add 198.51.101.1/24 dev to-cabin", "addr add 2001:db8:d::1/64 dev to-cabin nodad")
        world.set_wan(self.cabin_host, [CABIN[0] + "/24", CABIN[1] + "/64"], "198.51.101.1", "2001:db8:d::1")
        self.forward(self.cabin_host)
        self.cabin_host.nft(NAT % 'oifname "wan" masquerade')
        self.wgcabin = Tunnel(self.cabin_host, "wgcabin", key, ["10.8.0.1/24", "fd00:8::1/64"], HOME_PORT)
        self.wgcabin.up()
        self.wgcabin.set_peer(self.wg1_key.public, allowed_ips=["10.8.0.2/32", "fd00:8::2/128"])
        self.wg1 = Tunnel(self.beach, "wg1", self.wg1_key, ["10.8.0.2/24", "fd00:8::2/64"])
        self.wg1.up()
        self.wg1.set_peer(
            key.public, endpoint=f"{CABIN[0]}:{HOME_PORT}", allowed_ips=["0.0.0.0/0", "::/0"], keepalive=5
        )
        self.ways["cabin"] = CABIN

    def forward(self, host):
        host.sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")

    def sees(self, host, address, seconds=1):
        """By which way the staging server sees a host: "wan", "home", "cabin", else what became of the datagram."""
        said = host.run([sys.executable, "-c", ASK, address, seconds]).stdout.strip()
        for name, addresses in self.ways.items():
            if said in addresses:
                return name
        return said

    def reach(self, way, *addresses, seconds=15, hosts=None):
        """Waits until LAN and router reach all the addresses by this way."""
        for host in hosts or (self.lan, self.beach):
            for address in addresses:
                wait_for(
                    lambda host=host, address=address: self.sees(host, address) == way,
                    seconds,
                    lambda host=host, address=address: (
                        f"{host.name} to {address} by {way}, not {self.sees(host, address)}\n{self.state()}"
                    ),
                )

    def state(self):
        """The rules, nexthops and routes of the beach, and the agent's log."""
        lines = []
        for words in (
            "rule",
            "-6 rule",
            "nexthop",
            "route show table 900",
            "-6 route show table 900",
            "route",
            "-6 route",
        ):
            lines.append(f"{words}:\n{self.beach.run(['ip', *words.split()], check=False).stdout}")
        return "\n".join(lines) + self.agent.tail()

    def ours(self):
        """The lines of `ip` about what is ours."""
        found = []
        for words in ("rule", "-6 rule", "nexthop", "route show table all", "-6 route show table all"):
            text = self.beach.run(["ip", *words.split()], check=False).stdout
            found += [line for line in text.splitlines() if "proto 190" in line]
        return found
