"""Which policies have room: what the rules of all of them come to, and what becomes of those that find none."""

import pytest
from steering_house import House

from nametrack import routing
from nametrack.core.agent import Agent
from nametrack.core.routes import fit

HOST, HOST6, ELSEWHERE = "192.0.2.1", "2001:db8::1", "192.0.2.99"
MANY = 520  # clients of one policy; two such policies are too much
TCP, UDP = 6, 17


def client(number):
    return "10.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255)


def policy(name, first, count=MANY, host="work.test", more=()):
    """A policy for so many clients from the `first` on."""
    lines = ["config policy '%s'" % name, "\tlist interface 'wg0'"] + ["\tlist host '%s'" % host] * (host is not None)
    lines += ["\tlist client '%s'" % client(first + i) for i in range(count)]
    return "\n".join(lines + ["\t" + each for each in more]) + "\n"


def rules(house, family=4):
    return [rule for rule in house.routing.rules if rule.family == family and rule.protocol == routing.PROTOCOL]


def made(*policies):
    house = House("".join(policies))
    house.wait(10)
    return house


def is_of_the_uplink(rule):
    return rule.match.iif == "lo" and rule.match.source is not None


BLOCK = ("option fallback 'block'",)
ONE, TWO = client(1), client(2001)


def test_the_first_of_two_that_do_not_both_fit_has_room_and_the_other_says_so():
    house = made(policy("one", 1), policy("two", 2001))
    assert house.way(HOST, ONE) == "wg0" and house.way(HOST, TWO) == "wan"
    assert house.agent.routes.standing("one")[:2] == ("current", "route")
    state, code, reason = house.agent.routes.standing("two")
    assert (state, code) == ("no_target", "too_many_rules") and "1024 at most" in reason and "normal way" in reason


def test_a_smaller_one_below_has_room_and_the_order_decides():
    house = made(policy("two", 2001), policy("one", 1), policy("small", 5001, 3))
    assert house.way(HOST, TWO) == "wg0" and house.way(HOST, ONE) == "wan" and house.way(HOST, client(5001)) == "wg0"


def test_it_is_told_once_when_it_begins_and_once_when_it_ends():
    house = made(policy("one", 1), policy("two", 2001))
    house.touched()
    house.wait(700)
    told = [text for text in house.said if "rules" in text and "two" in text]
    assert len(told) == 1 and told[0].startswith("notify trouble policy 'two'"), told
    house.configure(policy("one", 1, 20) + policy("two", 2001))
    house.wait(10)
    told = [text for text in house.said if "rules" in text and "two" in text]
    assert len(told) == 2 and told[1].startswith("notify recovered policy 'two'"), told
    assert house.way(HOST, TWO) == "wg0"


def test_one_with_fallback_block_has_room_before_one_without():
    house = made(policy("one", 1), policy("two", 2001, more=BLOCK))
    assert house.way(HOST, TWO) == "wg0" and house.way(HOST, ONE) == "wan"


def test_the_hosts_of_one_with_fallback_block_that_has_no_room_are_blocked_for_all():
    house = made(policy("one", 1, more=BLOCK), policy("two", 2001, host="other.test", more=BLOCK))
    house.hosts = {"other.test": ([ELSEWHERE], [HOST6])}
    house.agent.routes.resync()
    house.wait(400)
    assert house.way(ELSEWHERE, TWO) == "unreachable" and house.way(ELSEWHERE) == "unreachable"
    assert house.way(HOST6, "fd00:1::7") == "dropped"
    assert house.agent.routes.standing("two")[:2] == ("blocked", "too_many_rules")
    assert house.way("192.0.2.98") == "wan"
    house.configure(policy("two", 2001, host="other.test", more=BLOCK))
    house.wait(10)
    assert house.way(ELSEWHERE, TWO) == "wg0" and house.way(ELSEWHERE) == "wan"


def test_all_that_clients_send_is_never_blocked_for_all_and_the_reason_says_so():
    house = made(policy("one", 1, more=BLOCK), policy("two", 2001, host=None, more=BLOCK))
    assert house.way(HOST) == "wan" and house.way(HOST, TWO) == "wan" and house.way(HOST, ONE) == "wg0"
    state, code, reason = house.agent.routes.standing("two")
    assert (state, code) == ("no_target", "too_many_rules") and "normal way" in reason


def test_many_clients_times_many_ports_take_a_rule_for_each_not_for_each_pair():
    ports = ["list port '%d'" % port for port in range(1001, 1016)]
    house = made(policy("one", 1, 60, more=ports))
    assert len(rules(house)) < 60 + 30 + 10 and house.agent.routes.standing("one")[:2] == ("current", "route")
    for transport in (TCP, UDP):
        assert house.way(HOST, client(60), to=(transport, 1015)) == "wg0"
    assert house.way(HOST, client(60), to=(TCP, 1016)) == "wan" and house.way(HOST, client(60)) == "wan"
    assert house.way(HOST, client(61), to=(TCP, 1015)) == "wan" and house.way(HOST, to=(TCP, 1015)) == "wan"


# clients, ports, rules: one that is for the tunnel's own packets, then the pairs, or those of each and two that pass by
FEWEST = [(3, 2, 1 + 6), (2, 4, 1 + 8), (3, 3, 1 + 3 + 3 + 2), (4, 3, 1 + 4 + 3 + 2)]


