"""A kernel with state, for tests of the core: WireGuard peers and sets. It refuses what the real one refuses."""

from fake_routing import FakeRouting
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.element import full_name
from nametrack.key_table import KeyTable
from nametrack.wire.netifd import Interface, Network
from nametrack.wire.sets import Form, Listing
from nametrack.wire.wireguard import Peer

WALL = 1795400000  # Unix time at monotonic 0
CHANGES = (do.ChangeSet,)
# Recent kernels (6.12 and later) refresh the timeout of an element that is added again; older ones do not.


def netifd(name, proto, device, nameservers=(), metric4=None, metric6=None, prefixes=()):
    """A wire.netifd.Interface, up if it has a device, with default routes of these metrics and routes to prefixes."""
    networks = [Network(4, 0, (1 << 32) - 1, metric4)] if metric4 is not None else []
    networks += [Network(6, 0, (1 << 128) - 1, metric6)] if metric6 is not None else []
    networks += [Network(*(ip.span(prefix) + (0,))) for prefix in prefixes]
    return Interface(name, device is not None, proto, device, list(nameservers), metric4, metric6, networks)


KINDS = ("endpoint", "policy", "way", "interface", "trouble", "recovered")
LETTERS = "abcdefghijklmnopqrstuvwxyz_"
LEVELS = ("error", "warning", "info", "debug")


def is_translatable(notify):
    """Whether a Notify has the words and values that programs which translate it count on."""
    texts = (notify.code, notify.subject, notify.text)
    if notify.kind not in KINDS or not all([isinstance(each, str) and each for each in texts]):
        return False
    known = isinstance(notify.parameters, tuple) and isinstance(notify.values, dict)
    return known and all([letter in LETTERS for letter in notify.code])


