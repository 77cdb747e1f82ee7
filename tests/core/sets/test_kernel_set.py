"""kernel_set.py: what is changed in a set, whose an element is, how long it lives, and what is tried again when."""

import pytest

from core.sets.one_set import HOST, World, policy
from nametrack import ip
from nametrack.core.last_good import ADDED, DELETED
from nametrack.core.ordering import STEP
from nametrack.core.sets import contents
from nametrack.core.sets.address_ranges import joined
from nametrack.core.sets.kernel_set import KernelSet
from nametrack.core.sets.targets import Use
from nametrack.core.sets.wanted import LIFE_FLOOR
from nametrack.wire import ipsetlink

A, B, C, D = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
IPSET, NFT = "ipset s4", "nft inet t s4"


def test_nothing_is_written_before_the_set_was_listed():
    world = World(IPSET)
    world.names(A)
    assert world.run(1) == []
    assert world.listed() == ["add ipset s4: %s" % A]
    assert world.listed() == []


def test_a_set_that_is_not_read_yet_or_not_there_holds_nothing():
    one = policy(literals=[A])
    world = World(NFT, (), [one])
    assert world.set.counts(one)[1] == 0
    world.listed()
    assert world.set.counts(one)[1] == 1
    del world.kernel.sets[NFT]
    world.listed()
    assert world.set.counts(one)[1] == 0


def test_what_did_not_fit_and_is_wanted_no_more_is_not_missing():
    before, after = policy(literals=[A, B]), policy(literals=[A])
    world = World(NFT, (), [before], 1)
    world.listed()
    assert world.set.counts(before)[1] == 1
    world.set.assign(use(after), world.now)
    world.run(9)
    assert world.holds() == A and world.set.counts(after)[1] == 1


def test_what_was_there_before_is_not_ours_even_if_it_is_wanted():
    for name in (IPSET, NFT):
        world = World(name)
        world.add(A)
        world.names(A, B)
        assert world.listed() == ["add %s: %s" % (name, B)]
        world.names(C)
        assert world.run(9) == ["replace %s: %s with %s" % (name, B, C)]


def test_what_is_remembered_is_ours_if_it_is_found():
    world = World(IPSET)
    world.add(A, C)
    world.contents.remember([ip.key(A), ip.key(B)], ADDED)
    assert world.listed() == ["delete ipset s4: %s" % A]


def test_what_carries_our_comment_is_ours_after_a_kill_that_left_no_record():
    world = World(NFT)
    world.add(B)
    world.kernel.add(NFT, A, True)
    assert world.listed() == ["delete %s: %s" % (NFT, A)]


def test_what_the_kernel_refused_is_not_ours_after_a_restart():
    world = World(IPSET)
    world.listed()
    world.kernel.sets[IPSET]["size"] = 1  # as it came to be after the listing
    world.names(A, B)
    world.run(5)
    told = {}
    for keys, what in world.set.learnt():
        told.update([(key, what) for key in keys])
    held = world.holds()
    assert held in (A, B) and told == {ip.key(held): ADDED, ip.key(B if held == A else A): DELETED}


@pytest.mark.parametrize("name,flags", [(IPSET, ()), (NFT, ("interval", "merge"))])
def test_what_could_not_be_added_is_not_ours_after_a_restart(name, flags):
    """Another program may add it before the agent starts again: as when the firewall makes the set anew."""
    world = World(name, flags)
    world.listed()
    world.kernel.refusals.append(("add ", "no such set"))
    world.names(A)
    world.run(world.now + 1)
    assert world.done == [] and world.set.learnt() == [([ip.key(A)], ADDED), ([ip.key(A)], DELETED)]


def test_what_carries_our_comment_needs_no_record():
    """65,536 addresses would be a megabyte of memory, written with each refill and read at each start."""
    world = World(NFT)
    world.listed()
    world.names(A, B)
    world.run(5)
    world.names(C)
    world.run(9)
    assert world.holds() == C and world.set.learnt() == [] and world.set.owned(ADDED) == []


def test_what_is_ours_without_our_comment_stays_ours_until_it_goes():
    """As version 0.1.0 left it."""
    world = World(NFT)
    world.add(A, C)
    world.names(A)
    world.contents.remember([ip.key(A)], ADDED)
    world.listed()
    assert world.set.owned(ADDED) == [ip.key(A)]
    world.add(B)
    world.listed()
    world.names()
    assert world.run(30) == ["delete %s: %s" % (NFT, A)]
    assert world.set.learnt() == [([ip.key(A)], DELETED)] and world.set.owned(ADDED) == []


