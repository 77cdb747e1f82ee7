"""Packets of the network layer that carry DNS (RFC 791, 768, 8200): bytes -> values."""

from collections import namedtuple

from .. import ip

# A datagram of UDP. source, to: addresses as bytes; source_port, to_port: int; data: bytes
Datagram = namedtuple("Datagram", ("source", "source_port", "to", "to_port", "data"))

WITH_NAME = 320  # bytes in which the name of a question is at an end, with all headers before it

_HEADER4, _HEADER6, _UDP_HEADER = 20, 40, 8
_DNS_HEADER = 12
_VERSION6 = b"\x60"
_UDP = 17
_DNS = 53


def dns_answer(packet):
    """Return `(source address, DNS message)` of a packet that is a whole datagram from port 53; None for any other.

    source address: text; the message is the datagram's bytes, not looked at.
    """
    found = datagram(packet)
    if found is None or found.source_port != _DNS:
        return None
    return ip.text(found.source), found.data


def message_at(packet):
    """Return where the data of a packet begin if it is a datagram of UDP; of any other, a number that means nothing."""
    return (_HEADER6 if packet[:1] >= _VERSION6 else (packet[0] & 15) * 4 if packet else 0) + _UDP_HEADER


def asked_name(packet):
    """Return the name in the question of a DNS message over UDP, in lower case, without a look at anything else.

    None if that cannot be told quickly. It is to tell which packets concern us not: a dot may stand for one inside a
    label, and what it returns of a packet that is no DNS message means nothing.
    """
    at = message_at(packet) + _DNS_HEADER
    labels = []
    try:
        size = packet[at]
        while 0 < size < 64:
            labels.append(packet[at + 1 : at + 1 + size])
            at += 1 + size
            size = packet[at]
    except IndexError:
        return None
    name = b".".join(labels)
    try:
        return None if size or b"\\" in name else name.decode().lower()
    except UnicodeError:
        return None


def datagram(packet):
    """Return the Datagram that a packet is; None if it is none, or a fragment."""
    if len(packet) < _HEADER4:
        return None
    version = packet[0] >> 4
    if version == 4:
        start = (packet[0] & 15) * 4
        if start < _HEADER4 or packet[9] != _UDP or (packet[6] << 8 | packet[7]) & 0x3FFF:
            return None
        addresses = packet[12:20]
    elif version == 6 and len(packet) >= _HEADER6:
        start = _HEADER6
        if packet[6] != _UDP:
            return None
        addresses = packet[8:40]
    else:
        return None
    if len(packet) < start + _UDP_HEADER:
        return None
    end = start + (packet[start + 4] << 8 | packet[start + 5])
    if not start + _UDP_HEADER <= end <= len(packet):
        return None
    half = len(addresses) // 2
    source_port, to_port = packet[start] << 8 | packet[start + 1], packet[start + 2] << 8 | packet[start + 3]
    data = bytes(packet[start + _UDP_HEADER : end])
    return Datagram(bytes(addresses[:half]), source_port, bytes(addresses[half:]), to_port, data)
