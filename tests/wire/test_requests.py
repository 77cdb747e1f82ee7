"""What the kernel is asked for, bit by bit: the numbers are those of the headers in include/uapi/linux."""

import binascii
import struct

import pytest

from nametrack.element import named
from nametrack.wire import inbound, links, made_by, neighbours, netlink, nexthops, nftset, routes, rules

DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
SET = named("nft inet fw4 mine4")
TABLE = "08000100" + "66773400"  # "fw4"
# message, its type, its flags, what follows the netlink header
REQUESTS = [
    (links.get_links(7, "<"), 18, DUMP, "00" * 16 + "08001d00" + "08000000"),  # without statistics
    (links.get_addresses(7, "<"), 22, DUMP, "00" * 8),
    (neighbours.get_neighbours(7, "<"), 30, DUMP, "00" * 12),
    (nexthops.get_nexthops(7, "<"), 106, DUMP, "00" * 8),
    (rules.get_rules(4, 7, "<"), 34, DUMP, "02" + "00" * 11),
    (rules.get_rules(6, 7, "<"), 34, DUMP, "0a" + "00" * 11),
    (routes.get_routes(4, 255, 190, 7, "<"), 26, DUMP, "02000000ffbe0000" + "00000000"),
    (routes.get_routes(6, 256, 0, 7, "<"), 26, DUMP, "0a000000fc000000" + "00000000" + "08000f00" + "00010000"),
    (inbound.get_rules(7, "<"), 0xA07, DUMP, "01000000" + "0e000100" + "6e616d65747261636b000000"),  # "nametrack"
    (nftset.get_set(SET, 7, "<"), 0xA0A, 0x005, "01000000" + TABLE + "0a000200" + "6d696e6534000000"),  # "mine4"
    (nftset.get_elements(SET, 7, "<"), 0xA0D, DUMP, "01000000" + TABLE + "0a000200" + "6d696e6534000000"),
    (nftset.get_rules(SET, 7, "<"), 0xA07, DUMP, "01000000" + TABLE),
]


def test_a_glance_asks_for_all_rules_and_nexthops_and_for_the_routes_of_one_protocol():
    asked = [request(7) for request in made_by.requests(190, "<")]
    heads = ["00" * 8, "02" + "00" * 11, "0200000000be" + "00" * 6, "0a" + "00" * 11, "0a00000000be" + "00" * 6]
    kinds = [struct.unpack_from("<IHHII", data)[1:] for data in asked]
    assert kinds == [(kind, DUMP, 7, 0) for kind in (106, 34, 26, 34, 26)]
    assert [binascii.hexlify(data[16:]).decode() for data in asked] == heads


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_is_what_the_headers_of_the_kernel_say(case):
    data, kind, flags, rest = case
    assert struct.unpack_from("<IHHII", data) == (len(data), kind, flags, 7, 0)
    assert binascii.hexlify(data[16:]).decode() == rest


def expressions(payload):
    """[(name, {attribute: its number in network order, or its data})] of a rule's expressions."""
    found = []
    for kind, value in netlink.attributes(payload[4:], "<"):
        if kind & 0x3FFF == 4:  # NFTA_RULE_EXPRESSIONS
            for _, expression in netlink.attributes(value, "<"):
                (_, name), (_, data) = netlink.attributes(expression, "<")
                shown = {}
                for which, each in netlink.attributes(data, "<"):
                    whole = struct.unpack(">I", each)[0] if len(each) == 4 else binascii.hexlify(bytes(each)).decode()
                    shown[which & 0x3FFF] = whole
                found.append((bytes(name[:-1]).decode(), shown))
    return found


def data(value, size=4):
    """A value within an attribute NFTA_DATA_VALUE, in hexadecimal digits."""
    return "%02x000100" % (4 + size) + value


def test_the_rules_that_mark_connections_are_those_that_nft_makes_of_their_text():
    datagram, _ = inbound.replace_table(["wan"], 0x100, 7, "<")
    sent = [bytes(item.payload) for item in netlink.messages(datagram, "<") if item.type == 0xA06]
    # what `nft --debug=netlink` shows: register 1 is loaded, looked at, changed, and stored
    mask = {1: 1, 2: 1, 3: 4, 4: data("fffeffff"), 5: data("00010000")}
    assert expressions(sent[0]) == [
        ("meta", {1: 1, 2: 6}),  # iifname
        ("cmp", {1: 1, 2: 0, 3: data("77616e" + "00" * 13, 16)}),
        ("ct", {1: 1, 2: 0}),  # state
        ("bitwise", {1: 1, 2: 1, 3: 4, 4: data("08000000"), 5: data("00000000")}),
        ("cmp", {1: 1, 2: 1, 3: data("00000000")}),
        ("ct", {1: 1, 2: 3}),  # mark
        ("bitwise", mask),
        ("ct", {2: 3, 4: 1}),
    ]
    marked = [
        ("ct", {1: 1, 2: 3}),
        ("bitwise", {1: 1, 2: 1, 3: 4, 4: data("00010000"), 5: data("00000000")}),
        ("cmp", {1: 1, 2: 0, 3: data("00010000")}),
        ("meta", {1: 1, 2: 3}),  # mark
        ("bitwise", mask),
        ("meta", {2: 3, 3: 1}),
    ]
    assert expressions(sent[1]) == marked
    assert expressions(sent[2]) == [("meta", {1: 1, 2: 3}), ("cmp", {1: 1, 2: 0, 3: data("00000000")})] + marked


def test_the_same_rules_as_text():
    assert inbound.inbound_lines([], 0x100) == ["# nft -f", "add table inet nametrack", "delete table inet nametrack"]
    lines = inbound.inbound_lines(["wan"], 0x100)
    assert lines[3:] == [
        "add table inet nametrack",
        "add chain inet nametrack inbound { type filter hook prerouting priority -150; }",
        "add chain inet nametrack replies { type route hook output priority -150; }",
        'add rule inet nametrack inbound iifname "wan" ct state new ct mark set ct mark or 0x00000100 '
        'comment "began on wan: marked 0x00000100"',
        "add rule inet nametrack inbound ct mark and 0x00000100 == 0x00000100 meta mark set mark or 0x00000100 "
        'comment "its packets: marked 0x00000100"',
        "add rule inet nametrack replies meta mark 0 ct mark and 0x00000100 == 0x00000100 "
        'meta mark set mark or 0x00000100 comment "replies to it: marked 0x00000100"',
    ]
