"""The address hints in HTTPS records (RFC 9460): bytes -> addresses.

A client may connect to a hint before it has asked for the name's addresses.
"""

from .. import ip
from .dnsname import DnsError

_HINTS = {4: 4, 6: 16}  # SvcParamKey of ipv4hint and ipv6hint -> bytes of an address


def hints(data):
    """Return the addresses, list of text, that the data of an HTTPS record hints at; raise DnsError."""
    at = 2  # the priority
    while True:  # the target, which is never compressed
        if at >= len(data) or data[at] > 63:
            raise DnsError("HTTPS record without a target")
        size, at = data[at], at + 1 + data[at]
        if size == 0:
            break
    found = []
    while at < len(data):
        if at + 4 > len(data):
            raise DnsError("HTTPS record cut off")
        key, size = data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]
        at += 4
        if at + size > len(data):
            raise DnsError("HTTPS record cut off")
        width = _HINTS.get(key)
        if width is not None:
            if size % width:
                raise DnsError("HTTPS record with a hint of a wrong length")
            found += [ip.text(bytes(data[i : i + width])) for i in range(at, at + size, width)]
        at += size
    return found
