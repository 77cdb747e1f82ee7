"""What the kernel tells while nft changes its sets, in a network of its own."""

import subprocess

import pytest

from both import ALONE, each_interpreter, run

SET_UP = """#!/bin/sh
set -e
nft -f - <<E
table inet t {
 set s { type ipv4_addr; }
 set other { type ipv4_addr; }
 chain c { }
}
table ip t { set s { type ipv4_addr; }; }
E
exec "$@"
"""
NOTICES = """
from nametrack.adapters import notices
import os
sys.path.insert(0, %r)
from both_sets import change, made, named, sets
heard = notices.Notices(poller, emit)
sets._notices = heard
SET = named("nft inet t s")
made(SET, [], [])
events.clear()
print("ready")
heard.watch(SET)
heard.start()
def finish():
    seconds(0.1)
    print("--")
def nft(*commands):
    with open(sys.argv[0] + ".nft", "w") as file:
        file.write("\\n".join(commands))
    if os.system("nft -f %%s.nft" %% sys.argv[0]):
        print("nft failed")
    finish()
""" % __file__[: __file__.rfind("/")]
SET = "SetName(kind='nft', family='inet', table='t', name='s')"
MISSED = "nametrack missed some nftables notifications; reading the sets again"


def works():
    return subprocess.run([*ALONE, "nft", "add", "table", "t"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works(), reason="no nft in a namespace here")


def told(interpreter, folder, script):
    """What was handed in until each `--`: a list of lists of lines."""
    path = folder / "set-up"
    path.write_text(SET_UP)
    path.chmod(0o755)
    lines = run(interpreter, folder, NOTICES + script, within=[*ALONE, str(path)])
    lines = lines[lines.index("ready") + 1 :]
    lines = [line.replace(str(SET), "SET") for line in lines]
    return [part.splitlines() for part in "\n".join(lines).replace("--\n", "--").split("--")][: lines.count("--")]


@each_interpreter
def test_what_others_add_and_what_they_take_away(interpreter, tmp_path):
    script = """
nft("add element inet t s { 192.0.2.1, 192.0.2.2 }")
nft("delete element inet t s { 192.0.2.1 }")
nft("flush set inet t s")
nft("add element inet t s { 192.0.2.1 }", "delete element inet t s { 192.0.2.1 }")
nft("flush chain inet t c", "delete set inet t s", "add set inet t s { type ipv4_addr; flags timeout; }")
nft("delete table inet t")
nft("add table inet t", "add set inet t s { type ipv4_addr; }")
nft("flush ruleset")
"""
    added, removed = ["SetTouched SET False"], ["SetTouched SET True"]
    assert told(interpreter, tmp_path, script) == [added] + [removed] * 7


@each_interpreter
def test_other_sets_and_other_things_are_no_news(interpreter, tmp_path):
    script = """
nft("add element inet t other { 192.0.2.1 }")
nft("add element ip t s { 192.0.2.1 }")
nft("delete table ip t")
"""
    assert told(interpreter, tmp_path, script) == [[], [], []]


@each_interpreter
def test_what_we_change_ourselves_is_no_news(interpreter, tmp_path):
    script = """
many = ["192.0.2.%d" % i for i in range(200)]
for deleted, added in ([], many), (["192.0.2.1"], ["192.0.2.201"]), (["192.0.2.9"], []):
    change(SET, deleted, added)
    finish()
nft("delete element inet t s { 192.0.2.10 }")
"""
    found = told(interpreter, tmp_path, script)
    assert [[line.split()[0] for line in lines] for lines in found[:3]] == [["SetChanged"]] * 3
    assert found[3] == ["SetTouched SET True"]


@each_interpreter
def test_more_than_the_kernel_keeps_for_us_is_a_disturbance(interpreter, tmp_path):
    script = """
with open(sys.argv[0] + ".nft", "w") as file:
    many = ", ".join(["10.0.%d.%d" % (i >> 8, i & 255) for i in range(2000)])
    file.write("add element inet t s { %s }\\nflush set inet t s" % many)
for _ in range(20):
    os.system("nft -f %s.nft" % sys.argv[0])  # nobody reads what the kernel tells
seconds(0.5)
names = [type(event).__name__ for event in events]
print(names.count("SetsDisturbed"), len(names) < 50)
print("--")
"""
    count, few = told(interpreter, tmp_path, script)[0][-1].split()
    assert (count, few) == ("1", "True")


@each_interpreter
def test_a_large_change_of_our_own_is_no_news_slice_by_slice(interpreter, tmp_path):
    script = """
for start in range(0, 20000, 1000):
    change(SET, [], ["10.0.%d.%d" % (i >> 8, i & 255) for i in range(start, start + 1000)])
    poller.wait(0)
finish()
"""
    assert set(line.split()[0] for line in told(interpreter, tmp_path, script)[0]) == {"SetChanged"}


@each_interpreter
def test_a_rule_that_comes_to_refer_to_the_set_or_goes_is_told(interpreter, tmp_path):
    script = """
nft("add rule inet t c ip daddr @s counter")
nft("add rule inet t c ip daddr @other counter")
nft("flush chain inet t c")
"""
    found = told(interpreter, tmp_path, script)
    assert found[0] == ["SetTouched SET True"] and found[1] == [] and found[2] in (["SetTouched SET True"], [])


@each_interpreter
def test_a_change_that_was_not_heard_of_shows_in_the_number_of_changes(interpreter, tmp_path):
    script = """
from nametrack.wire import nfnetlink
nfnetlink.NFTABLES_GROUP = 0
notices.CHECK = 0.2
said = []
deaf = notices.Notices(poller, said.append)
deaf.start()
seconds(0.5)
print(said)
nft("add element inet t s { 192.0.2.1 }")
until(lambda: said)
seconds(0.5)
print(said)
print("--")
"""
    found = told(interpreter, tmp_path, script)
    assert found[0][0] == "[]"
    assert found[1] == [f"[SetsDisturbed(reason='{MISSED}')]"]


@each_interpreter
def test_where_nobody_can_listen_nothing_is_heard(interpreter, tmp_path):
    script = """
def refuse(protocol, groups=0):
    raise OSError(compat.EACCES, "")
compat.netlink_socket = refuse
notices.Notices(poller, emit).start()
print("fine")
print("--")
"""
    assert told(interpreter, tmp_path, script) == [["fine"]]
