"""WireGuard as the kernel has it, over generic netlink: read, changed by update-only, and its errors in words."""

import base64
import os

import pytest

# Hands a few orders to the adapter; prints what came of each.
ADAPTER = """
from nametrack.adapters.wireguard import WireGuard
wireguard = WireGuard(poller, events.append)
def show():
    for event in events:
        if isinstance(event, on.PeersRead):
            print("peers", len(event.peers))
            for p in event.peers:
                print(p.public_key, p.endpoint, p.persistent_keepalive, p.last_handshake, p.rx_bytes, p.tx_bytes)
        else:
            print("failed", event.reason)
    events[:] = []
"""


def dump(houses, device="wg0"):
    """`wg show dump`, by key: [preshared key, endpoint, allowed IPs, handshake, received, sent, keepalive]."""
    lines = houses.beach(f"wg show {device} dump").splitlines()[1:]
    return {line.split("\t")[0]: line.split("\t")[1:] for line in lines}


def read(houses, device="wg0"):
    """The same as the agent reads it: [endpoint, keepalive, handshake, received, sent]."""
    lines = houses.script(ADAPTER + f"wireguard.read(do.ReadPeers({device!r}))\nshow()\n")
    assert lines[0].startswith("peers "), lines
    peers = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines[1:]}
    assert len(peers) == int(lines[0].split()[1])
    return peers


def set_endpoint(houses, key, address, port=51820):
    """What the agent is told when it sets an endpoint: [] for success."""
    order = f"do.SetEndpoint('wg0', {key!r}, {address!r}, {port}, None, None, '')"
    return houses.script(ADAPTER + f"wireguard.set_endpoint({order}, lambda: print('set'))\nshow()\n")


def many(houses, count, allowed=3):
    """Adds peers with an endpoint each; their keys."""
    text, keys = [], [base64.b64encode(os.urandom(32)).decode() for _ in range(count)]
    for i, key in enumerate(keys):
        text += ["[Peer]", f"PublicKey = {key}", f"Endpoint = 198.51.100.200:{1000 + i}"]
        text += [f"PersistentKeepalive = {i % 60}"]
        text += [f"AllowedIPs = 10.{i % 200}.{j // 256}.{j % 256}/32" for j in range(allowed)]
    houses.machine.write("/run/peers", "\n".join(text) + "\n")
    houses.beach("wg addconf wg0 /run/peers")
    return keys


def test_200_peers_come_in_several_messages_and_are_all_there(houses):
    keys = many(houses, 200)
    peers, shown = read(houses), dump(houses)
    assert peers.keys() == shown.keys() and set(keys) < peers.keys()
    for key in keys:
        endpoint, keepalive, handshake, received, sent = peers[key].split()
        assert [endpoint, handshake, received] == [shown[key][i] for i in (1, 3, 4)]
        assert keepalive == shown[key][6].replace("off", "0")


def test_a_peer_whose_allowed_ips_fill_several_messages_is_one_peer(houses):
    keys = many(houses, 2, allowed=2000)
    assert set(read(houses)) == {houses.home_key, *keys}


def test_an_endpoint_is_set_and_nothing_else_of_the_peer(houses):
    houses.beach(f"wg set wg0 peer {houses.home_key} endpoint 198.51.100.10:51820")
    houses.wait_for_tunnel()
    for address, shown in (("198.51.100.77", "198.51.100.77:51820"), ("2001:db8:a::10", "[2001:db8:a::10]:51820")):
        before = dump(houses)[houses.home_key]
        assert set_endpoint(houses, houses.home_key, address) == ["set"]
        after = dump(houses)[houses.home_key]
        assert after[1] == shown
        assert (after[0], after[2], after[3], after[6]) == (before[0], before[2], before[3], before[6])
        assert int(after[4]) >= int(before[4]) > 0, "the counters began anew"
    assert houses.beach("cat /sys/class/net/wg0/ifindex")


def test_a_peer_that_is_not_there_is_never_made(houses):
    key = houses.machine.run("wg genkey | wg pubkey").strip()
    before = dump(houses)
    assert set_endpoint(houses, key, "198.51.100.77") == ["set"]  # the kernel says nothing else of update-only
    assert dump(houses).keys() == before.keys()


def test_errors_are_words(houses):
    houses.machine.run("ip -n beach link add d0 type dummy")
    orders = "".join(f"wireguard.read(do.ReadPeers({name!r}))\n" for name in ("wg9", "d0", "x" * 40))
    absent, other, long = houses.script(ADAPTER + orders + "show()\n")
    assert absent == "failed interface wg9 does not exist"
    assert other == "failed interface d0 is no WireGuard interface"
    assert long.startswith("failed ")


