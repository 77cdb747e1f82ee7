"""What is said of a policy that is to block, and of whose routes the kernel refuses one."""

import pytest
from steering_house import House

from nametrack import routing
from nametrack.core.telling.status import policies

POLICY = """
config policy '%s'
	list interface '%s'
	option fallback 'block'
	list host '%s'
%s"""
HOST, BESIDE = "192.0.2.9", "192.0.2.8"
CLIENT = "192.168.1.50"


class Holding(House):
    """Another program has a route to `held` in the main table already, with the metric of what blocks."""

    def __init__(self, *sections, held=HOST):
        super().__init__("")
        self.held = self.routing.static(held, "wan", "203.0.113.1", 9999)
        self.configure("".join(sections))

    def dead(self):
        self.routing.down("wg0")
        self.touched()

    def lets_go(self):
        self.routing.main.remove(self.held)
        self.wait(61)

    def standing(self, name="work"):
        return self.agent.routes.standing(name)[:2]

    def heard(self, code):
        return [each["kind"] for each in self.agent.history.since(0, self.now, 0) if each["code"] == code]


def test_packets_that_are_not_blocked_are_not_said_to_be():
    house = Holding(POLICY % ("work", "wg0", HOST, ""))
    house.dead()
    assert house.way(HOST) == "wan" and house.standing() == ("failing", "not_blocked")
    reason = house.agent.routes.standing("work")[2]
    assert "refuses some of the routes that block" in reason and reason.endswith("no way out works: wg0 is down")
    (shown,) = policies(house.agent, house.now, 1795400000)
    assert (shown["state"], shown["code"], shown["reason"]) == ("failing", "not_blocked", reason)
    house.lets_go()
    assert house.way(HOST) == "unreachable" and house.standing() == ("blocked", "blocked")


def test_it_is_told_once_when_it_begins_and_once_when_it_ends():
    house = Holding(POLICY % ("work", "wg0", HOST, ""))
    house.wait(300)
    assert house.heard("not_blocked") == [], "a way works"
    house.dead()
    house.wait(600)
    assert house.heard("not_blocked") == ["trouble"] and house.heard("blocks") == []
    house.configure(POLICY % ("work", "wg0", HOST, "\tlist host 'work.test'\n"))
    house.wait(600)
    assert house.heard("not_blocked") == ["trouble"]
    house.lets_go()
    assert house.heard("not_blocked") == ["trouble"] and house.heard("blocks") == ["recovered"]


def test_it_ends_with_a_way_that_works():
    house = Holding(POLICY % ("work", "wg0", HOST, ""))
    house.dead()
    house.routing.up("wg0")
    house.touched()
    house.wait(1)
    assert house.way(HOST) == "wg0" and house.heard("blocks") == ["recovered"]


def test_while_it_is_compared_again_the_trouble_is_not_over():
    house = Holding(POLICY % ("work", "wg0", HOST, ""))
    house.dead()
    for _ in range(300):
        house.wait(0.25)
        assert house.standing() == ("failing", "not_blocked")
        for action in house.agent.routes.resync():
            event = house.kernel.perform(action, house.now)
            house.agent.handle(event, house.now)
            assert house.standing() == ("failing", "not_blocked")


def test_a_way_that_works_does_not_hide_that_nothing_would_block():
    house = Holding(POLICY % ("work", "wg0", HOST, ""))
    assert house.way(HOST) == "wg0" and house.standing() == ("partial", "routes")
    house.lets_go()
    assert house.standing() == ("current", "route")


def test_the_trouble_is_that_of_the_policy_that_wants_the_address():
    house = Holding(POLICY % ("work", "wg0", HOST, ""), POLICY % ("other", "wg0", BESIDE, ""))
    assert (house.standing(), house.standing("other")) == (("partial", "routes"), ("current", "route"))
    house.dead()
    assert (house.standing(), house.standing("other")) == (("failing", "not_blocked"), ("blocked", "blocked"))
    assert house.way(BESIDE) == "unreachable"


