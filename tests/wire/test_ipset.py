"""ipset: what `ipset save` prints, and the lines for `ipset restore`."""

import pytest

from nametrack.wire import ipset
from nametrack.wire.ipset import IpsetError
from nametrack.wire.sets import Element, Listing

# of ipset 7.17
SAVED = """create a hash:ip family inet hashsize 1024 maxelem 65536 timeout 600 counters comment skbinfo \
bucketsize 12 initval 0xe2369e5a
add a 1.2.3.5 timeout 0 packets 0 bytes 0 skbprio 1:10
add a 1.2.3.44 timeout 76 packets 0 bytes 0
add a 1.2.3.4 timeout 599 packets 0 bytes 0 comment "x timeout 5 }"
"""


@pytest.mark.parametrize("text", ["wg", "wg6", "vpn_1", "mwan3_connected_ipv4", "geo:us", "0a.b-c", "a" * 31])
def test_a_name_that_is_taken(text):
    assert ipset.valid_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "-f", "-exist", "a b", "a\n", "a\tb", 'a"b', "a;b", "a\\", "\u00e4", "a\0", "a" * 32, ".a", ":a", "a/b"],
)
def test_a_name_that_could_be_read_as_something_else_is_refused(text):
    assert not ipset.valid_name(text)


def test_a_set_with_timeouts_counters_and_comments():
    found = [Element("1.2.3.5", None), Element("1.2.3.44", 76), Element("1.2.3.4", 599)]
    assert ipset.parse_listing(SAVED) == Listing(4, True, False, False, found, 65536)
    assert ipset.parse_listing(SAVED.encode()) == Listing(4, True, False, False, found, 65536)


def test_a_set_of_networks_holds_intervals_and_its_exceptions_are_no_elements():
    text = "create b hash:net family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x44d8b2eb\n"
    text += "add b 2001:db8::/32 nomatch\nadd b ::1\nadd b 2001:db8:1::/48\n"
    found = [Element("::1", None), Element("2001:db8:1::/48", None)]
    assert ipset.parse_listing(text) == Listing(6, False, True, False, found, 65536)


def test_a_comment_may_go_on_over_several_lines():
    text = 'create c hash:ip family inet maxelem 8 comment\nadd c 1.2.3.4 comment "a\nadd c 9.9.9.9"\nadd c 1.2.3.5\n'
    assert ipset.parse_listing(text).elements == [Element("1.2.3.4", None), Element("1.2.3.5", None)]


@pytest.mark.parametrize(
    "text",
    [
        "create h hash:ip,port family inet hashsize 1024 maxelem 65536\nadd h 1.2.3.4,tcp:80\n",
        "create l list:set size 8\nadd l a\n",
        "create bm bitmap:ip range 10.0.0.0-10.0.0.255\nadd bm 10.0.0.1\n",
        "create g hash:ip family inet hashsize 1024 maxelem 65536 netmask 24\nadd g 1.2.3.0\n",
        "create g hash:ip family inet hashsize 1024 maxelem 65536 bitmask 255.0.255.0\nadd g 1.0.3.0\n",
    ],
)
def test_a_set_that_addresses_cannot_fill_has_no_family_and_no_elements(text):
    found = ipset.parse_listing(text)
    assert (found.family, found.elements) == (None, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "nonsense\n",
        "create a\n",
        "add a 1.2.3.4\n",
        "create a hash:ip family inet\nadd b 1.2.3.4\n",
        "create a hash:ip family inet\ncreate b hash:ip family inet\n",
        "create a hash:ip family inet\nadd a\n",
        "create a hash:ip family inet\nadd a ::1\n",
        "create a hash:ip family inet\nadd a 1.2.3\n",
        "create a hash:ip family inet timeout 5\nadd a 1.2.3.4 timeout\n",
        "create a hash:ip family inet timeout 5\nadd a 1.2.3.4 timeout x\n",
        "create a hash:ip family inet timeout 5\nadd a 1.2.3.4 timeout -1\n",
        "create a hash:ip family inet timeout 5\nadd a 1.2.3.4 timeout " + "9" * 5000 + "\n",
        'create a hash:ip family inet comment\nadd a 1.2.3.4 comment "x\n',
        "create a hash:ip family inet\nadd a 1.2.3.4",
    ],
)
def test_what_is_not_the_listing_of_one_set_is_an_error(text):
    with pytest.raises(IpsetError, match="ipset"):
        ipset.parse_listing(text)


def reads(text):
    try:
        ipset.parse_listing(text)
    except IpsetError:
        return False
    return True


def test_a_listing_cut_within_a_line_is_an_error():
    # nothing marks the end of ipset's listing: one that is cut between two lines cannot be told
    whole = [i + 1 for i in range(len(SAVED)) if SAVED[i] == "\n"]
    assert [size for size in range(len(SAVED) + 1) if reads(SAVED[:size])] == whole


def test_a_changed_listing_is_read_or_is_an_error():
    state = 1
    for _ in range(3000):
        changed = bytearray(SAVED.encode())
        for _ in range(3):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            changed[(state >> 8) % len(changed)] = state >> 20 & 255
        reads(bytes(changed))


def test_adding_again_gives_a_new_timeout():
    given = [Element("1.2.3.4", 600), Element("2001:db8::/32", None)]
    assert list(ipset.add_text("wg", given)) == ["add wg 1.2.3.4 timeout 600 -exist", "add wg 2001:db8::/32 -exist"]


def test_deleting_what_is_not_there_is_no_error():
    assert list(ipset.delete_text("wg", [Element("1.2.3.4", 600)])) == ["del wg 1.2.3.4 -exist"]


def test_a_replacement_adds_before_it_deletes_and_never_takes_away_what_stays():
    old = [Element("1.2.3.4", None), Element("1.2.3.5", None)]
    assert list(ipset.replace_text("wg", old, [Element("1.2.3.5", 60), Element("1.2.3.6", 60)])) == [
        "add wg 1.2.3.5 timeout 60 -exist",
        "add wg 1.2.3.6 timeout 60 -exist",
        "del wg 1.2.3.4 -exist",
    ]


@pytest.mark.parametrize("timeout,written", [(0, 1), (-5, 1), (1, 1), (2147483, 2147483), (2147484, 2147483)])
def test_a_timeout_is_one_that_ipset_takes(timeout, written):
    line = list(ipset.add_text("wg", [Element("1.2.3.4", timeout)]))[0]
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


def test_a_missing_set_is_told_from_other_troubles():
    assert ipset.is_missing("ipset v7.17: The set with the given name does not exist\n")
    assert ipset.is_missing("ipset v7.17: Error in line 1: The set with the given name does not exist\n")
    assert not ipset.is_missing("ipset v7.17: Kernel error received: Operation not permitted\n")
