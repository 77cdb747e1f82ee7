"""nft sets by netlink: how the kernel describes one, and what is in it (include/uapi/linux/netfilter/nf_tables.h).

An interval set holds two elements for a range: its first address, and the address after its last with a flag. A range
that ends with the last address of all has no second one. The kernel lists them downwards or upwards, by version.
"""

import struct
from collections import namedtuple

from .. import ip
from . import netlink, nfnetlink
from .sets import MARK, Form, Found

TABLE, NAME, ELEMENTS = 1, 2, 3  # NFTA_SET_ELEM_LIST_*; the first two are NFTA_SET_* and NFTA_RULE_* too
KEY, FLAGS, TIMEOUT, EXPIRATION, USER_DATA = 1, 3, 4, 5, 6  # NFTA_SET_ELEM_*
RANGE_END = 1  # NFT_SET_ELEM_INTERVAL_END
CATCHALL = 2  # NFT_SET_ELEM_CATCHALL: a key that is none
_KEY_END = 10  # NFTA_SET_ELEM_KEY_END, of a range in a concatenation
_SET_FLAGS, _KEY_TYPE, _KEY_LENGTH, _DESCRIPTION, _SET_TIMEOUT, _SET_USER_DATA = 3, 4, 5, 9, 11, 13  # NFTA_SET_*
_CONSTANT, _INTERVAL, _MAP, _TIMEOUTS, _CONCATENATION = 2, 4, 8, 16, 128  # NFT_SET_*
_SIZE = 1  # NFTA_SET_DESC_SIZE
_VALUE = 1  # NFTA_DATA_VALUE
_MERGE = 2  # of libnftnl's own user data on a set; 0 is the comment on an element
_COMMENT = 0
_FAMILIES = {(7, 4): 4, (8, 16): 6}  # nft's numbers for ipv4_addr and ipv6_addr, and the bytes of a key

MARK_DATA = bytes([_COMMENT, len(MARK) + 1]) + MARK.encode() + b"\0"


def head(name, order=netlink.NATIVE):
    """Return the two attributes that name a set, a SetName, in each request about it."""
    table = netlink.name_attribute(TABLE, name.table, nfnetlink.NAME_LIMIT, order)
    return table + netlink.name_attribute(NAME, name.name, nfnetlink.NAME_LIMIT, order)


def get_set(name, seq, order=netlink.NATIVE):
    """Return the request for the description of a set; the kernel answers ENOENT for one that is absent."""
    return _request(nfnetlink.GETSET, netlink.ACK, name, seq, head(name, order), order)


def get_elements(name, seq, order=netlink.NATIVE):
    """Return the request for all elements of a set."""
    return _request(nfnetlink.GETELEMENT, netlink.DUMP, name, seq, head(name, order), order)


def get_rules(name, seq, order=netlink.NATIVE):
    """Return the request for all rules of the table in which a set is: no others can refer to it."""
    table = netlink.name_attribute(TABLE, name.table, nfnetlink.NAME_LIMIT, order)
    return _request(nfnetlink.GETRULE, netlink.DUMP, name, seq, table, order)


def _request(command, flags, name, seq, attributes, order):
    family = nfnetlink.FAMILIES[name.family]
    return nfnetlink.message(nfnetlink.NFTABLES, command, netlink.REQUEST | flags, seq, family, [attributes], order)


