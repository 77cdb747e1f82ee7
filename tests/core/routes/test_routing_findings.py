"""What `check` says of the firewall, of other rules and of reverse paths, where policies are steered by routes."""

import pytest
from steering_house import KEYS, NETWORK, House

from fakes import netifd
from nametrack import routing
from nametrack.core import events as on
from nametrack.core.config import firewall
from nametrack.core.telling.findings import findings
from nametrack.wire import uci

WORK = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n"
TV = "config policy 'tv'\n\tlist interface 'wg0'\n\tlist client '192.168.1.50'\n"
WHOLE = TV + "\tlist client 'fd00:1::50'\n"
LAN = "config zone\n\toption name 'lan'\n\tlist network 'lan'\n"
VPN = "config zone\n\toption name 'vpn'\n\tlist network 'wg0'\n\toption masq '1'\n\toption masq6 '1'\n"
FORWARDING = "config forwarding\n\toption src 'lan'\n\toption dest 'vpn'\n"
CODES = ("not_forwarded", "table_conflict", "rp_filter", "ipv6_uncovered", "too_many_rules", "client_unknown")


def house(wall, config=WORK, network=NETWORK):
    made = House(config, network)
    made.handle(on.FirewallRead(firewall.read(uci.parse(wall)[0])))
    return made


def found(house):
    return [each for each in findings(house.agent, 1795400000) if each["code"] in CODES]


def one(house, code):
    codes = [each["code"] for each in found(house)]
    assert codes == [code], codes
    return found(house)[0]


def other(house, **fields):
    """A rule of another program."""
    rule = {"family": 4, "preference": 90, "match": routing.ANYTHING, "action": routing.LOOKUP, "argument": 77,
            "suppress": None, "protocol": 3}  # fmt: skip
    rule.update(fields)
    house.routing.rules.append(routing.Rule(**rule))
    house.touched()


def test_a_zone_a_forwarding_and_masquerading_are_all_it_takes():
    assert found(house(LAN + VPN + FORWARDING)) == []


def test_without_a_firewall_nothing_is_said():
    assert found(House(WORK)) == []


def test_an_interface_without_a_zone_is_found_with_all_lines_that_make_one():
    said = one(house(LAN), "not_forwarded")
    assert said["severity"] == "error" and "wg0 is in no firewall zone" in said["text"]
    for line in (
        "firewall.zone_wg0=zone",
        "network='wg0'",
        "lan_wg0.src='lan'",
        "lan_wg0.dest='wg0'",
        "uci commit firewall",
    ):
        assert line in said["advice"]


def test_a_zone_is_given_no_name_that_begins_with_a_digit():
    """firewall4 leaves such a zone out."""
    advice = one(house(LAN, WORK.replace("'wg0'", "'1wg'"), NETWORK.replace("wg0", "1wg")), "not_forwarded")["advice"]
    assert "uci set firewall.zone__1wg=zone; uci set firewall.zone__1wg.name='_1wg'" in advice


def test_a_zone_without_a_forwarding_is_found():
    said = one(house(LAN + VPN), "not_forwarded")
    assert "does not forward from zone 'lan' to zone 'vpn'" in said["text"] and "zone;" not in said["advice"]


def test_a_forwarding_of_one_family_does_not_do_for_both():
    assert one(house(LAN + VPN + FORWARDING + "\toption family 'ipv4'\n"), "not_forwarded")
    assert one(house(LAN + VPN + FORWARDING + "\toption enabled '0'\n"), "not_forwarded")


def test_clients_in_the_zone_of_the_way_need_its_own_policy():
    """firewall4 rejects what goes from one interface of a zone to another, unless the zone's `forward` accepts it."""
    both = LAN + "\tlist network 'wg0'\n"
    said = one(house(both), "not_forwarded")
    assert "does not forward from zone 'lan' to zone 'lan'" in said["text"]
    assert "uci set firewall.forwarding_lan_lan=forwarding" in said["advice"]
    assert found(house(both + "\toption forward 'ACCEPT'\n")) == []


def test_a_zone_of_one_family_forwards_the_other_nowhere():
    said = one(house(LAN + VPN + "\toption family 'ipv4'\n" + FORWARDING), "not_forwarded")
    assert "forwards no IPv6 from zone 'lan' to zone 'vpn', where wg0 is: option family of zone 'vpn'" in said["text"]
    assert said["severity"] == "error" and said["advice"].startswith("uci delete firewall.@zone[1].family; uci commit")


