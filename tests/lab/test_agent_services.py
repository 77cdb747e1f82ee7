"""The sets of pbr and vpn-policy-routing, through whatever these do to them."""

import time

import pytest

from lab.agent import Agent, options, policy
from lab.host import wait_for
from lab.routing import Firewall, Pbr, Router, Stream, VpnPolicyRouting
from lab.watch import ipset_elements, nft_elements
from lab.world import DNS_ADDRESSES, STAGING4, STAGING6, STAGING_NAME

SERVER = DNS_ADDRESSES[0][0]
SOON = 1.0  # second in which a set is right again
VERSIONS = ("1.1.1", "1.2.2", "1.2.4")


@pytest.fixture
def calm(world):
    """A world in which DNS says the same for long: no question is due by itself."""
    world.zone.set(STAGING_NAME, "A", STAGING4, 3600)
    world.zone.set(STAGING_NAME, "AAAA", STAGING6, 3600)
    return world


def following(world, interpreter, target, *hosts, **values):
    hosts = [STAGING_NAME, *hosts]
    sections = [
        options(nameserver=[SERVER], max_ttl=3600),
        policy("work", hosts, target=target, interface="wg0", **values),
    ]
    agent = Agent(world, *sections, interpreter=interpreter)
    return agent, Router(world, agent)


def nft_set(router, name):
    """What a set of fw4 holds, None if there is no such set."""
    done = router.host.run(["nft", "list", "set", "inet", "fw4", name], check=False)
    return nft_elements(router.host, "inet", "fw4", name) if done.returncode == 0 else None


def ip_set(router, name):
    done = router.host.run(["ipset", "list", "-n", name], check=False)
    return ipset_elements(router.host, name) if done.returncode == 0 else None


class Right:
    """Checks that the sets hold what they should, within SOON of each operation."""

    def __init__(self, agent, read, wanted):
        self.agent, self.read, self.wanted = agent, read, wanted  # wanted: {set name: what it should hold}

    def after(self, what, operation, seconds=SOON):
        operation()
        self.within(what, seconds)

    def within(self, what, seconds=SOON):
        def found():
            return {name: self.read(name) for name in self.wanted}

        def problem():
            return f"the right sets after {what}: {found()}, not {self.wanted}; the log:\n{self.agent.tail()}"

        wait_for(lambda: found() == self.wanted, seconds, problem, every=0.02)


MERGED4 = {"192.0.2.130/31"}  # as nft shows neighbours
MERGED6 = {"2001:db8:c::130/127"}


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_pbr_does_its_sets_are_right_within_a_second(calm, interpreter, version):
    agent, router = following(calm, interpreter, "pbr")
    four, six = "pbr_wg0_4_dst_ip_user", "pbr_wg0_6_dst_ip_user"
    with agent:
        agent.wait_for_line("pbr is not installed", 10)
        agent.wait_until_known()
        firewall = Firewall(router)
        firewall.start()
        pbr = Pbr(firewall, version)
        right = Right(agent, lambda name: nft_set(router, name), {four: MERGED4, six: MERGED6})
        right.after("the first start, long after the agent's", pbr.start)
        questions = calm.authority.count(STAGING_NAME)
        right.after("a reload", pbr.reload)
        right.after("a restart", pbr.restart)
        right.after("an interface's reload", pbr.interface_reload)
        right.after("a reload of the firewall", firewall.reload)
        right.after("a restart of the firewall", firewall.restart)
        pbr.ipv6 = False
        right.wanted = {four: MERGED4, six: None}
        right.after("IPv6 off", pbr.reload)
        pbr.ipv6 = True
        right.wanted = {four: MERGED4, six: MERGED6}
        right.after("IPv6 on", pbr.reload)
        right.after("somebody flushed it", lambda: router.host.nft(f"flush set inet fw4 {four}"))
        if version == "1.1.1":
            right.wanted = {four: None, six: None}
        right.after("a stop", pbr.stop)
        right.wanted = {four: MERGED4, six: MERGED6}
        right.after("a start", pbr.start)
        assert calm.authority.count(STAGING_NAME) == questions, "it asked DNS"
        assert not agent.lines("error"), agent.tail()


