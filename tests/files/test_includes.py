"""The user files for pbr, vpn-policy-routing and the firewall, and how they are registered there."""

import pytest

from nametrack.wire import uci
from scratch import Router

INCLUDES = "/usr/share/nametrack/includes"
SERVICES = {
    "pbr": "config pbr 'config'\n\toption ipv6_enabled '1'\n",
    "vpn-policy-routing": "config vpn-policy-routing 'config'\n",
    "firewall": "config zone\n\toption name 'lan'\n",
}
PATH = "/usr/share/nametrack/%s.include"


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(INCLUDES)
    router.uci()
    router.stand_in("logger")
    router.path("/etc/config").mkdir()
    return router


def configure(router, *names):
    for name in names:
        router.write(f"/etc/config/{name}", SERVICES[name])


def options(router, name):
    """The options of the section `nametrack` of a file as it is, None if there is no such section."""
    sections, problems = uci.parse(router.path(f"/etc/config/{name}").read_text())
    assert not problems
    found = [section for section in sections if section.name == "nametrack"]
    assert all(section.type == "include" for section in found)
    return {key: value.replace(str(router.root), "") for key, value in found[0].options.items()} if found else None


def test_each_service_that_is_there_gets_a_section(router):
    configure(router, *SERVICES)
    router.run(f"{INCLUDES} add")
    assert options(router, "pbr") == {"path": PATH % "pbr", "enabled": "1"}
    assert options(router, "vpn-policy-routing") == {"path": PATH % "vpn-policy-routing", "enabled": "1"}
    expected = {"type": "script", "path": PATH % "firewall", "reload": "1", "enabled": "1"}
    assert options(router, "firewall") == expected


def test_firewall4_is_not_told_what_it_does_not_know(router):
    configure(router, "firewall")
    router.write("/sbin/fw4")
    router.run(f"{INCLUDES} add")
    assert "reload" not in options(router, "firewall")


def test_a_service_that_is_not_there_gets_none(router):
    configure(router, "pbr")
    router.run(f"{INCLUDES} add")
    assert sorted(path.name for path in router.path("/etc/config").iterdir()) == ["pbr"]


def test_a_section_that_is_there_is_left_as_it_is(router):
    configure(router, "pbr")
    router.run(f"{INCLUDES} add")
    router.run("sed -i \"s/enabled '1'$/enabled '0'/\" /etc/config/pbr")
    before = router.path("/etc/config/pbr").read_text()
    router.run(f"{INCLUDES} add")
    assert router.path("/etc/config/pbr").read_text() == before


@pytest.mark.parametrize("name", SERVICES)
def test_a_section_of_the_user_s_that_has_our_name_stays_what_it_is(router, name):
    text = SERVICES[name] + "\nconfig policy 'nametrack'\n\toption name 'work'\n"
    router.write(f"/etc/config/{name}", text)
    router.run(f"{INCLUDES} add; {INCLUDES} remove")
    assert router.path(f"/etc/config/{name}").read_text() == text


def test_what_was_added_is_taken_away_and_nothing_else(router):
    configure(router, *SERVICES)
    router.run(f"{INCLUDES} add")
    router.run(f"{INCLUDES} remove; {INCLUDES} remove")
    for name, text in SERVICES.items():
        assert router.path(f"/etc/config/{name}").read_text().strip() == text.strip()


@pytest.mark.parametrize("word", ["add", "remove"])
def test_what_the_user_has_staged_stays_staged(router, word):
    """`uci commit` of a configuration commits whatever is staged in it, also by others."""
    configure(router, *SERVICES)
    router.run(f"{INCLUDES} add" if word == "remove" else "true")
    router.run("uci set pbr.config.ipv6_enabled=0; uci set firewall.@zone[0].name=guest; uci add firewall rule")
    staged = router.run("uci changes pbr; uci changes firewall")
    assert "ipv6_enabled" in staged and "rule" in staged
    router.run(f"{INCLUDES} {word}")
    assert "option ipv6_enabled '1'" in router.path("/etc/config/pbr").read_text()
    assert "option name 'lan'" in router.path("/etc/config/firewall").read_text()
    assert router.run("uci changes pbr; uci changes firewall") == staged
    assert router.run("uci commit pbr; uci get pbr.config.ipv6_enabled") == "0\n"
    assert (
        router.run("uci commit firewall; uci get firewall.@zone[0].name; uci get firewall.@rule[0]") == "guest\nrule\n"
    )


@pytest.mark.parametrize("delta", ["/tmp/.uci/firewall", "/var/run/rpcd/uci-5f3c/firewall"])
def test_a_removal_does_not_lose_what_is_staged_for_a_later_section(router, delta):
    """A section without a name is known by its place: it would be another one's after a deletion before it."""
    configure(router, "firewall")
    router.run(f"{INCLUDES} add; printf \"config zone\\n\\toption name 'vpn'\\n\" >>/etc/config/firewall")
    router.run("uci set firewall.@zone[1].name=other")
    if delta != "/tmp/.uci/firewall":
        router.run(f"mkdir -p {delta.rpartition('/')[0]} && mv /tmp/.uci/firewall {delta}")
    router.run(f"{INCLUDES} remove")
    assert options(router, "firewall")["enabled"] == "0"
    assert any(call.startswith("logger -t nametrack") for call in router.calls())
    if delta != "/tmp/.uci/firewall":
        router.run(f"mv {delta} /tmp/.uci/firewall")
    assert router.run("uci commit firewall; uci get firewall.@zone[1].name") == "other\n"


def test_anything_else_is_a_mistake(router):
    assert "usage" in router.run(INCLUDES, expect=2)


def test_a_start_registers_them_with_services_that_came_later(router):
    configure(router, "pbr")
    router.install("/etc/init.d/nametrack")
    router.install("/usr/share/nametrack/setup")
    router.run("/etc/init.d/nametrack start_service", option_enabled="0")
    assert options(router, "pbr")


# As pbr does it: the file may not be empty, is looked at, then sourced where `nft` keeps what is to be loaded.
PBR = """
nft() { echo "$*" >>/var/run/pbr.nft; }
[ -s /usr/share/nametrack/pbr.include ] || exit 1
sh -n /usr/share/nametrack/pbr.include || exit 1
. /usr/share/nametrack/pbr.include || exit 1
echo "went on"
"""


def program(router, script):
    router.write("/usr/sbin/nametrack", "#!/bin/sh\n" + script, 0o755)


def test_pbr_gets_nothing_from_its_user_file_and_waits_for_nothing(router):
    """Whatever the file adds is in the ruleset of the firewall, and a mistake there leaves the router without one."""
    router.install("/usr/share/nametrack/pbr.include")
    program(router, "echo called >>/tmp/called; sleep 100")
    assert router.run(PBR) == "went on\n"
    assert not router.path("/var/run/pbr.nft").exists() and not router.path("/tmp/called").exists()
    assert router.calls() == []


def test_pbr_s_user_file_runs_where_there_is_no_program_at_all(router):
    """After a sysupgrade the file is kept, and the package is not there."""
    router.install("/usr/share/nametrack/pbr.include")
    assert router.run("PATH=/nowhere; . /usr/share/nametrack/pbr.include && echo went on") == "went on\n"


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
