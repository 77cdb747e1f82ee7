"""wire/wg_quick.py: what wg-quick's files say. tests/kernel/test_wg_quick_oracle.py asks the real wg-quick."""

import pytest

from nametrack.core.config import network
from nametrack.core.config.section import Report
from nametrack.wire import wg_quick

KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
OTHER = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
SECRET = "kEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEk="

BEACH = """# the beach house
[Interface]
Address = 10.9.0.2/24
PrivateKey = %s
DNS = 10.9.0.1
PostUp = echo Endpoint = 192.0.2.1:1

[Peer]
PublicKey = %s
PresharedKey=%s
Endpoint = home.dyn.example.net:51820 # it moves
AllowedIPs = 10.9.0.0/24, 192.168.1.0/24
AllowedIPs = fd00:9::/64
PersistentKeepalive = 25
""" % (SECRET, KEY, SECRET)


def read(text):
    """`(interfaces, peers, what is wrong)` of a file of the interface wg0."""
    sections, problems = wg_quick.parse(text, "wg0")
    report = Report(["line %d: %s" % (problem.line, problem.text) for problem in problems])
    interfaces, peers = network.read(sections, report)
    return interfaces, peers, report.all()


def test_a_file_becomes_an_interface_and_its_peers():
    interfaces, peers, wrong = read(BEACH)
    assert wrong == []
    assert list(interfaces) == ["wg0"] and interfaces["wg0"].is_vpn() and not interfaces["wg0"].fwmark
    assert len(peers) == 1
    peer = peers[0]
    assert (peer.interface, peer.public_key) == ("wg0", KEY)
    assert (peer.endpoint_host, peer.endpoint_port) == ("home.dyn.example.net", 51820)
    assert peer.allowed_ips == ["10.9.0.0/24", "192.168.1.0/24", "fd00:9::/64"]
    assert peer.persistent_keepalive == 25 and peer.route_allowed_ips and not peer.disabled


def test_keys_are_dropped_while_parsing():
    for text in (BEACH, BEACH.replace("PrivateKey =", "privat ="), BEACH.replace("[Peer]", "[Pear]")):
        assert SECRET not in str(wg_quick.parse(text, "wg0"))


def test_several_peers_in_any_case_and_with_blanks_anywhere():
    _, peers, wrong = read(
        "[INTERFACE]\r\n[ peer ]\r\npublic key=%s\r\n\tENDPOINT=[2001:db8::1]:5 1820\r\n"
        "[Peer]#second\nallowedips=10.0.0.1\nPublicKey=%s" % (KEY, OTHER)
    )
    assert wrong == []
    assert [(peer.public_key, peer.endpoint_host, peer.endpoint_port) for peer in peers] == [
        (KEY, "2001:db8::1", 51820),
        (OTHER, None, 51820),
    ]
    assert peers[1].allowed_ips == ["10.0.0.1"]


# text of [Interface], AllowedIPs -> (whether its packets are marked, whether routes lead into it)
TUNNELS = [
    ("", "10.9.0.0/24", (False, True)),
    ("", "10.9.0.0/24, 0.0.0.0/0", (True, True)),
    ("Table = auto", "::/0", (True, True)),
    ("", "0.0.0.0/1, 128.0.0.0/1, ::0/0", (True, True)),  # as a provider writes it; wg makes ::/0 of it
    ("Table = off", "0.0.0.0/0", (False, False)),
    ("table=123", "0.0.0.0/0", (False, False)),
    ("FwMark = 0xca6c", "10.9.0.0/24", (True, True)),
    ("FwMark = OFF", "10.9.0.0/24", (False, True)),
    ("FwMark = 0", "10.9.0.0/24", (False, True)),
]


@pytest.mark.parametrize("case", TUNNELS)
def test_a_full_tunnel_marks_its_own_packets(case):
    text = "[Interface]\n%s\n[Peer]\nPublicKey = %s\nAllowedIPs = %s\n" % (case[0], KEY, case[1])
    interfaces, peers, wrong = read(text)
    assert wrong == []
    assert (interfaces["wg0"].fwmark, peers[0].route_allowed_ips) == case[2]


def test_a_file_that_wg_quick_writes_anew_is_told():
    for text, saves in (("SaveConfig = TRUE", True), ("saveconfig=false", False), ("", False)):
        sections, _ = wg_quick.parse("[Interface]\n%s\n" % text, "wg0")
        assert ("saves" in sections[0].options) == saves


# a line of [Peer], or of [Interface] -> what is said of it
WRONG = [
    ("[Peer]\nPublicKey = %s\nEndpiont = a.test:1" % KEY, "line 3: wg knows no such line here"),
    ("[Peer]\nPublicKey = %s\nAddress = 10.0.0.1/24" % KEY, "line 3: wg knows no such line here"),
    ("[Interface]\nEndpoint = a.test:1", "line 2: wg knows no such line here"),
    ("PublicKey = %s" % KEY, "line 1: wg knows no such line here"),
    ("DNS = 192.0.2.53", "line 1: wg knows no such line here"),
    ("Table = off", "line 1: wg knows no such line here"),
    ("[Peer]\nPublicKey = %s\nPersistentKeepalive =" % KEY, "line 3: wg knows no such line here"),
    ("[ Interface ]\nAddress = 10.0.0.1/24", "line 2: wg knows no such line here"),
    ("[Interface]\nSaveConfig = perhaps", "line 2: SaveConfig is neither true nor false"),
    ("[Peer]\nPublicKey = %s\nEndpoint = a.test" % KEY, "line 3: Endpoint is not HOST:PORT"),
    ("[Peer]\nPublicKey = %s\nEndpoint = [2001:db8::1]" % KEY, "line 3: Endpoint is not HOST:PORT"),
    ("[Peer]\nPublicKey = %s\nEndpoint = a.test:" % KEY, "line 3: Endpoint is not HOST:PORT"),
    ("[Peer]\nPublicKey = %s\nPublicKey = %s" % (OTHER, KEY), "line 3: the peer has a line of this kind already"),
    ("[Peer]\nPublicKey = short", "section 'wg0.conf, peer 1': option 'public_key': not a WireGuard key"),
    ("[Peer]\nEndpoint = a.test:1", "section 'wg0.conf, peer 1': option 'public_key' is missing"),
    ("[Peer]\nPublicKey = %s\nAllowedIPs = 10.0.0.0/33" % KEY, "option 'allowed_ips': '10.0.0.0/33' is not"),
    ("[Peer]\nPublicKey = %s\n[Peer]\nPublicKey = %s" % (KEY, KEY), "'wg0.conf, peer 2': interface 'wg0' has a peer"),
]


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_told_and_the_rest_is_read(case):
    good = "[Peer]\nPublicKey = %s\nEndpoint = good.test:1\n" % OTHER
    _, peers, wrong = read(case[0] + "\n" + good)
    assert len(wrong) == 1 and case[1] in wrong[0], wrong
    assert peers[-1].endpoint_host == "good.test"


def test_a_file_of_nothing_but_mistakes_fills_no_memory():
    sections, problems = wg_quick.parse("x\n" * 100000, "wg0")
    assert len(sections) == 1 and len(problems) == 100


def test_the_nameservers_that_wg_quick_sets_are_told_if_there_are_any():
    assert wg_quick.parse(BEACH, "wg0")[0][0].options["dns"] == ["10.9.0.1"]
    assert "dns" not in wg_quick.parse(BEACH.replace("DNS = 10.9.0.1\n", ""), "wg0")[0][0].options
