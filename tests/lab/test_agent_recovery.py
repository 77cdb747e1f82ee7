"""A tunnel comes back by itself: stale caches, dead addresses, full tunnels, other ways out, and what netifd does.

The provider's resolver, 192.0.2.55, caches as such do; the zone's own server is 192.0.2.53.
"""

import contextlib
import os
import random
import signal
import statistics
import time

import pytest

from bus import Bus
from lab.agent import Agent, network_of, options, peer
from lab.enter import RUN
from lab.host import LabError, cable, wait_for
from lab.netifd import Interface, Netifd
from lab.pace import Stopwatch
from lab.watch import Pinger
from lab.wireguard import Tunnel, random_public_key
from lab.world import DNS_ADDRESSES, HOME_LAN, HOME_NAME, HOME_PORT, World

AUTHORITY = DNS_ADDRESSES[0][0]
PROVIDER = "192.0.2.55"
MOVED = "198.51.100.11"
HOUR = 3600
SERVICE = "_wireguard._udp.dyn.test"


@contextlib.contextmanager
def provider(world):
    """The provider's resolver with a cache, which already knows the way home; the zone tells its servers."""
    world.zone.set("dyn.test", "NS", ["ns.dyn.test."], HOUR)
    world.zone.set("ns.dyn.test", "A", [AUTHORITY], HOUR)
    world.internet.ip(f"addr add {PROVIDER} dev lo")
    process = world.internet.start(
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--listen-address={PROVIDER}", "--bind-interfaces"]
        + ["--no-resolv", "--no-hosts", "--cache-size=1000", f"--server={AUTHORITY}", "--log-facility=-"]
    )
    try:
        wait_for(lambda: world.resolve(HOME_NAME, "A", PROVIDER, 0.2), 10, "the provider's resolver")
        yield
    finally:
        world.internet.stop(process)
        world.internet.ip(f"addr del {PROVIDER}/32 dev lo")


@contextlib.contextmanager
def router(world, *more):
    """The beach's bus, with netifd on it; `more` are interfaces besides the wan."""
    wan = Interface("wan", "wan", routers={4: "203.0.113.1", 6: "2001:db8:b::1"}, nameservers=[PROVIDER])
    with Bus(RUN) as bus, Netifd(world.beach, bus.path, wan, *more) as netifd:
        netifd.bus = bus.path
        yield netifd


def wait_for_the_way(agent):
    """Wait until the agent, which logs at `debug`, knows the tunnel and through which interface it is reached.

    What changes before it does is no change to it: it begins with what is there.
    """
    agent.wait_for_line("check_way wg0")


def moved(world):
    """Home moves, and says so to its zone: the Stopwatch of it."""
    world.move_home(MOVED)
    world.announce_home()
    return Stopwatch()


def endpoint(world, address, agent, seconds=20):
    wanted = f"[{address}]:{HOME_PORT}" if ":" in address else f"{address}:{HOME_PORT}"
    wait_for(lambda: world.home_endpoint() == wanted, seconds, lambda: f"{wanted}; the log:\n{agent.tail()}")


