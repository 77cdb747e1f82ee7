"""last_good.py: what is remembered, and when it is written. And wording.py: durations for people."""

import pytest

from nametrack import ip
from nametrack.core.last_good import (
    ADDED,
    COPY_MIN,
    DELETED,
    JOINED,
    PRIME,
    SAVE_DELAY,
    SAVE_INTERVAL,
    SHARE_RETRY,
    SLICE,
    Endpoints,
    Known,
    LastGood,
    Owned,
    Remembered,
    Saved,
    essence,
)
from nametrack.core.timers import Timers
from nametrack.core.wording import count, duration, seconds_ago


def known(host="h.test", addresses=("192.0.2.1",), named=True, remaining=0):
    return Known(host, [ip.key(address) for address in addresses], named, remaining)


ONE = [known()]
TWO = [known(named=False, remaining=30), known(addresses=["192.0.2.2"])]


def records(*found):
    """What a LastGood is given: a function that returns an iterator."""
    return lambda: iter(found)


def write(last_good, found, now):
    """The records that are written, None if nothing is."""
    made = last_good.save(records(*found), now)
    return list(made[0].records()) if made else None


def test_what_changes_together_is_written_together():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(5)
    last_good.changed(50)
    assert timers.next() == 5 + SAVE_DELAY
    assert write(last_good, ONE, 65) == ONE


def test_between_two_writes_there_is_the_interval():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(0)
    list(timers.each_due(60))
    write(last_good, ONE, 60)
    last_good.changed(61)
    assert timers.next() == 60 + SAVE_INTERVAL


def test_what_the_file_holds_is_not_written_again():
    last_good = LastGood(Timers())
    last_good.read(TWO + [Saved(sum([essence(record) for record in TWO]))])
    # neither another order nor the seconds that go by are a change
    assert write(last_good, [TWO[1], known(named=False, remaining=7)], 5) is None
    assert write(last_good, ONE, 6) == ONE


def test_what_was_learnt_after_the_last_write_is_written():
    last_good = LastGood(Timers())
    last_good.read(TWO + [Saved(sum([essence(record) for record in TWO])), known("other.test")])
    assert write(last_good, TWO, 5) == TWO


def test_a_file_without_addresses_is_not_written_to_say_so():
    assert write(LastGood(Timers()), [], 5) is None


def test_a_write_that_failed_is_tried_again_later():
    timers = Timers()
    last_good = LastGood(timers)
    write(last_good, ONE, 5)
    last_good.save_failed(6)
    last_good.changed(7)
    assert timers.next() == 6 + SAVE_INTERVAL
    assert write(last_good, ONE, 606) == ONE
    assert write(last_good, ONE, 607) is None


OTHERS = [
    [],
    ONE + ONE,
    [known("g.test")],
    [known("test.h")],
    [known(addresses=["192.0.2.2"])],
    [known(addresses=["192.0.2.0", "192.0.2.1"])],
    [known(named=False)],
    [Endpoints("h.test", [ip.key("192.0.2.1")], [None])],
]


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_else_differs_is_written(other):
    last_good = LastGood(Timers())
    last_good.read(ONE + [Saved(essence(ONE[0]))])
    assert write(last_good, other, 5) == other


def test_addresses_with_the_same_sum_are_others():
    assert essence(known(addresses=["192.0.2.1", "192.0.2.4"])) != essence(known(addresses=["192.0.2.2", "192.0.2.3"]))
    here, there = (known(addresses=["2001:db8:%s::%x" % (net, i) for i in range(9)]) for net in ("1", "2"))
    assert essence(here) % PRIME != essence(there) % PRIME


