"""Userspace WireGuard's socket protocol (wireguard.com/xplatform): the same peers as text, keys in hexadecimal.

wireguard-go and amneziawg-go speak it on /var/run/wireguard/<interface>.sock. An answer is lines of `key=value`: the
device, then each peer from its `public_key` on, then `errno`, then an empty line.

Private and preshared keys come with every answer. A line is looked at by its key where it lies in the data; only values
that are wanted are ever cut out, and those are not.
"""

import binascii

from .. import ip
from .wireguard import Peer, endpoint_text, key_bytes, key_text

GET = b"get=1\n\n"

_LINE_LIMIT = 16384  # AmneziaWG's longest lines describe whole packets in hexadecimal
_LARGEST = (1 << 64) - 1
_PORT_LIMIT = 65535
_INTERVAL_LIMIT = 65535

# The lines that are read; everything else is skipped, as the protocol wants it.
_PEER_LINES = (
    b"endpoint",
    b"last_handshake_time_sec",
    b"rx_bytes",
    b"tx_bytes",
    b"persistent_keepalive_interval",
)
_WANTED = frozenset((b"errno", b"fwmark", b"listen_port", b"public_key") + _PEER_LINES)

_ENDPOINTS = {}  # (address, port) of each endpoint, as written, that was met lately: most stay
_ENDPOINTS_KEPT = 256


class UapiError(Exception):
    """What is not an answer in this protocol, or cannot be asked in it."""


def set_endpoint(public_key, address, port):
    """The request that gives a peer an endpoint and changes nothing else; for an unknown peer it changes nothing."""
    key = key_bytes(public_key)
    if key is None:
        raise UapiError("not a public key")
    canonical = ip.canonical(address)
    if canonical is None or not 0 < port <= _PORT_LIMIT:
        raise UapiError("not an address and a port")
    words = (binascii.hexlify(key).decode(), endpoint_text(canonical, port))
    return ("set=1\npublic_key=%s\nupdate_only=true\nendpoint=%s\n\n" % words).encode()


class Reply:
    """Reads one answer in the pieces in which the socket gives it, and keeps of them only a line's beginning.

    allowed: a dict to fill as {public key: [allowed IP]}, None if the allowed IPs are not wanted.
    """

    def __init__(self, allowed=None):
        self.peers = []
        self.allowed = allowed
        self.fwmark = 0  # of the packets that the tunnel itself sends; 0: none
        self.listen_port = 0  # their source port
        self.errno = None  # None while more is to come, 0 for success, else a positive error number
        self._rest = b""
        self._peer = None
        self._errno = None

    def feed(self, data):
        """Takes bytes of the answer; True once it is complete. UapiError for what is not an answer."""
        if self._rest:
            data = self._rest + data
        at = 0
        while True:
            end = data.find(b"\n", at)
            if (end if end >= 0 else len(data)) - at > _LINE_LIMIT:
                raise UapiError("a line is too long")
            if end < 0:
                break
            equals = data.find(b"=", at, end)
            if equals < 0 or self._errno is not None:
                self._close(at == end)
            else:
                key = data[at:equals]
                if key in _WANTED:
                    self._take(key, data[equals + 1 : end])
                elif key == b"allowed_ip" and self.allowed is not None:
                    self._add_allowed(_text(data[equals + 1 : end]))
            at = end + 1
        self._rest = data[at:]
        if self.errno is not None and self._rest:
            raise UapiError("the answer goes on after its end")
        return self.errno is not None

    def _close(self, empty):
        """A line is no `key=value`, or comes after the error number."""
        if self.errno is not None:
            raise UapiError("the answer goes on after its end")
        if not empty:
            raise UapiError("a line without '='" if self._errno is None else "a line after the error number")
        if self._errno is None:
            raise UapiError("the answer ends without an error number")
        self._close_peer()
        self.errno = self._errno

    def _take(self, key, value):
        if key == b"errno":
            self._errno = _error_number(value)
        elif key == b"fwmark":
            self.fwmark = _number(value, 0xFFFFFFFF)
        elif key == b"listen_port":
            self.listen_port = _number(value, 0xFFFF)
        elif key == b"public_key":
            self._close_peer()
            self._peer = _Peer(_key(value))
        elif self._peer is None:
            raise UapiError("a peer's line before any public_key")
        else:
            self._peer.take(key, value)

    def _add_allowed(self, text):
        prefix = ip.prefix(text)
        if self._peer is None or prefix is None:
            raise UapiError("not an allowed IP of a peer")
        self.allowed.setdefault(self._peer.public_key, []).append(prefix)

    def _close_peer(self):
        if self._peer is not None:
            self.peers.append(self._peer.value())


class _Peer:
    """A peer while its lines come in; a line that comes again replaces the first."""

    def __init__(self, public_key):
        self.public_key = public_key
        self.address = None
        self.port = 0
        self.last_handshake = 0
        self.rx_bytes = 0
        self.tx_bytes = 0
        self.persistent_keepalive = 0

    def take(self, key, value):
        if key == b"endpoint":
            self.address, self.port = _endpoint(value)
        elif key == b"last_handshake_time_sec":
            self.last_handshake = _number(value, _LARGEST)
        elif key == b"rx_bytes":
            self.rx_bytes = _number(value, _LARGEST)
        elif key == b"tx_bytes":
            self.tx_bytes = _number(value, _LARGEST)
        else:
            self.persistent_keepalive = _number(value, _INTERVAL_LIMIT)

    def value(self):
        return Peer(
            self.public_key,
            endpoint_text(self.address, self.port),
            self.address,
            self.port,
            self.last_handshake,
            self.rx_bytes,
            self.tx_bytes,
            self.persistent_keepalive,
        )


def _number(value, largest):
    # the length first: a number of a million digits takes its time
    if not 0 < len(value) <= 20 or not value.isdigit() or int(value) > largest:
        raise UapiError("not a number")
    return int(value)


def _error_number(value):
    # wireguard-go writes them negative, as the kernel does; others write them positive
    return _number(value[1:] if value[:1] == b"-" else value, 0x7FFFFFFF)


def _key(value):
    try:
        data = binascii.unhexlify(value) if len(value) == 64 else b""
    except ValueError:
        data = b""
    if not data:
        raise UapiError("not a public key")
    return key_text(data)


def _text(value):
    try:
        return value.decode("utf-8")
    except UnicodeError:
        raise UapiError("a value is not text")


def _endpoint(value):
    if value not in _ENDPOINTS:
        if len(_ENDPOINTS) >= _ENDPOINTS_KEPT:
            _ENDPOINTS.clear()
        _ENDPOINTS[value] = _address_and_port(_text(value))
    return _ENDPOINTS[value]


def _address_and_port(text):
    colon = text.rfind(":")
    host, port = text[:colon], text[colon + 1 :]
    bracketed = host[:1] == "[" and host[-1:] == "]"
    if bracketed:
        # a link-local address loses its zone, which no canonical text has
        host = host[1:-1].partition("%")[0]
    address = ip.canonical(host)
    if colon < 0 or address is None or bracketed != (ip.family(address) == 6):
        raise UapiError("not an endpoint")
    return address, _number(port.encode(), _PORT_LIMIT)
