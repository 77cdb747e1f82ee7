"""A site is sent through a VPN by three questions: what will happen is said before, and all of it is staged."""

import re

import pytest

from lab.agent import uci
from lab.host import wait_for
from luci.router import Router
from luci.scripted import Scripted
from luci.test_settings import CHANGES
from luci.test_states import HOSTILE
from luci.uci import INVALID_ARGUMENT, Status

TITLE, STAGE = "Send a site through a VPN", "Stage the changes"
GLOBAL = ("nametrack", "global", {"enabled": 1})
LAN = ("zone", "lan", {"name": "lan", "network": ["lan"], "input": "ACCEPT"})
ZONE = ("zone", "vpn", {"name": "vpn", "network": ["wg0"], "masq": 1})
FORWARDING = ("forwarding", "lan_vpn", {"src": "lan", "dest": "vpn"})
PREVIEW = ".modal .nametrack-preview"


def offered(*names):
    return [{"name": name, "target": "route", "set4": None, "set6": None} for name in names]


@pytest.fixture
def router(tmp_path):
    (tmp_path / "nametrack").write_text(uci(GLOBAL))
    (tmp_path / "firewall").write_text(uci(LAN))
    with Router(Scripted(choices=lambda _: {"peers": [], "interfaces": offered("wg0", "wg1")}), tmp_path) as router:
        router.files = tmp_path
        yield router


def opened(router, browser, login="root"):
    router.open(browser, "settings", login=login)
    browser.wait_for_text("Policies")
    browser.click(TITLE + "…")
    browser.wait_for_text("Which sites?", ".modal")


def answer(browser, host="staging.example.com", way="wg0"):
    browser.add("host", host, ".modal")
    browser.add("interface", way, ".modal")


def stage(browser):
    browser.click(STAGE, ".modal")
    browser.wait(lambda: browser.find(CHANGES) and not browser.find(".modal-overlay-active"), "staged changes")


def staged(router, package):
    """{section: (type, {option: value})} of what is staged for a package."""
    found = {}
    changes = [change for (_, of), all_of in router.rpcd.uci.staged.items() if of == package for change in all_of]
    for what, name, *rest in changes:
        if what == "list-add":
            found[name][1].setdefault(rest[0], []).append(rest[1])
        elif len(rest) == 1:
            found[name] = (rest[0], {})
        else:
            found.setdefault(name, (None, {}))[1][rest[0]] = rest[1]
    return found


def test_three_answers_are_staged_as_a_policy_a_zone_and_a_forwarding(router, browser):
    before = {path: path.read_text() for path in router.files.iterdir()}
    opened(router, browser)
    answer(browser)
    stage(browser)
    assert staged(router, "nametrack") == {
        "staging_example_com": ("policy", {"interface": ["wg0"], "host": ["staging.example.com"]})
    }
    zone = {"name": "wg0", "network": ["wg0"], "input": "REJECT", "output": "ACCEPT", "forward": "REJECT"}
    assert staged(router, "firewall") == {
        "wg0": ("zone", {**zone, "masq": "1", "masq6": "1", "mtu_fix": "1"}),
        "lan_wg0": ("forwarding", {"src": "lan", "dest": "wg0"}),
    }
    assert {path: path.read_text() for path in router.files.iterdir()} == before, "nothing is written"
    browser.wait_for_text("staging.example.com", "#cbi-nametrack-policy tr[data-sid=staging_example_com]")


def test_from_the_status_page_it_leads_to_where_the_changes_are_applied(router, browser):
    router.open(browser)
    browser.click(TITLE + "…")
    browser.wait_for_text("Which sites?", ".modal")
    answer(browser)
    browser.click(STAGE, ".modal")
    browser.wait_for_text("staging.example.com", "#cbi-nametrack-policy tr[data-sid=staging_example_com]", 30)
    assert set(staged(router, "firewall")) == {"wg0", "lan_wg0"}
    browser.click("Save & Apply")
    wait_for(lambda: "staging.example.com" in (router.files / "nametrack").read_text(), 30, "the policy")


