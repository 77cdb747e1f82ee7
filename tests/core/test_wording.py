"""wording.py: numbers and sizes in words."""

import pytest

from nametrack.core.wording import count_that, size

SIZES = [
    (0, "0 B"),
    (999, "999 B"),
    (1000, "1.0 KiB"),
    (1024, "1.0 KiB"),
    (10137, "9.9 KiB"),
    (102348, "99.9 KiB"),
    (102350, "100 KiB"),
    (1023487, "999 KiB"),
    (1023488, "1.0 MiB"),
    (340 << 20, "340 MiB"),
    (5 << 30, "5.0 GiB"),
    (7 << 40, "7.0 TiB"),
    (2000 << 40, "2000 TiB"),
]


@pytest.mark.parametrize("case", SIZES)
def test_a_size_has_three_digits_and_its_unit(case):
    assert size(case[0]) == case[1]


def test_the_verb_goes_with_the_number():
    assert count_that(1, "IPv6 address", "take") == "1 IPv6 address takes"
    assert count_that(2, "IPv6 address", "take") == "2 IPv6 addresses take"
    assert count_that(0, "host", "wait") == "0 hosts wait"
