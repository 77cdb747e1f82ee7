"""Sets through nft and ipset: impostors that fail as told, and the real ones in a network of their own."""

import os
import shutil
import subprocess

import pytest

from both import ALONE, each_interpreter, run

SETS = """
from nametrack.adapters.process import Runner
from nametrack.adapters.sets import Sets
runner = Runner(poller)
sets = Sets(runner, emit)
from nametrack.element import Element as E
NFT, IPSET = "nft inet t s", "ipset s"
def finish():
    until(lambda: not runner.busy())
"""


def works(*command):
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(ALONE + list(command), capture_output=True).returncode == 0


REAL_NFT = pytest.mark.skipif(not works("nft", "add", "table", "inet", "t"), reason="no nft in a namespace here")
REAL_IPSET = pytest.mark.skipif(not works("ipset", "create", "s", "hash:net"), reason="no ipset in a namespace here")


def impostor(folder, name, text):
    """A PATH with a program of that name, and a log of what it was called with and given."""
    path = folder / name
    path.write_text(f'#!/bin/sh\n{{ echo "{name} $*"; cat; }} >> {folder}/log\n{text}\n')
    path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}


def set_up(folder, text):
    """A command that runs the script in a namespace in which `text` was carried out first."""
    path = folder / "set-up"
    path.write_text(f'#!/bin/sh\nset -e\n{text}\nexec "$@"\n')
    path.chmod(0o755)
    return ALONE + [str(path)]


@each_interpreter
def test_the_commands_and_what_they_are_fed(interpreter, tmp_path):
    environ = impostor(tmp_path, "nft", "")
    impostor(tmp_path, "ipset", "")
    script = """
sets.change(do.AddElements(NFT, [E("192.0.2.1", 60), E("192.0.2.2", None)], "why"))
sets.change(do.DeleteElements(IPSET, [E("192.0.2.1", None)], "why"))
print(runner.busy())
finish()
"""
    lines = run(interpreter, tmp_path, SETS + script, environ=environ)
    assert [line.split()[0] for line in lines] == ["True", "SetChanged", "SetChanged"]
    assert (tmp_path / "log").read_text().splitlines() == [
        "nft -f /proc/self/fd/0",
        "add element inet t s { 192.0.2.1 timeout 1m, 192.0.2.2 }",
        "ipset restore",
        "del s 192.0.2.1 -exist",
    ]


@each_interpreter
def test_a_script_is_what_a_change_would_feed(interpreter, tmp_path):
    script = """
for line in sets.script(do.ReplaceElements(NFT, [E("192.0.2.1", None)], [E("192.0.2.1", 60)], "why")):
    print(line)
for line in sets.script(do.ReplaceElements(IPSET, [E("192.0.2.1", None)], [E("192.0.2.2", None)], "why")):
    print(line)
print(len(sets.script(do.AddElements(NFT, [E("192.0.2.1", None)] * 1000, "why"))), runner.busy())
"""
    assert run(interpreter, tmp_path, SETS + script) == [
        "add element inet t s { 192.0.2.1 }",
        "delete element inet t s { 192.0.2.1 }",
        "add element inet t s { 192.0.2.1 timeout 1m }",
        "add s 192.0.2.2 -exist",
        "del s 192.0.2.1 -exist",
        "4 False",
    ]


@each_interpreter
@pytest.mark.parametrize(
    "name", ["", "nft", "nft inet t", "nft inet t s; flush", "ipset", "ipset a b", "ipset -f", "x y"]
)
def test_what_is_no_name_of_a_set_reaches_no_tool(interpreter, name, tmp_path):
    script = f"""
name = {name!r}
sets.list(do.ListSet(name))
sets.change(do.AddElements(name, [], "why"))
print(runner.busy(), len(sets.script(do.AddElements(name, [], "why"))), events[0].reason, events[1].reason)
"""
    lines = run(interpreter, tmp_path, SETS + script)
    assert lines[-1] == "False 1 not the name of a set not the name of a set"


