"""mending.py: the lines that `check` and `why` give to be pasted, on a router and on another machine."""

import pytest

from nametrack import routing
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.machine import Machine
from nametrack.core.telling import mending
from nametrack.wire import uci

KEYS = ["%sA=" % (letter * 42) for letter in "ABCD"]
NETWORK = """
config wireguard_wg0 'one'
	option public_key '%s'
	list allowed_ips '10.0.0.0/8'

config wireguard_wg0 'two'
	option public_key '%s'
	list allowed_ips '0.0.0.0/0'

config wireguard_wg1 'three'
	option public_key '%s'
	option disabled '1'
	list allowed_ips '::/0'

config wireguard_wg2 'four'
	option public_key '%s'
	list allowed_ips '::/0'
""" % tuple(KEYS)
CONFIG = """
config policy 'leads'
	option interface 'wg0'
	option target 'nftset'
	option set4 'inet vpn leads4'

config policy 'fills'
	option target 'nftset'
	option set4 'inet vpn fills4'
"""
AGAIN = "; uci commit network; ifup %s; /etc/init.d/nametrack reload"


def agent(machine=None):
    made = Agent()
    made.handle(on.ConfigLoaded(configuration.build(uci.parse(CONFIG)[0], uci.parse(NETWORK)[0], [])), 0)
    if machine is not None:
        made.handle(on.MachineRead(machine), 0)
    return made


ELSEWHERE = Machine([], {}, [], [], [], {})


def rule(family, preference, **fields):
    return routing.Rule(family, preference, routing.match(**fields), routing.LOOKUP, 77, None, 3)


def more_than_we_know(family, preference):
    looks_at = routing.Match(None, None, None, None, None, None, None, None, True)
    return routing.Rule(family, preference, looks_at, routing.LOOKUP, 77, None, 3)


RELOADED = "; uci commit nametrack; /etc/init.d/nametrack reload"
LINES = [
    (lambda a: mending.reload(a), "/etc/init.d/nametrack reload", "systemctl reload nametrack"),
    (
        lambda a: mending.correct(a, "/x"),
        "correct /x, then /etc/init.d/nametrack reload",
        "correct /x, then systemctl reload nametrack",
    ),
    (
        lambda a: mending.option(a, "@policy[0]", "set", "retain", "0"),
        "uci set nametrack.@policy[0].retain='0'" + RELOADED,
        "systemctl reload nametrack  # first set option retain '0' in section '@policy[0]' of nametrack.conf",
    ),
    (
        lambda a: mending.option(a, "my policy", "add_list", "client", "10.0.0.1"),
        "nametrack check",
        "systemctl reload nametrack  # first add list client '10.0.0.1' in section 'my policy' of nametrack.conf",
    ),
    (
        lambda a: mending.route_instead(a, a.policies.policies["leads"]),
        "uci set nametrack.leads.target='route'" + RELOADED + "  # or add the rule that is missing",
        "systemctl reload nametrack  # first set option target 'route' in section 'leads' of nametrack.conf"
        "  # or add the rule that is missing",
    ),
    (lambda a: mending.route_instead(a, a.policies.policies["fills"]), None, None),
    (lambda a: mending.start(a, "wg0"), "ifup wg0", "wg-quick down wg0; wg-quick up wg0"),
    (
        lambda a: mending.give(a, a.config.network_peers[0], "10.1.0.0/16"),
        "uci add_list network.one.allowed_ips='10.1.0.0/16'" + AGAIN % "wg0",
        "wg-quick down wg0; wg-quick up wg0  # first add 10.1.0.0/16 to AllowedIPs of the peer in the file of wg0",
    ),
    (
        lambda a: mending.take(a, a.config.network_peers[3], "::/0"),
        "uci del_list network.four.allowed_ips='::/0'" + AGAIN % "wg2",
        "wg-quick down wg2; wg-quick up wg2  # first remove ::/0 from AllowedIPs of the peer in the file of wg2",
    ),
    (
        lambda a: mending.whole_family(a, "wg0", 6),
        "uci add_list network.two.allowed_ips='::/0'" + AGAIN % "wg0" + "  # wg0 needs an IPv6 address, too",
        None,
    ),
    (lambda a: mending.whole_family(a, "wg0", 4), None, None),
    (lambda a: mending.whole_family(a, "wg1", 4), None, None),
    (lambda a: mending.whole_family(a, "wg1", 6), None, None),
    (
        lambda a: mending.whole_family(a, "wg2", 4),
        "uci add_list network.four.allowed_ips='0.0.0.0/0'" + AGAIN % "wg2" + "  # wg2 needs an IPv4 address, too",
        None,
    ),
    (lambda a: mending.whole_family(a, "wg2", 6), None, None),
    (
        lambda a: mending.keepalive(a, "wg0", KEYS[1]),
        "uci set network.two.persistent_keepalive='25'"
        + AGAIN % "wg0"
        + "  # a dead tunnel is noticed without traffic",
        None,
    ),
    (lambda a: mending.keepalive(a, "wg1", KEYS[1]), None, None),
    (
        lambda a: mending.host_route(a, "wg0"),
        "uci delete network.wg0.nohostroute" + AGAIN % "wg0",
        None,
    ),
    (lambda a: mending.restart_resolver(a, "127.0.0.1"), "/etc/init.d/dnsmasq restart; ", ""),
    (lambda a: mending.restart_resolver(a, "::1"), "/etc/init.d/dnsmasq restart; ", ""),
    (lambda a: mending.restart_resolver(a, "127.0.0.1#5353"), "", ""),
    (lambda a: mending.restart_resolver(a, "192.0.2.1"), "", ""),
    (
        lambda a: mending.without_task(a, ("wg set", "endpoint")),
        "crontab -l | grep -v 'wg set.*endpoint' | crontab -; /etc/init.d/nametrack reload",
        None,
    ),
    (
        lambda a: mending.ask_again(a, "x.test", "127.0.0.1"),
        "/etc/init.d/dnsmasq restart; nametrack refresh x.test",
        "nslookup x.test 127.0.0.1  # does it run, and can it be reached?",
    ),
]


