"""table.py: many keys in many small dicts, as a dict would hold them."""

import pytest

from nametrack import ip
from nametrack.key_table import Batches, KeyTable

LARGEST = 1500  # keys in one of the dicts, of 65,536
KINDS = {
    "addresses": [(10 << 24) + i for i in range(65536)],
    "every 256th": [(10 << 24) + 256 * i for i in range(65536)],
    "every 257th": [(10 << 24) + 257 * i for i in range(65536)],
    "/24": [((20 << 24) + 256 * i, (20 << 24) + 256 * i + 255) for i in range(65536)],
    "/25, every second": [((20 << 24) + 256 * i, (20 << 24) + 256 * i + 127) for i in range(65536)],
    "IPv6 /64": [ip.wide_key(i << 64, (i + 1 << 64) - 1, 6) for i in range(4096)],
}


def test_it_holds_what_a_dict_holds():
    table, expected, seed = KeyTable(), {}, 7
    for _ in range(3000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        first = seed >> 8 & 1023
        key = first if seed & 64 else (first, first + 7)
        if seed & 128:
            table.pop(key)
            expected.pop(key, None)
        else:
            table[key] = expected[key] = seed
        assert table.get(key) == expected.get(key) and (key in table) == (key in expected)
    assert len(table) == len(expected) and sorted(table, key=str) == sorted(expected, key=str)
    other = KeyTable()
    other.update(table)
    assert sorted(other, key=str) == sorted(table, key=str) and all(other.get(key) == table.get(key) for key in table)
    other[5000] = 1
    assert 5000 not in table
    assert all(table.get(key) == expected[key] for key in expected)


def test_a_table_takes_in_or_gives_up_what_another_one_holds():
    keys = KINDS["addresses"][:900]
    table, other = KeyTable(keys[:600], 1), KeyTable(keys[300:], 2)
    table.update(other)
    assert [table.get(key) for key in keys] == [1] * 300 + [2] * 600
    table[keys[899]] = 3
    assert other.get(keys[899]) == 2  # nothing is shared
    table.remove(KeyTable(keys[:100]))
    table.remove(KeyTable(keys[:100]))
    table.remove(other)
    assert sorted(table.keys()) == sorted(table) == keys[100:300]
    table.remove(KeyTable(keys[100:300], 1))
    assert not table and not table.keys()


def test_keys_of_one_part_are_put_at_once():
    table = KeyTable([10, 300])
    number = table.numbers()[0]
    table.put(number, [10, 11])
    table.put(number, [])
    assert sorted(table.keys()) == [10, 11, 300] and table.get(11) is None and 11 in table


def test_what_tables_have_from_each_other_is_each_ones_own():
    """Parts are shared until one is changed: nobody sees the change of another one."""
    tables, expected, seed = [KeyTable() for _ in range(4)], [{} for _ in range(4)], 11
    for step in range(4000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        kind, at, other, key = seed >> 8 & 7, seed >> 11 & 3, seed >> 13 & 3, (seed >> 15 & 63) << 6
        table = tables[at]
        if kind < 3:
            table[key] = expected[at][key] = step
        elif kind == 3:
            table.pop(key)
            expected[at].pop(key, None)
        elif kind == 4 and at != other:
            table.update(tables[other])
            expected[at].update(expected[other])
        elif kind == 5 and at != other:
            table.remove(tables[other])
            expected[at] = {key: expected[at][key] for key in expected[at] if key not in expected[other]}
        elif kind == 6:
            tables[at], expected[at] = KeyTable([key, key + 1]), {key: None, key + 1: None}
        else:
            table.put(key >> 8, [key, key + 2])
            expected[at][key] = expected[at][key + 2] = None
        for i in range(4):
            assert {key: tables[i].get(key) for key in tables[i]} == expected[i], (step, kind)
            assert len(tables[i]) == len(expected[i])


def test_batches_hold_all_keys_in_tables_of_no_more_than_so_many():
    source = KeyTable(KINDS["addresses"][:2000])  # 256 and 208 in a part
    for most in (100, 250, 300, 600):
        batches = Batches(most)
        for number in source.numbers():
            if number & 1:
                batches.add(number, list(source.part(number)))
            else:
                batches.share(number, source)
        batches.share(99, source)  # of which there is nothing
        assert max([len(table) for table in batches.tables]) <= most and batches.count == 2000
        assert sorted([key for table in batches.tables for key in table]) == KINDS["addresses"][:2000]
        batches.tables[0].pop(batches.tables[0].keys()[0])
        assert len(source) == 2000


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_dict_of_it_becomes_large(kind):
    """So that none takes long to grow, or to say that a key is absent."""
    table = KeyTable(KINDS[kind])
    assert max([len(table.part(number)) for number in table.numbers()]) <= LARGEST
    assert len(table) == len(KINDS[kind])


def test_keys_may_go_and_come_while_they_are_looked_through():
    table = KeyTable(KINDS["addresses"][:600])
    for key in table:
        table.pop(key)
        table[key + 65536] = None
        if len(table) > 600 or key >= (10 << 24) + 600:
            break
    assert len(table) == 600


def test_the_same_part_of_two_tables_has_the_same_keys():
    one, other = KeyTable(KINDS["/24"][:500]), KeyTable(KINDS["/24"][250:750])
    common = sum([len([key for key in one.part(n) if key in other.part(n)]) for n in one.numbers()])
    assert common == 250


def test_two_tables_are_equal_if_they_hold_the_same_whatever_was_in_them():
    one, other = KeyTable(KINDS["addresses"][:600], 1), KeyTable(KINDS["addresses"][:601], 1)
    assert not one.equals(other) and not other.equals(one)
    other.pop(KINDS["addresses"][600])
    assert one.equals(other) and other.equals(one)
    other[KINDS["addresses"][0]] = 2
    assert not one.equals(other)
    for key in KINDS["addresses"][:600]:
        one.pop(key)
    assert one.equals(KeyTable()) and KeyTable().equals(one)
