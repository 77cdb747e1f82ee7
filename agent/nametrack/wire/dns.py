"""DNS as the agent uses it: a question, and what a response says about it (RFC 1035, 2181, 2308, 6604, 8914).

What adapters need of names, dnsname.py's, and of messages, dnsmessage.py's, is here as well; errors are dnserrors.py's.
"""

import struct
from collections import namedtuple

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .dnsname import DnsError, canonical_name, name_to_wire, within
from .dnsmessage import (
    AA,
    AAAA,
    CNAME,
    NS,
    OPCODE,
    OPT,
    QR,
    RD,
    SOA,
    TC,
    A,
    decode,
    seconds,
)
from .dnserrors import (
    BADVERS,
    FORMERR,
    NOERROR,
    NOTIMP,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    extended_error,
    rcode_text,
)

# isort: on

__all__ = [  # what others take from here
    "A", "AAAA", "QR", "Answer", "DnsError", "MAX_VALUES", "decode", "canonical_name", "query", "repeats", "matches",
    "answer", "unread",
]  # fmt: skip

# What a response says:
# status: found      `values` of the type, in order, once each, the first MAX_VALUES
#         alias      the chain of CNAMEs leaves the message for `name`
#         nxdomain, nodata   a negative answer; `name`: the zone that gives it, None if it is not said
#         truncated  `values` are those that came
#         unread     the server does not understand the question as it was written: `reason`
#         failed     `reason`
# ttl: seconds, the least along the chain; None for a negative answer that does not say how long it holds
# reason: in words; None for an answer without a word beside it
# extended: the number of the extended error (RFC 8914), None without one
Answer = namedtuple("Answer", ("status", "values", "ttl", "name", "reason", "extended"))

PAYLOAD = 1232  # DNS flag day 2020: what passes every path of IPv6's smallest MTU unfragmented
_IN = 1
_EDNS = b"\0" + struct.pack("!HHIH", OPT, PAYLOAD, 0, 0)  # the OPT record, whose class is the payload (RFC 6891 6.1.2)
MAX_LINKS = 16  # of a CNAME chain
MAX_VALUES = 1025  # of one answer: one more than are used, so that it shows that there were more


def query(id, name, rtype, recurse, edns):
    """Return the bytes of a question; raise DnsError.

    recurse: whether the server is to ask others; edns: whether the question says that it takes long answers and
    extended errors (EDNS0), which some servers do not understand.
    """
    head = struct.pack("!HHHHHH", id, RD if recurse else 0, 1, 0, 0, 1 if edns else 0)
    return b"".join([head, name_to_wire(name), struct.pack("!HH", rtype, _IN), _EDNS if edns else b""])


def repeats(data, query, name):
    """Return whether `data` is a response, readable or not, that repeats id and question (of `name`) of `query`."""
    end = 12 + len(name_to_wire(name)) + 4  # the header; the name, its type and class
    if len(data) < end or not data[2] & 0x80:
        return False
    return data[:2] == query[:2] and data[12:end].lower() == query[12:end]


def unread(reason):
    """Return the Answer of a server whose response cannot be read: it may not have read the question either."""
    return Answer("unread", [], 0, None, reason, None)


def matches(message, id, name, rtype):
    """Return None if `message` answers that question (`name` canonical), else the reason why it does not.

    A server that cannot or will not read a question may not be able to repeat it, so these errors need none: a
    forger who has guessed id and port can make the lookup fail with that, but not name an address.
    """
    if not message.flags & QR:
        return "not a response"
    if message.flags & OPCODE:
        return f"opcode {(message.flags & OPCODE) >> 11}"
    if message.id != id:
        return "the id of another question"
    if not message.question and message.rcode in (FORMERR, SERVFAIL, NOTIMP, REFUSED, BADVERS):
        return None
    if len(message.question) != 1:
        return f"{len(message.question)} questions"
    question = message.question[0]
    if question.name != name:
        return "question for another name"
    if question.rtype != rtype:
        return "question for another type"
    return None


def answer(message, name, rtype):
    """Return what a response that `matches` says about `name` (canonical), as Answer.

    Records that the chain of aliases does not lead to are passed over: they may be forged.
    """
    number, words = extended_error(message)
    if message.rcode not in (NOERROR, NXDOMAIN):
        status = "unread" if message.rcode in (FORMERR, NOTIMP, BADVERS) else "failed"
        reason = rcode_text(message.rcode)
        return Answer(status, [], 0, None, "%s (%s)" % (reason, words) if words else reason, number)
    found = _along(message, name, rtype)
    if message.flags & TC:
        values = found.values if found.status == "found" else []
        return Answer("truncated", values, found.ttl, None, "truncated", number)
    if found.status in ("found", "nxdomain", "nodata"):
        return Answer(found.status, found.values, found.ttl, found.name, words, number)
    return found


def _along(message, name, rtype):
    """The Answer at the end of the chain of aliases, without what the server says beside it."""
    ttls, passed = [], []
    while True:
        records = [r for r in message.answer if r.name == name]
        wanted = [r for r in records if r.rtype == rtype]
        if wanted:
            break
        links = [r for r in records if r.rtype == CNAME]
        if not links:
            return _without(message, name, ttls)
        passed.append(name)
        name = links[0].data  # one owner has one CNAME (RFC 2181 10.1); of several, the first
        ttls.append(links[0].ttl)
        if name in passed:
            return _failed("alias loop")
        if len(passed) > MAX_LINKS:
            return _failed("alias chain too long")
    if message.rcode == NXDOMAIN:
        return _failed("NXDOMAIN with records of the name")  # nothing says which half is true
    values, seen = [], set()
    for record in wanted:
        if record.data not in seen and len(values) < MAX_VALUES:
            seen.add(record.data)
            values.append(record.data)
    return Answer("found", values, min(ttls + [r.ttl for r in wanted]), None, None, None)


def _failed(reason):
    return Answer("failed", [], 0, None, reason, None)


def _without(message, name, ttls):
    """The Answer where the chain, `ttls` of its links, ends at `name` without records of the type."""
    # RFC 2308 5; the SOA of a zone that the name is not in says nothing about it
    soas = [r for r in message.authority if r.rtype == SOA]
    known = bool(soas) and within(name, soas[0].name)
    ttl = min(ttls + [soas[0].ttl, seconds(soas[0].data.minimum)]) if known else None
    zone = soas[0].name if known else None
    if message.rcode == NXDOMAIN:
        return Answer("nxdomain", [], ttl, zone, None, None)  # RFC 6604: the rcode is about the chain's last name
    if known:
        return Answer("nodata", [], ttl, zone, None, None)
    if ttls:
        return Answer("alias", [], min(ttls), name, None, None)
    if not message.flags & AA and any(r.rtype == NS for r in message.authority):
        return _failed("referral")
    return Answer("nodata", [], None, None, None, None)
