"""Wildcards: what a client of the router's DNS server is told is steered at once, and remembered."""

import shutil
import socket

import dns.message
import dns.query
import pytest

from lab.agent import Agent, options, policy
from lab.host import cable, wait_for
from lab.pace import Stopwatch
from lab.watch import nft_elements
from lab.world import VPN_SETS

ROUTER, CLIENT = "192.168.9.1", "192.168.9.2"


@pytest.fixture
def client(world):
    """A host in the LAN of the beach, whose dnsmasq answers there."""
    host = world.host("client")
    cable(world.beach, "lan", host, "wan")
    world.beach.ip(f"addr add {ROUTER}/24 dev lan")
    host.ip(f"addr add {CLIENT}/24 dev wan", f"route add default via {ROUTER}")
    world.stop_dnsmasq()
    world.dnsmasq_options = [f"--listen-address={ROUTER}"]
    world.start_dnsmasq()
    world.beach.nft(VPN_SETS)
    return host


def ask(client, name, server=ROUTER):
    """The client asks the router, or another server, for a name's address: a list of text."""
    with client.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        response = dns.query.udp(dns.message.make_query(name, "A"), server, timeout=5, sock=sock)
    return sorted(data.to_text() for rrset in response.answer for data in rrset if rrset.rdtype == 1)


def four(world):
    return nft_elements(world.beach, "inet", "vpn", "staging4")


def agent_of(world, interpreter, **values):
    section = policy("wild", ["*.example.test"], **values)
    return Agent(world, options(observe="lan"), section, network="", interpreter=interpreter)


def test_a_name_is_steered_when_a_client_asks_for_it(world, client, interpreter):
    for i in range(20):
        world.zone.set(f"n{i}.example.test", "A", [f"198.18.0.{i + 1}"], 60)
    world.zone.set("www.example.test", "CNAME", ["cdn.dyn.test."], 60)
    world.zone.set("cdn.dyn.test", "A", ["198.18.1.1"], 60)
    agent = agent_of(world, interpreter)
    with agent:
        wait_for(lambda: ask(client, "n0.example.test") and "198.18.0.1" in four(world), 10, lambda: agent.tail())
        late = []
        for i in range(1, 20):
            assert ask(client, f"n{i}.example.test") == [f"198.18.0.{i + 1}"]
            watch = Stopwatch()
            wait_for(lambda i=i: f"198.18.0.{i + 1}" in four(world), 5, lambda: agent.tail(), every=0.002)
            late.append(watch.seconds())
        assert sorted(late)[10] < 0.3, late
        assert ask(client, "www.example.test") == ["198.18.1.1"]
        wait_for(lambda: "198.18.1.1" in four(world), 5, lambda: agent.tail())
        assert ask(client, "dyn.test") == [] and not agent.lines("dyn.test:")
        wait_for(lambda: world.authority.count("n1.example.test", "AAAA"), 5, "an observed name to be followed")


def test_an_observed_name_is_remembered_over_a_restart(world, client, interpreter):
    world.zone.set("n1.example.test", "A", ["198.18.0.1"], 60)
    agent = agent_of(world, interpreter)
    with agent:
        wait_for(lambda: ask(client, "n1.example.test") and four(world) == {"198.18.0.1"}, 10, lambda: agent.tail())
    world.beach.nft("flush set inet vpn staging4")
    with agent:
        wait_for(lambda: four(world) == {"198.18.0.1"}, 10, lambda: agent.tail())


def test_answers_over_ipv6_are_heard(world, client, interpreter):
    world.beach.ip("addr add fd00:99::1/64 dev lan nodad")
    client.ip("addr add fd00:99::2/64 dev wan nodad")
    world.stop_dnsmasq()
    world.dnsmasq_options += ["--listen-address=fd00:99::1"]
    world.start_dnsmasq()
    world.zone.set("n1.example.test", "A", ["198.18.0.1"], 60)
    with agent_of(world, interpreter) as agent:
        wait_for(lambda: ask(client, "n1.example.test", "fd00:99::1") and four(world) == {"198.18.0.1"}, 10, agent.tail)


UNBOUND = """
server:
	interface: %s
	access-control: 192.168.9.0/24 allow
	do-daemonize: no
	use-syslog: no
	chroot: ""
	username: ""
	pidfile: ""
	directory: "/"
	module-config: "iterator"
	do-not-query-localhost: no
	local-zone: "test." nodefault
forward-zone:
	name: "."
	forward-addr: 127.0.0.1
"""


