"""The many routers of hundred.py, each with its WireGuard, its bus and its agent, and what they share."""

import os
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab.agent import Agent
from lab.enter import RUN, TOP
from lab.host import cable, wait_for
from lab.netifd import Interface, Netifd
from lab.wireguard import Key, Tunnel
from lab.world import DNS_ADDRESSES, FIREWALL, HOME_NAME

HOUR = 3600
RESOLVER = "192.0.2.55"


def bus_path(number):
    """The socket of a router's bus."""
    return f"{RUN}/bus-{number}.sock"


class Router:
    """One of the hundred."""

    def __init__(self, world, number):
        self.number = number
        self.key = Key()
        self.host = world.host(f"r{number}")
        self.leg = f"to-r{number}"
        self.inner = f"10.200.1.{number}"
        cable(world.internet, self.leg, self.host, "wan")
        world.internet.ip(f"addr add 100.64.{number}.1/30 dev {self.leg}")
        self.host.ip(f"addr add 100.64.{number}.2/30 dev wan", f"route replace default via 100.64.{number}.1")
        self.host.nft(FIREWALL)  # or home would find the routers again, and nobody would need to find home
        self.tunnel = Tunnel(self.host, f"wg{number}", self.key, [f"{self.inner}/16"])
        self.bus = bus_path(number)

    def start(self, world, home):
        self.tunnel.up()
        self.tunnel.set_peer(home, allowed_ips=["10.200.0.0/24"], keepalive=25)
        wan = Interface("wan", "wan", routers={4: f"100.64.{self.number}.1"}, nameservers=[RESOLVER])
        self.netifd = Netifd(self.host, self.bus, wan, pause=2)
        self.netifd.__enter__()
        peer = {"public_key": home, "description": "home", "endpoint_host": HOME_NAME, "persistent_keepalive": 25}
        network = [
            ("interface", self.tunnel.name, {"proto": "wireguard"}),
            (f"wireguard_{self.tunnel.name}", "home", {**peer, "allowed_ips": ["10.200.0.0/24"]}),
        ]
        settings = ("nametrack", "global", {"nameserver": [RESOLVER]})
        self.agent = Agent(world, settings, network=network, host=self.host, bus=self.bus)
        self.agent.start()


def start_resolver(world):
    world.internet.ip(f"addr add {RESOLVER}/32 dev lo")
    world.internet.start(
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--listen-address={RESOLVER}", "--bind-interfaces"]
        + ["--no-resolv", "--no-hosts", "--cache-size=1000", f"--server={DNS_ADDRESSES[0][0]}", "--log-facility=-"]
    )


def delegate(world):
    """Who is responsible for the name's zone, as a real zone says it."""
    world.zone.set("dyn.test", "NS", ["ns.dyn.test."], HOUR)
    world.zone.set("ns.dyn.test", "A", [DNS_ADDRESSES[0][0]], HOUR)


def start_buses(count):
    paths = [bus_path(number) for number in range(1, count + 1)]
    # it ends with the lab
    subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), *paths])
    wait_for(lambda: all(os.path.exists(path) for path in paths), 60, "the buses")


def buses(paths):
    """A bus for each router, all of them in one process."""
    sys.path.insert(0, str(TOP / "agent"))
    from bus.server import Server

    threads = [threading.Thread(target=Server(path).run, daemon=True) for path in paths]
    for thread in threads:
        thread.start()
    threads[0].join()


if __name__ == "__main__":
    buses(sys.argv[1:])
