"""Whether others have changed nftables, while nft does, in a network of its own."""

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
CHANGES = """
from nametrack.adapters.nftables import Nftables
import os
sys.path.insert(0, %r)
import both_sets
from both_sets import Sets, change, do, listing, made, named
from nametrack.adapters.set_changes import NftChange
SET = named("nft inet t s")
made(SET, [], [])
nftables = both_sets.sets._nftables
events.clear()
print("ready")
def nft(*commands):
    with open(sys.argv[0] + ".nft", "w") as file:
        file.write("\\n".join(commands))
    if os.system("nft -f %%s.nft" %% sys.argv[0]):
        print("nft failed")
    print(nftables.changed())
""" % __file__[: __file__.rfind("/")]


def works():
    return subprocess.run([*ALONE, "nft", "add", "table", "t"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works(), reason="no nft in a namespace here")


def told(interpreter, folder, script):
    """What was printed after `ready`."""
    path = folder / "set-up"
    path.write_text(SET_UP)
    path.chmod(0o755)
    lines = run(interpreter, folder, CHANGES + script, within=[*ALONE, str(path)])
    return lines[lines.index("ready") + 1 :]


@each_interpreter
def test_whatever_others_change_is_told_once(interpreter, tmp_path):
    script = """
print(nftables.changed())
nft("add element inet t s { 192.0.2.1, 192.0.2.2 }")
print(nftables.changed())
nft("delete element inet t s { 192.0.2.1 }")
nft("flush set inet t s")
nft("add rule inet t c ip daddr @s counter")
nft("flush chain inet t c", "delete set inet t s", "add set inet t s { type ipv4_addr; flags timeout; }")
nft("flush ruleset")
print(nftables.changed())
"""
    expected = ["False", "True", "False", "True", "True", "True", "True", "True", "False"]
    assert told(interpreter, tmp_path, script) == expected


@each_interpreter
def test_what_we_change_ourselves_is_no_news(interpreter, tmp_path):
    """Also if the kernel counts none, because nothing was there to be deleted."""
    script = """
for deleted, added in ([], ["192.0.2.1", "192.0.2.2"]), (["192.0.2.1"], ["192.0.2.3"]), (["192.0.2.99"], []):
    change(SET, deleted, added)
    print(nftables.changed())
change(SET, [], ["10.0.%d.%d" % (i >> 8, i & 255) for i in range(20000)])
print(nftables.changed())
"""
    lines = told(interpreter, tmp_path, script)
    assert [line for line in lines if line in ("True", "False")] == ["False"] * 4


@each_interpreter
def test_what_others_change_beside_a_change_of_ours_is_told_after_it(interpreter, tmp_path):
    """Before our transaction, and after it: the number alone would not tell whose it was."""
    script = """
carry_out = NftChange.carry_out
def disturbed(change):
    refused = carry_out(change)
    os.system("nft add element inet t other { 192.0.2.1 }")
    return refused
os.system("nft add element inet t other { 192.0.2.2 }")
change(SET, [], ["192.0.2.1"])
print(nftables.changed(), nftables.changed())
NftChange.carry_out = disturbed
change(SET, [], ["192.0.2.2"])
print(nftables.changed(), nftables.changed())
"""
    lines = told(interpreter, tmp_path, script)
    assert lines[1::2] == ["True False", "True False"], lines


@each_interpreter
def test_what_is_changed_between_the_first_listing_and_the_first_glance_is_told(interpreter, tmp_path):
    script = """
fresh = Sets(poller, emit)
fresh.list(do.ListSet(SET))
os.system("nft add element inet t s { 192.0.2.1 }")
fresh.glance_nft(do.GlanceNft("nftables"))
print(events)
"""
    lines = told(interpreter, tmp_path, script)
    assert lines[-1] == "[NftChanged(what='nftables')]"


@each_interpreter
def test_none_of_us_listens_to_what_the_kernel_announces(interpreter, tmp_path):
    """A listener has the kernel keep two pages for each element of a change, until all of it is made."""
    script = """
change(SET, [], ["192.0.2.1"])
nftables.changed()
listing(SET)
for line in open("/proc/net/netlink"):
    words = line.split()
    if words[1] == "12":
        print("groups", words[3])
"""
    lines = told(interpreter, tmp_path, script)
    groups = [line for line in lines if line.startswith("groups")]
    assert groups and set(groups) == {"groups 00000000"}


@each_interpreter
def test_once_the_kernel_answers_again_it_counts_as_changed(interpreter, tmp_path):
    """As when nftables comes up after the agent: what was before is not known."""
    script = """
whole = compat.netlink_socket
def refuse(protocol, groups=0):
    raise OSError(compat.EACCES, "")
fresh = Sets(poller, emit)
compat.netlink_socket = refuse
fresh.glance_nft(do.GlanceNft("nftables"))
print(events)
compat.netlink_socket = whole
for _ in range(2):
    fresh.glance_nft(do.GlanceNft("nftables"))
print(events)
"""
    assert told(interpreter, tmp_path, script) == ["[]", "NftChanged nftables", "[NftChanged(what='nftables')]"]


@each_interpreter
def test_where_one_cannot_ask_nothing_is_told(interpreter, tmp_path):
    script = """
def refuse(protocol, groups=0):
    raise OSError(compat.EACCES, "")
compat.netlink_socket = refuse
Sets(poller, emit).glance_nft(do.GlanceNft("nftables"))
print(events)
"""
    lines = told(interpreter, tmp_path, script)
    assert lines[-1] == "[]"
