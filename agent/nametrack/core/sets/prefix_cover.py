"""Prefixes and ranges of one family: which of them hold, or cut into, another. Sorted once, searched by halves."""

from ... import ip
from ..ordering import index


class Cover:
    """The widest of some prefixes and ranges, as the kernel's interval sets see them: none inside another."""

    def __init__(self, texts):
        """`texts`: addresses, prefixes and ranges of one family; single addresses are passed over."""
        wide = [ip.span(text) for text in texts if "/" in text or "-" in text]
        self._firsts, self._lasts = [], []
        for _, first, minus_last in sorted([(family, first, -last) for family, first, last in wide]):
            if not self._lasts or -minus_last > self._lasts[-1]:
                self._firsts.append(first)
                self._lasts.append(-minus_last)

    def holds(self, text):
        """Whether one of them, other than `text` itself, holds all of it."""
        _, first, last = ip.span(text)
        at = index(self._firsts, first)
        return at >= 0 and last <= self._lasts[at] and (first, last) != (self._firsts[at], self._lasts[at])

    def cuts(self, text):
        """Whether one of them has a part of `text`, but not all of it."""
        _, first, last = ip.span(text)
        at = index(self._firsts, first)
        if at >= 0 and first <= self._lasts[at]:
            return last > self._lasts[at]
        return at + 1 < len(self._firsts) and self._firsts[at + 1] <= last
