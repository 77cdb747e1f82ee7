"""What a login may do is decided at the rpc end point, by the file that the package installs."""

import json
import urllib.request

import pytest

from luci.router import ACL, Router
from luci.scripted import Scripted, host, peer, policy

NETWORK = "config interface 'wg0'\n\toption proto 'wireguard'\n\toption private_key 'secret'\n"
SERVICES = ("pbr", "vpn-policy-routing")
DENIED = {"code": -32002, "message": "Access denied"}


@pytest.fixture
def router(tmp_path):
    (tmp_path / "nametrack").write_text("config nametrack 'global'\n\toption enabled '1'\n")
    (tmp_path / "network").write_text(NETWORK)
    agent = Scripted(check=lambda _: {"findings": []})
    agent.answers.update(
        peers=[peer("home", "home.example.com")], policies=[policy("work", host("a.example", "192.0.2.7"))]
    )
    with Router(agent, tmp_path) as router:
        yield router


def call(router, sid, name, method, **arguments):
    """The `result` or the `error` of one JSON-RPC call, over HTTP."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [sid, name, method, arguments]}
    request = urllib.request.Request(router.web.url + "/ubus", json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    return answer.get("result", answer.get("error"))


def test_the_package_grants_this_and_nothing_else():
    assert json.loads(ACL.read_text()) == {
        "luci-app-nametrack": {
            "description": "Grant access to nametrack",
            "read": {"ubus": {"nametrack": ["status", "events", "check", "choices"]}, "uci": ["nametrack"]},
            "write": {
                "file": {f"/usr/sbin/nametrack import {name} --json": ["exec"] for name in SERVICES},
                "ubus": {"file": ["exec"], "nametrack": ["pause", "refresh", "resolve", "resume", "why"]},
                "uci": ["nametrack"],
            },
        }
    }


def test_a_login_with_the_read_part_reads(router):
    sid = router.rpcd.login("reader", "")
    assert call(router, sid, "nametrack", "status")[0] == 0
    assert call(router, sid, "nametrack", "events", since=0) == [0, {"events": []}]
    assert call(router, sid, "nametrack", "check") == [0, {"findings": []}]
    assert call(router, sid, "uci", "get", config="nametrack", section="global", option="enabled") == [
        0,
        {"value": "1"},
    ]


@pytest.mark.parametrize("method", ["pause", "refresh", "resolve", "resume", "why", "reload", "interface", "resync"])
def test_a_login_with_the_read_part_orders_nothing(router, method):
    assert call(router, router.rpcd.login("reader", ""), "nametrack", method) == DENIED
    assert router.calls() == []


@pytest.mark.parametrize("right", [[], ["luci-base"]])
def test_a_login_with_the_read_part_writes_nothing(router, right):
    """Whether LuCI's own rights let it call `uci set` at all, as they do where it may write another package."""
    router.rpcd.add_login("other", "", read=["luci-app-nametrack"], write=right)
    sid = router.rpcd.login("other", "")
    answer = call(router, sid, "uci", "set", config="nametrack", section="global", values={"enabled": "0"})
    assert answer == ([6] if right else DENIED)
    assert router.rpcd.uci.staged == {}


def test_the_write_part_is_for_this_package_alone(router):
    sid = router.rpcd.login("root", "")
    assert call(router, sid, "uci", "set", config="nametrack", section="global", values={"enabled": "0"}) == [0, {}]
    assert call(router, sid, "uci", "set", config="network", section="wg0", values={"proto": "none"}) == [6]
    assert call(router, sid, "uci", "get", config="network") == [6], "it holds private keys"


@pytest.mark.parametrize("command", ["/bin/sh", "/usr/sbin/nametrack"])
@pytest.mark.parametrize("params", [["-c", "id"], ["flush"], ["import", "pbr"], ["import", "pbr", "--json", "x"]])
def test_no_other_program_is_run_and_none_with_other_arguments(router, command, params):
    sid = router.rpcd.login("root", "")
    assert call(router, sid, "file", "exec", command=command, params=params) == [6]
    assert router.rpcd.files.runs == []


def test_a_login_with_the_read_part_imports_nothing(router):
    sid = router.rpcd.login("reader", "")
    answer = call(router, sid, "file", "exec", command="/usr/sbin/nametrack", params=["import", "pbr", "--json"])
    assert answer == DENIED and router.rpcd.files.runs == []


@pytest.mark.parametrize("name", ["system", "network.interface"])
def test_no_other_object_is_reached(router, name):
    assert call(router, router.rpcd.login("root", ""), name, "exec") == DENIED


def test_a_session_that_is_over_may_nothing(router):
    assert call(router, "f" * 32, "nametrack", "status") == DENIED
    assert call(router, "0" * 32, "nametrack", "status") == DENIED


def test_a_read_only_login_sees_the_pages_without_the_buttons(router, browser):
    router.open(browser, login="reader")
    browser.wait_for_text("a.example")
    assert browser.find("[data-action=refresh], [data-action=why]") == []
    browser.screenshot("read-only")
    router.open(browser, "settings", login="reader")
    browser.wait_for_text("Policies")
    enabled = [b.text for b in browser.find("#view button") if b.is_displayed() and b.is_enabled()]
    assert {text for text in enabled if text} <= {"Edit"}
    assert not any(field.is_enabled() for field in browser.find("#view .cbi-value select"))


def test_a_button_that_is_there_all_the_same_says_that_it_may_not(router, browser):
    """A page may have been opened before the rights were taken away."""
    router.open(browser)
    browser.wait_for_text("a.example")
    router.rpcd.groups["luci-app-nametrack"]["write"] = {}
    browser.click("Refresh all")
    browser.wait_for_text("not asked: this login may only look")
