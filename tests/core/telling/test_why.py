"""why: the sentence names the cause, for sets and for own routes, and whatever the kernel tells is answered."""

import pytest

import transcript
from nametrack.core import events as on
from nametrack.core.actions import AskKernel, Packets, ReadAllowed, Reply
from nametrack.core.config import configuration
from nametrack.core.events import Holder, Told
from nametrack.core.telling.why import Whys
from nametrack.wire import uci

SETS = """-- before --
< set nft inet vpn staging4

-- config --
config nametrack 'global'
	option family 'ipv4'

config policy 'work'
	option interface 'wg'
	option target 'nftset'
	option set4 'inet vpn staging4'
	list host '192.0.2.7'
	list host '198.51.100.0/24'

-- at 0 --

-- at 1 --
"""


def answer(told, host="192.0.2.7", client=None):
    played = transcript.Transcript(SETS)
    played.run()
    asked = played.agent.handle(on.WhyAsked(1, host, client), played.now)
    assert asked == [AskKernel(1, [Packets(host, 0, 0)], client, True)]
    return told_of(played, [Told(host, *each) for each in told])


def told_of(played, told, holders=None, rules=(), ingress=None):
    """The values of the Reply, after the kernel told this, and the tunnels have these Holders; None: none is one."""
    actions = played.agent.handle(on.KernelTold(1, ingress, told, list(rules)), played.now)
    while type(actions[0]) is ReadAllowed:
        read = actions.pop(0)
        event = on.ActionFailed(read, "no") if holders is None else on.AllowedRead(1, read.interface, holders)
        actions += played.agent.handle(event, played.now)
    assert [type(each) for each in actions] == [Reply] and actions[0].id == 1
    return actions[0].values


NORMAL = (0, "wan", 254, None, None)
NO_RULE = "set 'inet vpn staging4' contains it, but no rule leads marked packets to wg"
CASES = [
    ([NORMAL, (0x5A, "wg", 90, None, None)], True, "192.0.2.7 goes through wg as configured"),
    ([NORMAL], False, f"192.0.2.7: {NO_RULE}"),
    ([NORMAL, (0x5A, "wan", 254, None, None)], False, f"192.0.2.7: {NO_RULE}"),
    ([(0, None, 0, "network unreachable", None)], False, f"192.0.2.7: {NO_RULE}"),
]


def test_of_a_set_whose_policy_names_no_interface_the_rules_decide():
    played = transcript.Transcript(SETS.replace("\toption interface 'wg'\n", ""))
    played.run()
    played.agent.handle(on.WhyAsked(1, "192.0.2.7", None), played.now)
    values = told_of(played, [Told("192.0.2.7", *each) for each in (NORMAL, (0x5A, "wg", 90, None, None))])
    words = "names no interface: the rules that use the set decide which way its packets take"
    assert values["sentence"] == "192.0.2.7 is in the set of policy 'work', which " + words
    assert values["as_configured"] and values["addresses"][0]["steps"][2:] == [
        "a rule leads packets with mark 0x5a to wg",
        "the kernel sends the router's packets without a mark through wan (table 254)",
    ]


# what the set has besides, where the tunnel's own packets go -> why the set does not contain the address
NOT_IN_SET = [
    ("", "192.0.2.7", "it is an endpoint of the tunnel itself"),
    (
        " timeout interval merge",
        "192.0.2.8",
        "it has auto-merge and timeouts: nft joins elements, and all of them end together",
    ),
]
PEER = """-- network --
config wireguard_wg
	option public_key '%sA='
	option endpoint_host '%s'

"""


@pytest.mark.parametrize("case", NOT_IN_SET)
def test_what_keeps_an_address_out_of_its_set_is_the_cause(case):
    flags, endpoint, why = case
    played = transcript.Transcript(
        PEER % ("P" * 42, endpoint) + SETS.replace("staging4\n\n--", "staging4%s\n\n--" % flags)
    )
    played.run()
    played.agent.handle(on.WhyAsked(1, "192.0.2.7", None), played.now)
    values = told_of(played, [Told("192.0.2.7", *NORMAL)])
    assert values["sentence"] == "192.0.2.7: the set of policy 'work' does not contain it: " + why
    assert (values["advice"], values["as_configured"]) == ("nametrack check", False)


@pytest.mark.parametrize("case", CASES)
def test_of_an_address_in_a_set_the_kernel_is_asked_with_each_mark(case):
    told, fine, sentence = case
    values = answer(told)
    assert (values["as_configured"], values["sentence"]) == (fine, sentence)
    steps = values["addresses"][0]["steps"]
    assert steps[0] == "policy 'work' lists it" and steps[1].startswith("set 'inet vpn staging4' contains it")


