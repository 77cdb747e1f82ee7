"""Elements of sets, as the layers hand them to each other."""

from collections import namedtuple

from . import ip

# address: canonical address, prefix `a/24` or range `a-b`; timeout: seconds, None for none. In a listing the timeout is
# what remains, in whole seconds, rounded down; None where the element never expires.
Element = namedtuple("Element", ("address", "timeout"))


class ElementList:
    """Elements that are made when they are looked at: 65,536 of them would fill a router's memory."""

    def __init__(self, keys=None, timeouts=None):
        """`keys`: list of ip.key; `timeouts`: list of as many, None for no timeouts at all."""
        self._keys = [] if keys is None else keys
        self._timeouts = timeouts

    def append(self, key, timeout):
        """Adds the element with this ip.key to those of one's own list."""
        if timeout is not None and self._timeouts is None:
            self._timeouts = [None] * len(self._keys)
        self._keys.append(key)
        if self._timeouts is not None:
            self._timeouts.append(timeout)

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        for address, timeout in self.pairs(str):
            yield Element(address, timeout)

    def by_key(self):
        """{key: timeout} of the elements."""
        if self._timeouts is None:
            return dict.fromkeys(self._keys)
        return {self._keys[i]: self._timeouts[i] for i in range(len(self._keys))}

    def pieces(self, size):
        """Yields ElementLists of at most `size` of the elements, all of them in their order."""
        for start in range(0, len(self._keys), size):
            end = start + size
            yield ElementList(self._keys[start:end], self._timeouts and self._timeouts[start:end])

    def joined(self, separator, check):
        """The addresses in one text, as ip.joined."""
        return ip.joined(self._keys, separator, check)

    def timed(self):
        """Whether any of the elements may have a timeout."""
        return self._timeouts is not None

    def pairs(self, check):
        """Yields `(address, timeout)`, the address as ip.element gives it."""
        for i in range(len(self._keys)):
            yield ip.element(self._keys[i], check), None if self._timeouts is None else self._timeouts[i]


def by_key(elements):
    """{ip.key: timeout} of an ElementList, or of a list of Element."""
    if isinstance(elements, ElementList):
        return elements.by_key()
    return {ip.key(element.address): element.timeout for element in elements}
