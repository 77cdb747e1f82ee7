"""coverage.py: sets with auto-merge, where elements of several hands become one range.

The model is by brute force: two sets of single addresses, what others want and what we want. Nobody sees more of them
than their union, which is what the kernel holds.
"""

import pytest

from fakes import FakeKernel
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core.config.configuration import PolicyConfig
from nametrack.core.policies.policy import Policy
from nametrack.core.sets.kernel_set import KernelSet

HOST = "h.test"
NAMES = {4: "nft inet fw4 pbr_wg_4_dst_ip_user", 6: "nft inet fw4 pbr_wg_6_dst_ip_user"}


class World:
    """One set, one policy that wants something in it, and others who put in what they like."""

    def __init__(self, family=4, literals=()):
        self.name, self.family = NAMES[family], family
        wanted = PolicyConfig("p", True, "wg", "pbr", None, None, "any", 0, [HOST], list(literals), [], None)
        self.policy = Policy(wanted, lambda host: (host, ()))
        self.kernel = FakeKernel()
        self.kernel.make_set(self.name, ("interval", "merge"))
        self.set = KernelSet(self.name, family)
        self.set.sources = self.set.users = [self.policy]
        self.set.feeder = "pbr"
        self.others = set()
        self.now = 0

    def add(self, *texts):
        """Somebody else adds elements."""
        for text in texts:
            self.kernel.add(self.name, text)
            self.others.update(numbers([text]))

    def named(self, *addresses):
        """DNS names these now, and nothing is retained."""
        self.now += 1
        host = self.policy.hosts[HOST]
        self.set.touch(self.policy.answered(host, [ip.key(address) for address in addresses], self.now))
        self.set.touch(self.policy.expire(host, self.now))

    def listed(self, sure=True):
        self.set.listed(self.kernel.perform(do.ListSet(self.name), self.now).listing, self.now, sure)

    def write(self):
        """The action that was carried out, None for none."""
        change = self.set.changes(self.now, "why")
        if change is None:
            return None
        event = self.kernel.perform(change.action, self.now)
        assert not hasattr(event, "reason"), event
        return change

    def holds(self):
        return " ".join(sorted(self.kernel.sets[self.name]["elements"]))


def numbers(texts):
    found = set()
    for text in texts:
        _, number, last = ip.span(text)
        while number <= last:
            found.add(number)
            number += 1
    return found


def test_what_touches_others_is_split_off_again():
    world = World()
    world.add("192.0.2.129", "192.0.2.132")
    world.named("192.0.2.130", "192.0.2.131")
    world.listed()
    assert do.text(world.write().action) == "add %s: 192.0.2.130/31" % world.name
    assert world.holds() == "192.0.2.129-192.0.2.132"
    world.named("192.0.2.131")
    assert do.text(world.write().action) == "refill %s: 192.0.2.129 192.0.2.131-192.0.2.132" % world.name
    assert world.holds() == "192.0.2.129 192.0.2.131-192.0.2.132"


def test_what_was_listed_while_others_were_at_it_is_only_added_to():
    """A refill would take away what came since."""
    world = World()
    world.add("192.0.2.129")
    world.named("192.0.2.130", "192.0.2.200")
    world.listed()
    world.write()
    world.named("192.0.2.200", "192.0.2.201")
    world.listed(sure=False)
    world.add("192.0.2.140")
    assert do.text(world.write().action) == "add %s: 192.0.2.201" % world.name
    world.listed()
    refilled = "192.0.2.129 192.0.2.140 192.0.2.200/31"
    assert do.text(world.write().action) == "refill %s: %s" % (world.name, refilled)
    assert world.write() is None


def test_neighbours_that_come_later_are_split_off_too():
    world = World()
    world.named("192.0.2.130", "192.0.2.131")
    world.listed()
    world.write()
    world.add("192.0.2.129", "192.0.2.132")
    world.listed()
    world.named("192.0.2.131")
    world.write()
    assert world.holds() == "192.0.2.129 192.0.2.131-192.0.2.132"


CONTAINING = ["192.0.2.128/28", "192.0.2.130/31", "192.0.2.0-192.0.2.250", "192.0.2.129-192.0.2.131", "192.0.0.0/20"]


@pytest.mark.parametrize("element", CONTAINING)
def test_an_element_that_holds_ours_and_was_there_first_stays_whole(element):
    world = World()
    world.add(element)
    before = world.holds()
    world.named("192.0.2.130")
    world.listed()
    assert world.write() is None
    world.named()
    assert world.write() is None
    assert world.holds() == before


