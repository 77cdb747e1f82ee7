"""single_lookups.py: who asks for one name gets an answer, and many calls make few questions."""

import pytest

from nametrack import ip
from nametrack.core.actions import Reply
from nametrack.core.names.name import Name
from nametrack.core.names.rrset import AAAA, FOUND, NODATA, A, RRset
from nametrack.core.names.single_lookups import BUSY, Inquiries
from nametrack.core.names.sources import LISTED
from nametrack.core.names.verdict import Verdict

SERVERS = ("127.0.0.1",)


class Settings:
    min_ttl = 30


class Resolver:
    settings = Settings()


def fresh():
    return Inquiries(Resolver())


def answer(inquiries, host, asked_at, address="192.0.2.1", ttl=60):
    """Both RRsets of a name are answered; return the actions."""
    name = Name((host, SERVERS, "once"), host, list(SERVERS))
    verdicts = (
        (AAAA, Verdict(NODATA, [], [], None, None), 7),
        (A, Verdict(FOUND, [ip.key(address)], [], None, None), ttl),
    )
    for rtype, verdict, life in verdicts:
        question = name.question(LISTED, rtype)
        assert inquiries.name_answered(name) == [], "not before the last one"
        question.asked_at = asked_at
        question.succeeded(RRset(verdict, True, life, asked_at + life), asked_at)
    return inquiries.name_answered(name)


def test_all_who_ask_for_a_name_get_its_answer_and_it_is_asked_for_once():
    inquiries = fresh()
    assert not inquiries.names_changed
    assert inquiries.begin(1, "a.test", SERVERS, 0) == inquiries.begin(2, "a.test", SERVERS, 0.5) == []
    assert inquiries.names_changed
    assert inquiries.wanted_names() == [(("a.test", SERVERS, "once"), "a.test", ["127.0.0.1"], (AAAA, A))]
    assert not inquiries.names_changed
    values = {"addresses": ["192.0.2.1"], "ttl": 60, "reason": "answered"}
    assert answer(inquiries, "a.test", 0) == [Reply(1, values), Reply(2, values)]
    assert inquiries.names_changed and inquiries.wanted_names() == []


@pytest.mark.parametrize("passed, is_asked", [(29.9, False), (30, True)])
def test_an_answer_is_kept_for_min_ttl_from_the_question_on(passed, is_asked):
    inquiries = fresh()
    inquiries.begin(1, "a.test", SERVERS, 100)
    answer(inquiries, "a.test", 100)
    told = inquiries.begin(2, "a.test", SERVERS, 100 + passed)
    assert (told == []) is is_asked
    assert is_asked or told[0].values["addresses"] == ["192.0.2.1"]


def test_eight_names_are_asked_for_at_once_and_whoever_asks_for_one_of_them_waits_with_the_others():
    inquiries = fresh()
    for i in range(8):
        assert inquiries.begin(i, "h%d.test" % i, SERVERS, i) == []
    assert inquiries.begin(8, "h8.test", SERVERS, 99) == [Reply(8, BUSY)]
    for i in range(9, 65):
        assert inquiries.begin(i, "h%d.test" % (i % 3), SERVERS, 99) == []
    assert inquiries.begin(65, "h1.test", SERVERS, 99) == [Reply(65, BUSY)], "64 wait"
    answer(inquiries, "h7.test", 7)
    assert inquiries.begin(66, "h8.test", SERVERS, 99) == []


def test_ten_names_are_asked_for_in_a_second():
    inquiries = fresh()
    for i in range(10):
        assert inquiries.begin(i, "h%d.test" % i, SERVERS, 5 + i / 100) == []
        answer(inquiries, "h%d.test" % i, 5)
    assert inquiries.begin(10, "h10.test", SERVERS, 5.99) == [Reply(10, BUSY)]
    assert inquiries.begin(11, "h11.test", SERVERS, 6) == []
    answer(inquiries, "h11.test", 6)
    assert inquiries.begin(12, "h12.test", SERVERS, 6) == [Reply(12, BUSY)], "the second is over for the first only"
    assert inquiries.begin(13, "h13.test", SERVERS, 6.01) == []


def test_of_64_answers_the_one_that_was_asked_for_first_is_forgotten():
    inquiries = fresh()
    for i in range(65):
        now = 1000 - i if i < 2 else 1000 + i / 9
        inquiries.begin(i, "h%d.test" % i, SERVERS, i)
        answer(inquiries, "h%d.test" % i, now)
    assert inquiries.begin(70, "h0.test", SERVERS, 1009)[0].values["addresses"] == ["192.0.2.1"]
    assert inquiries.begin(71, "h1.test", SERVERS, 1009) == [], "it was asked for a second before"


def test_only_the_names_that_are_open_are_asked_by_inquiries():
    inquiries = fresh()
    inquiries.begin(1, "a.test", SERVERS, 0)
    assert inquiries.asks(Name(("a.test", SERVERS, "once"), "a.test", []))
    assert not inquiries.asks(Name(("a.test", SERVERS), "a.test", []))
    answer(inquiries, "a.test", 0)
    assert not inquiries.asks(Name(("a.test", SERVERS, "once"), "a.test", []))
