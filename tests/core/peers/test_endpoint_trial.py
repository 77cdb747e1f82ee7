"""endpoint_trial.py: the proposals of a dead tunnel, one after the other, in rounds that grow rare."""

from nametrack.core.peers.endpoint_trial import (
    ASK,
    ASK_FIRST,
    LONG_DEAD,
    MAX_TRIED,
    REST,
    ROUND_FIRST,
    ROUND_LONG,
    ROUND_MAX,
    SET,
    Trial,
)

A, B, C = ("198.51.100.1", 1), ("198.51.100.2", 1), ("198.51.100.3", 1)
TIMEOUT = 10


def steps(trial, order, count, until=None):
    """What is done, and how long is waited after it."""
    told = []
    while len(told) < count and (until is None or trial.next_at < until):
        now = trial.next_at
        verb, target = trial.step(order, now, TIMEOUT)
        told.append((verb, target, trial.next_at - now))
    return told


def test_what_was_never_set_is_not_passed_over():
    trial = Trial()
    trial.skip(1)
    assert trial.next_at is None
    trial.begin(2, False)
    trial.skip(2.1)
    assert trial.next_at == 2 + ASK_FIRST


def test_a_round_tries_every_proposal_rests_and_asks_again():
    trial = Trial()
    trial.begin(0, False)
    assert trial.next_at == ASK_FIRST
    assert steps(trial, [A, B], 6) == [
        (SET, A, TIMEOUT), (SET, B, TIMEOUT), (REST, None, ROUND_FIRST),
        (ASK, None, ASK_FIRST), (SET, A, TIMEOUT), (SET, B, TIMEOUT),
    ]  # fmt: skip


def test_a_round_tries_a_bounded_number():
    trial = Trial()
    trial.begin(0, False)
    many = [("198.51.100.%d" % i, 1) for i in range(20)]
    assert [verb for verb, _, _ in steps(trial, many, MAX_TRIED + 1)] == [SET] * MAX_TRIED + [REST]


def test_the_waits_end_at_two_minutes_and_after_an_hour_at_a_quarter_of_one():
    trial = Trial()
    trial.begin(7000, False)
    waits = [wait for verb, _, wait in steps(trial, [A], 500, 7000 + LONG_DEAD) if verb == REST]
    assert waits[:6] == [5, 10, 20, 40, 80, 120] and max(waits) == ROUND_MAX
    waits = [wait for verb, _, wait in steps(trial, [A], 20) if verb == REST]
    assert waits[-1] == ROUND_LONG


def test_when_dns_was_asked_a_moment_ago_the_first_is_tried_at_once():
    trial = Trial()
    trial.begin(100, True)
    assert trial.next_at == 100


def test_news_and_another_network_are_tried_at_once_and_in_short_steps_from_then_on():
    trial = Trial()
    trial.begin(0, False)
    steps(trial, [A], 60)
    rest = trial.next_at
    trial.hurry(9000)
    assert trial.next_at == rest, "it was due before"
    trial.hurry(rest - 1)
    assert trial.next_at == rest - 1
    assert [step for step in steps(trial, [A], 3) if step[0] == REST] == [(REST, None, ROUND_FIRST)]


def test_what_came_up_in_a_round_has_its_turn_in_it():
    trial = Trial()
    trial.begin(0, False)
    steps(trial, [A], 1)
    assert trial.untried([A, C]) == [C]
    assert steps(trial, [C, A], 2) == [(SET, C, TIMEOUT), (REST, None, ROUND_FIRST)]


def test_what_cannot_be_reached_costs_no_time():
    trial = Trial()
    trial.begin(0, False)
    steps(trial, [A, B], 1)
    trial.skip(1.5)
    assert trial.next_at == 1.5


def test_nothing_is_hurried_or_skipped_while_no_trial_is_open():
    trial = Trial()
    trial.hurry(5)
    trial.skip(5)
    assert (trial.since, trial.next_at) == (None, None)
    trial.begin(5, True)
    trial.end()
    assert (trial.since, trial.next_at) == (None, None)


def test_the_rounds_are_counted():
    trial = Trial()
    assert trial.rounds == 0
    trial.begin(0, False)
    assert trial.rounds == 1
    steps(trial, [A], 3)
    assert trial.rounds == 2
    trial.begin(99, False)
    assert trial.rounds == 1


def test_what_is_skipped_after_the_end_has_no_turn():
    trial = Trial()
    trial.begin(0, False)
    steps(trial, [A], 1)
    trial.end()
    trial.skip(5)
    assert trial.next_at is None
