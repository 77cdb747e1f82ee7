"""Changes of nft sets by netlink: the requests of a batch that takes elements out of a set and puts others in."""

import struct

from .. import ip
from . import netlink, nfnetlink, nftset

MOST = 1000  # elements that one batch changes: it takes milliseconds, and the default send buffer of a socket holds it
_REQUEST = 60000  # bytes of elements in one request: an attribute has 65,535 at most
_ELEMENT = 1  # NFTA_LIST_ELEM
_CREATE = 0x400  # NLM_F_CREATE


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
            attributes = [head, netlink.attribute(nftset.ELEMENTS | netlink.NESTED, value, order)]
            request = (
                nfnetlink.NFTABLES,
                command,
                netlink.REQUEST | flags,
                seq + len(found),
                family,
                attributes,
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
    timeouts = elements.timeouts if ours else None
    if timeouts is None and not form.interval:
        return _uniform(form, elements.keys, _shape(form, extra, order), limit)
    tails = {None: extra}
    for timeout in set(timeouts or ()):
        if timeout is not None:
            value = struct.pack(">Q", max(1, int(timeout * 1000)))
            tails[timeout] = netlink.attribute(nftset.TIMEOUT, value, order) + extra
    found = []
    shapes = {tail: _shape(form, tails[tail], order) for tail in tails}
    begin, end = shapes[None]
    flags = netlink.attribute(nftset.FLAGS, struct.pack(">I", nftset.RANGE_END), order)
    behind, behind_end = _shape(form, flags, order)  # of what follows a range, which ends it
    beyond = 1 << (ip.V4_BITS if form.family == 4 else ip.V6_BITS)
    for i in range(len(elements.keys)):
        if timeouts is not None:
            begin, end = shapes[timeouts[i]]
        first, last = ip.bounds(elements.keys[i])
        element = begin + _packed(first, form.family) + end
        if form.interval and last + 1 < beyond:
            element += behind + _packed(last + 1, form.family) + behind_end
        found.append(element)
    return _bundles(found, limit)


def _uniform(form, keys, shape, limit):
    """Give the bytes of single addresses that differ in nothing else, in bundles; `shape`: the bytes around each."""
    begin, end = shape
    between, size = end + begin, len(begin) + _bytes(form.family) + len(end)
    most = max(1, limit // size)
    for start in range(0, len(keys), most):
        some = keys[start : start + most]
        if form.family == 4:
            some = [struct.pack(">I", key) for key in some]  # without a call of ours: there may be 65,536
        else:
            some = [ip.packed_of_key(key) for key in some]
        yield begin + between.join(some) + end


def _shape(form, tail, order):
    """Return the bytes of an element before and behind its key."""
    blank = bytes(_bytes(form.family))
    key = netlink.nested(nftset.KEY, [netlink.attribute(1, blank, order)], order)
    whole = netlink.attribute(_ELEMENT | netlink.NESTED, key + tail, order)
    return whole[: 4 + len(key) - len(blank)], whole[4 + len(key) :]


def _packed(number, family):
    return number.to_bytes(_bytes(family), "big")


def _bytes(family):
    return 4 if family == 4 else 16