def test_what_is_staged_is_reviewed_and_applied_as_any_change(router, browser):
    opened(router, browser)
    answer(browser)
    stage(browser)
    browser.click_on(CHANGES)
    browser.click("Save & Apply", ".modal")
    wait_for(lambda: "forwarding 'lan_wg0'" in (router.files / "firewall").read_text(), 10, "the forwarding")
    assert "list host 'staging.example.com'" in (router.files / "nametrack").read_text()


def test_it_says_before_what_will_happen(router, browser):
    opened(router, browser)
    assert "Name a site, or a client" in browser.text(PREVIEW)
    assert not browser.button(STAGE, ".modal").is_enabled()
    answer(browser)
    browser.add("interface", "wg1", ".modal")
    browser.add("client", "192.168.1.50", ".modal")
    browser.choose("fallback", "block", ".modal")
    browser.wait_for_text("they are dropped", PREVIEW)
    text = browser.text(PREVIEW)
    assert "Packets of 192.168.1.50 to staging.example.com leave through wg0." in text
    assert "If wg0 does not work, they take the next that works: wg1." in text
    assert "If no VPN works, they are dropped." in text
    assert "The policy is called “staging_example_com”." in text
    stage(browser)
    assert staged(router, "nametrack")["staging_example_com"][1] == {
        "interface": ["wg0", "wg1"],
        "host": ["staging.example.com"],
        "client": ["192.168.1.50"],
        "fallback": "block",
    }


LACKS = {
    "no zone": ([LAN], ["wg0 is in no firewall zone. Add zone “wg0” with masquerading"], {"wg0", "lan_wg0"}),
    "no forwarding": ([LAN, ZONE], ["does not forward from zone “lan” to zone “vpn”, where wg0 is"], {"lan_vpn"}),
    "all is there": ([LAN, ZONE, FORWARDING], ["The firewall lets clients behind lan through already."], set()),
    "in the zone of the clients": ([("zone", "lan", {"name": "lan", "network": ["lan", "wg0"], "forward": "ACCEPT"})],
                                   ["already"], set()),
    "in a zone that forwards nothing within": (
        [("zone", "lan", {"name": "lan", "network": ["lan", "wg0"], "forward": "REJECT"}),
         ("defaults", "d", {"forward": "ACCEPT"})], ["does not forward from zone “lan” to zone “lan”"], {"lan_lan"}),
    "a device": ([LAN, ("zone", "vpn", {"name": "vpn", "device": ["wg0"], "masq": 1})], ["zone “vpn”"], {"lan_vpn"}),
    "all is forwarded": ([LAN, ("defaults", "d", {"forward": "ACCEPT"})], ["already"], set()),
    "forwarding is off": ([LAN, ZONE, ("forwarding", "off", {"src": "lan", "dest": "vpn", "enabled": 0})],
                          ["does not forward"], {"lan_vpn"}),
    "the name is taken": ([LAN, ("zone", "z", {"name": "wg0", "network": ["other"]})], ["zone “wg0x”"],
                          {"wg0x", "lan_wg0x"}),
}  # fmt: skip


@pytest.mark.parametrize("case", LACKS)
def test_what_the_firewall_lacks_is_said_and_staged(router, browser, case):
    sections, words, added = LACKS[case]
    (router.files / "firewall").write_text(uci(*sections))
    opened(router, browser)
    answer(browser)
    for text in words:
        browser.wait_for_text(text, PREVIEW)
    stage(browser)
    assert set(staged(router, "firewall")) == added


def test_masquerading_is_offered_and_left_alone_unless_it_is_ticked(router, browser):
    (router.files / "firewall").write_text(uci(LAN, ("zone", "vpn", {"name": "vpn", "network": ["wg0"]}), FORWARDING))
    opened(router, browser)
    answer(browser)
    browser.wait_for_text("does not masquerade", PREVIEW)
    box = browser.find(f"{PREVIEW} input")[0]
    assert not box.is_selected()
    box.click()
    browser.choose("fallback", "block", ".modal")
    assert browser.find(f"{PREVIEW} input")[0].is_selected(), "it stays ticked"
    stage(browser)
    assert staged(router, "firewall") == {"vpn": (None, {"masq": "1"})}


