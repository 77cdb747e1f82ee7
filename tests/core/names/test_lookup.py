"""lookup.py: one lookup, as far as the transcripts of tests/core/transcripts/dns do not pin it."""

import pytest

from answers import alias, failed, found, negative, truncated, unread
from nametrack.core import actions as do
from nametrack.core.names.lookup import MAX_ALIASES, RETRANSMIT, TCP_TIMEOUT, Lookup
from nametrack.core.names.nameservers import DEAF_AFTER, PLAIN_FOR, Servers
from nametrack.core.names.rrset import lifetime


def lookup(servers=("a",), fares=None):
    return Lookup("home.test", 1, list(servers), fares or Servers())


def started(servers=("a",)):
    one = lookup(servers)
    one.start(0)
    return one


def said(actions):
    return [do.text(action) for action in actions]


def test_with_nobody_to_ask_it_fails_at_once():
    one = lookup(())
    assert one.start(0) == []
    assert (one.result.status, one.result.reason, one.deadline) == ("failed", "no nameserver to ask", None)


def test_an_answer_ends_it_and_cancels_what_is_open():
    one = started()
    assert said(one.timed_out(2)) == ["query 2 home.test A @a plain"]
    assert said(one.answered(1, found(["192.0.2.1"]), 3)) == ["cancel 2"]
    assert (one.result.status, one.result.values, one.result.ttl, one.deadline) == ("found", ["192.0.2.1"], 60, None)


def test_the_first_of_two_questions_may_be_the_one_that_is_answered_no():
    one = started("ab")
    one.timed_out(2)
    assert said(one.failed(1, "REFUSED", 3)) == ["cancel 2", "query 3 home.test A @b"]
    assert one.deadline == 3 + RETRANSMIT


def test_what_is_no_open_query_changes_nothing():
    one = started()
    assert one.answered(7, found(["192.0.2.1"]), 1) == one.failed(7, "SERVFAIL", 1) == []
    assert (one.result, one.open, one.deadline) == (None, [1], RETRANSMIT)


def test_the_last_reason_is_the_one_that_is_given():
    one = started("ab")
    one.failed(1, "SERVFAIL", 1)
    one.timed_out(3)
    assert said(one.timed_out(5)) == ["cancel 2", "cancel 3"]
    assert (one.result.status, one.result.reason) == ("failed", "no answer from b")


def test_an_answer_that_says_failed_is_a_failure():
    one = started()
    assert one.answered(1, failed("SERVFAIL (DNSSEC bogus)"), 1) == []
    assert (one.result.status, one.result.reason) == ("failed", "a: SERVFAIL (DNSSEC bogus)")


def test_a_negative_answer_is_an_answer():
    for status in ("nodata", "nxdomain"):
        one = started("ab")
        assert one.answered(1, negative(status, 30, "test"), 1) == []
        assert (one.result.status, one.result.values, one.result.ttl, one.result.zone) == (status, [], 30, "test")


def test_a_negative_answer_may_not_say_how_long_it_holds():
    one = started()
    one.answered(1, alias("b.test", 300), 1)
    one.answered(2, negative("nodata", None), 1)
    assert (one.result.status, one.result.ttl) == ("nodata", None)


# Over TCP


def test_truncated_leads_to_tcp_of_the_same_server_once():
    one = started("ab")
    assert said(one.answered(1, truncated([]), 1)) == ["query 2 home.test A @a tcp"]
    assert one.deadline == 1 + TCP_TIMEOUT
    assert said(one.answered(2, truncated([]), 2)) == ["query 3 home.test A @b"]  # a server that answers nothing else


def test_tcp_has_one_attempt():
    one = started("ab")
    one.answered(1, truncated([]), 1)
    assert said(one.timed_out(6)) == ["cancel 2", "query 3 home.test A @b"]


def test_after_tcp_an_alias_is_asked_over_udp_again():
    one = started()
    one.answered(1, truncated([]), 1)
    assert said(one.answered(2, alias("b.test"), 2)) == ["query 3 b.test A @a"]
    assert said(one.answered(3, truncated([]), 3)) == ["query 4 b.test A @a tcp"]


def test_what_came_of_a_truncated_answer_counts_if_tcp_fails():
    one = started("ab")
    one.answered(1, truncated(["192.0.2.1", "192.0.2.2"], 30), 1)
    assert one.failed(2, "connection refused", 2) == []
    assert (one.result.status, one.result.values, one.result.ttl) == ("found", ["192.0.2.1", "192.0.2.2"], 30)
    assert (one.result.whole, one.result.reason) == (False, "cut short; a: connection refused (over TCP)")


def test_what_came_of_a_truncated_answer_counts_if_tcp_is_silent():
    one = started()
    one.answered(1, truncated(["192.0.2.1"]), 1)
    assert said(one.timed_out(6)) == ["cancel 2"]
    assert (one.result.values, one.result.reason) == (["192.0.2.1"], "cut short; no answer from a over TCP")


