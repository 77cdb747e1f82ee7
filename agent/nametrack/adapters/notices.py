"""The kernel's notifications about nft sets that other programs change (nfnetlink's multicast group of nftables).

Our own changes are announced as well; each notification names the netlink port of the program that made the change.
What it takes to listen is bounded: a datagram that names none of the sets is not even taken apart.
"""

from .. import compat
from ..core import events as on
from ..wire import netlink, nfnetlink
from .netlink import Kernel, Refused, listen

_DATAGRAM = 16384  # bytes: notifications come in pages of at most 8 KiB (NLMSG_GOODSIZE)
_AT_ONCE = 64  # datagrams that are read before others have their turn
_ALL = 4096  # datagrams, more than the kernel keeps
CHECK = 60  # seconds between two looks whether everything was heard
MISSED = "nametrack missed some nftables notifications; reading the sets again"


class Notices:
    """Hands in SetTouched, and SetsDisturbed if something may have been missed."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._sets = {}  # (family, table, set) -> SetName
        self._names = []  # what a datagram about one of them has in it, as bytes
        self._own = None  # the netlink port from which we change sets
        self._generation = None  # number of the last change that was heard of
        self._socket = None

    def start(self):
        """Listen from now on; if the kernel does not allow it, nothing is heard and sets are only looked at."""
        self._socket = listen(self._poller, nfnetlink.PROTOCOL, nfnetlink.NFTABLES_GROUP, self._readable)
        if self._socket is None:
            return
        self._generation = self._ask_generation()
        self._poller.call_at(("notices",), compat.monotonic() + CHECK, self._check)

    def watch(self, name):
        """Tell of the set with this SetName too; ipsets are passed over, for the kernel announces nothing of them."""
        if name.kind == "nft" and name.family in nfnetlink.FAMILIES:
            self._sets[nfnetlink.FAMILIES[name.family], name.table, name.name] = name
            self._names = sorted(set([key[2].encode() + b"\0" for key in self._sets]))

    def own(self, port):
        """What is changed from this netlink port is no news."""
        self._own = port

    def _readable(self, mask):
        touched, lost = {}, False  # touched: SetName -> whether elements may have gone
        left = _AT_ONCE
        while left:
            left -= 1
            try:
                datagram = self._socket.recv(_DATAGRAM)
                self._take(datagram, touched)
                continue
            except OSError as error:
                if error.errno == compat.EAGAIN:
                    break
            except netlink.NetlinkError:
                pass
            # ENOBUFS: more was told than was read. What waits is older than the listing that comes of it.
            if not lost:
                lost, left = True, _ALL
        if lost:
            self._generation = self._ask_generation()
            return self._emit(on.SetsDisturbed(MISSED))
        for name in sorted(touched):
            self._emit(on.SetTouched(name, touched[name]))

    def _take(self, datagram, touched):
        generation = nfnetlink.generation(datagram) if len(datagram) < 256 else None
        if generation is not None:
            self._generation = generation.number
        if not any(datagram.find(name) >= 0 for name in self._names):
            return
        for notice in nfnetlink.notices(datagram, own=self._own):
            for name in self._meant(notice, datagram):
                touched[name] = touched.get(name, False) or notice.kind != nfnetlink.NEWELEMENT

    def _meant(self, notice, datagram):
        """Return the SetNames that a notice is about: of a rule those that it may refer to."""
        if notice.set is not None:
            name = self._sets.get((notice.family, notice.table, notice.set))
            return [] if name is None else [name]
        of_table = [key for key in self._sets if key[:2] == (notice.family, notice.table)]
        return [self._sets[key] for key in of_table if datagram.find(key[2].encode() + b"\0") >= 0]

    def _check(self):
        """The kernel counts changes: one that was not heard of shows in the number."""
        self._poller.call_at(("notices",), compat.monotonic() + CHECK, self._check)
        generation = self._ask_generation()
        self._readable(0)
        if generation is not None and 0 < _later(generation, self._generation) < 1 << 31:
            self._generation = generation
            self._emit(on.SetsDisturbed(MISSED))

    def _ask_generation(self):
        """The number of the last change; None if the kernel does not say."""
        kernel = None
        try:
            kernel = Kernel(nfnetlink.PROTOCOL)
            kernel.send(nfnetlink.get_generation)
            generation = nfnetlink.generation(kernel.receive())
            return None if generation is None else generation.number
        except (OSError, netlink.NetlinkError, Refused):
            return None
        finally:
            if kernel is not None:
                kernel.close()


def _later(number, than):
    """How much later a number of 32 bits that wraps is than another; 1 if that is not known."""
    return 1 if than is None else (number - than) & 0xFFFFFFFF