def test_what_is_not_ticked_is_not_staged(router, browser):
    opened(router, browser)
    answer(browser)
    browser.wait_for_text("no firewall zone", PREVIEW)
    browser.click_on(f"{PREVIEW} input")
    stage(browser)
    assert staged(router, "firewall") == {} and staged(router, "nametrack")


@pytest.mark.parametrize("option, client", [("network", "guest"), ("device", "br-lan.10")])
def test_clients_behind_another_interface_need_the_forwarding_of_their_zone(router, browser, option, client):
    guest = ("zone", "guest", {"name": "guest", option: [client]})
    (router.files / "firewall").write_text(uci(LAN, guest, ZONE, FORWARDING))
    opened(router, browser)
    answer(browser)
    browser.add("client", client, ".modal")
    browser.wait_for_text("from zone “guest” to zone “vpn”", PREVIEW)
    stage(browser)
    assert staged(router, "firewall") == {"guest_vpn": ("forwarding", {"src": "guest", "dest": "vpn"})}


def test_clients_of_two_zones_share_the_zone_that_is_added(router, browser):
    """firewall4 loads no ruleset at all if two zones have one name."""
    guest = ("zone", "guest", {"name": "guest", "network": ["guest"]})
    (router.files / "firewall").write_text(uci(LAN, guest))
    opened(router, browser)
    answer(browser)
    browser.add("client", "lan", ".modal")
    browser.add("client", "guest", ".modal")
    browser.wait_for_text("forward from zone “guest” to it", PREVIEW)
    stage(browser)
    changes = staged(router, "firewall")
    assert changes.pop("wg0")[1]["network"] == ["wg0"]
    assert changes == {
        "lan_wg0": ("forwarding", {"src": "lan", "dest": "wg0"}),
        "guest_wg0": ("forwarding", {"src": "guest", "dest": "wg0"}),
    }


@pytest.mark.parametrize("ways, names", [(("wireguard_de", "wireguard_us"), 2), (("1wg",), 1)])
def test_zones_that_are_added_have_names_that_firewall4_takes(tmp_path, browser, ways, names):
    (tmp_path / "nametrack").write_text(uci(GLOBAL))
    (tmp_path / "firewall").write_text(uci(LAN))
    with Router(Scripted(choices=lambda _: {"peers": [], "interfaces": offered("wg0", *ways)}), tmp_path) as router:
        router.files = tmp_path
        opened(router, browser)
        answer(browser, way=ways[0])
        for way in ways[1:]:
            browser.add("interface", way, ".modal")
        browser.wait_for_text(f"{ways[-1]} is in no firewall zone", PREVIEW)
        stage(browser)
        changes = staged(router, "firewall").values()
    zones = {values["name"]: values["network"] for kind, values in changes if kind == "zone"}
    assert len(zones) == names and sorted(zones.values()) == sorted([way] for way in ways)
    assert all(re.fullmatch("[a-z_][a-z0-9_]{0,10}", name) for name in zones)
    assert sorted(values["dest"] for kind, values in changes if kind == "forwarding") == sorted(zones)


def test_clients_behind_a_device_of_no_known_zone_are_not_said_to_get_through(router, browser):
    """netifd knows which network has the device, and the agent asks it once the policy is applied."""
    (router.files / "firewall").write_text(uci(LAN, ZONE, FORWARDING))
    opened(router, browser)
    answer(browser)
    browser.add("client", "br-lan.10", ".modal")
    browser.wait_for_text("no zone with br-lan.10", PREVIEW)
    assert "lets it through" not in browser.text(PREVIEW)
    stage(browser)
    assert staged(router, "firewall") == {}


def test_the_zone_of_a_device_that_no_interface_has_lists_it_as_a_device(router, browser):
    """firewall4 makes a zone of no device of a network that netifd does not know."""
    asked = {"peers": [], "interfaces": offered("wg0"), "networks": ["lan", "wan", "wg0"]}
    router.bus.methods["choices"] = lambda _: asked
    (router.files / "firewall").write_text(uci(LAN, ("zone", "useless", {"name": "useless", "network": ["tun0"]})))
    opened(router, browser)
    answer(browser, way="tun0")
    browser.wait_for_text("tun0 is in no firewall zone", PREVIEW)
    stage(browser)
    zone = staged(router, "firewall")["tun0"][1]
    assert zone["device"] == ["tun0"] and "network" not in zone