class FakeKernel:
    """Carries out the actions that change the kernel, and answers those that read it."""

    def __init__(self):
        self.interfaces = {}  # interface -> {public key: dict of Peer's fields}
        self.sets = {}  # set name -> dict(family, timeout, interval, merge, elements {address: ends at or None})
        self.nft_changed = False  # whether another program changed nftables, and that was not asked yet
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

    def make_set(self, name, flags, size=None):
        """Another program makes a set; `name`: its full name."""
        family = 6 if name.endswith("6") or "_6_" in name else 4
        self.sets[name] = {"family": family, "elements": {}, "marked": set(), "size": size, "used": True}
        for flag in ("timeout", "interval", "merge", "comment"):
            self.sets[name][flag] = flag in flags or (flag == "comment" and name.startswith("nft "))
        if flags and "unused" in flags:
            self.sets[name]["used"] = False

    def add(self, name, address, marked=False):
        """Another program adds an element; `marked`: with our comment."""
        held = self.sets[name]
        if held["merge"]:
            return self._join(held, address)
        if address not in held["elements"]:
            (held["marked"].add if marked else held["marked"].discard)(address)
        held["elements"][address] = None

    def _join(self, held, address):
        """nft joins what it adds with what that overlaps or touches, and keeps a comment of it or not."""
        first, last = ip.span(address)[1:]
        for text in sorted(held["elements"], key=lambda text: ip.span(text)[1]):
            start, end = ip.span(text)[1:]
            if start <= last + 1 and first <= end + 1:
                first, last = min(first, start), max(last, end)
                del held["elements"][text]
        held["elements"][ip.element(ip.wide_key(first, last, held["family"]))] = None

    def perform(self, action, now):
        """The event that the adapters would hand in, or None if the action just succeeds."""
        assert not isinstance(action, do.Notify) or is_translatable(action), action
        assert not isinstance(action, do.Log) or action.level in LEVELS, action
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
            held = self.sets.get(full_name(action.set))
            if held is not None:
                self._expire(held, now)
            return on.SetGlanced(action.set, None if held is None else len(held["elements"]))
        if isinstance(action, do.GlanceNft):
            changed, self.nft_changed = self.nft_changed, False
            return on.NftChanged(action.what) if changed else None
        if isinstance(action, do.ReadServices):
            return on.ServicesRead(self.services)
        if isinstance(action, do.FlushFlows):
            self.flushed.extend([ip.element(key) for key in action.keys])
            return None
        if isinstance(action, do.GlanceRouting):
            return on.RoutingGlanced(self.routing.holds())
        if isinstance(action, do.ReadRouting):
            return self.routing.view()
        if isinstance(action, do.ListRoutes):
            return self.routing.listed()
        if isinstance(action, do.FollowNeighbours):
            return on.NeighboursRead(list(self.routing.neighbours)) if action.wanted else None
        if isinstance(action, do.ReadTunnel):
            return on.TunnelRead(action.interface, self.routing.ports.get(action.interface, 0))
        if isinstance(action, do.ChangeRouting):
            return self.routing.change(action)
        if isinstance(action, CHANGES):
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
                )
            )
        return on.PeersRead(action.interface, peers, WALL + now)

    def _set_endpoint(self, action):
        peer = self.interfaces.get(action.interface, {}).get(action.public_key)
        if peer is not None:  # update-only: an unknown peer is acknowledged and not created
            peer["address"], peer["port"] = action.address, action.port
            self.changes += 1
        return on.EndpointSet(action)

    def form(self, name):
        """The Form of a set, as the adapters read it."""
        held = self.sets[name]
        flags = (held["timeout"], held["interval"], held["merge"])
        return Form(*((held["family"],) + flags + (held["size"], "", held["comment"])))

    def _list(self, name, now):
        text = full_name(name)
        held = self.sets.get(text)
        if held is None:
            return on.SetListed(name, None)
        self._expire(held, now)
        ends = KeyTable()
        for address in sorted(held["elements"]):
            end = held["elements"][address]
            ends[ip.key(address)] = None if end is None else now + int(end - now)
        marked = KeyTable([ip.key(address) for address in held["marked"] if address in held["elements"]])
        return on.SetListed(
            name, Listing(self.form(text), ends, marked if held["comment"] else None, held["used"], True)
        )

    def _change(self, action, now):
        held = self.sets.get(full_name(action.set))
        if held is None:
            return on.ActionFailed(action, "there is no such set")
        self._expire(held, now)
        self.changes += 1
        elements, refused = held["elements"], {}
        if len(action.others):
            there = list(elements)
            if any(element.address not in there for element in action.deleted):
                return on.ActionFailed(action, "another program has changed the set meanwhile")
        for element in action.deleted:
            elements.pop(element.address, None)
            held["marked"].discard(element.address)
        for element in action.added:
            why = self._refusal(held, element, action.set.kind)
            if why is not None:
                refused[ip.key(element.address)] = why
                continue
            fresh = element.address not in elements
            if fresh or action.set.kind == "ipset":
                elements[element.address] = None if element.timeout is None else now + element.timeout
                held["marked"].add(element.address)
        for element in action.others:
            elements[element.address] = None
        return on.SetChanged(action, refused)

    def _refusal(self, held, element, kind):
        """Why the kernel does not take an element, None if it does."""
        if element.timeout is not None and not held["timeout"]:
            return "the set does not take it"
        if element.address in held["elements"]:
            return None
        if held["size"] is not None and len(held["elements"]) >= held["size"]:
            return "the set is full"
        family, first, last = ip.span(element.address)
        if family != held["family"] or (first != last and not held["interval"]):
            return "the set does not take it"
        if kind == "nft" and held["interval"]:
            spans = [ip.span(text)[1:] for text in held["elements"]]
            if any(start <= last and first <= end for start, end in spans):
                return "it overlaps with an element that another program added"
        return None

    def _expire(self, held, now):
        for address in list(held["elements"]):
            ends = held["elements"][address]
            if ends is not None and ends <= now:
                del held["elements"][address]
