"""Reading what the kernel has of rules, nexthops, routes and links, a datagram at a time: tables may be long."""

from collections import namedtuple

from .. import compat
from ..wire import netlink, rtnetlink
from .netlink import be_strict

_TRIES = 3  # of a part that changes while it is read
_LIMIT = 10  # seconds without a message; all of it may take longer, if the machine is busy and the tables are long
_DATAGRAM = 16384  # bytes: what is taken at once, some 200 routes, is what others wait for
_ABSENT = (compat.ENOENT, compat.EOPNOTSUPP, compat.EAFNOSUPPORT)  # no such table, no nexthops or no IPv6 here: nothing

# request: function of a number; empty: function that makes what messages are added to; add: function(that, message)
Part = namedtuple("Part", ("request", "empty", "add"))


class Dumper:
    """One conversation at a time; what else is wanted waits for its end."""

    def __init__(self, poller, key):
        self._poller = poller
        self._key = key  # of its calls at a time
        self._waiting = []  # [(parts, done)]
        self._socket = None
        self._parts = []
        self._found = []
        self._current = None  # what the part that is being read has given
        self._tries = self._seq = 0
        self._heard_at = None  # monotonic seconds: when the kernel was asked or gave a message last

    def read(self, parts, done):
        """Reads the Parts, then calls `done(found, problem)`: what each has given, or None and why not."""
        self._waiting.append((parts, done))
        if self._socket is None and len(self._waiting) == 1:
            self._poller.call_at(self._key, compat.monotonic(), self._begin)

    def busy(self):
        """Whether something is being read."""
        return bool(self._waiting)

    def _begin(self):
        try:
            self._socket = compat.netlink_socket(rtnetlink.PROTOCOL)
            self._socket.setblocking(False)
            be_strict(self._socket)
            self._poller.add(self._socket.fileno(), self._readable)
            self._heard_at = compat.monotonic()
            self._poller.call_at(self._key, self._heard_at + _LIMIT, self._look)
            self._parts, self._found, self._tries = list(self._waiting[0][0]), [], 0
            self._ask()
        except OSError as error:
            self._end(compat.error_text(error))

    def _look(self):
        """End the conversation if the kernel has been silent for too long."""
        due = self._heard_at + _LIMIT
        if compat.monotonic() >= due:
            return self._end("no message from the kernel in %d s" % _LIMIT)
        self._poller.call_at(self._key, due, self._look)

    def _ask(self):
        if not self._parts:
            return self._end(None)
        self._seq += 1
        self._current = self._parts[0].empty()
        self._interrupted = False
        self._socket.send(self._parts[0].request(self._seq))

    def _readable(self, mask):
        try:
            reply = netlink.reply(self._socket.recv(_DATAGRAM), self._seq)
            self._heard_at = compat.monotonic()
            add = self._parts[0].add
            for message in reply.messages:
                add(self._current, message)
            self._interrupted = self._interrupted or reply.interrupted
            if reply.errno is not None:
                self._part_ended(reply.errno)
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self._end(compat.error_text(error))
        except netlink.NetlinkError as error:
            self._end(str(error))

    def _part_ended(self, errno):
        if errno and errno not in _ABSENT:
            return self._end(compat.errno_text(errno))
        if self._interrupted and self._tries < _TRIES:
            self._tries += 1
            return self._ask()
        if self._interrupted:
            return self._end("the kernel's tables change while they are read")
        self._found.append(self._current)
        self._tries = 0
        del self._parts[0]
        self._ask()

    def _end(self, problem):
        self._poller.cancel(self._key)
        if self._socket is not None:
            self._poller.remove(self._socket.fileno())
            self._socket.close()
            self._socket = None
        found, self._found, self._parts, self._current = self._found, [], [], None
        _, done = self._waiting.pop(0)
        if self._waiting:
            self._poller.call_at(self._key, compat.monotonic(), self._begin)
        done(None if problem else found, problem)


def listed(request, kind, read):
    """A Part that gives the list of what `read` makes of its messages of this kind."""

    def add(found, message):
        value = read(message) if message.type == kind else None
        if value is not None:
            found.append(value)

    return Part(request, list, add)
