"""core.config: two UCI files become one checked value, and whatever is wrong is said in these very words."""

from collections import namedtuple

import pytest

from nametrack.core.config import configuration as config
from nametrack.core.config import network, option_values, options, policy_options, section

Raw = namedtuple("Raw", ("type", "name", "anonymous", "options", "line"))

KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
KEY2 = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
EXAMPLE = "files/etc/config/nametrack"


def raw(kind, name, **options):
    return Raw(kind, name, False, options, 1)


def unnamed(kind, **options):
    return Raw(kind, "", True, options, 1)


def build(sections, network=()):
    return config.build(sections, network, [])


def policy(**options):
    """The options of a good policy 'work', with these changed."""
    good = {"interface": "wg", "host": ["a.example"]}
    good.update(options)
    return Raw("policy", "work", False, good, 1)


def peer(**options):
    """The options of a good peer 'home', with these changed."""
    good = {"interface": "wg0", "public_key": KEY, "endpoint_host": "home.example"}
    good.update(options)
    return Raw("peer", "home", False, good, 1)


def network_peer(**options):
    """An anonymous peer of wg0 with a name for endpoint, with these changed."""
    good = {"public_key": KEY, "endpoint_host": "net.example"}
    good.update(options)
    return Raw("wireguard_wg0", "", True, good, 1)


def test_no_file_at_all_is_the_defaults():
    c = build([])
    assert (c.enabled, c.log_level, c.track_peers, c.family) == (True, "info", "all", "any")
    assert (c.nameservers, c.fallbacks) == (["127.0.0.1"], [("interface", "wan")])
    assert (c.min_ttl, c.max_ttl, c.retain, c.peer_interval, c.stall_timeout) == (10, 3600, 86400, 5, 15)
    assert (c.probe, c.probe_interval, c.handshake_timeout) == (False, 25, 10)
    assert (c.authoritative, c.flush_conntrack, c.restore, c.restore_package) == (True, True, False, None)
    assert (c.peers, c.policies, c.interfaces, c.network_peers, c.errors) == ([], [], {}, [], [])


def test_every_global_option_is_read():
    c = build(
        [
            raw(
                "nametrack",
                "global",
                enabled="0",
                log_level="debug",
                track_peers="listed",
                family="ipv6",
                nameserver=["192.0.2.53#53", "2001:DB8::53#5353"],
                fallback_nameserver=["9.9.9.9", "wan6", "wwan-b"],
                min_ttl="1",
                max_ttl="60",
                retain="0",
                peer_interval="1",
                stall_timeout="5",
                probe="on",
                probe_interval="5",
                handshake_timeout="5",
                authoritative="no",
                flush_conntrack="false",
                wg_quick="0",
                restore="enabled",
                restore_package="/root/nametrack_0.1.0-r1_all.ipk",
            )
        ]
    )
    assert c.errors == []
    assert (c.enabled, c.log_level, c.track_peers, c.family) == (False, "debug", "listed", "ipv6")
    assert c.nameservers == ["192.0.2.53", "2001:db8::53#5353"]
    assert c.fallbacks == [("address", "9.9.9.9"), ("interface", "wan6"), ("interface", "wwan-b")]
    assert (c.min_ttl, c.max_ttl, c.retain, c.peer_interval, c.stall_timeout) == (1, 60, 0, 1, 5)
    assert (c.probe, c.probe_interval, c.handshake_timeout) == (True, 5, 5)
    assert (c.authoritative, c.flush_conntrack, c.restore) == (False, False, True)
    assert (c.wg_quick, c.restore_package) == (None, "/root/nametrack_0.1.0-r1_all.ipk")


GLOBAL_MISTAKES = [
    ("enabled", "ja", "'ja' is not 0 or 1; using 1"),
    ("enabled", "TRUE", "'TRUE' is not 0 or 1; using 1"),
    ("probe", "2", "'2' is not 0 or 1; using 0"),
    ("log_level", "loud", "'loud' is not one of error, warning, info, debug; using info"),
    ("track_peers", "some", "'some' is not one of all, listed; using all"),
    ("family", "inet", "'inet' is not one of any, ipv4, ipv6; using any"),
    ("min_ttl", "0", "'0' is not a number of seconds from 1 to 86400; using 10"),
    ("max_ttl", "604801", "'604801' is not a number of seconds from 1 to 604800; using 3600"),
    ("max_ttl", "5", "'5' is less than min_ttl; using 3600"),
    ("retain", "soon", "'soon' is not a number of seconds; using 86400"),
    ("retain", "-1", "'-1' is not a number of seconds; using 86400"),
    ("retain", "1.5", "'1.5' is not a number of seconds; using 86400"),
    ("retain", "٣", "'٣' is not a number of seconds; using 86400"),
    ("retain", "31536001", "'31536001' is not a number of seconds from 0 to 31536000; using 86400"),
    ("retain", ["1", "2"], "a list where one value is expected; using 86400"),
    ("retain", ["1"], "a list where one value is expected; using 86400"),
    ("peer_interval", "3601", "'3601' is not a number of seconds from 1 to 3600; using 5"),
    ("stall_timeout", "4", "'4' is not a number of seconds from 5 to 3600; using 15"),
    ("probe_interval", "4", "'4' is not a number of seconds from 5 to 3600; using 25"),
    ("handshake_timeout", "4", "'4' is not a number of seconds from 5 to 600; using 10"),
    ("wg_quick", "etc/wireguard", "'etc/wireguard' is not the full path of a folder, or 0; using /etc/wireguard"),
    ("restore_package", "x.ipk", "'x.ipk' is not the full path of an .ipk or .apk; ignoring option"),
    ("restore_package", "/a;b.ipk", "'/a;b.ipk' is not the full path of an .ipk or .apk; ignoring option"),
    ("retain", "\x1b[31m\n", "'\\x1b[31m' is not a number of seconds; using 86400"),
    ("retain", "a\u202eb", "'a\\u202eb' is not a number of seconds; using 86400"),
]


