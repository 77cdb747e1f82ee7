"""What nft sets and ipsets have in common: how the kernel describes a set, and what is in it."""

from collections import namedtuple

from ..key_table import KeyTable

# How a set is made. family: 4 or 6, None for keys that are no addresses; timeout, interval, merge: the flags timeout,
# interval and auto-merge; size: the most it may hold, None for no limit; takes: "" for a set that can be changed, else
# why not, in words that follow "it"; comments: whether its elements take our comment
Form = namedtuple("Form", ("family", "timeout", "interval", "merge", "size", "takes", "comments"))

# A set as it was read. ends: KeyTable, ip.key -> when an element ends, None for never; marked: KeyTable of the elements
# that carry our comment, None for a set whose elements take none; used: whether something refers to the set, None for
# not known; sure: whether it did not change while it was read
Listing = namedtuple("Listing", ("form", "ends", "marked", "used", "sure"))

MARK = "nametrack"  # the comment on what is ours


class Found:
    """The elements of a set while they are read."""

    def __init__(self, timeouts, comments):
        self.timeouts = timeouts  # whether the set has them
        self.ends = KeyTable()  # `ends` and `marked` of a Listing
        self.marked = KeyTable() if comments else None
        self.count = 0  # elements that were met, each as often as the kernel listed it

    def add(self, key, end, marked):
        """Take one element: its ip.key, the time at which it ends or None, and whether it has our comment."""
        self.count += 1
        self.ends[key] = end
        if marked and self.marked is not None:
            self.marked[key] = None
