"""imports.py: policies of pbr and vpn-policy-routing as sections of ours; what means more stays a comment."""

import pytest

from nametrack.core.config import configuration, imports
from nametrack.wire import uci


def imported(text, service="pbr"):
    return imports.lines(service, imports.read(service, uci.parse(text)[0]))


def policies(text, service="pbr"):
    made = configuration.build(uci.parse("\n".join(imported(text, service)))[0], [], [])
    assert made.errors == []
    return made.policies


PBR = """
config pbr 'config'
	option resolver_set 'none'
config policy
	option name 'Plex/Emby Remote Servers'
	option interface 'wg0'
	option src_addr '192.168.1.5 192.168.2.0/24 @lan'
	option dest_addr 'plex.tv 198.51.100.0/24'
	option dest_port '443 8000-8010'
	option proto 'tcp udp'
"""


def test_a_policy_says_the_same():
    made = policies(PBR)[0]
    assert made.name == "plex_emby_remote_servers" and made.hosts == ["plex.tv"] and made.wildcards == []
    assert made.literals == ["198.51.100.0/24"] and made.steering.interfaces == ["wg0"]
    assert made.steering.clients == [("prefix", "192.168.1.5"), ("prefix", "192.168.2.0/24"), ("interface", "lan")]
    assert made.steering.protos == ["tcp", "udp"] and made.steering.ports == [(443, 443), (8000, 8010)]


def test_names_below_count_where_dnsmasq_fills_the_sets():
    assert policies(PBR.replace("'none'", "'dnsmasq.nftset'"))[0].wildcards == ["*.plex.tv"]


def test_ignore_is_a_bypass_and_disabled_stays_disabled():
    made = policies(PBR.replace("'wg0'", "'ignore'") + "\toption enabled '0'\n")[0]
    assert made.steering.action == "bypass" and not made.enabled


def test_a_section_gets_no_name_that_one_of_another_type_has():
    """uci reads no file in which two sections of one name have different types."""
    sections = uci.parse(PBR.replace("Plex/Emby Remote Servers", "Global"))[0]
    assert [each.name for each in imports.read("pbr", sections, {"global"})] == ["imported_1"]


def test_what_would_steer_more_than_is_meant_is_a_comment():
    for change in (("'192.168.1.5 ", "'aa:bb:cc:dd:ee "), ("plex.tv ", "plex.tv https://example.net/list "),
                   ("'192.168.1.5 ", "'!192.168.1.5 "), ("'tcp udp'", "'icmp'"), ("src_addr", "src_port"),
                   ("'wg0'", "'a b'")):  # fmt: skip
        said = imported(PBR.replace(*change))
        assert policies(PBR.replace(*change)) == [] and any("not imported" in line for line in said), change


def test_a_policy_that_selects_nothing_is_told_of():
    assert imported("config policy\n\toption name 'lan'\n\toption interface 'wan'\n") == ["# 'lan' selects no packets"]
    assert imported("") == ["# pbr has no policies"]


# as pbr's own page writes them
ADDRESSES = """
config pbr 'config'
	option enabled '1'
	option strict_enforcement '1'
	option ipv6_enabled '0'
	list ignored_interface 'vpnserver'
	option resolver_set 'dnsmasq.nftset'

config policy
	option name 'Ignore Local Requests'
	option interface 'ignore'
	option dest_addr '10.0.0.0/24 10.0.1.0/24 192.168.100.0/24'

config policy
	option name 'Work'
	option interface 'wg0'
	option dest_addr '198.51.100.0/24 203.0.113.7 2001:db8:5::/48'

config policy
	option name 'TV'
	option interface 'wg1'
	option src_addr '192.168.1.50 02:00:00:AA:BB:CC'

config policy
	option name 'Mail of the guests'
	option interface 'wan'
	option src_addr '@br-guest'
	option dest_port '25 465 587'
	option proto 'tcp'

config policy
	option name 'Laptop to work'
	option interface 'wg0'
	option src_addr '192.168.1.60'
	option dest_addr '198.51.100.0/24'
"""


def test_policies_by_address_alone_say_the_same():
    ignored, work, tv, mail, laptop = policies(ADDRESSES)
    assert ignored.steering.action == "bypass" and ignored.steering.fallback == "main"
    assert ignored.literals == ["10.0.0.0/24", "10.0.1.0/24", "192.168.100.0/24"]
    assert work.literals == ["198.51.100.0/24", "203.0.113.7", "2001:db8:5::/48"] and work.hosts == []
    assert tv.steering.clients == [("prefix", "192.168.1.50"), ("mac", "02:00:00:aa:bb:cc")]
    assert tv.literals == ["0.0.0.0/0"], "all that they send, but pbr leaves IPv6 alone"
    assert mail.steering.clients == [("interface", "br-guest")] and mail.steering.ports == [
        (25, 25),
        (465, 465),
        (587, 587),
    ]
    assert laptop.literals == ["198.51.100.0/24"] and laptop.steering.clients == [("prefix", "192.168.1.60")]


def test_ipv6_is_steered_if_pbr_does():
    assert policies(ADDRESSES.replace("ipv6_enabled '0'", "ipv6_enabled '1'"))[2].literals == ["0.0.0.0/0", "::/0"]


def test_packets_are_dropped_while_the_interface_is_down_if_pbr_does():
    assert [policy.steering.fallback for policy in policies(ADDRESSES)] == ["main", "block", "block", "block", "block"]
    lax = policies(ADDRESSES.replace("strict_enforcement '1'", "strict_enforcement '0'"))
    assert {policy.steering.fallback for policy in lax} == {"main"}
    by_name = policies("config policy\n\toption interface 'wg0'\n\toption dest_addr 'plex.tv'\n")[0]
    assert by_name.target == "auto", "it may fill the sets of pbr, which drops them itself"