def test_what_is_about_to_be_ours_is_so_for_a_copy_that_is_made_anew_meanwhile():
    """It was told before it was ordered, and is not told again."""
    world = World(IPSET)
    world.listed()
    world.names(A)
    actions = world.set.due("settle", world.now + 1)
    assert world.set.learnt() == [([ip.key(A)], ADDED)] and world.set.owned(ADDED) == [ip.key(A)]
    world.take(actions)
    assert world.holds() == A and world.set.learnt() == [] and world.set.owned(ADDED) == [ip.key(A)]


def test_what_is_ours_is_not_forgotten_if_the_set_could_not_be_read():
    """As by an agent that is stopped before it has read any set."""
    world = World(IPSET)
    world.contents.remember([ip.key(A), ip.key(B)], ADDED)
    assert sorted(world.set.owned(ADDED)) == [ip.key(A), ip.key(B)]
    world.kernel.refusals.append(("list_set", "busy"))
    world.run(1, world.set.list())
    assert sorted(world.set.owned(ADDED)) == [ip.key(A), ip.key(B)] and world.set.exists is None


def test_what_another_program_took_away_is_not_ours_when_it_is_back():
    for name in (IPSET, NFT):
        world = World(name)
        world.contents.remember([ip.key(A)], ADDED)
        world.listed()
        world.add(A)
        assert world.listed() == []


def test_what_another_program_may_have_added_meanwhile_is_looked_at_before_it_is_written():
    world = World(NFT)
    world.listed()
    world.names(A)
    world.add(A)
    world.set.touched(1, world.now)
    assert world.run(9) == []
    world.names()
    assert world.run(30) == [] and world.holds() == A


def test_what_could_not_be_deleted_is_still_ours():
    world = World(IPSET)
    world.names(A)
    world.listed()
    world.kernel.refusals.append(("delete", "busy"))
    world.names()
    assert world.run(3) == [] and world.set.owned(ADDED) == [ip.key(A)]
    assert world.run(9) == ["delete ipset s4: %s" % A]
    assert world.said[-1] == "recovered set 's4' is in order again"


def test_an_address_of_the_other_family_does_not_concern_it():
    world = World(IPSET)
    world.listed()
    world.names("2001:db8::1")
    assert world.run(5) == []


def test_an_element_carries_its_remaining_life():
    one = policy(retain=1000)
    world = World(IPSET, ("timeout",), [one])
    one.remember(one.hosts[HOST], [ip.key(A)], 30.2)
    world.names(B)
    assert world.listed() == ["add ipset s4: %s/timeout=31 %s/timeout=1000" % (A, B)]


def test_a_short_retain_does_not_mean_a_change_every_few_seconds():
    world = World(IPSET, ("timeout",), [policy(retain=5)])
    world.names(A)
    assert world.listed() == ["add ipset s4: %s/timeout=%d" % (A, LIFE_FLOOR)]
    assert world.run(LIFE_FLOOR / 2 - 5) == []


def test_what_is_named_is_renewed_when_half_of_its_life_is_over():
    for name in (IPSET, NFT):
        world = World(name, ("timeout",), [policy(retain=1000)])
        world.names(A)
        world.listed()
        renewed = "replace %s: %s with %s/timeout=1000" % (name, A, A)
        assert world.run(490) == []
        assert world.run(990) == [renewed]
        assert world.run(1490) == [renewed]


@pytest.mark.parametrize("flags, literals", [((), ()), (("timeout",), ()), (("interval",), ["192.0.2.0/30"])])
def test_what_needs_no_change_counts_as_held(flags, literals):
    world = World(NFT, flags, [policy(literals=literals)])
    world.add(B)  # also of a prefix that the set holds in pieces
    world.names(A, B)
    world.listed()
    assert world.listed() == [] and world.set.counts(world.policies[0])[1] == 2 + len(literals)


