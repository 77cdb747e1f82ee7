"""The rules of one family in two halves: no packet ever meets a mixture of the old order and the new one."""

import pytest

from nametrack import ip, routing
from nametrack.core.routes.rulebook import END, FIRST_HALVES, Rulebook, Step, places
from nametrack.core.routes.selector import EVERYTHING, Client, Selector
from nametrack.core.routes.steps import Uplinks, steps

A, B, C = "192.168.1.1", "192.168.1.2", "192.168.1.3"


def lookups(*pairs):
    """Steps that look up a table for a client."""
    return [Step(routing.match(source=source), routing.LOOKUP, table, None) for source, table in pairs]


class Kernel:
    def __init__(self):
        self.rules = []
        self.decisions = []  # after each single change

    def carry_out(self, book, clients=(A, B, C)):
        for change in book.changes():
            self.take(change)
            book.changed(change, None)
            self.decisions.append([self.decide(client) for client in clients])

    def take(self, change):
        if change.verb == routing.ADD:
            self.rules.append(change.value)
        else:
            self.rules.remove(change.value)
        self.rules.sort(key=lambda rule: rule.preference)

    def decide(self, client, port=None):
        """The table that a packet of a client to a port, (port, port), is looked up in first."""
        at = 0
        while at < len(self.rules):
            rule = self.rules[at]
            at += 1
            if rule.match.source in (None, client) and rule.match.dports in (None, port):
                if rule.action == routing.LOOKUP:
                    return rule.argument
                if rule.action == routing.GOTO:
                    jump = [i for i in range(at, len(self.rules)) if self.rules[i].preference == rule.argument]
                    at = jump[0] if jump else at
        return None


def written(*pairs):
    book, kernel = Rulebook(4), Kernel()
    book.read([])
    book.want(lookups(*pairs))
    kernel.carry_out(book)
    kernel.decisions = []
    return book, kernel


ORDERS = [
    ([(A, 1), (None, 2)], [(None, 2), (A, 1)]),
    ([(A, 1), (B, 2)], [(C, 3), (A, 1), (B, 2)]),
    ([(A, 1), (None, 2)], [(A, 4), (B, 1), (None, 2)]),
    ([(A, 1), (B, 2), (None, 3)], [(None, 3)]),
    ([(None, 3)], [(A, 1), (B, 2), (None, 3)]),
]


@pytest.mark.parametrize("old,new", ORDERS)
def test_each_packet_meets_the_old_decision_or_the_new_one(old, new):
    for first in (old, new):
        second = new if first is old else old
        book, kernel = written(*first)
        for again in (second, first, second):  # both halves take their turn
            before = [kernel.decide(client) for client in (A, B, C)]
            book.want(lookups(*again))
            kernel.carry_out(book)
            after = [kernel.decide(client) for client in (A, B, C)]
            for decisions in kernel.decisions:
                for i in range(3):
                    assert decisions[i] in (before[i], after[i])
            kernel.decisions = []


def test_the_end_is_the_first_in_and_the_last_out():
    book, kernel = Rulebook(4), Kernel()
    book.read([])
    book.want(lookups((A, 1)))
    assert book.changes()[0].value.preference == END
    kernel.carry_out(book)
    book.want([])
    assert book.changes()[-1].value.preference == END


def test_a_rule_that_is_there_already_is_not_written():
    book, kernel = written((A, 1), (B, 2))
    assert book.changes() == []
    other = Rulebook(4)
    other.read(kernel.rules)
    other.want(lookups((A, 1), (B, 2)))
    assert other.changes() == []


def test_what_is_missing_goes_back_to_its_place():
    book, kernel = written((A, 1), (B, 2))
    gone = [rule for rule in kernel.rules if rule.match.source == A]
    assert [change.value for change in book.deleted(gone)] == gone
    rest = [rule for rule in kernel.rules if rule not in gone]
    book.read(rest)
    assert [change.value for change in book.changes()] == gone


def test_rules_of_others_are_not_counted_and_not_touched():
    other = routing.Rule(4, FIRST_HALVES[0], routing.ANYTHING, routing.LOOKUP, 77, None, 3)
    book = Rulebook(4)
    book.read([other])
    book.want(lookups((A, 1)))
    assert all(change.value != other for change in book.changes())
    book.want([])
    assert all(change.value != other for change in book.changes())


def test_a_deletion_of_a_rule_that_nothing_wants_is_let_be():
    book, kernel = written((A, 1))
    stray = routing.Rule(4, 300, routing.match(source=C), routing.LOOKUP, 9, None, routing.PROTOCOL)
    assert book.deleted([stray]) == []


PORTS = [(port, port) for port in range(1001, 1006)]
SPLIT = Selector((Client("prefix", A), Client("prefix", B)), (routing.TCP,), tuple(PORTS[:4]))
LESS = Selector((Client("prefix", A), Client("prefix", B)), (routing.TCP,), tuple(PORTS[1:]))


def sources(client, family):
    return [("source", client.value)]


def test_many_clients_and_ports_meet_the_old_decision_or_the_new_one_after_each_change():
    packets = [(client, port) for client in (A, B, C) for port in PORTS]
    rest = (EVERYTHING, 3, [])
    orders = [[(SPLIT, 1, []), rest], [rest, (SPLIT, 1, [])], [(LESS, 2, []), (SPLIT, 1, []), rest], [rest], []]
    uplinks = Uplinks(routing.View([], [], [], [], [], []))
    book, kernel = Rulebook(4), Kernel()
    book.read([])
    for i in range(3 * len(orders)):
        before = [kernel.decide(*packet) for packet in packets]
        book.want(steps(orders[i * i % len(orders)], uplinks, 4, sources))
        decisions = []
        for change in book.changes():
            kernel.take(change)
            book.changed(change, None)
            decisions.append([kernel.decide(*packet) for packet in packets])
        after = [kernel.decide(*packet) for packet in packets]
        for each in decisions:
            for j in range(len(packets)):
                assert each[j] in (before[j], after[j]), (packets[j], i)
    assert kernel.decide(A, PORTS[0]) in (1, 3)


