"""report.py: the pages that people read in a terminal of 80 columns."""

import pytest

from nametrack.core.telling.tables import event_lines, status_lines, troubles

NOW = 1795406999


def peer(**changes):
    values = {
        "interface": "wg0",
        "public_key": "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
        "description": "beach house",
        "endpoint_host": "home.dyn.example.net",
        "endpoint_port": 51820,
        "endpoint": "198.51.100.10:51820",
        "addresses": ["198.51.100.10"],
        "more_addresses": 0,
        "last_handshake": NOW - 9,
        "rx_bytes": 1023,
        "tx_bytes": 123456789,
        "state": "current",
        "reason": "kept: DNS names it; handshake 9s ago",
        "next_query": 21,
        "changed": None,
    }
    values.update(changes)
    return values


def host(name, **changes):
    values = {"host": name, "state": "current", "reason": "answered", "ttl": 60, "next_query": 130, "failures": 0}
    values["addresses"] = [{"address": "192.0.2.7", "expires": NOW + 60, "named": True}]
    values["more_addresses"] = 0
    values.update(changes)
    return values


def policy(hosts, **changes):
    values = {"name": "work", "interface": "wg", "target": "nftset", "set4": "inet fw4 mine4", "set6": None}
    values.update({"wanted4": 3, "installed4": 2, "wanted6": 0, "installed6": 0, "state": "current", "changed": None})
    values.update({"reason": "the sets hold what DNS names", "hosts": hosts, "more_hosts": 0})
    values.update(changes)
    return values


def state(peers, policies=()):
    shown = {"now": NOW, "peers": list(peers), "policies": list(policies), "config_errors": []}
    shown.update({"more_peers": 0, "more_policies": 0})
    return shown


def page(peers, policies=()):
    return "\n".join(status_lines(state(peers, policies)))


def test_a_peer_and_a_policy():
    old = {"address": "2001:db8::7", "expires": NOW + 3700, "named": False}
    staging = host("staging.example.com")
    staging["addresses"] = staging["addresses"] + [old]
    hosts = [staging, host("192.0.2.0/24", state="literal")]
    assert page([peer()], [policy(hosts)]) == (
        "PEER                          STATE       NEXT QUERY  RECEIVED    SENT\n"
        "wg0 beach house               current     in 21s      1.0 KiB     118 MiB\n"
        "  home.dyn.example.net -> 198.51.100.10:51820\n"
        "  kept: DNS names it; handshake 9s ago\n"
        "\n"
        "POLICY                        STATE       INSTALLED\n"
        "work                          current     IPv4 2 of 3\n"
        "  nftset: inet fw4 mine4\n"
        "  the sets hold what DNS names\n"
        "    staging.example.com       current     in 2m 10s\n"
        "      192.0.2.7, 2001:db8::7 (for 1h 1m)\n"
        "    192.0.2.0/24              written"
    )


def test_a_policy_with_routes_shows_its_table_and_how_many_addresses_have_a_route():
    values = {"target": "route", "table": 900, "set4": None, "reason": "through wg0"}
    shown = page([], [policy([], **values)])
    assert "IPv4 2 of 3" in shown and "route: table 900" in shown and "IPv6" not in shown and "no set" not in shown
    assert "no address" in page([], [policy([], wanted4=0, installed4=0, **values)])


def test_a_peer_without_a_description_shows_the_beginning_of_its_key():
    assert "wg0 xTIBA5rboUvn...           current" in page([peer(description="")])


def test_a_peer_without_an_endpoint_says_so():
    assert "\n  home.dyn.example.net -> no endpoint\n" in page([peer(endpoint="")])


@pytest.mark.parametrize("length, lines", [(24, 1), (25, 2)])
def test_a_name_that_leaves_no_room_in_its_column_has_a_line_of_its_own(length, lines):
    """Two columns of the first 30 stay blank, and a host begins with four."""
    name = "h" * length
    shown = page([], [policy([host(name)])]).split("\n")[4:-1]
    assert shown == ([] if lines == 1 else ["    " + name]) + [
        "%-30s%-12sin 2m 10s" % ("    " + (name if lines == 1 else ""), "current")
    ]


def test_a_long_text_goes_on_in_the_same_column_and_loses_no_word():
    reason = " ".join(["word%d" % i for i in range(40)])
    lines = page([peer(reason=reason)]).split("\n")[3:]
    assert len(lines) == 4 and " ".join([line[2:] for line in lines]) == reason
    assert all(line[:2] == "  " and line[2] != " " for line in lines)
    assert all(len(line) + 1 + len(after.split()[0]) > 80 for line, after in zip(lines, lines[1:]))
    assert page([peer(reason="a" * 38 + " " + "b" * 39)]).count("\n") == 3
    assert page([peer(reason="a" * 38 + " " + "b" * 40)]).count("\n") == 4


