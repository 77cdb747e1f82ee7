"""kernelset.py: the difference between what is wanted and what is installed, as one transaction.

What the transcripts of tests/core/transcripts/policy do not pin: whose an element is, and the lives of elements.
"""

from nametrack import ip
from nametrack.core import actions as do
from nametrack.core.config.configuration import PolicyConfig
from nametrack.core.policies.policy import Policy
from nametrack.core.sets.kernel_set import KernelSet
from nametrack.core.sets.plain_elements import LIFE_FLOOR
from nametrack.element import Element
from nametrack.wire.sets import Listing

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
HOST = "h.test"


def policy(retain=100, literals=()):
    sets = ("ipset", "s4", None)
    wanted = PolicyConfig("p", True, "wg", sets[0], sets[1], sets[2], "ipv4", retain, [HOST], list(literals), [], None)
    return Policy(wanted, lambda host: (host, ()))


def kernel_set(*policies, name="ipset s4"):
    made = KernelSet(name, 4)
    made.sources = made.users = list(policies)
    return made


def listing(*elements, timeout=False, interval=False, merge=False):
    return Listing(4, timeout, interval, merge, [Element(a, t) for a, t in elements], None, None)


def names(made, p, addresses, now):
    made.touch(p.answered(p.hosts[HOST], [ip.key(address) for address in addresses], now))


def expire(made, p, now):
    made.touch(p.expire(p.hosts[HOST], now))


def changes(made, now=0):
    change = made.changes(now, "why")
    return None if change is None else do.text(change.action)


def test_nothing_is_written_before_the_set_was_listed():
    p = policy()
    made = kernel_set(p)
    names(made, p, [A], 0)
    assert changes(made) is None
    made.listed(listing(), 0)
    assert changes(made) == "add ipset s4: %s" % A
    assert changes(made) is None


def test_what_was_there_before_is_somebody_elses_even_when_it_is_wanted():
    p = policy(retain=0)
    made = kernel_set(p)
    names(made, p, [A, B], 0)
    made.listed(listing((A, None)), 0)
    assert changes(made) == "add ipset s4: %s" % B
    names(made, p, [C], 1)
    expire(made, p, 1)
    assert changes(made, 1) == "replace ipset s4: %s with %s" % (B, C)


def test_what_is_remembered_is_ours_where_it_is_found():
    made = kernel_set(policy())
    made.remember([ip.key(A), ip.key(B)])
    made.listed(listing((A, None), (C, None)), 0)
    assert changes(made) == "delete ipset s4: %s" % A


def test_what_is_ours_is_not_forgotten_where_the_set_could_not_be_read():
    """As by an agent that is stopped before it has read any set."""
    made = kernel_set(policy())
    made.remember([ip.key(A), ip.key(B)])
    assert [made.owner()(ip.key(address)) for address in (A, C)] == [True, False]
    assert sorted(made.pending()) == sorted([ip.key(A), ip.key(B)])
    made.listed(listing((A, None)), 0)
    assert [made.owner()(ip.key(address)) for address in (A, B)] == [True, False]
    made.failed(do.ListSet(made.name))
    assert made.owner()(ip.key(A))


def test_what_somebody_took_away_is_not_ours_when_it_is_back():
    made = kernel_set(policy())
    made.remember([ip.key(A)])
    made.listed(listing(), 0)
    made.listed(listing((A, None)), 0)
    assert changes(made) is None


def test_what_could_not_be_deleted_is_still_ours():
    p = policy(retain=0)
    made = kernel_set(p)
    names(made, p, [A], 0)
    made.listed(listing(), 0)
    changes(made)
    names(made, p, [], 1)
    expire(made, p, 1)
    action = made.changes(1, "why").action
    assert do.text(action) == "delete ipset s4: %s" % A
    made.failed(action)
    assert changes(made, 2) is None  # not known what is installed
    made.listed(listing((A, None)), 3)
    assert changes(made, 3) == "delete ipset s4: %s" % A


