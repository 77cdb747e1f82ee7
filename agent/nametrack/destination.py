"""Whether an address that DNS names can be a destination, and what an IP4P address stands for."""

from . import ip

# RFC 6890's special purpose registries, as far as they rule out a destination. Private, shared and documentation
# addresses are all right: split DNS names them. `wrapped`: the prefix has an IPv4 address in these 4 bytes, and is
# unusable only if that is.
_IP4P = b"\x20\x01" + bytes(8)
_WRAPPING = (  # (prefix, first byte of the IPv4 address)
    (b"\x00\x64\xff\x9b" + bytes(8), 12),  # NAT64 (RFC 6052)
    (b"\x20\x02", 2),  # 6to4
)
_NOWHERE6 = (  # (prefix, bits, why)
    (bytes(12), 96, "reserved"),  # IPv4-compatible, but for :: and ::1
    (bytes(10) + b"\xff\xff", 96, "reserved"),  # IPv4-mapped
    (b"\x01" + bytes(7), 64, "a discard prefix"),
    (b"\x20\x01\x00\x00", 32, "Teredo"),
    (b"\x20\x01\x00\x10", 28, "reserved"),  # ORCHID and ORCHIDv2: keys, not places
    (b"\x20\x01\x00\x20", 28, "reserved"),
    (b"\xfe\x80", 10, "link-local"),
    (b"\xfe\xc0", 10, "site-local"),
    (b"\xff", 8, "multicast"),
)


def ip4p(address):
    """Return `(IPv4 address, port)` that an IP4P address stands for, None for any other address.

    natmap's way to publish a port behind NAT: AAAA `2001::<port>:<a.b>:<c.d>`. Teredo has the same prefix, then the
    IPv4 address of its server, which is never 0.0.0.0.
    """
    if not address.startswith("2001::"):
        return None
    data = ip.packed(address)
    port = data[10] << 8 | data[11]
    return (ip.text(data[12:]), port) if data[:10] == _IP4P and port else None


def unusable(address):
    """Return why an address that DNS named cannot be a destination; None if it can."""
    data = ip.packed(address)
    if len(data) == 4:
        return _unusable4(data)
    if data[:15] == bytes(15) and data[15] < 2:
        return "loopback" if data[15] else "unspecified"
    for prefix, at in _WRAPPING:
        if data[: len(prefix)] == prefix:
            return _unusable4(data[at : at + 4])
    for prefix, bits, why in _NOWHERE6:
        whole = bits >> 3
        if data[:whole] == prefix[:whole] and (bits & 7 == 0 or (data[whole] ^ prefix[whole]) >> (8 - (bits & 7)) == 0):
            return why
    return None


def _unusable4(data):
    first = data[0]
    if first == 0:
        return "unspecified"
    if first == 127:
        return "loopback"
    if first == 169 and data[1] == 254:
        return "link-local"
    if 224 <= first <= 239:
        return "multicast"
    if data == b"\xff\xff\xff\xff":
        return "broadcast"
    return "reserved" if first >= 240 else None
