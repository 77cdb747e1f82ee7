"""name.py and rrset.py: what is known of a name, how long it holds, and what is said of its failures."""

from collections import namedtuple

import pytest

from nametrack import ip
from nametrack.core.actions import Log, Notify
from nametrack.core.names.name import TOLD_AFTER, Name, keep_lacking, slow_down
from nametrack.core.names.rrset import AAAA, SRV, UNSAID, A, RRset, lifetime
from nametrack.core.names.sources import FALLBACK, LISTED

Result = namedtuple("Result", ("status", "values", "ttl", "reason", "extended", "whole"))
BOTH = (AAAA, A)
LIMITS = (15, 3600)


def answer(status, values=(), ttl=60, reason=None, extended=None, whole=True):
    return Result(status, list(values), ttl, reason, extended, whole)


FOUR = answer("found", ["192.0.2.1", "192.0.2.2"])
SIX = answer("found", ["2001:db8::1"], 300)
NODATA, NXDOMAIN = answer("nodata"), answer("nxdomain")


def made(rtypes=BOTH):
    name = Name(("h.test", ()), "h.test", ["127.0.0.1"])
    for rtype in rtypes:
        name.question(LISTED, rtype)
    return name


def test_a_name_that_lapsed_is_said_to_have_however_often_it_is_asked_for():
    lapsed = "DNS says that it does not exist any more: it lapsed, or was removed"
    for steps in ([(A, FOUR)], [(A, FOUR), (A, NXDOMAIN)], [(A, FOUR), (A, NXDOMAIN), (AAAA, NXDOMAIN)]):
        assert played(*steps, (A, NXDOMAIN), (AAAA, NXDOMAIN)).state(BOTH) == ("negative", lapsed)


def played(*steps):
    """A Name after (RR type, answer or the reason of a failure)."""
    name = made()
    for rtype, what in steps:
        question = name.question(LISTED, rtype)
        if isinstance(what, str):
            name.fail(question, what, 0)
        else:
            name.take(question, what, 0, LIMITS)
    return name


# what happened -> state, reason, what is withheld
STATES = [
    ([], "unknown", "not answered yet", None),
    ([(A, FOUR)], "current", "answered", None),
    ([(A, FOUR), (AAAA, NODATA)], "current", "answered", None),
    ([(A, NODATA)], "unknown", "not answered yet", None),
    ([(A, NODATA), (AAAA, NODATA)], "negative", "DNS says that it has no address", "nodata"),
    ([(A, NODATA), (AAAA, NXDOMAIN)], "negative", "DNS says that it does not exist", "nxdomain"),
    ([(A, NXDOMAIN), (AAAA, NODATA)], "negative", "DNS says that it does not exist", "nxdomain"),
    (
        [(A, answer("nodata", extended=17, reason="filtered")), (AAAA, NODATA)],
        "negative",
        "your resolver blocks it (filtered)",
        "blocked",
    ),
    ([(A, "no reply")], "stale", "no reply", None),
    ([(A, "no reply"), (AAAA, "SERVFAIL")], "failing", "SERVFAIL", None),
    ([(A, FOUR), (A, "no reply")], "stale", "no reply", None),
    ([(A, FOUR), (AAAA, "no reply")], "current", "answered; no reply", None),
    ([(A, FOUR), (A, "no reply"), (AAAA, "SERVFAIL")], "stale", "SERVFAIL", None),
    ([(A, NODATA), (AAAA, "SERVFAIL")], "stale", "SERVFAIL", None),
    ([(A, "no reply"), (A, FOUR)], "current", "answered", None),
    ([(A, answer("found", ["192.0.2.1"], reason="stale answer"))], "current", "answered (stale answer)", None),
]


@pytest.mark.parametrize("case", STATES)
def test_the_state_of_a_name_is_that_of_all_its_questions(case):
    steps, state, reason, withheld = case
    name = played(*steps)
    assert name.state(BOTH) == (state, reason) and name.withheld(BOTH) == withheld
    found = [what for _, what in steps if not isinstance(what, str) and what.status == "found"]
    assert name.is_named() == bool(found)


def test_what_it_names_is_in_the_order_that_it_is_asked_for():
    name = played((A, FOUR), (AAAA, SIX))
    six, first, second = [ip.key(text) for text in ("2001:db8::1", "192.0.2.1", "192.0.2.2")]
    assert name.keys(BOTH) == [six, first, second] and name.keys((A,)) == [first, second]
    assert name.endpoints((A, AAAA), 7) == [("192.0.2.1", 7), ("192.0.2.2", 7), ("2001:db8::1", 7)]
    assert name.endpoints(BOTH, 7, FALLBACK) == [] and name.of(FALLBACK) == {}
    assert made().keys(BOTH) == [] and made().endpoints(BOTH, 7) == []


