"""selector.py: which table each group of policies has by the rules that an agent before this one left."""

from nametrack import routing
from nametrack.core.routes.selector import Client, Selector, groups_of, tables_of

A, B = "192.168.1.1", "192.168.1.2"
OF_A, OF_B = (Selector((Client("prefix", address),), (), ()) for address in (A, B))


def sources(client, family):
    return [("source", client.value)] if family == 4 else []


def rule(preference, source, table, protocol=routing.PROTOCOL):
    return routing.Rule(4, preference, routing.match(source=source), routing.LOOKUP, table, None, protocol)


def test_policies_for_the_same_clients_with_another_one_between_them_keep_a_table_each():
    groups = groups_of([OF_A, OF_A, OF_B, OF_A])
    assert groups == [(OF_A, 1), (OF_A, 1), (OF_B, 1), (OF_A, 2)]
    rules = [rule(50, B, 77, 3), rule(100, A, 900), rule(101, B, 901), rule(102, A, 902)]
    assert tables_of(groups, rules, sources) == {(OF_A, 1): 900, (OF_B, 1): 901, (OF_A, 2): 902}
    assert tables_of(groups, rules[:3], sources) == {(OF_A, 1): 900, (OF_B, 1): 901}
    assert tables_of(groups, rules[:2] * 2, sources) == {(OF_A, 1): 900}, "who was killed may have left a rule twice"


def test_many_clients_and_ports_are_known_by_the_rule_that_theirs_jump_to():
    many = Selector(
        (Client("prefix", A), Client("prefix", B), Client("prefix", "192.168.1.3")), (6, 17), ((443, 443), (8000, 8010))
    )
    packets = [routing.match(transport=t, dports=ports) for t in (6, 17) for ports in ((443, 443), (8000, 8010))]
    clients = [routing.match(source=text) for text in (A, B, "192.168.1.3")]
    rules = [routing.Rule(4, 100, each, routing.GOTO, 103, None, routing.PROTOCOL) for each in clients]
    rules += [routing.Rule(4, 102, routing.ANYTHING, routing.GOTO, 104, None, routing.PROTOCOL)]
    rules += [routing.Rule(4, 103, each, routing.LOOKUP, 905, None, routing.PROTOCOL) for each in packets]
    assert tables_of([(many, 1)], rules, sources) == {(many, 1): 905}
    rules += [routing.Rule(4, 104, clients[0], routing.LOOKUP, 906, None, routing.PROTOCOL)]
    assert tables_of([(many, 1), (OF_A, 1)], rules, sources) == {(many, 1): 905, (OF_A, 1): 906}
    assert tables_of([(many, 1)], rules[1:], sources) == {}


def test_a_table_that_the_rules_of_another_selector_lead_to_is_nobodys():
    """Two selectors that begin with one client would have one table, and the packets of the one go the other's way."""
    both = Selector((Client("prefix", A), Client("prefix", B)), (), ())
    groups = groups_of([both, OF_A, OF_B])
    assert tables_of(groups, [rule(101, A, 903), rule(102, B, 902)], sources) == {(OF_A, 1): 903, (OF_B, 1): 902}
    assert tables_of(groups, [rule(101, A, 903), rule(101, B, 903)], sources) == {(both, 1): 903}
