"""DNS as the agent uses it: a question, and what a response says about it (RFC 1035, 2181, 2308, 6604).

Its words are all here: names are dnsname.py's, messages dnsmessage.py's.
"""

from collections import namedtuple

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .dnsname import DnsError, canonical_name, name_to_wire, within
from .dnsmessage import (
    AA,
    AAAA,
    CNAME,
    FORMERR,
    NOERROR,
    NOTIMP,
    NS,
    NXDOMAIN,
    OPCODE,
    OPT,
    QR,
    RA,
    RCODES,
    RD,
    REFUSED,
    SERVFAIL,
    SOA,
    SRV,
    TC,
    TYPES,
    A,
    Message,
    Opt,
    Question,
    Record,
    Soa,
    Srv,
    decode,
    encode,
    seconds,
)

# isort: on

# fmt: off
__all__ = [  # what others take from here
    "A", "AAAA", "CNAME", "NS", "OPT", "SOA", "SRV", "TYPES", "RCODES", "AA", "OPCODE", "QR", "RA", "RD", "TC",
    "Message", "Opt", "Question", "Record", "Soa", "Srv", "Answer", "DnsError", "decode", "encode", "canonical_name",
    "name_to_wire", "query", "matches", "answer",
]
# fmt: on

Answer = namedtuple("Answer", ("status", "values", "ttl", "target"))

PAYLOAD = 1232  # DNS flag day 2020: what passes every path of IPv6's smallest MTU unfragmented
MAX_LINKS = 8  # of a CNAME chain
MAX_VALUES = 1025  # of one answer: one more than are used, so that it shows that there were more


def query(id, name, rtype, recurse):
    """The bytes of a question, with EDNS; `recurse`: whether the server is to ask others. Raises DnsError."""
    edns = Record("", OPT, 0, Opt(PAYLOAD, 0, 0, b""))
    return encode(Message(id, RD if recurse else 0, NOERROR, [Question(name, rtype)], [], [], [edns]))


def matches(message, id, name, rtype):
    """None if `message` answers that question (`name` canonical), else the reason why it does not.

    A server that cannot or will not read a question may not be able to repeat it, so these four errors need none: a
    forger who has guessed id and port can make the lookup fail with that, but not name an address.
    """
    if not message.flags & QR:
        return "not a response"
    if message.flags & OPCODE:
        return f"opcode {(message.flags & OPCODE) >> 11}"
    if message.id != id:
        return "the id of another question"  # without the number: a reason that repeats is said once
    if not message.question and message.rcode in (FORMERR, SERVFAIL, NOTIMP, REFUSED):
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
    """What a response that `matches` says about `name` (canonical), as Answer(status, values, ttl, target).

    found: `values` of the type, in order, once each, the first MAX_VALUES. alias: the CNAME chain leaves the message
    for `target`. nxdomain, nodata: a negative answer, `target` the zone that gives it, None where it is not said.
    failed: `target` is the reason, no name. `ttl`, in seconds, is the least along the chain. Records that the chain
    does not lead to are passed over: they may be forged.
    """
    if message.flags & TC:
        return _failed("truncated")
    if message.rcode != NOERROR and message.rcode != NXDOMAIN:
        return _failed(RCODES.get(message.rcode, f"RCODE{message.rcode}"))
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
        return _failed("NXDOMAIN with records of the name")  # which half to believe, nobody knows
    values, seen = [], set()
    for record in wanted:
        if record.data not in seen and len(values) < MAX_VALUES:
            seen.add(record.data)
            values.append(record.data)
    return Answer("found", values, min(ttls + [r.ttl for r in wanted]), None)


def _failed(reason):
    return Answer("failed", [], 0, reason)


def _without(message, name, ttls):
    """The Answer where the chain, `ttls` of its links, ends at `name` without records of the type."""
    # RFC 2308 5; the SOA of a zone that the name is not in says nothing about it
    soas = [r for r in message.authority if r.rtype == SOA]
    known = bool(soas) and within(name, soas[0].name)
    ttl = min(ttls + [soas[0].ttl, seconds(soas[0].data.minimum)]) if known else 0
    zone = soas[0].name if known else None
    if message.rcode == NXDOMAIN:
        return Answer("nxdomain", [], ttl, zone)  # RFC 6604: the rcode is about the chain's last name
    if known:
        return Answer("nodata", [], ttl, zone)
    if ttls:
        return Answer("alias", [], min(ttls), name)
    if not message.flags & AA and any(r.rtype == NS for r in message.authority):
        return _failed("referral")
    return Answer("nodata", [], 0, None)
