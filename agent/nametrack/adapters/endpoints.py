"""Setting an endpoint, in the right order: first its host route, then the endpoint, then what is to be sent there."""

import socket

from .. import compat
from ..core import actions as do
from ..core import events as on

DISCARD = 9  # the port that throws away what it gets (RFC 863)
# More than keepalives alone explain, by what the counters show: it must be seen to be owed an answer.
PAYLOAD = bytes(96)


class Endpoints:
    """Carries out SetEndpoint, AddHostRoute and Probe."""

    def __init__(self, netifd, wireguard, emit):
        self._netifd = netifd
        self._wireguard = wireguard
        self._emit = emit
        self._waiting = {}  # (interface, public key) -> the SetEndpoint whose host route is being asked for

    def set(self, action):
        """Carries out SetEndpoint. A later one for the same peer takes the place of one that still waits."""
        key = (action.interface, action.public_key)
        if action.via is None:
            self._waiting.pop(key, None)
            return self._set(action)
        self._waiting[key] = action

        def asked(problem):
            # Without its route, or without netifd, the endpoint is still the better one.
            if self._waiting.get(key) is action:
                del self._waiting[key]
                self._set(action)

        self._netifd.add_host_route(action.address, action.via, asked)

    def _set(self, action):
        probe = do.Probe(action.interface, action.probe)
        self._wireguard.set_endpoint(action, lambda: self.probe(probe) if action.probe is not None else None)

    def busy(self):
        """Whether an endpoint waits for its route."""
        return bool(self._waiting)

    def add_host_route(self, action):
        """Carries out AddHostRoute."""

        def asked(problem):
            if problem is not None:
                self._emit(on.ActionFailed(action, problem))

        self._netifd.add_host_route(action.address, action.via, asked)

    def probe(self, action):
        """Carries out Probe."""
        sock = None
        try:
            sock = socket.socket(compat.family(action.address), socket.SOCK_DGRAM | compat.CLOEXEC)
            sock.setblocking(False)
            compat.bind_to_device(sock, action.interface)
            sock.connect(compat.sockaddr(action.address, DISCARD))
            sock.send(PAYLOAD)
        except OSError as error:
            self._emit(on.ActionFailed(action, compat.error_text(error)))
        finally:
            if sock is not None:
                sock.close()
