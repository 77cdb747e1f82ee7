"""The lines of the agent's own socket: JSON, one line for each call, answer and notification.

{"method": "refresh", "arguments": {"name": "home.example.net"}}    a call
{"status": 0, "answer": {"asked": 1}}                               its answer; status: UBUS_STATUS_*, 0 for success
{"notification": "endpoint"}                                        for those who called `subscribe`
"""

import json
from collections import namedtuple

SOCKET = "/socket"  # in the folder for what lasts until the next boot
SUBSCRIBE = "subscribe"  # the method that has the notifications told; its answer is empty

# method: text; arguments: dict of which nothing is checked
Call = namedtuple("Call", ("method", "arguments"))
# status: int; values: dict
Answer = namedtuple("Answer", ("status", "values"))
# kind: text
Notification = namedtuple("Notification", ("kind",))


class ControlError(Exception):
    """A line that is no request and no answer."""


def call(method, arguments):
    """Return the line of a call, as bytes."""
    return _line({"method": method, "arguments": arguments})


def answer(status, values):
    """Return the line of an answer, as bytes. Raises MemoryError if the memory does not suffice for it."""
    return _line({"status": status, "answer": values})


def notification(kind):
    """Return the line of a notification, as bytes."""
    return _line({"notification": kind})


def read_call(line):
    """Return the Call in a line of bytes. Raises ControlError."""
    values = _values(line)
    method, arguments = values.get("method"), values.get("arguments", {})
    if not isinstance(method, str) or not isinstance(arguments, dict):
        raise ControlError("not a call")
    return Call(method, arguments)


def read_answer(line):
    """Return the Answer or the Notification in a line of bytes. Raises ControlError."""
    values = _values(line)
    kind, status, found = values.get("notification"), values.get("status"), values.get("answer")
    if isinstance(kind, str):
        return Notification(kind)
    if not isinstance(status, int) or isinstance(status, bool) or not isinstance(found, dict):
        raise ControlError("neither an answer nor a notification")
    return Answer(status, found)


def _line(values):
    # Neither interpreter's json puts a line break into what it writes.
    return (json.dumps(values) + "\n").encode()


def _values(line):
    try:
        # 4 KiB of brackets are deeper than CPython's parser goes: RuntimeError
        values = json.loads(bytes(line).decode())
    except (ValueError, RuntimeError):
        raise ControlError("not JSON")
    if not isinstance(values, dict):
        raise ControlError("not an object of JSON")
    return values
