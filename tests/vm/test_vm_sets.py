"""The sets of this kernel, filled by the agent: nft and ipset, with and without timeouts."""

import re

import pytest

HOST = "staging.example.test"
SETS = """
table inet vpn {
    set staging4 { type ipv4_addr; flags timeout; }
    set staging6 { type ipv6_addr; flags timeout; }
    set plain4 { type ipv4_addr; }
    set ranges4 { type ipv4_addr; flags interval; }
}
"""


def policy(target, set4, set6="", retain=3600, hosts=(HOST,)):
    """A section of /etc/config/nametrack."""
    lines = ["config policy 'staging'", f"\toption target '{target}'", f"\toption set4 '{set4}'"]
    lines += [f"\toption set6 '{set6}'"] if set6 else []
    lines += [f"\toption retain '{retain}'", *(f"\tlist host '{host}'" for host in hosts)]
    return "\n".join(lines) + "\n"


def elements(houses, name):
    """{address: seconds that remain, None for ever} of an nft set."""
    text = houses.beach(f"nft list set inet vpn {name}").partition("elements = {")[2]
    found = {}
    for each in text.partition("}")[0].split(","):
        words = each.split()
        if words:
            left = re.search(r"expires (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", each)
            parts = [int(part or 0) for part in left.groups()] if left else None
            found[words[0]] = parts[0] * 3600 + parts[1] * 60 + parts[2] if parts else None
    return found


def wait_for_elements(houses, name, wanted):
    for _ in range(60):
        if set(elements(houses, name)) == set(wanted):
            return
        houses.machine.run("sleep 0.3")
    raise AssertionError(f"{sorted(wanted)}, not {elements(houses, name)}; the log:\n{houses.log()}")


@pytest.fixture
def staging(houses):
    houses.machine.write("/run/sets", SETS)
    houses.beach("nft -f /run/sets")
    houses.name(staging_example_test=["192.0.2.130", "192.0.2.131", "2001:db8:c::130"])
    return houses


def test_a_set_with_timeouts_follows(staging):
    staging.beach("nft add element inet vpn staging4 { 203.0.113.66 timeout 1h }")  # somebody else's
    staging.start(policy("nftset", "inet vpn staging4", "inet vpn staging6"))
    wait_for_elements(staging, "staging4", {"192.0.2.130", "192.0.2.131", "203.0.113.66"})
    wait_for_elements(staging, "staging6", {"2001:db8:c::130"})
    staging.name(staging_example_test=["192.0.2.132", "2001:db8:c::131"])
    wait_for_elements(staging, "staging4", {"192.0.2.130", "192.0.2.131", "192.0.2.132", "203.0.113.66"})
    wait_for_elements(staging, "staging6", {"2001:db8:c::130", "2001:db8:c::131"})
    assert all(0 < left <= 3600 for left in elements(staging, "staging4").values())
    staging.stop()


@pytest.mark.parametrize("before", [30, 86400], ids=["too-short", "too-long"])
def test_an_element_that_is_there_gets_its_new_timeout(staging, before):
    """Before Linux 6.12 an element that is added again keeps its old timeout; what the agent writes works on all."""
    staging.beach(
        f"nft add element inet vpn staging4 {{ 192.0.2.130 timeout {before}s, 192.0.2.131 timeout {before}s }}"
    )
    script = """
from nametrack.adapters.sets import Sets
from nametrack.element import Element, ElementList, elements_of, named
sets, name = Sets(poller, emit), named("nft inet vpn staging4")
sets.list(do.ListSet(name))
until(lambda: not sets.busy())
renewed = elements_of([Element("192.0.2.130", 7200)])
sets.change(do.ChangeSet(name, events[0].listing.form, renewed, renewed, ElementList(), ""))
"""
    assert [line.split()[0] for line in staging.script(script)] == ["SetListed", "SetChanged"]
    left = elements(staging, "staging4")
    assert 7100 < left["192.0.2.130"] <= 7200, left
    assert before - 60 < left["192.0.2.131"] <= before, left


def test_retained_elements_go_when_their_time_is_over(staging):
    staging.start(policy("nftset", "inet vpn plain4", retain=6))
    wait_for_elements(staging, "plain4", {"192.0.2.130", "192.0.2.131"})
    staging.name(staging_example_test=["192.0.2.131", "192.0.2.132"])
    wait_for_elements(staging, "plain4", {"192.0.2.130", "192.0.2.131", "192.0.2.132"})
    wait_for_elements(staging, "plain4", {"192.0.2.131", "192.0.2.132"})
    staging.stop()


