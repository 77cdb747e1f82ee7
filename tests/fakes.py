"""A kernel with state, for tests of the core: WireGuard peers and sets. It refuses what the real one refuses."""

from fake_routing import FakeRouting
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.element import Element
from nametrack.wire.netifd import Interface, Network
from nametrack.wire.sets import Listing
from nametrack.wire.wireguard import Peer

WALL = 1795400000  # Unix time at monotonic 0
CHANGES = (do.AddElements, do.DeleteElements, do.ReplaceElements, do.RefillSet)
# Recent kernels (6.12 and later) refresh the timeout of an element that is added again; older ones do not.


def netifd(name, proto, device, nameservers=(), metric4=None, metric6=None, prefixes=()):
    """A wire.netifd.Interface, up if it has a device, with default routes of these metrics and routes to prefixes."""
    networks = [Network(4, 0, (1 << 32) - 1, metric4)] if metric4 is not None else []
    networks += [Network(6, 0, (1 << 128) - 1, metric6)] if metric6 is not None else []
    networks += [Network(*(ip.span(prefix) + (0,))) for prefix in prefixes]
    return Interface(name, device is not None, proto, device, list(nameservers), metric4, metric6, networks)


class FakeKernel:
    """Carries out the actions that change the kernel, and answers those that read it."""

    def __init__(self):
        self.interfaces = {}  # interface -> {public key: dict of Peer's fields}
        self.sets = {}  # set name -> dict(family, timeout, interval, merge, elements {address: ends at or None})
        self.netifd = {}  # name -> wire.netifd.Interface
        self.refusals = []  # [(start of an action's text, reason)], each used once
        self.changes = 0
        self.services = {}  # what ServicesRead says
        self.routing = FakeRouting()
        self.flushed = []  # addresses whose flows were deleted

    def peer(self, interface, key):
        peers = self.interfaces.setdefault(interface, {})
        if key not in peers:
            peers[key] = {"address": None, "port": 0, "handshake": 0, "rx": 0, "tx": 0, "keepalive": 0}
        return peers[key]

    def make_set(self, name, flags):
        family = 6 if name.endswith("6") or "_6_" in name else 4
        self.sets[name] = {"family": family, "elements": {}, "marked": set()}
        for flag in ("timeout", "interval", "merge", "comment"):
            self.sets[name][flag] = flag in flags

    def add(self, name, address, marked=False):
        """Somebody else adds an element; `marked`: it has our comment."""
        held = self.sets[name]
        if marked and address not in held["elements"]:
            held["marked"].add(address)
        held["elements"][address] = None
        if held["merge"]:
            held["elements"] = {text: None for text in merged(held["elements"], held["family"])}

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
        if isinstance(action, do.GlanceSet):
            held = self.sets.get(action.set)
            if held is not None:
                self._expire(held, now)
            return on.SetGlanced(action.set, None if held is None else len(held["elements"]))
        if isinstance(action, do.ReadServices):
            return on.ServicesRead(self.services)
        if isinstance(action, do.FlushFlows):
            self.flushed.extend([ip.element(key) for key in action.keys])
            return None
        if isinstance(action, do.ReadRouting):
            return self.routing.view()
        if isinstance(action, do.ListRoutes):
            return self.routing.listed()
        if isinstance(action, do.ReadTunnel):
            return on.TunnelRead(action.interface, self.routing.ports.get(action.interface, 0))
        if isinstance(action, do.ChangeRouting):
            return self.routing.change(action)
        if isinstance(action, CHANGES):
            return self._change(action, now) or on.SetChanged(action)
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
                )
            )
        return on.PeersRead(action.interface, peers, WALL + now)

    def _set_endpoint(self, action):
        peer = self.interfaces.get(action.interface, {}).get(action.public_key)
        if peer is not None:  # update-only: an unknown peer is acknowledged and not created
            peer["address"], peer["port"] = action.address, action.port
            self.changes += 1
        return on.EndpointSet(action)

    def _list(self, name, now):
        held = self.sets.get(name)
        if held is None:
            return on.SetListed(name, None)
        self._expire(held, now)
        elements = []
        for address in sorted(held["elements"]):
            ends = held["elements"][address]
            elements.append(Element(address, None if ends is None else int(ends - now)))
        marked = sorted(held["marked"] & set(held["elements"])) if held["comment"] else None
        flags = (held["family"], held["timeout"], held["interval"], held["merge"])
        return on.SetListed(name, Listing(*(flags + (elements, None, marked))))

    def _change(self, action, now):
        held = self.sets.get(action.set)
        if held is None:
            return on.ActionFailed(action, "No such file or directory")
        self._expire(held, now)
        self.changes += 1
        elements = held["elements"]
        if held["merge"]:
            return self._change_merged(action, held)
        if isinstance(action, do.AddElements):
            new, old = action.elements, []
        elif isinstance(action, do.RefillSet):
            new, old = action.elements, [Element(address, None) for address in elements]
        elif isinstance(action, do.DeleteElements):
            new, old = [], action.elements
        else:
            new, old = action.new, action.old
        for element in old:
            elements.pop(element.address, None)
            held["marked"].discard(element.address)
        for element in new:
            if element.timeout is not None and not held["timeout"]:
                return on.ActionFailed(action, "Invalid argument")
            if element.address not in elements:
                held["marked"].add(element.address)
                elements[element.address] = None if element.timeout is None else now + element.timeout
        return None

    def _change_merged(self, action, held):
        """A set with auto-merge: old versions of nft take nothing that overlaps, and no element out of a range."""
        there = covered(held["elements"])
        if isinstance(action, do.AddElements):
            for element in action.elements:
                _, first, last = ip.span(element.address)
                if any(start <= last and first <= end for start, end in there):
                    return on.ActionFailed(action, "interval overlaps with an existing one")
            texts = list(held["elements"]) + [element.address for element in action.elements]
        elif isinstance(action, do.RefillSet):
            texts = [element.address for element in action.elements]
        else:
            return on.ActionFailed(action, "element does not exist")
        held["elements"] = {text: None for text in merged(texts, held["family"])}
        return None

    def _expire(self, held, now):
        for address in list(held["elements"]):
            ends = held["elements"][address]
            if ends is not None and ends <= now:
                del held["elements"][address]


def covered(texts):
    """The spans of some elements, joined where they touch: [(first, last)] in order."""
    found = []
    for first, last in sorted([ip.span(text)[1:] for text in texts]):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def merged(texts, family):
    """The elements that auto-merge makes of some, as nft lists them but for prefixes, which stay ranges."""
    found = []
    for first, last in covered(texts):
        start = ip.from_number(first, family)
        found.append(start if first == last else "%s-%s" % (start, ip.from_number(last, family)))
    return found
