"""probe.py: when an idle tunnel is made to answer."""

from collections import namedtuple

from nametrack.core.actions import Probe
from nametrack.core.peers.probe import Probing

TunnelSeen = namedtuple("TunnelSeen", ("silent_since", "owed_since"))


def test_the_watch_begins_once_and_anew_after_there_was_nothing_to_probe():
    probing = Probing()
    assert not probing.begin()
    probing.configure("10.9.0.1")
    assert probing.begin() and not probing.begin()
    probing.configure("10.9.0.2")
    assert not probing.begin()
    probing.configure(None)
    assert not probing.begin()
    probing.end()
    probing.configure("10.9.0.1")
    assert probing.begin()


def test_a_tunnel_that_was_silent_for_the_interval_is_probed_unless_it_owes_an_answer():
    probing = Probing()
    probing.configure("10.9.0.1")
    assert probing.due("wg0", TunnelSeen(100, None), 25, 110) == ([], 125)
    assert probing.due("wg0", TunnelSeen(100, None), 25, 124) == ([], 125)
    assert probing.due("wg0", TunnelSeen(100, 101), 25, 130) == ([], 131)
    assert probing.due("wg0", TunnelSeen(100, None), 25, 125) == ([Probe("wg0", "10.9.0.1")], 150)
    assert probing.due("wg0", TunnelSeen(100, None), 25, 149) == ([], 150)


def test_a_probe_that_went_along_with_an_endpoint_counts():
    probing = Probing()
    probing.configure("10.9.0.1")
    probing.sent(120)
    assert probing.due("wg0", TunnelSeen(100, None), 25, 144) == ([], 145)
