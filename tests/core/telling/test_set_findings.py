"""findings.py: what `check` says of a policy whose sets lead no packet anywhere, or not all of them."""

import pytest

import transcript
from nametrack.core import events as on
from nametrack.core.events import Told
from nametrack.core.telling.findings import ADVICE, findings
from nametrack.core.telling.status import status

WALL = 1795406999
PBR4, PBR6 = "nft inet fw4 pbr_wg_4_dst_ip_user", "nft inet fw4 pbr_wg_6_dst_ip_user"
SERVICE = """-- before --
< service pbr enabled registered
< set %s interval merge
%s
-- config --
config policy 'work'
	option interface 'wg'
	option target 'pbr'
	list host 'work.test'
	list host '2001:db8::9'

-- at 0 --
-- at 1 --
"""


def play(script):
    played = transcript.Transcript(script)
    played.run()
    return played


def said(script, code):
    played = play(script)
    return [
        (f["severity"], f["subject"], f["text"], f["advice"]) for f in findings(played.agent, WALL) if f["code"] == code
    ]


def test_addresses_that_the_service_has_no_set_for_are_counted():
    ((severity, subject, text, advice),) = said(SERVICE % (PBR4, ""), "ipv6_uncovered")
    assert (severity, subject) == ("warning", "policy 'work'")
    assert text == "1 IPv6 address takes the normal way: pbr makes sets for IPv4 only"
    assert "ipv6_enabled" in advice and "%s" not in advice
    both = "< set %s interval merge\n" % PBR6
    assert said(SERVICE % (PBR4, both), "ipv6_uncovered") == []


def test_a_policy_that_is_current_says_which_addresses_it_has_no_set_for():
    played = transcript.Transcript(SERVICE.replace("work.test", "192.0.2.9") % (PBR4, ""))
    played.run()
    (row,) = status(played.agent, played.now, WALL)["policies"]
    told = "the sets hold what DNS names; 1 IPv6 address takes the normal way, because pbr has no set for IPv6"
    assert (row["state"], row["reason"]) == ("current", told)


@pytest.mark.parametrize("used", [False, True])
def test_a_set_that_no_rule_refers_to_leads_no_packet_anywhere(used):
    script = SERVICE.replace("pbr'", "nftset'\n\toption set4 'inet fw4 mine4'") % ("nft inet fw4 mine4 ", "")
    found = said(script if used else script.replace("interval merge", "interval merge unused"), "unused_set")
    text = "set 'inet fw4 mine4' is not used: no rule refers to it"
    assert [each[:3] for each in found] == ([] if used else [("warning", "policy 'work'", text)])


def test_where_a_rule_refers_to_one_of_a_policys_sets_the_policy_is_not_said_to_be_unused():
    both = SERVICE.replace("pbr'", "nftset'\n\toption set4 'inet fw4 mine4'\n\toption set6 'inet fw4 mine6'")
    assert said(both % ("nft inet fw4 mine4", "< set nft inet fw4 mine6 unused\n"), "unused_set") == []


def test_why_says_how_a_service_is_made_to_have_sets_for_ipv6():
    played = transcript.Transcript(SERVICE % (PBR4, ""))
    played.run()
    played.agent.handle(on.WhyAsked(1, "2001:db8::9", None), played.now)
    told = [Told("2001:db8::9", 0, "wan", 254, None, None)]
    (reply,) = played.agent.handle(on.KernelTold(1, None, told, []), played.now)
    advice = "uci set pbr.config.ipv6_enabled='1'; uci commit pbr; /etc/init.d/pbr restart"
    assert reply.values["sentence"] == "2001:db8::9: pbr makes no set for IPv6" and reply.values["advice"] == advice


OWN = """-- before --%s

-- config --
config policy 'work'
	option interface 'wg'
	option target '%s'
	option set4 '%s'
	list host '%s'

-- at 0 --
-- at 1 --
"""
NFT = "nft add table inet vpn; nft add set inet vpn mine4 '{ type ipv4_addr; flags %stimeout; }'"
LACKING = [
    ("ipset", "mine4", "192.0.2.1", "ipset create mine4 hash:ip family inet timeout 0"),
    ("ipset", "mine4", "192.0.2.0/24", "ipset create mine4 hash:net family inet timeout 0"),
    ("nftset", "inet vpn mine4", "192.0.2.1", NFT % ""),
    ("nftset", "inet vpn mine4", "192.0.2.0/24", NFT % "interval, "),
]


