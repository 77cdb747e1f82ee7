"""Rules, nexthops and routes of the real kernel, in a network of their own, beside what `ip` shows of them.

What the fake kernel of the core's tests (tests/fake_routing.py) refuses and forgets, the real one must, too.
"""

import json
import subprocess

import pytest

from both import ALONE, each_interpreter, run

SET_UP = """#!/bin/sh
set -e
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
for d in east west; do
  ip link add $d type veth peer name peer-$d
  ip link set $d up; ip link set peer-$d up
done
ip addr add 10.5.0.1/24 dev east
ip addr add 10.6.0.1/24 dev west
ip -6 addr add fd05::1/64 dev east nodad
ip -6 addr add fd06::1/64 dev west nodad
exec "$@"
"""
ROUTES = """
import os
from nametrack import ip, routing as r
from nametrack.adapters.routes import Routes
from nametrack.wire.routing_text import routing_lines
events_shown = emit
def quiet(event):
    events.append(event)
routes = Routes(poller, quiet)
def last(kind):
    return [e for e in events if type(e) is kind][-1]
def sh(*command):
    shown = sys.argv[0] + ".out"
    os.system(" ".join(command) + " >" + shown + " 2>&1")
    with open(shown) as file:
        return file.read()
def view():
    events.clear()
    routes.read(do.ReadRouting("kernel"))
    until(lambda: not routes.busy())
    return last(on.RoutingRead).view
def listed():
    events.clear()
    routes.list(do.ListRoutes(190))
    until(lambda: not routes.busy())
    tables = last(on.RoutesListed).tables
    return {place: {key: tables[place].get(key) for key in tables[place]} for place in tables}
def change(*changes):
    routes.change(do.ChangeRouting(list(changes), "test"))
    until(lambda: not routes.busy())
    return [why for _, _, why in last(on.RoutingChanged).refused]
def add(value):
    return change(r.Change(r.ADD, value))
def delete(value):
    return change(r.Change(r.DELETE, value))
links = {link.name: link.number for link in view().links}
def nexthop(family, number, device, gateway=None):
    return r.Nexthop(family, number, links[device] if device else 0, gateway, 190)
def rule(family, preference, action, argument=None, **fields):
    return r.Rule(family, preference, r.match(**fields), action, argument, None, 190)
def keys(*texts):
    return [ip.key(text) for text in texts]
END4, END6 = rule(4, 999, r.NOP), rule(6, 999, r.NOP)
"""


def works():
    text = "ip link set lo up && ip nexthop add id 1 blackhole && ip rule add pref 7 nop"
    return subprocess.run([*ALONE, "sh", "-c", text], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works(), reason="no nexthop objects or rules in a namespace here")


def ran(interpreter, folder, script):
    path = folder / "set-up"
    path.write_text(SET_UP)
    path.chmod(0o755)
    return [line for line in run(interpreter, folder, ROUTES + script, within=[*ALONE, str(path)]) if line]


