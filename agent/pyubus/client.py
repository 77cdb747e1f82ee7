"""A blocking client, for programs that do one thing after another.

Its names are those of the `ubus` module that OpenWrt packages as python3-ubus, as methods of an object. It is a small
poll loop around one Connection: what comes while it waits for an answer is kept for `loop`.
"""

import select

from . import happenings as on
from .compat import Deadline
from .connection import Connection
from .registrations import Listener, PublishedObject, Subscription
from .status import (
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_NO_MEMORY,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_TIMEOUT,
    UbusError,
    status_text,
)

KEPT_LIMIT = 1000  # happenings that wait for `loop`


class UbusClient:
    """One connection to ubusd; `with` connects it, and closes it at its end.

    `socket_path`: str, None for where OpenWrt has it; `timeout`: seconds that an answer may take. Arguments and data
    are dicts as for values.from_python, None is an empty one.

    Everything but `close` raises UbusError: with the UBUS_STATUS_* that a request ended with, UBUS_STATUS_TIMEOUT if
    no answer came, UBUS_STATUS_CONNECTION_FAILED without ubusd. After the last, `connect` again.
    """

    def __init__(self, socket_path=None, timeout=30):
        self.timeout = timeout
        self._path = socket_path
        self._connection = None
        self._poll = select.poll()
        self._finished = {}  # request that is waited for -> its Finished, None until it comes
        self._kept = []  # happenings for `loop`
        self._registrations = []  # of registrations.py, in the order they were made

    def __enter__(self):
        self.connect()
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def connect(self):
        """Connects, again if need be; what was added, listened and subscribed to before is so again.

        Where an object that was subscribed to is not there (yet), its `removed` is called.
        """
        self.close()
        self._connection = Connection(self._path)
        self._poll.register(self._connection.fileno(), select.POLLIN)
        deadline = Deadline(self.timeout)
        try:
            while self._connection.client_id is None:
                self._wait(deadline, "ubusd")
            for registration in list(self._registrations):
                self._restore(registration)
        except UbusError:
            self.close()
            raise

    def close(self):
        """Closes the connection, if there is one; with it the objects of this client leave the bus."""
        if self._connection is not None:
            self._poll.unregister(self._connection.fileno())
            self._connection.close()
        self._connection = None
        self._kept = []

    # -- asking others --

    def list(self, path=None):
        """The objects on the bus, all or those of a path, which may end in `*`: `{object: {method: {argument: type}}}`.

        A type is one of BLOBMSG_TYPE_*.
        """
        found = self._ask(lambda bus: bus.lookup(path), path or "list")
        return {one.path: one.signature for one in found}

    def call(self, object, method, arguments=None, timeout=None):
        """What a method of an object answers: dict, empty if it gives no data."""
        replies = self.call_all(object, method, arguments, timeout)
        return replies[0] if replies else {}

    def call_all(self, object, method, arguments=None, timeout=None):
        """Everything that a method answers, if it may come in several pieces: list of dict."""
        return self._ask(lambda bus: bus.call(object, method, arguments), "%s %s" % (object, method), timeout)

    def send(self, event, data=None):
        """Sends an event to those who listen to it; ubusd never gives a client its own."""
        self._ask(lambda bus: bus.send(event, data), "event %s" % event)

    # -- being asked --

    def add(self, object_name, methods):
        """Puts an object on the bus: `{method: {"method": callback, "signature": {argument: BLOBMSG_TYPE_*}}}`.

        `loop` calls `callback(handler, data)`, with a Handler and a dict; an int that it returns is the call's
        UBUS_STATUS_*. Arguments of other types than the signature says are answered INVALID_ARGUMENT before.
        """
        self._register(PublishedObject(object_name, methods))

    def remove(self, object_name):
        """Takes an object back from the bus."""
        published = self._published(object_name)
        self._ask(lambda bus: bus.remove(published.id), object_name)
        self._registrations.remove(published)

    def notify(self, object_name, method, data=None):
        """Notifies the subscribers of an object of this client."""
        self._connected().notify(self._published(object_name).id, method, data)
        deadline = Deadline(self.timeout)
        while self._connected().wants_write():
            self._wait(deadline, object_name)

    def ask_subscribers(self, object_name, method, data=None, timeout=None):
        """Notifies the subscribers of an object of this client, and waits for what each says: list of Answer."""
        object_id = self._published(object_name).id
        return self._ask(lambda bus: bus.ask_subscribers(object_id, method, data), object_name, timeout)

    def listen(self, *registrations):
        """Has `loop` call `callback(event, data)` for events; each argument is `(pattern, callback)`.

        A pattern is the name of an event, or how it begins and a `*`.
        """
        for pattern, callback in registrations:
            self._register(Listener(pattern, callback))

    def subscribe(self, path, callback, removed=lambda: None):
        """Has `loop` call `callback(method, data)` when an object notifies, which may return a UBUS_STATUS_*.

        `removed()` is called when the object is gone; when it is back, subscribe again.
        """
        self._register(Subscription(path, callback, removed))

    def loop(self, timeout=None):
        """Waits for calls, events and notifications and calls back, for some seconds, None for ever.

        A callback's exception comes out of here, after the caller was told UBUS_STATUS_UNKNOWN_ERROR; an UbusError is
        only told, as long as there is an ubusd. `close` in a callback ends it.
        """
        self._connected()
        deadline = Deadline(timeout)
        over = False
        while self._connection is not None and not over:
            over = deadline.left() == 0
            if not self._kept:
                self._receive(deadline)
            while self._kept:
                self._call_back(self._kept.pop(0))

    # -- within --

    def _connected(self):
        if self._connection is None:
            raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "not connected to ubusd")
        return self._connection

    def _published(self, name):
        for registration in self._registrations:
            if isinstance(registration, PublishedObject) and registration.name == name:
                return registration
        raise UbusError(UBUS_STATUS_NOT_FOUND, "%s: no object of this client" % name)

    def _register(self, registration):
        registration.id = self._ask(registration.ask, registration.name)[0]
        if registration not in self._registrations:
            self._registrations.append(registration)

    def _restore(self, registration):
        try:
            self._register(registration)
        except UbusError as error:
            if not isinstance(registration, Subscription) or error.code != UBUS_STATUS_NOT_FOUND:
                raise
            self._registrations.remove(registration)
            registration.removed()

    def _ask(self, ask, what, timeout=None):
        """The replies to the request that `ask(connection)` makes; `what` it is about, for people."""
        connection = self._connected()
        request = ask(connection)
        self._finished[request] = None
        deadline = Deadline(self.timeout if timeout is None else timeout)
        try:
            while self._finished[request] is None:
                self._wait(deadline, what)
            status, replies = self._finished[request][1:]
        finally:
            del self._finished[request]
            connection.cancel(request)
        if status != UBUS_STATUS_OK:
            raise UbusError(status, "%s: %s" % (what, status_text(status)))
        return replies

    def _wait(self, deadline, what):
        if not self._receive(deadline):
            raise UbusError(UBUS_STATUS_TIMEOUT, "%s: %s" % (what, status_text(UBUS_STATUS_TIMEOUT)))

    def _receive(self, deadline):
        """Waits for ubusd and sorts what happened; False if nothing did in time."""
        connection = self._connected()
        self._poll.modify(connection.fileno(), select.POLLIN | (select.POLLOUT if connection.wants_write() else 0))
        if not self._poll.poll(deadline.left()):
            return False
        for happening in connection.receive():
            if isinstance(happening, on.Disconnected):
                self.close()
                raise happening.error
            if isinstance(happening, on.Finished):
                if happening.request in self._finished:
                    self._finished[happening.request] = happening
            elif len(self._kept) < KEPT_LIMIT:
                self._kept.append(happening)
            elif isinstance(happening, (on.Called, on.Notified)):
                connection.finish(happening.call, UBUS_STATUS_NO_MEMORY)
        return True

    def _call_back(self, happening):
        for registration in list(self._registrations):
            if registration.id == happening[0]:  # the id of what it is about comes first in each
                if isinstance(happening, on.Unsubscribed):
                    self._registrations.remove(registration)
                registration.happened(self._connection, happening)
