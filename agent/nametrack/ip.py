"""IP addresses, prefixes and ranges: text, bytes and numbers.

Addresses cross the layers as canonical text (RFC 5952), so that two spellings of one address are one value in a set,
a dict and a transcript. The C library's inet_ntop is not used for that: musl and glibc disagree about the text.
"""

V4_BITS = 32
V6_BITS = 128

_HEXADECIMAL = b"0123456789abcdefABCDEF"

_OCTETS = {}  # each in its only spelling, as bytes, of those that were met: all 256 take 25 KiB
_NONE = 1 << V4_BITS  # no octet
_SIZES = {str(length).encode(): 1 << V4_BITS - length for length in range(V4_BITS)}  # of IPv4 prefixes, by their length
_V6_KEYS = 1 << V6_BITS  # the keys of IPv6 addresses begin here, after those of all IPv4 ones


def key4(text):
    """The key of a single IPv4 address, which is its integer; None for whatever else."""
    # As bytes: MicroPython looks each text that it makes up among all the words that the program knows.
    return _key4(text.encode("utf-8", "replace"))


def _key4(data):
    octets = data.split(b".")
    if len(octets) != 4:
        return None
    # no loop, no `try`: MicroPython keeps the frame of a small function on the stack, and this is called very often
    value = _OCTETS.get(octets[0], _NONE) << 24 | _OCTETS.get(octets[1], _NONE) << 16
    value |= _OCTETS.get(octets[2], _NONE) << 8 | _OCTETS.get(octets[3], _NONE)
    if value < _NONE:
        return value
    return _key4(data) if _learned(octets) else None


def _learned(octets):
    """Whether all of them are octets; then _OCTETS has them."""
    for octet in octets:
        if octet not in _OCTETS:
            if not _digits(octet) or len(octet) > 3 or int(octet) > 255 or (len(octet) > 1 and octet[0] == 0x30):
                return False
            _OCTETS[octet] = int(octet)
    return True


def _packed4(text):
    value = key4(text)
    return None if value is None else value.to_bytes(4, "big")


def _digits(data):
    return data != b"" and 0x30 <= min(data) <= max(data) <= 0x39


def _groups(text):
    """The 16-bit groups written in `text`, `[]` for none, None if it is not a list of groups."""
    if text == "":
        return []
    groups = []
    parts = text.split(":")
    for i in range(len(parts)):
        part = parts[i]
        if "." in part and i == len(parts) - 1:
            tail = _packed4(part)
            if tail is None:
                return None
            groups.append(tail[0] << 8 | tail[1])
            groups.append(tail[2] << 8 | tail[3])
        elif 1 <= len(part) <= 4 and not part.encode("utf-8", "replace").strip(_HEXADECIMAL):
            groups.append(int(part, 16))
        else:
            return None
    return groups


def _packed6(text):
    head, gap, tail = text.partition("::")
    if gap:
        left, right = _groups(head), _groups(tail)
        if left is None or right is None or "::" in tail or "." in head:
            return None
        missing = 8 - len(left) - len(right)
        if missing < 1:
            return None
        groups = left + [0] * missing + right
    else:
        groups = _groups(text)
        if groups is None or len(groups) != 8:
            return None
    out = bytearray(16)
    for i in range(8):
        out[2 * i] = groups[i] >> 8
        out[2 * i + 1] = groups[i] & 255
    return bytes(out)


def packed(text):
    """The 4 or 16 bytes of an address in network order; None for what is not an address."""
    return _packed6(text) if ":" in text else _packed4(text)


def text(data):
    """The canonical text (RFC 5952) of 4 or 16 bytes."""
    if len(data) == 4:
        return "%d.%d.%d.%d" % (data[0], data[1], data[2], data[3])
    if data[:12] == b"\0\0\0\0\0\0\0\0\0\0\xff\xff":
        return "::ffff:" + text(data[12:])
    groups = [data[i] << 8 | data[i + 1] for i in range(0, 16, 2)]
    start, length = _longest_zeros(groups)
    if length < 2:
        return ":".join(["%x" % g for g in groups])
    head = ":".join(["%x" % g for g in groups[:start]])
    tail = ":".join(["%x" % g for g in groups[start + length :]])
    return head + "::" + tail


def _longest_zeros(groups):
    best_start, best_length, start = 0, 0, None
    for i in range(len(groups) + 1):
        if i < len(groups) and groups[i] == 0:
            if start is None:
                start = i
        elif start is not None:
            if i - start > best_length:
                best_start, best_length = start, i - start
            start = None
    return best_start, best_length


def canonical(given):
    """The canonical text of an address; None for what is not an address."""
    data = packed(given)
    return None if data is None else text(data)


def family(address):
    """4 or 6, for an address, prefix or range that is known to be one."""
    return 6 if ":" in address else 4


def number(address):
    """An address as an integer."""
    return int.from_bytes(_packed6(address), "big") if ":" in address else key4(address)


def from_number(value, version):
    """The canonical text of the address with this integer, `version` 4 or 6."""
    if version == 4:
        return "%d.%d.%d.%d" % (value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255)
    return text(value.to_bytes(16, "big"))


