"""Echoes through devices: one raw socket for each device and address, which hears only the replies of that address."""

import socket

from .. import compat
from ..core import events as on
from ..wire import echo

_SOCK_RAW = 3
_MOST = 64  # sockets
_AT_ONCE = 32  # datagrams that are read before others have their turn


class Echo:
    """Carries out SendEcho, and hands in EchoReplied."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._sockets = {}  # (device, address) -> socket, those used longest ago first
        self._identifier = int(compat.random_fraction() * 0xFFFF)
        self._number = 0

    def send(self, action):
        """Carries out SendEcho."""
        key = (action.interface, action.address)
        self._number += 1
        try:
            if key not in self._sockets:
                self._open(key)
            family = 6 if ":" in action.address else 4
            self._sockets[key].send(echo.request(family, self._identifier, self._number))
        except OSError as error:
            self._close(key)  # the device may be another one of the same name by now
            self._emit(on.ActionFailed(action, compat.error_text(error)))

    def _open(self, key):
        if len(self._sockets) >= _MOST:
            self._close(list(self._sockets)[0])
        device, address = key
        family = 6 if ":" in address else 4
        sock = socket.socket(compat.family(address), _SOCK_RAW | compat.CLOEXEC, echo.PROTOCOLS[family])
        try:
            sock.setblocking(False)
            level, option, value = echo.reply_filter(family)
            sock.setsockopt(level, option, value)
            compat.bind_to_device(sock, device)
            sock.connect(compat.sockaddr(address, 0))
        except OSError:
            sock.close()
            raise
        self._sockets[key] = sock
        self._poller.add(sock.fileno(), lambda mask: self._readable(key, family))

    def _readable(self, key, family):
        for _ in range(_AT_ONCE):
            sock = self._sockets.get(key)
            if sock is None:
                return
            try:
                data = compat.receive(sock)
            except OSError:
                return self._close(key)
            if data is None:
                return
            if echo.is_reply(family, data, self._identifier):
                self._emit(on.EchoReplied(key[0], key[1]))

    def _close(self, key):
        sock = self._sockets.pop(key, None)
        if sock is not None:
            self._poller.remove(sock.fileno())
            sock.close()
