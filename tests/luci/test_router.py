"""What can be seen at any router: the lab's, or one whose LuCI is named.

LUCI=http://192.168.1.1 LUCI_PASSWORD=… build/venv/bin/python -m pytest tests/luci/test_router.py
"""

import http.cookiejar
import os
import urllib.parse
import urllib.request

import pytest

from luci.browser import LUCI

INTERVAL = 3  # seconds between two polls
REQUESTS = "return performance.getEntriesByType('resource').filter((r) => r.name.includes('/ubus')).length"


class Site:
    """A router with LuCI that is not the lab's; logged in to."""

    def __init__(self):
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        fields = {
            "luci_username": os.environ.get("LUCI_USER", "root"),
            "luci_password": os.environ.get("LUCI_PASSWORD", ""),
        }
        opener.open(f"{LUCI}/cgi-bin/luci/", urllib.parse.urlencode(fields).encode()).close()
        self.cookies = list(jar)

    def open(self, browser, page="status"):
        """Opens a page of nametrack's."""
        for cookie in self.cookies:
            browser.cookie(LUCI, cookie.name, cookie.value)
        browser.open(f"{LUCI}/cgi-bin/luci/admin/services/nametrack/{page}")


@pytest.fixture
def router(request):
    return Site() if LUCI else request.getfixturevalue("beach")


def test_the_state_shows_and_is_polled_by_one_request_each_time(router, browser):
    router.open(browser)
    browser.wait_for_text("✓ live", seconds=20)
    assert browser.find("#view .table")
    before = browser.run("return performance.now()"), browser.run(REQUESTS)
    browser.wait(lambda: browser.run("return performance.now()") > before[0] + 5 * INTERVAL * 1000, "five polls", 60)
    # events may come with one; more than that would be polls that cost more than they say
    assert 4 <= browser.run(REQUESTS) - before[1] <= 7


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("page, text", [("status", "Peers"), ("settings", "Policies")])
def test_the_pages_fit_their_window(router, browser, page, text, width):
    browser.size(width)
    router.open(browser, page)
    browser.wait_for_text(text, seconds=20)
    assert browser.overflow() == 0
    browser.screenshot(f"router-{page}-{width}")


def test_saving_what_was_not_touched_stages_nothing(router, browser):
    router.open(browser, "settings")
    browser.wait_for_text("Policies", seconds=20)
    browser.click("Save", ".cbi-page-actions")
    browser.wait(lambda: not browser.find("#view .spinning"), "the end of saving")
    assert browser.find('[data-indicator="uci-changes"]') == []
