"""How the lab's DNS server answers: honestly, late, not at all, or with one of the lies that DNS is known for.

A behaviour is a function of what was asked, and of the options given to `Authority.behave`; it returns the packets
that go out. BEHAVIOURS, at the end, has them by name.
"""

import collections
import ipaddress
import struct

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

# The query and the honest response (dns.message.Message), the SOA record of a negative answer, "udp" or "tcp".
Asked = collections.namedtuple("Asked", "query response soa transport")

# What goes out `after` seconds, by UDP from the address asked ("here"), from another "address" or another "port";
# by TCP `length` is the length announced where it is not the data's.
Packet = collections.namedtuple("Packet", "data after source length", defaults=(0, "here", None))

# What a lie names: addresses that must never be seen anywhere.
FORGED = {"A": ["192.0.2.66"], "AAAA": ["2001:db8::66"]}
NOWHERE = {
    "A": ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255"],
    "AAAA": ["::1", "::", "fe80::1", "ff02::1"],
}
MAX_TCP = 65535


def honest(asked):
    if asked.transport == "tcp":
        return [Packet(asked.response.to_wire(max_size=MAX_TCP))]
    try:
        return [Packet(asked.response.to_wire(max_size=max(512, asked.query.payload)))]
    except dns.exception.TooBig:
        return truncate(asked)


def silent(asked):
    """An outage."""
    return []


def slow(asked, seconds=3):
    return [packet._replace(after=seconds) for packet in honest(asked)]


def refuse_with(rcode):
    def refuse(asked):
        response = dns.message.make_response(asked.query)
        response.set_rcode(rcode)
        return [Packet(response.to_wire())]

    return refuse


def deny_with(rcode):
    def deny(asked):
        response = dns.message.make_response(asked.query)
        response.flags |= dns.flags.AA | dns.flags.RA
        response.set_rcode(rcode)
        response.authority.append(asked.soa)
        return [Packet(response.to_wire())]

    return deny


def truncate(asked):
    """TC and nothing else by UDP, everything by TCP."""
    if asked.transport == "tcp":
        return honest(asked)
    response = dns.message.make_response(asked.query)
    response.flags |= dns.flags.AA | dns.flags.RA | dns.flags.TC
    return [Packet(response.to_wire())]


def truncate_then_silent(asked):
    """TC by UDP, and by TCP no answer at all."""
    return truncate(asked) if asked.transport == "udp" else []


def wrong_id(asked):
    data = bytearray(answer_with(asked.query, asked.query.question[0].name, FORGED))
    data[0] ^= 0x55
    return [Packet(bytes(data))]


def wrong_question(asked):
    """The answer to a question that nobody asked, under the id of the one asked."""
    other = dns.message.make_query("elsewhere.test.", asked.query.question[0].rdtype, id=asked.query.id)
    return [Packet(answer_with(other, other.question[0].name, FORGED))]


def wrong_owner(asked):
    """The question asked, and beneath it an address record of another name (cache poisoning)."""
    return [Packet(answer_with(asked.query, dns.name.from_text("elsewhere.test."), FORGED))]


def wrong_address(asked):
    return sent_from("address", asked)


def wrong_port(asked):
    return sent_from("port", asked)


def sent_from(source, asked):
    if asked.transport == "tcp":  # a connection has one address at either end
        return []
    return [Packet(answer_with(asked.query, asked.query.question[0].name, FORGED), source=source)]


def compression_loop(asked):
    """An answer whose name is a pointer to itself."""
    head = header(asked.query, 1)
    return [Packet(head + struct.pack("!HHHIH", 0xC000 | len(head), 1, 1, 60, 4) + bytes([192, 0, 2, 66]))]


def cut(asked):
    """A message that ends inside its last record; by TCP the length announced is the whole one's."""
    data = header(asked.query, 1) + struct.pack("!HHHIH", 0xC00C, asked.query.question[0].rdtype, 1, 60, 16)
    return [Packet(data + bytes(3), length=len(data) + 16)]


