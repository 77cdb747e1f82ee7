"""The life of nametrack on a router, in the order in which it happens: each test goes on where the one before ended."""

import json
import os

import pytest

from conftest import MET
from tree import ELSEWHERE, TOP

if "ROUTER" not in os.environ:
    pytest.skip(
        "no router: set ROUTER=docker:openwrt/rootfs:x86-64-24.10.6, ssh:root@192.168.1.1 or dir:/path/to/rootfs",
        allow_module_level=True,
    )

FILES = sorted("/" + str(p.relative_to(TOP / "files")) for p in (TOP / "files").rglob("*") if p.is_file())
PACKAGED = {str(path.relative_to(TOP / "agent")) for path in (TOP / "agent").rglob("*.py")} - ELSEWHERE
AGENT = {"/usr/lib/nametrack/" + path for path in PACKAGED}
RUNNING = """ubus call service list '{"name":"nametrack"}' | grep -q '"running": true'"""


def pid(router):
    return router.ok("pgrep -f /usr/lib/nametrack/start.py").split()[0]


def status(router):
    return json.loads(router.ok("ubus call nametrack status"))


def mode(router, path):
    return router.ok(f"ls -ln {path}").split()[:4:2]


@pytest.fixture(scope="module")
def before(router):
    """Every file that was there before."""
    return set(files(router))


def files(router):
    return router.ok("find / -xdev -type f -o -xdev -type l").split("\n")


def test_an_installation_leaves_staged_what_the_user_has_staged(router, packages, before):
    router.wait("[ -f /var/run/config.md5 ]")  # it has booted, which commits what is staged
    router.ok("uci set system.@system[0].notes=staged")
    staged = router.ok("uci changes")
    router.run("opkg update || apk update")  # for the interpreter; without a network it must be there already
    packages.install(packages.name, packages.version)
    router.wait(RUNNING)
    assert router.ok("uci changes") == staged
    router.ok("uci revert system")
    assert router.ok("nametrack version").startswith(f"nametrack {packages.version} (")


def test_files_and_modes(router, packages):
    ending = ".mpy" if packages.name == "nametrack-mpy" else ".py"
    agent = {path if path.endswith("/start.py") else path[:-3] + ending for path in AGENT}
    for path in FILES + sorted(agent):
        shown, owner = mode(router, path)
        script = router.ok(f"head -c 2 {path}") == "#!" and "/hotplug.d/" not in path
        expected = "-rw-------" if path.startswith("/etc/config/") else "-rwxr-xr-x" if script else "-rw-r--r--"
        assert (shown, owner) == (expected, "0"), path


def test_it_is_enabled_and_running_under_procd(router):
    assert router.succeeds("/etc/init.d/nametrack enabled")
    router.wait(RUNNING)
    assert router.ok("ls /etc/rc.d/*nametrack") == "/etc/rc.d/S95nametrack\n"


def test_it_keeps_only_the_rights_it_needs(router):
    if not router.succeeds("grep -qs inheritable /sbin/ujail"):
        pytest.skip("this release has no ujail that could limit them")
    shown = dict(
        line.split(":\t") for line in router.ok(f"cat /proc/{pid(router)}/status").splitlines() if ":\t" in line
    )
    assert int(shown["CapEff"], 16) == int(shown["CapBnd"], 16) == 1 << 1 | 1 << 12 | 1 << 13
    assert shown.get("NoNewPrivs", "1") == "1"


def test_it_is_on_the_bus(router, packages):
    router.wait("ubus list nametrack")
    assert status(router)["version"] == packages.version
    assert status(router)["config_errors"] == []


def test_a_commit_is_read_without_a_restart(router):
    first = pid(router)
    router.ok("uci set nametrack.global.retain=soon && uci commit nametrack && reload_config")
    router.wait("ubus call nametrack status | grep -q soon")
    router.ok("uci set nametrack.global.retain=7200 && uci commit nametrack && reload_config")
    router.wait("! ubus call nametrack status | grep -q soon")
    assert pid(router) == first