@pytest.mark.parametrize("version", ["1.2.2", "1.2.4"])
def test_nothing_of_ours_is_in_the_ruleset_that_pbr_generates(calm, interpreter, version):
    """The firewall loads that ruleset whole or not at all, long after pbr wrote it."""
    agent, router = following(calm, interpreter, "pbr", retain=0)
    firewall = Firewall(router)
    firewall.start()
    pbr = Pbr(firewall, version)
    four, six = pbr.set_name(4), pbr.set_name(6)
    with agent:
        right = Right(agent, lambda name: nft_set(router, name), {four: MERGED4, six: MERGED6})
        agent.wait_until_known()
        right.after("the start", pbr.start)
        right.after("a reload, while the elements are known", pbr.reload)
        assert "element" not in pbr.main.read_text() and not pbr.errors
        pbr.ipv6 = False  # as after `uci set`, without a commit: only pbr sees it
        configured = agent.config / "pbr"
        committed = configured.read_text()
        pbr.configure = lambda: configured.write_text(committed)
        right.wanted = {four: MERGED4}
        right.after("a restart without IPv6", pbr.restart)
        right.after("a restart of the firewall", firewall.restart)
        assert nft_set(router, six) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_elements_of_another_user_file_stay(calm, interpreter, version):
    """Next to ours, around ours, and among ours."""
    agent, router = following(calm, interpreter, "pbr", "203.0.113.9", family="ipv4", retain=0)
    calm.zone.set(STAGING_NAME, "A", ["192.0.2.130", "192.0.2.132", "198.51.100.77"], 1)
    firewall = Firewall(router)
    firewall.start()
    pbr = Pbr(firewall, version)
    four = "pbr_wg0_4_dst_ip_user"
    pbr.others = {four: ["192.0.2.131", "192.0.2.133-192.0.2.135", "198.51.100.64/26"]}
    with agent:
        right = Right(agent, lambda name: nft_set(router, name), {})
        right.wanted = {four: {"192.0.2.130-192.0.2.135", "198.51.100.64/26", "203.0.113.9"}}
        agent.wait_until_known()
        right.after("the start", pbr.start)
        right.after("a reload", pbr.reload)
        router.host.nft(f"add element inet fw4 {four} {{ 203.0.113.8 }}")
        right.wanted = {four: {"192.0.2.130-192.0.2.135", "198.51.100.64/26", "203.0.113.8/31"}}
        right.within("another element")
        calm.zone.set(STAGING_NAME, "A", ["192.0.2.140"], 3600)
        right.wanted = {
            four: {"192.0.2.131", "192.0.2.133-192.0.2.135", "192.0.2.140", "198.51.100.64/26", "203.0.113.8/31"}
        }
        right.within("DNS changed", 5)
        pbr.others[four].append("203.0.113.8")
        right.after("a reload", pbr.reload)
        right.after("a reload of the firewall", firewall.reload)
    with agent:
        right.within("a restart of the agent", 5)
        calm.zone.set(STAGING_NAME, "A", ["192.0.2.134"], 1)
        agent.configure(
            options(nameserver=[SERVER], retain=0),
            policy("work", [STAGING_NAME], target="pbr", interface="wg0", family="ipv4", retain=0),
        )
        right.wanted[four].discard("203.0.113.8/31")
        right.wanted[four].discard("192.0.2.140")
        right.wanted[four].add("203.0.113.8")
    with agent:
        right.within("other hosts", 5)


@pytest.mark.parametrize("version", VERSIONS)
def test_pbr_makes_its_sets_for_us_while_the_agent_is_down(calm, interpreter, version):
    agent, router = following(calm, interpreter, "pbr")
    firewall = Firewall(router)
    firewall.start()
    pbr = Pbr(firewall, version)
    pbr.start()
    assert nft_set(router, pbr.set_name(4)) == nft_set(router, pbr.set_name(6)) == set()
    with agent:
        wanted = {pbr.set_name(4): MERGED4, pbr.set_name(6): MERGED6}
        Right(agent, lambda name: nft_set(router, name), wanted).within("the start of the agent", 5)


