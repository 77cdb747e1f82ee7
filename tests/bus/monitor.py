"""Monitoring: a copy of every message that comes and goes, for `ubus monitor`."""

import struct

from pyubus import message as wire
from pyubus.message import UBUS_MSG_MONITOR, Message
from pyubus.status import UBUS_STATUS_METHOD_NOT_FOUND, UBUS_STATUS_OK, UBUS_STATUS_PERMISSION_DENIED

UBUS_MONITOR_CLIENT, UBUS_MONITOR_PEER, UBUS_MONITOR_SEND, UBUS_MONITOR_SEQ, UBUS_MONITOR_TYPE, UBUS_MONITOR_DATA = (
    range(6)
)


class Monitor:
    """The system object 3."""

    def __init__(self):
        self._seqs = {}  # client -> seq of its last copy

    def called(self, client, method):
        """Does what a client calls; returns the UBUS_STATUS_*."""
        if client.user.uid != 0 or client.user.groups[0] != 0:
            return UBUS_STATUS_PERMISSION_DENIED
        if method == "add":
            self._seqs[client] = 0
        elif method == "remove":
            self.forget(client)
        else:
            return UBUS_STATUS_METHOD_NOT_FOUND
        return UBUS_STATUS_OK

    def forget(self, client):
        """A client watches no more."""
        self._seqs.pop(client, None)

    def copy(self, client, message, sent):
        """Gives whoever watches a copy of a message to (`sent`) or from a client."""
        for watcher in list(self._seqs):
            self._seqs[watcher] = (self._seqs[watcher] + 1) & 0xFFFF
            attributes = [
                (UBUS_MONITOR_CLIENT, struct.pack(">I", client.id)),
                (UBUS_MONITOR_PEER, struct.pack(">I", message.peer)),
                (UBUS_MONITOR_SEQ, struct.pack(">I", message.seq)),
                (UBUS_MONITOR_TYPE, struct.pack(">I", message.type)),
                (UBUS_MONITOR_SEND, bytes([sent])),
                (UBUS_MONITOR_DATA, wire.encode(message)[12:]),
            ]
            watcher.send(Message(UBUS_MSG_MONITOR, self._seqs[watcher], 0, attributes))
