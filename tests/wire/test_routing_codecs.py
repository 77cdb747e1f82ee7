"""Rules, nexthops, routes, links and neighbours as bytes, beside recordings of what the kernel said of `ip`'s work.

tests/kernel/test_kernel_routes.py asks the kernel of this machine.
"""

import binascii

import pytest
from recorded_routing import LINK, RECORDED

from nametrack import ip, routing
from nametrack.wire import (
    echo,
    inbound,
    links,
    made_by,
    neighbours,
    netlink,
    nexthops,
    nfnetlink,
    routes,
    routing_text,
    rtnetlink,
    rules,
)

LITTLE, BIG = "<", ">"
RULE = routing.Rule(
    4,
    503,
    routing.match(source="192.168.1.0/24", transport=6, dports=(443, 8443), mark=(0x100, 0xFF00)),
    routing.LOOKUP,
    900,
    None,
    190,
)
VALUES = [
    RULE,
    routing.Rule(6, 500, routing.match(iif="lo", transport=17, sports=(5, 5)), routing.GOTO, 999, None, 190),
    routing.Rule(4, 999, routing.ANYTHING, routing.NOP, None, None, 190),
    routing.Rule(4, 501, routing.match(oif="fifteen-bytes-x", destination="192.0.2.1"), routing.LOOKUP, 254, 1, 190),
]
HOPS = [
    routing.Nexthop(4, 902, 7, "192.0.2.1", 190),
    routing.Nexthop(6, 903, 7, "fe80::1", 190),
    routing.Nexthop(6, 901, 0, None, 190),
    routing.Nexthop(4, 904, 8, None, 190),
]


def one(data, order):
    return list(netlink.messages(data, order))[0]


@pytest.mark.parametrize("order", [LITTLE, BIG])
def test_what_is_written_is_read_as_the_same(order):
    unmarked = routing.Rule(4, 502, routing.match(mark=(0, 0xFF0000)), routing.LOOKUP, 254, None, 190)
    for value in VALUES + [unmarked]:
        message = one(rules.change_rule(routing.Change(routing.ADD, value), 0, 1, order), order)
        assert (message.type, rules.rule(message, order)) == (rtnetlink.NEW_RULE, value)
    for value in HOPS:
        message = one(nexthops.change_nexthop(routing.Change(routing.ADD, value), 0, 1, order), order)
        assert (message.type, nexthops.nexthop(message, order)) == (rtnetlink.NEW_NEXTHOP, value)
    for family, via, keys in (
        (4, 902, ["192.0.2.1", "198.51.100.0/24", "0.0.0.0/0"]),
        (6, 903, ["2001:db8::1", "2001:db8::/32", "::/0"]),
        (4, 1, ["192.0.2.1"]),
        (4, routing.UNREACHABLE, ["192.0.2.1"]),
        (6, routing.THROW, ["2001:db8::/64"]),
    ):
        value = routing.Routes(family, 900, via, 9999, [ip.key(key) for key in keys])
        writer = routes.Writer(routing.Change(routing.ADD, value), order)
        for key in value.keys:
            message = one(writer.request(key, 0, 1), order)
            assert routes.own_route(message, order) == (family, 900, key, via, 9999)


def test_in_a_table_of_others_nothing_of_theirs_is_replaced_and_in_ours_the_new_way_takes_the_old_ones_place():
    for table, verb, flags in (
        (254, routing.ADD, netlink.REQUEST | 0x400 | 0x200),  # NLM_F_CREATE, NLM_F_EXCL
        (900, routing.ADD, netlink.REQUEST | 0x400 | 0x100),  # NLM_F_CREATE, NLM_F_REPLACE
        (900, routing.DELETE, netlink.REQUEST),
    ):
        change = routing.Change(verb, routing.Routes(4, table, routing.UNREACHABLE, 9999, [ip.key("192.0.2.1")]))
        assert one(routes.Writer(change, LITTLE).request(ip.key("192.0.2.1"), 0, 1), LITTLE).flags == flags
    for verb, flags in ((routing.ADD, netlink.REQUEST | 0x400 | 0x100), (routing.DELETE, netlink.REQUEST)):
        message = nexthops.change_nexthop(routing.Change(verb, HOPS[0]), 0, 1, LITTLE)
        assert one(message, LITTLE).flags == flags


