"""Sorting that also takes what is in order already, and finding in what is."""

from .. import ip

SMALL = 64


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