def test_an_address_of_a_family_for_which_the_policy_has_no_set_is_in_none():
    played = transcript.Transcript(SETS.replace("'ipv4'", "'any'").replace("192.0.2.7", "2001:db8::7"))
    played.run()
    played.agent.handle(on.WhyAsked(1, "2001:db8::7", None), played.now)
    values = told_of(played, [Told("2001:db8::7", *NORMAL)])
    assert values["sentence"] == "2001:db8::7: policy 'work' has no set for IPv6"
    assert (values["advice"], values["as_configured"]) == ("nametrack check", False)


def test_an_address_within_a_listed_prefix_is_of_that_policy_and_must_be_in_the_set():
    values = answer([NORMAL], "198.51.100.9")
    assert "lists a prefix that contains it" in " ".join(values["addresses"][0]["steps"])


def test_an_address_that_no_policy_lists_takes_the_normal_way():
    values = answer([NORMAL], "203.0.113.9")
    assert values["as_configured"] and "no policy lists it" in values["sentence"]


def test_an_address_that_every_answer_on_the_lan_was_heard_about_can_only_be_listed():
    played = transcript.Transcript(SETS.replace("family 'ipv4'\n", "family 'ipv4'\n\toption observe_from 'any'\n"))
    played.run()
    played.agent.handle(on.WhyAsked(1, "203.0.113.9", None), played.now)
    values = told_of(played, [Told("203.0.113.9", *NORMAL)])
    assert values["sentence"] == "203.0.113.9 takes the normal way: no policy lists it"
    assert "add_list nametrack.work.host='203.0.113.9'" in values["advice"]


def test_without_policies_every_address_takes_the_normal_way():
    played = transcript.Transcript("-- config --\nconfig nametrack 'global'\n\n-- at 0 --\n")
    played.run()
    played.agent.handle(on.WhyAsked(1, "203.0.113.9", None), played.now)
    values = told_of(played, [Told("203.0.113.9", *NORMAL)])
    assert values["sentence"] == "203.0.113.9 takes the normal way: no policy lists it"


def test_a_kernel_that_cannot_be_asked_is_said():
    played = transcript.Transcript(SETS)
    played.run()
    asked = played.agent.handle(on.WhyAsked(1, "192.0.2.7", None), played.now)[0]
    reply = played.agent.handle(on.ActionFailed(asked, "no"), played.now)[0]
    assert "could not be asked: no" in reply.values["sentence"]


ROUTES = """-- before --
< link wan 192.0.2.20/24
< link wan via 192.0.2.1
< link wg0 10.9.0.2/24

-- config --
config policy 'work'
	list interface 'wg0'
	option fallback 'block'
	option family 'ipv4'
	list host '198.51.100.1'

-- at 1 --
"""
DOWN = "< link wg0 down\n-- at 2 --\n"


@pytest.mark.parametrize(
    "case",
    [
        ("", (0, "wg0", 900, None, None), "198.51.100.1 goes through wg0 as configured"),
        (
            "",
            (0, "wan", 254, None, None),
            "198.51.100.1: the kernel sends the router's packets through wan (table 254), although wg0",
        ),
        (DOWN, (0, None, 0, "unreachable", None), "198.51.100.1: no way out of policy 'work' works (wg0 is down)"),
    ],
)
def test_of_own_routes_the_kernel_says_which_way_is_taken(case):
    after, told, sentence = case
    played = transcript.Transcript(ROUTES + after)
    played.run()
    played.agent.handle(on.WhyAsked(1, "198.51.100.1", None), played.now)
    values = told_of(played, [Told("198.51.100.1", *told)])
    assert values["sentence"].startswith(sentence)
    assert values["as_configured"] == (told[1] == "wg0")


ENDPOINT = """-- network --
config interface 'wg0'
	option proto 'wireguard'

config wireguard_wg0 'home'
	option public_key '%sA='
	option endpoint_host '198.51.100.1'

""" % ("H" * 42)
# what the policies have besides, the host, by what it leaves -> what becomes of it
WITHOUT_A_WAY = [
    ("", "198.51.100.1", None, "so that its packets are blocked"),
    ("", "198.51.100.1", "wan", "so that its packets are to be blocked, and are not"),
    (ENDPOINT, "198.51.100.1", "wan", "so that its packets are blocked, but for those to an endpoint of a tunnel"),
    ("", "192.0.2.77", "wan", "keeps its way; it is in the local network 192.0.2.0/24"),
]


