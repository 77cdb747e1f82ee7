"""ipset's words: the lines that `ipset restore` reads. nametrack itself changes ipsets by netlink."""

from .. import ip
from .ipsetlink import TIMEOUT_LIMIT
from .sets import MARK

PIECE = 250  # lines that are made at a time


def change_text(name, comments, deleted, added):
    """Give texts of many lines each that delete and then add elements, two ElementLists, of the ipset of a SetName.

    `comments`: whether entries take comments. What is there gets the new timeout; what is absent is no error.
    """
    for start in range(0, len(deleted), PIECE):
        yield _lines("del %s " % name.name, deleted.keys[start : start + PIECE], " -exist")
    suffix = " comment %s -exist" % MARK if comments else " -exist"
    for start in range(0, len(added), PIECE):
        piece = added.part(start, start + PIECE)
        if piece.timeouts is None:
            yield _lines("add %s " % name.name, piece.keys, suffix)
        else:
            yield "\n".join(["add %s %s%s%s" % (name.name, e.address, _timeout(e.timeout), suffix) for e in piece])


def _lines(before, keys, behind):
    return before + ip.joined(keys, behind + "\n" + before) + behind


def _timeout(seconds):
    return "" if seconds is None else " timeout %d" % max(1, min(int(seconds), TIMEOUT_LIMIT))