@pytest.mark.parametrize("action,word", [(3, "nop"), (6, "blackhole"), (7, "unreachable"), (8, "prohibit")])
def test_what_a_rule_does_is_said_as_ip_rule_has_it(action, word):
    rule = routing.Rule(4, 999, routing.ANYTHING, action, None, None, 190)
    assert rules.rule_text(routing.Change(routing.DELETE, rule)) == "rule delete pref 999 %s protocol 190" % word


@pytest.mark.parametrize("kind", [2, 8])
def test_a_nexthop_that_is_a_group_or_wraps_packets_is_never_taken_for_one_of_ours(kind):
    """NHA_GROUP, NHA_ENCAP."""
    head = bytes([2, 0, 190, 0]) + bytes(4)
    parts = [rtnetlink.number(1, 902, LITTLE), rtnetlink.number(5, 7, LITTLE), netlink.attribute(kind, b"", LITTLE)]
    message = one(netlink.message(rtnetlink.NEW_NEXTHOP, 0, 1, head + b"".join(parts), LITTLE), LITTLE)
    assert nexthops.nexthop(message, LITTLE).device is None
    message = one(netlink.message(rtnetlink.NEW_NEXTHOP, 0, 1, head + b"".join(parts[::-1]), LITTLE), LITTLE)
    assert nexthops.nexthop(message, LITTLE).device is None


def test_a_deletion_names_our_protocol_so_that_it_meets_nothing_of_others():
    change = routing.Change(routing.DELETE, routing.Routes(4, 254, routing.UNREACHABLE, 9999, [ip.key("192.0.2.1")]))
    message = one(routes.Writer(change, LITTLE).request(ip.key("192.0.2.1"), 0, 1), LITTLE)
    assert message.type == rtnetlink.DELETE_ROUTE and message.payload[5] == routing.PROTOCOL
    message = one(rules.change_rule(routing.Change(routing.DELETE, RULE), 0, 1, LITTLE), LITTLE)
    assert message.type == rtnetlink.DELETE_RULE and rules.rule(message, LITTLE) == RULE


def heard(command):
    return one(binascii.unhexlify(RECORDED[command]), LITTLE)


@pytest.mark.parametrize("command", [command for command in RECORDED if " rule " in command])
def test_recorded_rules(command):
    found = rules.rule(heard(command), LITTLE)
    if " not " in command:
        assert found.match.others and found.match.source == "192.168.1.9" and found.protocol == 0
    elif "-6" in command:
        wanted = routing.match(iif="lo", transport=17, sports=(51820, 51820))
        assert found == routing.Rule(6, 500, wanted, routing.GOTO, 999, None, 190)
    else:
        wanted = routing.match(source="192.168.1.0/24", transport=6, dports=(443, 443))
        assert found == routing.Rule(4, 503, wanted, routing.LOOKUP, 900, None, 190)


def test_recorded_nexthops():
    found = [
        nexthops.nexthop(heard(command), LITTLE) for command in sorted(RECORDED) if command.startswith("ip nexthop")
    ]
    assert found == [routing.Nexthop(4, 904, 3, "10.5.0.9", 190), routing.Nexthop(0, 905, None, None, 0)]


