"""The pieces of configuration that pages show do what is said beside them, as they are written.

What is particular to the reader is replaced by what the lab has: the name of the server, and the addresses of a client.
"""

import re

import pytest

from lab.agent import Agent, network_of, options, uci
from lab.console import Console
from lab.enter import TOP
from lab.host import wait_for
from lab.page import part
from lab.routing import Firewall, Pbr, Router
from lab.steering import Steering
from lab.test_agent_why_broken import FULL, SET
from lab.watch import nft_elements
from lab.world import STAGING4, STAGING_NAME

OURS = {
    "staging.example.com": STAGING_NAME,
    "192.168.1.50": "10.1.0.2",
    "fd12:3456:789a::50": "fd00:1::2",
}
OTHER = "192.0.2.53"
BLOCK = re.compile(r"^(?:    |```\n)(config (?:policy|peer) .*?)(?=^```|^\S|\Z)", re.M | re.S)


@pytest.fixture
def interpreter():
    """One is enough here: the pages are for whatever interpreter the package has."""
    return "micropython"


def samples(page, heading=""):
    """The pieces of configuration of a page, or of its part below a heading, with what is the lab's."""
    path = TOP / page
    text = part(path, heading) if heading else path.read_text()
    found = [re.sub(r"^    ", "", block, flags=re.M).strip() + "\n" for block in BLOCK.findall(text)]
    for theirs, ours in OURS.items():
        found = [each.replace(theirs, ours) for each in found]
    return found


def written(*sections):
    """Text of /etc/config/nametrack: the lab's settings, then pieces of pages."""
    return uci(options()) + "\n".join(sections)


def steering(world, interpreter, sample):
    made = Steering(world, interpreter, written(sample))
    made.agent.write("network", network_of(world, allowed_ips=FULL))
    return made


def is_right(agent):
    def complaints():
        return [line for line in agent.check().stdout.splitlines() if "[configuration]" in line]

    assert complaints() == []


@pytest.mark.parametrize("page", ["README.md", "docs/own-routes.md"])
def test_a_host_takes_the_interface_and_nothing_else_does(world, interpreter, page):
    sample = samples(page)[0]
    house = steering(world, interpreter, sample)
    with house.agent:
        house.reach("home", *STAGING4)
        assert house.sees(house.lan, "192.0.2.140") != "home"
        is_right(house.agent)


def test_all_that_a_client_sends_takes_the_interface(world, interpreter):
    (sample,) = [each for each in samples("docs/own-routes.md", "All that a client sends") if "client" in each]
    house = steering(world, interpreter, sample)
    with house.agent:
        house.reach("home", *STAGING4, hosts=[house.lan])
        assert house.sees(house.beach, STAGING4[0]) == "wan"
        is_right(house.agent)


def test_a_policy_beside_pbr_fills_its_set(world, interpreter):
    (sample,) = samples("docs/recipes.md", "With pbr")
    agent = Agent(world, written(sample), interpreter=interpreter)
    firewall = Firewall(Router(world, agent))
    firewall.start()
    pbr = Pbr(firewall, "1.2.4")
    pbr.start()
    with agent:
        wanted = {"192.0.2.130/31"}  # as nft shows neighbours
        wait_for(lambda: nft_elements(world.beach, "inet", "fw4", pbr.set_name(4)) == wanted, 20, lambda: agent.tail())
        is_right(agent)


def test_what_a_script_filled_is_filled_and_its_own_elements_stay(world, interpreter):
    (sample,) = samples("docs/coming-from.md", "From a script that fills a set")
    world.beach.nft(SET.replace("inet vpn", "inet fw4"))
    world.beach.nft("add set inet fw4 staging6 { type ipv6_addr; flags timeout; }")
    world.beach.nft("add element inet fw4 staging4 { 192.0.2.9 }")
    agent = Agent(world, written(sample), interpreter=interpreter)
    with agent:
        wanted = {*STAGING4, "192.0.2.9"}
        wait_for(lambda: nft_elements(world.beach, "inet", "fw4", "staging4") == wanted, 20, lambda: agent.tail())
        is_right(agent)


PBR = [
    ("pbr", "config", {"enabled": "1", "supported_interface": ["wg0"]}),
    ("policy", None, {"name": "Staging", "interface": "wg0", "dest_addr": f"{STAGING_NAME} 192.0.2.140"}),
    ("policy", None, {"name": "Nothing like it", "interface": "wg0", "src_port": "99"}),
]


def test_the_policies_of_pbr_are_taken_over_by_the_lines_of_the_page(world, interpreter):
    lines = re.search(r"(    nametrack import pbr.*?)\n\n", part(TOP / "docs/coming-from.md", "From pbr"), re.S).group(
        1
    )
    house = Steering(world, interpreter, written())
    house.agent.write("network", network_of(world, allowed_ips=FULL))
    house.agent.write("pbr", PBR)

    def stopped():
        house.agent.write("pbr", [("pbr", "config", {"enabled": "0"}), *PBR[1:]])

    console = Console(house, pbr=stopped)
    with house.agent:
        console.paste(lines)
        house.reach("home", STAGING4[0])
        is_right(house.agent)
