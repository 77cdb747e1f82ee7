"""Policies of pbr are taken over in the settings: what is ticked is staged, what stays is said with why."""

import pytest

from lab.agent import uci
from luci.router import Router
from luci.scripted import Scripted
from luci.test_settings import CHANGES
from luci.test_site import GLOBAL, stage, staged
from luci.test_states import HOSTILE

BUTTON = "Take over policies from pbr…"
LIST, REST, OUTCOME = ".modal .nametrack-boxes", ".modal .nametrack-rest", ".modal .nametrack-preview"
PBR = [
    ("pbr", "config", {"enabled": 1, "resolver_set": "dnsmasq.nftset"}),
    ("policy", None, {"name": "Plex", "interface": "wg0", "dest_addr": "plex.tv", "src_addr": "192.168.1.5",
                      "dest_port": "443", "proto": "tcp"}),
    ("policy", None, {"name": "By address", "interface": "wg0", "dest_addr": "198.51.100.0/24"}),
    ("policy", None, {"name": "TV", "interface": "wg1", "src_addr": "192.168.1.50", "enabled": 0}),
    ("policy", None, {"name": "Nothing", "interface": "wg0"}),
    ("policy", None, {"name": "Sample", "interface": "ignore", "dest_addr": "a.example", "enabled": 0}),
    ("policy", None, {"name": "Strange", "interface": "wg0", "dest_addr": "b.example", "src_port": "99",
                      "proto": "icmp"}),
]  # fmt: skip
PLEX = {
    "interface": ["wg0"],
    "fallback": "block",
    "host": ["plex.tv", "*.plex.tv"],
    "client": ["192.168.1.5"],
    "proto": ["tcp"],
    "port": ["443"],
}
BY_ADDRESS = {"interface": ["wg0"], "fallback": "block", "host": ["198.51.100.0/24"]}
TV = {"enabled": "0", "interface": ["wg1"], "fallback": "block", "family": "ipv4", "client": ["192.168.1.50"]}


@pytest.fixture
def router(tmp_path):
    (tmp_path / "nametrack").write_text(uci(GLOBAL))
    (tmp_path / "pbr").write_text(uci(*PBR))
    with Router(Scripted(choices=lambda _: {"peers": [], "interfaces": []}), tmp_path) as router:
        router.files = tmp_path
        yield router


def opened(router, browser, login="root", **query):
    router.open(browser, "settings", login=login, **query)
    browser.wait(lambda: browser.button(BUTTON), "the button", 30)
    browser.click(BUTTON)
    browser.wait_for_text("Take over policies from pbr", ".modal")


def tick(browser, name):
    browser.find(f"{LIST} [data-policy={name}] input")[0].click()


def test_what_is_ticked_is_staged_and_nothing_of_pbr(router, browser):
    before = {path: path.read_text() for path in router.files.iterdir()}
    opened(router, browser)
    stage(browser)
    assert staged(router, "nametrack") == {"plex": ("policy", PLEX), "by_address": ("policy", BY_ADDRESS)}
    assert staged(router, "pbr") == {}
    assert {path: path.read_text() for path in router.files.iterdir()} == before, "nothing is written"
    browser.wait_for_text("plex.tv", "#cbi-nametrack-policy tr[data-sid=plex]")


def test_the_dialogue_says_what_would_be_created_and_what_stays_and_why(router, browser):
    opened(router, browser)
    text = browser.text(LIST)
    assert "Plex\nplex.tv, *.plex.tv: through wg0; only packets of 192.168.1.5; only tcp; only to port 443" in text
    assert "By address\n198.51.100.0/24: through wg0; dropped if the interface does not work" in text
    assert "TV (disabled there)\nall destinations: through wg1; only packets of 192.168.1.50; only IPv4" in text
    assert "Sample (disabled there)\na.example, *.a.example: past the policies below" in text
    rest = browser.text(REST)
    assert "Nothing: it selects no packets" in rest
    assert "Strange: nametrack has nothing like this: source ports, protocol icmp" in rest


def test_a_policy_that_is_disabled_there_is_not_ticked_and_stays_disabled(router, browser):
    opened(router, browser)
    for name in ("plex", "by_address"):
        tick(browser, name)
    browser.wait_for_text("Tick a policy.", OUTCOME)
    assert not browser.button("Stage the changes", ".modal").is_enabled()
    tick(browser, "sample")
    tick(browser, "tv")
    stage(browser)
    host = ["a.example", "*.a.example"]
    assert staged(router, "nametrack") == {
        "sample": ("policy", {"enabled": "0", "action": "bypass", "host": host}),
        "tv": ("policy", TV),
    }