@pytest.mark.parametrize("case", FEWEST)
def test_pairs_or_a_rule_for_each_whichever_are_fewer(case):
    clients, ports, count = case
    lines = ["list proto 'tcp'"] + ["list port '%d'" % port for port in range(1001, 1001 + ports)]
    house = House("")
    house.routing.ports["wg0"] = 51820
    house.configure(policy("one", 1, clients, more=lines))
    assert house.way(HOST, ONE, to=(TCP, 1001)) == "wg0"
    mine = [rule for rule in rules(house) if rule.preference < 999 and not (rule.match.oif or is_of_the_uplink(rule))]
    assert len(mine) == count


def test_a_restart_finds_the_table_of_many_clients_and_ports_again():
    ports = ["list port '%d'" % port for port in range(1001, 1005)]
    others = ["list port '%d'" % port for port in range(2001, 2005)]
    first, second = policy("one", 1, 9, more=ports), policy("two", 1, 9, more=others)
    house = made(first, second)
    before = {house.agent.routes.table_of(name): name for name in ("one", "two")}
    house.agent = Agent()
    house.configure(second + first)
    house.wait(5)
    assert {house.agent.routes.table_of(name): name for name in ("one", "two")} == before


def test_more_policies_than_busybox_has_tables_for_have_a_table_each():
    house = made(*[policy("p%d" % i, 2 * i, 1) for i in range(1, 201)])
    assert house.way(HOST, client(400)) == "wg0"
    assert len(set([house.agent.routes.table_of("p%d" % i) for i in range(1, 201)])) == 200
    assert len(set([rule.preference for rule in rules(house)])) <= 449


# how many policies have room, of one for a client and for a port each but the first: of the 448 preferences one is for
# the uplinks, two are for each policy and five for the first one
@pytest.mark.parametrize("clients,ports,count", [(1, 0, 223), (3, 3, 222)])
def test_policies_for_which_there_are_no_preferences_left_say_so(clients, ports, count):
    listed = ["list proto 'tcp'"] + ["list port '%d'" % (1001 + i) for i in range(ports)] if ports else ()
    house = made(policy("p1", 100001, clients, more=listed), *[policy("p%d" % i, 2 * i, 1) for i in range(2, 251)])
    without = [i for i in range(1, 251) if house.agent.routes.standing("p%d" % i)[1] == "too_many_rules"]
    assert without == list(range(count + 1, 251))
    assert len(set([rule.preference for rule in rules(house)])) <= 448 + 1
    assert house.way(HOST, client(2 * without[0])) == "wan" and house.way(HOST, client(2 * without[0] - 2)) == "wg0"


@pytest.mark.parametrize("count,ports", [(1, 0), (1, 5), (2, 1), (2, 3), (3, 2), (7, 1), (40, 0), (40, 5)])
def test_what_is_counted_is_what_the_rules_come_to(count, ports):
    house = House("")
    house.routing.ports["wg0"] = 51820
    house.configure(policy("one", 1, count, more=["list port '%d'" % (1000 + i) for i in range(ports)]))
    house.wait(10)
    steered = house.agent.routes.of("one")
    counted, places = fit.needed([steered], 4, lambda client, family: [("source", client.value)])
    mine = [rule for rule in rules(house) if rule.preference < 999 and not (rule.match.oif or is_of_the_uplink(rule))]
    assert (len(mine), len(set([rule.preference for rule in mine]))) == (counted, places)


BYPASS = ("option action 'bypass'",)
WIDE = "192.0.2.0/24"  # with HOST
BESIDE = "192.0.2.98"  # in WIDE; no host bypasses with it


def test_a_bypass_without_room_holds_in_the_policies_below_that_are_for_its_clients_alone():
    """A `throw` in their tables takes no rule."""
    mine, all_of_them = policy("two", 2001, 3, WIDE), policy("all", 0, 0, ELSEWHERE)
    house = made(policy("one", 1), policy("not", 2001, more=BYPASS), mine, all_of_them)
    assert house.way(HOST, TWO) == "wan" and house.way(BESIDE, TWO) == "wg0" and house.way(ELSEWHERE) == "wg0"
    state, code, reason = house.agent.routes.standing("not")
    assert (state, code) == ("no_target", "too_many_rules") and "policies below" in reason, reason


def test_a_bypass_for_all_packets_of_the_policies_below_takes_no_room():
    house = made(policy("not", 2001, more=BYPASS), policy("one", 1, 1000), policy("two", 2001, 3, WIDE))
    assert house.agent.routes.standing("one")[1] == "too_many_rules", "it is for other clients than the bypass"
    house = made(policy("not", 0, 0, more=BYPASS), policy("one", 1, 1000, WIDE), policy("two", 2001, 3, WIDE))
    assert house.way(HOST, ONE) == "wan" and house.way(BESIDE, ONE) == "wg0" and house.way(HOST, TWO) == "wan"
    house = made(policy("not", 1, more=BYPASS), policy("one", 1, 500, WIDE), policy("two", 1, 501, WIDE))
    assert house.way(HOST, ONE) == "wan" and house.way(BESIDE, ONE) == "wg0" and house.way(HOST, client(501)) == "wan"
    assert house.way(BESIDE, client(501)) == "wg0" and house.agent.routes.standing("not")[:2] == ("current", "bypass")