def test_an_address_of_the_other_family_does_not_concern_it():
    made = kernel_set(policy())
    made.listed(listing(), 0)
    made.touch([ip.key("2001:db8::1")])
    assert not made.dirty()


def test_an_element_carries_its_remaining_life():
    p = policy(retain=1000)
    made = kernel_set(p)
    p.remember(p.hosts[HOST], [ip.key(A)], 30.2)
    names(made, p, [B], 0)
    made.listed(listing(timeout=True), 0)
    assert changes(made) == "add ipset s4: %s/timeout=31 %s/timeout=1000" % (A, B)


def test_a_short_retain_does_not_mean_a_process_every_few_seconds():
    p = policy(retain=5)
    made = kernel_set(p)
    names(made, p, [A], 0)
    made.listed(listing(timeout=True), 0)
    assert changes(made) == "add ipset s4: %s/timeout=%d" % (A, LIFE_FLOOR)
    assert made.refresh_at() == LIFE_FLOOR / 2


def test_what_is_named_is_renewed_when_half_of_its_life_is_over():
    p = policy(retain=1000)
    made = kernel_set(p)
    names(made, p, [A], 0)
    made.listed(listing(timeout=True), 0)
    changes(made)
    assert made.refresh_at() == 500
    made.refresh()
    assert changes(made, 500) == "replace ipset s4: %s with %s/timeout=1000" % (A, A)
    assert made.refresh_at() == 1000


def test_timeouts_that_an_earlier_run_gave_are_watched():
    p = policy(retain=10)
    made = kernel_set(p)
    made.remember([ip.key(A)])
    names(made, p, [A], 0)
    made.listed(listing((A, 500), timeout=True), 0)
    assert changes(made) is None
    assert made.refresh_at() == 500 - LIFE_FLOOR / 2


def test_an_element_of_somebody_else_is_replaced_by_ours_when_its_time_is_over():
    p = policy(retain=1000)
    made = kernel_set(p)
    names(made, p, [A], 0)
    made.listed(listing((A, 20), timeout=True), 0)
    assert changes(made) is None
    assert made.refresh_at() == 21
    made.refresh()
    assert changes(made, 21) == "add ipset s4: %s/timeout=1000" % A


def test_the_longest_life_that_any_policy_gives_counts():
    short, long = policy(retain=5), policy(retain=700)
    made = kernel_set(short, long)
    for p in (short, long):
        names(made, p, [A], 0)
    made.listed(listing(timeout=True), 0)
    assert changes(made) == "add ipset s4: %s/timeout=700" % A
    for p in (short, long):
        names(made, p, [B], 10)
    expire(made, short, 15)
    expire(made, long, 15)
    given = (A, B, A)  # A was named until 10, so that it stays until 710
    assert changes(made, 15) == "replace ipset s4: %s with %s/timeout=700 %s/timeout=695" % given
    expire(made, long, 710)
    assert "%s " % A not in (changes(made, 710) or "")  # the kernel forgot it by itself


def test_addresses_in_a_prefix_that_cannot_be_added_are_added_one_by_one():
    """Somebody's address lies in our prefix: the kernel refuses elements that overlap."""
    p = policy(literals=["192.0.2.0/24"])
    made = kernel_set(p, name="nft inet t s4")
    names(made, p, [A, "198.51.100.1"], 0)
    made.listed(listing(("192.0.2.99", None), interval=True), 0)
    assert changes(made) == "add nft inet t s4: %s 198.51.100.1" % A
    assert list(made.refused) == ["192.0.2.0/24"]
    made.listed(listing((A, None), ("198.51.100.1", None), interval=True), 5)
    assert changes(made) == "replace nft inet t s4: %s with 192.0.2.0/24" % A


def test_in_an_ipset_a_prefix_and_an_address_in_it_are_two_elements():
    p = policy(literals=["192.0.2.0/24"])
    made = kernel_set(p)
    names(made, p, [A, B], 0)
    made.listed(listing(("192.0.2.99", None), (B, None), interval=True), 0)
    assert changes(made) == "add ipset s4: %s 192.0.2.0/24" % A
