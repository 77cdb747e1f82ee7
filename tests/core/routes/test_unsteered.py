"""A router whose policies are not steered by routes has nothing of that loaded, unless something of ours is left."""

import pytest
from steering_house import House

from nametrack import ip, routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.routes.unsteered import Unsteered

WORK = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n"
RULE = routing.Rule(4, 503, routing.ANYTHING, routing.LOOKUP, 900, None, routing.PROTOCOL)


class Left(House):
    """`left`: what an agent before this one has left in the kernel; asked: the GlanceRouting and ReadRouting."""

    def __init__(self, left=None, silent=False):
        self.left, self.silenced, self.asked = left, silent, []
        super().__init__("")

    def configure(self, config):
        kernel = self.kernel
        if self.left == "rule":
            self.routing.rules.append(RULE)
        elif self.left == "nexthop":
            self.routing.nexthops[900] = routing.Nexthop(4, 900, 0, None, routing.PROTOCOL)
        elif self.left == "route":
            self.routing.routes[4, 900, 0] = {ip.key("192.0.2.9"): routing.UNREACHABLE}
        self.left, perform = None, FakePerform(self, kernel.perform)
        kernel.perform = perform
        super().configure(config)


class FakePerform:
    def __init__(self, house, perform):
        self.house, self.perform = house, perform

    def __call__(self, action, now):
        if isinstance(action, (do.GlanceRouting, do.ReadRouting)):
            self.house.asked.append(type(action))
            if self.house.silenced:
                return on.ActionFailed(action, "the kernel does not answer")
        return self.perform(action, now)


def test_without_such_a_policy_the_kernel_is_looked_at_once_and_nothing_is_loaded():
    house = Left()
    house.configure("")
    house.handle(on.SetsDisturbed("firewall"))
    house.wait(7200)
    assert house.asked == [do.GlanceRouting] and isinstance(house.agent.routes, Unsteered)
    assert house.agent.settled()


@pytest.mark.parametrize("left", ["rule", "nexthop", "route"])
def test_what_an_agent_before_has_left_goes(left):
    house = Left(left)
    house.wait(1)
    assert house.ours() == (0, 0, 0) and not house.routing.holds()


def test_a_policy_that_comes_later_is_steered():
    house = Left()
    house.wait(5000)
    house.configure(WORK)
    house.wait(1)
    assert house.way("192.0.2.1") == "wg0" and house.agent.routes.standing("work")[0] == "current"


def test_a_kernel_that_cannot_be_asked_is_asked_again():
    house = Left("rule", silent=True)
    house.wait(3)
    house.silenced = False
    house.wait(60)
    assert not house.routing.holds()


def test_a_policy_that_comes_within_a_pause_is_not_steered_before_its_end():
    house = Left()
    house.handle(on.Paused(600))
    house.configure(WORK)
    house.wait(500)
    assert house.way("192.0.2.1") == "wan"
    house.wait(101)
    assert house.way("192.0.2.1") == "wg0"


@pytest.mark.parametrize("event", [on.Paused(0), on.Paused(60), on.RoutingGlanced(True), on.RoutingGlanced(False)])
def test_before_the_first_configuration_none_of_it_does_anything(event):
    assert not [each for each in Agent().handle(event, 5) if not isinstance(each, do.Notify)]


def test_an_answer_to_the_glance_that_comes_after_a_policy_did_changes_nothing():
    house = House(WORK)
    before = house.agent.routes
    house.handle(on.RoutingGlanced(True))
    assert house.agent.routes is before and house.way("192.0.2.1") == "wg0"
