"""Random walks of policies with wildcards: exactly what clients asked for lately is followed, and the sets hold it."""

import pytest

from core.policies.policy_house import House
from nametrack import ip
from nametrack.core import events as on
from nametrack.core.config import configuration
from nametrack.core.policies import policy as module
from nametrack.wire import uci
from simulator import Lcg
from thorough import thorough

KEPT_FOR = 600  # seconds
ROOM = 3  # observed names of a policy
NAMES = ["n%d.example.net" % i for i in range(6)] + ["n%d.deep.example.net" % i for i in range(3)] + ["host.test"]
HOSTS = ["*.example.net", "*.deep.example.net", "host.test", "n1.example.net"]
SETS = {"a": "nft inet fw4 a4", "b": "nft inet fw4 b4"}


def text(hosts):
    found = "config nametrack 'global'\n\toption min_ttl '1'\n\toption observe_time '%d'\n" % KEPT_FOR
    for name in sorted(hosts):
        found += "config policy '%s'\n\toption target 'nftset'\n\toption set4 '%s'\n" % (name, SETS[name][4:])
        found += "\toption family 'ipv4'\n\toption retain '0'\n"
        found += "".join(["\tlist host '%s'\n" % host for host in hosts[name]])
    return found


class Walk:
    def __init__(self, seed):
        self.random = Lcg(seed)
        self.said = {name: 0 for name in NAMES}  # which of its addresses DNS names
        self.asked = {"a": {}, "b": {}}  # {policy: {observed name: when a client asked for it last}}
        self.hosts = {"a": HOSTS[:1], "b": HOSTS[:3]}
        self.house = House(text(self.hosts), SETS_OF, {name: self.zone(name) for name in NAMES})

    def zone(self, name):
        return lambda now: ([self.address(name)], 30)

    def address(self, name):
        return "198.51.100.%d" % (1 + 20 * NAMES.index(name) + self.said[name])

    def owners(self, name):
        """The policies that want a name: who lists it, else who has the longest wildcard above it."""
        for host in [name] + ["*" + name[at:] for at in range(len(name)) if name[at] == "."]:
            found = [each for each in ("a", "b") if host in self.hosts[each]]
            if found:
                return found if host != name else []
        return []

    # -- what happens ----------------------------------------------------------------------------------------------

    def a_client_asks(self):
        self.observed("client")

    def we_ask(self):
        self.observed("resolver")

    def observed(self, by):
        name, now = self.random.one_of(NAMES), self.house.now
        for each in self.owners(name):
            if by == "client" or name not in self.asked[each]:
                self.asked[each][name] = now
            self.make_room(each, name)
        self.house.tell(on.NameObserved(name, [self.address(name)], 30, by))

    def make_room(self, policy, name=None):
        known = self.asked[policy]
        while len(known) > ROOM:
            del known[min([each for each in known if each != name], key=lambda each: (known[each], each))]

    def dns_says_another(self):
        name = self.random.one_of(NAMES)
        self.said[name] = (self.said[name] + 1) % 5

    def the_configuration_is_another(self):
        """A name that was followed, and that a wildcard has now, is followed on: if it was listed, as from now on."""
        seen = [dict(self.asked[each]) for each in ("a", "b")]
        seen += [{name: self.house.now for name in NAMES if name in self.hosts[each]} for each in ("a", "b")]
        self.hosts = {name: [host for host in HOSTS if self.random.chance(60)] or ["host.test"] for name in self.hosts}
        for each in ("a", "b"):
            wanted = [name for name in NAMES if each in self.owners(name)]
            self.asked[each] = {
                n: max([one[n] for one in seen if n in one]) for n in wanted if any(n in s for s in seen)
            }
            self.make_room(each)
        self.house.tell(on.ConfigLoaded(configuration.build(uci.parse(text(self.hosts))[0], [], [])))

    # -- what is so ------------------------------------------------------------------------------------------------

    def check(self):
        house, now = self.house, self.house.now
        for each in ("a", "b"):
            known = self.asked[each]
            self.asked[each] = {name: known[name] for name in known if now < known[name] + KEPT_FOR}
            policy = house.agent.policies.policies[each]
            assert policy.seen == self.asked[each], each
            listed = [host for host in self.hosts[each] if not host.startswith("*")]
            assert set(policy.hosts) == set(listed) | set(self.asked[each])
            assert set(self.followed()) >= set(policy.hosts)

    def followed(self):
        return [name.host for name in self.house.agent.resolver.names.values()]

    def rest(self):
        """All was asked again: what DNS names counts, and nothing else."""
        self.house.run(310)
        self.check()
        wanted = set()
        for each in ("a", "b"):
            policy = self.house.agent.policies.policies[each]
            wanted.update(policy.hosts)
            assert self.house.holds(SETS[each]) == set([self.address(host) for host in policy.hosts])
            assert self.house.holds(SETS[each]) == set([ip.element(key) for key in policy.wanted(4)])
        assert set(self.followed()) == wanted or not wanted


SETS_OF = {SETS[name]: () for name in SETS}
WHAT = ["a_client_asks"] * 6 + ["we_ask", "dns_says_another", "dns_says_another", "the_configuration_is_another"]


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_clients_asked_for_lately_is_followed_and_nothing_else(seed):
    before, module.MAX_OBSERVED = module.MAX_OBSERVED, ROOM
    try:
        walk = Walk(seed)
        for i in range(thorough(120, 30)):
            getattr(walk, walk.random.one_of(WHAT))()
            walk.house.run(walk.random.one_of((1, 1, 5, 70, 650)))
            walk.check()
            if i % 10 == 9:
                walk.rest()
    finally:
        module.MAX_OBSERVED = before