def test_steps_that_do_the_same_share_a_preference_but_for_one_that_a_goto_leads_to():
    book, kernel = written((A, 1), (B, 1), (C, 2))
    assert [rule.preference - FIRST_HALVES[0] for rule in kernel.rules] == [0, 0, 1, END - FIRST_HALVES[0]]
    book.want([Step(routing.match(source=A), routing.GOTO, 2, None)] + lookups((B, 1), (C, 1)))
    kernel.carry_out(book)
    assert len(set([rule.preference for rule in kernel.rules])) == 4


def test_only_addresses_of_an_uplink_that_other_networks_know_are_told_by_their_source():
    links = [routing.Link(1, "wan", True, False), routing.Link(2, "lan", True, False)]
    named = [(4, 1, "203.0.113.20", True), (4, 1, "169.254.1.1", False), (6, 1, "2001:db8::2", True)]
    addresses = [routing.Address(*each) for each in named + [(4, 2, "192.168.1.1", True)]]
    main = [routing.MainRoute(4, ip.key("0.0.0.0/0"), 1, "203.0.113.1", 0)]
    uplinks = Uplinks(routing.View(links, addresses, [], [], main, []))
    assert uplinks.matches(4) == [routing.match(oif="wan"), routing.match(source="203.0.113.20", iif="lo")]
    assert uplinks.matches(6) == [routing.match(source="2001:db8::2", iif="lo")]


def test_rules_of_before_in_the_half_that_is_written_go_first_and_it_is_the_half_with_fewer():
    def left(at):
        return routing.Rule(4, at, routing.match(source=C), routing.LOOKUP, 9, None, routing.PROTOCOL)

    fuller, freer = FIRST_HALVES
    book = Rulebook(4)
    book.read([left(fuller), left(fuller + 1), left(freer + 1)])
    book.want(lookups((A, 1)))
    changes = book.changes()
    assert changes[0] == routing.Change(routing.DELETE, left(freer + 1))
    added = [each.value.preference for each in changes if each.verb == routing.ADD]
    assert sorted(added) == [freer, END]
    assert changes[3:] == [routing.Change(routing.DELETE, left(fuller + i)) for i in (1, 0)]


def test_what_is_jumped_to_is_written_before_and_deleted_after_what_jumps():
    """A step's argument is the number of another step; behind the last one it is the end of all of ours."""
    some = [
        Step(routing.match(source=A), routing.GOTO, 2, None),
        Step(routing.match(source=B), routing.LOOKUP, 7, 0),
        Step(routing.ANYTHING, routing.NOP, None, None),
        Step(routing.match(source=C), routing.GOTO, 4, None),
    ]
    book, kernel = Rulebook(6), Kernel()
    book.read([])
    book.want(some)
    added = [change.value for change in book.changes()]
    assert [(rule.preference, rule.action, rule.argument, rule.suppress) for rule in added] == [
        (999, routing.NOP, None, None),
        (102, routing.NOP, None, None),
        (100, routing.GOTO, 102, None),
        (101, routing.LOOKUP, 7, 0),
        (103, routing.GOTO, 999, None),
    ]
    assert all(rule.family == 6 and rule.protocol == routing.PROTOCOL for rule in added)
    kernel.carry_out(book)
    book.want([])
    assert [change.value.preference for change in book.changes()] == [103, 101, 100, 102, 999]


def test_steps_that_do_the_same_share_a_preference_unless_something_jumps_there():
    to = routing.LOOKUP
    some = [Step(routing.match(source=source), to, 7, None) for source in (A, B, C)]
    assert places(some) == [0, 0, 0] and places([]) == []
    jumps = [Step(routing.match(source=A), routing.GOTO, 2, None)]
    assert places(jumps + some) == [0, 1, 2, 2]
    assert places([some[0], Step(some[1].match, to, 8, None)]) == [0, 1]


def test_what_the_kernel_refuses_is_known_until_the_next_reading():
    book = Rulebook(4)
    book.read([])
    book.want(lookups((A, 1)))
    change = book.changes()[1]
    book.changed(change, "no such device")
    assert book.refused == {change.value: "no such device"}
    book.read([])
    assert book.refused == {} and change in book.changes()


def test_before_the_kernel_was_read_nothing_is_written():
    book = Rulebook(4)
    book.want(lookups((A, 1)))
    rule = routing.Rule(4, 100, routing.ANYTHING, routing.LOOKUP, 1, None, routing.PROTOCOL)
    book.changed(routing.Change(routing.ADD, rule), "no")
    assert book.changes() == book.deleted([rule]) == [] and book.refused == {}


def test_rules_that_others_delete_twice_are_put_back_twice_if_they_were_back():
    book, kernel = written((A, 1), (B, 2))
    gone = [rule for rule in kernel.rules if rule.match.source == A]
    assert [change.value for change in book.deleted(gone)] == gone and book.deleted(gone) == []
    book.changed(routing.Change(routing.ADD, gone[0]), None)
    assert [change.value for change in book.deleted(gone)] == gone
