"""The scripts for nft and ipset against the real tools, in a network namespace of their own."""

import json
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nametrack import ip
from nametrack.core.sets.address_ranges import spans_of
from nametrack.element import Element
from nametrack.wire import ipset, nft
from nametrack.wire.sets import Listing

AGENT = pathlib.Path(__file__).resolve().parents[2] / "agent"
# The agent reads ipsets by netlink: each as JSON, null for one that there is not.
READ = f"""{sys.executable} - <<'E'
import json, sys
sys.path.insert(0, "{AGENT}")
from nametrack.adapters import netfilter
found = netfilter.ipset("%s")
listing = found and found.listing()
print(json.dumps(listing and listing._replace(elements=list(listing.elements))))
E"""
NAME = nft.parse_name("inet t s")


def within(script):
    """Runs a shell script in a fresh network namespace, up to its first command that fails."""
    return subprocess.run(["unshare", "-rn", "sh", "-ec", script], capture_output=True, text=True, timeout=60)


def works(command):
    try:
        return within(command).returncode == 0
    except OSError:
        return False


needs_nft = pytest.mark.skipif(not works("nft list tables"), reason="`unshare -rn nft list tables` does not work here")
needs_ipset = pytest.mark.skipif(not works("ipset list"), reason="`unshare -rn ipset list` does not work here")


def listed(set_up, *scripts):
    """The Listing of an nft set after these transactions, all of which succeed."""
    steps = [f"nft -f - <<'E'\ntable inet t {{ set s {{ {set_up} }}; }}\nE"]
    steps += ["nft -f - <<'E'\n" + "\n".join(script) + "\nE" for script in scripts]
    done = within("\n".join(steps) + "\nnft -n list set inet t s")
    assert done.returncode == 0, done.stderr
    found = nft.parse_listing(done.stdout)
    return found._replace(elements=list(found.elements))


def read(name, *steps):
    """The Listing of an ipset after these steps, None for one that there is not."""
    done = within("\n".join(steps + (READ % name,)))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if found is None:
        return None
    listing = Listing(*found)
    return listing._replace(elements=[Element(*element) for element in listing.elements])


def saved(set_up, *scripts):
    """The Listing of an ipset after these scripts, all of which succeed."""
    restored = ["ipset restore <<'E'\n" + "\n".join(script) + "\nE" for script in scripts]
    return read("s", f"ipset create s {set_up}", *restored)


def content(listing):
    assert len({element.address for element in listing.elements}) == len(listing.elements)
    return {element.address: element.timeout for element in listing.elements}


def same(listing, expected, tolerance=5):
    """Checks the elements and their timeouts; some seconds may have gone by since they were written."""
    found = content(listing)
    assert set(found) == set(expected)
    for address, timeout in expected.items():
        if timeout is None:
            assert found[address] is None, address
        else:
            assert timeout - tolerance <= found[address] <= timeout, address


numbers = {4: st.integers(1 << 24, (224 << 24) - 1), 6: st.integers(0x2 << 124, (0x4 << 124) - 1)}
timeouts = st.integers(20, 366 * 86400)


def addresses(version):
    return st.sets(numbers[version].map(lambda number: ip.from_number(number, version)), max_size=600)


@st.composite
def disjoint(draw, version):
    """Prefixes and ranges that do not overlap, as an interval set without auto-merge wants them."""
    bits = 32 if version == 4 else 128
    found = set()
    for block in draw(st.sets(st.integers(32, 200), max_size=40)):
        first = block << (bits - 8)
        if draw(st.booleans()):
            length = draw(st.integers(9, bits))
            found.add(ip.prefix("%s/%d" % (ip.from_number(first, version), length)))
        else:
            start = first + draw(st.integers(1, 1 << (bits - 12)))
            end = start + 2 + 2 * draw(st.integers(0, 1000))
            span = (start | 1, end | 1)  # from an odd address on: never a prefix, which nft would print instead
            found.add("%s-%s" % tuple(ip.from_number(n, version) for n in span))
    return found


