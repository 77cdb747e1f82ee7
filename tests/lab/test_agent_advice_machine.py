"""The advice of findings that are about the machine: its clock, its kernel's refusals, and a machine that is no router.

A test is called after the code of its finding, as in test_agent_advice.py.
"""

import contextlib
import os
import pathlib

import pytest

from lab.doors import SocketDoor, settled
from lab.host import wait_for
from lab.pi import RESOLV_CONF, WIREGUARD, PiAgent, PiWorld
from lab.test_agent_advice import SETS, House, house
from lab.world import DNS_ADDRESSES, STAGING4

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
TABLE = """add table inet vpn%s
add set inet vpn staging4 { type ipv4_addr; flags timeout; }
add chain inet vpn marked { type route hook output priority mangle; }
add rule inet vpn marked ip daddr @staging4 meta mark set 0x1
"""


@pytest.fixture
def interpreter():
    """One is enough here: tests/core hold the findings to be the same under both."""
    return "micropython"


@pytest.mark.skipif(FAKETIME is None, reason="needs a clock of its own: apt install faketime")
def test_clock_unset(world, interpreter, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("@2001-01-01 00:00:00")  # as a router without a battery starts
    environ = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_CACHE_DURATION": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    with house(world, interpreter, environ=environ) as home:
        home.console.serve("sysntpd", lambda: clock.write_text("+0"))  # NTP sets the clock
        home.mended("clock_unset")


def test_set_refused(world, interpreter, tmp_path):
    """Another program owns the table, as firewalld does: the kernel lets no other change it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pipe.open("r+b", buffering=0) as lines:
        lines.write((TABLE % " { flags owner; }").encode())
        owner = world.beach.start(["sh", "-c", f"exec nft -i <{pipe}"])
        wait_for(lambda: "marked" in world.beach.run(["nft", "list", "ruleset"]).stdout, 20, "the table")
        with house(world, interpreter, SETS) as home:
            assert "nametrack tries again" in home.find("set_refused", "not permitted")
            world.beach.stop(owner)  # its table goes with it
            world.beach.nft(TABLE % "")
            home.goes("set_refused")
            wait_for(lambda: STAGING4[0] in world.beach.run(["nft", "list", "ruleset"]).stdout, 30, home.agent.tail)


class Pi(House):
    """A machine that is no router: its files are edited by hand, and systemd reloads nametrack."""

    def __init__(self, world, agent):
        self.world, self.agent, self.beach = world, agent, world.beach

    def by_hand(self, code, edit, said):
        """Do what the finding advises in words, which `said` is of; it goes."""
        advice = self.find(code)
        assert said in advice, advice
        edit()
        SocketDoor().reach(self.agent).call("nametrack", "reload")  # what the unit's ExecReload leads to
        self.goes(code)


@contextlib.contextmanager
def pi(interpreter, nameserver=None, **values):
    with PiWorld(**values) as world:
        if nameserver is not None:
            RESOLV_CONF.write_text(f"nameserver {nameserver}\n")
        agent = PiAgent(world, interpreter=interpreter)
        with agent:
            settled(SocketDoor().reach(agent)) if nameserver is None else None
            yield Pi(world, agent)


def test_config_saved(interpreter):
    with pi(interpreter, interface={"SaveConfig": "true"}) as home:
        file = WIREGUARD / "wg0.conf"

        def remove():
            file.write_text(file.read_text().replace("SaveConfig = true\n", ""))

        home.by_hand("config_saved", remove, "remove SaveConfig from the file")


def test_managed_elsewhere(interpreter):
    with PiWorld() as world:
        agent = PiAgent(world, interpreter=interpreter)
        profile = agent.conf.parent / "systemd/network/wg0.netdev"
        profile.parent.mkdir(parents=True)
        profile.write_text("[NetDev]\nName = wg0\nKind = wireguard\n")
        with agent:
            Pi(world, agent).by_hand("managed_elsewhere", profile.unlink, "the other's file for it can go")


def nameservers(interpreter, code, nameserver):
    with pi(interpreter, nameserver) as home:

        def add():
            line = f"list fallback_nameserver '{DNS_ADDRESSES[0][0]}'"
            assert line.partition("'")[0] in home.find(code)
            home.agent.conf.write_text(f"config nametrack 'global'\n\t{line}\n")

        home.by_hand(code, add, "as your router")


def test_nameserver_in_tunnel(interpreter):
    nameservers(interpreter, "nameserver_in_tunnel", "10.9.0.1")


def test_nameserver_local(interpreter):
    nameservers(interpreter, "nameserver_local", "127.0.0.1")
