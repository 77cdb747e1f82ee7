"""Which sets `auto` fills."""

import pytest

from nametrack.core.sets.targets import (
    ROUTE,
    Target,
    candidates,
    choose,
    chosen_by_auto,
    is_optional,
    why_missing,
    why_unused,
)
from nametrack.wire.services import Service


class Policy:
    target, interface, set4, set6 = "auto", "wg", None, None


FOUND = candidates(Policy)
PBR = FOUND[0]
ON, OFF = Service(True, True, True, True, []), Service(False, True, True, False, [])


def test_sets_of_a_service_that_is_not_enabled_any_more_lead_no_packet_anywhere():
    assert choose(FOUND, PBR, lambda name: True, {"pbr": ON}) is PBR
    assert choose(FOUND, PBR, lambda name: name in PBR.sets.values(), {"pbr": OFF}) is ROUTE
    assert choose(FOUND, PBR, lambda name: name in PBR.sets.values(), {}) is ROUTE, "it is removed: its set stays"


def test_a_service_that_is_reloaded_keeps_its_policies_while_its_sets_are_away():
    assert choose(FOUND, PBR, lambda name: False, {"pbr": ON}) is PBR


def test_why_a_set_leads_no_packet_anywhere():
    own = Target("nftset", {}, None)
    assert why_unused(own, {}) == why_unused(own, None) == ("is not used: no rule refers to it", None)
    assert why_unused(PBR, {"pbr": ON})[1] == "/etc/init.d/pbr restart"
    assert why_unused(PBR, {"pbr": OFF})[0] == "is not used: pbr is not enabled"
    assert why_unused(PBR, {}) == ("is not used: pbr is not installed", "install pbr, or choose another target")
    assert why_unused(PBR, None)[0] == "is not used: no rule of pbr refers to it"


OWN = Target("nftset", {4: FOUND[0].sets[4]}, None)
START = "/etc/init.d/pbr enable; /etc/init.d/pbr start"
MISSING = [
    (OWN, None, "does not exist", "create the set, e.g. with a `config ipset` section in"),
    (PBR, None, "does not exist", "start pbr, or choose another target"),
    (PBR, {}, "does not exist: pbr is not installed", "install pbr, or choose another target"),
    (
        PBR,
        {"pbr": OFF},
        "does not exist: pbr is not enabled",
        f"uci set pbr.config.enabled='1'; uci commit pbr; {START}",
    ),
    (PBR, {"pbr": Service(True, True, True, False, [])}, "does not exist: pbr is stopped", START),
    (
        PBR,
        {"pbr": Service(True, True, False, True, [])},
        "does not exist: pbr makes sets for users only if a `config include` is enabled",
        "/usr/share/nametrack/includes add; uci set pbr.nametrack.enabled='1'; uci commit pbr; /etc/init.d/pbr restart",
    ),
    (
        FOUND[1],
        {"vpn-policy-routing": Service(True, True, False, True, [])},
        "does not exist: neither dest_ipset nor resolver_ipset is set",
        "uci set vpn-policy-routing.config.dest_ipset='1'; uci commit vpn-policy-routing; "
        "/etc/init.d/vpn-policy-routing restart",
    ),
    (
        PBR,
        {"pbr": Service(True, True, True, True, ["a", "b", "c", "d"])},
        "does not exist: pbr reports a, b, c",
        "/etc/init.d/pbr status",
    ),
    (
        PBR,
        {"pbr": ON},
        "does not exist: pbr has not been restarted since it was set up, or does not know the interface",
        "/etc/init.d/pbr restart  # if that does not help, check the spelling of the interface of "
        "'inet fw4 pbr_wg_4_dst_ip_user', and",
    ),
]


@pytest.mark.parametrize("case", MISSING)
def test_why_a_set_is_missing_and_what_makes_it(case):
    target, services, why, advice = case
    said = why_missing(target, services)
    assert said[0] == why and said[1].startswith(advice)


def test_before_anything_is_known_auto_waits_and_then_takes_the_first_that_is_there():
    four = [each.sets[4] for each in FOUND[:2]]
    assert choose(FOUND, None, lambda name: None, None) is None
    assert choose(FOUND, None, lambda name: False if name == four[0] else None, None) is None
    assert choose(FOUND, None, lambda name: name == four[1], None) is FOUND[1]
    assert choose(FOUND, None, lambda name: name in four, None) is FOUND[0]
    assert choose(FOUND, None, lambda name: False, None) is None, "a service may be there"
    assert choose(FOUND, None, lambda name: False, {"pbr": ON}) is None
    assert choose(FOUND, ROUTE, lambda name: False, {"pbr": ON}) is ROUTE
    assert choose([PBR], None, lambda name: False, {}) is PBR


def test_what_auto_begins_with_is_told_with_the_sets_that_are_there():
    four = FOUND[0].sets[4]
    assert chosen_by_auto("wg", lambda name: name == four, {"pbr": ON}) == Target("pbr", {4: four}, "pbr")
    assert chosen_by_auto("wg", lambda name: False, {"pbr": ON}) is None
    assert chosen_by_auto("wg", lambda name: False, {}) == Target("route", {}, None)


def test_only_the_sets_for_ipv6_of_a_service_may_be_missing():
    assert [is_optional(PBR, 4), is_optional(PBR, 6), is_optional(OWN, 6)] == [False, True, False]
