"""Connections that the kernel tracks: those to an address that entered a set are ended in its books.

Their next packet is then the first of a flow to the kernel, and goes the way that the sets say now. By netlink; without
it, OpenWrt's kernel takes an address in /proc, and forgets whatever has that at either end.

The kernel picks IPv4 connections by their destination. Those of IPv6 are all read: its filter takes an IPv6 destination
for every other one, for a deletion as well (conntrack.get_flows). So readings of many have pauses between them.
"""

from .. import compat, compat_files, ip
from ..core import events as on
from ..key_table import KeyTable
from ..wire import conntrack, netlink, nfnetlink

TABLE = "/proc/net/nf_conntrack"
LIMIT = 10  # seconds without an answer

# What a kernel says that has no netlink for it.
_UNKNOWN = (compat.EINVAL, compat.EOPNOTSUPP, compat.EPROTONOSUPPORT)
_SINGLE = 16  # addresses whose connections are asked for one by one; for more, all are looked at
_STEP = 500  # addresses that are looked at in a row
_FAMILIES = {4: conntrack.INET, 6: conntrack.INET6}
_SHARE = 10  # one part in so many of the time, at most, goes into reading all connections
_REST = 5  # seconds at most from one reading of them to the next that waits


class Flows:
    """Carries out FlushFlows, one after the other, a datagram at a time."""

    def __init__(self, poller, emit, table=TABLE, rests=True):
        """rests: whether long readings have pauses between them; a single pass would only wait for their end."""
        self._poller = poller
        self._emit = emit
        self._table = table
        self._waiting = []  # FlushFlows for which a few connections are read
        self._large = []  # those for which all connections of a family are
        self._dump = None  # the _Dump that is under way
        self._rests = rests
        self._rested_at = 0  # when that may be done again

    def flush(self, action):
        """Carries out FlushFlows."""
        (self._large if _reads_all(action.keys) else self._waiting).append(action)
        if self._dump is None:
            self._next()

    def busy(self):
        """Whether connections are still looked through."""
        return self._dump is not None or len(self._large) > 0

    def _next(self):
        """Look for the connections to the addresses of all actions that need not wait."""
        self._dump, now = None, compat.monotonic()
        ready, self._waiting = self._waiting, []
        if now >= self._rested_at:
            ready, self._large = ready + self._large, []
        if ready:
            keys = [key for each in ready for key in each.keys]
            all_of_them = _reads_all(keys)
            ended = lambda error: self._ended(ready, now if all_of_them else None, error)  # noqa: E731
            self._dump = _Dump(self._poller, keys, all_of_them, ended)
        elif self._large:
            self._poller.call_at(("flows",), self._rested_at, self._next)

    def _ended(self, actions, began, error):
        """began: when all connections began to be read, None if they were not."""
        now = compat.monotonic()
        if began is not None and self._rests:
            self._rested_at = now + min((_SHARE - 1) * (now - began), _REST)
        for action in actions:
            if error in _UNKNOWN:
                self._forget(action.keys)
            elif error is not None:
                text = compat.errno_text(error) if isinstance(error, int) else error
                self._emit(on.ActionFailed(action, text))
        self._next()

    def _forget(self, keys):
        """OpenWrt's own way, for single addresses. Where the kernel has not that either, nothing can be done."""
        try:
            for key in keys:
                if not ip.is_wide(key):
                    with compat_files.open_file(self._table, "wb") as file:
                        file.write(ip.element(key).encode())
        except OSError:
            pass


def _reads_all(keys):
    """Return whether the connections to these keys are found by looking at all."""
    return len(keys) > _SINGLE or any(ip.is_wide(key) or ip.key_family(key) == 6 for key in keys)