@each_interpreter
def test_what_is_written_is_what_ip_shows_and_what_is_read_back(interpreter, tmp_path):
    script = """
rules = [END4, rule(4, 500, r.GOTO, 999, iif="lo", transport=17, sports=(51820, 51820)),
    rule(4, 501, r.LOOKUP, 900, source="192.168.1.0/24", transport=6, dports=(8000, 8010)),
    rule(4, 502, r.GOTO, 999, oif="east"), rule(4, 503, r.LOOKUP, 1000, iif="west", mark=(0x1000000, 0x1000000)),
    END6, rule(6, 501, r.LOOKUP, 900, source="fd00::5"),
    r.Rule(6, 502, r.match(source="fd00::/64"), r.LOOKUP, 254, 1, 190)]
hops = [nexthop(4, 902, "east"), nexthop(4, 904, "west", "10.6.0.2"), nexthop(6, 903, "east"), nexthop(6, 901, None)]
written = [r.Routes(4, 900, 902, 0, keys("192.0.2.1", "198.51.100.0/24")), r.Routes(4, 1000, 904, 0, keys("0.0.0.0/0")),
    r.Routes(4, 900, r.THROW, 0, keys("192.0.2.9")), r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1")),
    r.Routes(6, 900, 903, 1024, keys("2001:db8::1")),
    r.Routes(6, 254, 901, 9999, keys("2001:db8::1", "2001:db8:1::/48"))]
changes = [r.Change(r.ADD, value) for value in rules + hops + written]
assert change(*changes) == []
found = view()
assert sorted(map(str, [x for x in found.rules if x.protocol == 190])) == sorted(map(str, rules))
assert sorted(map(str, found.nexthops)) == sorted(map(str, hops))
tables = listed()
for w in written:
    for key in w.keys:
        assert tables[w.family, w.table, w.metric].get(key) == w.via, (w, tables)
assert change(*changes[:8]) == []  # what is there already is no error
print(sh("ip", "-j", "rule"))
print(sh("ip", "-j", "-d", "route", "show", "table", "900"))
print(sh("ip", "-j", "nexthop"))
gone = [r.Change(r.DELETE, value) for value in written + hops + rules]
assert change(*gone) == [] and listed() == {} and view().nexthops == []
again = [c for c in gone if not isinstance(c.value, r.Routes) or c.value.via < 0]
assert change(*again) == []  # what is gone already is no error either
"""
    rules, routes, nexthops = (json.loads(line) for line in ran(interpreter, tmp_path, script))
    by = {rule["priority"]: rule for rule in rules}
    assert by[501] == {"priority": 501, "src": "192.168.1.0", "srclen": 24, "ipproto": "tcp", "dport_start": 8000,
                       "dport_end": 8010, "table": "900", "protocol": "190"}  # fmt: skip
    assert by[500]["goto"] == 999 and by[500]["sport"] == 51820 and by[500]["iif"] == "lo"
    assert by[999].get("nop", "missing") is None or "nop" in by[999]
    assert {route["dst"]: route.get("nhid") for route in routes} == {
        "192.0.2.1": 902,
        "198.51.100.0/24": 902,
        "192.0.2.9": None,
    }
    assert {hop["id"]: hop.get("gateway") for hop in nexthops} == {902: None, 904: "10.6.0.2", 903: None, 901: None}


@each_interpreter
def test_a_glance_sees_each_kind_of_ours_and_nothing_of_others(interpreter, tmp_path):
    script = """
from nametrack.adapters.routing_glance import RoutingGlance
def holds():
    RoutingGlance(quiet).look(do.GlanceRouting("kernel"))
    return last(on.RoutingGlanced).holds
sh("ip nexthop add id 7 blackhole; ip rule add pref 7 lookup 7; ip -6 rule add pref 7 lookup 7")
sh("ip route add 192.0.2.7 dev east table 7; ip route add 192.0.2.8 dev east; ip -6 route add fd99::/64 dev east")
assert holds() is False
hop = nexthop(4, 902, "east")
assert add(hop) == []
for value in (hop, rule(4, 501, r.LOOKUP, 900), rule(6, 501, r.LOOKUP, 900),
              r.Routes(4, 900, r.UNREACHABLE, 0, keys("192.0.2.1")), r.Routes(6, 254, r.THROW, 9998, keys("fd98::1"))):
    assert value == hop or add(value) == []
    print(holds())
    assert delete(value) == []
    print(holds())
"""
    assert ran(interpreter, tmp_path, script) == ["True", "False"] * 5


