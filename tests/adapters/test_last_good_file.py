"""last_good.py: the file and its copy, on a disk that may be full, by an agent that may be killed at any moment."""

import json
import os

from both import each_interpreter, run

SCRIPT = """
from nametrack import ip
from nametrack.adapters.last_good import LastGood, read_all
from nametrack.core.last_good import Endpoints, Known, Owned, Remembered, Saved, essence
from nametrack.daemon.loop import Poller

events = []
store = LastGood(poller, events.append, sys.argv[1] + "/state", sys.argv[1] + "/run")

def known(host="a.test", addresses=("192.0.2.1",), named=True, remaining=0):
    return Known(host, [ip.key(address) for address in addresses], named, remaining)

def many(count):
    return [Known("h%d.test" % i, [0xC0000200 + i * 64 + j for j in range(64)], True, 0) for i in range(count // 64)]

def save(*records):
    store.save(do.SaveLastGood(lambda: iter(records), 7))

def share(*records):
    store.share(do.ShareLastGood(lambda: iter(records)))

def remember(*records):
    store.remember(do.Remember(list(records)))

def loaded():
    del events[:]
    LastGood(poller, events.append, sys.argv[1] + "/state", sys.argv[1] + "/run").load()
    until(lambda: not events[-1].more)
    return [record for event in events for record in event.records]

def problem():
    loaded()
    return events[-1].problem

def folder(name):
    import os
    if hasattr(os, "ilistdir"):
        return sorted([entry[0] for entry in os.ilistdir(sys.argv[1] + name)])
    return sorted(os.listdir(sys.argv[1] + name))
""".replace("del events[:]", "events.clear()")


def lines(interpreter, path, script):
    return run(interpreter, path, SCRIPT + script, path)


@each_interpreter
def test_the_agent_makes_its_folders(interpreter, tmp_path):
    script = "save(known()); share(known()); store.finish(); print(loaded() == [known()])"
    assert lines(interpreter, tmp_path, script) == ["True"]
    assert json.loads((tmp_path / "state/last-good.json").read_text())["entries"][0]["addresses"] == ["192.0.2.1"]


@each_interpreter
def test_after_a_boot_the_file_is_read_and_becomes_the_copy(interpreter, tmp_path):
    script = """
save(known(), Endpoints("p.test", [0x05060708], [51820]))
print(loaded() == [known(), Endpoints("p.test", [0x05060708], [51820]), Saved(7)])
remember(known("b.test"))
print(loaded() == [known(), Endpoints("p.test", [0x05060708], [51820]), Saved(7), known("b.test")])
"""
    assert lines(interpreter, tmp_path, script) == ["True", "True"]


@each_interpreter
def test_what_is_remembered_is_in_the_copy_at_once_and_the_file_is_left_alone(interpreter, tmp_path):
    """A SIGKILL may come right after it, and flash wears."""
    script = """
save(known()); store.finish()
loaded()
remember(known("b.test"), Owned("ipset b4", [5], "added"))
with open(sys.argv[1] + "/run/last-good.json") as file:
    print("b.test" in file.read())
with open(sys.argv[1] + "/state/last-good.json") as file:
    print("b.test" in file.read())
print(loaded()[-2:] == [known("b.test"), Owned("ipset b4", [5], "added")])
"""
    assert lines(interpreter, tmp_path, script) == ["True", "False", "True"]


@each_interpreter
def test_a_line_that_was_cut_off_costs_that_line(interpreter, tmp_path):
    script = """
loaded()
remember(known("a.test"))
with open(sys.argv[1] + "/run/last-good.json", "ab") as file:
    file.write(b'{"host": "lost.test", "na')
store._close()
remember(known("b.test"))
print(loaded() == [known("a.test"), known("b.test")], events[-1].problem[-48:])
"""
    assert lines(interpreter, tmp_path, script) == ["True 1 lines skipped that hold no last good addresses"]


@each_interpreter
def test_what_is_remembered_while_the_copy_is_made_anew_is_in_it(interpreter, tmp_path):
    script = """
loaded()
remember(known("before.test"))
records = many(40000)
share(*records)
print(store.busy())
remember(known("meanwhile.test"))
until(lambda: not store.busy())
remember(known("after.test"))
found = Remembered(loaded())
print([len(found.of(name + ".test")) for name in ("before", "meanwhile", "after", "h0", "h600")], folder("/run"))
"""
    assert lines(interpreter, tmp_path, script) == ["True", "[0, 1, 1, 1, 1] ['last-good.json']"]