@pytest.mark.parametrize("ttl", [10, HOUR])
def test_traffic_is_back_in_four_seconds_whatever_the_caches_say(interpreter, ttl):
    """Home moves again and again, at random moments; the router's cache and the provider's know an older address.

    NAMETRACK_RECOVERIES: how many moves, 3 if unset.
    """
    took, chance = [], random.Random(ttl)
    with World(ttl=ttl, keepalive=25, dnsmasq_options=[f"--server={PROVIDER}"]) as world:
        with provider(world), router(world) as netifd, Pinger(world.beach, HOME_LAN) as pinger:
            pinger.wait_for_reply(seconds=20)
            settings = options(min_ttl=10, peer_interval=5)
            with Agent(world, settings, interpreter=interpreter, bus=netifd.bus) as agent:
                wait_for(lambda: world.resolve(HOME_NAME, "A") and agent.running(), 10, "the router's cache")
                for number in range(int(os.environ.get("NAMETRACK_RECOVERIES", "3"))):
                    # The moment is the point here; past min_ttl, within which no source is asked twice.
                    time.sleep(14 + chance.uniform(0, 10))
                    world.move_home(f"198.51.100.{11 + number}")
                    world.announce_home()
                    gone = Stopwatch()
                    pinger.wait_for_reply(after=gone.began + 0.3, seconds=60)
                    took.append(gone.seconds())
                    assert took[-1] <= 4, f"{took}\n{agent.tail()}"
                if ttl == HOUR:
                    assert world.resolve(HOME_NAME, "A") == world.resolve(HOME_NAME, "A", PROVIDER) == ["198.51.100.10"]
    assert statistics.median(took) <= 3.5, took
    print(f"\n  {interpreter}, TTL {ttl}: traffic again after {' '.join(f'{s:.2f}' for s in took)} s")


def test_an_idle_tunnel_is_back_within_probe_interval_and_stall_timeout(interpreter):
    """No traffic, no keepalive: only the probe shows that the tunnel is dead."""
    timeouts = {"probe": 1, "probe_interval": 8, "stall_timeout": 6, "peer_interval": 5, "min_ttl": 5}
    with World(ttl=HOUR, keepalive=0) as world, provider(world), router(world) as netifd:
        home = peer("home", interface="wg0", public_key=world.home_key.public, probe_address=HOME_LAN)
        with Agent(world, options(**timeouts), home, interpreter=interpreter, bus=netifd.bus) as agent:
            world.wait_for_tunnel()
            received = world.home_peer().rx_bytes
            wait_for(lambda: world.home_peer().rx_bytes > received, 15, lambda: f"an answered probe\n{agent.tail()}")
            received = world.home_peer().rx_bytes
            gone = moved(world)
            endpoint(world, MOVED, agent, 40)
            wait_for(lambda: world.home_peer().rx_bytes > received, 10, lambda: f"an answer\n{agent.tail()}")
            assert gone.seconds() <= 8 + 6 + 3, agent.tail()


def test_the_third_of_three_addresses_is_reached_and_kept(interpreter):
    """The first has no route, the second is dead; when that one comes to life the tunnel stays where it is."""
    with World(dial=False) as world, router(world) as netifd:
        world.beach.run(["ip", "-6", "route", "del", "default"])
        netifd.interfaces["wan"].routers.pop(6)
        world.zone.set(HOME_NAME, "AAAA", ["2001:db8:ffff::1"], 60)
        world.zone.set(HOME_NAME, "A", ["198.51.100.77", world.home_address], 60)
        nameservers = options(nameserver=[AUTHORITY], min_ttl=10)  # in the order of the zone: dnsmasq turns it round
        with Agent(world, nameservers, interpreter=interpreter, bus=netifd.bus) as agent:
            watch = Stopwatch()
            world.wait_for_tunnel(40)
            assert watch.seconds() <= 2 * 10, agent.tail()
            assert agent.lines("2001:db8:ffff::1 passed over"), agent.tail()
            world.home.ip("addr add 198.51.100.77/24 dev wan")
            kept = world.home_endpoint()
            deadline = time.monotonic() + 15
            while time.monotonic() < deadline:
                assert world.home_endpoint() == kept, agent.tail()
                assert world.tunnel_works()
                time.sleep(0.5)


