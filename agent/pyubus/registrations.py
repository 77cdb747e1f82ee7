"""What a UbusClient has on the bus, and which function to call back for it: objects, listeners, subscriptions.

Each has a `name`, which is a path or a pattern, and an `id`, which is another one with each connection.
"""

from . import happenings as on
from .status import UBUS_STATUS_OK, UBUS_STATUS_UNKNOWN_ERROR, UbusError


class Handler:
    """A call of one of our objects, for its callback. `method`, `user`, `group`: str, the method, and the caller."""

    def __init__(self, connection, called):
        self.method = called.method
        self.user = called.user
        self.group = called.group
        self.deferred = False
        self._connection = connection
        self._call = called.call

    def reply(self, data=None):
        """Answers with a dict; more than once where the answer has several pieces. UbusError as Protocol.reply."""
        self._connection.reply(self._call, data)

    def defer(self):
        """The callback's return ends nothing: `finish` will, later."""
        self.deferred = True

    def finish(self, status=UBUS_STATUS_OK):
        """Ends a call that was deferred, with a UBUS_STATUS_*. UbusError as Protocol.finish."""
        self._connection.finish(self._call, status)


class PublishedObject:
    """An object of ours."""

    def __init__(self, path, methods):
        self.name = path
        self.id = None
        self._signature = {method: methods[method].get("signature", {}) for method in methods}
        self._callbacks = {method: methods[method]["method"] for method in methods}

    def ask(self, connection):
        """The request that puts it on the bus."""
        return connection.add(self.name, self._signature)

    def happened(self, connection, happening):
        """Calls back for what happened to it."""
        if isinstance(happening, on.Called):
            handler = Handler(connection, happening)
            callback = self._callbacks[happening.method]
            status = _status(connection, happening.call, callback, handler, happening.arguments)
            if not handler.deferred and not connection.closed:
                connection.finish(happening.call, status)


class Listener:
    """Events that are listened to."""

    def __init__(self, pattern, callback):
        self.name = pattern
        self.id = None
        self._callback = callback

    def ask(self, connection):
        """The request that has them sent."""
        return connection.listen(self.name)

    def happened(self, connection, happening):
        """Calls back for an event."""
        self._callback(happening.name, happening.data)


class Subscription:
    """Another's object that is subscribed to."""

    def __init__(self, path, callback, removed):
        self.name = path
        self.id = None
        self.removed = removed  # function(): the object is gone
        self._callback = callback

    def ask(self, connection):
        """The request to subscribe."""
        return connection.subscribe(self.name)

    def happened(self, connection, happening):
        """Calls back for a notification, or for the end of them."""
        if isinstance(happening, on.Unsubscribed):
            self.removed()
        else:
            status = _status(connection, happening.call, self._callback, happening.method, happening.data)
            if not connection.closed:
                connection.finish(happening.call, status)


def _status(connection, call, callback, *arguments):
    """The UBUS_STATUS_* that a callback gives; if it fails, the caller hears of it first."""
    try:
        status = callback(*arguments)
    except UbusError as error:
        if connection.closed:
            raise
        return error.code
    except Exception:
        connection.finish(call, UBUS_STATUS_UNKNOWN_ERROR)
        raise
    return status if isinstance(status, int) and not isinstance(status, bool) else UBUS_STATUS_OK
