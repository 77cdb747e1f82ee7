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
    assert "    and 22 more: nametrack status --all" in folded
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
