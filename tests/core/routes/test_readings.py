"""A reading of the kernel's routing that failed is tried again within seconds, and less and less often after that."""

import pytest
from steering_house import House

from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.routes.readings import LIST, RESYNC, SETTLE, Readings
from nametrack.core.timers import Timers

WORK = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n"


class Busy(House):
    """`fails`: type of the action that the kernel does not answer; `tried`: when it was asked."""

    def __init__(self, fails):
        self.fails, self.tried = fails, []
        super().__init__("")
        self.perform, self.kernel.perform = self.kernel.perform, self.performed
        self.configure(WORK)

    def performed(self, action, now):
        if not isinstance(action, self.fails or ()):
            return self.perform(action, now)
        self.tried.append(now)
        return on.ActionFailed(action, "no message from the kernel in 10 s")

    def pauses(self):
        return [round(self.tried[i] - self.tried[i - 1]) for i in range(1, len(self.tried))]


@pytest.mark.parametrize("kind,first", [("ListRoutes", 2), ("ReadRouting", 2), ("ChangeRouting", 4)])
def test_it_is_tried_again_within_seconds_then_twice_as_late_and_each_minute_in_the_end(kind, first):
    house = Busy(getattr(do, kind))  # of a change, another event at the start is a second attempt
    house.wait(300)
    pauses = [pause for pause in house.pauses() if pause]
    assert pauses[:4] == [first, 2 * first, 4 * first, 8 * first] and max(pauses) <= 60
    house.fails = None
    house.wait(60)
    assert house.way("192.0.2.1") == "wg0" and house.agent.routes.standing("work")[0] == "current"


def test_what_was_not_written_because_the_kernel_did_not_answer_is_written_when_it_does():
    house = Busy(())
    house.wait(5)
    house.fails = do.ChangeRouting
    house.configure(WORK + "\tlist host '192.0.2.9'\n")
    house.wait(300)
    assert house.way("192.0.2.9") == "wan" and house.agent.routes.standing("work")[:2] == ("partial", "routes")
    house.fails = ()
    house.wait(61)
    assert house.way("192.0.2.9") == "wg0" and house.agent.routes.standing("work")[:2] == ("current", "route")
    house.fails = do.ChangeRouting
    house.configure(WORK)
    house.wait(300)
    assert house.way("192.0.2.9") == "wg0"
    house.fails = ()
    house.wait(61)
    assert house.way("192.0.2.9") == "wan"


def test_what_blocks_and_was_not_written_because_the_kernel_did_not_answer_does_not_block():
    house = Busy(())
    house.routing.down("wg0")
    house.touched()
    house.fails = do.ChangeRouting
    house.configure(WORK + "\toption fallback 'block'\n")
    house.wait(300)
    assert house.way("192.0.2.1") == "wan"
    assert house.agent.routes.standing("work")[:2] == ("failing", "not_blocked")
    house.fails = ()
    house.wait(61)
    assert house.way("192.0.2.1") == "unreachable"
    assert house.agent.routes.standing("work")[:2] == ("blocked", "blocked")


def test_what_blocks_goes_on_to_while_the_kernel_carries_out_nothing_else():
    house = Busy(())
    house.configure(
        WORK + "\toption fallback 'block'\nconfig policy 'other'\n\tlist interface 'wg1'\n\tlist host 'work.test'\n"
    )
    house.routing.down("wg0")
    house.touched()
    house.wait(5)
    house.fails, house.hosts = do.ChangeRouting, {"work.test": (["192.0.2.9"], [])}
    house.wait(400)
    assert house.tried and house.agent.routes.standing("other")[:2] == ("partial", "routes")
    assert house.way("192.0.2.1") == "unreachable"
    assert house.agent.routes.standing("work")[:2] == ("blocked", "blocked")


def test_after_a_reading_that_went_well_a_failure_is_followed_by_a_short_pause_again():
    house = Busy(do.ReadRouting)
    house.wait(100)
    house.fails = None
    house.wait(60)
    house.fails, house.tried = do.ReadRouting, []
    house.touched()
    house.wait(10)
    assert house.pauses()[:2] == [2, 4]


@pytest.mark.parametrize("first,pause", [("", 0), (WORK, 5), (WORK, 5000)])
def test_a_policy_that_comes_to_a_running_agent_has_its_routes_compared_each_minute(first, pause):
    house = House(first)
    house.configure("")
    house.wait(pause)
    house.configure(WORK)
    house.wait(5)
    house.routing.routes = {}  # a program flushed the table
    house.wait(65)
    assert house.way("192.0.2.1") == "wg0"


