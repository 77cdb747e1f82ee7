"""What nft sets and ipsets have in common: elements, the listing of a set, and how the tools write one."""

from collections import namedtuple

from .. import ip
from ..element import ElementList

# family: 4 or 6, None for a key that addresses cannot fill; timeout, interval, merge: the flags timeout, interval and
# auto-merge; elements: ElementList, or a list of Element; size: the most it may hold, None for no limit; marked:
# addresses of those that carry our comment, None for a set that takes no comments
Listing = namedtuple("Listing", ("family", "timeout", "interval", "merge", "elements", "size", "marked"))

PIECE = 250  # elements that are written at a time: a line of nft's
MARK = "nametrack"  # the comment on what is ours, where a set takes comments


def unquoted_lines(listing):
    """Yields the lines of a tool's output, bytes or text, as lists of words; quoted pieces, comments, are left out.

    Quotes may go on over several lines and cannot hold a quote. Bytes are cut out piece by piece, so that 65,536
    elements do not need their memory twice; they need not be UTF-8, because only comments go beyond ASCII. A last line
    without a newline, or with a quote that is open, was cut short: it ends in a word None.
    """
    data = listing if isinstance(listing, bytes) else listing.encode()
    start, quoted = 0, False
    while start < len(data):
        end = data.find(b"\n", start)
        cut = end < 0
        line = data[start:] if cut else data[start:end]
        start = len(data) if cut else end + 1
        if quoted or b'"' in line:
            pieces = line.split(b'"')
            line = b" ".join([pieces[i] for i in range(len(pieces)) if (i % 2 == 1) == quoted])
            quoted = quoted == (len(pieces) % 2 == 1)
        try:
            words = line.decode().split()
        except UnicodeError:
            words = ["?"]
        if cut or (quoted and start == len(data)):
            words.append(None)
        yield words


def canonical(text):
    """The canonical text of an address, a prefix or a range `first-last`; None for what is none of them."""
    first, dash, last = text.partition("-")
    if not dash:
        return ip.prefix(text)
    if ip.span(text) is None:
        return None
    return "%s-%s" % (ip.canonical(first), ip.canonical(last))


def pieces(elements, check):
    """Yields ElementLists of at most PIECE of `elements`; `check(address)` raises, or returns the address."""
    if not isinstance(elements, ElementList):
        given, elements = elements, ElementList()
        for element in given:
            elements.append(ip.key(check(element.address)), element.timeout)
    return elements.pieces(PIECE)


def number(text, limit):
    """A decimal number from 0 to `limit` as an integer; None for what is not one."""
    if text is None or text == "" or len(text) > 20:
        return None
    for c in text:
        if not "0" <= c <= "9":
            return None
    value = int(text)
    return value if value <= limit else None


def seconds(timeout, limit):
    """A timeout that the tools take: 0 means for ever or the set's own to them, and more than `limit` is refused."""
    return max(1, min(int(timeout), limit))
