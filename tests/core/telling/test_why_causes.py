"""why: each cause that the kernel, a tunnel or the configuration tells of, in words, and what is to be pasted."""

import pytest

import transcript
from fakes import netifd
from nametrack import routing
from nametrack.core import events as on
from nametrack.core.actions import AskKernel, Packets, ReadAllowed
from nametrack.core.config.firewall import Firewall, Forwarding, Zone
from nametrack.core.events import Holder, Told
from nametrack.core.machine import Machine
from nametrack.core.telling import mending

HOME, CABIN = "%sA=" % ("H" * 42), "%sA=" % ("C" * 42)
DIRECT = """-- before --
< link wan 192.0.2.20/24
< link wan via 192.0.2.1
< link wg0 10.9.0.2/24

-- config --
config policy 'direct'
	option action 'bypass'
	list host '198.51.100.9'

"""  # the first section of a configuration, and what is there before
NETWORK = """-- network --
config interface 'wg0'
	option proto 'wireguard'

config wireguard_wg0 'home'
	option description 'home'
	option public_key '%s'
	list allowed_ips '0.0.0.0/0'

config wireguard_wg0
	option description 'cabin'
	option public_key '%s'
	list allowed_ips '10.8.0.1/32'
	list allowed_ips '198.51.100.0/24'

""" % (HOME, CABIN)
SCRIPT = (
    NETWORK
    + DIRECT
    + """config policy 'some'
	list interface 'wg0'
	list client '10.1.0.9'
	list host '198.51.100.2'

config policy 'work'
	list interface 'wg0'
	option family 'ipv4'
	list host '198.51.100.1'
	list host '198.51.100.9'
	list host '192.0.2.77'

config policy 'off'
	option enabled '0'
	list interface 'wg0'
	list host '198.51.100.3'

-- at 1 --
"""
)
ADDRESS, CLIENT = "198.51.100.1", "10.1.0.2"
RIGHT = (0, "wg0", 900, None, None)
WAN = (0, "wan", 254, None, None)
HOLDS = [Holder(HOME, ["0.0.0.0/0"], 1), Holder(CABIN, ["10.8.0.1"], 0)]
RELOAD = "uci commit nametrack; /etc/init.d/nametrack reload"


def play():
    played = transcript.Transcript(SCRIPT)
    played.run()
    return played


def why(played, told, address=ADDRESS, client=None, holders=HOLDS, rules=()):
    played.agent.handle(on.WhyAsked(1, address, client), played.now)
    event = on.KernelTold(1, "br-lan" if client else None, [Told(address, *told)], list(rules))
    actions = played.agent.handle(event, played.now)
    while type(actions[0]) is ReadAllowed:
        read = actions.pop(0)
        actions += played.agent.handle(on.AllowedRead(1, read.interface, holders), played.now)
    return actions[0].values


def test_what_is_right_has_no_advice():
    answer = why(play(), RIGHT)
    assert answer["sentence"] == "198.51.100.1 goes through wg0 as configured"
    assert answer["as_configured"] and not answer["advice"]


PEERS = [
    ([Holder(HOME, ["10.9.0.0/24"], 1)], "no peer of wg0 has allowed IPs that contain 198.51.100.1", "ifup wg0"),
    (
        [Holder(HOME, ["0.0.0.0/0"], 1), Holder(CABIN, ["198.51.100.0/24"], 0)],
        "peer 'cabin' of wg0 takes it by the longer prefix 198.51.100.0/24, and never replied; peer 'home' would",
        "uci del_list network.@wireguard_wg0[1].allowed_ips='198.51.100.0/24'; uci commit network; ifup wg0; "
        "/etc/init.d/nametrack reload",
    ),
    (
        [Holder(CABIN, ["0.0.0.0/0"], 9), Holder(HOME, [], 0)],
        "peer 'cabin' of wg0 takes it by 0.0.0.0/0, which peer 'home' claims too",
        "ifup wg0",  # the file gives it to home
    ),
]


