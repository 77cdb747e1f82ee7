"""nft: what `nft list set` prints (0.9.8 to 1.1), and scripts for `nft -f`.

A script is one transaction. Kernels before 6.12 do not give an element that is there a new timeout, so it is deleted
and added. Deleting an element that has expired meanwhile would fail all of the transaction, so it is added first:
adding one that is there is no error. Nobody sees the states between.
"""

from collections import namedtuple

from .. import ip
from ..element import ElementList
from . import sets
from .sets import Listing

SetName = namedtuple("SetName", ("family", "table", "name"))

NAME_LIMIT = 255  # bytes; NFT_NAME_MAXLEN counts the NUL too
TIMEOUT_LIMIT = 10000 * 86400  # seconds; nft reads at most eight digits of each unit, some versions fewer

_FAMILIES = ("ip", "ip6", "inet", "bridge", "netdev", "arp")
_LARGEST = (1 << 64) - 1
_TIME_LIMIT = 40  # characters
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class NftError(Exception):
    """What is not the listing of one set, or cannot be written to one."""


def parse_name(text):
    """The SetName in `FAMILY TABLE NAME`; None for what is none, or could end a word or a line of a script."""
    words = text.split(" ")
    if len(words) != 3 or words[0] not in _FAMILIES or not _is_identifier(words[1]) or not _is_identifier(words[2]):
        return None
    return SetName(words[0], words[1], words[2])


def _is_identifier(text):
    # `string` in nft's scanner, without its leading dot
    if not 1 <= len(text) <= NAME_LIMIT:
        return False
    for i in range(len(text)):
        c = text[i]
        if not ("a" <= c <= "z" or "A" <= c <= "Z" or c == "_" or (i > 0 and ("0" <= c <= "9" or c in "/-."))):
            return False
    return True


def parse_listing(listing):
    """The Listing in the output, bytes or text, of `nft list set FAMILY TABLE NAME`; raises NftError.

    A catch-all element `*` names no address and is left out, and so are the elements of a set of another family.
    """
    block = _Block()
    for words in sets.unquoted_lines(listing):
        if words and words[-1] is None:
            raise NftError("nft's listing is cut short")
        block.line(words)
    return block.listing()


class _Block:
    """`table … { set … { … } }`, line by line; `feed` is the method that the next line goes to."""

    def __init__(self):
        self._feed = self._table
        self._ended = False
        self._family = None
        self._timeout = self._interval = self._merge = False
        self._size = None
        self._elements = ElementList()
        self._element = []  # the words of the element that is being read

    def listing(self):
        if not self._ended:
            raise NftError("nft listed no set, or not all of it")
        return Listing(self._family, self._timeout, self._interval, self._merge, self._elements, self._size, None)

    def line(self, words):
        # after `#` come nft's own remarks: warnings, and the number of elements behind `size`
        for i in range(len(words)):
            if words[i][0] == "#":
                words = words[:i]
                break
        if words:
            self._feed(words)

    def _table(self, words):
        if len(words) != 4 or words[0] != "table" or words[3] != "{":
            raise NftError("nft listed no set")
        self._feed = self._set

    def _set(self, words):
        if len(words) != 3 or words[0] != "set" or words[2] != "{":
            raise NftError("nft listed no set")
        self._feed = self._body

    def _body(self, words):
        key, rest = words[0], words[1:]
        if key == "type" or key == "typeof":
            self._family = _family(key, rest)
        elif key == "flags":
            flags = "".join(rest).split(",")
            self._timeout = self._timeout or "timeout" in flags
            self._interval = self._interval or "interval" in flags
        elif key == "timeout":
            self._timeout = True  # a default; nft need not say the flag then
        elif key == "auto-merge":
            self._merge = True
        elif key == "size":
            self._size = sets.number(rest[0] if rest else None, _LARGEST)
        elif key == "elements":
            if rest[:2] != ["=", "{"]:
                raise NftError("nft's listing has elements without a brace")
            self._feed = self._inside
            self._inside(rest[2:])
        elif key == "}":
            self._feed = self._after
            if rest:
                self._feed(rest)
        elif "{" in rest or "}" in rest:
            raise NftError("nft's listing has a block that is not known")

    def _inside(self, words):
        for i in range(len(words)):
            word = words[i]
            if word[-1] == ",":
                if len(word) > 1:
                    self._element.append(word[:-1])
                self._end_element()
            elif word == "}":
                self._end_element()
                self._feed = self._body
                if words[i + 1 :]:
                    self._feed(words[i + 1 :])
                return
            else:
                self._element.append(word)

    def _end_element(self):
        words, self._element = self._element, []
        if self._family is None or words == [] or words[0] == "*":
            return
        key = ip.key4(words[0]) if self._family == 4 else None  # so are most of a long listing
        if key is None:
            address = sets.canonical(words[0])
            if address is None or ip.family(address) != self._family:
                raise NftError("nft listed an element that is not an address of the set's family")
            key = ip.key(address)
        self._elements.append(key, _remaining(words) if len(words) > 1 else None)

    def _after(self, words):
        if self._ended or words != ["}"]:
            raise NftError("nft's listing goes on after the set")
        self._ended = True


