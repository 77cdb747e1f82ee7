"""tunnel.py: how a tunnel lives, told from its counters. Figures as in the kernel's wireguard/messages.h."""

from collections import namedtuple

import pytest

from nametrack.core.peers import tunnel
from nametrack.core.peers.tunnel import ANSWERING, DEAD, IDLE, NEVER, SUSPECT, Tunnel
from nametrack.wire.wireguard import Peer

WALL = 1795400000
STALL = namedtuple("Settings", ("suspect_time", "stall_timeout", "handshake_timeout"))(2, 15, 10)


def reading(rx, tx, handshake=0, keepalive=0):
    return Peer("key", None, None, 0, handshake, rx, tx, keepalive)


def readings(entries, keepalive=0, handshake=0):
    """A tunnel after [(time, rx, tx)]."""
    t = Tunnel()
    for now, rx, tx in entries:
        t.read(reading(rx, tx, handshake, keepalive), now, WALL + now)
    return t


def test_nothing_is_owed_before_the_first_reading():
    assert (Tunnel().owed_since, Tunnel().life(10**6, STALL)) == (None, NEVER)


# keepalive, [(time, rx, tx)], owed since
OWED = [
    (0, [(0, 0, 1000), (5, 0, 1000)], None),
    (0, [(0, 0, 0), (5, 0, 32)], None),  # one passive keepalive
    (0, [(0, 0, 0), (5, 0, 33)], 5),
    (0, [(0, 0, 0), (5, 0, 148)], 5),  # a handshake initiation asks for an answer
    (0, [(0, 0, 0), (5, 0, 32), (10, 0, 64)], 10),  # two of them: the second is not passive
    (25, [(0, 0, 0), (5, 0, 64)], None),  # one passive, one for the interval that has begun
    (25, [(0, 0, 0), (5, 0, 96)], 5),
    (25, [(0, 0, 0), (24, 0, 64), (25, 0, 96)], None),
    (25, [(0, 0, 0), (24.9, 0, 96)], 24.9),
    (5, [(0, 0, 0)] + [(5 * i, 0, 32 * i) for i in range(1, 200)], None),  # idle for minutes, healthy
    (0, [(0, 0, 0), (5, 1, 1000)], None),  # answered in the same interval
    (0, [(0, 0, 0), (5, 0, 148), (6, 0, 296)], 5),  # since the first reading that showed it
    (0, [(0, 0, 0), (5, 0, 148), (6, 92, 148)], None),
    (0, [(0, 0, 0), (5, 0, 148), (6, 92, 148), (7, 92, 300)], 7),
    (0, [(0, 0, 0), (5, 148, 92), (10, 296, 184)], 5),  # initiations that we hear, and our responses to them
    (0, [(0, 500, 500), (5, 0, 300)], None),  # the counters began anew: a restarted interface
    (0, [(0, 500, 500), (5, 500, 300)], None),
]


@pytest.mark.parametrize("keepalive,entries,owed_since", OWED)
def test_an_answer_is_owed_when_more_was_sent_than_keepalives_explain(keepalive, entries, owed_since):
    assert readings(entries, keepalive).owed_since == owed_since


def test_read_says_whether_there_was_proof():
    t = Tunnel()
    assert [t.read(reading(rx, 0), 0, WALL) for rx in (5, 5, 6, 2, 2, 3)] == [False, False, True, False, False, True]


def test_initiations_that_we_hear_are_no_proof_but_a_handshake_is():
    t = Tunnel()
    assert [t.read(reading(rx, 0, 9), 0, WALL) for rx in (0, 148, 148 * 3)] == [False] * 3
    assert not t.hears_us
    assert t.read(reading(148 * 4, 0, 10), 0, WALL) and t.hears_us
    assert t.read(reading(148 * 4 + 32, 0, 10), 0, WALL)


def test_proof_began_at_the_reading_before():
    """What a source said in between is not judged by it."""
    t = readings([(0, 0, 0), (5, 0, 0), (9, 32, 0)])
    assert t.proof_since == 5


def test_owed_for_suspect_time_is_suspect_and_for_stall_timeout_dead_whatever_the_handshake():
    t = readings([(0, 0, 0), (5, 0, 0), (5, 0, 148)], handshake=WALL)
    assert [t.life(now, STALL) for now in (5, 6.9, 7, 19.9, 20)] == [ANSWERING, ANSWERING, SUSPECT, SUSPECT, DEAD]
    never = readings([(0, 0, 0), (5, 0, 0), (5, 0, 148)])
    assert [never.life(now, STALL) for now in (5, 7, 20)] == [NEVER, SUSPECT, DEAD]


