"""last_good.py: lines of the file, of its copy and of version 1; and lines that are anybody's."""

import json

import pytest

from nametrack import ip
from nametrack.core.last_good import ADDED, DELETED, JOINED, Endpoints, Known, Owned, Saved
from nametrack.wire import last_good as wire

WALL = 1000
A, B, SIX = ip.key("192.0.2.1"), ip.key("192.0.2.2"), ip.key("2001:db8::1")
RECORDS = [
    Known("a.test", [A, B, SIX], True, 0),
    Known("b.test", [B], False, 500),
    Endpoints("p.test", [A, SIX], [None, 51999]),
    Endpoints("q.test", [A, B], [1, 65535]),
    Owned("nft inet fw4 b6", [SIX, ip.key("2001:db8::/32"), ip.key("2001:db8::7-2001:db8::9")], ADDED),
    Owned("ipset b4", [A], DELETED),
    Owned("nft inet fw4 b4", [ip.key("192.0.2.1-192.0.2.3")], JOINED),
]


def lines(record):
    if isinstance(record, Known):
        return list(wire.host_lines(record, WALL))
    return [wire.endpoints_line(record)] if isinstance(record, Endpoints) else list(wire.set_lines(record))


def read(line, wall=WALL):
    return wire.Reader(wall, (Known, Endpoints, Owned, Saved)).records(line)


@pytest.mark.parametrize("record", RECORDS)
def test_what_is_written_is_read(record):
    for line in lines(record):
        assert read(line) == [record] and read(line + b",\n") == [record]


def test_the_file_is_one_json_text():
    text = wire.head() + b"".join([line + b",\n" for record in RECORDS for line in lines(record)]) + wire.tail(7)
    values = json.loads(text.decode())
    assert values["version"] == 2 and values["entries"][-1] == {"saved": 7}
    assert values["entries"][1] == {"host": "b.test", "named": False, "expires": 1500, "addresses": ["192.0.2.2"]}
    found = [record for line in text.split(b"\n") for record in read(line)]
    assert found == RECORDS + [Saved(7)]


def test_an_address_that_is_retained_has_less_time_left_later():
    line = lines(RECORDS[1])[0]
    assert [read(line, wall)[0].remaining for wall in (1100, 1500, 5000, 10)] == [400, 0, 0, 1490]


def test_none_is_retained_for_more_than_ten_years_by_a_clock_that_was_wrong():
    years = 10 * 365 * 86400
    line = entry(named=False, expires=WALL + 100 + years)
    assert [read(line, wall)[0].remaining for wall in (WALL, WALL + 100, WALL + 101)] == [years, years, years - 1]
    written = lines(Known("b.test", [B], False, 3 * years))[0]
    assert json.loads(written.decode())["expires"] == WALL + years


def test_many_addresses_are_several_lines_of_a_bounded_length():
    many = Known(
        "a" * 250 + ".test", [ip.key("2001:db8:1234:5678:9abc:def0:1234:%x" % (i + 4096)) for i in range(1000)], True, 0
    )
    made = lines(many)
    assert max([len(line) for line in made]) < wire.MAX_LINE
    assert [key for line in made for key in read(line)[0].keys] == many.keys


def entry(**values):
    made = {"host": "a.test", "address": "192.0.2.1", "named": True, "expires": WALL}
    made.update(values)
    return json.dumps(made).encode()


def test_a_line_of_version_1_is_read():
    assert read(entry()) == [Known("a.test", [A], True, 0)]
    assert read(entry(named=False, expires=1060, port=51820, sets=None)) == [Known("a.test", [A], False, 60)]
    owned = [Owned("ipset a", [A], ADDED), Owned("ipset b", [A], ADDED)]
    assert read(entry(sets=["ipset a", "ipset b"])) == owned + [Known("a.test", [A], True, 0)]
    assert read(b'{"version": 1, "entries": [') == read(b"]}") == read(b"") == []


def test_a_literal_of_version_1_is_what_was_ours_in_sets():
    line = entry(host="203.0.113.0/24", address="203.0.113.0/24", sets=["ipset a"])
    assert read(line) == [Owned("ipset a", [ip.key("203.0.113.0/24")], ADDED)]


HOST = {"host": "a.test", "named": True, "addresses": ["192.0.2.1"]}


def changed(**values):
    made = dict(HOST)
    made.update(values)
    return json.dumps(made).encode()


REFUSED = [
    b"\xff\xfe\x00garbage", b"[" * 2000, b"[" * 8000, b"{" * 2000, b"null", b"12", b'"text"', b"{}", b"[]",
    b'{"host": "a.test"}', b'{"saved": "1"}', b'{"saved": 1.5}', b'{"saved": true}',
    b'{"set": 1, "added": ["192.0.2.1"]}',
    changed(host=""), changed(host="a b"), changed(host="a\nb"), changed(host="\u2028"), changed(host=["a"]),
    changed(host="a" * 1500), changed(named=1), changed(named="yes"), changed(named=False, expires=True),
    changed(named=False, expires="soon"), changed(named=False, expires=1.5), changed(named=False),
    changed(addresses="192.0.2.1"), changed(addresses={}), b'{"set": "ipset a", "added": "192.0.2.1"}',
    changed(endpoints={}), changed(endpoints=[1]), changed(endpoints=[["192.0.2.1"]]),
    changed(endpoints=[["192.0.2.1", "51820"]]),
    entry(address="192.0.2.300"), entry(address=5), entry(sets="a"), entry(sets=[1]), entry(sets={}), entry(sets=7),
    b'{"host": "a.test", "named": false, "addresses": ["192.0.2.1"], "expires": 1e999}',
]  # fmt: skip


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_no_record_is_refused(line):
    with pytest.raises(wire.LastGoodError) as raised:
        read(line)
    assert raised.value.args[0] == []


# What DNS could not name either, and what is no address.
UNUSABLE = [
    "0.0.0.0", "0.0.0.0/0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.0/24",
    "::", "::1", "fe80::1", "ff02::1", "2001:db8::/32", "192.0.2.1-192.0.2.9", "192.0.2.300",
    "192.0.2.1; flush ruleset", "", 5, None, ["192.0.2.1"],
]  # fmt: skip


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_is_checked_like_one_that_dns_names(address):
    for line, kept in (
        (changed(addresses=[address, "192.0.2.2"]), [Known("a.test", [B], True, 0)]),
        (changed(endpoints=[[address, None], ["192.0.2.2", 1]]), [Endpoints("a.test", [B], [1])]),
        (entry(address=address), []),
    ):
        with pytest.raises(wire.LastGoodError) as raised:
            read(line)
        assert raised.value.args[0] == kept


def test_times_beyond_all_reason_are_ten_years():
    assert read(changed(named=False, expires=10**30))[0].remaining == wire.TEN_YEARS
    assert read(changed(named=False, expires=-(10**30)))[0].remaining == 0


def test_addresses_become_canonical():
    assert read(changed(addresses=["2001:DB8:0::1"]))[0].keys == [SIX]
    line = b'{"set": "ipset a", "added": ["192.0.2.1/24", "192.0.2.7/32"]}'
    assert read(line)[0].keys == [ip.key("192.0.2.0/24"), ip.key("192.0.2.7")]


def test_of_a_line_with_elements_that_are_none_the_others_are_read():
    with pytest.raises(wire.LastGoodError) as raised:
        read(b'{"set": "ipset a", "added": ["192.0.2.1", "x", "192.0.2.2"]}')
    (found,) = raised.value.args[0]
    assert found == Owned("ipset a", [ip.key("192.0.2.1"), ip.key("192.0.2.2")], ADDED)
