"""nft: listings as versions 0.9.8 to 1.1 print them, and the scripts that change a set."""

import pytest

from nametrack.element import Element
from nametrack.wire import nft
from nametrack.wire.nft import NftError
from nametrack.wire.sets import Listing

NAME = nft.parse_name("inet fw4 mine4")


def listing(body):
    return "table inet fw4 {\n\tset mine4 {\n%s\n\t}\n}\n" % body


def parse(text):
    """The Listing, with its elements in a list."""
    found = nft.parse_listing(text)
    return Listing(*(tuple(found[:4]) + (list(found.elements), found.size, found.marked)))


def elements(words, kind="type ipv4_addr"):
    return parse(listing("\t\t%s\n\t\telements = { %s }" % (kind, words))).elements


def test_a_name_is_a_family_a_table_and_a_set():
    assert nft.parse_name("inet fw4 mine4") == nft.SetName("inet", "fw4", "mine4")
    assert nft.parse_name("ip _t pbr_wan.0-a/b_4") == nft.SetName("ip", "_t", "pbr_wan.0-a/b_4")
    assert nft.parse_name("ip6 t " + "a" * 255) is not None


@pytest.mark.parametrize(
    "text",
    [
        "", "mine4", "inet fw4", "inet fw4 mine4 x", "inet  fw4 mine4", " inet fw4 mine4", "inet fw4 mine4 ",
        "inet fw4 mine4\n", "inet fw4\tmine4", "eth fw4 mine4", "inet 4fw mine4", "inet fw4 4mine", "inet fw4 .mine",
        "inet fw4 -mine", "inet fw4 mine;", "inet fw4 mi{ne", "inet fw4 mine}", 'inet fw4 "mine"', "inet fw4 mine#",
        "inet fw4 $mine", "inet fw4 @mine", "inet fw4 mine\0", "inet fw4 m\u00efne", "inet fw4 mine\\", "inet fw4 *",
        "inet t " + "a" * 256,
    ],
)  # fmt: skip
def test_what_is_no_name_or_could_break_out_of_a_script_is_refused(text):
    assert nft.parse_name(text) is None


PLAIN = (
    'table inet t {\n\tset p4 {\n\t\ttype ipv4_addr\n\t\tsize 100\n\t\tcomment "he } , llo"\n'
    '\t\telements = { 1.2.3.4 comment "a, } \\ b", 1.2.3.5,\n\t\t\t     1.2.3.6, 1.2.3.9,\n'
    '\t\t\t     1.2.3.10, 1.2.3.11 comment "#" }\n\t}\n}\n'
)


def test_comments_may_hold_anything_but_quotes():
    addresses = ["1.2.3.4", "1.2.3.5", "1.2.3.6", "1.2.3.9", "1.2.3.10", "1.2.3.11"]
    expected = Listing(4, False, False, False, [Element(address, None) for address in addresses], 100, None)
    assert parse(PLAIN) == expected
    assert parse(PLAIN.encode()) == expected


def test_a_comment_may_go_on_over_several_lines():
    found = parse(listing('\t\ttype ipv4_addr\n\t\tcomment "a\n}\nb"\n\t\telements = { 1.2.3.4 }'))
    assert found.elements == [Element("1.2.3.4", None)]


def test_a_comment_need_not_be_utf8():
    data = listing('\t\ttype ipv4_addr\n\t\tcomment "ä"\n\t\telements = { 1.2.3.4 comment "ä" }').encode()
    assert parse(data.replace(b"\xc3", b"\xff")).elements == [Element("1.2.3.4", None)]


def test_what_remains_of_a_timeout_is_rounded_down():
    words = (
        "1.2.3.4 timeout 1h expires 59m3s120ms, 1.2.3.5 counter packets 0 bytes 0 timeout 5s expires 4s984ms,\n\t\t\t "
        '1.2.3.6 expires 1d2h3m4s5ms comment "a timeout 1s expires 2s", 1.2.3.7, 1.2.3.8 timeout 5s expires 12ms,\n\t '
        "1.2.3.9 timeout 86400s expires 86399s, 1.2.3.10 timeout never, 1.2.3.11 timeout 5s"
    )
    remaining = [(element.address[6:], element.timeout) for element in elements(words)]
    assert remaining == [
        ("4", 3543), ("5", 4), ("6", 93784), ("7", None), ("8", 0), ("9", 86399), ("10", None), ("11", 0)
    ]  # fmt: skip