@pytest.mark.parametrize("case", LACKING)
def test_what_makes_a_set_that_is_missing_is_advised_and_of_one_that_is_there_it_is_not(case):
    ((severity, _, _, advice),) = said(OWN % (("",) + case[:3]), "no_target")
    assert severity == "error" and advice.split("  #")[0] == case[3]
    if case[0] == "nftset":
        ((_, _, _, advice),) = said(
            OWN % (("\n< set nft inet vpn mine4 interval merge timeout",) + case[:3]), "set_flags"
        )
        assert "add set" not in advice


ENDPOINT = """-- network --
config interface 'wg0'
	option proto 'wireguard'
config wireguard_wg0
	option public_key 'PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPA='
	option endpoint_host '%s'
	list allowed_ips '10.9.0.0/24'

-- before --
< set nft inet vpn work4 interval

-- config --
config nametrack 'global'
	option family 'ipv4'
config policy 'work'
	option interface 'wg0'
	option target 'nftset'
	option set4 'inet vpn work4'
	list host 'www.dyn.test'
	list host '203.0.113.9'
	list host '203.0.114.8/29'

-- at 0 --
< answered 1 198.51.100.1 ttl=60

-- at 1 --
"""
REMOVED = "uci del_list nametrack.work.host='%s'; uci commit nametrack; /etc/init.d/nametrack reload"
# the peer's endpoint -> what is to be taken out of the policy
ENDPOINTS = [("203.0.113.9", REMOVED % "203.0.113.9"), ("198.51.100.1", REMOVED % "www.dyn.test")]


@pytest.mark.parametrize("case", ENDPOINTS)
def test_an_endpoint_that_a_policy_lists_is_named_with_what_takes_it_out(case):
    endpoint, advice = case
    ((severity, subject, text, done),) = said(ENDPOINT % endpoint, "endpoint_in_policy")
    assert (severity, subject, done) == ("warning", "policy 'work'", advice)
    assert "is not given %s: an endpoint of the tunnel itself" % endpoint in text


@pytest.mark.parametrize(
    "endpoint,listed,written",
    [("203.0.113.9", "203.0.113.9", "203.0.113.9/32"), ("198.51.100.1", "www.dyn.test", "WWW.dyn.test")],
)
def test_what_takes_an_endpoint_out_is_what_the_file_has(endpoint, listed, written):
    """`uci del_list` of another text changes nothing, and says nothing."""
    script = (ENDPOINT % endpoint).replace("list host '%s'" % listed, "list host '%s'" % written)
    ((_, _, _, done),) = said(script, "endpoint_in_policy")
    assert done == REMOVED % written
    beside = script.replace("list host '%s'" % written, "list host '%s 192.0.2.1'" % written)
    ((_, _, _, done),) = said(beside, "endpoint_in_policy")
    assert done == ADVICE["endpoint_in_policy"]


def test_an_endpoint_that_is_left_out_counts_neither_as_wanted_nor_as_installed():
    for endpoint, count in (("203.0.113.9", 2), ("203.0.114.9", 3), ("192.0.2.77", 3)):
        (policy,) = status(play(ENDPOINT % endpoint).agent, 1, WALL)["policies"]
        assert (policy["wanted4"], policy["installed4"], policy["state"]) == (count, count, "current"), endpoint
    work = "option interface 'wg0'\n\toption target 'nftset'\n\toption set4 'inet vpn work4'\n"
    other = "\nconfig policy 'other'\n\t%s\tlist host '192.0.2.8'\n" % work
    script = (ENDPOINT % "203.0.113.9").replace("\n\n-- at 0", other + "\n-- at 0")
    counts = [(p["wanted4"], p["installed4"]) for p in status(play(script).agent, 1, WALL)["policies"]]
    assert counts == [(2, 2), (1, 1)]


def test_an_endpoint_within_a_listed_prefix_has_the_general_advice():
    ((_, _, text, done),) = said(ENDPOINT % "203.0.114.9", "endpoint_in_policy")
    assert "203.0.114.9" in text and done and "del_list" not in done
