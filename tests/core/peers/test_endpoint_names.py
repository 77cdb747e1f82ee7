"""endpoint_names.py: a peer's name as addresses, or as the targets of a service."""

import pytest

from nametrack import ip
from nametrack.core.names.name import Name, Question
from nametrack.core.names.rrset import AAAA, FOUND, NODATA, SRV, A, RRset
from nametrack.core.names.sources import FALLBACK, LISTED
from nametrack.core.names.verdict import Verdict
from nametrack.core.peers.endpoint_names import MAX_TARGETS, EndpointNames, unhurried
from nametrack.wire.dnsmessage import Srv

SERVERS = ("127.0.0.1",)
SERVICE = "_wireguard._udp.home.test"


def answered(name, rtype, values, source=LISTED):
    question = name.question(source, rtype)
    values = values if rtype == SRV else [ip.key(address) for address in values]
    question.rrset = RRset(Verdict(FOUND if values else NODATA, values, [], None, None), True, 60, 60)
    return name


def names(source, answers):
    """{name key: Name} with the answers {(host, rtype): values}."""
    made = {}
    for key, host, servers, rtypes in source.wanted():
        name = made[key] = Name(key, host, servers)
        for rtype in rtypes:
            name.questions[rtype] = Question(LISTED, rtype)
            if (host, rtype) in answers:
                answered(name, rtype, answers[host, rtype])
    return made


def test_a_plain_name_is_asked_for_its_addresses():
    source = EndpointNames("home.test", SERVERS, "any", True)
    assert source.wanted() == [(("home.test", SERVERS), "home.test", ["127.0.0.1"], (AAAA, A))]
    known = names(source, {("home.test", A): ["198.51.100.1"], ("home.test", AAAA): ["2001:db8::1"]})
    assert source.endpoints(known, 7, LISTED) == [("2001:db8::1", 7), ("198.51.100.1", 7)]


def test_each_source_names_endpoints_of_its_own():
    source = EndpointNames("home.test", SERVERS, "ipv4", True)
    known = names(source, {("home.test", A): ["198.51.100.1"]})
    assert source.endpoints(known, 7, FALLBACK) is None
    answered(known[source.key], A, ["198.51.100.2"], FALLBACK)
    assert source.endpoints(known, 7, FALLBACK) == [("198.51.100.2", 7)]
    assert source.endpoints(known, 7, LISTED) == [("198.51.100.1", 7)]


PRIVATE = ["nas", "nas.lan", "home.local", "router.home.arpa", "db.internal"]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_local_name_is_never_asked_past_the_listed_nameservers(host):
    assert not EndpointNames(host, SERVERS, "any", True).beside
    assert EndpointNames("home.dyn.test", SERVERS, "any", True).beside
    assert not EndpointNames("home.dyn.test", SERVERS, "any", False).beside


def test_it_waits_for_both_families():
    source = EndpointNames("home.test", SERVERS, "any", True)
    assert source.endpoints(names(source, {("home.test", A): ["198.51.100.1"]}), 7, LISTED) is None
    only = EndpointNames("home.test", SERVERS, "ipv4", True)
    assert only.endpoints(names(only, {("home.test", A): ["198.51.100.1"]}), 7, LISTED) == [("198.51.100.1", 7)]


def service(*records):
    source = EndpointNames(SERVICE, SERVERS, "ipv4", True)
    assert source.service_answered([Srv(*record) for record in records])
    return source


def test_targets_come_by_priority_then_by_weight_each_with_its_port():
    source = service((20, 0, 4, "spare.test"), (10, 1, 2, "light.test"), (10, 9, 3, "heavy.test"))
    hosts = [host for _, host, _, _ in source.wanted()]
    assert hosts == [SERVICE, "heavy.test", "light.test", "spare.test"]
    answers = {(host, A): ["192.0.2.%d" % i] for i, host in zip(range(4), hosts)}
    answers[SERVICE, SRV] = [1]
    found = source.endpoints(names(source, answers), 51820, LISTED)
    assert found == [("192.0.2.1", 3), ("192.0.2.2", 2), ("192.0.2.3", 4)]