def test_timeouts_that_an_earlier_run_gave_are_watched():
    world = World(NFT, ("timeout",), [policy(retain=10)])
    world.kernel.add(NFT, A, True)
    world.kernel.sets[NFT]["elements"][A] = 500
    world.names(A)
    assert world.listed() == []
    assert world.run(199) == []
    assert world.run(206) == ["replace %s: %s with %s/timeout=%d" % (NFT, A, A, LIFE_FLOOR)]


def test_an_element_of_another_program_is_replaced_by_ours_when_its_time_is_over():
    world = World(IPSET, ("timeout",), [policy(retain=1000)])
    world.add(A)
    world.kernel.sets[IPSET]["elements"][A] = 20
    world.names(A)
    assert world.listed() == []
    world.names(A, B)  # which lives longer
    assert world.run(19) == ["add ipset s4: %s/timeout=1000" % B]
    assert world.run(23) == ["add ipset s4: %s/timeout=1000" % A]


def test_a_timeout_that_another_program_shortens_is_renewed_before_the_element_is_lost_and_that_is_known():
    """dnsmasq's nftset= and rules with `update` give our elements their own timeout, from Linux 6.12 on."""
    world = World(NFT, ("timeout",), [policy(retain=86400)])
    world.names(A)
    world.listed()
    world.kernel.sets[NFT]["elements"][A] = world.now + 70
    assert world.run(62) == ["replace %s: %s with %s/timeout=86400" % (NFT, A, A)] and world.set.shared
    for _ in range(20):
        world.kernel.sets[NFT]["elements"][A] = world.now + 6
        world.run(world.now + 5.5)
        assert world.holds() == A
    world.run(world.now + 1000)
    assert not world.set.shared


@pytest.mark.parametrize("address", [A, "198.51.100.1"])
def test_whichever_timeout_another_program_shortens_is_noticed(address):
    world = World(NFT, ("timeout",), [policy(retain=86400)])
    world.names(A, "198.51.100.1")
    world.listed()
    world.kernel.sets[NFT]["elements"][address] = world.now + 700
    world.listed()
    assert world.set.shared


def test_the_longest_life_that_any_policy_gives_counts():
    short, long = policy(retain=5), policy(retain=700, name="q")
    world = World(IPSET, ("timeout",), [short, long])
    world.names(A)
    assert world.listed() == ["add ipset s4: %s/timeout=700" % A]
    world.names(B)
    changed = world.run(4)
    assert len(changed) == 1 and "%s/timeout=700" % B in changed[0]
    world.run(800)
    assert world.holds() == B


def test_a_prefix_goes_in_as_the_pieces_that_others_leave_of_it():
    world = World(NFT, ("interval",), [policy(literals=["192.0.2.0/24"])])
    world.names(A, "198.51.100.1")
    world.add("192.0.2.99")
    added = "198.51.100.1 192.0.2.0-192.0.2.98 192.0.2.100-192.0.2.255"
    assert world.listed() == ["add %s: %s" % (NFT, added)]
    del world.kernel.sets[NFT]["elements"]["192.0.2.99"]
    assert world.listed() == ["replace %s: 192.0.2.0-192.0.2.98 192.0.2.100-192.0.2.255 with 192.0.2.0/24" % NFT]
    assert world.set.counts(world.policies[0])[1] == 3


def test_an_edited_prefix_takes_effect_in_one_change():
    before, after = policy(literals=["192.0.2.0/24"]), policy(literals=["192.0.2.0/25"])
    world = World(NFT, ("interval",), [before])
    world.listed()
    world.policies = [after]
    world.set.assign(use(after), world.now)
    assert world.run(9) == ["replace %s: 192.0.2.0/24 with 192.0.2.0/25" % NFT]


def use(one):
    return Use(4, [one], [one], None, False)


def test_a_prefix_that_comes_to_hold_a_host_takes_its_place_and_gives_it_back():
    plain, wide = policy(), policy(literals=["192.0.2.0/24"])
    world = World(NFT, ("interval",), [plain])
    world.names(A)
    world.listed()
    for one, change in ((wide, (A, "192.0.2.0/24")), (plain, ("192.0.2.0/24", A))):
        one.answered(one.hosts[HOST], [ip.key(A)], world.now)
        world.set.assign(use(one), world.now)
        assert world.run(world.now + 1) == ["replace %s: %s with %s" % ((NFT,) + change)]


