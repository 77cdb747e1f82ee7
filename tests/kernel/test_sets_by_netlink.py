"""Sets by netlink, in a network of their own, beside what nft and ipset say of them."""

import json
import shutil
import subprocess

import pytest

from both import ALONE, each_interpreter, run

PROLOGUE = f"""
sys.path.insert(0, {__file__[: __file__.rfind("/")]!r})
from both_sets import *
"""


def works(*command):
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(ALONE + list(command), capture_output=True).returncode == 0


REAL_NFT = pytest.mark.skipif(not works("nft", "add", "table", "inet", "t"), reason="no nft in a namespace here")
REAL_IPSET = pytest.mark.skipif(not works("ipset", "create", "s", "hash:net"), reason="no ipset in a namespace here")


def printed(interpreter, folder, set_up, script, *arguments, after=""):
    """What `script` printed, without the events, in a namespace in which `set_up` was carried out; then `after`."""
    path = folder / "set-up"
    path.write_text(f'#!/bin/sh\nset -e\n{set_up}\n"$@"\n{after}\n')
    path.chmod(0o755)
    lines = run(interpreter, folder, PROLOGUE + script, *arguments, within=ALONE + [str(path)])
    return [line for line in lines if not line.startswith(("SetListed", "SetChanged", "SetGlanced", "ActionFailed"))]


def table(*sets):
    return "nft -f - <<E\ntable inet t {\n" + "\n".join(sets) + "\n}\nE"


PLAIN = table("set s { type ipv4_addr; }")
TIMED = table("set s { type ipv4_addr; flags timeout; }")
RANGES = table("set s { type ipv4_addr; flags interval; }")
LISTED = "nft -j list set inet t s"


def nft_elements(text):
    """{element: (comment, timeout)} of nft's JSON."""
    found = {}
    for element in json.loads(text)["nftables"][1]["set"].get("elem", []):
        comment = timeout = None
        if isinstance(element, dict) and "elem" in element:
            comment, timeout = element["elem"].get("comment"), element["elem"].get("timeout")
            element = element["elem"]["val"]
        if isinstance(element, dict):
            element = "%s/%d" % tuple(element["prefix"].values()) if "prefix" in element else "-".join(element["range"])
        found[element] = (comment, timeout)
    return found


@REAL_NFT
@each_interpreter
def test_what_is_added_and_deleted_is_what_nft_lists(interpreter, tmp_path):
    script = """
print(add(NFT, "192.0.2.1/timeout=600", "192.0.2.2", "192.0.2.3/timeout=60"))
print(change(NFT, ["192.0.2.1", "192.0.2.3"], ["192.0.2.1/timeout=1000"]))
show(NFT)
"""
    lines = printed(interpreter, tmp_path, TIMED, script, after=LISTED)
    assert lines[:3] == ["{}", "{}", "192.0.2.1* 192.0.2.2*"]
    assert nft_elements(lines[3]) == {"192.0.2.1": ("nametrack", 1000), "192.0.2.2": ("nametrack", None)}


@REAL_NFT
@each_interpreter
def test_an_element_that_is_gone_already_fails_no_deletion(interpreter, tmp_path):
    script = """
print(add(NFT, "192.0.2.1/timeout=1", "192.0.2.2/timeout=1", "192.0.2.3/timeout=100"))
import time
time.sleep(1.2)
print(change(NFT, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1"], ["192.0.2.1/timeout=60"]))
show(NFT)
"""
    assert printed(interpreter, tmp_path, TIMED, script) == ["{}", "{}", "192.0.2.1*"]


@REAL_NFT
@each_interpreter
def test_a_prefix_is_exchanged_for_another_one_that_overlaps(interpreter, tmp_path):
    script = """
print(add(NFT, "192.0.2.0/24", "198.51.100.1", "255.255.255.0/24", "0.0.0.0/8", "10.0.0.1-10.0.0.9"))
print(change(NFT, ["192.0.2.0/24", "198.51.100.1"], ["192.0.2.0/25", "198.51.100.0/24"]))
print(change(NFT, ["255.255.255.0/24"], ["255.255.255.255"]))
show(NFT)
"""
    lines = printed(interpreter, tmp_path, RANGES, script, after=LISTED)
    held = ["0.0.0.0/8", "10.0.0.1-10.0.0.9", "192.0.2.0/25", "198.51.100.0/24", "255.255.255.255"]
    assert lines[3] == " ".join([element + "*" for element in held])
    assert sorted(nft_elements(lines[4])) == held


