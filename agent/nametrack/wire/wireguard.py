"""Kernel WireGuard over generic netlink (include/uapi/linux/wireguard.h): a device's peers, and one peer's endpoint.

AmneziaWG's kernel module speaks the same under another family name; what it adds is skipped with all that is unknown.
Private and preshared keys come with every reading: those attributes are passed over, never looked into. So are the
allowed IPs, of which there may be thousands, unless a reader wants them.
"""

import binascii
import struct
from collections import namedtuple

from .. import ip
from . import netlink
from .netlink import NATIVE, NetlinkError

FAMILY = "wireguard"
AMNEZIA_FAMILY = "amneziawg"

_VERSION = 1
_GET_DEVICE = 0
_SET_DEVICE = 1
_DEVICE_IFNAME = 2
_DEVICE_LISTEN_PORT = 6
_DEVICE_FWMARK = 7
_DEVICE_PEERS = 8
_PEER_PUBLIC_KEY = 1
_PEER_FLAGS = 3
_PEER_ENDPOINT = 4
_PEER_PERSISTENT_KEEPALIVE = 5
_PEER_LAST_HANDSHAKE = 6
_PEER_RX_BYTES = 7
_PEER_TX_BYTES = 8
_PEER_ALLOWED_IPS = 9
_ALLOWED_IP_ADDRESS = 2
_ALLOWED_IP_LENGTH = 3

_UPDATE_ONLY = 1 << 2  # WGPEER_F_UPDATE_ONLY: never bring back a peer that was just taken away
_KEY_SIZE = 32
_NAME_LIMIT = 15  # IFNAMSIZ - 1
_AF_INET = 2
_AF_INET6 = 10

# One peer as it is. `endpoint` is "192.0.2.1:51820" or "[2001:db8::1]:51820", and `address` and `port` are its two
# parts: None, None and 0 if the peer has none. `last_handshake` in Unix seconds, 0 for never;
# `persistent_keepalive` in seconds, 0 for off.
Peer = namedtuple(
    "Peer",
    (
        "public_key",
        "endpoint",
        "address",
        "port",
        "last_handshake",
        "rx_bytes",
        "tx_bytes",
        "persistent_keepalive",
    ),
)


def key_bytes(text):
    """The 32 bytes of a key in base64; None for what is not exactly one."""
    if len(text) != 44:
        return None
    try:
        data = binascii.a2b_base64(text)
    except ValueError:
        return None
    # decoders overlook foreign characters and stray bits, the comparison does not
    return data if len(data) == _KEY_SIZE and key_text(data) == text else None


def key_text(data):
    """The base64 text of a key's 32 bytes."""
    return binascii.b2a_base64(data).decode().strip()


def endpoint_text(address, port):
    """An address and a port in one, the IPv6 address in brackets; None if there is no address."""
    if address is None:
        return None
    return ("%s:%d" if ip.family(address) == 4 else "[%s]:%d") % (address, port)


def get_device(family_id, ifname, seq, order=NATIVE):
    """The request for a device's peers, which a Dump reads; an absent device is answered by ENODEV."""
    name = netlink.name_attribute(_DEVICE_IFNAME, ifname, _NAME_LIMIT, order)
    flags = netlink.REQUEST | netlink.ACK | netlink.DUMP
    return netlink.generic_message(family_id, flags, seq, _GET_DEVICE, _VERSION, [name], order)


def set_endpoint(family_id, ifname, public_key, address, port, seq, order=NATIVE):
    """The request that gives a peer an endpoint and changes nothing else; for an unknown peer it changes nothing."""
    key = key_bytes(public_key)
    if key is None:
        raise NetlinkError("not a public key")
    name = netlink.name_attribute(_DEVICE_IFNAME, ifname, _NAME_LIMIT, order)
    peer = [
        netlink.attribute(_PEER_PUBLIC_KEY, key, order),
        netlink.attribute(_PEER_FLAGS, struct.pack(order + "I", _UPDATE_ONLY), order),
        netlink.attribute(_PEER_ENDPOINT, _sockaddr(address, port, order), order),
    ]
    # a list of peers with one entry, whose index the kernel does not read
    peers = netlink.nested(_DEVICE_PEERS, [netlink.nested(0, peer, order)], order)
    flags = netlink.REQUEST | netlink.ACK
    return netlink.generic_message(family_id, flags, seq, _SET_DEVICE, _VERSION, [name, peers], order)


def _sockaddr(address, port, order):
    packed = ip.packed(address)
    if packed is None or not 0 < port <= 65535:
        raise NetlinkError("not an address and a port")
    if len(packed) == 4:
        return struct.pack(order + "H", _AF_INET) + struct.pack(">H", port) + packed + bytes(8)
    return struct.pack(order + "H", _AF_INET6) + struct.pack(">HI", port, 0) + packed + bytes(4)


