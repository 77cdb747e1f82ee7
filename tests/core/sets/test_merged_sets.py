"""Sets with auto-merge, where nft makes one range of elements of several programs.

The model is by brute force: two sets of single addresses, what others want and what we want. The kernel shows no more
of them than their union.
"""

import pytest

from core.sets.one_set import MERGED, World, numbers, policy
from nametrack import ip
from nametrack.core.last_good import ADDED
from nametrack.core.sets.targets import Use

PBR = {4: "nft inet fw4 pbr_wg_4_dst_ip_user", 6: "nft inet fw4 pbr_wg_6_dst_ip_user"}


def world(family=4, literals=()):
    return World(PBR[family], MERGED, [policy(literals=literals)])


def test_what_touches_others_is_joined_and_split_off_again():
    """nft 1.0.6 deletes the lower one of two elements that touch when it adds anything."""
    made = world()
    made.add("192.0.2.129", "192.0.2.132", "192.0.2.140")
    made.names("192.0.2.130", "192.0.2.131", "192.0.2.150", "192.0.2.151")
    joined = "192.0.2.150/31 192.0.2.129-192.0.2.132"
    assert made.listed() == ["replace %s: 192.0.2.129 192.0.2.132 with %s" % (made.text, joined)]
    made.names("192.0.2.131")
    made.run(made.now + 1)
    assert made.holds() == "192.0.2.129 192.0.2.131-192.0.2.132 192.0.2.140"
    made.names()
    made.run(made.now + 1)
    assert made.holds() == "192.0.2.129 192.0.2.132 192.0.2.140"


def test_a_joined_element_that_another_program_changed_meanwhile_is_listed_again_and_loses_nothing():
    made = world()
    made.add("192.0.2.129")
    made.listed()
    made.kernel.sets[made.text]["elements"] = {}
    made.add("192.0.2.128/31")
    made.names("192.0.2.130")
    made.run(made.now + 20)
    assert made.holds() == "192.0.2.128-192.0.2.130"


def test_only_the_range_in_which_ours_is_joined_is_replaced():
    made = world()
    made.names("192.0.2.130", "192.0.2.131")
    made.listed()
    made.add("192.0.2.129", "192.0.2.132", "198.51.100.0/24")
    made.listed()
    assert made.holds() == "192.0.2.129-192.0.2.132 198.51.100.0/24"
    made.names("192.0.2.131")
    want = "replace %s: 192.0.2.129-192.0.2.132 with 192.0.2.129 192.0.2.131-192.0.2.132" % made.text
    assert made.run(made.now + 1) == [want]
    made.names()
    made.run(made.now + 1)
    assert made.holds() == "192.0.2.129 192.0.2.132 198.51.100.0/24"


CONTAINING = ["192.0.2.128/28", "192.0.2.130/31", "192.0.2.0-192.0.2.250", "192.0.2.129-192.0.2.131", "192.0.0.0/20"]


@pytest.mark.parametrize("element", CONTAINING)
def test_an_element_that_holds_ours_and_was_there_first_stays_whole(element):
    made = world()
    made.add(element)
    before = made.holds()
    made.names("192.0.2.130")
    assert made.listed() == []
    made.names()
    assert made.listed() == []
    assert made.holds() == before


@pytest.mark.parametrize("element", ["192.0.2.128/28", "192.0.2.0-192.0.2.250", "192.0.0.0/20", "192.0.2.128/30"])
def test_a_prefix_that_comes_around_ours_stays_whole(element):
    made = world()
    made.names("192.0.2.130", "192.0.2.140")
    made.listed()
    made.add(element)
    made.listed()
    made.names("192.0.2.140")
    made.run(made.now + 1)
    made.names()
    made.run(made.now + 1)
    assert numbers([element]) <= numbers(made.kernel.sets[made.text]["elements"])


def test_single_addresses_that_come_on_each_side_of_ours_make_no_prefix_of_them():
    """One might be a quarter of a prefix, and of one that nft joined no more is known."""
    made = world()
    made.names("192.0.2.129", "192.0.2.130", "192.0.2.131")
    made.listed()
    made.add("192.0.2.128", "192.0.2.132")
    made.listed()
    made.names()
    made.run(made.now + 1)
    assert made.holds() == "192.0.2.128 192.0.2.132"


def test_when_such_a_prefix_goes_ours_goes_too():
    made = world()
    made.names("192.0.2.130")
    made.listed()
    made.add("192.0.2.128/28")
    made.listed()
    made.names()
    assert made.run(made.now + 1) == []
    made.kernel.make_set(made.text, MERGED)
    made.listed()
    assert made.holds() == ""


def test_what_was_ours_and_comes_back_from_another_program_is_theirs():
    made = world()
    made.names("192.0.2.130")
    made.listed()
    made.names("192.0.2.131")
    made.run(made.now + 1)
    assert made.holds() == "192.0.2.131"
    made.add("192.0.2.130")
    assert made.listed() == [] and made.holds() == "192.0.2.130/31"