@REAL_NFT
@each_interpreter
def test_a_refusal_names_its_elements_and_the_others_go_in(interpreter, tmp_path):
    script = """
print(sorted(add(NFT, "192.0.2.0/24", "198.51.100.1", "203.0.113.0/24").items()))
show(NFT)
"""
    set_up = RANGES + "\nnft add element inet t s '{ 192.0.2.77, 203.0.113.8/29 }'"
    lines = printed(interpreter, tmp_path, set_up, script)
    why = "it overlaps with an element that another program added"
    assert lines == [str([("192.0.2.0/24", why), ("203.0.113.0/24", why)]), "192.0.2.77 198.51.100.1* 203.0.113.8/29"]


@REAL_NFT
@each_interpreter
def test_a_full_set_takes_what_fits_and_deletions_make_room_first(interpreter, tmp_path):
    script = """
print(sorted(add(NFT, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4").items()))
print(change(NFT, ["192.0.2.1"], ["192.0.2.9"]))
show(NFT)
print(add(NFT, "192.0.2.8"))
"""
    lines = printed(interpreter, tmp_path, table("set s { type ipv4_addr; size 2; }"), script)
    refused = [("192.0.2.3", "the set is full"), ("192.0.2.4", "the set is full")]
    assert lines == [str(refused), "{}", "192.0.2.2* 192.0.2.9*", "the set is full"]


@REAL_NFT
@each_interpreter
def test_a_thousand_that_do_not_fit_and_a_thousand_that_overlap_are_all_named(interpreter, tmp_path):
    """More than the kernel can say at once."""
    script = """
many = ["10.0.%d.%d" % (i >> 8, i & 255) for i in range(1000)]
print(len(add(NFT, *many)))
other = named("nft inet t o")
print(len(add(other, *many)), len(listing(other).ends))
"""
    sets = ("set s { type ipv4_addr; size 10; }", "set o { type ipv4_addr; flags interval; }")
    foreign = ", ".join([f"10.0.0.{i}-10.0.0.{i + 1}" for i in range(0, 256, 4)])
    set_up = table(*sets) + f"\nnft add element inet t o '{{ {foreign} }}'"
    lines = printed(interpreter, tmp_path, set_up, "from nametrack.element import named\n" + script)
    assert lines == ["990", "128 936"]


@REAL_NFT
@each_interpreter
def test_what_cannot_be_changed_says_why(interpreter, tmp_path):
    script = """
form = listing(NFT).form
forms = __import__("both_sets").forms
for name in ("nft inet t none", "nft inet none s", "nft inet t k"):
    forms[named(name)] = form
    print(change(named(name), ["192.0.2.9"], ["192.0.2.1"]) if name.endswith("k") else add(named(name), "192.0.2.1"))
print(listing(named("nft inet t none")), listing(named("nft inet none s")), listing(named("nft inet t k")).form.takes)
print(add(NFT, "192.0.2.1/timeout=5"))
"""
    sets = ("set s { type ipv4_addr; }", "set k { type ipv4_addr; flags constant; elements = { 192.0.2.9 }; }")
    used = table(*sets, "chain c { ip daddr @k counter; }")
    lines = printed(interpreter, tmp_path, used, "from nametrack.element import named\n" + script)
    assert lines[:3] == ["there is no such set", "there is no such set", "the set cannot be changed"]
    assert lines[3].startswith("None None has the flag 'constant'")
    assert lines[4] == "the set does not take it"


