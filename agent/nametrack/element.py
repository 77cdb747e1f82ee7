"""Sets and their elements, as the layers hand them to each other."""

from collections import namedtuple

from . import ip

# kind: "nft" or "ipset"; family and table: of an nft set, as nft writes them, "" for an ipset
SetName = namedtuple("SetName", ("kind", "family", "table", "name"))

# address: canonical address, prefix `a/24` or range `a-b`; timeout: seconds, None for none
Element = namedtuple("Element", ("address", "timeout"))


def own_name(name):
    """Return a SetName as its tool writes it: `inet fw4 vpn4`, or the name of an ipset."""
    return "%s %s %s" % (name.family, name.table, name.name) if name.kind == "nft" else name.name


def full_name(name):
    """Return the one text of a SetName: its kind, then own_name."""
    return "%s %s" % (name.kind, own_name(name))


def named(text):
    """Return the SetName of a full_name, whose words are not checked; None if it has not its form."""
    words = text.split(" ")
    if len(words) == 4 and words[0] == "nft":
        return SetName(*words)
    return SetName("ipset", "", "", words[1]) if len(words) == 2 and words[0] == "ipset" else None


class ElementList:
    """Elements that are made when they are looked at: 65,536 of them would fill a router's memory."""

    def __init__(self, keys=(), timeouts=None):
        """`keys`: list of ip.key; `timeouts`: list of as many seconds or None, None for no timeouts at all."""
        self.keys = keys
        self.timeouts = timeouts

    def __len__(self):
        return len(self.keys)

    def __iter__(self):
        for i in range(len(self.keys)):
            yield Element(ip.element(self.keys[i]), None if self.timeouts is None else self.timeouts[i])

    def part(self, start, end):
        """Return an ElementList of the elements from index `start` up to `end`."""
        return ElementList(self.keys[start:end], self.timeouts and self.timeouts[start:end])

    def without(self, keys):
        """Return an ElementList without the elements that have one of these keys."""
        kept = [i for i in range(len(self.keys)) if self.keys[i] not in keys]
        return ElementList([self.keys[i] for i in kept], self.timeouts and [self.timeouts[i] for i in kept])


def elements_of(elements):
    """Return an ElementList of some Element."""
    timed = any(element.timeout is not None for element in elements)
    keys = [ip.key(element.address) for element in elements]
    return ElementList(keys, [element.timeout for element in elements] if timed else None)
