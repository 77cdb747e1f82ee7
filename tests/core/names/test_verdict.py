"""verdict.py: what an answer is worth, and what people are told about the rest of it."""

import pytest

from nametrack import ip
from nametrack.core.names.complaints import CUT_SHORT, TOO_MANY, UNUSABLE
from nametrack.core.names.lookup import Result
from nametrack.core.names.rrset import AAAA, A
from nametrack.core.names.verdict import judge


def found(values, reason=None, whole=True):
    return judge(Result("found", values, 60, reason, None, None, whole), A, False)


def negative(status, ttl=60, reason=None, extended=None, named=False):
    verdict = judge(Result(status, [], ttl, reason, None if ttl is None else "test", extended, True), A, named)
    return verdict.status, verdict.reason


def test_addresses_that_can_be_a_destination_are_kept_in_order():
    verdict = found(["192.0.2.9", "127.0.0.1", "192.0.2.1"])
    assert (verdict.status, verdict.values) == ("found", [ip.key("192.0.2.9"), ip.key("192.0.2.1")])
    assert verdict.complaint == (UNUSABLE, "DNS names 127.0.0.1, which is loopback: not used")


@pytest.mark.parametrize("values", [["0.0.0.0"], ["::"], ["0.0.0.0", "::"]])
def test_an_unspecified_address_is_how_a_resolver_blocks_a_name(values):
    verdict = found(values)
    assert (verdict.status, verdict.reason) == ("blocked", "your resolver blocks it: it answers %s" % values[0])


def test_a_name_that_has_only_unusable_addresses_has_none():
    verdict = found(["127.0.0.1", "0.0.0.0"])
    assert (verdict.status, verdict.reason) == ("nodata", "DNS names only 0.0.0.0, which is unspecified")


def test_too_many_addresses_are_cut_and_said():
    verdict = found(["10.0.%d.%d" % (i >> 8, i & 255) for i in range(1025)])
    assert (len(verdict.values), verdict.complaint.kind) == (1024, TOO_MANY)


def test_what_came_of_a_truncated_answer_is_used_and_said():
    verdict = found(["192.0.2.1"], "cut short; a: connection refused (over TCP)", False)
    assert verdict.complaint == (CUT_SHORT, "the answer is cut short; a: connection refused (over TCP)")
    assert (verdict.status, verdict.reason) == ("found", "cut short; a: connection refused (over TCP)")


def test_an_ip4p_address_is_an_ipv4_address_with_a_port():
    verdict = judge(Result("found", ["2001::ca6c:c633:6401"], 60, None, None, None, True), AAAA, False)
    assert (verdict.status, verdict.values, verdict.mapped) == ("found", (), [("198.51.100.1", 51820)])


def test_an_ip4p_address_of_this_machine_is_no_destination():
    verdict = judge(Result("found", ["2001::ca6c:7f00:1"], 60, None, None, None, True), AAAA, False)
    assert (verdict.status, verdict.mapped, verdict.complaint.kind) == ("nodata", (), UNUSABLE)


NEGATIVE = [
    (("nxdomain",), ("nxdomain", "DNS says that it does not exist")),
    (
        ("nxdomain", 60, None, None, True),
        ("nxdomain", "DNS says that it does not exist any more: it lapsed, or was removed"),
    ),
    (("nxdomain", 60, "stale NXDOMAIN", 19), ("nxdomain", "DNS says that it does not exist (stale NXDOMAIN)")),
    (("nodata",), ("nodata", "DNS says that it has no address")),
    (("nodata", 60, "filtered", 17), ("blocked", "your resolver blocks it (filtered)")),
    (("nxdomain", None, "censored: court", 16), ("blocked", "your resolver blocks it (censored: court)")),
    (("nodata", 60, "blocked", 15), ("blocked", "your resolver blocks it (blocked)")),
    # dnsmasq's `stop-dns-rebind`
    (("nxdomain", None, "blocked", 15), ("blocked", "your resolver blocks it (blocked)")),
    (("nodata", None, "blocked", 15), ("rebind", "your resolver withholds a private address (rebind protection)")),
    # the same of a dnsmasq before 2.87, which knows no extended errors
    (
        ("nodata", None),
        ("nodata", "DNS says that it has no address, without naming its zone, as if rebind protection withheld it"),
    ),
]


@pytest.mark.parametrize("given,expected", NEGATIVE)
def test_a_negative_answer_says_whose_word_it_is(given, expected):
    assert negative(*given) == expected
