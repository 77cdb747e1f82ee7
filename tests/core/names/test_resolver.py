"""resolver.py: what is asked past the caches, of the sources beside the listed nameservers."""

import pytest

from answers import found, negative
from fakes import netifd
from nametrack.core.actions import SendQuery
from nametrack.core.interfaces import Interfaces
from nametrack.core.names.resolver import Resolver, Settings
from nametrack.core.names.rrset import AAAA, CNAME, NS, A
from nametrack.core.names.sources import FALLBACK, ZONE
from nametrack.core.timers import Timers

LOCAL = "127.0.0.1"
WAN = netifd("wan", "dhcp", "eth1", ["192.0.2.1"], 0, 0)
STEPS = [("home.dyn.test", CNAME), ("dyn.test", NS), ("ns1.dyn.test", A), ("home.dyn.test", A), ("home.dyn.test", AAAA)]
ANSWERS = {
    ("home.dyn.test", CNAME): negative("nodata", 60, "dyn.test"),
    ("dyn.test", NS): found(["ns1.dyn.test"]),
    ("ns1.dyn.test", A): found(["198.51.100.53"]),
    ("home.dyn.test", A): found(["198.51.100.11"]),
    ("home.dyn.test", AAAA): found(["2001:db8::11"]),
}


class Asked:
    """A resolver that follows home.dyn.test; `silent`: servers that give no answer."""

    def __init__(self, silent=()):
        timers = Timers()
        interfaces = Interfaces(timers)
        interfaces.known["wan"] = WAN
        self.resolver = Resolver(timers, interfaces, lambda: 0)
        self.resolver.configure(Settings(10, 3600, [], True))
        self.silent = silent
        self.key = ("home.dyn.test", (LOCAL,))
        self.carry_out(self.follow((A, AAAA)), 0)

    def follow(self, rtypes):
        """What asking for these RRsets, and for no others, begins with."""
        return self.resolver.follow([(self.key, "home.dyn.test", [LOCAL], rtypes)], 0)

    def zone(self, now):
        """Asks beside the listed nameservers; returns what is asked for that at once, as [(name, rtype)]."""
        actions = self.resolver.ask_beside(self.resolver.names[self.key], now)
        return [(q.name, q.rtype) for q in self.carry_out(actions, now)]

    def carry_out(self, actions, now):
        """Answers every question at once, and those that follow from it; returns all of them."""
        asked = []
        while actions:
            action = actions.pop(0)
            if isinstance(action, SendQuery):
                asked.append(action)
                if action.server not in self.silent:
                    actions += self.resolver.answered(action.id, ANSWERS[(action.name, action.rtype)], now)[0]
        return asked


def test_the_zone_is_looked_for_once_for_all_families():
    asked = Asked().zone(100)
    assert asked == STEPS


def test_what_was_learnt_of_the_zone_goes_with_the_name():
    asked = Asked()
    asked.zone(100)
    asked.carry_out(asked.resolver.follow([], 110), 110)
    asked.carry_out(asked.follow((A,)), 120)
    assert asked.zone(200) == STEPS[:4]


def test_a_family_that_is_not_wanted_any_more_holds_up_no_other():
    asked = Asked(silent=(LOCAL,))
    asked.zone(100)
    again = asked.carry_out(asked.follow((AAAA,)), 101)
    assert [(q.name, q.rtype) for q in again] == [("home.dyn.test", CNAME)]  # of its own walk to the zone


def test_a_peer_that_needs_help_is_asked_for_at_once_beside_a_thousand_names_on_a_silent_nameserver():
    asked = Asked(silent=("192.0.2.66",))
    policies = [(("h%d.test" % i, ("192.0.2.66",)), "h%d.test" % i, ["192.0.2.66"], (A, AAAA)) for i in range(1200)]
    peer = (asked.key, "home.dyn.test", [LOCAL], (A, AAAA))
    asked.carry_out(asked.resolver.follow([peer] + policies, 1), 1)
    name = asked.resolver.names[asked.key]
    actions = asked.resolver.ask_beside(name, 100) + asked.resolver.ask_urgently(name, 100)
    for key in list(asked.resolver.timers.each_due(100)):
        if key[0] == "ask":
            actions += asked.resolver.handle_due(key, 100)[0]
    names = [q.name for q in actions if isinstance(q, SendQuery)]
    assert names.count("home.dyn.test") == 3  # its CNAME for the zone, A and AAAA


