"""status.py: the ways of a policy, each source of a peer's name, and when clients asked for observed names.

tests/test_status.py holds every answer to its schema.
"""

import pytest

from nametrack import ip
from nametrack.core import events as on
from nametrack.core.names.name import Name
from nametrack.core.names.rrset import FOUND, A, RRset
from nametrack.core.names.sources import FALLBACK
from nametrack.core.names.verdict import Verdict
from nametrack.core.telling.status import status
from routes.steering_house import House

WALL = 1795406999
TWO = "config policy 'work'\n\tlist interface 'wg0'\n\tlist interface 'wg1'\n\tlist host 'work.test'\n"


def told(house):
    return status(house.agent, house.now, WALL + house.now)


def test_each_interface_of_a_policy_says_whether_it_works_and_why_not():
    house = House(TWO)
    house.routing.down("wg0")
    house.touched()
    (policy,) = told(house)["policies"]
    assert policy["way"] == "wg1"
    assert [(way["interface"], way["works"], way["reason"]) for way in policy["ways"]] == [
        ("wg0", False, "wg0 is down"),
        ("wg1", True, None),
    ]
    assert policy["ways"][0]["since"] is None and policy["ways"][1]["since"] == WALL


def test_a_policy_that_fills_sets_has_no_ways():
    house = House("config policy 'mine'\n\toption target 'ipset'\n\toption set4 'mine'\n\tlist host 'work.test'\n")
    assert told(house)["policies"][0]["ways"] == []


HOME = {"home.dyn.test": (["198.51.100.1"], [])}
FOLLOWED = "config nametrack 'global'\n\toption family 'ipv4'\n"


def test_a_peer_says_what_each_source_that_was_asked_names():
    house = House(FOLLOWED, hosts=HOME)
    (name,) = [name for name in house.agent.resolver.names.values() if name.host == "home.dyn.test"]
    listed = {"source": "listed", "addresses": ["198.51.100.1"], "more_addresses": 0, "answered": WALL, "failures": 0}
    assert told(house)["peers"][0]["sources"] == [listed]
    many = ["198.51.100.%d" % i for i in range(1, 11)]
    question = name.question(FALLBACK, A)
    verdict = Verdict(FOUND, [ip.key(address) for address in many], [], None, None)
    question.succeeded(RRset(verdict, True, 60, 60), house.now)
    question.failures = 2
    fallback = {"source": "fallback", "addresses": many[:8], "more_addresses": 2, "answered": WALL, "failures": 2}
    assert told(house)["peers"][0]["sources"] == [listed, fallback]


def test_an_observed_name_says_when_a_client_last_asked_for_it():
    config = FOLLOWED + "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '*.test'\n\tlist host 'work.test'\n"
    house = House(config)
    house.wait(5)
    house.handle(on.NameObserved("www.test", ["192.0.2.9"], 20, "client"))
    house.wait(7)
    hosts = {host["host"]: host["seen"] for host in told(house)["policies"][0]["hosts"]}
    assert hosts == {"www.test": WALL + 5, "work.test": None}


def code(house):
    (policy,) = told(house)["policies"]
    return policy["code"]


def test_the_reason_of_a_steered_policy_has_a_code_for_each_way_that_it_takes():
    house = House(TWO + "\toption fallback 'block'\n")
    assert code(house) == "route"
    house.routing.down("wg0")
    house.touched()
    assert code(house) == "failed_over"
    house.routing.down("wg1")
    house.touched()
    assert code(house) == "blocked"
    house.handle(on.Paused(60))
    assert code(house) == "paused"
    assert code(House(TWO.replace("'wg1'", "'wg1'\n\toption action 'bypass'"))) == "bypass"
    assert code(House(TWO + "\toption enabled '0'\n")) == "disabled"


def test_the_reason_of_a_host_has_the_code_of_the_answer():
    house = House(TWO + "\tlist host 'gone.test'\n\tlist host '192.0.2.9'\n")
    codes = {host["host"]: host["code"] for host in told(house)["policies"][0]["hosts"]}
    assert codes == {"work.test": "current", "gone.test": "nodata", "192.0.2.9": "literal"}


class Failing(House):
    """The nameservers know nothing of bad*.test."""

    def answer(self, action):
        return on.QueryFailed(action.id, "SERVFAIL") if action.name.startswith("bad") else super().answer(action)


# the hosts of a policy -> its state
FAILING = [
    (["bad.test"], "failing"),
    (["bad.test", "bad2.test"], "failing"),
    (["bad.test", "work.test"], "partial"),
    (["bad.test", "192.0.2.9"], "partial"),
    (["bad.test", "work.test", "192.0.2.9"], "partial"),
]


@pytest.mark.parametrize("listed,state", FAILING)
def test_a_policy_fails_if_all_that_it_lists_are_names_that_fail(listed, state):
    house = Failing(TWO.replace("\tlist host 'work.test'\n", "".join(["\tlist host '%s'\n" % each for each in listed])))
    house.wait(60)
    (policy,) = told(house)["policies"]
    assert (policy["state"], policy["code"]) == (state, "names")


@pytest.mark.parametrize("lines", ["", "\tlist host 'a@b'\n\tlist host '..'\n"])
def test_a_policy_fails_if_none_of_its_hosts_can_be_used(lines):
    (policy,) = told(House(TWO.replace("\tlist host 'work.test'\n", lines)))["policies"]
    assert (policy["state"], policy["code"]) == ("failing", "names")
    assert policy["reason"] == "it has no host that can be used: see nametrack check"


def test_no_name_is_asked_for_its_state_twice_in_one_status():
    names = ["h%d.work.test" % i for i in range(20)]
    words = "".join(["\tlist host '%s'\n" % name for name in names])
    known = {names[i]: (["198.18.0.%d" % (i + 1)], []) for i in range(20)}
    house = House(FOLLOWED + "config policy 'work'\n\tlist interface 'wg0'\n" + words, hosts=known)
    asked, state = [], Name.state

    def counted(name, rtypes):
        asked.append(name.host)
        return state(name, rtypes)

    Name.state = counted
    try:
        hosts = told(house)["policies"][0]["hosts"]
    finally:
        Name.state = state
    assert len(hosts) == 20
    asked = [host for host in asked if host.endswith(".work.test")]
    assert sorted(asked) == sorted(names)


def test_a_peer_says_when_its_endpoint_was_set():
    house = House(FOLLOWED, hosts={"home.dyn.test": (["198.51.100.9"], [])})
    assert told(house)["peers"][0]["changed"] in (0, None)
    peer = house.agent.peers.peers[sorted(house.agent.peers.peers)[0]]
    peer.endpoint.changed_at = 7
    house.wait(10)
    assert told(house)["peers"][0]["changed"] == WALL + 7


def test_an_address_that_is_named_expires_retain_from_now_and_one_that_is_retained_when_that_is_over():
    text = FOLLOWED + "config policy 'work'\n\tlist interface 'wg0'\n\toption retain '1000'\n\tlist host 'work.test'\n"
    house = House(text, hosts={"work.test": (["192.0.2.1"], [])})
    house.wait(10)
    house.hosts = {"work.test": (["192.0.2.2"], [])}
    house.wait(400)
    left = house.agent.policies.policies["work"].hosts["work.test"].retained[ip.key("192.0.2.1")]
    (host,) = told(house)["policies"][0]["hosts"]
    assert host["addresses"] == [
        {"address": "192.0.2.2", "expires": WALL + house.now + 1000, "named": True},
        {"address": "192.0.2.1", "expires": WALL + round(left), "named": False},
    ]
    assert house.now < left < 1410
