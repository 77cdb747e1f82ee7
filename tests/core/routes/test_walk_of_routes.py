"""Random walks of policies with routes of our own: each packet takes the way that the pages promise.

What policies there are, which tunnels are up and what other programs deleted changes at random; the agent restarts.
When the world rests, the way of every packet is held to the sections as they stand: the first policy decides whose
selector means the packet and which has its address; one without a way that works leaves it to the next.
"""

import pytest
from steering_house import House

from nametrack import ip
from nametrack.core import events as on
from nametrack.core.agent import Agent
from simulator import Lcg
from thorough import thorough

CLIENT, OTHER = "192.168.1.50", "192.168.1.60"
SIX = {CLIENT: "fd00:1::50", OTHER: "fd00:1::60", None: None}
WEB, MAIL, ASK = (6, 443), (6, 25), (17, 443)
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.9", "203.0.114.1", "2001:db8::1", "2001:db8::2"]
NAMED = {"work.test": (["192.0.2.1", "203.0.114.1"], ["2001:db8::1"]), "six.test": ([], ["2001:db8::2"])}
HOSTS = ["192.0.2.1", "192.0.2.2", "192.0.2.0/29", "192.0.2.0/24", "2001:db8::/64", "work.test", "six.test"]
RESTS = 130  # seconds in which a better way is used again, and all is compared twice


class Section:
    """A random policy."""

    def __init__(self, random, name):
        self.name = name
        self.ways = random.one_of((["wg0"], ["wg1"], ["wg0", "wg1"], ["wg1", "wg0"]))
        self.action, self.blocks = ("bypass", "route", "route")[random.below(3)], random.chance(50)
        self.clients = random.one_of(([], [], [CLIENT], [OTHER], [CLIENT, OTHER]))
        self.to = random.one_of((None, None, None, WEB, ASK))
        self.hosts = [host for host in HOSTS if random.chance(35)] or ["work.test"]

    def text(self):
        lines = ["config policy '%s'" % self.name, "option target 'route'", "option action '%s'" % self.action]
        lines += ["list interface '%s'" % way for way in self.ways] + ["list host '%s'" % host for host in self.hosts]
        lines += ["list client '%s'" % text for client in self.clients for text in (client, SIX[client])]
        if self.to is not None:
            lines += ["list proto '%s'" % {6: "tcp", 17: "udp"}[self.to[0]], "list port '%d'" % self.to[1]]
        return "\n\t".join(lines + ["option fallback '%s'" % ("block" if self.blocks else "main")]) + "\n"

    def means(self, address, client, to):
        """Whether it is about such a packet."""
        if self.clients and client not in self.clients or self.to not in (None, to):
            return False
        number, version = ip.number(address), ip.family(address)
        for host in self.hosts:
            for text in NAMED[host][version == 6] if host in NAMED else [host]:
                family, first, last = ip.span(text)
                if family == version and first <= number <= last:
                    return True
        return False


def promised(sections, up, address, client, to):
    """Where a packet is to go."""
    for section in sections:
        if section.means(address, client, to):
            works = [way for way in section.ways if way in up]
            if section.action == "bypass":
                return "wan"
            if works or section.blocks:
                return works[0] if works else "nowhere"
    return "wan"


class Walk:
    def __init__(self, seed):
        self.random = Lcg(seed)
        self.up = ["wg0", "wg1"]
        self.sections, self.made = [], 0
        self.house = None
        self.other_sections()

    def kernel(self):
        return self.house.routing

    # -- what happens ----------------------------------------------------------------------------------------------

    def other_sections(self):
        kept = [section for section in self.sections if self.random.chance(60)]
        new = [Section(self.random, "p%d" % (self.made + i)) for i in range(1 + self.random.below(3))]
        self.made += len(new)
        self.sections = (new + kept if self.random.chance(50) else kept + new)[:4]
        text = "\n".join([section.text() for section in self.sections])
        if self.house is None:
            self.house = House(text, hosts=NAMED)
        else:
            self.house.configure(text)

    def a_tunnel_goes_or_comes(self):
        way = self.random.one_of(("wg0", "wg1"))
        if way in self.up:
            self.up.remove(way)
            self.kernel().down(way)
        else:
            self.up.append(way)
            self.kernel().up(way)
        self.house.touched()

    def the_agent_starts_anew(self):
        self.house.agent = Agent()
        self.other_sections() if self.random.chance(50) else self.house.handle(on.ConfigLoaded(self.house.config))

    def rules_are_deleted(self):
        gone = [rule for rule in self.kernel().rules if rule.protocol == 190 and self.random.chance(50)]
        self.kernel().rules = [rule for rule in self.kernel().rules if rule not in gone]
        self.house.handle(on.RoutingDeleted(gone, [], []))

    def routes_are_deleted(self):
        for place in sorted(self.kernel().routes):
            table = self.kernel().routes[place]
            for key in [key for key in sorted(table, key=str) if self.random.chance(30)]:
                del table[key]
        self.house.handle(on.RoutingDeleted([], [], None))

    def netifd_starts(self):
        self.kernel().netifd_starts()
        self.house.touched()

    # -- what is so ------------------------------------------------------------------------------------------------

    def rest(self):
        self.house.wait(RESTS)
        for address in ADDRESSES:
            for client in (None, CLIENT, OTHER):
                source = client if ip.family(address) == 4 else SIX[client]
                for to in (WEB, MAIL, ASK):
                    expected = promised(self.sections, self.up, address, client, to)
                    way = self.house.way(address, source, to=to)
                    way = "nowhere" if way in ("unreachable", "dropped") else way
                    what = (address, client, to, way, self.up, "\n".join([each.text() for each in self.sections]))
                    assert expected == way, "%s of %s to %r goes by %s with %r:\n%s" % what
        self.says_what_is_blocked()
        written = len(self.house.written)
        self.house.wait(RESTS)
        assert len(self.house.written) == written, "something is written although nothing happens"

    def says_what_is_blocked(self):
        """Of a policy that blocks and has no way: status says so if it blocks any packet, and else that it does not."""
        for section in self.sections:
            if section.action == "bypass" or not section.blocks or [way for way in section.ways if way in self.up]:
                continue
            state, ends = self.house.agent.routes.standing(section.name)[0], set()
            for address in ADDRESSES:
                for client in (None, CLIENT, OTHER):
                    for to in (WEB, MAIL, ASK):
                        if section.means(address, client, to):
                            ends.add(promised(self.sections, self.up, address, client, to))
            what = (section.name, state, ends, self.up, "\n".join([each.text() for each in self.sections]))
            assert "nowhere" not in ends or state == "blocked", "%s is %s: %r, %r\n%s" % what
            if len(section.clients) < 2 and not [host for host in section.hosts if "/" in host]:
                assert "nowhere" in ends or state == "failed_over", "%s is %s: %r, %r\n%s" % what


WHAT = ["other_sections", "a_tunnel_goes_or_comes", "a_tunnel_goes_or_comes", "the_agent_starts_anew"]
WHAT += ["rules_are_deleted", "routes_are_deleted", "netifd_starts"]


@pytest.mark.parametrize("seed", range(1, 13))
def test_every_packet_takes_the_way_that_the_first_policy_about_it_has(seed):
    walk = Walk(seed)
    walk.rest()
    for _ in range(thorough(12, 4)):
        for _ in range(1 + walk.random.below(3)):
            getattr(walk, walk.random.one_of(WHAT))()
            walk.house.wait(walk.random.one_of((0, 0.5, 5, 70)))
        walk.rest()