@each_interpreter
def test_a_tool_that_is_not_there_is_said(interpreter, tmp_path):
    script = """
sets.list(do.ListSet(NFT))
sets.change(do.AddElements(IPSET, [E("192.0.2.1", None)], "why"))
finish()
print(events[0].reason, "|", events[1].reason)
"""
    lines = run(interpreter, tmp_path, SETS + script, environ={"PATH": str(tmp_path)})
    assert lines[-1] == "nft: not installed | ipset: not installed"


@each_interpreter
def test_a_tool_s_complaint_is_one_line(interpreter, tmp_path):
    environ = impostor(
        tmp_path, "nft", 'printf "# Warning: x\\n\\n/proc/self/fd/0:1:5-9: Error: bad\\nadd\\n^^^\\n"; exit 1'
    )
    impostor(tmp_path, "ipset", "exit 4")
    script = """
sets.list(do.ListSet(NFT))
sets.change(do.AddElements(NFT, [E("192.0.2.1", None)], "why"))
sets.change(do.AddElements(IPSET, [E("192.0.2.1", None)], "why"))
finish()
for event in events:
    print(type(event.action).__name__, event.reason)
"""
    lines = run(interpreter, tmp_path, SETS + script, environ=environ)
    assert lines[-3:] == [
        "ListSet /proc/self/fd/0:1:5-9: Error: bad",
        "AddElements /proc/self/fd/0:1:5-9: Error: bad",
        "AddElements exit code 4",
    ]


@each_interpreter
def test_an_element_that_could_end_a_statement_reaches_no_tool(interpreter, tmp_path):
    script = """
bad = [E("192.0.2.1 }; flush ruleset", None)]
for name in (NFT, IPSET):
    sets.change(do.AddElements(name, bad, "why"))
    print(runner.busy(), sets.script(do.AddElements(name, bad, "why")))
print(len(events))
"""
    lines = run(interpreter, tmp_path, SETS + script)
    assert lines[-1] == "2"
    assert [line for line in lines if line.startswith("False")] == [
        "False ['# nft inet t s: not an address, a prefix or a range that a set can hold']",
        "False ['# ipset s: not an address or a prefix that an ipset can hold']",
    ]


@each_interpreter
def test_a_listing_that_cannot_be_read_is_a_failure(interpreter, tmp_path):
    environ = impostor(tmp_path, "nft", "echo nonsense")
    script = """
sets.list(do.ListSet(NFT))
finish()
print(events[0].reason)
"""
    assert run(interpreter, tmp_path, SETS + script, environ=environ)[-1] == "nft listed no set"


NFT_SET = """nft -f - <<E
table inet t {
 set s { type ipv4_addr; flags timeout; }
 set i { type ipv6_addr; flags interval; }
}
E"""


@REAL_NFT
@each_interpreter
def test_a_set_of_nft(interpreter, tmp_path):
    script = """
sets.change(do.AddElements(NFT, [E("192.0.2.%d" % i, 600) for i in range(3)], "why"))
sets.change(do.ReplaceElements(NFT, [E("192.0.2.0", None), E("192.0.2.1", None)], [E("192.0.2.1", 1000)], "why"))
sets.change(do.DeleteElements(NFT, [E("192.0.2.2", None), E("192.0.2.9", None)], "why"))
sets.change(do.AddElements("nft inet t i", [E("2001:db8::/32", None)], "why"))
sets.change(do.AddElements(NFT, [E("2001:db8::1", None)], "why"))
sets.change(do.AddElements("nft inet t none", [E("192.0.2.1", None)], "why"))
for name in (NFT, "nft inet t i", "nft inet t none", "nft inet none s"):
    sets.list(do.ListSet(name))
finish()
print("--")
for event in events:
    if type(event) is on.ActionFailed:
        print(event.action.set, "failed:", event.reason)
    elif type(event) is on.SetChanged:
        print(event.action.set, "changed")
    elif event.listing is None:
        print(event.set, None)
    else:
        l = event.listing
        elements = [(e.address, e.timeout and 900 < e.timeout <= 1000) for e in l.elements]
        print(event.set, l.family, l.timeout, l.interval, elements)
"""
    lines = run(interpreter, tmp_path, SETS + script, within=set_up(tmp_path, NFT_SET))
    lines = lines[lines.index("--") + 1 :]
    assert lines[:4] == ["nft inet t s changed"] * 3 + ["nft inet t i changed"]
    lines = lines[4:]
    assert lines[0].startswith("nft inet t s failed: /proc/self/fd/0:1:") and "rror" in lines[0]
    assert lines[1].startswith("nft inet t none failed: /proc/self/fd/0:1:")
    assert lines[2] == "nft inet t s 4 True False [('192.0.2.1', True)]"
    assert lines[3] == "nft inet t i 6 False True [('2001:db8::/32', None)]"
    assert lines[4:] == ["nft inet t none None", "nft inet none s None"]


