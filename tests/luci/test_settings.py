"""The settings page: what is edited is staged, applied with a way back, and done by the agent."""

import pytest

from lab.agent import uci
from lab.host import wait_for
from lab.watch import nft_elements
from lab.world import STAGING4, STAGING_NAME
from luci.router import Router
from luci.scripted import KEYS, Scripted

CHANGES = '[data-indicator="uci-changes"]'
GLOBAL = ("nametrack", "global", {"enabled": 1})
POLICY = ("policy", "work", {"interface": "wg0", "target": "pbr", "host": ["a.example.com", "192.0.2.0/24"]})


@pytest.fixture
def config(tmp_path):
    (tmp_path / "nametrack").write_text(uci(GLOBAL, POLICY))
    return tmp_path


@pytest.fixture
def scripted(config):
    """A router whose agent offers two peers and two interfaces, and whose DNS knows one name."""
    peers = [
        {"interface": "wg0", "public_key": KEYS[0], "description": "home", "endpoint_host": "home.example.com"},
        {"interface": "wg1", "public_key": KEYS[1], "description": "", "endpoint_host": None},
    ]
    interfaces = [
        {"name": "wg0", "target": "pbr", "set4": "inet fw4 pbr_wg0_4_dst_ip_user", "set6": None},
        {"name": "wg1", "target": None, "set4": None, "set6": None},
    ]
    known = {"a.example.com": {"addresses": ["192.0.2.7"], "ttl": 60, "reason": "answered"}}
    absent = {"addresses": [], "ttl": None, "reason": "DNS says that it does not exist"}
    agent = Scripted(
        choices=lambda _: {"peers": peers, "interfaces": interfaces},
        resolve=lambda given: known.get(given["name"], absent),
    )
    with Router(agent, config) as router:
        router.file = config / "nametrack"
        yield router


def opened(router, browser):
    router.open(browser, "settings")
    browser.wait_for_text("Policies")


def edit(browser, kind="policy"):
    browser.click("Edit", f"#cbi-nametrack-{kind}")
    browser.wait_for_text("Dismiss", ".modal")


def saved(browser):
    """Saves the dialogue, and waits until what it holds is staged."""
    browser.click("Save", ".modal")
    browser.wait(lambda: browser.find(CHANGES) and not browser.find(".modal-overlay-active"), "a staged change")


def test_a_policy_added_here_ends_in_the_kernels_set(beach, browser, world):
    world.beach.nft("add set inet vpn mine4 { type ipv4_addr; flags timeout; }")
    opened(beach, browser)
    browser.fill(browser.find(".cbi-section-create-name")[0], "mine")
    browser.click("Add a policy")
    browser.wait_for_text("Dismiss", ".modal")
    browser.choose("interface", "wg0", ".modal")
    browser.choose("target", "nftset", ".modal")
    browser.choose("set4", "inet vpn mine4", ".modal")
    browser.choose("host", STAGING_NAME, ".modal")
    saved(browser)
    browser.click("Save & Apply")
    wait_for(lambda: nft_elements(world.beach, "inet", "vpn", "mine4") == set(STAGING4), 20, beach.agent.tail)
    beach.open(browser)
    browser.wait(lambda: any("mine" in row.text for row in browser.find("[data-key^='policy ']")), "the policy's state")


def test_a_running_agent_offers_its_peers_and_tries_names(beach, browser):
    opened(beach, browser)
    browser.click("Add a peer")
    browser.wait_for_text("wg0: home (home.dyn.test)", ".modal")
    browser.choose("endpoint_host", STAGING_NAME, ".modal")
    browser.click("Look up now", ".modal")
    tried = browser.wait(lambda: browser.text(".modal .nametrack-tried"), "what it resolves to")
    assert all(address in tried for address in STAGING4) and "TTL" in tried
    browser.choose("endpoint_host", "nowhere.example.test", ".modal")
    browser.click("Look up now", ".modal")
    browser.wait_for_text("nowhere.example.test: DNS says that it does not exist", ".modal")


