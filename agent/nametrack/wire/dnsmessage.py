"""DNS messages: bytes -> values (RFC 1035, 2181, 2782, 3596, 6891).

Strict where a forger would gain: pointers, lengths. Liberal where servers differ: bytes behind the last record are not
looked at, records of classes other than IN are skipped.
"""

import struct
from collections import namedtuple

from .. import ip
from .dnsname import LONG_NAME, MAX_LABEL, MAX_NAME, DnsError, label_text

A, NS, CNAME, SOA, AAAA, SRV, OPT = 1, 2, 5, 6, 28, 33, 41
TYPES = {A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", AAAA: "AAAA", SRV: "SRV"}

QR, OPCODE, AA, TC, RD = 0x8000, 0x7800, 0x0400, 0x0200, 0x0100

Question = namedtuple("Question", ("name", "rtype"))
# data: address text (A, AAAA), name (NS, CNAME), Soa, Srv, Opt; else bytes as they came, with pointers unresolved
Record = namedtuple("Record", ("name", "rtype", "ttl", "data"))
Soa = namedtuple("Soa", ("mname", "rname", "serial", "refresh", "retry", "expire", "minimum"))
Srv = namedtuple("Srv", ("priority", "weight", "port", "target"))
Opt = namedtuple("Opt", ("payload", "version", "flags", "options"))  # options: bytes
# flags: the header's second word without its rcode bits; rcode: those, with the OPT record's eight above them
Message = namedtuple("Message", ("id", "flags", "rcode", "question", "answer", "authority", "additional"))

_IN = 1
_HEADER = 12
_MAX_MESSAGE = 65535
_MAX_RECORDS = 2048  # kept of one message, the first ones: room for the values an answer may have and as many beside
_MAX_WORK = 131072  # see _Reader.name


class _Reader:
    """A message being read, front to back."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.names = {}  # offset -> (text, its length on the wire without the root)
        self.work = _MAX_WORK
        self.kept = 0
        self.extended = None  # the OPT record's part of the rcode; None without one

    def take(self, layout, size):
        at = self.at
        self.skip(size)
        return struct.unpack_from(layout, self.data, at)

    def skip(self, size):
        if size > len(self.data) - self.at:
            raise DnsError("message cut off")
        self.at += size

    def name(self):
        """The name at this place, and steps behind it."""
        data, at = self.data, self.at
        if len(data) > at + 1 and data[at] >= 0xC0:  # most are a pointer to one that was read: the same text, no copy
            known = self.names.get((data[at] & 0x3F) << 8 | data[at + 1])
            if known is not None:
                self.spend(1)
                self.at += 2
                return known[0]
        return self._new_name()

    def _new_name(self):
        """A name that was not read before.

        Pointers go backwards only, each to before what the last one led to, so they end. Names and tails that were
        pointed to are remembered, not read again. What is left to a hostile message are names that differ, long ones
        from a few bytes each: every step and every character made is counted, and a message may cost _MAX_WORK of
        them. An honest one of 64 KiB that compresses nothing costs at most three quarters of that.
        """
        data, names = self.data, self.names
        start = limit = at = self.at
        labels, length, behind = [], 0, None
        tail, own_labels, own_length = start, 0, 0
        while at not in names:
            self.spend(1)
            size = self.byte(at)
            at += 1
            if size == 0:
                break
            if size <= MAX_LABEL:
                labels.append(label_text(data[at : at + size]))
                length += 1 + size
                if length >= MAX_NAME:
                    raise DnsError(LONG_NAME)
                at += size
                continue
            if size < 0xC0:
                raise DnsError(f"unknown label type 0x{size & 0xC0:02x}")
            target = (size & 0x3F) << 8 | self.byte(at)
            if not _HEADER <= target < limit:
                raise DnsError("name pointer does not go backwards")
            if behind is None:
                behind, tail, own_labels, own_length = at + 1, target, len(labels), length
            limit = at = target
        else:  # only a pointer leads to a name read before
            text, more = names[at]
            if text:
                labels.append(text)
            length += more
            if length >= MAX_NAME:
                raise DnsError(LONG_NAME)
        self.at = at if behind is None else behind
        whole = ".".join(labels)
        self.spend(len(whole))
        names[start] = (whole, length)
        if tail not in names:
            text = ".".join(labels[own_labels:])
            self.spend(len(text))
            names[tail] = (text, length - own_length)
        return whole

    def byte(self, at):
        if at >= len(self.data):
            raise DnsError("message cut off inside a name")
        return self.data[at]

    def spend(self, work):
        self.work -= work
        if self.work < 0:
            raise DnsError("names of the message are too costly")

    def section(self, count, records, additional):
        """Read a section's records into the list `records`, as many as are kept."""
        for _ in range(count):
            record = self.record(additional)
            if record is not None and self.kept < _MAX_RECORDS:
                records.append(record)
                self.kept += 1

    def record(self, additional):
        """The record at this place, or None for one that is not of the Internet's class."""
        owner = self.name()
        rtype, rclass, ttl, size = self.take("!HHIH", 10)
        start = self.at
        self.skip(size)
        if rtype == OPT:
            if owner != "" or not additional or self.extended is not None:
                raise DnsError("misplaced OPT record")  # RFC 6891 6.1.1: one, of the root, among the additional ones
            self.extended = ttl >> 24
            return Record("", OPT, 0, Opt(rclass, ttl >> 16 & 0xFF, ttl & 0xFFFF, self.data[start : self.at]))
        if rclass != _IN:
            return None
        end, self.at = self.at, start
        value = self.value(rtype, size)
        if self.at != end:
            raise DnsError(f"{TYPES[rtype]} record of a wrong length")
        return Record(owner, rtype, seconds(ttl), value)

    def value(self, rtype, size):
        start = self.at
        if rtype == A or rtype == AAAA:
            self.at += size
            if size != (4 if rtype == A else 16):
                raise DnsError(f"{TYPES[rtype]} record of a wrong length")
            return ip.text(self.data[start : self.at])
        if rtype == NS or rtype == CNAME:
            return self.name()
        if rtype == SOA:
            mname = self.name()
            rname = self.name()
            serial, refresh, retry, expire, minimum = self.take("!IIIII", 20)
            return Soa(mname, rname, serial, refresh, retry, expire, minimum)
        if rtype == SRV:
            priority, weight, port = self.take("!HHH", 6)
            return Srv(priority, weight, port, self.name())  # RFC 2782 forbids compression here; some do it: read it
        self.at += size
        return self.data[start : self.at]


def seconds(ttl):
    return 0 if ttl & 0x80000000 else ttl  # RFC 2181 8


def decode(data):
    """Return the Message that `data` (bytes) is; raise DnsError.

    A truncated one (flag TC) may end anywhere: old servers cut in mid-record. The records before that place are kept.
    Of many records the first 2,048 are kept; all are checked.
    """
    if len(data) > _MAX_MESSAGE:
        raise DnsError(f"message longer than {_MAX_MESSAGE} bytes")
    reader = _Reader(data)
    number, word, questions, answers, authorities, additionals = reader.take("!HHHHHH", _HEADER)
    if questions > 1:
        raise DnsError(f"message with {questions} questions")  # RFC 9619
    question = []
    for _ in range(questions):
        name = reader.name()
        rtype, rclass = reader.take("!HH", 4)
        if rclass != _IN:
            raise DnsError(f"question of class {rclass}")
        question.append(Question(name, rtype))
    flags, rcode = word & 0xFFF0, word & 15
    answer, authority, additional = [], [], []
    try:
        reader.section(answers, answer, False)
        reader.section(authorities, authority, False)
        reader.section(additionals, additional, True)
    except DnsError:
        if not flags & TC:
            raise
    if reader.extended is not None:
        rcode |= reader.extended << 4
    return Message(number, flags, rcode, question, answer, authority, additional)
