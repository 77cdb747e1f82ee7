"""What a Connection says has happened, as values. Every data is a dict as values.to_python makes it."""

from collections import namedtuple

# ubusd greeted: requests may be made. `client_id`: int, ours.
Connected = namedtuple("Connected", ("client_id",))

# The connection is over, and this is its last happening. `error`: UbusError, why.
Disconnected = namedtuple("Disconnected", ("error",))

# A request of ours ended: each that was not cancelled does so once, also when the connection does. `request`: what the
# request's method returned; `status`: UBUS_STATUS_*; `replies`: list, what that method's docstring says.
Finished = namedtuple("Finished", ("request", "status", "replies"))

# Another client calls a method of an object of ours, with arguments of the types that its signature names, perhaps with
# others beside them. Answer `call` by `reply` and `finish`, now or later. `user`, `group`: str, the caller's, as ubusd
# knows it; None if it does not say.
Called = namedtuple("Called", ("object_id", "method", "arguments", "user", "group", "call"))

# An object that we subscribed to tells something. `subscriber`: int, what `subscribe` gave; `path`: str, the object;
# `method`: str, what it tells. Answer `call` by `finish` at once: some wait for it.
Notified = namedtuple("Notified", ("subscriber", "path", "method", "data", "call"))

# An object that we subscribed to is gone; subscribe again when it is back.
Unsubscribed = namedtuple("Unsubscribed", ("subscriber", "path"))

# The first subscriber of an object of ours came, or the last one went. `active`: bool.
SubscribersChanged = namedtuple("SubscribersChanged", ("object_id", "active"))

# An event that we listen to. `listener`: int, what `listen` gave; `name`: str.
Event = namedtuple("Event", ("listener", "name", "data"))

# In the replies of `lookup`: an object on the bus. `id`: int, until its owner leaves; `signature`: see signature.py.
Object = namedtuple("Object", ("path", "id", "signature"))

# In the replies of `ask_subscribers`: one subscriber's answer. `status`: UBUS_STATUS_*; `replies`: list of dict.
Answer = namedtuple("Answer", ("subscriber", "status", "replies"))

# The caller to answer; `no_reply`: it wants no reply. Opaque to callers.
Call = namedtuple("Call", ("object_id", "peer", "seq", "no_reply"))