def test_recorded_routes():
    heard_of = [heard(command) for command in sorted(RECORDED) if " route " in command]
    assert [routes.own_route(message, LITTLE) for message in heard_of] == [
        (6, 900, ip.key("2001:db8::1"), routing.UNREACHABLE, 9999),
        None,
        (4, 900, ip.key("198.51.100.0/24"), 904, 0),
        None,
    ]
    assert [routes.main_route(message, LITTLE) for message in heard_of] == [
        None,
        routing.MainRoute(4, ip.key("192.0.2.0/24"), 3, "10.5.0.1", 0),
        None,
        routing.MainRoute(4, ip.key("0.0.0.0/0"), 3, "10.5.0.1", 5),
    ]


def test_recorded_addresses_and_neighbours():
    found = links.link_address(heard("ip addr add 10.5.0.3/16 dev d0"), LITTLE)
    assert found == routing.Address(4, 3, "10.5.0.3", True)
    found = links.link_address(heard("the link-local address of d0"), LITTLE)
    assert found == routing.Address(6, 3, "fe80::cc9c:31ff:fe42:eb61", False)
    command = [command for command in RECORDED if "neigh" in command][0]
    assert neighbours.neighbour(heard(command), LITTLE) == routing.Neighbour(4, 3, "10.5.0.77", "02:00:00:aa:00:01")


def test_who_made_it_is_told_of_every_recording_and_of_none_that_has_no_protocol():
    for command in RECORDED:
        if any(word in command for word in (" rule ", " nexthop ", " route ")):
            assert ("190" in command) == (made_by.protocol(heard(command), LITTLE) == 190), command
    address = heard([command for command in RECORDED if command.startswith("ip addr")][0])
    assert made_by.protocol(address, LITTLE) is None


@pytest.mark.parametrize("kind,size", [(rtnetlink.NEW_RULE, 12), (rtnetlink.NEW_NEXTHOP, 8), (rtnetlink.NEW_ROUTE, 12)])
def test_a_header_that_is_cut_does_not_tell_who_made_it(kind, size):
    with pytest.raises(netlink.NetlinkError):
        made_by.protocol(one(netlink.message(kind, 0, 1, bytes(size - 1), LITTLE), LITTLE), LITTLE)
    whole = one(netlink.message(kind, 0, 1, bytes(size), LITTLE), LITTLE)
    assert made_by.protocol(whole, LITTLE) == (None if kind == rtnetlink.NEW_RULE else 0)


def test_every_cut_is_an_error_of_ours_and_no_other():
    samples = [(binascii.unhexlify(RECORDED[command]), rules.rule) for command in RECORDED if " rule " in command]
    change = routing.Change(routing.ADD, HOPS[0])
    samples.append((nexthops.change_nexthop(change, 0, 1, LITTLE), nexthops.nexthop))
    value = routing.Routes(6, 900, 903, 1, [ip.key("2001:db8::/33")])
    written = routes.Writer(routing.Change(routing.ADD, value), LITTLE).request(value.keys[0], 0, 1)
    samples += [(written, routes.own_route), (written, routes.main_route)]
    samples += [(written, links.link), (written, links.link_address), (written, neighbours.neighbour)]
    for data, read in samples:
        for end in range(16, len(data)):
            cut = end.to_bytes(4, "little") + data[4:end]
            try:
                read(one(cut, LITTLE), LITTLE)
            except netlink.NetlinkError:
                pass
        for at in range(16, len(data)):
            for byte in (0, 1, 2, 10, 127, 128, 255):
                changed = data[:at] + bytes([byte]) + data[at + 1 :]
                try:
                    read(one(changed, LITTLE), LITTLE)
                except netlink.NetlinkError:
                    pass


def recording(text):
    """The bytes of a message with its length put right."""
    data = binascii.unhexlify(text)
    return len(data).to_bytes(4, "little") + data[4:]


