"""wire/dns.py: messages written by hand, every way to be malformed, and what an answer says."""

import pytest

from dns_written import RA, encode
from nametrack.wire import dns
from nametrack.wire.dnsmessage import CNAME, NS, OPT, SOA, SRV, TC, A, Message, Opt, Question, Record, Soa, Srv
from nametrack.wire.dnsname import DnsError

AAAA, QR, AA, RD = dns.AAAA, dns.QR, dns.AA, dns.RD
LABEL63 = "a" * 63
NAME255 = ".".join([LABEL63, LABEL63, LABEL63, "b" * 61])


def u16(value):
    return bytes([value >> 8, value & 255])


def head(counts=(1, 0, 0, 0), flags=0x8180, id=0x1234):
    return u16(id) + u16(flags) + b"".join([u16(count) for count in counts])


def rr(owner, rtype, rdata, ttl=60, rclass=1, size=None):
    length = len(rdata) if size is None else size
    return owner + u16(rtype) + u16(rclass) + u16(ttl >> 16) + u16(ttl & 0xFFFF) + u16(length) + rdata


NAME = b"\4home\3dyn\4test\0"  # at 12: home, at 17: dyn, at 21: test
ASKED = NAME + b"\0\1\0\1"  # 12..29, records from 31 on
HERE = b"\xc0\x0c"
ADDRESS = b"\xc6\x33\x64\x0a"

# A name by CNAME, its address, the zone's server, that one's address, EDNS: all that a usual answer holds.
FULL = (
    head((1, 2, 1, 2))
    + ASKED
    + rr(HERE, CNAME, b"\3Box\xc0\x11", 300)
    + rr(b"\xc0\x2b", A, ADDRESS)
    + rr(b"\xc0\x11", NS, b"\2ns\xc0\x15", 3600)
    + rr(b"\xc0\x4d", AAAA, b"\x20\1\x0d\xb8" + bytes(11) + b"\x35", 3600)
    + rr(b"\0", OPT, b"", 0, 1232)
)

SOA_RDATA = b"\2ns\xc0\x11\4root\xc0\x11" + b"".join([u16(0) + u16(n) for n in (7, 3600, 600, 8640, 120)])
NEGATIVE = head((1, 0, 1, 0), 0x8183) + ASKED + rr(b"\xc0\x11", SOA, SOA_RDATA, 900)
SERVICE = head((1, 1, 0, 0)) + ASKED + rr(HERE, SRV, u16(1) + u16(2) + u16(51820) + b"\2gw\xc0\x11")


def test_a_usual_answer_is_read_whole():
    message = dns.decode(FULL)
    assert message.id == 0x1234
    assert message.flags == QR | RD | RA
    assert message.rcode == 0
    assert message.question == [Question("home.dyn.test", A)]
    assert message.answer == [
        Record("home.dyn.test", CNAME, 300, "box.dyn.test"),
        Record("box.dyn.test", A, 60, "198.51.100.10"),
    ]
    assert message.authority == [Record("dyn.test", NS, 3600, "ns.test")]
    assert message.additional == [
        Record("ns.test", AAAA, 3600, "2001:db8::35"),
        Record("", OPT, 0, Opt(1232, 0, 0, b"")),
    ]


def test_a_negative_answer_is_read_whole():
    message = dns.decode(NEGATIVE)
    assert message.rcode == 3
    assert message.authority == [
        Record("dyn.test", SOA, 900, Soa("ns.dyn.test", "root.dyn.test", 7, 3600, 600, 8640, 120))
    ]


def test_a_compressed_srv_target_is_read_though_rfc_2782_forbids_it():
    assert dns.decode(SERVICE).answer[0].data == Srv(1, 2, 51820, "gw.dyn.test")


def test_other_types_stay_bytes():
    message = dns.decode(head((1, 1, 0, 0)) + ASKED + rr(HERE, 16, b"\2hi"))
    assert message.answer == [Record("home.dyn.test", 16, 60, b"\2hi")]


def test_a_question_is_these_bytes():
    expected = head((1, 0, 0, 1), 0x0100) + ASKED + b"\0" + u16(OPT) + u16(1232) + bytes(6)
    assert dns.query(0x1234, "home.dyn.test", A, True, True) == expected
    assert dns.query(0x1234, "home.dyn.test", A, True, False) == head((1, 0, 0, 0), 0x0100) + ASKED
    assert dns.query(0x1234, "home.dyn.test", A, False, True)[2:4] == b"\0\0"
    assert dns.query(0x1234, "home.dyn.test", AAAA, True, False)[-4:] == u16(AAAA) + u16(1)