def test_what_is_asked_for_is_known():
    name = made((A,))
    assert name.asks((A,)) and not name.asks(BOTH) and name.asks(())
    assert not name.asks_beside((A,)) and name.asks_beside((AAAA,)) and name.asks_beside(())
    assert name.question(LISTED, A) is name.questions[A]
    assert not name.tried((A,)) and not name.answered()
    name.fail(name.questions[A], "no reply", 0)
    assert name.tried((A,)) and not name.tried(BOTH) and not name.answered() and not name.tried((A,), FALLBACK)
    name.take(name.questions[A], FOUR, 0, LIMITS)
    assert name.answered() and name.answered_at((A,)) == 0 and name.answered_at(BOTH) is None


def test_the_oldest_answer_and_the_most_failures_count():
    name = made()
    assert name.answered_at(BOTH) is None and name.failed(BOTH) == 0
    name.take(name.questions[A], FOUR, 5, LIMITS)
    assert name.answered_at(BOTH) is None and name.answered_at((A,)) == 5
    name.take(name.questions[AAAA], SIX, 9, LIMITS)
    assert name.answered_at(BOTH) == 5
    for rtype in (A, A, AAAA):
        name.fail(name.questions[rtype], "no", 10)
    assert (name.failed(BOTH), name.failed((AAAA,)), name.failures) == (2, 1, 3)


TTLS = [(0, 15, 3600, 15), (60, 15, 3600, 60), (9999, 15, 3600, 3600), (None, 15, 3600, UNSAID), (None, 90, 3600, 90)]


@pytest.mark.parametrize("ttl, least, most, kept", TTLS)
def test_an_answer_is_kept_for_its_ttl_within_bounds(ttl, least, most, kept):
    assert lifetime(ttl, least, most) == kept
    name = made((A,))
    name.take(name.questions[A], answer("found", ["192.0.2.1"], ttl), 100, (least, most))
    rrset = name.questions[A].rrset
    assert (rrset.ttl, rrset.expires_at, rrset.holds()) == (kept, 100 + kept, True)


def test_a_family_that_it_lacks_is_asked_for_once_a_minute_at_most():
    name = made()
    name.take(name.questions[A], FOUR, 0, LIMITS)
    name.take(name.questions[AAAA], answer("nodata", ttl=20), 0, LIMITS)
    assert name.questions[AAAA].rrset.ttl == UNSAID and name.questions[AAAA].rrset.own_ttl
    name.take(name.questions[AAAA], answer("nodata", ttl=100), 0, LIMITS)
    assert name.questions[AAAA].rrset.ttl == 100
    alone = made()
    alone.take(alone.questions[AAAA], answer("nodata", ttl=20), 0, LIMITS)
    assert alone.questions[AAAA].rrset.ttl == 20


def test_a_family_that_it_lacks_without_a_lifetime_is_asked_for_with_the_one_that_it_has():
    name = made()
    name.take(name.questions[A], answer("found", ["192.0.2.1"], 300), 0, LIMITS)
    name.take(name.questions[AAAA], answer("nodata", ttl=None), 100, LIMITS)
    assert (name.questions[AAAA].rrset.ttl, name.questions[AAAA].rrset.own_ttl) == (200, False)
    name.questions[A].next_at = name.questions[AAAA].next_at = 300
    assert name.kept_with(name.questions[A]) == [name.questions[AAAA]] and name.kept_with(name.questions[AAAA]) == []
    name.questions[AAAA].failures = 1
    assert name.kept_with(name.questions[A]) == []
    name.questions[AAAA].failures, name.questions[A].next_at = 0, None
    assert name.kept_with(name.questions[A]) == []
    assert name.ttl_of_others(name.questions[AAAA], 250) == 50 and name.ttl_of_others(name.questions[AAAA], 400) == 0
    assert name.ttl_of_others(name.questions[A], 0) is None
    nothing = made()
    for rtype in BOTH:
        nothing.take(nothing.questions[rtype], answer("nodata", ttl=None), 0, LIMITS)
        nothing.questions[rtype].next_at = 60
    assert nothing.kept_with(nothing.questions[A]) == []


def test_a_family_that_only_peers_lack_is_asked_for_no_more_often_than_the_other():
    name = made()
    keep_lacking({name.key: name}, {name.key})
    assert name.lacks_long
    name.take(name.questions[A], answer("found", ["192.0.2.1"], 300), 0, LIMITS)
    name.take(name.questions[AAAA], answer("nodata", ttl=100), 0, LIMITS)
    assert (name.questions[AAAA].rrset.ttl, name.questions[AAAA].rrset.own_ttl) == (300, False)
    name.take(name.questions[AAAA], answer("nodata", ttl=300), 0, LIMITS)
    assert (name.questions[AAAA].rrset.ttl, name.questions[AAAA].rrset.own_ttl) == (300, True)
    name.take(name.questions[AAAA], SIX, 0, LIMITS)
    name.take(name.questions[A], FOUR, 0, LIMITS)
    assert (name.questions[A].rrset.ttl, name.questions[A].rrset.own_ttl) == (60, True), "it has this one"
    keep_lacking({name.key: name}, set())
    assert not name.lacks_long


