"""The status page answers which way packets to a host take: the agent's sentence first, then the facts."""

import threading

import pytest

from lab.world import STAGING4, STAGING_NAME
from luci.router import Router
from luci.scripted import Scripted
from luci.test_states import GLOBAL, HOSTILE
from luci.uci import INVALID_ARGUMENT, Status

STEPS = ["policy 'work' lists it", "the kernel sends the router's packets through wg0 (table 900)"]
WELL = {"address": "192.0.2.7", "device": "wg0", "steps": STEPS, "sentence": "192.0.2.7 goes through wg0", "advice": ""}


def answer(sentence="192.0.2.7 goes through wg0 as configured", advice="", addresses=(WELL,), **values):
    shown = {"host": "a.example.com", "client": "", "ingress": "", "addresses": list(addresses)}
    return {**shown, "sentence": sentence, "advice": advice, "as_configured": not advice, **values}


@pytest.fixture
def router(tmp_path):
    (tmp_path / "nametrack").write_text(GLOBAL)
    with Router(Scripted(why=lambda _: answer()), tmp_path) as router:
        yield router


def ask(router, browser, host, client=""):
    router.open(browser)
    browser.wait_for_text("Which way does a host take?")
    browser.fill(browser.find("input[name=host]")[0], host)
    if client:
        browser.fill(browser.find("input[name=client]")[0], client)
    browser.press("Enter")


def answered(browser):
    return browser.wait(lambda: browser.text(".nametrack-answer"), "an answer").splitlines()


def test_a_running_agent_says_which_way_a_host_takes(beach, browser):
    ask(beach, browser, STAGING_NAME)
    answered(browser)
    text = browser.text(".nametrack-answer")
    assert all(address in text for address in STAGING4)
    assert "the rules that use the set decide which way its packets take" in text


def test_the_sentence_comes_before_the_facts(router, browser):
    ask(router, browser, "a.example.com")
    lines = answered(browser)
    assert lines[0] == "✓ as configured 192.0.2.7 goes through wg0 as configured"
    assert lines[1:] == ["192.0.2.7 → wg0", *STEPS]
    assert router.calls("why") == [
        ("why", {"host": "a.example.com", "ubus_rpc_session": router.calls("why")[0][1]["ubus_rpc_session"]})
    ]


def test_what_is_wrong_comes_with_the_line_that_mends_it(router, browser):
    text = "192.0.2.7: no rule leads marked packets to wg0"
    router.bus.methods["why"] = lambda _: answer(
        text, "ip rule add fwmark 0x1 table 900", client="192.168.1.50", ingress="br-lan"
    )
    ask(router, browser, "a.example.com", "192.168.1.50")
    lines = answered(browser)
    assert lines[:3] == [
        f"✕ not as configured {text}",
        "What to do: ip rule add fwmark 0x1 table 900",
        "Packets of 192.168.1.50 come in through br-lan.",
    ]
    assert router.calls("why")[0][1]["client"] == "192.168.1.50"
    for width in (1280, 360):
        browser.size(width)
        assert browser.overflow() == 0
        browser.screenshot(f"inquiry-{width}")


def test_a_question_that_the_agent_refuses_is_answered_in_words(router, browser):
    def refuse(_):
        raise Status(INVALID_ARGUMENT)

    router.bus.methods["why"] = refuse
    ask(router, browser, "a b")
    assert answered(browser) == ["! no answer This is not a host name or an address."]
    router.bus.running = False
    browser.click("Explain")
    browser.wait_for_text("nametrack is not running.", ".nametrack-answer")


def test_what_is_typed_and_answered_stays_through_polls(router, browser):
    ask(router, browser, "a.example.com")
    answered(browser)
    polls = len(router.calls("status"))
    browser.wait(lambda: len(router.calls("status")) > polls + 1, "two polls")
    assert browser.find("input[name=host]")[0].get_attribute("value") == "a.example.com"
    assert answered(browser)[0].startswith("✓ as configured")


def test_while_the_agent_looks_up_the_box_says_so_and_asks_once(router, browser):
    looked = threading.Event()
    router.bus.methods["why"] = lambda _: looked.wait(60) and answer()
    ask(router, browser, "a.example.com")
    browser.wait_for_text("Asking…", ".nametrack-inquiry")
    browser.click_on("input[name=host]")
    browser.press("Enter")
    looked.set()
    answered(browser)
    assert len(router.calls("why")) == 1


def test_a_hostile_answer_or_question_is_text(router, browser):
    wrong = {"address": HOSTILE, "device": HOSTILE, "steps": [HOSTILE], "sentence": HOSTILE, "advice": HOSTILE}
    router.bus.methods["why"] = lambda _: answer(HOSTILE, HOSTILE, [wrong], client=HOSTILE, ingress=HOSTILE)
    ask(router, browser, HOSTILE, HOSTILE)
    answered(browser)
    assert browser.find("#view img") == [] and browser.run("return window.broken") is None
    assert browser.text(".nametrack-answer").count(HOSTILE) == 7
