"""No value of the configuration, nor any name that DNS gives, reaches a shell or a tool as anything but a value."""

import pytest

from lab.agent import Agent, options, policy
from lab.enter import RUN
from lab.watch import nft_elements
from lab.world import STAGING4, STAGING_NAME, VPN_SETS
from nametrack.core.config import options as known
from nametrack.core.config import policy_options

MARK = RUN / "a-shell-ran"
HOSTILE = [
    f"$(touch {MARK})",
    f"`touch {MARK}`",
    f"x; touch {MARK}",
    f"x | touch {MARK}",
    f"x && touch {MARK} #",
    f"' ; touch {MARK} ; '",
    f'" ; touch {MARK} ; "',
    f"x > {MARK}",
    f"inet vpn staging4; touch {MARK}",
    "inet vpn staging4 }; flush ruleset; {",
    "inet vpn staging4\nflush ruleset",
    "-f /etc/passwd",
    "--help",
    "../../../etc/passwd",
    "%s%s%n{0}",
]
# type of section -> (options that stand beside the hostile one, the table of its options)
SECTIONS = {
    "nametrack": ({}, known.GLOBAL),
    "peer": ({"interface": "wg0", "public_key": "x" * 43 + "="}, known.PEER_IDENTITY + known.PEER),
    "policy": (
        {"target": "nftset", "set4": "inet vpn staging4", "host": [STAGING_NAME]},
        policy_options.POLICY + policy_options.POLICY_SETS["nftset"],
    ),
}


def hostile(values):
    """A section for each option of each type and each of these values, and the same for ipset's names."""
    found = []
    for kind, (beside, table) in SECTIONS.items():
        for option in table:
            for value in values:
                found.append((kind, f"s{len(found)}", {**beside, option.name: [value] if option.many else value}))
    for name in ("set4", "set6"):
        for value in values:
            found.append(("policy", f"s{len(found)}", {"target": "ipset", name: value, "host": [STAGING_NAME]}))
    return found


@pytest.mark.parametrize("part", range(3))
def test_no_value_reaches_a_shell_or_ends_a_statement(world, interpreter, part):
    world.beach.nft(VPN_SETS + "table inet other {\n\tset kept { type ipv4_addr; elements = { 192.0.2.99 }\n\t}\n}\n")
    sections = hostile(HOSTILE[part::3])
    agent = Agent(world, options(), *sections, policy("staging", [STAGING_NAME]), interpreter=interpreter)
    for done in (agent.plan(), agent.once(), agent.check()):
        assert done.returncode == 1, done.stderr[-2000:]  # what is wrong is said
        assert "Traceback" not in done.stderr and "internal error" not in done.stderr, done.stderr[-2000:]
    assert not MARK.exists(), "a shell ran"
    assert nft_elements(world.beach, "inet", "vpn", "staging4") == set(STAGING4)
    assert nft_elements(world.beach, "inet", "other", "kept") == {"192.0.2.99"}
