"""punycode.py: names in other scripts as DNS knows them. The samples are RFC 3492's own, section 7.1."""

import sys

import pytest

from nametrack.core.config.configuration import build
from nametrack.core.config.option_values import host, quoted
from nametrack.core.config.punycode import encode, is_unfit, lower, to_ascii
from nametrack.wire import uci

SAMPLES = [
    (
        "\u0644\u064a\u0647\u0645\u0627\u0628\u062a\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064a\u061f",
        "egbpdaj6bu4bxfgehfvwxn",
    ),
    ("\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "ihqwcrb4cv8a8dqg056pqjye"),
    ("\u4ed6\u5011\u7232\u4ec0\u9ebd\u4e0d\u8aaa\u4e2d\u6587", "ihqwctvzc91f659drss3x8bo0yb"),
    (
        "Pro\u010dprost\u011bnemluv\u00ed\u010desky",
        "Proprostnemluvesky-uyb24dma41a",
    ),
    (
        "\u05dc\u05de\u05d4\u05d4\u05dd\u05e4\u05e9\u05d5\u05d8\u05dc\u05d0\u05de\u05d3\u05d1\u05e8\u05d9\u05dd"
        "\u05e2\u05d1\u05e8\u05d9\u05ea",
        "4dbcagdahymbxekheh6e0a7fei0b",
    ),
    (
        "\u043f\u043e\u0447\u0435\u043c\u0443\u0436\u0435\u043e\u043d\u0438\u043d\u0435\u0433\u043e\u0432\u043e"
        "\u0440\u044f\u0442\u043f\u043e\u0440\u0443\u0441\u0441\u043a\u0438",
        "b1abfaaepdrnnbgefbadotcwatmq2g4l",
    ),
    ("3\u5e74B\u7d44\u91d1\u516b\u5148\u751f", "3B-ww4c5e180e575a65lsy2b"),
    ("\u5b89\u5ba4\u5948\u7f8e\u6075-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"),
    ("\u305d\u306e\u30b9\u30d4\u30fc\u30c9\u3067", "d9juau41awczczp"),
    ("-> $1.00 <-", "-> $1.00 <--"),
    ("\U0001f600", "e28h"),
    ("a\x80b", "ab-ba"),  # the first that is not of ASCII
]


@pytest.mark.parametrize("given,expected", SAMPLES)
def test_the_samples_of_the_rfc(given, expected):
    assert encode(given) == expected


NAMES = [
    ("b\u00fccher.example", "xn--bcher-kva.example"),
    ("B\u00dcCHER.Example", "xn--bcher-kva.example"),
    ("stra\u00dfe.example", "xn--strae-oqa.example"),  # RFC 5891: a letter of its own, not ss
    ("\u03a7\u03a1\u0399\u03a3\u03a4\u039f\u03a3.gr", "xn--uxamejber.gr"),  # every sigma made small like the others
    ("\u041f\u0440\u0418\u043c\u0415\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
    ("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"),
    ("www.\u4f8b\u3048.test.", "www.xn--r8jz45g.test"),
]


@pytest.mark.parametrize("given,expected", NAMES)
def test_a_name_is_looked_up_as_dns_knows_it(given, expected):
    assert host(given) == (expected, None)


WRONG = [
    ("bu\u0308cher.example", "another form"),
    ("\uff42\u00fccher.example", "another form"),
    ("\u212a\u00fccher.example", "another form"),  # the Kelvin sign, whose lower case is an ASCII k
    ("b\u00fccher\u200b.example", "cannot be seen"),
    ("\u00fc" * 60 + ".example", "is not a host name"),
    ("\u00fc..example", "is not a host name"),
    ("\u00fc b.example", "is not a host name"),
    (".".join(["\u00fc"] * 100), "is not a host name"),
    ("\u00fc" * 100000, "is not a host name"),
]


@pytest.mark.parametrize("given,why", WRONG)
def test_what_cannot_be_one_is_said(given, why):
    value, problem = host(given)
    assert value is None and why in problem and problem.startswith(quoted(given))


def test_small_letters_do_not_depend_on_the_interpreter():
    assert lower("\u00c0\u00d6\u00d7\u00d8\u00de\u0178\u0110\u0141\u017d\u0391\u03a9\u0401\u042f\u1ea4\u212aAZ") == (
        "\u00e0\u00f6\u00d7\u00f8\u00fe\u00ff\u0111\u0142\u017e\u03b1\u03c9\u0451\u044f\u1ea5\u212aaz"
    )
    assert to_ascii("a.\u00fc.b") == "a.xn--tda.b"


def test_a_host_in_another_script_is_followed_by_its_ascii_name():
    text = "config policy 'p'\n\toption target 'ipset'\n\toption set4 's'\n\tlist host 'B\u00fccher.example'\n"
    sections, problems = uci.parse(text)
    config = build(sections, [], problems)
    assert config.errors == [] and config.policies[0].hosts == ["xn--bcher-kva.example"]


def test_what_becomes_small_is_as_unicode_has_it_and_498_letters_do():
    if sys.implementation.name == "micropython":
        pytest.skip("its texts know no other small letters than those of ASCII")
    small = [chr(code) for code in range(0x3000) if lower(chr(code)) != chr(code)]
    assert [letter for letter in small if lower(letter) != letter.lower()] == []
    assert len(small) == 498


def test_of_letters_that_dns_does_not_take_those_at_the_ends_are_told_too():
    ends = ((0x300, 0x36F), (0x483, 0x489), (0x3099, 0x309A), (0x2100, 0x214F), (0xFF00, 0xFFEF))
    for first, last in ends:
        found = [is_unfit("a" + chr(code)) for code in (first - 1, first, last, last + 1)]
        assert found == [False, True, True, False], first


@pytest.mark.parametrize("length, fits", [(59, True), (60, False)])
def test_no_label_is_encoded_that_is_too_long_anyway(length, fits):
    assert (to_ascii("\u00fc" * length + ".test") is not None) is fits