@pytest.mark.parametrize("name,value,said", GLOBAL_MISTAKES)
def test_a_bad_setting_is_said_and_its_default_used(name, value, said):
    c = build([Raw("nametrack", "global", False, {name: value}, 1)])
    assert c.errors == ["section 'global': option '%s': %s" % (name, said)]
    good = build([])
    for field in ("enabled", "log_level", "track_peers", "family", "min_ttl", "max_ttl", "retain", "peer_interval"):
        assert getattr(c, field) == getattr(good, field)
    for field in ("stall_timeout", "probe", "probe_interval", "handshake_timeout", "restore_package"):
        assert getattr(c, field) == getattr(good, field)


def test_max_ttl_below_min_ttl_never_ends_below_it():
    c = build([raw("nametrack", "global", min_ttl="7200")])
    assert (c.min_ttl, c.max_ttl) == (7200, 7200)
    assert c.errors == ["section 'global': option 'max_ttl': '3600' is less than min_ttl; using 7200"]


def test_a_bad_nameserver_is_left_out_and_the_rest_kept():
    c = build([raw("nametrack", "global", nameserver=["dns.example", "9.9.9.9", "9.9.9.9#0", "9.9.9.9#", "9.9.9.9"])])
    assert c.nameservers == ["9.9.9.9"]
    assert c.errors == [
        "section 'global': option 'nameserver': 'dns.example' is not address or address#port; ignoring it",
        "section 'global': option 'nameserver': '9.9.9.9#0' is not address or address#port; ignoring it",
        "section 'global': option 'nameserver': '9.9.9.9#' is not address or address#port; ignoring it",
    ]


def test_nameservers_that_are_all_bad_are_replaced_by_the_default():
    c = build([raw("nametrack", "global", nameserver="x", fallback_nameserver=["1.2.3.400"])])
    assert (c.nameservers, c.fallbacks) == (["127.0.0.1"], [("interface", "wan")])
    assert c.errors == [
        "section 'global': option 'nameserver': 'x' is not address or address#port; ignoring it",
        "section 'global': option 'nameserver': nothing left; using 127.0.0.1",
        "section 'global': option 'fallback_nameserver': '1.2.3.400' is not address, address#port, the name of an"
        " interface or none; ignoring it",
        "section 'global': option 'fallback_nameserver': nothing left; using wan",
    ]


def test_an_empty_value_is_none_given():
    c = build([raw("nametrack", "global", retain="", restore_package="", nameserver="", fallback_nameserver=[""])])
    assert c == build([]) == build([raw("nametrack", "global", retain=[], nameserver=[])])


def test_the_parsers_problems_come_first():
    c = config.build([raw("peeer", "x")], [], ["line 3: no closing quote"])
    assert c.errors == ["line 3: no closing quote", "section 'x': type 'peeer' is not known; did you mean 'peer'?"]


def test_unknown_options_and_types_are_said_with_a_hint_where_one_slip_explains_them():
    c = build([policy(retian="5", colour="red", hosts=["b.example"]), raw("zone", "lan")])
    assert c.errors == [
        "section 'lan': type 'zone' is not known",
        "section 'work': option 'colour' is not known",
        "section 'work': option 'hosts' is not known; did you mean 'host'?",
        "section 'work': option 'retian' is not known; did you mean 'retain'?",
    ]
    c = build([raw("nametrack", "global", retian="5")])
    assert c.errors == ["section 'global': option 'retian' is not known; did you mean 'retain'?"]


# of each range of characters that reorder or hide what stands beside them: those at its ends, and those beside it
HIDDEN = (0, 0x1F, 0x7F, 0x9F, 0x200B, 0x200F, 0x2028, 0x202E, 0x2060, 0x206F, 0xD800, 0xDFFF, 0xFEFF)
SHOWN = (0x20, 0x7E, 0xA0, 0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0xD7FF, 0xE000, 0xFEFE, 0xFF00)


def test_a_text_that_is_shown_has_no_character_that_hides_others():
    for code in HIDDEN:
        assert option_values.printable("a" + chr(code), 9) == ("a\\x%02x" if code < 256 else "a\\u%04x") % code
    for code in SHOWN:
        assert option_values.printable("a" + chr(code), 9) == "a" + chr(code)


HINTS = [
    ("retian", "retain"),
    ("retai", "retain"),
    ("retainn", "retain"),
    ("eretain", "retain"),
    ("retaim", "retain"),
    ("Retain", "retain"),
    ("retina", None),
    ("retaxy", None),
    ("eratin", None),
    ("", None),
    ("x", None),
]


@pytest.mark.parametrize("given,meant", HINTS)
def test_a_hint_needs_one_slip_of_the_finger(given, meant):
    assert section.hint(given, ["retain"]) == ("; did you mean '%s'?" % meant if meant else "")


def test_a_second_settings_section_is_ignored():
    c = build([raw("nametrack", "global", retain="1"), unnamed("nametrack", retain="2")])
    assert c.retain == 1
    assert c.errors == ["section '@nametrack[1]': section 'global' has the settings already; ignoring section"]


# --- peers of /etc/config/network ---


