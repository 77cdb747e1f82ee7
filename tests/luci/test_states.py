"""What the status page says in each state, and that whatever it says is text. The answers are scripted."""

import re
import time

import pytest

from lab.agent import uci
from luci.router import Router
from luci.scripted import KEYS, Scripted, finding, host, peer, policy, source, way
from luci.web import SOURCE
from nametrack.core import actions as do

# the stand-in has one theme, LuCI's source all of them
THEMES = [("bootstrap", ""), ("bootstrap", "1")] + ([("material", "")] if SOURCE else [])
GLOBAL = "config nametrack 'global'\n\toption enabled '1'\n"
HOSTILE = '<img src=x onerror="window.broken=1">"\'&amp;'


@pytest.fixture
def config(tmp_path):
    (tmp_path / "nametrack").write_text(GLOBAL)
    return tmp_path


def everything(agent):
    """Gives the agent one of each: states, lists that fold, findings, events."""
    agent.answers["peers"] = [
        peer("home", "home.dyn.example.net", reason="followed: home.dyn.example.net moved"),
        peer("beach house", "beach.dyn.example.net", "stalled", "nothing received although an answer is owed for 42 s",
             public_key=KEYS[1], address="203.0.113.20", addresses=["203.0.113.20", "2001:db8:a::10"],
             sources=[source("listed", "203.0.113.20", "2001:db8:a::10"), source("zone", "203.0.113.99", ago=3)]),
        peer("", "office.example.com", "unresolved", "waiting: next query in 12 s", public_key=KEYS[2], address=None),
        peer("old laptop", "laptop.example.com", "disabled", "disabled in the configuration", interface="wg1",
             next_query=None),
    ]  # fmt: skip
    many = [f"192.0.2.{i}" for i in range(20, 31)]
    agent.answers["policies"] = [
        policy(
            "work",
            host("staging.example.com", "192.0.2.7", "2001:db8::7", retained=["192.0.2.9"]),
            host("production.example.com", *many, state="stale", reason="no answer from 127.0.0.1", failures=3),
            host("192.0.2.0/24", "192.0.2.0/24", state="literal", reason="written in the configuration",
                 ttl=None, next_query=None),
            state="partial", reason="production.example.com: no answer from 127.0.0.1",
            set6="inet fw4 mine6", wanted6=2, installed6=1,
        ),
        policy("stream", host("video.example.com", "192.0.2.80"), target="route", table=900, set4=None,
               state="failed_over", reason="through wg1: no reply through wg0", way="wg1",
               ways=[way("wg0", "no_reply"), way("wg1"), way("wg2", ago=7200)]),
        policy("media", state="no_target", reason="neither pbr nor vpn-policy-routing has a set", target="auto",
               set4=None),
    ]  # fmt: skip
    overlap = "peers 'home' (10.9.0.0/16) and 'beach house' (10.9.1.0/24) claim the same addresses"
    agent.answers["findings"] = [
        finding("allowed_ips_overlap", "error", "wg0", overlap),
        finding("no_keepalive", "warning", "wg0 peer office", "no persistent_keepalive"),
    ]
    agent.happen(endpoint("first", "endpoint 198.51.100.10:51820: the kernel had none"), ago=9000)
    agent.happen(do.Notify("way", "failed_over", ("wg1",), "policy 'stream'", "through wg1: no reply through wg0", {}),
                 ago=300)  # fmt: skip
    agent.happen(
        do.trouble("lookup_failed", "production.example.com", "lookup failed: no answer from 127.0.0.1"), ago=120
    )
    agent.happen(endpoint("moved", "endpoint 198.51.100.10:51820: followed: home.dyn.example.net moved"), ago=9)


def endpoint(code, text):
    return do.Notify("endpoint", code, ("198.51.100.10:51820",), "wg0 peer home", text, {})


