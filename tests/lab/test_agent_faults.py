"""The agent is killed, its clock jumps, its tools hang, its memory gives out: it comes back, or it says why not.

SOAK in the environment sets how often it is killed; `make soak` sets it to 1,000.
"""

import json
import os
import pathlib
import random
import subprocess
import time

import pytest

from lab.agent import Agent, options, policy
from lab.authority import Zone
from lab.enter import RUN
from lab.host import wait_for
from lab.test_agent_bad_input import four
from lab.watch import nft_elements
from lab.world import DNS_ADDRESSES, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS, World

SERVER = DNS_ADDRESSES[0][0]
KILLS = int(os.environ.get("SOAK", "20"))
LONGEST = 0.35  # seconds of a pass that is killed somewhere; a whole one takes half of it where nothing else runs


def test_killed_at_any_moment_it_leaves_what_is_whole_and_comes_back(interpreter):
    chance = random.Random(20261124)
    with World(ttl=1, dial=False) as world:
        world.beach.nft(VPN_SETS)
        settings = options(nameserver=[SERVER])
        agent = Agent(world, settings, policy("staging", [STAGING_NAME]), interpreter=interpreter)
        file = agent.state / "last-good.json"
        named, endpoints, ended = set(STAGING4), {f"{world.home_address}:{HOME_PORT}"}, 0
        for number in range(KILLS):
            now = [f"198.18.{number // 250}.{number % 250 + 1}", *chance.sample(STAGING4, 1)]
            home = f"198.51.100.{chance.randrange(20, 250)}"
            world.zone.set(STAGING_NAME, "A", now, 1)
            world.zone.set(HOME_NAME, "A", [home], 1)
            named.update(now)
            endpoints.add(f"{home}:{HOME_PORT}")
            process = world.beach.start(agent.command("run", "--once"), env=agent.environment())
            try:
                ended += process.wait(chance.uniform(0, LONGEST)) == 0
            except subprocess.TimeoutExpired:
                process.kill()
            world.beach.stop(process)
            if file.exists():
                saved = json.loads(file.read_text())
                homes = {endpoint.rpartition(":")[0] for endpoint in endpoints}
                assert saved["version"] == 2
                entries = [*saved["entries"]]
                kept = {address for entry in entries for address in entry.get("addresses", ())}
                kept |= {address for entry in entries for address, _ in entry.get("endpoints", ())}
                assert kept <= {*named, *STAGING6, *homes}
            assert world.home_endpoint() in {None, *endpoints}
            assert four(world) <= named, "an address that DNS never named"
            if number % 10 == 9:
                # the name server of this test is a thread: on a busy machine it may answer too late for one pass
                wait_for(lambda: agent.once().returncode == 0, 60, lambda: agent.once().stderr)
                assert set(now) <= four(world) and world.home_endpoint() == f"{home}:{HOME_PORT}"
        assert ended < KILLS, "it was never killed in its work"
        print(f"\n  {interpreter}: {KILLS} kills, {KILLS - ended} of them in its work")


def test_a_read_only_file_system_costs_only_what_would_be_remembered(world, interpreter):
    agent = Agent(world, options(), interpreter=interpreter)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", agent.state], check=True)
    try:
        agent.start()
        agent.wait_until_current()
        world.move_home("198.51.100.11")
        world.announce_home()
        wait_for(lambda: world.home_endpoint() == f"198.51.100.11:{HOME_PORT}", 20, agent.tail)
        agent.stop()
        assert len(agent.lines("not saved")) == 1 and "read-only" in agent.lines("not saved")[0], agent.tail()
    finally:
        subprocess.run(["umount", agent.state], check=True)


def test_a_heap_that_is_full_is_a_message_and_an_exit_and_nothing_half_written(world):
    """As when the largest heap is too small: procd starts it again, and it works with what was saved."""
    world.beach.nft(VPN_SETS)
    agent = Agent(world, options(), policy("staging", [STAGING_NAME]))
    assert agent.once().returncode == 0
    saved = (agent.state / "last-good.json").read_bytes()
    before = four(world)
    hosts = [f"host{i}.example.test" for i in range(4000)]
    agent.configure(options(), policy("staging", [STAGING_NAME, *hosts]))
    whole, agent.interpreter = (
        agent.interpreter,
        small(agent, "-X heapsize=32M -X heapsize=1200k"),
    )  # the last one counts
    done = agent.once()
    assert done.returncode == 1 and "memory" in done.stderr and "Traceback" not in done.stderr, done
    assert (agent.state / "last-good.json").read_bytes() == saved
    assert four(world) == before
    agent.interpreter = whole
    agent.configure(options(), policy("staging", [STAGING_NAME]))
    assert agent.once().returncode == 0


