"""Ways that are checked by echoes: for servers that shake hands and forward nothing."""

import pytest
from steering_house import House

from nametrack.core import events as on
from nametrack.core.routes.echoes import Echoes

POLICY = """
config policy 'work'
	list interface 'wg0'
	list interface 'wg1'
	list host 'work.test'
	option check_address '198.51.100.53'
	option failback_delay '30'
"""


def test_a_way_that_forwards_nothing_is_left_within_four_seconds():
    house = House(POLICY)
    house.wait(60)
    assert house.way("192.0.2.1") == "wg0"
    for _ in range(20):
        house.echoing = ["wg1"]
        died = house.now
        while house.way("192.0.2.1") == "wg0":
            house.wait(0.05)
        assert house.now - died <= 4, house.now - died
        assert "the check address does not reply through wg0" in house.agent.routes.standing("work")[2]
        house.echoing = ["wg0", "wg1"]
        house.wait(70.3)
        assert house.way("192.0.2.1") == "wg0"


def test_a_few_lost_echoes_are_no_death():
    house = House(POLICY)
    for _ in range(200):
        house.wait(3.7)
        house.echoing = []
        house.wait(2.7)
        house.echoing = ["wg0", "wg1"]
        house.wait(0.3)
        assert house.way("192.0.2.1") == "wg0"


def test_the_way_back_waits_for_failback_delay():
    house = House(POLICY)
    house.wait(5)
    house.echoing = ["wg1"]
    house.wait(100)
    assert house.way("192.0.2.1") == "wg1"
    house.echoing = ["wg0", "wg1"]
    house.wait(29)
    assert house.way("192.0.2.1") == "wg1"
    house.wait(30)
    assert house.way("192.0.2.1") == "wg0"


def test_a_way_that_is_not_in_use_is_asked_now_and_then_only():
    house = House(POLICY)
    house.wait(100)
    through = [device for _, device, _ in house.echoes]
    assert 150 <= through.count("wg0") <= 180 and 4 <= through.count("wg1") <= 6


def test_without_a_check_address_no_echo_is_sent_and_one_that_goes_ends_the_checks():
    house = House(POLICY)
    house.echoing = []
    house.wait(20)
    assert house.agent.routes.standing("work")[0] == "failed_over"
    house.configure(POLICY.replace("option check_address", "option retain '86400' #"))
    house.wait(1)
    house.echoes = []
    house.wait(100)
    assert house.echoes == [] and house.way("192.0.2.1") == "wg0"


def test_an_agent_that_was_away_takes_no_way_for_dead():
    house = House(POLICY)
    house.wait(60)
    for _ in range(20):
        house.echoing = []
        house.wait(1)  # one is sent, and its reply waits while the agent is busy, or the machine asleep
        late = house.now = house.now + 5
        house.order(house.agent.handle_timer(late))
        house.echoing = ["wg0", "wg1"]
        house.wait(1)
        assert house.way("192.0.2.1") == "wg0"


def test_a_reload_gives_a_way_that_forwards_nothing_no_more_time():
    house = House(POLICY)
    house.wait(60)
    house.echoing = ["wg1"]
    house.wait(2)
    house.configure(POLICY + "\toption retain '86400'\n")
    house.wait(2)
    assert house.way("192.0.2.1") == "wg1"


def test_another_check_address_is_asked_from_then_on_and_the_one_before_says_nothing():
    house = House(POLICY)
    house.wait(60)
    house.echoing, house.echoes = [], []
    house.configure(POLICY.replace("198.51.100.53", "198.51.100.54"))
    for _ in range(20):
        house.wait(0.2)
        house.handle(on.EchoReplied("wg0", "198.51.100.53"))
    assert set([address for _, _, address in house.echoes]) == {"198.51.100.54"}
    assert house.agent.routes.way("wg0").code == "no_echo"


def test_a_way_whose_link_was_down_for_a_while_is_asked_for_the_same_address_again():
    house = House(POLICY)
    house.wait(60)
    house.routing.down("wg0")
    house.touched()
    house.wait(60)
    house.echoes = []
    house.routing.up("wg0")
    house.touched()
    house.wait(60)
    assert set([each[1:] for each in house.echoes]) == {("wg0", "198.51.100.53"), ("wg1", "198.51.100.53")}


