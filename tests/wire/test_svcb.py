"""svcb.py: the address hints of HTTPS records."""

import pytest

from mutations import Chance, mutated
from nametrack.wire.dnsname import DnsError
from nametrack.wire.svcb import hints

ALPN = b"\0\1\0\3\2h2"
FOUR = b"\0\4\0\x08" + b"\xc6\x33\x64\1\xc6\x33\x64\2"
SIX = b"\0\6\0\x10" + b"\x20\1\x0d\xb8" + bytes(11) + b"\1"
RECORD = b"\0\1\0" + ALPN + FOUR + SIX


def test_hints_of_both_families_are_addresses():
    assert hints(RECORD) == ["198.51.100.1", "198.51.100.2", "2001:db8::1"]


@pytest.mark.parametrize("data", [b"\0\1\0", b"\0\0\3cdn\4test\0", b"\0\1\0" + ALPN, b"\0\1\0\0\2\0\0"])
def test_a_record_without_hints_has_none(data):
    assert hints(data) == []


def test_a_record_cut_anywhere_in_a_parameter_is_refused():
    whole = (3, 3 + len(ALPN), 3 + len(ALPN) + len(FOUR), len(RECORD))
    for size in range(len(RECORD)):
        if size not in whole:
            with pytest.raises(DnsError):
                hints(RECORD[:size])


@pytest.mark.parametrize("data", [b"\0\1\x40" + bytes(64), b"\0\1\0\0\4\0\5" + bytes(5)])
def test_what_is_no_such_record_is_refused(data):
    with pytest.raises(DnsError):
        hints(data)


def test_mutated_records_have_addresses_or_are_refused():
    chance = Chance(65)
    for _ in range(2000):
        try:
            assert all(isinstance(address, str) for address in hints(mutated(chance, RECORD, [RECORD])))
        except DnsError:
            pass
