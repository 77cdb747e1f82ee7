"""bpf.py: the filters of sockets, against a matcher in Python."""

import struct
import sys

import pytest
from bpf_machine import run

from mutations import Chance
from nametrack.wire import bpf, rtnetlink
from nametrack.wire.dnsname import name_to_wire

CASES = 2000 if sys.implementation.name == "micropython" else 10000
DOMAINS = ["example.net", "foo.test", "a-b.co.uk", "x1.org"]
HOSTS = ["foo.test", "www.other.test", "y.example.uk"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["example", "net", "foo", "test", "a-b", "co", "uk", "x1", "org", "EXAMPLE", "Net", "xexample", "a" * 63, "y"]


def packet(name, version=4, port=53, flags=0x8180, fragment=0, protocol=17, options=0, questions=1):
    message = struct.pack(">HHHHHH", 1, flags, questions, 0, 0, 0) + name + b"\0\1\0\1"
    udp = struct.pack(">HHHH", port, 5353, 8 + len(message), 0) + message
    if version != 4:
        return bytes([version << 4, 0, 0, 0]) + struct.pack(">HBB", len(udp), protocol, 64) + bytes(32) + udp
    head = struct.pack(">BBHHHBBH", 0x45 + options, 0, 20 + len(udp), 0, fragment, 64, protocol, 0)
    return head + bytes(8 + 4 * options) + udp


def raw(text):
    """The wire form of a name with its letters as they are."""
    return b"".join([bytes([len(label)]) + label.encode() for label in text.split(".")]) + b"\0"


def below(text, domains):
    labels = text.lower().split(".")
    return any(".".join(labels[i:]) in domains for i in range(1, len(labels)))


def takes(program, data, packet_type=4):
    taken = run(program, data, packet_type)
    assert taken in (0, 65535)  # no packet is longer
    return taken > 0


@pytest.mark.parametrize("version", [4, 6])
def test_the_filter_takes_what_a_matcher_in_python_takes(version):
    program = bpf.answers_about(DOMAINS, HOSTS)
    chance, taken = Chance(16 + version), 0
    for _ in range(CASES):
        labels = [WORDS[chance.below(len(WORDS))] for _ in range(1 + chance.below(6))]
        if chance.below(5) < 2:
            known = DOMAINS + HOSTS
            labels = labels[1:] + known[chance.below(len(known))].split(".")
        name = ".".join(labels)
        if len(name) > 253 or len(labels) >= bpf.LABELS:
            continue
        wanted = below(name, DOMAINS) or name.lower() in HOSTS
        assert takes(program, packet(raw(name), version)) == wanted, name
        taken += wanted
    assert taken > CASES // 5


def test_names_are_compared_unless_there_are_lists_for_which_a_program_has_no_room():
    assert bpf.compared(DOMAINS, HOSTS, ()) == (DOMAINS, HOSTS)
    assert bpf.compared(DOMAINS, HOSTS, ["/etc/nametrack/list.txt"]) == ((), ())


@pytest.mark.parametrize("count", [41, 200, 480])
def test_the_filter_of_many_names_takes_all_that_are_wanted_and_few_others(count):
    domains = [
        "%s%d.shop.example" % ("abcdefgh"[i % 8] + "xyzuvwst"[i // 8 % 8] + "ijklmnop"[i // 64], i)
        for i in range(count)
    ]
    program = bpf.answers_about(domains, ["listed.test"])
    assert 8 * count < len(program) <= 8 * bpf.MOST
    for name in ["a.%s" % domain for domain in domains] + ["LISTED.test", "x.y.%s" % domains[-1].upper()]:
        assert takes(program, packet(raw(name))) and takes(program, packet(raw(name), 6)), name
    for name in ("www.other.test", "a.b.c.d.e", "shop.example", "x"):
        assert not takes(program, packet(raw(name))), name


@pytest.mark.parametrize("short,others", [("x", True), ("xy", False)])
def test_beside_many_names_a_short_one_is_taken_too(short, others):
    """Of a name of one letter there are no three to be compared: all are taken then."""
    program = bpf.answers_about(["abc%d.shop.example" % i for i in range(100)], [short])
    assert takes(program, packet(raw(short))) and takes(program, packet(raw("a.abc7.shop.example")))
    assert takes(program, packet(raw("www.other.test"))) is others


NAMES = [
    ("www.example.net", True),
    ("WWW.eXample.NET", True),
    ("a.b.example.net", True),
    ("example.net", False),  # the domain itself
    ("xexample.net", False),
    ("www.xexample.net", False),
    ("example.net.evil.test", False),
    ("www.example.netx", False),
    ("net", False),
]


def test_each_letter_may_be_a_capital_and_no_other_letter():
    program = bpf.answers_about([], [LETTERS + "-09.test"])
    for i in range(26):
        capital, other = LETTERS[i].upper(), LETTERS[i - 1]
        assert takes(program, packet(raw(LETTERS.replace(LETTERS[i], capital) + "-09.test")))
        assert not takes(program, packet(raw(LETTERS.replace(LETTERS[i], other) + "-09.test")))


@pytest.mark.parametrize("name,taken", NAMES)
def test_names_are_compared_by_labels(name, taken):
    assert takes(bpf.answers_about(["example.net"], []), packet(raw(name))) is taken


@pytest.mark.parametrize("labels", [2, 7, 8, 9])
def test_a_name_of_eight_labels_is_left_to_the_agent(labels):
    name = raw(".".join(["a"] * (labels - 1) + ["test"]))
    assert takes(bpf.answers_about(["example.net"], []), packet(name)) is (labels >= 8)


@pytest.mark.parametrize("length", [64, 0xC0])
def test_what_is_longer_than_a_label_is_none(length):
    name = bytes([length]) + b"a" * length + raw("example.net")
    assert not takes(bpf.answers_about(["example.net"], []), packet(name))


OTHERS = [
    ({"port": 5353}, "another source port"),
    ({"flags": 0x0100}, "a question"),
    ({"fragment": 0x2000}, "the first fragment"),
    ({"fragment": 0x0010}, "a later fragment"),
    ({"fragment": 0x0001}, "the eighth byte and what follows"),
    ({"version": 5}, "another protocol than IP"),
    ({"version": 7}, "another protocol than IP"),
    ({"protocol": 6}, "TCP"),
    ({"version": 6, "protocol": 6}, "TCP over IPv6"),
]


@pytest.mark.parametrize("changes,what", OTHERS)
def test_nothing_but_a_dns_answer_is_taken(changes, what):
    assert not takes(bpf.answers_about([], []), packet(raw("www.example.net"), **changes)), what


@pytest.mark.parametrize("packet_type", [0, 1, 2, 3, 6])
def test_only_what_this_machine_sends_is_taken(packet_type):
    assert not takes(bpf.answers_about([], []), packet(raw("www.example.net")), packet_type)


def test_a_header_with_options_is_stepped_over():
    assert takes(bpf.answers_about(["example.net"], []), packet(raw("www.example.net"), options=3))


def test_a_packet_cut_anywhere_is_refused_or_whole():
    program = bpf.answers_about(["example.net"], [])
    whole = packet(raw("www.example.net"))
    end = len(whole) - 4  # type and class are not looked at
    for size in range(end):
        assert not takes(program, whole[:size])
    assert takes(program, whole[:end])


QUESTION, ANSWER = 0x0100, 0x8180
EXCHANGE = ((4, QUESTION), (0, ANSWER))  # leaves, comes to us


@pytest.mark.parametrize("version", [4, 6])
def test_an_exchange_is_a_question_that_leaves_and_an_answer_that_comes(version):
    program = bpf.exchanges_about(["example.net"], [])
    for packet_type in (0, 1, 2, 3, 4, 6):
        for flags in (QUESTION, ANSWER, 0x2900):
            for port in (53, 5335):
                for name in ("www.example.net", "www.example.org"):
                    wanted = name == "www.example.net" and (packet_type, flags) in EXCHANGE
                    assert takes(program, packet(raw(name), version, port, flags), packet_type) == wanted


@pytest.mark.parametrize("questions", [0, 2, 256])
def test_what_has_not_one_question_is_no_part_of_an_exchange(questions):
    for packet_type, flags in EXCHANGE:
        data = packet(raw("www.example.net"), 4, 5335, flags, questions=questions)
        assert not takes(bpf.exchanges_about(["example.net"], []), data, packet_type)


def test_of_exchanges_about_more_names_than_the_kernel_takes_all_are_taken():
    begins = ["%s%s%s" % (LETTERS[i % 26], LETTERS[i // 26 % 26], LETTERS[i // 676]) for i in range(5000)]
    program = bpf.exchanges_about([], ["%s.test" % each for each in begins])
    assert len(program) // 8 <= bpf.MOST
    for packet_type, flags in EXCHANGE:
        assert takes(program, packet(raw("www.example.net"), 4, 5335, flags), packet_type)


def test_of_what_happens_to_routes_the_deletion_of_ours_by_others_is_taken():
    for own in (None, 77):
        program = bpf.deletions_by_others(190, own)
        for kind in (rtnetlink.NEW_ROUTE, rtnetlink.DELETE_ROUTE, rtnetlink.DELETE_RULE, 0x1919):
            for protocol in (4, 190):
                for port in (0, 1, 76, 77, 0xFFFFF04D, 77 << 24):
                    head = struct.pack("IHHII", 28, kind, 0, 5, port)
                    message = head + bytes([2, 32, 0, 0, 254, protocol, 0, 7]) + bytes(4)
                    wanted = kind == rtnetlink.DELETE_ROUTE and protocol == 190 and port not in (0, own)
                    assert takes(program, message) == wanted, (own, kind, protocol, port)
        assert not takes(program, message[:21])


@pytest.mark.parametrize("count", [0, 1, 4, 8, 16, 32, 200])
def test_a_program_is_one_the_kernel_takes_however_many_names(count):
    domains = ["host%d.example%d.net" % (i, i) for i in range(count)]
    hosts = ["www.%s" % domain for domain in domains]
    assert len(bpf.answers_about([], hosts * 10)) // 8 <= bpf.MOST
    program = bpf.answers_about(domains, [])
    assert len(program) % 8 == 0 and len(program) // 8 <= bpf.MOST
    assert takes(program, packet(raw("www.host0.example0.net")))
    assert takes(program, packet(raw("www.other.test"))) is (count == 0)


def test_the_longest_domain_fits():
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 57])
    assert len(name_to_wire("x." + longest)) <= 255
    assert takes(bpf.answers_about([longest], []), packet(raw("x." + longest)))
    assert takes(bpf.answers_about([], [longest]), packet(raw(longest)))
    assert not takes(bpf.answers_about([], [longest]), packet(raw("x." + longest)))
    assert not takes(bpf.answers_about([longest], []), packet(raw("x." + longest[:-1] + "e")))