def test_a_network_peer_with_a_name_is_followed_with_all_that_is_known_of_it():
    network = [
        raw("interface", "wg0", proto="wireguard", private_key="secret", nohostroute="1", tunlink="wan"),
        Raw(
            "wireguard_wg0",
            "",
            True,
            {
                "public_key": KEY,
                "preshared_key": "secret",
                "description": "Strandhütte",
                "endpoint_host": "Home.Dyn.Example.",
                "endpoint_port": "1194",
                "persistent_keepalive": "25",
                "allowed_ips": ["10.0.0.1/24", "10.9.0.1/32", "fd00::1/128"],
                "route_allowed_ips": "1",
            },
            1,
        ),
    ]
    c = build([], network)
    assert c.errors == []
    p = c.peers[0]
    assert (p.interface, p.public_key, p.description, p.enabled) == ("wg0", KEY, "Strandhütte", True)
    assert (p.endpoint_host, p.endpoint_port) == ("home.dyn.example", 1194)
    assert (p.family, p.follow, p.probe, p.probe_address) == ("any", "auto", False, "10.9.0.1")
    assert (p.nameservers, p.persistent_keepalive) == (["127.0.0.1"], 25)
    assert p.allowed_ips == ["10.0.0.0/24", "10.9.0.1", "fd00::1"]
    assert (p.route_allowed_ips, p.nohostroute, p.tunlink, p.in_network) == (True, True, "wan", True)
    i = c.interfaces["wg0"]
    assert (i.name, i.proto, i.nohostroute, i.tunlink) == ("wg0", "wireguard", True, "wan")
    assert "secret" not in str(c)


def test_a_network_peer_gets_the_settings_of_the_global_section():
    glob = raw("nametrack", "global", family="ipv4", probe="1", nameserver=["192.0.2.53"])
    p = build([glob], [network_peer()]).peers[0]
    assert (p.family, p.probe, p.nameservers, p.endpoint_port) == ("ipv4", True, ["192.0.2.53"], 51820)


def test_named_and_amneziawg_sections_are_peers_too():
    network = [
        raw("wireguard_wg0", "home", public_key=KEY, endpoint_host="a.example"),
        raw("amneziawg_awg0", "other", public_key=KEY, endpoint_host="b.example"),
        raw("wireguardish", "x", public_key=KEY2, endpoint_host="c.example"),
    ]
    assert [(p.interface, p.endpoint_host) for p in build([], network).peers] == [
        ("wg0", "a.example"),
        ("awg0", "b.example"),
    ]


LITERALS = [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:DB8::1", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("", None),
]


@pytest.mark.parametrize("given,known", LITERALS)
def test_a_network_peer_without_a_name_is_known_but_not_followed(given, known):
    c = build([], [network_peer(endpoint_host=given)])
    assert (c.peers, c.errors) == ([], [])
    assert [p.endpoint_host for p in c.network_peers] == [known]


def test_a_disabled_network_peer_is_disabled_whatever_nametrack_says():
    for sections in ([], [peer(enabled="1")]):
        c = build(sections, [network_peer(disabled="1")])
        assert [p.enabled for p in c.peers] == [False]
        assert [p.disabled for p in c.network_peers] == [True]


PAIRS = [
    (("1", "0"), ["b.example"]),
    (("0", "1"), ["net.example"]),
    (("1", "1"), []),
]


@pytest.mark.parametrize("disabled,followed", PAIRS)
def test_a_disabled_section_hides_no_enabled_one_with_the_same_key(disabled, followed):
    first = network_peer(disabled=disabled[0])
    c = build([], [first, network_peer(disabled=disabled[1], endpoint_host="b.example")])
    assert [p.endpoint_host for p in c.peers if p.enabled] == followed
    assert c.errors == []


def test_a_peer_of_a_disabled_interface_is_disabled():
    for disabled in ("0", "1"):
        c = build([], [raw("interface", "wg0", proto="wireguard", disabled=disabled), network_peer()])
        assert [p.enabled for p in c.peers] == [disabled == "0"]


def test_an_interface_that_is_started_by_hand_is_known():
    for auto in ("0", "1"):
        c = build([], [raw("interface", "wg0", proto="wireguard", auto=auto), network_peer()])
        assert [p.auto for p in c.peers] == [auto == "1"]
    assert [p.auto for p in build([], [network_peer()]).peers] == [True]


def test_what_wg_takes_is_taken():
    """Blanks at the end of a value, and prefixes with commas between them: netifd hands both on as they are."""
    given = {"public_key": KEY + " ", "endpoint_host": "net.example\t", "endpoint_port": "51821 \r"}
    c = build([], [network_peer(allowed_ips=["10.0.0.0/8,192.0.2.1/32 , 2001:db8::/64"], **given)])
    assert c.errors == []
    (one,) = c.network_peers
    assert (one.public_key, one.endpoint_host, one.endpoint_port) == (KEY, "net.example", 51821)
    assert one.allowed_ips == ["10.0.0.0/8", "192.0.2.1", "2001:db8::/64"]


def test_blanks_and_commas_are_no_mistake_in_our_own_file_either():
    c = build([policy(interface="wg ", host=["a.example ", "b.example,192.0.2.0/24"])])
    assert (c.errors, c.policies[0].interface) == ([], "wg")
    assert (c.policies[0].hosts, c.policies[0].literals) == (["a.example", "b.example"], ["192.0.2.0/24"])


def test_what_is_wrong_in_the_network_is_told_from_what_is_wrong_in_our_own_file():
    c = config.build([policy(retain="soon")], [network_peer(disabled="x")], ["own"], config.ROUTER, ["other"])
    assert len(c.errors) == 4 and c.errors[0] == "own"
    assert c.network_errors == c.errors[2:] and c.network_errors[0] == "other"


def test_track_peers_listed_follows_only_the_listed():
    glob = raw("nametrack", "global", track_peers="listed")
    network = [network_peer(), network_peer(public_key=KEY2)]
    assert build([glob], network).peers == []
    c = build([glob, Raw("peer", "home", False, {"interface": "wg0", "public_key": KEY2}, 1)], network)
    assert [(p.public_key, p.endpoint_host) for p in c.peers] == [(KEY2, "net.example")]


def test_shell_style_allowed_ips_in_one_option_are_several():
    c = build([], [network_peer(allowed_ips="10.0.0.0/8 \t192.0.2.1/32")])
    assert c.network_peers[0].allowed_ips == ["10.0.0.0/8", "192.0.2.1"]


def test_keepalive_may_be_off():
    c = build([], [network_peer(persistent_keepalive="off")])
    assert (c.peers[0].persistent_keepalive, c.errors) == (0, [])


