"""Which way a policy uses, when one of them dies, and what is blocked when none is left."""

import pytest
from steering_house import KEYS, NETWORK, House

from fakes import netifd
from nametrack import routing
from nametrack.core import actions as do
from nametrack.core import events as on

TWO = "config policy 'work'\n\tlist interface 'wg0'\n\tlist interface 'wg1'\n\tlist host 'work.test'\n%s"


def dead(house, name):
    """Its device goes down."""
    house.routing.down(name)
    house.touched()


def test_the_second_way_is_used_while_the_first_is_down_and_left_after_failback_delay():
    house = House(TWO % "")
    assert house.way("192.0.2.1") == "wg0"
    dead(house, "wg0")
    assert house.way("192.0.2.1") == "wg1" and house.way("2001:db8::1") == "wg1"
    house.routing.up("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "wg1"
    house.wait(61)
    assert house.way("192.0.2.1") == "wg0"


def test_a_way_is_there_as_soon_as_netifd_tells_which_device_it_has():
    house = House((TWO % "\toption fallback 'block'\n").replace("'wg0'", "'vpn'").replace("'wg1'", "'other'"))
    assert house.way("192.0.2.1") == "unreachable"
    house.handle(on.InterfacesRead([netifd("vpn", "wireguard", "wg1")]))
    house.wait(1)
    assert house.way("192.0.2.1") == "wg1"


def test_an_interface_that_netifd_took_down_is_down_although_its_device_is_gone():
    house = House((TWO % "").replace("'wg0'", "'vpn'").replace("'wg1'", "'other'"))
    house.handle(on.InterfacesRead([netifd("vpn", "wireguard", None)]))
    house.wait(1)
    ways = [house.agent.routes.way(name) for name in ("vpn", "other")]
    assert [(way.code, way.reason) for way in ways] == [("down", "vpn is down"), ("no_device", "other does not exist")]


SHARED = """
config policy 'first'
	list interface 'wg0'
	list host '192.0.2.0/24'
%s
config policy 'second'
	list interface 'wg1'
	list host '192.0.2.7'
	list host '198.51.100.7'
%s"""
BLOCK = "\toption fallback 'block'\n"


@pytest.mark.parametrize(
    "first,second,left",
    [("", "", "wg1"), (BLOCK, "", "unreachable"), ("", BLOCK, "wg1"), (BLOCK, BLOCK, "unreachable")],
)
def test_what_a_policy_without_a_way_has_is_left_to_one_below_in_its_table_unless_it_blocks(first, second, left):
    house = House(SHARED % (first, second))
    assert (house.way("192.0.2.7"), house.way("198.51.100.7")) == ("wg0", "wg1")
    dead(house, "wg0")
    assert (house.way("192.0.2.7"), house.way("198.51.100.7")) == (left, "wg1")
    house.routing.up("wg0")
    house.touched()
    house.wait(61)
    assert house.way("192.0.2.7") == "wg0"


def test_a_change_of_the_way_is_said_once_and_with_its_reason():
    house = House(TWO % "")
    house.said = []
    dead(house, "wg0")
    house.touched()
    ways = [text for text in house.said if text.startswith("notify way")]
    assert ways == ["notify way policy 'work': through wg1: wg0 is down"]
    assert house.agent.routes.standing("work") == ("failed_over", "failed_over", "through wg1: wg0 is down")


@pytest.mark.parametrize("more,none", [("", "uplink"), ("\toption fallback 'block'\n", "blocked")])
def test_programs_are_told_of_a_way_by_a_code(more, none):
    """LuCI translates it; docs/bus.md lists them."""
    house = House(TWO % more)
    dead(house, "wg0")
    dead(house, "wg1")
    house.routing.up("wg0")
    house.touched()
    told = [each for each in house.agent.history.since(0, house.now, 0) if each["kind"] == "way"]
    assert [each["code"] for each in told] == ["failed_over", none, "through"]
    assert [each["parameters"] for each in told] == [["wg1"], [], ["wg0"]]


def test_a_way_that_was_told_of_is_not_told_again_after_a_reload():
    house = House(TWO % "")
    dead(house, "wg0")
    house.said = []
    house.configure(TWO % "\toption failback_delay '90'\n")
    house.wait(5)
    assert house.way("192.0.2.1") == "wg1" and [text for text in house.said if "way" in text] == []


def test_a_bypass_blocks_nothing_whatever_its_fallback():
    bypass = "config policy 'a'\n\toption action 'bypass'\n\toption fallback 'block'\n\tlist host '192.0.2.1'\n"
    house = House(bypass + "config policy 'b'\n\tlist interface 'wg0'\n\tlist host '192.0.2.0/24'\n")
    assert (house.way("192.0.2.1"), house.way("192.0.2.2")) == ("wan", "wg0")


def test_flows_of_the_policy_begin_anew_when_its_way_changes():
    house = House(TWO % "")
    house.kernel.flushed = []
    dead(house, "wg0")
    assert sorted(set(house.kernel.flushed)) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
    house.routing.up("wg0")
    house.touched()
    house.kernel.flushed = []
    house.wait(61)
    assert house.way("192.0.2.1") == "wg0"
    assert sorted(set(house.kernel.flushed)) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"], "back again"


def test_routes_that_go_with_their_nexthop_are_not_deleted_one_by_one():
    house = House(TWO % "")
    house.wait(5)
    house.written = []
    house.configure("")
    house.wait(5)
    gone = [change.value for change in house.written if change.verb == routing.DELETE]
    assert [value for value in gone if isinstance(value, routing.Nexthop)]
    assert not [value for value in gone if isinstance(value, routing.Routes)] and house.ours() == (0, 0, 0)


def test_without_a_way_the_normal_uplink_is_taken():
    house = House(TWO % "")
    dead(house, "wg0")
    dead(house, "wg1")
    assert house.way("192.0.2.1") == "wan"
    assert house.agent.routes.standing("work")[0] == "failed_over"


def test_fallback_block_lets_nothing_past_the_ways():
    house = House(TWO % "\toption fallback 'block'\n")
    assert house.way("192.0.2.1") == "wg0"
    dead(house, "wg0")
    assert house.way("192.0.2.1") == "wg1"
    house.routing.down("wg1")  # and the agent does not know yet
    assert house.way("192.0.2.1") == "unreachable" and house.way("2001:db8::1") == "dropped"
    house.touched()
    assert house.way("192.0.2.1") == "unreachable" and house.way("2001:db8::1") == "dropped"
    assert house.way("198.51.100.9") == "wan"
    assert house.agent.routes.standing("work")[0] == "blocked"


def test_fallback_block_holds_though_no_interface_can_be_used():
    """The name of the tunnel is misspelt: what may not leave by the WAN does not."""
    block = "config policy 'work'\n\tlist interface 'wg/0'\n\toption fallback 'block'\n\tlist host 'work.test'\n"
    house = House(block)
    assert house.way("192.0.2.1") == "unreachable" and house.way("2001:db8::1") == "dropped"
    assert house.way("198.51.100.9") == "wan"
    reason = "no way out works: no interface of it can be used"
    assert house.agent.routes.standing("work") == ("blocked", "blocked", reason)
    house.configure(block.replace("wg/0", "wg0"))
    assert house.way("192.0.2.1") == "wg0"


def test_what_is_blocked_without_a_selector_outlives_the_rules():
    house = House(TWO % "\toption fallback 'block'\n")
    house.routing.down("wg0")
    house.routing.down("wg1")
    house.routing.netifd_starts()
    assert house.way("192.0.2.1") == "unreachable" and house.way("2001:db8::1") == "dropped"


def test_what_a_bypass_for_some_opens_is_open_in_the_main_table_too():
    """The reverse path filter looks up there what comes back to that client."""
    bypass = "config policy 'direct'\n\toption action 'bypass'\n\tlist client '192.168.1.7'\n\tlist host 'work.test'\n"
    block = "config policy 'work'\n\tlist interface 'wg0'\n\toption fallback 'block'\n\tlist host 'work.test'\n"
    block += "\tlist host '192.0.2.9'\n"
    house = House(bypass + block)
    dead(house, "wg0")
    assert house.way("192.0.2.1", "192.168.1.7") == "wan" and house.way("192.0.2.1") == "unreachable"
    house.routing.rules = [rule for rule in house.routing.rules if rule.protocol != routing.PROTOCOL]
    assert house.way("192.0.2.1") == "wan" and house.way("192.0.2.9") == "unreachable"


def test_a_block_ends_with_its_policy():
    house = House(TWO % "\toption fallback 'block'\n")
    house.configure(TWO % "")
    dead(house, "wg0")
    dead(house, "wg1")
    assert house.way("192.0.2.1") == "wan"
    house.configure("")
    assert house.ours() == (0, 0, 0)


def test_the_endpoint_of_a_tunnel_is_never_blocked():
    text = "config policy 'work'\n\tlist interface 'wg0'\n\toption fallback 'block'\n%s"
    house = House(text % "\tlist host '198.51.100.1'\n\tlist host '198.51.100.2'\n")
    dead(house, "wg0")
    assert house.way("198.51.100.1") == "wan" and house.way("198.51.100.2") == "unreachable"
    house.configure(text % "\tlist host '198.51.100.0/24'\n")
    house.routing.netifd_starts()
    assert house.way("198.51.100.1") == "wan"


def test_a_prefix_with_an_endpoint_is_blocked_while_our_rules_stand():
    house = House(
        "config policy 'work'\n\tlist interface 'wg0'\n\toption fallback 'block'\n\tlist host '198.51.100.0/24'\n"
    )
    dead(house, "wg0")
    assert house.way("198.51.100.9") == "unreachable"


def test_a_tunnel_that_is_dead_is_left_for_the_next():
    house = House(TWO % "")
    house.kernel.peer("wg0", KEYS[0])["tx"] += 1000
    for _ in range(25):
        house.wait(1)
    assert house.way("192.0.2.1") == "wg1"
    assert "no reply through wg0" in house.agent.routes.standing("work")[2]
    house.kernel.peer("wg0", KEYS[0])["rx"] += 1000
    house.wait(70)
    assert house.way("192.0.2.1") == "wg0"


LITERAL = NETWORK.replace("home.dyn.test", "198.51.100.1").replace("other.dyn.test", "198.51.100.2")


def die(house, seconds=40):
    """The tunnel wg0 owes a reply and gets none."""
    house.kernel.peer("wg0", KEYS[0])["tx"] += 1000
    for _ in range(seconds):
        house.wait(1)


def test_a_tunnel_whose_endpoint_is_an_address_is_watched_too():
    house = House(TWO % "", network=LITERAL)
    for name in ("wg0", "wg1"):
        house.handle(on.TunnelRead(name, 51820))
    die(house)
    assert house.way("192.0.2.1") == "wg1"
    house.kernel.peer("wg0", KEYS[0])["rx"] += 1000
    house.wait(70)
    assert house.way("192.0.2.1") == "wg0"


class Probed(House):
    """One that keeps where probes go to."""

    def order(self, actions):
        self.sent = getattr(self, "sent", []) + [each for each in actions if isinstance(each, do.Probe)]
        House.order(self, actions)


@pytest.mark.parametrize(
    "listed, address",
    [
        ("192.0.2.9", "192.0.2.9"),
        ("198.51.100.128/25", "198.51.100.128"),
        ("2001:db8::7", "2001:db8::7"),
        ("0.0.0.0/0", "192.0.2.1"),
        ("::/0", "2001:db8::1"),
    ],
)
def test_a_probe_goes_to_the_first_address_that_the_policy_has(listed, address):
    house = Probed((TWO % "").replace("work.test", listed), LITERAL)
    house.routing.ports["wg1"] = 51820
    house.handle(on.TunnelRead("wg1", 51820))
    house.wait(60)
    assert house.sent and set(house.sent) == {do.Probe("wg1", address)}


def both_tunnels_read(house):
    """The kernel tells of both tunnels; what was probed before does not count."""
    for name in ("wg0", "wg1"):
        house.routing.ports[name] = 51820
        house.handle(on.TunnelRead(name, 51820))
    house.probed = []


def test_a_tunnel_that_no_policy_of_several_uses_is_probed_once_each_time():
    house = House(TWO % "" + (TWO % "").replace("'work'", "'more'").replace("work.test", "198.51.100.7"), LITERAL)
    both_tunnels_read(house)
    house.wait(60)
    assert house.probed == ["wg1", "wg1"]  # each 25 s


def test_a_dead_tunnel_and_one_that_is_not_used_are_probed_and_the_used_one_is_not():
    house = House(TWO % "", network=LITERAL)
    both_tunnels_read(house)
    house.wait(60)
    assert house.probed == ["wg1", "wg1"]  # each 25 s
    die(house)
    house.probed = []
    house.wait(60)
    assert set(house.probed) == {"wg0"} and len(house.probed) >= 2


def test_a_tunnel_that_is_not_there_has_no_rule_for_packets_of_its_own():
    house = House("")
    house.routing.gone("wg1")
    house.routing.ports["wg0"] = 51820
    house.configure(TWO % "")
    house.wait(1)
    assert house.way("192.0.2.1") == "wg0"
    assert set([rule.match.sports for rule in house.routing.rules]) == {None, (51820, 51820)}


def test_a_way_that_is_no_tunnel_is_not_probed():
    house = House((TWO % "").replace("'wg1'", "'wan'"))
    house.routing.ports["wg0"] = 51820
    house.handle(on.TunnelRead("wg0", 51820))
    house.wait(100)
    assert house.way("192.0.2.1") == "wg0" and house.probed == []


def test_a_tunnel_whose_link_is_down_is_not_probed():
    house = House(TWO % "", network=LITERAL)
    house.routing.ports.update({"wg0": 51820, "wg1": 51821})
    house.handle(on.SetsDisturbed("network"))
    house.wait(60)
    assert "wg1" in house.probed
    dead(house, "wg1")
    house.probed = []
    house.wait(100)
    assert house.probed == []


def test_the_peers_of_a_way_in_use_are_read_every_two_seconds_and_others_as_configured():
    """The first packet after a rest may be one that is not answered."""
    house, read = House("config nametrack 'global'\n\toption peer_interval '30'\n" + TWO % ""), []
    house.routing.ports.update({"wg0": 51820, "wg1": 51821})
    house.handle(on.SetsDisturbed("network"))
    house.wait(100)
    perform = house.kernel.perform

    def performing(action, now):
        if isinstance(action, do.ReadPeers):
            read.append(action.interface)
        return perform(action, now)

    house.kernel.perform = performing
    house.wait(120)
    assert 60 <= read.count("wg0") <= 60 + 5 and read.count("wg1") <= 5


def test_of_two_policies_with_one_selector_each_tunnels_own_packets_stay_out():
    config = "config policy 'one'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n"
    config += "config policy 'two'\n\tlist interface 'wg1'\n\tlist host '192.0.2.2'\n"
    house = House("")
    house.routing.ports.update({"wg0": 51820, "wg1": 51821})
    house.configure(config)
    house.wait(1)
    ports = set([rule.match.sports for rule in house.routing.rules if rule.match.sports is not None])
    assert ports == {(51820, 51820), (51821, 51821)}


def test_routes_that_went_with_their_nexthop_are_back_as_soon_as_another_way_works():
    """Another program deletes the nexthop, and the link goes before the agent hears of either."""
    ways = "\tlist interface 'wg0'\n\tlist interface 'wg1'\n"
    house = House("config policy 'work'\n" + ways + "\tlist host 'work.test'\n\toption family 'ipv4'\n")
    house.wait(5)
    (hop,) = [each for each in house.routing.nexthops.values() if each.family == 4]
    house.routing.down("wg0")
    house.handle(on.RoutingDeleted([], [hop], []))
    house.touched()
    assert house.way("192.0.2.1") == "wg1" and house.agent.routes.standing("work")[0] == "failed_over"
