"""A resolver on the beach router that holds its answers for the subscribers of a bus: dnsmasq, or its stand-in."""

import os
import pathlib
import socket
import sys
import time

import dns.exception
import dns.message
import dns.query
import pytest

from bus import DOUBLE, Bus, real_ubusd
from lab.enter import RUN, TOP
from lab.host import cable, wait_for
from lab.world import DNS_ADDRESSES

ROUTER, CLIENT = "192.168.9.1", "192.168.9.2"
REAL = os.environ.get("DNSMASQ_UBUS")
NO_REAL = "no dnsmasq with OpenWrt's patch 200-ubus_dns: name one in DNSMASQ_UBUS, and a ubusd in UBUSD"
RESOLVERS = ["double", pytest.param("dnsmasq", marks=pytest.mark.skipif(not (REAL and real_ubusd()), reason=NO_REAL))]
REAL_PATH = pathlib.Path("/run/ubus/ubus.sock")  # dnsmasq knows no other; the lab has a /run of its own


class Holding:
    """The resolver, a client in the LAN behind it, and the bus."""

    def __init__(self, world, kind):
        self.world = world
        self.kind = kind
        self.client = world.host("client")
        cable(world.beach, "lan", self.client, "wan")
        world.beach.ip(f"addr add {ROUTER}/24 dev lan")
        self.client.ip(f"addr add {CLIENT}/24 dev wan", f"route add default via {ROUTER}")
        world.beach.sysctl("net/ipv4/ip_forward=1")
        world.stop_dnsmasq()
        self.bus = Bus(RUN, [real_ubusd()] if kind == "dnsmasq" else DOUBLE)
        self.process = None

    def __enter__(self):
        self.bus.__enter__()
        self.start()
        return self

    def __exit__(self, *why):
        self.stop()
        self.world.start_dnsmasq()
        self.bus.__exit__(*why)

    def start(self):
        upstream = DNS_ADDRESSES[0][0]
        if self.kind == "double":
            command = [sys.executable, TOP / "tests/lab/holder.py", self.bus.path, upstream, ROUTER, "127.0.0.1"]
        else:
            options = ["--no-daemon", "--conf-file=/dev/null", "--bind-interfaces", "--no-resolv", "--no-hosts"]
            options += [f"--listen-address={ROUTER},127.0.0.1", f"--server={upstream}", "--user=root", "--pid-file"]
            options += ["--enable-ubus=dnsmasq", "--cache-size=1000", "--log-facility=-"]
            command = [REAL, *options]
            REAL_PATH.parent.mkdir(exist_ok=True)
            REAL_PATH.unlink(missing_ok=True)
            REAL_PATH.symlink_to(self.bus.path)
        self.process = self.world.beach.start(command)
        wait_for(self.answers, 10, lambda: self.process.log.read_text())

    def answers(self):
        try:
            self.ask("nobody.dyn.test", 0.2)
        except (OSError, dns.exception.DNSException):
            return False
        return True

    def stop(self):
        self.world.beach.stop(self.process)

    def ask(self, name, timeout=5, rtype="A"):
        """The client asks for a name's address: `(sorted addresses, seconds)`."""
        with self.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            began = time.monotonic()
            response = dns.query.udp(dns.message.make_query(name, rtype), ROUTER, timeout=timeout, sock=sock)
            took = time.monotonic() - began
        found = [data.to_text() for rrset in response.answer for data in rrset if rrset.rdtype in (1, 28)]
        return sorted(found), took