def test_a_whole_answer_over_tcp_replaces_the_truncated_one():
    one = started()
    one.answered(1, truncated(["192.0.2.1"]), 1)
    one.answered(2, found(["192.0.2.1", "192.0.2.2"]), 2)
    assert (one.result.values, one.result.whole, one.result.reason) == (["192.0.2.1", "192.0.2.2"], True, None)


def test_a_truncated_answer_of_an_alias_is_forgotten_with_the_alias():
    one = started()
    one.answered(1, truncated(["192.0.2.1"]), 1)
    one.answered(2, alias("b.test"), 2)
    one.failed(3, "REFUSED", 3)
    assert one.result.status == "failed"


# Without EDNS0


def test_a_server_that_does_not_understand_is_asked_without_edns_at_once():
    one = started("ab")
    assert said(one.answered(1, unread("FORMERR"), 1)) == ["query 2 home.test A @a plain"]
    assert one.deadline == 1 + RETRANSMIT
    one.answered(2, found(["192.0.2.1"]), 1)
    assert one.result.values == ["192.0.2.1"]


def test_a_server_that_does_not_understand_that_either_has_failed():
    one = started("ab")
    one.answered(1, unread("FORMERR"), 1)
    assert said(one.answered(2, unread("FORMERR"), 1)) == ["query 3 home.test A @b"]


def test_a_server_that_does_not_understand_is_remembered_for_a_while():
    fares = Servers()
    one = lookup(fares=fares)
    one.start(0)
    one.answered(1, unread("BADVERS"), 1)
    assert said(lookup("ab", fares).start(2)) == ["query 3 home.test A @a plain"]
    assert said(lookup("b", fares).start(2)) == ["query 4 home.test A @b"]
    assert said(lookup("a", fares).start(1 + PLAIN_FOR)) == ["query 5 home.test A @a"]


def test_over_tcp_a_server_is_asked_without_edns_too():
    one = started()
    one.answered(1, truncated([]), 1)
    assert said(one.answered(2, unread("FORMERR"), 2)) == ["query 3 home.test A @a tcp plain"]


def test_a_server_that_is_asked_without_edns_is_asked_so_over_tcp():
    one = started()
    one.answered(1, unread("FORMERR"), 1)
    assert said(one.answered(2, truncated([]), 2)) == ["query 3 home.test A @a tcp plain"]


def test_silence_leads_to_a_question_without_edns():
    one = started()
    assert said(one.timed_out(2)) == ["query 2 home.test A @a plain"]
    one.answered(2, found(["192.0.2.1"]), 2)
    assert one.result.values == ["192.0.2.1"]


def deaf(fares, times, heard=None):
    """So many lookups at a server that answers only the second question; the one with the index `heard` the first."""
    for i in range(times):
        one = lookup(fares=fares)
        one.start(0)
        one.timed_out(2)
        one.answered(one.open[0 if i == heard else 1], found(["192.0.2.1"]), 2)
    return lookup(fares=fares).start(10)[0].edns


def test_a_server_that_is_silent_about_edns_only_is_remembered():
    assert deaf(Servers(), DEAF_AFTER) is False


def test_a_lost_packet_does_not_make_a_server_one_without_edns():
    assert deaf(Servers(), DEAF_AFTER - 1) is True
    assert deaf(Servers(), DEAF_AFTER, heard=1) is True
    assert deaf(Servers(), 2 * DEAF_AFTER - 1, heard=DEAF_AFTER - 1) is True


# Aliases


def test_the_ttl_is_the_least_along_the_aliases():
    one = started()
    one.answered(1, alias("b.test", 300), 1)
    one.answered(2, alias("c.test", 20), 1)
    one.answered(3, found(["192.0.2.1"], 60), 1)
    assert one.result.ttl == 20


def test_aliases_come_to_an_end():
    one = started()
    for i in range(MAX_ALIASES):
        assert len(one.answered(i + 1, alias("n%d.test" % i), 1)) == 1
    assert one.answered(MAX_ALIASES + 1, alias("home.test"), 1) == []
    assert (one.result.status, one.result.reason) == ("failed", "more than 16 aliases in a row")


def test_cancel_leaves_nothing_open():
    one = started()
    one.timed_out(2)
    assert said(one.cancel()) == ["cancel 1", "cancel 2"]
    assert (one.open, one.deadline, one.result) == ([], None, None)


@pytest.mark.parametrize("ttl,kept", [(0, 10), (9, 10), (10, 10), (60, 60), (3600, 3600), (1 << 31, 3600), (None, 60)])
def test_an_answer_is_kept_for_its_ttl_between_floor_and_ceiling(ttl, kept):
    assert lifetime(ttl, 10, 3600) == kept
