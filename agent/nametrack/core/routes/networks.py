"""Networks of one family, to be asked whether one of them holds an address."""

from ... import ip
from ..ordering import in_order, index


class Networks:
    """Of some keys of one family, sorted once and searched by halves."""

    def __init__(self, keys):
        self._firsts, self._lasts = [], []
        for first, last in in_order([ip.bounds(key) for key in keys]):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(last, self._lasts[-1])
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __eq__(self, other):
        return self._firsts == other._firsts and self._lasts == other._lasts

    def holds(self, first, last):
        """Whether one network, or several that overlap, hold all of `first`…`last`, as integers."""
        at = index(self._firsts, first)
        return at >= 0 and last <= self._lasts[at]

    def meets(self, first, last):
        """Whether an address of `first`…`last` is in one of them."""
        at = index(self._firsts, last)
        return at >= 0 and self._lasts[at] >= first


NOWHERE = Networks(())
