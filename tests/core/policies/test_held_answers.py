"""The resolver waits with an answer until the kernel took its addresses, or refused to."""

from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.policies.observation import Observation
from nametrack.wire import uci

CONFIG = """config nametrack 'global'
	option family 'ipv4'
config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	list host '*.example.net'
"""


def changing():
    """An agent that ordered a change of its set for an observed name, and the order."""
    kernel, agent = FakeKernel(), Agent()
    kernel.make_set("nft inet fw4 mine4", ())
    actions = agent.handle(on.ConfigLoaded(configuration.build(uci.parse(CONFIG)[0], [], [])), 0)
    (listing,) = [action for action in actions if isinstance(action, do.ListSet)]
    agent.handle(kernel.perform(listing, 0), 0)
    actions = agent.handle(on.NameObserved("www.example.net", ["198.51.100.1"], 20, "resolver"), 1)
    while not any(isinstance(action, do.ChangeSet) for action in actions):
        actions = agent.handle_timer(agent.next_timer())
    (change,) = [action for action in actions if isinstance(action, do.ChangeSet)]
    return kernel, agent, change


def released(actions):
    return [action.id for action in actions if isinstance(action, do.Release)]


def test_an_answer_is_held_while_the_change_that_it_needs_is_under_way():
    kernel, agent, change = changing()
    assert released(agent.handle(on.AnswerHeld(5), 1)) == [] and not agent.policies.sets.settled()
    actions = agent.handle(kernel.perform(change, 1), 1)
    assert released(actions + agent.handle_timer(1)) == [5]


def test_an_answer_is_let_go_if_the_change_fails():
    _, agent, change = changing()
    assert released(agent.handle(on.AnswerHeld(5), 1)) == []
    assert released(agent.handle(on.ActionFailed(change, "busy"), 1)) == [5]


def test_the_last_wildcard_that_goes_ends_the_listening_once():
    made = Observation(lambda: True)
    names, nothing = (("example.net",), (), ()), ((), (), ())
    assert made.observe(nothing, ["br-lan"], "router", False) == []
    assert made.observe(names, ["br-lan"], "router", False) == [do.Observe(["br-lan"], "router", *names)]
    assert made.observe(nothing, ["br-lan"], "router", False) == [do.Observe([], "router", *nothing)]
    assert made.observe(nothing, ["br-lan"], "router", False) == []