def test_disabled_there_is_no_process(router):
    router.ok("uci set nametrack.global.enabled=0 && uci commit nametrack && reload_config")
    router.wait(f"! {RUNNING}")
    router.ok("uci set nametrack.global.enabled=1 && uci commit nametrack && reload_config")
    router.wait(RUNNING)


def test_disabled_the_commands_say_so_and_what_they_advise_enables_it(router):
    router.ok("uci set nametrack.global.enabled=0 && uci commit nametrack && reload_config")
    router.wait(f"! {RUNNING}")
    code, text = router.run("nametrack check")
    assert code == 1 and text.startswith("info: configuration: nametrack is disabled"), text
    code, text = router.run("nametrack status")
    assert code == 1 and "nametrack is disabled" in text, text
    router.ok(text.partition("to enable it: ")[2])
    router.wait(RUNNING)


def test_a_killed_agent_comes_back(router):
    first = pid(router)
    router.ok(f"kill -9 {first}")
    router.wait(f"pgrep -f /usr/lib/nametrack/start.py | grep -vx {first}")


def test_hotplug_tells_the_agent(router):
    router.wait("ubus list nametrack")
    event = "ACTION=ifup INTERFACE=test0 DEVICE=lo /sbin/hotplug-call iface"
    seen = router.ok(f"ubus monitor >/tmp/seen & p=$!; sleep 2; {event}; sleep 2; kill $p; cat /tmp/seen; rm /tmp/seen")
    assert '"method":"interface"' in seen and '"interface":"test0"' in seen


def test_hotplug_does_not_mind_an_agent_that_is_stopped(router):
    router.ok("/etc/init.d/nametrack stop")
    router.wait(f"! {RUNNING}")
    said = router.ok("ACTION=ifup INTERFACE=test0 DEVICE=lo /sbin/hotplug-call iface")
    assert "nametrack" not in said  # scripts of netifd's and of the firewall's print what they like
    router.ok("/etc/init.d/nametrack start")
    router.wait(RUNNING)


# A nameserver of this test's own, and a set to be filled: nothing of the router's own configuration is changed.
NAMESERVER = """
dnsmasq --conf-file=/dev/null --no-resolv --port=5399 --listen-address=127.0.0.1 --bind-interfaces \\
	--local=/test/ --address=/house.test/192.0.2.7 --pid-file=/tmp/nametrack-test.pid
"""
POLICY = """
uci batch <<END
set nametrack.test=policy
set nametrack.test.target=nftset
set nametrack.test.set4='inet nametrack_test four'
add_list nametrack.test.host=house.test
add_list nametrack.global.nameserver='127.0.0.1#5399'
END
uci commit nametrack
"""
SET = "nft add table inet nametrack_test; nft 'add set inet nametrack_test four { type ipv4_addr; }'"
FILLED = "nft list set inet nametrack_test four | grep -q 192.0.2.7"


def test_what_was_resolved_is_remembered_and_used_where_there_is_no_dns(router):
    if not router.succeeds("command -v nft && command -v dnsmasq"):
        pytest.skip("this router has no nft or no dnsmasq")
    assert not router.succeeds("[ -e /etc/nametrack ]")
    router.ok(NAMESERVER + SET)
    router.ok(POLICY + "reload_config")
    router.wait(FILLED)
    router.ok("/etc/init.d/nametrack stop")
    router.wait("grep -q house.test /etc/nametrack/last-good.json")
    # as after a boot: the sets are empty, what was in memory is gone, and DNS is not there yet
    router.ok("kill $(cat /tmp/nametrack-test.pid); nft flush set inet nametrack_test four; rm -rf /var/run/nametrack")
    router.ok("/etc/init.d/nametrack start")
    router.wait(FILLED)
    router.ok("nft delete table inet nametrack_test")
    router.ok("uci delete nametrack.test; uci delete nametrack.global.nameserver; uci commit nametrack; reload_config")


