"""The client's side of the protocol, without a socket: bytes in, happenings out; requests in, bytes out.

ubusd greets with HELLO. Whatever a client asks has a `seq` of its choice, and is answered by any number of DATA and one
STATUS with that seq and the peer it was sent to: 0 for ubusd itself, else an object's id. Only the owner of that object
can write such an answer. A call of one of our objects has a seq of its caller's choice; two callers may choose the
same, so `(peer, seq)` is what names it.
"""

from . import blobmsg, requests, signature, values
from . import happenings as on
from .blobmsg import invalid, malformed
from .message import (
    UBUS_ATTR_ACTIVE,
    UBUS_ATTR_DATA,
    UBUS_ATTR_GROUP,
    UBUS_ATTR_METHOD,
    UBUS_ATTR_NO_REPLY,
    UBUS_ATTR_OBJID,
    UBUS_ATTR_STATUS,
    UBUS_ATTR_USER,
    UBUS_MAX_MSGLEN,
    UBUS_MSG_DATA,
    UBUS_MSG_HELLO,
    UBUS_MSG_INVOKE,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_STATUS,
    UBUS_MSG_UNSUBSCRIBE,
    Message,
    attribute,
    pieces,
)
from .pending import Pending
from .status import (
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NO_MEMORY,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_OK,
    UbusError,
)
from .stream import Input, Output


