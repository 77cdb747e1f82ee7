"""machine_findings.py: what `check` says about a machine that is no router."""

import pytest

from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.machine import Machine
from nametrack.core.telling.findings import findings
from nametrack.wire import uci, wg_quick

WALL = 1795406999
KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
FILE = """[Interface]
%s
[Peer]
PublicKey = %s
Endpoint = %s
AllowedIPs = %s
PersistentKeepalive = %d
"""
QUIET = Machine([], {}, ["192.168.1.1"], ["192.168.1.1"], [], {})


def found(machine=QUIET, conf="", **values):
    """The findings with a file of wg-quick: `interface`, `endpoint`, `allowed_ips` and `keepalive` are lines of it."""
    given = {"interface": "", "endpoint": "home.dyn.test:1", "allowed_ips": "10.9.0.0/24", "keepalive": 25}
    given.update(values)
    text = FILE % (given["interface"], KEY, given["endpoint"], given["allowed_ips"], given["keepalive"])
    network, _ = wg_quick.parse(text, "wg0")
    sections, _ = uci.parse(conf)
    origin = configuration.Origin("/etc/nametrack.conf", "/etc/wireguard", {"nameserver": machine.nameservers})
    agent = Agent()
    agent.handle(on.MachineRead(machine), 0)
    agent.handle(on.ConfigLoaded(configuration.build(sections, network, [], origin)), 0)
    return {one["code"]: one for one in findings(agent, WALL)}


def machine(**values):
    """A Machine about which there is nothing to find, with these values changed."""
    return Machine(*[values.get(name, getattr(QUIET, name)) for name in FIELDS])


FIELDS = ("saving", "tunnel_nameservers", "nameservers", "learnt", "timers", "managers")


def test_nothing_is_found_where_nothing_is_wrong():
    assert found() == {}
    assert found(machine(nameservers=["127.0.0.53"])) == {}, "what is behind the resolver is known"


def test_without_any_nameserver_none_is_found_fault_with():
    assert set(found(machine(nameservers=[], learnt=[]))) == {"name_unresolved"}


def test_the_advice_is_for_such_a_machine():
    one = found(keepalive=0)["no_keepalive"]
    assert "PersistentKeepalive = 25" in one["advice"]
    one = found(conf="config policy 'x'\n\toption retian '1'\n")["configuration"]
    assert one["advice"] == "correct /etc/nametrack.conf, then systemctl reload nametrack"
    one = found(allowed_ips="10.9.0.0/33")["configuration"]
    assert one["advice"] == "correct /etc/wireguard, then systemctl reload nametrack"


def test_a_file_that_wg_quick_writes_anew_is_told_if_a_name_is_lost_by_it():
    one = found(machine(saving=["wg0"]))["config_saved"]
    assert (one["severity"], one["subject"]) == ("warning", "wg0")
    assert found(machine(saving=["wg0"]), endpoint="192.0.2.1:1") == {}


def test_a_timer_and_a_scheduled_task_that_set_endpoints_are_told():
    one = found(machine(timers=["wg-reresolve-dns.timer"]))["watchdog_also_active"]
    assert "systemctl disable --now wg-reresolve-dns.timer" in one["advice"]
    assert (one["subject"], one["text"]) == ("systemd", "wg-reresolve-dns.timer")


def test_another_program_in_charge_of_the_interface_is_told():
    one = found(machine(managers={"wg0": "NetworkManager", "wg7": "systemd-networkd"}))["managed_elsewhere"]
    assert (one["severity"], one["subject"]) == ("info", "wg0") and "NetworkManager" in one["text"]


IN_TUNNEL = {"nameservers": ["10.9.0.1"], "learnt": ["10.9.0.1"]}
OUTSIDE = "config nametrack\n\tlist fallback_nameserver '192.168.1.1'\n"
# (machine, allowed IPs, configuration) -> codes
NAMESERVERS = [
    (IN_TUNNEL, "10.9.0.0/24", "", {"nameserver_in_tunnel"}),
    (IN_TUNNEL, "10.9.0.0/24", OUTSIDE, set()),
    (IN_TUNNEL, "10.8.0.0/24", "", set()),
    (IN_TUNNEL, "10.9.0.1/32", "", {"nameserver_in_tunnel"}),
    ({"nameservers": ["::a09:1"], "learnt": ["::a09:1"]}, "10.9.0.0/24", "", set()),  # the same number in IPv6
    ({"nameservers": ["10.9.0.1", "192.168.1.1"], "learnt": ["10.9.0.1"]}, "10.9.0.0/24", "", set()),
    ({"nameservers": ["10.9.0.1"], "learnt": ["192.168.1.1"]}, "10.9.0.0/24", "", set()),
    ({"nameservers": ["fe80::1@eth0"], "learnt": ["fe80::1@eth0"]}, "10.9.0.0/24, ::/0", "", set()),
    # of a full tunnel: only what it brings along
    (IN_TUNNEL, "0.0.0.0/0, ::/0", "", set()),
    (dict(IN_TUNNEL, tunnel_nameservers={"wg0": ["lan", "10.9.0.1"]}), "0.0.0.0/0", "", {"nameserver_in_tunnel"}),
    ({"nameservers": ["127.0.0.53"], "learnt": []}, "10.9.0.0/24", "", {"nameserver_local"}),
    ({"nameservers": ["127.0.0.53"], "learnt": []}, "10.9.0.0/24", OUTSIDE, set()),
]


@pytest.mark.parametrize("case", NAMESERVERS)
def test_nameservers_that_cannot_help_a_dead_tunnel_are_told(case):
    values, allowed_ips, conf, codes = case
    said = found(machine(**values), conf, allowed_ips=allowed_ips)
    assert set(said) == codes
    about = {"nameserver_in_tunnel": "wg0", "nameserver_local": "nameserver 127.0.0.53"}
    assert all(said[code]["subject"] == about[code] for code in codes)
