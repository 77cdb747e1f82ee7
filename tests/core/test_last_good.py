"""lastgood.py: when the file is written. And words.py: durations for people."""

import pytest

from nametrack.core.last_good import (
    SAVE_DELAY,
    SAVE_INTERVAL,
    SHARE_DELAY,
    SHARE_PACE,
    Entries,
    Entry,
    LastGood,
    Remembered,
)
from nametrack.core.timers import Timers
from nametrack.core.wording import count, duration, seconds_ago

ONE = [Entry("h.test", "192.0.2.1", True, 0, None, [])]
TWO = [Entry("h.test", "192.0.2.1", False, 30, None, []), Entry("h.test", "192.0.2.2", True, 0, None, [])]


def test_what_changes_together_is_written_together():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(5)
    last_good.changed(50)
    timers.cancel(("share",))
    assert timers.next() == 5 + SAVE_DELAY
    assert last_good.save(ONE, 65)[0].entries == ONE


def test_between_two_writes_there_is_the_interval():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(0)
    timers.due(60)
    last_good.save(ONE, 60)
    last_good.changed(61)
    timers.cancel(("share",))
    assert timers.next() == 60 + SAVE_INTERVAL


def test_what_the_file_holds_is_not_written_again():
    last_good = LastGood(Timers())
    last_good.loaded(TWO)
    # neither another order nor the seconds that go by are a change
    assert last_good.save([TWO[1], Entry("h.test", "192.0.2.1", False, 7, None, [])], 5) == []
    assert len(last_good.save(ONE, 6)) == 1


def test_a_file_without_entries_is_not_written_to_say_so():
    assert LastGood(Timers()).save([], 5) == []


def test_a_write_that_failed_is_tried_again_later():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.save(ONE, 5)
    last_good.failed(6)
    last_good.changed(7)
    timers.cancel(("share",))
    assert timers.next() == 6 + SAVE_INTERVAL
    assert len(last_good.save(ONE, 606)) == 1
    assert last_good.save(ONE, 607) == []


OTHERS = [
    [],
    ONE + ONE,
    [Entry("g.test", "192.0.2.1", True, 0, None, [])],
    [Entry("h.test", "192.0.2.2", True, 0, None, [])],
    [Entry("h.test", "192.0.2.0/24", True, 0, None, [])],
    [Entry("h.test", "192.0.2.1", False, 0, None, [])],
    [Entry("h.test", "192.0.2.1", True, 0, 51820, [])],
    [Entry("h.test", "192.0.2.1", True, 0, None, ["ipset a"])],
]


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_else_differs_is_written(other):
    last_good = LastGood(Timers())
    last_good.loaded(ONE)
    assert len(last_good.save(other, 5)) == 1


def test_a_new_prefix_of_ipv6_with_the_same_hosts_in_it_is_a_change():
    last_good = LastGood(Timers())
    last_good.loaded([Entry("h.test", "2001:db8:%x::7" % i, True, 0, None, ()) for i in range(9)])
    assert len(last_good.save([Entry("h.test", "2001:db8:1%x::7" % i, True, 0, None, ()) for i in range(9)], 5)) == 1


def test_the_copy_follows_at_once_and_a_large_one_less_often():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(5)
    last_good.changed(5.2)
    assert timers.next() == 5 + SHARE_DELAY
    many = Entries(lambda: iter(ONE * (10 * SHARE_PACE)))
    assert len(last_good.share(many, 6)[0].entries) == 10 * SHARE_PACE
    last_good.changed(7)
    assert timers.next() == 6 + 10
    assert last_good.share(ONE, 16)[0].entries == ONE


def test_a_copy_is_made_where_something_changed():
    last_good = LastGood(Timers())
    assert last_good.share(ONE, 5) == []
    last_good.changed(6)
    assert len(last_good.share(ONE, 7)) == 1
    assert last_good.share(ONE, 8) == []


DURATIONS = [
    (0, "0s"), (0.9, "0s"), (59, "59s"), (60, "1m"), (61, "1m 1s"), (3600, "1h"), (3661, "1h 1m"), (3605, "1h"),
    (86399, "23h 59m"), (86400, "1d"), (90061, "1d 1h"), (31536000, "365d"),
]  # fmt: skip


@pytest.mark.parametrize("seconds,words", DURATIONS)
def test_a_duration_has_two_units_at_most(seconds, words):
    assert duration(seconds) == words


def test_a_clock_that_went_back_is_no_negative_age():
    assert (seconds_ago(-5), seconds_ago(70)) == ("0s ago", "1m 10s ago")


def test_one_is_not_many():
    assert [count(n, "failure") for n in (0, 1, 2)] == ["0 failures", "1 failure", "2 failures"]


def test_what_is_remembered_is_by_host_in_its_order_and_each_address_once():
    one = Entry("a.test", "192.0.2.1", True, 0, None, ("ipset b4",))
    entries = [one, Entry("a.test", "192.0.2.0/24", True, 0, None, ("ipset b4",))]
    entries += [Entry("b.test", "192.0.2.1", False, 9, None, None), Entry("a.test", "2001:db8::1", True, 0, 51820, ())]
    known = Remembered(entries + [one, Entry("a.test", "192.0.2.1", False, 5, None, None)])
    assert (len(known), list(known)) == (4, entries)
    assert list(known.of("a.test")) == [entries[0], entries[1], entries[3]]
    assert (list(known.of("b.test")), list(known.of("c.test"))) == ([entries[2]], [])
    assert (known.knows("a.test"), known.knows("c.test"), bool(Remembered())) == (True, False, False)
