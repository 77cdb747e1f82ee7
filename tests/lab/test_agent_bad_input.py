"""What goes wrong around the agent gives one clear line naming the thing; the rest goes on, and nothing is lost."""

import json
import pathlib
import shutil
import subprocess

from lab.agent import Agent, options, policy
from lab.enter import RUN
from lab.host import wait_for
from lab.watch import nft_elements
from lab.world import DNS_ADDRESSES, HOME_PORT, STAGING4, STAGING_NAME, VPN_SETS, World

SERVER = DNS_ADDRESSES[0][0]
# What each lie is called in the log. An address other than the one asked never reaches the agent: the kernel drops it.
LIES = {
    "wrong_id": "the id of another question",
    "wrong_question": "question for another name",
    "wrong_owner": "",
    "wrong_address": "no answer from",
    "wrong_port": "no answer from",
    "compression_loop": "name pointer",
    "cut": "cut off",
    "truncate_then_silent": "no answer from",
    "many": "the first 1024 are used",
    "nowhere": "not used",
    "servfail": "SERVFAIL",
    "refused": "REFUSED",
}
NEVER = {"192.0.2.66", "127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255"}


def four(world):
    return nft_elements(world.beach, "inet", "vpn", "staging4")


def wait_for_four(world, agent, wanted, seconds=20):
    wait_for(lambda: four(world) == wanted, seconds, lambda: f"{wanted}, not {four(world)}; the log:\n{agent.tail()}")


def test_a_lie_harms_no_other_name_and_the_truth_is_taken_when_it_comes(world, interpreter):
    world.beach.nft(VPN_SETS)
    honest = {}
    for i, lie in enumerate(LIES):
        host = f"{lie.replace('_', '-')}.example.test"
        honest[host] = f"203.0.113.{100 + i}"
        world.zone.set(host, "A", [honest[host]], 5)
        world.authority.behave(lie, host)
    hosts = [*honest, STAGING_NAME]
    agent = Agent(
        world,
        options(nameserver=[SERVER], retain=0, max_ttl=2),  # a lie has a TTL of a minute
        policy("all", hosts, target="nftset", set4="inet vpn staging4"),
        interpreter=interpreter,
    )
    with agent:
        wait_for(lambda: set(STAGING4) <= four(world), 10, lambda: agent.tail())
        said = {f"{lie.replace('_', '-')}.example.test": words for lie, words in LIES.items() if words}

        def unsaid():
            return [host for host, words in said.items() if not any(words in line for line in agent.lines(host))]

        wait_for(lambda: not unsaid(), 90, lambda: f"a line about each of {unsaid()}; the log:\n{agent.tail()}")
        # a set is changed in slices: the 1,024 addresses of one lie are not all in at once
        wait_for(lambda: len([a for a in four(world) if a.startswith("198.18.")]) == 1024, 10, lambda: agent.tail())
        seen = four(world)
        assert not seen & NEVER and set(STAGING4) <= seen
        assert {address for address in seen if not address.startswith("198.18.")} == set(STAGING4)
        assert len([address for address in seen if address.startswith("198.18.")]) == 1024
        warned = [line for line in agent.lines("warning")]
        assert len(warned) == len(set(warned)), "the same line twice:\n" + agent.tail()
        for host in honest:
            assert len([line for line in warned if host in line]) <= 2, agent.tail()
        world.authority.behave(None)
        wait_for_four(world, agent, {*STAGING4, *honest.values()}, 40)
        assert world.home_endpoint() == f"{world.home_address}:{HOME_PORT}"


def test_a_syntax_error_costs_only_its_own_line(world, interpreter):
    world.beach.nft(VPN_SETS)
    text = f"""
config nametrack 'global'
	list nameserver '127.0.0.1'
	option min_ttl '1' and more

config policy 'staging'
	option target 'nftset'
	option set4 'inet vpn staging4'
	optoin set6 'inet vpn staging6'
	list host '{STAGING_NAME}'

config policy 'broken'
	option target 'nftset'
	list host 'other.example.test
"""
    agent = Agent(world, text, interpreter=interpreter)
    with agent:
        wait_for_four(world, agent, set(STAGING4))
        for number in (4, 9):
            assert len(agent.lines(f"nametrack, line {number}:")) == 1, agent.tail()
        assert agent.lines("nametrack, line 14:") or agent.lines("nametrack, line 15:"), agent.tail()
        assert not any(world.beach_key.private in line for line in agent.lines())
    assert agent.check().returncode == 1


def folder_of_programs(nft):
    """A PATH without nft, or with a script in its place."""
    folder = RUN / "programs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "ip").symlink_to(shutil.which("ip"))
    if nft:
        put_program(folder / "nft", nft)
    return folder


def put_program(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o755)
    new.rename(path)


def test_the_agent_starts_no_program_and_needs_none(interpreter):
    with World(dial=False) as world:
        world.beach.nft(VPN_SETS)
        folder = folder_of_programs("#!/bin/sh\ntouch $0.called\nexit 1\n")
        section = policy("staging", [STAGING_NAME], target="nftset", set4="inet vpn staging4")
        agent = Agent(world, options(), section, interpreter=interpreter, environ={"PATH": str(folder)})
        with agent:
            wait_for(world.home_endpoint, 10, lambda: f"the endpoint; the log:\n{agent.tail()}")
            wait_for_four(world, agent, set(STAGING4), 10)
            assert agent.children() == []
        assert not list(folder.glob("*.called"))


def test_a_full_disk_leaves_the_last_good_addresses_that_were_saved(world, interpreter):
    agent = Agent(world, options(), interpreter=interpreter)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", agent.state], check=True)
    try:
        assert agent.once().returncode == 0
        saved = (agent.state / "last-good.json").read_bytes()
        assert world.home_address in saved.decode()
        with open(agent.state / "filler", "wb", buffering=0) as filler:
            filler.write(bytes(4096))
        agent.start()
        world.wait_for_tunnel()
        world.move_home("198.51.100.11")
        world.announce_home()
        wait_for(
            lambda: world.home_endpoint() == f"198.51.100.11:{HOME_PORT}",
            20,
            lambda: f"the move; the log:\n{agent.tail()}",
        )
        agent.stop()
        assert len(agent.lines("not saved")) == 1 and "no space left" in agent.lines("not saved")[0], agent.tail()
        assert (agent.state / "last-good.json").read_bytes() == saved
        assert sorted(path.name for path in pathlib.Path(agent.state).iterdir()) == ["filler", "last-good.json"]
        assert json.loads(saved)["version"] == 2
        (agent.state / "filler").unlink()
        assert agent.once().returncode == 0
        assert "198.51.100.11" in (agent.state / "last-good.json").read_text()
    finally:
        subprocess.run(["umount", agent.state], check=True)
