"""The DNS questions that this machine sends about wanted names, and the answers to them, read from packets.

The router's resolver tells the name at the end of a chain of aliases; which name was asked for, only the answer tells
that it had from its own server. An answer counts if its question was seen to leave, with the same addresses, ports and
id, for a server that a socket of this machine asks: one that only clients ask through the router tells us nothing.
"""

import socket

from .. import compat
from ..compat_packet import packet_socket
from ..wire import bpf, dns, passing
from ..wire.packets import WITH_NAME, asked_name, datagram

_PACKET = 4096  # bytes
_PACKETS = 64  # read in a row: a flood must not stop everything else
_KEPT = 64  # questions, and answers, that are remembered
_SERVERS = 16  # that are remembered


class Exchanges:
    """Listens from the beginning on. domains, hosts, lists: the wanted names, as for Observe. Raises OSError."""

    def __init__(self, poller, domains, hosts, lists):
        self._poller = poller
        self._wanted = passing.Names(domains, hosts, lists)
        self._receiver = compat.Receiver(_PACKET)
        self._asked = {}  # (our address, our port, server's address, its port, id) -> name
        self._servers = set()  # (address, port) of those that a socket of this machine asked
        self._told = []  # passing.Told, the newest last
        self._socket = packet_socket(None, bpf.exchanges_about(*bpf.compared(domains, hosts, lists)))
        poller.add(self._socket.fileno(), lambda mask: self.read())

    def close(self):
        """Listen no more."""
        self._poller.remove(self._socket.fileno())
        self._socket.close()

    def about(self, owner, address):
        """Return the [passing.Told] of names whose aliases end at `owner`, which has the address."""
        return [told for told in self._told if told.owner == owner and address in told.addresses]

    def wants(self, name):
        """Return whether a name is wanted; raise DnsError."""
        return self._wanted.have(name)

    def read(self):
        """Read what has come."""
        for _ in range(_PACKETS):
            try:
                packet = self._receiver.view(self._socket)
            except OSError:
                return  # a device went, which ends nothing for a socket of all devices
            if packet is None:
                return
            name = asked_name(bytes(packet[:WITH_NAME]))
            found = datagram(bytes(packet)) if name is None or self._wanted.have(name) else None
            if found is not None:
                try:
                    self._take(found)
                except (dns.DnsError, IndexError):
                    pass

    def _take(self, found):
        message = dns.decode(found.data)
        name = passing.asks_about(message)
        if name is None or not self._wanted.have(name):
            return
        if not message.flags & dns.QR:
            if len(self._asked) >= _KEPT:
                self._asked = {}
            self._asked[(found.source, found.source_port, found.to, found.to_port, message.id)] = name
            self._learn((found.to, found.to_port), found.source_port)
            return
        asked = (found.to, found.to_port, found.source, found.source_port, message.id)
        if self._asked.pop(asked, None) != name or (found.source, found.source_port) not in self._servers:
            return
        told = passing.told(message)
        if told is not None:
            self._told = self._told[1 - _KEPT :] + [told]

    def _learn(self, server, port):
        """A question to a server left from a port. The resolver may close it before the answer is seen here."""
        if server not in self._servers and _is_in_use(server[0], port):
            if len(self._servers) >= _SERVERS:
                self._servers = set()
            self._servers.add(server)


def _is_in_use(address, port):
    """Whether a socket of this machine has the port: of a client's question that the router hands on, none has.

    address: of the same family as the socket's.
    """
    everywhere = "0.0.0.0" if len(address) == 4 else "::"
    try:
        sock = socket.socket(compat.family(everywhere), socket.SOCK_DGRAM | compat.CLOEXEC)
    except OSError:
        return False  # a kernel without IPv6 may hand on IPv6 all the same, as a bridge does: it has no such sockets
    try:
        sock.bind(compat.sockaddr(everywhere, port))
    except OSError:
        return True
    finally:
        sock.close()
    return False