def test_a_session_ends_after_180_seconds():
    quiet = readings([(0, 0, 0)], handshake=WALL - 100)
    assert [quiet.life(now, STALL) for now in (0, 79.9, 80)] == [ANSWERING, ANSWERING, IDLE]


def test_a_keepalive_that_brings_no_session_for_stall_timeout_is_death():
    """What the kernel could not send at all is in no counter."""
    old = readings([(0, 0, 0)], keepalive=25, handshake=WALL - 170)
    assert [old.life(now, STALL) for now in (9, 10, 49.9, 50)] == [ANSWERING, IDLE, IDLE, DEAD]
    never = readings([(0, 0, 0)], keepalive=25)
    assert [never.life(now, STALL) for now in (39.9, 40)] == [NEVER, DEAD]
    never.restart(40)
    assert [never.life(now, STALL) for now in (74.9, 75)] == [NEVER, DEAD]


def test_what_was_just_set_has_not_proved_to_live_and_has_handshake_timeout():
    t = readings([(0, 0, 0), (5, 32, 0)], handshake=WALL)
    t.restart(6)
    assert t.life(6, STALL) == IDLE
    t.read(reading(32, 148, WALL), 7, WALL + 7)
    assert [t.life(now, STALL) for now in (8, 15.9, 16)] == [SUSPECT, SUSPECT, DEAD]
    t.read(reading(64, 148, WALL), 17, WALL + 17)
    assert t.life(17, STALL) == ANSWERING and t.set_at is None


def test_a_doubted_tunnel_is_idle_or_suspect_until_there_is_proof():
    t = readings([(0, 0, 0)], handshake=WALL)
    t.doubt()
    assert t.life(1, STALL) == IDLE
    t.read(reading(0, 148, WALL), 2, WALL + 2)
    assert t.life(2, STALL) == SUSPECT
    t.read(reading(32, 148, WALL), 3, WALL + 3)
    assert t.life(3, STALL) == ANSWERING


def test_its_next_change_is_when_suspicion_or_death_is_due():
    t = readings([(0, 0, 0), (5, 0, 0), (5, 0, 148)], handshake=WALL)
    assert [t.next_change(now, STALL) for now in (5, 7, 20)] == [7, 20, None]
    assert readings([(0, 0, 0)], keepalive=25).next_change(0, STALL) == 40


def test_its_liveness_is_one_value():
    t = readings([(0, 0, 0), (5, 0, 148)], handshake=WALL)
    assert tuple(t.liveness(5, STALL)) == (SUSPECT, 0, 5, True)


def test_another_endpoint_starts_the_account_anew():
    t = readings([(0, 0, 0), (5, 0, 148)])
    t.restart(6)
    assert t.owed_since is None
    t.read(reading(0, 148 + 32), 7, WALL)
    assert t.owed_since is None
    t.read(reading(0, 148 + 148), 8, WALL)
    assert t.owed_since == 8
    Tunnel().restart(5)  # before any reading: nothing to do


# wall clock at monotonic 100, last_handshake, handshake_at
DATED = [
    (WALL, WALL - 30, 70),
    (WALL, WALL, 100),
    (WALL, 0, None),
    (WALL, WALL + 5, 100),  # from the future: the clock was set back, it counts from now
    (1000, 970, 100),  # a clock that was never set dates nothing
    (WALL, 970, 100),  # a handshake from before the clock was set
]


@pytest.mark.parametrize("wall,handshake,expected", DATED)
def test_a_handshake_is_dated_by_the_wall_clock_where_that_can_be(wall, handshake, expected):
    t = Tunnel()
    t.read(reading(0, 0, handshake), 100, wall)
    assert t.handshake_at == expected


def test_a_handshake_once_dated_stays_when_the_wall_clock_jumps():
    t = Tunnel()
    t.read(reading(0, 0, WALL - 30), 100, WALL)
    t.read(reading(0, 0, WALL - 30), 101, WALL + 10**6)
    assert t.handshake_at == 70


def test_a_later_handshake_counts_from_its_reading_whatever_the_wall_clock_says():
    t = Tunnel()
    t.read(reading(0, 0, WALL - 30), 100, WALL)
    t.read(reading(0, 0, WALL - 9000), 101, WALL)
    assert t.handshake_at == 101


def test_the_figures_are_those_of_the_protocol():
    assert (tunnel.KEEPALIVE, tunnel.INITIATION, tunnel.REJECT_AFTER) == (32, 148, 180)


def test_a_tunnel_that_forgot_its_handshake_never_had_one():
    """The interface was made anew between two readings."""
    t = readings([(0, 0, 0), (5, 0, 0)], 0, WALL)
    assert t.life(5, STALL) == ANSWERING
    t.read(reading(0, 0), 10, WALL + 10)
    assert (t.handshake_at, t.life(10, STALL)) == (None, NEVER)
