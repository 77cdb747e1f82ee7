"""The status page before a running agent: it follows what happens, says why, and asks DNS when told to."""

import json

import pytest

from lab.enter import TOP
from lab.host import wait_for
from lab.pace import Stopwatch
from lab.world import HOME_NAME, HOME_PORT, STAGING4, STAGING_NAME

INTERVAL = 3  # seconds between two polls
NEW4 = "192.0.2.132"


def row(browser, text):
    """The text of the table row with this text in it, "" if there is none."""
    return next((r.text for r in browser.find("#view tr") if text in r.text), "")


def settled(beach, browser):
    """Opens the page, and waits until the tunnel and the sets are as DNS says."""
    beach.open(browser)
    browser.wait(lambda: "✓ current" in row(browser, HOME_NAME), "a peer that is current")
    browser.wait(lambda: STAGING4[0] in row(browser, STAGING_NAME), "the staging server's addresses")


def test_it_follows_a_move_within_a_poll_and_the_timeline_says_why(beach, browser, world):
    settled(beach, browser)
    world.wait_for_tunnel()
    assert f"{world.home_address}:{HOME_PORT}" in row(browser, HOME_NAME)
    browser.wait(lambda: "ago" in row(browser, HOME_NAME), "a handshake")
    world.move_home("198.51.100.11")
    world.announce_home()
    wait_for(lambda: world.home_endpoint() == f"198.51.100.11:{HOME_PORT}", 20, beach.agent.tail)
    moved = Stopwatch()
    browser.wait(lambda: f"198.51.100.11:{HOME_PORT}" in row(browser, HOME_NAME), "the new endpoint")
    assert moved.seconds() < 3 * INTERVAL  # an interval, the poll, and the browser on a busy machine
    newest = browser.wait(
        lambda: next((e.text for e in browser.find('[data-key^="event"]') if "moved" in e.text), None), "the reason"
    )
    assert f"endpoint 198.51.100.11:{HOME_PORT}: {HOME_NAME} moved" in newest
    browser.screenshot("following")


def test_a_button_asks_for_one_name_and_says_what_came_of_it(beach, browser, world):
    settled(beach, browser)
    browser.click_on('[data-key^="wg0"] [data-action=refresh]')
    browser.wait(lambda: "asked: nothing has changed" in row(browser, HOME_NAME), "a result")
    assert beach.calls("refresh")[0][1]["name"] == HOME_NAME
    assert not browser.button("Refresh").get_attribute("disabled")


@pytest.mark.parametrize("world", [600], indirect=True)
def test_a_name_that_has_moved_is_the_result(beach, browser, world):
    settled(beach, browser)
    world.zone.set(STAGING_NAME, "A", [STAGING4[0], NEW4], 600)
    forget(world)
    browser.click_on(f'[data-name="{STAGING_NAME}"]')
    browser.wait(lambda: "asked: now " in row(browser, STAGING_NAME), "a result")
    assert NEW4 in row(browser, STAGING_NAME)
    assert f"{STAGING4[1]} retained" in row(browser, STAGING_NAME), "DNS names it no more"


@pytest.mark.parametrize("world", [600], indirect=True)
def test_everything_is_asked_for_at_once_and_a_failure_is_the_result(beach, browser, world):
    settled(beach, browser)
    browser.click("Refresh all")  # the router's own cache answers, with what is left of each TTL
    browser.wait_for_text("names asked: 2, changed: 0, without an answer: 0", seconds=8)
    world.authority.behave("servfail")
    forget(world)
    browser.click_on(f'[data-name="{STAGING_NAME}"]')
    browser.wait(lambda: "✕ 127.0.0.1: SERVFAIL" in row(browser, f"staging {STAGING_NAME}"), "a result", 30)
    assert STAGING4[0] in row(browser, f"staging {STAGING_NAME}"), "what is known stays"


def forget(world):
    """Empties the cache of the beach's DNS server."""
    world.stop_dnsmasq()
    world.start_dnsmasq()


def test_a_poll_is_one_request_and_one_call(beach, browser):
    settled(beach, browser)
    quiet = ["status"] * 4
    browser.wait(lambda: [method for method, _ in beach.calls()][-4:] == quiet, "four polls without an event", 60)
    calls, requests = len(beach.rpcd.calls), len(beach.web.requests)
    browser.wait(lambda: len(beach.rpcd.calls) >= calls + 5, "five more", 30)
    # a request each; the youngest may be between its call and its answer
    assert 4 <= len(beach.web.requests) - requests <= 6


def test_what_it_costs_to_open_the_page(beach, browser):
    """Files are kept by browsers and come once; the figures are written to build/luci-measured.json."""
    beach.open(browser)
    browser.run(MEASURE)
    shown = browser.wait(lambda: browser.run("return window.shown"), "the table") / 1000
    ours = [(path, size) for method, path, size in beach.web.requests if "/nametrack/" in path and method == "GET"]
    figures = {
        "files of ours": len(ours) - 1,  # without the page itself
        "bytes of ours": sum(size for path, size in ours if "/resources/" in path),
        "calls until the table shows": len(beach.calls()),
        "seconds until the table shows": round(shown, 2),
    }
    (TOP / "build/luci-measured.json").write_text(json.dumps(figures, indent=1))
    assert figures["bytes of ours"] < 72 * 1024
    assert figures["calls until the table shows"] <= 3


# when the first table was in the page, in milliseconds since it was asked for
MEASURE = """
    const look = () => {
        if (document.querySelector('#view .table'))
            window.shown = performance.now();
        else
            requestAnimationFrame(look);
    };
    look();"""