KEPT = sorted(
    ["/etc/config/nametrack", "/etc/nametrack/last-good.json", "/lib/upgrade/keep.d/nametrack"]
    + [path for path in FILES if path.endswith(".include")]
)


def kept(router):
    return sorted(line for line in router.ok("sysupgrade -l").splitlines() if "nametrack" in line)


TUNNEL = """
uci batch <<END
set network.nttest=interface
set network.nttest.proto=wireguard
set network.nttest.private_key=$(wg genkey)
END
uci commit network; ifup nttest
"""
PEER = """
uci batch <<END
set network.nttestpeer=wireguard_nttest
set network.nttestpeer.public_key=xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
END
uci commit network
"""
UP = """ifstatus nttest | grep -q '"up": true'"""


def test_netifd_applies_a_changed_peer_when_the_interface_starts_and_not_before(router):
    """The stand-ins of the lab do the same, and so the recipes say `ifup`."""
    if not router.succeeds("command -v wg && [ -e /lib/netifd/proto/wireguard.sh ]"):
        pytest.skip("this router has no WireGuard")
    try:
        router.ok(TUNNEL)
        router.wait(UP)
        router.ok(PEER + "/etc/init.d/network reload; sleep 5")
        assert router.ok("wg show nttest peers") == ""
        router.ok("ifup nttest")
        router.wait("wg show nttest peers | grep -q xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=")
    finally:
        router.ok("ifdown nttest; uci delete network.nttestpeer; uci delete network.nttest; uci commit network")
        router.ok("/etc/init.d/network reload")


def test_a_peer_that_is_added_before_an_ifup_is_followed_without_a_reload(router):
    """Its user typed `uci commit network; ifup`, as the recipes for WireGuard do, and no `reload_config`."""
    if not router.succeeds("command -v wg && [ -e /lib/netifd/proto/wireguard.sh ]"):
        pytest.skip("this router has no WireGuard")
    host = "set network.nttestpeer.endpoint_host=peer.example.net\nEND"
    try:
        router.ok(TUNNEL)
        router.wait(UP)
        router.ok(PEER.replace("END\nuci", f"{host}\nuci") + "ifup nttest")
        router.wait("ubus call nametrack status | grep -q peer.example.net")
    finally:
        router.ok("ifdown nttest; uci delete network.nttestpeer; uci delete network.nttest; uci commit network")
        router.ok("/etc/init.d/network reload; /etc/init.d/nametrack reload")


ROUTED = """
uci batch <<END
set nametrack.nttest=policy
add_list nametrack.nttest.interface=nttest
set nametrack.nttest.target=route
add_list nametrack.nttest.host=192.0.2.7
set network.nttest.addresses=10.99.0.2/24
END
uci commit network; uci commit nametrack; ifup nttest; /etc/init.d/nametrack reload
"""


def findings(router, code):
    return [each for each in json.loads(router.ok("ubus call nametrack check"))["findings"] if each["code"] == code]


def test_what_check_and_why_advise_is_taken_by_the_real_uci_netifd_and_firewall(router):
    """The lab pastes the advice of every finding, with stand-ins for these."""
    if not router.succeeds("command -v wg && command -v fw4 && [ -e /lib/netifd/proto/wireguard.sh ]"):
        pytest.skip("this router has no WireGuard, or no fw4")
    router.ok("cp /etc/config/firewall /tmp/firewall.before")
    try:
        router.ok(TUNNEL + ROUTED)
        router.wait("ubus call nametrack check | grep -q not_forwarded")
        router.ok(PEER + "uci add_list network.nttestpeer.allowed_ips=10.99.0.0/24; uci commit network; ifup nttest")
        router.ok("/etc/init.d/nametrack reload")
        (found,) = findings(router, "not_forwarded")
        router.ok(found["advice"])
        router.wait("! ubus call nametrack check | grep -q not_forwarded")
        assert "nttest" in router.ok("nft list table inet fw4")
        router.wait("nametrack why 192.0.2.7 | grep -q 'no peer of nttest has allowed IPs'")
        answer = json.loads(router.run("nametrack why 192.0.2.7 --json")[1])
        router.ok(answer["advice"])
        router.wait("nametrack why 192.0.2.7 | grep -q 'goes through nttest as configured'")
    finally:
        router.run("uci delete nametrack.nttest; uci commit nametrack; /etc/init.d/nametrack reload")
        router.run("ifdown nttest; uci delete network.nttestpeer; uci delete network.nttest; uci commit network")
        router.run(
            "cp /tmp/firewall.before /etc/config/firewall; /etc/init.d/firewall reload; /etc/init.d/network reload"
        )


