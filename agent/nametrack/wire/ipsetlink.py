"""ipsets by netlink (include/uapi/linux/netfilter/ipset/ip_set.h): what one holds, how many, and changes of it."""

import struct

from .. import ip
from . import netlink, nfnetlink
from .sets import MARK, Form, Found

PROTOCOL = 6  # of ipset; kernels that speak 7 take it too
LIST, ADD, DELETE = 7, 9, 10  # IPSET_CMD_*
NAME_LIMIT = 31  # bytes; IPSET_MAXNAMELEN counts the NUL too
MOST = 400  # entries of one request: the kernel quotes it whole if it refuses one, and that has to fit into 32 KiB
TIMEOUT_LIMIT = 2147483  # seconds; IPSET_MAX_TIMEOUT of ipset 7: milliseconds in 31 bits

# What the kernel answers to a change (IPSET_ERR_*, IPSET_ERR_TYPE_SPECIFIC)
FULL = 4352
REFUSALS = {
    4097: "the ipset does not know this protocol",
    4104: "an ipset holds no prefix of length 0",
    4107: "the set takes no timeouts",
    4112: "the set takes no comments",
    FULL: "the set is full",
}

_PROTOCOL, _NAME, _TYPE, _FAMILY, _FLAGS, _DATA, _ENTRIES, _LINE = 1, 2, 3, 5, 6, 7, 8, 9
_IP, _CIDR, _TIMEOUT, _ENTRY_FLAGS = 1, 3, 6, 8  # of an entry
_MAXELEM, _NETMASK, _ELEMENTS, _REFERENCES, _BITMASK = 19, 20, 24, 25, 12  # of the set itself
_COMMENT = 26  # of an entry
_IN_NETWORK_ORDER = 0x4000  # NLA_F_NET_BYTEORDER
_HEADER_ONLY = 4  # IPSET_FLAG_LIST_HEADER
_NOMATCH, _WITH_COMMENTS = 4, 16  # IPSET_FLAG_NOMATCH of an entry, IPSET_FLAG_WITH_COMMENT of the set
_KINDS = {"hash:ip": False, "hash:net": True}
_FAMILIES = {2: 4, 10: 6}


def _request(command, flags, name, seq, attributes, order):
    head = [
        netlink.attribute(_PROTOCOL, bytes([PROTOCOL]), order),
        netlink.name_attribute(_NAME, name.name, NAME_LIMIT, order),
    ]
    return nfnetlink.message(nfnetlink.IPSET, command, netlink.REQUEST | flags, seq, 2, head + attributes, order)


def get_set(name, seq, header_only, order=netlink.NATIVE):
    """Return the request for one ipset, a SetName; the kernel answers ENOENT for one that is absent."""
    flags = [netlink.attribute(_FLAGS, struct.pack(">I", _HEADER_ONLY), order)] if header_only else []
    return _request(LIST, netlink.DUMP, name, seq, flags, order)


def change(command, name, form, elements, seq, order=netlink.NATIVE):
    """Return the request that adds (ADD) or deletes (DELETE) at most MOST elements, an ElementList.

    An entry that is there already gets the new timeout, and one that is absent is no error. If the kernel refuses one,
    its answer has the number of the entry, see refused_line; the entries before it are done.
    """
    comment = b""
    if command == ADD and form.comments:  # added again without it an entry would lose its comment
        comment = netlink.attribute(_COMMENT, MARK.encode() + b"\0", order)
    rows = []
    for i in range(len(elements.keys)):
        timeout = elements.timeouts[i] if command == ADD and elements.timeouts else None
        rows.append(
            netlink.nested(_DATA, [_entry(elements.keys[i], form, timeout, comment, order), _line(i, order)], order)
        )
    value = netlink.nested(_ENTRIES, rows, order)
    return _request(command, netlink.ACK, name, seq, [_line(0, order), value], order)


def _entry(key, form, timeout, comment, order):
    first, last = ip.bounds(key)
    kind, width = (1, 4) if form.family == 4 else (2, 16)
    packed = netlink.attribute(kind | _IN_NETWORK_ORDER, first.to_bytes(width, "big"), order)
    value = netlink.nested(_IP, [packed], order)
    if last > first:
        length, rest = width * 8, last - first
        while rest:
            rest >>= 1
            length -= 1
        value += netlink.attribute(_CIDR, bytes([length]), order)
    if timeout is not None:
        seconds = max(1, min(int(timeout), TIMEOUT_LIMIT))
        value += netlink.attribute(_TIMEOUT | _IN_NETWORK_ORDER, struct.pack(">I", seconds), order)
    return value + comment


def _line(number, order):
    return netlink.attribute(_LINE | _IN_NETWORK_ORDER, struct.pack(">I", number), order)


