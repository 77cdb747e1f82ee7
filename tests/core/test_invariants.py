"""The five invariants of the core, each over random walks of a small world (simulator.py).

What must hold at every moment is checked by the walk itself, which raises `Broken` with its seed; so most tests only
have to walk.
"""

import os

import pytest

import simulator
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.element import Element, ElementList, elements_of, named
from thorough import thorough

SEEDS = int(os.getenv("SEEDS") or "3")  # `make soak` has more, tests/machines one
WALKS = [(seed, restarts) for seed in range(1, SEEDS + 1) for restarts in (False, True)]
# Of what is done in these walks, log and notifications aside: the same on every interpreter, whatever its order of
# dicts and sets. A change of the core's behaviour changes it; `python tests/core/simulator.py SEED [restarts]` prints
# the walk and, with PYTHONPATH=agent:tests, what to write here.
DIGESTS = [(1, False, 3118945937), (2, True, 2373640202), (3, False, 1960021845)]


@pytest.mark.parametrize("seed,restarts", WALKS)
def test_after_any_sequence_the_kernel_comes_to_hold_what_is_wanted(seed, restarts):
    walk = simulator.Walk(seed, restarts).run().quiet()
    assert walk.wanted() == []


@pytest.mark.parametrize("seed", [101, 102][: SEEDS // 3])
def test_after_a_thousand_events_every_tunnel_that_can_be_up_is_up(seed):
    """Moves, outages, lost answers, interfaces restarted, ways out that come and go, with a rest every hundred."""
    walk = simulator.Walk(seed)
    for _ in range(thorough(10, 2)):
        walk.run(100).quiet()
        assert walk.wanted() == []
        walk.trace = []  # a small heap does not hold all of it


@pytest.mark.parametrize("seed,restarts,digest", DIGESTS)
def test_the_same_events_give_the_same_actions_on_every_interpreter(seed, restarts, digest):
    assert simulator.Walk(seed, restarts).run().digest() == digest


def test_the_same_events_give_the_same_actions_twice():
    assert simulator.Walk(9).run().text() == simulator.Walk(9).run().text()


def test_the_walks_go_everywhere():
    """A walk that changes nothing would prove nothing; they are the same on every interpreter."""
    if thorough(False, True):
        return
    text = "\n".join([simulator.Walk(seed).run().text() for seed in (1, 2, 3, 4, 5, 7)])
    for word in ("query", "tcp", "cancel", "set_endpoint", "add ", "delete ", "replace ", "read_peers"):
        assert word in text, word
    for word in ("stalled", "moved", "no route", "roamed", "edge-h", "missing", "list_set", "target auto"):
        assert word in text, word


class Tampered(simulator.Walk):
    """A walk whose core gets one more action to carry out than it ordered: the checks must see that it is wrong."""

    def load(self):
        simulator.Walk.load(self)
        self.take([self.wrong])


ONE = elements_of([Element("203.0.113.8", None)])
WRONG = [
    (do.SetEndpoint("wg0", simulator.OTHER_KEY, "198.51.100.1", 51820, None, None, ""), "not ours"),
    (do.SetEndpoint("wg0", simulator.KEYS[0], "203.0.113.250", 51820, None, None, ""), "not what DNS names"),
    (do.ChangeSet(named(simulator.OTHER_SET), None, ElementList(), ONE, ElementList(), ""), "a set that is not ours"),
    (do.ChangeSet(named("ipset b4"), None, ONE, ElementList(), ElementList(), ""), "too early"),
]


@pytest.mark.parametrize("action,complaint", WRONG)
def test_the_walk_sees_what_must_not_happen(action, complaint):
    walk = Tampered(1)
    walk.wrong = action
    with pytest.raises(simulator.Broken, match=complaint):
        walk.run(0)


def test_an_agent_without_a_configuration_wants_no_timer():
    agent = Agent()
    assert agent.next_timer() is None
    assert agent.handle(on.LastGoodRead([], False, None), 5) == []
    assert agent.next_timer() is None
