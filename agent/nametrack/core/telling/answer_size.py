"""How much of an answer fits onto the bus, which carries 1 MiB at most, and into a router's memory."""

from ..ordering import result

ROOM = 256 * 1024  # bytes of an answer; to make it takes about three times that, and the agent has 8 MiB in all


def weight(value, name=""):
    """The bytes that a value takes on the bus, or a few more (libubox, blobmsg.h)."""
    size = 4 + (len(name) + 6 & ~3)  # 3 bytes about the name, and what fills up four
    if isinstance(value, str):
        return size + (len(value.encode()) + 4 & ~3)
    if isinstance(value, dict):
        return size + sum([weight(value[key], key) for key in value])
    if isinstance(value, list):
        return size + sum([weight(each) for each in value])
    return size + 8


def share(groups, room):
    """Return what `sharing` gives in the end."""
    return result(sharing(groups, room))


def sharing(groups, room):
    """`([items of each group], bytes)`: the first items of every group, as many as fit into `room`, and what they take.

    `groups`: list of (how many items, function that makes one by its index, None if it is gone meanwhile). The groups
    take turns: one that is large leaves the others as much as it takes. The same groups always get the same. A
    generator, whose value it is: it yields after each item.
    """
    taken, used = [[] for _ in groups], 0
    hungry = [i for i in range(len(groups)) if groups[i][0]]
    while hungry:
        left = []
        for i in hungry:
            count, make = groups[i]
            item = make(len(taken[i]))
            size = room + 1 if item is None else weight(item)
            yield
            if used + size <= room:
                used += size
                taken[i].append(item)
                if len(taken[i]) < count:
                    left.append(i)
        hungry = left
    return taken, used


def listed(items):
    """A list as a group for share."""
    return len(items), lambda i: items[i]


def beginning(items):
    """`(items, more)`: as many of a list's first as fit into an answer, and how many more there are."""
    taken = share([listed(items)], ROOM)[0][0]
    return taken, len(items) - len(taken)