BAD_KEY = "not a WireGuard key (44 characters of base64)"
NETWORK_MISTAKES = [
    ({"public_key": ""}, "option 'public_key' is missing; ignoring section"),
    ({"public_key": "short"}, "option 'public_key': %s; ignoring section" % BAD_KEY),
    ({"public_key": KEY[:43] + "g"}, "option 'public_key': %s; ignoring section" % BAD_KEY),
    # the last character of 32 bytes has only 4 bits to give
    ({"public_key": KEY[:42] + "h="}, "option 'public_key': %s; ignoring section" % BAD_KEY),
    ({"public_key": KEY[:41] + "*g="}, "option 'public_key': %s; ignoring section" % BAD_KEY),
    ({"public_key": [KEY]}, "option 'public_key': a list where one value is expected; ignoring section"),
    ({"disabled": "x"}, "option 'disabled': 'x' is not 0 or 1; using 0"),
    ({"endpoint_host": "a b"}, "option 'endpoint_host': 'a b' is not a host name; ignoring option"),
    ({"endpoint_port": "0"}, "option 'endpoint_port': '0' is not a port from 1 to 65535; using 51820"),
    ({"endpoint_port": "http"}, "option 'endpoint_port': 'http' is not a port; using 51820"),
    ({"allowed_ips": ["10.0.0.0/33"]}, "option 'allowed_ips': '10.0.0.0/33' is not an address or prefix; ignoring it"),
    (
        {"persistent_keepalive": "65536"},
        "option 'persistent_keepalive': '65536' is not a number of seconds from 0 to 65535; using 0",
    ),
]


@pytest.mark.parametrize("options,said", NETWORK_MISTAKES)
def test_a_mistake_in_the_network_names_the_file_and_the_section(options, said):
    c = build([], [network_peer(**options)])
    assert c.errors == ["network section '@wireguard_wg0[0]': " + said]
    assert len(c.network_peers) == (0 if "ignoring section" in said else 1)


def test_a_peer_of_what_cannot_be_a_device_is_ignored():
    c = build([], [unnamed("wireguard_" + name, public_key=KEY) for name in ("", "a/b", "..", "-x", "a" * 16)])
    assert c.network_peers == []
    assert c.errors == [
        "network section '@wireguard_[0]': '' is not the name of a network device; ignoring section",
        "network section '@wireguard_a/b[0]': 'a/b' is not the name of a network device; ignoring section",
        "network section '@wireguard_..[0]': '..' is not the name of a network device; ignoring section",
        "network section '@wireguard_-x[0]': '-x' is not the name of a network device; ignoring section",
        "network section '@wireguard_%s[0]': '%s' is not the name of a network device; ignoring section"
        % ("a" * 16, "a" * 16),
    ]


def test_of_two_network_peers_with_one_key_the_first_counts():
    c = build([], [network_peer(), network_peer(endpoint_host="b.example")])
    assert [p.endpoint_host for p in c.peers] == ["net.example"]
    assert c.errors == [
        "network section '@wireguard_wg0[1]': interface 'wg0' has a peer with this public_key already; ignoring section"
    ]


def test_one_key_on_two_interfaces_is_two_peers():
    c = build([], [network_peer(), unnamed("wireguard_wg1", public_key=KEY, endpoint_host="b.example")])
    assert [p.interface for p in c.peers] == ["wg0", "wg1"]
    assert c.errors == []


@pytest.mark.parametrize("name", ["eth0.2", "br-lan.10", "eth1.20.30", "wlan0.sta1", "wan_b", "wg-home"])
def test_a_way_out_or_a_client_may_be_a_device_and_one_of_a_vlan(name):
    c = build([policy(interface=[name], client=[name], host=["a.example"])])
    assert c.errors == [] and c.policies[0].steering.interfaces == [name]
    assert c.policies[0].steering.clients == [("interface", name)]


@pytest.mark.parametrize("name", ["192.168.1.500", "1.1", "tv.lan", ".eth0", "eth0.", "_.1", "e" * 14 + ".1"])
def test_a_slip_in_an_address_and_the_name_of_a_host_are_no_devices(name):
    c = build([policy(interface=["wg0"], client=[name], host=["a.example"])])
    assert c.policies == [] and "'%s' is not an address" % name in c.errors[0]
    c = build([policy(interface=[name], host=["a.example"])])
    assert c.policies == [] and "'%s' is not the name of an interface" % name in c.errors[0]


def test_a_repeated_or_nameless_interface_is_ignored():
    c = build([], [raw("interface", "wan", proto="dhcp"), raw("interface", "wan"), unnamed("interface")])
    assert sorted(c.interfaces) == ["wan"] and c.interfaces["wan"].proto == "dhcp"
    assert c.errors == [
        "network section 'wan': the interface is there already; ignoring section",
        "network section '@interface[2]': '@interface[2]' is not the name of an interface; ignoring section",
    ]


WANTED = [("interface", True), ("wireguard_wg0", True), ("amneziawg_x", True), ("device", False), ("", False)]


@pytest.mark.parametrize("kind,wanted", WANTED)
def test_only_interfaces_and_peers_of_the_network_are_wanted(kind, wanted):
    assert network.wants(kind) == wanted


# --- config peer ---


def test_a_peer_section_refines_the_network_peer():
    refined = peer(
        endpoint_port="1", family="ipv6", follow="dns", probe="1", probe_address="10.0.0.1", nameserver="::1"
    )
    c = build([refined], [network_peer(endpoint_port="2", description="d", allowed_ips=["10.0.0.2/32"])])
    assert c.errors == [] and len(c.peers) == 1
    p = c.peers[0]
    assert (p.endpoint_host, p.endpoint_port, p.family, p.follow) == ("home.example", 1, "ipv6", "dns")
    assert (p.probe, p.probe_address, p.nameservers, p.description) == (True, "10.0.0.1", ["::1"], "d")
    assert p.in_network


