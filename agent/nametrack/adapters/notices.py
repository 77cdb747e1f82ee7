"""What the kernel tells of nft's sets while others change them (nfnetlink's multicast group of nftables).

Our own changes come back like everybody's; each notice names the port of whoever made it, which is the process number
of nft. What it takes to listen is bounded: a datagram that names none of the sets is not even taken apart.

What the kernel keeps for us is bounded too, and a large change of our own is more than that. It counts changes: where
ours was the only one since the last that was heard of, nothing was missed.
"""

from .. import compat
from ..core import events as on
from ..wire import netlink, nfnetlink, nft
from .netlink import Kernel, Refused

_DATAGRAM = 16384  # bytes: notices come in pages of at most 8 KiB (NLMSG_GOODSIZE)
_AT_ONCE = 64  # datagrams that are read before others have their turn
_ALL = 4096  # datagrams, more than the kernel keeps
_OWN_MOST = 8  # processes of ours that are remembered
CHECK = 60  # seconds between two looks whether everything was heard


class Notices:
    """Hands in SetTouched, and SetsDisturbed where something may have been missed."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._sets = {}  # (family, table, set) -> the set's name in actions
        self._names = []  # what a datagram about one of them has in it, as bytes
        self._own = []  # process numbers of the nft that we ran, the last ones
        self._generation = None  # number of the last change that was heard of
        self._running = None  # process number of the one of ours that runs
        self._heard_own = False  # whether what that changed was heard of
        self._missed = None  # of what was lost while it ran: (_generation, _heard_own) as they were before
        self._socket = None

    def start(self):
        """Listens from now on; where that cannot be had, nothing is heard and sets are only looked at."""
        try:
            self._socket = compat.netlink_socket(nfnetlink.PROTOCOL, nfnetlink.NFTABLES_GROUP)
        except OSError:
            return
        self._socket.setblocking(False)
        self._poller.add(self._socket.fileno(), self._readable)
        self._generation = self._ask_generation()
        self._poller.call_at(("notices",), compat.monotonic() + CHECK, self._check)

    def watch(self, set_name):
        """Tells of this set too, named as the actions name it; ipsets are passed over."""
        name = nft.parse_name(set_name[4:]) if set_name.startswith("nft ") else None
        if name is not None and name.family in nfnetlink.FAMILIES:
            self._sets[nfnetlink.FAMILIES[name.family], name.table, name.name] = set_name
            self._names = sorted(set([key[2].encode() + b"\0" for key in self._sets]))

    def own(self, pid):
        """This process begins; what it changes is no news."""
        self._own = self._own[1 - _OWN_MOST :] + [pid]
        self._running, self._heard_own = pid, False

    def own_ended(self, changes):
        """It has ended and made so many changes of nft's tables; None: nobody knows."""
        if self._socket is None:
            return
        self._readable(0)  # by now all was told
        self._running = None
        if self._missed is None:
            return
        (before, heard), self._missed = self._missed, None
        self._generation = self._ask_generation()
        if None in (changes, before, self._generation) or _later(self._generation, before) != (0 if heard else changes):
            self._disturbed()

    def _readable(self, mask):
        touched, lost = {}, False  # touched: set name -> whether elements may have gone
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
            if self._running is not None and self._missed is None:
                self._missed = (self._generation, self._heard_own)
        if lost and self._running is None:
            self._generation = self._ask_generation()
            return self._disturbed()
        for set_name in sorted(touched):
            self._emit(on.SetTouched(set_name, touched[set_name]))

    def _take(self, datagram, touched):
        generation = nfnetlink.generation(datagram) if len(datagram) < 256 else None
        if generation is not None:
            self._generation = generation.number
            self._heard_own = self._heard_own or generation.port == self._running
        if not any(datagram.find(name) >= 0 for name in self._names):
            return
        for notice in nfnetlink.notices(datagram):
            set_name = self._sets.get((notice.family, notice.table, notice.set))
            if set_name is not None and notice.port not in self._own:
                removed = notice.kind != nfnetlink.NEWELEMENT
                touched[set_name] = touched.get(set_name, False) or removed

    def _check(self):
        """The kernel counts changes: one that was not heard of shows in the number."""
        self._poller.call_at(("notices",), compat.monotonic() + CHECK, self._check)
        generation = self._ask_generation()
        self._readable(0)
        if generation is not None and 0 < _later(generation, self._generation) < 1 << 31:
            self._generation = generation
            self._disturbed()

    def _disturbed(self):
        self._emit(on.SetsDisturbed("what the kernel told of nft was not all heard"))

    def _ask_generation(self):
        """The number of the last change; None where nobody says."""
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
    """How much later a number of 32 bits that wraps is than another; 1 where that is not known."""
    return 1 if than is None else (number - than) & 0xFFFFFFFF