@pytest.mark.parametrize("count,seconds", [(0, 60), (2000, 60), (2001, 600)])
def test_routes_are_compared_each_minute_and_many_of_them_ten_times_as_rarely(count, seconds):
    timers = Timers()
    Readings(timers).listed(count, 5)
    assert timers.next() == 5 + seconds


@pytest.mark.parametrize("count,pause", [(0, 0.2), (1999, 0.2), (65536, 6.6)])
def test_after_deletions_that_were_not_all_told_routes_are_listed_at_once_and_then_with_pauses(count, pause):
    timers = Timers()
    readings = Readings(timers)
    readings.listed(count, 5)
    readings.deleted(True, 100)
    assert timers.next() == 100
    readings.lists()
    readings.listed(count, 101)
    readings.deleted(True, 101.1)
    assert round(timers.next() - 101, 3) == pause


@pytest.mark.parametrize("unknown", (True, False))
def test_what_was_deleted_while_routes_were_listed_has_them_listed_again(unknown):
    timers = Timers()
    readings = Readings(timers)
    readings.listed(5, 5)
    readings.deleted(False, 6)
    assert timers.next() == 65
    readings.lists()
    readings.deleted(unknown, 65)
    readings.listed(5, 66)
    assert timers.next() == 66 + SETTLE
    readings.lists()
    readings.listed(5, 67)
    assert timers.next() == 67 + RESYNC


def test_what_is_deleted_before_routes_were_ever_listed_is_no_reason_to_list_them_twice():
    timers = Timers()
    Readings(timers).deleted(True, 5)
    assert timers.next() is None


def test_a_listing_that_failed_is_over():
    timers = Timers()
    readings = Readings(timers)
    readings.failed(do.ListRoutes, LIST, 5)
    readings.deleted(True, 5)
    assert timers.next() == 5


def test_however_often_the_kernel_has_news_it_is_read_each_fifth_of_a_second_at_most():
    house = House(WORK)
    house.wait(5)
    read, perform = [], house.kernel.perform

    def performed(action, now):
        if isinstance(action, do.ReadRouting):
            read.append(now)
        return perform(action, now)

    house.kernel.perform = performed
    for _ in range(50):
        house.handle(on.RoutingTouched("kernel"))
        house.wait(0.02)
    assert 4 <= len(read) <= 6, read


def test_the_port_of_a_tunnel_is_asked_for_again_once_in_a_while():
    house = House(WORK)
    house.routing.ports["wg0"] = 51999
    house.wait(2 * RESYNC)
    assert [rule for rule in house.routing.rules if rule.match.sports == (51999, 51999)]


def test_without_policies_the_kernel_is_not_read_again_and_again():
    house = House(WORK)
    house.wait(5)
    for _ in range(2):
        house.configure("")
    house.wait(100)
    read, perform = [], house.kernel.perform

    def performed(action, now):
        read.extend([action] if isinstance(action, (do.ListRoutes, do.ReadRouting)) else [])
        return perform(action, now)

    house.kernel.perform = performed
    house.wait(3600)
    assert read == []


class Slow(House):
    """A kernel that takes a moment for the list of routes: `listing` has those that were asked for."""

    def __init__(self):
        self.listing = None
        super().__init__(WORK)
        self.perform, self.kernel.perform, self.listing = self.kernel.perform, self.performed, []

    def performed(self, action, now):
        if isinstance(action, do.ListRoutes):
            self.listing.append(self.perform(action, now))
            return None
        return self.perform(action, now)


def test_routes_that_others_delete_while_they_are_listed_are_listed_again_after_that_and_are_back():
    house = Slow()
    while not house.listing:
        house.wait(1)
    house.routing.routes[4, 900, 0].clear()
    house.handle(on.RoutingDeleted([], [], None))
    for _ in range(2):
        (listed,) = house.listing
        house.listing = []
        house.handle(listed)
        house.wait(1)
    assert house.way("192.0.2.1") == "wg0" and house.listing == []


def test_a_reading_that_fails_is_a_warning_while_policies_need_it_and_else_none():
    house = Busy(do.ReadRouting)
    assert "log warning: routing: no message from the kernel in 10 s" in house.said
    house.said = []
    house.configure("")
    assert house.said == ["log debug: routing: no message from the kernel in 10 s"]
