"""trial.py: what was set has to answer, and a dead tunnel's candidates are tried one after the other."""

from nametrack.core.peers.endpoint_trial import ASK_FIRST, ROUND_FIRST, ROUND_MAX, Trial

A, B, C = ("198.51.100.1", 1), ("198.51.100.2", 1), ("198.51.100.3", 1)
TIMEOUT = 10


def test_what_was_set_fails_when_it_was_asked_for_long_enough_and_did_not_answer():
    trial = Trial()
    assert not trial.failed(100, 0, TIMEOUT, 0)  # nothing was set
    trial.start(100)
    assert not trial.failed(200, None, TIMEOUT, 0)  # nobody asked it anything
    assert not trial.failed(109, 100, TIMEOUT, 0)
    assert trial.failed(110, 100, TIMEOUT, 0)
    trial.answered()
    assert not trial.failed(110, 100, TIMEOUT, 0)


def test_a_persistent_keepalive_asks_even_where_the_counters_show_nothing():
    """What the kernel could not send at all is in no counter."""
    trial = Trial()
    trial.start(100)
    assert not trial.failed(134, None, TIMEOUT, 25)
    assert trial.failed(135, None, TIMEOUT, 25)


def rounds(trial, candidates, installed, count):
    """What is tried, and how long is waited after it."""
    told, now = [], 0
    for _ in range(count):
        target = trial.next(candidates, installed, now, TIMEOUT)
        installed = target or installed
        told.append((target, trial.next_at - now))
        now = trial.next_at
    return told


def test_a_round_begins_after_the_one_that_died_and_the_next_ones_with_the_first():
    trial = Trial()
    assert trial.begin(0, False) and trial.next_at == ASK_FIRST
    assert rounds(trial, [A, B, C], B, 9) == [
        (C, TIMEOUT), (A, TIMEOUT), (B, TIMEOUT), (None, ROUND_FIRST),
        (A, TIMEOUT), (B, TIMEOUT), (C, TIMEOUT), (None, 2 * ROUND_FIRST), (A, TIMEOUT),
    ]  # fmt: skip


def test_a_single_one_is_set_again():
    trial = Trial()
    trial.begin(0, False)
    assert rounds(trial, [A], A, 3) == [(A, TIMEOUT), (None, ROUND_FIRST), (A, TIMEOUT)]


def test_the_waits_end_at_two_minutes():
    trial = Trial()
    trial.begin(0, False)
    assert [wait for target, wait in rounds(trial, [A], A, 40) if target is None][-1] == ROUND_MAX


def test_where_dns_was_asked_a_moment_ago_the_next_one_is_tried_at_once():
    trial = Trial()
    assert trial.begin(7, True) and trial.next_at == 7
    assert not trial.begin(8, True)  # it is under way


def test_an_answer_ends_the_rounds_and_their_waits():
    trial = Trial()
    trial.begin(0, False)
    rounds(trial, [A, B], A, 6)
    trial.answered()
    assert trial.next_at is None and trial.rounds == 0
    trial.begin(1000, False)
    assert rounds(trial, [A, B], A, 3) == [(B, TIMEOUT), (A, TIMEOUT), (None, ROUND_FIRST)]


def test_a_candidate_that_is_none_any_more_is_not_tried():
    trial = Trial()
    trial.begin(0, False)
    assert trial.next([A, B, C], A, 0, TIMEOUT) == B
    assert trial.next([A], B, 10, TIMEOUT) == A
    assert trial.next([A], A, 20, TIMEOUT) is None
