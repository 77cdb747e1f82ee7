"""A router that only follows peers has none of what policies need; with the first policy it is as if it always had."""

import sys

from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci

POLICY = "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet vpn s'\n\tlist host '192.0.2.1'\n"
ROOMS = ["nametrack.core.policies.policies", "nametrack.core.policies.filling", "nametrack.core.sets.sets"]


def config(text):
    return configuration.build(uci.parse(text)[0], [], [])


def kinds(actions):
    return [type(action) for action in actions]


class House:
    def __init__(self):
        for name in ROOMS:  # another test may have loaded them
            sys.modules.pop(name, None)
        self.agent = Agent()

    def load(self, text):
        """Hand a configuration in; return the actions of each step that it takes."""
        steps, made = [self.agent.handle(on.ConfigLoaded(config(text)), 0)], self.agent.config
        while self.agent.files.is_preparing():
            steps.append(self.agent.handle_timer(0))
        assert made is None or len(steps) == 1 or steps[0] == []
        return steps

    def remembered(self, more):
        return self.agent.handle(on.LastGoodRead([], more, None), 0)

    def loaded(self):
        return [name for name in ROOMS if name in sys.modules]


def test_without_a_policy_nothing_of_them_is_loaded_and_the_kernel_is_asked_for_routes_of_before_once():
    house = House()
    assert kinds(house.load("")[0]) == [do.GlanceRouting]
    assert kinds(house.load("")[0]) == []
    assert house.loaded() == [] and house.agent.settled()


def test_the_first_policy_of_a_running_agent_is_loaded_a_step_at_a_time():
    house = House()
    house.load("")
    steps = house.load(POLICY)
    assert len(steps) > 3 and not any(steps[:-1])
    assert kinds(steps[-1]) == [do.ReadServices, do.ListSet]
    assert house.loaded() == ROOMS and sorted(house.agent.policies.policies) == ["p"]
    assert len(house.load(POLICY + "\tlist host '192.0.2.2'\n")) == 1  # by then all is there


def test_at_the_start_nothing_waits_for_it():
    house = House()
    assert len(house.load(POLICY)) == 1
    assert house.loaded() == ROOMS


def test_a_set_of_the_first_policy_is_not_read_before_it_is_known_what_is_ours_in_it():
    house = House()
    house.load("")
    house.remembered(True)
    assert kinds(house.load(POLICY)[-1]) == [do.ReadServices]
    assert kinds(house.remembered(False)) == [do.ListSet]
