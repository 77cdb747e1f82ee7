"""The lab's DNS server really sends what each behaviour promises, as a client sees it that believes everything."""

import socket
import struct
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from lab.authority import Authority, Zone
from lab.host import Host
from lab.lies import FORGED, NOWHERE
from lab.world import DNS_ADDRESSES, STAGING4, STAGING6, STAGING_NAME

DNS = ("192.0.2.53", 53)
DNS6 = ("2001:db8:53::53", 53)


@pytest.fixture(scope="module")
def authority():
    Host("internet", own=False).ip(*(f"addr replace {address} dev lo" for pair in DNS_ADDRESSES for address in pair))
    zone = Zone("dyn.test", "example.test")
    zone.set(STAGING_NAME, "A", STAGING4)
    zone.set(STAGING_NAME, "AAAA", STAGING6)
    authority = Authority(zone, DNS_ADDRESSES)
    yield authority
    authority.close()


@pytest.fixture
def asked(authority):
    """ask(behaviour, …) gives the query and what came back; the authority is honest again afterwards."""

    def ask(behaviour, rtype="A", tcp=False, server=DNS, timeout=2, **options):
        authority.behave(behaviour, STAGING_NAME, **options)
        query = dns.message.make_query(STAGING_NAME, rtype)
        return query, (by_tcp if tcp else by_udp)(query, server, timeout)

    yield ask
    authority.behave(None)


def by_udp(query, server, timeout):
    """The first datagram that comes, as (data, (address, port)); None when none does."""
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.sendto(query.to_wire(), server)
        try:
            data, source = sock.recvfrom(65535)
        except socket.timeout:
            return None
        return data, source[:2]


def by_tcp(query, server, timeout):
    """All that comes by TCP until the announced length or the connection's end, as (data, length announced)."""
    with socket.create_connection(server, timeout) as sock:
        data = query.to_wire()
        sock.sendall(struct.pack("!H", len(data)) + data)
        try:
            received = sock.recv(2, socket.MSG_WAITALL)
            length = int.from_bytes(received, "big")
            return sock.recv(length, socket.MSG_WAITALL), length
        except socket.timeout:
            return None


def values(response):
    return sorted(data.to_text() for rrset in response.answer for data in rrset)


def test_honest_by_udp_and_tcp_in_both_families(asked):
    for server in (DNS, DNS6):
        for tcp in (False, True):
            query, (data, _) = asked("honest", tcp=tcp, server=server)
            response = dns.message.from_wire(data)
            assert query.is_response(response) and values(response) == STAGING4


def test_silent(asked):
    assert asked("silent", timeout=0.5)[1] is None
    assert asked("silent", timeout=0.5, tcp=True)[1] is None


def test_slow(asked):
    began = time.monotonic()
    assert asked("slow", seconds=0.5, timeout=5)[1] is not None
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize("name", ["servfail", "refused", "formerr", "nxdomain"])
def test_rcodes(asked, name):
    _, (data, _) = asked(name)
    assert dns.message.from_wire(data).rcode() == dns.rcode.from_text(name)


@pytest.mark.parametrize("name", ["nxdomain", "nodata"])
def test_a_denial_says_how_long_it_holds(asked, name):
    _, (data, _) = asked(name)
    response = dns.message.from_wire(data)
    assert response.answer == [] and response.authority[0].rdtype == dns.rdatatype.SOA
    assert response.authority[0][0].minimum == 5


def test_truncate(asked):
    _, (data, _) = asked("truncate")
    assert dns.message.from_wire(data, ignore_trailing=True).flags & dns.flags.TC
    _, (data, _) = asked("truncate", tcp=True)
    assert values(dns.message.from_wire(data)) == STAGING4
    assert asked("truncate_then_silent")[1] is not None
    assert asked("truncate_then_silent", tcp=True, timeout=0.5)[1] is None


