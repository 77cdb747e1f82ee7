"""flush.py: what is deleted so that nothing of ours is left, and in which order."""

from nametrack import ip, routing
from nametrack.core.routes.flush import deletions
from nametrack.key_table import KeyTable

OURS, OTHERS = routing.PROTOCOL, 3


def rule(preference, protocol=OURS, action=routing.LOOKUP, argument=900):
    return routing.Rule(4, preference, routing.ANYTHING, action, argument, None, protocol)


def table(*routes):
    made = KeyTable()
    for text, via in routes:
        made[ip.key(text)] = via
    return made


def test_all_of_ours_goes_rules_first_nexthops_last_and_nothing_of_others():
    end = rule(999, action=routing.NOP, argument=None)
    rules = [rule(501), rule(32766, OTHERS, argument=254), rule(500, action=routing.GOTO, argument=999), end]
    nexthops = [routing.Nexthop(4, 902, 7, None, OURS), routing.Nexthop(4, 7, 7, None, OTHERS)]
    tables = {
        (4, 900, 0): table(("192.0.2.1", 902), ("192.0.2.2", 902), ("192.0.2.3", routing.UNREACHABLE)),
        (6, 254, 9999): table(("2001:db8::1", 901)),
    }
    view = routing.View([], [], rules, nexthops, [], [])
    changes = deletions(view, tables)
    assert {change.verb for change in changes} == {routing.DELETE}
    values = [change.value for change in changes]
    assert values[:3] == [rule(501), rules[2], end]
    assert values[3:] == [
        routing.Routes(4, 900, routing.UNREACHABLE, 0, [ip.key("192.0.2.3")]),
        routing.Routes(4, 900, 902, 0, [ip.key("192.0.2.1"), ip.key("192.0.2.2")]),
        routing.Routes(6, 254, 901, 9999, [ip.key("2001:db8::1")]),
        nexthops[0],
    ]