class _Dump:
    """Reads tracked connections and ends those to some addresses, each datagram's before the next is read.

    Nothing is collected: 10,000 connections would not fit into a small heap. Nor are all read for a few addresses: on a
    router with many the agent would hear nothing else for a while, each time a name has a new address.
    """

    def __init__(self, poller, keys, all_of_them, done):
        """`done(error)` is called once: None, an error number, or words."""
        self._poller = poller
        self._done = done
        self._given = keys
        self._all = all_of_them  # whether connections are asked for whatever their destination
        self._keys = KeyTable()  # the same, as far as they were looked through
        self._sizes = set()  # of prefixes among them, in addresses
        self._ranges = []  # keys that are no prefixes
        self._families = set()  # of them
        self._questions = []  # (family, packed address, None for all): which connections are asked for
        self._seq = 0
        self._socket = None  # lists
        self._ending = None  # deletes: a socket that lists may not be asked for anything else meanwhile
        self._poller.call_at(("flows",), compat.monotonic(), lambda: self._sort_out(0))

    def _sort_out(self, start):
        """Look through the keys, some at a time, then start."""
        keys = self._given[start : start + _STEP]
        self._keys.update(KeyTable(keys))
        if self._all:
            self._families.update([ip.key_family(key) for key in keys])
        for key in [key for key in keys if ip.is_wide(key)]:
            size = key[1] - key[0] + 1
            if key[0] % size:
                self._ranges.append(key)
            else:
                self._sizes.add(size)
        if start + _STEP < len(self._given):
            return self._poller.call_at(("flows",), compat.monotonic(), lambda: self._sort_out(start + _STEP))
        if self._all:
            self._questions = [(_FAMILIES[family], None) for family in sorted(self._families)]
        else:
            self._questions = [(conntrack.INET, ip.packed_of_key(key)) for key in self._keys]
        self._start()

    def _start(self):
        try:
            self._socket = compat.netlink_socket(nfnetlink.PROTOCOL)
            self._socket.setblocking(False)
            self._ending = compat.netlink_socket(nfnetlink.PROTOCOL)
            self._ending.setblocking(False)
            self._poller.add(self._socket.fileno(), self._readable)
            self._wait()
            self._ask()
        except OSError as error:
            self._end(error.errno)

    def _wait(self):
        """Only a kernel that is silent ends it: all of many connections may take longer."""
        self._poller.call_at(("flows",), compat.monotonic() + LIMIT, lambda: self._end("no answer in %d s" % LIMIT))

    def _ask(self):
        """Ask the next question, or end."""
        if not self._questions:
            return self._end(None)
        self._seq += 1
        family, destination = self._questions.pop(0)
        self._socket.send(conntrack.get_flows(family, self._seq, destination))

    def _readable(self, mask):
        try:
            datagram = compat.receive(self._socket)
            if datagram is None:
                return
            self._wait()
            reply = netlink.reply(datagram, self._seq)
            for item in reply.messages:
                flow = conntrack.flow(item)
                if flow is not None and self._is_meant(flow.destination):
                    self._ending.send(conntrack.delete_flow(flow, self._seq))
            self._pass_over_answers()
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self._end(error.errno)
            return
        except netlink.NetlinkError as error:
            return self._end(str(error))
        if reply.errno:
            self._end(reply.errno)
        elif reply.errno == 0:
            self._ask()

    def _is_meant(self, destination):
        key = ip.packed_key(destination)
        if key in self._keys:
            return True
        for size in self._sizes:
            first = key - key % size
            if (first, first + size - 1) in self._keys:
                return True
        return any(first <= key <= last for first, last in self._ranges)

    def _pass_over_answers(self):
        """That one has ended meanwhile is no error; what is not read would fill the socket."""
        try:
            while compat.receive(self._ending) is not None:
                pass
        except OSError as error:
            if error.errno != compat.ENOBUFS:
                raise

    def _end(self, error):
        self._poller.cancel(("flows",))
        if self._socket is not None:
            self._poller.remove(self._socket.fileno())
            self._socket.close()
        if self._ending is not None:
            self._ending.close()
        self._done(error)