@pytest.mark.parametrize("case", PEERS)
def test_the_peer_that_takes_an_address_is_that_of_the_tunnel_itself(case):
    holders, sentence, advice = case
    answer = why(play(), RIGHT, holders=holders)
    assert sentence in answer["sentence"] and answer["advice"] == advice and not answer["as_configured"]


def test_a_peer_that_is_disabled_in_the_file_and_still_in_the_tunnel_is_set_up_anew():
    cabin = "\toption description 'cabin'\n"
    played = transcript.Transcript(SCRIPT.replace(cabin, cabin + "\toption disabled '1'\n"))
    played.run()
    assert why(played, RIGHT, holders=PEERS[1][0])["advice"] == "ifup wg0"


def test_a_longer_prefix_of_a_peer_that_replies_is_as_configured():
    holders = [Holder(HOME, ["0.0.0.0/0"], 1), Holder(CABIN, ["198.51.100.0/24"], 5)]
    answer = why(play(), RIGHT, holders=holders)
    assert answer["as_configured"] and "peer 'cabin' of wg0 takes it" in " ".join(answer["addresses"][0]["steps"])


def rule(preference, action=routing.LOOKUP, argument=77, **fields):
    return routing.Rule(4, preference, routing.match(**fields), action, argument, None, 3)


OURS = routing.Rule(4, 104, routing.ANYTHING, routing.LOOKUP, 900, None, routing.PROTOCOL)
OF_IPV6 = routing.Rule(6, 50, routing.ANYTHING, routing.LOOKUP, 77, None, 3)
RULES = [
    (
        rule(50, destination="198.51.100.0/24"),
        "rule 50 of another program comes first",
        "ip rule add pref 1050 from all to 198.51.100.0/24 lookup 77 && ip rule del pref 50",
    ),
    (rule(50, transport=17), "rule 50 of another program comes first", "ip rule show pref 50"),
    (rule(50, destination="203.0.113.0/24"), "although wg0 is configured", "nametrack check"),
    (rule(50, argument=78), "although wg0 is configured", "nametrack check"),
    (rule(50, iif="eth9"), "although wg0 is configured", "nametrack check"),
    (rule(50, iif="lo"), "rule 50 of another program comes first", "ip rule"),  # the router's own packets
    (OF_IPV6, "although wg0 is configured", "nametrack check"),
    (rule(500), "although wg0 is configured", "nametrack check"),
    (rule(0), "although wg0 is configured", "nametrack check"),
    (rule(50, mark=(1, 1)), "although wg0 is configured", "nametrack check"),
    (rule(50, routing.NOP, None), "although wg0 is configured", "nametrack check"),
]


@pytest.mark.parametrize("case", RULES)
def test_a_rule_that_leads_packets_elsewhere_is_named_if_it_is_the_one(case):
    other, sentence, advice = case
    rules = [other, OURS] if other.preference < OURS.preference else [OURS, other]
    answer = why(play(), (0, "wan", 77, None, None), rules=rules)
    assert answer["sentence"].endswith(sentence) and answer["advice"].startswith(advice)
    assert not answer["as_configured"]


def test_replies_that_the_kernel_drops_are_the_cause():
    answer = why(play(), (0, "wg0", 900, None, "reverse path filter"))
    assert "drops the replies that come in through wg0" in answer["sentence"]
    assert answer["advice"] == "echo net.ipv4.conf.wg0.rp_filter=2 >>/etc/sysctl.conf; sysctl -p"
    assert not answer["as_configured"]