def timed(draw, keys):
    return {key: draw(st.none() | timeouts) for key in keys}


def as_elements(values):
    return [Element(address, values[address]) for address in sorted(values)]


@needs_nft
@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from([4, 6]))
def test_what_is_written_to_a_set_with_timeouts_is_listed(data, version):
    values = timed(data.draw, data.draw(addresses(version)))
    found = listed(f"type ipv{version}_addr; flags timeout;", nft.add_text(NAME, as_elements(values)))
    assert (found.family, found.timeout, found.interval, found.merge) == (version, True, False, False)
    same(found, values)


@needs_nft
@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from([4, 6]))
def test_what_is_written_to_a_set_of_intervals_is_listed(data, version):
    values = timed(data.draw, data.draw(disjoint(version)))
    found = listed(f"type ipv{version}_addr; flags interval,timeout;", nft.add_text(NAME, as_elements(values)))
    assert (found.family, found.timeout, found.interval, found.merge) == (version, True, True, False)
    same(found, values)


KINDS = [("", False), ("flags timeout;", True), ("flags interval;", False), ("flags interval,timeout;", True)]


@needs_nft
@pytest.mark.parametrize("flags,with_timeouts", KINDS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_replacement_leaves_what_is_new_with_its_new_timeout(flags, with_timeouts, data):
    keys = data.draw(disjoint(4) if "interval" in flags else addresses(4))
    pick = {key: data.draw(st.integers(0, 7)) for key in keys}  # bits: before, deleted, added
    life = timed if with_timeouts else lambda draw, keys: dict.fromkeys(keys)
    before = life(data.draw, [key for key in keys if pick[key] & 1])
    old = [key for key in keys if pick[key] & 2 or pick[key] & 5 == 5]  # what is there and is written again is renewed
    new = life(data.draw, [key for key in keys if pick[key] & 4])
    script = nft.replace_text(NAME, [Element(key, None) for key in sorted(old)], as_elements(new))
    found = listed("type ipv4_addr; " + flags, nft.add_text(NAME, as_elements(before)), script)
    expected = {key: before[key] for key in before if key not in old}
    expected.update(new)
    same(found, expected)


@needs_nft
@pytest.mark.parametrize("flags", ["flags timeout;", "flags interval,timeout;"])
def test_a_renewal_gives_the_new_timeout_shorter_or_longer_or_none(flags):
    before = {"10.0.0.1": 100, "10.0.0.2": 1000, "10.0.0.3": 100, "10.0.0.4": None}
    after = {"10.0.0.1": 1000, "10.0.0.2": 100, "10.0.0.3": None, "10.0.0.4": 100}
    script = nft.replace_text(NAME, as_elements(before), as_elements(after))
    same(listed("type ipv4_addr; " + flags, nft.add_text(NAME, as_elements(before)), script), after)


@needs_nft
@pytest.mark.parametrize("flags", ["flags timeout;", "flags interval,timeout;"])
def test_an_element_that_expired_meanwhile_fails_no_transaction(flags):
    before = nft.add_text(NAME, [Element("10.0.0.1", 1), Element("10.0.0.2", 1)])
    script = list(nft.replace_text(NAME, [Element("10.0.0.1", None)], [Element("10.0.0.1", 60)]))
    script += list(nft.delete_text(NAME, [Element("10.0.0.2", None)]))
    waited = within(
        f"nft -f - <<'E'\ntable inet t {{ set s {{ type ipv4_addr; {flags} }}; }}\n"
        + "\n".join(before)
        + "\nE\nsleep 1.3\nnft -f - <<'E'\n"
        + "\n".join(script)
        + "\nE\nnft list set inet t s"
    )
    assert waited.returncode == 0, waited.stderr
    same(nft.parse_listing(waited.stdout), {"10.0.0.1": 60})


@needs_nft
def test_a_script_that_fails_changes_nothing():
    script = list(nft.replace_text(NAME, [Element("10.0.0.1", None)], [Element("10.0.0.2", None)]))
    script.append("delete element inet t s { 10.9.9.9 }")
    done = within(
        "nft 'table inet t { set s { type ipv4_addr; elements = { 10.0.0.1 }; }; }'\n! nft -f - <<'E'\n"
        + "\n".join(script)
        + "\nE\nnft list set inet t s"
    )
    same(nft.parse_listing(done.stdout), {"10.0.0.1": None})


@needs_nft
def test_a_renewal_fits_into_a_full_set():
    full = {f"10.0.0.{i}": 100 for i in range(4)}
    renewed = dict.fromkeys(full, 1000)
    script = nft.replace_text(NAME, as_elements(full), as_elements(renewed))
    set_up = "type ipv4_addr; size 4; flags timeout;"
    same(listed(set_up, nft.add_text(NAME, as_elements(full)), script), renewed)


@needs_nft
def test_comments_counters_and_defaults_of_a_real_listing():
    elements = '10.0.0.1 comment "a, } b", 10.0.0.2 timeout 5m comment "timeout 1s expires 1s", 10.0.0.3 timeout 100d'
    set_up = 'type ipv4_addr; flags timeout; timeout 1h; gc-interval 5m; size 99; comment "x } {"; counter;'
    set_up += f" elements = {{ {elements} }};"
    found = listed(set_up)
    assert (found.family, found.timeout, found.interval, found.size) == (4, True, False, 99)
    same(found, {"10.0.0.1": 3600, "10.0.0.2": 300, "10.0.0.3": 8640000})


@needs_nft
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_refill_of_a_set_with_auto_merge_leaves_exactly_what_is_new(data):
    block = st.integers(0x0A000000, 0x0A000100)
    before, after = data.draw(st.sets(block, max_size=60)), data.draw(st.sets(block, max_size=60))
    kept = data.draw(st.booleans())
    new = set(after) | (before if kept else set())
    texts = spans_of([ip.key(ip.from_number(number, 4)) for number in new], 4).texts(4)
    script = nft.refill_text(NAME, [Element(text, None) for text in texts])
    first = nft.add_text(NAME, [Element(ip.from_number(number, 4), None) for number in sorted(before)])
    found = listed("type ipv4_addr; flags interval; auto-merge;", first, script)
    assert found.merge
    numbers = set()
    for element in found.elements:
        _, start, end = ip.span(element.address)
        numbers.update(range(start, end + 1))
    assert numbers == new


@needs_nft
def test_auto_merge_is_seen_and_merged_elements_are_ranges():
    found = listed(
        "type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.1.0.0/16 };"
    )
    assert found.merge
    same(found, {"10.0.0.1-10.0.0.3": None, "10.1.0.0/16": None})


@needs_nft
@pytest.mark.parametrize(
    "kind", ["type ipv4_addr . inet_service", "typeof ip daddr . tcp dport", "type mark", "type ifname"]
)
def test_a_real_set_of_something_else_has_no_family(kind):
    assert listed(kind + ";").family is None


@needs_nft
@pytest.mark.parametrize("kind,family", [("typeof ip daddr", 4), ("typeof ip6 saddr", 6)])
def test_a_real_typeof_is_a_family(kind, family):
    assert listed(kind + ";").family == family


@needs_nft
@pytest.mark.parametrize("command", ["nft list set inet t none", "nft list set inet none s"])
def test_a_missing_set_of_nft_is_known(command):
    done = within("nft add table inet t\n" + command)
    assert done.returncode != 0
    assert nft.is_missing(done.stderr)


@needs_nft
@pytest.mark.parametrize("command", ["nft -f /nonexistent", "nft nonsense"])
def test_another_trouble_of_nft_is_not_a_missing_set(command):
    done = within(command)
    assert done.returncode != 0
    assert not nft.is_missing(done.stderr)


@needs_nft
@settings(max_examples=40, deadline=None)
@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_./-]{0,40}", fullmatch=True) | st.text(max_size=10))
def test_a_name_that_is_taken_is_one_word_to_nft(text):
    name = nft.parse_name("inet t " + text)
    if name is None:
        return
    done = within(f"nft add table inet t\nnft -f - <<'E'\nlist set inet t {name.name}\nE")
    # a keyword of nft's, like `set`, is a syntax error; anything else is a set that does not exist
    assert nft.is_missing(done.stderr) or "syntax error" in done.stderr


