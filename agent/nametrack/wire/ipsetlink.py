"""ipsets by netlink (include/uapi/linux/netfilter/ipset/ip_set.h): read without a process, whole or only counted."""

import struct

from .. import ip
from ..element import ElementList
from . import netlink, nfnetlink
from .sets import MARK, Listing

PROTOCOL = 6  # of ipset; kernels that speak 7 take it too
LIST = 7  # IPSET_CMD_LIST

_PROTOCOL, _NAME, _TYPE, _FAMILY, _FLAGS, _DATA, _ENTRIES = 1, 2, 3, 5, 6, 7, 8
_IP, _CIDR, _TIMEOUT, _ENTRY_FLAGS = 1, 3, 6, 8  # of an entry
_MAXELEM, _NETMASK, _ELEMENTS, _BITMASK = 19, 20, 24, 12  # of the set itself
_COMMENT = 26  # of an entry
_HEADER_ONLY = 4  # IPSET_FLAG_LIST_HEADER
_NOMATCH, _WITH_COMMENTS = 4, 16  # IPSET_FLAG_NOMATCH of an entry, IPSET_FLAG_WITH_COMMENT of the set
_KINDS = {"hash:ip": False, "hash:net": True}
_FAMILIES = {2: 4, 10: 6}


def get_set(name, seq, header_only, order=netlink.NATIVE):
    """The request for one ipset; an absent one is answered by ENOENT."""
    attributes = [
        netlink.attribute(_PROTOCOL, bytes([PROTOCOL]), order),
        netlink.name_attribute(_NAME, name, 31, order),
    ]
    if header_only:
        attributes.append(netlink.attribute(_FLAGS, struct.pack(">I", _HEADER_ONLY), order))
    return nfnetlink.message(nfnetlink.IPSET, LIST, netlink.REQUEST | netlink.DUMP, seq, 2, attributes, order)


class Dump:
    """The kernel's answer to get_set, fed datagram by datagram."""

    def __init__(self, seq, order=netlink.NATIVE):
        self.errno = None  # how it ended: 0 well, else an error number; None: more is to come
        self.text = ""
        self.interrupted = False  # whether the set changed meanwhile
        self.size = None  # how many elements it has, as the kernel counts
        self._seq = seq
        self._order = order
        self._family = None
        self._kind = None  # False: single addresses, True: prefixes too; None: something else
        self._timeouts = False
        self._most = None
        self._elements = ElementList()
        self._marked = None  # see Listing

    def feed(self, datagram):
        """Takes one datagram; True when the answer is complete. Raises NetlinkError."""
        reply = netlink.reply(datagram, self._seq, self._order)
        for item in reply.messages:
            self._message(item)
        self.errno, self.text = reply.errno, reply.text
        self.interrupted = self.interrupted or reply.interrupted
        return self.errno is not None

    def listing(self):
        """The Listing of the set."""
        family = None if self._kind is None else self._family
        flags = (self._timeouts, bool(self._kind), False)
        return Listing(*((family,) + flags + (self._elements, self._most, self._marked)))

    def _message(self, item):
        _, attributes = nfnetlink.body(item, self._order)
        for kind, value in attributes:
            if kind == _TYPE:
                self._kind = _KINDS.get(netlink.text(value))
            elif kind == _FAMILY:
                self._family = _FAMILIES.get(netlink.unsigned(value, 1, self._order))
            elif kind == _DATA:
                self._header(value)
            elif kind == _ENTRIES and self._kind is not None and self._family is not None:
                for _, entry in netlink.attributes(value, self._order):
                    self._entry(entry)

    def _header(self, data):
        for kind, value in netlink.attributes(data, self._order):
            if kind == _TIMEOUT:
                self._timeouts = True
            elif kind in (_NETMASK, _BITMASK):
                self._kind = None  # the set does not hold what is added but something made of it
            elif kind == _ENTRY_FLAGS and _number(value) & _WITH_COMMENTS and self._marked is None:
                self._marked = []
            elif kind == _MAXELEM:
                self._most = _number(value)
            elif kind == _ELEMENTS:
                self.size = _number(value)

    def _entry(self, data):
        address, length, timeout, flags, comment = None, None, None, 0, b""
        for kind, value in netlink.attributes(data, self._order):
            if kind == _IP:
                for _, packed in netlink.attributes(value, self._order):
                    address = bytes(packed)
            elif kind == _CIDR:
                length = netlink.unsigned(value, 1, self._order)
            elif kind == _TIMEOUT:
                timeout = _number(value) or None  # 0 is for ever
            elif kind == _ENTRY_FLAGS:
                flags = _number(value)
            elif kind == _COMMENT:
                comment = bytes(value).split(b"\0", 1)[0]
        if address is None or len(address) != (4 if self._family == 4 else 16):
            raise netlink.NetlinkError("an entry that is no address of the set's family")
        if flags & _NOMATCH:
            return  # an exception from what matches
        key = ip.packed_key(address)
        if length is not None and length != len(address) * 8:
            key = ip.prefix("%s/%d" % (ip.text(address), length))
            if key is None:
                raise netlink.NetlinkError("an entry that is no prefix")
        self._elements.append(key, timeout)
        if self._marked is not None and comment == MARK.encode():
            self._marked.append(ip.element(key))


def _number(value):
    """A number of 4 bytes in network order."""
    if len(value) != 4:
        raise netlink.NetlinkError("a number of %d bytes instead of 4" % len(value))
    return struct.unpack(">I", bytes(value))[0]
