"""policy.py: whatever its hosts are told, it wants what any of them wants, for as long, and says what changed."""

import pytest

from nametrack import ip
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies import policy as module
from nametrack.core.policies import policy_host
from nametrack.core.policies.preparation import preparing
from nametrack.core.sets.lives import NAMED

NAMES = ["a.test", "b.test", "c.test"]
KEYS = [ip.key("192.0.2.%d" % i) for i in range(1, 9)] + [ip.key("2001:db8::%d" % i) for i in range(1, 5)]
LITERALS = ["192.0.2.1", "2001:db8::1"]
RETAIN = 100


def made(literals, names=NAMES, before=None, family="any"):
    kept = (family, RETAIN, [], [], None, {}, list(names), literals, ())
    wanted = PolicyConfig("p", True, "wg", "pbr", None, None, *kept)
    return result(preparing(wanted, lambda host: (host, ()), before))


class Model:
    def __init__(self, seed):
        self.state, self.now = seed, 0
        self.literals = LITERALS[: self.below(3)]
        self.policy = made(self.literals)

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % n

    def some(self):
        return [key for key in KEYS if self.below(3) == 0]

    def expected(self, key):
        """How long any host, or what is written into it, wants an address."""
        lives = [NAMED for text in self.literals if ip.key(text) == key]
        lives += [NAMED for host in self.policy.hosts.values() if key in host.named]
        ends = [host.retained[key] for host in self.policy.hosts.values() if key in host.retained]
        return NAMED if lives else max(0, max(ends) - self.now) if ends else None

    def lives(self):
        return {key: self.policy.life(key, self.now) for key in KEYS}

    def check(self):
        wanted = {key: self.expected(key) for key in KEYS}
        assert self.lives() == wanted
        assert [key for key in KEYS if self.policy.wants(key)] == [key for key in KEYS if wanted[key] is not None]
        for family in (4, 6):
            of_it = sorted([key for key in KEYS if wanted[key] is not None and ip.key_family(key) == family], key=str)
            assert sorted(list(self.policy.wanted(family)), key=str) == of_it

    def sizes(self):
        """How many addresses are held, and how many any host wants."""
        wanted = [key for key in KEYS if self.expected(key) is not None]
        return len(self.policy.wanted(4)) + len(self.policy.wanted(6)), len(wanted)

    def step(self):
        """Something happens; return `(lives before, keys that are said to have changed)`, None if that is not said."""
        policy, what = self.policy, self.below(8)
        name = sorted(policy.hosts)[self.below(len(policy.hosts))]
        host = policy.hosts[name]
        self.now += self.below(40)
        before = self.lives()
        if what < 4:
            return before, policy.answered(host, self.some(), self.now)
        if what == 4:
            return before, policy.expire(host, self.now)
        if what == 5:
            policy.remember(host, self.some(), self.now + 50)
            return None
        if what == 6:
            seen = "%d.wild.test" % self.below(3)
            policy.answered(policy.observe(seen, (seen, ()), self.now), self.some(), self.now)
            return None
        if policy.seen:
            seen = sorted(policy.seen)[self.below(len(policy.seen))]
            return before, policy.forget(seen)
        return None

    def reload(self):
        """The configuration is read again, perhaps with other addresses, or without a host."""
        before, names = self.policy, NAMES[self.below(2) :]
        if self.below(2):
            self.literals = LITERALS[: self.below(3)]
        self.policy = made(self.literals, names, before)
        kept = [before.hosts[name] for name in before.hosts if name in names or name in before.seen and self.below(2)]
        for host in kept:
            if host.host in before.seen:
                self.policy.observe(host.host, host.name_key, before.seen[host.host])
        self.policy.take_over(before, kept)


