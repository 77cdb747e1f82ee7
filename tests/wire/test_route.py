"""route.py: the question for a route and its answer, as `ip route get` and Linux 6.18 (x86-64) exchanged them."""

from binascii import unhexlify

import pytest

from nametrack.wire import netlink, route
from nametrack.wire.netlink import NetlinkError
from nametrack.wire.route import Flow

LITTLE = "<"


def hexed(text):
    return unhexlify(text.replace(" ", ""))


# struct nlmsghdr, struct rtmsg, RTA_DST, RTA_IP_PROTO, RTA_SPORT, RTA_DPORT: as by
# `ip route get 198.51.100.10 ipproto udp sport 51820 dport 51821`
ASKED4 = hexed(
    "3c000000 1a000100 07000000 00000000 02200000 00000000 00000000 08000100 c633640a 05001b00 11000000"
    "06001c00 ca6c0000 06001d00 ca6d0000"
)


def test_the_question_is_what_the_kernel_reads():
    assert route.get_route(Flow("198.51.100.10", None, 0, 51820, 51821), 7, LITTLE) == ASKED4


def test_a_marked_packet_from_an_address_is_asked_for_with_both():
    asked = route.get_route(Flow("2001:db8::1", "2001:db8::2", 0x10000, 0, 0), 7, LITTLE)
    assert asked[16:19] == b"\x0a\x80\x80"
    source = hexed("14000200 20010db8 00000000 00000000 00000002")
    assert asked[-36:] == source + hexed("08001000 00000100 05001b00 11000000")


def answered(attributes):
    """RTM_NEWROUTE with these attributes."""
    payload = hexed("02200000 fe 00 00 01 00020000") + attributes
    return list(netlink.messages(netlink.message(24, 0, 7, payload, LITTLE), LITTLE))[0]


def test_the_answer_names_the_interface():
    attributes = hexed("08000f00fe000000 08000100c633640a 0800050 0c0000201 0800040003000000")
    assert route.out_interface(answered(attributes), LITTLE) == 3


WRONG = [b"", hexed("08000100c633640a"), hexed("060004000300"), hexed("0800")]


@pytest.mark.parametrize("attributes", WRONG)
def test_an_answer_without_an_interface_is_none(attributes):
    with pytest.raises(NetlinkError):
        route.out_interface(answered(attributes), LITTLE)


def test_another_message_is_no_route():
    (other,) = netlink.messages(netlink.message(2, 0, 7, bytes(20), LITTLE), LITTLE)
    (short,) = netlink.messages(netlink.message(24, 0, 7, bytes(11), LITTLE), LITTLE)
    for read, message in ((route.out_interface, other), (route.decision, other), (route.decision, short)):
        with pytest.raises(NetlinkError, match="not a route"):
            read(message, LITTLE)


WRONG_FLOWS = [("", None), ("home.test", None), ("1.2.3", None), ("198.51.100.0/24", None)]
WRONG_FLOWS += [("198.51.100.1", "home"), ("198.51.100.1", "2001:db8::1")]


@pytest.mark.parametrize("address,source", WRONG_FLOWS)
def test_only_addresses_of_one_ip_version_are_asked_for(address, source):
    with pytest.raises(NetlinkError):
        route.get_route(Flow(address, source, 0, 0, 0), 1)


def test_a_clients_packet_is_asked_for_with_the_interface_that_it_comes_in_through_and_its_mark():
    asked = route.get_decision(route.Packet("198.51.100.10", "192.168.1.50", 3, 0x5A, 0, 0), 7, LITTLE)
    head = hexed("3c000000 1a000100 07000000 00000000 02202000 00000000 00100000")
    attributes = hexed("08000100 c633640a 08000200 c0a80132 08000300 03000000 08001000 5a000000")
    assert asked == head + attributes


def test_a_packet_of_one_service_is_asked_for_with_its_protocol_and_port():
    asked = route.get_decision(route.Packet("198.51.100.10", None, 0, 0, 17, 443), 7, LITTLE)
    assert asked[28:] == hexed("08000100 c633640a 05001b00 11000000 06001d00 01bb0000")


def test_the_decision_names_interface_table_and_source():
    attributes = hexed("08000f0084030000 08000100c633640a 0800050 0c0000201 0800070 0c0000202 0800040003000000")
    assert route.decision(answered(attributes), LITTLE) == route.Decision(3, 900, "192.0.2.1", "192.0.2.2")


def test_a_decision_without_an_interface_is_by_the_table_in_the_header():
    assert route.decision(answered(b""), LITTLE) == route.Decision(0, 254, None, None)


@pytest.mark.parametrize("attributes", [hexed("060004000300"), hexed("06000f000300"), hexed("0800")])
def test_a_decision_that_is_cut_short_is_none(attributes):
    with pytest.raises(NetlinkError):
        route.decision(answered(attributes), LITTLE)