@pytest.mark.parametrize("element", ["192.0.2.128/28", "192.0.2.0-192.0.2.250", "192.0.0.0/20", "192.0.2.128/30"])
def test_a_prefix_that_comes_around_ours_stays_whole(element):
    world = World()
    world.named("192.0.2.130", "192.0.2.140")
    world.listed()
    world.write()
    world.add(element)
    world.listed()
    world.named("192.0.2.140")
    world.write()
    world.named()
    world.write()
    assert numbers([element]) <= numbers(world.kernel.sets[world.name]["elements"])


def test_when_such_a_prefix_goes_ours_goes_too():
    world = World()
    world.named("192.0.2.130")
    world.listed()
    world.write()
    world.add("192.0.2.128/28")
    world.listed()
    world.named()
    assert world.write() is None
    world.kernel.make_set(world.name, ("interval", "merge"))
    world.listed()
    world.write()
    assert world.holds() == ""


def test_what_was_ours_and_comes_back_by_other_hands_is_theirs():
    """A user file of another program's may name the same address: every reload of the firewall adds it again."""
    world = World()
    world.named("192.0.2.130")
    world.listed()
    world.write()
    world.named("192.0.2.131")
    world.write()
    assert world.holds() == "192.0.2.131"
    world.add("192.0.2.130")
    world.listed()
    assert world.write() is None and world.holds() == "192.0.2.130-192.0.2.131"


def test_a_set_that_was_made_anew_holds_nothing_of_ours():
    world = World()
    world.named("192.0.2.130")
    world.listed()
    world.write()
    world.set.listed(None, world.now)
    world.kernel.make_set(world.name, ("interval", "merge"))
    world.add("192.0.2.130")
    world.named()
    world.listed()
    assert world.write() is None and world.holds() == "192.0.2.130"


def test_an_overlapping_prefix_of_ours_leaves_the_rest_of_theirs():
    world = World(literals=["198.51.100.0/24"])
    world.add("198.51.100.250-198.51.101.5", "198.51.100.9")
    world.listed()
    assert do.text(world.write().action) == "add %s: %s" % (
        world.name,
        "198.51.100.0-198.51.100.8 198.51.100.10-198.51.100.249",
    )
    world.set.sources = []
    world.set.users = []
    world.set.touch_all()
    world.write()
    assert world.holds() == "198.51.100.250-198.51.101.5 198.51.100.9"


def test_after_a_restart_what_is_remembered_is_ours_and_the_rest_is_not():
    world = World()
    world.add("192.0.2.0/28", "192.0.2.131", "192.0.2.133")
    world.kernel.add(world.name, "192.0.2.132")
    world.set.remember([ip.key("192.0.2.132")])
    world.listed()
    world.write()
    assert world.holds() == "192.0.2.0-192.0.2.15 192.0.2.131 192.0.2.133"


def test_what_is_wanted_beside_others_is_said_to_be_ours():
    world = World()
    world.add("192.0.2.0/28")
    world.named("192.0.2.5", "192.0.2.16")
    world.listed()
    world.write()
    assert world.set.owner()(ip.key("192.0.2.16"))
    assert world.set.held(world.policy.wanted(4)) == 2


def walk(seed, family):
    """Random changes by both sides. Others add single addresses that ours does not cover, and prefixes."""
    state = seed

    def below(n):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return (state >> 8) % n

    base = "198.51.100.%d" if family == 4 else "2001:db8::%x"
    world = World(family)
    for _ in range(60):
        what = below(10)
        if what < 6:
            world.named(*[base % (1 + below(62)) for _ in range(below(6))])
        elif what < 8:
            text = base % below(64)
            if not numbers([text]) & numbers(world.kernel.sets[world.name]["elements"]) - world.others:
                world.add(text)
        else:
            length = (29, 28, 30)[below(3)] if family == 4 else (125, 124, 126)[below(3)]
            world.add(ip.prefix("%s/%d" % (base % below(64), length)))
        if what >= 6 or below(3) == 0:
            world.listed()
        if world.set.exists:
            world.write()
            there = numbers(world.kernel.sets[world.name]["elements"])
            wanted = numbers([ip.element(key) for key in world.policy.wanted(family)])
            yield world, there, wanted


@pytest.mark.parametrize("seed,family", [(seed, family) for seed in range(1, 21) for family in (4, 6)])
def test_others_lose_nothing_and_ours_is_there_and_no_more(seed, family):
    for world, there, wanted in walk(seed, family):
        assert world.others <= there, "somebody else's address is gone"
        assert wanted <= there, "something wanted is missing"
        for number in there - world.others - wanted:
            blocks = [set([number // size * size + i for i in range(size)]) for size in (4, 8, 16)]
            kept = [block for block in blocks if block <= there and block & world.others]
            assert kept, "%s stays for nobody" % ip.from_number(number, family)