def test_what_is_no_address_and_no_interface_is_a_comment():
    for change in (("'192.168.1.60'", "'laptop'"), ("'192.168.1.60'", "'!192.168.1.60'"), ("'@br-guest'", "'br-guest'"),
                   ("198.51.100.0/24 ", "!198.51.100.0/24 "), ("'wg1'", "'tor'"),
                   ("'wg1'", "'wg1'\n\toption src_port '8096'"),
                   ("'tcp'", "'icmp'"), ("'wg1'", "'wg1'\n\toption chain 'output'")):  # fmt: skip
        said = imported(ADDRESSES.replace(*change))
        assert len(policies(ADDRESSES.replace(*change))) == 4 and any("not imported" in line for line in said), change


def test_a_policy_of_source_ports_alone_is_a_comment_that_says_so():
    said = imported("config policy\n\toption name 'Plex'\n\toption interface 'wan'\n\toption src_port '8096 32400'\n")
    assert said[1] == "# not imported, because nametrack has nothing like it: source ports"


def test_the_older_words_of_vpn_policy_routing_are_known():
    text = "config policy\n\toption name 'a'\n\toption interface 'wg0'\n\toption local_address '192.168.1.5'\n"
    made = policies(text + "\toption remote_address 'a.example'\n\toption remote_port '443'\n", "vpn-policy-routing")[0]
    assert made.hosts == ["a.example"] and made.steering.ports == [(443, 443)] and made.wildcards == ["*.a.example"]


def test_two_policies_of_one_name_and_hostile_names_make_good_sections():
    text = (
        PBR + PBR.replace("Plex/Emby Remote Servers", "Plex/Emby Remote Servers") + PBR.replace("Plex", "'\\''$(x)\\n")
    )
    assert len(set([policy.name for policy in policies(text)])) == 3


def test_programs_get_the_same_as_values_with_what_cannot_be_said_by_a_code():
    text = PBR + "\toption src_port '99'\nconfig policy\n\toption name 'lan'\n\toption interface 'wan'\n"
    found = imports.values("pbr", imports.read("pbr", uci.parse(text + PBR.replace("'wg0'", "'ignore'"))[0]))
    assert found["service"] == "pbr"
    first, unnamed, last = found["policies"]
    assert first["title"] == "Plex/Emby Remote Servers" and first["name"] == "plex_emby_remote_servers"
    assert first["problems"] == [{"code": "source_ports", "text": ""}]
    assert first["options"] == {
        "interface": ["wg0"],
        "fallback": "block",
        "host": ["plex.tv", "198.51.100.0/24"],
        "client": ["192.168.1.5", "192.168.2.0/24", "lan"],
        "proto": ["tcp", "udp"],
        "port": ["443", "8000-8010"],
    }
    assert unnamed == {"title": "lan", "name": None, "options": {}, "problems": []}
    assert last["options"]["action"] == "bypass" and last["name"] == "imported_3" and last["problems"] == []


def test_a_policy_without_an_interface_is_a_comment():
    said = imported("config policy\n\toption name 'odd'\n\toption dest_addr 'a.test'\n")
    assert not [line for line in said if line and not line.startswith("#")], said


def test_a_policy_is_called_by_its_name_its_comment_or_its_section():
    named = "config policy%s\n%s\toption interface 'wg0'\n\toption dest_addr 'a.test'\n"
    heads = [(" 'a'", "\toption name 'TV'\n"), (" 'b'", "\toption comment 'Radio'\n"), (" 'mine'", ""), ("", "")]
    found = imports.read("pbr", uci.parse("".join([named % head for head in heads]))[0])
    assert [each.label for each in found] == ["TV", "Radio", "mine", "@policy[3]"]
    assert [each.name for each in found] == ["tv", "radio", "mine", "_policy_3_"]


def test_no_more_policies_are_imported_than_500():
    text = "config policy\n\toption interface 'wg0'\n\toption dest_addr 'a.test'\n"
    assert len(imports.read("pbr", uci.parse(text * 501)[0])) == 500


# an option, what it becomes, and what nametrack has nothing like
SAID = [
    ("proto 'tcp+UDP'", [("proto", "tcp"), ("proto", "udp")], []),
    ("proto 'all'", [], []),
    ("proto 'icmp'", [], [("protocol", "icmp")]),
    ("dest_port '443'", [("port", "443")], []),
    ("dest_port '8000:8010'", [("port", "8000-8010")], []),
    ("dest_port 'http'", [], [("port", "http")]),
    ("chain 'prerouting'", [], []),
    ("chain 'output'", [], [("chain", "output")]),
    ("src_addr '@lan'", [("client", "lan")], []),
    ("src_addr 'lan'", [], [("source", "lan")]),
    ("src_addr '@192.168.1.1'", [], [("source", "@192.168.1.1")]),
    ("src_port '99'", [], [("source_ports", "")]),
]


@pytest.mark.parametrize("said, options, problems", SAID)
def test_each_option_becomes_one_of_ours_or_is_told_of(said, options, problems):
    text = "config pbr\n\toption strict_enforcement '0'\nconfig policy\n\toption interface 'wg0'\n"
    text += "\toption dest_addr '192.0.2.1'\n\toption %s\n" % said
    (found,) = imports.read("pbr", uci.parse(text)[0])
    assert found.options == [("interface", "wg0"), ("host", "192.0.2.1")] + options and found.problems == problems


def test_a_policy_that_is_not_imported_is_there_to_be_finished_by_hand():
    said = imported("config policy\n\toption name 'a'\n\toption interface 'wg0'\n\toption src_port '22'\n")
    assert "#config policy 'a'" in said and "#\tlist interface 'wg0'" in said