def test_many_addresses_are_looked_at_in_slices():
    """Nothing else is heard of while a slice is looked at."""
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(0)
    list(timers.each_due(60))
    many = [known("h%d.test" % i, ["192.0.2.%d" % j for j in range(100)]) for i in range(3 * SLICE // 100)]
    looked = []

    def all_of_them():
        for record in many:
            looked.append(record)
            yield record

    made, now = [], 60
    while not made:
        before = len(looked)
        made = last_good.save(all_of_them, now)
        assert len(looked) - before <= SLICE // 100 + 1
        if not made:
            assert now < timers.next()
            now = timers.next()
            list(timers.each_due(now))
    assert now < 61 and made[0].essence == sum([essence(record) for record in many])


def test_what_changes_while_it_is_looked_at_is_written_in_its_turn():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(0)
    list(timers.each_due(60))
    many = [known("h%d.test" % i, ["192.0.2.1"] * SLICE) for i in range(2)]
    assert last_good.save(records(*many), 60) == []
    last_good.changed(60)
    list(timers.each_due(61))
    assert len(last_good.save(records(*many), 61)) == 0 and len(last_good.save(records(*many), 61)) == 1
    assert timers.next() == 61 + SAVE_INTERVAL


def test_what_changes_while_it_is_looked_at_is_looked_at_again_if_the_file_holds_what_was_there_before():
    timers = Timers()
    last_good = LastGood(timers)
    many = [known("h%d.test" % i, ["192.0.2.1"] * SLICE) for i in range(2)]
    last_good.save(records(*many), 0, True)
    last_good.changed(1000)
    list(timers.each_due(1060))
    assert last_good.save(records(*many), 1060) == []
    last_good.changed(1060)  # of what was looked at already
    list(timers.each_due(1061))
    assert last_good.save(records(*many), 1061) == [] and last_good.save(records(*many), 1061) == []
    assert timers.next() == 1061 + SAVE_DELAY


def test_at_the_end_all_is_looked_at_at_once():
    many = [known("h%d.test" % i, ["192.0.2.1"] * SLICE) for i in range(9)]
    assert len(LastGood(Timers()).save(records(*many), 5, True)) == 1


def test_nothing_is_written_until_all_is_read():
    """A part of it would be saved as all."""
    timers = Timers()
    last_good = LastGood(timers)
    last_good.reading = True
    assert last_good.save(records(*ONE), 5, True) == [] and last_good.share(records(*ONE)) == []
    last_good.reading = False
    assert timers.next() == 5 + SAVE_DELAY
    assert write(last_good, ONE, 65) == ONE


def test_what_is_learnt_and_what_becomes_ours_goes_into_the_copy_in_this_order():
    last_good = LastGood(Timers())
    last_good.learn(ONE, 5)
    owned = Owned("ipset b4", ONE[0].keys, ADDED)
    assert [action.records for action in last_good.remember([owned], 5)] == [ONE + [owned]]
    assert last_good.remember([], 5) == []


def test_the_copy_is_made_anew_when_it_has_become_much_longer():
    timers = Timers()
    last_good = LastGood(timers)
    many = known(addresses=["192.0.2.1"] * 1000)
    for _ in range(COPY_MIN // 1000):
        last_good.learn([many], 5)
    last_good.remember([], 5)
    timers.cancel(("save",))
    assert timers.next() is None
    last_good.learn([many], 5)
    assert timers.next() == 5
    list(timers.each_due(5))
    assert list(last_good.share(records(many))[0].records()) == [many]
    for _ in range((COPY_MIN + 2000) // 1000):
        last_good.learn([many], 5)
    assert timers.next() is None
    last_good.learn([many], 6)
    assert timers.next() == 6


def test_what_became_ours_counts_to_when_the_copy_is_made_anew():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.remember([Owned("ipset s", list(range(COPY_MIN)), ADDED)], 5)
    last_good.learn(ONE, 5)
    assert list(timers.each_due(5)) == [("share",)]


def test_the_copy_is_made_anew_although_dns_names_nothing_new():
    """Elements are added again after each reload of a firewall that makes their set anew."""
    timers = Timers()
    last_good = LastGood(timers)
    for _ in range(2):
        assert timers.next() is None
        last_good.remember([Owned("nft inet fw4 s", list(range(COPY_MIN // 2 + 1)), ADDED)], 5)
    assert list(timers.each_due(5)) == [("share",)]


def test_what_did_not_change_while_it_was_written_is_not_looked_at_again():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.changed(0)
    list(timers.each_due(SAVE_DELAY))
    assert write(last_good, ONE, SAVE_DELAY) == ONE and timers.next() is None


def test_a_copy_that_could_not_be_written_is_made_anew():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.share_failed(5)
    assert timers.next() == 5 + SHARE_RETRY


def test_of_two_records_the_later_counts():
    a, b, c = [ip.key(address) for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1")]
    remembered = Remembered(
        [
            Known("a.test", [a, b], True, 0),
            Known("b.test", [a], True, 0),
            Owned("ipset b4", [a, b], ADDED),
            Owned("nft inet fw4 b4", [a, b], JOINED),
            Known("a.test", [b, c], False, 9),
            Owned("ipset b4", [a], DELETED),
            Owned("nft inet fw4 b4", [b], DELETED),
            Known("b.test", [b], True, 0),
            Known("b.test", [b], False, 0),
            Endpoints("p.test", [a, b], [None, None]),
            Endpoints("p.test", [b], [51820]),
        ]
    )
    lives = sorted([(key, known.named, known.remaining) for known in remembered.of("a.test") for key in known.keys])
    assert lives == [(a, True, 0), (b, False, 9), (c, False, 9)]
    assert remembered.of("c.test") == [] and remembered.endpoints("p.test") == [("192.0.2.2", 51820)]
    owned = [record for record in remembered.records() if isinstance(record, Owned)]
    assert sorted(owned) == [Owned("ipset b4", [b], ADDED), Owned("nft inet fw4 b4", [a], JOINED)]
    assert remembered.of("b.test") == [Known("b.test", [a], True, 0)], "what is not wanted any more is forgotten"
    again = Remembered(remembered.records())
    assert again.of("b.test") == remembered.of("b.test") and again.endpoints("p.test") == remembered.endpoints("p.test")


def test_a_file_that_does_not_tell_peers_apart_tells_what_their_names_had():
    remembered = Remembered([known("p.test"), known("p.test", ["192.0.2.2"], False, 60)])
    assert remembered.endpoints("p.test") == [("192.0.2.1", None)]


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


def test_a_copy_that_was_not_written_is_made_again_after_a_pause_whatever_is_learnt_meanwhile():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.share_failed(10)
    last_good.learn([Known("h.test", list(range(COPY_MIN + 1)), True, 0)], 11)
    timers.cancel(("save",))
    assert timers.next() == 10 + SHARE_RETRY


def test_what_the_copy_held_at_the_start_counts_to_when_it_is_made_anew():
    for held, anew in ((COPY_MIN - 1, False), (COPY_MIN, True)):
        timers = Timers()
        last_good = LastGood(timers)
        last_good.read([Known("h.test", list(range(held)), True, 0)])
        last_good.learn(ONE, 5)
        assert (timers.next() == 5) is anew
        last_good.learn(ONE, 6)
        assert timers.next() <= 6, "it is made anew once"


def test_a_copy_that_could_not_be_written_is_made_anew_a_minute_later():
    timers = Timers()
    last_good = LastGood(timers)
    last_good.share_failed(100)
    assert timers.next() == 100 + SHARE_RETRY == 160
    last_good.learn([Known("h.test", list(range(2 * COPY_MIN)), True, 0)], 101)
    assert timers.next() == 160, "that is to come anyway"


def test_the_number_in_a_file_that_an_agent_before_wrote_is_that_of_this_one():
    """Else the first start after an upgrade would take the file for one that lacks something."""
    keys = [ip.key("192.0.2.1"), ip.key("2001:db8::1")]
    assert essence(Known("a.test", keys, True, 0)) == 2715969227398046822
    assert essence(Known("a.test", keys[:1], False, 5)) == 1945821803562663952
    assert essence(Endpoints("p.test", keys, [None, 51999])) == 2092151885753016734