class Protocol:
    """One connection's state. All methods that send raise UbusError: for what cannot be encoded, or sent any more.

    Those that make a request return its number: its Finished has that number, and the replies that are named here.
    Arguments and data are dicts, as for values.from_python; None is an empty one.
    """

    def __init__(self):
        self.client_id = None  # int: ours, once Connected
        self.closed = False
        self.output = Output()  # what is to be sent
        self._input = Input()
        self._own = {}  # id -> requests.Own
        self._pending = Pending(self._put)

    # -- requests --

    def lookup(self, path=None):
        """Requests the objects on the bus: all, one path, or a prefix with `*`; replies: Object."""
        return self._pending.begin(requests.lookup(path))

    def call(self, path, method, arguments=None):
        """Requests to look up an object and to call a method of it; replies: dict, most often one.

        ubusd says nothing if the owner of the object dies meanwhile: cancel the request when its time is over.
        """
        blobmsg.text_bytes(method)  # refused now, not in the second step
        return self._pending.begin(requests.call(path, method, _encoded(arguments)))

    def invoke(self, object_id, method, arguments=None):
        """Requests to call a method of an object whose id is known; replies: dict."""
        return self._pending.begin(requests.invoke(object_id, method, _encoded(arguments)))

    def add(self, path, methods):
        """Requests to put an object on the bus; `methods`: `{method: {argument: type}}`; replies: its id.

        From then on its methods are Called. A path that is taken, or may not be had, is INVALID_ARGUMENT.
        """
        return self._pending.begin(requests.add(self._own, path, methods))

    def remove(self, object_id):
        """Requests to take back what `add`, `listen` or `subscribe` gave; no replies."""
        return self._pending.begin(requests.remove(self._own, object_id))

    def listen(self, pattern):
        """Requests each Event of a name, or of a prefix with `*`; replies: the id of the listener.

        ubusd sends none of a client's own events back to it.
        """
        blobmsg.text_bytes(pattern)
        return self._pending.begin(requests.listen(self._own, pattern))

    def subscribe(self, path):
        """Requests to be Notified by an object; replies: the id of the subscriber, the same for the same path.

        After Unsubscribed, or NOT_FOUND, ask again when the event `ubus.object.add` names the path; not while a request
        for the same path is under way.
        """
        return self._pending.begin(requests.subscribe(self._own, path))

    def send(self, name, data=None):
        """Requests to send an event; no replies."""
        return self._pending.begin(requests.send(name, values.from_python({} if data is None else data)))

    def notify(self, object_id, method, data=None):
        """Notifies the subscribers of an object of ours; no request, nothing comes of it."""
        attributes = [(UBUS_ATTR_OBJID, object_id), (UBUS_ATTR_METHOD, method), (UBUS_ATTR_DATA, _encoded(data))]
        self._put(UBUS_MSG_NOTIFY, self._pending.next_seq(), object_id, attributes + [(UBUS_ATTR_NO_REPLY, 1)])

    def ask_subscribers(self, object_id, method, data=None):
        """Requests to notify the subscribers of an object of ours and hear what they say; replies: Answer."""
        return self._pending.begin(requests.notify(object_id, method, _encoded(data)))

    def cancel(self, request):
        """Forgets a request: it will not be Finished."""
        self._pending.cancel(request)

    # -- answers --

    def reply(self, call, data=None):
        """Answers a call with data; any number of times, before `finish`."""
        if not call.no_reply:
            attributes = [(UBUS_ATTR_OBJID, call.object_id), (UBUS_ATTR_DATA, _members(data))]
            self._put(UBUS_MSG_DATA, call.seq, call.peer, attributes)

    def finish(self, call, status=UBUS_STATUS_OK):
        """Ends a call with a UBUS_STATUS_*."""
        if not call.no_reply:
            attributes = [(UBUS_ATTR_STATUS, status), (UBUS_ATTR_OBJID, call.object_id)]
            self._put(UBUS_MSG_STATUS, call.seq, call.peer, attributes)

    # -- bytes --

    def feed(self, data):
        """Takes bytes from ubusd, `b""` when it hung up; returns the list of what happened.

        Bytes that are no messages end the connection: then Disconnected is the last that happens.
        """
        if self.closed:
            return []
        happened = []
        try:
            if not data:
                raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "ubusd closed the connection")
            for message, size in self._input.messages(data):
                happening = self._handle(message, size)
                if happening is not None:
                    happened.append(happening)
        except UbusError as error:
            happened.extend(self.end(error))
        except MemoryError:
            happened.extend(self.end(UbusError(UBUS_STATUS_NO_MEMORY, "out of memory")))
        return happened

    def end(self, error):
        """Ends the connection for a UbusError; returns the last that happens: every request Finished, Disconnected."""
        self.closed = True
        self.output = Output()
        self._input = Input()
        return self._pending.abandon(UBUS_STATUS_CONNECTION_FAILED) + [on.Disconnected(error)]

    def _put(self, kind, seq, peer, attributes):
        if self.closed:
            raise UbusError(UBUS_STATUS_CONNECTION_FAILED, "not connected to ubusd")
        self.output.put(pieces(Message(kind, seq, peer, attributes)))

    def _handle(self, message, size):
        if self.client_id is None:
            if message.type != UBUS_MSG_HELLO or not message.peer:
                raise malformed("ubusd did not greet")
            self.client_id = message.peer
            return on.Connected(message.peer)
        if message.type in (UBUS_MSG_STATUS, UBUS_MSG_DATA):
            return self._pending.answered(message, size)
        object_id = attribute(message, UBUS_ATTR_OBJID)
        own = self._own.get(object_id)
        if message.type == UBUS_MSG_INVOKE:
            return self._invoked(message, object_id, own)
        if message.type == UBUS_MSG_NOTIFY and own is not None:
            return on.SubscribersChanged(object_id, bool(attribute(message, UBUS_ATTR_ACTIVE)))
        if message.type == UBUS_MSG_UNSUBSCRIBE and own is not None:
            own.target = None
            return on.Unsubscribed(object_id, own.path)
        return None  # of a later ubusd

    def _invoked(self, message, object_id, own):
        method, table = attribute(message, UBUS_ATTR_METHOD), attribute(message, UBUS_ATTR_DATA)
        call = on.Call(object_id, message.peer, message.seq, bool(attribute(message, UBUS_ATTR_NO_REPLY)))
        if own is None:
            return self._settle(call, UBUS_STATUS_NOT_FOUND)
        if method is None or table is None:
            return self._settle(call, UBUS_STATUS_INVALID_ARGUMENT)
        data = values.to_python(table)
        if own.kind == requests.LISTENER:
            self._settle(call, UBUS_STATUS_OK)
            return on.Event(object_id, method, data)
        if own.kind == requests.SUBSCRIBER:
            return on.Notified(object_id, own.path, method, data, call)
        if method not in own.methods:
            return self._settle(call, UBUS_STATUS_METHOD_NOT_FOUND)
        if not signature.accepts(own.methods[method], data):
            return self._settle(call, UBUS_STATUS_INVALID_ARGUMENT)
        user, group = attribute(message, UBUS_ATTR_USER), attribute(message, UBUS_ATTR_GROUP)
        return on.Called(object_id, method, data, user, group, call)

    def _settle(self, call, status):
        try:
            if call.object_id is not None:
                self.finish(call, status)
        except UbusError:
            pass  # ubusd does not read: the caller cannot be told


def _members(data):
    return values.lazily({} if data is None else data)


def _encoded(data):
    encoded = blobmsg.encode(_members(data))
    if len(encoded) > UBUS_MAX_MSGLEN:  # before it is kept for a later step
        raise invalid("%d bytes of data, where %d are allowed" % (len(encoded), UBUS_MAX_MSGLEN))
    return encoded
