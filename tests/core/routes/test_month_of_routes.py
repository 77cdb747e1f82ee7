"""A month of policies that steer by routes: ways die and come back, names are observed, and sources lie.

Memory stands still after the first day, and what is asked, written to the kernel and saved is bounded. Something
happens every ten minutes. It goes on for a quarter of DAYS in the environment, since each tunnel is looked at each
second: for an hour and a half by default, for eight days in `make soak`.
"""

import os

from steering_house import NETWORK, House

from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.policies.policy import MAX_OBSERVED
from nametrack.wire.dns import Answer
from simulator import Lcg
from usage import Usage

DAYS = float(os.getenv("DAYS") or "0.25") / 4
DAY, PAUSE = 86400, 600
SAVE_INTERVAL = 600
NAMES = 2000  # that clients ask for, below the wildcard
CONFIG = """config nametrack 'global'
	option min_ttl '60'
	option observe_time '600'
config policy 'work'
	list interface 'wg0'
	list interface 'wg1'
	option fallback 'block'
	option check_address '198.51.100.53'
	list host 'work.test'
	list host '*.example.net'
config policy 'cdn'
	list interface 'wg1'
	list interface 'wg0'
	option retain '3600'
	list host 'cdn.test'
	list host '198.19.0.0/16'
"""
FOLLOWED = ("work.test", "cdn.test", "home.dyn.test", "other.dyn.test")
MOODS = ("true", "true", "rotate", "many", "lie", "nodata", "nxdomain", "servfail", "silent")


class Month(House):
    """The house, with a world that changes; it counts what is ordered, and keeps none of it."""

    def __init__(self, seed):
        self.random, self.mood = Lcg(seed), {}
        self.questions = self.saved = self.flushes = self.routings = 0
        House.__init__(self, CONFIG, NETWORK)

    def answer(self, action):
        self.questions += 1
        mood, name = self.mood.get(action.name, "true"), action.name
        if mood == "silent":
            return None
        if mood == "servfail":
            return on.QueryFailed(action.id, "SERVFAIL")
        if mood in ("nodata", "nxdomain"):
            return on.QueryAnswered(action.id, Answer(mood, [], 60, None, "", ()))
        count = {"many": 64, "rotate": 2, "lie": 1}.get(mood, 1)
        first = self.random.below(250) if mood == "rotate" else len(name)
        if mood == "lie":
            values = ["::1" if action.rtype == 28 else "127.0.0.1"]
        else:
            form = "2001:db8:1::%x" if action.rtype == 28 else "198.51.100.%d"
            values = [form % (1 + (first + i) % 250) for i in range(count)]
        return on.QueryAnswered(action.id, Answer("found", values, 60, None, "", ()))

    def order(self, actions):
        actions = list(actions)
        for action in actions:
            self.saved += isinstance(action, do.SaveLastGood)
            if isinstance(action, do.SaveLastGood):
                for record in action.records():  # as the file's writer does
                    assert record.host
            self.routings += isinstance(action, do.ChangeRouting)
        House.order(self, actions)
        for kept in (self.said, self.probed, self.echoes, self.written, self.kernel.flushed):
            del kept[:]

    # -- what happens ----------------------------------------------------------------------------------------------

    def happens(self):
        getattr(self, self.random.one_of(("link", "echo", "observed", "observed", "observed", "moods", "netifd")))()

    def link(self):
        name = self.random.one_of(("wg0", "wg1"))
        (self.routing.up if self.random.chance(60) else self.routing.down)(name)
        self.touched()

    def echo(self):
        self.echoing = [name for name in ("wg0", "wg1") if self.random.chance(70)]

    def observed(self):
        for _ in range(1 + self.random.below(40)):
            number = self.random.below(NAMES)
            addresses = ["198.18.%d.%d" % (number % 250, 1 + self.random.below(250)) for _ in range(3)]
            by = "client" if self.random.chance(50) else "resolver"
            name = "n%d.example.net" % number
            self.handle(on.NameObserved(name, addresses, self.random.below(3600), by))

    def moods(self):
        self.mood[self.random.one_of(FOLLOWED)] = self.random.one_of(MOODS)

    def netifd(self):
        self.routing.netifd_starts()
        self.touched()


def test_a_month_of_fail_overs_observed_names_and_lying_sources_is_bounded():
    usage = Usage(DAYS)
    house = Month(7)
    for tenth in range(1, 11):
        while house.now < DAYS * DAY * tenth / 10:
            house.wait(PAUSE)
            house.happens()
        usage.note()
    told = "%.2f days: %d questions, %d saves, %d changes of routing, memory %s" % (
        house.now / DAY,
        house.questions,
        house.saved,
        house.routings,
        usage.tenths,
    )
    print("\n  " + told)
    assert 0 < house.saved <= house.now / SAVE_INTERVAL + 1, told
    assert len(house.agent.policies.policies["work"].seen) <= MAX_OBSERVED, told
    assert usage.stands_still(), told
    # the world rests: the first way works again and nothing is left of what clients asked for
    house.mood, house.echoing = {}, ["wg0", "wg1"]
    for name in ("wg0", "wg1"):
        house.routing.up(name)
    house.touched()
    house.wait(4800)
    assert house.agent.routes.standing("work")[0] == house.agent.routes.standing("cdn")[0] == "current", told
    assert not house.agent.policies.policies["work"].seen and house.way("198.18.1.1") == "wan", told
    assert house.way("198.51.100.10") == "wg0" and house.way("198.19.5.5") == "wg1", told