@pytest.mark.parametrize("seed", range(1, 25))
def test_what_any_host_wants_is_wanted_and_what_changed_is_said(seed):
    walked(Model(seed))


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_same_if_a_host_keeps_two_addresses_of_a_family(seed):
    before, policy_host.MOST = policy_host.MOST, 2
    try:
        model = Model(seed)
        walked(model)
        for host in model.policy.hosts.values():
            assert all(len([key for key in host.keys() if ip.key_family(key) == each]) <= 2 for each in (4, 6))
    finally:
        policy_host.MOST = before


def walked(model):
    for i in range(80):
        told = model.step()
        model.check()
        if told is not None:
            before, after = told[0], model.lives()
            changed = [key for key in KEYS if (before[key] == NAMED) != (after[key] == NAMED)]
            changed += [key for key in KEYS if (before[key] is None) != (after[key] is None)]
            assert set(changed) <= set(told[1]) <= set(KEYS)
        if i % 20 == 19:
            model.reload()
            model.check()


@pytest.mark.parametrize("seed", range(1, 13))
def test_there_is_never_more_in_it_than_has_room_and_never_less_than_fits(seed):
    before, module.MAX_ADDRESSES = module.MAX_ADDRESSES, 6
    try:
        model = Model(seed)
        for _ in range(60):
            model.policy.overflowed()
            model.step()
            held, wanted = model.sizes()
            assert held <= min(6, wanted) and model.policy.is_full() == (held == 6)
            if model.policy.overflowed():
                assert held == 6
        if model.policy.is_full():
            model.reload()
            held, wanted = model.sizes()
            assert held == min(6, wanted), "who found no place has it when there is one"
    finally:
        module.MAX_ADDRESSES = before


def test_of_two_families_a_policy_takes_those_it_is_for():
    for family, taken in (("ipv4", KEYS[:8]), ("ipv6", KEYS[8:]), ("any", KEYS)):
        one = made([], family=family)
        one.remember(one.hosts["a.test"], KEYS, 9)
        assert [key for key in KEYS if one.wants(key)] == taken


def test_the_first_to_be_forgotten_is_waited_for():
    one = made([])
    host = one.hosts["a.test"]
    assert one.next_expiry(host, 1000) is None
    one.answered(host, KEYS[:2], 0)
    one.answered(host, KEYS[:1], 10)
    assert one.next_expiry(host, 1000) == 10 + RETAIN
    seen = one.observe("x.wild.test", ("x.wild.test", ()), 20)
    assert one.next_expiry(seen, 1000) == 1020
    one.remember(seen, KEYS[2:3], 500)
    assert (one.next_expiry(seen, 1000), one.next_expiry(seen, 100)) == (500, 120)
    assert one.observe("x.wild.test", ("x.wild.test", ()), 60) is seen and one.next_expiry(seen, 100) == 160
    assert one.asks("a.test") and not one.asks("x.wild.test") and not one.asks("y.wild.test")
    one.observe("a.test", ("a.test", ()), 70)
    assert one.asks("a.test")


def test_the_host_that_was_seen_least_recently_goes_when_there_are_too_many():
    before, module.MAX_OBSERVED = module.MAX_OBSERVED, 2
    try:
        one = made([])
        for name, at in (("x.test", 1), ("y.test", 3)):
            one.observe(name, (name, ()), at)
        assert one.stalest() is None
        one.observe("z.test", ("z.test", ()), 1)
        assert (one.stalest(), one.stalest("x.test")) == ("x.test", "z.test")
        one.observe("x.test", ("x.test", ()), 4)
        assert one.stalest() == "z.test" and one.forget("z.test") == [] and one.stalest() is None
    finally:
        module.MAX_OBSERVED = before


def test_what_is_filled_is_filled_after_the_configuration_was_read_again_if_it_still_can_be():
    before, after, other = made([]), made([]), made([])
    (target,) = before.candidates
    before.fill(target)
    after.take_over(before, [])
    assert after.target == target and after.sets() == target.sets
    other.candidates = []
    other.take_over(before, [])
    assert other.target is None and other.sets() == {}