def form(item, order=netlink.NATIVE):
    """Return the Form in a netlink.Message of the answer to get_set. Raises NetlinkError."""
    flags = kind = length = 0
    size, timeout, merge = None, False, False
    for what, value in nfnetlink.body(item, order)[1]:
        if what == _SET_FLAGS:
            flags = netlink.unsigned(value, 4, ">")
        elif what == _KEY_TYPE:
            kind = netlink.unsigned(value, 4, ">")
        elif what == _KEY_LENGTH:
            length = netlink.unsigned(value, 4, ">")
        elif what == _DESCRIPTION:
            for which, number in netlink.attributes(value, order):
                if which == _SIZE:
                    size = netlink.unsigned(number, 4, ">") or None
        elif what == _SET_TIMEOUT:
            timeout = True
        elif what == _SET_USER_DATA:
            merge = user_data(value, _MERGE) not in (None, bytes(4))
    takes = ""
    if flags & _MAP:
        takes = "is a map, not a set"
    elif flags & _CONSTANT:
        takes = "has the flag 'constant', so that nothing can be added to it"
    family = None if flags & _CONCATENATION else _FAMILIES.get((kind, length))
    interval = bool(flags & _INTERVAL)
    return Form(family, timeout or bool(flags & _TIMEOUTS), interval, merge and interval, size, takes, True)


def user_data(value, wanted):
    """Return the bytes of one kind in libnftnl's user data, None if it is not there."""
    data, at = bytes(value), 0
    while at + 2 <= len(data):
        end = at + 2 + data[at + 1]
        if data[at] == wanted and end <= len(data):
            return data[at + 2 : end]
        at = end
    return None


# How elements of one length are laid out, once one was met: the second and third word, which stand before the address;
# bytes in all, with the padding; whether it ends a range; where its expiration stands, None for none; and the bytes of
# the attributes' headers behind the address, with their places
_Shape = namedtuple("_Shape", ("second", "third", "size", "is_end", "expires", "fixed", "marked"))


