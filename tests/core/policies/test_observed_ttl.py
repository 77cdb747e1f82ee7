"""How long an address is kept that a client was told of, if DNS does not answer a question of our own about it."""

import pytest

from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.last_good import Known
from transcript import Transcript

BEFORE = """A test.

-- before --
< set nft inet fw4 mine4

-- config --
config nametrack 'global'
	option family 'ipv4'
	option max_ttl '1000'

config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	option retain '10'
	list host '*.example.net'

-- at 0 --
"""


def held(ttl, at):
    """What the kernel holds at a time, of an answer of time 0 with this TTL."""
    parts = (BEFORE, "< observed www.example.net 198.51.100.1 ttl=%d" % ttl, "-- at %d --" % at, "-- kernel --")
    lines = [line for line in Transcript("\n".join(parts)).run().split("\n") if line]
    return lines[-1].split(": ", 1)[1]


@pytest.mark.parametrize("ttl,seconds", [(0, 60), (59, 60), (500, 500), (1000, 1000), (2147483647, 1000)])
def test_an_observed_address_is_kept_for_its_ttl_within_the_bounds(ttl, seconds):
    assert held(ttl, seconds - 1) == "198.51.100.1"
    assert held(ttl, seconds + 1) == ""


@pytest.mark.parametrize("again,until", [(49, 100), (51, 151)])
def test_an_address_that_clients_are_told_again_is_kept_on_from_the_half_of_its_time(again, until):
    observed = "-- at %d --\n< observed www.example.net 198.51.100.1 ttl=100"
    for at, left in ((until - 1, "198.51.100.1"), (until + 1, "")):
        parts = (BEFORE, observed % 0, observed % again, "-- at %d --" % at, "-- kernel --")
        lines = [line for line in Transcript("\n".join(parts)).run().split("\n") if line]
        assert lines[-1].split(": ", 1)[1] == left


def test_what_a_client_is_told_is_written_down_at_once():
    """An agent that is killed then knows it at its next start."""
    played = Transcript(BEFORE)
    played.run()
    actions = played.agent.handle(on.NameObserved("www.example.net", ["198.51.100.1"], 100, "client"), played.now)
    (written,) = [action for action in actions if isinstance(action, do.Remember)]
    assert written.records == [Known("www.example.net", [ip.key("198.51.100.1")], False, 100)]


def test_a_name_is_followed_for_its_time_after_a_client_asked_however_late_that_was():
    config = BEFORE.replace("'1000'", "'1000'\n\toption observe_time '1000'")
    for at, followed in ((700, True), (1550, True), (3000, False)):
        parts = (config, "-- at 600 --\n< observed www.example.net 198.51.100.1 ttl=60", "-- at %d --" % at)
        played = Transcript("\n".join(parts))
        played.run()
        assert ("www.example.net" in played.agent.policies.policies["work"].hosts) == followed, at
