"""Random walks: whatever DNS, other programs, refusals and restarts bring, in the end a set has what it should."""

import pytest

from core.sets.one_set import World, numbers, policy
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core.last_good import ADDED, JOINED
from nametrack.core.sets.targets import Use
from thorough import thorough

KINDS = [
    ("ipset s4", ()),
    ("ipset s4", ("timeout",)),
    ("ipset s4", ("interval",)),
    ("nft inet t s4", ()),
    ("nft inet t s4", ("timeout",)),
    ("nft inet t s4", ("interval",)),
    ("nft inet t s4", ("interval", "timeout")),
]
PREFIXES = ["192.0.2.0/29", "192.0.2.4-192.0.2.9", "192.0.2.16/30"]


class Walk:
    def __init__(self, seed, name, flags):
        self.state = seed
        self.wide = ["192.0.2.0/29", "192.0.2.16/30"] if "interval" in flags else []
        self.name, self.flags = name, flags
        self.theirs = {}  # elements of other programs
        self.named = []  # what DNS said last
        self.memory = {}  # key -> what was learnt of it last
        self.world = None
        self.begin(None)

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % n

    def begin(self, kernel):
        """The agent starts."""
        literals = [text for text in self.wide if self.below(2)]
        held = kernel.sets[self.name] if kernel else None
        policies = [policy(retain=(0, 700)[self.below(2)], literals=literals), policy(name="q")]
        self.world = World(self.name, self.flags, policies, None, None, kernel)
        if held is not None:
            kernel.sets[self.name] = held  # World made it anew
        for what in (ADDED, JOINED):
            self.world.set.remember([key for key in self.memory if self.memory[key] == what], what)
        self.named = []
        self.world.listed()

    def address(self):
        return "192.0.2.%d" % (1 + self.below(20))

    def elements(self):
        return self.world.kernel.sets[self.name]["elements"]

    def step(self):
        what, world = self.below(12), self.world
        self.save()
        if what < 5:
            self.named = [self.address() for _ in range(self.below(5))]
            world.names(*self.named)
        elif what < 7:
            text = self.address()
            if not numbers([text]) & numbers(self.elements()):
                world.kernel.add(self.name, text)
                self.theirs[text] = None
                world.listed()
        elif what == 7:
            there = sorted(self.elements())
            if there:
                gone = there[self.below(len(there))]
                self.elements().pop(gone)
                world.kernel.sets[self.name]["marked"].discard(gone)
                self.theirs.pop(gone, None)
                world.listed()
        elif what == 8:
            world.kernel.refusals.append(
                (("list_set", "replace", "add", "delete", "glance_set")[self.below(5)], "busy")
            )
        elif what == 9:
            self.restart(self.below(2))
        elif what == 10:
            size = len(self.elements()) + self.below(2)
            world.run(world.now, world.set.glanced(size, world.now) if world.set.is_ipset else ())
        self.world.run(self.world.now + (0, 1, 5, 400)[self.below(4)])
        self.learn()

    def learn(self):
        for keys, what in self.world.set.learnt():
            for key in keys:
                self.memory[key] = what

    def save(self):
        """As it is written once in a while, and what was learnt since is added."""
        self.memory = {key: what for what in (ADDED, JOINED) for key in self.world.set.owned(what)}
        self.world.set.learnt()

    def restart(self, orderly):
        self.learn()
        if orderly:
            self.save()
        kernel, now = self.world.kernel, self.world.now
        for text in self.elements():
            end = self.elements()[text]
            self.elements()[text] = None if end is None else end - now
        self.begin(kernel)

    def wanted(self):
        return [ip.element(key) for one in self.world.policies for key in one.wanted(4)]

    def settle(self):
        """Nothing happens any more, and everything was looked at."""
        self.world.kernel.refusals = []
        self.world.run(self.world.now + 701)
        self.world.names(*self.named)  # what was retained is over
        self.world.run(self.world.now + 10)
        self.world.listed()
        self.world.run(self.world.now + 10)


@pytest.mark.parametrize("seed,kind", [(seed, kind) for seed in range(1, 6) for kind in range(len(KINDS))])
def test_in_the_end_the_set_has_what_is_wanted_and_what_others_put_there_and_no_more(seed, kind):
    walk = Walk(seed, *KINDS[kind])
    for _ in range(thorough(60, 20)):
        walk.step()
        assert set(walk.theirs) <= set(walk.elements()), "an element of another program is gone"
    walk.settle()
    world = walk.world
    assert numbers(walk.elements()) == numbers(walk.theirs) | numbers(walk.wanted())
    for one in world.policies:
        count = len(one.wanted(4))
        assert world.set.counts(one) == (count, count)
        for text in [ip.element(key) for key in one.wanted(4)]:
            if "-" not in text and "/" not in text:
                assert world.set.holds(ip.key(text))
    assert world.set.trouble is None and world.set.settled()
    before = len(world.done)
    world.run(world.now + 200)
    if "timeout" not in walk.flags:
        assert world.done[before:] == [], "it is changed although nothing happens"
    world.set.assign(Use(4, [], [], None, True), world.now)
    world.run(world.now + 700)
    assert sorted(walk.elements()) == sorted(walk.theirs) and world.set.is_done_with()
    assert world.set.owned(ADDED) == []


def test_a_refusal_is_said_with_its_reason_and_what_comes_of_a_change_has_its_code():
    world = World("nft inet t s4")
    world.listed()
    world.kernel.refusals = [("add", "busy")]
    world.names("192.0.2.1")
    world.run(3)
    assert world.said == ["trouble set 'inet t s4' cannot be changed: busy"]
    world.run(400)
    assert world.said[1:] == [
        "policy set 'inet t s4': 1 added: brought up to date",
        "recovered set 'inet t s4' is in order again",
    ]
    notified = []
    perform = world.kernel.perform

    def noting(action, now):
        if isinstance(action, do.Notify):
            notified.append((action.code, action.values.get("added"), action.values.get("deleted")))
        return perform(action, now)

    world.kernel.perform = noting
    world.names("192.0.2.2", "192.0.2.3")
    world.run(world.now + 5)
    assert notified == [("elements", ["192.0.2.2", "192.0.2.3"], ["192.0.2.1"])]
