"""Which sets `auto` fills."""

from nametrack.core.sets.targets import ROUTE, Target, candidates, choose, why_unused
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
