"""Numbers of tables and nexthops that the kernel still has are nobody else's: no packet goes astray while we write."""

import pytest
from steering_house import House

from nametrack import routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.routes.numbers import Numbers

ONE, TWO = "192.168.1.7", "192.168.1.8"
HOSTS = {"one.test": (["192.0.2.1"], []), "two.test": (["192.0.2.2"], []), "new.test": (["192.0.2.3"], [])}
GLOBALS = """
config nametrack 'global'
	option table '%d'
"""
FIRST = """
config policy 'one'
	list interface 'wg0'
	list host 'one.test'
"""
SECOND = """
config policy 'two'
	list interface 'wg1'
	list host 'two.test'
"""
NEW = """
config policy 'new'
	list interface 'wg1'
	list host 'new.test'
"""
MINE = "	list client '%s'\n"
SHARED = SECOND.replace("two.test", "one.test")


class Watched(House):
    """`right`: {(address, client): the ways that are right}, looked at after every change of the kernel's."""

    right = {}

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.change, self.routing.change = self.routing.change, self.watched

    def watched(self, action):
        refused = []
        for change in action.changes:
            refused += self.change(do.ChangeRouting([change], action.reason)).refused
            for (address, client), ways in self.right.items():
                way = self.way(address, client)
                assert way in ways, "%s of %s by %s after %r" % (address, client, way, change)
        return on.RoutingChanged(action, refused)

    def tables(self):
        """The numbers of the tables that rules of ours look up, sorted list."""
        ours = [rule for rule in self.routing.rules if rule.protocol == 190 and rule.action == routing.LOOKUP]
        return sorted(set([rule.argument for rule in ours]))

    def restart(self, config):
        self.agent = Agent()
        self.configure(config)
        self.wait(5)


def test_a_new_policy_in_front_and_a_restart_lead_no_packet_astray():
    house = Watched(FIRST + SECOND, hosts=HOSTS)
    house.wait(5)
    house.right = {("192.0.2.1", ONE): ["wg0"], ("192.0.2.2", ONE): ["wg1"]}
    house.restart(NEW + SECOND + FIRST)
    assert house.way("192.0.2.3", ONE) == "wg1"


def test_two_clients_change_places_and_a_restart_leads_no_packet_astray():
    first, second = FIRST + MINE % ONE, SHARED + MINE % TWO
    house = Watched(first + second, hosts=HOSTS)
    house.wait(5)
    house.right = {("192.0.2.1", ONE): ["wg0"], ("192.0.2.1", TWO): ["wg1"]}
    house.restart(second + first)
    before = house.ours()
    house.restart(first + second)
    assert house.ours() == before


def test_a_policy_that_takes_the_place_of_another_does_not_take_its_packets():
    house = Watched(FIRST + MINE % ONE, hosts=HOSTS)
    house.wait(5)
    house.right = {("192.0.2.1", ONE): ["wg0", "wan"], ("192.0.2.1", TWO): ["wan"], ("192.0.2.2", TWO): ["wg1", "wan"]}
    house.configure(SECOND + MINE % TWO)
    house.wait(5)
    assert house.way("192.0.2.2", TWO) == "wg1" and house.way("192.0.2.1", ONE) == "wan"


def test_a_restart_with_the_same_configuration_writes_nothing():
    config = FIRST + MINE % ONE + SHARED + MINE % TWO + NEW
    house = Watched(config, hosts=HOSTS)
    house.wait(5)
    house.written = []
    house.restart(config)
    assert house.written == []


@pytest.mark.parametrize("table", [500, 960])
def test_another_option_table_moves_all_and_leads_no_packet_astray(table):
    second = SECOND + MINE % TWO
    house = Watched(FIRST + second, hosts=HOSTS)
    house.wait(5)
    house.right = {("192.0.2.1", ONE): ["wg0"], ("192.0.2.2", TWO): ["wg1"]}
    house.configure(GLOBALS % table + FIRST + second)
    house.wait(5)
    assert house.tables() == [table, table + 1] and all([number >= table for number in house.routing.nexthops])


@pytest.mark.parametrize("table", [500, 960])
def test_another_option_table_at_a_restart_moves_all(table):
    house = Watched(FIRST + SECOND, hosts=HOSTS)
    house.wait(5)
    house.restart(GLOBALS % table + FIRST + SECOND)
    assert house.tables() == [table] and all([number >= table for number in house.routing.nexthops])


def test_a_restart_without_the_first_policy_keeps_the_numbers_of_the_others():
    second = SECOND + MINE % TWO
    house = Watched(FIRST + second, hosts=HOSTS)
    house.wait(5)
    house.right = {("192.0.2.2", TWO): ["wg1"]}
    house.restart(second)
    assert house.tables() == [901]


def test_no_table_gets_a_number_above_the_last_one():
    numbers = Numbers(2020)
    numbers.allot([], list("abcdef"), [], [])
    assert [numbers.table(each) for each in "abcdef"] == [2020, 2021, 2022, 2023, None, None]


def test_nexthops_are_two_that_drop_and_two_for_each_policy_up_to_the_highest():
    numbers = Numbers(900)
    assert numbers.nexthops() == set([900, 901])
    numbers.allot(["one", "two"], [], [], [])
    assert numbers.nexthops() == set(range(900, 906))
    numbers.allot(["two"], [], [], [])
    assert (numbers.nexthop("two", 6), numbers.nexthops()) == (905, set(range(900, 906)))