def test_in_an_ipset_a_prefix_and_an_address_in_it_are_two_elements():
    world = World(IPSET, ("interval",), [policy(literals=["192.0.2.0/24"])])
    world.names(A, B)
    world.add("192.0.2.99", B)
    assert world.listed() == ["add ipset s4: %s 192.0.2.0/24" % A]


def test_an_endpoint_of_the_tunnel_is_left_out_also_inside_a_prefix():
    for name, flags, pieces in (
        (NFT, ("interval",), "192.0.2.0-192.0.2.6 192.0.2.8/29"),
        (IPSET, ("interval",), "192.0.2.6 192.0.2.0/30 192.0.2.4/31 192.0.2.8/29"),
    ):
        world = World(name, flags, [policy(literals=["192.0.2.0/28"])])
        world.set.bar([ip.key("192.0.2.7"), ip.key("198.51.100.7")], 0)
        world.names("192.0.2.7", "198.51.100.7", "198.51.100.8")
        world.listed()
        assert "192.0.2.7" not in world.holds().split() and "198.51.100.7" not in world.holds().split()
        there = [ip.element(key) for key in world.contents.ours]
        for text in pieces.split():
            assert text in there, (text, there)
        assert world.set.work.wanted.left_out() == ["192.0.2.7", "198.51.100.7"]
        world.set.bar([], world.now)
        world.run(world.now + 1)
        assert set(world.holds().split()) >= {"192.0.2.0/28", "198.51.100.7", "198.51.100.8"}


def test_an_endpoint_that_is_in_the_set_already_goes_out():
    world = World(NFT)
    world.names(A, B)
    world.listed()
    world.set.bar([ip.key(B)], world.now)
    assert world.run(world.now + 1) == ["delete %s: %s" % (NFT, B)]
    assert world.set.counts(world.policies[0]) == (1, 1)


def test_a_full_set_holds_what_dns_names_now():
    world = World(NFT, size=2, policies=[policy(retain=1000)])
    world.names(A, B)
    world.listed()
    world.names(B, C)
    assert world.run(4) == ["replace %s: %s with %s" % (NFT, A, C)]
    assert world.said[-1] == "trouble set 'inet t s4' is full with 2 elements: 1 address did not fit"
    assert world.set.counts(world.policies[0])[1] == 2


def test_no_more_makes_room_in_a_full_set_than_is_needed():
    world = World(NFT, size=4, policies=[policy(retain=1000)])
    world.names(A, B, C, D)
    world.listed()
    world.names(D, "192.0.2.5")
    (change,) = world.run(4)
    assert change.startswith("replace ") and len(change.partition(": ")[2].partition(" with ")[0].split()) == 1
    held = world.holds().split()
    assert len(held) == 4 and {D, "192.0.2.5"} <= set(held) and world.set.counts(world.policies[0])[1] == 4


def test_when_room_comes_in_a_full_set_what_waits_goes_in():
    world = World(NFT, size=2)
    world.names(A, B, C)
    world.listed()
    assert world.holds() == "%s %s" % (A, B)
    world.names(B, C)
    world.run(world.now + 1)
    assert world.holds() == "%s %s" % (B, C) and world.set.trouble is None


def test_a_refused_change_is_said_once_and_tried_again_after_5_s_up_to_5_min_and_is_not_counted():
    world = World(NFT)
    world.kernel.refusals = [("add ", "the set cannot be changed")] * 100
    world.names(A)
    world.listed()
    world.run(3600)
    tried = 100 - len(world.kernel.refusals)
    assert 12 <= tried <= 18, tried
    assert len(world.said) == 1 and world.policies[0].added == 0
    assert world.set.counts(world.policies[0])[1] == 0


@pytest.mark.parametrize("barred", [(), (ip.key(B),)])
def test_an_element_that_is_refused_holds_up_no_other_and_is_named_as_it_is_configured(barred):
    """Also if an endpoint of the tunnel is in the prefix: what it would leave of it is of no interest."""
    world = World(NFT, (), [policy(literals=["198.51.100.0/24", "192.0.2.0/24"])])
    world.set.bar(barred, 0)
    world.names(A)
    assert world.listed() == ["add %s: %s" % (NFT, A)]
    assert world.said[-1] == "trouble set 'inet t s4' cannot hold 192.0.2.0/24: it has no flag 'interval'"