def full_tunnel(world):
    """All of the beach's traffic goes through the tunnel, its DNS too; netifd has set the route to the endpoint."""
    home_dns = world.home.start(
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--listen-address={HOME_LAN}", "--bind-interfaces"]
        + ["--no-resolv", "--no-hosts", f"--server={AUTHORITY}", "--log-facility=-"]
    )
    world.wg0.set_peer(world.home_key.public, allowed_ips=["0.0.0.0/0", "::/0"])
    world.beach.ip(
        f"route add {world.home_address} via 203.0.113.1 dev wan",
        "route del default",
        "route add default via 203.0.113.1 dev wan metric 10",
        "route add default dev wg0",
    )
    wait_for(
        lambda: world.resolve(HOME_NAME, "A", HOME_LAN, 0.5), 10, lambda: f"home's DNS: {home_dns.log.read_text()}"
    )
    world.stop_dnsmasq()
    world.beach.start(
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--listen-address=127.0.0.1", "--bind-interfaces"]
        + ["--no-resolv", "--no-hosts", f"--server={HOME_LAN}", "--log-facility=-"]
    )
    wait_for(lambda: world.resolve(HOME_NAME, "A", seconds=0.5), 10, "the name through the tunnel")


@pytest.mark.parametrize("route", [True, False], ids=["with-the-route", "without"])
def test_a_full_tunnel_with_its_dns_inside_survives_a_move(interpreter, route):
    """The question leaves past the dead tunnel, and so does what is sent to the new address: by its host route."""
    wide = {"allowed_ips": ["0.0.0.0/0", "::/0"]}
    with World(ttl=5) as world, provider(world), router(world) as netifd:
        full_tunnel(world)
        netifd.routes = route
        network = network_of(world, **wide)
        settings = options(stall_timeout=6, min_ttl=5, log_level="debug")
        with Agent(world, settings, network=network, interpreter=interpreter, bus=netifd.bus) as agent:
            with Pinger(world.beach, HOME_LAN) as pinger:
                pinger.wait_for_reply(seconds=20)
                wait_for_the_way(agent)
                assert netifd.asked == []  # the route to the old address is there already
                gone = moved(world)
                if not route:
                    with pytest.raises(LabError):
                        pinger.wait_for_reply(after=gone.began + 0.3, seconds=20)
                    return
                pinger.wait_for_reply(after=gone.began + 0.3, seconds=40)
                assert gone.seconds() <= 6 + 4, f"{gone.seconds():.1f} s\n{agent.tail()}"
                assert netifd.asked[-1] == (MOVED, "wan")


def test_another_way_out_is_taken(interpreter):
    """The WAN goes and another one is there: the names are asked over it, and the tunnel's packets go there."""
    second = Interface("wanb", "wanb", routers={4: "192.0.3.1"}, nameservers=[AUTHORITY], metric=20)
    with World(ttl=HOUR) as world, router(world, second) as netifd:
        cable(world.internet, "to-beach-b", world.beach, "wanb")
        world.internet.ip("addr add 192.0.3.1/24 dev to-beach-b")
        world.beach.ip("addr add 192.0.3.20/24 dev wanb", "route add default via 192.0.3.1 dev wanb metric 20")
        try:
            settings = options(nameserver=["203.0.113.99"], min_ttl=5, log_level="debug")
            with Agent(world, settings, interpreter=interpreter, bus=netifd.bus) as agent:
                with Pinger(world.beach, HOME_LAN) as pinger:
                    pinger.wait_for_reply(seconds=20)
                    wait_for_the_way(agent)
                    asked = world.authority.count(HOME_NAME, "A")
                    world.beach.ip("link set wan down")
                    netifd.down("wan")
                    gone = Stopwatch()
                    pinger.wait_for_reply(after=gone.began + 0.3, seconds=20)
                    assert gone.seconds() < 10, agent.tail()
                    wait_for(lambda: world.authority.count(HOME_NAME, "A") > asked, 20, agent.tail)
                    assert netifd.asked == [], "the tunnel swallows nothing: no host route is needed"
        finally:
            world.internet.ip("link delete to-beach-b")


