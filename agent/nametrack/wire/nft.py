"""nft's words: names of sets, and a change of a set as `nft -f` takes it. nametrack itself changes sets by netlink."""

from .. import ip
from ..element import SetName
from .sets import MARK

NAME_LIMIT = 255  # bytes; NFT_NAME_MAXLEN counts the NUL too
TIMEOUT_LIMIT = 10000 * 86400  # seconds; nft reads at most eight digits of each unit, some versions fewer
PIECE = 250  # elements of a line

_FAMILIES = ("ip", "ip6", "inet", "bridge", "netdev", "arp")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def parse_name(text):
    """Return the SetName in `FAMILY TABLE NAME`; None for what is none, or could end a word or a line of a script."""
    words = text.split(" ")
    if len(words) != 3 or words[0] not in _FAMILIES or not _is_identifier(words[1]) or not _is_identifier(words[2]):
        return None
    return SetName("nft", words[0], words[1], words[2])


def _is_identifier(text):
    # `string` in nft's scanner, without its leading dot
    if not 1 <= len(text) <= NAME_LIMIT:
        return False
    for i in range(len(text)):
        c = text[i]
        if not ("a" <= c <= "z" or "A" <= c <= "Z" or c == "_" or (i > 0 and ("0" <= c <= "9" or c in "/-."))):
            return False
    return True


def change_text(name, form, deleted, added, others):
    """Give the lines that change the set with this SetName and Form by three ElementLists, as a ChangeSet has them."""
    for start in range(0, len(deleted), PIECE):
        yield _command("delete", name, ip.joined(deleted.keys[start : start + PIECE], ", "))
    suffix = ' comment "%s"' % MARK if form.comments else ""
    for start in range(0, len(added), PIECE):
        piece = added.part(start, start + PIECE)
        if piece.timeouts is None:
            listed = ip.joined(piece.keys, suffix + ", ") + suffix
        else:
            listed = ", ".join([element.address + _timeout(element.timeout) + suffix for element in piece])
        yield _command("add", name, listed)
    for start in range(0, len(others), PIECE):
        yield _command("add", name, ip.joined(others.keys[start : start + PIECE], ", "))


def _command(verb, name, listed):
    return "%s element %s %s %s { %s }" % (verb, name.family, name.table, name.name, listed)


def _timeout(seconds):
    if seconds is None:
        return ""
    text, seconds = "", max(1, min(int(seconds), TIMEOUT_LIMIT))
    for unit, length in _UNITS:
        if seconds >= length:
            text += "%d%s" % (seconds // length, unit)
            seconds %= length
    return " timeout " + text