def test_a_question_before_the_kernel_was_read_is_answered():
    played = play()
    played.agent.routes.installation.view = None
    assert "were not read yet" in why(played, WAN)["sentence"]
    played.agent.routes.configure([], played.agent.config, 0)
    played.agent.policies.policies["work"].fill(None)  # target auto has not chosen
    played.agent.policies.sets.by_name = {}  # nor was any set listed
    assert why(played, WAN)["sentence"].endswith("what policy 'work' steers by is not read yet")
    played.agent.handle(on.WhyAsked(1, ADDRESS, None), played.now)
    marked = [Told(ADDRESS, *WAN), Told(ADDRESS, 0x100, "eth7", 900, None, None)]
    (reply,) = played.agent.handle(on.KernelTold(1, None, marked, []), played.now)
    assert reply.values["addresses"][0]["device"] == "wan", "nothing marks the packets yet"


def test_an_address_in_a_local_network_keeps_its_way():
    answer = why(play(), (0, "wan", 254, None, None), address="192.0.2.77")
    assert answer["sentence"] == "192.0.2.77 keeps its way; it is in the local network 192.0.2.0/24"
    assert answer["as_configured"] and answer["advice"].startswith("uci set nametrack.work.keep_local='0'; ")


@pytest.mark.parametrize("listed, advised", [("192.0.0.0/16", False), ("192.0.2.64/26", True)])
def test_a_local_network_in_a_prefix_that_is_wider_is_to_stay(listed, advised):
    played = transcript.Transcript(SCRIPT.replace("list host '192.0.2.77'", "list host '%s'" % listed))
    played.run()
    answer = why(played, (0, "wan", 254, None, None), address="192.0.2.77")
    assert answer["sentence"].startswith("192.0.2.77 keeps its way") and bool(answer["advice"]) is advised


def test_other_dns_servers_are_to_be_heard_only_if_answers_are_read_at_all():
    played = transcript.Transcript(SCRIPT.replace("list host '192.0.2.77'", "list host '*.example.test'"))
    played.run()
    answer = why(played, WAN, "203.0.113.1")
    assert answer["advice"].startswith("uci set nametrack.global.observe_from='any'; ")


PASSED = [
    ("198.51.100.2", CLIENT, "it is not for the client 10.1.0.2", "uci add_list nametrack.some.client='10.1.0.2'; "),
    ("198.51.100.2", None, "it is only for some clients, not for the router itself", ""),
    ("198.51.100.3", None, "policy 'off' lists it, but is disabled", "uci set nametrack.off.enabled='1'; "),
    ("198.51.100.9", None, "policy 'direct' lets it bypass policy 'work'", ""),
    ("203.0.113.1", None, "no policy lists it", "uci add_list nametrack.some.host='203.0.113.1'; "),
]


@pytest.mark.parametrize("case", PASSED)
def test_what_takes_the_normal_way_by_the_configuration_is_no_fault_and_how_to_change_that_is_said(case):
    address, client, words, advice = case
    answer = why(play(), WAN, address, client)
    assert answer["as_configured"] and words in answer["sentence"]
    assert answer["advice"].startswith(advice + (RELOAD if advice else "")), answer["advice"]


BYPASS = (
    DIRECT
    + """config policy 'all'
	list interface 'wg0'
	option fallback 'block'
	option family 'ipv4'
	list host '%s'

-- at 1 --
"""
)
ELSEWHERE = (0, "wg7", 77, None, None)
LED, HELD = (0, "wg0", 900, None, None), (0, None, 0, "unreachable", None)
REFUSED = ", which has it all the same: the kernel refuses some of its routes"
# the host of the policy below, whether the kernel takes the route of the bypass, what it does, what is said
BYPASSES = [
    ("0.0.0.0/0", True, WAN, " takes the normal way: policy 'direct' lets it bypass policy 'all'"),
    ("198.51.100.9", True, WAN, " takes the normal way: policy 'direct' lets it bypass policy 'all'"),
    ("198.51.100.8", True, WAN, " takes the normal way: policy 'direct' lets it bypass the policies below"),
    ("0.0.0.0/0", True, ELSEWHERE, " takes the normal way: policy 'direct' lets it bypass policy 'all'"),
    ("0.0.0.0/0", False, LED, ": policy 'direct' lets it bypass policy 'all'" + REFUSED),
    ("0.0.0.0/0", True, LED, ": policy 'direct' lets it bypass policy 'all', which has it all the same"),
]