def test_no_packet_takes_the_wrong_way_while_pbr_reloads(calm, interpreter):
    """From 1.2.4 on the sets stay, with their elements: an older pbr deletes them, and they are filled at once."""
    agent, router = following(calm, interpreter, "pbr")
    firewall = Firewall(router)
    firewall.start()
    pbr = Pbr(firewall, "1.2.4")
    with agent:
        pbr.start()
        wanted = {pbr.set_name(4): MERGED4, pbr.set_name(6): MERGED6}
        Right(agent, lambda name: nft_set(router, name), wanted).within("the start", 5)
        with Stream(router, *STAGING4, *STAGING6) as stream:
            for _ in range(3):
                pbr.reload()
                time.sleep(0.3)
            firewall.reload()
            time.sleep(0.3)
            tunnel, wan = stream.counts()
        assert wan == 0, f"{wan} of {wan + tunnel} packets took the wrong way; the log:\n{agent.tail()}"
        assert tunnel > 1000


def test_whatever_vpn_policy_routing_does_its_sets_are_right_within_a_second(calm, interpreter):
    agent, router = following(calm, interpreter, "vpn-policy-routing", "203.0.113.0/24")
    four, six = {*STAGING4, "203.0.113.0/24"}, set(STAGING6)
    with agent:
        agent.wait_for_line("vpn-policy-routing is not installed", 10)
        agent.wait_until_known()
        service = VpnPolicyRouting(router)
        try:
            right = Right(agent, lambda name: ip_set(router, name), {"wg0": four, "wg06": six})
            right.after("the first start, long after the agent's", service.start)
            questions = calm.authority.count(STAGING_NAME)
            for operation in (service.reload, service.restart, service.interface_reload):
                right.after(operation.__name__, operation)
            right.after("somebody flushed it", lambda: router.host.run(["ipset", "flush", "wg0"]))
            right.after("one was taken out", lambda: router.host.run(["ipset", "del", "wg0", STAGING4[0]]))
            router.host.run(["ipset", "add", "wg0", "198.51.100.7"])
            right.wanted = {"wg0": {*four, "198.51.100.7"}, "wg06": six}
            time.sleep(SOON)
            right.after("somebody's element stays", lambda: router.host.run(["ipset", "del", "wg0", STAGING4[0]]))
            service.stop()
            service.ipv6 = False
            right.wanted = {"wg0": four, "wg06": None}
            right.after("IPv6 off", service.start)
            service.ipv6 = True
            right.wanted = {"wg0": four, "wg06": six}
            right.after("IPv6 on", service.reload)
            assert calm.authority.count(STAGING_NAME) == questions, "it asked DNS"
            agent.stop()
            service.restart()
            assert {name: ip_set(router, name) for name in right.wanted} == right.wanted, "the agent is down"
        finally:
            service.stop()


def test_auto_finds_what_there_is_and_what_comes_later(calm, interpreter):
    agent, router = following(calm, interpreter, "auto")
    firewall = Firewall(router)
    with agent:
        agent.wait_for_line("target auto: routes of our own", 10)
        agent.wait_until_known()
        old = VpnPolicyRouting(router)
        try:
            right = Right(agent, lambda name: ip_set(router, name), {"wg0": set(STAGING4), "wg06": set(STAGING6)})
            right.after("vpn-policy-routing came", old.start)
            # there is no bus here on which procd tells of its start: a set that may come is looked for each minute
            agent.wait_for_line("target auto: the sets of vpn-policy-routing", 70)
        finally:
            old.stop()
        firewall.start()
        pbr = Pbr(firewall, "1.2.4")
        pbr.start()
        wanted = {pbr.set_name(4): MERGED4, pbr.set_name(6): MERGED6}
        Right(agent, lambda name: nft_set(router, name), wanted).within("pbr came", 70)
        agent.wait_for_line("target auto: the sets of pbr", 5)