def test_what_could_not_be_staged_is_not_staged_twice(router, browser, monkeypatch):
    add, calls = router.rpcd.uci.add, []

    def refused_once(*arguments, **values):
        calls.append(values)
        if len(calls) == 1:
            raise Status(INVALID_ARGUMENT)
        return add(*arguments, **values)

    monkeypatch.setattr(router.rpcd.uci, "add", refused_once)
    opened(router, browser)
    answer(browser)
    browser.click(STAGE, ".modal")
    browser.wait(lambda: browser.find(".modal .alert-message.error"), "what failed")
    stage(browser)
    assert set(staged(router, "nametrack")) == {"staging_example_com"}
    assert set(staged(router, "firewall")) == {"wg0", "lan_wg0"}


def test_a_login_without_rights_to_the_firewall_stages_the_policy_alone(router, browser):
    opened(router, browser, "plain")
    answer(browser)
    browser.wait_for_text("may not see the firewall", PREVIEW)
    stage(browser)
    assert [package for _, package in router.rpcd.uci.staged] == ["nametrack"]


def test_a_login_that_may_only_see_the_firewall_is_given_lines_to_paste(router, browser):
    router.rpcd.groups["luci-app-firewall"]["write"] = {}
    opened(router, browser)
    answer(browser)
    browser.wait_for_text("uci set firewall.lan_wg0=forwarding", PREVIEW)
    assert "uci add_list firewall.wg0.network='wg0'" in browser.text(PREVIEW)
    stage(browser)
    assert [package for _, package in router.rpcd.uci.staged] == ["nametrack"]


def test_two_policies_for_one_site_have_two_names(router, browser):
    (router.files / "nametrack").write_text(
        uci(GLOBAL, ("policy", "a_example", {"interface": "wg0", "host": ["a.example"]}))
    )
    opened(router, browser)
    answer(browser, "*.a.example")
    browser.wait_for_text("“a_example_2”", PREVIEW)


def test_dismissed_it_leaves_nothing(router, browser):
    opened(router, browser)
    answer(browser)
    browser.click("Dismiss", ".modal")
    browser.wait(lambda: not browser.find(".modal-overlay-active"), "no dialogue")
    browser.click("Save")
    assert browser.find(CHANGES) == [] and not any(router.rpcd.uci.staged.values())


def test_the_only_vpn_is_chosen_already(router, browser):
    router.bus.methods["choices"] = lambda _: {"peers": [], "interfaces": offered("wg0")}
    opened(router, browser)
    browser.add("host", "a.example", ".modal")
    browser.wait_for_text("leave through wg0", PREVIEW)


def test_hostile_names_are_text(router, browser):
    zone = ("zone", "z", {"name": HOSTILE.replace("'", ""), "network": ["wg0"]})
    (router.files / "firewall").write_text(uci(LAN, zone))
    opened(router, browser)
    answer(browser)
    browser.wait_for_text("<img", PREVIEW)
    assert browser.find(".modal img") == [] and browser.run("return window.broken") is None


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", ["", "1"])
def test_the_dialogue_fits_its_window(router, browser, width, dark):
    browser.size(width)
    router.open(browser, "settings", dark=dark)
    browser.wait_for_text("Policies")
    browser.click(TITLE + "…")
    browser.wait_for_text("Which sites?", ".modal")
    answer(browser)
    browser.wait_for_text("What will happen", PREVIEW)
    assert browser.right_edge(".modal *") <= width
    browser.screenshot(f"site-{width}{'-dark' if dark else ''}")


def test_a_client_that_was_typed_wrong_does_not_become_everyone(router, browser):
    opened(router, browser)
    answer(browser)
    browser.choose("client", "192.168.1.500", ".modal")
    browser.click(STAGE, ".modal")
    browser.wait_for_text("invalid input value", PREVIEW)
    assert not router.rpcd.uci.staged
