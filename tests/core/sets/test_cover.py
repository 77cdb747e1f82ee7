"""address_ranges.Cover: which prefix holds an element, against a walk over every address."""

import time

import pytest

from nametrack import ip
from nametrack.core.ordering import advance, keys_in_order
from nametrack.core.sets.address_ranges import cover


def addresses(text):
    _, first, last = ip.span(text)
    return set([first + i for i in range(last - first + 1)])  # a 32-bit MicroPython's range ends at 2^31


def whole(keys):
    """The Cover of some keys."""
    found = []

    def keep():
        found.append((yield from cover(keys, 4)))

    assert advance(keep(), 1 << 30)
    return found[0]


def by_walking(texts, text):
    """Whether one holds all of `text`, without any cleverness."""
    mine = addresses(text)
    wide = [addresses(other) for other in texts if "/" in other or "-" in other]
    return any(mine <= other and mine != other for other in wide)


CASES = [
    (["192.0.2.0/28"], "192.0.2.5"),
    (["192.0.2.0/28"], "192.0.2.16"),
    (["192.0.2.0/28"], "192.0.2.0/28"),
    (["192.0.2.0/28", "192.0.2.4/30"], "192.0.2.4/30"),
    (["192.0.2.4/30"], "192.0.2.0/28"),
    (["192.0.2.5-192.0.2.9"], "192.0.2.8/30"),
    (["192.0.2.5-192.0.2.9"], "192.0.2.4/30"),
    (["192.0.2.5"], "192.0.2.4/30"),
    ([], "192.0.2.4/30"),
    (["192.0.2.0/30", "192.0.2.8/30"], "192.0.2.4/30"),
    (["192.0.2.0/30", "192.0.2.8/30"], "192.0.2.9"),
]


@pytest.mark.parametrize("texts,text", CASES)
def test_holds_and_the_widest_around(texts, text):
    cover, key = whole([ip.key(other) for other in texts]), ip.key(text)
    assert cover.holds(key) == by_walking(texts, text)
    around = addresses(ip.element(cover.around(key)))
    assert addresses(text) <= around and (around != addresses(text)) == cover.holds(key)


def test_random_prefixes_and_ranges_agree_with_a_walk():
    seed = 7
    for _ in range(300):
        texts = []
        for _ in range(5):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            length = 26 + (seed >> 8) % 6
            texts.append(ip.prefix("192.0.2.%d/%d" % ((seed >> 16) & 63, length)))
        texts = [text for text in texts if text != texts[0] or text is texts[0]]
        text = texts.pop()
        # the kernel's sets hold no element that cuts into another; nested ones only are as in what is wanted
        cover = whole([ip.key(other) for other in texts])
        assert cover.holds(ip.key(text)) == by_walking(texts, text), (texts, text)
        wide = [other for other in set(texts) if "/" in other or "-" in other]
        assert cover.count == len([other for other in wide if not by_walking(texts, other)])
        keys = dict.fromkeys([ip.key(other) for other in texts + ["192.0.2.7", "192.0.2.70"]])
        kept = [key for key in keys if not by_walking(texts, ip.element(key))]
        assert set(cover.outermost(keys)) == set(kept), (texts, text)


def test_16384_prefixes_in_order_take_a_moment():
    """A tenth of a second; 10 s if the time goes with the square, as MicroPython sorts a sorted list."""
    keys = [((10 << 24) + 4 * i, (10 << 24) + 4 * i + 1) for i in range(16384)]
    began = time.time()
    assert whole(keys).count == len(keys_in_order(keys)) == 16384
    assert time.time() - began < 3