def test_encode_compresses_names_but_not_an_srv_target():
    records = [Record("home.dyn.test", SRV, 60, Srv(1, 2, 51820, "gw.dyn.test")), Record("dyn.test", NS, 5, "ns.test")]
    expected = (
        head((1, 2, 0, 0))
        + ASKED
        + rr(HERE, SRV, u16(1) + u16(2) + u16(51820) + b"\2gw\3dyn\4test\0")
        + rr(b"\xc0\x11", NS, b"\2ns\xc0\x15", 5)
    )
    message = Message(0x1234, QR | RD | RA, 0, [Question("home.dyn.test", A)], records, [], [])
    assert encode(message) == expected


@pytest.mark.parametrize("data", [FULL, NEGATIVE, SERVICE])
def test_what_was_read_is_written_and_read_the_same(data):
    message = dns.decode(data)
    assert dns.decode(encode(message)) == message


def test_encode_does_not_point_further_than_a_pointer_reaches():
    for start in (0x3FFF, 0x4000, 0x5000):
        first = Record("", 16, 0, bytes(start - 12 - 11))
        far = [first, Record("far.test", NS, 0, "far.test"), Record("far.test", NS, 0, "x")]
        message = Message(1, QR, 0, [], far, [], [])
        assert dns.decode(encode(message)) == message


WRONG_VALUES = [
    (Message(65536, 0, 0, [], [], [], []), "65536 does not fit"),
    (Message(1, 0, 16, [], [], [], []), "needs an OPT record"),
    (Message(1, 0, 0, [], [Record("a", A, -1, "192.0.2.1")], [], []), "-1 does not fit"),
    (Message(1, 0, 0, [], [Record("a", SRV, 0, Srv(0, 0, 65536, "a"))], [], []), "65536 does not fit"),
    (Message(1, 0, 0, [], [Record("a", 16, 0, bytes(65536))], [], []), "does not fit"),
    (Message(1, 0, 0, [], [Record("a", 16, 0, bytes(40000))] * 2, [], []), "longer than 65535"),
]


@pytest.mark.parametrize("message,reason", WRONG_VALUES)
def test_encode_refuses_what_does_not_fit_its_field(message, reason):
    with pytest.raises(ValueError, match=reason):
        encode(message)


# Names

NAMES = [
    (".", "", b"\0"),
    ("Home.Dyn.TEST.", "home.dyn.test", NAME),
    ("_wg._udp.home.test", "_wg._udp.home.test", b"\3_wg\4_udp\4home\4test\0"),
    ("a\\.b.c", "a\\.b.c", b"\3a.b\1c\0"),
    ("a\\\\b", "a\\\\b", b"\3a\\b\0"),
    ("\\000\\255", "\\000\\255", b"\2\0\xff\0"),
    ("!~\\127", "!~\\127", b"\3!~\x7f\0"),
    ("\\!\\~", "!~", b"\2!~\0"),
    ("a\\032b", "a\\032b", b"\3a b\0"),
    ("\\065\\090\\064\\091", "az\\@[", b"\4az@[\0"),  # an escaped letter is a letter
    ("(x)", "\\(x\\)", b"\3(x)\0"),
    ("\\A\\-", "a-", b"\2a-\0"),
    ("a\\..", "a\\.", b"\2a.\0"),  # the first dot is escaped, the second trails
    (LABEL63, LABEL63, b"\x3f" + LABEL63.encode() + b"\0"),
]


@pytest.mark.parametrize("given,text,wire", NAMES)
def test_a_name_has_one_text_and_one_wire_form(given, text, wire):
    assert dns.canonical_name(given) == text
    assert dns.name_to_wire(given) == wire
    assert dns.name_to_wire(text) == wire
    assert dns.decode(head() + wire + b"\0\1\0\1").question == [Question(text, A)]


