"""ipset: the lines that `ipset restore` reads. What a set holds is read by netlink: see ipsetlink."""

from .. import ip
from . import sets

NAME_LIMIT = 31  # bytes; IPSET_MAXNAMELEN counts the NUL too
TIMEOUT_LIMIT = 2147483  # seconds; IPSET_MAX_TIMEOUT of ipset 7: milliseconds in 31 bits

_OTHER_FIRST = "_"
_OTHER = "_.:-"


class IpsetError(Exception):
    """What cannot be written to a set."""


def valid_name(text):
    """Whether a set may have this name here: at most 31 letters, digits and `_.:-`, beginning with one of `_a-zA-Z0-9`.

    ipset allows more, and reads a name that begins with `-` as an option.
    """
    if not 1 <= len(text) <= NAME_LIMIT:
        return False
    for i in range(len(text)):
        c = text[i]
        if not ("a" <= c <= "z" or "A" <= c <= "Z" or "0" <= c <= "9" or c in (_OTHER if i else _OTHER_FIRST)):
            return False
    return True


def add_text(name, elements, comment=None):
    """Yields the lines that add elements, many in one; what is there gets the new timeout. Raises IpsetError.

    `comment`: a word, only for a set whose entries take comments.
    """
    _check_name(name)
    suffix = " -exist" if comment is None else " comment %s -exist" % comment
    for piece in sets.pieces(elements, _writable):
        yield _timed(name, piece, suffix) if piece.timed() else _lines("add %s " % name, piece, suffix)


def delete_text(name, elements):
    """Yields the lines that delete elements, there or not, many in one. Raises IpsetError."""
    _check_name(name)
    for piece in sets.pieces(elements, _writable):
        yield _lines("del %s " % name, piece, " -exist")


def replace_text(name, old, new, comment=None):
    """Yields the lines that delete `old` and add `new`, many in one. Raises IpsetError.

    ipset knows no transactions: what comes is added before anything goes, and what stays is never away.
    """
    staying = set([ip.key(element.address) for element in new])
    for line in add_text(name, new, comment):
        yield line
    for line in delete_text(name, [element for element in old if ip.key(element.address) not in staying]):
        yield line


def _lines(before, piece, behind):
    return before + piece.joined(behind + "\n" + before, _writable) + behind


def _timed(name, piece, suffix):
    lines = []
    for address, timeout in piece.pairs(_writable):
        words = "" if timeout is None else " timeout %d" % sets.seconds(timeout, TIMEOUT_LIMIT)
        lines.append("add %s %s%s%s" % (name, address, words, suffix))
    return "\n".join(lines)


def _check_name(name):
    if not valid_name(name):
        raise IpsetError("not the name of an ipset")


def _writable(address):
    # ipset takes a range apart into prefixes: what is listed would not be what was added
    if ip.prefix(address) != address:
        raise IpsetError("not an address or a prefix that an ipset can hold")
    return address
