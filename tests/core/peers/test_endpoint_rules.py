"""endpoint.py: the rule table, a line a case, and what holds for every case there is."""

import pytest

from nametrack.core.peers.endpoint_rules import KEEP, LAST_GOOD, RETRY, SET, decide
from nametrack.core.peers.tunnel import ALIVE, IDLE, NEVER, STALE, STALLED

A, B, C = ("198.51.100.1", 1), ("198.51.100.2", 1), ("198.51.100.3", 1)
LIVES = (ALIVE, IDLE, NEVER, STALE, STALLED)

# installed, candidates, withdrawn, life, follow, pool, fresh -> rule, verb
TABLE = [
    # 1: no candidates yet
    (None, [], [], NEVER, "auto", False, False, 1, LAST_GOOD),
    (A, [], [], ALIVE, "auto", False, False, 1, KEEP),
    (A, [], [A], STALLED, "dns", False, True, 1, KEEP),
    # 2: the kernel has none
    (None, [A, B], [], NEVER, "auto", True, True, 2, SET),
    (None, [A], [], STALLED, "traffic", False, False, 2, SET),
    # 3: named, and nothing speaks against it
    (A, [A], [], ALIVE, "auto", False, False, 3, KEEP),
    (B, [A, B], [], IDLE, "dns", True, True, 3, KEEP),
    (A, [A], [], NEVER, "auto", False, False, 3, KEEP),
    # 4: named, and dead
    (A, [A], [], STALLED, "auto", False, False, 4, RETRY),
    (A, [A, B], [], STALE, "traffic", True, True, 4, RETRY),
    # 5: the host moved, just now
    (A, [B], [A], ALIVE, "auto", False, True, 5, SET),
    (A, [B], [A], STALLED, "auto", False, True, 5, SET),
    (A, [B, C], [A], ALIVE, "dns", True, True, 5, SET),
    # 6: a member of a pool that still works
    (A, [B, C], [A], ALIVE, "auto", True, True, 6, KEEP),
    (A, [B], [A], ALIVE, "traffic", False, True, 6, KEEP),
    # 7: it came from the peer itself
    (C, [A], [], ALIVE, "auto", False, True, 7, KEEP),
    (C, [A], [B], ALIVE, "dns", False, True, 7, KEEP),
    (A, [B], [A], ALIVE, "auto", False, False, 7, KEEP),  # after rule 5 the kernel went back: the peer spoke from there
    (A, [B], [A], ALIVE, "dns", False, False, 7, KEEP),
    # 8: anything else
    (C, [A, B], [], IDLE, "auto", True, False, 8, SET),
    (C, [A], [], NEVER, "traffic", False, False, 8, SET),
    (A, [B], [A], IDLE, "auto", False, False, 8, SET),
    (A, [B, C], [A], STALLED, "auto", True, True, 8, SET),
    (A, [B], [A], IDLE, "traffic", False, True, 8, SET),
    # an address is not an endpoint: the port counts
    (("198.51.100.1", 2), [A], [], IDLE, "auto", False, False, 8, SET),
]


@pytest.mark.parametrize("installed,candidates,withdrawn,life,follow,pool,fresh,rule,verb", TABLE)
def test_the_rule_table(installed, candidates, withdrawn, life, follow, pool, fresh, rule, verb):
    assert decide(installed, candidates, withdrawn, life, follow, pool, fresh, False) == (rule, verb)


# The same where every candidate was left because nothing came from there.
DESERTED = [
    (A, [B], [A], ALIVE, "auto", False, True, 6, KEEP),  # on the word of a cache no living tunnel is sent back
    (A, [B], [A], ALIVE, "dns", False, True, 6, KEEP),
    (A, [B], [A], IDLE, "auto", False, True, 6, KEEP),
    (A, [B], [A], IDLE, "auto", False, False, 6, KEEP),
    (C, [B], [A], IDLE, "auto", False, False, 7, KEEP),
    (A, [B], [A], STALLED, "auto", False, True, 5, SET),
    (A, [B], [A], NEVER, "auto", False, True, 5, SET),
    (A, [B], [A], STALE, "traffic", False, True, 8, SET),
    (A, [A, B], [], STALLED, "auto", True, True, 4, RETRY),
    (None, [B], [], NEVER, "auto", False, True, 2, SET),
]


@pytest.mark.parametrize("installed,candidates,withdrawn,life,follow,pool,fresh,rule,verb", DESERTED)
def test_what_did_not_answer_tempts_no_living_tunnel(
    installed, candidates, withdrawn, life, follow, pool, fresh, rule, verb
):
    assert decide(installed, candidates, withdrawn, life, follow, pool, fresh, True) == (rule, verb)


def every_case():
    for installed in (None, A, B, C):
        for candidates in ([], [A], [A, B]):
            for withdrawn in ([], [C], [B, C]):
                for life in LIVES:
                    for follow in ("auto", "dns", "traffic"):
                        for pool in (False, True):
                            for fresh in (False, True):
                                for deserted in (False, True):
                                    yield installed, candidates, withdrawn, life, follow, pool, fresh, deserted


def test_every_rule_is_met_and_no_other():
    assert sorted(set([decide(*case)[0] for case in every_case()])) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_living_tunnel_is_moved_by_a_fresh_answer_only():
    for case in every_case():
        installed, candidates, _, life, _, _, fresh, _ = case
        if installed is not None and life == ALIVE and not fresh:
            assert decide(*case)[1] == KEEP, case


def test_without_candidates_nothing_is_set_over_what_is_there():
    for case in every_case():
        if not case[1]:
            assert decide(*case) == (1, LAST_GOOD if case[0] is None else KEEP)


def test_what_is_set_is_never_what_is_there_already():
    for case in every_case():
        if decide(*case)[1] == SET:
            assert case[0] not in case[1], case


def test_follow_traffic_never_leaves_a_living_tunnel():
    for case in every_case():
        if case[4] == "traffic" and case[3] == ALIVE and case[0] is not None:
            assert decide(*case)[1] == KEEP, case
