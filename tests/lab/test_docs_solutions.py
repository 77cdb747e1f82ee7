"""docs/solutions.md does what it says: its commands are pasted as they are written, and where packets go is seen.

What is particular to the reader is replaced by what the lab has: the name of the server, and the address of a client.
The router has an interface wg0, for the part about two VPNs wg1 as well, and nametrack as it is installed.
"""

import contextlib
import json

import pytest

from lab.agent import network_of, uci
from lab.console import Console
from lab.enter import TOP
from lab.host import wait_for
from lab.page import blocks, part
from lab.steering import Steering
from lab.test_agent_why_broken import FULL
from lab.test_docs_samples import OURS, is_right
from lab.world import HOME_LAN, HOME_NAME, STAGING4, STAGING6, STAGING_NAME

PAGE = TOP / "docs/solutions.md"
INSTALLED = (TOP / "files/etc/config/nametrack").read_text()
OTHER = "192.0.2.53"  # what no policy lists


@pytest.fixture
def interpreter():
    """One is enough here: the page is for whatever interpreter the package has."""
    return "micropython"


class Reader:
    """Somebody at the console of a router that has nametrack as it is installed."""

    def __init__(self, steering):
        self.steering, self.agent = steering, steering.agent
        self.console = Console(steering)

    def paste(self, heading, **names):
        """Paste the lines of a part of the page; return what they printed."""
        said = ""
        for kind, text in blocks(part(PAGE, heading)):
            assert kind == "sh", kind
            for theirs, ours in {**OURS, **names}.items():
                text = text.replace(theirs, ours)
            said += self.console.paste(text)
            wait_for(self.settled, 30, self.agent.tail)
        is_right(self.agent)
        return said

    def settled(self):
        """Whether every policy has what DNS named: nobody types the next line faster."""
        status = json.loads(self.agent.call("status", "--json").stdout)
        return all(each["state"] == "current" for each in status["policies"])

    def leaves_alone(self, address=OTHER):
        """Whether packets to an address that nothing lists do not take the VPN."""
        return self.agent.call("why", address, "--json").stdout.count('"device": "wan"') == 1

    def policy(self):
        return json.loads(self.agent.call("status", "--json").stdout)["policies"][0]


@contextlib.contextmanager
def reader(world, interpreter, **values):
    steering = Steering(world, interpreter, INSTALLED, **values)
    # the lab's tunnel carries what no site is to have of its own, and its world has no WAN that netifd knows of
    steering.agent.write("network", uci(*network_of(world, *peer_of(steering), allowed_ips=FULL, route_allowed_ips=0)))
    made = Reader(steering)
    with steering.agent:
        yield made


def peer_of(steering):
    if not hasattr(steering, "cabin_key"):
        return []
    values = {"public_key": steering.cabin_key.public, "endpoint_host": "", "allowed_ips": FULL}
    return [("interface", "wg1", {"proto": "wireguard"}), ("wireguard_wg1", "cabin", values)]


def test_a_tunnel_is_followed_without_any_configuration(world, interpreter):
    with reader(world, interpreter) as house:
        wait_for(lambda: "current" in house.agent.call("status").stdout, 30, house.agent.tail)
        said = house.paste("The tunnel does not come back")
        assert f"{HOME_NAME} -> " in said and "nothing found" in said
        world.move_home("198.51.100.11")
        world.announce_home()
        world.beach.start(["ping", "-i", "0.5", HOME_LAN])
        wait_for(lambda: world.home_endpoint() == "198.51.100.11:51820", 60, house.agent.tail)


def test_one_site_takes_the_vpn_and_nothing_else_does(world, interpreter):
    with reader(world, interpreter) as house:
        said = house.paste("Send one site")
        assert "goes through wg0 as configured" in said
        house.steering.reach("home", *STAGING4, *STAGING6)
        assert house.leaves_alone()


def test_a_device_takes_the_vpn_with_all_that_it_sends(world, interpreter):
    with reader(world, interpreter) as house:
        house.paste("Send one device")
        house.steering.reach("home", *STAGING4, hosts=[house.steering.lan])
        assert house.steering.sees(house.steering.beach, STAGING4[0]) == "wan"


def test_the_second_vpn_is_taken_when_the_first_one_fails(world, interpreter):
    with reader(world, interpreter, second=True) as house:
        house.paste("Change to a second VPN")
        house.steering.reach("home", *STAGING4)
        world.home.ip("link set wan down")
        house.steering.reach("cabin", *STAGING4, seconds=60)
        assert house.leaves_alone()


def test_a_site_is_blocked_while_the_vpn_fails(world, interpreter):
    with reader(world, interpreter) as house:
        house.paste("Block the site")
        house.steering.reach("home", *STAGING4)
        world.beach.ip("link set wg0 down")
        wait_for(lambda: house.policy()["state"] == "blocked", 60, house.agent.tail)
        assert house.steering.sees(house.steering.lan, STAGING4[0]) not in ("wan", "home")
        assert house.leaves_alone()


def test_a_wildcard_waits_for_a_client_that_asks(world, interpreter):
    """What follows then is seen by tests/lab/test_agent_observe.py."""
    with reader(world, interpreter) as house:
        house.paste("Send Netflix", **{"video.example.com": STAGING_NAME})
        assert house.policy()["hosts"][0]["host"] == STAGING_NAME
        assert "[wildcard_unobserved]" in house.agent.check().stdout


def test_the_option_that_keeps_it_after_an_upgrade_is_one(world, interpreter):
    with reader(world, interpreter) as house:
        house.paste("Keep it after")
        (section,) = [each for each in house.console.sections("nametrack") if each.type == "nametrack"]
        assert section.options["restore"] == "1"