def test_without_the_right_to_it_is_said(houses):
    nobody = "import ffi\nffi.open(None).func('i', 'setuid', 'i')(65534)\n"
    assert houses.script(ADAPTER + nobody + "wireguard.read(do.ReadPeers('wg0'))\nshow()\n") == ["failed not permitted"]


def test_an_interface_that_comes_and_goes_while_it_is_read_is_read_or_missing(houses):
    many(houses, 100)
    houses.machine.run(
        "rm -f /run/enough /run/ended; ip netns exec beach wg showconf wg0 >/run/conf; "
        "(while [ ! -e /run/enough ]; do ip -n beach link delete wg0; ip -n beach link add wg0 type wireguard; "
        "ip netns exec beach wg setconf wg0 /run/conf; done; touch /run/ended) >/dev/null 2>&1 &"
    )
    script = """
seen = set()
wireguard = WireGuard(poller, lambda e: seen.add(str(len(e.peers)) if isinstance(e, on.PeersRead) else e.reason))
for i in range(600):
    wireguard.read(do.ReadPeers('wg0'))
print("\\n".join(seen))
"""
    try:
        seen = houses.script(ADAPTER + script)
    finally:
        houses.machine.run("touch /run/enough")
        houses.machine.wait_for("[ -e /run/ended ]", 20, "the changes to end")
    words = {each for each in seen if not each.isdigit()}
    assert len(seen) > 1, "nothing changed meanwhile"
    assert words <= {"interface wg0 does not exist", "interface wg0 changes while it is read"}, seen


def test_the_agent_follows_a_move_of_the_house(houses):
    houses.start()
    houses.wait_for_tunnel()
    houses.machine.wait_for("[ $(grep -c home.dyn.test /run/asked) -ge 2 ]", 10, houses.log)
    for address in ("198.51.100.11", "198.51.100.12"):
        received = int(dump(houses)[houses.home_key][4])
        houses.move(address)
        houses.wait_for_endpoint(address, houses.ttl + 8)
        houses.wait_for_tunnel(8)
        assert int(dump(houses)[houses.home_key][4]) > received, "the counters began anew"
    houses.stop()


def test_a_peer_removed_behind_the_agents_back_stays_away(houses):
    houses.start("option peer_interval '3600'\n")
    houses.wait_for_tunnel()
    houses.beach(f"wg set wg0 peer {houses.home_key} remove")
    houses.move("198.51.100.11")
    houses.machine.wait_for("grep -q 'wg0 has no such peer' /run/agent/log", 20, houses.log)
    assert dump(houses) == {}
    houses.stop()


def test_a_tunnel_that_leads_only_through_itself_is_not_taken(houses):
    """The way is asked of the kernel as the tunnel's own packets would go, with their firewall mark."""
    order = f"do.SetEndpoint('wg0', {houses.home_key!r}, '198.51.100.10', 51820, None, None, '')"
    script = f"""
from nametrack.adapters.endpoints import Endpoints
def tell(event):
    print("set" if isinstance(event, on.EndpointSet) else "failed " + event.reason)
Endpoints(None, wireguard, tell).set({order})
"""
    houses.machine.run(
        "ip -n beach route del default; ip -n beach route add default dev wg0;"
        "ip -n beach route add default via 203.0.113.1 dev wan table 51"
    )
    said = houses.script(ADAPTER + script)
    assert said == ["failed no route: it leads only through wg0 itself"]
    houses.machine.run("ip -n beach route del default; ip -n beach route add blackhole 198.51.100.0/24")
    assert houses.script(ADAPTER + script)[0].startswith("failed no route: ")
    # netifd's other way: what is marked by the tunnel goes by a table of its own
    houses.machine.run("ip -n beach rule add fwmark 0x51 table 51 pref 100; ip netns exec beach wg set wg0 fwmark 0x51")
    first = "wireguard.read(do.ReadPeers('wg0'))\n"  # the mark is learnt by reading
    assert houses.script(ADAPTER + first + script) == ["set"]


@pytest.mark.parametrize("device", ["", "@wan"])
def test_a_question_leaves_past_a_dead_tunnel_through_its_device(houses, device):
    houses.machine.run("ip -n beach route add 192.0.2.0/24 dev wg0")
    script = f"""
from nametrack.adapters.dns import Dns
dns = Dns(poller, events.append)
dns.send(do.SendQuery(1, "home.dyn.test", 1, "192.0.2.53{device}", False, True, True))
seconds(2)
print([type(event).__name__ for event in events])
"""
    assert ("QueryAnswered" in houses.script(script)[-1]) == bool(device)