def test_the_flags_of_a_set():
    found = parse(listing("\t\ttype ipv4_addr\n\t\tflags interval,timeout\n\t\tauto-merge"))
    assert found == Listing(4, True, True, True, [], None, None)
    assert parse(listing("\t\ttype ipv4_addr\n\t\tflags dynamic,timeout")).timeout


def test_a_default_timeout_says_the_flag_too():
    # nft 1.0.6 prints no flags for a set with `flags timeout; timeout 1h`
    found = parse(listing("\t\ttype ipv4_addr\n\t\tcounter\n\t\ttimeout 1h\n\t\tgc-interval 5m"))
    assert found == Listing(4, True, False, False, [], None, None)


def test_remarks_of_nft_are_passed_over():
    remarked = "# Warning: table ip nat is managed by iptables-nft, do not touch!\n" + listing(
        "\t\ttype ipv4_addr\n\t\tsize 65535\t# count 1\n\t\tpolicy memory\n\t\telements = { 1.2.3.4 }"
    )
    assert parse(remarked) == Listing(4, False, False, False, [Element("1.2.3.4", None)], 65535, None)


@pytest.mark.parametrize(
    "kind,family",
    [
        ("type ipv4_addr", 4),
        ("type ipv6_addr", 6),
        ("typeof ip daddr", 4),
        ("typeof ip6 saddr", 6),
        ("type ipv4_addr . inet_service", None),
        ("typeof ip daddr . tcp dport", None),
        ("typeof ip protocol", None),
        ("type mark", None),
        ("type ether_addr", None),
        ("flags interval", None),
    ],
)
def test_the_family_is_that_of_a_key_that_is_an_address(kind, family):
    found = parse(listing("\t\t" + kind))
    assert (found.family, found.elements) == (family, [])


def test_elements_of_another_kind_are_left_out():
    assert elements("1.2.3.4 . 80, 10.0.0.0/8 . 1-5", "type ipv4_addr . inet_service") == []
    assert elements('"eth0", "wg*"', "type ifname") == []


def test_prefixes_and_ranges_are_canonical():
    addresses = [element.address for element in elements("10.0.0.0/8, 11.0.0.1-11.0.0.5, 12.0.0.1/32, *")]
    assert addresses == ["10.0.0.0/8", "11.0.0.1-11.0.0.5", "12.0.0.1"]
    words = "2001:0db8::/32, ::1, 2001:DB8::1-2001:db8::ff, ::ffff:1.2.3.4"
    addresses = [element.address for element in elements(words, "type ipv6_addr")]
    assert addresses == ["2001:db8::/32", "::1", "2001:db8::1-2001:db8::ff", "::ffff:1.2.3.4"]


@pytest.mark.parametrize(
    "words",
    [
        "1.2.3.256", "::1", "1.2.3.5-1.2.3.4", "1.2.3.4-::1", "1.2.3.4/33", "drop", "1.2.3.4 expires 5",
        "1.2.3.4 expires s", "1.2.3.4 expires 5x", "1.2.3.4 expires 5s5", "1.2.3.4 expires m5s", "{ 1.2.3.4 }",
        "1.2.3.4 expires -5s", "1.2.3.4 expires " + "9" * 50 + "s", "1" * 5000, "1.2.3.4 } x {",
    ],
)  # fmt: skip
def test_an_element_that_cannot_be_is_an_error(words):
    with pytest.raises(NftError):
        elements(words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "nonsense\n",
        "table inet t {\n}\n",
        "table inet t {\n\tmap m {\n\t\ttype ipv4_addr : verdict\n\t}\n}\n",
        "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n",
        "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n\tset s2 {\n\t}\n}\n",
        "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n}\n}\n",
        "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements\n\t}\n}\n",
        "table inet t {\n\tset s {\n\t\tnews {\n\t\t}\n\t}\n}\n",
        "Error: No such file or directory\nlist set inet t s\n",
    ],
)
def test_what_is_not_the_listing_of_one_set_is_an_error(text):
    with pytest.raises(NftError, match="nft"):
        parse(text)


def reads(text):
    try:
        parse(text)
    except NftError:
        return False
    return True


def test_a_listing_cut_anywhere_is_an_error():
    # a listing that lacks elements would have them added, or forgotten as somebody else's doing
    assert reads(PLAIN)
    assert [size for size in range(len(PLAIN)) if reads(PLAIN[:size])] == []


