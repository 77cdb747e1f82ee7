"""Changes of nft sets by netlink: the requests of a batch that takes elements out of a set and puts others in."""

import struct

from .. import ip
from . import netlink, nfnetlink, nftset

_REQUEST = 60000  # bytes of elements in one request: an attribute has 65,535 at most
_ELEMENT = 1  # NFTA_LIST_ELEM
_CREATE = 0x400  # NLM_F_CREATE
_ALL_4, _ALL_6 = (1 << ip.V4_BITS) - 1, (1 << ip.V6_BITS) - 1  # of a key, what stands in an element
_BEYOND = (1 << ip.V4_BITS, 2 << ip.V6_BITS)  # one more than the last key of a family


def requests(name, form, change, seq, apart=False, order=netlink.NATIVE):
    """Return the requests, list of bytes, that delete and then add elements; numbered from `seq` on.

    form: the Form of the set `name`; change: three ElementLists, what is deleted, added with our comment, and added
    without; apart: each element has a request of its own, in that order, so that the number of a refused one tells
    which it is.
    """
    found = []
    parts = (
        (nfnetlink.DELELEMENT, 0, change[0], False),
        (nfnetlink.NEWELEMENT, _CREATE, change[1], True),
        (nfnetlink.NEWELEMENT, _CREATE, change[2], False),
    )
    head, family = nftset.head(name, order), nfnetlink.FAMILIES[name.family]
    limit = 1 if apart else _REQUEST
    for command, flags, elements, ours in parts:
        for value in _encoded(form, elements, ours, limit, order):
            begin = netlink.attribute_head(nftset.ELEMENTS | netlink.NESTED, len(value), order)
            request = (
                nfnetlink.NFTABLES,
                command,
                netlink.REQUEST | flags,
                seq + len(found),
                family,
                [head, begin, value],
                order,
            )
            found.append(nfnetlink.message(*request))
    return found


def _bundles(elements, limit):
    """Give the bytes of elements, as many together as have `limit` bytes, at least one."""
    bundle, size = [], 0
    for element in elements:
        if bundle and size + len(element) > limit:
            yield b"".join(bundle)
            bundle, size = [], 0
        bundle.append(element)
        size += len(element)
    if bundle:
        yield b"".join(bundle)


def _encoded(form, elements, ours, limit, order):
    """Return the bytes of elements in bundles; each with its timeout and our comment if it is `ours` and new."""
    extra = b""
    if ours and form.comments:
        extra = netlink.attribute(nftset.USER_DATA, nftset.MARK_DATA, order)
    tails = {None: extra}
    timeouts = (elements.timeouts if ours else None) or [None]
    for timeout in set(timeouts):
        if timeout is not None:
            value = struct.pack(">Q", max(1, int(timeout * 1000)))
            tails[timeout] = netlink.attribute(nftset.TIMEOUT, value, order) + extra
    shapes = {timeout: [_shape(form, tails[timeout], order)] for timeout in tails}
    if form.interval:
        flags = netlink.attribute(nftset.FLAGS, struct.pack(">I", nftset.RANGE_END), order)
        for timeout in shapes:
            shapes[timeout].append(_shape(form, flags, order))
    if len(set(timeouts)) == 1:
        return _alike(form, elements.keys, shapes[timeouts[0]], limit)
    keys = elements.keys
    return _bundles([next(_alike(form, [keys[i]], shapes[timeouts[i]], 1)) for i in range(len(keys))], limit)


def _alike(form, keys, shapes, limit):
    """Give the bytes of elements that differ in nothing but their keys, in bundles.

    shapes: the bytes around the key of an element and, of an interval set, around that of what follows it and ends it.
    """
    size, blank, places = _bytes(form.family), b"", []
    for begin, end in shapes:
        places.append(len(blank) + len(begin))
        blank += begin + bytes(size) + end
    most = max(1, limit // len(blank))
    for start in range(0, len(keys), most):
        some = keys[start : start + most]
        found = bytearray(blank * len(some))
        if not form.interval:
            _write(found, some, places[0], size)
            yield found
            continue
        _write(found, [key[0] if isinstance(key, tuple) else key for key in some], places[0], size)
        behind = [(key[1] if isinstance(key, tuple) else key) + 1 for key in some]
        _write(found, behind, places[1], size)
        for i in [i for i in range(len(some) - 1, -1, -1) if behind[i] in _BEYOND]:  # nothing follows it
            end = (i + 1) * len(blank)
            found = found[: end - size - sum([len(part) for part in shapes[1]])] + found[end:]
        yield found


def _write(found, keys, at, size):
    """Write each key into one of as many equal parts of some bytes, at this place."""
    step = len(found) // len(keys)
    if size == 4:
        # neither a call of ours nor an object for each: there may be 65,536
        write, low = struct.pack_into, _ALL_4
        for key in keys:
            write(">I", found, at, key & low)
            at += step
        return
    for key in keys:
        found[at : at + size] = (key & _ALL_6).to_bytes(size, "big")
        at += step


def _shape(form, tail, order):
    """Return the bytes of an element before and behind its key."""
    blank = bytes(_bytes(form.family))
    key = netlink.nested(nftset.KEY, [netlink.attribute(1, blank, order)], order)
    whole = netlink.attribute(_ELEMENT | netlink.NESTED, key + tail, order)
    return whole[: 4 + len(key) - len(blank)], whole[4 + len(key) :]


def _bytes(family):
    return 4 if family == 4 else 16
