"""What looks at all of a large set does so a step at a time, and finds the same as in one go."""

import pytest

from nametrack.core.ordering import STEP, advance, sort
from nametrack.core.sets.address_ranges import join, joined


def random_numbers(count, below, seed=7):
    found = []
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        found.append((seed >> 4) % below)
    return found


def result(generator):
    """(the generator's value, how often it was gone on with)."""
    found, times = [], 1

    def keep():
        found.append((yield from generator))

    steps = keep()
    while not advance(steps):
        times += 1
    return found[0], times


@pytest.mark.parametrize("count", [0, 1, STEP - 1, STEP, STEP + 1, 7 * STEP + 3])
def test_sorting_in_steps_sorts(count):
    for values in (random_numbers(count, 1000), list(range(count))):
        ordered, times = result(sort(values))
        assert ordered == sorted(values) and times >= count // STEP


def test_joining_in_steps_joins():
    firsts = random_numbers(5 * STEP, 20000)
    pairs = [(first, first + first % 7) for first in firsts]
    spans, times = result(join(pairs))
    assert spans == joined(pairs) and len(spans) > 100 and times > 10


def test_a_generator_is_gone_on_with_until_it_has_looked_at_so_many_keys():
    looked = []

    def steps():
        for i in range(10):
            looked.append(i)
            yield 100

    one = steps()
    assert not advance(one, 300) and looked == [0, 1, 2]
    assert advance(one, 10000) and len(looked) == 10