@pytest.mark.parametrize("width", [1280, 1100, 360])
@pytest.mark.parametrize("theme, dark", THEMES)
def test_everything_has_its_place_wide_and_narrow_light_and_dark(browser, config, width, theme, dark):
    agent = Scripted()
    everything(agent)
    with Router(agent, config) as router:
        browser.size(width)
        router.open(browser, theme=theme, dark=dark)
        browser.wait_for_text("production.example.com")
        for text in (
            "✓ current followed: home.dyn.example.net moved",
            "✕ stalled nothing received although an answer is owed for 42 s",
            "! unresolved waiting: next query in 12 s",
            "– disabled",
            "retained, 1h 23m left",
            "Show all 11",
            "✕ no set",
            "lookup failed: no answer from 127.0.0.1",
        ):
            assert text.lower() in browser.text().lower()  # a theme may have buttons speak in capitals
        assert [bar.get_attribute("title") for bar in browser.find(".cbi-progressbar")][1] == "1 of 2"
        assert browser.overflow() == 0
        browser.screenshot(f"status-{width}-{theme}{'-dark' if dark else ''}")


def test_findings_come_first_with_advice_and_the_page_that_mends_them(browser, config):
    agent = Scripted()
    everything(agent)
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("Findings")
        text = browser.text()
        assert text.index("Findings") < text.index("Peers")
        assert "'home' (10.9.0.0/16) and 'beach house' (10.9.1.0/24)" in text
        assert "the one that was set last gets it" in text
        assert "do something about it" in text
        link = browser.find(".nametrack-finding a")[0]
        assert (link.text, link.get_attribute("href").partition("/cgi-bin/luci/")[2]) == (
            "Interfaces",
            "admin/network/network",
        )


def test_long_lists_fold_by_mouse_and_by_keyboard(browser, config):
    agent = Scripted()
    agent.answers["policies"] = [policy("work", *(host(f"h{i}.example.com", "192.0.2.7") for i in range(30)))]
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("h9.example.com")
        assert "h10.example.com" not in browser.text()
        browser.click("Show all 30")
        browser.wait_for_text("h29.example.com")
        browser.run("document.activeElement.blur()")
        button = browser.tab_to("Show fewer")
        assert button.get_attribute("aria-expanded") == "true"
        browser.press("Enter")
        browser.wait(lambda: "h10.example.com" not in browser.text(), "a folded list")
        assert browser.focused() == "Show all 30", "the focus is where it was"


def test_what_the_answer_had_no_room_for_is_counted_where_it_is_missing(browser, config):
    agent = Scripted()
    everything(agent)
    agent.answers["policies"][0]["hosts"][0]["more_addresses"] = 11
    agent.answers["policies"][0]["more_hosts"] = 22
    agent.answers["peers"][0]["more_addresses"] = 33
    agent.answers.update(more_peers=44, more_policies=55, more_findings=66)
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("home.dyn.example.net")
        for count in (11, 22, 33, 44, 55, 66):
            assert browser.text().count(f"and {count} more, too many to show") == 1, count
        assert browser.text().count("too many to show") == 6
        browser.screenshot("status-cut")


def test_a_poll_moves_neither_focus_nor_nodes(browser, config):
    agent = Scripted()
    everything(agent)
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("home.dyn.example.net")
        browser.run(
            "window.row = document.querySelector('[data-key^=\"wg0 y\"]'); arguments[0].focus()",
            browser.button("Refresh"),
        )
        agent.answers["peers"].insert(0, peer("new", "new.example.com", interface="wg2"))
        browser.wait_for_text("new.example.com")
        assert browser.run("return window.row.isConnected && window.row.textContent.includes('beach house')")
        assert browser.focused() == "Refresh"


@pytest.mark.parametrize("state", ["not running", "not installed", "switched off", "no rights", "nothing to follow"])
def test_each_emptiness_has_words_of_its_own(browser, config, state):
    agent = Scripted()
    agent.running = state == "nothing to follow"
    if state == "not installed":
        (config / "nametrack").unlink()
    if state == "switched off":
        (config / "nametrack").write_text(GLOBAL.replace("1", "0"))
    said = {
        "not running": "nametrack is not running",
        "not installed": "nametrack is not installed, or not set up",
        "switched off": "nametrack is switched off",
        "no rights": "This login has no right to see the state of nametrack",
        "nothing to follow": "Nothing to follow yet",
    }
    with Router(agent, config) as router:
        if state == "no rights":
            # the menu would not show the page at all; a session whose rights were taken away still has it open
            router.rpcd.groups["luci-app-nametrack"] = {"read": {}}
        router.open(browser)
        browser.wait_for_text(said[state])
        assert [text for text in said.values() if text in browser.text()] == [said[state]]
        browser.screenshot("state-" + state.replace(" ", "-"))


