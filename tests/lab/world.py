"""The lab's world, on one machine, with nothing simulated but the wires.

                             internet (this process stands here)
                        DNS: 192.0.2.53, 2001:db8:53::53 (authority.py)
                              │              │               │
            198.51.100.0/24   │              │ 203.0.113.0/24│  192.0.2.128/25
            2001:db8:a::/64   │              │ 2001:db8:b::  │  2001:db8:c::/64
                              │ wan          │ wan           │ wan
                        ┌─────┴──────┐ ┌─────┴────────┐ ┌────┴────┐
                        │ home       │ │ beach        │ │ staging │
                        │ .10, then  │ │ .20          │ │ .130-…  │
                        │ .11, …     │ │ firewall     │ │ ::130-… │
                        │            │ │ dnsmasq      │ └─────────┘
                        │ wghome     │ │ wg0          │
                        │ 10.9.0.1   ◄═╪═ 10.9.0.2    │   the tunnel; it is dialled by name:
                        │ fd00:9::1  │ │ fd00:9::2    │   home.dyn.test, port 51820
                        └────────────┘ └──────────────┘

The beach router's firewall drops what it did not ask for, as a NAT does: when home moves, home cannot reach the beach,
so the beach must find home. Its dnsmasq caches as a router's does.
"""

import socket
import subprocess

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from lab.authority import Authority, Zone
from lab.enter import inside
from lab.host import Host, LabError, cable, wait_for
from lab.wireguard import Key, Tunnel

HOME_NAME = "home.dyn.test"
HOME_PORT = 51820
STAGING_NAME = "staging.example.test"
STAGING4 = ["192.0.2.130", "192.0.2.131"]
STAGING6 = ["2001:db8:c::130", "2001:db8:c::131"]
HOME_LAN, HOME_LAN6 = "10.9.0.1", "fd00:9::1"
DNS_ADDRESSES = [("192.0.2.53", "192.0.2.54"), ("2001:db8:53::53", "2001:db8:53::54")]

FIREWALL = """
table inet lab_fw {
	chain input {
		type filter hook input priority 0; policy accept;
		iifname != "wan" accept
		ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
		counter drop
	}
	chain forward {
		type filter hook forward priority 0; policy accept;
		iifname != "wan" accept
		ct state established,related accept
		counter drop
	}
}
"""

VPN_SETS = """
table inet vpn {
	set staging4 { type ipv4_addr; flags timeout; }
	set staging6 { type ipv6_addr; flags timeout; }
	chain led { ip daddr @staging4 counter; ip6 daddr @staging6 counter; }
}
"""


