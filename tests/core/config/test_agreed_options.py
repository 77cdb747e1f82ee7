"""options.py: what an option may hold and what it is without are as the init script tells procd."""

import pytest

from nametrack.core.config import configuration, options, policy_options
from nametrack.wire import uci

HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."
SCRIPT = HERE + "/../../../files/etc/init.d/nametrack"
KINDS = {
    "global": options.GLOBAL,
    "peer": options.PEER_IDENTITY + options.PEER,
    "policy": policy_options.POLICY + policy_options.POLICY_ROUTE + policy_options.POLICY_SETS["nftset"],
}


def agreed():
    """[(kind, option, type, default)] as the script has them."""
    found, kind = [], None
    with open(SCRIPT) as file:
        for line in file.read().split("\n"):
            if line.startswith("validate_"):
                kind = line[len("validate_") : line.find("(")]
            elif kind is not None and line.strip().startswith("'"):
                name, rest = line.strip().rstrip("\\").strip().strip("'").split(":", 1)
                end = rest.rfind(")") if ")" in rest else 0
                colon = rest.find(":", end)
                found.append(
                    (kind, name, rest if colon < 0 else rest[:colon], None if colon < 0 else rest[colon + 1 :])
                )
    return found


AGREED = agreed()


def option(kind, name):
    (found,) = [each for each in KINDS[kind] if each.name == name]
    return found


def takes(found, text):
    return found.parse(text)[1] is None


def test_the_script_has_every_option():
    assert sorted([each[:2] for each in AGREED]) == sorted([(k, each.name) for k in KINDS for each in KINDS[k]])


@pytest.mark.parametrize("number", range(len(AGREED)))
def test_an_option_has_the_default_and_takes_what_the_script_says(number):
    kind, name, type_, default = AGREED[number]
    found = option(kind, name)
    if default is not None:
        value, problem = found.parse(default)
        assert problem is None
        assert found.default == ([value] if found.many else value if name != "fwmark_mask" else default)
    if type_.startswith("range("):
        least, most = [int(word) for word in type_[len("range(") : -1].split(",")]
        assert [takes(found, str(n)) for n in (least - 1, least, most, most + 1)] == [False, True, True, False]
        assert found.parse(str(most))[0] == most and not takes(found, "x") and not takes(found, "%d.5" % least)
    elif type_.startswith("or("):
        for word in type_[len("or(") : -1].split(","):
            assert found.parse(word.strip('"')) == (word.strip('"'), None)
        assert not takes(found, "other")
    elif type_ == "bool":
        assert [found.parse(text)[0] for text in ("1", "0")] == [True, False] and not takes(found, "2")
    elif type_ == "port":
        assert [takes(found, text) for text in ("0", "1", "65535", "65536")] == [False, True, True, False]


def test_what_network_leaves_out_is_as_netifd_takes_it():
    text = "config interface 'wg0'\n\toption proto 'wireguard'\n\nconfig wireguard_wg0\n\toption public_key '%sA='\n"
    config = configuration.build([], uci.parse(text % ("H" * 42))[0], [])
    interface, (peer,) = config.interfaces["wg0"], config.network_peers
    assert interface.is_vpn() and not peer.disabled and not peer.route_allowed_ips
    assert (peer.description, peer.endpoint_host, peer.endpoint_port, peer.allowed_ips) == ("", None, 51820, [])
    assert peer.persistent_keepalive == 0 and config.errors == []


def test_a_tunnel_without_a_protocol_is_known_by_its_device_by_either_option():
    for option, device, tunnel in (("device", "tun0", True), ("ifname", "tun0", True), ("device", "eth1", False)):
        text = "config interface 'x'\n\toption proto 'none'\n\toption %s '%s'\n" % (option, device)
        assert configuration.build([], uci.parse(text)[0], []).interfaces["x"].is_vpn() == tunnel
