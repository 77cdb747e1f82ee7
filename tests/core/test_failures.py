"""What an order that could not be carried out comes to: what is said of it, and when it is tried again."""

import pytest

from nametrack import ip, routing
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.last_good import SAVE_INTERVAL, SHARE_RETRY
from nametrack.core.routes.writing import Writing
from nametrack.wire import uci
from routes.steering_house import House


def said(agent, action, now=5):
    return [do.text(each) for each in agent.handle(on.ActionFailed(action, "no such device"), now)]


SAID = [
    (do.MarkInbound(["eth1"], 256), "log warning: replies to connections that come in through the WAN may take a "
     "policy's way: no such device"),
    (do.MarkInbound([], 0), "log debug: replies to connections that come in through the WAN may take a policy's way: "
     "no such device"),
    (do.FlushFlows(["192.0.2.1"]), "log warning: running connections to new addresses were not moved: no such device"),
    (do.Probe("wg0", "10.9.0.1"), "log debug: Probe wg0 10.9.0.1: no such device"),
    (do.SendEcho("wg0", "10.9.0.1"), "log debug: SendEcho wg0 10.9.0.1: no such device"),
]  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_what_can_be_missed_is_said_once(case):
    action, text = case
    assert said(Agent(), action) == [text]


def test_what_is_wrong_in_the_configuration_is_a_warning():
    agent = Agent()
    agent.handle(on.LastGoodRead([], False, None), 0)
    wrong = configuration.build([], [], ["line 3: not read"])
    assert "log warning: line 3: not read" in [do.text(each) for each in agent.handle(on.ConfigLoaded(wrong), 0)]


def test_a_file_that_cannot_be_parsed_is_an_error_that_is_said():
    (log,) = Agent().handle(on.ConfigRefused(["network: line 3: not closed"]), 0)
    assert do.text(log) == "log error: not loaded: network: line 3: not closed"


def test_a_way_whose_port_cannot_be_read_is_no_tunnel():
    class Plain(House):
        def order(self, actions):
            self.asked = [action for action in actions if isinstance(action, do.ReadTunnel)]
            super().order([action for action in actions if action not in self.asked])

    house = Plain("config policy 'work'\n\tlist interface 'wg0'\n\tlist host '192.0.2.1'\n")
    house.handle(on.ActionFailed(do.ReadTunnel("wg0"), "no such device"))
    assert house.agent.routes.way("wg0").port == 0 and house.way("192.0.2.1") == "wg0"


def test_answers_that_cannot_be_held_are_read_when_they_leave():
    (log,) = Agent().handle(on.HoldFailed("no such method"), 5)
    assert do.text(log) == "log warning: dnsmasq is not asked to wait for new addresses: no such method"


def test_the_last_good_addresses_are_saved_again_later():
    agent = Agent()
    assert said(agent, do.SaveLastGood(lambda: iter([]), 0)) == [
        "log error: last good addresses not saved: no such device"
    ]
    assert agent.next_timer() == 5 + SAVE_INTERVAL


@pytest.mark.parametrize("action", [do.ShareLastGood(lambda: iter([])), do.Remember([])])
def test_their_copy_is_made_again_later(action):
    agent = Agent()
    assert said(agent, action) == ["log debug: no copy of the last good addresses: no such device"]
    assert agent.next_timer() == 5 + SHARE_RETRY


def test_without_netifd_the_network_is_read_as_after_a_change():
    agent = Agent()
    assert said(agent, do.ReadInterfaces("netifd"))[0] == "log debug: ReadInterfaces netifd: no such device"


REFUSED = [
    (routing.Routes(4, 900, 902, 0, []), ip.key("192.0.2.1"), "route to 192.0.2.1 in table 900 not written: busy"),
    (routing.Rule(4, 503, routing.ANYTHING, routing.LOOKUP, 900, None, 190), None, "rule 503 not written: busy"),
    (routing.Nexthop(4, 902, 7, None, 190), None, "nexthop 902 not written: busy"),
]


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_kernel_s_routing_did_not_take_is_named(case):
    value, key, text = case
    change = routing.Change(routing.ADD, value)
    assert Writing().complain([change], [(change, key, "busy")]) == [do.Log("warning", text)]


def test_an_endpoint_that_could_not_be_set_is_looked_at_a_second_later():
    network = "config wireguard_wg0\n\toption public_key '%sA='\n\toption endpoint_host 'h.test'\n" % ("H" * 42)
    agent = Agent()
    agent.handle(on.LastGoodRead([], False, None), 0)
    agent.handle(on.ConfigLoaded(configuration.build([], uci.parse(network)[0], [])), 0)
    agent.handle_timer(0)
    agent.handle(on.PeersRead("wg0", [], 1800000000), 1)
    action = do.SetEndpoint("wg0", "H" * 42 + "A=", "192.0.2.1", 51820, None, None, "it moved")
    (log,) = [each for each in agent.handle(on.ActionFailed(action, "busy"), 1) if isinstance(each, do.Log)]
    assert do.text(log).endswith("endpoint 192.0.2.1 not set: busy")
    assert do.ReadPeers("wg0") not in agent.handle_timer(1.9) and do.ReadPeers("wg0") in agent.handle_timer(2)
