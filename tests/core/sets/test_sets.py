"""sets.py: when a set is read. What comes of it the transcripts of tests/core/transcripts/policy pin."""

import pytest

from nametrack.core.actions import GlanceNft, ListSet, ReadServices
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies.preparation import preparing
from nametrack.core.sets.sets import Sets
from nametrack.core.sets.targets import SERVICES, Target, Use
from nametrack.core.timers import Timers
from nametrack.element import named
from nametrack.key_table import KeyTable
from nametrack.wire.sets import Form, Listing

NAME = named("nft inet t s")


def empty():
    return Listing(Form(4, False, False, False, None, "", True), KeyTable(), KeyTable(), True, True)


def use(service=None):
    """The Use of a set by a policy that wants nothing yet."""
    kept = ("ipv4", 100, [], [], None, {}, ["h.test"], [], ())
    config = PolicyConfig("p", True, "wg", "nftset", "inet t s", None, *kept)
    policy = result(preparing(config, lambda host: (host, ())))
    return Use(4, [policy], [policy], service, False)


def filled():
    """`(sets, timers)`: one set, listed at 0, in which nothing is wanted."""
    timers = Timers()
    sets = Sets(timers)
    sets.assign({NAME: use()}, 0)
    assert sets.list_all() == [ListSet(NAME)]
    sets.listed(NAME, empty(), 0)
    return sets, timers


def run(sets, timers, until, churn=False):
    """When sets were listed until then, each listing done at once; churn: others change nftables all the time."""
    times = []
    while timers.next() is not None and timers.next() <= until:
        now = timers.next()
        for key in list(timers.each_due(now)):
            found = sets.due(key, now)
            if GlanceNft("nftables") in found and churn:
                sets.nft_changed(now)
            for name in [each.set for each in found if isinstance(each, ListSet)]:
                times.append(round(now, 2))
                sets.listed(name, empty(), now)
    return times


def test_a_change_of_nftables_has_the_sets_read():
    sets, timers = filled()
    run(sets, timers, 10)
    assert sets.nft_changed(10) == [] and run(sets, timers, 60) == [10.1]


def test_while_others_change_nftables_all_the_time_a_set_is_read_seldomer_and_seldomer():
    """Another program puts each answer of DNS into a set of its own, which the number of the change does not tell."""
    sets, timers = filled()
    assert run(sets, timers, 30, churn=True) == [0.9, 1.9, 3.9, 7.9, 11.9, 15.9, 19.9, 23.9, 27.9]


def test_nftables_is_glanced_at_as_long_as_there_is_a_set_of_it():
    sets, timers = filled()
    run(sets, timers, 10)
    assert timers.next() <= 10.8
    sets.assign({}, 10)
    sets.list_all()
    sets.listed(NAME, empty(), 10.1)
    assert timers.next() is None


def test_a_listing_shows_whatever_another_one_was_due_for():
    sets, timers = filled()
    run(sets, timers, 9)
    sets.nft_changed(10)
    assert sets.resync() == [ListSet(NAME)]
    sets.listed(NAME, empty(), 10.05)
    assert run(sets, timers, 60) == []


@pytest.mark.parametrize("happens", [lambda sets: sets.nft_changed(10), lambda sets: sets.resync()])
def test_what_happens_while_a_set_is_listed_has_it_listed_again(happens):
    sets, timers = filled()
    run(sets, timers, 9)
    assert sets.resync() == [ListSet(NAME)]
    assert happens(sets) == []
    sets.listed(NAME, empty(), 10.05)
    assert run(sets, timers, 60) == [10.15]


def test_the_listing_of_a_set_that_nobody_wants_any_more_is_nothing_to_act_on():
    assert filled()[0].listed(named("nft inet t gone"), empty(), 1) == []


def test_a_set_that_came_while_it_was_listed_has_its_service_read_again():
    """The service was read just before it came: what is known of it is older than what is known of its set."""
    sets, name = Sets(Timers()), named("ipset wg0")
    sets.assign({name: use("vpn-policy-routing")}, 0)
    assert sets.list_all() == [ReadServices(SERVICES), ListSet(name)]
    assert sets.read_services() == []  # they are being read
    sets.services_read({})
    assert sets.listed(name, empty(), 0.1) == [ReadServices(SERVICES)]
    sets.services_read({})
    assert sets.listed(name, empty(), 60) == [] and sets.exists(name)


def test_an_ipset_that_comes_has_its_service_read_again_and_one_that_only_changes_has_not():
    sets, name, used = Sets(Timers()), named("ipset wg0"), use("vpn-policy-routing")
    used.sources[0].target = Target("vpn-policy-routing", {4: name}, "vpn-policy-routing")
    sets.assign({name: used}, 0)
    sets.list_all()
    sets.services_read({})
    sets.listed(name, None, 0.1)
    assert sets.glanced(name, None, 5) == []
    assert sets.glanced(name, 0, 10) == [ReadServices(SERVICES), ListSet(name)]
    sets.services_read({})
    sets.listed(name, empty(), 10.1)
    assert ReadServices(SERVICES) not in sets.glanced(name, 7, 15)


def test_no_set_is_read_until_it_is_known_what_is_ours_in_them():
    sets = Sets(Timers())
    sets.assign({NAME: use()}, 0)
    sets.hold(True)
    assert sets.list_all() == [] and sets.due(("list", NAME), 1) == []
    sets.hold(False)
    assert sets.list_all() == [ListSet(NAME)]


def test_of_many_sets_that_others_change_all_the_time_ten_are_read_in_a_second():
    timers, names = Timers(), [named("nft inet t s%d" % i) for i in range(100)]
    sets = Sets(timers)
    sets.assign({name: use() for name in names}, 0)
    for name in names:
        sets.list(sets.by_name[name])
        sets.listed(name, empty(), 0)
    times = run(sets, timers, 60, churn=True)
    assert 9 * 20 <= len([at for at in times if 40 <= at < 60]) <= 11 * 20


@pytest.mark.parametrize("what", ["list", "settle", "glance"])
def test_a_timer_of_a_set_that_went_while_it_was_due_has_nothing_to_do(what):
    assert filled()[0].due((what, named("nft inet t gone")), 1) == []


@pytest.mark.parametrize("what", ["glanced", "listed", "changed", "failed"])
def test_what_is_told_of_a_set_that_went_meanwhile_is_nothing_to_act_on(what):
    sets, gone = filled()[0], named("nft inet t gone")
    told = {
        "glanced": lambda: sets.glanced(gone, 7, 1),
        "listed": lambda: sets.listed(gone, None, 1),
        "changed": lambda: sets.changed(ListSet(gone), {}, 1),
        "failed": lambda: sets.failed(ListSet(gone), "busy", 1),
    }
    assert told[what]() == []


def test_a_service_that_was_there_when_its_set_came_is_not_read_again():
    timers, name = Timers(), named("ipset wg0")
    sets = Sets(timers)
    sets.assign({name: use("vpn-policy-routing")}, 0)
    sets.list_all()
    sets.services_read({"vpn-policy-routing": None})
    assert sets.listed(name, empty(), 0.1) == []
    run(sets, timers, 1)
    assert sets.glanced(name, 7, 60) == [ListSet(name)]  # not because it came
