"""Kinds of values in UCI options.

A parser takes the text of one value and answers `(value, None)`, or `(None, problem)` with the problem in words that
read on from "option 'retain': ". It never raises, whatever the text.
"""

from ... import ip

LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
HEX = DIGITS + "abcdefABCDEF"
ALPHANUMERIC = LOWER + LOWER.upper() + DIGITS
LABEL = LOWER + DIGITS + "-_"
PLAIN = ALPHANUMERIC + "-_."  # of names that DNS knows as they are written, but for capitals
ASCII = "".join([chr(code) for code in range(0x20, 0x7F)])  # most of what is shown has nothing else in it
# text that reorders or hides what stands beside it has no place in a log line: C0, C1, surrogates, bidi, zero width
UNPRINTABLE = (
    (0, 0x1F),
    (0x7F, 0x9F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
)
SHOWN = 60  # characters of a value that a message repeats


def printable(text, limit):
    """`text` fit for a log line or a page: its first `limit` characters, unprintable ones as `\\x1b` or `\\u202e`."""
    shown = text[:limit]
    if not only(shown, ASCII):
        shown = "".join([c if _is_printable(c) else ("\\x%02x" if ord(c) < 256 else "\\u%04x") % ord(c) for c in shown])
    return shown + ("..." if len(text) > limit else "")


def _is_printable(c):
    code = ord(c)
    return not any(first <= code <= last for first, last in UNPRINTABLE)


def quoted(text):
    """A value as messages show it."""
    return "'%s'" % printable(text, SHOWN)


def wrong(text, why):
    """What a parser answers if this text is no value."""
    return None, "%s %s" % (quoted(text), why)


def only(text, allowed):
    """Whether the text has these characters only."""
    return not text.strip(allowed)


# The values of config_get_bool (OpenWrt's /lib/functions.sh), which knows them in lower case only.
def boolean(text):
    if text in ("1", "on", "true", "yes", "enabled"):
        return True, None
    if text in ("0", "off", "false", "no", "disabled"):
        return False, None
    return wrong(text, "is not 0 or 1")


def number(least, most, what):
    """A parser of decimal numbers; `what` names them: "a port"."""

    def parse(text):
        # not str.isdigit: it takes the digits of every script
        if text == "" or not only(text, DIGITS):
            return wrong(text, "is not %s" % what)
        # the length first: int() of a million digits takes minutes
        if len(text) > 10 or not least <= int(text) <= most:
            return wrong(text, "is not %s from %d to %d" % (what, least, most))
        return int(text), None

    return parse


def seconds(least, most):
    return number(least, most, "a number of seconds")


port = number(1, 65535, "a port")


def keepalive(text):
    return (0, None) if text == "off" else number(0, 65535, "a number of seconds")(text)


def choice(words):
    def parse(text):
        return (text, None) if text in words else wrong(text, "is not one of %s" % ", ".join(words))

    return parse


def anything(text):
    return printable(text, 128), None


def identifier(text, limit, others):
    """Whether `text` is a name of letters, digits, `_` and `others`, `limit` characters at most.

    A letter, digit or `_` comes first, so that no name is a path component like `..` or looks like an option `-x`.
    """
    return 0 < len(text) <= limit and text[0] in ALPHANUMERIC + "_" and only(text, ALPHANUMERIC + "_" + others)


def device(text):
    """The interface of a peer. It is a kernel device (IFNAMSIZ: 15 characters), under netifd and without it."""
    return (text, None) if identifier(text, 15, ".-") else wrong(text, "is not the name of a network device")


def interface(text):
    """A netifd interface. 30 characters: an ipset's name has 31, and one is the `6` of the IPv6 twin."""
    return (text, None) if identifier(text, 30, "-") else wrong(text, "is not the name of an interface")


def device_or_interface(text):
    """The name of a netifd interface, or of a kernel device."""
    known = identifier(text, 30, "-") or identifier(text, 15, ".-")
    return (text, None) if known else wrong(text, "is not the name of an interface")


def interface_or_link(text):
    """The name of a netifd interface or a device; one with a dot, as br-lan.10, is no address and no host."""
    known = identifier(text, 30, "-")
    if not known and identifier(text, 15, ".-"):
        known = text[0] not in DIGITS + "_" and text[-1] in DIGITS
    return (text, None) if known else wrong(text, "is not the name of an interface")


def public_key(text):
    # 32 bytes are 42 characters of 6 bits, one of 4 bits and padding; `wg` refuses other bits in that one too. The
    # value is not repeated: it may be a private key in the wrong place.
    alphabet = ALPHANUMERIC + "+/"
    if len(text) == 44 and only(text[:42], alphabet) and text[42] in "AEIMQUYcgkosw048" and text[43] == "=":
        return text, None
    return None, "not a WireGuard key (44 characters of base64)"


def address(text):
    given = ip.canonical(text)
    return (given, None) if given is not None else wrong(text, "is not an address")


def prefix(text):
    given = ip.prefix(text)
    return (given, None) if given is not None else wrong(text, "is not an address or prefix")


def host(text):
    """A name to look up, in lower case without a final dot: letters, digits, `-` and, as DNS allows, `_`.

    A name in another script becomes what DNS knows it by (see punycode).
    """
    if text.startswith("*") or (text.startswith(".") and text != "."):
        return wrong(text, "is a wildcard: a wildcard cannot be looked up, so list the names that are used")
    name = text[: len(text) - 1] if text.endswith(".") else text
    if only(name, PLAIN):
        name = name.lower()
    else:
        if len(name) <= 253 and any(ord(c) > 126 for c in name):
            if any(not _is_printable(c) for c in name):
                return wrong(text, "has characters that cannot be seen")
            from . import punycode  # most names are ASCII

            name = punycode.dotted(name)
            if punycode.is_unfit(name):
                return wrong(text, "has letters or accents that DNS takes in another form: write its xn-- form")
            name = punycode.to_ascii(name) or ""
            name = punycode.lower(name)
    labels = name.split(".") if len(name) <= 253 else [""]
    if not all(_label(label) for label in labels):
        return wrong(text, "is not a host name")
    if only(labels[-1], DIGITS):
        # no such top-level domain can exist (RFC 3696 section 2): it is an address with a slip of the finger
        return wrong(text, "is neither a host name nor an address")
    return name, None


def _label(text):
    # a hyphen neither first nor last: RFC 952
    return 0 < len(text) <= 63 and text[0] != "-" and text[-1] != "-" and only(text, LABEL)


def followed_host(text):
    """The endpoint_host of a `config peer`: there to be followed, so a name."""
    if ip.canonical(text) is not None:
        return wrong(text, "is an address: there is nothing to follow")
    return host(text)


def endpoint_host(text):
    """The endpoint_host of a peer in the network: a host name or an address; `wg` takes a zone after the address."""
    given = ip.canonical(text.partition("%")[0])
    return (given, None) if given is not None else host(text)


def nameserver(text):
    """`address`, or `address#port` where the port is not 53."""
    given, mark, suffix = text.partition("#")
    given = ip.canonical(given)
    number, problem = port(suffix) if mark else (53, None)
    if given is None or problem is not None:
        return wrong(text, "is not address or address#port")
    return (given if number == 53 else "%s#%d" % (given, number)), None


def fallback_nameserver(text):
    """`("address", nameserver)`, `("interface", name)`, or `("none", None)`: no name is asked past the others."""
    if text == "none":
        return ("none", None), None
    given, problem = nameserver(text)
    if problem is None:
        return ("address", given), None
    if interface(text)[1] is None:
        return ("interface", text), None
    return wrong(text, "is not address, address#port, the name of an interface or none")


def mark_mask(text):
    """A mask of packet marks, hexadecimal text as `0x0f000000`, with a bit that is not 0."""
    digits = text[2:] if text[:2] in ("0x", "0X") else ""
    if 1 <= len(digits) <= 8 and only(digits, HEX) and int(digits, 16):
        return "0x%08x" % int(digits, 16), None
    return wrong(text, "is not a mask of marks, as 0x0f000000")


def wg_quick_folder(text):
    """The folder of wg-quick's files, or `0` for none."""
    if text == "0":
        return None, None
    return (text, None) if is_path(text) else wrong(text, "is not the full path of a folder, or 0")


def package_file(text):
    named = text.endswith(".ipk") or text.endswith(".apk")
    return (text, None) if named and is_path(text) else wrong(text, "is not the full path of an .ipk or .apk")


def is_path(text):
    """Whether the text is the full path of a file or folder."""
    return text.startswith("/") and len(text) <= 255 and only(text, ALPHANUMERIC + "/._+~-")
