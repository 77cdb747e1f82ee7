"""servers.py: nameservers that are silent are asked after the others."""

from nametrack.core.names.nameservers import DEAF_AFTER, PASSED_AFTER, PLAIN_FOR, SILENT_AFTER, Servers


def silent(server, times, now=0):
    servers = Servers()
    for _ in range(times):
        servers.silent(server, now)
    return servers


def test_servers_that_answer_keep_their_order():
    assert Servers().in_order(["c", "a", "b"], 0) == ["c", "a", "b"]


def test_a_silent_server_is_asked_last():
    assert silent("a", PASSED_AFTER).in_order(["a", "b", "c"], 1) == ["b", "c", "a"]


def test_one_lost_packet_changes_no_order():
    assert silent("a", PASSED_AFTER - 1).in_order(["a", "b"], 1) == ["a", "b"]


def test_a_silent_server_is_tried_in_its_place_again_after_a_minute():
    servers = silent("a", PASSED_AFTER, now=10)
    assert servers.in_order(["a", "b"], 10 + 59.9) == ["b", "a"]
    assert servers.in_order(["a", "b"], 10 + 60) == ["a", "b"]


def test_an_answer_restores_the_order_at_once():
    servers = silent("a", PASSED_AFTER)
    servers.spoke("a")
    assert servers.in_order(["a", "b"], 1) == ["a", "b"]


def test_silent_servers_are_told_after_two_lookups():
    assert silent("a", SILENT_AFTER - 1).silent_ones() == []
    assert silent("a", SILENT_AFTER).silent_ones() == [("a", SILENT_AFTER)]


def test_after_an_answer_the_silence_is_counted_from_nothing():
    servers = silent("a", SILENT_AFTER + 5)
    servers.spoke("a")
    for _ in range(SILENT_AFTER):
        servers.silent("a", 9)
    assert servers.silent_ones() == [("a", SILENT_AFTER)]


def test_a_server_that_is_deaf_to_edns_is_asked_without_for_an_hour_each_time_that_it_shows():
    servers, now = Servers(), 0
    for _ in range(2):
        for _ in range(DEAF_AFTER - 1):
            servers.deaf_to_edns("a", now)
            assert servers.takes_edns("a", now)
        servers.deaf_to_edns("a", now)
        assert not servers.takes_edns("a", now) and servers.takes_edns("b", now)
        now += PLAIN_FOR
        assert not servers.takes_edns("a", now - 1) and servers.takes_edns("a", now)
    for _ in range(3):
        for _ in range(DEAF_AFTER - 1):
            servers.deaf_to_edns("a", now)
        servers.hears_edns("a")
    assert servers.takes_edns("a", now)


def test_of_256_servers_the_one_that_was_heard_of_last_the_longest_ago_is_forgotten():
    servers = Servers()
    for i in range(256):
        for _ in range(SILENT_AFTER):
            servers.silent("s%03d" % i, 300 - i)
    assert len(servers.silent_ones()) == 256
    servers.silent("s255", 301)  # it was the oldest
    servers.silent("another", 302)
    known = [server for server, _ in servers.silent_ones()]
    assert len(known) == 255 and "s254" not in known and "s255" in known
