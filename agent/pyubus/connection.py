"""A connection to ubusd for another program's poll loop: it never waits, and drives nothing itself.

    connection = Connection()
    loop.add(connection.fileno(), ready)

    def ready():
        for happening in connection.receive():
            ...  # happenings.py says what may happen; requests are made when Connected did
        loop.modify(connection.fileno(), write=connection.wants_write())

After Disconnected, remove the descriptor from the loop, `close`, and make another Connection later: ids of objects,
listeners and subscribers are new ones then. Deadlines are the loop's: `cancel` a request when its time is over.
"""

from . import compat
from .protocol import Protocol
from .status import UBUS_STATUS_CONNECTION_FAILED, UbusError

SOCKET_PATHS = ("/var/run/ubus/ubus.sock", "/var/run/ubus.sock")  # the second one in older releases

_PIECE = 16384  # bytes read at once: more may be there, and the loop has other things to do


class Connection(Protocol):
    """A Protocol with a socket: what is requested is sent at once, as far as the socket takes it."""

    def __init__(self, path=None):
        """Connects to the socket at `path`, None for where OpenWrt has it. UbusError if there is no ubusd."""
        super().__init__()
        self._socket = _connect(SOCKET_PATHS if path is None else (path,))

    def fileno(self):
        """The descriptor to wait on: readable, and writable too while `wants_write`."""
        return self._socket.fileno()

    def wants_write(self):
        """Whether something still waits to be sent: bool."""
        return self.output.waits()

    def receive(self):
        """Sends what waits, reads what came, and returns the list of what happened; to be called when either is due."""
        if self.closed:
            return []
        self._flush()
        try:
            data = self._socket.recv(_PIECE)
        except OSError as error:
            if error.errno == compat.EAGAIN:
                return []
            return self.end(UbusError(UBUS_STATUS_CONNECTION_FAILED, "ubusd: %s" % compat.error_text(error)))
        return self.feed(data)

    def close(self):
        """Closes the socket; nothing is said to happen any more."""
        self.closed = True
        self._socket.close()

    def _put(self, kind, seq, peer, attributes):
        super()._put(kind, seq, peer, attributes)
        self._flush()

    def _flush(self):
        try:
            while self.output.waits():
                self.output.sent(self._socket.send(self.output.next()))
        except OSError:
            pass  # full, or broken: `recv` says why, after what ubusd still had to say


def _connect(paths):
    problems = []
    for path in paths:
        try:
            return compat.unix_socket(path)
        except OSError as error:
            problems.append("%s: %s" % (path, compat.error_text(error)))
    raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "no ubusd: " + ", ".join(problems))
