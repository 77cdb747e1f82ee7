"""Many routers behind one cache: they are told the same remaining TTL, and must not all ask at the same moment."""

import pytest

from answers import negative
from nametrack.core import events as on
from nametrack.core.actions import SendQuery
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci

ROUTERS = 100
NAMETRACK = "config policy 'p'\n\toption target 'nftset'\n\toption set4 'inet fw4 s'\n\tlist host 'a.test'\n"


class Chance:
    """Fractions that look random and are the same each time."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state * 1103515245 + 12345) % (1 << 31)
        return self.state / (1 << 31)


def asked_again(ttl, chance):
    """When each of ROUTERS that were answered at 0 asks again, sorted."""
    found = []
    for i in range(ROUTERS):
        agent = Agent(chance(i))
        config = configuration.build(uci.parse(NAMETRACK)[0], [], [])
        for action in agent.handle(on.ConfigLoaded(config), 0):
            if isinstance(action, SendQuery):
                agent.handle(on.QueryAnswered(action.id, negative("nodata", ttl)), 0)
        for name in agent.resolver.names.values():
            found.extend([question.next_at for question in name.questions.values()])
    return sorted(found)


def most_within(moments, seconds):
    return max([len([m for m in moments if start <= m < start + seconds]) for start in moments])


# TTL as DNS gives it, the first and the last moment at which it is asked again
LIVES = [(60, 60, 61), (3600, 3600, 3601), (0, 10, 10.5), (10, 10, 10.5), (99999, 3600, 3601)]


@pytest.mark.parametrize("ttl, first, last", LIVES)
def test_each_router_asks_when_the_ttl_is_over_or_soon_after(ttl, first, last):
    moments = asked_again(ttl, lambda i: Chance(7919 * i + 1))
    assert len(moments) == 2 * ROUTERS
    assert first <= moments[0] and moments[-1] < last, moments


def test_no_tenth_of_a_second_has_a_herd():
    """200 questions within a second: 20 in each tenth on average, and twice that at the most."""
    moments = asked_again(60, lambda i: Chance(7919 * i + 1))
    assert most_within(moments, 0.1) <= 40, most_within(moments, 0.1)
    assert most_within(asked_again(60, lambda i: None), 0.1) == 2 * ROUTERS, "without chance: all of them at once"
