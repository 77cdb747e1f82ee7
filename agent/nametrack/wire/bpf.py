"""The filters of sockets, in classic BPF (Linux: Documentation/networking/filter.rst).

They run in the kernel for each packet, so that the agent wakes only for DNS messages whose question is below one of its
domains, and of all that happens to routes only for the deletion of one of ours. Jumps go forward only, and a
conditional one at most 255 instructions: what is decided "no" returns from a place nearby, and what is decided "yes"
jumps without a condition.
"""

import struct

from . import rtnetlink
from .dnsname import name_to_wire
from .netlink import NATIVE

MOST = 4096  # instructions that the kernel takes (BPF_MAXINSNS)
LABELS = 8  # of a name that are looked at; a longer name passes, and is compared by the agent
WHOLE = 65535  # bytes of a packet that are taken

# opcodes: loads into A from the packet at k, or at X + k; X = 4 * (packet[k] & 15); and so on
_LD_WORD, _LD_HALF, _LD_BYTE = 0x20, 0x28, 0x30
_IND_WORD, _IND_HALF, _IND_BYTE = 0x40, 0x48, 0x50
_LDX, _LDX_HEADER = 0x01, 0xB1
_ADD, _ADD_X, _OR, _AND = 0x04, 0x0C, 0x44, 0x54
_JUMP, _EQUAL, _GREATER, _ANY = 0x05, 0x15, 0x25, 0x45
_RETURN, _TAX, _TXA = 0x06, 0x07, 0x87

_PACKET_TYPE = 0xFFFFF000 + 4  # SKF_AD_OFF + SKF_AD_PKTTYPE
_TO_US, _OUTGOING = 0, 4  # PACKET_HOST, PACKET_OUTGOING
_UDP = 17
_DNS = 53
_LOWER = 0x00202020  # has the letters of a label in lower case, and does not touch its length
_NEAR = 200  # instructions that a conditional jump goes over
_PIECES = {4: _IND_WORD, 2: _IND_HALF, 1: _IND_BYTE}


class _Code:
    """Instructions with labels in place of distances."""

    def __init__(self):
        self.instructions = []  # [opcode, label if true, label if false, k or label]
        self.labels = {}

    def put(self, opcode, k=0, true=None, false=None):
        self.instructions.append((opcode, true, false, k))

    def label(self, name):
        self.labels[name] = len(self.instructions)

    def refuse(self, name):
        """A place to return "no" from, passed by."""
        self.put(_JUMP, name + " passed")
        self.label(name)
        self.put(_RETURN, 0)
        self.label(name + " passed")

    def assembled(self):
        out = bytearray()
        for i in range(len(self.instructions)):
            opcode, true, false, k = self.instructions[i]
            if opcode == _JUMP:
                k = self.labels[k] - i - 1
            true, false = [0 if name is None else self.labels[name] - i - 1 for name in (true, false)]
            out.extend(struct.pack(NATIVE + "HBBI", opcode, true, false, k))
        return bytes(out)


def compared(domains, hosts, lists):
    """Return the `(domains, hosts)` that a program is to compare: none if there are lists, which it has no room for."""
    return ((), ()) if lists else (domains, hosts)


def answers_about(domains, hosts):
    """Return the program that takes the DNS answers this machine sends about names below these domains and these hosts.

    It sees packets from the network header on. With no names, and with so many that the kernel would refuse them, it
    takes all answers. What it takes is a little more than what is asked for: names of LABELS labels and more, too.
    """
    code = _Code()
    code.put(_LD_WORD, _PACKET_TYPE)
    code.put(_EQUAL, _OUTGOING, None, "no")
    _datagram(code)
    code.put(_IND_HALF, 0)
    code.put(_EQUAL, _DNS, None, "no")
    code.put(_IND_BYTE, 10)
    code.put(_ANY, 0x80, None, "no")
    code.refuse("no")
    return _about(code, domains, hosts) or answers_about((), ())


def exchanges_about(domains, hosts):
    """Return the program that takes the DNS questions this machine sends about names below these domains and about
    these hosts, and the answers that it receives, whatever the ports; with no names, and with too many, about any.
    """
    code = _Code()
    _datagram(code)
    code.put(_IND_HALF, 12)
    code.put(_EQUAL, 1, None, "no")  # one question: of what is not DNS this leaves little
    code.put(_IND_BYTE, 10)
    code.put(_ANY, 0x78, "no", None)  # the opcode of a query
    code.put(_ANY, 0x80, "answer", None)
    code.put(_LD_WORD, _PACKET_TYPE)
    code.put(_EQUAL, _OUTGOING, None, "no")
    code.put(_JUMP, "name")
    code.label("answer")
    code.put(_LD_WORD, _PACKET_TYPE)
    code.put(_EQUAL, _TO_US, None, "no")
    code.label("name")
    code.refuse("no")
    return _about(code, domains, hosts) or exchanges_about((), ())


