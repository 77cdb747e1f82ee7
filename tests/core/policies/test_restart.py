"""What an agent remembers of policies from before it was stopped: what was wanted, and what was ours."""

import pytest

from core.policies.policy_house import House
from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.last_good import SLICE, Known, Owned

PBR = "nft inet fw4 pbr_wg0_4_dst_ip_user"
OWN = "nft inet fw4 own4"
MERGED = {PBR: ("interval", "merge"), OWN: ("timeout",)}
CONFIG = """
config nametrack 'global'
	option min_ttl '1'

config policy 'work'
	option target '%s'
	option interface 'wg0'
	option set4 'inet fw4 own4'
	option family 'ipv4'
	option retain '0'
	list host '%s'
"""
OTHERS = {"192.0.2.131", "192.0.2.133-192.0.2.135"}
BETWEEN = {"192.0.2.131-192.0.2.135"}


def config(host, target="pbr"):
    text = CONFIG % (target, host)
    return text.replace("\toption set4 'inet fw4 own4'\n", "") if target == "pbr" else text


def names(*addresses):
    return lambda now: (addresses, 1)


def joined_house(*others):
    """An element of ours between elements of another program, in one range."""
    kernel = FakeKernel()
    kernel.make_set(PBR, MERGED[PBR])
    for text in others:
        kernel.add(PBR, text)
    house = House(config("h.test"), {}, {"h.test": names("192.0.2.132")}, kernel)
    house.run(5)
    return house


def restarted(house, host, zone):
    return House(config(host), {}, zone, house.kernel, house.saved)


def test_an_element_of_ours_between_those_of_others_is_known_after_a_restart():
    house = joined_house(*OTHERS)
    assert house.holds(PBR) == BETWEEN
    after = restarted(house, "g.test", {"g.test": names("198.51.100.1")})
    after.run(5)
    assert after.holds(PBR) == OTHERS | {"198.51.100.1"}


def test_what_is_known_of_it_outlives_a_second_restart_and_a_copy_that_is_made_anew():
    house = joined_house(*OTHERS)
    house.saved = list(house.agent.memory.records(house.now))
    after = restarted(house, "h.test", house.zone)
    after.run(5)
    after.saved = list(after.agent.memory.records(after.now))
    last = restarted(after, "g.test", {"g.test": names("198.51.100.1")})
    last.run(5)
    assert last.holds(PBR) == OTHERS | {"198.51.100.1"}


@pytest.mark.parametrize("by", ["us", "another program"])
def test_a_prefix_that_another_program_adds_where_an_element_of_ours_was_joined_before_is_not_ours(by):
    house = joined_house("192.0.2.128-192.0.2.131", "192.0.2.133-192.0.2.143")
    assert house.holds(PBR) == {"192.0.2.128/28"}
    if by == "us":
        house.zone["h.test"] = names("198.51.100.1")
        house.run(5)
    house.kernel.make_set(PBR, MERGED[PBR])
    house.zone["h.test"] = names("192.0.2.132")
    house.take(house.agent.handle(on.SetsDisturbed("a restart of pbr"), house.now))
    house.run(5)
    assert house.holds(PBR) == {"192.0.2.132"}
    house.kernel.add(PBR, "192.0.2.128/28")
    after = restarted(house, "g.test", {"g.test": names("198.51.100.1")})
    after.run(5)
    assert after.holds(PBR) == {"192.0.2.128/28", "198.51.100.1"}


@pytest.mark.parametrize("target", ["pbr", "nftset"])
def test_what_was_not_wanted_any_more_is_not_added_again_after_a_restart(target):
    name = PBR if target == "pbr" else OWN
    house = House(config("h.test", target), {name: MERGED[name]}, {"h.test": names("192.0.2.132", "192.0.2.140")})
    house.run(5)
    assert house.holds(name) == {"192.0.2.132", "192.0.2.140"}
    house.zone["h.test"] = names("192.0.2.140")
    house.run(5)
    assert house.holds(name) == {"192.0.2.140"}
    house.kernel.sets[name]["elements"].clear()
    after = House(config("h.test", target), {}, {"h.test": lambda now: None}, house.kernel, house.saved)
    after.run(1)
    assert after.holds(name) == {"192.0.2.140"}


def test_the_copy_for_a_restart_has_what_dns_named_and_what_is_ours():
    house = joined_house()
    kinds = [type(record) for record in house.agent.memory.records(house.now)]
    assert (kinds.count(Known), kinds.count(Owned)) == (1, 1)


def test_an_agent_that_ends_saves_all_of_a_long_list_at_once():
    many = ["198.51.%d.%d" % (i // 250, i % 250) for i in range(SLICE + 1)]
    house = House(config("h.test", "nftset"), {OWN: ()}, {"h.test": names(*many)})
    house.run(5)
    (saved,) = [action for action in house.agent.stop(house.now) if isinstance(action, do.SaveLastGood)]
    assert sum([len(record.keys) for record in saved.records()]) == len(many)
