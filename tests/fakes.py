"""A kernel with state, for tests of the core: WireGuard peers and sets. It refuses what the real one refuses."""

from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.wire.sets import Element, Listing
from nametrack.wire.wireguard import Peer

WALL = 1795400000  # Unix time at monotonic 0
# Recent kernels (6.12 and later) refresh the timeout of an element that is added again; older ones do not.


class FakeKernel:
    """Carries out the actions that change the kernel, and answers those that read it."""

    def __init__(self):
        self.interfaces = {}  # interface -> {public key: dict of Peer's fields}
        self.sets = {}  # set name -> dict(family, timeout, interval, merge, elements {address: ends at or None})
        self.netifd = {}  # name -> wire.netifd.Interface
        self.refusals = []  # [(start of an action's text, reason)], each used once
        self.changes = 0

    def peer(self, interface, key):
        peers = self.interfaces.setdefault(interface, {})
        if key not in peers:
            peers[key] = {"address": None, "port": 0, "handshake": 0, "rx": 0, "tx": 0, "keepalive": 0}
        return peers[key]

    def make_set(self, name, flags):
        family = 6 if name.split(" ")[-1].endswith("6") else 4
        self.sets[name] = {"family": family, "elements": {}}
        for flag in ("timeout", "interval", "merge"):
            self.sets[name][flag] = flag in flags

    def perform(self, action, now):
        """The event that the adapters would hand in, or None where the action just succeeds."""
        form = do.text(action)
        for i in range(len(self.refusals)):
            start, reason = self.refusals[i]
            if form.startswith(start):
                self.refusals.pop(i)
                return on.ActionFailed(action, reason)
        if isinstance(action, do.ReadPeers):
            return self._read(action, now)
        if isinstance(action, do.ReadInterfaces):
            return on.InterfacesRead([self.netifd[name] for name in sorted(self.netifd)])
        if isinstance(action, do.SetEndpoint):
            return self._set_endpoint(action)
        if isinstance(action, do.ListSet):
            return self._list(action.set, now)
        if isinstance(action, (do.AddElements, do.DeleteElements, do.ReplaceElements)):
            return self._change(action, now)
        return None

    def _read(self, action, now):
        if action.interface not in self.interfaces:
            return on.ActionFailed(action, "no such interface")
        peers = []
        for key in sorted(self.interfaces[action.interface]):
            p = self.interfaces[action.interface][key]
            endpoint = do.endpoint_text(p["address"], p["port"]) if p["address"] else None
            peers.append(
                Peer(
                    key,
                    endpoint,
                    p["address"],
                    p["port"],
                    p["handshake"],
                    p["rx"],
                    p["tx"],
                    p["keepalive"],
                    ["10.9.0.1"],
                )
            )
        return on.PeersRead(action.interface, peers, WALL + now)

    def _set_endpoint(self, action):
        peer = self.interfaces.get(action.interface, {}).get(action.public_key)
        if peer is not None:  # update-only: an unknown peer is acknowledged and not created
            peer["address"], peer["port"] = action.address, action.port
            self.changes += 1
        return None

    def _list(self, name, now):
        held = self.sets.get(name)
        if held is None:
            return on.SetListed(name, None)
        self._expire(held, now)
        elements = []
        for address in sorted(held["elements"]):
            ends = held["elements"][address]
            elements.append(Element(address, None if ends is None else int(ends - now)))
        return on.SetListed(
            name, Listing(held["family"], held["timeout"], held["interval"], held["merge"], elements, None)
        )

    def _change(self, action, now):
        held = self.sets.get(action.set)
        if held is None:
            return on.ActionFailed(action, "No such file or directory")
        self._expire(held, now)
        self.changes += 1
        elements = held["elements"]
        if isinstance(action, do.AddElements):
            new, old = action.elements, []
        elif isinstance(action, do.DeleteElements):
            new, old = [], action.elements
        else:
            new, old = action.new, action.old
        for element in old:
            elements.pop(element.address, None)
        for element in new:
            if element.timeout is not None and not held["timeout"]:
                return on.ActionFailed(action, "Invalid argument")
            if element.address not in elements:
                elements[element.address] = None if element.timeout is None else now + element.timeout
        return None

    def _expire(self, held, now):
        for address in list(held["elements"]):
            ends = held["elements"][address]
            if ends is not None and ends <= now:
                del held["elements"][address]