def _address_and_port(value, order):
    """What a sockaddr_in or sockaddr_in6 says; a link-local address loses its scope, which no canonical text has."""
    if len(value) not in (16, 28):
        raise NetlinkError("an endpoint of %d bytes" % len(value))
    family = struct.unpack_from(order + "H", value)[0]
    port = struct.unpack_from(">H", value, 2)[0]
    if (family, len(value)) == (_AF_INET, 16):
        return ip.text(bytes(value[4:8])), port
    if (family, len(value)) == (_AF_INET6, 28):
        return ip.text(bytes(value[8:24])), port
    raise NetlinkError("an endpoint of family %d in %d bytes" % (family, len(value)))


class Dump:
    """Collects the peers of one device from the datagrams that answer get_device().

    allowed: a dict to fill as {public key: [allowed IP]}, None if the allowed IPs are not wanted.
    """

    def __init__(self, family_id, seq, order=NATIVE, allowed=None):
        self.peers = []
        self.fwmark = 0  # of the packets that the tunnel itself sends; 0: none
        self.listen_port = 0  # their source port; 0 while the device is down
        self.errno = None  # None while more is to come, 0 when complete, else why not (19, ENODEV: no such device)
        self.text = ""  # the kernel's words for that, where it has some
        self.interrupted = False  # the device changed meanwhile: peers may be missing or twice here, read again
        self.allowed = allowed
        self._family_id = family_id
        self._seq = seq
        self._order = order

    def feed(self, datagram):
        """Takes a datagram; True once the dump is at its end. NetlinkError for what the kernel would not send."""
        reply = netlink.reply(datagram, self._seq, self._order)
        for message in reply.messages:
            if message.type == self._family_id:
                self._add_message(message)
        self.interrupted = self.interrupted or reply.interrupted
        if reply.errno is not None:
            self.errno, self.text = reply.errno, reply.text
        return self.errno is not None

    def _add_message(self, message):
        command, found = netlink.generic(message, self._order)
        if command != _GET_DEVICE:
            raise NetlinkError("command %d in a dump" % command)
        for kind, value in found:
            if kind == _DEVICE_FWMARK:
                self.fwmark = netlink.unsigned(value, 4, self._order)
            elif kind == _DEVICE_LISTEN_PORT:
                self.listen_port = netlink.unsigned(value, 2, self._order)
            elif kind == _DEVICE_PEERS:
                first = True
                for _, data in netlink.attributes(value, self._order):
                    peer = _peer(data, self._order)
                    if self.allowed is not None:
                        self.allowed.setdefault(peer.public_key, []).extend(_allowed_ips(data, self._order))
                    # A peer whose allowed IPs do not fit into one message opens the next one again, with their rest.
                    if not (first and self.peers and self.peers[-1].public_key == peer.public_key):
                        self.peers.append(peer)
                    first = False


def _peer(data, order):
    public_key, address, port = None, None, 0
    last_handshake, rx_bytes, tx_bytes, persistent_keepalive = 0, 0, 0, 0
    for kind, value in netlink.attributes(data, order):
        if kind == _PEER_PUBLIC_KEY:
            if len(value) != _KEY_SIZE:
                raise NetlinkError("a public key of %d bytes" % len(value))
            public_key = key_text(value)
        elif kind == _PEER_ENDPOINT:
            address, port = _address_and_port(value, order)
        elif kind == _PEER_PERSISTENT_KEEPALIVE:
            persistent_keepalive = netlink.unsigned(value, 2, order)
        elif kind == _PEER_LAST_HANDSHAKE:
            if len(value) != 16:
                raise NetlinkError("a time of %d bytes" % len(value))
            last_handshake = netlink.unsigned(value[:8], 8, order)
        elif kind == _PEER_RX_BYTES:
            rx_bytes = netlink.unsigned(value, 8, order)
        elif kind == _PEER_TX_BYTES:
            tx_bytes = netlink.unsigned(value, 8, order)
    if public_key is None:
        raise NetlinkError("a peer without a public key")
    return Peer(
        public_key,
        endpoint_text(address, port),
        address,
        port,
        last_handshake,
        rx_bytes,
        tx_bytes,
        persistent_keepalive,
    )


def _allowed_ips(data, order):
    """The allowed IPs of a peer, as canonical prefixes."""
    found = []
    for kind, value in netlink.attributes(data, order):
        for _, entry in netlink.attributes(value, order) if kind == _PEER_ALLOWED_IPS else ():
            fields = dict(netlink.attributes(entry, order))
            address, length = fields.get(_ALLOWED_IP_ADDRESS, b""), fields.get(_ALLOWED_IP_LENGTH, b"")
            if len(address) not in (4, 16) or len(length) != 1:
                raise NetlinkError("an allowed IP of %d and %d bytes" % (len(address), len(length)))
            prefix = ip.prefix("%s/%d" % (ip.text(bytes(address)), length[0]))
            if prefix is None:
                raise NetlinkError("an allowed IP with a prefix of %d bits" % length[0])
            found.append(prefix)
    return found
