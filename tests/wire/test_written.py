"""What is written to the kernel, and what is read at the edges: whole messages, bit by bit."""

import binascii
import struct

import pytest

from nametrack import ip, routing
from nametrack.element import ElementList, named
from nametrack.wire import (
    conntrack,
    dnserrors,
    inbound,
    ipset,
    ipsetlink,
    netlink,
    nexthops,
    nft,
    nftchange,
    nftset,
    packets,
    routes,
    rules,
)
from nametrack.wire.dnsmessage import OPT, Message, Opt, Record
from nametrack.wire.netlink import NetlinkError
from nametrack.wire.sets import Form

LITTLE = "<"


def digits(data):
    return binascii.hexlify(data).decode()


def headers(data):
    """[(type, flags, number)] of the messages of a datagram."""
    found, at = [], 0
    while at < len(data):
        size, kind, flags, number, _ = struct.unpack_from("<IHHII", data, at)
        found.append((kind, flags, number))
        at += (size + 3) & ~3
    assert at == len(data)
    return found


def test_flows_to_one_address_are_asked_for_by_a_filter():
    wanted = "3000000001010103070000000000000002000000100001800c000180080002000a0000070c0019800800010002000000"
    assert digits(conntrack.get_flows(2, 7, b"\x0a\0\0\x07", LITTLE)) == wanted


NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = 0xA00, 0xA02, 0xA03, 0xA06


def test_the_table_for_connections_is_made_anew_in_one_transaction():
    data, last = inbound.replace_table(["wan"], 0x100, 7, LITTLE)
    assert last == 16 and headers(data) == [
        (16, 1, 7),
        (NEW_TABLE, 0x405, 8),
        (DELETE_TABLE, 5, 9),
        (NEW_TABLE, 0x405, 10),
        (NEW_CHAIN, 0x405, 11),
        (NEW_CHAIN, 0x405, 12),
        (NEW_RULE, 0xC05, 13),
        (NEW_RULE, 0xC05, 14),
        (NEW_RULE, 0xC05, 15),
        (17, 1, 16),
    ]
    chain, replies = list(netlink.messages(data, LITTLE))[4:6]
    assert digits(bytes(chain.payload)) == (
        "01000000"  # inet
        + "0e0001006e616d65747261636b000000"  # nametrack
        + "0c000300696e626f756e6400"  # inbound
        + "140004800800010000000000"  # prerouting
        + "08000200ffffff6a"  # -150
        + "0b00070066696c74657200" + "00"  # filter
    )  # fmt: skip
    assert digits(bytes(replies.payload)) == (
        "01000000"
        + "0e0001006e616d65747261636b000000"
        + "0c0003007265706c69657300"  # replies
        + "140004800800010000000003"  # output
        + "08000200ffffff6a"
        + "0a000700726f75746500" + "0000"  # route
    )  # fmt: skip
    assert digits(data[:20]) == "14000000100001000700000000000000" + "0000000a"


def test_the_table_for_connections_goes_when_there_are_no_devices():
    data, last = inbound.replace_table([], 0x100, 7, LITTLE)
    assert last == 10 and [each[0] for each in headers(data)] == [16, NEW_TABLE, DELETE_TABLE, 17]


@pytest.mark.parametrize("size, fits", [(1, True), (15, True), (0, False), (16, False)])
def test_the_name_of_a_device_has_1_to_15_bytes(size, fits):
    try:
        inbound.replace_table(["d" * size], 0x100, 7, LITTLE)
    except NetlinkError as error:
        assert not fits and "1 to 15 bytes" in str(error)
    else:
        assert fits


RCODES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN RCODE7 RCODE8 NOTAUTH RCODE10".split()


def test_what_a_server_refuses_by_has_the_name_that_people_know():
    assert [dnserrors.rcode_text(i) for i in range(11)] == RCODES
    assert [dnserrors.rcode_text(i) for i in (16, 22, 23)] == ["BADVERS", "RCODE22", "BADCOOKIE"]