@pytest.mark.parametrize("case", WITHOUT_A_WAY)
def test_what_is_to_be_blocked_is_said_to_be_if_the_kernel_drops_it(case):
    more, host, device, words = case
    played = transcript.Transcript(more + (ROUTES + DOWN).replace("host '198.51.100.1'", "host '%s'" % host))
    played.run()
    played.agent.handle(on.WhyAsked(1, host, None), played.now)
    values = told_of(played, [Told(host, 0, device, 254, None if device else "unreachable", None)])
    assert values["sentence"].endswith(words), values["sentence"]
    assert values["as_configured"] == words.startswith("keeps")


def test_of_several_addresses_the_sentence_is_about_one_that_something_can_be_done_about():
    played = transcript.Transcript(ROUTES)
    played.run()
    played.agent.handle(on.WhyAsked(1, "two.test", None), played.now)
    told = [Told("198.51.100.1", 0, "wg0", 900, None, None), Told("203.0.113.9", 0, "wan", 254, None, None)]
    values = told_of(played, told)
    assert values["sentence"] == "203.0.113.9 takes the normal way: no policy lists it"
    assert values["advice"].startswith("uci add_list nametrack.work.host='two.test'") and values["as_configured"]


# how the ways of a policy are -> what is to be done
NO_WAY = [
    ("", "list interface 'wg/0'", "nametrack check"),
    ("< link wg0 10.9.0.2/24\n< link wg0 down\n", "list interface 'wg0'\n\tlist interface 'wg1'", "ifup wg0"),
    ("< link wg1 10.8.0.2/24\n< link wg1 down\n", "list interface 'wg0'\n\tlist interface 'wg1'", "ifup wg0"),
    ("< link wg1 fe80::9/64\n", "list interface 'wg0'\n\tlist interface 'wg1'", "ifup wg0"),  # it has no address
    ("< link wg0 fe80::9/64\n", "list interface 'wg0'\n\tlist interface 'wg1'", "nametrack status"),
]


@pytest.mark.parametrize("case", NO_WAY)
def test_without_a_way_the_advice_is_about_the_first_one(case):
    before, interfaces, advice = case
    script = "-- network --\nconfig interface 'wg0'\n\toption proto 'wireguard'\n\n" + ROUTES
    script = script.replace("< link wg0 10.9.0.2/24\n", before).replace("list interface 'wg0'", interfaces)
    played = transcript.Transcript(script)
    played.run()
    played.agent.handle(on.WhyAsked(1, "198.51.100.1", None), played.now)
    values = told_of(played, [Told("198.51.100.1", 0, None, 0, "unreachable", None)])
    assert values["sentence"].startswith("198.51.100.1: no way out of policy 'work' works")
    assert (values["advice"], values["as_configured"]) == (advice, False)


@pytest.mark.parametrize(
    "last,told,sentence",
    [
        ("list interface 'wg0'", (0, "wg0", 900, None, None), "so that policy 'last' has its packets"),
        ("list interface 'wg1'", (0, "wan", 254, None, None), "so that its packets take the normal way"),
        ("option action 'bypass'", (0, "wan", 254, None, None), "so that policy 'last' has its packets"),
        (
            "option fallback 'block'\n\tlist interface 'wg1'",
            (0, None, 0, "unreachable", None),
            "policy 'last' has its packets",
        ),
    ],
)
def test_what_many_policies_without_a_way_leave_is_that_of_the_first_below_that_takes_it(last, told, sentence):
    many = "".join(
        ["config policy 'p%d'\n\tlist interface 'wg1'\n\tlist host '198.51.100.1'\n\n" % i for i in range(150)]
    )
    policies = many + "config policy 'last'\n\t%s\n\tlist host '198.51.100.1'\n" % last
    script = ROUTES[: ROUTES.index("config policy")] + policies + "\n-- at 1 --\n"
    played = transcript.Transcript(script)
    played.run()
    played.agent.handle(on.WhyAsked(1, "198.51.100.1", None), played.now)
    values = told_of(played, [Told("198.51.100.1", *told)])
    assert (
        values["sentence"].startswith("198.51.100.1: no way out of policy 'p0' works")
        and sentence in values["sentence"]
    )


def test_an_address_whose_route_the_kernel_refuses_is_not_as_configured():
    played = transcript.Transcript(ROUTES)
    played.kernel.routing._route = lambda change, key: "no buffer space available"
    played.run()
    played.agent.handle(on.WhyAsked(1, "198.51.100.1", None), played.now)
    values = told_of(played, [Told("198.51.100.1", 0, "wg0", 900, None, None)])
    said = "198.51.100.1: policy 'work' steers by own routes: the kernel refuses some of its routes"
    assert (values["sentence"], values["advice"], values["as_configured"]) == (said, "nametrack check", False)