@pytest.mark.skipif(shutil.which("unbound") is None, reason="unbound is not installed")
def test_answers_of_unbound_are_heard_like_those_of_dnsmasq(world, client, interpreter, tmp_path):
    for i in range(20):
        world.zone.set(f"n{i}.example.test", "A", [f"198.18.0.{i + 1}"], 60)
    world.zone.set("www.example.test", "CNAME", ["cdn.dyn.test."], 60)
    world.zone.set("cdn.dyn.test", "A", ["198.18.1.1"], 60)
    world.stop_dnsmasq()
    world.dnsmasq_options = []  # it is unbound's server now, and stands for the provider's
    world.start_dnsmasq()
    (tmp_path / "unbound.conf").write_text(UNBOUND % ROUTER)
    unbound = world.beach.start(["unbound", "-d", "-c", str(tmp_path / "unbound.conf")])
    wait_for(lambda: world.beach.run(["ss", "-Hlun", f"src {ROUTER}"]).stdout, 10, unbound.log.read_text)
    with agent_of(world, interpreter) as agent:
        wait_for(lambda: ask(client, "n0.example.test") and "198.18.0.1" in four(world), 10, agent.tail)
        for i in range(1, 20):
            assert ask(client, f"n{i}.example.test") == [f"198.18.0.{i + 1}"]
            wait_for(lambda i=i: f"198.18.0.{i + 1}" in four(world), 5, agent.tail, every=0.002)
        assert ask(client, "www.example.test") == ["198.18.1.1"]
        wait_for(lambda: "198.18.1.1" in four(world), 5, agent.tail)


@pytest.fixture
def other_server(world, client):
    """The address of a DNS server in another segment of the LAN: its answers to the client pass through the router."""
    host = world.host("server")
    cable(world.beach, "lan2", host, "wan")
    world.beach.ip("addr add 192.168.10.1/24 dev lan2")
    world.beach.sysctl("net/ipv4/ip_forward=1")
    host.ip("addr add 192.168.10.2/24 dev wan", "route add default via 192.168.10.1")
    host.start(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--address=/example.test/198.18.7.7"])
    wait_for(lambda: host.run(["ss", "-Hlun", "sport = 53"]).stdout, 5, "a DNS server")
    return "192.168.10.2"


def test_answers_of_another_server_count_if_any_sender_does(world, client, other_server, interpreter):
    world.zone.set("n1.example.test", "A", ["198.18.0.1"], 60)
    world.zone.set("n3.example.test", "A", ["198.18.0.3"], 60)
    section = policy("wild", ["*.example.test"], family="ipv4")
    for senders, others in (("router", set()), ("any", {"198.18.7.7"})):
        world.beach.nft("flush set inet vpn staging4")
        choice = options(observe="lan", observe_from=senders)
        agent = Agent(world, choice, section, network="", interpreter=interpreter)
        with agent:
            wait_for(lambda: ask(client, "n1.example.test") and four(world), 10, agent.tail)
            assert ask(client, "n2.example.test", other_server) == ["198.18.7.7"]
            assert ask(client, "n3.example.test") == ["198.18.0.3"]  # it is read after the other one
            wait_for(lambda: "198.18.0.3" in four(world), 10, agent.tail)
            assert four(world) == {"198.18.0.1", "198.18.0.3"} | others


def test_a_file_of_hosts_is_observed_and_an_edited_one_is_read_again(world, client, interpreter, tmp_path):
    for i in (1, 299, 300):
        world.zone.set(f"n{i}.example.test", "A", [f"198.18.1.{i % 256}"], 60)
    path = tmp_path / "list.txt"
    names = [f"n{i}.example.test" for i in range(300)]
    path.write_text("# hosts\n198.18.9.0/28\nno host\n" + "\n".join(names) + "\n")
    world.beach.nft("delete table inet vpn\n" + VPN_SETS.replace("flags timeout;", "flags interval;"))
    agent = Agent(world, options(observe="lan"), policy("wild", [f"@{path}"]), network="", interpreter=interpreter)
    with agent:
        wait_for(lambda: {"198.18.9.0/28", "198.18.1.1"} <= four(world), 20, lambda: agent.tail())
        assert not world.authority.count("n299.example.test", "A"), "only the first names are looked up"
        wait_for(lambda: ask(client, "n299.example.test") and "198.18.1.43" in four(world), 10, lambda: agent.tail())
        assert ask(client, "n300.example.test") == ["198.18.1.44"] and "198.18.1.44" not in four(world)
        assert "line 3: 'no host' is not a host name" in agent.check().stdout
        path.write_text("\n".join(names[298:] + ["n300.example.test"]) + "\n")
        wait_for(lambda: "198.18.1.44" in four(world), 40, lambda: agent.tail())
        assert "198.18.1.43" in four(world), "what was known of a name that stays is kept"
        assert not {"198.18.9.0/28", "198.18.1.1"} & four(world)
        path.unlink()
        wait_for(lambda: "keeping those read before (3)" in agent.check().stdout, 40, lambda: agent.tail())
        assert {"198.18.1.43", "198.18.1.44"} <= four(world)
