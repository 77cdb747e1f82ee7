"""Every set that a policy fills or may come to fill: one KernelSet each, and the services that make some of them."""

from ... import ip
from ...element import full_name, named
from ..actions import FlushFlows, GlanceNft, ReadServices
from ..last_good import ADDED, JOINED, SLICE, Owned
from .targets import SERVICES, Use, why_missing

NFT = ("glance", None)  # the timer of the glances at nftables


class Sets:
    def __init__(self, timers, flush_flows=False):
        self.by_name = {}  # SetName -> KernelSet
        self.flush_flows = flush_flows  # whether connections move over when an address enters a set
        self._learnt = []  # Owned
        self._held = False  # whether no set is to be read yet
        self.services = None  # {name: Service} of those installed; None: not known
        self._timers = timers
        self._reading = False  # whether that is being read
        self._glance_wait = None  # seconds between two of them, None without a set of nftables
        self._endpoints = {}  # interface -> addresses of the endpoints of its peers, a set

    def assign(self, uses, now):
        """Fill exactly `uses`: {SetName: Use}; what is ours in a set that no policy fills any more is taken out."""
        for name in sorted(uses):
            if name not in self.by_name:
                self.by_name[name] = self._new(name, uses[name].family)
            self.by_name[name].assign(uses[name], now)
            self._bar(self.by_name[name], now)
        for name in sorted(self.by_name):
            if name not in uses:
                self.by_name[name].assign(Use(self.by_name[name].use.family, [], [], None, True), now)
        self._pace_glances(now)

    def _new(self, name, family):
        from .kernel_set import KernelSet  # a router that only follows peers needs none

        return KernelSet(name, family, self._timers)

    def hold(self, held):
        """Whether no set is read, and so none is changed, until it is known what is ours in them."""
        self._held = held

    def remember(self, text, keys, what):
        """Take what was remembered of a set, by its full_name; of one that no policy fills it is nothing."""
        kernel_set = self.by_name.get(named(text))
        if kernel_set is not None:
            kernel_set.remember(keys, what)

    def owned(self):
        """Yield what is ours, Owned by Owned; sets may change in between."""
        for name in sorted(self.by_name):
            for what in (ADDED, JOINED):
                keys = self.by_name[name].owned(what) if name in self.by_name else []
                for start in range(0, len(keys), SLICE):
                    yield Owned(full_name(name), keys[start : start + SLICE], what)

    def learnt(self):
        """Return [Owned] of what becomes ours by what was ordered, or ceased to be ours, since the last call."""
        learnt, self._learnt = self._learnt, []
        return learnt

    def _learn(self, kernel_set):
        for keys, what in kernel_set.learnt():
            self._learnt.append(Owned(full_name(kernel_set.name), keys, what))

    def bar(self, interface, endpoints, now):
        """Keep the endpoints of an interface's peers, a set of addresses, out of what leads into it."""
        if endpoints != self._endpoints.get(interface, set()):
            self._endpoints[interface] = endpoints
            for name in sorted(self.by_name):
                self._bar(self.by_name[name], now)

    def _bar(self, kernel_set, now):
        endpoints = set()
        for interface in set([policy.config.interface for policy in kernel_set.use.sources]):
            endpoints.update(self._endpoints.get(interface, ()))
        kernel_set.bar(sorted([ip.key(address) for address in endpoints]), now)

    def touch(self, name, keys, reason, now):
        """The life of these addresses changed."""
        self.by_name[name].touch(keys, reason, now)

    def exists(self, name):
        """Return whether there is such a set, None before the first look at it."""
        kernel_set = self.by_name.get(name)
        return None if kernel_set is None or kernel_set.reading.never else kernel_set.exists is True

    def is_missing(self, name):
        """Return whether it was looked for and is not there."""
        return name in self.by_name and self.by_name[name].exists is False

    def due(self, key, now):
        """The timer ("list" | "settle" | "glance", SetName), or NFT, is due."""
        if key == NFT:
            self._timers.set(NFT, now + self._glance_wait)
            return [GlanceNft("nftables")]
        kernel_set = self.by_name.get(key[1])
        if kernel_set is None:
            return []
        if key[0] == "list":
            return self.list(kernel_set)
        return self._after(kernel_set, kernel_set.due(key[0], now), now)

    def list(self, kernel_set):
        """Have a set listed, and what is known of its service read again."""
        if self._held:
            return []
        actions = kernel_set.due("list", None)
        return self._with_service(kernel_set, actions) if actions else []

    def _with_service(self, kernel_set, actions):
        """Have it read as well how the service is that makes the set."""
        return (self.read_services() if kernel_set.use.service else []) + actions

    def list_all(self):
        """Have every set listed."""
        actions = []
        for name in sorted(self.by_name):
            actions.extend(self.list(self.by_name[name]))
        return actions

    def read_services(self):
        """Have it read which services that make sets are there, unless that is under way."""
        if self._reading:
            return []
        self._reading = True
        return [ReadServices(SERVICES)]

    def services_read(self, services):
        """Which services that make sets are there: {name: Service}."""
        self.services = services
        self._reading = False
        return []

    def resync(self):
        """Other programs may have changed any of the sets: each is compared with the kernel again."""
        for kernel_set in self.by_name.values():
            kernel_set.reading.disturbed()
        return self.list_all()

    def nft_changed(self, now):
        """Another program changed the tables of nftables: any set there may be another one."""
        names = self._of_nft()
        for name in names:
            self.by_name[name].touched(len(names), now)
        return []

    def _of_nft(self):
        return [name for name in sorted(self.by_name) if name.kind == "nft"]

    def _pace_glances(self, now):
        """Glance at nftables as often as the sets of it need, not at all without any."""
        waits = [self.by_name[name].glance_after() for name in self._of_nft()]
        before, self._glance_wait = self._glance_wait, min(waits) if waits else None
        if not waits:
            self._timers.cancel(NFT)
        elif before is None or self._glance_wait < before:
            self._timers.set(NFT, now + self._glance_wait)

    def glanced(self, name, size, now):
        """An ipset holds so many elements, None: it does not exist."""
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        came = size is not None and kernel_set.exists is False
        actions = kernel_set.glanced(size, now)
        return self._with_service(kernel_set, actions) if came and actions else actions

    def listed(self, name, listing, now):
        """The kernel's account of one set."""
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        why = None
        if listing is None and kernel_set.use.sources:
            why = why_missing(kernel_set.use.sources[0].target, self.services)[0]
        # a set that came while it was listed may be of a service that was not there yet when that was read
        came = listing is not None and not kernel_set.exists
        late = came and self.services is not None and kernel_set.use.service not in self.services
        actions = kernel_set.listed(listing, why, now)
        return self._after(kernel_set, self._with_service(kernel_set, actions) if late else actions, now)

    def changed(self, action, refused, now):
        """A change was made, but for the elements in `refused`: {key: why}."""
        kernel_set = self.by_name.get(action.set)
        if kernel_set is None:
            return []
        return self._after(kernel_set, kernel_set.changed(action, refused, now), now)

    def failed(self, action, reason, now):
        """A listing, a glance or a change failed."""
        kernel_set = self.by_name.get(action.set)
        return [] if kernel_set is None else self._after(kernel_set, kernel_set.failed(action, reason, now), now)

    def _after(self, kernel_set, actions, now):
        self._learn(kernel_set)
        if kernel_set.is_done_with():
            kernel_set.reading.forget()
            del self.by_name[kernel_set.name]
            self._pace_glances(now)
        if not self.flush_flows:
            actions = [action for action in actions if not isinstance(action, FlushFlows)]
        return actions

    def settled(self):
        """Return whether every set was listed and nothing waits to be written."""
        return all(kernel_set.settled() for kernel_set in self.by_name.values())