@REAL_NFT
@each_interpreter
def test_ten_thousand_elements(interpreter, tmp_path):
    count = 10000 if os.geteuid() == 0 else 500
    script = """
elements = [E("10.0.%d.%d" % (i // 256, i % 256), 3600) for i in range(int(sys.argv[1]))]
sets._emit = events.append
sets.change(do.AddElements(NFT, elements, "why"))
sets.list(do.ListSet(NFT))
finish()
print(len(events), len(events[1].listing.elements))
"""
    assert run(interpreter, tmp_path, SETS + script, count, within=set_up(tmp_path, NFT_SET)) == [f"2 {count}"]


@REAL_IPSET
@each_interpreter
def test_an_ipset(interpreter, tmp_path):
    script = """
sets.change(do.AddElements(IPSET, [E("192.0.2.1", 600), E("198.51.100.0/24", 600)], "why"))
sets.change(do.DeleteElements(IPSET, [E("192.0.2.1", None), E("192.0.2.9", None)], "why"))
sets.change(do.AddElements("ipset none", [E("192.0.2.1", None)], "why"))
sets.list(do.ListSet(IPSET))
sets.list(do.ListSet("ipset none"))
sets.glance(do.GlanceSet(IPSET))
sets.glance(do.GlanceSet("ipset none"))
finish()
print("--")
print(events[2].reason)
l = events[3].listing
print(l.family, l.timeout, l.interval, [(e.address, 500 < e.timeout <= 600) for e in l.elements])
print(events[4].listing)
print([type(event).__name__ for event in events[:2]], events[5].size, events[6].size)
"""
    within = set_up(tmp_path, "ipset create s hash:net timeout 0")
    lines = run(interpreter, tmp_path, SETS + script, within=within)
    lines = lines[lines.index("--") + 1 :]
    assert lines[0].startswith("ipset v") and "does not exist" in lines[0]
    counted = "['SetChanged', 'SetChanged'] 1 None"
    assert lines[1:] == ["4 True True [('198.51.100.0/24', True)]", "None", counted]


@REAL_IPSET
@each_interpreter
def test_what_is_ours_carries_our_comment_where_the_set_takes_comments(interpreter, tmp_path):
    script = """
sets.list(do.ListSet(IPSET))
finish()
sets.change(do.AddElements(IPSET, [E("192.0.2.1", None)], "why"))
sets.list(do.ListSet(IPSET))
finish()
print(events[0].listing.marked, events[2].listing.marked, len(events[2].listing.elements))
"""
    within = set_up(tmp_path, "ipset create s hash:net comment\nipset add s 192.0.2.9")
    assert run(interpreter, tmp_path, SETS + script, within=within)[-1] == "[] ['192.0.2.1'] 2"


MERGING = "nft 'table inet t { set s { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.0/29 } }; }'"


@REAL_NFT
@each_interpreter
def test_a_refill_leaves_exactly_what_it_names(interpreter, tmp_path):
    script = """
refill = do.RefillSet(NFT, [E("192.0.2.1", None), E("192.0.2.3-192.0.2.7", None)], "why")
print(sets.script(refill))
sets.change(refill)
sets.list(do.ListSet(NFT))
finish()
print(events[1].listing.merge, [e.address for e in events[1].listing.elements])
"""
    lines = run(interpreter, tmp_path, SETS + script, within=set_up(tmp_path, MERGING))
    script = "'flush set inet t s', 'add element inet t s { 192.0.2.1, 192.0.2.3-192.0.2.7 }'"
    assert [line for line in lines if line.startswith("['")] == ["[%s]" % script]
    assert lines[-1] == "True ['192.0.2.1', '192.0.2.3-192.0.2.7']"