def test_what_a_peer_section_leaves_out_is_the_networks():
    c = build([peer(endpoint_host="")], [network_peer(endpoint_port="2", allowed_ips=["10.0.0.2/32"])])
    p = c.peers[0]
    assert (p.endpoint_host, p.endpoint_port, p.probe_address) == ("net.example", 2, "10.0.0.2")


def test_a_peer_can_be_left_alone():
    assert [p.enabled for p in build([peer(enabled="0")], [network_peer()]).peers] == [False]


def test_a_peer_only_the_kernel_knows_is_followed_by_its_own_endpoint_host():
    c = build([peer(interface="wg-quick.0", endpoint_host="_wireguard._udp.Example.COM.")])
    p = c.peers[0]
    assert (p.interface, p.endpoint_host, p.endpoint_port) == ("wg-quick.0", "_wireguard._udp.example.com", 51820)
    assert (p.in_network, p.description, p.allowed_ips, p.probe_address) == (False, "", [], None)
    assert c.errors == []


def test_a_network_peer_without_a_name_is_followed_by_the_one_given_here():
    for host in ("", "192.0.2.1"):
        c = build([peer()], [network_peer(endpoint_host=host)])
        assert [(p.endpoint_host, p.in_network) for p in c.peers] == [("home.example", True)]
        assert c.errors == []


def test_followed_peers_come_in_the_networks_order_and_then_those_of_the_kernel():
    sections = [peer(interface="wg9"), peer(public_key=KEY2)]
    c = build(sections, [network_peer(), network_peer(public_key=KEY2)])
    assert [(p.interface, p.public_key) for p in c.peers] == [("wg0", KEY), ("wg0", KEY2), ("wg9", KEY)]


PEER_MISTAKES = [
    ({"interface": ""}, None, "option 'interface' is missing; ignoring section"),
    ({"interface": "a/b"}, None, "option 'interface': 'a/b' is not the name of a network device; ignoring section"),
    ({"public_key": ""}, None, "option 'public_key' is missing; ignoring section"),
    ({"public_key": "my secret"}, None, "option 'public_key': %s; ignoring section" % BAD_KEY),
    (
        {"endpoint_host": ""},
        None,
        "/etc/config/network has no such peer, and option 'endpoint_host' is missing; ignoring section",
    ),
    (
        {"endpoint_host": ""},
        {"endpoint_host": ""},
        "option 'endpoint_host' is missing, here and in /etc/config/network; ignoring section",
    ),
    (
        {"endpoint_host": ""},
        {"endpoint_host": "192.0.2.1"},
        "the peer's endpoint_host in /etc/config/network is an address: there is nothing to follow; ignoring section",
    ),
    (
        {"endpoint_host": "192.0.2.1"},
        {},
        "option 'endpoint_host': '192.0.2.1' is an address: there is nothing to follow; using net.example",
    ),
    (
        {"endpoint_port": "x"},
        {"endpoint_port": "7"},
        "option 'endpoint_port': 'x' is not a port; using 7",
    ),
    ({"follow": "me"}, {}, "option 'follow': 'me' is not one of auto, dns, traffic; using auto"),
    ({"family": "4"}, {}, "option 'family': '4' is not one of any, ipv4, ipv6; using any"),
    ({"probe_address": "x"}, {}, "option 'probe_address': 'x' is not an address; ignoring option"),
    (
        {"probe_address": "x"},
        {"allowed_ips": ["10.0.0.7/32"]},
        "option 'probe_address': 'x' is not an address; using 10.0.0.7",
    ),
    ({"endpiont_host": "x"}, {}, "option 'endpiont_host' is not known; did you mean 'endpoint_host'?"),
]


@pytest.mark.parametrize("options,network,said", PEER_MISTAKES)
def test_a_mistake_in_a_peer_section(options, network, said):
    c = build([peer(**options)], [] if network is None else [network_peer(**network)])
    assert c.errors == ["section 'home': " + said]
    assert len(c.peers) == (0 if "ignoring section" in said else 1)


def test_of_two_sections_about_one_peer_the_first_counts():
    second = Raw("peer", "", True, {"interface": "wg0", "public_key": KEY, "endpoint_host": "b.example"}, 1)
    c = build([peer(), second], [network_peer()])
    assert [p.endpoint_host for p in c.peers] == ["home.example"]
    assert c.errors == ["section '@peer[1]': section 'home' is about the same peer; ignoring section"]


# --- config policy ---


def test_a_policy_with_everything():
    hosts = ["B.example.", "b.EXAMPLE", "router", "_x.a.example", "192.0.2.9/24", "192.0.2.0/24", "2001:DB8::1"]
    given = policy(enabled="0", target="nftset", set4="inet fw4 mine4", set6="inet fw4 mine6", retain="60", host=hosts)
    c = build([given])
    assert c.errors == []
    p = c.policies[0]
    assert (p.name, p.enabled, p.interface, p.target) == ("work", False, "wg", "nftset")
    assert (p.set4, p.set6, p.family, p.retain) == ("inet fw4 mine4", "inet fw4 mine6", "any", 60)
    assert p.hosts == ["b.example", "router", "_x.a.example"]
    assert p.literals == ["192.0.2.0/24", "2001:db8::1"]


def test_a_policy_gets_the_settings_of_the_global_section_wherever_that_stands():
    c = build([policy(), raw("nametrack", "global", retain="7", family="ipv4")])
    assert (c.policies[0].retain, c.policies[0].family, c.policies[0].target) == (7, "ipv4", "auto")


def test_a_bad_retain_falls_back_to_the_global_one():
    c = build([raw("nametrack", "global", retain="7"), policy(retain="soon")])
    assert c.policies[0].retain == 7
    assert c.errors == ["section 'work': option 'retain': 'soon' is not a number of seconds; using 7"]


def test_one_option_host_is_a_list_of_one_and_blanks_part_it():
    assert build([policy(host="a.example")]).policies[0].hosts == ["a.example"]
    assert build([policy(host="a.example  b.example")]).policies[0].hosts == ["a.example", "b.example"]


