"""A configuration is got ready by steps, and put in force at once; the one before counts until then."""

from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import TOLD, Agent
from nametrack.core.config import configuration
from nametrack.core.last_good import Known
from nametrack.core.names.resolver import MOST_NEW
from nametrack.core.ordering import STEP
from nametrack.core.telling.status import status
from nametrack.wire import uci
from nametrack.wire.dns import Answer
from routes.steering_house import House as Steering

MANY = 5000
HEAD = "config policy '%s'\n\toption target 'nftset'\n\toption set4 'inet vpn s'\n\toption family 'ipv4'\n"


def config(name, addresses=(), hosts=(), more=""):
    lines = ["\tlist host '%s'\n" % each for each in list(addresses) + list(hosts)]
    return configuration.build(uci.parse(more + HEAD % name + "".join(lines))[0], [], [])


def addresses(first, count=MANY):
    return ["10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255) for i in range(first, first + count)]


class House:
    """An agent, and how many addresses it looked at in each of its stretches."""

    def __init__(self):
        self.agent = Agent()
        self.looks = []

    def load(self, made):
        """Hand a Config in; return what comes of it at once."""
        return self._counted(lambda: self.agent.handle(on.ConfigLoaded(made), 0))

    def turn(self):
        return self._counted(lambda: self.agent.handle_timer(0))

    def take(self, made):
        """Hand a Config in, and wait until it is in force."""
        actions = self.load(made)
        while self.agent.config is not made:
            actions += self.turn()
        return actions

    def answer(self, actions):
        """Answer the queries among some actions, and those that come of that."""
        waiting = list(actions)
        while waiting:
            action = waiting.pop(0)
            if isinstance(action, do.SendQuery):
                found = Answer("found", ["192.0.2.7"], 300, None, "", ())
                waiting.extend(self.agent.handle(on.QueryAnswered(action.id, found), 0))

    def _counted(self, function):
        found, key = [], ip.key
        ip.key = lambda text: found.append(text) or key(text)
        try:
            return function()
        finally:
            ip.key = key
            self.looks.append(len(found))

    def policies(self):
        return sorted(self.agent.policies.policies)

    def wanted(self, name):
        return len(self.agent.policies.policies[name].wanted(4))


def test_no_stretch_looks_at_many_addresses():
    house = House()
    house.take(config("p", addresses(0)))
    assert house.wanted("p") == MANY
    assert max(house.looks) <= STEP and sum(house.looks) == MANY


def test_a_small_configuration_is_in_force_at_once_and_its_names_are_asked():
    house, made = House(), config("p", ["192.0.2.1"], ["a.test"])
    actions = house.load(made)
    assert house.agent.config is made
    assert [action.name for action in actions if isinstance(action, do.SendQuery)] == ["a.test"]


def test_the_configuration_before_is_in_force_until_the_next_is_whole():
    house, old = House(), config("old", ["192.0.2.1"])
    house.load(old)
    assert house.load(config("new", addresses(0))) == []
    for _ in range(5):
        house.turn()
        assert house.agent.config is old and house.policies() == ["old"]
        assert house.agent.policies.policies["old"].wants(ip.key("192.0.2.1"))
        assert not house.agent.settled()
    while house.agent.config is old:
        house.turn()
    assert house.policies() == ["new"] and house.wanted("new") == MANY


def test_one_that_comes_in_the_middle_takes_its_place():
    house, last = House(), config("last", addresses(7))
    house.load(config("first", addresses(0)))
    house.turn()
    house.load(config("second", addresses(1)))
    house.turn()
    house.take(last)
    assert house.policies() == ["last"] and house.agent.config is last
    house.agent.handle_timer(0)
    assert house.policies() == ["last"]


def test_a_small_one_in_the_middle_is_in_force_at_once_and_stays():
    house, small = House(), config("small", ["192.0.2.1"])
    house.load(config("large", addresses(0)))
    house.load(small)
    assert house.agent.config is small
    house.turn()
    assert house.agent.config is small and house.policies() == ["small"]


def test_a_refused_one_in_the_middle_loses_nothing():
    house, made = House(), config("p", addresses(0))
    house.load(made)
    house.agent.handle(on.ConfigRefused(["a fault"]), 0)
    while house.agent.config is not made:
        house.turn()
    assert house.wanted("p") == MANY


def test_an_agent_that_is_stopped_in_the_middle_saves_what_was_known_before():
    house = House()
    actions = house.load(config("p", [], ["a.test"]))
    for action in [action for action in actions if isinstance(action, do.SendQuery)]:
        house.agent.handle(on.QueryAnswered(action.id, Answer("found", ["192.0.2.7"], 300, None, "", ())), 0)
    house.load(config("p", addresses(0), ["b.test"]))
    saved = [action for action in house.agent.stop(0) if isinstance(action, do.SaveLastGood)]
    assert [(known.host, known.keys) for known in saved[0].records()] == [("a.test", [ip.key("192.0.2.7")])]


def test_what_dns_says_in_the_middle_counts():
    house = House()
    actions = house.load(config("p", ["192.0.2.1"], ["a.test"]))
    house.load(config("p", addresses(0), ["a.test"]))
    house.turn()
    for action in [action for action in actions if isinstance(action, do.SendQuery)]:
        house.agent.handle(on.QueryAnswered(action.id, Answer("found", ["192.0.2.7"], 300, None, "", ())), 0)
    while house.wanted("p") < MANY:
        house.turn()
    assert house.agent.policies.policies["p"].wants(ip.key("192.0.2.7"))
    assert not house.agent.policies.policies["p"].wants(ip.key("192.0.2.1"))


def test_addresses_that_stay_are_not_looked_at_again():
    house = House()
    house.take(config("p", addresses(0), ["a.test"]))
    house.turn()  # its names follow a turn later
    house.looks = []
    actions = house.load(config("p", addresses(0), ["a.test", "b.test"]))
    assert house.looks == [0] and house.wanted("p") == MANY
    assert [action.name for action in actions if isinstance(action, do.SendQuery)] == ["b.test"]
    house.take(config("p", addresses(1), ["b.test"]))
    assert house.wanted("p") == MANY and sum(house.looks) == MANY


NAMES = ["h%d.test" % i for i in range(3 * MOST_NEW)]


def test_of_many_new_names_only_some_are_taken_in_together_and_the_first_are_asked_a_turn_later():
    house, counts = House(), [0]
    assert not [action for action in house.take(config("p", [], NAMES)) if isinstance(action, do.SendQuery)]
    assert not house.agent.settled()
    actions = house.turn()
    assert [action.name for action in actions if isinstance(action, do.SendQuery)][0] in NAMES
    while counts[-1] < len(house.agent.resolver.names):
        counts.append(len(house.agent.resolver.names))
        assert not house.agent.settled()
        house.turn()
    assert [counts[i + 1] - counts[i] for i in range(len(counts) - 1)] == [MOST_NEW] * 3
    assert not house.agent.resolver.later


def test_hosts_that_are_new_to_many_known_names_hear_of_them_in_steps_and_lose_no_address_meanwhile():
    house = House()
    house.answer(house.take(config("p", [], NAMES)))
    while house.agent.resolver.later or not house.agent.resolver.names:
        house.answer(house.turn())
    assert all([name.answered() for name in house.agent.resolver.names.values()])
    house.take(config("other", [], NAMES))
    policy, counts = house.agent.policies.policies["other"], [0]
    for _ in range(3 + len(NAMES) // TOLD):
        assert all([host.all_keys() == [ip.key("192.0.2.7")] for host in policy.hosts.values()])
        house.turn()
        counts.append(len([1 for host in policy.hosts.values() if host.heard]))
    assert counts[-1] == len(NAMES)
    assert max([counts[i + 1] - counts[i] for i in range(len(counts) - 1)]) == TOLD


PEER = """
config peer
	option interface 'wg0'
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option endpoint_host 'home.test'
"""


def test_what_was_there_before_the_start_stays_until_the_names_of_all_policies_were_answered():
    """Routes that a policy held before a restart are its block, too: a peer's name alone lets none of them go."""
    house = House()
    lines = "".join(["\tlist host '%s'\n" % name for name in NAMES])
    text = PEER + "config policy 'p'\n\tlist interface 'wg0'\n\toption target 'route'\n" + lines
    house.take(configuration.build(uci.parse(text)[0], [], []))
    names = house.agent.resolver.names
    assert [key[0] for key in names] == ["home.test"] and house.agent.routes.holds
    house.answer(house.agent.resolver.ask_urgently(list(names.values())[0], 0))
    assert len(names) > 1 and house.agent.routes.holds
    while house.agent.resolver.later:
        assert house.agent.routes.holds
        house.answer(house.turn())
    assert not house.agent.routes.holds


def test_a_host_whose_name_waits_for_its_turn_is_shown_as_one_that_was_never_asked():
    house = House()
    house.take(config("p", [], NAMES))
    shown = status(house.agent, 0, 0)["policies"][0]["hosts"]
    assert len(house.agent.resolver.names) < len(NAMES)
    assert set([host["state"] for host in shown]) == set(["failing"]) and len(shown) > MOST_NEW


def test_a_pass_is_not_over_before_the_new_names_are_followed():
    house = Steering(
        "config policy 'p'\n\tlist interface 'wg0'\n\toption target 'route'\n\tlist host 'work.test'\n", ""
    )
    assert house.agent.settled()
    lines = "".join(["\tlist host '%s'\n" % name for name in NAMES])
    text = "config policy 'p'\n\tlist interface 'wg0'\n\toption target 'route'\n" + lines
    made = configuration.build(uci.parse(text)[0], [], [])
    house.order(house.agent.handle(on.ConfigLoaded(made), house.now))
    while house.agent.config is not made:
        house.order(house.agent.handle_timer(house.now))
    assert not [key for key in house.agent.resolver.names if key[0] in NAMES]
    assert house.agent.resolver.idle() and house.agent.routes.settled() and not house.agent.settled()
    house.wait(1)
    assert house.agent.settled()


def test_a_reload_while_names_wait_for_their_turn_follows_those_that_it_wants():
    house = House()
    house.take(config("p", [], NAMES))
    house.load(config("p", [], NAMES[-10:] + ["other.test"]))
    for _ in range(3):
        house.turn()
    assert sorted([key[0] for key in house.agent.resolver.names]) == sorted(NAMES[-10:] + ["other.test"])
    assert not house.agent.resolver.later


def test_all_names_below_a_pattern_that_are_remembered_are_followed_again_however_many_these_are():
    """What was remembered may be read after the configuration is in force."""
    house = House()
    house.take(config("p", hosts=["*.wild.test"]))
    while house.agent.next_timer() == 0:
        house.turn()
    known = [Known("h%d.wild.test" % i, [ip.key("192.0.2.7")], True, 0) for i in range(MOST_NEW + 50)]
    house.agent.handle(on.LastGoodRead(known, False, None), 0)
    while house.agent.next_timer() == 0:
        house.turn()
    assert len(house.agent.resolver.names) == MOST_NEW + 50


def test_a_name_that_goes_while_it_is_due_is_passed_over():
    """A reload with many hosts drops names in a step of its own, which may have its turn together with their timers."""
    house, hosts = House(), ["h%03d.test" % i for i in range(200)]
    house.answer(house.take(config("p", hosts=hosts)))
    for _ in range(20):
        house.answer(house.turn())
    assert len(house.agent.resolver.names) == 200
    house.take(config("p", hosts=hosts[:150]))
    house.agent.handle_timer(house.agent.resolver.names[sorted(house.agent.resolver.names)[0]].questions[1].next_at + 1)
    assert len(house.agent.resolver.names) == 150