@REAL_NFT
@each_interpreter
def test_comments_counters_and_timeouts_of_others_stay(interpreter, tmp_path):
    script = """
print(add(NFT, "192.0.2.1/timeout=60", "192.0.2.3/timeout=60"))
print(change(NFT, ["192.0.2.1"], ["192.0.2.2/timeout=60"]))
"""
    theirs = '198.51.100.1 counter packets 5 bytes 60 timeout 1h comment "mine", 198.51.100.2 counter packets 1 bytes 2'
    set_up = table("set s { type ipv4_addr; flags timeout; counter; }") + f"\nnft add element inet t s '{{ {theirs} }}'"
    lines = printed(interpreter, tmp_path, set_up, script, after="nft list set inet t s")
    text = " ".join(" ".join(lines).split())
    assert "198.51.100.1 counter packets 5 bytes 60 timeout 1h" in text and 'comment "mine"' in text
    assert "198.51.100.2 counter packets 1 bytes 2" in text


@REAL_NFT
@each_interpreter
def test_whether_a_rule_refers_to_the_set_is_seen(interpreter, tmp_path):
    script = "print(listing(NFT).used, listing(named('nft inet t o')).used)"
    sets = ("set s { type ipv4_addr; }", "set o { type ipv4_addr; }", "chain c { ip daddr @o counter; }")
    lines = printed(interpreter, tmp_path, table(*sets), "from nametrack.element import named\n" + script)
    assert lines == ["False True"]


@REAL_NFT
@each_interpreter
def test_a_set_that_changes_while_it_is_listed_is_listed_again(interpreter, tmp_path):
    script = """
from nametrack.adapters import set_listing
from nametrack.core import actions as do
many = ["10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255) for i in range(4000)]
for i in range(0, 4000, 1000):
    add(NFT, *many[i : i + 1000])
other = type(sets)(poller, lambda event: None)
class Changed(set_listing.SetListing):
    times = int(sys.argv[1])
    def _elements_read(self):
        if Changed.times:
            Changed.times -= 1
            other.change(made(NFT, [many.pop()], []))
        set_listing.SetListing._elements_read(self)
import nametrack.adapters.sets as adapter
adapter.SetListing = Changed
found = listing(NFT)
print(len(found.ends) == len(many), found.sure)
"""
    assert printed(interpreter, tmp_path, PLAIN, script, 1) == ["True True"]
    assert printed(interpreter, tmp_path, PLAIN, script, 3)[0].endswith("False")


@REAL_NFT
@each_interpreter
def test_a_set_is_listed_to_its_end_however_long_it_takes(interpreter, tmp_path):
    script = """
import time
from nametrack.adapters import set_listing
for start in range(0, 3000, 1000):
    add(NFT, *["10.0.%d.%d" % (i >> 8, i & 255) for i in range(start, start + 1000)])
set_listing.LIMIT = 0.3
class Slow(set_listing.SetListing):
    def _readable(self):
        time.sleep(0.05)
        set_listing.SetListing._readable(self)
import nametrack.adapters.sets as adapter
adapter.SetListing = Slow
began = compat.monotonic()
print(len(listing(NFT).ends), compat.monotonic() - began > 2 * set_listing.LIMIT)
"""
    assert printed(interpreter, tmp_path, PLAIN, script) == ["3000 True"]


@REAL_NFT
@each_interpreter
def test_a_set_that_the_kernel_spreads_anew_while_it_is_listed_is_listed_again(interpreter, tmp_path):
    """Such a listing has elements twice in the place of others: 3,029 of 4,000 were found, right after they came."""
    script = """
from nametrack.adapters import set_listing
many = ["192.0.2.%d" % i for i in range(100)]
add(NFT, *many)
class Spread(set_listing.SetListing):
    times = int(sys.argv[1])
    def _elements_read(self):
        if Spread.times:
            Spread.times -= 1
            for key in list(self._read.found.ends)[:10]:
                self._read.found.ends.pop(key)
        set_listing.SetListing._elements_read(self)
import nametrack.adapters.sets as adapter
adapter.SetListing = Spread
found = listing(NFT)
print(len(found.ends), found.sure)
"""
    assert printed(interpreter, tmp_path, PLAIN, script, 1) == ["100 True"]
    assert printed(interpreter, tmp_path, PLAIN, script, 3) == ["90 False"]


