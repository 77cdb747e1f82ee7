"""networks.py: what some networks hold and meet, against sets of single addresses."""

import pytest

from mutations import Chance
from nametrack import ip
from nametrack.core.routes.networks import NOWHERE, Networks


@pytest.mark.parametrize("seed", range(1, 6))
def test_networks_that_overlap_hold_what_they_hold_together(seed):
    chance = Chance(seed)
    for _ in range(200):
        begins = [chance.below(40) for _ in range(chance.below(6))]
        spans = [(first, first + chance.below(8)) for first in begins]
        held = set([number for first, last in spans for number in range(first, last + 1)])
        # what touches without an address in common are two networks: no route for one holds an address of the other
        parts = set([(first, last) for first, last in spans])
        networks = Networks([ip.wide_key(first, last, 4) for first, last in spans])
        for first in range(42):
            for last in (first, first + 1, first + 5):
                asked = set(range(first, last + 1))
                assert networks.meets(first, last) == bool(held & asked)
                assert networks.holds(first, last) == any(asked <= part for part in together(parts))


def together(spans):
    """The addresses of those that overlap, as sets."""
    found = []
    for first, last in sorted(spans):
        mine = set(range(first, last + 1))
        if found and found[-1] & mine:
            found[-1] |= mine
        else:
            found.append(mine)
    return found


def test_the_same_networks_are_equal_in_any_order():
    keys = [ip.key(text) for text in ("192.0.2.0/24", "198.51.100.0/25", "198.51.100.0/24")]
    assert Networks(keys) == Networks(keys[::-1]) == Networks([keys[0], keys[2]]) != Networks(keys[:2])
    assert Networks(keys[:1]) != NOWHERE == Networks([])
    assert Networks([(1, 5)]) != Networks([(1, 6)]) and Networks([(1, 6)]) != Networks([(2, 6)])
