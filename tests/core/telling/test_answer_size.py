"""What fits into an answer: every list takes its turn, what finds no room is counted, and memory suffices."""

import gc
import sys

import pytest

from answers import failed, found, negative
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.names.name import Name
from nametrack.core.telling import answer_size
from nametrack.core.telling.answer_size import ROOM, listed, share, weight
from nametrack.core.telling.status import building, status
from nametrack.wire import uci
from pyubus import blobmsg, values

NOW, WALL = 10, 1795406999
SPARE = 4  # times ROOM that is left of the memory, small gaps besides: 2 do on most builds, the rest is margin

POLICY = "config policy 'p%d'\n\toption target 'nftset'\n\toption retain '0'\n\toption set4 'inet fw4 s%d'\n"
KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="


def size(answer):
    """Its bytes on the bus."""
    return sum([len(piece) for piece in blobmsg.pieces(values.lazily(answer))])


def filled(policies, hosts, addresses, more=""):
    """An agent whose policies have so many hosts each, and those so many IPv4 addresses; other names do not exist."""
    lines = []
    for i in range(policies):
        lines.append(POLICY % (i, i))
        lines.extend(["\tlist host 'h%d.p%d.example.com'\n" % (k, i) for k in range(hosts)])
    sections, _ = uci.parse("".join(lines) + more)
    agent, made = Agent(), 0
    actions = queries(agent.handle(on.ConfigLoaded(configuration.build(sections, [], [])), 0))
    while agent.config is None or not agent.resolver.names or agent.resolver.later:  # it is taken in by steps
        actions.extend(queries(agent.handle_timer(0)))
    while actions:
        action = actions.pop(0)
        if made % 500 == 0:
            gc.collect()  # the agent does so all the time: garbage that stays parts what is free into small pieces
        answer = negative("nodata", 3600, "example.com")
        if action.rtype == 1 and action.name.endswith("example.com"):
            values = ["10.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255) for n in range(made, made + addresses)]
            answer = found(values, 3600)
            made += addresses
        elif action.name.endswith("example.net"):
            answer = failed("SERVFAIL")
        actions.extend(queries(agent.handle(on.QueryAnswered(action.id, answer), 1)))
    return agent


def queries(actions):
    return [action for action in actions if isinstance(action, do.SendQuery)]


WEIGHED = [
    {},
    {"a": None, "bcd": True, "efgh": 5, "i": 1 << 40, "j": ["x", "", "xyz"], "k": {"l": [{}, []]}},
    {"name": "b\u00fccher", "longer_name": ["\u4f60\u597d"] * 3},
]


@pytest.mark.parametrize("value", WEIGHED)
def test_nothing_is_lighter_than_it_is_on_the_bus(value):
    assert size({"v": value}) <= weight(value, "v") <= size({"v": value}) + 8 * 8


def test_a_text_weighs_what_it_takes_on_the_bus():
    for name in ("a", "ab", "abc", "abcd", "abcde"):
        for text in ("", "x", "xy", "xyz", "xyzw"):
            assert weight(text, name) == size({name: text}), (name, text)
    assert weight(1 << 40, "a") == size({"a": 1 << 40})


def test_what_is_gone_meanwhile_ends_its_group():
    assert share([(2, lambda i: None), (1, lambda i: "y")], 100) == ([[], ["y"]], weight("y"))


def test_those_who_share_take_turns():
    long, short = ["x"] * 100, ["y"] * 3
    each = weight("x")
    assert share([listed(long), listed(short), listed([])], 10 * each) == ([["x"] * 7, ["y"] * 3, []], 10 * each)
    assert share([listed(long), listed(long)], 9 * each + 1) == ([["x"] * 5, ["x"] * 4], 9 * each)
    assert share([listed(short)], 10 * each) == ([["y"] * 3], 3 * each)
    assert share([listed(["x" * 1000, "x"]), listed(long)], 2 * each) == ([[], ["x"] * 2], 2 * each)


def test_no_step_of_a_status_makes_much():
    """Nothing is done between two steps but what one row takes, or one host."""
    agent, counts, state, weighed = filled(40, 20, 2), [0], Name.state, answer_size.weight

    def counted(function):
        def count(*given):
            counts[-1] += 1
            return function(*given)

        return count

    Name.state, answer_size.weight = counted(state), counted(weighed)
    try:
        for _ in building(agent, NOW, WALL):
            counts.append(0)
    finally:
        Name.state, answer_size.weight = state, weighed
    assert len(counts) > 40 * 20 and sum(counts) > 40 * 20
    assert max(counts) <= 40  # a row has some values, which are weighed one by one


def test_what_has_room_is_whole():
    shown = status(filled(2, 2, 5), NOW, WALL)
    assert [shown["more_" + name] for name in ("config_errors", "peers", "policies", "findings")] == [0, 0, 0, 0]
    assert [policy["more_hosts"] for policy in shown["policies"]] == [0, 0]
    hosts = [host for policy in shown["policies"] for host in policy["hosts"]]
    assert [(len(host["addresses"]), host["more_addresses"]) for host in hosts] == [(5, 0)] * 4


# policies, hosts of each, addresses of each host, literals of one more policy
LARGE = [(1, 8, 1000, 0), (150, 2, 8, 0), (60, 12, 1, 0), (3, 2, 2, 5000), (450, 1, 1, 0)]


@pytest.mark.parametrize("large", LARGE)
def test_an_answer_fits_and_counts_what_does_not(large):
    policies, hosts, addresses, literals = large
    more = "config policy 'written'\n\toption target 'nftset'\n\toption set4 'inet fw4 written'\n"
    for i in range(literals):
        more += "\tlist host '192.%d.%d.1'\n" % (i >> 8, i & 255)
    agent = filled(policies, hosts, addresses, more if literals else "")
    shown = status(agent, NOW, WALL)
    assert size(shown) <= ROOM
    assert size(shown) > ROOM // 2, "room is left that something could have had"
    total = len(shown["policies"]) + shown["more_policies"]
    assert total == policies + (1 if literals else 0)
    for policy in shown["policies"]:
        literal = policy["name"] == "written"
        assert len(policy["hosts"]) + policy["more_hosts"] == (literals if literal else hosts)
        for host in policy["hosts"]:
            assert len(host["addresses"]) + host["more_addresses"] == (1 if literal else addresses)
    counts = [len(h["addresses"]) for p in shown["policies"] for h in p["hosts"] if h["more_addresses"]]
    assert not counts or max(counts) - min(counts) <= 1, "some hosts have more than others"
    assert status(agent, NOW, WALL) == shown, "the same is cut in another way"


def test_half_of_an_answer_is_for_what_has_a_line_of_its_own_and_hosts_have_room_beside_it():
    room = 32 * 1024
    shown = status(filled(100, 1, 1), NOW, WALL, room)["policies"]
    hosts = sum([weight(policy["hosts"]) for policy in shown])
    assert room * 0.45 < weight(shown) - hosts <= room * 0.5 and hosts > room * 0.15


def test_hosts_in_trouble_are_shown_rather_than_those_that_are_well():
    names = "".join(["\tlist host 'z%d.example.net'\n" % i for i in range(5)])
    agent = filled(1, 1000, 1, names)  # which go on the policy's section
    (policy,) = status(agent, NOW, WALL)["policies"]
    failing = [host["host"] for host in policy["hosts"] if host["state"] != "current"]
    assert policy["more_hosts"] > 100
    assert failing == ["z%d.example.net" % i for i in range(5)]
    assert policy["hosts"] == sorted(policy["hosts"], key=lambda host: host["host"])


def test_peers_share_with_hosts():
    peers = "".join(
        [
            "config peer\n\toption interface 'wg%d'\n\toption public_key '%s'\n\toption endpoint_host 'e.example.com'\n"
            % (i, KEY)
            for i in range(3)
        ]
    )
    shown = status(filled(1, 8, 1000, peers), NOW, WALL)
    counts = [len(peer["addresses"]) for peer in shown["peers"]]
    hosts = [len(host["addresses"]) for host in shown["policies"][0]["hosts"]]
    assert [len(peer["addresses"]) + peer["more_addresses"] for peer in shown["peers"]] == [1000] * 3
    assert max(counts + hosts) - min(counts + hosts) <= 2  # a short one still fits where a longer one does not


def test_an_answer_is_made_and_encoded_in_a_small_memory():
    """Of a heap that is full but for a few times what the answer takes. CPython's is not bounded."""
    if sys.implementation.name != "micropython":
        return
    gc.threshold(-1)  # with the small gaps that late collection leaves
    agent = filled(20, 10, 50)
    gc.collect()
    gc.threshold(100000)
    ballast = []
    try:
        while True:
            ballast.append(bytearray(4096))
    except MemoryError:
        ballast[-SPARE * ROOM // 4096 :] = []
    assert size(status(agent, NOW, WALL)) > ROOM // 2
