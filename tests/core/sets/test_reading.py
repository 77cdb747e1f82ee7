"""reading.py: when a set is listed again."""

import pytest

from nametrack.core.sets import reading as module
from nametrack.core.sets.reading import CHECK, GLANCE, PAUSE, RETRY_FIRST, RETRY_MAX, SETTLE
from nametrack.core.timers import Timers

NAME = "set"


def fresh():
    timers = Timers()
    return module.Reading(NAME, timers), timers


def listed(reading, now, sure=True):
    assert reading.begin()
    reading.ended(sure, now)


def test_one_listing_is_under_way_at_a_time():
    reading, timers = fresh()
    assert reading.never
    assert reading.begin() and not reading.begin()
    reading.ended(True, 1)
    assert not reading.never and reading.begin()
    reading.failed()
    assert reading.begin()


def test_what_is_due_sooner_stays():
    reading, timers = fresh()
    reading.by("list", 10)
    reading.by("list", 20)
    assert timers.next() == 10
    reading.by("list", 5)
    assert timers.next() == 5
    list(timers.each_due(5))
    reading.due("list")
    reading.by("list", 30)
    assert timers.next() == 30
    reading.forget()
    assert timers.next() is None


def test_a_listing_shows_what_another_one_was_due_for():
    reading, timers = fresh()
    reading.by("list", 10)
    listed(reading, 1)
    assert timers.next() is None
    reading.by("list", 20)
    assert timers.next() == 20


def test_what_others_change_while_a_set_is_listed_has_it_listed_again():
    for disturb in (lambda reading: reading.touched(4, 100), lambda reading: reading.disturbed()):
        reading, timers = fresh()
        reading.begin()
        disturb(reading)
        reading.ended(True, 100)
        assert timers.next() == 100 + SETTLE
    reading, timers = fresh()
    reading.disturbed()  # it is not listed now
    listed(reading, 100)
    assert timers.next() is None
    listed(reading, 200, sure=False)
    assert timers.next() == 200 + SETTLE
    listed(reading, 200.1, sure=False)
    assert timers.next() == 200.1 + PAUSE
    reading, timers = fresh()
    reading.begin()
    reading.disturbed()
    reading.failed()
    listed(reading, 1)
    assert timers.next() is None


def test_while_others_change_it_all_the_time_it_is_listed_seldomer_up_to_a_bound():
    reading, timers, now, times = fresh()[0], None, 0, []
    reading, timers = fresh()
    for _ in range(7):
        reading.touched(4, now)
        assert reading.stale
        now = timers.next()
        times.append(now)
        list(timers.each_due(now))
        reading.due("list")
        listed(reading, now)
        assert not reading.stale
    gaps = [round(b - a, 3) for a, b in zip(times, times[1:])]
    assert gaps == [0.5, 1, 2, 4, 4, 4]
    reading.wrote()
    reading.touched(4, now)
    assert round(timers.next() - now, 3) == PAUSE / 2


def test_what_is_refused_is_tried_after_5_seconds_and_then_after_twice_as_long_up_to_5_minutes():
    reading, timers = fresh()
    now, gaps = 0, []
    for _ in range(9):
        assert reading.may_retry(now)
        reading.retry(now)
        reading.retry(now + 1)  # that is to come anyway
        assert not reading.may_retry(now + 1)
        at = timers.next()
        gaps.append(at - now)
        list(timers.each_due(at))
        reading.due("list")
        now = at
    assert gaps == [5, 10, 20, 40, 80, 160, 300, 300, 300] and (RETRY_FIRST, RETRY_MAX) == (5, 300)
    reading.retry(now)
    reading.by("list", now + 1000)
    reading.wait_for_retry()
    assert timers.next() == now + 300
    reading.recovered()
    assert reading.may_retry(now)
    list(timers.each_due(now + 300))
    reading.due("list")
    reading.retry(now + 300)
    assert timers.next() == now + 300 + RETRY_FIRST


def test_an_ipset_is_counted_often_and_listed_once_in_a_while():
    reading, timers = fresh()
    reading.schedule_silent(100)
    assert timers.next() == 100 + GLANCE and list(timers.each_due(100 + GLANCE)) == [("glance", NAME)]
    assert timers.next() == 100 + CHECK and list(timers.each_due(100 + CHECK)) == [("list", NAME)]
    reading.glance(200, 7)
    assert timers.next() == 207


@pytest.mark.parametrize(
    "size, look_at, shared, at",
    [
        (10, None, False, 60),
        (10, None, True, 5),
        (10000, None, False, 100),
        (10, 30, False, 30),
        (10, 1, False, 5),
        (10, 500, False, 60),
    ],
)
def test_a_set_with_timeouts_is_listed_in_time(size, look_at, shared, at):
    reading, timers = fresh()
    reading.schedule_timed(size, None if look_at is None else 1000 + look_at, shared, 1000)
    assert timers.next() == 1000 + at


def test_each_number_of_elements_is_explained_by_one_listing():
    reading, _ = fresh()
    assert [reading.explains(size) for size in (5, 5, 6, 5)] == [False, True, False, False]
    for forget in (reading.counted, reading.wrote):
        assert not reading.explains(7) and reading.explains(7)
        forget()
        assert not reading.explains(7)
        forget()


def test_a_set_that_others_change_before_it_was_listed_is_listed_when_that_has_settled():
    reading, timers = fresh()
    reading.touched(4, 100)
    assert timers.next() == 100.1