def test_what_the_kernel_refuses_is_named_and_holds_up_no_other():
    world = World(NFT, ("interval",))
    world.listed()
    world.kernel.add(NFT, "192.0.2.0/31")  # in silence
    world.names(A, B)
    assert world.run(3) == ["add %s: %s %s" % (NFT, A, B)] and world.holds() == "192.0.2.0/31 %s" % B
    why = "it overlaps with an element that another program added"
    assert world.said[-1] == "trouble set 'inet t s4' cannot hold %s: %s" % (A, why)
    world.run(30)
    assert world.said[-1] == "recovered set 'inet t s4' is in order again"


def test_a_large_set_is_changed_in_slices_deletions_first():
    old, new = [[ip.from_number(first + i, 4) for i in range(3000)] for first in (0x0A000000, 0x0B000000)]
    world = World(NFT, (), [policy(literals=old)])
    world.listed()
    world.run(world.now + 1)
    world.set.assign(use(policy(literals=new)), world.now)
    changes = world.run(world.now + 1)
    kinds = [text.split(" ")[0] for text in changes]
    assert len(changes) >= 4 and kinds == sorted(kinds, key=["delete", "replace", "add"].index)
    assert len(world.kernel.sets[NFT]["elements"]) == 3000
    assert [text for text in world.said if "3000 added, 3000 deleted" in text]


def test_a_prefix_that_comes_to_hold_many_hosts_meets_none_of_them_in_the_set():
    """An interval set refuses what overlaps with an element of its own: these go first, whatever comes with them."""
    before, after = policy(), policy(literals=["10.0.0.0/16"])
    world = World(NFT, ("interval",), [before])
    hosts = [ip.from_number(0x0A000000 + 2 * i, 4) for i in range(300)]
    world.names(*hosts)
    world.listed()
    after.answered(after.hosts[HOST], [ip.key(address) for address in hosts], world.now)
    world.set.assign(use(after), world.now)
    world.run(world.now + 1)
    assert world.holds() == "10.0.0.0/16" and not [text for text in world.said if text.startswith("trouble")]


# how often all of a set is looked at: for what is wanted and for ours; and for the life of ours
@pytest.mark.parametrize("flags, looks", [((), 2), (("timeout",), 3)])
def test_a_large_set_is_looked_at_a_step_at_a_time(flags, looks):
    addresses, turns = [ip.from_number(0x0A000000 + i, 4) for i in range(10 * STEP)], 0
    world = World(NFT, flags, [policy(literals=addresses)])
    for address in addresses:
        world.kernel.add(NFT, address, True)
    assert world.listed() == []
    world.take(world.set.list())
    while world.timers.next() is not None and world.timers.next() <= world.now + 1:
        world.step()
        turns += 1
    assert turns >= 10 * looks and world.done == []


def test_a_set_that_is_filled_again_gets_what_is_retained_after_what_is_named():
    world = World(NFT, ("interval",), [policy(retain=1000)], size=1000)
    old, new = [[ip.from_number(0x0A000000 + 1000 * i + 2 * j, 4) for j in range(200)] for i in (0, 1)]
    world.names(*old)
    world.listed()
    world.names(*new)
    world.run(9)
    world.kernel.make_set(NFT, ("interval",), 1000)
    world.done = []
    world.take(world.set.list())
    while not world.done:
        world.step()
    assert not set(world.done[0].split(" ")) & set(old)
    assert world.set.counts(world.policies[0])[1] == len(world.kernel.sets[NFT]["elements"]) < 400
    world.run(world.now + 1)
    assert len(world.kernel.sets[NFT]["elements"]) == 400


def test_an_ipset_whose_count_was_right_in_between_is_listed_again_for_the_same_wrong_count():
    world = World(IPSET)
    world.names(A)
    world.listed()

    def listings(size):
        actions = world.set.glanced(size, world.now)
        world.run(world.now, actions)
        return len(actions)

    assert listings(5) == 1
    assert listings(5) == 0  # it was listed for this count: elements may have run out that the kernel still counts
    assert listings(1) == 0 and listings(5) == 1


def test_a_set_whose_last_policy_left_is_emptied_also_if_its_policies_are_told_twice():
    world = World("nft inet t s")
    none = Use(world.family, [], world.policies, None, False)
    for _ in range(2):
        world.set.assign(none, 1)
        assert not world.set.is_idle()
    world.set.assign(Use(world.family, world.policies, world.policies, None, False), 2)
    assert not world.set.is_idle()


