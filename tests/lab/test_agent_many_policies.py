"""200 policies with 2,000 hosts: what `status` takes, and how late the agent is meanwhile for what is due."""

import json

from lab import pace
from lab.agent import Agent, options, policy
from lab.host import wait_for

POLICIES, HOSTS = 200, 10  # of each
CALLS = 5
LATE, FEW = 0.05, 1  # seconds; how often something was due for longer while so many answers were made
TIMES = {"micropython": 4, "cpython": 1}  # what pace.cost() may cost a `status`


def hosts_of(number):
    return [f"host{i}.policy{number}.example.test" for i in range(HOSTS)]


def test_status_of_2000_hosts_is_quick(world, interpreter, capsys):
    values = {"target": "route", "interface": ["wg0"], "family": "ipv4"}
    sections = [policy(f"policy{i}", hosts_of(i), **values) for i in range(POLICIES)]
    for i in range(POLICIES):
        for j, host in enumerate(hosts_of(i)):
            world.zone.set(host, "A", [f"198.18.{i}.{j + 1}"], 60)
    agent = Agent(world, options(), *sections, interpreter=interpreter)

    def installed():
        done = agent.call("status", "--json")
        return sum(each["installed4"] for each in json.loads(done.stdout)["policies"]) if not done.returncode else None

    def within():
        """{seconds: how often the agent was no later for what was due}."""
        lines = agent.call("metrics").stdout.splitlines()
        found = [line.split() for line in lines if line.startswith("nametrack_loop_lag_seconds_bucket")]
        return {float(line[0].split('"')[1]): int(line[1]) for line in found}

    with agent:
        wait_for(lambda: installed() == POLICIES * HOSTS, 120, agent.tail, every=1)
        before = agent.cpu_seconds()
        for _ in range(CALLS):
            installed()
        spent = (agent.cpu_seconds() - before) / CALLS
        first, watch = within(), pace.Stopwatch()
        for _ in range(CALLS):
            installed()
            last = within()
        spent /= pace.cost(interpreter, agent.interpreter)
    late = [found[float("inf")] - found[LATE] for found in (first, last)]
    with capsys.disabled():
        print(f"\n  {interpreter}: a status takes {spent:.2f} times the piece of work, lateness {last}", end="")
    assert late[1] - late[0] <= FEW + watch.times_late(LATE)
    assert spent < TIMES[interpreter]