def test_an_anonymous_policy_is_named_as_uci_names_it():
    c = build([policy(), unnamed("policy", interface="wg", host="b.example", retain="x")])
    assert [p.name for p in c.policies] == ["work", "@policy[1]"]
    assert c.errors == ["section '@policy[1]': option 'retain': 'x' is not a number of seconds; using 86400"]


def test_sets_are_only_read_for_the_targets_that_take_them():
    c = build([policy(target="pbr", set4="; flush ruleset")])
    assert (c.policies[0].set4, c.errors) == (None, [])
    c = build([policy(target="ipset", set4="mine", interface="")])
    assert (c.policies[0].set4, c.policies[0].set6, c.policies[0].interface, c.errors) == ("mine", None, None, [])


NOT_A_HOST = "option 'host': '%s' is not a host name; ignoring it"
WILDCARD = (
    "option 'host': '%s' is a wildcard: a wildcard cannot be looked up, so list the names that are used; ignoring it"
)
NFT = "option 'set4': '%s' is not the family, table and name of an nft set; ignoring option"
NEEDS_SET = "target '%s' needs option 'set4' or 'set6'; ignoring section"
LONG_LABEL = "a" * 64 + ".example"
LONG_NAME = "a.example." * 26
POLICY_MISTAKES = [
    ({"interface": ""}, ["target 'auto' needs option 'interface'; ignoring section"]),
    ({"interface": "a b", "target": "pbr"}, ["option 'interface': only target 'route' takes several; using a"]),
    (
        {"client": ["192.168.1.300"], "target": "route"},
        [
            "option 'client': '192.168.1.300' is not an address, a prefix, a MAC address or the name of an interface; "
            "ignoring it",
            "no usable option 'client'; ignoring section",
        ],
    ),
    (
        {"port": ["0"]},
        [
            "option 'port': '0' is not a port or a range of ports from 1 to 65535; ignoring it",
            "no usable option 'port'; ignoring section",
        ],
    ),
    (
        {"port": ["90-80"]},
        [
            "option 'port': '90-80' is not a port or a range of ports from 1 to 65535; ignoring it",
            "no usable option 'port'; ignoring section",
        ],
    ),
    ({"client": ["lan"], "target": "pbr"}, ["option 'client' needs target 'route'; ignoring section"]),
    ({"fallback": "block", "target": "pbr"}, ["option 'fallback' needs target 'route'; ignoring section"]),
    ({"action": "bypass", "target": "pbr"}, ["option 'action' needs target 'route'; ignoring section"]),
    (
        {"interface": "a/b", "target": "pbr"},
        [
            "option 'interface': 'a/b' is not the name of an interface; ignoring it",
            "target 'pbr' needs option 'interface'; ignoring section",
        ],
    ),
    (
        {"target": "vpn"},
        ["option 'target': 'vpn' is not one of auto, route, pbr, vpn-policy-routing, nftset, ipset; using auto"],
    ),
    ({"target": "nftset"}, [NEEDS_SET % "nftset"]),
    ({"target": "ipset"}, [NEEDS_SET % "ipset"]),
    ({"target": "nftset", "set4": "mine"}, [NFT % "mine", NEEDS_SET % "nftset"]),
    ({"target": "nftset", "set4": "inet fw4 a;b"}, [NFT % "inet fw4 a;b", NEEDS_SET % "nftset"]),
    ({"target": "nftset", "set4": "inet fw4 a\nb"}, [NFT % "inet fw4 a\\x0ab", NEEDS_SET % "nftset"]),
    ({"target": "nftset", "set4": "inet fw4 4a"}, [NFT % "inet fw4 4a", NEEDS_SET % "nftset"]),
    ({"target": "nftset", "set4": "arp fw4 a"}, [NFT % "arp fw4 a", NEEDS_SET % "nftset"]),
    (
        {"target": "ipset", "set4": "a" * 32},
        ["option 'set4': '%s' is not the name of an ipset; ignoring option" % ("a" * 32), NEEDS_SET % "ipset"],
    ),
    (
        {"target": "ipset", "set4": "a b"},
        ["option 'set4': 'a b' is not the name of an ipset; ignoring option", NEEDS_SET % "ipset"],
    ),
    (
        {"target": "ipset", "set4": "mine", "set6": "mine"},
        ["option 'set6': the same set as set4; ignoring option"],
    ),
    ({"host": ["a.example", "*.b..example"]}, [NOT_A_HOST % "b..example"]),
    ({"host": ["a.example", "*b.example"]}, [WILDCARD % "*b.example"]),
    ({"host": ["a.example", "a..b"]}, [NOT_A_HOST % "a..b"]),
    ({"host": ["a.example", "."]}, [NOT_A_HOST % "."]),
    ({"host": ["a.example", "-a.b"]}, [NOT_A_HOST % "-a.b"]),
    ({"host": ["a.example", "a-.b"]}, [NOT_A_HOST % "a-.b"]),
    ({"host": ["a.example", "a$b"]}, [NOT_A_HOST % "a$b"]),
    ({"host": ["a.example", LONG_LABEL]}, [NOT_A_HOST % (LONG_LABEL[:60] + "...")]),
    ({"host": ["a.example", LONG_NAME]}, [NOT_A_HOST % (LONG_NAME[:60] + "...")]),
    (
        {"host": ["a.example", "192.0.2.300"]},
        ["option 'host': '192.0.2.300' is neither a host name nor an address; ignoring it"],
    ),
    (
        {"host": ["a.example", "192.0.2.0/33"]},
        ["option 'host': '192.0.2.0/33' is neither a host name nor an address or prefix; ignoring it"],
    ),
    (
        {"host": ["a.example", "https://b.example/"]},
        ["option 'host': 'https://b.example/' is neither a host name nor an address or prefix; ignoring it"],
    ),
    (
        {"host": ["a.example", "2001:db8::1"], "family": "ipv4"},
        ["option 'host': '2001:db8::1' is not ipv4, the family of the policy; ignoring it"],
    ),
    ({"host": []}, ["no usable option 'host': nothing to steer"]),
]


