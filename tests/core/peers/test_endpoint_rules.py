"""endpoint_rules.py: every row of the table, and that no case is without one."""

import pytest

from nametrack.core.peers import endpoint_rules as rules
from nametrack.core.peers.tunnel import ANSWERING, DEAD, IDLE, NEVER, SUSPECT

HOME = ("198.51.100.10", 51820)
# installed, life, news, follow -> rule, verb
CASES = [
    (None, NEVER, False, "auto", "unset", rules.SET),
    (None, DEAD, True, "traffic", "unset", rules.SET),
    (HOME, ANSWERING, False, "auto", "answers", rules.KEEP),
    (HOME, ANSWERING, True, "auto", "answers", rules.CHECK),
    (HOME, ANSWERING, True, "dns", "answers", rules.FOLLOW),
    (HOME, ANSWERING, True, "traffic", "answers", rules.KEEP),
    (HOME, IDLE, True, "auto", "news", rules.FOLLOW),
    (HOME, NEVER, True, "dns", "news", rules.FOLLOW),
    (HOME, IDLE, True, "traffic", "quiet", rules.KEEP),
    (HOME, IDLE, False, "auto", "quiet", rules.KEEP),
    (HOME, NEVER, False, "dns", "quiet", rules.KEEP),
    (HOME, SUSPECT, True, "auto", "suspect", rules.FOLLOW),
    (HOME, SUSPECT, True, "traffic", "suspect", rules.FOLLOW),
    (HOME, SUSPECT, False, "auto", "suspect", rules.ASK),
    (HOME, DEAD, False, "auto", "dead", rules.TRY),
    (HOME, DEAD, True, "dns", "dead", rules.TRY),
]


@pytest.mark.parametrize("installed,life,news,follow,rule,verb", CASES)
def test_the_first_row_that_matches_decides(installed, life, news, follow, rule, verb):
    row = rules.decide(installed, life, news, follow)
    assert (row.rule, row.verb) == (rule, verb)


def test_every_case_has_a_row_of_the_table():
    for life in rules.ANY:
        for news in (True, False):
            for follow in ("auto", "dns", "traffic"):
                assert rules.decide(HOME, life, news, follow) in rules.TABLE


def test_a_tunnel_that_answers_is_never_moved_by_follow_auto():
    moves = (rules.SET, rules.FOLLOW, rules.TRY)
    assert not [news for news in (True, False) if rules.decide(HOME, ANSWERING, news, "auto").verb in moves]
