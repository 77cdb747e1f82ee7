"""The commands of docs/solutions.md are taken by a router's own uci, init scripts and kernel; the lab sees the packets.

Nothing is there but what the package brings, an interface of WireGuard, and a nameserver that knows one name.
"""

import json
import re

import pytest

from test_router import NAMESERVER, PEER, TUNNEL, UP
from tree import TOP

PAGE = (TOP / "docs/solutions.md").read_text()
YOURS = {"staging.example.com": "house.test", "video.example.com": "house.test", "'wg0'": "'nttest'", "wg1": "nttest"}
WHOLE = "uci add_list network.nttestpeer.allowed_ips=0.0.0.0/0; uci set network.nttest.addresses=10.99.0.2/24"
ASKED = "uci add_list nametrack.global.nameserver='127.0.0.1#5399'; uci commit nametrack; /etc/init.d/nametrack reload"
NO_POLICY = "while uci -q delete nametrack.@policy[-1]; do :; done; uci commit nametrack; /etc/init.d/nametrack reload"
POLICIES = {"site", "video", "tv", "safe"}


def blocks(heading):
    """The shell blocks of a part of the page, with what is the test's."""
    found = re.findall(r"^```sh\n(.*?)^```$", PAGE.split(f"\n## {heading}")[1].split("\n## ")[0], re.M | re.S)
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


@pytest.mark.parametrize(
    "heading", ["Send one site", "Send Netflix", "Send one device", "Change to a", "Block the site"]
)
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


def test_the_option_of_the_page_keeps_it_after_an_upgrade(installed):
    (text,) = blocks("Keep it after")
    installed.ok(text)
    assert "/etc/init.d/nametrack-restore" in installed.ok("sysupgrade -l")
    installed.ok("uci set nametrack.global.restore=0; uci commit nametrack; /etc/init.d/nametrack reload")
