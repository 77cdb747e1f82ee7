"""queue.py: lookups in their order, for so many names at once."""

from nametrack.core.names.lookup_queue import Queue


def taken(queue, wanted=lambda entry: True):
    found = []
    while True:
        entry = queue.take(wanted)
        if entry is None:
            return found
        found.append(entry)


def filled(limit, entries, kept=0):
    queue = Queue(limit, kept)
    for entry in entries:
        queue.put(entry, False)
    return queue


def test_they_begin_in_the_order_they_came_while_there_is_room():
    queue = filled(2, [("a", 1), ("a", 2), ("b", 1), ("c", 1), ("a", 3)])
    assert taken(queue) == [("a", 1), ("a", 2), ("b", 1)]
    queue.end("b")
    assert taken(queue) == [("c", 1), ("a", 3)]


def test_what_is_not_wanted_any_more_takes_no_room():
    queue = filled(1, [("a", 1), ("b", 1)])
    assert taken(queue, lambda entry: entry[0] == "b") == [("b", 1)]


def test_idle_is_when_nothing_waits_or_is_under_way():
    queue = filled(1, [("a", 1), ("a", 2)])
    assert not queue.idle()
    taken(queue)
    queue.end("a")
    assert not queue.idle()
    queue.end("a")
    assert queue.idle()


def test_a_long_queue_is_worked_off_whole():
    queue = filled(1, [(i, 0) for i in range(2000)])
    found = []
    while not queue.idle():
        found.extend(taken(queue))
        queue.end(found[-1][0])
    assert [key for key, _ in found] == list(range(2000))


def test_urgent_entries_come_before_all_others():
    queue = filled(1, [("a", 1), ("b", 1)])
    queue.put(("c", 1), True)
    assert taken(queue) == [("c", 1)]


def test_some_places_are_kept_for_urgent_entries():
    queue = filled(3, [("a", 1), ("b", 1), ("c", 1)], kept=1)
    assert taken(queue) == [("a", 1), ("b", 1)]
    queue.put(("d", 1), True)
    queue.put(("e", 1), True)
    assert taken(queue) == [("d", 1)]
    queue.end("a")
    assert taken(queue) == [("e", 1)]


def test_urgent_entries_that_wait_keep_the_queue_from_being_idle():
    queue = filled(0, [])
    queue.put(("a", 1), True)
    assert not queue.idle()
