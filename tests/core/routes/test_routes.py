"""Steering by routes of our own, from the configuration to where a packet goes."""

import pytest
from steering_house import KEYS, NETWORK, House

from nametrack import ip, routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.last_good import Known
from nametrack.wire import uci

THREE_LINES = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n"
OTHERS = "198.51.100.77"
TABLE = 900  # `option table`, by default


def test_three_lines_lead_a_client_and_the_router_itself_through_the_tunnel():
    house = House(THREE_LINES)
    for source in (None, "192.168.1.50"):
        assert house.way("192.0.2.1", source) == house.way("192.0.2.2", source) == "wg0"
        assert house.way(OTHERS, source) == "wan"
    for source in (None, "fd00:1::50"):
        assert house.way("2001:db8::1", source) == "wg0"
        assert house.way("2001:db8:ffff::1", source) == "wan"


def test_without_policies_nothing_is_written():
    house = House("")
    assert house.written == [] and house.ours() == (0, 0, 0)


def test_nothing_but_differences_is_written():
    house = House(THREE_LINES)
    house.written = []
    house.configure(THREE_LINES)
    house.touched()
    house.wait(120)
    assert house.written == []


def test_the_sets_that_auto_might_have_filled_are_looked_at_once_a_minute():
    house, glances = House(THREE_LINES), []
    house.wait(10)
    perform = house.kernel.perform

    def performing(action, now):
        if isinstance(action, do.GlanceSet):
            glances.append(action.set.name)
        return perform(action, now)

    house.kernel.perform = performing
    house.wait(180)
    assert sorted(glances) == 3 * ["wg0"] + 3 * ["wg06"]


def test_an_agent_that_starts_anew_finds_its_routes_and_writes_nothing():
    house = House(THREE_LINES)
    again = House(THREE_LINES)
    again.agent = type(again.agent)()
    again.kernel, again.routing, again.written = house.kernel, house.routing, []
    again.configure(THREE_LINES)
    assert again.written == []
    assert again.way("192.0.2.1") == "wg0"


def test_while_dns_is_silent_after_a_start_the_routes_of_before_stay_for_an_hour():
    house = House(THREE_LINES)
    house.agent, house.answer = Agent(), lambda action: None
    house.configure(THREE_LINES)
    house.wait(3500)
    assert house.way("192.0.2.1") == "wg0"
    house.wait(200)
    assert house.way("192.0.2.1") == "wan"


def test_what_is_remembered_of_a_host_has_its_route_as_soon_as_that_is_read():
    house = House("")
    house.answer = lambda action: None
    house.configure(THREE_LINES)
    house.handle(on.LastGoodRead([Known("work.test", [ip.key("192.0.2.1")], True, 0)], False, None))
    assert house.way("192.0.2.1") == "wg0"


def test_an_address_that_dns_names_anew_gets_a_route():
    house = House(THREE_LINES)
    house.hosts = {"work.test": (["192.0.2.1", "192.0.2.9"], [])}
    house.wait(301)
    assert house.way("192.0.2.9") == "wg0"
    assert house.kernel.flushed[-1:] == ["192.0.2.9"]


def test_how_many_routes_were_added_and_how_many_deleted_is_told():
    house = House(THREE_LINES + "\toption retain '0'\n")
    house.hosts, house.said = {"work.test": (["192.0.2.1", "192.0.2.9"], [])}, []
    house.wait(301)
    told = [text for text in house.said if text.startswith("notify policy")]
    assert told == ["notify policy policy 'work': routes: %s" % words for words in ("1 added", "2 deleted")]


def test_rules_that_others_delete_are_back_without_a_look_at_the_kernel():
    house = House(THREE_LINES)
    before = list(house.routing.rules)
    gone = house.routing.netifd_starts()
    assert house.way("192.0.2.1") == "wan"
    actions = house.agent.handle(on.RoutingDeleted(gone, [], []), house.now)
    house.order(actions)
    assert house.routing.rules == before
    assert actions[0].changes[0].value.action == routing.NOP


def test_a_route_that_others_delete_is_back_without_a_look_at_the_kernel():
    house = House(THREE_LINES)
    table = house.routing.routes[4, TABLE, 0]
    via = table.pop(ip.key("192.0.2.1"))
    assert house.way("192.0.2.1") == "wan"
    told = [(4, TABLE, ip.key("192.0.2.1"), via, 0), (4, TABLE, ip.key("192.0.2.2"), 77, 0), (4, 77, 1, via, 0)]
    actions = house.agent.handle(on.RoutingDeleted([], [], told), house.now)
    assert [action.changes for action in actions] == [
        [routing.Change(routing.ADD, routing.Routes(4, TABLE, via, 0, [ip.key("192.0.2.1")]))]
    ]
    house.order(actions)
    assert house.way("192.0.2.1") == "wg0"


