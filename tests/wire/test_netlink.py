"""netlink.py: messages and attributes, held against what a Linux 6.1 kernel sent and took."""

import binascii
import json
import struct

import pytest

from nametrack.wire import netlink
from nametrack.wire.netlink import NetlinkError

LITTLE = "<"


def recorded(scenario, direction):
    """The datagrams of one scenario, in order; the recording is of a little-endian machine."""
    with open(__file__[: __file__.rfind("/")] + "/data/wireguard.jsonl") as lines:
        found = [json.loads(line) for line in lines]
    found = [one for one in found if one["scenario"] == scenario and one["dir"] == direction]
    return [binascii.unhexlify(one["hex"]) for one in found]


def acknowledgement(code, flags, rest, kind=netlink.ERROR):
    return netlink.message(kind, flags, 7, struct.pack("<i", code) + rest, LITTLE)


def test_the_request_for_a_family_is_the_recorded_one():
    assert netlink.get_family("wireguard", 1, LITTLE) == recorded("getfamily", ">")[0]


def test_the_recorded_family_has_its_number_and_no_groups():
    reply = netlink.reply(recorded("getfamily", "<")[0], 1, LITTLE)
    assert reply.errno is None
    assert len(reply.messages) == 1
    assert netlink.family(reply.messages[0], LITTLE) == netlink.Family(32, {})


def test_the_recorded_acknowledgement_ends_the_request_well():
    assert netlink.reply(recorded("getfamily", "<")[1], 1, LITTLE) == netlink.Reply([], 0, "", False)


def test_the_recorded_error_is_a_positive_error_number():
    assert netlink.reply(recorded("get-absent", "<")[0], 7, LITTLE).errno == 19


def family_message(*groups):
    found = [netlink.attribute(1, b"\x20\0", LITTLE)]
    members = [netlink.nested(1 + i, groups[i], LITTLE) for i in range(len(groups))]
    found.append(netlink.nested(7, members, LITTLE))
    data = netlink.generic_message(netlink.CONTROLLER, 0, 7, 1, 2, found, LITTLE)
    return next(netlink.messages(data, LITTLE))


def test_multicast_groups_are_known_by_name():
    peers = [netlink.attribute(2, b"\x05\0\0\0", LITTLE), netlink.name_attribute(1, "peers", 15, LITTLE)]
    other = [netlink.attribute(2, b"\x06\0\0\0", LITTLE), netlink.name_attribute(1, "other", 15, LITTLE)]
    assert netlink.family(family_message(peers, other), LITTLE).groups == {"peers": 5, "other": 6}


def test_a_multicast_group_without_a_number_is_an_error():
    with pytest.raises(NetlinkError, match="without a name or a number"):
        netlink.family(family_message([netlink.name_attribute(1, "peers", 15, LITTLE)]), LITTLE)


def test_a_family_without_a_number_is_an_error():
    data = netlink.generic_message(netlink.CONTROLLER, 0, 7, 1, 2, [], LITTLE)
    with pytest.raises(NetlinkError, match="a family without a number"):
        netlink.family(next(netlink.messages(data, LITTLE)), LITTLE)


