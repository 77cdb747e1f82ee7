"""A pause: nothing is steered or blocked for a while, and then again."""

from steering_house import House

from nametrack.core import actions as do
from nametrack.core import events as on

TEXT = "config policy 'work'\n\tlist interface 'wg0'\n\toption fallback 'block'\n\tlist host 'work.test'\n"


def test_a_pause_takes_everything_away_and_the_end_of_it_brings_everything_back():
    house = House(TEXT)
    before = house.ours()
    house.handle(on.Paused(600))
    assert house.ours() == (0, 0, 0) and house.way("192.0.2.1") == "wan"
    assert house.agent.routes.standing("work")[0] == "disabled"
    house.touched()
    house.wait(500)
    assert house.way("192.0.2.1") == "wan"
    house.wait(101)
    assert house.ours() == before and house.way("192.0.2.1") == "wg0"


def test_resume_ends_a_pause_at_once_and_what_dns_named_meanwhile_is_steered():
    house = House(TEXT)
    house.handle(on.Paused(6000))
    house.hosts = {"work.test": (["192.0.2.9"], [])}
    house.wait(400)
    assert house.way("192.0.2.9") == "wan"
    house.handle(on.Paused(0))
    assert house.way("192.0.2.9") == "wg0"


def test_a_block_ends_with_a_pause():
    house = House(TEXT)
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "unreachable"
    house.handle(on.Paused(60))
    assert house.way("192.0.2.1") == "wan"
    house.wait(61)
    assert house.way("192.0.2.1") == "unreachable"


def test_flows_move_over_at_both_ends_of_a_pause():
    house = House(TEXT)
    house.kernel.flushed = []
    house.handle(on.Paused(60))
    assert "192.0.2.1" in house.kernel.flushed
    house.kernel.flushed = []
    house.wait(61)
    assert "192.0.2.1" in house.kernel.flushed


def test_a_pause_is_told_with_the_way_that_is_left_and_its_end_with_the_one_that_is_taken():
    house = House(TEXT)
    actions = house.agent.handle(on.Paused(600), house.now)
    told = [each.values for each in actions if isinstance(each, do.Notify) and each.kind == "way"]
    assert told == [{"policy": "work", "old": "wg0", "new": None, "reason": "paused for 10m"}]
    house.order(actions)
    actions = house.agent.handle(on.Paused(0), house.now)
    told = [each.values for each in actions if isinstance(each, do.Notify) and each.kind == "way"]
    assert told == [{"policy": "work", "old": None, "new": "wg0", "reason": "steers again"}]
