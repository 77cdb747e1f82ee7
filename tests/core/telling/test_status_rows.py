"""status.py and peer_status.py: what a row says of what is switched off, of files, and of what is in the kernel."""

from nametrack import ip
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.config.lists import with_lists
from nametrack.core.config.policy_values import listed_host
from nametrack.core.names.resolver import MOST_NEW
from nametrack.core.telling.status import peers, policies, status
from nametrack.core.telling.status_times import left
from nametrack.wire import uci
from nametrack.wire.host_list import Reader
from routes.steering_house import KEYS, NETWORK, House

WALL = 1795406999
WORK = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n"


def told(house):
    return status(house.agent, house.now, WALL + house.now)


def test_a_steered_policy_says_how_many_addresses_the_kernel_has_routes_for():
    (row,) = told(House(WORK))["policies"]
    assert (row["wanted4"], row["installed4"], row["wanted6"], row["installed6"]) == (2, 2, 1, 1)
    assert (row["target"], row["set4"], row["set6"], row["hosts"][0]["host"]) == ("route", None, None, "work.test")


def test_a_peer_that_is_disabled_is_shown_with_what_is_configured_and_nothing_else():
    house = House("", network=NETWORK + "\toption disabled '1'\n\toption description 'cabin'\n")
    row = [each for each in told(house)["peers"] if each["interface"] == "wg1"][0]
    assert row == {
        "interface": "wg1",
        "public_key": KEYS[1],
        "description": "cabin",
        "endpoint_host": "other.dyn.test",
        "endpoint_port": 51820,
        "addresses": [],
        "more_addresses": 0,
        "sources": [],
        "endpoint": None,
        "last_handshake": 0,
        "rx_bytes": 0,
        "tx_bytes": 0,
        "state": "disabled",
        "code": "disabled",
        "reason": "disabled in the configuration",
        "next_query": None,
        "answered": None,
        "failures": 0,
        "changed": None,
    }
    assert [each for each in told(house)["peers"] if each["interface"] == "wg0"][0]["more_addresses"] == 0


def test_a_file_of_hosts_is_shown_with_its_counts_and_without_them_until_it_is_read():
    house = House(WORK + "\tlist host '@/etc/list'\n")
    unread = {"path": "/etc/list", "names": None, "asked": None, "wildcards": None, "elements": None}
    assert told(house)["policies"][0]["files"] == [unread]
    reader = Reader("/etc/list", listed_host, ip.is_element, b"salt")
    reader.take(b"a.test\nb.test\n*.c.test\n192.0.2.9\n")
    house.handle(on.ConfigLoaded(with_lists(house.config, {"/etc/list": (reader.end(), [])})))
    read = {"path": "/etc/list", "names": 2, "asked": 2, "wildcards": 1, "elements": 1}
    assert told(house)["policies"][0]["files"] == [read]
    disabled = House(WORK + "\tlist host '@/etc/list'\n\toption enabled '0'\n")
    assert told(disabled)["policies"][0]["files"] == [unread]


def test_what_metrics_are_made_of_is_what_the_status_says():
    house = House(WORK + "\noption enabled '1'\n" + WORK.replace("'work'", "'off'") + "\toption enabled '0'\n")
    house.wait(40)
    whole, wall = told(house), WALL + house.now
    apart = ("addresses", "more_addresses", "hosts", "more_hosts")
    for name, rows in (("peers", peers), ("policies", policies)):
        rows = list(rows(house.agent, house.now, wall))
        assert len(rows) == len(whole[name]) == 2
        for row, shown in zip(rows, whole[name]):
            assert [key for key in row if key not in apart and row[key] != shown[key]] == []


def test_what_is_not_known_yet_is_nothing():
    house = House(WORK + "\toption enabled '0'\n")
    fresh = Agent()
    fresh.handle(on.ConfigLoaded(house.config), 0)
    shown = status(fresh, 0, WALL)
    for row in shown["peers"]:
        values = [row[key] for key in ("endpoint", "last_handshake", "rx_bytes", "tx_bytes", "answered", "changed")]
        assert values == [None, 0, 0, 0, None, None]
    (row,) = shown["policies"]
    assert [row[key] for key in ("wanted4", "installed4", "wanted6", "installed6", "more_hosts")] == [0] * 5


def test_a_peer_says_in_how_many_seconds_its_name_is_asked_for_again():
    hosts = {"home.dyn.test": (["198.51.100.1"], ["2001:db8::1"])}
    house = House("", hosts=hosts)
    house.wait(40)
    row = [each for each in told(house)["peers"] if each["interface"] == "wg0"][0]
    assert row["next_query"] == 260 and row["answered"] == WALL  # the TTL is 300 seconds


def test_of_many_new_hosts_one_that_a_peer_has_for_ipv4_alone_and_that_had_no_turn_yet_is_unknown():
    """Names are taken in by steps, and status may be asked for between two of them."""
    global_ = "config nametrack 'global'\n\toption family 'ipv4'\n"
    house = House(global_, network=NETWORK.replace("home.dyn.test", "zzz.dyn.test"))
    hosts = ["a%d.test" % i for i in range(MOST_NEW)] + ["zzz.dyn.test"]
    text = global_ + WORK + "\toption family 'any'\n" + "".join(["\tlist host '%s'\n" % host for host in hosts])
    loaded = on.ConfigLoaded(configuration.build(uci.parse(text)[0], uci.parse(house.network)[0], []))
    house.agent.handle(loaded, house.now)
    while not house.agent.resolver.later:
        house.agent.handle_timer(house.now)
    (policy,) = told(house)["policies"]
    assert policy["hosts"][-1]["host"] == "zzz.dyn.test" and policy["hosts"][-1]["code"] == "unknown"


def test_what_is_over_has_no_seconds_left_and_what_is_due_soon_has_one():
    assert [left(at, 10) for at in (None, 5, 10, 10.1, 11, 11.5)] == [None, 0, 0, 1, 1, 2]