def test_a_question_beside_that_comes_too_soon_is_asked_as_soon_as_min_ttl_allows():
    """A peer that goes silent seconds after the baseline question would wait for its next suspicion otherwise."""
    asked = Asked()
    asked.zone(100)
    assert asked.zone(104) == []
    assert [key for key in list(asked.resolver.timers.each_due(109.9)) if key[2] == ZONE] == []
    actions = []
    for key in list(asked.resolver.timers.each_due(110)):
        if key[2] == ZONE:
            actions += asked.resolver.handle_due(key, 110)[0]
    assert [(q.name, q.rtype) for q in asked.carry_out(actions, 110)] == [("home.dyn.test", A), ("home.dyn.test", AAAA)]


def test_a_name_that_waits_behind_others_comes_first_when_its_peer_needs_help():
    asked = Asked(silent=(LOCAL,))
    others = [(("h%d.test" % i, (LOCAL,)), "h%d.test" % i, [LOCAL], (A, AAAA)) for i in range(1200)]
    last = (("far.test", (LOCAL,)), "far.test", [LOCAL], (A, AAAA))
    asked.carry_out(asked.resolver.follow(others + [last], 1), 1)
    actions = asked.resolver.ask_urgently(asked.resolver.names[last[0]], 1)
    assert [(q.name, q.rtype) for q in actions] == [("far.test", A), ("far.test", AAAA)]


def test_a_silent_resolver_delays_one_step_of_a_walk_to_the_zone():
    asked = Asked()
    asked.key = ("home.dyn.test", ("192.0.2.66", LOCAL))
    asked.carry_out(asked.resolver.follow([(asked.key, "home.dyn.test", list(asked.key[1]), (A,))], 1), 1)
    asked.silent = ("192.0.2.66",)
    resolver, waited = asked.resolver, 0
    asked.carry_out(resolver.ask_beside(resolver.names[asked.key], 100), 100)
    question = resolver.names[asked.key].sources[ZONE][A]
    now = 100
    while question.rrset is None:
        now, waited = question.lookup.deadline, waited + 1
        actions, _ = resolver.handle_due(("lookup", asked.key, ZONE, A), now)
        asked.carry_out(actions, now)
    assert (waited, now) == (2, 104)


def test_each_source_keeps_its_own_answer():
    asked = Asked()
    asked.resolver.configure(Settings(10, 3600, ["192.0.2.66"], True))
    name = asked.resolver.names[asked.key]
    for action in asked.resolver.ask_beside(name, 100):
        if action.server == "192.0.2.66" and action.rtype == A:
            asked.resolver.answered(action.id, found(["192.0.2.99"]), 100)
    assert name.endpoints((A,), 1, FALLBACK) == [("192.0.2.99", 1)]
    assert name.endpoints((A,), 1) == [("198.51.100.11", 1)]


def test_a_source_beside_is_asked_again_only_after_min_ttl():
    asked = Asked()
    assert asked.zone(100) and not asked.zone(109) and asked.zone(110)


def test_without_fallbacks_and_with_authoritative_off_nothing_is_asked_past_the_listed_ones():
    asked = Asked()
    asked.resolver.configure(Settings(10, 3600, [], False))
    assert asked.zone(100) == []


def test_a_source_that_is_being_asked_is_not_asked_a_second_time():
    asked = Asked(silent=("192.0.2.66",))
    asked.resolver.configure(Settings(10, 3600, ["192.0.2.66"], False))
    assert asked.zone(100) == [("home.dyn.test", A), ("home.dyn.test", AAAA)]
    assert asked.zone(111) == []