def key(element):
    """Return what stands for an address, a prefix or a range in large tables.

    It is a number for one address, and a pair of such numbers, first and last, for a prefix or a range. MicroPython
    hashes a text into 16 bits, so that a dict of 65,536 of them takes seconds; it spreads numbers well.
    """
    if "/" in element or "-" in element:
        return _wide4(element.encode()) or _wide(element)
    return number(element) | _V6_KEYS if ":" in element else key4(element)


def _wide4(data):
    """The key of an IPv4 prefix, None for anything else: a small function again."""
    address, _, length = data.partition(b"/")
    first, size = _key4(address), _SIZES.get(length)
    return None if first is None or size is None else (first & -size, (first & -size) + size - 1)


def _wide(element):
    version, first, last = span(element)
    return wide_key(first, last, version)


def wide_key(first, last, version):
    """Return the key of the span of two integers of the family `version`, 4 or 6."""
    if version == 6:
        first, last = first | _V6_KEYS, last | _V6_KEYS
    return first if first == last else (first, last)


def is_wide(key):
    """Return whether a key stands for more than one address."""
    return isinstance(key, tuple)


def packed_key(data):
    """The key of a packed address."""
    value = int.from_bytes(data, "big")
    return value if len(data) == 4 else value | _V6_KEYS


def packed_of_key(key):
    """The 4 or 16 bytes of the address that `key`, a number, was made of."""
    return (key ^ _V6_KEYS).to_bytes(16, "big") if key >= _V6_KEYS else key.to_bytes(4, "big")


def element(key):
    """Return the canonical text of a key: an address, a prefix if it is one, else `first-last`."""
    if not isinstance(key, tuple):
        return from_number(key ^ _V6_KEYS, 6) if key >= _V6_KEYS else from_number(key, 4)
    (first, last), version = bounds(key), key_family(key)
    start = from_number(first, version)
    size = last - first + 1
    if size == 1:
        return start
    if size & (size - 1) == 0 and first % size == 0:
        length = V4_BITS if version == 4 else V6_BITS
        while size > 1:
            size >>= 1
            length -= 1
        return "%s/%d" % (start, length)
    return "%s-%s" % (start, from_number(last, version))


def joined(keys, separator):
    """Return the texts of a list of keys in one, each as `element` gives it."""
    try:
        plain = max(keys) < _NONE
    except (TypeError, ValueError):  # pairs among them, or none at all
        plain = False
    if not plain:
        return separator.join([element(key) for key in keys])
    octets = []  # most are IPv4 addresses; a text for each would fill a heap with garbage
    for key in keys:
        octets += (key >> 24, key >> 16 & 255, key >> 8 & 255, key & 255)
    return separator.replace("%", "%%").join(["%d.%d.%d.%d"] * len(keys)) % tuple(octets)


def key_family(key):
    """Return 4 or 6 for a key."""
    return 6 if (key[0] if isinstance(key, tuple) else key) >= _V6_KEYS else 4


def bounds(key):
    """Return `(first, last)` of a key, as integers of its family."""
    first, last = key if isinstance(key, tuple) else (key, key)
    if first >= _V6_KEYS:
        return (first ^ _V6_KEYS, last ^ _V6_KEYS)
    return (first, last)


def holds(wide, key):
    """Return whether all addresses of a key are among those of another one."""
    (low, high), (first, last) = bounds(wide), bounds(key)
    return low <= first and last <= high and key_family(wide) == key_family(key)


def prefix(given):
    """The canonical text of an address or prefix: host bits cleared, no length where it is one address; else None."""
    # a small function once more: most are IPv4 addresses, or prefixes in their only spelling
    if "/" not in given and ":" not in given:
        return None if key4(given) is None else given
    return given if _is_prefix4(given.encode("utf-8", "replace")) else _prefix(given)


def _is_prefix4(data):
    """Whether it is an IPv4 prefix without host bits."""
    address, _, length = data.partition(b"/")
    first, size = _key4(address), _SIZES.get(length)
    return first is not None and size is not None and not first & size - 1


def _prefix(given):
    address, slash, length = given.partition("/")
    data = packed(address)
    if data is None or not slash:
        return None if data is None else text(data)
    # not str.isdigit: it takes the digits of every script
    if not _digits(length.encode("utf-8", "replace")) or len(length) > 3 or (len(length) > 1 and length[0] == "0"):
        return None
    host = len(data) * 8 - int(length)
    if host <= 0:
        return None if host else text(data)
    cleared = int.from_bytes(data, "big") >> host << host
    return "%s/%s" % (text(cleared.to_bytes(len(data), "big")), length)


def is_element(given):
    """Return whether a text is that of an address or prefix."""
    return prefix(given) is not None


def span(given):
    """`(family, first, last)` of an address, a prefix or a range `first-last`, the two as integers; else None."""
    first, dash, last = given.partition("-")
    if dash:
        first, last = packed(first), packed(last)
        if first is None or last is None or len(first) != len(last) or first > last:
            return None
        return (4 if len(first) == 4 else 6, int.from_bytes(first, "big"), int.from_bytes(last, "big"))
    whole = prefix(given)
    if whole is None:
        return None
    address, slash, length = whole.partition("/")
    start = number(address)
    bits = V4_BITS if family(address) == 4 else V6_BITS
    size = 1 << (bits - int(length)) if slash else 1
    return (family(address), start, start + size - 1)
