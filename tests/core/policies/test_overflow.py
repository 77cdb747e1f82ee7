"""policy.py: a policy holds MAX_ADDRESSES at most, and says once that there were more."""

import pytest

from core.policies.policy_house import House
from core.sets.one_set import policy as one_policy
from mutations import Chance
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies import policy
from nametrack.core.policies.preparation import preparing

FIRST = ip.key("198.18.0.0")


def with_hosts(count):
    names = ["h%d.test" % i for i in range(count)]
    wanted = PolicyConfig("p", True, "wg", "pbr", None, None, "any", 0, [], [], None, {}, names, [], ())
    return result(preparing(wanted, lambda host: (host, ()))), names


def test_hosts_that_have_their_share_each_get_what_is_free_and_no_more():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 10
    try:
        made, names = with_hosts(3)  # a share is three addresses
        for i in range(3):
            made.answered(made.hosts[names[i]], [FIRST + 10 * i + j for j in range(3)], 1)
        assert len(made.wanted(4)) == 9 and not made.is_full() and not made.overflowed()
        made.answered(made.hosts[names[0]], [FIRST + j for j in range(6)], 2)
        assert len(made.wanted(4)) == 10 and made.is_full()
        assert made.overflowed() and not made.overflowed()
    finally:
        policy.MAX_ADDRESSES = before
    assert made.overflow_text() == "more than 65536 addresses; each host keeps its share of them"


@pytest.mark.parametrize("first", [FIRST, ip.key("2001:db8::1")])
def test_a_host_with_more_than_its_share_makes_room_for_what_comes_and_no_more(first):
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 10
    try:
        made, names = with_hosts(2)
        for name, start, count in zip(names, (first, first + 100), (8, 4)):
            made.answered(made.hosts[name], [start + i for i in range(count)], 1)
        assert [len(made.hosts[name]) for name in names] == [6, 4] and not made.overflowed()
    finally:
        policy.MAX_ADDRESSES = before


def test_the_only_host_takes_what_the_literals_leave():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 4
    try:
        made = one_policy(literals=["192.0.2.1", "192.0.2.2"])
        made.answered(made.hosts["h.test"], [FIRST + i for i in range(3)], 1)
        assert [made.wants(FIRST + i) for i in range(3)] == [True, True, False] and made.overflowed()
    finally:
        policy.MAX_ADDRESSES = before


def test_an_address_that_is_wanted_already_takes_no_place():
    made = one_policy()
    host = made.hosts["h.test"]
    made.answered(host, [FIRST], 1)
    made.answered(host, [FIRST, FIRST + 1], 2)
    assert len(made.wanted(4)) == 2 and not made.overflowed()


class Loud(House):
    """One that keeps what the agent logs."""

    said = ()

    def perform(self, action):
        if isinstance(action, do.Log):
            self.said += (do.text(action),)
        return House.perform(self, action)


def test_that_there_were_more_is_logged_once_however_often_it_happens():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 2
    zone = {"h.test": lambda now: (["198.51.100.%d" % (i + int(now) % 100) for i in range(4)], 60)}
    try:
        config = "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet t s'\n\toption family 'ipv4'\n"
        house = Loud(config + "\tlist host 'h.test'\n", {"nft inet t s": ()}, zone)
        house.run(1000)
    finally:
        policy.MAX_ADDRESSES = before
    assert len([text for text in house.said if "more than" in text]) == 1, house.said


def test_as_many_literals_as_have_room_are_no_overflow():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 2
    try:
        for count, too_many in ((2, False), (3, True)):
            made = one_policy(literals=["192.0.2.%d" % (i + 1) for i in range(count)])
            assert made.overflowed() is too_many and len(made.wanted(4)) == 2
    finally:
        policy.MAX_ADDRESSES = before


def test_what_makes_room_for_another_host_leaves_the_set():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 10
    config = "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet t s'\n\toption family 'ipv4'\n"
    config += "\tlist host 'h.test'\n\tlist host 'g.test'\n"
    many, few = ["192.0.2.%d" % i for i in range(1, 11)], ["198.51.100.%d" % i for i in range(1, 5)]
    try:
        house = House(config, {"nft inet t s": ()}, {"h.test": lambda now: (many, 3600), "g.test": lambda now: None})
        house.run(10)
        assert house.holds("nft inet t s") == set(many)
        house.zone["g.test"] = lambda now: (few, 3600)
        house.run(300)
        held = house.holds("nft inet t s")
        assert held.issuperset(few) and len(held) == 10
    finally:
        policy.MAX_ADDRESSES = before


def held(made, host):
    """How many of the addresses of a host are in the policy."""
    return len([key for key in host.all_keys() if made.wants(key)])


@pytest.mark.parametrize("seed", range(1, 25))
def test_in_whatever_order_hosts_answer_each_gets_its_share_and_takes_of_no_share(seed):
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 12
    chance = Chance(seed)
    try:
        made, names = with_hosts(2 + seed % 3)
        share = 12 // len(names)
        for now in range(60):
            which = chance.below(len(names))
            host, count = made.hosts[names[which]], chance.below(14)
            had = [(each, len(each), held(made, each)) for each in made.hosts.values() if each is not host]
            free, own = 12 - len(made.wanted(4)), held(made, host)
            fresh = len([i for i in range(count) if not made.wants(FIRST + 100 * which + i)])
            gone = made.answered(host, [FIRST + 100 * which + i for i in range(count)], now)
            for each, length, placed in had:
                assert len(each) >= min(length, share) and held(made, each) >= min(placed, share)
                assert fresh > free or len(each) == length
            assert held(made, host) <= max(share, own + free)
            # what has no place leaves none: who takes of a host that has such gets the rest when it asks again
            placeless = any(length > placed for _, length, placed in had) or not all(map(made.wants, host.retained))
            assert placeless or held(made, host) >= min(len(host), share)
            assert made.overflowed() is not all(map(made.wants, host.named))
            assert len(set(gone)) == len(gone)
            for each in made.hosts.values():
                made.expire(each, now)
    finally:
        policy.MAX_ADDRESSES = before
