"""Rules, nexthops and routes of our own, by rtnetlink: changed through one socket, many requests in one send.

The kernel carries out what is sent before `send` returns, so the answers are there to be read: nothing is waited for.
"""

from .. import compat, routing
from ..core import events as on
from ..key_table import KeyTable
from ..wire import links, netlink, nexthops, routes, rtnetlink, rules
from . import reverse_path
from .netlink import reason
from .routes_dump import Dumper, Part, listed
from .routes_notices import RoutesNotices

_AT_ONCE = 150  # requests in one send: as many errors as a receive buffer takes
_DATAGRAM = 65536
_ABSENT = (compat.ENOENT, compat.ESRCH)


class Routes:
    """Carries out ReadRouting, ListRoutes and ChangeRouting."""

    def __init__(self, poller, emit):
        self._emit = emit
        self._poller = poller
        self._dumper = Dumper(poller, ("routes",))
        self._notices = RoutesNotices(poller, emit)
        self._deletions = None  # RoutesDeletions, of who listens
        self._socket = None
        self._seq = 0

    def listen(self):
        """Tells from now on what others change."""
        from .routes_deletions import RoutesDeletions  # who writes once and ends has no use for it

        self._notices.start()
        if self._deletions is None:
            self._deletions = RoutesDeletions(self._poller, self._emit)

    def busy(self):
        """Whether something is being read."""
        return self._dumper.busy()

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self, action):
        """Carries out ReadRouting: all but our own routes."""
        parts = [
            listed(links.get_links, rtnetlink.NEW_LINK, links.link),
            listed(links.get_addresses, rtnetlink.NEW_ADDRESS, links.link_address),
            listed(nexthops.get_nexthops, rtnetlink.NEW_NEXTHOP, nexthops.nexthop),
        ]
        for family in (4, 6):
            parts.append(listed(lambda seq, f=family: rules.get_rules(f, seq), rtnetlink.NEW_RULE, rules.rule))
        for family in (4, 6):
            parts.append(
                listed(
                    lambda seq, f=family: routes.get_routes(f, routing.MAIN, 0, seq),
                    rtnetlink.NEW_ROUTE,
                    routes.main_route,
                )
            )

        def done(found, problem):
            if problem is not None:
                return self._emit(on.ActionFailed(action, problem))
            self._notices.known(found[0])
            main = found[5] + found[6]
            strict = reverse_path.strict(found[0], main)
            self._emit(on.RoutingRead(routing.View(found[0], found[1], found[3] + found[4], found[2], main, strict)))

        self._dumper.read(parts, done)

    def list(self, action):
        """Carries out ListRoutes: our own routes in every table."""
        self._list(action, lambda tables: self._emit(on.RoutesListed(tables)))

    def _list(self, action, listed):
        """Read our own routes for an action, and call listed({(family, table, metric): KeyTable: key -> via})."""
        parts = [
            Part(lambda seq, f=family: routes.get_routes(f, 0, routing.PROTOCOL, seq), dict, _add_route)
            for family in (4, 6)
        ]

        def done(found, problem):
            if problem is not None:
                return self._emit(on.ActionFailed(action, problem))
            found[0].update(found[1])
            listed(found[0])

        self._dumper.read(parts, done)

    # -- changing ----------------------------------------------------------------------------------------------------

    def change(self, action):
        """Carries out ChangeRouting, each step whatever became of those before it.

        Where a route exists already, the kernel is asked whose it is: what is known here may be older than that.
        """
        refused, existing, piece = [], [], []
        try:
            for request in _requests(action.changes):
                piece.append(request)
                if len(piece) == _AT_ONCE:
                    self._send(piece, refused, existing)
                    piece = []
            self._send(piece, refused, existing)
        except (OSError, netlink.NetlinkError) as error:
            self._close()
            return self._emit(on.ActionFailed(action, reason(error)))
        if not existing:
            return self._emit(on.RoutingChanged(action, refused))
        told = lambda tables: self._emit(on.RoutingChanged(action, refused + _of_others(existing, tables)))  # noqa: E731
        self._list(action, told)

    def _send(self, requests, refused, existing):
        """Sends some requests; only the last is acknowledged, the others answer where they fail."""
        if not requests:
            return
        if self._socket is None:
            self._socket = compat.netlink_socket(rtnetlink.PROTOCOL)
            self._socket.setblocking(False)
        first = self._seq + 1
        self._seq += len(requests)
        made = [requests[i][2](requests[i][1], 0, first + i) for i in range(len(requests) - 1)]
        made.append(requests[-1][2](requests[-1][1], netlink.ACK, self._seq))
        self._socket.send(b"".join(made))
        while True:
            for message in netlink.messages(self._socket.recv(_DATAGRAM)):
                if message.type != netlink.ERROR or not first <= message.seq <= self._seq:
                    continue
                self._notices.own_port = message.pid
                if self._deletions is not None:
                    self._deletions.own(message.pid)
                errno = netlink.ended(message)[0]
                change, key, _ = requests[message.seq - first]
                if errno and not _is_so_already(change, errno):
                    found = existing if errno == compat.EEXIST else refused
                    found.append((change, key, compat.errno_text(errno)))
                if message.seq == self._seq:
                    return

    def _close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _is_so_already(change, errno):
    """Whether an error says that there is nothing to do. A route that exists already may be another program's."""
    if change.verb == routing.ADD:
        return errno == compat.EEXIST and not isinstance(change.value, routing.Routes)
    return errno in _ABSENT


def _of_others(existing, tables):
    """Those of some routes that exist already which are not what was wanted. tables: of ours, listed since."""
    found = []
    for each in existing:
        value = each[0].value
        table = tables.get((value.family, value.table, value.metric))
        if table is None or table.get(each[1]) != value.via:
            found.append(each)
    return found


def _requests(changes):
    """Gives `(change, key, write)`: `write(key, flags, number)` makes the request; key: None but for routes."""
    for change in changes:
        if isinstance(change.value, routing.Routes):
            write = routes.Writer(change).request
            for key in change.value.keys:
                yield change, key, write
        else:
            make = rules.change_rule if isinstance(change.value, routing.Rule) else nexthops.change_nexthop
            yield change, None, lambda key, flags, seq, change=change, make=make: make(change, flags, seq)


def _add_route(found, message):
    route = routes.own_route(message) if message.type == rtnetlink.NEW_ROUTE else None
    if route is not None:
        family, table, key, via, metric = route
        place = family, table, metric
        if place not in found:
            found[place] = KeyTable()
        found[place][key] = via
