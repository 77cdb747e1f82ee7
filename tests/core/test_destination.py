"""destination.py: which addresses that DNS names can be a destination."""

import pytest

from nametrack import destination

UNUSABLE = [
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("127.0.0.1", "loopback"),
    ("127.9.9.9", "loopback"),
    ("169.254.1.1", "link-local"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("fe80::1", "link-local"),
    ("febf::1", "link-local"),
    ("ff02::1", "multicast"),
    ("::127.0.0.1", "reserved"),
    ("::192.0.2.1", "reserved"),
    ("64:ff9b::7f00:1", "loopback"),  # NAT64 of 127.0.0.1
    ("64:ff9b::", "unspecified"),
    ("64:ff9b::a9fe:101", "link-local"),
    ("2002:7f00:1::1", "loopback"),  # 6to4 of 127.0.0.1
    ("fec0::1", "site-local"),
    ("feff::1", "site-local"),
    ("100::1", "a discard prefix"),
    ("2001:0:102:304::1", "Teredo"),
    ("2001::1", "Teredo"),  # an IP4P address without a port
    ("2001::ca6c:c633:6401", "Teredo"),  # IP4P is for endpoints only
    ("2001:10::1", "reserved"),
    ("2001:2f:ffff::1", "reserved"),
    ("::ffff:192.0.2.1", "reserved"),  # v4-mapped: never on the wire (RFC 4291 2.5.5.2)
]


@pytest.mark.parametrize("given,reason", UNUSABLE)
def test_an_address_that_cannot_be_a_destination_says_why(given, reason):
    assert destination.unusable(given) == reason


DESTINATIONS = [
    "192.0.2.1",
    "10.0.0.1",
    "100.64.0.1",
    "2001:db8::1",
    "fd00::1",
    "64:ff9b::c633:6401",
    "64:ff9b:1::7f00:1",  # of a network's own choice: where it has the IPv4 address is not known
    "2002:c633:6401::1",
    "100:0:0:1::1",
    "2001:1::1",
    "2001:30::1",
    "200::1",  # Yggdrasil
]


@pytest.mark.parametrize("given", DESTINATIONS)
def test_an_address_that_can_be_a_destination(given):
    assert destination.unusable(given) is None


@pytest.mark.parametrize(
    "given,endpoint",
    [
        ("2001::ca6c:c633:6401", ("198.51.100.1", 51820)),
        ("2001::1:0:0", ("0.0.0.0", 1)),
        ("2001::c633:6401", None),  # without a port
        ("2001::1:ca6c:c633:6401", None),  # Teredo: its server's address is not 0.0.0.0
        ("2001:0:1:2:3:ca6c:c633:6401", None),
        ("2001:db8::ca6c:c633:6401", None),
        ("198.51.100.1", None),
    ],
)
def test_ip4p_is_told_from_teredo(given, endpoint):
    assert destination.ip4p(given) == endpoint