def test_what_only_clients_ask_for_is_asked_seldomer_and_not_told_of():
    name, other = made(), Name(("o.test", ()), "o.test", [])
    slow_down({name.key: name, other.key: other}, {name.key}, 600)
    assert not name.is_listed() and other.is_listed()
    name.take(name.questions[A], FOUR, 0, LIMITS)
    assert name.questions[A].rrset.ttl == 600
    name.take(name.questions[A], FOUR, 0, (15, 100))
    assert name.questions[A].rrset.ttl == 600, "also above the ceiling"
    slow_down({name.key: name}, set(), 600)
    assert name.is_listed()


def texts(actions):
    return [(each.level if isinstance(each, Log) else each.kind, each.text) for each in actions]


def test_failures_are_told_after_a_while_and_once_and_their_end_with_their_number():
    name = made()
    said, wait = name.fail(name.questions[A], "no reply", 100)
    assert texts(said) == [("debug", "h.test: lookup failed: no reply")] and wait == 2
    said, wait = name.fail(name.questions[AAAA], "no reply", 99 + TOLD_AFTER)
    assert texts(said)[0][0] == "debug" and wait == 2
    said, wait = name.fail(name.questions[A], "SERVFAIL", 100 + TOLD_AFTER)
    assert texts(said) == [("trouble", "lookup failed: SERVFAIL")] and wait == 4
    assert isinstance(said[0], Notify) and said[0].subject == "h.test"
    assert name.fail(name.questions[A], "SERVFAIL", 200) == ([], 8)
    assert name.take(name.questions[AAAA], SIX, 201, LIMITS) == [], "A still fails"
    assert texts(name.take(name.questions[A], FOUR, 202, LIMITS)) == [("recovered", "answered again after 3 failures")]
    said, wait = name.fail(name.questions[A], "no reply", 300)
    assert texts(said) == [("debug", "h.test: lookup failed: no reply, what is known of it stays")] and wait == 2
    assert name.take(name.questions[A], FOUR, 301, LIMITS) == [], "nothing was told of that"


def test_the_wait_for_the_next_try_doubles_up_to_five_minutes():
    question = made().questions[A]
    assert [question.failed("no") for _ in range(10)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert question.failures == 10 and question.tried() and question.reason == "no"
    assert question.succeeded(RRset(None, True, 60, 60), 5) == 10 and question.failures == 0
    assert question.reason is None and question.answered_at == 5 and question.failed("no") == 2


def test_a_source_that_is_asked_beside_fails_in_silence():
    name = made((A,))
    question = name.question(FALLBACK, A)
    said, _ = name.fail(question, "no reply", 100)
    assert texts(said) == [("debug", "h.test: no answer from its %s: no reply" % FALLBACK)]
    said, _ = name.fail(name.questions[A], "no reply", 100 + TOLD_AFTER)
    assert said[0].level == "debug", "its own failures begin now"
    name.take(question, FOUR, 120, LIMITS)
    assert name.keys((A,)) == [] and name.endpoints((A,), 7, FALLBACK)[0] == ("192.0.2.1", 7)


def test_a_name_that_was_named_once_has_lapsed_if_it_does_not_exist():
    name = played((A, FOUR), (A, NXDOMAIN), (AAAA, NXDOMAIN))
    assert "any more: it lapsed, or was removed" in name.state(BOTH)[1]
    assert "any more" not in played((A, NXDOMAIN), (AAAA, NXDOMAIN)).state(BOTH)[1]


def test_what_is_wrong_with_an_answer_is_told():
    name = made((A, SRV))
    (said,) = name.take(name.questions[A], answer("found", ["0.0.0.0", "192.0.2.1"]), 0, LIMITS)
    assert said.kind == "trouble" and "0.0.0.0, which is unspecified: not used" in said.text
    assert name.keys((A,)) == [ip.key("192.0.2.1")]


def test_a_family_that_is_lacked_and_said_so_without_a_ttl_is_asked_for_with_the_other_one():
    name = played((A, FOUR))
    keep_lacking({"h": name}, {"h"})
    name.take(name.questions[AAAA], answer("nodata", ttl=None), 20, LIMITS)
    assert not name.questions[AAAA].rrset.own_ttl and name.questions[AAAA].rrset.expires_at == 60
