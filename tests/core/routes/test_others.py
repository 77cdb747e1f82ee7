"""What is said of a policy without a way whose addresses another policy has: they are not blocked."""

import pytest
from steering_house import House

from nametrack.core.routes import others
from nametrack.core.telling.status import policies

FIRST, SECOND, THIRD = "192.0.2.1", "192.0.2.2", "198.51.100.7"
BLOCK = "option fallback 'block'"
BYPASS = "option action 'bypass'"
ONE = "list client '192.168.1.7'"


def policy(name, way, *hosts, more=()):
    lines = ["config policy '%s'" % name, "list interface '%s'" % way] + ["list host '%s'" % host for host in hosts]
    return "\n\t".join(lines + list(more)) + "\n"


def made(*sections):
    """wg1 is down."""
    house = House("".join(sections))
    house.routing.down("wg1")
    house.touched()
    return house


def standing(house, name="work"):
    return house.agent.routes.standing(name)


def test_an_address_that_a_policy_above_leads_is_not_said_to_be_blocked():
    house = made(policy("first", "wg0", FIRST), policy("work", "wg1", FIRST, more=[BLOCK]))
    assert house.way(FIRST) == "wg0"
    reason = "no way out works, policy 'first' has all of its addresses: wg1 is down"
    assert standing(house) == ("failed_over", "failed_over", reason)
    assert [(each["state"], each["way"]) for each in policies(house.agent, 0, 0)] == [
        ("current", "wg0"),
        ("failed_over", None),
    ]


# the hosts of the policy above and what it has besides, and what is said of the one that blocks
SOME = [
    ([FIRST], [], "; but policy 'first' has 192.0.2.1"),
    ([FIRST, SECOND], [], "; but policy 'first' has 192.0.2.1 and others"),
    ([FIRST], [BYPASS], "; but policy 'first' has 192.0.2.1"),
    ([THIRD], [ONE], ""),  # only for one client
    (["203.0.113.7"], [], ""),
]


@pytest.mark.parametrize("hosts,more,said", SOME)
def test_what_is_blocked_but_for_some_addresses_is_blocked_and_they_are_named(hosts, more, said):
    house = made(policy("first", "wg0", *hosts, more=more), policy("work", "wg1", FIRST, SECOND, THIRD, more=[BLOCK]))
    assert house.way(THIRD) == "unreachable"
    assert standing(house) == ("blocked", "blocked", "no way out works: wg1 is down" + said)


ALL = [
    (policy("first", "wg0", "192.0.2.0/24"), "policy 'first' has"),  # prefix
    (policy("first", "wg0", "192.0.2.0/24", more=[BYPASS]), "policy 'first' has"),
    (policy("first", "wg0", FIRST) + policy("next", "wg0", FIRST, SECOND), "policy 'first', policy 'next' have"),
]


@pytest.mark.parametrize("above,who", ALL)
def test_policies_that_have_all_of_it_are_named(above, who):
    house = made(above, policy("work", "wg1", FIRST, SECOND, more=[BLOCK]))
    assert standing(house)[2] == "no way out works, %s all of its addresses: wg1 is down" % who


BLOCKED = [
    policy("first", "wg1", FIRST, more=[BLOCK]),  # it blocks, too
    policy("first", "wg1", FIRST),  # it has no way, and leaves it
    policy("first", "wg0", FIRST, more=[ONE]),
    policy("first", "wg1", FIRST, more=[BLOCK]) + policy("next", "wg0", FIRST),  # which decides comes first
]


@pytest.mark.parametrize("above", BLOCKED)
def test_what_is_blocked_is_said_to_be(above):
    house = made(above, policy("work", "wg1", FIRST, more=[BLOCK]))
    assert house.way(FIRST) == "unreachable"
    assert standing(house) == ("blocked", "blocked", "no way out works: wg1 is down")


def test_a_policy_above_for_all_has_what_one_for_a_client_blocks():
    house = made(policy("first", "wg0", FIRST), policy("work", "wg1", FIRST, more=[BLOCK, ONE]))
    assert house.way(FIRST, "192.168.1.7") == "wg0" and standing(house)[0] == "failed_over"


