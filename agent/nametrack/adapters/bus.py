"""The bus: our object on it, and the connection that others of the adapters use.

Nothing waits for ubusd. If there is none the agent does its main job without; when it comes, or comes back, the
object is put on the bus again, and those who watch are told.
"""

import pyubus
from pyubus import UbusError
from pyubus import happenings as what

from .. import compat, compat_heap

LIMIT = 5  # seconds for another program to answer a call
RETRY_FIRST, RETRY_MAX = 0.5, 30  # seconds between two tries to connect
# An agent that was just stopped may be on the bus for a moment yet.
TAKEN_TRIES, TAKEN_WAIT = 4, 0.5  # tries; seconds between them


class Bus:
    """Carries out Notify and Reply. `path`: of ubusd's socket, None for the usual ones, "none" for no bus at all."""

    def __init__(self, poller, log, path):
        self._poller = poller
        self._log = log
        self._path = path
        self._connection = None
        self._fd = None
        self._waiting = {}  # request -> function(status, replies)
        self._wait = RETRY_FIRST
        self._said = None  # the trouble that was said
        self._object = None  # (name, methods, answer); None if nothing is served
        self._decided = None  # function(free) that is still to be called
        self._arrived = None  # function that is called whenever our object is on the bus
        self._object_id = None
        self._deferred = {}  # id -> call that is still to be answered
        self._tries = 0  # to put our object on the bus since it was connected
        self._heard = False  # whether a client is subscribed to our object
        self._watchers = []
        self._takers = {}  # path -> function(method, data, call)

    def is_there(self):
        """Return whether ubusd can be connected to now."""
        if self._path == "none":
            return False
        try:
            pyubus.Connection(self._path).close()
        except UbusError:
            return False
        return True

    def use(self):
        """Connects, if there is a bus, to ask and not to serve."""
        self._connect()

    def serve(self, name, methods, answer, decided, arrived):
        """Connects, now or as soon as there is a bus, with an object on it.

        methods: {method: {argument: type}}; answer: function(method, arguments) that returns (status, reply); decided:
        called once, with False if another client has an object of this name, and True if none has, or there is
        no bus. One that has it when the bus comes back only keeps the object off the bus. arrived: called each time
        the object is on the bus: calls that came before were lost.
        """
        self._object = (name, methods, answer)
        self._decided = decided
        self._arrived = arrived
        self._connect()

    def busy(self):
        """Whether an answer is still to come."""
        return self._connection is not None and (self._connection.client_id is None or bool(self._waiting))

    def close(self):
        """Leaves the bus."""
        self._object = None
        self._drop()

    def watch(self, watcher):
        """Tells `watcher` by its `connected(serving)`, `notified(path, method, data)` and `event(name, data)`."""
        self._watchers.append(watcher)
        if self._connection is not None and self._connection.client_id is not None:
            watcher.connected(self._object is not None)

    def take(self, path, taker):
        """Have `taker(method, data, call)` hear what an object notifies, in the watchers' place; it calls `finish`."""
        self._takers[path] = taker

    def finish(self, call):
        """End a notification whose sender may wait for it: reply without data."""
        if self._connection is not None:
            self._finish(call, 0)
            self._sent()

    def request(self, make, done, limit=LIMIT):
        """Makes a request, `make(pyubus.Connection)`; then `done(status, replies)`, after `limit` seconds at most."""
        if self._connection is None or self._connection.closed:
            return done(pyubus.UBUS_STATUS_CONNECTION_FAILED, [])
        try:
            request = make(self._connection)
        except UbusError as error:
            return done(error.code, [])
        self._waiting[request] = done
        self._poller.call_at(("bus", request), compat.monotonic() + limit, lambda: self._too_late(request))
        self._sent()

    def notify(self, action):
        """Carries out Notify: those who are subscribed to our object hear of it."""
        if self._heard and self._object_id is not None:
            values = dict(action.values)
            values["code"] = action.code
            try:
                self._connection.notify(self._object_id, action.kind, values)
            except UbusError as error:
                self._log.write("warning", "bus: a notification was not sent: %s" % error)
            self._sent()

    # -- the connection ------------------------------------------------------------------------------------------

    def _decide(self, free):
        decided, self._decided = self._decided, None
        if decided is not None:
            decided(free)

    def _connect(self):
        if self._path == "none":
            return self._decide(True)
        try:
            self._connection = pyubus.Connection(self._path)
        except UbusError as error:
            return self._gone(error)
        self._fd = self._connection.fileno()
        self._poller.add(self._fd, self._ready)

    def _ready(self, mask):
        connection = self._connection
        for happening in connection.receive():
            self._handlers[type(happening)](self, happening)
            if self._connection is not connection:
                return  # it ended meanwhile
        self._sent()

    def _sent(self):
        """What ubusd did not take yet is sent when it does."""
        if self._connection is not None:
            self._poller.also_write(self._fd, self._connection.wants_write())

    def _drop(self):
        if self._connection is not None:
            self._poller.remove(self._fd)
            self._connection.close()
        self._connection = self._object_id = None
        self._heard = False
        self._deferred = {}  # who asked is told by ubusd's end
        for request in list(self._waiting):
            self._end(request, pyubus.UBUS_STATUS_CONNECTION_FAILED, [])

    def _gone(self, error):
        self._drop()
        if self._object is None:
            return
        self._decide(True)
        text = "bus: %s; the work goes on without it, it is tried again" % error
        if text != self._said:
            self._log.write("warning", text)
            self._said = text
        self._poller.call_at(("bus",), compat.monotonic() + self._wait, self._connect)
        self._wait = min(2 * self._wait, RETRY_MAX)

    def _connected(self, happening):
        self._wait = RETRY_FIRST
        if self._said is not None:
            self._log.write("info", "bus: connected again")
            self._said = None
        if self._object is not None:
            self._tries = 0
            self._put_object()
        for watcher in self._watchers:
            watcher.connected(self._object is not None)

    def _disconnected(self, happening):
        self._gone(happening.error)

    # -- our object ----------------------------------------------------------------------------------------------

    def _put_object(self):
        name, methods, _ = self._object
        self.request(lambda bus: bus.add(name, methods), self._object_put)

    def _object_put(self, status, replies):
        if status == 0:
            self._object_id = replies[0]
            self._decide(True)
            self._arrived()
        elif self._connection is not None and self._object is not None:
            self._tries += 1
            if self._tries == TAKEN_TRIES:
                self._log.write("error", "another agent is on the bus already (object %s)" % self._object[0])
                self._decide(False)
            self._poller.call_at(("bus",), compat.monotonic() + TAKEN_WAIT, self._put_object)

    def _called(self, happening):
        try:
            status, reply = self._object[2](happening.method, happening.arguments)
        except MemoryError:
            status, reply = self._out_of_memory(), {}
        if status is None:
            self._deferred[reply] = happening.call
        else:
            self._answer(happening.call, status, reply)

    def _out_of_memory(self):
        """The status of a call that the memory does not suffice for: nothing but the call suffers."""
        self._log.write("warning", "bus: a call is not answered: out of memory")
        compat_heap.ran_short("an answer on the bus did not fit")
        return pyubus.UBUS_STATUS_NO_MEMORY

    def reply(self, action):
        """Carries out Reply: the answer to a call that was put off."""
        call = self._deferred.pop(action.id, None)
        if call is not None and self._connection is not None:
            self._answer(call, self._out_of_memory() if action.values is None else 0, action.values)
            self._sent()

    def _answer(self, call, status, reply):
        try:
            if status == 0:
                self._connection.reply(call, reply)
        except UbusError as error:
            status = error.code
            self._log.write("warning", "bus: a call is not answered: %s" % error)
        except MemoryError:
            status = self._out_of_memory()
        self._finish(call, status)

    def _finish(self, call, status):
        try:
            self._connection.finish(call, status)
        except UbusError:
            pass  # ubusd reads no more: the caller cannot be told

    def _subscribers_changed(self, happening):
        self._heard = happening.active

    # -- others --------------------------------------------------------------------------------------------------

    def _notified(self, happening):
        taker = self._takers.get(happening.path)
        if taker is not None:
            return taker(happening.method, happening.data, happening.call)
        self._finish(happening.call, 0)
        for watcher in self._watchers:
            watcher.notified(happening.path, happening.method, happening.data)

    def _event(self, happening):
        for watcher in self._watchers:
            watcher.event(happening.name, happening.data)

    def _passed_over(self, happening):
        pass

    def _too_late(self, request):
        self._connection.cancel(request)
        self._end(request, pyubus.UBUS_STATUS_TIMEOUT, [])

    def _finished(self, happening):
        self._end(happening.request, happening.status, happening.replies)

    def _end(self, request, status, replies):
        done = self._waiting.pop(request, None)
        self._poller.cancel(("bus", request))
        if done is not None:
            done(status, replies)

    _handlers = {
        what.Connected: _connected,
        what.Disconnected: _disconnected,
        what.Finished: _finished,
        what.Called: _called,
        what.Notified: _notified,
        what.Unsubscribed: _passed_over,
        what.SubscribersChanged: _subscribers_changed,
        what.Event: _event,
    }
