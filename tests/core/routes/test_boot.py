"""What is blocked from the router's start on: the last good addresses of policies that block, and no tunnel's end."""

import pytest
from steering_house import NETWORK

from nametrack import ip, routing
from nametrack.core.config import configuration, lists
from nametrack.core.last_good import Endpoints, Known
from nametrack.core.routes.boot import BootBlock
from nametrack.wire import uci
from nametrack.wire.host_list import HostList

BLOCK = "config policy 'work'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n\toption fallback 'block'\n"
KNOWN = Known("work.test", [ip.key("192.0.2.1"), ip.key("2001:db8::1")], True, 0)


def blocked(config, *records, network=NETWORK, files=None):
    made = configuration.build(uci.parse(config)[0], uci.parse(network)[0], [])
    boot = BootBlock(lists.with_lists(made, files or {}))
    changes = [change for record in records for change in boot.record(record)] + boot.literals()
    routes = [change.value for change in changes if isinstance(change.value, routing.Routes)]
    return sorted([(ip.element(key), r.table, r.metric, r.via) for r in routes for key in r.keys])


def test_the_last_good_addresses_are_blocked_in_the_main_table():
    assert blocked(BLOCK, KNOWN) == [("192.0.2.1", 254, 9999, -7), ("2001:db8::1", 254, 9999, 901)]


def test_prefixes_and_names_below_a_wildcard_are_blocked():
    config = BLOCK + "\tlist host '198.18.0.0/15'\n\tlist host '*.cdn.test'\n"
    said = blocked(config, Known("a.cdn.test", [ip.key("192.0.2.9")], True, 0))
    assert [each[0] for each in said] == ["192.0.2.9", "198.18.0.0/15"]


def test_a_name_that_only_ends_like_a_wildcard_is_not():
    config = BLOCK + "\tlist host '*.cdn.test'\n"
    for host in ("xcdn.test", "cdn.test", "acdn.test", "cdn.test.example"):
        assert blocked(config, Known(host, [ip.key("192.0.2.9")], True, 0)) == []
    assert len(blocked(config, Known("a.b.cdn.test", [ip.key("192.0.2.9")], True, 0))) == 1


def test_what_a_file_lists_is_blocked_whether_it_is_looked_up_or_not():
    listed = HostList("/list", b"12345678")
    for i in range(300):
        listed.add_name(b"n%d.example.net" % i)
    listed.close()
    config, address = BLOCK + "\tlist host '@/list'\n", [ip.key("192.0.2.9")]
    for host, count in (("n0.example.net", 1), ("n299.example.net", 1), ("n300.example.net", 0)):
        assert len(blocked(config, Known(host, address, True, 0), files={"/list": (listed, [])})) == count, host


def test_other_hosts_other_families_and_other_policies_are_not():
    assert blocked(BLOCK, Known("other.test", [ip.key("192.0.2.1")], True, 0)) == []
    assert [each[0] for each in blocked(BLOCK + "\toption family 'ipv4'\n", KNOWN)] == ["192.0.2.1"]
    filling = "\toption target 'nftset'\n\toption set4 'inet t s'\n"
    for text in ("\toption enabled '0'\n", "\tlist client 'lan'\n", "\toption action 'bypass'\n", filling):
        assert blocked(BLOCK + text, KNOWN) == []
    assert blocked(BLOCK.replace("'block'", "'main'"), KNOWN) == []
    assert blocked("config nametrack 'global'\n\toption enabled '0'\n" + BLOCK, KNOWN) == []


BYPASS = BLOCK.replace("'work'", "'direct'").replace("fallback 'block'", "action 'bypass'")


@pytest.mark.parametrize("case", [(BLOCK, False), (BYPASS + BLOCK, False), (BYPASS, True), ("", True)])
def test_where_no_policy_blocks_there_is_nothing_to_do(case):
    config, empty = case
    assert BootBlock(configuration.build(uci.parse(config)[0], uci.parse(NETWORK)[0], [])).is_empty() is empty


def test_what_a_bypass_above_names_is_not_as_while_the_agent_runs():
    bypass = "config policy 'direct'\n\toption action 'bypass'\n\tlist interface 'wg0'\n\tlist host 'work.test'\n"
    prefix = "\tlist host '198.18.0.0/15'\n"
    assert blocked(bypass + prefix + BLOCK + prefix, KNOWN) == []
    assert [each[0] for each in blocked(bypass + "\toption family 'ipv6'\n" + BLOCK, KNOWN)] == ["192.0.2.1"]
    for text in ("\toption enabled '0'\n", "\tlist client 'lan'\n"):
        assert len(blocked(bypass + text + BLOCK, KNOWN)) == 2
    assert len(blocked(BLOCK + prefix + bypass + prefix, KNOWN)) == 3  # below, it has no say


def test_all_addresses_are_never_blocked_at_once():
    """Such a route would take effect only where there is no default route."""
    assert blocked(BLOCK + "\tlist host '0.0.0.0/0'\n\tlist host '::/0'\n") == []


def test_the_end_of_a_tunnel_is_never_blocked_nor_a_prefix_with_it():
    ends = Endpoints("home.dyn.test", [ip.key("192.0.2.1")], [None])
    config = BLOCK + "\tlist host '192.0.2.0/24'\n\tlist host '0.0.0.0/0'\n"
    assert [each[0] for each in blocked(config, ends, KNOWN)] == ["2001:db8::1"]
    for end in ("192.0.2.0", "192.0.2.255"):
        inside = Endpoints("home.dyn.test", [ip.key(end)], [None])
        assert "192.0.2.0/24" not in [each[0] for each in blocked(config, inside)], end
    for end in ("192.0.1.255", "192.0.3.0"):
        beside = Endpoints("home.dyn.test", [ip.key(end)], [None])
        assert "192.0.2.0/24" in [each[0] for each in blocked(config, beside)], end
    fixed = NETWORK.replace("home.dyn.test", "192.0.2.1")
    assert [each[0] for each in blocked(config, KNOWN, network=fixed)] == ["2001:db8::1"]


def test_the_nexthop_that_blocks_ipv6_is_of_no_device():
    boot = BootBlock(configuration.build(uci.parse(BLOCK)[0], uci.parse(NETWORK)[0], []))
    changes = boot.record(KNOWN) + boot.record(KNOWN)
    hops = [change.value for change in changes if isinstance(change.value, routing.Nexthop)]
    assert hops == [routing.Nexthop(6, 901, 0, None, routing.PROTOCOL)]