def small(agent, heap):
    """The path of a MicroPython for the agent's launcher that has another heap."""
    wrapper = RUN / "micropython-small"
    wrapper.write_text(f'#!/bin/sh\nshift 2\nexec {agent.interpreter} {heap} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


@pytest.mark.parametrize(
    "count,each,ttl,heap,said",
    [(1500, 1, 3600, "1M", 0), (15, 249, 10, "1800k", 1)],
    ids=["many-hosts", "many-addresses"],
)
def test_a_heap_that_is_too_small_is_left_for_a_larger_one_and_nothing_is_lost(world, count, each, ttl, heap, said):
    """Few routers need it. To procd it is the same process, and what was ours stays ours.

    How many hosts there are it knows before there is anything to lose, and says nothing; how many addresses they have
    only DNS tells. A third of the heap is the limit: 1800k is more than the program takes, and less than all of it.
    """
    world.beach.nft(VPN_SETS)
    hosts = [f"host{i}.example.test" for i in range(count)]
    for i, host in enumerate(hosts):
        numbers = range(i * each, (i + 1) * each)
        world.zone.set(host, "A", [f"198.18.{number // 250}.{number % 250 + 1}" for number in numbers], ttl)
    settings = options(nameserver=[SERVER], family="ipv4", max_ttl=3600)
    agent = Agent(world, settings, policy("staging", [STAGING_NAME, *hosts]))
    agent.interpreter = small(agent, f"-X heapsize={heap}")
    wanted = count * each + len(STAGING4)
    with agent:
        wait_for(lambda: len(four(world)) == wanted, 60, lambda: f"{len(four(world))} elements\n{agent.tail()}")
        wait_for(lambda: len(agent.lines("more memory")) >= said, 60, agent.tail)  # it looks now and then
        words = pathlib.Path(f"/proc/{agent.process.pid}/cmdline").read_bytes().split(b"\0")
        [option] = [word for word in words if word.startswith(b"heapsize=")]
        assert option in (b"heapsize=8M", b"heapsize=16M", b"heapsize=32M")
        agent.configure(settings, policy("staging", [STAGING_NAME]))
    with agent:
        wait_for(lambda: four(world) == set(STAGING4), 20, lambda: f"{len(four(world))} elements\n{agent.tail()}")


def test_a_thousand_names_with_a_ttl_of_a_second_are_asked_no_more_often_than_min_ttl(interpreter):
    with World(ttl=1) as world:
        world.beach.nft(VPN_SETS)
        world.zone = Zone("example.test")
        hosts = [f"host{i}.example.test" for i in range(1000)]
        for i, host in enumerate(hosts):
            world.zone.set(host, "A", [f"198.18.{i // 250}.{i % 250 + 1}"], 1)
        world.authority.zone = world.zone
        settings = options(nameserver=[SERVER], min_ttl=30, family="ipv4")
        agent = Agent(world, settings, policy("many", hosts), network=["\n"], interpreter=interpreter)
        with agent:
            wait_for(lambda: len(four(world)) == 1000, 60, lambda: f"{len(four(world))} elements\n{agent.tail()}")
            began, queries = time.monotonic(), len(world.authority.queries)
            time.sleep(10)
            asked = len(world.authority.queries) - queries
            assert asked <= 1000 * (time.monotonic() - began) / 30 * 2 + 100, f"{asked} questions in 10 s"
            assert nft_elements(world.beach, "inet", "vpn", "staging4")


@pytest.mark.parametrize("years", [-50, 10])
def test_a_clock_that_jumps_years_disturbs_no_tunnel_and_no_set(world, interpreter, years):
    """NTP sets the clock after the boot. A router's clock cannot be set here: what was saved looks that old instead."""
    world.beach.nft(VPN_SETS)
    agent = Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter)
    assert agent.once().returncode == 0
    (agent.run / "last-good.json").unlink()  # a boot
    expires = int(time.time()) + years * 365 * 86400
    entries = [{"host": STAGING_NAME, "named": True, "addresses": STAGING4}]
    entries += [{"host": STAGING_NAME, "named": False, "expires": expires, "addresses": ["192.0.2.250"]}]
    entries += [{"host": HOME_NAME, "endpoints": [[world.home_address, None]]}]
    lines = ",\n".join([json.dumps(entry) for entry in entries])
    (agent.state / "last-good.json").write_text('{"version": 2, "entries": [\n' + lines + "\n]}\n")
    world.stop_dnsmasq()
    with agent:
        time.sleep(3)
        assert four(world) - {"192.0.2.250"} == set(STAGING4), agent.tail()
        assert world.home_endpoint() == f"{world.home_address}:{HOME_PORT}"
