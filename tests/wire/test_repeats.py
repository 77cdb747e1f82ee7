"""repeats.py: which answers say nothing new."""

import pytest

from dns_written import encode
from mutations import Chance, mutated
from nametrack.wire import dnsmessage as dns
from nametrack.wire import passing
from nametrack.wire.repeats import MOST, Repeats

NAME = "www.example.net"
ALIASED = [dns.Record(NAME, dns.CNAME, 30, "cdn.test"), dns.Record("cdn.test", dns.A, 60, "198.51.100.1")]
EDNS = dns.Record("", dns.OPT, 0, dns.Opt(1232, 0, 0, b""))


def answer(addresses=("198.51.100.1",), ttl=60, number=7, name=NAME, additional=()):
    records = [dns.Record(name, dns.A, ttl, address) for address in addresses]
    return whole(records, number, name, list(additional))


def whole(records, number=7, name=NAME, additional=()):
    return encode(dns.Message(number, dns.QR, 0, [dns.Question(name, dns.A)], records, [], list(additional)))


def told(*messages):
    repeats = Repeats(10)
    for message in messages:
        repeats.remember(message, 100)
    return repeats


def test_an_answer_with_another_id_that_lives_no_longer_is_a_repeat():
    repeats = told(answer())
    assert repeats.have(answer(number=9, ttl=60), 0, 101)
    assert repeats.have(b"header" + answer(ttl=59), 6, 101)
    assert repeats.have(answer(ttl=0), 0, 101)


@pytest.mark.parametrize(
    "other",
    [
        answer(["198.51.100.2"]),
        answer(["198.51.100.1", "198.51.100.2"]),
        answer([]),
        answer(ttl=61),
        answer(name="ftp.example.net"),
        answer(additional=[EDNS]),
        answer()[:-1],
        answer() + b"\0",
        b"",
        b"\0" * 11,
    ],
)
def test_whatever_says_something_else_is_none(other):
    assert not told(answer()).have(other, 0, 101)


@pytest.mark.parametrize("rtype", [297, 10496, 16])
def test_the_ttl_of_any_record_but_opt_counts(rtype):
    """The number of OPT is 41: that of others has it in one of two bytes."""

    def lived(ttl):
        return answer(additional=[dns.Record(NAME, rtype, ttl, b"data")])

    assert told(lived(60)).have(lived(60), 0, 101) and told(lived(60)).have(lived(59), 0, 101)
    assert not told(lived(60)).have(lived(61), 0, 101)


def test_of_a_chain_of_aliases_each_ttl_counts():
    repeats = told(whole(ALIASED, additional=[EDNS]))
    for ttls, is_repeat in (((30, 60), True), ((29, 59), True), ((31, 60), False), ((30, 61), False), ((1, 61), False)):
        records = [dns.Record(r.name, r.rtype, ttl, r.data) for r, ttl in zip(ALIASED, ttls)]
        assert repeats.have(whole(records, 1, additional=[EDNS]), 0, 101) == is_repeat


def test_what_an_answer_says_of_itself_in_place_of_a_ttl_is_compared_too():
    other = dns.Record("", dns.OPT, 0, dns.Opt(1232, 0, 0x8000, b""))
    assert not told(answer(additional=[other])).have(answer(additional=[EDNS]), 0, 101)


def test_answers_that_take_turns_are_all_repeats():
    first, second = answer(["198.51.100.1", "198.51.100.2"]), answer(["198.51.100.2", "198.51.100.1"])
    repeats = told(first, second)
    assert repeats.have(first, 0, 101) and repeats.have(second, 0, 101)


def test_an_answer_without_an_address_is_a_repeat_too():
    assert told(answer([])).have(answer([], number=9), 0, 101)


def test_what_was_remembered_is_forgotten_in_time_and_on_demand():
    repeats = told(answer())
    assert repeats.have(answer(), 0, 109.9)
    assert not repeats.have(answer(), 0, 110)
    repeats.remember(answer(), 120)
    assert repeats.have(answer(), 0, 121)
    repeats.clear()
    assert not repeats.have(answer(), 0, 121)


def test_a_ttl_that_counts_as_0_is_not_remembered():
    message = bytearray(answer())
    message[-10] = 0x80
    assert dns.decode(bytes(message)).answer[0].ttl == 0
    assert not told(bytes(message)).have(answer(), 0, 101)


def test_a_truncated_answer_that_ends_anywhere_is_not_remembered():
    message = bytearray(answer())
    message[2] |= 2
    for size in range(len(message) - 14, len(message)):
        dns.decode(bytes(message[:size]))
        assert not told(bytes(message[:size])).have(bytes(message[:size]), 0, 101)


def test_no_more_answers_are_remembered_than_names_are_followed():
    repeats = told(answer(), *[answer(name="n%d.example.net" % i) for i in range(MOST)])
    assert not repeats.have(answer(), 0, 101)
    assert repeats.have(answer(name="n%d.example.net" % (MOST - 1)), 0, 101)


def test_large_answers_take_bounded_memory():
    large = ["198.51.%d.1" % i for i in range(24)]
    repeats = told(answer(), *[answer(large, name="n%d.example.net" % i) for i in range(100)])
    assert not repeats.have(answer(), 0, 101)
    larger = answer(["198.51.%d.1" % i for i in range(60)])
    assert not told(larger).have(larger, 0, 101)


@pytest.mark.parametrize("name,size", [("twelve.a.test1", 512), ("twelve.a.test12", 513)])
def test_answers_of_512_bytes_are_remembered_and_no_larger_ones(name, size):
    message = answer(["198.51.100.%d" % i for i in range(30)], name=name)
    assert len(message) == size and told(message).have(message, 0, 101) is (size == 512)


def says(data):
    """What an answer tells, None if it cannot be read."""
    try:
        return passing.told(dns.decode(data))
    except (dns.DnsError, IndexError):
        return None


def test_a_mutated_answer_that_counts_as_a_repeat_tells_the_same():
    samples = [answer(), answer(["198.51.100.1", "198.51.100.2"]), whole(ALIASED, additional=[EDNS])]
    chance, counted = Chance(20), 0
    for _ in range(3000):
        sample = samples[chance.below(3)]
        other = mutated(chance, sample, samples)
        if other[12:] != sample[12:] and told(sample).have(other, 0, 101):
            one, same = says(sample), says(other)
            assert same is not None and same.addresses == one.addresses and same.ttl <= one.ttl
            counted += 1
    assert counted


def test_a_ttl_of_a_year_is_remembered_as_any_other():
    repeats = told(answer(ttl=0x01000001))
    assert repeats.have(answer(ttl=0x01000000), 0, 101) and not repeats.have(answer(ttl=0x01000002), 0, 101)
