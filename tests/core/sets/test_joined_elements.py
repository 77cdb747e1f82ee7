"""joined_elements.py: which elements hold ours without being ours by themselves, against sets of single addresses."""

import pytest

from mutations import Chance
from nametrack import ip
from nametrack.core.ordering import result
from nametrack.core.sets.address_ranges import joined
from nametrack.core.sets.joined_elements import JoinedElements
from nametrack.key_table import KeyTable

UNIVERSE = 64


def test_what_ceased_to_be_joined_before_the_last_start_is_not_taken_for_joined():
    joined, keys = JoinedElements(4), [ip.key("192.0.2.%d" % i) for i in (1, 2, 3)]
    joined.remember(keys, True)
    joined.remember(keys[:2], False)
    joined.remember(keys[1:2], True)
    assert sorted(joined.keys()) == sorted(keys[1:])


def runs(numbers):
    """`[(first, last)]` of the numbers that follow each other."""
    found = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def keys_of(spans):
    return [ip.wide_key(first, last, 4) for first, last in spans]


def within(spans):
    return set([number for first, last in spans for number in range(first, last + 1)])


def ours_within(element, lost, was_joined):
    """The spans of what was lost that are still ours in an element, by looking at each address."""
    mine = []
    for first, last in sorted(lost):
        if element[0] <= first and last <= element[1] and not within(mine) & within([(first, last)]):
            mine.append((first, last))
    others = within([element]) - within(mine)
    if was_joined or not others:
        return mine
    return [span for span in mine if not is_in_a_prefix(span, element, others)]


def is_in_a_prefix(span, element, others):
    """Whether it is in a prefix of 4 addresses or more, within the element, more than a quarter of which is others'."""
    for size in (4, 8, 16, 32, 64):
        block = (span[0] // size * size, span[0] // size * size + size - 1)
        if element[0] <= block[0] and span[1] <= block[1] <= element[1] and span != block:
            if 4 * len(within([block]) & others) > size:
                return True
    return False


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_is_ours_in_a_joined_element_is_what_was_lost_and_is_in_no_prefix_of_others(seed):
    chance = Chance(seed)
    for _ in range(100):
        gaps, most = 4 + 4 * chance.below(8), 1 + chance.below(25)
        elements = runs([n for n in range(UNIVERSE) if chance.below(gaps)])
        begins = [chance.below(UNIVERSE) for _ in range(chance.below(most))]
        lost = [(first, first + chance.below(5)) for first in begins]
        by_themselves = [each for each in elements if chance.below(4) == 0]
        before = [each for each in elements if chance.below(2)]
        made = JoinedElements(4)
        made.remember(keys_of(before), True)
        ours, foreign = result(
            made.find(KeyTable(keys_of(elements)), KeyTable(keys_of(by_themselves)), list(dict.fromkeys(lost)))
        )
        expected, rest, apart = list(by_themselves), set(), []
        for each in elements:
            if each in by_themselves:
                continue
            mine = ours_within(each, dict.fromkeys(lost), each in before) if each[0] != each[1] else []
            expected += mine
            apart += [each] if mine else []
            rest |= within([each]) - within(mine)
        assert sorted(ours, key=str) == sorted(keys_of(expected), key=str)
        assert foreign == joined(runs(rest))
        assert sorted(made.keys(), key=str) == sorted(keys_of(apart), key=str)
        assert sorted(made.parted, key=str) == sorted(keys_of([e for e in before if e not in apart]), key=str)


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_change_leaves_what_others_have_and_what_we_want_joined_as_nft_joins_it(seed):
    """Whatever goes and comes at once, no element touches another one, and no element is deleted and put again."""
    chance = Chance(seed)
    theirs = set([number for number in range(UNIVERSE) if chance.below(4) == 0])
    made, foreign = JoinedElements(4), joined(runs(theirs))
    installed, ours, mine = KeyTable(keys_of(runs(theirs))), KeyTable(), []
    result(made.find(installed, ours, []))
    for _ in range(60):
        gone = [span for span in mine if chance.below(3) == 0]
        left = [span for span in mine if span not in gone]
        coming = []
        for _ in range(chance.below(5)):
            first = chance.below(UNIVERSE)
            span = (first, min(UNIVERSE - 1, first + (0, 0, 1, 3)[chance.below(4)]))
            if span not in gone and not within([span]) & (theirs | within(left + coming)):
                coming.append(span)
        mine = left + coming
        change = made.arranged(keys_of(gone), keys_of(coming), installed, ours, foreign)
        fresh = change.put + change.others
        assert all(key in installed for key in change.deleted) and not any(key in installed for key in fresh)
        for key in change.deleted:
            installed.pop(key)
        for key in fresh:
            installed[key] = None
        ours.remove(KeyTable(keys_of(gone)))
        ours.update(KeyTable(keys_of(coming)))
        made.changed(change)
        elements = runs(theirs | within(mine))
        assert sorted(installed, key=str) == sorted(keys_of(elements), key=str)
        assert all(within([ip.bounds(key)]) & theirs for key in change.others)
        assert not any(within([ip.bounds(key)]) & theirs for key in change.put)
        apart = [each for each in elements if each not in mine and not within([each]) <= theirs]
        assert sorted(made.keys(), key=str) == sorted(keys_of(apart), key=str)
        if chance.below(4) == 0:  # it is listed
            found = KeyTable([key for key in keys_of(mine) if key in installed])
            ours, rest = result(made.find(installed, found, [span for span in mine if span not in elements]))
            assert sorted(ours, key=str) == sorted(keys_of(mine), key=str) and rest == foreign


def test_two_addresses_that_become_a_prefix_stay_as_nft_has_joined_them():
    made, pair, both = JoinedElements(4), keys_of([(4, 4), (5, 5)]), keys_of([(4, 5)])
    result(made.find(KeyTable(both), KeyTable(), [(4, 4), (5, 5)]))
    change = made.arranged(pair, both, KeyTable(both), KeyTable(pair), joined([]))
    assert change == ([], [], [], [])


@pytest.mark.parametrize("piece", [2, 9])
def test_what_is_in_no_element_any_more_goes_without_a_change(piece):
    made, there = JoinedElements(4), keys_of([(4, 7)])
    result(made.find(KeyTable(there), KeyTable(), [(4, 4)]))
    assert made.arranged([piece], [], KeyTable(there), KeyTable([piece]), joined([(5, 7)])) == ([], [], [], [])
