"""packets.py: a DNS answer out of a packet, whatever the packet is."""

import struct

import pytest

from mutations import Chance, mutated
from nametrack.wire.packets import WITH_NAME, asked_name, datagram, dns_answer

UDP = struct.pack(">HHHH", 53, 5353, 8 + 5, 0) + b"hello"
V4 = bytes([0x45, 0, 0, 20 + len(UDP), 0, 0, 0x40, 0, 64, 17, 0, 0, 192, 168, 1, 1, 192, 168, 1, 9]) + UDP
V6 = b"\x60\0\0\0" + struct.pack(">HBB", len(UDP), 17, 64) + b"\xfd" + bytes(14) + b"\1" + bytes(16) + UDP


@pytest.mark.parametrize("packet,source", [(V4, "192.168.1.1"), (V6, "fd00::1")])
def test_an_answer_has_its_source_and_its_message(packet, source):
    assert dns_answer(packet) == (source, b"hello")
    assert dns_answer(memoryview(packet)) == (source, b"hello")
    assert dns_answer(packet + b"padding") == (source, b"hello")


def test_options_of_the_header_are_stepped_over():
    assert dns_answer(b"\x46" + V4[1:20] + bytes(4) + V4[20:]) == ("192.168.1.1", b"hello")


def changed(packet, at, value):
    return packet[:at] + bytes([value]) + packet[at + 1 :]


OTHERS = [
    changed(V4, 9, 6),
    changed(V6, 6, 6),
    changed(V4, 6, 0x20),  # the first fragment
    changed(V4, 7, 1),
    changed(V4, 21, 54),
    changed(V6, 41, 54),
    changed(V4, 0, 0x44),  # a header too short
    changed(V4, 0, 0x55),
    changed(V4, 25, 7),  # a datagram shorter than its header
    changed(V4, 25, 14),  # longer than the packet
    b"",
]


@pytest.mark.parametrize("packet", OTHERS)
def test_any_other_packet_is_none(packet):
    assert dns_answer(packet) is None


@pytest.mark.parametrize("packet", [V4, V6])
def test_a_packet_cut_anywhere_is_none(packet):
    for size in range(len(packet)):
        assert dns_answer(packet[:size]) is None


def test_mutated_packets_are_an_answer_or_none():
    chance = Chance(19)
    for _ in range(2000):
        answer = dns_answer(mutated(chance, V4 if chance.below(2) else V6, [V4, V6]))
        assert answer is None or isinstance(answer[1], bytes)


QUESTIONS = [
    (b"\3WwW\7Example\3net\0", "www.example.net"),
    (b"\0", ""),
    (b"\3a.b\3net\0", "a.b.net"),
    (b"\3a\\b\3net\0", None),
    (b"\2\xff\xfe\3net\0", None),
    (b"\3www\xc0\x0c", None),
    (b"\3www", None),
    (b"\x3f" + 63 * b"a" + b"\0", "a" * 63),
    (b"\x40" + 64 * b"a" + b"\0", None),  # no length of a label
    (b"", None),
]


@pytest.mark.parametrize("name,text", QUESTIONS)
def test_the_name_of_a_question_is_told_without_a_look_at_anything_else(name, text):
    for head in (V4[:28], b"\x46" + V4[1:20] + bytes(4) + V4[20:28], V6[:48]):
        assert asked_name(head + bytes(12) + name) == text


def test_the_longest_name_ends_within_the_bytes_that_are_looked_at():
    name = 3 * (b"\x3f" + 63 * b"a") + b"\x3d" + 61 * b"b" + b"\0"
    packet = V6[:48] + bytes(12) + name
    assert len(packet) <= WITH_NAME and asked_name(packet).endswith("b")


def test_any_bytes_have_a_name_or_none():
    chance = Chance(20261126)
    for _ in range(2000):
        data = mutated(chance, V6[:48] + bytes(12) + QUESTIONS[0][0], [V4])
        assert asked_name(data) is None or isinstance(asked_name(data), str)


def test_both_ports_of_a_datagram_are_told_with_all_their_bits():
    found = datagram(V4[:20] + struct.pack(">HHHH", 0x1234, 0xFEDC, 8, 0))
    assert (found.source_port, found.to_port) == (0x1234, 0xFEDC)