def test_a_nexthop_that_others_delete_is_back_with_its_routes_without_a_look_at_the_kernel():
    house = House(THREE_LINES)
    key = ip.key("192.0.2.1")
    gone = house.routing.nexthops[house.routing.routes[4, TABLE, 0][key]]
    house.routing.change(do.ChangeRouting([routing.Change(routing.DELETE, gone)], "by another"))
    assert house.way("192.0.2.1") == "wan"
    house.order(house.agent.handle(on.RoutingDeleted([], [gone], []), house.now))
    assert house.way("192.0.2.1") == "wg0"
    other = routing.Nexthop(4, gone.id, 99, None, gone.protocol)
    assert house.agent.handle(on.RoutingDeleted([], [other], []), house.now) == []


@pytest.mark.parametrize("fallback", ["main", "block"])
def test_routes_that_are_refused_because_their_nexthop_went_again_are_back_with_it(fallback):
    house = House(THREE_LINES + "\toption fallback '%s'\n" % fallback)
    gone = house.routing.nexthops[house.routing.routes[4, TABLE, 0][ip.key("192.0.2.1")]]
    perform, went = house.kernel.perform, []

    def meanwhile(action, now):
        """Another program deletes the nexthop once more, just before its routes are written."""
        if not went and isinstance(action, do.ChangeRouting) and isinstance(action.changes[0].value, routing.Routes):
            went.append(action)
            house.routing.change(do.ChangeRouting([routing.Change(routing.DELETE, gone)], "by another"))
        return perform(action, now)

    house.kernel.perform = meanwhile
    house.routing.change(do.ChangeRouting([routing.Change(routing.DELETE, gone)], "by another"))
    house.handle(on.RoutingDeleted([], [gone], []))
    assert went and house.way("192.0.2.1") != "wg0"
    house.handle(on.RoutingDeleted([], [gone], []))
    assert house.way("192.0.2.1") == "wg0" and house.agent.routes.standing("work")[0] == "current"


def test_routes_that_others_delete_are_back_once_they_are_listed_if_it_is_not_known_which():
    house = House(THREE_LINES)
    house.wait(30)
    house.routing.routes[4, TABLE, 0].clear()
    house.handle(on.RoutingDeleted([], [], None))
    assert house.way("192.0.2.1") == "wg0"


def test_a_deleted_route_that_nothing_wants_any_more_does_not_come_back():
    house = House(THREE_LINES)
    key, via = ip.key("192.0.2.1"), house.routing.routes[4, TABLE, 0][ip.key("192.0.2.1")]
    house.configure("")
    assert house.agent.handle(on.RoutingDeleted([], [], [(4, TABLE, key, via, 0)]), house.now) == []