def test_a_source_that_is_asked_before_its_timer_has_its_turn_is_not_asked_by_that_too():
    """What happens is handled before what is due: the answer of a second lookup would find no question."""
    asked = Asked(silent=("192.0.2.66",))
    asked.resolver.configure(Settings(10, 3600, ["192.0.2.66"], False))
    name = asked.resolver.names[asked.key]
    first = asked.resolver.ask_beside(name, 100)
    for query in [action for action in first if action.server == "192.0.2.66"]:
        asked.resolver.answered(query.id, found(["198.51.100.11"]), 100)
    assert asked.resolver.ask_beside(name, 105) == []
    again = asked.resolver.ask_beside(name, 110.001)
    due = [key for key in list(asked.resolver.timers.each_due(110.001)) if key[2] == FALLBACK]
    assert len([action for action in again if action.server == "192.0.2.66"]) == len(due) == 2
    assert [asked.resolver.handle_due(key, 110.001) for key in due] == [([], None), ([], None)]


def test_once_the_way_is_there_again_failures_are_followed_by_short_pauses():
    asked = Asked()
    question = asked.resolver.names[asked.key].questions[A]
    assert [question.failed("no answer") for _ in range(9)][-1] == 300
    asked.resolver.retry(100)
    assert question.failed("no answer") == 2


def test_what_comes_for_a_question_that_is_not_open_says_nothing():
    resolver = Asked().resolver
    assert resolver.answered(999, found(["192.0.2.1"]), 5) == ([], None)
    assert resolver.failed(999, "SERVFAIL", 5) == ([], None) and resolver.rejected(999, "no answer", 5) == []


def test_names_that_are_dropped_while_they_are_asked_for_make_room_for_others():
    asked = Asked(silent=(LOCAL,))
    for letter in "ab":
        wanted = [(("%s%d.test" % (letter, i), (LOCAL,)), "%s%d.test" % (letter, i), [LOCAL], (A,)) for i in range(48)]
        actions = asked.resolver.follow(wanted, 1)
        assert len([action for action in actions if isinstance(action, SendQuery)]) == 48
    asked.resolver.follow([], 2)
    assert asked.resolver.idle()


def test_the_other_family_is_asked_of_the_zone_when_the_first_one_is_dropped_on_its_way():
    asked = Asked(silent=("198.51.100.53@eth1",))
    assert asked.zone(100) == STEPS[:4]
    again = asked.carry_out(asked.follow((AAAA,)), 101)
    assert [(q.name, q.rtype) for q in again][:4] == STEPS[:3] + STEPS[4:]


def test_of_many_names_those_are_taken_in_later_that_are_new_or_want_more_than_before():
    asked = Asked()
    some = [(("h%d.test" % i, (LOCAL,)), "h%d.test" % i, [LOCAL], (A,)) for i in range(3)]
    asked.silent = (LOCAL,)
    asked.carry_out(asked.resolver.follow(some[:2], 1), 1)
    more = [some[0], some[1][:3] + ((A, AAAA),), some[2]]
    actions = asked.resolver.follow([], 2, more)
    assert [(q.name, q.rtype) for q in actions] == [("h1.test", AAAA), ("h2.test", A)]
    many = [(("n%03d.test" % i, (LOCAL,)), "n%03d.test" % i, [LOCAL], (A,)) for i in range(201)]
    asked.resolver.follow([], 3, many)
    assert [new[1] for new in asked.resolver.later] == ["n200.test"] and not asked.resolver.idle()
    asked.resolver.follow_more(4)
    assert asked.resolver.later == [] and len(asked.resolver.names) == 201


@pytest.mark.parametrize("chance, next_at", [(0, 102), (1, 102.5)])
def test_a_name_that_fails_is_asked_again_a_quarter_of_the_wait_later_by_chance(chance, next_at):
    asked = Asked(silent=(LOCAL,))
    asked.resolver.random = lambda: chance
    actions = asked.resolver.follow([(("a.test", (LOCAL,)), "a.test", [LOCAL], (A,))], 100)
    asked.resolver.failed(actions[-1].id, "SERVFAIL", 100)
    assert asked.resolver.next_query(asked.resolver.names["a.test", (LOCAL,)], (A,)) == next_at
