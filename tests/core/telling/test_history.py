"""history.py: the ring of what people were told."""

from nametrack.core import actions as do
from nametrack.core.telling.history import LIMIT, History


def told(count, at=0):
    history = History()
    for i in range(count):
        history.add(do.trouble("no_reply", "subject %d" % i, "reason"), at + i)
    return history


def test_events_have_an_id_a_kind_a_code_a_subject_and_a_text():
    event = {"id": 1, "time": 1000, "kind": "trouble", "code": "no_reply", "parameters": []}
    event.update({"subject": "subject 0", "text": "reason"})
    assert told(1).since(0, 0, 1000) == [event]


def test_what_an_event_is_about_is_told_as_texts():
    history = History()
    history.add(do.recovered("answered", "a.test", "answered again after 3 failures", 3), 0)
    assert history.since(0, 0, 1000)[0]["parameters"] == ["3"]


def test_only_what_is_newer_than_the_id_given():
    assert [e["id"] for e in told(5).since(3, 9, 1000)] == [4, 5]
    assert told(5).since(5, 9, 1000) == []


def test_a_run_that_told_more_than_the_one_before_it_tells_all_of_it():
    """`events --follow` comes back seconds after a restart: what the new agent did first must not be passed over."""
    history = History(4000)
    for _ in range(3):
        history.add(do.trouble("no_reply", "subject", "reason"), 0)
    assert [e["id"] for e in history.since(2, 0, 1000)] == [4001, 4002, 4003]
    assert [e["id"] for e in history.since(4001, 0, 1000)] == [4002, 4003]


def test_the_last_are_kept():
    kept = told(3 * LIMIT).since(0, 0, 1000)
    assert [e["id"] for e in kept] == list(range(2 * LIMIT + 1, 3 * LIMIT + 1))


def test_an_id_of_an_earlier_run_means_that_all_is_new():
    assert [e["id"] for e in told(2).since(150, 9, 1000)] == [1, 2]


def test_a_clock_that_was_set_meanwhile_dates_them_right():
    """At the start the clock of a router without a battery stands anywhere."""
    history = told(1, at=10)
    assert history.since(0, 10, 7)[0]["time"] == 7
    assert history.since(0, 70, 1795406760)[0]["time"] == 1795406700
