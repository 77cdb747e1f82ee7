"""interface_peers.py: one interface and its peers, when it cannot be read, and what is said of that."""

from collections import namedtuple

from nametrack.core.actions import Notify, ReadPeers
from nametrack.core.peers.interface_peers import STARTS, InterfacePeers, literal_endpoints

Reading = namedtuple("Reading", ("public_key", "address"))
READINGS = [Reading("A", "192.0.2.1"), Reading("B", None)]


class Peer:
    config = namedtuple("Config", ("auto",))(True)

    def __init__(self, auto=True):
        self.config = namedtuple("Config", ("auto",))(auto)
        self.states = []

    def gone(self, value, told):
        assert told is False
        self.states.append(value.state)
        return []

    def addresses(self):
        return ["198.51.100.1", "192.0.2.1"]


def group(auto=True):
    made = InterfacePeers("wg0")
    made.configure([Peer(auto)], ["203.0.113.1"])
    return made


def codes(actions):
    assert all(isinstance(action, Notify) and action.subject == "wg0" for action in actions)
    return [(action.kind, action.code) for action in actions]


def test_one_reading_is_under_way_at_a_time():
    made = group()
    assert made.unread
    assert made.ask() == [ReadPeers("wg0")] and made.ask() == []
    assert made.read(READINGS) == ([], {"A": READINGS[0], "B": READINGS[1]})
    assert not made.unread and made.ask() == [ReadPeers("wg0")]
    made.unreadable("no such device", 5)
    assert made.ask() == [ReadPeers("wg0")]
    made.configure(made.peers, [])
    made.unreadable("no such device", 6)
    assert not made.unread, "a look at what is not there is a look, for `run --once`"


def test_an_interface_whose_peers_nobody_follows_is_not_read_and_nothing_is_said_of_it():
    made = InterfacePeers("wg0")
    made.configure([], [])
    assert made.ask() == [] and not made.unread
    assert made.read(READINGS) == ([], {}) and made.unreadable("gone", 1) == []


def test_where_a_tunnels_own_packets_go_is_known_of_all_of_its_peers():
    made = group()
    assert made.endpoints() == {"203.0.113.1", "198.51.100.1", "192.0.2.1"}
    made.read([Reading("C", "192.0.2.9")])
    assert made.endpoints() == {"203.0.113.1", "198.51.100.1", "192.0.2.1", "192.0.2.9"}


def test_an_interface_that_does_not_come_up_is_trouble_after_a_while_and_once():
    made = group()
    assert codes(made.unreadable("no such device", 10)) == [("interface", "not_up")]
    assert made.unreadable("no such device", 10 + STARTS - 1) == []
    assert codes(made.unreadable("no such device", 10 + STARTS)) == [("trouble", "unreadable")]
    assert made.unreadable("no such device", 10 + STARTS + 1) == []
    assert codes(made.unreadable("not permitted", 10 + STARTS + 2)) == [("trouble", "unreadable")]
    assert codes(made.read(READINGS)[0]) == [("recovered", "readable")]
    assert made.read(READINGS)[0] == [] and set(made.peers[0].states) == {"missing"}


def test_an_interface_that_comes_up_in_time_is_told_to_be_up():
    made = group()
    made.unreadable("no such device", 10)
    assert codes(made.read(READINGS)[0]) == [("interface", "up")] and made.read(READINGS)[0] == []
    assert codes(made.unreadable("no such device", 100)) == [("interface", "not_up")]


def test_an_interface_that_its_user_starts_may_rest():
    made = group(auto=False)
    assert codes(made.unreadable("no such device", 10)) == [("interface", "not_up")]
    assert made.unreadable("no such device", 10 + 2 * STARTS) == []
    assert "missing" not in made.peers[0].states


def test_what_it_lacks_is_trouble_after_a_while():
    made = group()
    assert not made.lacks(True, 10) and not made.lacks(True, 9 + STARTS) and made.lacks(True, 10 + STARTS)
    assert not made.lacks(False, 11 + STARTS) and not made.lacks(True, 12 + STARTS)
    assert made.pause(100, 12 + STARTS) == STARTS and made.pause(1, 12 + STARTS) == 1
    assert made.pause(100, 13 + STARTS) == STARTS - 1 and made.pause(100, 12 + 2 * STARTS) == 100
    made.unreadable("gone", 50)
    assert not made.lacks(True, 51), "the time in which it could not be read does not count"
    assert made.pause(100, 52) == STARTS - 2
    made.read(READINGS)
    made.lacks(False, 60)
    assert made.pause(100, 61) == 100


def test_endpoints_that_are_addresses_are_found_in_the_configuration():
    made = namedtuple("NetworkPeer", ("interface", "endpoint_host"))
    peers = [made("wg0", "192.0.2.1"), made("wg0", "home.test"), made("wg1", None), made("wg0", "2001:DB8::1")]
    assert literal_endpoints(peers) == {"wg0": ["192.0.2.1", "2001:db8::1"]}
