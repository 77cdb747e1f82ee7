"""DNS names: text <-> bytes (RFC 1035 3.1, 5.1).

A name is lower-case text without the trailing dot, "" being the root, with RFC 1035's escapes: `a\\.b`, `a\\032b`. One
name has one text, so names compare as text.
"""

MAX_LABEL = 63
MAX_NAME = 255  # length bytes and the root's included
LONG_NAME = f"name longer than {MAX_NAME} bytes"


class DnsError(Exception):
    """What was given is no DNS message or no DNS name; its text says why, in a line."""


def _escaped(byte):
    if byte <= 0x20 or byte >= 0x7F:
        return "\\%03d" % byte
    char = chr(byte).lower()
    return "\\" + char if char in '"().;\\@$' else char  # what a zone file gives a meaning to (RFC 1035 5.1)


# What stands for itself.
_PLAIN = b"-0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Names are looked at as bytes, and whole: MicroPython looks each text that it makes, were it one character, up among
# all the words that the program knows.


def label_text(label):
    if not label.strip(_PLAIN):
        return label.lower().decode()
    return "".join([_escaped(byte) for byte in label])


def name_to_wire(text):
    """The uncompressed bytes of a name, lower-cased; a trailing dot is allowed. Raises DnsError."""
    if len(text) > 4 * MAX_NAME:  # every byte escaped; text may be any length
        raise DnsError(LONG_NAME)
    data = b"" if text == "." else _printable(text).lower()
    labels = _unescaped_labels(data) if b"\\" in data else data.split(b".")
    if not labels[-1]:
        labels.pop()  # behind the trailing dot
    wire = bytearray()
    for label in labels:
        if not label:
            raise DnsError("name has an empty label")
        if len(label) > MAX_LABEL:
            raise DnsError(f"label longer than {MAX_LABEL} bytes")
        wire.append(len(label))
        wire.extend(label)
    wire.append(0)
    if len(wire) > MAX_NAME:
        raise DnsError(LONG_NAME)
    return bytes(wire)


def _printable(text):
    try:
        data = text.encode()
    except UnicodeError:  # half of a surrogate pair
        data = b"\0"
    if data and not 0x21 <= min(data) <= max(data) <= 0x7E:
        raise DnsError("name holds a character that is not printable ASCII")
    return data


def _unescaped_labels(data):
    labels, label, i = [], bytearray(), 0
    while i < len(data):
        byte = data[i]
        i += 1
        if byte == 0x2E:
            labels.append(label)
            label = bytearray()
        elif byte == 0x5C:
            value, used = _unescaped(data[i : i + 3])
            label.append(value)
            i += used
        else:
            label.append(byte)
    labels.append(label)
    return labels


def _unescaped(data):
    """`(byte, bytes used)` of what follows a backslash."""
    digits = len([byte for byte in data if 0x30 <= byte <= 0x39])
    if digits == 3 and int(data) < 256:
        value = int(data)
        return (value | 0x20 if 0x41 <= value <= 0x5A else value), 3
    if data == b"" or 0x30 <= data[0] <= 0x39:
        raise DnsError("name has a backslash that escapes nothing")
    return data[0], 1


def canonical_name(text):
    """The one text of a name that a person wrote, trailing dot or not. Raises DnsError, also for empty text."""
    if text == "":
        raise DnsError("name is empty")
    wire = name_to_wire(text)
    return ".".join([label_text(wire[at + 1 : at + 1 + wire[at]]) for at in label_offsets(wire)])


def label_offsets(wire):
    """The offset of each label of an uncompressed name."""
    at = 0
    while wire[at]:
        yield at
        at += 1 + wire[at]


def within(name, zone):
    """Whether `name` is `zone` or below it, both canonical."""
    if zone == "" or name == zone:
        return True
    if "\\" not in name:
        return name.endswith("." + zone)
    # by labels, because text may end alike: `a\.b` is not within `b`
    name, zone = name_to_wire(name), name_to_wire(zone)
    return any(name[at:] == zone for at in label_offsets(name))