def test_a_long_answer_is_truncated_by_itself(authority):
    authority.zone.set("long.example.test", "A", [f"198.18.1.{i}" for i in range(1, 251)])
    query = dns.message.make_query("long.example.test", "A", use_edns=0, payload=1232)
    response, by_tcp_in_the_end = dns.query.udp_with_fallback(query, DNS[0], timeout=3)
    assert by_tcp_in_the_end and len(values(response)) == 250


def test_wrong_id(asked):
    query, (data, _) = asked("wrong_id")
    response = dns.message.from_wire(data)
    assert response.id != query.id and response.question == query.question and values(response) == FORGED["A"]


def test_wrong_question(asked):
    query, (data, _) = asked("wrong_question")
    response = dns.message.from_wire(data)
    assert response.id == query.id and response.question != query.question and values(response) == FORGED["A"]


def test_wrong_owner(asked):
    query, (data, _) = asked("wrong_owner", "AAAA")
    response = dns.message.from_wire(data)
    assert query.is_response(response) and response.answer[0].name != query.question[0].name
    assert values(response) == FORGED["AAAA"]


@pytest.mark.parametrize("server", [DNS, DNS6])
def test_wrong_address(asked, server):
    query, (data, source) = asked("wrong_address", server=server)
    assert source[0] != server[0] and source[1] == 53
    assert query.is_response(dns.message.from_wire(data))


def test_wrong_port(asked):
    query, (data, source) = asked("wrong_port")
    assert source == (DNS[0], 54)
    assert query.is_response(dns.message.from_wire(data))


def test_compression_loop(asked):
    _, (data, _) = asked("compression_loop")
    with pytest.raises(dns.exception.FormError):
        dns.message.from_wire(data)


def test_cut(asked):
    _, (data, _) = asked("cut")
    with pytest.raises(dns.exception.FormError):
        dns.message.from_wire(data)
    _, (data, length) = asked("cut", tcp=True)
    assert len(data) < length


@pytest.mark.parametrize("rtype, count", [("A", 4000), ("AAAA", 2300)])
def test_many(asked, rtype, count):
    _, (data, _) = asked("many", rtype)
    assert dns.message.from_wire(data).flags & dns.flags.TC
    _, (data, length) = asked("many", rtype, tcp=True, timeout=5)
    assert len(data) == length > 65000
    assert len(set(values(dns.message.from_wire(data)))) > count


def test_nowhere(asked):
    for rtype in ("A", "AAAA"):
        _, (data, _) = asked("nowhere", rtype)
        assert values(dns.message.from_wire(data)) == sorted(NOWHERE[rtype])


def test_a_behaviour_of_one_name_leaves_the_others(authority, asked):
    authority.zone.set("other.example.test", "A", ["192.0.2.130"])
    asked("servfail")
    response = dns.query.udp(dns.message.make_query("other.example.test", "A"), DNS[0], timeout=2)
    assert values(response) == ["192.0.2.130"]


def test_an_alias_is_followed_as_far_as_the_zone_goes(authority):
    authority.zone.set("alias.example.test", "CNAME", [STAGING_NAME + "."])
    response = dns.query.udp(dns.message.make_query("alias.example.test", "A"), DNS[0], timeout=2)
    assert [rrset.rdtype for rrset in response.answer] == [dns.rdatatype.CNAME, dns.rdatatype.A]


def test_queries_are_counted(authority, asked):
    before = time.monotonic()
    asked("honest")
    asked("silent", timeout=0.2)
    asked("honest", "AAAA", tcp=True)
    assert authority.count(STAGING_NAME, "A", since=before) == 2
    assert [query.transport for query in authority.asked(STAGING_NAME, since=before)] == ["udp", "udp", "tcp"]


def test_garbage_is_ignored(authority):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for data in (b"", b"garbage", bytes(12), bytes(600)):
            sock.sendto(data, DNS)
    assert dns.query.udp(dns.message.make_query(STAGING_NAME, "A"), DNS[0], timeout=2).answer