@each_interpreter
def test_rules_with_one_preference_are_told_apart_and_a_goto_leads_to_those_that_are_left(interpreter, tmp_path):
    script = """
def lookup(**fields):
    return rule(4, 500, r.LOOKUP, 900, **fields)
one, two = lookup(source="192.168.1.7"), lookup(source="192.168.1.8")
port, device = lookup(source="192.168.1.8", transport=6, dports=(443, 443)), lookup(iif="west")
jump = rule(4, 300, r.GOTO, 500, source="192.168.1.9")
ours = lambda: [x for x in view().rules if x.protocol == 190]
for order in ([one, two, port, device], [device, port, two, one]):
    assert change(*[r.Change(r.ADD, value) for value in [END4, jump] + order]) == []
    left = list(order)
    for value in [device, one, port, two]:
        assert "unresolved" not in sh("ip", "rule", "show", "pref", "300")
        assert change(r.Change(r.DELETE, value)) == []
        left.remove(value)
        assert [x for x in ours() if x.preference == 500] == left, (ours(), left)
    assert "unresolved" in sh("ip", "rule", "show", "pref", "300")
    assert change(*[r.Change(r.DELETE, value) for value in [jump, END4]]) == []
"""
    ran(interpreter, tmp_path, script)


@each_interpreter
def test_the_text_for_ip_batch_writes_the_same(interpreter, tmp_path):
    script = """
values = [END4, rule(4, 501, r.LOOKUP, 900, source="192.168.1.7", transport=6, dports=(443, 443)),
    rule(4, 500, r.GOTO, 999, iif="lo", transport=17, sports=(51820, 51820)), nexthop(4, 904, "west", "10.6.0.2"),
    r.Routes(4, 900, 904, 0, keys("192.0.2.1", "198.51.100.0/24")), r.Routes(4, 900, r.THROW, 0, keys("192.0.2.9")),
    r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1")), END6, nexthop(6, 903, "east"), nexthop(6, 901, None),
    r.Routes(6, 900, 903, 1024, keys("2001:db8::1")), r.Routes(6, 254, 901, 9999, keys("2001:db8:1::/48"))]
changes = [r.Change(r.ADD, value) for value in values]
assert change(*changes) == []
ours = lambda: ([x for x in view().rules if x.protocol == 190], view().nexthops, listed())
before = ours()
assert change(*[r.Change(r.DELETE, value) for value in values[::-1]]) == []
assert ours() == ([], [], {})
for line in list(routing_lines(changes, view().links)):
    if line.startswith("# "):
        command = line[2:].replace(" -batch", "").split()
    else:
        text = sh(*(command + line.split()))
        assert text == "", (line, text)
assert ours() == before, (ours(), before)
"""
    ran(interpreter, tmp_path, script)


@each_interpreter
def test_the_kernel_refuses_what_the_fake_refuses(interpreter, tmp_path):
    script = """
sh("ip", "link", "set", "west", "down")
print(add(nexthop(4, 904, "west")), add(r.Nexthop(4, 904, 4711, None, 190)))
print(add(r.Routes(4, 900, 4711, 0, keys("192.0.2.1"))))
assert add(nexthop(4, 902, "east")) == []
print(add(r.Routes(6, 900, 902, 1024, keys("2001:db8::1"))))
routes.change(do.ChangeRouting([r.Change(r.ADD, r.Routes(4, 900, 902, 0, keys("192.0.2.1", "192.0.2.2"))),
    r.Change(r.ADD, r.Routes(4, 900, 4711, 0, keys("192.0.2.3", "192.0.2.4"))),
    r.Change(r.ADD, r.Routes(4, 900, 902, 0, keys("192.0.2.5")))], ""))
print([ip.element(key) for _, key, _ in last(on.RoutingChanged).refused])
print(sorted([ip.element(key) for key in listed()[4, 900, 0]]))
"""
    assert ran(interpreter, tmp_path, script) == [
        "['network is down'] ['invalid argument']",
        "['invalid argument']",
        "['invalid argument']",
        "['192.0.2.3', '192.0.2.4']",
        "['192.0.2.1', '192.0.2.2', '192.0.2.5']",
    ]


