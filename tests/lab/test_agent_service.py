"""The agent as procd runs it and as people call it: its streams, SIGHUP, files that cannot be parsed, one pass."""

import os
import signal
import socket
import subprocess
import time

import pytest

from bus import Bus
from lab.agent import Agent, options, policy
from lab.enter import RUN
from lab.host import wait_for
from lab.netifd import Interface, Netifd
from lab.watch import nft_elements
from lab.world import DNS_ADDRESSES, HOME_PORT, STAGING4, STAGING_NAME, VPN_SETS, World

SERVER = DNS_ADDRESSES[0][0]


def four(world):
    return nft_elements(world.beach, "inet", "vpn", "staging4")


def following(world, interpreter, **values):
    world.beach.nft(VPN_SETS)
    return Agent(
        world, options(nameserver=[SERVER]), policy("staging", [STAGING_NAME], **values), interpreter=interpreter
    )


def append(agent, text):
    path = agent.config / "nametrack"
    path.write_text(path.read_text() + text)


def test_what_is_grave_is_on_stderr_and_the_rest_on_stdout(world, interpreter):
    agent = following(world, interpreter)
    append(agent, "\toption family 'nonsense'\n")
    process = world.beach.start(
        agent.command("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=agent.environment()
    )
    try:
        wait_for(lambda: four(world) == set(STAGING4), 20, lambda: (process.kill(), process.communicate()))
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    levels = [{line.split(":")[0] for line in text.splitlines()} for text in (out, err)]
    assert levels == [{"info"}, {"warning"}], (out, err)
    assert "added" in out and "nonsense" in err


def test_sighup_reads_the_configuration_again(world, interpreter):
    agent = following(world, interpreter)
    with agent:
        wait_for(lambda: four(world) == set(STAGING4), 20, agent.tail)
        number = agent.process.pid
        agent.configure(options(nameserver=[SERVER]), policy("staging", ["203.0.113.9"], retain=0))
        os.kill(number, signal.SIGHUP)
        wait_for(lambda: four(world) == {"203.0.113.9"}, 20, agent.tail)
        assert agent.process.pid == number and agent.running()


BROKEN = "\nconfig policy 'more'\n\toption target 'nftset\n\tlist host '203.0.113.9'\n"


def test_a_file_that_cannot_be_parsed_changes_nothing_in_a_running_agent(world, interpreter):
    with Bus(RUN) as bus:
        agent = following(world, interpreter)
        agent.bus = bus.path
        with agent:
            wait_for(lambda: four(world) == set(STAGING4), 20, agent.tail)
            agent.write("nametrack", [f"config nametrack 'global'\n\toption enabled '0'\n{BROKEN}"])
            os.kill(agent.process.pid, signal.SIGHUP)
            line = agent.wait_for_line("not loaded")
            assert line.startswith("error: ") and "nametrack, line 5: unterminated quote" in line
            time.sleep(1)
            assert four(world) == set(STAGING4)
            shown = agent.call("status", "--json").stdout
            assert "not loaded: " in shown and STAGING4[0] in shown
            checked = agent.check()
            assert checked.returncode == 1 and "unterminated quote" in checked.stdout, checked
            agent.configure(options(nameserver=[SERVER]), policy("staging", [STAGING_NAME]))
            os.kill(agent.process.pid, signal.SIGHUP)
            wait_for(lambda: "not loaded" not in agent.call("status", "--json").stdout, 10, agent.tail)


def test_at_the_start_the_sections_before_the_fault_count(world, interpreter):
    """A tunnel that is not followed may be a house that cannot be reached."""
    agent = following(world, interpreter)
    append(agent, BROKEN)
    with agent:
        wait_for(lambda: set(STAGING4) <= four(world), 20, agent.tail)
        wait_for(world.home_endpoint, 20, agent.tail)
        assert agent.lines("unterminated quote"), agent.tail()
    assert "unterminated quote" in agent.check().stdout


@pytest.mark.parametrize("word", ["run --once", "plan"])
def test_one_pass_waits_for_the_nameservers_that_netifd_knows(interpreter, word):
    """The router's own resolver is away, and netifd takes its time: a peer's name is asked of the WAN's nameserver."""
    wan = Interface("wan", "wan", nameservers=[SERVER])
    with World(dial=False) as world, Bus(RUN) as bus, Netifd(world.beach, bus.path, wan) as netifd:
        netifd.delay = 0.7
        values = options(nameserver=["127.0.0.1#5399"])  # where nobody listens: that is known at once
        agent = Agent(world, values, interpreter=interpreter, bus=bus.path)
        done = agent.call(*word.split(), "--log-level", "debug")
        # a name that fails before the fallback nameservers are known is a failure that is told
        assert done.stderr.index("InterfacesRead") < done.stderr.index("> query"), done.stderr
        if word == "plan":
            assert f"{world.home_address}:{HOME_PORT}" in done.stdout, done
        else:
            assert world.home_endpoint() == f"{world.home_address}:{HOME_PORT}", done


def test_one_pass_does_not_wait_for_a_bus_that_is_silent(world, interpreter):
    agent = following(world, interpreter)
    agent.bus = str(agent.folder / "silent")
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(agent.bus)
    silent.listen()
    began = time.monotonic()
    done = agent.once()
    assert time.monotonic() - began < 30 and four(world) == set(STAGING4), done
    silent.close()