@pytest.mark.parametrize("kind,command", [(netlink.CONTROLLER, 2), (32, 1)])
def test_a_family_is_described_by_the_controller_alone(kind, command):
    data = netlink.generic_message(kind, 0, 7, command, 2, [netlink.attribute(1, b"\x20\0", LITTLE)], LITTLE)
    with pytest.raises(NetlinkError, match="not the description of a family"):
        netlink.family(next(netlink.messages(data, LITTLE)), LITTLE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_messages_of_one_datagram_come_apart_as_they_were_put_together(order):
    data = netlink.message(20, 5, 1, b"abcd", order) + netlink.message(21, 0, 0xFFFFFFFF, b"", order)
    found = [(m.type, m.flags, m.seq, m.pid, bytes(m.payload)) for m in netlink.messages(data, order)]
    assert found == [(20, 5, 1, 0, b"abcd"), (21, 0, 0xFFFFFFFF, 0, b"")]


def test_an_empty_datagram_has_no_messages():
    assert list(netlink.messages(b"", LITTLE)) == []


@pytest.mark.parametrize("length", [0, 15, 21, 0xFFFFFFFF])
def test_a_message_length_that_cannot_be_is_an_error(length):
    with pytest.raises(NetlinkError, match="but only 20 are left"):
        list(netlink.messages(struct.pack("<IHHIII", length, 20, 0, 1, 0, 0), LITTLE))


@pytest.mark.parametrize("order", ["<", ">"])
def test_attributes_come_apart_as_they_were_put_together(order):
    data = b"".join([netlink.attribute(1, b"abcde", order), netlink.nested(2, [], order)])
    assert len(data) == 16
    assert list(netlink.attributes(data, order)) == [(1, b"abcde"), (2, b"")]


def test_the_flags_in_an_attribute_type_are_masked():
    data = struct.pack("<HHHHHH", 4, 0x8003, 4, 0x4004, 4, 0xFFFF)
    assert [kind for kind, _ in netlink.attributes(data, LITTLE)] == [3, 4, 0x3FFF]


def test_the_last_attribute_may_lack_its_padding():
    assert list(netlink.attributes(b"\x05\0\x01\0a", LITTLE)) == [(1, b"a")]


@pytest.mark.parametrize("data", [b"\x04\0\x01", b"\x03\0\x01\0", b"\0\0\0\0", b"\x09\0\x01\0abcd"])
def test_an_attribute_length_that_cannot_be_is_an_error(data):
    with pytest.raises(NetlinkError, match="an attribute"):
        list(netlink.attributes(data, LITTLE))
    with pytest.raises(NetlinkError, match="an attribute of 9 bytes, but only 8 are left"):
        list(netlink.attributes(bytes([4, 0, 1, 0, 9, 0, 1, 0]) + bytes(4), LITTLE))


def test_a_value_larger_than_an_attribute_is_an_error():
    assert len(netlink.attribute(1, bytes(65531), LITTLE)) == 65536
    with pytest.raises(NetlinkError, match="do not fit into an attribute"):
        netlink.attribute(1, bytes(65532), LITTLE)


@pytest.mark.parametrize("name", ["", "sixteen-bytes-xx", "a\0b"])
def test_a_name_that_does_not_fit_is_an_error(name):
    with pytest.raises(NetlinkError, match="a name has 1 to 15 bytes"):
        netlink.name_attribute(2, name, 15, LITTLE)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_number_has_its_exact_size(size):
    value = bytes([1]) + bytes(size - 1)
    assert netlink.unsigned(value, size, "<") == 1
    assert netlink.unsigned(value, size, ">") == 1 << (8 * (size - 1))
    for wrong in (value[1:], value + b"\0"):
        with pytest.raises(NetlinkError, match="a number of"):
            netlink.unsigned(wrong, size, "<")


def test_a_text_ends_at_its_nul_and_is_utf8():
    assert netlink.text(b"wg0\0rest") == "wg0"
    assert netlink.text(b"wg0") == "wg0"
    with pytest.raises(NetlinkError, match="not UTF-8"):
        netlink.text(b"\xff\0")


def test_an_answer_to_another_request_is_left_out():
    assert netlink.reply(acknowledgement(-2, 0, bytes(16)), 8, LITTLE) == netlink.Reply([], None, "", False)


def test_done_ends_a_dump_with_its_error_number():
    data = netlink.message(40, 2, 7, b"", LITTLE) + acknowledgement(-4, 2, b"", netlink.DONE)
    reply = netlink.reply(data, 7, LITTLE)
    assert ([m.type for m in reply.messages], reply.errno) == ([40], 4)


def test_an_interrupted_dump_says_so():
    assert netlink.reply(acknowledgement(0, 0x12, b"", netlink.DONE), 7, LITTLE).interrupted
    assert netlink.reply(netlink.message(40, 0x12, 7, b"", LITTLE), 7, LITTLE).interrupted


def test_nothing_is_made_of_a_noop():
    assert netlink.reply(netlink.message(netlink.NOOP, 0, 7, b"", LITTLE), 7, LITTLE).messages == []


def test_an_overrun_is_an_error_whatever_its_number():
    with pytest.raises(NetlinkError, match="the kernel lost messages"):
        netlink.reply(netlink.message(netlink.OVERRUN, 0, 0, b"", LITTLE), 7, LITTLE)


WORDS = netlink.attribute(1, b"no such thing\0", LITTLE)
QUOTED = netlink.message(32, 5, 7, b"abcde", LITTLE)


@pytest.mark.parametrize(
    "flags,rest,kind",
    [
        (0x300, bytes(16) + WORDS, netlink.ERROR),  # the request's header only
        (0x200, QUOTED + bytes(3) + WORDS, netlink.ERROR),  # the whole request, padded
        (0x202, WORDS, netlink.DONE),
    ],
)
def test_the_words_of_an_extended_acknowledgement_are_read(flags, rest, kind):
    reply = netlink.reply(acknowledgement(-22, flags, rest, kind), 7, LITTLE)
    assert (reply.errno, reply.text) == (22, "no such thing")


def test_an_extended_acknowledgement_may_say_nothing():
    assert netlink.reply(acknowledgement(-22, 0x300, bytes(16)), 7, LITTLE)[1:3] == (22, "")


def test_a_quoted_request_longer_than_the_message_is_an_error():
    with pytest.raises(NetlinkError, match="quoted request is cut short"):
        netlink.reply(acknowledgement(-22, 0x200, b"\xff" * 16), 7, LITTLE)


def test_a_positive_error_number_is_an_error():
    with pytest.raises(NetlinkError, match="not an error number"):
        netlink.reply(acknowledgement(1, 0, bytes(16)), 7, LITTLE)


def test_an_acknowledgement_cut_short_is_an_error():
    for payload in (b"", bytes(19)):
        with pytest.raises(NetlinkError, match="acknowledgement is cut short"):
            netlink.reply(netlink.message(netlink.ERROR, 0, 7, payload, LITTLE), 7, LITTLE)


def read_family(data):
    """Whether these bytes were taken for a family; NetlinkError is the only other way out."""
    try:
        for message in netlink.reply(data, 1, LITTLE).messages:
            netlink.family(message, LITTLE)
    except NetlinkError:
        return False
    return True


def test_a_family_cut_anywhere_is_an_error():
    data = recorded("getfamily", "<")[0]
    assert read_family(data)
    assert [size for size in range(1, len(data)) if read_family(data[:size])] == []


def test_a_mutated_family_raises_nothing_else():
    data = recorded("getfamily", "<")[0]
    words = acknowledgement(-22, 0x200, QUOTED + bytes(3) + WORDS)
    state = 1
    for _ in range(3000):
        for original in (data, words):
            mutated = bytearray(original)
            for _ in range(3):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                mutated[(state >> 8) % len(mutated)] = state >> 20 & 255
            read_family(bytes(mutated))
            try:
                netlink.reply(bytes(mutated), 7, LITTLE)
            except NetlinkError:
                pass
