"""200 hosts with 10 addresses each, resolved by a real agent: the page shows them as it shows ten."""

import time

import pytest

from bus import Bus
from lab.agent import Agent, options, policy
from lab.host import wait_for
from lab.watch import nft_elements
from luci.router import Router
from luci.ubus import Ubus

SETS = "table inet vpn { set many4 { type ipv4_addr; flags timeout; }\n}\n"


@pytest.fixture
def scaled(world, tmp_path):
    """A function that starts an agent with so many hosts of ten addresses each, and waits until the set is full."""
    world.beach.nft(SETS)
    with Bus(tmp_path) as bus:
        routers = []

        def start(count):
            names = [f"h{i}.example.test" for i in range(count)]
            for i, name in enumerate(names):
                world.zone.set(name, "A", [f"10.{i // 20}.{i % 20}.{j + 1}" for j in range(10)], 3600)
            many = policy("many", names, target="nftset", set4="inet vpn many4", family="ipv4")
            agent = Agent(world, options(), many, bus=bus.path).start()
            routers.append((agent, Router(Ubus(bus.path), agent.config)))
            wait_for(lambda: len(nft_elements(world.beach, "inet", "vpn", "many4")) >= 10 * count, 60, agent.tail)
            return routers[-1][1]

        def stop():
            agent, router = routers.pop()
            router.__exit__()
            agent.stop()

        start.stop = stop
        yield start
        while routers:
            stop()


def shown(router, browser, count):
    """Seconds from opening the page to its table of hosts."""
    began = time.monotonic()
    router.open(browser)
    browser.wait(lambda: browser.find('[data-key="h0.example.test many"]'), "the first host", 30)
    assert browser.wait(lambda: f"{10 * count} of {10 * count}" in installed(browser), "the counts")
    return time.monotonic() - began


def installed(browser):
    return [bar.get_attribute("title") for bar in browser.find(".cbi-progressbar")]


def test_two_hundred_hosts_show_as_soon_as_ten(scaled, browser):
    few = shown(scaled(10), browser, 10)
    scaled.stop()
    router = scaled(200)
    many = shown(router, browser, 200)
    assert many < 3 * few + 3  # twenty times as long, were the page to make its whole table
    browser.click("Show all 200")
    browser.wait(lambda: len(browser.find('[data-key^="h"]')) == 200, "all of them", 30)
    browser.size(360)
    assert browser.overflow() == 0
    browser.screenshot("scale-360")
