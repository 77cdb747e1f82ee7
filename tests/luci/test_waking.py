"""A page that does not hear from the router says so within 10 s, shows how old its data is, and recovers by itself."""

import time

from lab.host import wait_for
from lab.world import HOME_NAME, HOME_PORT
from luci.test_following import row, settled

LIMIT = 10  # seconds


def within(browser, text, seconds=LIMIT):
    browser.wait_for_text(text, seconds=seconds)


def test_a_killed_agent_is_told_and_its_restart_is_seen(beach, browser):
    settled(beach, browser)
    beach.agent.kill()
    within(browser, "nametrack is not running")
    assert HOME_NAME not in browser.text(), "its last state is not shown as if it were now"
    browser.screenshot("agent-killed")
    beach.agent.start()
    within(browser, "✓ live")
    browser.wait(lambda: f":{HOME_PORT}" in row(browser, HOME_NAME), "its peer")


def test_a_router_that_does_not_answer_is_told_with_the_age_of_what_is_shown(beach, browser):
    settled(beach, browser)
    beach.web.silent = "/ubus"
    within(browser, "The router does not answer")
    assert "– not live" in browser.text() and "✓ live" not in browser.text()
    first = shown_age(browser)
    assert first >= 8
    browser.wait(lambda: shown_age(browser) > first, "an age that grows", 5)
    browser.screenshot("router-silent")
    beach.web.silent = ""
    within(browser, "✓ live")
    assert "does not answer" not in browser.text()
    browser.expect_complaints("ERR_EMPTY_RESPONSE")


def test_a_tab_that_was_frozen_for_a_minute_never_shows_its_old_state_as_the_present(beach, browser, world):
    settled(beach, browser)
    browser.freeze()
    frozen = time.monotonic()
    assert "✓ live" not in browser.text(), "what is seen first when somebody comes back"
    world.move_home("198.51.100.11")
    world.announce_home()
    wait_for(lambda: world.home_endpoint() == f"198.51.100.11:{HOME_PORT}", 20, beach.agent.tail)
    wait_for(lambda: time.monotonic() - frozen > 60, 70, "a minute")
    beach.web.silent = "/ubus"  # so that there is time to look before the first answer
    browser.thaw()
    within(browser, "This page was asleep")
    assert shown_age(browser) >= 60 and "✓ live" not in browser.text()
    beach.web.silent = ""
    browser.wait(lambda: f"198.51.100.11:{HOME_PORT}" in row(browser, HOME_NAME), "the new endpoint", LIMIT)
    within(browser, "✓ live")
    assert "This page was asleep" not in browser.text()
    browser.expect_complaints("ERR_EMPTY_RESPONSE")


def test_a_paused_page_says_so(beach, browser):
    settled(beach, browser)
    browser.click_on('[data-indicator="poll-status"]')
    within(browser, "Updating is paused")
    browser.click("Ask now")
    within(browser, "✓ live")


def test_a_page_that_cannot_recover_reloads_itself_once(beach, browser):
    settled(beach, browser)
    beach.web.broken = True
    # a minute of trouble, without waiting for it
    browser.run("const now = Date.now; Date.now = () => now() + 61000; window.old = true")
    browser.wait(lambda: browser.run("return window.old === undefined"), "a reload", LIMIT)
    beach.web.broken = False
    within(browser, "✓ live")
    beach.web.broken = True
    browser.run("const now = Date.now; Date.now = () => now() + 61000; window.old = true")
    within(browser, "The router does not answer")
    time.sleep(5)  # long enough for a reload that must not come
    assert browser.run("return window.old")
    beach.web.broken = False
    browser.expect_complaints("500")


def shown_age(browser):
    """The seconds that the page says its data are old, in text like `1m 2s old`."""
    words = browser.text(".nametrack-old").partition("What is shown here is ")[2].partition(" old")[0]
    units = {"s": 1, "m": 60}
    return sum(int(word[:-1]) * units[word[-1]] for word in words.split())
