"""A stand-in for netifd on the lab's bus: interfaces as the kernel's devices are, notifications, and host routes.

It answers `network.interface dump` and `network add_host_route` as openwrt/netifd does (ubus.c, interface-ip.c), and
tells what changes as an event and as a notification. A host route goes away with its interface, as there.
test_netifd.py holds how it searches for the route against what netifd answered.
"""

import ipaddress
import queue
import subprocess
import sys
import threading
import time

from lab.enter import TOP
from lab.host import LabError, wait_for

sys.path.insert(0, str(TOP / "agent"))

from pyubus import (  # noqa: E402
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_STRING,
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_NOT_FOUND,
    UbusClient,
)

ROUTE = {
    "target": BLOBMSG_TYPE_STRING,
    "v6": BLOBMSG_TYPE_BOOL,
    "interface": BLOBMSG_TYPE_STRING,
    "exclude": BLOBMSG_TYPE_BOOL,
}
DEFAULTS = {4: "0.0.0.0/0", 6: "::/0"}


class Interface:
    """An interface: `routers` are the next hops of its default routes by IP version, `metric` theirs; `addresses` its
    own with their prefixes, `routes` more of its routes, {prefix: next hop, None for on the link}."""

    def __init__(self, name, device, proto="static", routers=None, nameservers=(), metric=0, addresses=(), routes=None):
        self.name = name
        self.device = device
        self.proto = proto
        self.routers = routers or {}
        self.nameservers = list(nameservers)
        self.metric = metric
        self.addresses = [ipaddress.ip_interface(address) for address in addresses]
        self.routes = routes or {}
        self.up = True
        self.host_routes = []  # targets

    def all_routes(self):
        """[(network, next hop or None)], the default routes among them."""
        routes = [(DEFAULTS[version], router) for version, router in self.routers.items()] + list(self.routes.items())
        return [(ipaddress.ip_network(prefix), hop) for prefix, hop in routes]

    def status(self):
        status = {"interface": self.name, "up": self.up, "pending": False, "available": True, "proto": self.proto}
        if self.up:
            status.update({"l3_device": self.device, "device": self.device, "metric": self.metric, "uptime": 1})
            status["route"] = [
                {
                    "target": str(network.network_address),
                    "mask": network.prefixlen,
                    "nexthop": hop or {4: "0.0.0.0", 6: "::"}[network.version],
                    "metric": self.metric,
                    "source": "::/0",
                }
                for network, hop in self.all_routes()
            ]
            for version in (4, 6):
                status[f"ipv{version}-address"] = [
                    {"address": str(address.ip), "mask": address.network.prefixlen}
                    for address in self.addresses
                    if address.version == version
                ]
            status["dns-server"] = self.nameservers
        return status


def target_route(interfaces, target, named=None, exclude=False):
    """`(interface, next hop or None, whether a route is added)` as interface_ip_add_target_route finds them, or None.

    A name that no interface has searches all of them, as there.
    """
    address = ipaddress.ip_address(target)
    chosen = interfaces.get(named)
    if chosen is not None and not exclude:
        searched = [chosen]
    else:
        searched = [interfaces[name] for name in sorted(interfaces) if not (exclude and name == named)]
    best = None
    for interface in searched:
        if not interface.up:
            continue
        if any(address in own.network for own in interface.addresses):
            return interface, None, False  # on the link: nothing is added
        for network, hop in interface.all_routes():
            if address.version != network.version or address not in network:
                continue
            rank = (-network.prefixlen, interface.metric)
            if best is None or rank < best[0]:
                best = (rank, interface, hop)
    return None if best is None else (best[1], best[2], True)


class Netifd:
    """Runs in a thread of its own; `host` is whose routes it changes, `path` the bus.

    `pause`: seconds in which it looks for what it is to tell.
    """

    def __init__(self, host, path, *interfaces, pause=0.02):
        self.host = host
        self.pause = pause
        self.interfaces = {interface.name: interface for interface in interfaces}
        self.asked = []  # (target, interface)
        self.delay = 0  # seconds until it answers that
        self.dumps = 0  # how often it was asked for its interfaces
        self.delay = 0  # seconds until it answers
        self.routes = True  # whether it finds a way for the routes that it is asked for
        self._orders = queue.Queue()
        self._ended = threading.Event()
        self._ready = threading.Event()
        self._client = UbusClient(path, 10)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        if not self._ready.wait(10):
            raise LabError("netifd's stand-in does not come up")
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(10)

    def down(self, name):
        """The interface goes: its routes with it, and who listens is told."""
        interface = self.interfaces[name]
        interface.up = False
        for target in interface.host_routes:
            subprocess.run(self.host.here(["ip", *_family(target), "route", "del", target]), stderr=subprocess.DEVNULL)
        interface.host_routes = []
        self._tell(interface, "interface.down", "ifdown")

    def up(self, name):
        """The interface comes (back)."""
        self.interfaces[name].up = True
        self._tell(self.interfaces[name], "interface.update", "ifup")

    def update(self, name):
        """Something about the interface changed."""
        self._tell(self.interfaces[name], "interface.update", None)

    def _tell(self, interface, notification, action):
        done = threading.Event()
        self._orders.put((interface, notification, action, done))
        wait_for(done.is_set, 10, "netifd's stand-in to tell", every=0.005)

    def _run(self):
        with self._client as bus:
            self._put(bus)
            self._ready.set()
            while not self._ended.is_set():
                while not self._orders.empty():
                    interface, notification, action, done = self._orders.get()
                    bus.notify("network.interface", notification, interface.status())
                    if action:
                        bus.send("network.interface", {"action": action, "interface": interface.name})
                    done.set()
                bus.loop(self.pause)

    def _put(self, bus):
        bus.add("network.interface", {"dump": {"method": self._dump, "signature": {}}})
        bus.add("network", {"add_host_route": {"method": self._add_host_route, "signature": ROUTE}})

    def _dump(self, handler, data):
        self.dumps += 1
        time.sleep(self.delay)
        handler.reply({"interface": [self.interfaces[name].status() for name in sorted(self.interfaces)]})

    def _add_host_route(self, handler, data):
        target, name = data.get("target"), data.get("interface")
        if target is None or data.get("v6", False) != (":" in target):
            return UBUS_STATUS_INVALID_ARGUMENT
        self.asked.append((target, name))
        found = target_route(self.interfaces, target, name, data.get("exclude", False)) if self.routes else None
        if found is None:
            return UBUS_STATUS_NOT_FOUND
        interface, router, added = found
        if added:
            words = ["route", "replace", target, *(["via", router] if router else []), "dev", interface.device]
            self.host.run(["ip", *_family(target), *words, "proto", "static"])
            interface.host_routes.append(target)
        handler.reply({"interface": interface.name})
        return None


def _family(target):
    return ["-6"] if ":" in target else []
