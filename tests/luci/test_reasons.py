"""Reasons and findings show in the language of the page by their code, with the agent's own sentence beside them."""

import json
import re

import pytest

from lab.agent import uci
from luci.router import Router
from luci.scripted import Scripted, finding, host, peer, policy, way
from luci.web import APP
from nametrack.core import actions as do
from nametrack.core.routes.way import TROUBLES
from nametrack.core.telling import findings, machine_findings, routing_findings

TABLE = (APP / "htdocs/luci-static/resources/nametrack/reasons.js").read_text()
SCHEMA = json.loads((APP.parent / "tests/status.schema.json").read_text())
STATES = APP.parent / "agent/nametrack/core/peers/peer_state.py"
LONG = (
    "uci del_list network.@wireguard_wg0[1].allowed_ips='2001:db8:1234:5678:9abc:def0:1234:5678/128'; "
    "uci commit network; ifup wg0; /etc/init.d/nametrack reload  # or take it from the other peer"
)
SPEAKS = {
    "de": ("DNS nennt sie", "das Set ist voll", "die bevorzugte Schnittstelle geht nicht", "den Namen gibt es nicht"),
    "zh_Hans": ("DNS 给出此地址", "集合已满", "首选接口不可用", "该名称不存在"),
}


@pytest.fixture
def config(tmp_path):
    (tmp_path / "nametrack").write_text(uci(("nametrack", "global", {})))
    return tmp_path


def codes(name):
    """The codes in one of the tables of reasons.js."""
    body = re.search(r"const %s = \{\n(.*?)\n\};" % name, TABLE, re.S).group(1)
    return set(re.findall(r"^\t(\w+):", body, re.M))


def test_every_code_of_a_peer_has_a_text():
    known = set(re.findall(r'State\("\w+", "(\w+)"', STATES.read_text())) - {"code"}
    assert codes("PEERS") == known | {"disabled"}


@pytest.mark.parametrize("kind, table", [("peer", "PEERS"), ("policy", "POLICIES"), ("host", "HOSTS")])
def test_every_code_of_the_status_has_a_text(kind, table):
    """The answers of the agent are held against the same schema."""
    assert codes(table) == set(SCHEMA["$defs"][kind]["properties"]["code"]["enum"])


def test_every_code_of_a_way_has_a_text_about_its_device():
    assert codes("WAYS") | {None} == set(SCHEMA["$defs"]["way"]["properties"]["code"]["enum"])
    assert codes("WAYS") == set(TROUBLES)


def test_every_code_of_an_event_has_a_text():
    assert codes("EVENTS") == set(SCHEMA["$defs"]["event"]["properties"]["code"]["enum"])


def test_every_finding_of_a_router_has_a_text():
    known = set(findings.ADVICE) | set(machine_findings.ADVICE) | set(routing_findings.ADVICE)
    assert codes("FINDINGS") == known - set(machine_findings.ADVICE)


def agent():
    scripted = Scripted()
    scripted.answers["peers"] = [peer("home", "home.dyn.test", code="named", reason="DNS names it")]
    lost = host("gone.test", state="negative", reason="DNS says that it does not exist")
    reason = "through wg1: wg0 is down"
    scripted.answers["policies"] = [policy("work", lost, state="failed_over", code="failed_over", reason=reason)]
    scripted.answers["findings"] = [
        finding("set_full", "error", "policy 'work'", "set 's' is full: 3 wait"),
        finding("allowed_ips_overlap", "error", "wg0", "peers 'a' and 'b' both claim 2001:db8:1234:5678::/64", LONG),
        finding("news", "info", "clock", "a finding that this page does not know"),
    ]
    return scripted


@pytest.mark.parametrize("language", SPEAKS)
def test_in_another_language_the_translation_comes_first_and_the_english_sentence_stays(browser, config, language):
    with Router(agent(), config) as router:
        router.open(browser, lang=language)
        browser.wait_for_text("set 's' is full: 3 wait")
        text = browser.text()
        for words in SPEAKS[language]:
            assert words in text
        assert text.count("through wg1: wg0 is down") == 2, "in the summary and in the table"
        assert text.index(SPEAKS[language][1]) < text.index("set 's' is full: 3 wait")
        assert "a finding that this page does not know" in text


@pytest.mark.parametrize(
    "language, endpoint, elements, down",
    [
        ("de", "Endpunkt auf 198.51.100.7:51820 gesetzt", "Set mine4: 3 hinzugefügt, 1 gelöscht", "wg0 ist aus"),
        ("zh_Hans", "端点已设为 198.51.100.7:51820", "集合 mine4：添加 3 个，删除 1 个", "wg0 已关闭"),
    ],
)
def test_events_and_ways_are_told_in_the_language_with_what_they_are_about(
    browser, config, language, endpoint, elements, down
):
    scripted = Scripted()
    scripted.answers["policies"] = [policy("work", ways=[way("wg0", "down"), way("wg1")], way="wg1")]
    text = "endpoint 198.51.100.7:51820: home.dyn.test moved"
    scripted.happen(do.Notify("endpoint", "moved", ("198.51.100.7:51820",), "wg0 peer home", text, {}))
    text = "set 'mine4': 3 added, 1 deleted: a.test changed"
    scripted.happen(do.Notify("policy", "elements", ("mine4", 3, 1), "policy 'work'", text, {}))
    scripted.happen(do.Notify("policy", "news", (), "policy 'work'", "an event that this page does not know", {}))
    with Router(scripted, config) as router:
        router.open(browser, lang=language)
        browser.wait_for_text(text)
        for words in (endpoint, elements, down, "wg0 is down", "home.dyn.test moved", "does not know"):
            assert words in browser.text()
        for width in (1280, 360):
            browser.size(width)
            browser.screenshot(f"events-{width}-{language}")
            assert browser.overflow() == 0


def test_a_sentence_that_says_no_more_than_its_translation_is_left_out(browser, config):
    scripted = Scripted()
    scripted.answers["policies"] = [policy("work", host("a.test"), host("b.test", reason="answered (cut short)"))]
    with Router(scripted, config) as router:
        router.open(browser, lang="de")
        browser.wait_for_text("die Sets enthalten, was DNS nennt")
        text = browser.text()
        assert "the sets hold what DNS names" not in text
        assert text.count("DNS hat geantwortet") == 2 and text.count("answered") == 1


def test_in_english_nothing_is_said_twice(browser, config):
    with Router(agent(), config) as router:
        router.open(browser)
        browser.wait_for_text("set 's' is full: 3 wait")
        assert "the set is full" not in browser.text()
        assert browser.text().count("DNS names it") == 1


def test_files_of_hosts_are_shown_with_what_they_hold(browser, config):
    scripted = agent()
    one = {"path": "/etc/nametrack/list.txt", "names": 300, "asked": 256, "wildcards": 2, "elements": 7}
    unread = dict.fromkeys(one) | {"path": "/etc/nametrack/none.txt"}
    scripted.answers["policies"] = [policy("work", files=[one, unread])]
    with Router(scripted, config) as router:
        for width in (1280, 360):
            browser.size(width)
            router.open(browser)
            browser.wait_for_text("300 names, 256 of them looked up; 2 wildcards; 7 addresses and prefixes")
            assert "not read" in browser.text() and browser.overflow() == 0
            browser.screenshot(f"files-{width}")
        router.open(browser, lang="de")
        browser.wait_for_text("300 Namen")
        browser.screenshot("files-de")
