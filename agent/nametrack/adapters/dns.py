"""DNS queries: a socket of its own for each, so that the kernel draws a random port and hears only that server."""

import socket

from .. import compat
from ..core import events as on
from ..wire import dns

PORT = 53

_DATAGRAMS = 16  # read in a row: a flood of answers to one query must not stop the others
_PIECE = 4096


class Dns:
    """Sends queries and hands in QueryAnswered, QueryFailed and AnswerRejected."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._open = {}  # id -> _Udp, _Tcp or _Failed

    def send(self, action):
        """Carries out SendQuery. What comes of it is never handed in before this returns."""
        number = action.id
        try:
            kind = _Tcp if action.tcp else _Udp
            query = kind(self._poller, action, lambda event: self._over(number, event), self._emit)
        except OSError as error:
            query = self._failed(number, compat.error_text(error))
        except dns.DnsError as error:
            query = self._failed(number, str(error))
        self._open[number] = query

    def cancel(self, number):
        """Forgets the query with this id; nothing is handed in for it any more."""
        query = self._open.pop(number, None)
        if query is not None:
            query.close()

    def _failed(self, number, reason):
        return _Failed(self._poller, lambda event: self._over(number, event), on.QueryFailed(number, reason))

    def _over(self, number, event):
        self.cancel(number)
        self._emit(event)


class _Failed:
    """A query that could not be sent: the event follows from the loop."""

    def __init__(self, poller, over, event):
        self._poller = poller
        self._key = ("dns", event.id)
        poller.call_at(self._key, compat.monotonic(), lambda: over(event))

    def close(self):
        self._poller.cancel(self._key)


class _Query:
    """An open socket and the question that was sent through it."""

    def __init__(self, poller, action, over, emit, kind):
        """`over`: takes the event that ends the query; `emit`: one that does not. Raises OSError, DnsError."""
        self.poller = poller
        self.id = action.id
        self.over = over
        self.emit = emit
        self.server = action.server
        self.name = action.name
        self.rtype = action.rtype
        self.number = compat.urandom16()
        self.request = dns.query(self.number, self.name, self.rtype, action.recurse, action.edns)
        address, port, device = _parts(action.server)
        self.socket = socket.socket(compat.family(address), kind | compat.CLOEXEC)
        self.fd = self.socket.fileno()
        try:
            self.socket.setblocking(False)
            if device:
                # Whatever the routes say: a dead tunnel that took the default route must not swallow the question.
                compat.bind_to_device(self.socket, device)
            self.connect(compat.sockaddr(address, port))
        except OSError:
            self.socket.close()
            raise

    def close(self):
        if self.socket is not None:
            self.poller.remove(self.fd)
            self.socket.close()
            self.socket = None

    def fail(self, reason):
        self.over(on.QueryFailed(self.id, reason))

    def read(self, data):
        """Return `(answer, None)`, or `(None, why it is no answer to the question)`."""
        try:
            message = dns.decode(data)
            reason = dns.matches(message, self.number, self.name, self.rtype)
            return (dns.answer(message, self.name, self.rtype), None) if reason is None else (None, reason)
        except dns.DnsError as error:
            if dns.repeats(data, self.request, self.name):
                return dns.unread(str(error)), None
            return None, str(error)


class _Udp(_Query):
    def __init__(self, poller, action, over, emit):
        super().__init__(poller, action, over, emit, socket.SOCK_DGRAM)
        poller.add(self.fd, self._readable)

    def connect(self, address):
        # A connected socket hears no other host, and hears that the port is closed.
        self.socket.connect(address)
        self.socket.send(self.request)

    def _readable(self, mask):
        for _ in range(_DATAGRAMS):
            try:
                data = compat.receive(self.socket)
            except OSError as error:
                return self.fail(compat.error_text(error))
            if data is None:
                return
            answer, reason = self.read(data)
            if answer is not None:
                return self.over(on.QueryAnswered(self.id, answer))
            self.emit(on.AnswerRejected(self.id, "%s: %s" % (self.server, reason)))


class _Tcp(_Query):
    """RFC 7766: each message with its length in two bytes before it."""

    def __init__(self, poller, action, over, emit):
        super().__init__(poller, action, over, emit, socket.SOCK_STREAM)
        self._rest = len(self.request).to_bytes(2, "big") + self.request  # to be sent
        self._received = bytearray()
        poller.add(self.fd, self._writable, True)

    def connect(self, address):
        try:
            self.socket.connect(address)
        except OSError as error:
            if error.errno != compat.EINPROGRESS:
                raise

    def _writable(self, mask):
        # How the connecting went is learnt here too: MicroPython cannot ask for SO_ERROR.
        try:
            sent = self.socket.send(self._rest)
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self.fail(compat.error_text(error))
            return
        self._rest = self._rest[sent:]
        if not self._rest:
            self.poller.remove(self.fd)
            self.poller.add(self.fd, self._readable)

    def _readable(self, mask):
        try:
            data = self.socket.recv(_PIECE)
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self.fail(compat.error_text(error))
            return
        if not data:
            return self.fail("connection closed")
        received = self._received
        received.extend(data)
        if len(received) < 2:
            return
        end = 2 + (received[0] << 8 | received[1])
        if len(received) < end:
            return
        answer, reason = self.read(bytes(received[2:end]))
        if answer is None:
            self.fail(reason)  # only the server speaks on this connection: there is nothing to wait for
        else:
            self.over(on.QueryAnswered(self.id, answer))


def _parts(server):
    """`(address, port, device)` of `address[#port][@device]`, as the core checked them; device "" for any."""
    server, _, device = server.partition("@")
    address, _, port = server.partition("#")
    return address, int(port) if port else PORT, device
