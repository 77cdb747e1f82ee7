"""ipsetlink.py: ipsets as a Linux 6.18 kernel lists them, beside what `ipset save` said of the same."""

import netfilter
import pytest

from nametrack.element import Element
from nametrack.wire import ipsetlink
from nametrack.wire.netlink import NetlinkError
from nametrack.wire.sets import Listing

LITTLE = netfilter.LITTLE
NETS = "hash:net comment, as vpn-policy-routing makes them"
TIMED = "hash:ip with timeouts, one of them for ever"
EXCEPTION = "hash:net family inet6 with an exception"


def read(datagrams, seq):
    """The Dump; it may be incomplete."""
    dump = ipsetlink.Dump(seq, LITTLE)
    for datagram in datagrams:
        dump.feed(datagram)
    return dump


def listing(about):
    one = netfilter.about(about)
    dump = read(one["datagrams"], one["seq"])
    assert dump.errno == 0
    found = dump.listing()
    return Listing(*(tuple(found[:4]) + (list(found.elements), found.size, found.marked)))


def saved(about):
    """[(address, timeout or None)] in the words of `ipset save`, exceptions left out."""
    found = []
    for line in netfilter.about(about)["saved"].split("\n"):
        words = line.split()
        if words[:1] == ["add"] and words[-1] != "nomatch":
            timeout = int(words[4]) if words[3:4] == ["timeout"] else 0
            found.append((words[2], timeout or None))
    return found


@pytest.mark.parametrize("about", [NETS, TIMED, EXCEPTION, "counters and skbinfo", "an empty one"])
def test_the_elements_are_those_of_ipset_save(about):
    elements = listing(about).elements
    assert sorted([element.address for element in elements]) == sorted([address for address, _ in saved(about)])
    assert dict([tuple(element) for element in elements]) == dict(saved(about))


def test_a_set_with_timeouts_says_when_each_ends():
    found = listing(TIMED)
    assert found[:4] == (4, True, False, False)
    assert sorted([element.timeout or 0 for element in found.elements]) == [0, 7, 600]
    assert (found.size, found.marked) == (65536, None)


def test_a_set_with_comments_says_which_elements_carry_ours():
    found = listing(NETS)
    assert found[:4] == (4, False, True, False)
    assert found.marked == ["192.0.2.7"]


def test_an_exception_is_no_element():
    assert listing(EXCEPTION)[:4] == (6, False, True, False)
    assert Element("2001:db8:1::/48", None) not in listing(EXCEPTION).elements


@pytest.mark.parametrize("about", ["hash:ip with a netmask", "hash:ip,port", "list:set"])
def test_a_set_that_addresses_cannot_fill_has_no_family_and_no_elements(about):
    found = listing(about)
    assert (found.family, found.elements) == (None, [])


def test_an_empty_set_is_none_that_is_missing():
    assert listing("an empty one") == Listing(4, False, False, False, [], 65536, None)
    missing = netfilter.about("none of that name")
    assert read(missing["datagrams"], missing["seq"]).errno == 2


def test_the_header_alone_counts_the_elements():
    one = netfilter.about("its header alone")
    assert ipsetlink.get_set("wg", one["seq"], True, LITTLE) == one["request"]
    dump = read(one["datagrams"], one["seq"])
    assert (dump.errno, dump.size, list(dump.listing().elements)) == (0, 3, [])


def test_the_request_is_the_recorded_one():
    one = netfilter.about(NETS)
    assert ipsetlink.get_set("wg", one["seq"], False, LITTLE) == one["request"]


def test_what_is_cut_short_is_an_error_or_incomplete():
    one = netfilter.about(NETS)
    for size in range(len(one["datagrams"][0])):
        try:
            dump = read([one["datagrams"][0][:size]], one["seq"])
        except NetlinkError:
            continue
        assert dump.errno is None


def test_what_is_changed_is_read_or_is_an_error():
    for about in (NETS, TIMED, EXCEPTION):
        one = netfilter.about(about)
        for datagrams in netfilter.spoilt(one["datagrams"], 1000):
            try:
                read(datagrams, one["seq"]).listing()
            except NetlinkError:
                pass