def refused_line(datagram, order=netlink.NATIVE):
    """Return the number of the entry that the kernel refused, from its answer to `change`; None if it names none."""
    for item in netlink.messages(datagram, order):
        # the request is quoted behind the error number, and its line is overwritten
        quoted = item.payload[4 + 16 + 4 :]
        if item.type == netlink.ERROR:
            for kind, value in netlink.attributes(quoted, order):
                if kind == _LINE:
                    return netlink.unsigned(value, 4, ">")
    return None


class Dump:
    """The kernel's answer to get_set, fed datagram by datagram."""

    def __init__(self, seq, now, order=netlink.NATIVE):
        """`now`: seconds, from which the remaining life of elements is counted."""
        self.errno = None  # how it ended: 0 well, else an error number; None: more is to come
        self.text = ""
        self.interrupted = False  # whether the set changed meanwhile
        self.size = None  # how many elements it has, as the kernel counts
        self.used = None  # whether a rule refers to it
        self.found = None  # the Found, once the description of the set was met
        self._kind = None  # False: single addresses, True: prefixes too; None: something else
        self._family = None
        self._takes = ""  # as in a Form
        self._most = None
        self._seq = seq
        self._now = now
        self._order = order

    def feed(self, datagram):
        """Take one datagram; return whether the answer is complete. Raises NetlinkError."""
        reply = netlink.reply(datagram, self._seq, self._order)
        for item in reply.messages:
            self._message(item)
        self.errno, self.text = reply.errno, reply.text
        self.interrupted = self.interrupted or reply.interrupted
        return self.errno is not None

    def form(self):
        """Return the Form of the set."""
        timeouts = self.found is not None and self.found.timeouts
        comments = self.found is not None and self.found.marked is not None
        return Form(self._family, timeouts, bool(self._kind), False, self._most, self._takes, comments)

    def _message(self, item):
        _, attributes = nfnetlink.body(item, self._order)
        for kind, value in attributes:
            if kind == _TYPE:
                self._kind = _KINDS.get(netlink.text(value))
                if self._kind is None:
                    self._takes = "is no hash:ip or hash:net"
            elif kind == _FAMILY:
                family = _FAMILIES.get(netlink.unsigned(value, 1, self._order))
                if self.found is not None and family != self._family:
                    raise netlink.NetlinkError("a set that changes its family while it is listed")
                self._family = family
            elif kind == _DATA:
                self._header(value)
            elif kind == _ENTRIES and self._family is not None and not self._takes:
                if self.found is None:
                    raise netlink.NetlinkError("entries before the description of their set")
                for _, entry in netlink.attributes(value, self._order):
                    self._entry(entry)

    def _header(self, data):
        timeout, comments = False, False
        for kind, value in netlink.attributes(data, self._order):
            if kind == _TIMEOUT:
                timeout = True
            elif kind in (_NETMASK, _BITMASK):
                self._takes = "holds networks that it makes of what is added"
            elif kind == _ENTRY_FLAGS:
                comments = bool(_number(value) & _WITH_COMMENTS)
            elif kind == _MAXELEM:
                self._most = _number(value)
            elif kind == _ELEMENTS:
                self.size = _number(value)
            elif kind == _REFERENCES:
                self.used = _number(value) > 0
        if self.found is None:
            self.found = Found(timeout, comments)

    def _entry(self, data):
        address, length, timeout, comment, excepted = None, None, None, b"", False
        for kind, value in netlink.attributes(data, self._order):
            if kind == _IP:
                for _, packed in netlink.attributes(value, self._order):
                    address = bytes(packed)
            elif kind == _CIDR:
                length = netlink.unsigned(value, 1, self._order)
            elif kind == _TIMEOUT:
                timeout = _number(value) or None  # 0 is for ever
            elif kind == _ENTRY_FLAGS:
                excepted = _number(value) & _NOMATCH  # from what matches
            elif kind == _COMMENT:
                comment = bytes(value).partition(b"\0")[0]
        width = 4 if self._family == 4 else 16
        if address is None or len(address) != width:
            raise netlink.NetlinkError("an entry that is no address of the set's family")
        if length is not None and length > width * 8:
            raise netlink.NetlinkError("an entry that is no prefix")
        if excepted:
            return
        bits = 0 if length is None else width * 8 - length
        first = int.from_bytes(address, "big") >> bits << bits
        ends = None if timeout is None else self._now + timeout
        self.found.add(ip.wide_key(first, first + (1 << bits) - 1, self._family), ends, comment == MARK.encode())


def _number(value):
    """A number of 4 bytes in network order."""
    if len(value) != 4:
        raise netlink.NetlinkError("a number of %d bytes instead of 4" % len(value))
    return struct.unpack(">I", bytes(value))[0]
