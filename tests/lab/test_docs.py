"""The recipes do what they say, run as they are written: tests/lab/page.py says what is stood in for."""

import contextlib
import pathlib
import re

import pack
from bus import Bus
from lab.agent import network_of, uci
from lab.enter import TOP
from lab.host import wait_for
from lab.page import Router, part
from lab.watch import Pinger, nft_elements
from lab.world import HOME_LAN, HOME_NAME, STAGING4, STAGING6, STAGING_NAME, World

RECIPES = TOP / "docs/recipes.md"
BEGIN = TOP / "docs/getting-started.md"
PACKAGES = {"micropython": "nametrack-mpy", "cpython": "nametrack-python3"}  # the page names both
# The package managers of a router know the interpreter, unpack a file, and start what it brings; scp copies nothing.
OPKG = """
case $1 in
update) exit 0 ;;
install) shift ;;
remove) [ "$*" = "remove --force-removal-of-dependent-packages NAME" ] && rm -rf ROOT/usr; exit ;;
*) exit 1 ;;
esac
for package; do
	case $package in
	micropython-mbedtls) ;;
	*.ipk) tar -xzOf "$package" ./data.tar.gz | tar -xzf - -C ROOT || exit 1 ;;
	*) echo "Unknown package '$package'."; exit 255 ;;
	esac
done
[ ! -e ROOT/usr/sbin/nametrack ] || [ -e PID ] || /etc/init.d/nametrack start
"""
APK = """
case $1 in update) exit 0;; add) shift;; del) [ "$*" = "del -r NAME" ]; exit;; *) exit 1;; esac
[ "$1" = micropython-mbedtls ] || { [ "$1" = --allow-untrusted ] && [ -f "$2" ] && [ $# = 2 ]; }
"""
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


@contextlib.contextmanager
def house(interpreter):
    """`(world, router)` of the beach, whose reader has the values that the recipes ask for."""
    bus_folder = pathlib.Path("/run/ubus")  # where the commands look for it
    bus_folder.mkdir(exist_ok=True)
    with World(dial=False, keepalive=25, ttl=10) as world, Bus(bus_folder):
        world.wghome.set_peer(world.beach_key.public, allowed_ips=["10.9.0.2/32", "fd00:9::2/128"])
        world.home.nft(MASQUERADE)
        world.home.sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
        values = {"home_key": world.home_key.public, "home_name": HOME_NAME, "home_address": HOME_LAN}
        values.update(staging_name=STAGING_NAME, peer="home")
        router = Router(world, values, interpreter)
        try:
            yield world, router
        finally:
            router.close()


def reaches_only_the_server(world):
    """The ping of the recipe came out of the tunnel, and nothing else goes that way."""
    assert through_the_vpn(world) >= 3
    before = through_the_vpn(world)
    assert world.ping_works(world.beach, "192.0.2.53")
    assert through_the_vpn(world) == before


def test_the_server_with_rules_of_your_own(interpreter):
    with house(interpreter) as (world, router):
        router.run(part(RECIPES, "Two houses"))
        said = router.run(part(RECIPES, "A server through"))
        assert "nothing found" in said and "IPv4 2 of 2, IPv6 2 of 2" in said
        assert nft_elements(world.beach, "inet", "fw4", "staging4") == set(STAGING4)
        assert nft_elements(world.beach, "inet", "fw4", "staging6") == set(STAGING6)
        reaches_only_the_server(world)


def test_both_recipes(interpreter):
    with house(interpreter) as (world, router):
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
        assert "nothing found" in said and "through wg0" in said
        reaches_only_the_server(world)


def test_getting_started(interpreter, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    folder = pathlib.Path("/run/ubus")
    folder.mkdir(exist_ok=True)
    packages = pathlib.Path("/tmp")  # as the page has it
    built = []
    try:
        with World(dial=False, keepalive=25) as world, Bus(folder):
            router = Router(world, {}, interpreter, installed=False)
            (router.etc / "config/network").write_text(uci(*network_of(world, persistent_keepalive=25)))
            for path, _ in pack.build("ipk", router.folder / "packages"):
                built += [
                    packages / path.name,
                    packages / path.with_suffix(".apk").name.replace("_all", "").replace("_", "-"),
                ]
                (packages / path.name).write_bytes(path.read_bytes())
                built[-1].touch()
            name = PACKAGES[interpreter]
            opkg = OPKG.replace("ROOT", str(router.root)).replace("PID", str(router.pid))
            router.program("opkg", opkg.replace("NAME", name))
            router.program("apk", APK.replace("NAME", name))
            router.program("scp", '[ "$1" = -O ] && [ "$#" -ge 3 ] && exit 0')
            try:
                install, watch = BEGIN.read_text().replace("nametrack-mpy", name).split("## Watch it")
                said = router.run(install)
                wait_for(world.home_endpoint, 20, router.log)  # what nobody who reads does faster
                said += router.run(watch)
            finally:
                router.close()
            version = (TOP / "VERSION").read_text().strip()
            assert f"nametrack {version} (" in said and "nothing found" in said
            for words in ("wg0 home", "1 name asked again", "# nothing to change"):
                assert words in said, f"{words!r} is not in what was said: {said}"
            assert not (router.root / "usr").exists(), "it was removed"
    finally:
        for path in built:
            path.unlink(missing_ok=True)