class Refusing(House):
    """The kernel refuses each route that blocks, but takes those of one family; or each rule."""

    def __init__(self, config, rules=False, takes=0):
        super().__init__("")
        self.takes = takes
        self._route, self._rule = self.routing._route, self.routing._rule
        self.routing._route = self.route
        if rules:
            self.routing._rule = lambda change: None if change.verb == routing.DELETE else "no buffer space available"
        self.configure(config)

    def route(self, change, key):
        if change.verb == routing.ADD and change.value.metric == 9999 and change.value.family != self.takes:
            return "no buffer space available"
        return self._route(change, key)

    def dead(self):
        self.routing.down("wg0")
        self.touched()


FOR_ONE = "\tlist client '%s'\n" % CLIENT


def test_what_blocks_for_some_clients_is_looked_at_too():
    house = Refusing(POLICY % ("work", "wg0", HOST, FOR_ONE))
    house.dead()
    assert house.way(HOST, CLIENT) == "wan"
    assert house.agent.routes.standing("work")[:2] == ("failing", "not_blocked")


def test_without_the_rule_that_leads_there_nothing_is_blocked_for_some_clients():
    house = Refusing(POLICY % ("work", "wg0", HOST, FOR_ONE), rules=True)
    house.routing._route = house._route
    house.wait(61)
    house.dead()
    house.wait(61)
    assert house.way(HOST, CLIENT) == "wan"
    assert house.agent.routes.standing("work")[:2] == ("failing", "not_blocked")


def test_what_the_main_table_blocks_needs_no_rule():
    house = Refusing(POLICY % ("work", "wg0", HOST, "") + POLICY % ("other", "wg1", BESIDE, ""), rules=True)
    house.routing._route = house._route
    house.wait(61)
    house.dead()
    house.wait(61)
    assert house.way(HOST) == "unreachable"
    assert house.agent.routes.standing("work")[:2] == ("blocked", "blocked")
    assert house.agent.routes.standing("other")[:2] == ("partial", "routes")


@pytest.mark.parametrize("six", [True, False])
def test_a_family_of_which_nothing_leaves_needs_no_block(six):
    """With IPv6 off, the kernel refuses the nexthop that drops."""
    house = Refusing(POLICY % ("work", "wg0", "work.test", ""), takes=4)
    if not six:
        house.routing.main = [route for route in house.routing.main if route.family == 4]
        house.touched()
        house.wait(61)
        assert house.agent.routes.standing("work")[:2] == ("current", "route")
    house.dead()
    house.wait(61)
    expected = ("failing", "not_blocked") if six else ("blocked", "blocked")
    assert house.agent.routes.standing("work")[:2] == expected


def test_what_blocks_is_written_anew_with_other_numbers_and_nothing_is_refused():
    """In the main table nothing is replaced: another program may have made it."""
    numbers = "config nametrack 'global'\n\toption table '%d'\n"
    house = House(numbers % 900 + POLICY % ("work", "wg0", "work.test", ""))
    house.wait(5)
    house.configure(numbers % 500 + POLICY % ("work", "wg0", "work.test", ""))
    house.wait(5)
    assert [text for text in house.said if "not written" in text] == []
    (block,) = set(house.routing.routes[6, routing.MAIN, 9999].values())
    assert 500 <= block < 510 and house.agent.routes.standing("work")[:2] == ("current", "route")


def test_what_is_blocked_for_every_client_for_want_of_room_is_not_if_the_kernel_refuses_it():
    many = ["".join(["\tlist client '10.%d.%d.%d'\n" % (n, i >> 8, i & 255) for i in range(520)]) for n in (1, 2)]
    house = Refusing(POLICY % ("one", "wg0", BESIDE, many[0]) + POLICY % ("two", "wg0", HOST, many[1]))
    house.wait(61)
    assert house.way(HOST) == "wan" and house.way(BESIDE, "10.1.0.1") == "wg0"
    assert house.agent.routes.standing("one")[:2] == ("partial", "routes")
    assert house.agent.routes.standing("two")[:2] == ("failing", "not_blocked")


def test_a_local_network_that_the_kernel_does_not_leave_out_of_a_prefix_is_a_trouble():
    house = House("")
    taken = house.routing._route
    house.routing._route = lambda change, key: (
        "no buffer space available" if change.value.via == routing.THROW else taken(change, key)
    )
    house.configure(POLICY % ("work", "wg0", "192.168.0.0/16", ""))
    house.wait(1)
    assert house.way("192.168.1.9") == "wg0" and house.agent.routes.standing("work")[:2] == ("partial", "routes")
