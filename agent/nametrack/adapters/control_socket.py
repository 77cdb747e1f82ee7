"""The agent's own socket, through which the commands ask it if there is no ubus. Only root can connect to it.

Each connection asks one thing after another, in lines of wire/control.py. The answers and their bounds are those of
the object on the bus. A connection that asks nothing for a while is closed, unless it waits for notifications.
"""

import select
import socket

from pyubus import (
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_INVALID_COMMAND,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NO_MEMORY,
    UBUS_STATUS_OK,
)
from pyubus.signature import accepts

from .. import compat, compat_files, compat_heap
from ..wire import control

MAX_CONNECTIONS = 8
MAX_CALL = 4096  # bytes of a line that asks: a name has 253 characters
IDLE_LIMIT = 20  # seconds without a call, or in which an answer is not read
MAX_BEHIND = 64 * 1024  # bytes of notifications that a subscriber may leave unread
ACCEPT_WAIT = 1  # second until a connection is accepted that could not be

_PIECE = 4096


class ControlSocket:
    """Carries out Notify and Reply. `folder`: where the socket is; it is made if it is missing."""

    def __init__(self, poller, log, folder):
        self._poller = poller
        self._log = log
        self._folder = folder
        self._path = folder + control.SOCKET
        self._listener = None
        self._methods = {}  # method -> {argument: BLOBMSG_TYPE_*}
        self._answer = None  # function(method, arguments) that returns (status, reply)
        self._connections = {}  # fd -> _Connection
        self._deferred = {}  # id -> _Connection whose call the core answers later

    def serve(self, methods, answer):
        """Listen from now on. Return False if another agent listens there already.

        methods: {method: {argument: type}}; answer: function(method, arguments) that returns (status, reply). If
        nothing can listen there, the log says so and the agent works without.
        """
        self._methods, self._answer = methods, answer
        if _is_served(self._path):
            self._log.write("error", "another agent runs already: it listens on %s" % self._path)
            return False
        try:
            compat_files.make_folder(self._folder)
            compat_files.remove_file(self._path)  # an agent that was killed leaves its own
            self._listener = compat_files.unix_listener(self._path, MAX_CONNECTIONS)
        except OSError as error:
            text = "%s: %s; status and the other commands cannot ask this agent" % (
                self._path,
                compat.error_text(error),
            )
            self._log.write("warning", text)
            return True
        self._listen()
        return True

    def close(self):
        """Stop listening, remove the socket and end every connection."""
        if self._listener is not None:
            self._poller.cancel(("control",))
            self._poller.remove(self._listener.fileno())
            self._listener.close()
            self._listener = None
            compat_files.remove_file(self._path)
        for connection in list(self._connections.values()):
            connection.close()

    def notify(self, action):
        """Carry out Notify: tell the subscribed connections that there is news; `events` says what."""
        for connection in list(self._connections.values()):
            if connection.subscribed:
                connection.tell(control.notification(action.kind))

    def reply(self, action):
        """Carry out Reply: answer a call that was put off."""
        connection = self._deferred.pop(action.id, None)
        if connection is None:
            return
        if action.values is None:
            connection.answer(self.out_of_memory(), {})
        else:
            connection.answer(UBUS_STATUS_OK, action.values)
        connection.work()

    # -- what the connections call ---------------------------------------------------------------------------------

    def call(self, connection, call):
        """Answer the control.Call of a connection, now or as soon as the core has the answer."""
        signature = self._methods.get(call.method)
        if signature is None:
            return connection.answer(UBUS_STATUS_METHOD_NOT_FOUND, {})
        if not accepts(signature, call.arguments):
            return connection.answer(UBUS_STATUS_INVALID_ARGUMENT, {})
        try:
            status, reply = self._answer(call.method, call.arguments)
        except MemoryError:
            return connection.answer(self.out_of_memory(), {})
        if status is None:
            self._deferred[reply] = connection
        else:
            connection.answer(status, reply)

    def out_of_memory(self):
        """Return the status of a call whose answer does not fit into memory: the agent goes on without it."""
        self._log.write("warning", "socket: a call is not answered: out of memory")
        compat_heap.ran_short("an answer on the socket did not fit")
        return UBUS_STATUS_NO_MEMORY

    def ended(self, connection):
        """Forget a connection that ended."""
        self._connections.pop(connection.fd, None)
        for number in [number for number in self._deferred if self._deferred[number] is connection]:
            del self._deferred[number]

    def _listen(self):
        self._poller.add(self._listener.fileno(), self._arrived)

    def _arrived(self, mask):
        try:
            sock = self._listener.accept()[0]
        except OSError as error:
            if error.errno != compat.EAGAIN:  # no descriptor is free: the client waits, and so does the agent
                self._poller.remove(self._listener.fileno())
                self._poller.call_at(("control",), compat.monotonic() + ACCEPT_WAIT, self._listen)
            return
        if len(self._connections) == MAX_CONNECTIONS:
            return sock.close()
        connection = _Connection(self._poller, sock, self)
        self._connections[connection.fd] = connection