def option(code, data):
    return struct.pack(">HH", code, len(data)) + data


EXTENDED = [
    (option(15, b"\0\x0f"), (15, "blocked")),
    (option(10, b"c" * 300) + option(15, b"\0\x12why"), (18, "prohibited: why")),
    (option(0x010F, b"\0\x0f"), (None, None)),
    (option(15, b"\1\0"), (256, "extended error 256")),
    (option(15, b"\0"), (None, None)),
    (option(15, b"\0\x0f")[:-1], (None, None)),
]


@pytest.mark.parametrize("case", EXTENDED)
def test_an_extended_error_is_found_behind_other_options(case):
    options, told = case
    opt = Record("", OPT, 0, Opt(1232, 0, 0, options))
    assert dnserrors.extended_error(Message(1, 0, 0, [], [], [], [opt])) == told


def nexthop(device, gateway=None, verb=routing.ADD):
    value = routing.Nexthop(4, 900, device, gateway, 190)
    return nexthops.nexthop_text(routing.Change(verb, value), {3: "wg0"})


def test_a_nexthop_as_ip_batch_has_it():
    assert nexthop(3) == "nexthop replace id 900 dev wg0 protocol 190"
    assert nexthop(3, "192.0.2.1") == "nexthop replace id 900 via 192.0.2.1 dev wg0 protocol 190"
    assert nexthop(7) == "nexthop replace id 900 dev if7 protocol 190"
    assert nexthop(0) == "nexthop replace id 900 blackhole protocol 190"
    assert nexthop(0, verb=routing.DELETE) == "nexthop del id 900"


SET, PLAIN = named("nft inet t s4"), Form(4, True, False, False, None, "", True)


def test_an_element_without_a_timeout_among_such_with_one_has_none():
    added = ElementList([ip.key("192.0.2.1"), ip.key("192.0.2.2")], [None, 61])
    lines = list(nft.change_text(SET, PLAIN, ElementList([]), added, ElementList([])))
    assert lines == [
        'add element inet t s4 { 192.0.2.1 comment "nametrack", 192.0.2.2 timeout 1m1s comment "nametrack" }'
    ]
    lines = list(ipset.change_text(named("ipset s4"), False, ElementList([]), added))
    assert "".join(lines).split("\n") == ["add s4 192.0.2.1 -exist", "add s4 192.0.2.2 timeout 61 -exist"]


def test_elements_that_are_changed_by_netlink_go_together_unless_it_is_asked_for():
    keys = [ip.key("192.0.2.%d" % i) for i in range(5)]
    change = (ElementList(keys[:2]), ElementList(keys[2:], [7, None, 9]), ElementList([]))
    assert len(nftchange.requests(SET, PLAIN, change, 1, order=LITTLE)) == 2
    assert len(nftchange.requests(SET, PLAIN, change, 1, True, LITTLE)) == 5


@pytest.mark.parametrize("text, bounds", [("255.255.255.254", 2), ("255.255.255.255", 1), ("255.255.255.0/24", 1)])
def test_a_range_up_to_the_last_address_is_written_without_an_end(text, bounds):
    form = Form(4, False, True, False, None, "", False)
    (data,) = nftchange.requests(SET, form, (ElementList([]), ElementList([ip.key(text)]), ElementList([])), 1)
    (message,) = list(netlink.messages(data))
    (elements,) = [bytes(value) for kind, value in netlink.attributes(bytes(message.payload)[4:]) if kind == 3]
    assert len(list(netlink.attributes(elements))) == bounds


def test_elements_that_changed_while_they_were_listed_are_told_to_have():
    for interrupted in (False, True):
        read = nftset.Elements(PLAIN, 7, 0, LITTLE)
        flags = 2 | (0x10 if interrupted else 0)  # NLM_F_MULTI, NLM_F_DUMP_INTR
        read.feed(struct.pack("<IHHII", 20, 0xA0C, flags, 7, 0) + b"\1\0\0\0")
        assert read.feed(struct.pack("<IHHIIi", 20, 3, 2, 7, 0, 0)) and read.interrupted is interrupted


