"""The lab does what its tests rely on. The agent has no part in this."""

import signal
import subprocess
import sys
import time

import pytest

from lab.host import LabError, handles, wait_for
from lab.watch import Pinger, SetWatcher, ipset_elements, nft_elements, nft_set
from lab.wireguard import random_public_key
from lab.world import HOME_LAN, HOME_LAN6, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS, World

# The tunnel


def test_the_tunnel_carries_both_families(world):
    world.wait_for_tunnel()
    assert world.ping_works("beach", HOME_LAN6)
    assert world.home_endpoint() == f"198.51.100.10:{HOME_PORT}"
    assert world.home_peer().last_handshake > 0


def test_a_move_breaks_the_tunnel_and_a_new_endpoint_mends_it(world):
    with Pinger(world.beach, HOME_LAN) as pinger:
        pinger.wait_for_reply()
        moved = time.monotonic()
        world.move_home("198.51.100.11")
        assert world.home.addresses("wan") == ["198.51.100.11"]
        pinger.wait_for_silence(3)
        assert pinger.first_reply(moved + 0.5) is None, "something else mended it"
        before = world.home_peer()

        mended = time.monotonic()
        world.wg0.set_peer(world.home_key.public, endpoint=f"198.51.100.11:{HOME_PORT}")
        back = pinger.wait_for_reply(after=mended)
        assert back - mended < 3
        gaps = pinger.gaps(longer=2, since=moved)
        assert len(gaps) == 1 and gaps[0][1] >= 2.5
        after = world.home_peer()
        assert after.rx_bytes > before.rx_bytes and after.tx_bytes >= before.tx_bytes
        assert (after.allowed_ips, after.keepalive) == (before.allowed_ips, before.keepalive)


def test_home_cannot_find_a_beach_that_does_not_speak(world):
    """The firewall is what makes the tunnel need somebody at the beach: traffic from home's new address is dropped."""
    world.wait_for_tunnel()
    world.move_home("198.51.100.12")
    assert not world.ping_works("home", "10.9.0.2", seconds=2)


def test_the_firewall_drops_what_was_not_asked_for(world):
    assert not world.ping_works("internet", "203.0.113.20")
    assert not world.ping_works("internet", "2001:db8:b::20")
    assert world.ping_works("beach", STAGING4[0]) and world.ping_works("beach", STAGING6[1])


def test_without_dialling_the_peer_has_no_endpoint():
    with World(dial=False) as world:
        assert world.home_endpoint() is None
        world.wg0.set_peer(world.home_key.public, endpoint=f"198.51.100.10:{HOME_PORT}")
        world.wait_for_tunnel()


def test_more_peers_come_and_go(world):
    keys = [random_public_key() for _ in range(50)]
    for i, key in enumerate(keys):
        world.wg0.set_peer(key, allowed_ips=[f"10.10.{i}.0/24"], endpoint=f"198.51.100.200:{1000 + i}")
    assert world.wg0.peers()[keys[49]].endpoint == "198.51.100.200:1049"
    for key in keys:
        world.wg0.remove_peer(key)
    assert len(world.wg0.peers()) == 1


# Names


def test_dnsmasq_serves_what_the_authority_says_until_the_ttl_is_over(world):
    assert world.resolve(HOME_NAME, "A") == ["198.51.100.10"]
    assert world.resolve(STAGING_NAME, "AAAA") == STAGING6
    assert world.resolve("nobody.dyn.test", "A") == []
    changed = time.monotonic()
    world.zone.set(HOME_NAME, "A", ["198.51.100.11"], ttl=5)
    assert world.resolve(HOME_NAME, "A") == ["198.51.100.10"], "the cache is not used"
    wait_for(lambda: world.resolve(HOME_NAME, "A") == ["198.51.100.11"], 10, "the new address")
    assert world.authority.count(HOME_NAME, "A") == 2
    assert world.authority.count(HOME_NAME, "A", since=changed) == 1


# Sets, and the rest of the helpers


def test_sets_are_read_and_watched(world):
    beach = world.beach
    beach.nft(VPN_SETS)
    beach.nft("add element inet vpn staging4 { 192.0.2.130 timeout 60s, 192.0.2.131 timeout 1h }")
    with SetWatcher(beach, "inet", "vpn", "staging4") as watcher:
        wait_for(lambda: watcher.reads, 5, "a reading")
        beach.nft("add element inet vpn staging4 { 192.0.2.132 }")
        wait_for(lambda: len(watcher.seen) == 2, 5, "the change")
    assert watcher.smallest() == 2 and watcher.always() == {"192.0.2.130", "192.0.2.131"}
    lives = nft_set(beach, "inet", "vpn", "staging4")
    assert 50 <= lives["192.0.2.130"] <= 60 and lives["192.0.2.132"] is None
    assert nft_elements(beach, "inet", "vpn", "staging6") == set()
    beach.nft("add set inet vpn ranges { type ipv4_addr; flags interval; auto-merge; }")
    beach.nft("add element inet vpn ranges { 192.0.2.0/25, 198.51.100.5-198.51.100.7, 203.0.113.9 }")
    expected = {"192.0.2.0/25", "198.51.100.5-198.51.100.7", "203.0.113.9"}
    assert nft_elements(beach, "inet", "vpn", "ranges") == expected
    beach.run(["ipset", "create", "vpn", "hash:net"])
    beach.run(["ipset", "add", "vpn", "192.0.2.0/24"])
    assert ipset_elements(beach, "vpn") == {"192.0.2.0/24"}
    with pytest.raises(LabError, match="No such file"):
        nft_elements(beach, "inet", "vpn", "nothing")
    beach.nft("delete table inet vpn")
    beach.run(["ipset", "destroy", "vpn"])


def test_there_is_one_world_at_a_time(world):
    with pytest.raises(LabError, match="there is a world already"):
        World().__enter__()


def test_waiting_says_what_for():
    with pytest.raises(LabError, match="not within 0.2 s: the cows to come home"):
        wait_for(lambda: False, 0.2, "the cows to come home")


def test_a_look_that_takes_longer_than_the_wait_is_not_the_last_one():
    looks = []

    def slow():
        looks.append(time.monotonic())
        time.sleep(0.2)
        return len(looks) == 2

    assert wait_for(slow, 0.1, "a second look")


def test_a_program_that_is_missing_is_no_failure_of_it(world):
    for host in (world.beach, world.internet):
        assert host.run(["false"], check=False).returncode == 1
        for act in (host.start, lambda words, host=host: host.run(words, check=False)):
            with pytest.raises(LabError, match="there is no program nosuchprogram"):
                act(["nosuchprogram"])


@pytest.mark.parametrize(("blocked", "expected"), [("[15]", True), ("range(1, 65)", False), ("[]", False)])
def test_a_shell_that_forks_blocks_all_signals_and_handles_none(blocked, expected):
    block = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {blocked}); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", block], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        told = handles(process.pid, signal.SIGTERM)
        process.kill()
    assert told is expected
