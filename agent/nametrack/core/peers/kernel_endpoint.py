"""A peer's endpoint in the kernel: what it is, what we ordered, and the way to it."""

from collections import namedtuple

from ..actions import CheckWay, SetEndpoint

NO_ROUTE_FOR = 60  # seconds that an address without a route is passed over

# how the last reading stands while something is decided
FRESH = "fresh"  # of just now: before each step of a trial the peer is read
OLD = "old"
UNDER_WAY = "under way"  # another one was asked for already: it will show what was before

# What was ordered last, by us. target, old: (address, port), old None for none; cause: peer_state.Cause; told: whether
# people hear of it once it is set
Order = namedtuple("Order", ("target", "old", "cause", "told"))


class KernelEndpoint:
    """`detour`: function of a PeerConfig and an address that gives the interface for a host route, None for none."""

    def __init__(self, detour):
        self.installed = None  # (address, port); None for none. What was ordered counts as installed until it fails
        self.changed_at = None  # when we last set another one
        self.changes = 0  # that the kernel showed, ours and those of other programs
        self._told = None  # the endpoint that people know of
        self._shown = None  # what the last reading showed
        self._order = None
        self._stale_reading = False  # the next reading was asked for before the last order
        self._led = (None, None)  # the endpoint whose way was seen to last, and the detour that it had then
        self._no_route = {}  # address -> until when it is passed over
        self._detour = detour

    def read(self, reading):
        """Take in what the kernel shows, None for no such peer; return whether it is an endpoint that we did not set.

        The first one that is seen is not that.
        """
        if self._stale_reading and reading is not None:
            self._stale_reading = False
            return False
        before, self._shown = self._shown, _endpoint(reading)
        if before is not None and before != self._shown:
            self.changes += 1
        if reading is None:
            self.installed = None
            self._stale_reading = False
        elif self._shown != self.installed:
            known, self.installed, self._order = self.installed, self._shown, None
            if known is not None and self._shown is not None:
                return True
            self._told = self._shown
        return False

    def order(self, config, order, now, reading):
        """Return the SetEndpoint of an Order for the peer of a PeerConfig; reading: FRESH, OLD or UNDER_WAY."""
        self._order, target = order, order.target
        if target != self.installed:
            self.installed, self.changed_at = target, now
        self._stale_reading = reading == UNDER_WAY
        self._led = (target, self._detour(config, target[0]))
        interface, key, probe = config.interface, config.public_key, config.probe_address
        return SetEndpoint(interface, key, target[0], target[1], self._led[1], probe, order.cause.text)

    def set(self, target):
        """A target was set: return the Order, None if people know of it, or are not to."""
        order = self._order
        if order is None or order.target != target:
            return None
        if self._shown is not None and self._shown != target:
            self.changes += 1
        self._shown = target
        if not order.told or self._told == target:
            return None
        self._told = target
        return order

    def untold(self):
        """The peer answers: return `(the endpoint that people know of, Order)` if that is another one, else None.

        Order: None if it was not ours.
        """
        if self._told == self.installed:
            return None
        told, self._told = self._told, self.installed
        return told, self._order

    def failed(self):
        """It could not be set: the kernel has what it had."""
        self.installed, self._order = self._shown, None

    def no_route(self, address, now):
        """There is no way to an address at present."""
        self._no_route[address] = now + NO_ROUTE_FOR

    def unreachable(self, now):
        """Return the addresses that are passed over, as a dict."""
        self._no_route = {a: until for a, until in self._no_route.items() if until > now}
        return self._no_route

    def passes_over(self):
        """Return whether addresses are passed over for a while."""
        return bool(self._no_route)

    def routes_changed(self):
        """What had no route may have one."""
        self._no_route = {}

    def check_way(self, config):
        """Return the actions that see to the way of an endpoint that we did not set: it roamed, or was there before."""
        if self.installed is None:
            return []
        led = (self.installed, self._detour(config, self.installed[0]))
        if led[1] is None or led == self._led:
            return []
        self._led = led
        return [CheckWay(config.interface, self.installed[0], self.installed[1], led[1])]

    def way_changed(self, config, came_up):
        """Return the interface through which the endpoint is reached now, if that is another one or came up anew."""
        if self.installed is None or self._led[1] is None:
            return None
        through = self._detour(config, self.installed[0])
        return None if through is None or (through == self._led[1] and through not in came_up) else through

    def has_way(self, config):
        """Return whether a host route for the endpoint can be asked for."""
        return self.installed is not None and self._detour(config, self.installed[0]) is not None


def _endpoint(reading):
    return (reading.address, reading.port) if reading is not None and reading.address else None
