"""Sorting that also takes what is in order already, and finding in what is.

What looks at many keys does so a step at a time: generators that yield how many they looked at since.
"""

from .. import ip

SMALL = 64
STEP = 500  # keys that are looked at in a row: milliseconds


def in_order(values):
    """The values sorted, as a list.

    MicroPython's sort takes the square of the time for a list that is sorted: 5 s for 65,536 numbers. So the values
    are dealt out first, with a stride that visits each of them once.
    """
    values = list(values)
    count = len(values)
    if count > SMALL:
        stride = count * 618 // 1000 | 1
        while _common(stride, count) > 1:
            stride += 2
        values = [values[i * stride % count] for i in range(count)]
    return sorted(values)


def keys_in_order(keys):
    """Keys of ip.key in order: single addresses, IPv4 before IPv6, then prefixes and ranges."""
    single = [key for key in keys if not ip.is_wide(key)]
    return in_order(single) + in_order([key for key in keys if ip.is_wide(key)])


def index(ordered, number):
    """The index of the last of some numbers, in order, that is not above `number`; -1 for none."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] <= number:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _common(a, b):
    """The greatest common divisor."""
    while b:
        a, b = b, a % b
    return a


def advance(steps, most=STEP):
    """Go on with a generator until it has looked at `most` keys; return whether it is at its end."""
    looked = 0
    for count in steps:
        looked += count
        if looked >= most:
            return False
    return True


def result(steps):
    """Go on with a generator to its end; return its value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def sort(values):
    """Sort a list; the generator's value is the sorted one."""
    lists = []
    for start in range(0, len(values), STEP):
        lists.append(in_order(values[start : start + STEP]))
        yield STEP
    while len(lists) > 1:
        merged = []
        for i in range(0, len(lists) - 1, 2):
            merged.append((yield from _merge(lists[i], lists[i + 1])))
        lists = merged + lists[2 * len(merged) :]
    return lists[0] if lists else []


def _merge(left, right):
    if left[-1] <= right[0]:
        return left + right
    found, at = [], 0
    for value in left:
        while at < len(right) and right[at] < value:
            found.append(right[at])
            at += 1
        found.append(value)
        yield 1
    return found + right[at:]
