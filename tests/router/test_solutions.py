"""The commands of pages are taken by a router's own uci, init scripts and kernel; the lab sees the packets.

Nothing is there but what the package brings, an interface of WireGuard, and a nameserver that knows one name.
"""

import json
import re

import pytest

from test_router import NAMESERVER, PEER, TUNNEL, UP
from tree import TOP

PAGE = (TOP / "docs/solutions.md").read_text()
COMING = (TOP / "docs/coming-from.md").read_text()
MANY = (TOP / "docs/many-routers.md").read_text()
YOURS = {"staging.example.com": "house.test", "video.example.com": "house.test", "'wg0'": "'nttest'", "wg1": "ntother"}
WHOLE = "uci add_list network.nttestpeer.allowed_ips=0.0.0.0/0; uci set network.nttest.addresses=10.99.0.2/24"
ASKED = "uci add_list nametrack.global.nameserver='127.0.0.1#5399'; uci commit nametrack; /etc/init.d/nametrack reload"
SECOND = (
    TUNNEL.replace("nttest", "ntother")
    + PEER.replace("nttest", "ntother")
    + (
        "uci add_list network.ntotherpeer.allowed_ips=0.0.0.0/0; uci set network.ntother.addresses=10.98.0.2/24\n"
        "uci commit network; ifup ntother"
    )
)
CRONTAB = "/etc/crontabs/root"
NO_POLICY = "while uci -q delete nametrack.@policy[-1]; do :; done; uci commit nametrack; /etc/init.d/nametrack reload"
POLICIES = {"site", "video", "tv", "safe"}


def blocks(heading, page=PAGE):
    """The shell blocks of a part of a page, with what is the test's."""
    found = re.findall(r"^```sh\n(.*?)^```$", page.split(f"\n## {heading}")[1].split("\n## ")[0], re.M | re.S)
    for theirs, ours in YOURS.items():
        found = [text.replace(theirs, ours) for text in found]
    return found


@pytest.fixture(scope="module")
def installed(router, packages):
    if not router.succeeds("command -v wg && command -v dnsmasq && [ -e /lib/netifd/proto/wireguard.sh ]"):
        pytest.skip("this router has no WireGuard, or no dnsmasq")
    packages.install(packages.name, packages.version)
    router.ok(NAMESERVER)
    router.ok(TUNNEL)
    router.wait(UP)
    router.ok(f"{PEER}\n{WHOLE}; uci commit network; ifup nttest\n{ASKED}")
    router.wait(UP)
    yield router
    router.run(NO_POLICY)
    router.run("ifdown nttest; uci delete network.nttestpeer; uci delete network.nttest; uci commit network")
    router.run("kill $(cat /tmp/nametrack-test.pid); /etc/init.d/network reload")
    packages.remove_as_documented()


@pytest.fixture
def second(installed):
    """A second VPN."""
    installed.ok(SECOND)
    installed.wait(UP.replace("nttest", "ntother"))
    yield installed
    installed.run(NO_POLICY)
    installed.run("ifdown ntother; uci delete network.ntotherpeer; uci delete network.ntother; uci commit network")
    installed.run("/etc/init.d/network reload; ifup nttest")


@pytest.fixture
def crontab(installed):
    """The scheduled tasks, put back at the end."""
    installed.ok(f"mkdir -p /etc/crontabs; touch {CRONTAB}; cp {CRONTAB} /tmp/nttest.crontab")
    yield installed
    installed.run(f"cp /tmp/nttest.crontab {CRONTAB}; rm -f /tmp/nttest.crontab; /etc/init.d/cron restart")


@pytest.mark.parametrize("heading", ["Send one site", "Send Netflix", "Send one device", "Block the site"])
def test_the_policy_of_the_page_is_in_force(installed, heading):
    first, *more = blocks(heading)
    try:
        installed.ok(first)
        installed.wait("""ubus call nametrack status | grep -q '"way": "nttest"'""")
        (policy,) = json.loads(installed.ok("ubus call nametrack status"))["policies"]
        assert policy["name"] in POLICIES and policy["table"]
        for text in more:
            assert "192.0.2.7 goes through nttest as configured" in installed.ok(text)
        said = json.loads(installed.ok("ubus call nametrack check"))["findings"]
        assert not [each for each in said if each["code"] == "configuration"], said
    finally:
        installed.ok(NO_POLICY)


def test_the_second_vpn_of_the_page_is_taken_while_the_first_one_is_down(second):
    (text,) = blocks("Change to a")
    second.ok(text)
    second.wait("""ubus call nametrack status | grep -q '"way": "nttest"'""")
    assert "192.0.2.7 goes through nttest as configured" in second.ok("nametrack why house.test")
    second.ok("ifdown nttest")
    second.wait("""ubus call nametrack status | grep -q '"way": "ntother"'""")
    (policy,) = json.loads(second.ok("ubus call nametrack status"))["policies"]
    assert (policy["state"], policy["code"]) == ("failed_over", "failed_over")
    assert [way["code"] for way in policy["ways"]] == ["down", None]
    second.wait("ip route get 192.0.2.7 | grep -q 'dev ntother'")


def test_a_script_of_the_scheduled_tasks_is_taken_out_as_the_page_says(crontab):
    (text,) = blocks("From a cron script with", COMING)
    crontab.ok(f"printf '5 4 * * * /bin/other\\n* * * * * /root/reresolve.sh wg0\\n' >{CRONTAB}")
    said = crontab.ok(text)
    assert "/root/reresolve.sh wg0" in said, "it is shown before it goes"
    assert crontab.ok("crontab -l") == "5 4 * * * /bin/other\n"


def test_a_textfile_collector_gets_the_metrics_as_the_page_says(crontab):
    (text,) = blocks("Metrics", MANY)
    crontab.ok(text)
    (task,) = [line for line in crontab.ok("crontab -l").splitlines() if "nametrack metrics" in line]
    crontab.wait("[ -s /var/prometheus/nametrack.prom ]", 90)  # crond runs it at the next minute
    shown = crontab.ok("cat /var/prometheus/nametrack.prom; ls /var/prometheus")
    assert "nametrack_peers{" in shown and shown.splitlines()[-1] == "nametrack.prom", task
    crontab.ok("rm -r /var/prometheus")


def test_the_option_of_the_page_keeps_it_after_an_upgrade(installed):
    (text,) = blocks("Keep it after")
    installed.ok(text)
    assert "/etc/init.d/nametrack-restore" in installed.ok("sysupgrade -l")
    installed.ok("uci set nametrack.global.restore=0; uci commit nametrack; /etc/init.d/nametrack reload")
