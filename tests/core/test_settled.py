"""agent.settled(): when one whole pass is over, as `nametrack run --once` asks."""

from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from nametrack.wire.dns import Answer
from simulated import Simulated

KEY = "P" * 42 + "A="
NETWORK = "config wireguard_wg0\n\toption public_key '%s'\n\toption endpoint_host 'home.test'\n" % KEY
CONFIG = """config nametrack 'global'
	option family 'ipv4'
config policy 'work'
	option interface 'wg'
	option target 'ipset'
	option set4 'mine4'
	list host '192.0.2.9'
"""


def test_it_is_over_when_all_is_asked_read_and_written_and_not_before():
    kernel, agent, seen = FakeKernel(), Agent(), {}
    kernel.peer("wg0", KEY)
    kernel.make_set("ipset mine4", ())
    read = [uci.parse(text)[0] for text in (CONFIG, NETWORK)]
    waiting = agent.handle(on.LastGoodRead([], False, None), 0)
    waiting += agent.handle(on.ConfigLoaded(configuration.build(read[0], read[1], [])), 0)
    for now in range(5):
        while waiting:
            action = waiting.pop(0)
            if not isinstance(action, (do.Log, do.Notify, do.Remember, do.ShareLastGood, do.SaveLastGood)):
                seen.setdefault(type(action).__name__, agent.settled())
            if isinstance(action, do.SendQuery):
                answer = Answer("found", ["198.51.100.1"], 300, None, "", ())
                waiting += agent.handle(on.QueryAnswered(action.id, answer), now)
                continue
            event = kernel.perform(action, now)
            if event is not None:
                waiting += agent.handle(event, now)
        while agent.next_timer() is not None and agent.next_timer() <= now + 1:
            waiting += agent.handle_timer(agent.next_timer())
    assert {"SendQuery", "ReadPeers", "SetEndpoint", "ChangeSet"} <= set(seen)
    assert agent.settled() and not any([seen[name] for name in ("SendQuery", "ReadPeers", "ListSet")]), seen


def test_a_name_that_is_not_answered_yet_or_last_good_addresses_that_are_being_read_keep_it_open():
    agent = Agent()
    assert agent.settled()
    agent.handle(on.LastGoodRead([], True, None), 0)
    assert not agent.settled()
    agent.handle(on.LastGoodRead([], False, None), 0)
    assert agent.settled()


def test_a_long_configuration_that_is_prepared_keeps_it_open():
    hosts = "".join(["\tlist host 'h%d.test'\n" % i for i in range(3000)])
    agent = Agent()
    agent.handle(on.LastGoodRead([], False, None), 0)
    agent.handle(on.ConfigLoaded(configuration.build(uci.parse(CONFIG + hosts)[0], [], [])), 0)
    assert agent.config is None and not agent.settled()


class Home(Simulated):
    """Every name has one address."""

    def answer(self, query):
        return on.QueryAnswered(query.id, Answer("found", ["198.51.100.1"], 300, None, "", ()))


def test_a_peer_whose_name_is_known_already_keeps_it_open_until_its_interface_was_read():
    home = Home(FakeKernel())
    home.agent, network = Agent(), ""
    home.tell(on.LastGoodRead([], False, None))
    for name in ("wg0", "wg1"):
        home.kernel.peer(name, KEY)
        network += NETWORK.replace("wg0", name)
        home.tell(on.ConfigLoaded(configuration.build(*[uci.parse(text)[0] for text in (CONFIG, network)], [])))
        assert not home.agent.settled()
        home.pass_until(home.now + 5)
        assert home.kernel.peer(name, KEY)["address"] == "198.51.100.1" and home.agent.settled()