def test_prefixes_fill_a_set_of_intervals(staging):
    staging.start(policy("nftset", "inet vpn ranges4", hosts=(HOST, "198.18.0.0/15", "203.0.113.0/25")))
    wait_for_elements(staging, "ranges4", {"192.0.2.130", "192.0.2.131", "198.18.0.0/15", "203.0.113.0/25"})
    staging.stop()


@pytest.mark.parametrize("name", ["staging4", "plain4", "ranges4"])
def test_what_another_program_takes_away_is_filled_again(staging, name):
    """The kernel announces nothing to the agent, which asks for the number of the last change."""
    wanted = {"192.0.2.130", "192.0.2.131"}
    staging.start(policy("nftset", f"inet vpn {name}"))
    wait_for_elements(staging, name, wanted)
    staging.beach(f"nft flush set inet vpn {name}")
    wait_for_elements(staging, name, wanted)
    staging.beach(f"nft delete element inet vpn {name} {{ 192.0.2.131 }}")
    wait_for_elements(staging, name, wanted)
    staging.machine.write("/run/again", "flush ruleset\n" + SETS)  # as fw4 restarts
    staging.beach("nft -f /run/again")
    wait_for_elements(staging, name, wanted)
    staging.stop()


def test_whose_a_change_was_is_told_by_the_number_of_the_last_one(staging):
    script = """
import os
from nametrack.adapters.sets import Sets
from nametrack.element import ElementList, elements_of, Element, named
sets, name = Sets(poller, events.append), named("nft inet vpn plain4")
def told():
    events.clear()
    sets.glance_nft(do.GlanceNft("nftables"))
    return bool(events)
def others(command):
    assert os.system("nft " + command) == 0
    return told()
def ours(deleted, added):
    deleted, added = [elements_of([Element(one, None) for one in each]) for each in (deleted, added)]
    sets.change(do.ChangeSet(name, form, deleted, added, ElementList(), ""))
    assert not events.pop().refused
    return told()
sets.list(do.ListSet(name))
until(lambda: not sets.busy())
form = events[0].listing.form
print(told())
print(ours([], ["192.0.2.1", "192.0.2.2"]), ours(["192.0.2.1"], ["192.0.2.3"]), ours(["192.0.2.99"], []))
print(ours([], ["198.18.%d.%d" % (i >> 8, i & 255) for i in range(5000)]))
print(others("'add element inet vpn plain4 { 192.0.2.4 }'"), told(), others("flush set inet vpn plain4"))
print(others("add table inet fresh"), others("flush ruleset"), told())
"""
    told = ["False", "False False False", "False", "True False True", "True True False"]
    assert staging.script(script) == told


@pytest.mark.parametrize("kind", ["hash:ip timeout 0", "hash:ip", "hash:net"])
def test_an_ipset_follows(staging, kind):
    staging.beach(f"ipset create mine {kind}")
    staging.beach("ipset add mine 203.0.113.66")
    listed = "ip netns exec beach ipset list mine | sed '1,/^Members/d' | cut -d ' ' -f 1 | sort | tr '\\n' ' '"
    staging.start(policy("ipset", "mine"))

    def wait_for(members):
        staging.machine.wait_for(f'[ "$({listed})" = "{members} " ]', 20, lambda: staging.log())

    wait_for("192.0.2.130 192.0.2.131 203.0.113.66")
    staging.name(staging_example_test=["192.0.2.132"])
    wait_for("192.0.2.130 192.0.2.131 192.0.2.132 203.0.113.66")
    staging.stop()


def test_a_thousand_addresses_come_in_one_transaction(staging):
    addresses = [f"198.18.{i // 250}.{i % 250 + 1}" for i in range(1000)]
    staging.start(policy("nftset", "inet vpn staging4", hosts=addresses))
    listed = "ip netns exec beach nft list set inet vpn staging4"
    staging.machine.wait_for(f"{listed} | grep -q 198.18.3.250", 20, staging.log)
    assert set(elements(staging, "staging4")) == set(addresses)
    staging.stop()