class Way:
    def __init__(self, link=True):
        self.link, self.device = link, "dev"


class Policy:
    """Of two interfaces, whose check address is this."""

    def __init__(self, address):
        self.steering = self
        self.interfaces, self.check_address = ["wg0", "wg1"], address


# What happens -> whether an echo goes through wg0, whether it is silent, and when it is looked at again. `due`: wg0 is
# in use, another way is asked every 30 s; `spare`: it is not in use; `down`: it has no link; `reply`: to `due`;
# `answer`: to `spare`
TIMES = [
    [("due", 0, 1, 0, 0.2), ("due", 0.2, 1, 0, 0.4), ("reply", 0.3), ("due", 0.4, 0, 0, 0.9), ("due", 0.9, 1, 0, 1.1)],
    [("due", 5, 1, 0, 5.2), ("due", 6, 1, 0, 6.2), ("due", 7, 1, 0, 7.2), ("due", 8, 1, 0, 8.2),
     ("due", 8.2, 1, 0, 8.25), ("due", 8.25, 0, 1, 8.4), ("due", 8.4, 1, 1, 8.6), ("reply", 8.5),
     ("due", 9.1, 1, 0, 9.3)],
    [("due", 5, 1, 0, 5.2), ("due", 6.2, 1, 0, 6.4), ("due", 7.5, 1, 0, 7.7), ("due", 10, 1, 0, 10.2)],
    [("spare", 5, 1, 0, 5.2), ("answer", 5.1), ("spare", 6, 0, 0, 35.1), ("due", 7, 0, 0, 7.6)],
    [("spare", 5, 1, 0, 5.2), ("spare", 6, 1, 0, 6.2), ("spare", 7, 1, 0, 7.2), ("spare", 8.2, 1, 0, 8.25),
     ("spare", 8.25, 0, 1, 8.4), ("spare", 8.4, 1, 1, 38.4), ("down", 9, 0, 0, 39), ("spare", 39, 1, 0, 39.2)],
]  # fmt: skip


@pytest.mark.parametrize("times", TIMES)
def test_when_an_echo_goes_and_when_a_way_is_silent(times):
    echoes = Echoes()
    echoes.configure([Policy("198.51.100.53")])
    echoes._waits.pop("wg1")
    for what, now, *expected in times:
        used = ["wg0"] if what in ("due", "reply") else []
        if what in ("reply", "answer"):
            assert echoes.replied("wg0", "198.51.100.53", used, 30, now)
            continue
        actions, silent, again = echoes.due({"wg0": Way(what != "down")}, used, 30, now)
        assert [len(actions), len(silent), round(again, 3)] == expected, (what, now)


def test_a_reply_counts_for_a_way_that_is_checked_and_from_its_address():
    echoes = Echoes()
    echoes.configure([Policy(None), Policy("198.51.100.53"), Policy("198.51.100.54")])
    assert echoes.checks("wg0") and not echoes.checks("wg9")
    assert echoes.replied("wg1", "198.51.100.53", [], 30, 5), "the first one that checks decides"
    assert not echoes.replied("wg0", "198.51.100.54", [], 30, 5) and not echoes.replied(
        "wg9", "198.51.100.53", [], 30, 5
    )
    echoes.configure([])
    assert not echoes.checks("wg0") and echoes.due({}, [], 30, 5) == ([], [], None)


def test_a_way_that_comes_up_and_forwards_nothing_is_left_within_four_seconds_though_no_way_was_in_use_before():
    house = House(POLICY)
    house.wait(60)
    for name in ("wg0", "wg1"):
        house.routing.down(name)
    house.touched()
    house.wait(27)
    assert house.way("192.0.2.1") == "wan"
    house.echoing = ["wg1"]
    for name in ("wg0", "wg1"):
        house.routing.up(name)
    house.touched()
    assert house.way("192.0.2.1") == "wg0"
    house.wait(4)
    assert house.way("192.0.2.1") == "wg1"
