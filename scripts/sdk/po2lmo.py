"""Compiles a translation of LuCI's, .po to .lmo, to the same bytes as LuCI's own po2lmo.

    python3 scripts/sdk/po2lmo.py FROM.po TO.lmo

An .lmo holds texts, each padded to four bytes, then an index by the hash of what is translated, sorted, then where that
index begins. Numbers are big-endian and of four bytes.
"""

import pathlib
import re
import struct
import sys

CONTEXT, PLURAL = "\1", "\2"  # what stands between a text and its context, or the number of its plural form
PLURAL_FORMS = "Plural-Forms: "


def messages(text):
    """The messages of a .po as [{"msgid": text, "msgstr": text, …}], the plural ones with "msgstr[0]" and so on."""
    found, current, field = [], {}, None
    for line in text.splitlines():
        match = re.fullmatch(r'(?:(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d\]) )?"(.*)"', line.strip())
        if not match:
            continue
        if match[1]:
            field = match[1]
            if field == "msgctxt" or field == "msgid" and "msgid" in current:
                found.append(current)
                current = {}
        # \n stays as it is: LuCI reads it
        current[field] = current.get(field, "") + re.sub(r'\\(["\\])', r"\1", match[2])
    return [message for message in [*found, current] if "msgid" in message]


def texts(message):
    """[(key, text, number of its plural form)] of one message."""
    before = message["msgctxt"] + CONTEXT if "msgctxt" in message else ""
    if "msgid_plural" not in message:
        return [(before + message["msgid"], message.get("msgstr", ""), 0)]
    forms = sorted(int(field[7]) for field in message if field.startswith("msgstr["))
    return [(f"{before}{message['msgid']}{PLURAL}{n}", message[f"msgstr[{n}]"], forms[-1]) for n in forms]


def superfasthash(data):
    """Paul Hsieh's SuperFastHash of `data`, begun with its length, as LuCI uses it."""
    if not data:
        return 0
    h, whole = len(data), len(data) & ~3
    for i in range(0, whole, 4):
        low, high = struct.unpack_from("<HH", data, i)
        h = (h + low) & 0xFFFFFFFF
        h = ((h << 16) ^ (high << 11) ^ h) & 0xFFFFFFFF
        h = (h + (h >> 11)) & 0xFFFFFFFF
    rest = data[whole:]
    last = struct.unpack("b", rest[-1:])[0] if rest else 0  # a signed character
    if len(rest) > 1:
        h += struct.unpack_from("<H", rest)[0]
    if len(rest) == 3:
        h ^= (h << 16) ^ (last << 18)
        h &= 0xFFFFFFFF
        h += h >> 11
    elif len(rest) == 2:
        h &= 0xFFFFFFFF
        h ^= h << 11
        h &= 0xFFFFFFFF
        h += h >> 17
    elif len(rest) == 1:
        h = (h + last) & 0xFFFFFFFF
        h ^= h << 10
        h &= 0xFFFFFFFF
        h += h >> 1
    for left, right in ((3, 5), (4, 17), (25, 6)):
        h &= 0xFFFFFFFF
        h ^= h << left
        h &= 0xFFFFFFFF
        h += h >> right
    return h & 0xFFFFFFFF


def lmo(text):
    """The bytes of the .lmo for the .po `text`."""
    out, index = bytearray(), []

    def add(key, plural, value):
        index.append((key, plural, len(out), len(value)))
        out.extend(value + bytes(-len(value) % 4))

    for message in messages(text):
        if not message["msgid"]:
            for header in message.get("msgstr", "").split("\\n"):
                if header.startswith(PLURAL_FORMS):
                    add(0, 0, header[len(PLURAL_FORMS) :].encode())
            continue
        for key, value, last in texts(message):
            key, value = superfasthash(key.encode()), value.encode()
            # what is not translated, or to the same words, is left to the page itself
            if value and key != superfasthash(value):
                add(key, last + 1, value)
    start = len(out)
    for entry in sorted(index):
        out.extend(struct.pack(">IIII", *entry))
    return bytes(out) + struct.pack(">I", start)


def main(argv):
    source, target = argv
    pathlib.Path(target).write_bytes(lmo(pathlib.Path(source).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(sys.argv[1:])