def test_a_family_that_the_way_above_does_not_carry_is_not_led():
    house = made(policy("first", "wg0", "2001:db8::1"), policy("work", "wg1", "2001:db8::1", more=[BLOCK]))
    assert standing(house)[0] == "failed_over"
    number = house.routing.links["wg0"].number
    house.routing.addresses = [a for a in house.routing.addresses if (a.family, a.link) != (6, number)]
    house.touched()
    assert house.way("2001:db8::1") == "unreachable" and standing(house)[0] == "blocked"


def test_a_policy_above_without_room_for_its_rules_has_nothing():
    clients = ["list client '10.0.%d.%d'" % (i >> 8, i & 255) for i in range(1, 1022)]
    room, first = policy("room", "wg1", THIRD, more=clients[:900]), policy("first", "wg0", FIRST, more=clients)
    house = made(room, first, policy("work", "wg1", FIRST, more=clients[:2] + [BLOCK]))
    assert not house.agent.routes.fit.holds(house.agent.routes.of("first").group)
    assert house.way(FIRST, "10.0.0.1") == "unreachable" and standing(house)[0] == "blocked"


def test_of_a_policy_without_any_address_nobody_has_all():
    house = made(policy("first", "wg0", FIRST), policy("work", "wg1", "nobody.test", more=[BLOCK]))
    assert standing(house) == ("blocked", "blocked", "no way out works: wg1 is down")


def test_of_many_addresses_so_many_are_looked_at():
    hosts = ["10.%d.%d.1" % (i >> 8, i & 255) for i in range(others.LOOKS + 1)]
    house = made(policy("first", "wg0", "10.0.0.0/8"), policy("work", "wg1", *hosts, more=[BLOCK]))
    state, _, reason = standing(house)
    assert state == "blocked" and "; but policy 'first' has 10.0." in reason and reason.endswith(" and others")
    hosts = hosts[: others.LOOKS]
    house = made(policy("first", "wg0", "10.0.0.0/8"), policy("work", "wg1", *hosts, more=[BLOCK]))
    assert standing(house)[0] == "failed_over"


def installed(house, name="work"):
    (shown,) = [each for each in policies(house.agent, 0, 0) if each["name"] == name]
    return shown["installed4"], shown["wanted4"]


def test_a_policy_without_a_way_does_not_count_the_routes_of_one_below():
    house = made(policy("work", "wg1", FIRST, SECOND), policy("next", "wg0", FIRST))
    assert house.way(FIRST) == "wg0" and house.way(SECOND) == "wan"
    assert (installed(house), installed(house, "next")) == ((0, 2), (1, 1))
    house.routing.up("wg1")
    house.touched()
    assert installed(house) == (2, 2)


def test_a_policy_that_blocks_does_not_count_what_a_bypass_above_has_in_its_table():
    house = made(policy("not", "wg0", FIRST, more=[BYPASS]), policy("work", "wg1", FIRST, SECOND, more=[BLOCK]))
    assert house.way(FIRST) == "wan" and installed(house) == (0, 2)


# the hosts of the policy below and what it has besides, and what is said of the one above
LEFT = [
    ([FIRST, SECOND], [], "no way out works, policy 'next' has all of its addresses: wg1 is down"),
    (["192.0.2.0/24"], [BYPASS], "no way out works, policy 'next' has all of its addresses: wg1 is down"),
    ([FIRST], [], "no way out works, traffic takes the normal uplink: wg1 is down; but policy 'next' has 192.0.2.1"),
    ([FIRST], [ONE], "no way out works, traffic takes the normal uplink: wg1 is down"),
]


@pytest.mark.parametrize("hosts,more,said", LEFT)
def test_what_is_left_to_a_policy_below_is_not_said_to_take_the_normal_way(hosts, more, said):
    house = made(policy("work", "wg1", FIRST, SECOND), policy("next", "wg0", *hosts, more=more))
    assert standing(house) == ("failed_over", "failed_over", said)


def test_what_is_left_to_a_policy_that_blocks_is_blocked():
    house = made(policy("work", "wg1", FIRST), policy("next", "wg1", FIRST, more=[BLOCK]))
    assert house.way(FIRST) == "unreachable"
    assert standing(house)[2] == "no way out works, policy 'next' has all of its addresses: wg1 is down"


def test_a_policy_that_blocks_leaves_nothing_to_those_below():
    house = made(policy("work", "wg1", FIRST, more=[BLOCK]), policy("next", "wg0", FIRST))
    assert standing(house) == ("blocked", "blocked", "no way out works: wg1 is down") and installed(house) == (0, 1)