def test_a_link_has_a_name_and_an_address_is_of_ipv4_or_ipv6():
    nameless = netlink.message(rtnetlink.NEW_LINK, 0, 1, bytes(16), LITTLE)
    with pytest.raises(netlink.NetlinkError):
        links.link(one(nameless, LITTLE), LITTLE)
    address = netlink.attribute(1, b"\x0a\0\0\1", LITTLE)
    for family, usable in ((2, True), (7, False)):
        message = netlink.message(rtnetlink.NEW_ADDRESS, 0, 1, bytes([family]) + bytes(7) + address, LITTLE)
        assert (links.link_address(one(message, LITTLE), LITTLE) is not None) is usable


def test_the_address_of_a_link_is_its_own_and_not_that_of_the_other_end_in_whatever_order_they_come():
    own, other = netlink.attribute(2, b"\x0a\0\0\1", LITTLE), netlink.attribute(1, b"\x0a\0\0\2", LITTLE)
    for attributes in (own + other, other + own, own):
        data = netlink.message(rtnetlink.NEW_ADDRESS, 0, 1, bytes([2, 32, 0, 0, 7, 0, 0, 0]) + attributes, LITTLE)
        assert links.link_address(one(data, LITTLE), LITTLE) == routing.Address(4, 7, "10.0.0.1", True)


def test_a_link_can_carry_packets_if_it_is_up_and_has_a_carrier():
    def link(flags):
        data = recording(LINK)
        return links.link(one(data[:24] + flags.to_bytes(4, "little") + data[28:], LITTLE), LITTLE)

    assert link(0x11043) == routing.Link(3, "wan", True, False)
    assert link(0x11042).up is False and link(0x1003).up is False
    assert link(0x100D1) == routing.Link(3, "wan", True, True)  # as a tunnel: point to point, without ARP


def test_lines_for_ip_batch():
    changes = [routing.Change(routing.ADD, value) for value in VALUES[:1] + VALUES[2:] + HOPS[:1]]
    changes.append(
        routing.Change(routing.ADD, routing.Routes(4, 900, 902, 0, [ip.key("192.0.2.1"), ip.key("10.0.0.0/8")]))
    )
    changes.append(routing.Change(routing.DELETE, routing.Routes(6, 254, 901, 9999, [ip.key("2001:db8::1")])))
    names = [routing.Link(7, "wg0", True, True)]
    assert list(routing_text.routing_lines(changes, names)) == [
        "# ip -batch",
        "rule add pref 503 from 192.168.1.0/24 fwmark 0x100/0xff00 ipproto 6 dport 443-8443 lookup 900 protocol 190",
        "rule add pref 999 nop protocol 190",
        "rule add pref 501 to 192.0.2.1 oif fifteen-bytes-x lookup 254 suppress_prefixlength 1 protocol 190",
        "nexthop replace id 902 via 192.0.2.1 dev wg0 protocol 190",
        "route replace 192.0.2.1 nhid 902 table 900 protocol 190",
        "route replace 10.0.0.0/8 nhid 902 table 900 protocol 190",
        "# ip -6 -batch",
        "route del 2001:db8::1 nhid 901 metric 9999 protocol 190",
    ]


def test_the_table_for_connections_from_outside_is_one_transaction():
    for order in ("<", ">"):
        datagram, last = inbound.replace_table(["wan", "wanb"], 0x1000000, 7, order)
        sent = list(netlink.messages(datagram, order))
        assert [message.type & 255 for message in sent] == [16, 0, 2, 0, 3, 3, 6, 6, 6, 6, 17]
        assert [message.seq for message in sent] == list(range(7, last + 1))
        said = [inbound.comment(message, order) for message in sent if message.type & 255 == 6]
        assert said == inbound.comments(["wan", "wanb"], 0x1000000)


def test_the_table_goes_where_no_device_is_left():
    sent = list(netlink.messages(inbound.replace_table([], 0, 1)[0]))
    assert [message.type & 255 for message in sent] == [16, 0, 2, 17] and inbound.comments([], 0) == []


