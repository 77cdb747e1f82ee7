"""option_values.py: texts of others are cut and made harmless."""

import pytest

from nametrack.core.config.option_values import (
    anything,
    device,
    device_or_interface,
    interface,
    interface_or_link,
    printable,
    quoted,
)
from nametrack.core.config.section import hint


def test_a_text_of_others_is_cut_and_what_would_hide_in_it_is_spelled():
    assert anything("x" * 128) == ("x" * 128, None) and anything("x" * 129) == ("x" * 128 + "...", None)
    assert quoted("y" * 60) == "'%s'" % ("y" * 60) and quoted("y" * 61) == "'%s...'" % ("y" * 60)
    assert printable("a\x1b\u202e~ \u00e9\x7f", 99) == "a\\x1b\\u202e~ \u00e9\\x7f"
    assert printable("\u200b" * 3, 2) == "\\u200b\\u200b..."


SLIPS = [
    ("retian", "retain"), ("retai", "retain"), ("retainn", "retain"), ("retaim", "retain"), ("xretain", "retain"),
    ("ret", None), ("reXYain", None), ("retainXYZ", None), ("nothing", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize("word, meant", SLIPS)
def test_one_slip_of_the_finger_is_guessed_and_no_more(word, meant):
    said = hint(word, ["retain", "family"])
    assert ("'retain'" in said) == (meant is not None) and "family" not in said


@pytest.mark.parametrize(
    "kind,plain,dotted",
    [(device, 15, 15), (interface, 30, 0), (device_or_interface, 30, 15), (interface_or_link, 30, 15)],
)
def test_a_name_with_a_dot_is_one_of_a_device_and_has_15_characters_at_most(kind, plain, dotted):
    for size in range(3, 33):
        for text, most in (("a" * size, plain), ("a-" + "9" * (size - 2), plain), ("b." + "1" * (size - 2), dotted)):
            assert (kind(text)[1] is None) == (size <= most), text
    for text in ("", ".a", "-a", "a/b", "a b"):
        assert kind(text)[1] is not None