def test_every_byte_in_a_label_has_a_text_of_its_own_but_for_its_case():
    """Nothing that a nameserver sends can pass for a dot, a quote, a comment, a space or the end of a line."""
    texts = set()
    for byte in range(256):
        text = dns.decode(head() + b"\1" + bytes([byte]) + b"\0\0\1\0\1").question[0].name
        assert dns.name_to_wire(text) == b"\1" + bytes([byte]).lower() + b"\0"
        assert all("!" <= c <= "~" for c in text) and (text[0] == "\\" or text not in '.";()@$')
        texts.add(text)
    assert len(texts) == 256 - 26


def test_a_name_is_at_most_255_bytes():
    assert len(dns.name_to_wire(NAME255)) == 255
    assert dns.canonical_name(NAME255 + ".") == NAME255
    for longer in [NAME255 + "b", "a." + NAME255, "a." * 128, "a." * 100000]:
        with pytest.raises(DnsError, match="name longer than 255"):
            dns.canonical_name(longer)


def test_a_name_of_labels_and_a_tail_is_at_most_255_bytes():
    """The question's name has 253 bytes, its tail at 76 has 189; first uses measure, later ones remember."""
    asked = dns.name_to_wire(NAME255[:-2]) + b"\0\1\0\1"
    label = b"\x3f" + LABEL63.encode()
    owners = [b"\1x\xc0\x0c", b"\1x\xc0\x4c", label + b"\1y\xc0\x4c"]
    records = b"".join([rr(owner, A, ADDRESS) for owner in owners])
    message = dns.decode(head((1, 3, 0, 0)) + asked + records)
    tail = NAME255[64:-2]
    assert [r.name for r in message.answer] == ["x." + NAME255[:-2], "x." + tail, LABEL63 + ".y." + tail]
    for owner in (b"\2xx\xc0\x0c", label + b"\2yy\xc0\x4c"):
        with pytest.raises(DnsError, match="name longer than 255"):
            dns.decode(head((1, 4, 0, 0)) + asked + records + rr(owner, A, ADDRESS))


WRONG_NAMES = [
    ("", "empty"),
    ("..", "empty label"),
    (".a", "empty label"),
    ("a..b", "empty label"),
    ("a..", "empty label"),
    (LABEL63 + "a", "label longer than 63"),
    ("a." + LABEL63 + "a.b", "label longer than 63"),
    ("home .test", "not printable ASCII"),
    ("home.test\n", "not printable ASCII"),
    ("h\u00f6me.test", "not printable ASCII"),
    ("h\ud800me.test", "not printable ASCII"),
    ("home\u3002test", "not printable ASCII"),
    ("a\x7f", "not printable ASCII"),
    ("a\\", "escapes nothing"),
    ("a\\25", "escapes nothing"),
    ("a\\256", "escapes nothing"),
    ("a\\0", "escapes nothing"),
    ("a\\9", "escapes nothing"),
    ("a\\2/5", "escapes nothing"),
    ("a\\2:5", "escapes nothing"),
    ("a\\ b", "not printable ASCII"),
    ("\\2\u06615", "not printable ASCII"),
]


@pytest.mark.parametrize("given,reason", WRONG_NAMES)
def test_what_is_no_name_says_why(given, reason):
    with pytest.raises(DnsError, match=reason):
        dns.canonical_name(given)


# Malformed messages


@pytest.mark.parametrize("data", [FULL, NEGATIVE, SERVICE, dns.query(1, "home.dyn.test", A, True, True)])
def test_a_message_cut_anywhere_is_an_error(data):
    for size in range(len(data)):
        with pytest.raises(DnsError):
            dns.decode(data[:size])


@pytest.mark.parametrize("data", [FULL, NEGATIVE, SERVICE])
def test_any_byte_changed_is_a_message_or_an_error(data):
    for at in range(len(data)):
        for value in (0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF):
            try:
                message = dns.decode(data[:at] + bytes([value]) + data[at + 1 :])
                dns.answer(message, "home.dyn.test", A)
            except DnsError:
                pass


def test_bytes_behind_the_last_record_are_not_looked_at():
    for size in (40, 65535 - len(FULL)):
        assert dns.decode(FULL + b"\xff" * size) == dns.decode(FULL)


def one(record):
    return head((1, 1, 0, 0)) + ASKED + record


def question(name):
    return head() + name + b"\0\1\0\1"


