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


CLOSED = SECOND + "	option fallback 'block'\n"


# what is configured when others take these ids
BEFORE, IDS = ("", SECOND, FIRST + CLOSED), ([900], [901], [902, 905], range(900, 910))
TAKEN = [(before, ids) for before in BEFORE for ids in IDS]


@pytest.mark.parametrize("case", TAKEN, ids=range(len(TAKEN)))
def test_nexthops_of_others_stay_as_they_are_and_lead_none_of_our_packets(case):
    """FRR has some. One that is replaced takes the routes of its owner along."""
    before, ids = case
    house = House(before, hosts=HOSTS)
    house.wait(5)
    others = {number: routing.Nexthop(4, number, 1, None, 3) for number in ids}
    house.routing.nexthops.update(others)
    house.touched()
    house.configure(FIRST + CLOSED)
    house.wait(5)
    assert {number: house.routing.nexthops[number] for number in ids} == others
    used = [via for table in house.routing.routes.values() for via in table.values()]
    assert not set(used).intersection(ids)
    assert (house.way("192.0.2.1", ONE), house.way("192.0.2.2", ONE)) == ("wg0", "wg1")


def test_a_restart_beside_nexthops_of_others_changes_nothing():
    house = House(FIRST + CLOSED, hosts=HOSTS)
    house.routing.nexthops.update({900: routing.Nexthop(4, 900, 1, None, 3), 902: routing.Nexthop(4, 902, 1, None, 3)})
    house.touched()
    house.wait(5)
    house.agent, house.written = Agent(), []
    house.configure(FIRST + CLOSED)
    house.wait(5)
    assert house.written == []


def test_a_restart_leads_the_packets_of_two_policies_that_begin_with_one_client_apart():
    """The first leaves its hosts to the main table, so its clients have no rule before the restart."""
    bypass = FIRST + "	option action 'bypass'\n" + MINE % ONE + MINE % TWO
    other = NEW.replace("new.test", "two.test").replace("wg1", "wg0") + MINE % TWO
    house = Watched(bypass + SECOND + MINE % ONE + other, hosts=HOSTS)
    house.wait(5)
    house.restart(bypass + SECOND + MINE % ONE + other)
    assert (house.way("192.0.2.2", ONE), house.way("192.0.2.2", TWO)) == ("wg1", "wg0")


@pytest.mark.parametrize("used,kept", [([899], False), ([900], True), ([909, 2000], True), ([910], False), ([], False)])
def test_the_tables_of_before_are_taken_over_unless_the_option_table_is_another(used, kept):
    numbers = Numbers(900)
    numbers.take_over({"selector": 905}, used, [])
    assert numbers.table("selector") == (905 if kept else None)
