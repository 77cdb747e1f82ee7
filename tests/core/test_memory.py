"""memory.py: what was remembered is read before there is a configuration or after; what is wrong with it is said."""

import pytest

from answers import found
from nametrack import ip
from nametrack.core import events as on
from nametrack.core.actions import ListSet, Log, SaveLastGood, SendQuery
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.last_good import ADDED, SAVE_DELAY, SLICE, Endpoints, Known, Owned
from nametrack.core.memory import Memory
from nametrack.core.policies.no_policies import NoPolicies
from nametrack.core.timers import Timers
from nametrack.wire import uci

CONFIG = """
config nametrack 'global'
	option family 'ipv4'

config policy 'work'
	option interface 'wg0'
	option target 'nftset'
	option set4 'inet t s4'
	list host 'h.test'
"""
NETWORK = """
config wireguard_wg0
	option public_key 'HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHA='
	option endpoint_host 'home.test'
"""
KEY = ip.key("192.0.2.1")
RECORDS = [
    Known("h.test", [KEY], True, 0),
    Owned("nft inet t s4", [KEY, ip.key("192.0.2.2")], ADDED),
    Endpoints("home.test", [ip.key("198.51.100.1")], [51820]),
]


class Peers:
    """Hear of what was remembered; each time all of them are looked through."""

    def __init__(self):
        self.heard = []

    def remember(self, found):
        self.heard.append(found)


def test_peers_hear_of_all_that_was_read_at_once():
    """500 peers that were asked about each of 500 hosts held up the start for many seconds on a slow router."""
    peers = Peers()
    memory = Memory(Timers(), peers, lambda: NoPolicies(None, None))
    hosts = ["h%d.test" % i for i in range(3)]
    memory.read(on.LastGoodRead([Endpoints(host, [KEY], [None]) for host in hosts], False, None), True, 0)
    assert peers.heard == [{host: [("192.0.2.1", None)] for host in hosts}]


def loaded():
    return on.ConfigLoaded(configuration.build(uci.parse(CONFIG)[0], uci.parse(NETWORK)[0], []))


def logs(actions):
    return [(each.level, each.text) for each in actions if isinstance(each, Log)]


@pytest.mark.parametrize("first", [True, False])
def test_what_is_wrong_with_the_file_is_said_and_what_could_be_read_counts(first):
    agent = Agent()
    events = [on.LastGoodRead(RECORDS, False, "line 3 of the file is damaged"), loaded()]
    said = []
    for event in events if first else events[::-1]:
        said.extend(agent.handle(event, 0))
        while agent.next_timer() is not None and agent.next_timer() <= 0:
            said.extend(agent.handle_timer(0))
    assert ("warning", "line 3 of the file is damaged") in logs(said)
    policy = agent.policies.policies["work"]
    assert policy.wants(KEY) and policy.life(KEY, 1) > 0
    (kernel_set,) = agent.policies.sets.by_name.values()
    assert sorted(kernel_set.owned(ADDED)) == sorted(RECORDS[1].keys)
    assert ListSet(kernel_set.name) in said
    peer = agent.peers.peers[sorted(agent.peers.peers)[0]]
    assert peer.proposals.known() == [("198.51.100.1", 51820)]


def test_no_set_is_read_before_all_that_was_remembered_is_known():
    agent = Agent()
    agent.handle(on.LastGoodRead(RECORDS[:1], True, None), 0)
    said = agent.handle(loaded(), 0)
    while agent.next_timer() is not None and agent.next_timer() <= 0:
        said = said + agent.handle_timer(0)
    assert not [each for each in said if isinstance(each, ListSet)]
    assert [each for each in agent.handle(on.LastGoodRead(RECORDS[1:], False, None), 1) if isinstance(each, ListSet)]


def test_many_addresses_are_looked_at_in_several_steps_before_they_are_saved():
    """In between the agent hears of everything else."""
    agent, saved = Agent(), []
    agent.handle(loaded(), 0)
    keys = [ip.key("198.51.%d.%d" % (i // 200, i % 200 + 1)) for i in range(3 * SLICE)]
    agent.handle(on.LastGoodRead([Known("h.test", keys, True, 0)], False, None), 0)
    while not saved:
        now = agent.next_timer()
        saved = [now for action in agent.handle_timer(now) if isinstance(action, SaveLastGood)]
    assert SAVE_DELAY < saved[0] < SAVE_DELAY + 1


def test_of_a_name_with_many_addresses_the_first_64_are_remembered_as_endpoints():
    agent = Agent()
    for action in agent.handle(loaded(), 0):
        if isinstance(action, SendQuery) and action.name == "home.test":
            agent.handle(on.QueryAnswered(action.id, found(["198.51.100.%d" % i for i in range(1, 71)])), 0)
    (endpoints,) = agent.peers.remembered()
    assert [ip.element(key) for key in endpoints.keys] == ["198.51.100.%d" % i for i in range(1, 65)]