def many(asked):
    """TC by UDP; by TCP as many addresses as 64 KiB hold, from 198.18.0.1 or 2001:db8:18::1 on."""
    if asked.transport == "udp":
        return truncate(asked)
    rtype = asked.query.question[0].rdtype
    first = ipaddress.ip_address("198.18.0.1" if rtype == dns.rdatatype.A else "2001:db8:18::1")
    record = struct.pack("!HHHIH", 0xC00C, rtype, 1, 60, len(first.packed))
    count = (MAX_TCP - len(header(asked.query, 0))) // (len(record) + len(first.packed))
    return [Packet(header(asked.query, count) + b"".join(record + (first + i).packed for i in range(count)))]


def nowhere(asked):
    """Addresses that can be nobody's destination: loopback, unspecified, link-local, multicast, broadcast."""
    return [Packet(answer_with(asked.query, asked.query.question[0].name, NOWHERE))]


def answer_with(query, owner, values):
    """The wire form of a response to `query` whose records are of `owner`, with the values of the type asked."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA | dns.flags.RA
    rtype = dns.rdatatype.to_text(query.question[0].rdtype)
    if rtype in values:
        response.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, *values[rtype]))
    return response.to_wire()


def header(query, answers):
    """The header and the question of a response made by hand; its question is at offset 12 (the pointer c00c)."""
    flags = dns.flags.QR | dns.flags.AA | dns.flags.RD | dns.flags.RA
    question = query.question[0].name.to_wire() + struct.pack("!HH", query.question[0].rdtype, 1)
    return struct.pack("!HHHHHH", query.id, flags, 1, answers, 0, 0) + question


# Servers that do not take EDNS0 (RFC 6891): each answers a question without it honestly.


def formerr_to_edns(asked):
    return honest(asked) if asked.query.edns < 0 else refuse_with(dns.rcode.FORMERR)(asked)


def silent_to_edns(asked):
    return honest(asked) if asked.query.edns < 0 else []


def misplaced_opt(asked):
    """The question's OPT record comes back in front of the answer's own records, among them."""
    if asked.query.edns < 0:
        return honest(asked)
    data = asked.response.to_wire()
    question = 12 + len(asked.query.question[0].name.to_wire()) + 4
    opt = struct.pack("!BHHIH", 0, 41, 1232, 0, 0)
    answers, additional = struct.unpack("!H", data[6:8])[0], struct.unpack("!H", data[10:12])[0]
    head = data[:6] + struct.pack("!H", answers + 1) + data[8:10] + struct.pack("!H", additional - 1)
    return [Packet(head + data[12:question] + opt + data[question:])]


def cut_without_tcp(asked):
    """By UDP what 512 bytes hold, with TC; by TCP silence."""
    if asked.transport == "tcp":
        return []
    response = dns.message.make_response(asked.query)
    response.flags |= dns.flags.AA | dns.flags.RA | dns.flags.TC
    for rrset in asked.response.answer:
        response.answer.append(dns.rrset.from_rdata_list(rrset.name, rrset.ttl, list(rrset)[:20]))
    return [Packet(response.to_wire())]


BEHAVIOURS = {
    "honest": honest,
    "formerr_to_edns": formerr_to_edns,
    "silent_to_edns": silent_to_edns,
    "misplaced_opt": misplaced_opt,
    "cut_without_tcp": cut_without_tcp,
    "silent": silent,
    "slow": slow,
    "servfail": refuse_with(dns.rcode.SERVFAIL),
    "refused": refuse_with(dns.rcode.REFUSED),
    "formerr": refuse_with(dns.rcode.FORMERR),
    "nxdomain": deny_with(dns.rcode.NXDOMAIN),
    "nodata": deny_with(dns.rcode.NOERROR),
    "truncate": truncate,
    "truncate_then_silent": truncate_then_silent,
    "wrong_id": wrong_id,
    "wrong_question": wrong_question,
    "wrong_owner": wrong_owner,
    "wrong_address": wrong_address,
    "wrong_port": wrong_port,
    "compression_loop": compression_loop,
    "cut": cut,
    "many": many,
    "nowhere": nowhere,
}
