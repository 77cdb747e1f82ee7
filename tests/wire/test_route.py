"""route.py: the question for a route and its answer, as `ip route get` and Linux 6.18 (x86-64) exchanged them."""

from binascii import unhexlify

import pytest

from nametrack.wire import netlink, route
from nametrack.wire.netlink import NetlinkError

LITTLE = "<"


def hexed(text):
    return unhexlify(text.replace(" ", ""))


# struct nlmsghdr, struct rtmsg, RTA_DST
ASKED4 = hexed("24000000 1a000100 07000000 00000000 02200000 00000000 00000000 08000100 c633640a")


def test_the_question_is_what_the_kernel_reads():
    assert route.get_route("198.51.100.10", 0, 7, LITTLE) == ASKED4


def test_a_marked_packet_is_asked_for_with_its_mark():
    asked = route.get_route("2001:db8::1", 0x10000, 7, LITTLE)
    assert asked[16:18] == b"\x0a\x80"
    assert asked[-8:] == hexed("08001000 00000100")


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


@pytest.mark.parametrize("text", ["", "home.test", "1.2.3", "198.51.100.0/24"])
def test_only_addresses_are_asked_for(text):
    with pytest.raises(NetlinkError):
        route.get_route(text, 0, 1)
