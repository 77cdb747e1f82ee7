"""What a client asks, and what comes of it.

A request is a generator of its steps: it yields an Ask and is sent `(status, messages)`, the UBUS_STATUS_* and the list
of Messages that answered; it returns `(status, replies)` for its Finished. `own` are the objects of this client.
"""

from collections import namedtuple

from . import signature, values
from .blobmsg import BLOBMSG_TYPE_INT32, BLOBMSG_TYPE_STRING, BLOBMSG_TYPE_TABLE
from .happenings import Answer, Object
from .message import (
    UBUS_ATTR_DATA,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_OBJPATH,
    UBUS_ATTR_SIGNATURE,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_TARGET,
    UBUS_MSG_ADD_OBJECT,
    UBUS_MSG_DATA,
    UBUS_MSG_INVOKE,
    UBUS_MSG_LOOKUP,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_REMOVE_OBJECT,
    UBUS_MSG_STATUS,
    UBUS_MSG_SUBSCRIBE,
    UBUS_SYSTEM_OBJECT_EVENT,
    attribute,
)
from .status import UBUS_STATUS_OK, UBUS_STATUS_PARSE_ERROR, UBUS_STATUS_PERMISSION_DENIED

# One message to send. `type`: UBUS_MSG_*; `peer`: int, who answers it; `attributes`: as in a Message.
Ask = namedtuple("Ask", ("type", "peer", "attributes"))

LISTENER = "listener"
OBJECT = "object"
SUBSCRIBER = "subscriber"


class Own:
    """An object of this client on the bus."""

    def __init__(self, kind, path=None, methods=None):
        self.kind = kind  # LISTENER, OBJECT or SUBSCRIBER
        self.path = path  # str: its own of an OBJECT, that of its target of a SUBSCRIBER
        self.methods = methods  # the signature of an OBJECT
        self.target = None  # int: the id of the object that a SUBSCRIBER is subscribed to


# -- the steps of each request --


def lookup(path):
    """Looks up the objects of a path, None for all; replies: Object."""
    attributes = [] if path is None else [(UBUS_ATTR_OBJPATH, path)]
    status, messages = yield Ask(UBUS_MSG_LOOKUP, 0, attributes)
    found = []
    for message in messages:
        name, number = attribute(message, UBUS_ATTR_OBJPATH), attribute(message, UBUS_ATTR_OBJID)
        if name is not None and number is not None:
            table = attribute(message, UBUS_ATTR_SIGNATURE) or []
            found.append(Object(name, number, signature.from_table(table)))
    if status == UBUS_STATUS_OK and path is not None and not found:
        status = UBUS_STATUS_PERMISSION_DENIED  # ubusd knows it, and hides what none of whose methods may be called
    return status, found


def invoke(object_id, method, data):
    """Calls a method; `data`: the bytes of a table, or its typed form; replies: dict."""
    ask = [(UBUS_ATTR_OBJID, object_id), (UBUS_ATTR_METHOD, method), (UBUS_ATTR_DATA, data)]
    status, messages = yield Ask(UBUS_MSG_INVOKE, object_id, ask)
    return _replies(status, messages)


def call(path, method, data):
    """Looks up an object and calls a method of it; replies: dict."""
    status, objects = yield from lookup(path)
    if status != UBUS_STATUS_OK:
        return status, []
    return (yield from invoke(objects[0].id, method, data))


def add(own, path, methods):
    """Adds an object with its signature; replies: its id."""
    ask = [(UBUS_ATTR_OBJPATH, path), (UBUS_ATTR_SIGNATURE, signature.to_table(methods))]
    return (yield from _add(own, Own(OBJECT, path, methods), ask))


def _add(own, what, ask):
    status, messages = yield Ask(UBUS_MSG_ADD_OBJECT, 0, ask)
    ids = [attribute(message, UBUS_ATTR_OBJID) for message in messages if message.type == UBUS_MSG_DATA]
    ids = [object_id for object_id in ids if object_id is not None]
    if status != UBUS_STATUS_OK or not ids:
        return status or UBUS_STATUS_PARSE_ERROR, []
    own[ids[0]] = what
    return status, ids


def remove(own, object_id):
    """Takes an object of ours away; no replies."""
    status, _ = yield Ask(UBUS_MSG_REMOVE_OBJECT, 0, [(UBUS_ATTR_OBJID, object_id)])
    own.pop(object_id, None)
    return status, []


def listen(own, pattern):
    """Adds an object that gets events; replies: its id."""
    status, ids = yield from _add(own, Own(LISTENER), [])
    if status != UBUS_STATUS_OK:
        return status, []
    # blobmsg's integers are signed, an object's id is not
    number = ids[0] - (1 << 32) if ids[0] >> 31 else ids[0]
    data = [("object", BLOBMSG_TYPE_INT32, number), ("pattern", BLOBMSG_TYPE_STRING, pattern)]
    status, _ = yield from invoke(UBUS_SYSTEM_OBJECT_EVENT, "register", data)
    if status != UBUS_STATUS_OK:
        yield from remove(own, ids[0])
        return status, []
    return status, ids


def subscribe(own, path):
    """Subscribes an object of ours, a new one for each path, to the one at a path; replies: its id."""
    ids = [number for number in own if own[number].kind == SUBSCRIBER and own[number].path == path]
    if not ids:
        status, ids = yield from _add(own, Own(SUBSCRIBER, path), [])
        if status != UBUS_STATUS_OK:
            return status, []
    subscriber = own[ids[0]]
    status, objects = yield from lookup(path)
    if status != UBUS_STATUS_OK:
        return status, []
    target = objects[0].id
    if subscriber.target != target:  # ubusd would count it twice, and send everything twice
        status, _ = yield Ask(UBUS_MSG_SUBSCRIBE, 0, [(UBUS_ATTR_OBJID, ids[0]), (UBUS_ATTR_TARGET, target)])
        if status != UBUS_STATUS_OK:
            return status, []
        subscriber.target = target
    return status, ids


def send(name, table):
    """Sends an event; `table`: in its typed form; no replies."""
    data = [("id", BLOBMSG_TYPE_STRING, name), ("data", BLOBMSG_TYPE_TABLE, table)]
    return (yield from invoke(UBUS_SYSTEM_OBJECT_EVENT, "send", data))


def notify(object_id, method, data):
    """Notifies and waits for what the subscribers say; replies: Answer."""
    ask = [(UBUS_ATTR_OBJID, object_id), (UBUS_ATTR_METHOD, method), (UBUS_ATTR_DATA, data)]
    status, messages = yield Ask(UBUS_MSG_NOTIFY, object_id, ask)
    answers = []
    for message in messages[1:]:
        if message.type == UBUS_MSG_STATUS:
            theirs = [other for other in messages if other.peer == message.peer]
            answers.append(Answer(message.peer, *_replies(status_of(message), theirs)))
    return status, answers


def _replies(status, messages):
    tables = [attribute(message, UBUS_ATTR_DATA) for message in messages if message.type == UBUS_MSG_DATA]
    if None in tables:
        status = status or UBUS_STATUS_PARSE_ERROR
    return status, [values.to_python(table) for table in tables if table is not None]


def status_of(message):
    """The UBUS_STATUS_* in a STATUS message."""
    status = attribute(message, UBUS_ATTR_STATUS)
    return UBUS_STATUS_PARSE_ERROR if status is None else status