@REAL_NFT
@each_interpreter
def test_more_than_the_send_buffer_takes_goes_in_nevertheless(interpreter, tmp_path):
    script = """
add(NFT, "192.0.2.1")
sets._nftables._kernel._socket.setsockopt(1, 7, 4608)  # SO_SNDBUF: the least there is
many = ["10.0.%d.%d" % (i >> 8, i & 255) for i in range(1000)]
print(add(NFT, *many), change(NFT, many[:500], many[:10]))
print(len(listing(NFT).ends))
"""
    assert printed(interpreter, tmp_path, PLAIN, script) == ["{} {}", "511"]


BESIDE_FOREIGN = """
from nametrack import compat
import os

def quickest(work):
    times = []
    for i in range(10):
        began = compat.monotonic()
        for j in range(20):
            work(20 * i + j)
        times.append((compat.monotonic() - began) / 20)
    return min(times)

def figures():
    last = [""]
    def one(i):
        new = "192.0.2.%d" % (i + 1)
        assert change(NFT, last, [new]) == {}
        last[0] = new
    change(NFT, [], ["192.0.2.250"])
    last[0] = "192.0.2.250"
    found = [quickest(one), quickest(lambda i: listing(NFT))]
    change(NFT, last, [])
    with open("/proc/self/status") as status:
        found.append([int(line.split()[1]) for line in status.read().split("\\n") if line.startswith("VmHWM")][0])
    del events[:]
    return found

alone = figures()
assert os.system("nft -f %s" % sys.argv[1]) == 0
for value in alone + figures():
    print(value)
"""


def beside_foreign(interpreter, folder, count):
    """(change, listing, peak KiB) of a set with one element, alone and beside `count` ranges of another program."""
    ranges = ", ".join([f"{10 + (i >> 15)}.{i >> 7 & 255}.{i << 1 & 255}.0/25" for i in range(count)])
    text = f"table inet ban {{\n set b {{\n type ipv4_addr; flags interval; elements = {{ {ranges} }}\n}}\n}}\n"
    (folder / "foreign").write_text(text)
    lines = printed(interpreter, folder, PLAIN, BESIDE_FOREIGN, folder / "foreign")
    figures = [float(line) for line in lines]
    return figures[:3], figures[3:]


@REAL_NFT
@each_interpreter
def test_a_change_costs_the_same_beside_a_hundred_thousand_ranges_of_others(interpreter, tmp_path):
    alone, beside = beside_foreign(interpreter, tmp_path, 100000)
    slack = 0.01  # seconds, for what else the machine does: a look through that set takes a tenth of one and more
    assert beside[0] < 2 * alone[0] + slack, "a change"
    assert beside[1] < 2 * alone[1] + slack, "a listing"
    assert beside[2] < alone[2] + 1024, "peak resident memory, KiB"


@REAL_NFT
@pytest.mark.parametrize("kind", ["", "flags timeout;", "flags interval;"])
def test_the_text_of_a_plan_makes_the_same_set_as_the_change(kind, tmp_path):
    timeout = "/timeout=600" if "timeout" in kind else ""
    wide = "'203.0.113.0/24', " if "interval" in kind else ""
    script = f"""
first = ["192.0.2.%d{timeout}" % i for i in range(250)]
a = made(NFT, [], first + [{wide}])
b = made(NFT, ["192.0.2.1", "192.0.2.2"], ["192.0.2.2{timeout}", "198.51.100.1{timeout}"])
if len(sys.argv) > 1:
    with open(sys.argv[1], "w") as file:
        file.write("\\n".join(script(a) + script(b)))
else:
    again = change(NFT, [], first + [{wide}])
    print(again, change(NFT, ["192.0.2.1", "192.0.2.2"], ["192.0.2.2{timeout}", "198.51.100.1{timeout}"]))
"""
    set_up, path = table(f"set s {{ type ipv4_addr; {kind} }}"), tmp_path / "plan"
    made = printed("cpython", tmp_path, set_up, script, after=LISTED)
    planned = printed("cpython", tmp_path, set_up, script, path, after=f"nft -f {path}; {LISTED}")
    assert made[0] == "{} {}" and nft_elements(made[1]) == nft_elements(planned[0])
    assert len(nft_elements(made[1])) >= 250


