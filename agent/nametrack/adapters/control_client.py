"""What the commands ask the agent's own socket with: as much of pyubus.UbusClient as they use."""

import select
import socket

from pyubus import (
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_PERMISSION_DENIED,
    UBUS_STATUS_TIMEOUT,
    UbusError,
)
from pyubus.status import status_text

from .. import compat
from ..wire import control

MAX_ANSWER = 4 << 20  # bytes: an answer of 256 KiB on the bus, every character of it escaped
_PIECE = 16384


class ControlClient:
    """A connection to the agent. `folder`: where its socket is; `timeout`: seconds that an answer may take.

    Everything raises UbusError: UBUS_STATUS_NOT_FOUND if no agent listens, UBUS_STATUS_PERMISSION_DENIED if this user
    may not ask it, UBUS_STATUS_TIMEOUT, UBUS_STATUS_CONNECTION_FAILED, or what the agent answers a call with.
    """

    def __init__(self, folder, timeout):
        self._path = folder + control.SOCKET
        self._timeout = timeout
        self._socket = None
        self._poll = select.poll()
        self._pieces = []  # of a line that is not complete yet
        self._told = None  # function(method, data), called for each notification
        self._gone = None  # function(), called when the agent is gone

    def connect(self):
        """Connect to the agent."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | compat.CLOEXEC)
        try:
            sock.setblocking(False)
            sock.connect(compat.unix_sockaddr(self._path))
        except OSError as error:
            sock.close()
            raise _refused(self._path, error)
        self._socket = sock
        self._poll.register(sock.fileno(), select.POLLIN)

    def close(self):
        """End the connection."""
        self._poll.unregister(self._socket.fileno())
        self._socket.close()

    def call(self, object, method, arguments=None):
        """Return what a method of the agent answers, a dict. `object` is its name on the bus, and not looked at."""
        try:
            self._socket.send(control.call(method, arguments or {}))
        except OSError as error:
            raise UbusError(UBUS_STATUS_CONNECTION_FAILED, compat.error_text(error))
        end = compat.monotonic() + self._timeout
        while True:
            line = self._line(end)
            if isinstance(line, control.Notification):
                continue  # what is asked now says more
            if line.status:
                raise UbusError(line.status, "%s: %s" % (method, status_text(line.status)))
            return line.values

    def subscribe(self, object, callback, removed):
        """Have `loop` call `callback(method, data)` for each notification, and `removed()` when the agent is gone."""
        self._told, self._gone = callback, removed
        self.call(object, control.SUBSCRIBE)

    def loop(self):
        """Wait for notifications until the agent is gone."""
        while True:
            try:
                line = self._line(None)
            except UbusError:
                return self._gone()
            if isinstance(line, control.Notification):
                self._told(line.kind, {})

    def _line(self, end):
        """Return the next Answer or Notification; `end`: monotonic seconds until when it must come, None for never."""
        while True:
            last = self._pieces[-1] if self._pieces else b""
            if b"\n" in last:
                head, _, rest = last.partition(b"\n")
                line = b"".join(self._pieces[:-1]) + head
                self._pieces = [rest] if rest else []
                try:
                    return control.read_answer(line)
                except control.ControlError as error:
                    raise UbusError(UBUS_STATUS_CONNECTION_FAILED, str(error))
            if sum([len(piece) for piece in self._pieces]) > MAX_ANSWER:
                raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "the answer is too long")
            self._pieces.append(self._receive(end))

    def _receive(self, end):
        left = -1 if end is None else max(0, int(1000 * (end - compat.monotonic())))
        if not self._poll.poll(left):
            raise UbusError(UBUS_STATUS_TIMEOUT, status_text(UBUS_STATUS_TIMEOUT))
        try:
            data = self._socket.recv(_PIECE)
        except OSError as error:
            if error.errno == compat.EAGAIN:
                return b""
            raise UbusError(UBUS_STATUS_CONNECTION_FAILED, compat.error_text(error))
        if not data:
            raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "the agent closed the connection")
        return data


def _refused(path, error):
    if error.errno in (compat.ENOENT, compat.ECONNREFUSED, compat.ENOTDIR):
        return UbusError(UBUS_STATUS_NOT_FOUND, "no agent listens on %s" % path)
    if error.errno in (compat.EACCES, compat.EPERM):
        return UbusError(UBUS_STATUS_PERMISSION_DENIED, "only root may ask the agent")
    return UbusError(UBUS_STATUS_CONNECTION_FAILED, "%s: %s" % (path, compat.error_text(error)))