def test_a_staged_edit_survives_a_reload_and_is_reverted(scripted, browser):
    before = scripted.file.read_text()
    opened(scripted, browser)
    edit(browser)
    browser.choose("target", "vpn-policy-routing", ".modal")
    saved(browser)
    assert browser.text(CHANGES).lower() == "unsaved changes: 1"
    browser.driver.refresh()
    browser.wait_for_text("vpn-policy-routing", "#cbi-nametrack-policy tr[data-sid=work]")
    assert scripted.file.read_text() == before, "nothing is written before it is applied"
    browser.screenshot("settings-staged")
    browser.click_on(CHANGES)
    browser.click("Revert", ".modal")
    browser.wait(lambda: not browser.find(CHANGES), "no staged change")
    browser.wait_for_text("pbr", "#cbi-nametrack-policy tr[data-sid=work]")


def test_what_is_applied_and_cannot_be_confirmed_is_rolled_back(scripted, browser):
    before = scripted.file.read_text()
    scripted.web.rollback = 3
    scripted.web.silent = "admin/uci/confirm"
    opened(scripted, browser)
    edit(browser)
    browser.choose("target", "vpn-policy-routing", ".modal")
    saved(browser)
    browser.click("Save & Apply")
    wait_for(lambda: "vpn-policy-routing" in scripted.file.read_text(), 10, "the change in the file")
    wait_for(lambda: scripted.file.read_text() == before, 10, "the file as it was before")


def test_applying_makes_the_agent_read_its_configuration_again(scripted, browser):
    reloads = []
    scripted.bus.methods["reload"] = lambda _: reloads.append(1) or {"errors": []}
    opened(scripted, browser)
    edit(browser)
    browser.choose("retain", "60", ".modal")
    saved(browser)
    browser.click("Save & Apply")
    wait_for(lambda: reloads, 10, "a reload")
    assert "option retain '60'" in scripted.file.read_text()


def test_a_peer_is_chosen_and_not_typed(scripted, browser):
    opened(scripted, browser)
    browser.click("Add a peer")
    browser.wait_for_text("Dismiss", ".modal")
    lines = browser.text('.modal [data-name="_peer"]')
    assert "wg0: home (home.example.com)" in lines and f"wg1: {KEYS[1][:8]}…" in lines
    browser.choose("_peer", f"wg1 {KEYS[1]}", ".modal")
    browser.choose("endpoint_host", "b.example.com", ".modal")
    browser.screenshot("settings-peer")
    saved(browser)
    browser.wait_for_text("b.example.com", "#cbi-nametrack-peer")
    (staged,) = scripted.rpcd.uci.staged.values()
    written = {change[2]: change[3] for change in staged if change[0] == "set"}
    assert (written["interface"], written["public_key"]) == ("wg1", KEYS[1])


def test_no_private_key_comes_into_the_browser(scripted, browser, config):
    (config / "network").write_text("config interface 'wg0'\n\toption private_key 'secret'\n")
    opened(scripted, browser)
    asked = [arguments.get("config") for name, method, arguments in scripted.rpcd.calls if method == "get"]
    assert "nametrack" in asked and "network" not in asked


def test_a_running_agent_tells_what_auto_would_choose(beach, browser, world):
    opened(beach, browser)
    edit(browser)
    browser.choose("interface", "wg0", ".modal")
    browser.choose("target", "auto", ".modal")
    browser.wait_for_text("routes of nametrack’s own", ".modal [data-name=_auto]")
    beach.agent.write("pbr", [("pbr", "config", {"enabled": 1})])
    world.beach.nft("table inet fw4 { set pbr_wg0_4_dst_ip_user { type ipv4_addr; flags interval; auto-merge; }\n}")
    opened(beach, browser)
    edit(browser)
    browser.choose("interface", "wg0", ".modal")
    browser.choose("target", "auto", ".modal")
    browser.wait_for_text("pbr: inet fw4 pbr_wg0_4_dst_ip_user", ".modal")