@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_line_fits_the_machine_that_it_is_pasted_into(number):
    make, on_a_router, elsewhere = LINES[number]
    assert make(agent()) == on_a_router
    if elsewhere is not None or on_a_router is None:
        assert make(agent(ELSEWHERE)) == elsewhere


def test_what_a_router_has_alone_is_not_advised_elsewhere():
    made = agent(ELSEWHERE)
    assert mending.keepalive(made, "wg0", KEYS[1]) is None and mending.host_route(made, "wg0") is None
    assert mending.without_task(made, ("wg set",)) is None


BEHIND = [
    (
        rule(4, 90),
        "ip rule add pref 1090 from all lookup 77 && ip rule del pref 90"
        "  # a `config rule` of /etc/config/network: set its priority to 1090",
    ),
    (
        rule(6, 31000, source="fd00::/8", destination="2001:db8::/32", iif="br-lan"),
        "ip -6 rule add pref 31000 from fd00::/8 to 2001:db8::/32 iif br-lan lookup 77 && ip -6 rule del pref 31000"
        "  # a `config rule` of /etc/config/network: set its priority to 31000",
    ),
    (rule(6, 90, mark=(1, 1)), "ip -6 rule show pref 90  # give it a preference above 999"),
    (rule(4, 90, oif="wan"), "ip rule show pref 90  # give it a preference above 999"),
    (more_than_we_know(4, 90), "ip rule show pref 90  # give it a preference above 999"),
    (rule(4, 90, dports=(1, 2)), "ip rule show pref 90  # give it a preference above 999"),
]


@pytest.mark.parametrize("case", BEHIND)
def test_a_rule_of_another_program_is_put_behind_ours(case):
    each, line = case
    assert mending.behind(each) == line


def test_a_filter_of_reverse_paths_is_loosened_by_the_name_that_sysctl_has():
    assert mending.loose("eth0.1") == "echo net.ipv4.conf.eth0/1.rp_filter=2 >>/etc/sysctl.conf; sysctl -p"


def test_one_address_alone_is_a_prefix():
    assert (mending.single("192.0.2.1"), mending.single("2001:db8::1")) == ("192.0.2.1/32", "2001:db8::1/128")


def test_a_nameserver_of_one_link_is_written_as_nslookup_takes_it():
    assert mending.unresolved("x.test", None, "fe80::1@eth0").endswith("nslookup x.test fe80::1%eth0")


# as in SendQuery -> what nslookup takes
ASKED = [
    ("192.0.2.53", ("192.0.2.53", "")),
    ("192.0.2.53#5353", ("192.0.2.53", " port 5353")),
    ("192.0.2.53#5353@wan", ("192.0.2.53", " port 5353")),
    ("2001:db8::53@wan", ("2001:db8::53", "")),
    ("fe80::1@eth0", ("fe80::1%eth0", "")),
    ("fe80::1#5353@eth0", ("fe80::1%eth0", " port 5353")),
]


@pytest.mark.parametrize("server,words", ASKED)
def test_a_nameserver_is_named_as_nslookup_takes_it(server, words):
    assert mending.asked(server) == words