def test_a_changed_listing_is_read_or_is_an_error():
    words = "1.2.3.4 timeout 1h expires 59m3s120ms, 10.0.0.0/8 counter packets 0 bytes 0,\n\t 1.2.3.5-1.2.3.9"
    for text in (PLAIN, listing("\t\ttype ipv4_addr\n\t\tflags interval,timeout\n\t\telements = { %s }" % words)):
        state = 1
        for _ in range(2000):
            changed = bytearray(text.encode())
            for _ in range(3):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                changed[(state >> 8) % len(changed)] = state >> 20 & 255
            reads(bytes(changed))


def test_a_large_listing_is_read():
    words = ",\n\t\t\t     ".join(["10.0.%d.%d timeout 1d expires 23h59m59s" % (i >> 8, i & 255) for i in range(10000)])
    found = parse(listing("\t\ttype ipv4_addr\n\t\tflags timeout\n\t\telements = { %s }" % words))
    assert (len(found.elements), found.elements[9999]) == (10000, Element("10.0.39.15", 86399))


def test_elements_are_added_in_one_command():
    given = [Element("1.2.3.4", 600), Element("10.0.0.0/8", None), Element("11.0.0.1-11.0.0.5", 93784)]
    assert list(nft.add_text(NAME, given)) == [
        "add element inet fw4 mine4 { 1.2.3.4 timeout 10m, 10.0.0.0/8, 11.0.0.1-11.0.0.5 timeout 1d2h3m4s }"
    ]


def test_what_is_deleted_is_added_first_because_it_may_have_expired():
    assert list(nft.delete_text(NAME, [Element("1.2.3.4", 600), Element("1.2.3.5", None)])) == [
        "add element inet fw4 mine4 { 1.2.3.4, 1.2.3.5 }",
        "delete element inet fw4 mine4 { 1.2.3.4, 1.2.3.5 }",
    ]


def test_a_replacement_deletes_before_it_adds():
    assert list(nft.replace_text(NAME, [Element("1.2.3.4", None)], [Element("1.2.3.4", 60)])) == [
        "add element inet fw4 mine4 { 1.2.3.4 }",
        "delete element inet fw4 mine4 { 1.2.3.4 }",
        "add element inet fw4 mine4 { 1.2.3.4 timeout 1m }",
    ]


def test_a_refill_empties_the_set_before_it_adds():
    assert list(nft.refill_text(NAME, [Element("1.2.3.4-1.2.3.6", None)])) == [
        "flush set inet fw4 mine4",
        "add element inet fw4 mine4 { 1.2.3.4-1.2.3.6 }",
    ]
    assert list(nft.refill_text(NAME, [])) == ["flush set inet fw4 mine4"]


def test_nothing_to_change_is_no_command():
    assert list(nft.replace_text(NAME, [], [])) == []


def test_a_line_has_at_most_250_elements():
    many = [Element("10.0.%d.%d" % (i >> 8, i & 255), None) for i in range(501)]
    assert [line.count(",") + 1 for line in nft.add_text(NAME, many)] == [250, 250, 1]
    assert [line[:3] for line in nft.delete_text(NAME, many)] == ["add", "del", "add", "del", "add", "del"]


@pytest.mark.parametrize("timeout,written", [(0, "1s"), (-5, "1s"), (1, "1s"), (3600, "1h"), (1 << 40, "10000d")])
def test_a_timeout_is_one_that_nft_takes(timeout, written):
    line = list(nft.add_text(NAME, [Element("1.2.3.4", timeout)]))[0]
    assert line == "add element inet fw4 mine4 { 1.2.3.4 timeout %s }" % written


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "1.2.3.4 }",
        "1.2.3.4;",
        "1.2.3.4\n",
        "1.2.3.4, 1.2.3.5",
        "01.2.3.4",
        "1.2.3.4/32",
        "::01",
        "*",
        "a-b",
        "1.2.3.5-1.2.3.4",
    ],
)
def test_what_is_not_a_canonical_address_never_gets_into_a_script(address):
    for write in (nft.add_text, nft.delete_text):
        with pytest.raises(NftError, match="not an address"):
            list(write(NAME, [Element(address, None)]))


def test_a_missing_set_is_told_from_other_troubles():
    assert nft.is_missing("Error: No such file or directory\nlist set inet fw4 mine4\n              ^^^\n")
    assert nft.is_missing("Error: No such file or directory; did you mean set 'mine' in table inet 'fw4'?\n")
    assert not nft.is_missing('internal:0:0-0: Error: Could not open file "/x": No such file or directory\n')
    assert not nft.is_missing("netlink: Error: cache initialization failed: Operation not permitted\n")
    assert not nft.is_missing("")
