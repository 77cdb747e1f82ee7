"""What the kernel tells of routes of ours that others delete: nothing else gets past the filter of this socket."""

from .. import routing
from ..compat_packet import attach
from ..core import events as on
from ..wire import bpf, routes, rtnetlink
from .netlink import hear, listen

_DATAGRAM = 4096
_AT_ONCE = 64  # routes that are read before others have their turn


class RoutesDeletions:
    """Hands in RoutingDeleted. If the kernel refuses such a socket, the next listing shows what is missing."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._own_port = None
        self._socket = listen(poller, rtnetlink.PROTOCOL, rtnetlink.ROUTES, self._readable)
        self._filter()

    def own(self, port):
        """Our own changes are made by the socket with this port from now on: they are no news."""
        if port != self._own_port:
            self._own_port = port
            self._filter()

    def _filter(self):
        if self._socket is None:
            return
        try:
            attach(self._socket, bpf.deletions_by_others(routing.PROTOCOL, self._own_port))
        except OSError:  # without a filter each exchange of a nexthop would be told of route by route
            self._poller.remove(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _readable(self, mask):
        deleted = []

        def take(message):
            # what arrived before the filter is looked at here
            if message.type == rtnetlink.DELETE_ROUTE and message.pid not in (0, self._own_port):
                route = routes.own_route(message)
                if route is not None:
                    deleted.append(route)

        lost = hear(self._socket, _DATAGRAM, _AT_ONCE, take)
        if deleted:
            self._emit(on.RoutingDeleted([], [], deleted))
        if lost:
            self._emit(on.RoutingDeleted([], [], None))