def deletions_by_others(protocol, own):
    """Return the program for a netlink socket that takes the deletion of each route made by a protocol, by others.

    own: the port of the socket that deletes our own, None if it is not known yet. What the kernel deletes because a
    link or a nexthop went is not taken: it has no port.
    """
    code = _Code()
    code.put(_LD_HALF, 4)
    code.put(_EQUAL, _as_loaded("H", rtnetlink.DELETE_ROUTE), None, "no")
    code.put(_LD_BYTE, 21)  # rtm_protocol, in the header of a route behind that of the message
    code.put(_EQUAL, protocol, None, "no")
    code.put(_LD_WORD, 12)
    code.put(_EQUAL, 0, "no", None)
    code.put(_EQUAL, _as_loaded("I", own or 0), "no", None)
    code.refuse("no")
    code.put(_RETURN, WHOLE)
    return code.assembled()


def _as_loaded(kind, number):
    """Return what a load finds where this machine has written a number: it takes the first byte for the highest."""
    return struct.unpack(">" + kind, struct.pack(NATIVE + kind, number))[0]


def _datagram(code):
    """Go on with whole datagrams of UDP; X is the offset of the UDP header then."""
    code.put(_LD_BYTE, 0)
    code.put(_AND, 0xF0)
    code.put(_EQUAL, 0x40, None, "not 4")
    code.put(_LD_BYTE, 9)
    code.put(_EQUAL, _UDP, None, "no")
    code.put(_LD_HALF, 6)
    code.put(_ANY, 0x3FFF, "no", None)  # a fragment, also the first one: the answer is not whole
    code.put(_LDX_HEADER, 0)
    code.put(_JUMP, "udp")
    code.label("not 4")
    code.put(_EQUAL, 0x60, None, "no")
    code.put(_LD_BYTE, 6)
    code.put(_EQUAL, _UDP, None, "no")
    code.put(_LDX, 40)
    code.label("udp")


def _about(head, domains, hosts):
    """Return the whole program that goes on from `head`, and takes messages about these names only; if that is too
    long, one that takes those about names of which a label begins like theirs; None if that is too long as well.
    """
    return _whole(_copy(head), domains, hosts) or _begins(_copy(head), domains, hosts)


def _copy(code):
    made = _Code()
    made.instructions, made.labels = list(code.instructions), dict(code.labels)
    return made


def _begins(code, domains, hosts):
    """Return the whole program that compares the length of a label, and the three bytes after that, only."""
    names = [name_to_wire(name) for name in domains] + [name_to_wire(name) for name in hosts]
    words = sorted(set([int.from_bytes(name[:4], "big") | _LOWER for name in names]))
    if LABELS * len(words) > MOST or any(len(name) < 4 for name in names):
        return None
    _to_the_name(code)
    for label in range(LABELS):
        code.put(_IND_WORD, 0)
        code.put(_OR, _LOWER)
        for start in range(0, len(words), _NEAR):
            here, next = "%d begins %d" % (label, start), "%d goes on %d" % (label, start)
            for word in words[start : start + _NEAR]:
                code.put(_EQUAL, word, here, None)
            code.put(_JUMP, next)
            code.label(here)
            code.put(_JUMP, "yes")
            code.label(next)
        _to_next_label(code, label)
    code.label("yes")
    code.put(_RETURN, WHOLE)
    return code.assembled() if len(code.instructions) <= MOST else None


def _whole(code, domains, hosts):
    """Return the whole program that compares the names; None if it is too long."""
    if LABELS * len(domains) + len(hosts) > MOST // 8:
        return None  # also if they are short
    if domains or hosts:
        _to_the_name(code)
        for number in range(len(hosts)):
            other = "not host %d" % number
            _equal(code, name_to_wire(hosts[number]), other)
            code.put(_JUMP, "yes")
            code.label(other)
        if domains:
            _below(code, [name_to_wire(domain) for domain in domains])
        else:
            code.put(_RETURN, 0)
        code.label("yes")
    code.put(_RETURN, WHOLE)
    return code.assembled() if len(code.instructions) <= MOST else None


def _to_the_name(code):
    """Have X, at the UDP header, point to the name of the question."""
    code.put(_TXA)
    code.put(_ADD, 20)  # the headers of UDP and DNS
    code.put(_TAX)


def _to_next_label(code, number):
    """Have X, at the label with this number, point to the next one; a name that is at its end is refused."""
    last = "no %d" % number
    code.put(_IND_BYTE, 0)
    code.put(_EQUAL, 0, last, None)
    code.put(_GREATER, 63, last, None)
    code.refuse(last)
    code.put(_ADD_X)
    code.put(_ADD, 1)
    code.put(_TAX)


def _below(code, suffixes):
    """Go on with the names below `suffixes`, wire names in lower case."""
    for label in range(LABELS):
        _to_next_label(code, label)
        for number in range(len(suffixes)):
            other = "%d not %d" % (label, number)
            _equal(code, suffixes[number], other)
            code.put(_JUMP, "yes")
            code.label(other)


def _equal(code, suffix, other):
    """Go on if the packet has `suffix` at X in any case, to `other` if not."""
    at = 0
    while at < len(suffix):
        size = 4 if len(suffix) - at >= 4 else 2 if len(suffix) - at >= 2 else 1
        piece = suffix[at : at + size]
        lower = int.from_bytes(bytes([0x20 if 0x61 <= byte <= 0x7A else 0 for byte in piece]), "big")
        code.put(_PIECES[size], at)
        if lower:
            code.put(_OR, lower)
        code.put(_EQUAL, int.from_bytes(piece, "big"), None, other)
        at += size
