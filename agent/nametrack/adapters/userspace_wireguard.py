"""One request to the process that runs a userspace WireGuard interface: what its socket is asked, and the answer."""

from .. import compat
from ..wire import uapi

LIMIT = 5  # seconds for the answer
_PIECE = 8192


def get(allowed=None):
    """Return what asks for the peers, and the uapi.Reply for the answer, which fills `allowed` unless that is None."""
    return uapi.GET, uapi.Reply(allowed)


def set_endpoint(public_key, address, port):
    """Return what sets the endpoint of a peer, and the uapi.Reply for the answer. Raises uapi.UapiError."""
    return uapi.set_endpoint(public_key, address, port), uapi.Reply()


class Exchange:
    """A request to a userspace interface and the answer to it, as it comes."""

    def __init__(self, poller, sock, done):
        """sock: to the process, closed in the end; `done(reply, problem)`: a uapi.Reply, or why there is none."""
        self._poller = poller
        self._socket = sock
        self._fd = sock.fileno()
        self._done = done
        self._rest, self._reply = b"", None

    def begin(self, request):
        """Send `request()`, bytes and the Reply that takes the answer; whatever goes wrong is told `done`."""
        self._poller.call_at(("wireguard", self._fd), compat.monotonic() + LIMIT, self._too_late)
        self._poller.add(self._fd, self._writable, True)
        try:
            self._rest, self._reply = request()
        except uapi.UapiError as error:
            self._end(str(error))

    def _writable(self, mask):
        try:
            sent = self._socket.send(self._rest)
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self._end(compat.error_text(error))
            return
        self._rest = self._rest[sent:]
        if not self._rest:
            self._poller.remove(self._fd)
            self._poller.add(self._fd, self._readable)

    def _readable(self, mask):
        try:
            data = self._socket.recv(_PIECE)
            if not data:
                self._end("the answer is cut short")
            elif self._reply.feed(data):
                self._end(None)
        except OSError as error:
            if error.errno != compat.EAGAIN:
                self._end(compat.error_text(error))
        except uapi.UapiError as error:
            self._end(str(error))

    def _too_late(self):
        self._end("no answer in %d s" % LIMIT)

    def _end(self, problem):
        self._poller.cancel(("wireguard", self._fd))
        self._poller.remove(self._fd)
        self._socket.close()
        self._done(self._reply, problem)
