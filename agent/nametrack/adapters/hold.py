"""OpenWrt's dnsmasq waits for us before it answers: the addresses are in the kernel before the client has them.

dnsmasq with OpenWrt's patch 200-ubus_dns notifies the object `<instance>.dns` of each address record that it is about
to hand out, and waits up to 100 ms for every subscriber. We write the addresses and reply without data: data would
change the answer. A subscriber that was killed costs nothing, one that is stopped 100 ms a record, so nothing of ours
may take long: what does is done unsubscribed, and what took long unforeseen ends the subscription for a while.
"""

from .. import compat, ip
from ..core import events as on
from ..wire import dns

ADDED = "ubus.object.add"
RESULT = "dns_result"
SERVICE, SUFFIX = "dnsmasq", ".dns"

LIMIT = 0.05  # seconds that an answer is held at most
LATE = 3  # answers in a row that were held for as long: the kernel is not up to it now
PAUSE, PAUSE_MOST = 1, 600  # seconds without a subscription after something took long, doubling
CALM = 60  # seconds without anything that took long: then a pause is the shortest again
BUSY_PAUSE = 10  # seconds, after too many notifications
SHORT_PAUSE = 1  # second, after what was known to take long
MANY = 100  # notifications in a second: each costs the clients a part of a millisecond