@pytest.mark.parametrize("case", BYPASSES)
def test_a_bypass_that_works_needs_no_advice_and_one_that_does_not_is_a_fault(case):
    below, taken, told, said = case
    played = transcript.Transcript(BYPASS % below)
    route = played.kernel.routing._route
    played.kernel.routing._route = lambda change, key: (
        route(change, key) if taken or change.value.via != routing.THROW else "no buffer space available"
    )
    played.run()
    answer, works = why(played, told, "198.51.100.9"), "takes" in said
    assert answer["sentence"] == "198.51.100.9" + said
    assert (answer["as_configured"], answer["advice"]) == (works, "" if works else "nametrack check")


@pytest.mark.parametrize("told,works", [(WAN, True), (HELD, False)])
def test_a_bypass_of_what_a_policy_below_blocks(told, works):
    played = transcript.Transcript(BYPASS % "198.51.100.9" + "< link wg0 down\n-- at 2 --\n")
    played.run()
    assert why(played, told, "198.51.100.9")["as_configured"] is works


def test_a_bypass_of_a_policy_whose_way_is_the_normal_one():
    played = transcript.Transcript((BYPASS % "198.51.100.9").replace("'wg0'", "'wan'"))
    played.run()
    assert why(played, WAN, "198.51.100.9")["as_configured"]


LAN = Zone("lan", "lan", [], ["br-lan"], [], False, (4, 6))
INTO = Forwarding("lan", "vpn", (4, 6))
WALLS = [
    (Firewall([LAN], [], False), "is in no firewall zone", False, "uci set firewall.zone_wg0=zone; "),
    (Firewall([LAN], [], True), "as configured", True, ""),
    (
        Firewall([LAN, Zone("v", "vpn", ["wg0"], [], [4], False, (4, 6))], [], False),
        "does not forward",
        False,
        "uci set firewall.forwarding_lan_vpn=forwarding; ",
    ),
    (Firewall([LAN, Zone("v", "vpn", ["wg0"], [], [4], False, (4, 6))], [INTO], False), "as configured", True, ""),
    (
        Firewall([LAN, Zone("v", "vpn", ["wg0"], [], [], False, (4, 6))], [INTO], False),
        "does not masquerade IPv4",
        True,
        "uci set firewall.v.masq='1'; ",
    ),
]


@pytest.mark.parametrize("case", WALLS)
def test_what_the_firewall_lacks_for_a_client_is_the_cause(case):
    wall, words, configured, advice = case
    played = play()
    played.agent.handle(on.FirewallRead(wall), played.now)
    answer = why(played, RIGHT, client=CLIENT)
    assert words in answer["sentence"] and answer["as_configured"] is configured
    assert answer["advice"].startswith(advice) and bool(answer["advice"]) is bool(advice)
    assert why(played, RIGHT)["advice"] == ""  # the router's own packets are not forwarded


def test_a_pause_is_the_cause():
    played = play()
    played.agent.handle(on.Paused(600), played.now)
    answer = why(played, WAN)
    assert answer["sentence"] == "198.51.100.1: the policies are paused for another 10m: packets take the normal way"
    assert answer["advice"] == "nametrack resume"


def test_the_kernel_is_asked_about_the_packets_that_the_policy_selects():
    played = transcript.Transcript(
        SCRIPT.replace("\toption family 'ipv4'\n", "\tlist proto 'udp'\n\tlist port '443'\n")
    )
    played.run()
    asked = played.agent.handle(on.WhyAsked(1, ADDRESS, None), played.now)
    assert asked == [AskKernel(1, [Packets(ADDRESS, 17, 443)], None, False)]


