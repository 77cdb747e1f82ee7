"""The pages' tests run in the lab, with a browser: outside of it, or without one, they are skipped and say why."""

import pytest

from bus import Bus
from lab.agent import Agent, options, policy
from lab.enter import inside
from lab.host import Host
from lab.world import STAGING_NAME, VPN_SETS, World
from luci.browser import CHROMIUM, DRIVER, LUCI, Browser
from luci.router import Router
from luci.ubus import Ubus
from luci.web import SOURCE

COMMAND = "python tests/lab/enter.py -m pytest tests/luci"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" not in getattr(item, "fixturenames", ()):
            continue
        item.add_marker("browser")
        if not inside() and not (LUCI and item.path.name == "test_router.py"):
            item.add_marker(pytest.mark.skip(reason=f"needs the lab: {COMMAND}"))
        elif not CHROMIUM or not DRIVER:
            item.add_marker(pytest.mark.skip(reason="needs Chromium: apt install chromium chromium-driver"))


@pytest.fixture(scope="session", autouse=True)
def loopback():
    """The loopback of the namespace that the tests stand in is up, for those without a world too."""
    if inside():
        Host("internet", own=False)


@pytest.fixture(scope="session")
def chromium(loopback):
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium):
    """The browser, with a wide window and nothing on its console; what it complained of fails the test."""
    chromium.fresh()
    yield chromium
    if SOURCE:
        chromium.expect_complaints("/cgi-bin/cgi-exec")  # a newer LuCI runs programs there, which nobody misses here
    assert chromium.complaints() == []


@pytest.fixture
def world(request):
    """A world of this test's own; its parameter, if it has one, is the DNS records' TTL."""
    with World(ttl=getattr(request, "param", 5)) as world:
        yield world


@pytest.fixture
def beach(world, tmp_path):
    """The beach router: a bus, a running agent on it that fills sets for the staging server, and LuCI before it."""
    world.beach.nft(VPN_SETS)
    with Bus(tmp_path) as bus:
        # two answers about a name within one second would be one to the page: `answered` is in whole seconds
        agent = Agent(world, options(min_ttl=2), policy("staging", [STAGING_NAME]), bus=bus.path)
        with agent, Router(Ubus(bus.path), agent.config) as router:
            router.agent = agent
            yield router