@needs_ipset
@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from([4, 6]), st.sampled_from(["hash:ip", "hash:net"]), st.booleans())
def test_what_is_written_to_an_ipset_is_listed(data, version, kind, with_timeouts):
    keys = data.draw(addresses(version))
    if kind == "hash:net":
        keys = {ip.prefix("%s/%d" % (key, data.draw(st.integers(1, 32)))) for key in keys}
    values = {key: data.draw(st.integers(20, 3000000)) if with_timeouts else None for key in keys}
    set_up = f"{kind} family {'inet' if version == 4 else 'inet6'}" + (" timeout 7" if with_timeouts else "")
    found = saved(set_up, ipset.add_text("s", as_elements(values)))
    assert (found.family, found.timeout, found.interval) == (version, with_timeouts, kind == "hash:net")
    assert found.size == 65536
    same(found, {key: t and min(t, ipset.TIMEOUT_LIMIT) for key, t in values.items()})


@needs_ipset
def test_a_replacement_in_an_ipset():
    before = {"10.0.0.1": 100, "10.0.0.2": 100, "10.0.0.3": 100}
    new = {"10.0.0.2": 1000, "10.0.0.4": 50}
    old = [Element("10.0.0.1", None), Element("10.0.0.2", None), Element("10.0.0.9", None)]
    script = ipset.replace_text("s", old, as_elements(new))
    found = saved("hash:net timeout 7", ipset.add_text("s", as_elements(before)), script)
    same(found, {"10.0.0.2": 1000, "10.0.0.3": 100, "10.0.0.4": 50})


