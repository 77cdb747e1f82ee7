"""A netlink socket to the kernel, which answers while it is asked: so this waits for the answer.

It is read in pieces of 8 KiB, as libmnl reads: the kernel makes none that are larger then (af_netlink.c, netlink_dump).
"""

import select

from .. import compat
from ..wire import netlink

_DUMPS = 3  # tries to read what changes meanwhile
_WAIT = 1000  # milliseconds; the kernel answers at once, or the answer was lost
_SOL_NETLINK, _CAP_ACK, _STRICT = 270, 10, 12  # NETLINK_GET_STRICT_CHK


class Refused(Exception):
    """Why something cannot be done, in words for people."""


def reason(error):
    """Return why the kernel could not be asked, in words: of an OSError, a NetlinkError or Refused."""
    return compat.error_text(error) if isinstance(error, OSError) else str(error)


def listen(poller, protocol, groups, readable):
    """Return a socket that hears multicast groups, a mask, and has `readable(mask)` called; None if that is refused."""
    try:
        sock = compat.netlink_socket(protocol, groups)
    except OSError:
        return None
    sock.setblocking(False)
    poller.add(sock.fileno(), readable)
    return sock


def hear(sock, size, most, take):
    """Hand each netlink.Message of the datagrams that wait, at most so many, to `take(message)`, which may raise
    NetlinkError; return whether some were lost or could not be read.
    """
    lost = False
    for _ in range(most):
        try:
            for message in netlink.messages(sock.recv(size)):
                take(message)
        except OSError as error:
            if error.errno == compat.EAGAIN:
                break
            lost = True  # ENOBUFS: there were more than there is room for
        except netlink.NetlinkError:
            lost = True
    return lost


def be_strict(sock):
    """Has the kernel look at what a request for many asks, where it can (since 5.0): else it tells of everything."""
    try:
        sock.setsockopt(_SOL_NETLINK, _STRICT, 1)
    except OSError:
        pass


class Kernel:
    """One conversation; to be closed. Its methods raise OSError, NetlinkError and Refused."""

    def __init__(self, protocol):
        self.seq = 0
        self._socket = compat.netlink_socket(protocol)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)

    def close(self):
        self._socket.close()

    def fileno(self):
        """The descriptor that is readable when an answer waits."""
        return self._socket.fileno()

    def be_strict(self):
        """As the function above."""
        be_strict(self._socket)

    def leave_out_quotes(self):
        """Have the kernel not quote the requests that it refuses: a large one would not fit into an answer."""
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)

    def send(self, request):
        """Sends `request(seq)`, with a number that no other request has."""
        self.seq += 1
        self._socket.send(request(self.seq))

    def send_batch(self, count, batch):
        """Send `batch(seq)`, bytes with `count` messages that are numbered from `seq` on; return that number."""
        first = self.seq + 1
        self.seq += count
        self._socket.send(batch(first))
        return first

    def waiting(self):
        """Give each datagram that waits, without waiting for more, and None if some were lost. Raises OSError."""
        while True:
            try:
                datagram = compat.receive(self._socket)
            except OSError as error:
                if error.errno != compat.ENOBUFS:
                    raise
                yield None
            else:
                if datagram is None:
                    return
                yield datagram

    def receive(self):
        """The next datagram."""
        datagram = compat.receive(self._socket) if self._poll.poll(_WAIT) else None
        if datagram is None:
            raise Refused("the kernel does not answer")
        return datagram

    def ask(self, request):
        """The netlink.Reply to `request(seq)`, with all of its messages."""
        self.send(request)
        messages = []
        while True:
            reply = netlink.reply(self.receive(), self.seq)
            messages.extend(reply.messages)
            if reply.errno is not None:
                return netlink.Reply(messages, reply.errno, reply.text, reply.interrupted)

    def dump(self, what, request, make):
        """What `make(seq)` gives, fed with the whole answer to `request(seq)`: with an error, or read in one go.

        `what`: in words, what may change while it is read.
        """
        for _ in range(_DUMPS):
            self.send(request)
            dump = make(self.seq)
            while not dump.feed(self.receive()):
                pass
            if dump.errno or not dump.interrupted:
                return dump
        raise Refused("%s changes while it is read" % what)
