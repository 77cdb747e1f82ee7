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
    with pytest.raises(NetlinkError):
        route.out_interface(list(netlink.messages(netlink.message(2, 0, 7, bytes(20), LITTLE), LITTLE))[0], LITTLE)


WRONG_FLOWS = [("", None), ("home.test", None), ("1.2.3", None), ("198.51.100.0/24", None)]
WRONG_FLOWS += [("198.51.100.1", "home"), ("198.51.100.1", "2001:db8::1")]


@pytest.mark.parametrize("address,source", WRONG_FLOWS)
def test_only_addresses_of_one_ip_version_are_asked_for(address, source):
    with pytest.raises(NetlinkError):
        route.get_route(Flow(address, source, 0, 0, 0), 1)