class World:
    """Builds the topology above when entered (`with World() as world`) and takes it down on leaving.

    `keepalive` is the beach's, in seconds; `ttl` the DNS records'; `dial` False leaves the beach's peer without an
    endpoint, as netifd does for a name that does not resolve, so that somebody else must set the first one.
    There is one world at a time in a lab: its building takes a quarter of a second, so that each test can have its own.
    """

    built = None

    def __init__(self, keepalive=5, ttl=5, dial=True, dnsmasq_options=()):
        self.keepalive = keepalive
        self.ttl = ttl
        self.dial = dial
        self.dnsmasq_options = dnsmasq_options
        self.hosts = []
        self.authority = None
        self.home_address, self.home_address6 = "198.51.100.10", "2001:db8:a::10"

    def __enter__(self):
        if not inside():
            raise LabError("a world is only built in a lab: python tests/lab/enter.py FILE")
        if World.built is not None:
            raise LabError("there is a world already")
        World.built = self
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def build(self):
        self.internet = self.host("internet", own=False)
        self.home, self.beach, self.staging = self.host("home"), self.host("beach"), self.host("staging")
        self.home_key, self.beach_key = Key(), Key()
        self.wghome = Tunnel(self.home, "wghome", self.home_key, [HOME_LAN + "/24", HOME_LAN6 + "/64"], HOME_PORT)
        self.wg0 = self.beach_tunnel()
        self.legs()
        self.names()
        self.beach.nft(FIREWALL)
        self.start_dnsmasq()
        self.tunnel()

    def beach_tunnel(self):
        return Tunnel(self.beach, "wg0", self.beach_key, ["10.9.0.2/24", "fd00:9::2/64"])

    def host(self, name, own=True):
        host = Host(name, own)
        self.hosts.append(host)
        return host

    def legs(self):
        self.internet.ip(*(f"addr replace {address} dev lo" for pair in DNS_ADDRESSES for address in pair))
        self.internet.sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
        for host, leg, router, router6 in (
            (self.home, "to-home", "198.51.100.1/24", "2001:db8:a::1/64"),
            (self.beach, "to-beach", "203.0.113.1/24", "2001:db8:b::1/64"),
            (self.staging, "to-staging", "192.0.2.129/25", "2001:db8:c::1/64"),
        ):
            cable(self.internet, leg, host, "wan")
            self.internet.ip(f"addr add {router} dev {leg}", f"addr add {router6} dev {leg} nodad")
        self.set_wan(self.home, ["198.51.100.10/24", "2001:db8:a::10/64"], "198.51.100.1", "2001:db8:a::1")
        self.set_wan(self.beach, ["203.0.113.20/24", "2001:db8:b::20/64"], "203.0.113.1", "2001:db8:b::1")
        stage = [address + "/25" for address in STAGING4] + [address + "/64" for address in STAGING6]
        self.set_wan(self.staging, stage, "192.0.2.129", "2001:db8:c::1")

    def set_wan(self, host, addresses, router, router6):
        """Gives a host's wan these addresses instead of what it had, and its default routes."""
        host.ip(
            "addr flush dev wan scope global",
            *(f"addr add {address} dev wan" + (" nodad" if ":" in address else "") for address in addresses),
            f"route replace default via {router}",
            f"route replace default via {router6}",
        )

    def names(self):
        self.zone = Zone("dyn.test", "example.test")
        self.zone.set(HOME_NAME, "A", [self.home_address], self.ttl)
        self.zone.set(STAGING_NAME, "A", STAGING4, self.ttl)
        self.zone.set(STAGING_NAME, "AAAA", STAGING6, self.ttl)
        self.authority = Authority(self.zone, DNS_ADDRESSES)

    def start_dnsmasq(self):
        """Starts the beach router's DNS server, with an empty cache, and waits until it listens."""
        # --no-daemon also means that it keeps its user: a rootless lab has no other, and may not drop groups.
        self.dnsmasq = self.beach.start(
            ["dnsmasq", "--no-daemon", "--conf-file=/dev/null"]
            + ["--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--cache-size=1000"]
            + [f"--server={DNS_ADDRESSES[0][0]}", "--log-facility=-", *self.dnsmasq_options]
        )
        # It knows this name by itself: neither its cache nor the authority's count of queries is touched.
        about = dns.message.make_query("version.bind.", "TXT", "CH")
        wait_for(lambda: self.ask(about, "127.0.0.1", 0.05), 5, lambda: f"dnsmasq: {self.dnsmasq.log.read_text()}")

    def stop_dnsmasq(self):
        self.beach.stop(self.dnsmasq)

    def tunnel(self):
        self.wghome.up()
        self.wghome.set_peer(self.beach_key.public, allowed_ips=["10.9.0.2/32", "fd00:9::2/128"])
        self.dial_home()

    def dial_home(self):
        self.wg0.up()
        self.wg0.set_peer(
            self.home_key.public,
            endpoint=f"{self.home_address}:{HOME_PORT}" if self.dial else None,
            allowed_ips=["10.9.0.0/24", "fd00:9::/64"],
            keepalive=self.keepalive,
        )

    def close(self):
        for host in reversed(self.hosts):
            host.close()
        self.hosts = []
        if self.authority:
            self.authority.close()
        World.built = None
        for leg in ("to-home", "to-beach", "to-staging"):
            subprocess.run(["ip", "link", "delete", leg], stderr=subprocess.DEVNULL)

    # What happens in it

    def move_home(self, address, address6=None):
        """Home's provider gives it another address (of 198.51.100.0/24; IPv6 likewise, kept unless given).

        DNS learns of it by `announce_home`, as from a dynamic DNS client.
        """
        self.home_address = address
        self.home_address6 = address6 or self.home_address6
        addresses = [self.home_address + "/24", self.home_address6 + "/64"]
        self.set_wan(self.home, addresses, "198.51.100.1", "2001:db8:a::1")

    def announce_home(self):
        self.zone.set(HOME_NAME, "A", [self.home_address], self.ttl)

    def home_endpoint(self):
        """The endpoint that the beach's kernel has for home, `address:port` or None."""
        return self.wg0.endpoint(self.home_key.public)

    def home_peer(self):
        """Home as the beach's `wg show` has it, a wireguard.Peer; None if it is missing."""
        return self.wg0.peers().get(self.home_key.public)

    def resolve(self, name, rtype, server="127.0.0.1", seconds=3):
        """What the beach's DNS server, or another, tells the beach: a sorted list of text, [] for none or no answer."""
        response = self.ask(dns.message.make_query(name, rtype), server, seconds)
        wanted = dns.rdatatype.from_text(rtype)
        answer = response.answer if response else []
        return sorted(data.to_text() for rrset in answer if rrset.rdtype == wanted for data in rrset)

    def ask(self, query, server, seconds):
        """The response to a query of the beach's, by UDP; None if none comes."""
        with self.beach.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            try:
                return dns.query.udp(query, server, timeout=seconds, sock=sock)
            except (dns.exception.Timeout, OSError):
                return None

    def ping_works(self, host, address, seconds=1):
        """True when one echo request from a host (or its name) is answered within `seconds`."""
        host = getattr(self, host) if isinstance(host, str) else host
        return host.run(["ping", "-n", "-c", "1", "-W", seconds, address], check=False).returncode == 0

    def tunnel_works(self):
        return self.ping_works(self.beach, HOME_LAN)

    def wait_for_tunnel(self, seconds=10):
        wait_for(self.tunnel_works, seconds, f"an answer to the beach's ping to {HOME_LAN}")
