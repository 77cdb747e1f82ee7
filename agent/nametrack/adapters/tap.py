"""DNS answers as the clients of this router get them: read from the packets that leave for them.

The kernel compares the names (wire/bpf.py), so this wakes only for answers about names that are wanted. It reads and
never writes: a malformed or forged answer costs its reading and nothing else.
"""

import socket

from .. import compat, destination
from ..compat_packet import link_number, packet_socket
from ..core import events as on
from ..wire import bpf, dns, packets, passing
from ..wire.repeats import Repeats

_PACKET = 4096  # bytes; an answer by UDP has 1,232 in most cases
_PACKETS = 16  # read in a row: a flood must not stop everything else
_KNOWN = 64  # source addresses that are remembered
_LOCAL_FOR = 60  # seconds for which it is remembered whether an address is this machine's
# Seconds in which an answer that is given again is not handed in again. So it is known to within as many when a name
# was seen last; and the addresses, which the core keeps for a minute at least, are renewed in time.
_REPEATS_FOR = 10
# Seconds that packets gather while those that say nothing new come at least twice as fast: to wake for each of them
# costs more than to read it. An answer among them that is new is read that much later.
_GATHER = 0.01


class Tap:
    """Carries out Observe and hands in NameObserved."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._receiver = compat.Receiver(_PACKET)
        self._open = {}  # device -> _Ear
        self._names = None  # (domains, hosts, lists)
        self._senders = "router"  # whose answers count, as in Observe
        self._wanted = passing.Names((), ())
        self._sources = {}  # address -> (whether it is this machine's, until when that is believed)
        self._repeats = Repeats(_REPEATS_FOR)
        self.answers = 0  # that were read, about wanted names; repeats are not
        self.unreadable = 0

    def observe(self, action):
        """Listen on exactly these devices for answers of exactly these senders about exactly these names."""
        self._senders = action.senders
        self._repeats.clear()
        names = (action.domains, action.hosts, action.lists)
        if names != self._names:
            self._close(list(self._open))
            self._names, self._wanted = names, passing.Names(*names)
        self._close([device for device in self._open if device not in action.devices])
        for device in action.devices if any(names) else ():
            if device not in self._open:
                try:
                    self._listen(device)
                except OSError as error:
                    self._emit(on.ActionFailed(action, "%s: %s" % (device, compat.error_text(error))))

    def _listen(self, device):
        sock = packet_socket(device, bpf.answers_about(*bpf.compared(*self._names)))
        self._open[device] = _Ear(self._poller, device, sock, self._readable)

    def _close(self, devices):
        for device in devices:
            self._open.pop(device).close()

    def _readable(self, device):
        ear, now, idle, news = self._open[device], compat.monotonic(), 0, 0
        while idle + news < _PACKETS:
            try:
                packet = self._receiver.view(ear.socket)
            except OSError as error:
                if error.errno == compat.ENETDOWN and link_number(device) == ear.number:
                    break  # once it is up again this socket hears it, and nothing need tell of that
                return self._close([device])  # the device is gone; Observe comes again when netifd tells of it
            if packet is None:
                break
            packet = bytes(packet)
            if self._repeats.have(packet, packets.message_at(packet), now):
                idle += 1
                continue
            # of most answers nothing but the name is looked at, if the filter cannot compare the names
            name = packets.asked_name(packet)
            if name is None or self._wanted.have(name):
                news += 1
                self._take(packet)
            else:
                idle += 1
        ear.read(0 if news else idle, now)

    def _take(self, packet):
        found = packets.dns_answer(packet)
        if found is None or (self._senders == "router" and not self._is_ours(found[0])):
            return
        try:
            message = dns.decode(found[1])
            name = passing.asks_about(message)
            if name is None or not self._wanted.have(name):
                return
            told = passing.told(message)
        except (dns.DnsError, IndexError):
            self.unreadable += 1
            return
        self.answers += 1
        self._repeats.remember(found[1], compat.monotonic())
        if told is not None:
            self._emit(on.NameObserved(told.name, told.addresses, told.ttl, "client"))

    def _is_ours(self, address):
        """Whether this machine has the address: a router hands on others' answers too, which anyone may have forged."""
        if address.startswith("fe80:"):
            return True  # link-local: no router hands it on
        now = compat.monotonic()
        ours, until = self._sources.get(address, (False, 0))
        if now >= until:
            if len(self._sources) >= _KNOWN:
                self._sources = {}
            ours = _can_bind(address)
            self._sources[address] = (ours, now + _LOCAL_FOR)
        return ours


class _Ear:
    """The socket of a device, and when it is read: `readable(device)`."""

    def __init__(self, poller, device, sock, readable):
        self.socket = sock
        self.number = link_number(device)
        self._poller = poller
        self._device = device
        self._readable = readable
        self._idle_at = 0  # when nothing new was in what was read last
        self._gathers = False  # whether packets gather until a time, and nothing wakes for them
        self._wake()

    def close(self):
        self._poller.cancel(("tap", self._device))
        self._poller.remove(self.socket.fileno())
        self.socket.close()

    def read(self, idle, now):
        """So many packets were read that say nothing new, 0 if one of them did."""
        fast = idle > 1 if self._gathers else idle > 0 and now - self._idle_at < _GATHER / 2
        if idle:
            self._idle_at = now
        if fast:
            if not self._gathers:
                self._poller.remove(self.socket.fileno())
            self._poller.call_at(("tap", self._device), now + _GATHER, lambda: self._readable(self._device))
        elif self._gathers:
            self._wake()
        self._gathers = fast

    def _wake(self):
        self._poller.add(self.socket.fileno(), lambda mask: self._readable(self._device))


def _can_bind(address):
    try:
        sock = socket.socket(compat.family(address), socket.SOCK_DGRAM | compat.CLOEXEC)
    except OSError:
        return False  # a kernel without IPv6 may hand on IPv6 all the same, as a bridge does
    try:
        sock.bind(compat.sockaddr(address, 0))
    except OSError:
        return False
    finally:
        sock.close()
    return destination.unusable(address) is None
