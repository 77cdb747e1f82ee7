"""suspicion.py: questions and looks that a doubt costs are bounded."""

from nametrack.core.peers.suspicion import LOOKS, WAIT_FIRST, WAIT_MAX, Check, Suspicion


def asked(suspicion, seconds, every):
    return [now for now in range(0, seconds, every) if suspicion.ask(now)]


def test_while_suspicion_follows_suspicion_the_questions_grow_rare():
    times = asked(Suspicion(), 86400, 10)
    assert times[:5] == [0, 10, 30, 70, 150]
    assert len([at for at in times if at < 3600]) <= 10
    assert times[-1] - times[-2] == WAIT_MAX


def test_after_a_quiet_time_they_are_quick_again():
    suspicion = Suspicion()
    asked(suspicion, 1000, 10)
    later = 100000
    assert suspicion.ask(later)
    for _ in range(12):
        later = suspicion.next_at * 3
        assert suspicion.ask(later)
    assert suspicion.next_at - later == WAIT_FIRST


def test_twice_the_wait_is_quiet_enough_for_quicker_questions():
    for late, wait in ((19, 2 * WAIT_FIRST), (20, WAIT_FIRST)):
        suspicion = Suspicion()
        assert suspicion.ask(0) and suspicion.ask(late)
        assert suspicion.next_at - late == wait


def test_when_there_was_reason_the_next_one_asks_at_once():
    suspicion = Suspicion()
    assert suspicion.ask(0) and not suspicion.ask(5)
    suspicion.confirmed()
    assert suspicion.ask(6)


def test_when_there_was_reason_the_questions_are_as_quick_as_at_first():
    suspicion = Suspicion()
    asked(suspicion, 1000, 10)
    suspicion.confirmed()
    assert suspicion.ask(1000) and suspicion.next_at == 1000 + WAIT_FIRST


def test_a_check_looks_at_once_and_after_one_and_three_seconds():
    check = Check()
    assert check.next_at() is None
    check.begin(100)
    for look, last in zip(LOOKS, (False, False, True)):
        assert check.next_at() == 100 + look
        assert check.looked(100 + look) == last
    assert check.next_at() is None
    check.end()
    assert check.since is None