class Elements:
    """The kernel's answer to get_elements, fed datagram by datagram."""

    def __init__(self, made, seq, now, order=netlink.NATIVE):
        """`made`: the Form of the set; `now`: seconds, from which the remaining life of elements is counted."""
        self.errno = None  # how it ended: 0 well, else an error number; None: more is to come
        self.text = ""
        self.interrupted = False  # whether the kernel says that the set changed meanwhile
        self.found = Found(made.timeout, made.comments)
        self._made = made
        self._seq = seq
        self._now = now
        self._order = order
        self._shapes = {}  # first word of an element: its length and type -> _Shape
        self._boundary = None  # of a range whose other end was not met yet: (number, whether it ends one, end, marked)

    def feed(self, datagram):
        """Take one datagram; return whether the answer is complete. Raises NetlinkError."""
        reply = netlink.reply(datagram, self._seq, self._order)
        for item in reply.messages:
            for kind, value in nfnetlink.body(item, self._order)[1]:
                if kind == ELEMENTS and self._made.family is not None:
                    self._list(bytes(value))
        self.errno, self.text = reply.errno, reply.text
        self.interrupted = self.interrupted or reply.interrupted
        if self.errno == 0:
            self._single(self._boundary)
        return self.errno is not None

    def _list(self, data):
        """Take many elements. Most are alike in all but the address and the times, so few are taken apart."""
        at, end, unpack, shapes, four = 0, len(data), struct.unpack_from, self._shapes, self._made.family == 4
        while at < end:
            if end - at >= 16:
                first, second, third, key = unpack(">IIII", data, at)
                shape = shapes.get(first)
                if shape is not None and shape.second == second and shape.third == third and shape.size <= end - at:
                    if self._fits(shape, data, at):
                        if not four:
                            key = int.from_bytes(data[at + 12 : at + 28], "big")
                        self._take(key, shape.is_end, self._expiry(shape, data, at), shape.marked)
                        at += shape.size
                        continue
            at += self._learn(data, at, end)

    def _fits(self, shape, data, at):
        for place, words in shape.fixed:
            if not data.startswith(words, at + place):
                return False
        return True

    def _expiry(self, shape, data, at):
        if shape.expires is None:
            return None
        return self._now + struct.unpack_from(">Q", data, at + shape.expires)[0] / 1000

    def _learn(self, data, at, end):
        """Take the element at `at` apart, and remember how it is laid out; return its bytes in all."""
        length = struct.unpack_from(self._order + "H", data, at)[0] if end - at >= 4 else 0
        if not 4 <= length <= end - at:
            raise netlink.NetlinkError("an element of %d bytes, but only %d are left" % (length, end - at))
        key, flags, remaining, timeout, marked = None, 0, None, 0, False
        size, fixed, expires, known = 4, [], None, True
        for kind, value in netlink.attributes(memoryview(data)[at + 4 : at + length], self._order):
            if kind == KEY:
                known = known and size == 4
                for which, packed in netlink.attributes(value, self._order):
                    if which == _VALUE:
                        key = bytes(packed)
            elif kind == FLAGS:
                flags = netlink.unsigned(value, 4, ">")
                fixed.append((size, data[at + size : at + size + 8]))
            elif kind == EXPIRATION:
                remaining, expires = netlink.unsigned(value, 8, ">"), size + 4
                fixed.append((size, data[at + size : at + size + 4]))
            elif kind == TIMEOUT:
                timeout = netlink.unsigned(value, 8, ">")
                fixed.append((size, data[at + size : at + size + 4]))
            elif kind == USER_DATA:
                marked = user_data(value, _COMMENT) == MARK_DATA[2:]
                fixed.append((size, data[at + size : at + size + 4 + len(value)]))
            elif kind == _KEY_END:
                raise netlink.NetlinkError("an element of a concatenation in a set of addresses")
            else:
                known = False
            size += (4 + len(value) + 3) & ~3
        if flags & CATCHALL:
            return size
        width = 4 if self._made.family == 4 else 16
        if key is None or len(key) != width:
            raise netlink.NetlinkError("an element that is no address of the set's family")
        # the kernel leaves the expiration out if less than a millisecond is left
        ends = self._now + remaining / 1000 if remaining is not None else self._now if timeout else None
        self._take(int.from_bytes(key, "big"), bool(flags & RANGE_END), ends, marked)
        if known and size <= end - at and not (timeout and remaining is None):
            first, second, third = struct.unpack_from(">III", data, at)
            self._shapes[first] = _Shape(second, third, size, bool(flags & RANGE_END), expires, fixed, marked)
        return size

    def _take(self, number, is_end, ends, marked):
        if self._made.interval:
            self._meet((number, is_end, ends, marked))
        else:
            self.found.add(ip.wide_key(number, number, self._made.family), ends, marked)

    def _meet(self, boundary):
        """Take the next boundary of an interval set: two that belong together come one after the other."""
        before, self._boundary = self._boundary, None
        if before is not None and before[1] != boundary[1]:
            first, last = (boundary, before) if before[1] else (before, boundary)
            if first[0] < last[0]:
                return self._range(first, last[0] - 1)
        self._single(before)
        self._boundary = boundary

    def _single(self, boundary):
        """Take a boundary alone: a range begins there and goes up to the last address; an end says nothing."""
        if boundary is not None and not boundary[1]:
            self._range(boundary, (1 << (ip.V4_BITS if self._made.family == 4 else ip.V6_BITS)) - 1)

    def _range(self, first, last):
        self.found.add(ip.wide_key(first[0], last, self._made.family), first[2], first[3])


class Rules:
    """The kernel's answer to get_rules; `used` says whether one of them names the set."""

    def __init__(self, name, seq, order=netlink.NATIVE):
        self.errno = None
        self.text = ""
        self.interrupted = False
        self.used = False
        self._name = name.name.encode() + b"\0"
        self._seq = seq
        self._order = order

    def feed(self, datagram):
        """Take one datagram; return whether the answer is complete. Raises NetlinkError."""
        # a rule names its sets, and hardly anything else that has a set's name ends with a NUL
        self.used = self.used or bytes(datagram).find(self._name) >= 0
        reply = netlink.reply(datagram, self._seq, self._order)
        self.errno, self.text = reply.errno, reply.text
        self.interrupted = self.interrupted or reply.interrupted
        return self.errno is not None
