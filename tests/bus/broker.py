"""What ubusd does with a message: looks up, hands on, subscribes.

It answers as the recorded ubusd did, byte for byte, and as ubusd's source says where nothing is recorded. Left out are
file descriptors in messages, queries of the access control, and reading that anew on SIGHUP.
"""

from pyubus.message import (
    UBUS_ATTR_ACTIVE,
    UBUS_ATTR_DATA,
    UBUS_ATTR_GROUP,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_NO_REPLY,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJPATH,
    UBUS_ATTR_OBJTYPE,
    UBUS_ATTR_SIGNATURE,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_SUBSCRIBERS,
    UBUS_ATTR_TARGET,
    UBUS_ATTR_USER,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_LOOKUP,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_PING,
    UBUS_MSG_REMOVE_OBJECT,
    UBUS_MSG_STATUS,
    UBUS_MSG_SUBSCRIBE,
    UBUS_MSG_UNSUBSCRIBE,
    UBUS_SYSTEM_OBJECT_ACL,
    UBUS_SYSTEM_OBJECT_EVENT,
    UBUS_SYSTEM_OBJECT_MONITOR,
    Message,
    attribute,
)
from pyubus.status import (
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_INVALID_COMMAND,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UBUS_STATUS_PERMISSION_DENIED,
)

from .events import Events
from .monitor import Monitor
from .objects import Ids, Object, Type, random_id


