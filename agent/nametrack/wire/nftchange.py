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
        (nfnetlink.DELELEMENT, 0, _encoded(form, change[0], False, order)),
        (nfnetlink.NEWELEMENT, _CREATE, _encoded(form, change[1], True, order)),
        (nfnetlink.NEWELEMENT, _CREATE, _encoded(form, change[2], False, order)),
    )
    head, family = nftset.head(name, order), nfnetlink.FAMILIES[name.family]
    for command, flags, elements in parts:
        for value in _bundles(elements, 1 if apart else _REQUEST):
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


def _encoded(form, elements, ours, order):
    """Return the bytes of each element; with its timeout and our comment if it is `ours` and new."""
    extra = b""
    if ours and form.comments:
        extra = netlink.attribute(nftset.USER_DATA, nftset.MARK_DATA, order)
    timeouts = elements.timeouts if ours else None
    tails = {None: extra}
    if timeouts is not None:
        for timeout in set(timeouts):
            if timeout is not None:
                value = struct.pack(">Q", max(1, int(timeout * 1000)))
                tails[timeout] = netlink.attribute(nftset.TIMEOUT, value, order) + extra
    pattern = ">I" if form.family == 4 else None
    found = []
    shapes = {tail: _shape(form, tails[tail], order) for tail in tails}
    begin, end = shapes[None]
    flags = netlink.attribute(nftset.FLAGS, struct.pack(">I", nftset.RANGE_END), order)
    behind, behind_end = _shape(form, flags, order)  # of what follows a range, which ends it
    beyond = 1 << (ip.V4_BITS if form.family == 4 else ip.V6_BITS)
    for i in range(len(elements.keys)):
        key = elements.keys[i]
        if timeouts is not None:
            begin, end = shapes[timeouts[i]]
        if not form.interval and pattern:
            found.append(begin + struct.pack(pattern, key) + end)
            continue
        first, last = ip.bounds(key)
        element = begin + _packed(first, form.family) + end
        if form.interval and last + 1 < beyond:
            element += behind + _packed(last + 1, form.family) + behind_end
        found.append(element)
    return found


def _shape(form, tail, order):
    """Return the bytes of an element before and behind its key."""
    blank = bytes(4 if form.family == 4 else 16)
    key = netlink.nested(nftset.KEY, [netlink.attribute(1, blank, order)], order)
    whole = netlink.attribute(_ELEMENT | netlink.NESTED, key + tail, order)
    return whole[: 4 + len(key) - len(blank)], whole[4 + len(key) :]


def _packed(number, family):
    return number.to_bytes(4 if family == 4 else 16, "big")