def _family(key, words):
    if key == "type":
        return {"ipv4_addr": 4, "ipv6_addr": 6}.get(" ".join(words))
    if len(words) == 2 and words[1] in ("saddr", "daddr"):
        return {"ip": 4, "ip6": 6}.get(words[0])
    return None


def _remaining(words):
    """The seconds that an element has left, None for ever."""
    timed = None
    for i in range(1, len(words) - 1):
        if words[i] == "expires":
            return _seconds(words[i + 1])
        if words[i] == "timeout":
            timed = words[i + 1]
    # nft leaves out `expires` when less than a millisecond is left
    return None if timed is None or timed == "never" else 0


def _seconds(text):
    """A duration like 1d2h3m4s5ms in whole seconds, rounded down."""
    total, digits, i = 0, "", 0
    if len(text) > _TIME_LIMIT:
        raise NftError("nft listed a time that is not one")
    while i < len(text):
        c = text[i]
        i += 1
        if "0" <= c <= "9":
            digits += c
            continue
        value = sets.number(digits, _LARGEST)
        digits = ""
        if value is not None and c == "m" and text[i : i + 1] == "s":
            i += 1
            total += value // 1000
            continue
        size = 0
        for unit, length in _UNITS:
            if unit == c:
                size = length
        if value is None or size == 0:
            raise NftError("nft listed a time that is not one")
        total += value * size
    if digits or text == "":
        raise NftError("nft listed a time that is not one")
    return total


def add_text(set_name, elements):
    """Yields the lines of a script that adds elements to a SetName. Raises NftError."""
    for piece in sets.pieces(elements, _writable):
        yield _command("add", set_name, _timed(piece) if piece.timed() else _plain(piece))


def delete_text(set_name, elements):
    """Yields the lines of a script that deletes elements, there or not; timeouts do not count. Raises NftError."""
    for piece in sets.pieces(elements, _writable):
        listed = _plain(piece)
        yield _command("add", set_name, listed)
        yield _command("delete", set_name, listed)


def replace_text(set_name, old, new):
    """Yields the lines of a script that deletes `old`, there or not, and adds `new`. Raises NftError."""
    for line in delete_text(set_name, old):
        yield line
    for line in add_text(set_name, new):
        yield line


def refill_text(set_name, elements):
    """Yields the lines of a script that deletes all there is and adds `elements`. Raises NftError."""
    yield "flush set %s %s %s" % tuple(set_name)
    for line in add_text(set_name, elements):
        yield line


def _command(verb, set_name, listed):
    return "%s element %s %s %s { %s }" % (verb, set_name.family, set_name.table, set_name.name, listed)


def _plain(piece):
    return piece.joined(", ", _writable)


def _timed(piece):
    found, words = [], {None: ""}
    for address, timeout in piece.pairs(_writable):
        if timeout not in words:
            words[timeout] = " timeout " + _duration(sets.seconds(timeout, TIMEOUT_LIMIT))
        found.append(address + words[timeout])
    return ", ".join(found)


def _writable(address):
    if sets.canonical(address) != address:
        raise NftError("not an address, a prefix or a range that a set can hold")
    return address


def _duration(seconds):
    text = ""
    for unit, length in _UNITS:
        if seconds >= length:
            text += "%d%s" % (seconds // length, unit)
            seconds %= length
    return text


def is_missing(stderr):
    """Whether nft's complaint, text, says that there is no such set, or no such table."""
    return "No such file or directory" in stderr and "Could not open file" not in stderr
