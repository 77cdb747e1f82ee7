"""lookup.py: one lookup, as far as the transcripts of tests/core/transcripts/dns do not pin it."""

import pytest

from nametrack.core import actions as do
from nametrack.core.names.lookup import MAX_ALIASES, RETRANSMIT, TCP_TIMEOUT, Lookup
from nametrack.core.names.rrset import lifetime
from nametrack.wire.dns import Answer


class Ids:
    def __init__(self):
        self.last = 0

    def __call__(self):
        self.last += 1
        return self.last


def lookup(servers=("a",)):
    return Lookup("home.test", 1, list(servers), Ids())


def said(actions):
    return [do.text(action) for action in actions]


def found(values, ttl=60):
    return Answer("found", values, ttl, None)


def alias(target, ttl=60):
    return Answer("alias", [], ttl, target)


def test_with_nobody_to_ask_it_fails_at_once():
    one = lookup(())
    assert one.start(0) == []
    assert (one.result.status, one.result.reason, one.deadline) == ("failed", "no nameserver to ask", None)


def test_an_answer_ends_it_and_cancels_what_is_open():
    one = lookup()
    one.start(0)
    assert said(one.timed_out(2)) == ["query 2 home.test A @a"]
    assert said(one.answered(1, found(["192.0.2.1"]), 3)) == ["cancel 2"]
    assert (one.result.status, one.result.values, one.result.ttl, one.deadline) == ("found", ["192.0.2.1"], 60, None)


def test_the_first_of_two_questions_may_be_the_one_that_is_answered_no():
    one = lookup("ab")
    one.start(0)
    one.timed_out(2)
    assert said(one.failed(1, "REFUSED", 3)) == ["cancel 2", "query 3 home.test A @b"]
    assert one.deadline == 3 + RETRANSMIT


def test_what_is_no_open_query_changes_nothing():
    one = lookup()
    one.start(0)
    assert one.answered(7, found(["192.0.2.1"]), 1) == one.failed(7, "SERVFAIL", 1) == []
    assert (one.result, one.open, one.deadline) == (None, [1], RETRANSMIT)


def test_the_last_reason_is_the_one_that_is_given():
    one = lookup("ab")
    one.start(0)
    one.failed(1, "SERVFAIL", 1)
    one.timed_out(3)
    assert said(one.timed_out(5)) == ["cancel 2", "cancel 3"]
    assert (one.result.status, one.result.reason) == ("failed", "no answer from b")


def test_an_answer_that_says_failed_is_a_failure():
    one = lookup()
    one.start(0)
    assert one.answered(1, Answer("failed", [], 0, "SERVFAIL"), 1) == []
    assert (one.result.status, one.result.reason) == ("failed", "a: SERVFAIL")


def test_a_negative_answer_is_an_answer():
    for status in ("nodata", "nxdomain"):
        one = lookup("ab")
        one.start(0)
        assert one.answered(1, Answer(status, ["192.0.2.1"], 30, None), 1) == []
        assert one.result[:3] == (status, [], 30)


def test_truncated_leads_to_tcp_of_the_same_server_once():
    one = lookup("ab")
    one.start(0)
    assert said(one.failed(1, "truncated", 1)) == ["query 2 home.test A @a tcp"]
    assert one.deadline == 1 + TCP_TIMEOUT
    assert said(one.failed(2, "truncated", 2)) == ["query 3 home.test A @b"]  # a server that answers nothing else


def test_tcp_has_one_attempt():
    one = lookup("ab")
    one.start(0)
    one.failed(1, "truncated", 1)
    assert said(one.timed_out(6)) == ["cancel 2", "query 3 home.test A @b"]


def test_after_tcp_an_alias_is_asked_over_udp_again():
    one = lookup()
    one.start(0)
    one.failed(1, "truncated", 1)
    assert said(one.answered(2, alias("b.test"), 2)) == ["query 3 b.test A @a"]
    assert said(one.failed(3, "truncated", 3)) == ["query 4 b.test A @a tcp"]


def test_the_ttl_is_the_least_along_the_aliases():
    one = lookup()
    one.start(0)
    one.answered(1, alias("b.test", 300), 1)
    one.answered(2, alias("c.test", 20), 1)
    one.answered(3, found(["192.0.2.1"], 60), 1)
    assert one.result.ttl == 20


def test_aliases_come_to_an_end():
    one = lookup()
    one.start(0)
    for i in range(MAX_ALIASES):
        assert len(one.answered(i + 1, alias("n%d.test" % i), 1)) == 1
    assert one.answered(MAX_ALIASES + 1, alias("home.test"), 1) == []
    assert (one.result.status, one.result.reason) == ("failed", "more than 8 aliases in a row")


def test_cancel_leaves_nothing_open():
    one = lookup()
    one.start(0)
    one.timed_out(2)
    assert said(one.cancel()) == ["cancel 1", "cancel 2"]
    assert (one.open, one.deadline, one.result) == ([], None, None)


@pytest.mark.parametrize("ttl,kept", [(0, 10), (9, 10), (10, 10), (60, 60), (3600, 3600), (1 << 31, 3600)])
def test_an_answer_is_kept_for_its_ttl_between_floor_and_ceiling(ttl, kept):
    assert lifetime(ttl, 10, 3600) == kept