def test_a_zone_that_does_not_masquerade_is_told_as_information():
    said = one(house(LAN + VPN.replace("masq6 '1'", "masq6 '0'") + FORWARDING), "not_forwarded")
    assert said["severity"] == "info" and "does not masquerade IPv6" in said["text"]
    assert "uci set firewall.@zone[1].masq6='1'" in said["advice"]


def unknown(config, network=NETWORK):
    made = house(LAN + VPN + FORWARDING, config, network)
    return [(f["severity"], f["text"], f["advice"]) for f in findings(made.agent, 0) if f["code"] == "configuration"]


def test_an_interface_that_nobody_knows_is_a_slip_of_the_finger_and_needs_no_zone():
    """The lines that make a zone for it would keep it."""
    assert found(house(LAN, WORK.replace("wg0", "wgO"))) == []
    ((severity, text, advice),) = unknown(WORK.replace("wg0", "wgO"))
    assert (severity, advice) == ("error", "correct /etc/config/nametrack, then /etc/init.d/nametrack reload")
    where = "is not in /etc/config/network, and there is no such device now"
    assert text == "section 'work': interface 'wgO' %s; did you mean 'wg0'?" % where
    ((_, text, _),) = unknown(WORK + "\tlist client 'tv'\n\tlist client 'br-lan'\n\tlist client '192.168.1.9'\n")
    assert text == "section 'work': interface 'tv' %s" % where


def test_an_interface_that_is_disabled_is_named_with_what_enables_it():
    network = NETWORK.replace("config interface 'wg0'\n", "config interface 'wg0'\n\toption disabled '1'\n")
    advice = "uci set network.wg0.disabled='0'; uci commit network; /etc/init.d/network reload"
    text = "section 'work': interface 'wg0' is disabled in /etc/config/network"
    assert unknown(WORK, network) == [("warning", text, advice)]


def test_an_interface_that_is_configured_or_up_is_none():
    assert unknown(WORK) == unknown(WORK.replace("wg0", "wan")) == []
    made = house(LAN, WORK.replace("wg0", "vpn0"))
    made.network += "config interface 'vpn0'\n"
    made.configure(WORK.replace("wg0", "vpn0"))
    assert found(made) != [] and [f for f in findings(made.agent, 0) if f["code"] == "configuration"] == []
    made = house(LAN, WORK.replace("wg0", "vpn0"))
    made.handle(on.InterfacesRead([netifd("vpn0", "none", None)]))
    assert [f for f in findings(made.agent, 0) if f["code"] == "configuration"] == []


def test_a_zone_by_a_pattern_of_devices_counts():
    assert found(house(LAN + VPN.replace("list network 'wg0'", "list device 'wg+'") + FORWARDING)) == []


def test_the_zone_of_a_client_interface_is_looked_at():
    guest = "config zone\n\toption name 'guest'\n\tlist network 'guest'\n"
    made = house(LAN + guest + VPN + FORWARDING, WORK + "\tlist client 'guest'\n")
    assert "from zone 'guest'" in one(made, "not_forwarded")["text"]


def by_device(wall, config):
    """A house whose netifd has the device br-lan as `lan`, and wg0 as `vpn_home`."""
    made = house(wall, config)
    made.handle(on.InterfacesRead([netifd("lan", "static", "br-lan"), netifd("vpn_home", "none", "wg0")]))
    return made


def test_a_policy_that_names_devices_is_held_to_the_zones_of_their_interfaces():
    vpn = VPN.replace("list network 'wg0'", "list network 'vpn_home'")
    config = WORK + "\tlist client 'br-lan'\n"
    assert found(by_device(LAN + vpn + FORWARDING, config)) == []
    assert "from zone 'lan' to zone 'vpn'" in one(by_device(LAN + vpn, config), "not_forwarded")["text"]


def test_a_zone_is_made_of_the_interface_of_a_device_or_else_of_the_device():
    network = "config interface 'vpn_home'\n"
    made = House(WORK, network)
    made.handle(on.FirewallRead(firewall.read(uci.parse(LAN)[0])))
    assert "uci add_list firewall.zone_wg0.device='wg0'" in one(made, "not_forwarded")["advice"]
    made.handle(on.InterfacesRead([netifd("lan", "static", "br-lan"), netifd("vpn_home", "none", "wg0")]))
    assert "uci add_list firewall.zone_wg0.network='vpn_home'" in one(made, "not_forwarded")["advice"]


def test_a_zone_that_lists_a_device_as_its_network_is_one_without_it():
    """firewall4 looks for interfaces of netifd only, and makes a zone of no device."""
    wall = LAN + VPN.replace("'wg0'", "'tun0'") + FORWARDING
    made = by_device(wall, WORK.replace("'wg0'", "'tun0'"))
    made.routing.link("tun0", "10.7.0.2/24", "fd00:7::2/64")
    made.touched()
    said = one(made, "not_forwarded")
    assert "tun0 is in no firewall zone" in said["text"] and ".device='tun0'" in said["advice"]