@each_interpreter
def test_in_the_main_table_a_route_of_another_program_is_no_route_of_ours(interpreter, tmp_path):
    script = """
block = [r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1")), r.Routes(6, 254, 901, 9999, keys("2001:db8::1"))]
others = ["ip route %s 192.0.2.1 dev east metric 9999", "ip -6 route %s 2001:db8::1 dev east metric 9999"]
assert add(nexthop(6, 901, None)) == add(nexthop(6, 911, None)) == []
for i in (0, 1):
    sh(others[i] % "add")
    print(add(block[i]), len(listed()))
    sh(others[i] % "del")
    print(add(block[i]), len(listed()))
    print(add(block[i]), len(listed()))
moved = r.Routes(6, 254, 911, 9999, block[1].keys)
print(change(r.Change(r.DELETE, block[1]), r.Change(r.ADD, moved)), list(listed()[6, 254, 9999].values()))
"""
    each = ["['exists'] 0", "[] 1", "[] 1", "['exists'] 1", "[] 2", "[] 2", "[] [911]"]
    assert ran(interpreter, tmp_path, script) == each


@each_interpreter
def test_a_device_takes_its_nexthops_and_routes_without_a_word(interpreter, tmp_path):
    script = """
routes.listen()
assert change(*[r.Change(r.ADD, v) for v in (nexthop(4, 902, "east"), nexthop(6, 903, "east"), nexthop(6, 901, None),
    r.Routes(4, 900, 902, 0, keys("192.0.2.1")), r.Routes(6, 900, 903, 1024, keys("2001:db8::1")),
    r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1")), r.Routes(6, 254, 901, 9999, keys("2001:db8::1")))]) == []
view(); seconds(0.2); events.clear()
sh("ip", "link", "set", "east", "down")
until(lambda: events)
print(sorted(set([type(e).__name__ for e in events])))
print([n.id for n in view().nexthops], sorted(listed()))
sh("ip", "link", "set", "east", "up")
print([n.id for n in view().nexthops], sorted(listed()))
sh("ip", "link", "set", "lo", "down")
sh("ip", "link", "set", "lo", "up")
print(sorted(listed()))
"""
    assert ran(interpreter, tmp_path, script) == [
        "['RoutingTouched']",
        "[901] [(4, 254, 9999), (6, 254, 9999)]",
        "[901] [(4, 254, 9999), (6, 254, 9999)]",
        "[(4, 254, 9999), (6, 254, 9999)]",
    ]


@each_interpreter
def test_what_others_do_is_heard_and_what_we_do_is_not(interpreter, tmp_path):
    script = """
routes.listen()
assert add(END4) == [] and add(rule(4, 500, r.LOOKUP, 900)) == []
view(); seconds(0.2); events.clear()
assert add(rule(4, 501, r.LOOKUP, 901)) == [] and add(nexthop(4, 902, "east")) == []
seconds(0.2)
print([type(e).__name__ for e in events if type(e) is not on.RoutingChanged])
events.clear()
sh("ip", "rule", "del", "pref", "500")
until(lambda: events)
print([e.rules[0].preference for e in events if type(e) is on.RoutingDeleted])
events.clear()
sh("ip", "nexthop", "del", "id", "902")
until(lambda: len(events) == 2)
print([n.id for n in events[0].nexthops], type(events[1]).__name__)
"""
    assert ran(interpreter, tmp_path, script) == ["[]", "[500]", "[902] RoutingTouched"]


DELETIONS = """
def told():
    found = [e.routes for e in events if type(e) is on.RoutingDeleted]
    events.clear()
    return [(r[0], r[1], ip.element(r[2]), r[3], r[4]) for part in found if part for r in part], None in found
many = [ip.key("10.9.0.0") + i for i in range(5000)]
routes.listen()
assert change(*[r.Change(r.ADD, v) for v in (nexthop(4, 902, "east"), nexthop(6, 903, "east"), nexthop(6, 901, None),
    r.Routes(4, 900, 902, 0, keys("192.0.2.1", "192.0.2.2")), r.Routes(6, 900, 903, 1024, keys("2001:db8::1")),
    r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1", "192.0.2.0/24")),
    r.Routes(6, 254, 901, 9999, keys("2001:db8::/32")))]) == []
view(); seconds(0.2); events.clear()
"""


