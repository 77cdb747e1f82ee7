"""nft's words: a change of a set as `nft -f` takes it. nametrack itself changes sets by netlink."""

from .. import ip
from .sets import MARK

TIMEOUT_LIMIT = 10000 * 86400  # seconds; nft reads at most eight digits of each unit, some versions fewer
PIECE = 250  # elements of a line

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


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