MALFORMED = [
    (question(b"\xc0\x0c"), "backwards"),  # at itself
    (question(b"\1a\xc0\x0c"), "backwards"),  # at its own beginning
    (question(b"\xc0\x0e\0"), "backwards"),
    (question(b"\xc0\x00"), "backwards"),  # into the header, where no name is
    (question(b"\xff\xff"), "backwards"),
    (one(rr(b"\xc0\x21\xc0\x1f", A, ADDRESS)), "backwards"),  # two that point at each other
    (one(rr(HERE, CNAME, b"\xc0\x2d\xc0\x2b")), "backwards"),
    (question(b"\x40"), "label type 0x40"),
    (question(b"\x41\1"), "label type 0x40"),  # RFC 2673's bit labels, which nobody sends
    (question(b"\xbf"), "label type 0x80"),
    (question(b"\x3f" + b"a" * 20), "inside a name"),
    (question((b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"b" * 62 + b"\0"), "name longer than 255"),
    (question(b"\1a" * 127 + b"\1a\0"), "name longer than 255"),
    (question(b"\1a" * 30000), "name longer than 255"),
    (head((1, 1, 0, 0)) + dns.name_to_wire(NAME255) + b"\0\1\0\1" + rr(b"\1x\xc0\x0c", A, ADDRESS), "longer than 255"),
    (one(rr(HERE, A, b"")), "A record of a wrong length"),
    (one(rr(HERE, A, ADDRESS[:3])), "A record of a wrong length"),
    (one(rr(HERE, A, ADDRESS + b"\0")), "A record of a wrong length"),
    (one(rr(HERE, AAAA, ADDRESS)), "AAAA record of a wrong length"),
    (one(rr(HERE, CNAME, b"\1a\0", size=2) + b"\0"), "CNAME record of a wrong length"),
    (one(rr(HERE, CNAME, b"\1a\0\0")), "CNAME record of a wrong length"),
    (one(rr(HERE, NS, b"")), "inside a name"),
    (one(rr(HERE, NS, b"") + b"\0"), "NS record of a wrong length"),
    (one(rr(HERE, SRV, bytes(6)) + b"\0"), "SRV record of a wrong length"),
    (one(rr(HERE, SRV, bytes(8))), "SRV record of a wrong length"),
    (one(rr(HERE, SOA, bytes(21)) + b"\0" * 9), "SOA record of a wrong length"),
    (one(rr(HERE, SOA, bytes(23))), "SOA record of a wrong length"),
    (one(rr(HERE, 16, b"", size=1)), "cut off"),
    (one(rr(HERE, 16, b"abc", size=65535)), "cut off"),
    (head((65535, 0, 0, 0)) + ASKED, "65535 questions"),
    (head((2, 0, 0, 0)) + ASKED + ASKED, "2 questions"),
    (head((1, 65535, 65535, 65535)) + ASKED, "cut off"),
    (head((0, 65535, 0, 0)) + bytes(11 * 65), "cut off"),
    (head() + NAME + b"\0\1\0\3", "question of class 3"),
    (one(rr(b"\0", OPT, b"")), "misplaced OPT"),
    (head((1, 0, 1, 0)) + ASKED + rr(b"\0", OPT, b""), "misplaced OPT"),
    (head((1, 0, 0, 1)) + ASKED + rr(HERE, OPT, b""), "misplaced OPT"),
    (head((1, 0, 0, 2)) + ASKED + rr(b"\0", OPT, b"") * 2, "misplaced OPT"),
    (b"", "cut off"),
    (bytes(65536), "longer than 65535"),
]


@pytest.mark.parametrize("data,reason", MALFORMED)
def test_a_malformed_message_says_why(data, reason):
    with pytest.raises(DnsError, match=reason):
        dns.decode(data)


def test_a_ttl_with_its_top_bit_set_is_0():
    assert dns.decode(one(rr(HERE, A, ADDRESS, 0x80000000))).answer[0].ttl == 0
    assert dns.decode(one(rr(HERE, A, ADDRESS, 0xFFFFFFFF))).answer[0].ttl == 0
    assert dns.decode(one(rr(HERE, A, ADDRESS, 0x7FFFFFFF))).answer[0].ttl == 0x7FFFFFFF


def test_a_record_of_another_class_is_skipped_unread():
    chaos = rr(HERE, A, b"what\xc0\xff", rclass=3)
    message = dns.decode(head((1, 2, 0, 0)) + ASKED + chaos + rr(HERE, A, ADDRESS))
    assert message.answer == [Record("home.dyn.test", A, 60, "198.51.100.10")]


def test_the_opt_record_has_the_upper_bits_of_the_rcode():
    message = dns.decode(head((1, 0, 0, 1)) + ASKED + rr(b"\0", OPT, b"\0\3\0\0", 0x01038000, 512))
    assert message.rcode == 16
    assert message.additional == [Record("", OPT, 0, Opt(512, 3, 0x8000, b"\0\3\0\0"))]
    assert dns.decode(encode(message)) == message
    answer = dns.answer(message, "home.dyn.test", A)
    assert (answer.status, answer.reason) == ("unread", "BADVERS")


def test_of_a_truncated_message_the_records_before_the_cut_are_read():
    whole = dns.decode(FULL)
    cut = FULL[:2] + u16(0x8180 | TC) + FULL[4:]
    counts = set()
    for size in range(31, len(cut) + 1):
        message = dns.decode(cut[:size])
        assert message.question == [Question("home.dyn.test", A)]
        assert message.answer == whole.answer[: len(message.answer)]
        counts.add(len(message.answer))
    assert counts == set(range(len(whole.answer) + 1))
    assert (message.authority, message.additional) == (whole.authority, whole.additional)


def test_a_truncated_answer_gives_the_addresses_that_came():
    message = reply(flags=QR | TC, answer=[alias("home.dyn.test", "b", 30), address("b")])
    assert dns.answer(message, "home.dyn.test", A) == dns.Answer("truncated", FOUND, 30, None, "truncated", None)
    message = reply(flags=QR | TC, answer=[alias("home.dyn.test", "b", 30)])
    assert dns.answer(message, "home.dyn.test", A).values == []


# Hostile sizes. What they cost is counted in names, not in seconds, which other work on the machine would falsify.


def filled(record):
    count = (65535 - 31) // len(record)
    return head((1, count, 0, 0)) + ASKED + record * count


def test_of_a_message_full_of_addresses_the_first_are_kept():
    data = head((1, 4094, 0, 0)) + ASKED
    data += b"".join([rr(HERE, A, b"\x0a\0" + u16(i)) for i in range(4094)])
    message = dns.decode(data)
    assert len(message.answer) == 2048
    found = dns.answer(message, "home.dyn.test", A)
    assert (found.status, len(found.values)) == ("found", 1025)
    assert found.values[1023] == "10.0.3.255"


def test_of_64_kib_of_the_smallest_records_the_first_are_kept():
    assert len(dns.decode(filled(rr(b"\0", 99, b""))).answer) == 2048


def test_the_rcode_behind_records_that_are_not_kept_counts():
    data = head((1, 4000, 0, 1)) + ASKED + rr(HERE, A, ADDRESS) * 4000 + rr(b"\0", OPT, b"", 0x01000000)
    assert dns.decode(data).rcode == 16


def test_an_honest_64_kib_message_without_compression_is_read():
    data = filled(rr(b"\1a" * 20 + b"\0", CNAME, b"\1b" * 20 + b"\0"))
    assert dns.decode(data).answer[0].data == ".".join(["b"] * 20)


@pytest.mark.parametrize("at,name", [(12, NAME255), (76, NAME255[64:])])
def test_a_name_or_tail_that_most_records_point_to_costs_once(at, name):
    owner = u16(0xC000 | at)
    data = head((1, 4000, 0, 0)) + dns.name_to_wire(NAME255) + b"\0\1\0\1" + rr(owner, A, ADDRESS) * 4000
    assert dns.decode(data).answer[2047].name == name


def test_long_names_from_few_bytes_each_are_refused():
    name = (b"\x3f" + b"a" * 63) * 3 + b"\0"
    records = [rr(b"\1" + bytes([i & 255]) + HERE, 99, b"") for i in range(4000)]
    with pytest.raises(DnsError, match="too costly"):
        dns.decode(head((1, 4000, 0, 0)) + name + b"\0\1\0\1" + b"".join(records))


def test_pointers_to_pointers_are_not_followed_again_and_again():
    """A record's bytes from 23 on are a name's end and 8,000 pointers, each to the one before it."""
    chain = b"\0\0" + b"".join([u16(0xC000 | (23 + 2 * i)) for i in range(8000)])
    records = [rr(u16(0xC000 | (23 + 2 * (8000 - i))), 99, b"") for i in range(1000)]
    message = dns.decode(head((0, 2, 0, 0)) + rr(b"\0", 99, chain) + records[0])
    assert message.answer[1].name == ""
    with pytest.raises(DnsError, match="too costly"):
        dns.decode(head((0, 1001, 0, 0)) + rr(b"\0", 99, chain) + b"".join(records))


# Whether it is an answer to the question


def reply(flags=QR | RD | RA, rcode=0, answer=(), authority=(), asked=("home.dyn.test", A), id=7):
    return Message(id, flags, rcode, [Question(*asked)] if asked else [], list(answer), list(authority), [])


def test_a_response_with_id_and_question_matches():
    assert dns.matches(reply(), 7, "home.dyn.test", A) is None
    assert dns.matches(dns.decode(FULL.replace(b"\4home", b"\4HoMe")), 0x1234, "home.dyn.test", A) is None


LIES = [
    (reply(flags=RD), "not a response"),
    (reply(flags=QR | 0x2800), "opcode 5"),
    (reply(id=8), "the id of another question"),
    (reply(asked=None), "0 questions"),
    (reply(asked=None, rcode=3), "0 questions"),
    (reply(asked=("home.dyn.test.evil", A)), "another name"),
    (reply(asked=("home.dyn.test", AAAA)), "another type"),
    (reply(asked=("other.test", A), rcode=2), "another name"),
    (reply(asked=None, rcode=2, id=8), "the id of another question"),
    (Message(7, QR, 0, [Question("home.dyn.test", A)] * 2, [], [], []), "2 questions"),
]


@pytest.mark.parametrize("message,reason", LIES)
def test_a_message_that_answers_something_else_says_what(message, reason):
    assert reason in dns.matches(message, 7, "home.dyn.test", A)


@pytest.mark.parametrize("rcode", [1, 2, 4, 5])
def test_a_server_that_fails_need_not_repeat_the_question(rcode):
    bare = dns.decode(head((0, 0, 0, 0), 0x8180 | rcode))
    assert dns.matches(bare, 0x1234, "home.dyn.test", A) is None
    assert dns.answer(bare, "home.dyn.test", A).status in ("failed", "unread")


# What an answer says


def address(name, text="192.0.2.1", ttl=60):
    return Record(name, AAAA if ":" in text else A, ttl, text)


def alias(name, target, ttl=60):
    return Record(name, CNAME, ttl, target)


def soa(zone, ttl=900, minimum=120):
    return Record(zone, SOA, ttl, Soa("ns." + zone, "root." + zone, 1, 2, 3, 4, minimum))


def chain(links):
    return [alias("home.dyn.test" if i == 0 else "n%d" % i, "n%d" % (i + 1)) for i in range(links)]


SERVER = Record("dyn.test", NS, 60, "ns.dyn.test")
FOUND, NONE = ["192.0.2.1"], []

ANSWERS = [
    ("one address", reply(answer=[address("home.dyn.test")]), ("found", FOUND, 60, None)),
    (
        "several, in order, once each, with the least TTL",
        reply(
            answer=[
                address("home.dyn.test", t, ttl) for t, ttl in (("192.0.2.9", 60), ("192.0.2.1", 50), ("192.0.2.9", 70))
            ]
        ),
        ("found", ["192.0.2.9", "192.0.2.1"], 50, None),
    ),
    (
        "a chain has its least TTL",
        reply(answer=[alias("home.dyn.test", "b", 90), alias("b", "c", 30), address("c", ttl=60)]),
        ("found", FOUND, 30, None),
    ),
    (
        "a chain in any order",
        reply(answer=[address("c"), alias("b", "c"), alias("home.dyn.test", "b")]),
        ("found", FOUND, 60, None),
    ),
    ("16 links", reply(answer=chain(16) + [address("n16")]), ("found", FOUND, 60, None)),
    ("17 links", reply(answer=chain(17) + [address("n17")]), ("failed", NONE, 0, "alias chain too long")),
    ("alias to itself", reply(answer=[alias("home.dyn.test", "home.dyn.test")]), ("failed", NONE, 0, "alias loop")),
    (
        "alias loop",
        reply(answer=[alias("home.dyn.test", "b"), alias("b", "c"), alias("c", "b")]),
        ("failed", NONE, 0, "alias loop"),
    ),
    (
        "of two aliases the first",
        reply(
            answer=[alias("home.dyn.test", "b"), alias("home.dyn.test", "c"), address("c", "192.0.2.2"), address("b")]
        ),
        ("found", FOUND, 60, None),
    ),
    (
        "records beside the chain are nobody's",
        reply(answer=[address("bank.test", "192.0.2.66", 1), address("home.dyn.test"), alias("x.test", "y", 1)]),
        ("found", FOUND, 60, None),
    ),
    ("only a stranger's record", reply(answer=[address("bank.test")]), ("nodata", NONE, None, None)),
    ("another type", reply(answer=[address("home.dyn.test", "2001:db8::1")]), ("nodata", NONE, None, None)),
    (
        "a chain out of the message",
        reply(answer=[alias("home.dyn.test", "b", 90), alias("b", "c.test", 30)]),
        ("alias", NONE, 30, "c.test"),
    ),
    (
        "a chain out of the zone, whose SOA says nothing about the target",
        reply(answer=[alias("home.dyn.test", "c.test")], authority=[soa("dyn.test")]),
        ("alias", NONE, 60, "c.test"),
    ),
    (
        "a referral for the chain's end",
        reply(flags=QR, answer=[alias("home.dyn.test", "c.test")], authority=[SERVER]),
        ("alias", NONE, 60, "c.test"),
    ),
    ("no such name", reply(rcode=3, authority=[soa("dyn.test")]), ("nxdomain", NONE, 120, "dyn.test")),
    (
        "no such name, SOA's own TTL less",
        reply(rcode=3, authority=[soa("dyn.test", 5)]),
        ("nxdomain", NONE, 5, "dyn.test"),
    ),
    ("no such name, no SOA", reply(rcode=3), ("nxdomain", NONE, None, None)),
    ("no such name, a stranger's SOA", reply(rcode=3, authority=[soa("evil")]), ("nxdomain", NONE, None, None)),
    (
        "no such name at the chain's end",
        reply(rcode=3, answer=[alias("home.dyn.test", "c.test", 30)], authority=[soa("test")]),
        ("nxdomain", NONE, 30, "test"),
    ),
    (
        "no such name, and yet an address",
        reply(rcode=3, answer=[address("home.dyn.test")]),
        ("failed", NONE, 0, "NXDOMAIN with records of the name"),
    ),
    ("no such type", reply(authority=[soa("dyn.test")]), ("nodata", NONE, 120, "dyn.test")),
    ("no such type, the root's SOA", reply(authority=[soa("")]), ("nodata", NONE, 120, "")),
    ("no such type, the name's SOA", reply(authority=[soa("home.dyn.test")]), ("nodata", NONE, 120, "home.dyn.test")),
    ("minimum with its top bit set", reply(authority=[soa("test", 9, 1 << 31)]), ("nodata", NONE, 0, "test")),
    (
        "no such type at the chain's end",
        reply(answer=[alias("home.dyn.test", "c.test")], authority=[soa("test", 50)]),
        ("nodata", NONE, 50, "test"),
    ),
    ("no such type, no SOA", reply(), ("nodata", NONE, None, None)),
    ("no such type, SOA and NS", reply(flags=QR, authority=[SERVER, soa("test")]), ("nodata", NONE, 120, "test")),
    ("no such type, authoritative NS", reply(flags=QR | AA, authority=[SERVER]), ("nodata", NONE, None, None)),
    ("referral", reply(flags=QR, authority=[SERVER]), ("failed", NONE, 0, "referral")),
    ("format error", reply(rcode=1), ("unread", NONE, 0, "FORMERR")),
    ("server failure", reply(rcode=2, answer=[address("home.dyn.test")]), ("failed", NONE, 0, "SERVFAIL")),
    ("not implemented", reply(rcode=4), ("unread", NONE, 0, "NOTIMP")),
    ("refused", reply(rcode=5, authority=[soa("dyn.test")]), ("failed", NONE, 0, "REFUSED")),
    ("an rcode without a text", reply(rcode=3841), ("failed", NONE, 0, "RCODE3841")),
]


@pytest.mark.parametrize("case,message,expected", ANSWERS)
def test_answer_says(case, message, expected):
    status, values, ttl, name = expected
    reason = None
    if status in ("failed", "unread"):
        name, reason = None, name
    assert dns.answer(message, "home.dyn.test", A) == dns.Answer(status, values, ttl, name, reason, None), case


def test_a_zone_is_compared_by_labels():
    """`a\\.dyn.test` is a name of two labels, so a zone `dyn.test` is not above it."""
    message = reply(rcode=3, authority=[soa("dyn.test")])
    assert dns.answer(message, "a\\.dyn.test", A).ttl is None
    assert dns.answer(message, "xdyn.test", A).ttl is None
    assert dns.answer(message, "a\\..dyn.test", A).ttl == 120


def test_an_alias_that_was_asked_for_is_the_value():
    message = reply(answer=[alias("home.dyn.test", "b")])
    assert dns.answer(message, "home.dyn.test", CNAME) == dns.Answer("found", ["b"], 60, None, None, None)


def test_services_are_found_as_values():
    service = Srv(10, 0, 51820, "gw.dyn.test")
    message = reply(answer=[Record("_wg._udp.dyn.test", SRV, 60, service)] * 2)
    assert dns.answer(message, "_wg._udp.dyn.test", SRV) == dns.Answer("found", [service], 60, None, None, None)


# Extended errors


def option(code, data):
    return u16(code) + u16(len(data)) + data


def with_options(options, rcode=0, answer=()):
    opt = Record("", OPT, 0, Opt(1232, 0, 0, options))
    return Message(7, QR | RD | RA, rcode, [Question("home.dyn.test", A)], list(answer), [], [opt])


EXTENDED = [
    (option(15, u16(15)), (15, "blocked")),
    (option(10, b"12345678") + option(15, u16(6)) + option(15, u16(9)), (6, "DNSSEC bogus")),
    (option(15, u16(16) + b"by order"), (16, "censored: by order")),
    (option(15, u16(16) + b"\x1b[31m\x7f~"), (16, "censored: ?[31m?~")),
    (option(15, u16(16) + b"x" * 61), (16, "censored: " + "x" * 60 + "...")),
    (option(15, u16(16) + b"  "), (16, "censored")),
    (option(15, u16(30)), (30, "invalid query type")),
    (option(15, u16(31)), (31, "extended error 31")),
    (option(15, u16(65535)), (65535, "extended error 65535")),
    (option(15, b"\0"), (None, None)),
    (option(15, b""), (None, None)),
    (b"\0\x0f\0\x03\0\x0f", (None, None)),  # longer than the record
    (b"\0\x0f\0", (None, None)),
    (option(16, u16(15)), (None, None)),
    (b"", (None, None)),
]


@pytest.mark.parametrize("options,expected", EXTENDED)
def test_an_extended_error_is_told_in_words(options, expected):
    answer = dns.answer(with_options(options), "home.dyn.test", A)
    assert (answer.extended, answer.reason) == expected


def test_an_extended_error_says_why_a_server_failed():
    answer = dns.answer(with_options(option(15, u16(7)), rcode=2), "home.dyn.test", A)
    assert (answer.status, answer.reason) == ("failed", "SERVFAIL (DNSSEC signature expired)")


def test_an_extended_error_may_stand_beside_addresses():
    answer = dns.answer(with_options(option(15, u16(3)), answer=[address("home.dyn.test")]), "home.dyn.test", A)
    assert (answer.status, answer.values, answer.reason) == ("found", FOUND, "stale answer")


# Responses that cannot be read


def test_a_response_that_repeats_id_and_question_is_the_servers_own_though_unreadable():
    query = dns.query(7, "home.dyn.test", A, True, True)
    response = query[:2] + b"\x81\x80" + query[4:]
    assert dns.repeats(response, query, "home.dyn.test")
    assert dns.repeats(response[:12] + b"\4HOME" + response[17:31] + b"\xff" * 9, query, "home.dyn.test")
    assert dns.repeats(response[:31], query, "home.dyn.test")  # it ends with the question
    assert not dns.repeats(query, query, "home.dyn.test")  # no response
    assert not dns.repeats(response[:30], query, "home.dyn.test")
    assert not dns.repeats(response[:28] + b"\x1c" + response[29:], query, "home.dyn.test")
    assert not dns.repeats(b"\1" + response[1:], query, "home.dyn.test")
    assert not dns.repeats(b"", query, "home.dyn.test")


def test_a_response_that_cannot_be_read_has_no_values_and_says_why():
    assert dns.unread("message cut off") == dns.Answer("unread", [], 0, None, "message cut off", None)
