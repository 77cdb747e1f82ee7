"""Files that may be missing, half written or anybody's."""

import json

import pytest

from both import each_interpreter, run

LOAD = """
from nametrack.adapters import files
from nametrack.core.last_good import Entry
store = files.LastGood(sys.argv[1])
def load(wall):
    entries, problem = store.load(wall)
    for entry in entries:
        print(entry.host, entry.address, entry.named, entry.remaining, *([entry.port] if entry.port else []))
    print(problem)
"""


def load(interpreter, folder, content, wall=1000):
    path = folder / "last-good.json"
    path.write_bytes(content)
    return run(interpreter, folder, LOAD + f"load({wall})", folder)


def line(host="a.test", address="192.0.2.1", named=True, expires=1000):
    return json.dumps({"host": host, "address": address, "named": named, "expires": expires}).encode()


@each_interpreter
def test_what_is_saved_is_loaded_with_less_time_remaining(interpreter, tmp_path):
    path = tmp_path / "last-good.json"
    text = """
        service = Entry("_wg._udp.test", "192.0.2.9", True, 0, 51999, [])
        prefix = Entry("b.test", "2001:db8::/32", False, 500, None, ["nft inet fw4 b6"])
        store.save([Entry("a.test", "192.0.2.1", True, 0, None, None), prefix, service], 1000)
        load(1100)
        load(5000)
        load(10)
        """
    import textwrap

    lines = run(interpreter, tmp_path, LOAD + textwrap.dedent(text), tmp_path)
    port = "_wg._udp.test 192.0.2.9 True %d 51999"
    assert lines[:4] == ["a.test 192.0.2.1 True 0", "b.test 2001:db8::/32 False 400", port % 0, "None"]
    assert lines[4:8] == ["a.test 192.0.2.1 True 0", "b.test 2001:db8::/32 False 0", port % 0, "None"]
    assert lines[8:12] == ["a.test 192.0.2.1 True 990", "b.test 2001:db8::/32 False 1490", port % 990, "None"]
    saved = json.loads(path.read_text())
    assert saved["version"] == 1
    prefix = {"host": "b.test", "address": "2001:db8::/32", "named": False, "expires": 1500}
    assert saved["entries"][1] == dict(prefix, sets=["nft inet fw4 b6"])


@each_interpreter
def test_the_file_is_json_whatever_the_number_of_entries(interpreter, tmp_path):
    path = tmp_path / "last-good.json"
    text = """
        for count in (0, 1, 249, 250, 251, 500, 3000):
            store.save([Entry("h%d.test" % i, "192.0.2.%d" % (i % 256), True, i, None, []) for i in range(count)], 7)
            entries, problem = store.load(7)
            print(len(entries) == count, problem)
        """
    import textwrap

    assert set(run(interpreter, tmp_path, LOAD + textwrap.dedent(text), tmp_path)) == {"True None"}
    assert len(json.loads(path.read_text())["entries"]) == 3000


@each_interpreter
def test_no_file_is_no_problem(interpreter, tmp_path):
    assert run(interpreter, tmp_path, LOAD + "load(0)", tmp_path / "nothing") == ["None"]


@each_interpreter
def test_a_file_that_cannot_be_read_is_said(interpreter, tmp_path):
    path = tmp_path / "last-good.json"
    path.mkdir()
    assert run(interpreter, tmp_path, LOAD + "load(0)", tmp_path) == [f"{path}: is a directory"]


@each_interpreter
def test_a_file_cut_off_keeps_what_is_whole(interpreter, tmp_path):
    content = b'{"version": 1, "entries": [\n' + line() + b",\n" + line("b.test") + b",\n" + line("c.test")[:30]
    lines = load(interpreter, tmp_path, content)
    assert lines[:2] == ["a.test 192.0.2.1 True 0", "b.test 192.0.2.1 True 0"]
    assert lines[2].endswith(": 1 lines skipped that are no entries")


HOSTILE = [
    b"\xff\xfe\x00garbage",
    b"[" * 2000,
    b"[" * 100000,
    b"{" * 2000,
    b'{"host": "a.test"}',
    b"null",
    b"12",
    b'"text"',
    line(host=""),
    line(host="a b"),
    line(host="a\nb"),
    line(host="\u2028"),
    line(host=["a"]),
    line(host="a" * 1500),
    line(address="192.0.2.300"),
    line(address="192.0.2.1; flush ruleset"),
    line(address=None),
    line(address=5),
    line(named=1),
    line(named="yes"),
    line(expires=True),
    line(expires="soon"),
    line(expires=1.5),
    line(expires=None),
    b'{"host": "a.test", "address": "192.0.2.1", "named": true, "expires": 1e999}',
]


