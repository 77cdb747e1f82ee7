"""Prefixes and ranges of one family: which of them hold, or cut into, another. Sorted once, searched by halves."""

from ... import ip
from ..ordering import in_order, index


class Cover:
    """The widest of some prefixes and ranges, as the kernel's interval sets see them: none inside another."""

    def __init__(self, keys):
        """`keys`: see ip.key, of one family; single addresses are passed over."""
        wide = [ip.bounds(key) for key in keys if ip.is_wide(key)]
        self._firsts, self._lasts = [], []
        for first, minus_last in in_order([(first, -last) for first, last in wide]):
            if not self._lasts or -minus_last > self._lasts[-1]:
                self._firsts.append(first)
                self._lasts.append(-minus_last)

    def holds(self, key):
        """Whether one of them, other than `key` itself, holds all of it."""
        first, last = ip.bounds(key)
        at = index(self._firsts, first)
        return at >= 0 and last <= self._lasts[at] and (first, last) != (self._firsts[at], self._lasts[at])

    @property
    def count(self):
        """How many there are."""
        return len(self._firsts)

    def around(self, key):
        """Return the key of the one that holds all of `key`, also if it is `key` itself; else `key`."""
        first, last = ip.bounds(key)
        at = index(self._firsts, first)
        if at >= 0 and last <= self._lasts[at]:
            return ip.wide_key(self._firsts[at], self._lasts[at], ip.key_family(key))
        return key
