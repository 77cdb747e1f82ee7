"""DNS messages written as bytes, under both interpreters: what servers answer in tests, and other clients ask.

The agent writes nothing but its own questions (wire/dns.py). tests/vm takes this file into its machines.
"""

from nametrack import ip
from nametrack.wire.dnsmessage import AAAA, CNAME, NS, OPT, SOA, SRV, A
from nametrack.wire.dnsname import label_offsets, name_to_wire

RA = 0x0080  # of the header's flags; the agent looks at the others, dnsmessage.py has them
MAX_MESSAGE = 65535
IN = 1


def encode(message):
    """The bytes of a Message of dnsmessage.py, its names compressed; ValueError for what does not fit."""
    sections = (message.answer, message.authority, message.additional)
    out, offsets = bytearray(), {}
    for number in [message.id, message.flags | message.rcode & 15, len(message.question)] + [len(s) for s in sections]:
        put(out, number, 2)
    for question in message.question:
        put_name(out, question.name, offsets)
        put(out, question.rtype, 2)
        put(out, IN, 2)
    extended = False
    for section in sections:
        for record in section:
            extended = extended or record.rtype == OPT
            put_record(out, record, message.rcode >> 4, offsets)
    if message.rcode > 15 and not extended:
        raise ValueError(f"rcode {message.rcode} needs an OPT record")
    if len(out) > MAX_MESSAGE:
        raise ValueError(f"message longer than {MAX_MESSAGE} bytes")
    return bytes(out)


def put(out, value, size):
    # to_bytes of MicroPython drops what does not fit
    if not 0 <= value < 1 << 8 * size:
        raise ValueError(f"{value} does not fit in {size} bytes")
    out.extend(value.to_bytes(size, "big"))


def put_name(out, name, offsets):
    wire = name_to_wire(name)
    for at in label_offsets(wire):
        rest = wire[at:]
        if rest in offsets:
            return put(out, 0xC000 | offsets[rest], 2)
        if len(out) < 0x4000:  # as far as a pointer reaches
            offsets[rest] = len(out)
        out.extend(rest[: 1 + rest[0]])
    out.append(0)


def put_record(out, record, extended, offsets):
    put_name(out, record.name, offsets)
    put(out, record.rtype, 2)
    if record.rtype == OPT:
        put(out, record.data.payload, 2)
        put(out, extended, 1)
        put(out, record.data.version, 1)
        put(out, record.data.flags, 2)
    else:
        put(out, IN, 2)
        put(out, record.ttl, 4)
    start = len(out)
    put(out, 0, 2)
    put_value(out, record.rtype, record.data, offsets)
    size = bytearray()
    put(size, len(out) - start - 2, 2)
    out[start], out[start + 1] = size[0], size[1]


def put_value(out, rtype, data, offsets):
    if rtype == A or rtype == AAAA:
        out.extend(ip.packed(data))
    elif rtype == NS or rtype == CNAME:
        put_name(out, data, offsets)
    elif rtype == SOA:
        put_name(out, data.mname, offsets)
        put_name(out, data.rname, offsets)
        for number in (data.serial, data.refresh, data.retry, data.expire, data.minimum):
            put(out, number, 4)
    elif rtype == SRV:
        for number in (data.priority, data.weight, data.port):
            put(out, number, 2)
        out.extend(name_to_wire(data.target))  # RFC 2782 forbids compression here
    else:
        out.extend(data.options if rtype == OPT else data)