def test_a_device_that_goes_and_comes_back_has_its_routes_again():
    house = House(THREE_LINES)
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "wan"
    house.routing.up("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "wg0" and house.way("2001:db8::1") == "wg0"


def test_a_device_that_was_down_and_up_before_we_looked_has_its_routes_again():
    house = House(THREE_LINES)
    house.routing.down("wg0")
    house.routing.up("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "wg0" and house.way("192.0.2.2") == "wg0"


def test_a_device_of_the_same_name_but_another_number_is_the_same_way():
    house = House(THREE_LINES)
    house.routing.gone("wg0")
    house.routing.link("wg0", "10.9.0.2/24", "fd00:9::2/64")
    house.touched()
    assert house.way("192.0.2.1") == "wg0"


def test_a_policy_that_goes_leaves_nothing_behind():
    house = House(THREE_LINES)
    assert house.ours() != (0, 0, 0)
    house.configure("")
    assert house.ours() == (0, 0, 0)


def test_rules_and_routes_of_others_stay_as_they_are():
    house = House(THREE_LINES)
    other = routing.Rule(4, 1200, routing.match(source="192.168.1.9"), routing.LOOKUP, 77, None, 3)
    house.routing.rules.append(other)
    house.touched()
    house.configure("")
    assert house.routing.rules == [other]


def test_the_tunnels_own_packets_never_enter_it():
    house = House("config policy 'work'\n\tlist interface 'wg0'\n\tlist host '198.51.100.1'\n")
    house.routing.ports["wg0"] = 51820
    house.handle(on.TunnelRead("wg0", 51820))
    house.wait(60)
    assert house.way("198.51.100.1") == "wg0"
    assert house.way("198.51.100.1", None, 51820) == "wan"


def test_what_is_local_stays_local():
    house = House(
        "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.168.1.77'\n\tlist host '192.0.0.0/8'\n"
    )
    assert house.way("192.168.1.77") == "br-lan"
    assert house.way("192.168.1.3") == "br-lan"
    assert house.way("192.0.2.1") == "wg0"


def test_keep_local_0_takes_local_networks_too():
    text = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.168.1.77'\n\toption keep_local '0'\n"
    assert House(text).way("192.168.1.77") == "wg0"


def test_a_way_without_ipv6_never_leaks_a_listed_address():
    house = House(THREE_LINES)
    house.routing.addresses = [
        a for a in house.routing.addresses if a.family == 4 or a.link != house.routing.links["wg0"].number
    ]
    house.touched()
    assert house.way("2001:db8::1") == "unreachable"
    assert house.way("192.0.2.1") == "wg0"


class Refusing(House):
    """The kernel refuses each nexthop, kind "_nexthop", or "_rule", or "_route", the one to 192.0.2.9.

    asked: how often it was; takes: it does not refuse any more.
    """

    def __init__(self, kind, config):
        self.asked, self.takes = 0, False
        super().__init__("")
        self.carried_out = getattr(self.routing, kind)
        setattr(self.routing, kind, self.refusing)
        self.configure(config)

    def refusing(self, change, *key):
        if self.takes or change.verb == routing.DELETE or key not in ((), (ip.key("192.0.2.9"),)):
            return self.carried_out(change, *key)
        self.asked += 1
        assert self.asked < 1000, "it asks without an end"
        return "no buffer space available"


def test_a_route_that_the_kernel_refuses_does_not_stop_the_others():
    hosts = "\tlist host '192.0.2.1'\n\tlist host '192.0.2.9'\n"
    house = Refusing("_route", "config policy 'work'\n\tlist interface 'wg0'\n" + hosts)
    assert house.way("192.0.2.1") == "wg0" and house.way("192.0.2.9") == "wan"
    assert house.agent.routes.standing("work")[:2] == ("partial", "routes")
    assert house.agent.routes.installed("work", 4) == 1
    house.wait(300)
    assert 4 <= house.asked <= 8  # with each comparison, once a minute
    assert len([text for text in house.said if "192.0.2.9 in table" in text]) == 1


def test_a_bypass_whose_route_the_kernel_refuses_is_not_said_to_be_as_it_is_to_be():
    bypass = "config policy 'direct'\n\toption action 'bypass'\n\tlist host '192.0.2.9'\n"
    house = Refusing("_route", bypass + "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.0/24'\n")
    assert house.way("192.0.2.9") == "wg0"
    assert house.agent.routes.standing("direct")[:2] == ("partial", "routes")
    house.takes = True
    house.wait(61)
    assert house.way("192.0.2.9") == "wan" and house.agent.routes.standing("direct")[:2] == ("current", "bypass")


class RefusingSix(Refusing):
    """It takes what is of IPv4."""

    def refusing(self, change, *key):
        return self.carried_out(change) if change.value.family == 4 else super().refusing(change, *key)


def test_of_several_changes_those_that_the_kernel_took_count():
    house = RefusingSix("_nexthop", "config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n")
    assert house.way("192.0.2.1") == "wg0" and house.way("2001:db8::1") == "wan"
    assert [text for text in house.said if "not written" in text and "nexthop 902" in text] == []
    house.takes = True
    house.wait(61)
    assert house.way("2001:db8::1") == "wg0"


def test_what_the_kernel_refuses_again_after_it_took_it_is_said_again():
    for kind, words in (("_route", "192.0.2.9 in table 900"), ("_nexthop", "nexthop 902"), ("_rule", "rule 999")):
        house = Refusing(kind, "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.9'\n")
        house.wait(150)
        house.takes = True
        house.wait(150)
        assert house.way("192.0.2.9") == "wg0"
        house.takes = False
        house.routing.routes.clear()
        house.routing.nexthops.clear()
        house.routing.rules = [rule for rule in house.routing.rules if rule.protocol != routing.PROTOCOL]
        house.wait(150)
        assert len([text for text in house.said if words + " not written" in text]) == 2, house.said


def test_a_rule_that_the_kernel_refuses_is_asked_for_again_with_each_comparison_and_not_before():
    house = Refusing("_rule", "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n")
    rules = house.asked
    assert 0 < rules < 20 and house.agent.routes.standing("work")[:2] == ("partial", "routes")
    house.wait(300)
    assert 4 * rules <= house.asked <= 8 * rules
    house.takes = True
    house.wait(90)
    assert house.way("192.0.2.1") == "wg0" and house.agent.routes.standing("work")[:2] == ("current", "route")


def test_a_nexthop_that_the_kernel_refuses_is_asked_for_again_with_each_comparison_and_not_before():
    house = Refusing("_nexthop", "config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n")
    assert house.way("192.0.2.1") == "wan"
    house.wait(300)
    assert 5 <= house.asked <= 20
    said = [text for text in house.said if "not written" in text]
    assert said and len(said) == len(set(said))


def test_while_routes_are_written_the_policy_is_said_to_be_brought_up_to_date():
    house = House(THREE_LINES)
    house.hosts = {"work.test": (["192.0.2.9"], [])}
    perform, waiting = house.kernel.perform, []

    def performing(action, now):
        if isinstance(action, do.ChangeRouting):
            waiting.append(action)
            return None
        return perform(action, now)

    house.kernel.perform = performing
    house.wait(301)
    assert house.agent.routes.standing("work") == ("partial", "routes", "being brought up to date")
    house.kernel.perform = perform
    house.handle(perform(waiting.pop(), house.now))
    assert house.agent.routes.standing("work")[:2] == ("current", "route") and waiting == []


@pytest.mark.parametrize("fallback,state", [("main", "failed_over"), ("block", "blocked")])
def test_a_policy_without_a_way_is_said_to_have_none_while_its_routes_are_written_too(fallback, state):
    house = House(THREE_LINES + "\toption fallback '%s'\n" % fallback)
    perform = house.kernel.perform
    house.kernel.perform = lambda action, now: None if isinstance(action, do.ChangeRouting) else perform(action, now)
    house.routing.down("wg0")
    house.touched()
    assert not house.agent.routes.settled()
    assert house.agent.routes.standing("work")[:2] == (state, state)


def test_no_rule_leads_into_a_tunnel_before_its_port_is_known():
    class Silent(House):
        silent = True

    house = Silent("config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n")
    assert house.written == []
    house.silent = False
    house.handle(on.TunnelRead("wg0", 51820))
    assert house.way("192.0.2.1") == "wg0" and house.way("192.0.2.1", None, 51820) == "wan"


def test_policies_that_come_later_wait_until_the_kernel_is_read():
    """Without policies nothing follows the links: an interface that was made anew has another number."""
    house = House("")
    house.routing.gone("wg0")
    house.tunnel("wg0", KEYS[0], "10.9.0.2/24")
    house.touched()
    text = "config policy 'work'\n\toption target 'route'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n"
    loaded = on.ConfigLoaded(configuration.build(uci.parse(text)[0], uci.parse(NETWORK)[0], []))
    first = house.agent.handle(loaded, house.now)
    while house.agent.files.is_preparing():
        first += house.agent.handle_timer(house.now)
    then = [action for _ in range(2) for action in house.agent.handle(on.TunnelRead("wg0", 51820), house.now)]
    assert not [action for action in first + then if isinstance(action, do.ChangeRouting)]
    house.order(first + then)
    assert house.way("192.0.2.1") == "wg0"


class Asked(House):
    """One in which nobody has said yet which services there are."""

    asked = True

    def order(self, actions):
        House.order(self, [each for each in actions if not (self.asked and isinstance(each, do.ReadServices))])


def test_own_routes_wait_until_every_target_auto_has_chosen():
    auto = "config policy 'auto'\n\toption interface 'wg1'\n\toption target 'auto'\n\tlist host '192.0.2.2'\n"
    work = "config policy 'work'\n\tlist interface 'wg0'\n\toption target 'route'\n\tlist host '192.0.2.1'\n"
    house = Asked(work + auto)
    house.wait(5)
    assert (house.way("192.0.2.1"), house.way("192.0.2.2")) == ("wan", "wan")
    house.asked = False
    house.handle(on.ServicesRead({}))
    house.wait(5)
    assert (house.way("192.0.2.1"), house.way("192.0.2.2")) == ("wg0", "wg1")