@each_interpreter
def test_each_route_of_ours_that_others_delete_is_told(interpreter, tmp_path):
    script = """
sh("ip", "route", "del", "192.0.2.1", "table", "900")
sh("ip", "-6", "route", "del", "2001:db8::1", "table", "900")
sh("ip", "route", "del", "unreachable", "192.0.2.0/24", "metric", "9999")
sh("ip", "-6", "route", "del", "2001:db8::/32", "metric", "9999")
until(lambda: sum([len(e.routes) for e in events]) == 4)
for one in told()[0]:
    print(*one)
"""
    assert ran(interpreter, tmp_path, DELETIONS + script) == [
        "4 900 192.0.2.1 902 0",
        "6 900 2001:db8::1 903 1024",
        "4 254 192.0.2.0/24 -7 9999",
        "6 254 2001:db8::/32 901 9999",
    ]


@each_interpreter
def test_of_routes_nothing_else_is_told(interpreter, tmp_path):
    """Our own changes, also by a second socket, an exchanged nexthop, others' routes, a device that goes."""
    script = """
for again in range(2):
    assert change(r.Change(r.ADD, r.Routes(4, 901, 902, 0, many))) == []
    assert change(r.Change(r.DELETE, r.Routes(4, 901, 902, 0, many))) == []
    routes._close()
    assert delete(r.Routes(4, 901, 902, 0, many[:1])) == []
assert change(r.Change(r.ADD, r.Routes(4, 901, 902, 0, many)), r.Change(r.ADD, nexthop(4, 902, "west"))) == []
sh("ip", "route", "add", "192.0.2.9", "dev", "west", "protocol", "static")
sh("ip", "route", "del", "192.0.2.9", "dev", "west", "protocol", "static")
sh("ip", "link", "set", "west", "down")
sh("ip", "link", "set", "east", "down")
seconds(0.2)
print(told())
sh("ip", "route", "del", "unreachable", "192.0.2.1", "metric", "9999")
until(lambda: any(type(e) is on.RoutingDeleted for e in events))
print(told()[0][0][2])
"""
    assert ran(interpreter, tmp_path, DELETIONS + script) == ["([], False)", "192.0.2.1"]


@each_interpreter
def test_of_a_flushed_table_with_many_routes_it_is_told_that_more_were_deleted(interpreter, tmp_path):
    script = """
assert change(r.Change(r.ADD, r.Routes(4, 901, 902, 0, many))) == []
events.clear()
batch = sys.argv[0] + ".batch"  # `ip route flush` deletes no route with a nexthop
with open(batch, "w") as file:
    for key in many:
        file.write("route del %s table 901\\n" % ip.element(key))
sh("ip", "-batch", batch)
until(lambda: any(type(e) is on.RoutingDeleted and e.routes is None for e in events))
found = told()[0]
print(len(set(found)) == len(found), set([one[1:2] + one[3:] for one in found]), 10 < len(found) < 5000)
"""
    assert ran(interpreter, tmp_path, DELETIONS + script) == ["True {(901, 902, 0)} True"]


@each_interpreter
def test_replacing_a_nexthop_moves_every_route_at_once(interpreter, tmp_path):
    script = """
many = [ip.key("10.9.0.0") + i for i in range(2000)]
assert change(r.Change(r.ADD, nexthop(4, 902, "east")), r.Change(r.ADD, r.Routes(4, 900, 902, 0, many))) == []
assert add(nexthop(4, 902, "west")) == []
print(sh("ip", "route", "show", "10.9.1.1", "table", "900").split()[1:5])
assert len(listed()[4, 900, 0]) == 2000
assert delete(nexthop(4, 902, "west")) == []
print(listed())
"""
    assert ran(interpreter, tmp_path, script) == ["['nhid', '902', 'dev', 'west']", "{}"]


