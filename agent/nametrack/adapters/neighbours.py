"""The neighbours of this router: which address is at which MAC address, and what becomes news of that."""

from ..core import events as on
from ..wire import neighbours, rtnetlink
from .netlink import hear, listen
from .routes_dump import Dumper, listed

_DATAGRAM = 16384
_AT_ONCE = 64  # datagrams that are read before others have their turn
_MOST = 2048  # neighbours that are remembered, or twice as many as there are: beyond, all of them are told again


class Neighbours:
    """Carries out FollowNeighbours."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._dumper = Dumper(poller, ("neighbours",))
        self._socket = None
        self._told = {}  # (link, address) -> MAC address
        self._most = _MOST
        self._again = False  # whether news was lost while all of them were read
        self._action = None  # what is carried out

    def follow(self, action):
        """Tell of all neighbours, and of what becomes news; or, if they are not wanted, of nothing any more."""
        self._action = action
        if not action.wanted:
            return self._stop()
        self._listen()
        part = listed(neighbours.get_neighbours, rtnetlink.NEW_NEIGHBOUR, neighbours.neighbour)
        self._dumper.read([part], self._read)

    def busy(self):
        """Return whether something is being read."""
        return self._dumper.busy()

    def _read(self, found, problem):
        again, self._again = self._again, False
        if problem is not None:
            return self._emit(on.ActionFailed(self._action, problem))
        self._told = {(each.link, each.address): each.hardware for each in found[0]}
        self._most = max(_MOST, 2 * len(self._told))
        self._emit(on.NeighboursRead(found[0]))
        if again:
            self.follow(self._action)

    def _listen(self):
        """Listen from now on. If that cannot be had, news is seen when all are read again."""
        if self._socket is None:
            self._socket = listen(self._poller, rtnetlink.PROTOCOL, rtnetlink.NEIGHBOURS, self._readable)

    def _stop(self):
        self._told = {}
        if self._socket is not None:
            self._poller.remove(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _readable(self, mask):
        news = []

        def take(message):
            if message.type == rtnetlink.NEW_NEIGHBOUR and self._is_news(message, news):
                self._told[news[-1].link, news[-1].address] = news[-1].hardware

        lost = hear(self._socket, _DATAGRAM, _AT_ONCE, take)
        if news:
            self._emit(on.NeighboursRead(news))
        if self.busy():
            self._again = self._again or lost
        elif lost or len(self._told) > self._most:
            self.follow(self._action)

    def _is_news(self, message, news):
        """Whether a message tells of a MAC address that was not told; the Neighbour is in `news` then."""
        neighbour = neighbours.neighbour(message)
        if neighbour is None or self._told.get((neighbour.link, neighbour.address)) == neighbour.hardware:
            return False
        news.append(neighbour)
        return True
