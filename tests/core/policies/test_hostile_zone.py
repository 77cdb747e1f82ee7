"""A zone that names 1,024 other addresses each ten seconds costs the other hosts of its policy nothing."""

import pytest

from core.policies.policy_house import House
from nametrack import ip
from nametrack.core.last_good import COPY_MIN
from nametrack.element import named

SET = "nft inet fw4 mine4"
CONFIG = """
config nametrack 'global'
	option min_ttl '1'
	option family 'ipv4'

config policy 'work'
	option interface 'wg0'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	option retain '%d'
	list host 'hostile.test'
	list host 'honest.test'
"""
AN_HOUR = 3600
EACH, MANY = 10, 1024  # seconds, addresses
HONEST = 7  # seconds between two changes of the honest host
LONG = 60  # seconds that are looked at
LATE = 1  # second, the most that another host may wait


def hostile(now):
    first = ip.key("10.0.0.0") + int(now / EACH) % 4096 * MANY
    return [ip.element(first + i) for i in range(MANY)], EACH


def honest(now):
    return ["198.51.100.%d" % (1 + int(now / HONEST) % 250)], 1


class Watched(House):
    """Tells how late an address of the honest host comes into the set, in seconds after DNS named it."""

    def __init__(self, retain):
        self.asked, self.latest, self.most, self.came = {}, 0, 0, 0
        House.__init__(self, CONFIG % retain, {SET: ()}, {"hostile.test": hostile, "honest.test": self.honest})

    def honest(self, now):
        said = honest(now)
        if said[0][0] not in self.kernel.sets[SET]["elements"]:
            self.asked.setdefault(said[0][0], now)
        return said

    def take(self, actions):
        House.take(self, actions)
        held = self.kernel.sets[SET]["elements"]
        for address in [address for address in self.asked if address in held]:
            self.latest = max(self.latest, self.now - self.asked.pop(address))
            self.came += 1
        self.most = max(self.most, len(held))

    def kept(self):
        """How many things are kept of the policy, of its set and of what is remembered, one by one."""
        policy, work = self.agent.policies.policies["work"], self.agent.policies.sets.by_name[named(SET)].work
        tables = [policy.wanted(4), work.contents.installed, work.contents.ours, work.lacking, work.refused]
        tables += [host.all_keys() for host in policy.hosts.values()] + [record.keys for record in self.saved]
        return sum([len(table) for table in tables])


@pytest.mark.parametrize("retain", [0, AN_HOUR])
def test_other_hosts_of_a_hostile_zones_policy_are_never_more_than_a_second_late_and_memory_is_bounded(retain):
    house, kept = Watched(retain), []
    for _ in range(4):
        house.run(LONG / 4)
        kept.append(house.kept())
    assert house.came >= LONG // HONEST, "the honest host's addresses did not come"
    assert house.latest <= LATE
    assert house.most <= MANY * 2 + LONG, "the set grows"
    assert max(kept) < COPY_MIN + 12 * MANY, "it grows with the time"
