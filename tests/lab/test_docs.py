"""The recipes do what they say, run as they are written: tests/lab/page.py says what is stood in for."""

import pathlib
import re

from bus import Bus
from lab.enter import TOP
from lab.host import wait_for
from lab.page import Router, part
from lab.watch import Pinger, nft_elements
from lab.world import HOME_LAN, HOME_NAME, STAGING4, STAGING6, STAGING_NAME, World

RECIPES = TOP / "docs/recipes.md"
MASQUERADE = """
table inet lab_nat {
	chain forward {
		type filter hook forward priority 0; policy accept;
		iifname "wghome" ip daddr 192.0.2.128/25 counter
		iifname "wghome" ip6 daddr 2001:db8:c::/64 counter
	}
	chain out { type nat hook postrouting priority 100; policy accept; oifname "wan" masquerade; }
}
"""


def through_the_vpn(world):
    """How many packets to the staging server came out of the tunnel at home."""
    shown = world.home.run(["nft", "list", "chain", "inet", "lab_nat", "forward"]).stdout
    return sum(int(number) for number in re.findall(r"counter packets (\d+)", shown))


def test_both_recipes(interpreter):
    bus_folder = pathlib.Path("/run/ubus")  # where the commands look for it
    bus_folder.mkdir(exist_ok=True)
    with World(dial=False, keepalive=25, ttl=10) as world, Bus(bus_folder):
        world.wghome.set_peer(world.beach_key.public, allowed_ips=["10.9.0.2/32", "fd00:9::2/128"])
        world.home.nft(MASQUERADE)
        world.home.sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
        values = {"home_key": world.home_key.public, "home_name": HOME_NAME, "home_address": HOME_LAN}
        values["staging_name"] = STAGING_NAME
        router = Router(world, values, interpreter)
        try:
            said = router.run(part(RECIPES, "Two houses"))
            assert "nothing found" in said and "wg0 home" in said and f"{HOME_NAME} -> 198.51.100.10:51820" in said
            with Pinger(world.beach, HOME_LAN) as pinger:
                pinger.wait_for_reply()
                world.move_home("198.51.100.11")
                world.announce_home()
                wait_for(lambda: world.home_endpoint() == "198.51.100.11:51820", 25, router.log)
                pinger.wait_for_reply(seconds=15)

            assert through_the_vpn(world) == 0
            said = router.run(part(RECIPES, "The staging server"))
            assert "nothing found" in said and "IPv4 2 of 2, IPv6 2 of 2" in said
            assert nft_elements(world.beach, "inet", "fw4", "staging4") == set(STAGING4)
            assert nft_elements(world.beach, "inet", "fw4", "staging6") == set(STAGING6)
            assert through_the_vpn(world) >= 3, "the ping of the recipe"
            # and nothing else goes that way
            before = through_the_vpn(world)
            assert world.ping_works(world.beach, "192.0.2.53")
            assert through_the_vpn(world) == before
        finally:
            router.close()
