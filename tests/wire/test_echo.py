"""echo.py: ICMP echo requests, their replies, and which messages the kernel keeps from the socket."""

import struct

import pytest

from nametrack.wire import echo


def test_a_request_has_a_right_checksum_for_ipv4_and_none_for_ipv6():
    four, six = echo.request(4, 0x1234, 0x10005), echo.request(6, 0x1234, 5)
    assert struct.unpack_from(">BBxxHH", four) == (8, 0, 0x1234, 5)
    assert struct.unpack_from(">BBHHH", six) == (128, 0, 0, 0x1234, 5)
    assert summed(four) == 0xFFFF and len(four) == len(six) == 104


def summed(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_the_checksum_is_right_whatever_is_carried():
    # the header begins with 0x0800: these sums end just below, at and above one and two times 16 bits
    for identifier in (0, 1, 0xF7FE, 0xF7FF, 0xF800, 0xF801, 0xFFFF):
        for number in (0, 1, 0x7FF, 0x800, 0xF7FF, 0xF800, 0xFFFE, 0xFFFF):
            assert summed(echo.request(4, identifier, number)) == 0xFFFF, (identifier, number)


HEADER = b"\x46" + bytes(23)  # with options: six words
REPLY4, REPLY6 = struct.pack(">BBHHH", 0, 0, 0, 0x1234, 5), struct.pack(">BBHHH", 129, 0, 0, 0x1234, 5)
REPLIES = [
    (4, HEADER + REPLY4, True),
    (4, b"\x45" + bytes(19) + REPLY4, True),
    (4, REPLY4, False),  # without a header
    (4, b"\x65" + bytes(19) + REPLY4, False),
    (4, HEADER + REPLY4[:7], False),
    (4, HEADER + b"\x08" + REPLY4[1:], False),  # a request
    (4, HEADER + REPLY4[:5] + b"\x35" + REPLY4[6:], False),  # another program's
    (4, HEADER + REPLY4[:4] + b"\x13" + REPLY4[5:], False),
    (6, REPLY6, True),
    (6, REPLY6[:7], False),
    (6, b"\x80" + REPLY6[1:], False),
    (6, REPLY4, False),
]


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_is_one_to_a_request_of_ours(case):
    family, data, is_one = case
    assert echo.is_reply(family, data, 0x1234) is is_one


def test_the_kernel_passes_echo_replies_only():
    level, option, value = echo.reply_filter(4)
    assert (level, option) == (255, 1) and struct.unpack("I", value) == (0xFFFFFFFE,)  # SOL_RAW, ICMP_FILTER
    level, option, value = echo.reply_filter(6)
    assert (level, option) == (58, 1)  # IPPROTO_ICMPV6, ICMPV6_FILTER
    passed = [i for i in range(256) if not struct.unpack("8I", value)[i >> 5] >> (i & 31) & 1]
    assert passed == [129]
