"""why: a policy for some clients is about their packets only, whether an interface or a MAC address names them."""

import transcript
from fakes import netifd
from nametrack import routing
from nametrack.core import events as on
from nametrack.core.actions import AskKernel, Packets, ReadAllowed
from nametrack.core.events import Holder, Told

GUEST, LAN, ANY = "10.1.0.2", "192.168.1.50", "203.0.113.1"
TV = "02:00:00:00:00:aa"
SCRIPT = """-- network --
config interface 'wg0'
	option proto 'wireguard'

-- before --
< link wan 192.0.2.20/24
< link wan via 192.0.2.1
< link wg0 10.9.0.2/24
< link wg1 10.8.0.2/24
< link br-lan 192.168.1.1/24
< link br-guest 10.1.0.1/24

-- config --
config policy 'first'
	list interface 'wg0'
	list client '%s'
%s
config policy 'second'
	list interface 'wg1'
%s
-- at 1 --
"""


def play(first, second, selected=""):
    played = transcript.Transcript(SCRIPT % (first, selected, second))
    played.run()
    played.agent.handle(on.InterfacesRead([netifd("guest", "static", "br-guest")]), played.now)
    return played


def why(played, client, ingress, device):
    actions = played.agent.handle(on.WhyAsked(1, ANY, client), played.now)
    actions = played.agent.handle(on.KernelTold(1, ingress, [Told(ANY, 0, device, 901, None, None)], []), played.now)
    while type(actions[0]) is ReadAllowed:
        read = actions.pop(0)
        holders = [Holder("%sA=" % ("H" * 42), ["0.0.0.0/0"], 1)]
        actions += played.agent.handle(on.AllowedRead(1, read.interface, holders), played.now)
    return actions[0].values


def test_a_policy_for_an_interface_says_nothing_of_a_client_behind_another():
    played = play("guest", "\tlist client '%s'\n" % LAN)
    assert why(played, LAN, "br-lan", "wg1")["sentence"] == "%s goes through wg1 as configured" % ANY
    assert why(played, GUEST, "br-guest", "wg0")["sentence"] == "%s goes through wg0 as configured" % ANY


def test_a_policy_for_an_interface_is_named_for_one_whose_packets_come_from_nowhere_known():
    assert "although wg0 is configured" in why(play("guest", ""), LAN, None, "wg1")["sentence"]


def test_a_policy_for_a_mac_address_is_about_the_addresses_that_it_has():
    played = play(TV, "\tlist client '%s'\n" % LAN)
    neighbours = [routing.Neighbour(4, 2, "192.168.1.60", TV)]
    played.handle(on.NeighboursRead(neighbours))
    assert why(played, LAN, "br-lan", "wg1")["as_configured"]
    assert why(played, "192.168.1.60", "br-lan", "wg0")["sentence"] == "%s goes through wg0 as configured" % ANY


def test_a_client_whose_mac_address_is_not_known_takes_the_normal_way_and_is_told_why():
    answer = why(play(TV, "\tlist client '10.7.0.1'\n"), LAN, "br-lan", "wan")
    words = "policy 'first' lists it, but none of its clients is known to have the address 192.168.1.50"
    assert answer["as_configured"] and answer["sentence"] == "%s takes the normal way; %s" % (ANY, words)


def test_the_kernel_is_asked_about_the_packets_of_the_policy_that_is_for_the_client():
    played = play("guest", "\tlist client '%s'\n" % LAN, "\tlist proto 'udp'\n\tlist port '443'\n")
    for client, packets in ((LAN, Packets(ANY, 0, 0)), (GUEST, Packets(ANY, 17, 443))):
        asked = played.agent.handle(on.WhyAsked(1, ANY, client), played.now)
        assert asked == [AskKernel(1, [packets], client, False)]