class Broker:
    """The state of a bus. `access`: access.Access; `draw`: function that proposes ids, for tests that name them."""

    def __init__(self, access, draw=random_id):
        self._access = access
        self._clients = Ids(draw)
        self._objects = Ids(draw)
        self._types = Ids(draw)
        self._paths = {}  # path -> Object
        self._events = Events(access, self._objects, self._send)
        self._monitor = Monitor()
        self._system = {
            UBUS_SYSTEM_OBJECT_EVENT: self._events.called,
            UBUS_SYSTEM_OBJECT_ACL: lambda client, method, table: UBUS_STATUS_INVALID_COMMAND,
            UBUS_SYSTEM_OBJECT_MONITOR: lambda client, method, table: self._monitor.called(client, method),
        }
        self._handlers = {
            UBUS_MSG_PING: self._ping,
            UBUS_MSG_LOOKUP: self._lookup,
            UBUS_MSG_INVOKE: self._invoke,
            UBUS_MSG_ADD_OBJECT: self._add_object,
            UBUS_MSG_REMOVE_OBJECT: self._remove_object,
            UBUS_MSG_STATUS: self._answer,
            UBUS_MSG_DATA: self._answer,
            UBUS_MSG_SUBSCRIBE: self._subscribe,
            UBUS_MSG_UNSUBSCRIBE: self._unsubscribe,
            UBUS_MSG_NOTIFY: self._notify,
        }

    def connect(self, client):
        """Greets an objects.Client."""
        self._clients.put(client)
        self._send(client, Message(UBUS_MSG_HELLO, 0, client.id, []))

    def disconnect(self, client):
        """Forgets a client and all that was its own."""
        self._monitor.forget(client)
        for thing in list(client.objects):
            self._free(thing)
        del self._clients[client.id]

    def receive(self, client, message):
        """Does what a client's Message asks for, and sends what comes of it."""
        self._monitor.copy(client, message, False)
        handler = self._handlers.get(message.type)
        # a handler gives None if somebody else is to answer, or nobody
        status = UBUS_STATUS_INVALID_COMMAND if handler is None else handler(client, message)
        if status is not None:
            self._send(client, Message(UBUS_MSG_STATUS, message.seq, message.peer, [(UBUS_ATTR_STATUS, status)]))

    def _send(self, client, message):
        self._monitor.copy(client, message, True)
        client.send(message)

    def _reply(self, client, message, attributes, kind=UBUS_MSG_DATA):
        self._send(client, Message(kind, message.seq, message.peer, attributes))

    def _ping(self, client, message):
        self._reply(client, message, message.attributes)
        return UBUS_STATUS_OK

    # -- objects --

    def _lookup(self, client, message):
        wanted = attribute(message, UBUS_ATTR_OBJPATH)
        if wanted == "":
            return UBUS_STATUS_INVALID_ARGUMENT
        found = sorted(self._paths, key=str.encode)
        if wanted is not None:
            found = [path for path in found if path == wanted or wanted[-1] == "*" and path.startswith(wanted[:-1])]
            if not found:
                return UBUS_STATUS_NOT_FOUND
        for path in found:
            self._describe(client, message, self._paths[path])
        return UBUS_STATUS_OK

    def _describe(self, client, message, thing):
        if thing.type is None:
            return
        methods = thing.type.signature
        allowed = [entry for entry in methods if self._access.allows(client.user, "access", thing.path, entry[0])]
        if allowed or not methods:
            attributes = [(UBUS_ATTR_OBJPATH, thing.path), (UBUS_ATTR_OBJID, thing.id)]
            attributes += [(UBUS_ATTR_OBJTYPE, thing.type.id), (UBUS_ATTR_SIGNATURE, allowed)]
            self._reply(client, message, attributes)

    def _add_object(self, client, message):
        path, signature = attribute(message, UBUS_ATTR_OBJPATH), attribute(message, UBUS_ATTR_SIGNATURE)
        if path is not None and (path in self._paths or not self._access.allows(client.user, "publish", path)):
            return UBUS_STATUS_INVALID_ARGUMENT
        number = attribute(message, UBUS_ATTR_OBJTYPE)
        kind = self._types.get(number)
        if number is None and signature is not None:
            kind = Type(signature)
            self._types.put(kind)
        thing = Object(client, path, kind)
        self._objects.put(thing)
        if kind is not None:
            kind.uses += 1
        if path is not None:
            self._paths[path] = thing
            self._events.object_changed(thing, True)
        client.objects.insert(0, thing)
        attributes = [(UBUS_ATTR_OBJID, thing.id)]
        if signature is not None and kind is not None:
            attributes.append((UBUS_ATTR_OBJTYPE, kind.id))
        self._reply(client, message, attributes)
        return UBUS_STATUS_OK

    def _remove_object(self, client, message):
        number = attribute(message, UBUS_ATTR_OBJID)
        thing = self._objects.get(number)
        if number is None:
            return UBUS_STATUS_INVALID_ARGUMENT
        if thing is None:
            return UBUS_STATUS_NOT_FOUND
        if thing.client is not client:
            return UBUS_STATUS_PERMISSION_DENIED
        attributes = [(UBUS_ATTR_OBJID, number)]
        if thing.type is not None and thing.type.uses == 1:
            attributes.append((UBUS_ATTR_OBJTYPE, thing.type.id))
        self._reply(client, message, attributes)
        self._free(thing)
        return UBUS_STATUS_OK

    def _free(self, thing):
        for target in list(thing.targets):
            self._end_subscription(thing, target)
        for subscriber in list(thing.subscribers):
            attributes = [(UBUS_ATTR_OBJID, subscriber.id), (UBUS_ATTR_TARGET, thing.id)]
            self._send(subscriber.client, Message(UBUS_MSG_UNSUBSCRIBE, subscriber.next_seq(), 0, attributes))
            self._end_subscription(subscriber, thing)
        self._events.forget(thing)
        if thing.path is not None:
            self._events.object_changed(thing, False)
            del self._paths[thing.path]
        thing.client.objects.remove(thing)
        del self._objects[thing.id]
        if thing.type is not None:
            thing.type.uses -= 1
            if not thing.type.uses:
                del self._types[thing.type.id]

    # -- calls and their answers --

    def _invoke(self, client, message):
        number, method = attribute(message, UBUS_ATTR_OBJID), attribute(message, UBUS_ATTR_METHOD)
        if number is None or method is None:
            return UBUS_STATUS_INVALID_ARGUMENT
        if number in self._system:
            return self._system[number](client, method, attribute(message, UBUS_ATTR_DATA))
        thing = self._objects.get(number)
        if thing is None:
            return UBUS_STATUS_NOT_FOUND
        if not self._access.allows(client.user, "access", thing.path, method):
            return UBUS_STATUS_PERMISSION_DENIED
        self._hand_on(client, thing, message, method, [])
        return None

    def _hand_on(self, client, thing, message, method, attributes):
        attributes = attributes + [(UBUS_ATTR_OBJID, thing.id), (UBUS_ATTR_METHOD, method)]
        attributes += [(UBUS_ATTR_USER, client.user.name), (UBUS_ATTR_GROUP, client.user.group)]
        # whatever it holds, a table or not
        attributes += [(kind, value) for kind, value in message.attributes if kind == UBUS_ATTR_DATA][-1:]
        self._send(thing.client, Message(UBUS_MSG_INVOKE, message.seq, client.id, attributes))

    def _answer(self, client, message):
        """A DATA or STATUS goes to whoever called, if it comes from the owner of what was called."""
        number = attribute(message, UBUS_ATTR_OBJID)
        needed = UBUS_ATTR_STATUS if message.type == UBUS_MSG_STATUS else UBUS_ATTR_DATA
        thing, caller = self._objects.get(number), self._clients.get(message.peer)
        complete = any(kind == needed for kind, _ in message.attributes)
        if complete and thing is not None and thing.client is client and caller is not None:
            self._send(caller, message._replace(peer=number))

    # -- subscriptions --

    def _subscribe(self, client, message):
        subscriber, target, status = self._pair(client, message)
        if status is not None:
            return status
        if target is None:
            return UBUS_STATUS_NOT_FOUND
        if target.client is client:
            return UBUS_STATUS_INVALID_ARGUMENT
        if target.path is None:
            mine, theirs = client.user, target.client.user
            if mine.name != theirs.name and mine.group != theirs.group:
                return UBUS_STATUS_NOT_FOUND
        elif not self._access.allows(client.user, "subscribe", target.path):
            return UBUS_STATUS_NOT_FOUND
        target.subscribers.insert(0, subscriber)
        subscriber.targets.insert(0, target)
        if len(target.subscribers) == 1:
            self._tell_active(target)
        return UBUS_STATUS_OK

    def _unsubscribe(self, client, message):
        subscriber, target, status = self._pair(client, message)
        if status is not None:
            return status
        if target not in subscriber.targets:
            return UBUS_STATUS_NOT_FOUND
        self._end_subscription(subscriber, target)
        return UBUS_STATUS_OK

    def _pair(self, client, message):
        """`(subscriber, target, status)`: the two objects of a message, or why there are none."""
        number, target = attribute(message, UBUS_ATTR_OBJID), attribute(message, UBUS_ATTR_TARGET)
        if number is None or target is None:
            return None, None, UBUS_STATUS_INVALID_ARGUMENT
        subscriber = self._objects.get(number)
        if subscriber is None:
            return None, None, UBUS_STATUS_NOT_FOUND
        if subscriber.client is not client:
            return None, None, UBUS_STATUS_INVALID_ARGUMENT
        return subscriber, self._objects.get(target), None

    def _end_subscription(self, subscriber, target):
        target.subscribers.remove(subscriber)
        subscriber.targets.remove(target)
        if not target.subscribers:
            self._tell_active(target)

    def _tell_active(self, thing):
        attributes = [(UBUS_ATTR_OBJID, thing.id), (UBUS_ATTR_ACTIVE, int(bool(thing.subscribers)))]
        self._send(thing.client, Message(UBUS_MSG_NOTIFY, thing.next_seq(), 0, attributes))

    def _notify(self, client, message):
        number, method = attribute(message, UBUS_ATTR_OBJID), attribute(message, UBUS_ATTR_METHOD)
        if number is None or method is None:
            return UBUS_STATUS_INVALID_ARGUMENT
        thing = self._objects.get(number)
        if thing is None:
            return UBUS_STATUS_NOT_FOUND
        if thing.client is not client:
            return UBUS_STATUS_PERMISSION_DENIED
        silent = bool(attribute(message, UBUS_ATTR_NO_REPLY))
        if not silent:
            subscribers = [subscriber.id for subscriber in thing.subscribers]
            attributes = [(UBUS_ATTR_OBJID, number), (UBUS_ATTR_SUBSCRIBERS, subscribers)]
            attributes.append((UBUS_ATTR_STATUS, UBUS_STATUS_OK))
            self._reply(client, message, attributes, UBUS_MSG_STATUS)
        for subscriber in list(thing.subscribers):
            self._hand_on(client, subscriber, message, method, [(UBUS_ATTR_NO_REPLY, 1)] if silent else [])
        return None