@needs_ipset
def test_comments_counters_and_exceptions_of_a_real_ipset():
    added = [
        'add s 10.0.0.0/24 comment "a timeout 5 nomatch"',
        "add s 10.0.0.128/25 nomatch",
        "add s 10.1.0.1 timeout 0",
    ]
    same(saved("hash:net timeout 600 counters comment skbinfo", added), {"10.0.0.0/24": 600, "10.1.0.1": None})


@needs_ipset
@pytest.mark.parametrize("kind", ["hash:ip,port", "list:set", "bitmap:ip range 10.0.0.0/24", "hash:ip netmask 24"])
def test_a_real_ipset_of_something_else_has_no_family(kind):
    assert saved(kind).family is None


@needs_ipset
def test_what_carries_our_comment_is_known():
    own = ipset.add_text("s", [Element("10.0.0.1", None), Element("10.2.0.0/16", None)], "nametrack")
    found = saved("hash:net comment", own, ["add s 10.0.0.2", 'add s 10.0.0.3 comment "nametrack too"'])
    assert sorted(found.marked) == ["10.0.0.1", "10.2.0.0/16"]
    assert saved("hash:net").marked is None


@needs_ipset
def test_a_missing_ipset_is_none_and_an_empty_one_is_not():
    assert read("none", "ipset list >/dev/null") is None
    assert read("s", "ipset create s hash:ip").elements == []


@needs_ipset
@settings(max_examples=40, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,30}", fullmatch=True))
def test_a_name_that_is_taken_is_one_that_ipset_takes(name):
    assert ipset.valid_name(name)
    found = read(name, f"ipset create {name} hash:ip\nipset restore <<'E'\nadd {name} 10.0.0.1 -exist\nE")
    assert found.elements == [Element("10.0.0.1", None)]
