"""ipset: what `ipset save NAME` prints, and the lines that `ipset restore` reads."""

from .. import ip
from . import sets
from .sets import Element, Listing

NAME_LIMIT = 31  # bytes; IPSET_MAXNAMELEN counts the NUL too
TIMEOUT_LIMIT = 2147483  # seconds; IPSET_MAX_TIMEOUT of ipset 7: milliseconds in 31 bits

_LARGEST = (1 << 32) - 1
_FAMILIES = {"inet": 4, "inet6": 6}
_OTHER_FIRST = "_"
_OTHER = "_.:-"


class IpsetError(Exception):
    """What is not the listing of one set, or cannot be written to one."""


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


def parse_listing(listing):
    """The Listing in the output, bytes or text, of `ipset save NAME`; raises IpsetError.

    Entries with `nomatch` are exceptions from what matches, so they are not among the elements.
    """
    found = None
    name = ""
    elements = []
    for words in sets.unquoted_lines(listing):
        if words and words[-1] is None:
            raise IpsetError("ipset's listing is cut short")
        if not words:
            continue
        if found is None:
            found = _create(words)
            name = words[1]
        elif len(words) < 3 or words[0] != "add" or words[1] != name:
            raise IpsetError("ipset listed something else than entries of the set")
        elif found.family is not None and "nomatch" not in words[3:]:
            elements.append(_element(words, found.family))
    if found is None:
        raise IpsetError("ipset listed no set")
    return Listing(found.family, found.timeout, found.interval, False, elements, found.size)


def _create(words):
    if len(words) < 3 or words[0] != "create":
        raise IpsetError("ipset listed no set")
    kind, options = words[2], words[3:]
    family = None
    # with a netmask or a bitmask the set does not hold what is added but something made of it
    if kind in ("hash:ip", "hash:net") and "netmask" not in options and "bitmask" not in options:
        family = _FAMILIES.get(_after(options, "family"))
    size = sets.number(_after(options, "maxelem"), _LARGEST)
    return Listing(family, "timeout" in options, kind == "hash:net", False, [], size)


def _after(words, key):
    for i in range(len(words) - 1):
        if words[i] == key:
            return words[i + 1]
    return None


def _element(words, family):
    address = sets.canonical(words[2])
    if address is None or ip.family(address) != family:
        raise IpsetError("ipset listed an entry that is not an address of the set's family")
    if "timeout" not in words:
        return Element(address, None)
    timeout = sets.number(_after(words, "timeout"), _LARGEST)
    if timeout is None:
        raise IpsetError("ipset listed a timeout that is not a number of seconds")
    return Element(address, timeout or None)  # 0 is for ever


def add_text(name, elements):
    """Yields the lines that add elements; one that is there gets the new timeout. Raises IpsetError."""
    _check_name(name)
    for element in elements:
        address = _writable(element.address)
        if element.timeout is None:
            yield "add %s %s -exist" % (name, address)
        else:
            yield "add %s %s timeout %d -exist" % (name, address, sets.seconds(element.timeout, TIMEOUT_LIMIT))


def delete_text(name, elements):
    """Yields the lines that delete elements, there or not. Raises IpsetError."""
    _check_name(name)
    for element in elements:
        yield "del %s %s -exist" % (name, _writable(element.address))


def replace_text(name, old, new):
    """Yields the lines that delete `old` and add `new`. Raises IpsetError.

    ipset knows no transactions: what comes is added before anything goes, and what stays is never away.
    """
    staying = set([element.address for element in new])
    for line in add_text(name, new):
        yield line
    for line in delete_text(name, [element for element in old if element.address not in staying]):
        yield line


def _check_name(name):
    if not valid_name(name):
        raise IpsetError("not the name of an ipset")


def _writable(address):
    # ipset takes a range apart into prefixes: what is listed would not be what was added
    if ip.prefix(address) != address:
        raise IpsetError("not an address or a prefix that an ipset can hold")
    return address


def is_missing(stderr):
    """Whether ipset's complaint, text, says that there is no such set."""
    return "The set with the given name does not exist" in stderr