def test_while_a_change_is_under_way_no_other_one_is_ordered():
    world = World(NFT)
    world.listed()
    world.names(A)
    ordered = world.set.due("settle", 2)
    world.names(A, B)
    assert len(ordered) == 1 and world.set.due("settle", 3) == []
    world.take(ordered)
    world.run(9)
    assert world.done == ["add %s: %s" % (NFT, A), "add %s: %s" % (NFT, B)]


def test_nothing_is_wrong_with_a_set_that_need_not_be_there_and_is_there_no_more():
    world = World(NFT, ("interval", "merge", "timeout"))
    world.set.assign(Use(4, world.policies, world.policies, None, True), 0)
    world.listed()
    assert world.set.trouble is not None
    del world.kernel.sets[NFT]
    world.listed()
    assert world.set.trouble is None


def test_a_set_that_its_service_makes_anew_is_looked_for_and_filled_without_a_word():
    world = World(NFT, service="pbr")
    world.names(A)
    world.listed()
    del world.kernel.sets[NFT]
    world.listed()
    world.kernel.make_set(NFT, ())
    assert world.run(world.now + 10) == ["add %s: %s" % (NFT, A)]
    assert not [text for text in world.said if text.startswith("trouble")]


def test_a_set_that_no_policy_filled_yet_is_left_as_it_is():
    world = World("nft inet t s")
    fresh = KernelSet(world.name, world.family, world.timers)
    fresh.assign(Use(world.family, [], world.policies, None, False), 1)
    assert fresh.is_idle()
    fresh.assign(Use(world.family, [], [], None, False), 2)
    assert not fresh.is_idle() and fresh.is_done_with()
    fresh.list()
    assert not fresh.is_done_with(), "something of ours may be in it"


def test_of_two_policies_each_counts_what_of_its_own_is_missing():
    one, other = policy(), policy(name="q", literals=(B,))
    world = World("nft inet t s", (), [one, other], 1)
    world.names(A)
    world.listed()
    assert world.holds() == A and [world.set.counts(one)[1], world.set.counts(other)[1]] == [1, 1]


def test_what_was_refused_is_tried_again_also_if_the_set_is_read_in_between():
    """Another program touches the tables of nftables; the time of the next try does not move."""
    world = World(NFT)
    world.kernel.refusals = [("add ", "the set cannot be changed")]
    world.names(A)
    world.listed()
    refused_at = world.now
    world.set.touched(1, world.now)
    assert world.run(refused_at + 1) == [] and not world.set.reading.stale
    assert world.run(refused_at + 6) == ["add %s: %s" % (NFT, A)]


def test_an_element_of_another_program_that_ran_out_is_not_missed():
    """The count of the ipset is right then: nothing is read again."""
    world = World(IPSET, ("timeout",), [policy(retain=1000)])
    world.names(A)
    world.add(B)
    world.kernel.sets[IPSET]["elements"][B] = 20
    world.listed()
    assert world.set.glanced(2, 10) == [] and world.set.glanced(1, 21) == []


def test_a_set_that_a_policy_may_come_to_fill_is_looked_at_in_time():
    world = World(IPSET)
    waiting = KernelSet(world.name, world.family, world.timers)
    waiting.assign(Use(world.family, [], world.policies, None, False), 0)
    world.timers.cancel(("settle", world.name))
    world.set = waiting
    world.listed()
    world.run(world.now + 1)
    assert world.timers.next() is not None and world.timers.next() <= 61


def test_a_glance_that_failed_is_tried_again_after_five_minutes():
    world = World(IPSET)
    world.listed()
    world.run(1)
    (glance,) = world.set.due("glance", 1)
    world.timers.cancel(("list", world.name))
    assert world.set.failed(glance, "busy", 1) == [] and world.timers.next() == 301


def test_a_set_that_cannot_be_read_any_more_holds_nothing_for_all_that_is_known():
    world = World(NFT)
    world.names(A)
    world.listed()
    assert world.set.holds(ip.key(A))
    world.kernel.refusals.append(("list_set", "busy"))
    world.listed()
    assert world.set.exists is None and not world.set.holds(ip.key(A))


