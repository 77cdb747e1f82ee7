"""docs/coming-from.md, for those who come from vpn-policy-routing and from dnsmasq's `nftset=`, as it is written."""

import re
import subprocess
import types

import pytest

from lab.agent import Agent
from lab.console import Console
from lab.enter import TOP
from lab.host import wait_for
from lab.page import part
from lab.routing import Router, VpnPolicyRouting
from lab.test_docs_samples import OTHER, is_right, samples, written
from lab.watch import nft_elements
from lab.world import STAGING4, STAGING_NAME, World

PAGE = TOP / "docs/coming-from.md"
NFTSET = subprocess.run(["dnsmasq", "--version"], capture_output=True, text=True).stdout
TABLE = "add table inet fw4\nadd set inet fw4 staging4 { type ipv4_addr; }"


@pytest.fixture
def interpreter():
    """One is enough here: the pages are for whatever interpreter the package has."""
    return "micropython"


def test_the_policies_of_vpn_policy_routing_fill_its_sets_by_the_lines_of_the_page(world, interpreter):
    lines = re.search(r"(    nametrack import vpn.*?)\n\n", part(PAGE, "From vpn-policy-routing"), re.S).group(1)
    bare = types.SimpleNamespace(world=world, agent=Agent(world, written(), interpreter=interpreter))
    router = Router(world, bare.agent)
    service = VpnPolicyRouting(router)
    console = Console(bare)
    with bare.agent:
        service.start()
        path = bare.agent.config / "vpn-policy-routing"
        path.write_text(
            path.read_text() + "config policy\n\toption name 'Staging'\n\toption interface 'wg0'\n"
            f"\toption dest_addr '{STAGING_NAME}'\n"
        )
        try:
            console.paste(lines)

            def filled():
                text = router.host.run(["ipset", "list", "wg0"]).stdout
                return all(address in text for address in STAGING4)

            wait_for(filled, 30, bare.agent.tail)
            bare.agent.wait_for_line("target auto: the sets of vpn-policy-routing")
            is_right(bare.agent)
        finally:
            service.stop()


@pytest.mark.skipif(" nftset" not in NFTSET, reason="this machine's dnsmasq fills no nft sets")
def test_dnsmasq_and_nametrack_fill_one_set(interpreter):
    (sample,) = samples("docs/coming-from.md", "From dnsmasq's")
    rule = f"--nftset=/other.example.test/{STAGING_NAME}/4#inet#fw4#staging4"
    with World(dnsmasq_options=[rule]) as world:
        world.zone.set("other.example.test", "A", [OTHER], 5)
        world.beach.nft(TABLE)
        agent = Agent(world, written(sample), interpreter=interpreter)
        with agent:

            def held(*addresses):
                elements = nft_elements(world.beach, "inet", "fw4", "staging4")
                wait_for(lambda: nft_elements(world.beach, "inet", "fw4", "staging4") == {*addresses}, 30,
                         lambda: f"{addresses}, not {elements}: {agent.tail()}")  # fmt: skip

            held(*STAGING4)
            world.beach.run(["dig", "+short", "other.example.test", "@127.0.0.1"])
            held(*STAGING4, OTHER)
            world.zone.set(STAGING_NAME, "A", [STAGING4[0], "192.0.2.133"], 5)
            held(*STAGING4, "192.0.2.133", OTHER)  # what DNS names no more stays for `retain`
            is_right(agent)
