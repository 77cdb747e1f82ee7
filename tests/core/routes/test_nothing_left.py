"""A configuration that names nothing any more leaves no timer of a peer, a host, a name, a set or a way behind."""

import pytest
from steering_house import KEYS, House

from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.policies import policy

CONFIG = """
config nametrack 'global'
	option min_ttl '10'
	option observe_time '%d'
config policy 'work'
	list interface 'wg0'
	list interface 'wg1'
	option check_address '203.0.113.99'
	option retain '0'
	list host 'work.test'
	list host '*.test'
"""
# these come due once more, find nothing to do, and are not set again
ONCE_MORE = (
    ("expire", "work", "seen.test"),
    ("read", "wg0"),
    ("read", "wg1"),
    ("routes", "hold"),
    ("routes", "list"),
)


def timers(house):
    return sorted([key for key in house.agent._timers._at if key[0] not in ("save", "share")])


def house_at_work(observe_time=600):
    house = House(CONFIG % observe_time)
    house.wait(20)
    house.handle(on.NameObserved("seen.test", ["192.0.2.77"], 60, "router"))
    house.wait(5)
    return house


def test_a_house_at_work_has_a_timer_of_each_kind():
    kinds = {key[:2] if key[0] == "routes" else key[0] for key in timers(house_at_work())}
    assert {"ask", "expire", "read", ("routes", "echo")} <= kinds, kinds


def test_without_sections_no_timer_is_left():
    house = house_at_work()
    house.network = ""
    house.configure("")
    house.wait(1)
    assert [key for key in timers(house) if key not in ONCE_MORE] == []
    house.wait(2 * 3600)
    assert timers(house) == []


def test_without_the_policy_no_timer_of_it_is_left():
    house = house_at_work()
    house.configure("")
    house.wait(1)
    kinds = {key[0] for key in timers(house) if key not in ONCE_MORE}
    assert kinds <= {"ask", "lookup", "peer", "probe", "baseline", "read"}, kinds


def test_a_host_that_no_client_asks_for_any_more_is_forgotten_with_its_timers():
    house = house_at_work(observe_time=500)
    house.wait(1000)
    assert [key for key in timers(house) if "seen.test" in str(key)] == []


def test_a_host_that_makes_room_for_a_newer_one_leaves_no_timer():
    """A client may ask for new names below a wildcard for ever, and for several at once."""
    house, most = house_at_work(), policy.MAX_OBSERVED
    policy.MAX_OBSERVED = 8
    try:
        for i in range(40):
            house.handle(on.NameObserved("n%d.test" % i, ["192.0.2.77"], 60, "router"))
    finally:
        policy.MAX_OBSERVED = most
    assert len([key for key in timers(house) if key[0] == "expire"]) == 8
    assert "n39.test" in house.agent.policies.policies["work"].seen


PEER = ("wg0", KEYS[0])


@pytest.mark.parametrize("what", ["peer", "probe", "baseline"])
def test_no_timer_of_a_peer_that_the_configuration_has_no_more_is_left(what):
    house = House("")
    house.agent._timers.set((what, PEER), 1000)
    house.network = ""
    house.configure("")
    assert (what, PEER) not in timers(house)


def test_a_peer_of_an_interface_that_cannot_be_read_waits_for_the_interface_alone():
    house = House("")
    house.agent._timers.set(("peer", PEER), 1000)
    house.agent.handle(on.ActionFailed(do.ReadPeers("wg0"), "no such device"), house.now)
    assert ("peer", PEER) not in timers(house) and ("read", "wg0") in timers(house)


def test_a_peer_that_the_interface_lacks_waits_for_the_interface_alone():
    house = House("")
    house.agent._timers.set(("peer", PEER), 1000)
    del house.kernel.interfaces["wg0"][KEYS[0]]
    house.agent._timers.set(("read", "wg0"), house.now)
    house.wait(0)
    assert ("peer", PEER) not in timers(house) and ("read", "wg0") in timers(house)


@pytest.mark.parametrize("what", ["list", "settle", "glance"])
def test_no_timer_of_a_set_that_no_policy_fills_any_more_is_left(what):
    house = House("")
    house.kernel.make_set("ipset mine4", ())
    house.configure("""
config policy 'work'
	option interface 'wg0'
	option target 'ipset'
	option set4 'mine4'
	list host '192.0.2.9'
""")
    house.wait(5)
    names = list(house.agent.policies.sets.by_name)
    assert names
    for name in names:
        house.agent._timers.set((what, name), 1000)
    house.configure("")
    house.wait(5)
    assert not house.agent.policies.sets.by_name
    assert [key for key in timers(house) if key[0] == what] == []