def test_the_same_answer_again_changes_nothing_and_no_answer_takes_nothing_away():
    records = [Srv(10, 0, 1, "a.test"), Srv(20, 0, 1, "b.test")]
    source = EndpointNames(SERVICE, SERVERS, "any", True)
    assert source.service_answered(records)
    assert not source.service_answered([records[1], records[0]])
    assert not source.service_answered([])
    assert len(source.keys()) == 3


def test_a_service_that_is_decidedly_not_there_has_no_targets():
    """RFC 2782: a target of the root says so."""
    for record in (Srv(0, 0, 0, ""), Srv(0, 0, 1, ""), Srv(0, 0, 0, "a.test")):
        assert not EndpointNames(SERVICE, SERVERS, "any", True).service_answered([record])


def test_targets_are_bounded():
    source = service(*[(i, 0, 1, "t%d.test" % i) for i in range(100)])
    assert len(source.keys()) == 1 + MAX_TARGETS


def test_a_target_that_fails_is_told_by_name():
    source = service((10, 0, 1, "a.test"))
    known = names(source, {(SERVICE, SRV): [1]})
    known["a.test", SERVERS].questions[A].failed("127.0.0.1: SERVFAIL")
    assert source.state(known) == ("failing", "a.test: 127.0.0.1: SERVFAIL")


def test_asked_of_others_it_keeps_its_targets():
    source = service((10, 0, 1, "a.test"))
    other = source.replaced_by(EndpointNames(SERVICE, ("192.0.2.53",), "ipv4", True))
    assert [key for key in other.keys()] == [(SERVICE, ("192.0.2.53",)), ("a.test", ("192.0.2.53",))]


def test_all_it_knows_is_as_old_as_its_oldest_answer_and_it_fails_as_its_worst_does():
    source = EndpointNames("home.test", SERVERS, "any", True)
    known = names(source, {})
    questions = known[source.key].questions
    assert (source.answered_at(known), source.failed(known)) == (None, 0)
    questions[A].succeeded(None, 100)
    assert source.answered_at(known) is None
    questions[AAAA].succeeded(None, 160)
    questions[A].failed("SERVFAIL")
    assert (source.answered_at(known), source.failed(known)) == (100, 1)


def test_of_a_source_too_the_oldest_answer_and_the_worst_failures_are_told():
    source = service((10, 0, 1, "a.test"))
    known = names(source, {})
    assert source.history(known, FALLBACK) == (None, 0)  # it was never asked
    for key, at, failures in ((source.key, 160, 1), (("a.test", SERVERS), 100, 3)):
        assert source.history(known, LISTED)[0] is None
        for rtype in known[key].questions:
            known[key].questions[rtype].succeeded(None, at)
            for _ in range(failures):
                known[key].questions[rtype].failed("SERVFAIL")
    assert source.history(known, LISTED) == (100, 3)


def test_a_service_is_known_once_its_name_and_all_of_its_targets_were_tried():
    source = service((10, 0, 1, "a.test"), (20, 0, 1, "b.test"))
    known = names(source, {})
    assert source.state(known)[0] == "unknown"
    for key, rtype, values in ((source.key, SRV, [1]), (("a.test", SERVERS), A, ["192.0.2.1"]),
                               (("b.test", SERVERS), A, ["192.0.2.2"])):  # fmt: skip
        assert not source.tried(known) and source.endpoints(known, 7, LISTED) is None
        answered(known[key], rtype, values)
    assert source.tried(known) and source.state(known) == ("current", "answered")
    assert source.endpoints(known, 7, LISTED) == [("192.0.2.1", 1), ("192.0.2.2", 1)]
    assert source.followed(known) == [known[key] for key in source.keys()]
    del known["b.test", SERVERS]
    assert not source.tried(known) and source.endpoints(known, 7, LISTED) is None and len(source.followed(known)) == 2
    assert source.state(known) == ("unknown", "b.test: not answered yet")


class Peer:
    def __init__(self, follow, host):
        self.config, self.follow = self, follow
        self.names = EndpointNames(host, SERVERS, "any", True)


def test_a_name_is_hurried_if_one_of_its_peers_follows_dns():
    peers = [Peer("dns", "a.test"), Peer("auto", "a.test"), Peer("auto", "b.test")]
    assert unhurried(peers) == {("b.test", SERVERS)} and unhurried([]) == set()
