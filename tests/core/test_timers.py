"""timers.py: a heap of deadlines by key."""

from nametrack.core.timers import Timers
from simulator import Lcg


def timers(*pairs):
    t = Timers()
    for key, at in pairs:
        t.set(key, at)
    return t


def test_without_deadlines_there_is_none():
    t = Timers()
    assert (t.next(), list(t.each_due(1000)), len(t)) == (None, [], 0)


def test_due_takes_out_what_is_due_earliest_first():
    t = timers(("c", 3), ("a", 1), ("d", 4), ("b", 2))
    assert list(t.each_due(3)) == ["a", "b", "c"]
    assert (list(t.each_due(3)), len(t)) == ([], 1)


def test_due_takes_the_deadline_itself_and_leaves_what_is_later():
    t = timers(("late", 5.001), ("now", 5), ("early", 1))
    assert list(t.each_due(5)) == ["early", "now"]
    assert (t.next(), list(t.each_due(5))) == (5.001, [])


def test_among_equals_the_order_is_that_in_which_they_were_set():
    t = timers(("b", 1), ("a", 1), ("c", 1))
    t.set("b", 2)
    t.set("b", 1)
    assert list(t.each_due(1)) == ["a", "c", "b"]


def test_setting_the_same_deadline_again_changes_nothing():
    t = timers(("b", 1), ("a", 1))
    t.set("b", 1)
    assert list(t.each_due(1)) == ["b", "a"]


def test_setting_a_key_again_moves_its_deadline_either_way():
    t = timers(("a", 10), ("b", 5))
    t.set("a", 1)
    assert t.next() == 1
    t.set("a", 20)
    assert (t.next(), list(t.each_due(10)), list(t.each_due(20))) == (5, ["b"], ["a"])


def test_a_cancelled_key_is_never_due():
    t = timers(("a", 1), ("b", 2))
    t.cancel("a")
    t.cancel("never set")
    assert (t.next(), len(t), list(t.each_due(9))) == (2, 1, ["b"])


def test_keys_of_different_kinds_are_never_compared():
    """Keys are tuples that do not sort: two deadlines at the same time must not come to that."""
    t = timers((("read", "wg0"), 1), (("peer", ("wg0", "key")), 1), (("expire",), 1), (("peer", None), 1))
    assert list(t.each_due(1)) == [("read", "wg0"), ("peer", ("wg0", "key")), ("expire",), ("peer", None)]


def test_a_deadline_that_moves_for_ever_takes_no_more_room():
    t = timers(("still", 10**9))
    for i in range(5000):
        t.set("moves", i)
    assert len(t._heap) < 200
    assert (len(t), t.next()) == (2, 4999)


def test_it_gives_what_a_sorted_list_gives():
    random = Lcg(1)
    t, truth, order, now = Timers(), {}, 0, 0
    for _ in range(3000):
        key = random.below(60)
        what = random.below(10)
        if what < 6:
            at = now + random.below(50)
            order += 1
            if key not in truth or truth[key][0] != at:
                truth[key] = (at, order)
            t.set(key, at)
        elif what < 8:
            truth.pop(key, None)
            t.cancel(key)
        else:
            now += random.below(20)
            expected = sorted([(truth[k], k) for k in truth if truth[k][0] <= now])
            assert list(t.each_due(now)) == [k for _, k in expected]
            for _, k in expected:
                del truth[k]
        assert t.next() == (min(truth.values())[0] if truth else None)
        assert len(t) == len(truth)


def test_no_deadline_is_lost_when_the_heap_is_made_anew():
    t = timers(*[("k%02d" % i, 10**6 + i) for i in range(40)])
    for i in range(5000):
        t.set("moves", i)
    assert list(t.each_due(10**7)) == ["moves"] + ["k%02d" % i for i in range(40)]


def test_what_is_cancelled_while_others_have_their_turn_is_not_due_any_more():
    t, seen = timers(("a", 1), ("b", 2), ("c", 3)), []
    for key in t.each_due(5):
        seen.append(key)
        t.cancel("b")
    assert (seen, t.next()) == (["a", "c"], None)


def test_what_is_set_while_others_have_their_turn_has_its_own_the_next_time():
    t, seen = timers(("a", 1), ("b", 2)), []
    for key in t.each_due(5):
        seen.append(key)
        t.set("a", 5)
    assert (seen, list(t.each_due(5))) == (["a", "b"], ["a"])
