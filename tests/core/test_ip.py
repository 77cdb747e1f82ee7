"""ip.py: addresses and prefixes as canonical text, the same text on every C library."""

import pytest

from nametrack import ip

CANONICAL = [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  # RFC 5952 4.2.2: one zero group stays written
    ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),  # the longer run is the one that is shortened
    ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),  # of two runs as long, the first
    ("::", "::"),
    ("::1", "::1"),
    ("1::", "1::"),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ("::ffff:c000:201", "::ffff:192.0.2.1"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
]

WRONG = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "1.2.3.-4",
    "1.2.3.04",  # some parsers read octal here: refused, as inet_pton does
    "1.2.3.4 ",
    "1.2.3.٤",
    "1.2.3.\ud800",
    "1:2:3:4:5:6:7:\ud800",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "::g",
    "::1.2.3",
    "1.2.3.4::",
    "fe80::1%eth0",
    "home.example",
]


@pytest.mark.parametrize("given,expected", CANONICAL)
def test_an_address_has_one_text(given, expected):
    assert ip.canonical(given) == expected
    assert ip.text(ip.packed(given)) == expected


@pytest.mark.parametrize("given", WRONG)
def test_what_is_no_address_is_none(given):
    assert ip.packed(given) is None
    assert ip.canonical(given) is None


def test_family():
    assert ip.family("192.0.2.1") == 4
    assert ip.family("2001:db8::1") == 6


PREFIXES = [
    ("192.0.2.0/24", "192.0.2.0/24"),
    ("192.0.2.77/24", "192.0.2.0/24"),
    ("192.0.2.7/32", "192.0.2.7"),
    ("192.0.2.7", "192.0.2.7"),
    ("0.0.0.0/0", "0.0.0.0/0"),
    ("2001:db8::1/64", "2001:db8::/64"),
    ("2001:db8::1/128", "2001:db8::1"),
    ("192.0.2.0/33", None),
    ("192.0.2.0/", None),
    ("192.0.2.0/-1", None),
    ("192.0.2.0/024", None),
    ("2001:db8::/129", None),
    ("x/8", None),
]


@pytest.mark.parametrize("given,expected", PREFIXES)
def test_a_prefix_has_one_text_without_host_bits(given, expected):
    assert ip.prefix(given) == expected


SPANS = [
    ("192.0.2.0/24", 4, 0xC0000200, 0xC00002FF),
    ("192.0.2.7", 4, 0xC0000207, 0xC0000207),
    ("192.0.2.7-192.0.2.9", 4, 0xC0000207, 0xC0000209),
    ("::/0", 6, 0, (1 << 128) - 1),
]


@pytest.mark.parametrize("given,family,first,last", SPANS)
def test_span_gives_first_and_last_address(given, family, first, last):
    assert ip.span(given) == (family, first, last)


@pytest.mark.parametrize("given", ["192.0.2.9-192.0.2.7", "192.0.2.1-2001:db8::1", "a-b", ""])
def test_what_is_no_span_is_none(given):
    assert ip.span(given) is None


KEYS = [
    ("0.0.0.0", 4, (0, 0)),
    ("192.0.2.7", 4, (0xC0000207, 0xC0000207)),
    ("255.255.255.255", 4, (0xFFFFFFFF, 0xFFFFFFFF)),
    ("::", 6, (0, 0)),
    ("::c000:207", 6, (0xC0000207, 0xC0000207)),
    ("2001:db8::7", 6, (0x20010DB8 << 96 | 7, 0x20010DB8 << 96 | 7)),
    ("192.0.2.0/24", 4, (0xC0000200, 0xC00002FF)),
    ("192.0.2.1-192.0.2.9", 4, (0xC0000201, 0xC0000209)),
    ("2001:db8::/32", 6, (0x20010DB8 << 96, (0x20010DB9 << 96) - 1)),
]