@each_interpreter
def test_what_is_no_entry_is_skipped_and_the_rest_kept(interpreter, tmp_path):
    for content in HOSTILE:
        lines = load(interpreter, tmp_path, content + b"\n" + line("kept.test"))
        assert lines[0] == "kept.test 192.0.2.1 True 0", content[:50]
        assert len(lines) == 2 and "skipped that are no entries" in lines[1], content[:50]


@each_interpreter
def test_times_beyond_all_reason_are_ten_years(interpreter, tmp_path):
    content = b"\n".join([line(expires=10**30), line("b.test", expires=-(10**30))])
    lines = load(interpreter, tmp_path, content)
    assert lines[:2] == ["a.test 192.0.2.1 True %d" % (10 * 365 * 86400), "b.test 192.0.2.1 True 0"]


@each_interpreter
def test_addresses_become_canonical_and_entries_unique(interpreter, tmp_path):
    content = b"\n".join([line(address="2001:DB8:0::1"), line(address="2001:db8::1"), line(address="192.0.2.1/24")])
    assert load(interpreter, tmp_path, content) == ["a.test 2001:db8::1 True 0", "a.test 192.0.2.0/24 True 0", "None"]


@each_interpreter
def test_a_copy_makes_its_folder_and_an_old_one_does_not_stay(interpreter, tmp_path):
    folder = tmp_path / "run"
    script = """
one, two = Entry("a.test", "192.0.2.1", True, 0, None, ()), Entry("a.test", "192.0.2.2", True, 0, None, ("ipset a",))
nothing = files.LastGood("/nonexistent")
store.share([one], 0)
print(list(files.remembered(store, nothing, 0)) == [one], list(files.remembered(nothing, store, 0)) == [one])
store.share(iter([one, two]), 0)
print(list(files.remembered(store, nothing, 0)) == [one, two])
import os
os.mkdir(sys.argv[1] + "/last-good.json.new")
try:
    store.share([one], 0)
except OSError as error:
    print(compat.error_text(error))
load(0)
"""
    assert run(interpreter, tmp_path, LOAD + script, folder) == ["True True", "True", "is a directory", "None"]


@each_interpreter
def test_an_entry_in_many_sets_is_one_that_may_be_in_any(interpreter, tmp_path):
    script = """
many = ["nft inet fw4 %s%d" % ("x" * 200, i) for i in range(20)]
store.save([Entry("a.test", "192.0.2.%d" % count, True, 0, None, tuple(many[:count])) for count in (1, 10, 20)], 0)
print([entry.sets and len(entry.sets) for entry in store.load(0)[0]], store.load(0)[1])
"""
    assert run(interpreter, tmp_path, LOAD + script, tmp_path) == ["[1, None, None] None"]


@each_interpreter
@pytest.mark.parametrize("sets", ['"a"', "[1]", "{}", "[[]]", "7"])
def test_names_of_sets_are_text(interpreter, sets, tmp_path):
    content = line().replace(b"}", b', "sets": %s}' % sets.encode())
    lines = load(interpreter, tmp_path, content)
    assert len(lines) == 1 and lines[0].endswith("1 lines skipped that are no entries")


@each_interpreter
def test_a_full_disk_raises_and_keeps_the_old_file(interpreter, tmp_path):
    path = tmp_path / "last-good.json"
    path.write_text("old")
    (tmp_path / "last-good.json.new").symlink_to("/dev/full")
    text = """
try:
    store.save([Entry("a.test", "192.0.2.1", True, 0, None, [])], 0)
except OSError as error:
    print(compat.error_text(error))
"""
    assert run(interpreter, tmp_path, LOAD + text, tmp_path) == ["no space left"]
    assert path.read_text() == "old"


@each_interpreter
@pytest.mark.parametrize("content", [b"config nametrack 'global'\n", "caf\u00e9".encode(), b"caf\xe9"])
def test_a_text_file_is_text_whatever_its_encoding(interpreter, content, tmp_path):
    path = tmp_path / "config"
    path.write_bytes(content)
    script = "from nametrack.adapters import files\nprint(files.read_text(sys.argv[1]))"
    lines = run(interpreter, tmp_path, script, path)
    expected = "café" if content[:3] == b"caf" else content.decode()
    assert eval(lines[0]) == (expected, None)


@each_interpreter
def test_a_text_file_that_is_not_there_is_said(interpreter, tmp_path):
    script = "from nametrack.adapters import files\nprint(files.read_text(sys.argv[1]))"
    assert run(interpreter, tmp_path, script, tmp_path / "x") == ["(None, 'no such file')"]
