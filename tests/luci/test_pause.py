"""The status page switches the policies with routes of nametrack's own off for an hour, and on again."""

import pytest

from luci.router import Router
from luci.scripted import Scripted, host, policy, way
from luci.test_states import GLOBAL
from luci.uci import Status

PERMISSION_DENIED = 6
PAUSED = "paused: traffic takes the normal way until `nametrack resume`, or the pause is over"


def steered(**values):
    shown = {"target": "route", "table": 900, "way": "wg0", "ways": [way("wg0")], "code": "route", **values}
    return policy("work", host("a.example", "192.0.2.7"), set4=None, **shown)


@pytest.fixture
def router(tmp_path):
    def pause(arguments):
        agent.answers["policies"] = [steered(state="disabled", code="paused", reason=PAUSED, way=None, ways=[])]
        return {"policies": 1, "minutes": arguments["minutes"]}

    def resume(_):
        agent.answers["policies"] = [steered()]
        return {"policies": 1}

    (tmp_path / "nametrack").write_text(GLOBAL)
    agent = Scripted(pause=pause, resume=resume)
    agent.answers["policies"] = [steered()]
    with Router(agent, tmp_path) as router:
        yield router


def arguments(call):
    return {name: value for name, value in call[1].items() if name != "ubus_rpc_session"}


def test_a_pause_of_an_hour_begins_and_ends_by_the_same_button(router, browser):
    router.open(browser)
    browser.wait_for_text("Packets take the normal way meanwhile, also those that are blocked.")
    browser.click("Pause for an hour")
    browser.wait_for_text(f"Needs attention: 1\nwork: – disabled {PAUSED}")
    assert [arguments(call) for call in router.calls("pause")] == [{"minutes": 60}]
    for width in (1280, 360):
        browser.size(width)
        assert browser.overflow() == 0
        browser.screenshot(f"pause-{width}")
    browser.click("End the pause")
    browser.wait_for_text("Pause for an hour")
    assert [arguments(call) for call in router.calls("resume")] == [{}]


def test_an_order_that_is_not_taken_says_why(router, browser):
    def refuse(_):
        raise Status(PERMISSION_DENIED)

    router.bus.methods["pause"] = refuse
    router.open(browser)
    browser.wait_for_text("Pause for an hour")
    browser.click("Pause for an hour")
    browser.wait_for_text("This login may only look.")
    assert browser.find("[data-action=pause]")[0].is_enabled()


def test_there_is_no_button_where_nothing_can_be_paused(router, browser):
    router.bus.answers["policies"] = [policy("sets", host("a.example", "192.0.2.7"))]
    router.open(browser)
    browser.wait_for_text("a.example")
    assert browser.find("[data-action=pause], [data-action=resume]") == []


def test_there_is_no_button_for_a_login_that_may_only_look(router, browser):
    router.open(browser, login="reader")
    browser.wait_for_text("a.example")
    assert browser.find("[data-action=pause], [data-action=resume]") == []