def test_a_policy_says_what_it_lacks_in_its_place():
    each = {"path": "/list", "names": 1, "asked": 1, "wildcards": 0, "elements": 0}
    hosts = [host("h%d.test" % i, addresses=[]) for i in range(8)]
    hosts[7].update({"state": "failing", "reason": "no answer"})
    lines = page([], [policy(hosts, set4=None, wanted6=7, files=[each])]).split("\n")
    assert lines[1:5] == [
        "work                          current     no set",
        "  nftset: no set",
        "  the sets hold what DNS names",
        "  /list: 1 name, 1 looked up",
    ]
    assert [line.split()[0] for line in lines[5:13]] == ["h%d.test" % i for i in range(8)], "they are not too many"
    assert lines[13:] == ["      no answer"]


def test_an_address_whose_time_is_over_stays_no_longer():
    old = {"address": "192.0.2.9", "expires": NOW - 5, "named": False}
    assert "192.0.2.9 (for 0s)" in page([], [policy([host("a.test", addresses=[old])])])


STATES = [("current", 32), ("roamed", 33), ("partial", 33), ("stale", 33), ("negative", 33), ("disabled", 2)]


@pytest.mark.parametrize("shown, colour", STATES + [("failing", 31), ("no_target", 31)])
def test_what_is_well_is_green_what_is_not_quite_is_yellow_and_all_else_is_red(shown, colour):
    assert "\x1b[%dm%-12s\x1b[0m" % (colour, shown) in status_lines(state([peer(state=shown)]), True)[1]


def test_nothing_to_follow_says_so():
    assert page([]) == "nothing to follow: no peer with a host name, no policy"


LONG = [
    peer(description="a description that is rather long, and longer than its column by far " * 2),
    peer(endpoint="[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:51820", state="unresolved", next_query=None),
    peer(reason="nothing received although an answer is owed for 15 s; " * 5, state="stalled", next_query=86400),
]


@pytest.mark.parametrize("long", LONG)
def test_texts_are_broken_at_80_columns(long):
    lines = status_lines(state([long]))
    assert max([len(line) for line in lines]) <= 80, lines


def test_long_lists_are_folded_and_what_is_wrong_stays_in_sight():
    hosts = [host("h%d.example.com" % i) for i in range(30)]
    hosts[29]["state"], hosts[29]["reason"] = "failing", "no answer from 127.0.0.1"
    folded = page([], [policy(hosts)])
    assert "    h29.example.com           failing" in folded and "no answer from 127.0.0.1" in folded
    assert "and 22 more: nametrack status --all" in folded and "h20.example.com" not in folded
    whole = "\n".join(status_lines(state([], [policy(hosts)]), False, True))
    assert "h20.example.com" in whole and "more" not in whole


def test_many_addresses_are_folded():
    many = [{"address": "192.0.2.%d" % i, "expires": NOW, "named": True} for i in range(20)]
    text = page([], [policy([host("a.example.com", addresses=many)])])
    assert "192.0.2.7, and 12 more" in text.replace("\n      ", " ")


def test_what_an_answer_had_no_room_for_is_counted():
    cut = state([peer()], [policy([host("h%d.example.com" % i, more_addresses=7) for i in range(10)], more_hosts=20)])
    cut.update({"more_peers": 3, "more_policies": 4})
    folded, whole = "\n".join(status_lines(cut)), "\n".join(status_lines(cut, everything=True))
    for page_of in (folded, whole):
        assert "\nand 3 more, too many for one answer\n" in page_of
        assert page_of.endswith("\nand 4 more, too many for one answer")
        assert "192.0.2.7, and 7 more, too many for one answer" in page_of
    assert "\n    and 22 more: nametrack status --all" in folded
    assert "\n    and 20 more, too many for one answer" in whole and "--all" not in whole


def test_colour_is_for_terminals_and_only_on_the_state():
    lines = status_lines(state([peer(state="stalled")]), True)
    assert "\x1b[31mstalled     \x1b[0m" in lines[1]
    assert not any("\x1b" in line for line in lines[:1] + lines[2:])
    lines = status_lines(state([], [policy([host("192.0.2.0/24", state="literal")])]), True)
    assert "    192.0.2.0/24              \x1b[32mwritten     \x1b[0m" in lines


def test_text_of_others_steers_no_terminal():
    text = page([peer(description="\x1b[2J", reason="\x1b]0;owned\x07")])
    assert "\x1b" not in text and "\\x1b[2J" in text


def test_troubles_are_what_is_not_as_it_should_be():
    stalled = peer(state="stalled", reason="nothing received")
    missing = policy([], state="no_target", reason="set 'inet fw4 mine4' does not exist")
    given = state([peer(), stalled, peer(state="roamed"), peer(state="disabled")], [policy([]), missing])
    given["config_errors"] = ["section 'x': wrong"]
    assert troubles(given) == [
        "section 'x': wrong",
        "wg0 beach house: stalled: nothing received",
        "policy 'work': no_target: set 'inet fw4 mine4' does not exist",
    ]


def test_an_event_is_one_line():
    event = {"id": 1, "time": 5, "kind": "trouble", "subject": "home.test", "text": "lookup failed:\nno answer"}
    assert event_lines([event], lambda unix: "at %d" % unix) == ["at 5  home.test: lookup failed:\\x0ano answer"]
