"""Packets of the network layer that carry a DNS answer (RFC 791, 768, 8200): bytes -> values."""

from .. import ip

_HEADER4, _HEADER6, _UDP_HEADER = 20, 40, 8
_UDP = 17
_DNS = 53


def dns_answer(packet):
    """Return `(source address, DNS message)` of a packet that is a whole datagram from port 53; None for any other.

    source address: text; the message is the datagram's bytes, not looked at.
    """
    if len(packet) < _HEADER4:
        return None
    version = packet[0] >> 4
    if version == 4:
        start = (packet[0] & 15) * 4
        if start < _HEADER4 or packet[9] != _UDP or (packet[6] << 8 | packet[7]) & 0x3FFF:
            return None
        source = packet[12:16]
    elif version == 6 and len(packet) >= _HEADER6:
        start = _HEADER6
        if packet[6] != _UDP:
            return None
        source = packet[8:24]
    else:
        return None
    if len(packet) < start + _UDP_HEADER or packet[start] << 8 | packet[start + 1] != _DNS:
        return None
    end = start + (packet[start + 4] << 8 | packet[start + 5])
    if not start + _UDP_HEADER <= end <= len(packet):
        return None
    return ip.text(bytes(source)), bytes(packet[start + _UDP_HEADER : end])