def test_no_section_of_others_becomes_a_zone_or_a_forwarding():
    """`uci set firewall.wg0=zone` makes a zone of a rule that is called wg0."""
    advice = one(house(LAN + "config zone 'zone_wg0'\n\toption name 'other'\n"), "not_forwarded")["advice"]
    assert "firewall.zone_wg0_2=zone" in advice and "firewall.zone_wg0=" not in advice
    assert "firewall.forwarding_lan_wg0_2=forwarding" in advice


def test_a_section_has_no_more_than_letters_digits_and_underscores_in_its_name():
    """firewall4 takes other characters in the names of zones, uci does not in those of sections."""
    wall = LAN + VPN.replace("'vpn'", "'vpn-1.a/b'")
    assert "firewall.forwarding_lan_vpn_1_a_b.dest='vpn-1.a/b'" in one(house(wall), "not_forwarded")["advice"]


def test_a_rule_that_takes_every_packet_before_ours_is_a_conflict():
    made = house(LAN + VPN + FORWARDING)
    other(made)
    assert "rule 90 of another program decides about every packet" in one(made, "table_conflict")["text"]


def test_a_rule_for_some_packets_or_behind_ours_is_none():
    made = house(LAN + VPN + FORWARDING)
    other(made, match=routing.match(source="192.168.1.9"))
    other(made, preference=1500)
    other(made, suppress=0, argument=254)
    fields = list(routing.ANYTHING)
    fields[-1] = True  # it looks at something else, as the users of `ip rule uidrange`
    other(made, match=routing.Match(*fields))
    other(made, match=routing.match(mark=(1, 1)))
    assert found(made) == []


def test_the_inverted_rule_of_a_full_tunnel_is_a_conflict():
    made = house(LAN + VPN + FORWARDING)
    fields = list(routing.match(mark=(51820, 0xFFFFFFFF)))
    fields[-1] = True
    other(made, match=routing.Match(*fields))
    assert one(made, "table_conflict")["subject"] == "IPv4"


def test_a_table_that_others_use_is_a_conflict():
    made = house(LAN + VPN + FORWARDING)
    other(made, preference=2000, argument=900, match=routing.match(iif="br-lan"))
    assert "nametrack.global.table='500'" in one(made, "table_conflict")["advice"]


def test_a_mark_that_others_look_at_is_a_conflict_only_if_we_set_it():
    rule = {"match": routing.match(mark=(0x01000000, 0x0F000000)), "preference": 1500}
    made = house(LAN + VPN + FORWARDING)
    other(made, **rule)
    assert found(made) == []
    made = house(LAN + VPN + FORWARDING, WHOLE)
    other(made, **rule)
    said = one(made, "table_conflict")
    assert "fwmark_mask='0x10000000'" in said["advice"] and said["subject"] == "IPv4"
    assert said["text"].startswith("rule 1500 of another program looks at the packet mark 0x1000000, ")


@pytest.mark.parametrize("mask, advised", [(0x11000000, "0x20000000"), (0xFFFFFFFE, "0x10000000"), (0xF0, None)])
def test_a_bit_that_the_other_program_leaves_alone_is_advised_if_there_is_one(mask, advised):
    made = house(LAN + VPN + FORWARDING, WHOLE)
    other(made, match=routing.match(mark=(0x01000000 & mask, mask)), preference=1500)
    assert [each["advice"].split("'")[1] for each in found(made)] == ([] if advised is None else [advised])


def test_tables_that_our_policies_take_are_not_advised_in_place_of_others():
    made = house(LAN + VPN + FORWARDING, "config nametrack 'global'\n\toption table '500'\n" + WORK)
    other(made, preference=2000, argument=500, match=routing.match(iif="br-lan"))
    assert "nametrack.global.table='300'" in one(made, "table_conflict")["advice"]


def test_a_strict_reverse_path_matters_for_whole_clients_only():
    made = house(LAN + VPN + FORWARDING)
    made.routing.strict = ["wan"]
    made.touched()
    assert found(made) == []
    made = house(LAN + VPN + FORWARDING, WHOLE)
    made.routing.strict = ["wan"]
    made.touched()
    said = one(made, "rp_filter")
    assert "src_valid_mark=1" in said["advice"] and said["subject"] == "wan" and said["text"].startswith("wan drops ")