NET = "ipset create s hash:net timeout 0 comment"


@REAL_IPSET
@each_interpreter
def test_an_ipset_is_changed_and_listed(interpreter, tmp_path):
    script = """
print(add(IPSET, "192.0.2.1/timeout=600", "198.51.100.0/24/timeout=600", "203.0.113.1"))
print(change(IPSET, ["192.0.2.1", "192.0.2.99"], ["198.51.100.0/24/timeout=60"]))
show(IPSET)
found = listing(IPSET)
print([found.ends.get(key) is None for key in sorted(found.ends, key=str)], found.form, found.used)
print(listing(named("ipset none")))
__import__("both_sets").forms[named("ipset none")] = found.form
print(add(named("ipset none"), "192.0.2.1"))
"""
    set_up = NET + "\nipset add s 203.0.113.9 comment theirs"
    script = "from nametrack.element import named\n" + script
    lines = printed(interpreter, tmp_path, set_up, script, after="ipset save s")
    assert lines[:3] == ["{}", "{}", "198.51.100.0/24* 203.0.113.1* 203.0.113.9"]
    assert lines[4:6] == ["None", "there is no such set"]
    saved = " ".join(sorted(lines[6:]))
    assert 'add s 203.0.113.9 timeout 0 comment "theirs"' in saved
    assert 'add s 203.0.113.1 timeout 0 comment "nametrack"' in saved
    assert "add s 198.51.100.0/24 timeout 6" in saved or "timeout 5" in saved


@REAL_IPSET
@each_interpreter
def test_what_an_ipset_refuses_is_named_and_the_others_go_in(interpreter, tmp_path):
    script = """
print(sorted(add(IPSET, "192.0.2.0/24", "0.0.0.0/0", "198.51.100.0/24", "203.0.113.0/24").items()))
show(IPSET)
many = ["10.%d.%d.0/24" % (i >> 8, i & 255) for i in range(2000)]
print(len(add(named("ipset l"), *many)), len(listing(named("ipset l")).ends))
"""
    set_up = "ipset create s hash:net maxelem 2\nipset create l hash:net"
    lines = printed(interpreter, tmp_path, set_up, "from nametrack.element import named\n" + script)
    assert lines[0] == str(
        [("0.0.0.0/0", "an ipset holds no prefix of length 0"), ("203.0.113.0/24", "the set is full")]
    )
    assert lines[1:] == ["192.0.2.0/24 198.51.100.0/24", "0 2000"]


@REAL_IPSET
def test_the_text_of_a_plan_makes_the_same_ipset_as_the_change(tmp_path):
    script = """
a = made(IPSET, [], ["192.0.2.1/timeout=600", "198.51.100.0/24", "2.2.2.2"])
b = made(IPSET, ["2.2.2.2"], ["192.0.2.2/timeout=60"])
with open(sys.argv[1], "w") as file:
    file.write("\\n".join(script(a) + script(b)) + "\\n")
if len(sys.argv) == 2:
    sets.change(a), sets.change(b)
"""
    path = tmp_path / "plan"
    made = printed("cpython", tmp_path, NET, script, path, after="ipset save s")
    planned = printed("cpython", tmp_path, NET, script, path, "only", after=f"ipset restore < {path}; ipset save s")

    def kept(lines):
        return sorted([line.split(" timeout")[0] + line[line.index("comment") :] for line in lines if "add " in line])

    assert kept(made) == kept(planned) and len(kept(made)) == 3


@each_interpreter
def test_without_permission_it_is_said(interpreter, tmp_path):
    script = """
from nametrack import compat
def refuse(protocol, groups=0):
    raise OSError(compat.EACCES, "")
compat.netlink_socket = refuse
try:
    listing(NFT)
except OSError as error:
    print(error)
"""
    path = tmp_path / "script"
    lines = run(interpreter, tmp_path, PROLOGUE + script)
    assert lines[-1] == "permission denied", path
