"""spans.py: the arithmetic of sets with auto-merge, against sets of single addresses."""

import pytest

from nametrack import ip
from nametrack.core.ordering import in_order
from nametrack.core.sets.address_ranges import NOTHING, Spans, joined, spans_of

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
        for made, expected in ((a.plus(b), x | y), (a.minus(b), x - y), (a.common(b), x & y)):
            assert is_whole(made) and numbers(made) == expected, (ours, others)
        for first, last in others:
            piece = set(range(first, last + 1))
            assert a.holds(first, last) == (piece <= x), (ours, first, last)
            assert a.meets(first, last) == bool(piece & x), (ours, first, last)
        assert (a == b) == (x == y)


def test_nothing_is_neutral():
    some = joined([(3, 5), (9, 9)])
    assert some.plus(NOTHING) == some and some.minus(NOTHING) == some
    assert some.common(NOTHING) == NOTHING and NOTHING.minus(some) == NOTHING
    assert not NOTHING.holds(0, 0) and not NOTHING.meets(0, 1 << 200)


TEXTS = [
    (["192.0.2.7"], ["192.0.2.7"]),
    (["192.0.2.6", "192.0.2.7"], ["192.0.2.6/31"]),
    (["192.0.2.7", "192.0.2.8"], ["192.0.2.7-192.0.2.8"]),
    (["192.0.2.0/25", "192.0.2.128/25", "192.0.2.9"], ["192.0.2.0/24"]),
    (["10.0.0.0/8", "9.255.255.255"], ["9.255.255.255-10.255.255.255"]),
    (["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]),
    (["255.255.255.255", "0.0.0.0"], ["0.0.0.0", "255.255.255.255"]),
    (["2001:db8::1", "2001:db8::"], ["2001:db8::/127"]),
    (["2001:db8::1", "2001:db8::2"], ["2001:db8::1-2001:db8::2"]),
    (["::/0"], ["::/0"]),
    (["2001:db8::-2001:db8::ffff"], ["2001:db8::/112"]),
]


@pytest.mark.parametrize("given,expected", TEXTS)
def test_a_span_is_written_as_nft_writes_it(given, expected):
    family = ip.family(given[0])
    other = "2001:db8::99" if family == 4 else "192.0.2.99"
    assert spans_of([ip.key(text) for text in given + [other]], family).texts(family) == expected


def test_the_spans_of_neither_family_hold_the_other():
    keys = [ip.key("192.0.2.1"), ip.key("2001:db8::1"), "192.0.2.128/25", "2001:db8:1::/48"]
    assert len(spans_of(keys, 4)) == 2 and len(spans_of(keys, 6)) == 2


def test_sorting_takes_what_is_sorted_already():
    """MicroPython's own sort would take a minute for these."""
    for count in (0, 1, 63, 64, 65, 100, 1000, 100000):
        expected = list(range(count))
        assert in_order(expected) == expected
        assert in_order([count - 1 - i for i in expected]) == expected


def test_sixty_five_thousand_spans_take_a_moment():
    many = Spans(list(range(0, 262144, 4)), list(range(0, 262144, 4)))
    few = joined([(8, 8), (100000, 100001), (262140, 262140)])
    assert len(many) == 65536
    assert len(many.minus(few)) == 65533
    assert len(many.plus(few)) == 65536
