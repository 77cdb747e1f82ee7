"""findings.py: what `check` says about a setup."""

import pytest

from answers import found, negative
from fakes import FakeKernel, netifd
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.policies.observation import Observation
from nametrack.core.telling.findings import _worst_first as worst_first
from nametrack.core.telling.findings import findings
from nametrack.element import named
from nametrack.key_table import KeyTable
from nametrack.wire import uci
from nametrack.wire.sets import Form, Listing

WALL = 1795406999


def key(number):
    return "%s%s=" % (chr(65 + number // 26) * 41 + chr(65 + number % 26), "A")


def peer(number, allowed_ips, interface="wg0", more=""):
    lines = ["config wireguard_%s" % interface, "\toption public_key '%s'" % key(number)]
    lines.append("\toption description 'p%d'" % number)
    lines.extend(["\tlist allowed_ips '%s'" % prefix for prefix in allowed_ips])
    return "\n".join(lines) + "\n" + more


def agent(nametrack="", network="", origin=configuration.ROUTER):
    sections, _ = uci.parse(nametrack)
    others, _ = uci.parse(network)
    made = Agent()
    made.handle(on.ConfigLoaded(configuration.build(sections, others, [], origin)), 0)
    return made


def test_what_is_wrong_is_to_be_corrected_in_the_file_that_it_was_read_from():
    for folder in ("/etc/config", "/tmp/try"):
        origin = configuration.Origin(folder + "/nametrack", folder + "/network", {})
        made = agent("config policy 'p'\n\toption retain 'soon'\n", peer(0, ["10.0.0.0/33"]), origin)
        said = {f["text"].split(" ")[0]: f["advice"] for f in findings(made, WALL) if f["code"] == "configuration"}
        assert said["section"] == "correct %s/nametrack, then /etc/init.d/nametrack reload" % folder
        assert said["network"] == "correct %s/network, then /etc/init.d/nametrack reload" % folder


NAMED = "\toption endpoint_host 'home.test'\n\toption persistent_keepalive '25'\n"


def missing(network, event):
    made = agent("", network)
    made.handle(event, 0)
    return [(f["severity"], f["subject"], f["text"], f["advice"]) for f in findings(made, WALL)]


def test_a_peer_that_the_kernel_has_not_is_told_with_what_sets_it_up():
    """netifd applies a changed peer when its interface starts: a reload of the network is not enough."""
    for event in (on.PeersRead("wg0", [], WALL), on.ActionFailed(do.ReadPeers("wg0"), "no such device")):
        (one,) = missing(peer(0, [], more=NAMED), event)
        assert one[0] == "error" and one[1] == "wg0 peer p0"
        assert one[2] in ("wg0 has no such peer", "no such device") and one[3].startswith("ifup wg0  #")


@pytest.mark.parametrize("option", ["auto '0'", "disabled '1'"])
def test_an_interface_that_is_not_meant_to_be_up_is_nothing_to_tell(option):
    interface = "config interface 'wg0'\n\toption proto 'wireguard'\n\toption %s\n" % option
    network = interface + peer(0, [], more=NAMED)
    assert missing(network, on.ActionFailed(do.ReadPeers("wg0"), "no such device")) == []


def overlaps(network):
    return [f["text"] for f in findings(agent("", network), WALL) if f["code"] == "allowed_ips_overlap"]


# allowed IPs of peer 0, 1, 2 … -> the pairs that overlap
OVERLAPS = [
    ([["10.0.0.1"], ["10.0.0.2"]], []),
    ([["10.0.0.1"], ["10.0.0.1"]], [(0, 1)]),
    ([["10.0.0.1"], ["10.0.0.1/32"]], [(0, 1)]),  # one address, written in two ways
    ([["10.0.0.0/24"], ["10.0.0.7/24"]], [(0, 1)]),
    ([["10.0.0.0/24"], ["10.0.1.0/24"]], []),
    ([["0.0.0.0/0"], ["10.0.0.0/24"], ["10.0.0.7"]], []),  # the longer prefix wins: all of them work
    ([["10.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]], [(0, 1), (0, 2)]),
    ([["10.0.0.1", "10.0.0.1"]], []),  # of one peer: nothing wrong with that
    ([["10.0.0.0/24", "10.0.2.0/24"], ["10.0.2.0/24", "10.0.0.0/24"]], [(0, 1)]),  # a pair is said once
    ([["::ffff:10.0.0.1"], ["10.0.0.1"]], []),  # the text looks alike
    ([["2001:db8:0::/64"], ["2001:DB8::/64"]], [(0, 1)]),
    ([[], []], []),
]


@pytest.mark.parametrize("allowed,pairs", OVERLAPS)
def test_peers_of_one_interface_that_claim_the_same_addresses(allowed, pairs):
    said = overlaps("".join([peer(i, allowed[i]) for i in range(len(allowed))]))
    assert len(said) == len(pairs)
    for a, b in pairs:
        assert len([text for text in said if "'p%d'" % a in text and "'p%d'" % b in text]) == 1, (a, b, said)


def test_an_overlap_names_the_prefix():
    assert overlaps(peer(0, ["10.0.0.0/8"]) + peer(1, ["10.0.0.0/8"])) == [
        "peers 'p0' and 'p1' both claim 10.0.0.0/8: only one of them works at a time"
    ]


WRITTEN = [
    ("list allowed_ips '10.9.0.3/32'", "uci del_list network.two.allowed_ips='10.9.0.3/32'; uci commit network; "),
    ("list allowed_ips '10.9.0.3'", "uci del_list network.two.allowed_ips='10.9.0.3'; uci commit network; ifup wg0"),
    ("option allowed_ips '10.9.0.3'", "take it out of section 'two' of /etc/config/network, then ifup wg0"),
    ("list allowed_ips '10.8.0.1 10.9.0.3'", "take it out of section 'two' of /etc/config/network, then ifup wg0"),
]


@pytest.mark.parametrize("line,advice", WRITTEN)
def test_the_advice_about_an_overlap_takes_out_what_the_file_has(line, advice):
    """`uci del_list` of a text that no list has changes nothing, and says nothing."""
    network = peer(0, ["10.9.0.3"]) + "config wireguard_wg0 'two'\n\toption public_key '%s'\n\t%s\n" % (key(1), line)
    (one,) = [each for each in findings(agent("", network), WALL) if each["code"] == "allowed_ips_overlap"]
    assert one["advice"].startswith(advice)


def test_peers_of_two_interfaces_may_claim_the_same():
    assert overlaps(peer(0, ["0.0.0.0/0"], "wg0") + peer(1, ["0.0.0.0/0"], "wg1")) == []


def test_a_disabled_peer_claims_nothing():
    assert overlaps(peer(0, ["10.0.0.1"]) + peer(1, ["10.0.0.1"], "wg0", "\toption disabled '1'\n")) == []


def test_many_peers_of_which_one_pair_overlaps():
    network = [peer(i, ["10.%d.%d.0/24" % (i // 200, i % 200), "2001:db8:%x::/48" % i]) for i in range(300)]
    assert overlaps("".join(network)) == []
    (text,) = overlaps("".join(network) + peer(400, ["10.1.17.0/24"]))
    assert "'p217'" in text and "'p400'" in text


FOLLOWED = """config wireguard_wg0
	option public_key '%s'
	option description 'beach house'
	option endpoint_host 'home.test'
	list allowed_ips '10.9.0.1/32'
""" % key(0)
POLICY = """config nametrack 'global'
	option family 'ipv4'
config policy 'work'
	option interface 'wg'
	option target '%s'
	option set4 '%s'
	list host 'staging.test'
	list host '192.0.2.0/24'
"""


def codes(made):
    return [(f["severity"], f["code"], f["subject"]) for f in findings(made, WALL)]


def test_a_peer_without_keepalive_or_probe():
    expected = [("warning", "no_keepalive", "wg0 peer beach house")]
    assert codes(agent("", FOLLOWED)) == expected
    assert codes(agent("", FOLLOWED + "\toption persistent_keepalive '25'\n")) == []
    assert codes(agent("config nametrack 'global'\n\toption probe '1'\n", FOLLOWED)) == []
    assert codes(agent("", FOLLOWED + "\toption disabled '1'\n")) == []


def test_a_probe_that_has_nobody_to_ask():
    wide = FOLLOWED.replace("10.9.0.1/32", "10.9.0.0/24")
    probing = "config nametrack 'global'\n\toption probe '1'\n"
    assert codes(agent(probing, wide)) == [("warning", "no_probe_address", "wg0 peer beach house")]
    addressed = "config peer\n\toption interface 'wg0'\n\toption public_key '%s'\n\toption probe_address '10.9.0.9'\n"
    assert codes(agent(probing + addressed % key(0), wide)) == []


FULL = """config interface 'wg0'
	option proto 'wireguard'
	option nohostroute '%d'
	option fwmark '%s'
config wireguard_wg0
	option public_key '%s'
	option description 'beach house'
	option endpoint_host 'home.test'
	option persistent_keepalive '25'
	option route_allowed_ips '%d'
	list allowed_ips '%s'
"""
WAN = [netifd("wan", "dhcp", "eth1", metric4=0)]
# nohostroute, fwmark, route_allowed_ips, allowed_ips, interfaces -> whether the endpoint is swallowed
SWALLOWED = [
    (0, "", 1, "0.0.0.0/0", WAN, False),
    (0, "", 1, "0.0.0.0/0", [], True),  # no netifd to ask for a route
    (1, "", 1, "0.0.0.0/0", WAN, True),
    (1, "0x100", 1, "0.0.0.0/0", WAN, False),
    (1, "", 0, "0.0.0.0/0", WAN, False),
    (1, "", 1, "::/0", WAN, False),
    (1, "", 1, "198.51.100.0/24", WAN, True),
    (1, "", 1, "198.51.101.0/24", WAN, False),
    (1, "", 1, "198.51.100.0/24'\n\tlist allowed_ips '198.51.100.0/25", WAN, True),  # said once
]


@pytest.mark.parametrize("nohostroute,fwmark,routed,allowed,interfaces,swallowed", SWALLOWED)
def test_an_endpoint_that_its_own_tunnel_swallows(nohostroute, fwmark, routed, allowed, interfaces, swallowed):
    made = agent("", FULL % (nohostroute, fwmark, key(0), routed, allowed))
    made.handle(on.InterfacesRead(interfaces), 1)
    kernel = FakeKernel()
    kernel.peer("wg0", key(0)).update({"address": "198.51.100.10", "port": 51820})
    made.handle(kernel.perform(do.ReadPeers("wg0"), 1), 1)
    found = [f for f in findings(made, WALL) if f["code"] == "endpoint_in_allowed_ips"]
    assert len(found) == swallowed
    for f in found:
        text = "its endpoint 198.51.100.10 lies in %s, which is routed into wg0"
        assert f["text"] == text % allowed.split("'")[0]


def test_a_nameserver_that_is_silent():
    made = agent("config nametrack 'global'\n\toption family 'ipv4'\n\toption probe '1'\n", FOLLOWED)
    for second in range(1, 30):
        made.handle_timer(second)
    found = [f for f in findings(made, WALL) if f["code"] == "nameserver_silent"]
    assert [f["subject"] for f in found] == ["nameserver 127.0.0.1"]
    assert "nslookup openwrt.org 127.0.0.1" in found[0]["advice"]
    query = max(made.resolver._queries)
    made.handle(on.QueryAnswered(query, negative("nxdomain")), 30)
    assert not [f for f in findings(made, WALL) if f["code"] == "nameserver_silent"]


# a line of the crontab -> whether it does what nametrack does
CRON = [
    ("* * * * * /usr/bin/wireguard_watchdog", True),
    ("*/10 * * * * /etc/init.d/vpn-policy-routing reload", True),
    ("0 4 * * * service vpn-policy-routing restart", True),
    ("0 4 * * * /etc/init.d/vpn-policy-routing stop", False),
    ("0 4 * * * reboot", False),
    ("* * * * * wireguard_watchdog; service vpn-policy-routing restart", True),  # said once
]


@pytest.mark.parametrize("line,doubled", CRON)
def test_a_scheduled_task_that_does_the_same_worse(line, doubled):
    made = agent()
    made.handle(on.CronRead(["# a comment is none", line]), 0)
    found = [(f["severity"], f["code"], f["subject"], f["text"]) for f in findings(made, WALL)]
    assert found == ([("warning", "watchdog_also_active", "scheduled tasks", line)] if doubled else [])


def test_a_clock_that_was_never_set():
    (said,) = findings(agent(), 86400)
    assert (said["code"], said["subject"], said["text"]) == ("clock_unset", "clock", "it was never set")
    assert findings(agent(), WALL) == []


def test_a_clock_that_was_set_back():
    made = agent("", FOLLOWED + "\toption persistent_keepalive '25'\n")
    kernel = FakeKernel()
    kernel.peer("wg0", key(0))["handshake"] = WALL + 7200
    made.handle(kernel.perform(do.ReadPeers("wg0"), 1), 1)
    found = [f for f in findings(made, WALL) if f["code"] == "clock_unset"]
    assert [f["text"] for f in found] == ["a handshake lies 2h in the future"]
    for wall, count in ((WALL + 6900, 0), (WALL + 6899, 1)):  # both clocks may be five minutes apart
        assert len([f for f in findings(made, wall) if f["code"] == "clock_unset"]) == count


def test_what_is_wrong_in_the_file_comes_first():
    made = agent("config nametrack 'global'\n\toption retain 'soon'\n", FOLLOWED)
    assert [code for _, code, _ in codes(made)] == ["configuration", "no_keepalive"]


# what DNS says of A -> whether the name is unresolved
NAMES = [
    (on.QueryAnswered(1, found(["198.51.100.1"])), False),
    (on.QueryAnswered(1, negative("nxdomain")), True),
    (on.QueryAnswered(1, negative("nodata")), True),
    (on.QueryAnswered(1, found(["127.0.0.1"])), True),
    (on.QueryFailed(1, "SERVFAIL"), True),
]


@pytest.mark.parametrize("event,unresolved", NAMES)
def test_a_name_that_does_not_resolve(event, unresolved):
    made = agent("config nametrack 'global'\n\toption family 'ipv4'\n\toption probe '1'\n", FOLLOWED)
    assert codes(made) == []  # not asked yet is no finding
    made.handle(event, 1)
    assert codes(made) == ([("error", "name_unresolved", "home.test")] if unresolved else [])


@pytest.mark.parametrize("failing, last", [(11, "3 more names"), (10, "2 more names"), (9, "a7.test")])
def test_of_many_unresolved_names_the_peers_come_first_and_the_last_are_counted(failing, last):
    """One more is named rather than counted."""
    policy = "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet t s'\n\toption family 'ipv4'\n"
    policy += "".join(["\tlist host 'a%d.test'\n" % i for i in range(10)])
    made = agent("config nametrack 'global'\n\toption family 'ipv4'\n\toption probe '1'\n" + policy, FOLLOWED)
    for number in range(1, 12):
        answered = on.QueryAnswered(number, found(["198.51.100.1"]))
        made.handle(on.QueryFailed(number, "SERVFAIL") if number <= failing else answered, 1)
    subjects = [f["subject"] for f in findings(made, WALL) if f["code"] == "name_unresolved"]
    assert subjects == ["home.test"] + ["a%d.test" % i for i in range(7)] + [last]


def test_a_name_is_unresolved_once_however_many_want_it():
    more = FOLLOWED.replace(key(0), key(1)).replace("beach", "town").replace("10.9.0.1", "10.9.0.2")
    made = agent("config nametrack 'global'\n\toption family 'ipv4'\n\toption probe '1'\n", FOLLOWED + more)
    made.handle(on.QueryFailed(1, "SERVFAIL"), 1)
    assert codes(made) == [("error", "name_unresolved", "home.test")]


LISTINGS = [
    (None, "no_target", "does not exist"),
    ((6, False, True, False, None, "", True), "set_flags", "not IPv4 addresses"),
    ((None, False, True, False, None, "", True), "set_flags", "something else than addresses"),
    ((4, False, True, False, None, "is a map, not a set", True), "set_flags", "is a map"),
    ((4, True, True, True, None, "", True), "set_flags", "auto-merge and timeouts"),
    ((4, False, False, False, None, "", True), "set_flags", "interval"),  # for the prefix in the policy
    ((4, False, True, False, None, "", True), None, None),
]


def written(made):
    """Has an Agent write its set, and returns the keys that it adds."""
    added = []
    while made.next_timer() <= 0.2:
        for action in made.handle_timer(made.next_timer()):
            if isinstance(action, do.ChangeSet):
                made.handle(on.SetChanged(action, {}), 0.2)
                added += action.added.keys
    return added


@pytest.mark.parametrize("listing,code,words", LISTINGS)
def test_a_set_that_is_missing_or_of_the_wrong_kind(listing, code, words):
    made = agent(POLICY % ("nftset", "inet fw4 mine4"))
    listing = listing and Listing(Form(*listing), KeyTable(), KeyTable(), True, True)
    made.handle(on.SetListed(named("nft inet fw4 mine4"), listing), 0)
    written(made)
    made.handle_timer(0)
    found = findings(made, WALL)
    assert [f["code"] for f in found] == ([code] if code else [])
    for f in found:
        assert words in f["text"] and f["subject"] == "policy 'work'"


def test_a_set_in_which_another_program_shortens_timeouts():
    made, form = agent(POLICY % ("nftset", "inet fw4 mine4")), Form(4, True, True, False, None, "", True)
    name, ends = named("nft inet fw4 mine4"), KeyTable()
    made.handle(on.SetListed(name, Listing(form, KeyTable(), KeyTable(), True, True)), 0)
    for each in written(made):
        ends[each] = 20
    assert len(ends) == 1 and findings(made, WALL) == []
    made.handle(on.SetListed(name, Listing(form, ends, ends, True, True)), 1)
    made.handle_timer(1)
    (said,) = findings(made, WALL)
    assert (said["code"], said["subject"]) == ("set_shared", "policy 'work'")
    assert said["text"].startswith("set 'inet fw4 mine4' loses elements early")


def test_every_finding_has_its_five_parts_and_says_what_to_do():
    made = agent(POLICY % ("ipset", "mine4"), FOLLOWED + peer(3, ["10.0.0.1"]) + peer(4, ["10.0.0.1"]))
    made.handle(on.SetListed(named("ipset mine4"), None), 0)
    found = findings(made, WALL)
    assert len(found) == 3
    for f in found:
        assert sorted(f) == ["advice", "code", "severity", "subject", "text"]
        assert all([f[part] for part in f]) and "%s" not in f["advice"]


WILDCARD = (
    "config nametrack 'global'\n\toption family 'ipv4'\n"
    "config policy 'work'\n\toption target 'nftset'\n\toption set4 'inet fw4 mine4'\n\tlist host '*.example.net'\n"
)


def test_a_wildcard_that_no_client_asked_below_is_told_until_one_does():
    made = agent(WILDCARD)
    said = [f for f in findings(made, WALL) if f["code"] == "wildcard_unobserved"]
    assert [(f["severity"], f["subject"]) for f in said] == [("info", "policy 'work'")]
    assert said[0]["text"] == "no client asked this router for a name below 'example.net' yet"
    assert "DNS over HTTPS" in said[0]["advice"] and "nftset=/example.net/4#inet#fw4#mine4" in said[0]["advice"]
    made.handle(on.NameObserved("www.example.net", ["198.51.100.1"], 20, "client"), 1)
    made.handle_timer(1)
    assert [f for f in findings(made, WALL) if f["code"] == "wildcard_unobserved"] == []


def test_a_wildcard_of_own_routes_is_told_without_a_set_for_dnsmasq():
    made = agent("config policy 'work'\n\tlist interface 'wg0'\n\toption target 'route'\n\tlist host '*.example.net'\n")
    (said,) = [f for f in findings(made, WALL) if f["code"] == "wildcard_unobserved"]
    assert "DNS over HTTPS" in said["advice"] and "set" not in said["advice"]


def test_a_device_that_can_be_listened_to_again_is_no_reason_any_more():
    made = Observation(lambda: True)
    made.observe((("example.net",), (), ()), ["lan"], "router", False)
    made.observe_failed("lan: no such device", True)
    assert made.deaf == "lan: no such device"
    made.observe((("example.net",), (), ()), ["lan"], "router", False)
    assert made.deaf is None


REFUSED = on.ActionFailed(do.Observe(["lan"], "router", ("example.net",), (), ()), "lan: no such device")
UNREAD = ["log warning: the answers that clients get are not read: lan: no such device"]


def test_answers_that_cannot_be_read_are_told_with_the_wildcard():
    made = agent(WILDCARD)
    made.handle(on.InterfacesRead([]), 1)
    assert [do.text(a) for a in made.handle(REFUSED, 1)] == UNREAD
    assert made.handle(REFUSED, 2) == []
    text = [f["text"] for f in findings(made, WALL) if f["code"] == "wildcard_unobserved"][0]
    assert text.endswith("or it was not heard: lan: no such device")


def test_a_missing_device_is_not_logged_before_the_interfaces_are_known():
    """At its start the agent tries the configured name, before netifd says which device that is."""
    made = agent(WILDCARD)
    assert made.handle(REFUSED, 1) == []
    made.handle(on.InterfacesRead([]), 2)
    assert [do.text(a) for a in made.handle(REFUSED, 2)] == UNREAD


def test_what_only_clients_ask_for_is_no_finding():
    made = agent(WILDCARD)
    made.handle(on.NameObserved("www.example.net", ["198.51.100.1"], 20, "client"), 1)
    queries = [action.id for action in made.handle_timer(1) if isinstance(action, do.SendQuery)]
    made.handle(on.QueryAnswered(queries[0], negative("nxdomain")), 2)
    assert [f for f in findings(made, WALL) if f["code"] == "name_unresolved"] == []


def test_the_advice_for_an_unresolved_name_asks_its_first_server():
    text = "config nametrack 'global'\n\toption family 'ipv4'\n\toption probe '1'\n"
    made = agent(text + "\tlist nameserver '192.0.2.53'\n\tlist nameserver '192.0.2.54#5353'\n", FOLLOWED)
    for number in (1, 2):
        made.handle(on.QueryFailed(number, "SERVFAIL"), number)
    advice = [f["advice"] for f in findings(made, WALL) if f["code"] == "name_unresolved"]
    assert len(advice) == 1 and advice[0].endswith("nslookup home.test 192.0.2.53"), advice


def test_the_worst_comes_first_and_equals_stay_in_their_order():
    found = [{"severity": severity} for severity in ("info", "warning", "error", "info", "warning")]
    ordered = worst_first(found)
    assert [each["severity"] for each in ordered] == ["error", "warning", "warning", "info", "info"]
    assert [[each is other for other in found].index(True) for each in ordered] == [2, 1, 4, 0, 3]


def test_a_name_that_several_ask_for_of_their_own_nameservers_is_told_once():
    network = peer(0, [], more="\toption endpoint_host 'home.test'\n\toption persistent_keepalive '25'\n")
    config = "config nametrack 'global'\n\toption family 'ipv4'\n\n"
    config += (
        "config peer\n\toption interface 'wg0'\n\toption public_key '%s'\n\tlist nameserver '192.0.2.53'\n\n" % key(0)
    )
    config += "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet t s4'\n\tlist host 'home.test'\n"
    sections, others = uci.parse(config)[0], uci.parse(network)[0]
    made, asked = Agent(), []
    actions = made.handle(on.LastGoodRead([], False, None), 0)
    actions += made.handle(on.ConfigLoaded(configuration.build(sections, others, [])), 0)
    while made.next_timer() is not None and made.next_timer() <= 0:
        actions += made.handle_timer(0)
    for action in actions:
        if isinstance(action, do.SendQuery):
            asked.append(action.server)
            made.handle(on.QueryFailed(action.id, "SERVFAIL"), 1)
    assert sorted(asked) == ["127.0.0.1", "192.0.2.53"]
    assert [f["subject"] for f in findings(made, WALL) if f["code"] == "name_unresolved"] == ["home.test"]