class _Connection:
    """A client of the socket."""

    def __init__(self, poller, sock, owner):
        self._poller = poller
        self._socket = sock
        self._owner = owner
        self._received = b""  # the beginning of a call
        self._rest = b""  # what is still to be sent
        self._asked = False  # whether a call waits for its answer: the next one is not read before
        self._silent = False  # whether the client says nothing more, and reads what is still to come
        self.subscribed = False
        self.fd = sock.fileno()
        sock.setblocking(False)
        poller.add(self.fd, self._ready)
        self._wait()

    def answer(self, status, values):
        """Send the answer to the call that waits for it."""
        try:
            line = control.answer(status, values)
        except MemoryError:
            line = control.answer(self._owner.out_of_memory(), {})
        self._asked = False
        self._send(line)

    def tell(self, line):
        """Send a notification; a client that does not read them is closed."""
        if len(self._rest) > MAX_BEHIND:
            return self.close()
        self._send(line)

    def close(self):
        """End the connection."""
        if self._socket is not None:
            self._poller.cancel(("control", self.fd))
            self._poller.remove(self.fd)
            self._socket.close()
            self._socket = None
            self._owner.ended(self)

    def work(self):
        """Answer the calls that came, one after another; a call that is put off holds up those after it."""
        while not self._asked and self._socket is not None:
            line, end, rest = self._received.partition(b"\n")
            if not end:
                return
            self._received = rest
            self._asked = True
            self._wait()
            try:
                call = control.read_call(line)
            except control.ControlError:
                self.answer(UBUS_STATUS_INVALID_COMMAND, {})
                continue
            if call.method == control.SUBSCRIBE:
                self.subscribed = True
                self.answer(UBUS_STATUS_OK, {})
            else:
                self._owner.call(self, call)

    def _wait(self):
        self._poller.call_at(("control", self.fd), compat.monotonic() + IDLE_LIMIT, self._idle)

    def _idle(self):
        if self._asked:
            self._wait()
        elif not self.subscribed:
            self.close()

    def _ready(self, mask):
        self._send(b"")
        if self._socket is None or self._silent:
            return
        try:
            data = self._socket.recv(_PIECE)
        except OSError as error:
            return None if error.errno == compat.EAGAIN else self.close()
        if not data and (self._asked or self._rest) and not mask & select.POLLHUP:
            # it closed its half only, as `socat` does behind what it is given
            self._silent = True
            self._poller.remove(self.fd)
            return self._send(b"")
        if not data or len(self._received) + len(data) > MAX_CALL:
            return self.close()
        self._received += data
        self.work()

    def _send(self, line):
        """Send what waits and then `line`; what the socket does not take yet is sent when it does."""
        if self._socket is None:
            return
        self._rest += line
        try:
            while self._rest:
                self._rest = self._rest[self._socket.send(self._rest) :]
        except OSError as error:
            if error.errno != compat.EAGAIN:
                return self.close()
        if not self._silent:
            self._poller.also_write(self.fd, bool(self._rest))
        elif self._rest:
            self._poller.add(self.fd, self._ready, True)
        elif not self._asked and b"\n" not in self._received:
            self.close()


def _is_served(path):
    """Return whether an agent listens on a socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | compat.CLOEXEC)
    try:
        sock.setblocking(False)
        sock.connect(compat.unix_sockaddr(path))
        return True
    except OSError as error:
        return error.errno == compat.EAGAIN  # so many wait already
    finally:
        sock.close()