def test_on_another_machine_than_a_router_the_advice_has_no_uci():
    played = play()
    played.agent.handle(on.MachineRead(Machine([], {}, [], [], [], {})), played.now)
    for holders in ([Holder(HOME, [], 1)], PEERS[1][0]):
        advice = why(played, RIGHT, holders=holders)["advice"]
        assert "uci" not in advice and advice.startswith("wg-quick down wg0; wg-quick up wg0")
    advice = why(played, WAN, "198.51.100.2", CLIENT)["advice"]
    assert advice.startswith("systemctl reload nametrack  # first add list client '10.1.0.2' in section 'some'")


def test_on_another_machine_a_keepalive_is_not_set_by_uci():
    played = play()
    peer = played.agent.config.network_peers[0]
    assert "uci set network." in mending.keepalive(played.agent, peer.interface, peer.public_key)
    played.agent.handle(on.MachineRead(Machine([], {}, [], [], [], {})), played.now)
    assert mending.keepalive(played.agent, peer.interface, peer.public_key) is None


def test_a_tunnel_that_went_while_it_was_asked_about_is_answered():
    played = play()
    played.agent.handle(on.WhyAsked(1, ADDRESS, None), played.now)
    event = on.KernelTold(1, None, [Told(ADDRESS, *RIGHT)], [])
    (read,) = played.agent.handle(event, played.now)
    (reply,) = played.agent.handle(on.ActionFailed(read, "no such device"), played.now)
    assert "wg0 is no WireGuard interface" in reply.values["addresses"][0]["steps"]
    assert played.agent.handle(on.AllowedRead(1, "wg0", []), played.now) == []


def test_the_longest_prefix_takes_an_address_whichever_peer_the_kernel_lists_first():
    holders = [Holder(CABIN, ["0.0.0.0/0"], 1), Holder(HOME, ["198.51.100.0/25"], 1)]
    for listed in (holders, holders[::-1]):
        steps = why(play(), RIGHT, holders=listed)["addresses"][0]["steps"]
        assert "peer 'home' of wg0 takes it by its allowed IPs, 198.51.100.0/25" in " ".join(steps), steps


def test_the_zone_of_a_client_is_found_by_the_interface_that_its_packets_come_in_through():
    played = play()
    played.agent.handle(on.InterfacesRead([netifd("home", "static", "br-lan")]), played.now)
    zones = [Zone("l", "lan", ["home"], [], [], False, (4, 6)), Zone("v", "vpn", ["wg0"], [], [4], False, (4, 6))]
    wall = Firewall(zones, [], False)
    played.agent.handle(on.FirewallRead(wall), played.now)
    assert "does not forward" in why(played, RIGHT, client=CLIENT)["sentence"]


def test_a_client_whose_device_is_in_no_zone_has_nothing_to_be_told_of_the_firewall():
    played = play()
    wall = Firewall([Zone("v", "vpn", ["wg0"], [], [4], False, (4, 6))], [], False)
    played.agent.handle(on.FirewallRead(wall), played.now)
    assert "zone" not in why(played, RIGHT, client=CLIENT)["sentence"]


def test_a_tunnel_that_is_told_of_twice_is_no_answer_for_the_other_one():
    played = transcript.Transcript(SCRIPT.replace("interface 'wg0'\n\tlist client", "interface 'wg1'\n\tlist client"))
    played.run()
    played.agent.handle(on.WhyAsked(1, ADDRESS, None), played.now)
    told = [Told(ADDRESS, *RIGHT), Told("198.51.100.2", 0, "wg1", 901, None, None)]
    played.agent.handle(on.KernelTold(1, None, told, []), played.now)
    for _ in range(2):
        assert played.agent.handle(on.AllowedRead(1, "wg0", HOLDS), played.now) == []
    (reply,) = played.agent.handle(on.AllowedRead(1, "wg1", HOLDS), played.now)
    assert len(reply.values["addresses"]) == 2
