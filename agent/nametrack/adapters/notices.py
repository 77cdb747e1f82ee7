"""What the kernel tells of nft's sets while others change them (nfnetlink's multicast group of nftables).

Our own changes come back like everybody's; each notice names the port of whoever made it, which is the process number
of nft. What it takes to listen is bounded: a datagram that names none of the sets is not even taken apart.
"""

from .. import compat
from ..core import events as on
from ..wire import netlink, nfnetlink, nft
from .netlink import Kernel, Refused

_DATAGRAM = 16384  # bytes: notices come in pages of at most 8 KiB (NLMSG_GOODSIZE)
_AT_ONCE = 64  # datagrams that are read before others have their turn
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
        """What this process changes is no news."""
        self._own = self._own[1 - _OWN_MOST :] + [pid]

    def _readable(self, mask):
        touched, lost = {}, False  # touched: set name -> whether elements may have gone
        for _ in range(_AT_ONCE):
            try:
                datagram = self._socket.recv(_DATAGRAM)
            except OSError as error:
                if error.errno == compat.EAGAIN:
                    break
                lost = True  # ENOBUFS: more was told than was read
                continue
            try:
                self._take(datagram, touched)
            except netlink.NetlinkError:
                lost = True
        for set_name in sorted(touched):
            self._emit(on.SetTouched(set_name, touched[set_name]))
        if lost:
            self._disturbed()

    def _take(self, datagram, touched):
        generation = nfnetlink.generation(datagram) if len(datagram) < 256 else None
        if generation is not None:
            self._generation = generation
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
        if generation is not None and _is_later(generation, self._generation):
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
            return nfnetlink.generation(kernel.receive())
        except (OSError, netlink.NetlinkError, Refused):
            return None
        finally:
            if kernel is not None:
                kernel.close()


def _is_later(number, than):
    """Whether a number of 32 bits that wraps is later than another."""
    return than is None or 0 < (number - than) & 0xFFFFFFFF < 1 << 31