def test_whatever_is_in_an_answer_shows_as_text(browser, config):
    agent = Scripted(choices=lambda _: {
        "peers": [{"interface": "wg0", "public_key": KEYS[0], "description": HOSTILE, "endpoint_host": HOSTILE}],
        "interfaces": [{"name": HOSTILE, "target": HOSTILE, "set4": HOSTILE, "set6": None}],
    }, resolve=lambda _: {"addresses": [], "ttl": None, "reason": HOSTILE})  # fmt: skip
    agent.answers.update(
        peers=[peer(HOSTILE, HOSTILE, HOSTILE, HOSTILE, address=HOSTILE, interface=HOSTILE,
                    sources=[source(HOSTILE, HOSTILE), source(HOSTILE, "192.0.2.1")])],
        policies=[policy(HOSTILE, host(HOSTILE, HOSTILE, retained=[HOSTILE], state=HOSTILE, reason=HOSTILE),
                         state=HOSTILE, reason=HOSTILE, interface=HOSTILE, target=HOSTILE, set4=HOSTILE, set6=HOSTILE,
                         ways=[way(HOSTILE, code=HOSTILE, reason=HOSTILE)])],
        findings=[finding(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
    )  # fmt: skip
    agent.happen(do.Notify(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, HOSTILE, {}))
    options = {"interface": HOSTILE, "host": [HOSTILE, "a.example"], "endpoint_host": HOSTILE, "public_key": KEYS[0]}
    (config / "nametrack").write_text(
        uci(("nametrack", "global", {}), ("policy", "work", options), ("peer", "", options))
    )
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("Policies")
        assert browser.text().count("<img src=x onerror=") > 15
        browser.click("Refresh")
        for page in ("status", "settings"):
            if page == "settings":
                router.open(browser, "settings")
                browser.wait_for_text(HOSTILE[:10])
                for kind in ("policy", "peer"):
                    browser.click("Edit", f"#cbi-nametrack-{kind}")
                    browser.wait_for_text("Look up now", ".modal")
                    browser.click("Look up now", ".modal")
                    browser.click("Dismiss", ".modal")
            assert browser.find("#view img, .modal img") == []
            assert browser.run("return window.broken") is None


def shown(browser, config, css, **answers):
    """The text of an element of the page for such answers."""
    agent = Scripted()
    agent.answers.update(answers)
    with Router(agent, config) as router:
        router.open(browser)
        return browser.wait(lambda: browser.text(css), css)


COUNTS = [(1, 1, "1 peer, 1 policy"), (2, 0, "2 peers, 0 policies"), (0, 3, "0 peers, 3 policies")]


@pytest.mark.parametrize("peers, policies, words", COUNTS)
def test_the_first_line_counts_one_as_one(browser, config, peers, policies, words):
    answers = {"peers": [peer(str(i), "a.example", public_key=KEYS[i]) for i in range(peers)],
               "policies": [policy(str(i)) for i in range(policies)]}  # fmt: skip
    assert shown(browser, config, ".nametrack-verdict", **answers) == f"✓ All is well As configured: {words}."


def test_the_first_line_says_how_many_more_need_attention(browser, config):
    peers = [peer(f"house {i}", "h.test", "stalled", "no reply", public_key=f"{i}" * 43 + "=") for i in range(7)]
    lines = shown(browser, config, ".nametrack-verdict", peers=peers).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (7, "✕ Needs attention: 7", "and 2 more")


def test_an_interface_that_starts_is_no_trouble_in_the_list_of_events(browser, config):
    agent = Scripted()
    for code, text in (("not_up", "not up: its peers wait for it"), ("up", "up: its peers are followed")):
        agent.happen(do.Notify("interface", code, (), "wg0", text, {}))
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("• interface not up: its peers wait for it")
        assert "• interface up: its peers are followed" in browser.text()


def test_on_a_phone_the_fields_of_a_question_are_as_wide_as_the_page(browser, config):
    with Router(Scripted(), config) as router:
        browser.size(360)
        router.open(browser)
        browser.wait(lambda: browser.find(".nametrack-inquiry input"), "the question")
        widths = {field.rect["width"] for field in browser.find(".nametrack-inquiry input")}
        assert len(widths) == 1 and widths.pop() > 300


def test_the_first_line_is_not_well_while_a_finding_says_otherwise(browser, config):
    found = finding("not_forwarded", "error", "policy 'work'", "wg0 is in no firewall zone")
    note = finding("wildcard_unobserved", "info", "policy 'work'", "no client asked yet")
    lines = shown(browser, config, ".nametrack-verdict", policies=[policy("work")], findings=[found, note]).splitlines()
    assert lines == ["✕ Needs attention: 1", "policy 'work': ✕ Error wg0 is in no firewall zone"]


def test_a_finding_about_what_needs_attention_already_is_counted_once(browser, config):
    work = policy("work", state="no_target", reason="set 'inet fw4 mine4' does not exist")
    found = finding("no_target", "error", "policy 'work'", "set 'inet fw4 mine4' does not exist")
    lines = shown(browser, config, ".nametrack-verdict", policies=[work], findings=[found]).splitlines()
    assert lines[0] == "✕ Needs attention: 1" and len(lines) == 2


def test_a_finding_about_another_that_begins_with_the_same_name_is_counted(browser, config):
    home = peer("home", "home.test", "stalled", "no reply through wg0")
    found = [finding("no_keepalive", "warning", "wg0 peer home-office", "no persistent_keepalive"),
             finding("allowed_ips_overlap", "error", "wg0", "two peers claim 0.0.0.0/0"),
             finding("no_keepalive", "warning", "wg0 peer home", "no persistent_keepalive")]  # fmt: skip
    lines = shown(browser, config, ".nametrack-verdict", peers=[home], findings=found).splitlines()
    assert lines[0] == "✕ Needs attention: 3" and len(lines) == 4


def test_what_needs_attention_by_one_name_stays_in_the_first_lines_after_a_poll(browser, config):
    agent = Scripted()
    agent.answers["peers"] = [peer("home", "home.dyn.example.net")]
    agent.answers["findings"] = [finding("configuration", "error", "configuration", f"mistake {i}") for i in range(3)]
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("Needs attention: 3")
        agent.answers["findings"].append(finding("clock_unset", "warning", "clock", "it was never set"))
        browser.wait_for_text("Needs attention: 4")
        shown = browser.text(".nametrack-verdict")
    assert [f"mistake {i}" in shown for i in range(3)] == [True] * 3


def test_each_way_out_says_whether_it_is_used_ready_or_dead(browser, config):
    ways = [way("wg0", "no_reply"), way("wg1", ago=300), way("wg2", ago=7200)]
    work = policy("work", state="failed_over", reason="through wg1: no reply through wg0", way="wg1", ways=ways,
                  target="route", table=900)  # fmt: skip
    text = shown(browser, config, "[data-key='policy work']", policies=[work])
    for line in ("wg0 ✕ does not work no reply through wg0", "wg1 ✓ in use works for 5m", "wg2 – ready works for 2h"):
        assert line in text
    assert "! another way through wg1: no reply through wg0" in text


def test_what_is_blocked_needs_attention_first(browser, config):
    ways = [way("wg0", "down")]
    home = policy("home", state="failed_over", reason="through wg1", ways=ways)
    work = policy("work", state="blocked", reason="no way out works: wg0 is down", ways=ways, target="route")
    lines = shown(browser, config, ".nametrack-verdict", policies=[home, work]).splitlines()
    assert lines[:2] == ["✕ Needs attention: 2", "work: ✕ blocked no way out works: wg0 is down"]


def test_an_observed_name_says_when_a_client_asked_for_it_last(browser, config):
    began = time.time()
    seen = host("www.example.com", "192.0.2.7")
    seen["seen"] = seen["answered"] + 48 - 130
    text = shown(browser, config, "[data-key='www.example.com work']", policies=[policy("work", seen)])
    assert 10 <= int(re.search(r"a client asked 2m (\d+)s ago", text)[1]) <= 11 + time.time() - began


def test_each_source_of_a_peers_name_says_what_it_names_and_whether_it_differs(browser, config):
    began = time.time()
    sources = [source("listed", "198.51.100.10", ago=20), source("zone", "198.51.100.99", ago=5),
               source("fallback", ago=None, failures=3)]  # fmt: skip
    text = shown(browser, config, "[data-key^='wg0 x']", peers=[peer("home", "a.example", sources=sources)])
    found = [line for line in text.splitlines() if line.startswith(("nameservers: ", "zone: ", "fallback: "))]
    ago = int(re.match(r"nameservers: 198\.51\.100\.10 \((\d+)s", found[0])[1])
    assert 20 <= ago <= 21 + time.time() - began and "differ" not in found[0]
    assert found[1].startswith("zone: 198.51.100.99 (") and found[1].endswith("• differ")
    assert found[2] == "fallback: no answer (failures: 3)"


def test_one_source_alone_is_not_said_twice(browser, config):
    alone = peer("home", "a.example", sources=[source("listed", "198.51.100.10")])
    assert "nameservers:" not in shown(browser, config, "[data-key^='wg0 x']", peers=[alone])


@pytest.mark.parametrize("next_query, words", [(120, "nametrack asks in 2m, because of"), (None, "no answer yet")])
def test_an_order_that_takes_long_has_an_end_too(browser, config, next_query, words):
    (config / "nametrack").write_text(GLOBAL + "\toption min_ttl '300'\n")
    agent = Scripted(refresh=lambda _: {"asked": 1})
    agent.answers["peers"] = [peer("home", "home.example.com", next_query=next_query)]
    with Router(agent, config) as router:
        router.open(browser)
        browser.click("Refresh")
        browser.wait_for_text("Asking…")
        browser.run("const now = Date.now; Date.now = () => now() + 16000")
        browser.wait_for_text(words)
        assert browser.button("Refresh").is_enabled()


def test_the_plot_has_an_axis_from_zero_with_units(browser, config):
    agent = Scripted()
    agent.answers["peers"] = [peer("home", "home.example.com"), peer("never", "b.example.com", public_key=KEYS[1])]
    agent.answers["peers"][1]["last_handshake"] = 0
    with Router(agent, config) as router:
        router.open(browser)
        plot = browser.wait(lambda: browser.find(".nametrack-plot"), "a plot")[0]
        marks = [mark.text for mark in plot.find_elements("css selector", "text")]
        assert marks == ["0s", "4m", "3m", "−1m", "now"]
        assert plot.get_attribute("aria-label").startswith("Age of the last handshake of home in the last 1m: now ")
        browser.wait(lambda: points(browser) >= 3, "samples of three polls")
        lowest = browser.run("return document.querySelector('line.axis').getAttribute('y1')")
        assert max(float(y) for _, y in pairs(browser)) <= float(lowest), "nothing is drawn below the axis"
        assert "no handshake yet" in browser.text("figure:nth-of-type(2)")


def pairs(browser):
    points = browser.run("return document.querySelector('.nametrack-plot polyline').getAttribute('points')")
    return [point.split(",") for point in points.split()]


def points(browser):
    return len(pairs(browser))


def test_a_session_that_is_over_is_told_and_nothing_passes_for_now(browser, config):
    agent = Scripted()
    everything(agent)
    with Router(agent, config) as router:
        router.open(browser)
        browser.wait_for_text("✓ live")
        router.rpcd.sessions = {key: value for key, value in router.rpcd.sessions.items() if set(key) == {"0"}}
        browser.wait_for_text("Session expired", ".modal")
        browser.wait_for_text("– not live", seconds=12)
        assert "✓ live" not in browser.text()
        browser.expect_complaints("Login session is expired")