def test_a_change_that_was_not_ordered_says_nothing():
    world = World(NFT)
    world.listed()
    world.names(A)
    (change,) = world.set.due("settle", 9)
    world.take([change])
    assert world.set.changed(change, {}, 9) == [] and world.set.failed(change, "busy", 9) == []
    assert not world.set.is_blocked()


@pytest.mark.parametrize("optional", [False, True])
def test_of_a_missing_set_that_nothing_fills_nothing_is_said_and_it_is_looked_for_again(optional):
    world = World(NFT)
    world.set.assign(Use(4, [], world.policies, None, optional), 0)
    del world.kernel.sets[NFT]
    world.listed()
    assert world.said == [] and world.set.trouble is None
    world.kernel.make_set(NFT, ())
    world.run(world.now + 290)
    assert not world.set.exists
    world.run(world.now + 20)
    assert world.set.exists


@pytest.mark.parametrize("by, shared", [(11, True), (9, False)])
def test_a_timeout_that_is_ten_seconds_short_was_shortened_by_another_program(by, shared):
    world = World(NFT, ("timeout",), [policy(retain=86400)])
    world.names(A)
    world.listed()
    world.kernel.sets[NFT]["elements"][A] -= by
    world.listed()
    assert world.set.shared is shared


@pytest.mark.parametrize("name, family", [("nft inet t s4", 6), ("nft inet t s6", 4)])
def test_a_set_of_the_other_family_is_no_place_for_ours(name, family):
    world = World(name)
    world.set = KernelSet(world.name, family, world.timers)
    world.set.assign(Use(family, world.policies, world.policies, None, False), 0)
    world.listed()
    held, wanted = ("IPv4", "IPv6") if family == 6 else ("IPv6", "IPv4")
    assert world.said[-1].endswith("holds %s addresses, not %s addresses" % (held, wanted))


def test_what_was_deleted_before_the_last_start_is_not_ours():
    world = World(IPSET)
    world.add(A, B)
    world.contents.remember([ip.key(A), ip.key(B)], ADDED)
    world.contents.remember([ip.key(A)], DELETED)
    assert world.listed() == ["delete ipset s4: %s" % B]


def test_what_ran_out_is_not_ours_if_another_program_has_it_then():
    world = World(IPSET, ("timeout",), [policy(retain=0)])
    world.names(A)
    world.listed()
    end = world.kernel.sets[IPSET]["elements"][A]
    assert world.contents.size(end - 0.1) == 1 and world.contents.size(end) == 0
    world.kernel.sets[IPSET]["elements"][A] = None
    world.names()
    world.now = end
    assert world.listed() == [] and world.holds() == A


def test_the_longest_timeout_is_that_of_the_kernel():
    assert contents.IPSET_MOST == ipsetlink.TIMEOUT_LIMIT


def test_what_was_named_and_withdrawn_before_it_was_written_is_not_missing():
    one = policy()
    world = World(NFT, (), [one])
    world.listed()
    world.names(A)
    world.names(B)
    assert world.run(9) == ["add %s: %s" % (NFT, B)]
    assert world.set.counts(one) == (1, 1)


def test_in_a_full_set_an_address_takes_the_place_of_the_one_before_it_in_one_change():
    """A packet in between would not meet either."""
    world = World(NFT, (), None, 2)
    world.listed()
    world.names(A, B)
    world.run(9)
    world.names(A, C)
    assert world.run(30) == ["replace %s: %s with %s" % (NFT, B, C)]


# what is wanted, what the tunnel's own packets go to within it, and the elements that are left of it for an ipset
PREFIXES = [
    ("192.0.2.0/29", "192.0.2.0", [A, B + "/31", D + "/30"]),
    ("192.0.2.0/29", D, ["192.0.2.0/30", "192.0.2.5", "192.0.2.6/31"]),
    ("0.0.0.0/29", "0.0.0.3", ["0.0.0.0/31", "0.0.0.2", "0.0.0.4/30"]),
    ("::/126", "::3", ["::/127", "::2"]),
]


@pytest.mark.parametrize("case", PREFIXES)
def test_what_is_left_of_a_prefix_goes_into_an_ipset_as_prefixes(case):
    wanted, endpoint, expected = case
    held = contents.Contents(ip.family(endpoint), True)
    pieces = held.pieces(ip.key(wanted), joined([ip.bounds(ip.key(endpoint))]))
    assert [ip.element(piece) for piece in pieces] == expected