def test_an_address_that_the_way_cannot_carry_is_refused_on_purpose_but_no_leak_is():
    script = ROUTES.replace("\toption family 'ipv4'\n", "").replace("198.51.100.1'", "2001:db8::1'")
    played = transcript.Transcript(script)
    played.run()
    for device, problem, configured in ((None, "unreachable", True), ("wan", None, False)):
        played.agent.handle(on.WhyAsked(1, "2001:db8::1", None), played.now)
        values = told_of(played, [Told("2001:db8::1", 0, device, 0, problem, None)])
        assert values["as_configured"] == configured
        assert ("wg0 carries no IPv6" in values["sentence"]) == configured


def test_a_peer_without_a_description_is_called_by_the_beginning_of_its_key():
    peer = "config wireguard_wg0\n\toption public_key '%sA='\n\tlist allowed_ips '0.0.0.0/0'\n\n" % ("P" * 42)
    interface = "-- network --\nconfig interface 'wg0'\n\toption proto 'wireguard'\n"
    played = transcript.Transcript(interface + peer + ROUTES)
    played.run()
    played.agent.handle(on.WhyAsked(1, "198.51.100.1", None), played.now)
    holder = Holder("P" * 42 + "A=", ["0.0.0.0/0"], 1)
    values = told_of(played, [Told("198.51.100.1", 0, "wg0", 900, None, None)], [holder])
    assert "peer 'PPPPPPPPPPPP...' of wg0 takes it" in str(values)


def test_a_client_is_told_of_the_addresses_that_it_can_send_to():
    played = transcript.Transcript(SETS)
    played.run()
    whys = Whys()
    whys.begin(played.agent, on.WhyAsked(1, "both.example.test", "10.1.0.2"), played.now)
    resolved = Reply(1, {"addresses": ["2001:db8::7", "192.0.2.7"], "reason": None})
    asked = AskKernel(1, [Packets("192.0.2.7", 0, 0)], "10.1.0.2", True)
    assert whys.looked_up(played.agent, resolved) == asked
    reply = played.agent.handle(on.WhyAsked(2, "2001:db8::7", "10.1.0.2"), played.now)[0]
    assert reply.values["sentence"] == "2001:db8::7 has no IPv4 address that 10.1.0.2 can send to"


def test_a_name_below_a_wildcard_that_no_client_asked_for_yet_is_answered():
    played = transcript.Transcript(ROUTES.replace("list host '198.51.100.1'", "list host '*.example.com'"))
    played.run()
    played.agent.handle(on.WhyAsked(1, "a.example.com", None), played.now)
    values = told_of(played, [Told("198.51.100.7", *NORMAL)])
    assert (values["host"], values["as_configured"]) == ("a.example.com", False)
    assert values["sentence"] == "policy 'work' wants a.example.com, but no client asked this router for it yet"


PBR = """-- before --
< set nft inet fw4 pbr_wg_4_dst_ip_user interval unused
< service pbr enabled registered

-- config --
config policy 'work'
	option interface 'wg'
	option target 'pbr'
	list host '192.0.2.7'

-- at 1 --
"""


def test_a_set_that_no_rule_of_its_service_refers_to_has_that_service_restarted():
    played = transcript.Transcript(PBR)
    played.run()
    played.agent.handle(on.WhyAsked(1, "192.0.2.7", None), played.now)
    values = told_of(played, [Told("192.0.2.7", *NORMAL)])
    assert values["sentence"].endswith("is not used: no rule of pbr refers to it")
    assert (values["advice"], values["as_configured"]) == ("/etc/init.d/pbr restart", False)


def test_what_auto_will_fill_is_not_known_before_the_sets_are_read():
    asked = transcript.Transcript("-- at 0 --\n")
    config = "config policy 'work'\n\toption interface 'wg'\n\toption target 'auto'\n\tlist host '192.0.2.7'\n"
    asked.agent.handle(on.ConfigLoaded(configuration.build(uci.parse(config)[0], [], [])), 0)
    asked.agent.handle(on.WhyAsked(1, "192.0.2.7", None), 0)
    values = told_of(asked, [Told("192.0.2.7", *NORMAL)])
    assert values["sentence"] == "192.0.2.7: what policy 'work' steers by is not read yet"
    assert values["advice"] == "nametrack check"