def test_wildcards_have_a_place_of_their_own():
    c = build([policy(host=["*.b.example", ".c.example", "a.example", "*.bücher.example"])])
    assert c.errors == []
    assert c.policies[0].hosts == ["a.example"]
    assert c.policies[0].wildcards == ["*.b.example", "*.c.example", "*.xn--bcher-kva.example"]


@pytest.mark.parametrize("options,said", POLICY_MISTAKES)
def test_a_mistake_in_a_policy(options, said):
    c = build([policy(**options)])
    assert c.errors == ["section 'work': " + text for text in said]
    assert len(c.policies) == (0 if "ignoring section" in said[-1] else 1)
    if c.policies and "host" in options and options["host"]:
        assert (c.policies[0].hosts, c.policies[0].literals) == (["a.example"], [])


@pytest.mark.parametrize("name", ["client", "proto", "port"])
def test_a_policy_is_about_no_more_than_is_meant(name):
    """Where what limits it is misspelt, or cannot be read (a blank, as the parser leaves it), the section goes."""
    value = {"client": "192.168.1.9", "proto": "tcp", "port": "443"}[name]
    for slip, given in ((name[1:], value), (name + "s", [value]), (name, " ")):
        c = build([policy(**{slip: given})])
        assert c.policies == []
        assert c.errors[-1] == "section 'work': no usable option '%s'; ignoring section" % name
    assert len(build([policy(**{name + "s": value, name: value})]).policies) == 1


@pytest.mark.parametrize("given", [{"fallback": "blok"}, {"falback": "block"}, {"fallback": " "}])
def test_a_fallback_that_cannot_be_understood_is_block(given):
    """Its traffic would leave by the normal uplink otherwise, which is what nobody may have meant."""
    c = build([policy(**given)])
    assert (c.policies[0].steering.fallback, c.policies[0].target) == ("block", "route")
    assert c.errors[-1] == "section 'work': no usable option 'fallback'; using block"
    assert build([policy(fallback="main", fallbackk="block")]).policies[0].steering.fallback == "main"
    c = build([policy(fallback="")])
    assert (c.policies[0].steering.fallback, c.policies[0].target, c.errors) == ("main", "auto", [])
    c = build([policy(target="pbr", **given)])
    assert c.policies == []
    assert c.errors[-1] == "section 'work': option 'fallback' needs target 'route'; ignoring section"


def test_a_policy_whose_enabled_or_action_cannot_be_understood_holds_with_what_else_it_says():
    c = build([policy(enabled="fasle", action="rout")])
    assert (c.policies[0].enabled, c.policies[0].steering.action) == (True, "route")
    assert c.errors == [
        "section 'work': option 'enabled': 'fasle' is not 0 or 1; using 1",
        "section 'work': option 'action': 'rout' is not one of route, bypass; using route",
    ]
    c = build([policy(action="bypas", interface="")])
    assert c.policies == []
    assert c.errors[-1] == "section 'work': target 'auto' needs option 'interface'; ignoring section"


@pytest.mark.parametrize("interface", ["", "wg/0"])
def test_a_policy_that_blocks_holds_without_a_usable_interface(interface):
    c = build([policy(fallback="block", interface=interface)])
    assert (c.policies[0].target, c.policies[0].interface, c.policies[0].steering.interfaces) == ("route", None, [])
    assert c.errors[-1] == "section 'work': no usable option 'interface': what goes to its addresses is dropped"


@pytest.mark.parametrize("selects", [{"client": "192.168.1.9"}, {"proto": "udp"}, {"port": "443"}])
def test_a_policy_without_hosts_takes_all_that_it_selects(selects):
    c = build([Raw("policy", "work", False, dict(selects, interface="wg"), 1)])
    assert (c.policies[0].literals, c.errors) == (["0.0.0.0/0", "::/0"], [])


@pytest.mark.parametrize("given", [{"hosts": ["a.example"]}, {"hots": "a.example"}, {"host": " "}])
def test_a_policy_for_hosts_does_not_take_everything_of_its_clients(given):
    c = build([Raw("policy", "work", False, dict(given, interface="wg", client="192.168.1.9"), 1)])
    assert (c.policies[0].hosts, c.policies[0].literals) == ([], [])
    assert c.errors[-1] == "section 'work': no usable option 'host': nothing to steer"


@pytest.mark.parametrize("second", [{"retain": "2"}, {"retain": "x", "target": "pbr"}])
def test_of_two_policies_with_one_name_the_first_counts_and_nothing_else_is_said_of_the_other(second):
    c = build([policy(retain="1"), policy(**second)])
    assert [p.retain for p in c.policies] == [1]
    assert c.errors == ["section 'work': another policy has this name; ignoring section"]


def test_sections_of_different_types_may_share_a_name():
    sections = [raw("nametrack", "x"), Raw("policy", "x", False, policy().options, 1)]
    c = build(sections + [Raw("peer", "x", False, peer().options, 1)])
    assert (len(c.policies), len(c.peers), c.errors) == (1, 1, [])


# --- hostile files ---

JUNK = ["", " ", "0", "-1", "9" * 20000, "\x00", "'; reboot", "a" * 20000, "a." * 10000, ":" * 1000, "%s%d", "1/1"]
JUNK += ["*", ".", "..", "#", "1.2.3.4#", "/", "\ud7ff", "\U0001f600", "\u202e", "@x[0]", "wireguard_", " a ", "=" * 44]
JUNK += [[], [""], ["x"] * 1000, ["a b", "\n", "::/0"], ["1.2.3.4", "1.2.3.4#5"]]


def junk(seed):
    """A long run of values picked from JUNK, the same on every interpreter."""
    while True:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield JUNK[(seed >> 8) % len(JUNK)]


def text(value):
    return value if isinstance(value, str) else "x"