@pytest.mark.parametrize("kind", [0xA06, 0x607])
def test_rules_and_ipsets_that_changed_while_they_were_listed_are_told_to_have(kind):
    for interrupted in (False, True):
        read = nftset.Rules(SET, 7, LITTLE) if kind == 0xA06 else ipsetlink.Dump(7, 0, LITTLE)
        flags = 2 | (0x10 if interrupted else 0)  # NLM_F_MULTI, NLM_F_DUMP_INTR
        read.feed(struct.pack("<IHHII", 20, kind, flags, 7, 0) + b"\1\0\0\0")
        assert read.feed(struct.pack("<IHHIIi", 20, 3, 2, 7, 0, 0)) and read.interrupted is interrupted


UDP = "4500%04x00000000401100007f0000017f000002" + "0035c000%04x0000"


def test_a_datagram_ends_where_it_says():
    size = 700
    whole = binascii.unhexlify(UDP % (28 + size, 8 + size)) + bytes(size)
    assert len(packets.datagram(whole).data) == size
    assert packets.datagram(whole[:-1]) is None
    empty = binascii.unhexlify(UDP % (28, 8))
    assert packets.datagram(empty).data == b""
    assert packets.datagram(empty[:20]) is None and packets.datagram(empty[:19]) is None


@pytest.mark.parametrize("table, small", [(255, 255), (256, 252), (254, 254)])
def test_a_table_that_does_not_fit_into_the_header_stands_behind_it(table, small):
    change = routing.Change(routing.ADD, routing.Routes(4, table, 900, 0, [ip.key("192.0.2.1")]))
    request = routes.Writer(change, LITTLE).request(ip.key("192.0.2.1"), 0, 7)
    assert request[16 + 4] == small
    (message,) = list(netlink.messages(request, LITTLE))
    assert routes.own_route(message, LITTLE) == (4, table, ip.key("192.0.2.1"), 900, 0)


def test_a_route_that_names_its_table_in_the_header_alone_is_in_that_one():
    head = bytes([2, 32, 0, 0, 254, routing.PROTOCOL, 0, 7, 0, 0, 0, 0])
    data = netlink.message(24, 0, 7, head + netlink.attribute(1, b"\xc0\0\2\1", LITTLE), LITTLE)
    (message,) = list(netlink.messages(data, LITTLE))
    assert routes.own_route(message, LITTLE) == (4, 254, ip.key("192.0.2.1"), routing.UNREACHABLE, 0)


def test_a_rule_says_the_lengths_of_its_prefixes():
    match = routing.match(source="10.0.0.0/8")
    rule = routing.Rule(4, 100, match, routing.LOOKUP, 900, None, routing.PROTOCOL)
    data = rules.change_rule(routing.Change(routing.ADD, rule), 0, 7, LITTLE)
    assert digits(data[16:28]) == "02000800000000010" + "0000000"
    for prefix in ("2001:db8::/32", "192.0.2", "10.0.0.1/8x"):
        wrong = routing.Rule(4, 100, routing.match(source=prefix), routing.LOOKUP, 900, None, routing.PROTOCOL)
        with pytest.raises((NetlinkError, ValueError)):
            rules.change_rule(routing.Change(routing.ADD, wrong), 0, 7, LITTLE)


def test_the_shortest_timeout_of_an_ipset_is_a_second_for_0_would_be_for_ever():
    keys, form = [ip.key("192.0.2.1")], Form(4, True, False, False, None, "", False)

    def written(timeout):
        return ipsetlink.change(ipsetlink.ADD, named("ipset s4"), form, ElementList(keys, [timeout]), 7, LITTLE)

    assert written(0.5) == written(1) != written(2)
