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
from nametrack.adapters.process import Runner
from nametrack.adapters.sets import Sets
from nametrack.element import Element
heard = notices.Notices(poller, emit)
runner = Runner(poller)
sets = Sets(runner, emit, heard)
SET = "nft inet t s"
heard.watch(SET)
heard.start()
def finish():
    until(lambda: not runner.busy())
    seconds(0.1)
    print("--")
def nft(*commands):
    ended = []
    runner.run(["nft", "-f", "/proc/self/fd/0"], ["\\n".join(commands).encode()], lambda *end: ended.append(end))
    finish()
    if ended[0][0] != 0:
        print(ended)
"""
UNHEARD = "SetsDisturbed what the kernel told of nft was not all heard"


def works():
    return subprocess.run([*ALONE, "nft", "add", "table", "t"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works(), reason="no nft in a namespace here")


def told(interpreter, folder, script):
    """What was handed in until each `--`: a list of lists of lines."""
    path = folder / "set-up"
    path.write_text(SET_UP)
    path.chmod(0o755)
    lines = run(interpreter, folder, NOTICES + script, within=[*ALONE, str(path)])
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
    added, removed = ["SetTouched nft inet t s False"], ["SetTouched nft inet t s True"]
    assert told(interpreter, tmp_path, script) == [added] + [removed] * 7


@each_interpreter
def test_other_sets_and_other_things_are_no_news(interpreter, tmp_path):
    script = """
nft("add element inet t other { 192.0.2.1 }")
nft("add element ip t s { 192.0.2.1 }")
nft("add rule inet t c ip daddr @s counter")
nft("delete table ip t")
"""
    assert told(interpreter, tmp_path, script) == [[], [], [], []]


@each_interpreter
def test_what_we_change_ourselves_is_no_news(interpreter, tmp_path):
    script = """
def own(action):
    sets.change(action)
    finish()
own(do.AddElements(SET, [Element("192.0.2.%d" % i, None) for i in range(200)], "why"))
own(do.ReplaceElements(SET, [Element("192.0.2.1", None)], [Element("192.0.2.201", None)], "why"))
own(do.RefillSet(SET, [Element("192.0.2.1", None)], "why"))
nft("delete element inet t s { 192.0.2.1 }")
"""
    found = told(interpreter, tmp_path, script)
    assert [[line.split()[0] for line in lines] for lines in found[:3]] == [["SetChanged"]] * 3
    assert found[3] == ["SetTouched nft inet t s True"]


@each_interpreter
def test_more_than_the_kernel_keeps_for_us_is_a_disturbance(interpreter, tmp_path):
    script = """
import time
from nametrack import compat_process
with open(sys.argv[0] + ".nft", "w") as file:
    many = ", ".join(["10.0.%d.%d" % (i >> 8, i & 255) for i in range(2000)])
    file.write("add element inet t s { %s }\\nflush set inet t s" % many)
loop = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do nft -f $0; done"
child = compat_process.spawn(["sh", "-c", loop, sys.argv[0] + ".nft"], None)
while child.wait(True) is None:
    time.sleep(0.05)  # nobody reads what the kernel tells
seconds(0.5)
names = [type(event).__name__ for event in events]
print(names.count("SetsDisturbed"), len(names) < 50)
print("--")
"""
    count, few = told(interpreter, tmp_path, script)[0][-1].split()
    assert (count, few) == ("1", "True")


SMALL = """
import socket
import time
heard._socket.setsockopt(socket.SOL_SOCKET, 8, 1)  # SO_RCVBUF: the least there is
many = [Element("10.0.%d.%d" % (i >> 8, i & 255), None) for i in range(1000)]
def own(action, meanwhile=lambda: None):
    sets.change(action)
    meanwhile()
    finish()
def other(*words):  # nobody reads what the kernel tells meanwhile
    from nametrack import compat_process
    return compat_process.spawn(["nft"] + list(words)).wait()
def ours():
    for _ in range(1000):
        if other("get", "element", "inet", "t", "s", "{ 10.0.0.1 }") == 0:
            return
        time.sleep(0.01)
def ours_and_another():
    ours()
    other("delete", "element", "inet", "t", "s", "{ 10.0.0.1 }")
listed = ", ".join([element.address for element in many])
"""


@each_interpreter
def test_a_change_of_our_own_that_is_more_than_the_kernel_keeps_for_us_is_no_news(interpreter, tmp_path):
    """The same by other hands is: so it was more."""
    script = """
own(do.AddElements(SET, many, "why"), ours)
other("delete", "element", "inet", "t", "s", "{ %s }" % listed)
finish()
"""
    changed, other = told(interpreter, tmp_path, SMALL + script)
    assert [line.split()[0] for line in changed] == ["SetChanged"]
    assert set(other) <= {"SetTouched nft inet t s True", UNHEARD} and other.count(UNHEARD) == 1


@each_interpreter
def test_what_others_changed_while_ours_was_not_all_heard_is_a_disturbance(interpreter, tmp_path):
    """Also where ours failed, and the only change there was is theirs."""
    script = """
own(do.AddElements(SET, many, "why"), ours_and_another)
own(do.AddElements("nft inet t gone", many, "why"), lambda: other("flush", "set", "inet", "t", "s"))
"""
    first, second = told(interpreter, tmp_path, SMALL + script)
    assert first.count(UNHEARD) == second.count(UNHEARD) == 1, (first, second)
    assert first[-1].startswith("SetChanged") and second[-1].startswith("ActionFailed")


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
    assert found[1] == ["[SetsDisturbed(reason='what the kernel told of nft was not all heard')]"]


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