def test_what_lies_behind_the_tunnel_is_not_led_past_it(interpreter):
    """The far side's own DNS names its address in its LAN: a host route for that would cut it off."""
    inside = Interface("wg0", "wg0", proto="wireguard", addresses=["10.9.0.2/24"])
    with World(ttl=5) as world, router(world, inside) as netifd:
        routes = routes_of(world.beach)
        settings = options(min_ttl=5, log_level="debug")
        with Agent(world, settings, interpreter=interpreter, bus=netifd.bus) as agent:
            world.wait_for_tunnel()
            wait_for_the_way(agent)
            world.zone.set(HOME_NAME, "A", [HOME_LAN], 5)
            agent.wait_for_line("no route", 20)
            assert netifd.asked == [] and routes_of(world.beach) == routes
            assert world.ping_works(world.beach, HOME_LAN)


def test_a_recreated_interface_has_its_endpoint_again_at_once(interpreter):
    """netifd made it anew, and without an endpoint, as it does where a name did not resolve; it says `ifup`."""
    with World(ttl=HOUR) as world, router(world, Interface("wg0", "wg0", proto="wireguard")) as netifd:
        settings = options(peer_interval=3600, log_level="debug")
        with Agent(world, settings, interpreter=interpreter, bus=netifd.bus) as agent:
            world.wait_for_tunnel()
            wait_for_the_way(agent)
            os.kill(agent.process.pid, signal.SIGSTOP)  # else it may set the endpoint by itself before that
            world.beach.stop(world.wg0.process)
            world.wg0 = Tunnel(world.beach, "wg0", world.beach_key, ["10.9.0.2/24", "fd00:9::2/64"])
            world.wg0.up()
            world.wg0.set_peer(world.home_key.public, allowed_ips=["10.9.0.0/24"], keepalive=5)
            assert world.home_endpoint() is None
            os.kill(agent.process.pid, signal.SIGCONT)
            netifd.up("wg0")
            endpoint(world, world.home_address, agent, 3)
            world.wait_for_tunnel()


def test_a_service_brings_its_port_and_a_changed_port_is_followed(interpreter):
    with World(dial=False) as world:
        world.zone.set(SERVICE, "SRV", [f"0 0 {HOME_PORT} {HOME_NAME}."], 5)
        service = peer("home", interface="wg0", public_key=world.home_key.public, endpoint_host=SERVICE)
        network = network_of(world, endpoint_host=[], endpoint_port=[])
        with Agent(world, options(), service, network=network, interpreter=interpreter) as agent:
            endpoint(world, world.home_address, agent)
            world.wait_for_tunnel()
            world.wghome.set("listen-port", "51999")
            world.zone.set(SERVICE, "SRV", [f"0 0 51999 {HOME_NAME}."], 5)
            wanted = f"{world.home_address}:51999"
            wait_for(lambda: world.home_endpoint() == wanted, 30, lambda: f"{wanted}\n{agent.tail()}")
            world.wait_for_tunnel()


@pytest.mark.parametrize("version", [4, 6])
def test_a_network_of_one_ip_version_only(interpreter, version):
    """Both addresses are named, and only one of them can be reached."""
    with World(dial=False) as world, router(world) as netifd:
        world.zone.set(HOME_NAME, "AAAA", [world.home_address6], 5)
        world.beach.run(["ip", "-6" if version == 4 else "-4", "route", "del", "default"])
        netifd.interfaces["wan"].routers.pop(10 - version)
        nameservers = options(nameserver=[DNS_ADDRESSES[1][0] if version == 6 else "127.0.0.1"])
        with Agent(world, nameservers, interpreter=interpreter, bus=netifd.bus) as agent:
            endpoint(world, world.home_address if version == 4 else world.home_address6, agent, 10)
            world.wait_for_tunnel()