def test_sysupgrade_keeps_the_configuration_and_what_is_remembered(router):
    assert kept(router) == KEPT


def test_sysupgrade_keeps_the_restore_script_where_it_is_chosen(router, packages):
    router.ok("uci set nametrack.global.restore=1 && uci commit nametrack && reload_config")
    router.wait("[ -e /etc/rc.d/S99nametrack-restore ]")
    assert kept(router) == sorted([*KEPT, "/etc/init.d/nametrack-restore", "/etc/rc.d/S99nametrack-restore"])
    assert packages.name in router.ok("grep ^PACKAGES /etc/init.d/nametrack-restore")
    router.ok("uci set nametrack.global.restore=0 && uci commit nametrack && reload_config")
    router.wait("[ ! -e /etc/init.d/nametrack-restore ] && [ ! -e /etc/rc.d/S99nametrack-restore ]")


def test_upgrade(router, packages):
    first = pid(router)
    packages.install(packages.name, packages.later)
    assert router.ok(f"cat {MET}") == "", "it would load modules of another version"
    assert router.ok("nametrack version").startswith(f"nametrack {packages.later} (")
    # the code that runs is the new one, and the configuration the user's
    router.wait(f"pgrep -f /usr/lib/nametrack/start.py | grep -vx {first}")
    assert router.ok("uci get nametrack.global.retain") == "7200\n"
    assert router.ok("ls /etc/nametrack") == "last-good.json\n"
    assert router.succeeds("/etc/init.d/nametrack enabled")


def test_the_running_agent_is_the_upgraded_one(router, packages):
    # the first one may still be stopping
    router.wait('ubus call nametrack status | grep -F \'"version": "%s"\'' % packages.later)
    assert len(router.ok("pgrep -f /usr/lib/nametrack/start.py").split()) == 1


def test_luci(router, packages):
    if not router.succeeds("[ -d /www/luci-static/resources ]"):
        pytest.skip("this router has no LuCI")
    packages.install("luci-app-nametrack", packages.later)
    for folder, place in (("htdocs", "/www"), ("root", "")):
        for path in (TOP / "luci-app" / folder).rglob("*"):
            if path.is_file():
                assert router.succeeds(f"[ -r {place}/{path.relative_to(TOP / 'luci-app' / folder)} ]")
    for name in ("rpcd/acl.d", "luci/menu.d"):
        json.loads(router.ok(f"cat /usr/share/{name}/luci-app-nametrack.json"))


def test_removal_leaves_nothing_but_the_configuration(router, packages, before):
    packages.remove_as_documented()
    assert not router.succeeds(RUNNING) and not router.succeeds("pgrep -f /usr/lib/nametrack/start.py")
    left = {path for path in set(files(router)) - before if "nametrack" in path}
    assert {path for path in left if not path.startswith("/etc/config/nametrack")} == set()
    assert router.ok("uci get nametrack.global.retain") == "7200\n"
    assert not router.succeeds("[ -e /usr/lib/nametrack ] || [ -e /usr/share/nametrack ] || [ -e /etc/nametrack ]")
    assert not router.succeeds("find /www/luci-static/resources -name '*nametrack*' | grep .")
    router.ok("rm /etc/config/nametrack*")