@pytest.mark.parametrize("text,family,bounds", KEYS)
def test_a_key_stands_for_its_text(text, family, bounds):
    key = ip.key(text)
    assert (ip.element(key), ip.key_family(key), ip.bounds(key)) == (text, family, bounds)
    assert ip.is_wide(key) or ip.packed_key(ip.packed(text)) == key
    assert ip.is_wide(key) == (bounds[0] != bounds[1])


def test_a_key_holds_those_that_lie_in_it_whole_and_are_of_its_family():
    held = ("192.0.2.0/24", "192.0.2.0/25", "192.0.2.0", "192.0.2.255")
    others = ("192.0.2.0/23", "192.0.1.255", "192.0.3.0", "::c000:201", "::/0")
    assert [ip.holds(ip.key("192.0.2.0/24"), ip.key(each)) for each in held + others] == [True] * 4 + [False] * 5
    assert ip.holds(ip.key("::/0"), ip.key("2001:db8::1")) and not ip.holds(ip.key("0.0.0.0/0"), ip.key("::1"))


def test_each_text_has_a_key_of_its_own_and_ipv4_comes_first():
    single = [ip.key(text) for text, _, _ in KEYS if "/" not in text and "-" not in text]
    assert len(set(single)) == len(single)
    assert [ip.key_family(key) for key in sorted(single)] == [4, 4, 4, 6, 6, 6]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["192.0.2.7"],
        ["255.255.255.255", "0.0.0.0", "10.1.2.3"],
        ["2001:db8::7", "192.0.2.7"],
        ["192.0.2.0/24", "192.0.2.7", "2001:db8::7"],
        ["2001:db8::/32", "192.0.2.1-192.0.2.9"],
    ],
)
def test_keys_have_their_texts_one_by_one_and_all_in_one(texts):
    """A separator may hold anything."""
    for separator in (", ", " 100%d\nadd "):
        assert ip.joined([ip.key(text) for text in texts], separator) == separator.join(texts)


def test_an_octet_has_one_spelling_whenever_it_is_read():
    for _ in range(2):  # the second time it was met before
        for octet in range(256):
            assert ip.number("%d.0.0.%d" % (octet, 255 - octet)) == octet << 24 | 255 - octet
        for wrong in ("256", "00", "01", "1000", "", "+1", " 1", "1_0", "x"):
            assert ip.canonical("1.2.%s.3" % wrong) is None


SPANS = [
    ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ("192.0.2.6", "192.0.2.7", "192.0.2.6/31"),
    ("192.0.2.7", "192.0.2.8", "192.0.2.7-192.0.2.8"),
    ("192.0.2.0", "192.0.2.255", "192.0.2.0/24"),
    ("9.255.255.255", "10.255.255.255", "9.255.255.255-10.255.255.255"),
    ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
    ("2001:db8::", "2001:db8::1", "2001:db8::/127"),
    ("2001:db8::1", "2001:db8::2", "2001:db8::1-2001:db8::2"),
    ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
]


@pytest.mark.parametrize("first,last,expected", SPANS)
def test_a_span_is_written_as_nft_writes_it(first, last, expected):
    assert ip.element(ip.wide_key(ip.number(first), ip.number(last), ip.family(first))) == expected
    assert ip.key(expected) == ip.wide_key(ip.number(first), ip.number(last), ip.family(first))


def test_the_key_of_a_prefix_or_range_is_that_of_its_span_whatever_the_spelling():
    texts = ["10.0.0.5/%d" % length for length in range(33)]
    texts += ["2001:db8::5/%d" % length for length in range(0, 129, 8)]
    for text in texts + ["10.0.0.1-10.0.0.3", "10.0.0.0-10.0.0.255", "10.0.0.7-10.0.0.7"]:
        version, first, last = ip.span(text)
        assert ip.key(text) == ip.wide_key(first, last, version), text


def test_what_is_no_prefix_has_no_key():
    for text in ("10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/024", "10.0.0.0/ 24", "10.0.0.0/x", "10.0.0.0/"):
        assert ip.span(text) is None, text
        with pytest.raises(TypeError):
            ip.key(text)
