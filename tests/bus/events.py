"""Events: who listens to what, and what ubusd itself tells of objects that come and go."""

from pyubus.blobmsg import BLOBMSG_TYPE_INT32, BLOBMSG_TYPE_STRING, BLOBMSG_TYPE_TABLE
from pyubus.message import (
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_OBJID,
    UBUS_MSG_INVOKE,
    UBUS_SYSTEM_OBJECT_MAX,
    Message,
)
from pyubus.status import (
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_INVALID_COMMAND,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_PERMISSION_DENIED,
)


class Events:
    """The system object 1. `objects`: id -> Object; `send`: function(client, message)."""

    def __init__(self, access, objects, send):
        self._access = access
        self._objects = objects
        self._send = send
        self._listeners = []  # (pattern without its *, whether it had one, Object)
        self._seq = 0

    def called(self, client, method, table):
        """Does what a client calls; returns the UBUS_STATUS_*."""
        if method == "register":
            return self._register(client, table or [])
        if method == "send":
            return self._forward(client, table or [])
        return UBUS_STATUS_INVALID_COMMAND

    def forget(self, thing):
        """An object is gone."""
        self._listeners = [listener for listener in self._listeners if listener[2] is not thing]

    def object_changed(self, thing, added):
        """Tells of an object that came or went."""
        number = thing.id - (1 << 32) if thing.id >> 31 else thing.id
        data = [("id", BLOBMSG_TYPE_INT32, number), ("path", BLOBMSG_TYPE_STRING, thing.path)]
        self._tell(None, "ubus.object.add" if added else "ubus.object.remove", data)

    def _register(self, client, table):
        number, pattern = _entry(table, "object", BLOBMSG_TYPE_INT32), _entry(table, "pattern", BLOBMSG_TYPE_STRING)
        if number is None or pattern is None:
            return UBUS_STATUS_INVALID_ARGUMENT
        number &= 0xFFFFFFFF
        thing = self._objects.get(number)
        if number < UBUS_SYSTEM_OBJECT_MAX:
            return UBUS_STATUS_PERMISSION_DENIED
        if thing is None:
            return UBUS_STATUS_NOT_FOUND
        partial = pattern.endswith("*")
        name = pattern[:-1] if partial else pattern
        if thing.client is not client or not pattern or not self._access.allows(client.user, "listen", name):
            return UBUS_STATUS_PERMISSION_DENIED
        self._listeners.append((name, partial, thing))
        self._listeners.sort(key=lambda listener: listener[0].encode())
        return UBUS_STATUS_OK

    def _forward(self, client, table):
        name, data = _entry(table, "id", BLOBMSG_TYPE_STRING), _entry(table, "data", BLOBMSG_TYPE_TABLE)
        if name is None or data is None:
            return UBUS_STATUS_INVALID_ARGUMENT
        if name.startswith("ubus.") or not self._access.allows(client.user, "send", name):
            return UBUS_STATUS_PERMISSION_DENIED
        self._tell(client, name, data)
        return UBUS_STATUS_OK

    def _tell(self, sender, name, data):
        told = []
        for pattern, partial, thing in list(self._listeners):
            hears = name.startswith(pattern) if partial else name == pattern
            if hears and thing.client is not sender and thing not in told:
                told.append(thing)
                self._seq = (self._seq + 1) & 0xFFFF
                attributes = [(UBUS_ATTR_OBJID, thing.id), (UBUS_ATTR_METHOD, name), (UBUS_ATTR_DATA, data)]
                self._send(thing.client, Message(UBUS_MSG_INVOKE, self._seq, 0, attributes))


def _entry(table, name, kind):
    """The first value of this name and type; bytes are a text that cannot be read."""
    found = [value for entry, entry_kind, value in table if entry == name and entry_kind == kind]
    return None if not found or isinstance(found[0], bytes) else found[0]