def test_what_is_taken_over_is_disabled_in_pbr_if_that_is_ticked(router, browser):
    opened(router, browser)
    tick(browser, "sample")
    box = browser.find(f"{OUTCOME} input")[0]
    assert not box.is_selected() and "Disable them in pbr as well" in browser.text(OUTCOME)
    box.click()
    stage(browser)
    assert set(staged(router, "nametrack")) == {"plex", "by_address", "sample"}
    assert [options for _, options in staged(router, "pbr").values()] == [{"enabled": "0"}] * 2, "the third is already"
    browser.find(CHANGES)[0].click()
    browser.click("Save & Apply", ".modal")
    browser.wait(lambda: (router.files / "pbr").read_text().count("option enabled '0'") == 4, "applied", 30)
    first = (router.files / "pbr").read_text().split("config policy")[1]
    assert "'Plex'" in first and "option enabled '0'" in first


def test_a_login_that_may_not_change_pbr_is_given_lines_to_paste(router, browser):
    opened(router, browser, "plain")
    browser.wait_for_text("uci set pbr.@policy[0].enabled='0'", OUTCOME)
    assert "uci commit pbr; /etc/init.d/pbr reload" in browser.text(OUTCOME) and not browser.find(f"{OUTCOME} input")
    stage(browser)
    assert [package for _, package in router.rpcd.uci.staged] == ["nametrack"]


def test_policies_of_pbr_in_a_staged_order_are_not_mistaken_for_each_other(router, browser):
    sid = router.open(browser, "settings")
    names = [section[".name"] for section in router.rpcd.uci.call("get", call(sid))["values"].values()]
    router.rpcd.uci.call("order", {**call(sid), "sections": [names[0], *reversed(names[1:])]})
    browser.click(BUTTON)
    browser.wait_for_text("This page cannot change pbr now", OUTCOME)
    assert not browser.find(f"{OUTCOME} input")


def call(sid):
    return {"ubus_rpc_session": sid, "config": "pbr"}


def test_a_policy_that_is_there_already_is_not_ticked_and_gets_a_name_of_its_own(router, browser):
    (router.files / "nametrack").write_text(uci(GLOBAL, ("policy", "plex", {"interface": "wg0", "host": ["x.test"]})))
    opened(router, browser)
    browser.wait_for_text("a policy “plex” exists already", LIST)
    tick(browser, "by_address")
    browser.wait_for_text("Tick a policy.", OUTCOME)
    tick(browser, "plex")
    stage(browser)
    assert staged(router, "nametrack") == {"plex_2": ("policy", PLEX)}


@pytest.mark.parametrize("case", ["no such service", "no policy", "a reader", "not readable"])
def test_without_anything_to_take_over_there_is_no_button(router, browser, case):
    if case == "no such service":
        (router.files / "pbr").unlink()
    if case == "no policy":
        (router.files / "pbr").write_text(uci(PBR[0], PBR[4]))
    if case == "not readable":
        (router.files / "pbr").unlink()
        (router.files / "pbr").mkdir()
    router.open(browser, "settings", login="reader" if case == "a reader" else "root")
    browser.wait_for_text("Policies")
    runs = 1 if case in ("no policy", "not readable") else 0
    browser.wait(lambda: len(router.rpcd.files.runs) == runs, "what is run", 30)
    if case != "a reader":
        browser.click("Send a site through a VPN…")  # which asks rpcd after that
        browser.wait_for_text("Which sites?", ".modal")
    assert "Take over" not in browser.text()
    assert len(router.rpcd.files.runs) == runs


def test_vpn_policy_routing_is_taken_over_as_well(router, browser):
    section = ("policy", None, {"comment": "Old", "interface": "wg0", "remote_address": "c.example"})
    (router.files / "pbr").rename(router.files / "vpn-policy-routing")
    (router.files / "vpn-policy-routing").write_text(uci(section))
    router.open(browser, "settings")
    browser.click("Take over policies from vpn-policy-routing…")
    browser.wait_for_text("c.example, *.c.example: through wg0", LIST)
    stage(browser)
    assert set(staged(router, "nametrack")) == {"old"}


def test_hostile_titles_are_text(router, browser):
    (router.files / "pbr").write_text(
        uci(("policy", None, {"name": HOSTILE.replace("'", ""), "interface": "wg0", "dest_addr": "a.example"}))
    )
    opened(router, browser)
    browser.wait_for_text("<img", LIST)
    assert browser.find(".modal img") == [] and browser.run("return window.broken") is None


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", ["", "1"])
def test_the_dialogue_fits_its_window(router, browser, width, dark):
    browser.size(width)
    opened(router, browser, dark=dark)
    assert browser.right_edge(".modal *") <= width
    browser.screenshot(f"takeover-{width}{'-dark' if dark else ''}")
