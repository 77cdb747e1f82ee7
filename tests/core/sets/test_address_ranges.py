"""address_ranges.py: the arithmetic of sets with auto-merge, against sets of single addresses."""

from nametrack.core.sets.address_ranges import NOTHING, joined

UNIVERSE = 40


def numbers(spans):
    return set([n for i in range(len(spans)) for n in range(spans.firsts[i], spans.lasts[i] + 1)])


def is_whole(spans):
    """In order, not empty, and a gap between each two: there is one way to write a set of addresses."""
    return all(spans.firsts[i] <= spans.lasts[i] for i in range(len(spans))) and all(
        spans.lasts[i] + 1 < spans.firsts[i + 1] for i in range(len(spans) - 1)
    )


def walk(count):
    """Pairs of pseudo-random lists of `(first, last)`, the same on every interpreter."""
    state = 11
    for _ in range(count):
        lists = []
        for _ in range(2):
            pairs = []
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            for _ in range((state >> 8) % 7):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                first = (state >> 8) % UNIVERSE
                pairs.append((first, min(UNIVERSE, first + (state >> 16) % 9)))
            lists.append(pairs)
        yield lists


def test_every_operation_agrees_with_sets_of_addresses():
    for ours, others in walk(3000):
        a, b = joined(ours), joined(others)
        x = set([n for first, last in ours for n in range(first, last + 1)])
        y = set([n for first, last in others for n in range(first, last + 1)])
        assert numbers(a) == x
        made = a.minus(b)
        assert is_whole(made) and numbers(made) == x - y, (ours, others)
        for first, last in others:
            piece = set(range(first, last + 1))
            assert a.holds(first, last) == (piece <= x), (ours, first, last)
            assert a.meets(first, last) == bool(piece & x), (ours, first, last)
        assert (a == b) == (x == y)


def test_nothing_is_neutral():
    some = joined([(3, 5), (9, 9)])
    assert some.minus(NOTHING) == some
    assert NOTHING.minus(some) == NOTHING
    assert not NOTHING.holds(0, 0) and not NOTHING.meets(0, 1 << 200)


def test_spans_that_begin_alike_and_end_apart_are_others():
    assert joined([(3, 5)]) != joined([(3, 6)]) and joined([(3, 5)]) != joined([(4, 5)])
    assert (joined([(3, 5), (9, 9)]).count(), NOTHING.count()) == (4, 0)