@each_interpreter
def test_nothing_is_read_or_written_for_long_in_a_row(interpreter, tmp_path):
    """65,536 addresses take a second and more, in which the agent is not deaf."""
    script = """
import driver
from nametrack import compat_files
records = many(65536)

def spent():
    return int(compat_files.read_file("/proc/self/schedstat").split()[0]) / 1e9

class Measured(Poller):
    longest = total = 0

    def wait(self, deadline):
        began = spent()
        Poller.wait(self, deadline)
        self.longest = max(self.longest, spent() - began)
        self.total += spent() - began

def longest():
    global poller, store
    poller = driver.poller = Measured(compat.monotonic)
    store = LastGood(poller, events.append, sys.argv[1] + "/state", sys.argv[1] + "/run")
    save(*records)
    until(lambda: not store.busy())
    events.clear()
    store.load()
    until(lambda: not events[-1].more)
    found = [record for event in events for record in event.records if isinstance(record, Known)]
    assert sum([len(record.keys) for record in found]) == 65536 and len(events) > 100
    return poller.longest / poller.total

for i in range(3):  # what a busy machine adds is not the same each time
    print(longest())
"""
    made = lines(interpreter, tmp_path, script)
    assert min([float(line) for line in made]) < 0.15, made  # of its processor time


@each_interpreter
def test_a_second_write_takes_the_place_of_the_first(interpreter, tmp_path):
    script = """
save(*many(40000))
save(known())
until(lambda: not store.busy())
print(loaded() == [known(), Saved(7)], folder("/state"))
"""
    assert lines(interpreter, tmp_path, script) == ["True ['last-good.json']"]


@each_interpreter
def test_a_full_disk_is_said_and_keeps_the_old_file(interpreter, tmp_path):
    (tmp_path / "state").mkdir()
    path = tmp_path / "state/last-good.json"
    path.write_text("old")
    (tmp_path / "state/last-good.json.new").symlink_to("/dev/full")
    script = """
save(known())
store.finish()
print(type(events[-1]).__name__, events[-1].reason, type(events[-1].action).__name__, folder("/state"))
"""
    assert lines(interpreter, tmp_path, script) == ["ActionFailed no space left SaveLastGood ['last-good.json']"]
    assert path.read_text() == "old"


@each_interpreter
def test_a_copy_that_cannot_be_added_to_does_not_stay(interpreter, tmp_path):
    """Old news are worse than none."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run/last-good.json").symlink_to("/dev/full")
    script = """
remember(known())
print(type(events[-1]).__name__, events[-1].reason, folder("/run"))
"""
    assert lines(interpreter, tmp_path, script) == ["ActionFailed no space left []"]


@each_interpreter
def test_where_no_copy_can_be_made_the_file_is_read(interpreter, tmp_path):
    script = """
save(known()); store.finish()
store = LastGood(poller, events.append, sys.argv[1] + "/state", sys.argv[1] + "/script.py/run")
store.load()
print(events[-1].records == [known(), Saved(7)], events[-1].problem)
"""
    assert lines(interpreter, tmp_path, script) == ["True None"]


@each_interpreter
def test_a_run_that_changes_nothing_makes_no_copy(interpreter, tmp_path):
    script = """
save(known()); store.finish()
import os
os.remove(sys.argv[1] + "/run/last-good.json") if "last-good.json" in folder("/run") else None
store.load(True)
print(events[-1].records == [known(), Saved(7)], folder("/run"))
""".replace("save(known()); store.finish()", "loaded(); save(known()); store.finish()")
    assert lines(interpreter, tmp_path, script) == ["True []"]


@each_interpreter
def test_no_file_is_no_problem_and_one_that_cannot_be_read_is_said(interpreter, tmp_path):
    script = "print(loaded(), problem())"
    assert lines(interpreter, tmp_path, script) == ["[] None"]
    os.remove(tmp_path / "run/last-good.json")
    (tmp_path / "run/last-good.json").mkdir()
    assert lines(interpreter, tmp_path, "print(problem())") == [f"{tmp_path}/run/last-good.json: is a directory"]


@each_interpreter
def test_a_line_without_end_and_a_file_without_end_are_bounded(interpreter, tmp_path):
    (tmp_path / "run").mkdir()
    path = tmp_path / "run/last-good.json"
    path.write_bytes(b'{"host": "a.test", "named": true, "addresses": ["192.0.2.1"]}\n' + b"x" * (1 << 20) + b"\n")
    assert lines(interpreter, tmp_path, "print(loaded() == [known()], events[-1].problem)")[0].startswith("True /")
    with path.open("ab") as file:
        file.truncate(1 << 30)
    made = lines(interpreter, tmp_path, "print(loaded() == [known()], problem())")
    assert "only the first 16 MiB are used" in made[0]


@each_interpreter
def test_what_version_1_wrote_is_read(interpreter, tmp_path):
    (tmp_path / "run").mkdir()
    entries = [{"host": "a.test", "address": "192.0.2.1", "named": True, "expires": 0, "sets": ["ipset a"]}]
    text = json.dumps({"version": 1, "entries": entries}).replace("[{", "[\n{").replace("}]}", "}\n]}\n")
    (tmp_path / "run/last-good.json").write_text(text)
    script = "print(loaded() == [Owned('ipset a', known().keys, 'added'), known()], events[-1].problem)"
    assert lines(interpreter, tmp_path, script) == ["True None"]
