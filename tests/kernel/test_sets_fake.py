"""The sets of the core on the real kernel and on the fake one, side by side: random changes by DNS and by others.

After each the real set holds ours and theirs, theirs with their comments, and the fake one holds the same.
"""

import pytest
from test_sets_by_netlink import REAL_IPSET, REAL_NFT, printed

from both import each_interpreter

WALK = f"""
import os
from nametrack import ip
sys.path[:0] = [{__file__[: __file__.rfind("/")]!r} + "/..", {__file__[: __file__.rfind("/")]!r} + "/../core"]
from core.sets.one_set import World, numbers, policy
from nametrack.element import full_name, named
from both_sets import listing, sets as adapter

class RealKernel:
    def __init__(self):
        self.sets = {{}}
    def make_set(self, name, flags, size=None):
        self.sets[name] = {{"family": 4}}
        if name.startswith("ipset"):
            kind = "hash:net" if "interval" in flags else "hash:ip"
            assert os.system("ipset create %s %s maxelem %d comment" % (name.split()[1], kind, size or 65536)) == 0
            return
        words = "type ipv4_addr; "
        words += "flags interval; " if "interval" in flags else ""
        words += "auto-merge; " if "merge" in flags else ""
        words += "size %d; " % size if size else ""
        assert os.system("nft 'table inet t {{ set %s {{ %s }}; }}'" % (name.split()[3], words)) == 0
    def add(self, name, address):
        if name.startswith("ipset"):
            return os.system("ipset add %s %s comment theirs 2>/dev/null" % (name.split()[1], address)) == 0
        form = "nft 'add element inet t %s {{ %s comment \\"theirs\\" }}' 2>/dev/null"
        return os.system(form % (name.split()[3], address)) == 0
    def perform(self, action, now):
        before = len(events)
        if isinstance(action, do.ListSet):
            try:
                return on.SetListed(action.set, listing(action.set))
            except OSError as error:
                return on.ActionFailed(action, str(error))
        if isinstance(action, do.ChangeSet):
            adapter.change(action)
        elif isinstance(action, do.GlanceSet):
            adapter.glance(action)
        return events[before] if len(events) > before else None

name, flags = sys.argv[1], tuple([w for w in sys.argv[2].split(",") if w])
size, seed = int(sys.argv[3]) or None, int(sys.argv[4])
from fakes import FakeKernel
state = seed
def below(n):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % n
literals = ["198.51.100.32/28"] if "interval" in flags else []
worlds = []
for kernel in (FakeKernel(), RealKernel()):
    worlds.append(World(name, flags, [policy(literals=literals)], size, kernel=kernel))
fake, real = worlds
base = "198.51.100.%d"
for step in range(30):
    what = below(10)
    if what < 6:
        given = [base % (1 + below(62)) for _ in range(below(6))]
        fake.names(*given)
        real.names(*given)
    else:
        text = base % below(64)
        if what >= 8 and "interval" in flags:
            text = ip.prefix("%s/%d" % (text, 28 + below(3)))
        ours = [ip.element(key) for key in real.contents.ours]
        if "merge" not in flags and numbers([text]) & numbers(list(fake.kernel.sets[name]["elements"])):
            continue  # nft refuses what overlaps
        if "merge" in flags and "/" not in text and numbers([text]) & numbers(ours):
            continue  # nobody could tell whose it is
        if size and len(fake.kernel.sets[name]["elements"]) >= size:
            continue
        if real.kernel.add(name, text):
            fake.add(text)
            real.others.update(numbers([text]))
    fake.listed()
    real.listed()
    there = listing(real.name)
    held = [ip.element(key) for key in there.ends]
    wanted = numbers([ip.element(key) for key in real.policies[0].wanted(4)])
    assert sorted(held) == sorted(fake.kernel.sets[name]["elements"]), (step, sorted(held), fake.holds())
    assert real.others <= numbers(held), (step, "lost")
    if size is None:
        assert wanted <= numbers(held), (step, "missing")
        if "merge" not in flags:
            assert numbers(held) == wanted | real.others, (step, "too much")
    theirs = [ip.element(key) for key in there.ends if key not in there.marked]
    if "merge" not in flags:
        assert numbers(theirs) == real.others, (step, "comments")
print("well", fake.done == real.done, len(real.done) > 5)
"""
KINDS = [
    ("nft inet t s4", "", 0),
    ("nft inet t s4", "", 6),
    ("nft inet t s4", "interval", 0),
    ("nft inet t s4", "interval,merge", 0),
]


@REAL_NFT
@each_interpreter
@pytest.mark.parametrize("name,flags,size", KINDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_real_nft_set_holds_ours_and_theirs_and_the_fake_one_the_same(
    interpreter, name, flags, size, seed, tmp_path
):
    lines = printed(interpreter, tmp_path, "nft add table inet t", WALK, name, flags, size, seed)
    assert lines == ["well True True"]


@REAL_IPSET
@each_interpreter
@pytest.mark.parametrize("flags,size", [("", 0), ("", 6), ("interval", 0)])
def test_the_real_ipset_holds_ours_and_theirs_and_the_fake_one_the_same(interpreter, flags, size, tmp_path):
    flags = ("comment," + flags).rstrip(",")
    lines = printed(interpreter, tmp_path, ":", WALK, "ipset s4", flags, size, 4)
    assert lines == ["well True True"]
