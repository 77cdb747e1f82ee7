"""ICMP echo requests and replies (RFC 792, RFC 4443 section 4)."""

import struct

REQUESTS, REPLIES = {4: 8, 6: 128}, {4: 0, 6: 129}
PROTOCOLS = {4: 1, 6: 58}
_IPV4_HEADER = 20  # bytes at least
PAYLOAD = bytes(96)  # more than keepalives of a tunnel alone explain


def request(family, identifier, number):
    """One echo request in bytes; for IPv6 the kernel writes the checksum."""
    rest = struct.pack(">HH", identifier, number & 0xFFFF) + PAYLOAD
    checksum = 0 if family == 6 else _checksum(bytes([REQUESTS[4], 0, 0, 0]) + rest)
    return struct.pack(">BBH", REQUESTS[family], 0, checksum) + rest


def is_reply(family, data, identifier):
    """Whether what a raw socket gave is a reply to a request with this identifier; with IPv4 its header comes first."""
    if family == 4:
        header = 4 * (data[0] & 15) if data and data[0] >> 4 == 4 else 0
        if header < _IPV4_HEADER:
            return False
        data = data[header:]
    return len(data) >= 8 and data[0] == REPLIES[family] and data[4] << 8 | data[5] == identifier


def reply_filter(family):
    """`(level, option, value)` of the socket option that lets only echo replies through."""
    if family == 4:
        return 255, 1, struct.pack("I", ~(1 << REPLIES[4]) & 0xFFFFFFFF)  # SOL_RAW, ICMP_FILTER: what is kept back
    blocked = [0xFFFFFFFF] * 8
    blocked[REPLIES[6] >> 5] &= ~(1 << (REPLIES[6] & 31)) & 0xFFFFFFFF
    return PROTOCOLS[6], 1, struct.pack("8I", *blocked)  # ICMPV6_FILTER


def _checksum(data):
    # RFC 1071; every request has an even length
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