@pytest.mark.parametrize("seed", list(range(20)))
def test_no_file_however_strange_raises(seed):
    values = junk(seed)
    names = ["nametrack", "peer", "policy", "interface", "wireguard_wg0", "amneziawg_x"]
    tables = (
        options.GLOBAL,
        options.PEER_IDENTITY,
        options.PEER,
        policy_options.POLICY,
        policy_options.POLICY_ROUTE,
        options.NETWORK_PEER,
    )
    known = ["set4", "set6"] + [o.name for table in tables for o in table]
    made = []
    for i in range(len(names) * 3):
        given = {}
        for name in known:
            given[name] = next(values)
        given[text(next(values))] = next(values)
        if i % 3:
            given["interface"], given["public_key"], given["endpoint_host"] = "wg0", KEY, "a.example"
            given["target"] = ("nftset", "ipset", "auto")[seed % 3]
        kind = text(next(values)) if i % 5 == 4 else names[i % len(names)]
        made.append(Raw(kind, text(next(values)), i % 2 == 0, given, i))
    c = config.build(made, made, [])
    assert c.errors
    for said in c.errors:
        assert len(said) < 400 and all(ord(ch) >= 32 for ch in said)


def test_a_file_of_nothing_but_mistakes_cannot_fill_the_memory():
    c = build([raw("x", "x%d" % i) for i in range(1000)])
    assert len(c.errors) == section.MAX_PROBLEMS + 1
    assert c.errors[-1] == "800 more problems are not shown"
    c = build([raw("x", "x%d" % i) for i in range(section.MAX_PROBLEMS + 1)])
    assert c.errors[-1] == "1 more problem is not shown"


def test_values_that_were_met_are_told_from_new_ones_in_small_tables():
    """In one table MicroPython looks for one of 65,536 texts among thousands, because it has 65,536 hashes of them."""
    seen = section.Seen()
    texts = ["10.%d.%d.0/24" % (i >> 8, i & 255) for i in range(4096)]
    assert all(seen.is_new(text) for text in texts)
    assert not any(seen.is_new(text) for text in texts)
    assert seen.is_new(("tcp", 1)) and not seen.is_new(("tcp", 1))
    assert max([len(table) for table in seen._tables.values()]) < 40


# --- the file that is installed ---


def example(commented):
    """The sections of the example, `commented` lines included or not; its values have no quotes or blanks inside."""
    found = []
    try:
        with open(EXAMPLE) as file:
            lines = file.read().split("\n")
    except OSError:
        pytest.skip("not run from the top of the tree")
    for line in lines:
        if commented and (line.startswith("#\t") or line.startswith("#config")):
            line = line[1:]
        parts = line.strip().split(" ", 2)
        if parts[0] == "config":
            found.append(raw(parts[1], parts[2].strip("'")))
        elif parts[0] == "option":
            found[-1].options[parts[1]] = parts[2].strip("'")
        elif parts[0] == "list":
            found[-1].options.setdefault(parts[1], []).append(parts[2].strip("'"))
    return found


def test_a_client_by_its_mac_address_is_written_in_one_way():
    for text in ("02:00:00:AA:bb:01", "02-00-00-aa-BB-01"):
        steering = build([policy(client=[text])]).policies[0].steering
        assert steering.clients == [("mac", "02:00:00:aa:bb:01")]


ROUTE_ONLY = [{"client": ["lan"]}, {"port": ["443"]}, {"interface": ["wg0", "wg1"]}, {"fallback": "block"}]


@pytest.mark.parametrize("options", ROUTE_ONLY)
def test_auto_is_route_where_only_routes_can_do_it(options):
    assert build([policy(**options)]).policies[0].target == "route"


@pytest.mark.parametrize("family, wanted", [("any", ["0.0.0.0/0", "::/0"]), ("ipv6", ["::/0"])])
def test_a_policy_with_clients_and_no_hosts_is_about_all_addresses(family, wanted):
    made = build([raw("policy", "tv", interface="wg0", client=["lan"], family=family)])
    assert made.errors == [] and made.policies[0].literals == wanted and made.policies[0].target == "route"


def test_the_mask_of_marks_is_hexadecimal():
    assert build([raw("nametrack", "global", fwmark_mask="0xFF0000")]).fwmark_mask == "0x00ff0000"
    made = build([raw("nametrack", "global", fwmark_mask="15")])
    assert made.fwmark_mask == "0x0f000000" and "'15' is not a mask of marks, as 0x0f000000" in made.errors[0]


def test_clients_are_told_apart():
    given = ["192.168.1.50", "192.168.2.0/24", "lan", "fd00::/64"]
    clients = build([policy(client=given)]).policies[0].steering.clients
    assert clients == [
        ("prefix", "192.168.1.50"),
        ("prefix", "192.168.2.0/24"),
        ("interface", "lan"),
        ("prefix", "fd00::/64"),
    ]


def test_the_installed_file_is_the_defaults():
    assert build(example(False)) == build([])


def test_what_the_installed_file_shows_is_right_and_complete():
    found = example(True)
    c = build(found)
    assert c.errors == []
    assert sorted(found[0].options) == sorted([o.name for o in options.GLOBAL])
    assert sorted(found[1].options) == sorted([o.name for o in options.PEER_IDENTITY + options.PEER])
    assert sorted(found[2].options) == sorted(
        [o.name for o in policy_options.POLICY + policy_options.POLICY_ROUTE] + ["set4", "set6"]
    )
    assert build(found[:1]) == build([])
    assert (len(c.peers), len(c.policies)) == (1, 1)


def test_the_folder_of_wg_quick_is_known_before_all_else_is_read():
    assert config.wg_quick_folder([]) == "/etc/wireguard"
    assert config.wg_quick_folder([raw("nametrack", "global", wg_quick="/etc/wg")]) == "/etc/wg"
    assert config.wg_quick_folder([raw("policy", "global", wg_quick="/etc/wg")]) == "/etc/wireguard"