def test_broken_ipv6_costs_its_time_once(interpreter):
    """Packets to IPv6 addresses vanish: IPv4 is tried after handshake_timeout, and comes first at the next move."""
    with World(dial=False) as world:
        world.zone.set(HOME_NAME, "AAAA", [world.home_address6], 5)
        world.internet.nft(
            "table inet broken { chain forward { type filter hook forward priority 0;"
            " meta nfproto ipv6 udp dport 51820 drop; }; }"
        )
        with Agent(world, options(handshake_timeout=5), interpreter=interpreter) as agent:
            endpoint(world, world.home_address6, agent)
            endpoint(world, world.home_address, agent, 15)
            world.wait_for_tunnel()
            gone = moved(world)
            endpoint(world, MOVED, agent, 15)
            world.wait_for_tunnel(5)
            assert not agent.lines("[2001:db8", since=gone.began), agent.tail()
        world.internet.nft("delete table inet broken")


def routes_of(host):
    """Every route of a host, in all tables, as text."""
    return sorted(
        line
        for version in ("-4", "-6")
        for line in host.run(["ip", version, "route", "show", "table", "all"]).stdout.splitlines()
    )


def test_a_start_with_the_default_configuration_changes_no_route(interpreter):
    """A peer in the LAN, one behind a static route, a hostile name for another LAN host: nothing is cut off."""
    nas, printer, key = "10.1.0.2", "10.1.0.3", [random_public_key() for _ in range(2)]
    lan = Interface("lan", "br-lan", addresses=["10.1.0.1/24"])
    with World(ttl=5) as world, router(world, lan) as netifd:
        inside = world.host("lan")
        cable(world.beach, "br-lan", inside, "eth0")
        world.beach.ip("addr add 10.1.0.1/24 dev br-lan")
        inside.ip(f"addr add {nas}/24 dev eth0", f"addr add {printer}/24 dev eth0", "route add default via 10.1.0.1")
        cable(world.internet, "to-beach-b", world.beach, "wanb")
        world.internet.ip("addr add 192.0.3.1/24 dev to-beach-b")
        world.beach.ip("addr add 192.0.3.20/24 dev wanb", "route add 198.51.100.0/24 via 192.0.3.1 dev wanb")
        names = {"nas.example.test": nas, "evil.example.test": printer}
        sections = []
        for number, (name, address) in enumerate(names.items()):
            world.zone.set(name, "A", [address], 60)
            world.wg0.set_peer(key[number], allowed_ips=[f"10.10.{number}.0/24"])
            sections.append(("wireguard_wg0", f"p{number}", {"public_key": key[number], "endpoint_host": name}))
        try:
            before = routes_of(world.beach)
            network = network_of(world, *sections)
            with Agent(world, network=network, interpreter=interpreter, bus=netifd.bus) as agent:
                for number, address in enumerate(names.values()):
                    wanted = f"{address}:51820"
                    wait_for(
                        lambda n=number, w=wanted: world.wg0.endpoint(key[n]) == w,
                        20,
                        lambda w=wanted: f"{w}\n{agent.tail()}",
                    )
                world.wait_for_tunnel()
                wait_for(lambda: netifd.dumps, 10, agent.tail)
                time.sleep(1)
                assert netifd.asked == [] and routes_of(world.beach) == before
                assert all(world.ping_works(world.beach, address) for address in names.values())
        finally:
            world.internet.ip("link delete to-beach-b")


def test_an_ipv6_endpoint_is_followed_where_the_only_default_route_is_for_a_prefix(interpreter):
    """`default from PREFIX`, as netifd makes it of DHCPv6: it answers no question for a route without a source."""
    with World(dial=False) as world:
        world.beach.run(["ip", "-6", "route", "del", "default"])
        world.beach.ip("route add default from 2001:db8:b::/64 via 2001:db8:b::1 dev wan")
        world.zone.set(HOME_NAME, "AAAA", [world.home_address6], 5)
        world.zone.remove(HOME_NAME, "A")
        with Agent(world, options(), interpreter=interpreter) as agent:
            endpoint(world, world.home_address6, agent)
            world.wait_for_tunnel()
