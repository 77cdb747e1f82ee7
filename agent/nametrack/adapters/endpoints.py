"""Setting an endpoint, in the right order: first its way out, then the endpoint, then the probe through the tunnel."""

import socket

from .. import compat
from ..core import actions as do
from ..core import events as on
from ..wire.route import Flow
from .route import INSIDE, OUT, way_out

DISCARD = 9  # the port that throws away what it gets (RFC 863)
# More than keepalives alone explain, by what the counters show: it must be seen to be owed an answer.
PAYLOAD = bytes(96)


class Endpoints:
    """Carries out SetEndpoint, CheckWay and Probe.

    The kernel is asked which way the tunnel's own packets take. Out by anything but the tunnel: they are none of our
    business. Into the tunnel itself: netifd is asked for a host route, and then the kernel again. A reason of a failure
    that begins with "no route" says that the address cannot be reached.
    """

    def __init__(self, netifd, wireguard, emit, way=way_out):
        self._netifd = netifd
        self._wireguard = wireguard
        self._emit = emit
        self._way = way  # function: adapters.route.way_out
        self._waiting = {}  # (interface, public key) -> the SetEndpoint whose host route is being asked for

    def set(self, action):
        """Carries out SetEndpoint. A later one for the same peer takes the place of one that still waits."""
        key = (action.interface, action.public_key)
        self._waiting[key] = action

        def led(problem):
            if self._waiting.get(key) is not action:
                return
            del self._waiting[key]
            if problem is not None:
                return self._emit(on.ActionFailed(action, problem))
            self._wireguard.set_endpoint(action, lambda: self._was_set(action))

        self._lead_out(action, led)

    def _was_set(self, action):
        self._emit(on.EndpointSet(action))
        if action.probe is not None:
            self.probe(do.Probe(action.interface, action.probe))

    def check_way(self, action):
        """Carries out CheckWay."""

        def led(problem):
            if problem is not None:
                self._emit(on.ActionFailed(action, problem))

        self._lead_out(action, led)

    def busy(self):
        """Whether an endpoint waits for its route."""
        return bool(self._waiting)

    def _lead_out(self, action, done):
        """Sees to it that the endpoint is reached past its own tunnel, then calls `done(problem)`, None for success."""
        way = self._way_of(action)
        if way.kind != INSIDE or action.detour is None:
            return done(None if way.kind == OUT else "no route: %s" % way.reason)

        def asked(problem):
            again = self._way_of(action)
            if again.kind == OUT:
                return done(None)
            said = "" if problem is None else "; netifd added no host route: %s" % problem
            done("no route: %s%s" % (again.reason, said))

        self._netifd.add_host_route(action.address, action.detour, asked)

    def _way_of(self, action):
        mark, sport = self._wireguard.socket_of(action.interface)
        return self._way(Flow(action.address, None, mark, sport, action.port), action.interface)

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
