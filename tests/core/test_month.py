"""A month of the agent in minutes: memory stands still after the first day, and questions and flash writes are bounded.

The world is the simulator's; something happens in it every ten minutes. DAYS in the environment sets how long it goes
on: by default for a few hours, which say nothing of memory, and in `make soak` a month of 31 days.
"""

import os

import simulator
from nametrack.core import actions as do
from usage import Usage

DAYS = float(os.getenv("DAYS") or "0.25")
DAY = 86400
PAUSE = 600  # seconds between two things that happen
# Of one name and type: one question a min_ttl, each sent twice to each of the servers at most, over TCP besides.
MOST_QUESTIONS = len(simulator.HOSTS) * 2 * (2 * len(simulator.EVERY_SERVER) + 1) / simulator.MIN_TTL  # a second
SAVE_INTERVAL = 600  # seconds between two writes at least


class Month(simulator.Walk):
    """Counts what is asked and written, and keeps no trace: that would be the growth."""

    questions = 0
    writes = 0

    def say(self, line):
        pass

    def take(self, actions):
        for action in actions:
            self.questions += isinstance(action, do.SendQuery)
            self.writes += isinstance(action, do.SaveLastGood)
        simulator.Walk.take(self, actions)


def test_a_month_costs_no_more_than_its_first_day():
    usage = Usage(DAYS)
    walk = Month(31)
    walk.load()
    for tenth in range(1, 11):
        until = DAYS * DAY * tenth / 10
        while walk.now < until:
            walk.advance(walk.now + PAUSE)
            getattr(walk, walk.random.one_of(simulator.STEPS))()
        usage.note()
    lasted = walk.now
    told = "%.2f days: %d questions, %d writes, memory %s" % (lasted / DAY, walk.questions, walk.writes, usage.tenths)
    print("\n  " + told)
    assert 0 < walk.questions < MOST_QUESTIONS * lasted, told
    assert 0 < walk.writes <= lasted / SAVE_INTERVAL + 1, told
    assert usage.stands_still(), told
    due = walk.agent.next_timer()
    assert due is not None and walk.now <= due <= walk.now + 3600, told
    assert walk.quiet().wanted() == []