def test_it_says_what_auto_would_choose(scripted, browser):
    opened(scripted, browser)
    edit(browser)
    browser.choose("target", "auto", ".modal")
    browser.wait_for_text("pbr: inet fw4 pbr_wg0_4_dst_ip_user", ".modal")
    browser.clear("interface", ".modal")
    browser.add("interface", "wg1", ".modal")
    browser.wait_for_text("nothing yet: pbr or vpn-policy-routing is enabled", ".modal")


def test_try_shows_what_a_name_resolves_to_now(scripted, browser):
    opened(scripted, browser)
    edit(browser)
    browser.choose("host", "b.example.com", ".modal")
    browser.click("Look up now", ".modal")
    browser.wait_for_text("a.example.com: 192.0.2.7 (TTL 60 s)", ".modal")
    browser.wait_for_text("b.example.com: DNS says that it does not exist", ".modal")
    browser.screenshot("settings-try")


@pytest.mark.parametrize("trouble", ["no such method", "not running"])
def test_try_says_why_it_cannot(scripted, browser, trouble):
    opened(scripted, browser)
    edit(browser)
    if trouble == "not running":
        scripted.bus.running = False
    else:
        del scripted.bus.methods["resolve"]
    browser.click("Look up now", ".modal")
    words = {"not running": "nametrack is not running", "no such method": "cannot try names"}
    browser.wait_for_text(words[trouble], ".modal")


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("host", "*example.com", "a host name, a wildcard as *.example.com, an address or a prefix"),
        ("host", "no_such host", "a host name, a wildcard as *.example.com, an address or a prefix"),
        ("host", "192.0.2.1/33", "a host name, a wildcard as *.example.com, an address or a prefix"),
        ("host", "300.1.2.3", "a host name, a wildcard as *.example.com, an address or a prefix"),
        ("set4", "inet fw4", "family, table and name of a set"),
        ("interface", "wg 0", "the name of an interface"),
        ("retain", "soon", "Expecting"),
    ],
)
def test_a_wrong_value_is_refused_in_words(scripted, browser, name, value, words):
    (scripted.file).write_text(uci(GLOBAL, ("policy", "work", {"target": "nftset", "host": ["a.example.com"]})))
    scripted.bus.methods["choices"] = lambda _: {"peers": [], "interfaces": []}
    opened(scripted, browser)
    edit(browser)
    browser.choose(name, value, ".modal")
    told = browser.wait(lambda: browser.find(f'.modal [data-name="{name}"] .cbi-input-invalid'), "a complaint")[0]
    assert words in told.get_attribute("data-tooltip")


@pytest.mark.parametrize(
    "name, value",
    [
        ("host", "2001:db8::/32"),
        ("host", "x.example."),
        ("host", "*.bücher.example"),
        ("host", "_sip.example.com"),
        ("set4", "ip t s"),
    ],
)
def test_a_right_value_is_taken(scripted, browser, name, value):
    (scripted.file).write_text(uci(GLOBAL, ("policy", "work", {"target": "nftset", "host": ["a.example.com"]})))
    opened(scripted, browser)
    edit(browser)
    browser.choose(name, value, ".modal")
    assert browser.find(f'.modal [data-name="{name}"] .cbi-input-invalid') == []


def test_what_was_not_touched_is_not_written(scripted, browser):
    before = scripted.file.read_text()
    opened(scripted, browser)
    browser.click("Save")
    browser.wait(lambda: not browser.find("#view .spinning"), "the end of saving")
    assert browser.find(CHANGES) == []
    assert scripted.file.read_text() == before
    assert not any(scripted.rpcd.uci.staged.values())


def test_without_an_agent_what_is_set_can_still_be_changed(scripted, browser):
    scripted.bus.running = False
    opened(scripted, browser)
    browser.wait_for_text("this page cannot offer peers and interfaces")
    edit(browser)
    browser.choose("retain", "60", ".modal")
    saved(browser)


@pytest.mark.parametrize("width", [1100, 360])
def test_the_form_fits_its_window(scripted, browser, width):
    browser.size(width)
    opened(scripted, browser)
    assert browser.overflow() == 0
    browser.screenshot(f"settings-{width}")
    edit(browser)
    browser.screenshot(f"settings-policy-{width}")