def test_a_rule_that_looks_at_something_else_too_says_so():
    """Its tunnel's id, l3mdev, a range of users, the DSCP or the flow label: linux/fib_rules.h numbers them."""
    whole = one(rules.change_rule(routing.Change(routing.ADD, RULE), 0, 1, LITTLE), LITTLE)
    assert not rules.rule(whole, LITTLE).match.others
    for kind in (12, 19, 20, 25, 26):
        payload = bytes(whole.payload) + netlink.attribute(kind, bytes(4), LITTLE)
        message = netlink.Message(whole.type, whole.flags, whole.seq, whole.pid, payload)
        assert rules.rule(message, LITTLE).match.others, kind


def test_a_device_with_a_name_that_is_none_is_refused():
    for name in ("", "n" * 16):
        try:
            inbound.replace_table([name], 1, 1)
            raise AssertionError(name)
        except netlink.NetlinkError:
            pass


def test_a_rule_that_is_cut_anywhere_is_an_error_or_no_rule_of_ours():
    sent = list(netlink.messages(inbound.replace_table(["wan"], 1, 1)[0]))
    rule = [message for message in sent if message.type & 255 == 6][0]
    for end in range(len(rule.payload)):
        cut = netlink.Message(rule.type, rule.flags, rule.seq, rule.pid, rule.payload[:end])
        try:
            assert inbound.comment(cut) in (None, "", inbound.comments(["wan"], 1)[0])
        except netlink.NetlinkError:
            pass


def test_an_echo_request_has_its_checksum_and_its_reply_is_known():
    sent = echo.request(4, 0x1234, 7)
    total = sum([sent[i] << 8 | sent[i + 1] for i in range(0, len(sent), 2)])
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
    header = bytes([0x46]) + bytes(23)
    assert echo.is_reply(4, header + b"\x00" + sent[1:], 0x1234)
    for wrong in (header + sent, header + b"\x00" + sent[1:4] + b"\x99" + sent[5:], b"", header, b"\x45"):
        assert not echo.is_reply(4, wrong, 0x1234)
    reply6 = b"\x81" + echo.request(6, 0x1234, 7)[1:]
    assert echo.is_reply(6, reply6, 0x1234) and not echo.is_reply(6, reply6[:7], 0x1234)


def test_a_rule_that_leaves_out_routes_by_their_group_looks_at_more_than_we_know():
    for value, others in ((7, True), (0xFFFFFFFF, False)):
        data = rules.change_rule(routing.Change(routing.ADD, RULE), 0, 1, LITTLE) + rtnetlink.number(13, value, LITTLE)
        message = one(len(data).to_bytes(4, "little") + data[4:], LITTLE)
        assert rules.rule(message, LITTLE).match.others is others


def test_a_header_without_attributes_is_whole_and_one_byte_less_is_not():
    message = one(links.get_addresses(1, LITTLE), LITTLE)
    assert list(rtnetlink.body(message, 8, LITTLE)) == []
    with pytest.raises(netlink.NetlinkError):
        rtnetlink.body(message, 9, LITTLE)


def test_what_is_no_comment_in_the_user_data_of_a_rule_is_not_read_as_one():
    datagram, _ = inbound.replace_table(["wan"], 0x100, 7, LITTLE)
    (rule, _, _) = [item for item in netlink.messages(datagram, LITTLE) if item.type == 0xA06]
    assert inbound.comment(rule, LITTLE) == "began on wan: marked 0x00000100"
    at = bytes(datagram).find(b"began") - 2  # the kind of user data
    changed = bytes(datagram[:at]) + b"\1" + bytes(datagram[at + 1 :])
    (other, _, _) = [item for item in netlink.messages(changed, LITTLE) if item.type == 0xA06]
    assert inbound.comment(other, LITTLE) == ""
    user_data = netlink.attribute(7, b"\0\3abc\1\1x", LITTLE)  # a comment without a NUL, and more behind it
    table = netlink.name_attribute(1, "nametrack", 255, LITTLE)
    longer = nfnetlink.message(nfnetlink.NFTABLES, 6, 0, 1, 1, [table, user_data], LITTLE)
    assert inbound.comment(one(longer, LITTLE), LITTLE) == "abc"