def test_a_tunnel_without_ipv6_is_told_of_hosts_that_have_it():
    """Once, however many policies use it."""
    made = house(LAN + VPN + FORWARDING, WORK + WORK.replace("'work'", "'other'"))
    made.routing.addresses = [a for a in made.routing.addresses if a.address != "fd00:9::2"]
    made.touched()
    assert one(made, "ipv6_uncovered")["severity"] == "info"


PEERS = [
    (["10.0.0.0/8", "10.1.0.0/16"], "uci add_list network.one.allowed_ips='::/0'; "),
    (["10.0.0.0/8", "0.0.0.0/0"], "uci add_list network.two.allowed_ips='::/0'; "),
    (
        ["0.0.0.0/0", "::/0"],
        "give the interface an IPv6 address",
    ),  # it lacks an address, and the peer that has ::/0 keeps it
]


@pytest.mark.parametrize("allowed, advice", PEERS)
def test_all_of_ipv6_is_advised_for_the_peer_that_has_all_of_ipv4(allowed, advice):
    network = "config interface 'wg0'\n\toption proto 'wireguard'\n"
    for name, key, prefix in zip(("one", "two"), KEYS, allowed):
        network += "config wireguard_wg0 '%s'\n\toption public_key '%s'\n\tlist allowed_ips '%s'\n" % (
            name,
            key,
            prefix,
        )
    made = House(WORK, network)
    made.routing.addresses = [a for a in made.routing.addresses if a.address != "fd00:9::2"]
    made.touched()
    assert one(made, "ipv6_uncovered")["advice"].startswith(advice)


def test_a_strange_firewall_file_is_read_as_far_as_it_goes():
    wall = "config zone\nconfig zone\n\tlist name 'a'\nconfig forwarding\nconfig defaults\n\tlist forward 'x'\n"
    assert firewall.read(uci.parse(wall)[0]).zones == []


def test_a_client_of_which_no_address_is_known_is_named():
    config = WORK + "\tlist client '02:00:00:00:00:aa'\n\tlist client '192.168.1.60'\n"
    made = House(config)
    said = one(made, "client_unknown")
    assert said["severity"] == "info" and "02:00:00:00:00:aa" in said["text"] and "02:00:00:00:00:aa" in said["advice"]
    assert made.agent.routes.standing("work")[1] == "route"  # the other client is steered
    made.configure(config.replace("192.168.1.60", "02:00:00:00:00:bb"))
    made.wait(1)
    state, code, reason = made.agent.routes.standing("work")
    assert (state, code) == ("current", "client_unknown") and "02:00:00:00:00:aa, 02:00:00:00:00:bb" in reason
    made.handle(on.NeighboursRead([routing.Neighbour(4, 2, "192.168.1.50", "02:00:00:00:00:aa")]))
    made.wait(1)
    assert made.agent.routes.standing("work")[1] == "route"
    assert "02:00:00:00:00:bb" in one(made, "client_unknown")["text"]


def test_a_policy_without_room_for_its_rules_is_an_error():
    clients = "".join(["\tlist client '10.0.%d.%d'\n" % (i // 256, i % 256) for i in range(1100)])
    said = one(House(WORK + clients), "too_many_rules")
    assert said["severity"] == "error" and said["subject"] == "policy 'work'" and "normal way" in said["text"]
    assert (
        "blocked for every client"
        in one(House(WORK + clients + "\toption fallback 'block'\n"), "too_many_rules")["text"]
    )


def test_clients_that_are_named_by_ipv4_addresses_alone_send_by_ipv6_as_before():
    said = one(House(TV), "ipv6_uncovered")
    assert (said["severity"], said["subject"]) == ("info", "policy 'tv'")
    assert said["text"] == "what its clients send by IPv6 takes the normal way: it lists their IPv4 addresses only"
    blocking = House(TV + "\toption fallback 'block'\n")
    assert one(blocking, "ipv6_uncovered")["severity"] == "warning"


@pytest.mark.parametrize(
    "more",
    [
        "\tlist client 'fd00:1::50'\n",
        "\tlist client 'lan'\n",
        "\toption family 'ipv4'\n",
        "\tlist host '192.0.2.1'\n",
        "\toption action 'bypass'\n",
    ],
)
def test_nothing_is_said_of_ipv6_if_the_policy_is_about_it_or_about_no_address_of_it(more):
    assert [each for each in found(House(TV + more)) if each["code"] == "ipv6_uncovered"] == []


def test_nothing_is_said_of_what_clients_send_by_ipv6_without_a_way_to_the_internet_by_it():
    house = House(TV)
    house.routing.main = [route for route in house.routing.main if route.family == 4]
    house.touched()
    assert found(house) == []
