"""adapters/link_news.py: which of the kernel's words about links and addresses say something new."""

import pytest

from nametrack import ip
from nametrack.adapters.link_news import LinkNews
from nametrack.wire import netlink, rtnetlink

LINK, ADDRESS = rtnetlink.NEW_LINK, rtnetlink.NEW_ADDRESS
UP, DOWN = 0x10001, 0x1


def link(flags=UP, kind=LINK, number=2):
    payload = bytes(4) + number.to_bytes(4, "little") + flags.to_bytes(4, "little") + bytes(4)
    return made(kind, payload + netlink.attribute(3, b"wlan0\0", "<"))


def address(text="2001:db8::1", kind=ADDRESS, flags=0, number=2):
    packed = ip.packed(text)
    head = bytes([2 if len(packed) == 4 else 10, 64, flags, 0]) + number.to_bytes(4, "little")
    return made(kind, head + netlink.attribute(1, packed, "<"))


def made(kind, payload):
    return netlink.Message(kind, 0, 0, 0, payload)


def news(*messages):
    known = LinkNews()
    return [
        known.of_link(each) if each.type in (LINK, rtnetlink.DELETE_LINK) else known.of_address(each)
        for each in messages
    ]


CASES = {
    "a link that looks around for networks": ([link(), link()], [True, False]),
    "a link that goes down and up": ([link(), link(DOWN), link()], [True, True, True]),
    "an address that a router announces again": ([address(), address()], [True, False]),
    "another address": ([address(), address("192.0.2.1")], [True, True]),
    "an address that goes and comes": (
        [address(), address(kind=rtnetlink.DELETE_ADDRESS), address()],
        [True, True, True],
    ),
    "an address that is not usable yet": ([address(flags=0x40), address()], [False, True]),
    "an address of a link that went and came": (
        [link(), address(), link(kind=rtnetlink.DELETE_LINK), link(), address()],
        [True, True, True, True, True],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_says_the_same_again_is_no_news(case):
    messages, expected = CASES[case]
    assert news(*messages) == expected
