"""Every option that the agent knows has a field in LuCI's form, and what the field is given is what is staged."""

import pytest

from lab.agent import uci
from luci.router import Router
from luci.scripted import KEYS, Scripted
from nametrack.core.config import options, policy_options

TABLES = {
    "nametrack": options.GLOBAL,
    "peer": options.PEER_IDENTITY + options.PEER,
    "policy": policy_options.POLICY + policy_options.POLICY_SETS["nftset"] + policy_options.POLICY_ROUTE,
}
# option that no field of its own name edits -> why
WITHOUT = {
    ("nametrack", "wg_quick"): "a router has /etc/config/network, so the option means nothing there",
    ("peer", "interface"): "the field _peer writes it together with public_key",
    ("peer", "public_key"): "the field _peer writes it together with interface",
}
ROUTED = {
    "interface": (["wg1", "wg0"], ["wg1", "wg0"]),
    "fallback": ("block", "block"),
    "client": (["192.168.1.50", "lan", "br-lan.10"], ["192.168.1.50", "lan", "br-lan.10"]),
    "check_address": ("1.1.1.1", "1.1.1.1"),
    "failback_delay": ("30", "30"),
    "proto": (["tcp"], ["tcp"]),
    "port": (["443", "8000-8010"], ["443", "8000-8010"]),
    "action": ("bypass", "bypass"),
}


@pytest.fixture
def router(tmp_path):
    peer = ("peer", "home", {"interface": "wg0", "public_key": KEYS[0]})
    policy = ("policy", "work", {"interface": "wg0", "host": ["a.example.com"]})
    (tmp_path / "nametrack").write_text(uci(("nametrack", "global", {"enabled": 1}), peer, policy))
    peers = [{"interface": "wg0", "public_key": KEYS[0], "description": "home", "endpoint_host": "home.example.com"}]
    interfaces = [{"name": name, "target": "route", "set4": None, "set6": None} for name in ("wg0", "wg1")]
    with Router(Scripted(choices=lambda _: {"peers": peers, "interfaces": interfaces}), tmp_path) as router:
        router.file = tmp_path / "nametrack"
        yield router


def edit(router, browser, kind):
    router.open(browser, "settings")
    browser.wait_for_text("Policies")
    if kind != "nametrack":
        browser.click("Edit", f"#cbi-nametrack-{kind}")
        browser.wait_for_text("Dismiss", ".modal")


def staged(router):
    """What is staged of the policy: {option: value}, [] where it is taken out."""
    (changes,) = router.rpcd.uci.staged.values()
    values = {}
    for what, _, *rest in changes:
        if what == "list-add":
            values.setdefault(rest[0], []).append(rest[1])
        elif rest:
            values[rest[0]] = rest[1] if len(rest) > 1 else []
    return values


@pytest.mark.parametrize("kind", TABLES)
def test_every_option_of_the_agent_has_a_field_or_a_reason_to_have_none(router, browser, kind):
    edit(router, browser, kind)
    place = "#view" if kind == "nametrack" else ".modal"
    script = "return Array.from(document.querySelectorAll(arguments[0])).map((f) => f.getAttribute('data-name'))"
    fields = set(browser.run(script, f"{place} .cbi-value[data-name]"))
    missing = {option.name for option in TABLES[kind]} - fields
    assert missing == {name for of, name in WITHOUT if of == kind}


@pytest.mark.parametrize("name", ROUTED)
def test_what_only_own_routes_can_do_is_staged_as_it_is_given(router, browser, name):
    given, wanted = ROUTED[name]
    edit(router, browser, "policy")
    if name == "interface":
        browser.clear(name, ".modal")
    if isinstance(given, list):
        for value in given:
            browser.add(name, value, ".modal")
    else:
        browser.choose(name, given, ".modal")
    browser.click("Save", ".modal")
    browser.wait(lambda: router.rpcd.uci.staged and not browser.find(".modal-overlay-active"), "a staged change")
    assert staged(router) == {name: wanted}


@pytest.mark.parametrize("kind, title", [("peer", "Peer"), ("policy", "Policy")])
def test_the_dialogue_says_what_is_edited(router, browser, kind, title):
    edit(router, browser, kind)
    assert browser.text(".modal h4") == title


def test_the_interfaces_keep_their_order_and_one_that_was_not_touched_is_not_written(router, browser):
    policy = ("policy", "work", {"interface": ["wg1", "wg0"], "host": ["a.example.com"]})
    router.file.write_text(uci(("nametrack", "global", {"enabled": 1}), policy))
    edit(router, browser, "policy")
    browser.choose("retain", "60", ".modal")
    browser.click("Save", ".modal")
    browser.wait_for_text("wg1, wg0", "#cbi-nametrack-policy tr[data-sid=work]")
    assert staged(router) == {"retain": "60"}


@pytest.mark.parametrize("target", ["pbr", "nftset"])
def test_another_target_has_no_fields_that_only_own_routes_can_do(router, browser, target):
    edit(router, browser, "policy")
    browser.choose("fallback", "block", ".modal")
    browser.choose("target", target, ".modal")
    shown = {f.get_attribute("data-name") for f in browser.find(".modal .cbi-value[data-name]") if f.is_displayed()}
    assert shown & {option.name for option in policy_options.POLICY_ROUTE} == set()
    browser.click("Save", ".modal")
    browser.wait(lambda: router.rpcd.uci.staged, "a staged change")
    assert staged(router) == {"target": target}


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("client", "192.168.1.0/33", "an address, a prefix, a MAC address or the name of an interface"),
        ("check_address", "1.1.1", "an address"),
        ("port", "8010-8000", "a port, or a range as 8000-8010"),
        ("port", "70000", "a port, or a range as 8000-8010"),
        ("proto", "icmp", "tcp or udp"),
        ("client", "tv.lan", "an address, a prefix, a MAC address or the name of an interface"),
        ("interface", "wg 0", "the name of an interface"),
    ],
)
def test_a_wrong_value_of_a_route_is_refused_in_words(router, browser, name, value, words):
    router.bus.methods["choices"] = lambda _: {"peers": [], "interfaces": []}
    edit(router, browser, "policy")
    browser.choose(name, value, ".modal")
    told = browser.wait(lambda: browser.find(f'.modal [data-name="{name}"] .cbi-input-invalid'), "a complaint")[0]
    assert words in told.get_attribute("data-tooltip")


@pytest.mark.parametrize(
    "name, wrong, right", [("host", "stag ing", "b.example.com"), ("client", "192.168.1.500", "lan")]
)
def test_what_was_typed_last_into_a_list_and_is_wrong_keeps_the_dialogue_open(router, browser, name, wrong, right):
    """Without that host or client the policy would be about something else."""
    edit(router, browser, "policy")
    browser.choose(name, wrong, ".modal")
    browser.click("Save", ".modal")
    browser.choose(name, right, ".modal")
    browser.click("Save", ".modal")
    browser.wait(lambda: router.rpcd.uci.staged and not browser.find(".modal-overlay-active"), "a staged change")
    assert staged(router)[name][-1] == right
