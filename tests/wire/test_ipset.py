"""ipset: names, and the lines for `ipset restore`."""

import pytest

from nametrack import ip
from nametrack.element import Element
from nametrack.wire import ipset, sets
from nametrack.wire.ipset import IpsetError


@pytest.mark.parametrize("text", ["wg", "wg6", "vpn_1", "mwan3_connected_ipv4", "geo:us", "0a.b-c", "a" * 31])
def test_a_name_that_is_taken(text):
    assert ipset.valid_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "-f", "-exist", "a b", "a\n", "a\tb", 'a"b', "a;b", "a\\", "\u00e4", "a\0", "a" * 32, ".a", ":a", "a/b"],
)
def test_a_name_that_could_be_read_as_something_else_is_refused(text):
    assert not ipset.valid_name(text)


def lines_of(pieces):
    return "\n".join(pieces).split("\n")


def test_adding_again_gives_a_new_timeout():
    given = [Element("1.2.3.4", 600), Element("2001:db8::/32", None)]
    assert lines_of(ipset.add_text("wg", given)) == ["add wg 1.2.3.4 timeout 600 -exist", "add wg 2001:db8::/32 -exist"]


def test_what_takes_comments_gets_ours():
    given = [Element("1.2.3.4", 600), Element("1.2.3.0/24", None)]
    lines = ["add wg 1.2.3.4 timeout 600 comment nametrack -exist", "add wg 1.2.3.0/24 comment nametrack -exist"]
    assert lines_of(ipset.add_text("wg", given, "nametrack")) == lines
    assert lines_of(ipset.replace_text("wg", given[:1], given[1:], "nametrack")) == [lines[1], "del wg 1.2.3.4 -exist"]


def test_deleting_what_is_not_there_is_no_error():
    assert lines_of(ipset.delete_text("wg", [Element("1.2.3.4", 600)])) == ["del wg 1.2.3.4 -exist"]


def test_a_replacement_adds_before_it_deletes_and_never_takes_away_what_stays():
    old = [Element("1.2.3.4", None), Element("1.2.3.5", None)]
    assert lines_of(ipset.replace_text("wg", old, [Element("1.2.3.5", 60), Element("1.2.3.6", 60)])) == [
        "add wg 1.2.3.5 timeout 60 -exist",
        "add wg 1.2.3.6 timeout 60 -exist",
        "del wg 1.2.3.4 -exist",
    ]


@pytest.mark.parametrize("timeout", [None, 60])
def test_of_many_elements_each_has_a_line_of_its_own(timeout):
    count = 3 * sets.PIECE + 1
    given = [Element(ip.from_number((10 << 24) + i, 4), timeout) for i in range(count)]
    words = "" if timeout is None else " timeout 60"
    expected = ["add wg %s%s -exist" % (element.address, words) for element in given]
    assert lines_of(ipset.add_text("wg", given)) == expected
    assert lines_of(ipset.delete_text("wg", given)) == ["del wg %s -exist" % element.address for element in given]


@pytest.mark.parametrize("timeout,written", [(0, 1), (-5, 1), (1, 1), (2147483, 2147483), (2147484, 2147483)])
def test_a_timeout_is_one_that_ipset_takes(timeout, written):
    line = lines_of(ipset.add_text("wg", [Element("1.2.3.4", timeout)]))[0]
    assert line == "add wg 1.2.3.4 timeout %d -exist" % written


@pytest.mark.parametrize(
    "address",
    ["", "x", "-exist", "1.2.3.4 timeout 5", "1.2.3.4\n", "01.2.3.4", "1.2.3.4/32", "1.2.3.4-1.2.3.5", "::01"],
)
def test_what_is_not_a_canonical_address_never_gets_into_a_line(address):
    for write in (ipset.add_text, ipset.delete_text):
        with pytest.raises(IpsetError, match="not an address"):
            list(write("wg", [Element(address, None)]))


def test_a_bad_name_never_gets_into_a_line():
    for write in (ipset.add_text, ipset.delete_text):
        with pytest.raises(IpsetError, match="not the name"):
            list(write("-f /x", [Element("1.2.3.4", None)]))