class Hold:
    """Carries out Hold and Release; hands in NameObserved and, if dnsmasq waits, AnswerHeld."""

    def __init__(self, poller, bus, emit):
        self._poller = poller
        self._bus = bus
        self._emit = emit
        self._names = ((), (), ())  # domains, hosts, lists
        self._exchanges = None
        self._serving = False  # whether the bus is there for long
        self._paths = {}  # path of an object -> the id of our subscription, None until it is known
        self._held = {}  # id -> call that dnsmasq waits with
        self._last_id = 0
        self._late = 0  # answers in a row
        self._pause = PAUSE
        self._left_at = 0  # when something took long
        self._recent = (0, 0)  # (since when, notifications)
        self._took = {}  # what -> seconds that it took the last time
        bus.watch(self)

    # -- what the core orders ----------------------------------------------------------------------------------------

    def hold(self, action):
        """Carry out Hold: have the answers about exactly these names held."""
        names = (action.domains, action.hosts, action.lists)
        if names != self._names:
            self._close()
            self._names = names
            self._resume()

    def release(self, action):
        """Carry out Release: what dnsmasq waits for is done."""
        self._late = 0
        self._finish(action.id)

    # -- what takes long ---------------------------------------------------------------------------------------------

    def prepare(self, what):
        """Something is to be done in one go: if it took long the last time, or never was done, nothing is held then."""
        if self._took.get(what, LIMIT) >= LIMIT:
            self._leave(SHORT_PAUSE)

    def took(self, what, seconds):
        """It is done, and took so many seconds."""
        self._took[what] = seconds

    def was_away(self, seconds):
        """So long nothing was heard, unforeseen: the same may come again."""
        if not self._paths:
            return
        now = compat.monotonic()
        if now - self._left_at > max(CALM, 2 * self._pause):
            self._pause = PAUSE
        self._left_at = now
        self._leave(self._pause)
        self._pause = min(2 * self._pause, PAUSE_MOST)

    # -- what the bus calls ------------------------------------------------------------------------------------------

    def connected(self, serving):
        """The bus can be used; `serving`: it will be for long."""
        self._serving = serving
        self._paths, self._held = {}, {}
        if serving:
            self._bus.request(lambda bus: bus.listen(ADDED), _whatever)
            self._resume()

    def notified(self, path, method, data):
        """An object that was subscribed to tells something: ours comes to `_notified`."""

    def event(self, name, data):
        """An event that was listened to."""
        if name == ADDED and self._exchanges is not None and _is_dns(data.get("path")):
            self._subscribe(data["path"])  # dnsmasq was started again

    # -- the subscriptions -------------------------------------------------------------------------------------------

    def _resume(self):
        """Have answers held, if there are any to be."""
        if not any(self._names) or not self._serving:
            return
        if self._exchanges is None:
            from .exchanges import Exchanges  # most routers observe nothing

            try:
                self._exchanges = Exchanges(self._poller, *self._names)
            except OSError as error:
                return self._emit(on.HoldFailed(compat.error_text(error)))
        self._bus.request(lambda bus: bus.lookup(SERVICE + "*"), self._found)

    def _found(self, status, objects):
        for path in [found.path for found in objects if status == 0 and _is_dns(found.path)]:
            self._subscribe(path)

    def _subscribe(self, path):
        if self._exchanges is None:
            return
        self._paths.setdefault(path, None)
        self._bus.take(path, self._notified)
        self._bus.request(lambda bus: bus.subscribe(path), lambda status, ids: self._subscribed(path, status, ids))

    def _subscribed(self, path, status, ids):
        if status != 0:
            self._paths.pop(path, None)
        elif path in self._paths:
            self._paths[path] = ids[0]
        else:
            self._unsubscribe(ids[0])  # it was to end meanwhile

    def _unsubscribe(self, number):
        self._bus.request(lambda bus: bus.remove(number), _whatever)

    def _leave(self, pause):
        """Hold nothing for so many seconds."""
        if self._exchanges is not None:
            self._close()
            self._poller.call_at(("hold",), compat.monotonic() + pause, self._resume)

    def _close(self):
        for number in list(self._held):
            self._finish(number)
        self._poller.cancel(("hold",))
        paths, self._paths = self._paths, {}
        for path in paths:
            if paths[path] is not None:
                self._unsubscribe(paths[path])
        if self._exchanges is not None:
            self._exchanges.close()
            self._exchanges = None

    # -- the answers -------------------------------------------------------------------------------------------------

    def _notified(self, method, data, call):
        """dnsmasq is about to hand out an address, and waits until the call is finished."""
        name, address = data.get("name"), data.get("address")
        if self._exchanges is None or method != RESULT or not isinstance(name, str) or not isinstance(address, str):
            return self._bus.finish(call)
        try:
            found = self._observed(dns.canonical_name(name), ip.canonical(address), data.get("ttl"))
        except dns.DnsError:
            found = []
        if not found:
            self._bus.finish(call)
            return self._count()
        for event in found:
            self._emit(event)
        self._last_id += 1
        self._held[self._last_id] = call
        self._emit(on.AnswerHeld(self._last_id))
        number = self._last_id
        self._poller.call_at(("hold", number), compat.monotonic() + LIMIT, lambda: self._too_late(number))

    def _observed(self, name, address, ttl):
        """[NameObserved] of the names that are wanted and have this address."""
        self._exchanges.read()
        about = self._exchanges.about(name, address)
        found = [on.NameObserved(told.name, told.addresses, told.ttl, "resolver") for told in about]
        if not found and address is not None and self._exchanges.wants(name):
            found.append(on.NameObserved(name, [address], ttl if isinstance(ttl, int) and ttl > 0 else 0, "resolver"))
        return found

    def _count(self):
        """Notifications that concern us not: too many of them are not worth what they cost."""
        now = compat.monotonic()
        since, count = self._recent
        self._recent = (since, count + 1) if now - since < 1 else (now, 1)
        if count >= MANY and now - since < 1:
            self._leave(BUSY_PAUSE)

    def _too_late(self, number):
        self._finish(number)
        self._late += 1
        if self._late >= LATE:
            self._late = 0
            self.was_away(LIMIT)

    def _finish(self, number):
        self._poller.cancel(("hold", number))
        call = self._held.pop(number, None)
        if call is not None:
            self._bus.finish(call)


def _is_dns(path):
    return isinstance(path, str) and path.startswith(SERVICE) and path.endswith(SUFFIX)


def _whatever(status, replies):
    pass
