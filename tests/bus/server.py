"""The sockets of the stand-in: takes connections, cuts what comes into messages, and sends what the broker says."""

import os
import selectors
import socket

from pyubus import message as wire
from pyubus.message import UBUS_MAX_MSGLEN, Message
from pyubus.status import UbusError

from .access import Access, peer
from .broker import Broker
from .objects import Client


class Server:
    """Listens on `path`; `acl`: folder of the files of the access control, None for none."""

    def __init__(self, path, acl=None):
        self._broker = Broker(Access(acl))
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if os.path.exists(path):
            os.unlink(path)
        before = os.umask(0o111)  # anybody may connect
        self._listener.bind(path)
        os.umask(before)
        self._listener.listen(128)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def run(self):
        """Serves until the process ends."""
        while True:
            for key, events in self._selector.select():
                key.data(events)

    def _accept(self, events):
        sock = self._listener.accept()[0]
        user = peer(sock)
        if user is None:
            sock.close()
        else:
            Peer(sock, user, self._selector, self._broker)


class Peer:
    """One client's connection."""

    def __init__(self, sock, user, selector, broker):
        self._socket = sock
        self._socket.setblocking(False)
        self._selector = selector
        self._broker = broker
        self._input = bytearray()
        self._output = bytearray()
        self._client = Client(user, self._send)
        self._selector.register(self._socket, selectors.EVENT_READ, self._ready)
        broker.connect(self._client)

    def _send(self, message):
        data = wire.encode(message)
        # who does not read loses what is sent meanwhile
        if not self._output or len(self._output) + len(data) <= UBUS_MAX_MSGLEN:
            self._output += data
            self._flush()

    def _flush(self):
        try:
            while self._output:
                del self._output[: self._socket.send(self._output)]
        except OSError:
            pass  # full, or gone, which the next read tells
        writing = selectors.EVENT_WRITE if self._output else 0
        if self._socket.fileno() in self._selector.get_map():
            self._selector.modify(self._socket, selectors.EVENT_READ | writing, self._ready)

    def _ready(self, events):
        if events & selectors.EVENT_WRITE:
            self._flush()
        if not events & selectors.EVENT_READ:
            return
        try:
            data = self._socket.recv(65536)
            self._input += data
            if not data:
                raise ConnectionResetError
            self._take()
        except (OSError, UbusError):
            self._selector.unregister(self._socket)
            self._broker.disconnect(self._client)
            self._socket.close()

    def _take(self):
        while True:
            size = wire.size_of(self._input)
            if size is None or size > len(self._input):
                return
            data = bytes(self._input[:size])
            del self._input[:size]
            self._broker.receive(self._client, _read(data))


def _read(data):
    try:
        return wire.decode(data)[0]
    except UbusError:  # ubusd finds no attribute in such a one, and answers as if there were none
        return Message(data[1], int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big"), [])