@each_interpreter
def test_a_route_of_others_in_the_main_table_is_not_replaced(interpreter, tmp_path):
    script = """
sh("ip", "route", "add", "192.0.2.1", "via", "10.5.0.9", "metric", "9999")
assert add(r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1"))) == ["exists"]
print(sh("ip", "route", "show", "192.0.2.1").split()[:5])
assert delete(r.Routes(4, 254, r.UNREACHABLE, 9999, keys("192.0.2.1"))) == []
print(sh("ip", "route", "show", "192.0.2.1").split()[:5])
"""
    line = "['192.0.2.1', 'via', '10.5.0.9', 'dev', 'east']"
    assert ran(interpreter, tmp_path, script) == [line, line]


@each_interpreter
def test_neighbours_are_told_as_they_are_and_as_they_become_and_no_more_if_they_are_not_wanted(interpreter, tmp_path):
    script = """
from nametrack.adapters.neighbours import Neighbours
told = Neighbours(poller, quiet)
def new():
    until(lambda: events)
    found = [(n.address, n.hardware) for e in events if type(e) is on.NeighboursRead for n in e.neighbours]
    events.clear()
    return [one for one in found if one[0][:4] != "fe80"]
def neigh(verb, address, last):
    sh("ip", "neigh", verb, address, "lladdr", "02:00:00:00:00:" + last, "dev", "east", "nud", "reachable")
neigh("add", "10.5.0.9", "aa")
told.follow(do.FollowNeighbours(True))
until(lambda: not told.busy())
print(new())
neigh("add", "fd05::9", "aa")
print(new())
neigh("replace", "10.5.0.9", "aa")  # no news
neigh("replace", "10.5.0.9", "bb")
print(new())
told.follow(do.FollowNeighbours(False))
neigh("replace", "10.5.0.9", "cc")
seconds(0.2)
print(events, told.busy())
"""
    assert ran(interpreter, tmp_path, script) == [
        "[('10.5.0.9', '02:00:00:00:00:aa')]",
        "[('fd05::9', '02:00:00:00:00:aa')]",
        "[('10.5.0.9', '02:00:00:00:00:bb')]",
        "[] False",
    ]


@each_interpreter
def test_more_neighbours_than_are_remembered_are_not_all_read_for_each_new_one(interpreter, tmp_path):
    """A full table of a large network had all of them read for each, and more such readings wait than were done."""
    script = """
from nametrack.adapters import neighbours
neighbours._MOST = 10
told = neighbours.Neighbours(poller, quiet)
def neigh(number):
    sh("ip", "neigh", "add", "10.5.0.%d" % number, "lladdr", "02:00:00:00:00:%02d" % number, "dev", "east")
for number in range(20, 35):
    neigh(number)
told.follow(do.FollowNeighbours(True))
until(lambda: not told.busy())
events.clear()
for number in range(35, 40):
    neigh(number)
    until(lambda: events and not told.busy())
    print([n.address for e in events for n in e.neighbours if ":" not in n.address])
    events.clear()
"""
    assert ran(interpreter, tmp_path, script) == ["['10.5.0.%d']" % number for number in range(35, 40)]


@each_interpreter
def test_ipv4_leads_through_a_next_hop_of_ipv6_as_the_main_table_does(interpreter, tmp_path):
    script = """
from nametrack.core.routes.local import Local
from nametrack.core.routes.plan import _nexthop
sh("ip", "-4", "route", "add", "default", "via", "inet6", "fe80::9", "dev", "east")
uplink = Local(4, view().main).defaults[0]
wanted = _nexthop(4, 900, uplink.device, uplink.gateway)
print(add(wanted), view().nexthops == [wanted], add(r.Routes(4, 900, 900, 0, keys("192.0.2.1"))))
print(sh("ip", "route", "show", "table", "900").split()[:7])
"""
    assert ran(interpreter, tmp_path, script) == [
        "[] True []",
        "['192.0.2.1', 'nhid', '900', 'via', 'inet6', 'fe80::9', 'dev']",
    ]
