"""The user files for pbr, vpn-policy-routing and the firewall, and how they are registered there."""

import pytest

from scratch import Router

INCLUDES = "/usr/share/nametrack/includes"
# A uci whose configurations are files of lines `name.option=value`, changed at once.
UCI = """
shift $([ "$1" = -q ] && echo 1 || echo 0)
config=/etc/config/${2%%.*}
key=${2#*.}
case $1 in
get) sed -n "s/^$key=//p" $config | grep . ;;
set) echo "$key" >>$config ;;
delete) sed -i "/^$key[.=]/d" $config ;;
esac
"""
SERVICES = {"pbr": "config.enabled=1\n", "vpn-policy-routing": "", "firewall": "wan.network=wan\n"}


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(INCLUDES)
    router.stand_in("uci", UCI)
    router.path("/etc/config").mkdir()
    return router


def configure(router, *names):
    for name in names:
        router.write(f"/etc/config/{name}", SERVICES[name])


def lines(router, name):
    return router.path(f"/etc/config/{name}").read_text().replace(str(router.root), "").splitlines()


def section(*options):
    return ["nametrack=include", *[f"nametrack.{option}" for option in options]]


def test_each_service_that_is_there_gets_a_section(router):
    configure(router, *SERVICES)
    router.run(f"{INCLUDES} add")
    path = "path=/usr/share/nametrack/%s.include"
    assert lines(router, "pbr") == ["config.enabled=1", *section(path % "pbr", "enabled=1")]
    assert lines(router, "vpn-policy-routing") == section(path % "vpn-policy-routing", "enabled=1")
    firewall = section("type=script", path % "firewall", "reload=1", "enabled=1")
    assert lines(router, "firewall") == ["wan.network=wan", *firewall]
    assert [call for call in router.calls() if "commit" in call] == [
        "uci commit pbr",
        "uci commit vpn-policy-routing",
        "uci commit firewall",
    ]


def test_firewall4_is_not_told_what_it_does_not_know(router):
    configure(router, "firewall")
    router.write("/sbin/fw4")
    router.run(f"{INCLUDES} add")
    assert not any("reload" in line for line in lines(router, "firewall"))


def test_a_service_that_is_not_there_gets_none(router):
    configure(router, "pbr")
    router.run(f"{INCLUDES} add")
    assert sorted(path.name for path in router.path("/etc/config").iterdir()) == ["pbr"]


def test_a_section_that_is_there_is_left_as_it_is(router):
    configure(router, "pbr")
    router.run(f"{INCLUDES} add")
    router.run("sed -i s/nametrack.enabled=1/nametrack.enabled=0/ /etc/config/pbr")
    before = lines(router, "pbr")
    commits = router.calls().count("uci commit pbr")
    router.run(f"{INCLUDES} add")
    assert lines(router, "pbr") == before
    assert router.calls().count("uci commit pbr") == commits


def test_what_was_added_is_taken_away_and_nothing_else(router):
    configure(router, *SERVICES)
    router.run(f"{INCLUDES} add")
    router.run(f"{INCLUDES} remove")
    for name, text in SERVICES.items():
        assert lines(router, name) == text.splitlines()
    calls = len(router.calls())
    router.run(f"{INCLUDES} remove")
    assert not any("commit" in call for call in router.calls()[calls:])


def test_anything_else_is_a_mistake(router):
    assert "usage" in router.run(INCLUDES, expect=2)


def test_an_installation_registers_them(router):
    configure(router, "pbr")
    router.install("/etc/uci-defaults/91-nametrack-includes")
    router.run("( . /etc/uci-defaults/91-nametrack-includes )")
    assert "nametrack=include" in lines(router, "pbr")


def test_a_start_registers_them_with_services_that_came_later(router):
    configure(router, "pbr")
    router.install("/etc/init.d/nametrack")
    router.run("/etc/init.d/nametrack start_service", option_enabled="0")
    assert "nametrack=include" in lines(router, "pbr")


PRINTED = """
[ "$*" = "include $SERVICE" ] || exit 2
echo "add element inet fw4 pbr_wg_4_dst_ip_user { 192.0.2.1, 192.0.2.2 } # nametrack"
echo "add element inet fw4 pbr_wg_4_dst_ip_user { 192.0.2.3 } # nametrack"
"""
# As pbr does it from version 1.1.7 on: the file is looked at, then sourced where `nft` keeps what is to be loaded.
PBR = """
nft() { echo "$*" >>/var/run/pbr.nft; }
nametrack_line=mine
sh -n /usr/share/nametrack/pbr.include || exit 1
. /usr/share/nametrack/pbr.include || exit 1
echo "went on, $nametrack_line"
"""


def program(router, script):
    router.write("/usr/sbin/nametrack", "#!/bin/sh\n" + script, 0o755)


def test_pbr_gets_each_line_as_a_command_of_nft(router):
    router.install("/usr/share/nametrack/pbr.include")
    program(router, PRINTED)
    assert router.run(PBR, SERVICE="pbr") == "went on, mine\n"
    assert router.path("/var/run/pbr.nft").read_text().splitlines() == [
        "add element inet fw4 pbr_wg_4_dst_ip_user { 192.0.2.1, 192.0.2.2 } # nametrack",
        "add element inet fw4 pbr_wg_4_dst_ip_user { 192.0.2.3 } # nametrack",
    ]


@pytest.mark.parametrize("script", [None, "exit 1", "echo broken >&2; exit 2", "kill -9 $$"])
def test_pbr_goes_on_whatever_becomes_of_nametrack(router, script):
    router.install("/usr/share/nametrack/pbr.include")
    if script is not None:
        program(router, script)
    assert router.run(PBR).endswith("went on, mine\n")
    assert not router.path("/var/run/pbr.nft").exists()


OLD = ". /usr/share/nametrack/vpn-policy-routing.include || exit 1; echo went on"


def test_vpn_policy_routing_s_sets_are_filled_in_one_go(router):
    router.install("/usr/share/nametrack/vpn-policy-routing.include")
    router.stand_in("ipset", "cat >>/tmp/restored")
    program(router, "echo add wg 192.0.2.1 -exist; echo add wg6 2001:db8::1 -exist")
    assert router.run(OLD) == "went on\n"
    assert router.calls() == ["ipset restore -!"]
    assert router.path("/tmp/restored").read_text() == "add wg 192.0.2.1 -exist\nadd wg6 2001:db8::1 -exist\n"


@pytest.mark.parametrize("script", [None, "exit 1", "kill -9 $$"])
def test_vpn_policy_routing_goes_on_whatever_becomes_of_nametrack(router, script):
    router.install("/usr/share/nametrack/vpn-policy-routing.include")
    router.stand_in("ipset", "cat >/dev/null; exit 1")
    if script is not None:
        program(router, script)
    assert router.run(OLD).endswith("went on\n")


@pytest.mark.parametrize("answer", ["", "exit 4"])
def test_the_firewall_has_the_sets_compared(router, answer):
    router.install("/usr/share/nametrack/firewall.include")
    router.stand_in("ubus", answer)
    assert router.run(". /usr/share/nametrack/firewall.include && echo went on") == "went on\n"
    assert router.calls() == ['ubus -t 1 call nametrack resync {"reason":"the firewall was loaded"}']
