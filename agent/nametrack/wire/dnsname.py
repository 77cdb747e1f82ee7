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


# What stands for itself, in lower case; a table of all 256 takes 15 KiB.
_PLAIN = {byte: chr(byte).lower() for byte in b"-0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def label_text(label):
    return "".join([_PLAIN.get(byte) or _escaped(byte) for byte in label])


def name_to_wire(text):
    """The uncompressed bytes of a name, lower-cased; a trailing dot is allowed. Raises DnsError."""
    if len(text) > 4 * MAX_NAME:  # every byte escaped; before the loop, as text may be any length
        raise DnsError(LONG_NAME)
    wire, label, i = bytearray(), bytearray(), 0
    text = "" if text == "." else text
    while i < len(text):
        char = text[i]
        i += 1
        if char == ".":
            _add_label(wire, label)
            label = bytearray()
        elif char == "\\":
            value, used = _unescaped(text[i : i + 3])
            label.append(value)
            i += used
        elif "!" <= char <= "~":
            label.append(ord(char.lower()))
        else:
            raise DnsError("name holds a character that is not printable ASCII")
    if label:
        _add_label(wire, label)
    wire.append(0)
    if len(wire) > MAX_NAME:
        raise DnsError(LONG_NAME)
    return bytes(wire)


def _add_label(wire, label):
    if not label:
        raise DnsError("name has an empty label")
    if len(label) > MAX_LABEL:
        raise DnsError(f"label longer than {MAX_LABEL} bytes")
    wire.append(len(label))
    wire.extend(label)


def _unescaped(text):
    """`(byte, characters used)` of what follows a backslash."""
    digits = len([c for c in text if "0" <= c <= "9"])
    if digits == 3 and int(text) < 256:
        value = int(text)
        return (value | 0x20 if 0x41 <= value <= 0x5A else value), 3
    if text == "" or "0" <= text[0] <= "9" or not "!" <= text[0] <= "~":
        raise DnsError("name has a backslash that escapes nothing")
    return ord(text[0].lower()), 1


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
    """Whether `name` is `zone` or below it; by labels, because text may end alike: `a\\.b` is not within `b`."""
    name, zone = name_to_wire(name), name_to_wire(zone)
    return zone == b"\0" or any(name[at:] == zone for at in label_offsets(name))