def test_a_route_in_the_main_table_is_of_others_unless_its_protocol_is_ours():
    def route(protocol, scope):
        head = bytes([2, 0, 0, 0, routing.MAIN, protocol, scope, 1]) + bytes(4)
        return routes.main_route(one(netlink.message(rtnetlink.NEW_ROUTE, 0, 1, head, LITTLE), LITTLE), LITTLE)

    default = routing.MainRoute(4, ip.key("0.0.0.0/0"), 0, None, 0)
    assert [route(3, 0), route(routing.PROTOCOL, 0), route(3, routing.PROTOCOL)] == [default, None, default]


@pytest.mark.parametrize("key", ["2001:db8::1", "2001:db8::/32"])
def test_a_destination_of_the_other_family_is_refused(key):
    for family, bad in ((4, key), (6, "192.0.2.1"), (6, "192.0.2.0/24")):
        writer = routes.Writer(routing.Change(routing.ADD, routing.Routes(family, 900, 902, 0, [])), LITTLE)
        with pytest.raises(netlink.NetlinkError):
            writer.request(ip.key(bad), 0, 1)


@pytest.mark.parametrize("size, gateway", [(16, "192.0.2.1"), (8, None), (7, None), (17, None)])
def test_of_a_route_through_several_next_hops_the_first_counts(size, gateway):
    """RTA_MULTIPATH: struct rtnexthop with its own attributes."""
    hop = bytes([size, 0, 0, 0, 7, 0, 0, 0]) + netlink.attribute(5, b"\xc0\0\2\1", LITTLE)
    payload = bytes([2, 0, 0, 0, routing.MAIN, 3, 0, 1]) + bytes(4) + netlink.attribute(9, hop, LITTLE)
    message = one(netlink.message(rtnetlink.NEW_ROUTE, 0, 1, payload, LITTLE), LITTLE)
    if 8 <= size <= len(hop):
        assert routes.main_route(message, LITTLE) == (4, ip.key("0.0.0.0/0"), 7, gateway, 0)
    else:
        with pytest.raises(netlink.NetlinkError, match="a next hop of %d bytes" % size):
            routes.main_route(message, LITTLE)


def test_the_next_hop_of_ipv4_may_be_one_of_ipv6():
    """RTA_VIA: struct rtvia, the family and the address. Without it the route would be taken for one of the link."""
    via = netlink.attribute(18, b"\x0a\0\xfe\x80" + bytes(13) + b"\1", LITTLE)
    for rest in (via, netlink.attribute(9, bytes([8 + len(via), 0, 0, 0, 7, 0, 0, 0]) + via, LITTLE)):
        payload = bytes([2, 0, 0, 0, routing.MAIN, 3, 0, 1]) + bytes(4) + rest
        message = one(netlink.message(rtnetlink.NEW_ROUTE, 0, 1, payload, LITTLE), LITTLE)
        assert routes.main_route(message, LITTLE).gateway == "fe80::1"


def test_a_rule_is_made_only_if_there_is_none_like_it_and_one_that_jumps_says_where_to():
    added = [
        one(rules.change_rule(routing.Change(verb, VALUES[1]), 1, 7, LITTLE), LITTLE)
        for verb in (routing.ADD, routing.DELETE)
    ]
    assert [message.flags for message in added] == [0x601, 1]  # NLM_F_CREATE, NLM_F_EXCL
    line = rules.rule_text(routing.Change(routing.ADD, VALUES[1]))
    assert line == "rule add pref 500 iif lo ipproto 17 sport 5 goto 999 protocol 190"


def test_a_prefix_has_no_more_bits_than_its_address():
    with pytest.raises(netlink.NetlinkError, match="a prefix of 33 bits"):
        rtnetlink.prefix(b"\xc0\0\2\1", 33)
