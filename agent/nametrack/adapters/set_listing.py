"""One set read from the kernel, a datagram at a time, so that nothing else has to wait for a large one."""

from .. import compat, compat_heap
from ..wire import ipsetlink, netlink, nfnetlink, nftset
from ..wire.sets import Listing
from .netfilter import UNKNOWN, last_change
from .netlink import Kernel, Refused

_TRIES = 3  # listings of a set that changes while it is listed
LIMIT = 10  # seconds without an answer


class SetListing:
    """Reads one set, then calls `done(listing, reason)`: None and None mean that there is no such set."""

    def __init__(self, poller, name, done):
        """`name`: SetName; `reason`: why it could not be read, in words; None if it could."""
        self._poller = poller
        self._name = name
        self._done = done
        self._kernel = None
        self._tries = _TRIES
        self._generation = None  # number of the last change of nft's tables before the elements were asked for
        self._form = None  # of an nft set
        self._read = None  # what reads the answer that is under way
        self._elements = None  # the nftset.Elements that were read
        self._heard_at = None  # monotonic seconds: when the kernel was asked or answered last
        poller.call_at(("listing", id(self)), compat.monotonic(), lambda: self._guarded(self._start))

    def _guarded(self, step):
        """Take a step; whatever goes wrong ends the listing."""
        try:
            step()
        except OSError as error:
            self._end(None, compat.error_text(error))
        except (netlink.NetlinkError, Refused) as error:
            self._end(None, str(error))
        except MemoryError:
            self._elements = self._read = None  # room for what follows
            compat_heap.ran_short("the set did not fit")
            self._end(None, "the set does not fit into memory")

    def _start(self):
        self._kernel = Kernel(nfnetlink.PROTOCOL)
        self._poller.add(self._kernel.fileno(), lambda mask: self._guarded(self._readable))
        if self._name.kind == "ipset":
            make = lambda seq: ipsetlink.Dump(seq, compat.monotonic())  # noqa: E731
            return self._ask(lambda seq: ipsetlink.get_set(self._name, seq, False), make)
        reply = self._kernel.ask(lambda seq: nftset.get_set(self._name, seq))
        if reply.errno == compat.ENOENT:
            return self._end(None, None)
        if reply.errno or not reply.messages:
            raise Refused(reply.text or compat.errno_text(reply.errno))
        self._form = nftset.form(reply.messages[0])
        self._ask_elements()

    def _ask(self, request, make):
        self._heard_at = compat.monotonic()
        self._poller.call_at(("listing", id(self)), self._heard_at + LIMIT, self._look)
        self._kernel.send(request)
        self._read = make(self._kernel.seq)

    def _ask_elements(self):
        self._generation = last_change(self._kernel)
        now = compat.monotonic()
        self._ask(lambda seq: nftset.get_elements(self._name, seq), lambda seq: nftset.Elements(self._form, seq, now))

    def _readable(self):
        datagram = self._kernel.receive()
        self._heard_at = compat.monotonic()
        if not self._read.feed(datagram):
            return compat_heap.pace()
        errno = self._read.errno
        if errno == compat.ENOENT or (self._name.kind == "ipset" and errno in UNKNOWN):
            return self._end(None, None)
        if errno:
            raise Refused(self._read.text or compat.errno_text(errno))
        if self._name.kind == "ipset":
            return self._ipset_read()
        if self._elements is None:
            return self._elements_read()
        found = self._elements.found
        # The kernel spreads a set that grew into a larger table, in its own time. A listing meanwhile has some elements
        # twice and misses others, and nothing else says so.
        if self._again(len(found.ends) < found.count):
            self._elements = None
            return self._ask_elements()
        self._finish(self._form, found)

    def _ipset_read(self):
        if self._again(self._read.interrupted):
            return self._start_again()
        if self._read.found is None:
            return self._end(None, None)
        self._finish(self._read.form(), self._read.found)

    def _elements_read(self):
        """The kernel does not say that a set changed while it was listed, but it counts the changes of all tables."""
        if self._again(self._read.interrupted or last_change(self._kernel) != self._generation):
            return self._ask_elements()
        self._elements = self._read
        self._ask(lambda seq: nftset.get_rules(self._name, seq), lambda seq: nftset.Rules(self._name, seq))

    def _again(self, changed):
        self._tries -= changed
        return changed and self._tries > 0

    def _start_again(self):
        self._poller.remove(self._kernel.fileno())
        self._kernel.close()
        self._start()

    def _finish(self, form, found):
        self._end(Listing(form, found.ends, found.marked, self._read.used, self._tries > 0), None)

    def _look(self):
        """End the listing if the kernel has been silent for too long; all of a large set may take longer."""
        due = self._heard_at + LIMIT
        if compat.monotonic() >= due:
            return self._end(None, "the kernel does not answer")
        self._poller.call_at(("listing", id(self)), due, self._look)

    def _end(self, listing, reason):
        self._poller.cancel(("listing", id(self)))
        if self._kernel is not None:
            self._poller.remove(self._kernel.fileno())
            self._kernel.close()
        self._done(listing, reason)