def test_an_overlapping_prefix_of_ours_leaves_the_rest_of_theirs():
    made = world(literals=["198.51.100.0/24"])
    made.add("198.51.100.250-198.51.101.5", "198.51.100.9")
    made.listed()
    assert made.holds() == "198.51.100.0-198.51.101.5"
    made.set.assign(Use(4, [], [], None, True), made.now)
    made.run(made.now + 1)
    assert made.holds() == "198.51.100.250-198.51.101.5 198.51.100.9"


def test_after_a_restart_what_is_remembered_is_ours_and_the_rest_is_not():
    made = world()
    made.add("192.0.2.0/28", "192.0.2.131", "192.0.2.140")
    made.kernel.add(made.text, "192.0.2.135")
    made.contents.remember([ip.key("192.0.2.135")], ADDED)
    made.listed()
    assert made.holds() == "192.0.2.0/28 192.0.2.131 192.0.2.140"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_another_program_left_of_a_prefix_of_ours_is_ours_and_a_comment_alone_says_nothing(restarted):
    """Of an element in which an address is deleted nft leaves two, each with the comment; so does it when it joins."""
    made = world(literals=["192.0.2.0/24"])
    if restarted:
        made.contents.remember([ip.key("192.0.2.0/24")], ADDED)
    else:
        made.listed()
    made.kernel.make_set(made.text, MERGED)
    held = made.kernel.sets[made.text]
    held["marked"] = {"192.0.2.0-192.0.2.4", "192.0.2.6-192.0.2.255", "198.51.100.0/31"}
    held["elements"] = dict.fromkeys(held["marked"])
    made.listed()
    assert made.holds() == "192.0.2.0/24 198.51.100.0/31"
    made.set.assign(Use(4, [], [], None, True), made.now)
    made.run(made.now + 1)
    assert made.holds() == "198.51.100.0/31"


def test_what_is_wanted_beside_others_is_said_to_be_ours():
    made = world()
    made.add("192.0.2.0/28")
    made.names("192.0.2.5", "192.0.2.16")
    made.listed()
    assert made.set.owned(ADDED) == [ip.key("192.0.2.16")]
    assert made.set.counts(made.policies[0])[1] == 2


def walk(seed, family):
    """Random changes by both sides. Others add single addresses that ours does not cover, and prefixes."""
    state = seed

    def below(n):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return (state >> 8) % n

    base = "198.51.100.%d" if family == 4 else "2001:db8::%x"
    made = world(family)
    for _ in range(60):
        what = below(10)
        if what < 6:
            made.names(*[base % (1 + below(62)) for _ in range(below(6))])
        elif what < 8:
            text = base % below(64)
            if not numbers([text]) & numbers(made.kernel.sets[made.text]["elements"]) - made.others:
                made.add(text)
        else:
            length = (29, 28, 30)[below(3)] if family == 4 else (125, 124, 126)[below(3)]
            made.add(ip.prefix("%s/%d" % (base % below(64), length)))
        if what >= 6 or below(3) == 0:
            made.listed()
        made.run(made.now + 1)
        if made.set.exists:
            there = numbers(made.kernel.sets[made.text]["elements"])
            wanted = numbers([ip.element(key) for key in made.policies[0].wanted(family)])
            yield made, there, wanted


@pytest.mark.parametrize("seed,family", [(seed, family) for seed in range(1, 21) for family in (4, 6)])
def test_others_lose_nothing_and_ours_is_there_and_no_more(seed, family):
    for made, there, wanted in walk(seed, family):
        assert made.others <= there, "an address of another program is gone"
        assert wanted <= there, "something wanted is missing"
        for number in there - made.others - wanted:
            blocks = [set([number // size * size + i for i in range(size)]) for size in (4, 8, 16)]
            kept = [block for block in blocks if block <= there and block & made.others]
            assert kept, "nothing wants %s" % ip.from_number(number, family)


def test_what_was_joined_and_taken_apart_again_is_forgotten_however_often():
    made = world()
    made.add("192.0.2.129")
    made.names()
    made.listed()
    for _ in range(5):
        made.names("192.0.2.130")
        made.run(made.now + 1)
        assert made.holds() == "192.0.2.129-192.0.2.130" and len(made.contents.joined) == 1
        made.names()
        made.run(made.now + 1)
        assert made.holds() == "192.0.2.129" and len(made.contents.joined) == 0
    assert made.contents.joined._firsts == made.contents.joined._lasts == []


def test_a_prefix_of_ours_that_nft_joined_with_what_touches_it_goes_as_a_whole():
    made = world(literals=["198.51.100.0/30"])
    made.listed()
    made.add("198.51.100.4")
    assert made.holds() == "198.51.100.0-198.51.100.4"
    made.listed()
    made.set.assign(Use(4, [], [], None, True), made.now)
    made.run(made.now + 1)
    assert made.holds() == "198.51.100.4"
