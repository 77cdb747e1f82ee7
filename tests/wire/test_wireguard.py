"""wireguard.py: peers read and endpoints set, held against what kernel WireGuard on Linux 6.1 sent and took."""

import binascii
import json
import struct

import pytest

from nametrack.wire import netlink, wireguard
from nametrack.wire.netlink import NetlinkError

LITTLE = "<"
FAMILY = 32
KNOWN = "JQ/K4+4a3yjQ7uxyxjuKaQY+I7hk7+8uWYQE9L0hP2E="
SECOND = "J35Q3xu6k50veKmx/MDy6evHVbqKJ/EcyyUXnFRIBhg="
UNKNOWN = "ERERERERERERERERERERERERERERERERERERERERERE="


def recorded(scenario, direction):
    """The datagrams of one scenario, in order; the recording is of a little-endian machine."""
    with open(__file__[: __file__.rfind("/")] + "/data/wireguard.jsonl") as lines:
        found = [json.loads(line) for line in lines]
    found = [one for one in found if one["scenario"] == scenario and one["dir"] == direction]
    return [binascii.unhexlify(one["hex"]) for one in found]


def dumped(scenario, seq):
    """The Dump of a scenario, fed all that was received in it."""
    dump = wireguard.Dump(FAMILY, seq, LITTLE)
    ends = [dump.feed(data) for data in recorded(scenario, "<")]
    assert ends == [False] * (len(ends) - 1) + [True]
    return dump


# -- keys and endpoints --


@pytest.mark.parametrize("text", [KNOWN, SECOND, UNKNOWN])
def test_a_key_is_the_same_after_bytes(text):
    assert len(wireguard.key_bytes(text)) == 32
    assert wireguard.key_text(wireguard.key_bytes(text)) == text


WRONG_KEYS = [
    "",
    KNOWN[:-1],
    KNOWN + "=",
    KNOWN[:-1] + "\n",
    KNOWN[:42] + "F=",  # bits beyond the 32 bytes
    KNOWN[:42] + "==",
    " " + KNOWN[:-1],
    KNOWN[:10] + "-" + KNOWN[11:],
    KNOWN[:10] + "é" + KNOWN[11:],
    "=" * 44,
    "A" * 44,
]


@pytest.mark.parametrize("text", WRONG_KEYS)
def test_what_is_not_exactly_a_key_is_none(text):
    assert wireguard.key_bytes(text) is None


def test_an_endpoint_is_one_text():
    assert wireguard.endpoint_text("192.0.2.1", 51820) == "192.0.2.1:51820"
    assert wireguard.endpoint_text("2001:db8::1", 51820) == "[2001:db8::1]:51820"
    assert wireguard.endpoint_text(None, 0) is None


# -- requests --

DUMPS = [("get-wg0", "wg0", 2), ("get-wg1-many", "wg1", 3), ("get-wg0-after", "wg0", 6), ("get-absent", "wg9", 7)]


@pytest.mark.parametrize("scenario,ifname,seq", DUMPS)
def test_the_request_for_a_device_is_the_recorded_one(scenario, ifname, seq):
    assert wireguard.get_device(FAMILY, ifname, seq, LITTLE) == recorded(scenario, ">")[0]


SETS = [
    ("set-update-only-unknown", UNKNOWN, "198.51.100.77", 4),
    ("set-update-only-known-ipv6", KNOWN, "2001:db8::1", 5),
]


@pytest.mark.parametrize("scenario,public_key,address,seq", SETS)
def test_the_request_that_sets_an_endpoint_is_the_recorded_one(scenario, public_key, address, seq):
    request = wireguard.set_endpoint(FAMILY, "wg0", public_key, address, 51820, seq, LITTLE)
    assert request == recorded(scenario, ">")[0]


@pytest.mark.parametrize("scenario,seq", [("set-update-only-unknown", 4), ("set-update-only-known-ipv6", 5)])
def test_update_only_is_acknowledged_whether_the_peer_exists_or_not(scenario, seq):
    assert netlink.reply(recorded(scenario, "<")[0], seq, LITTLE) == netlink.Reply([], 0, "", False)


WRONG_SETS = [
    ("", KNOWN, "192.0.2.1", 51820, "a name has"),
    ("sixteen-bytes-xx", KNOWN, "192.0.2.1", 51820, "a name has"),
    ("wg0", KNOWN[1:], "192.0.2.1", 51820, "not a public key"),
    ("wg0", KNOWN, "home.example", 51820, "not an address and a port"),
    ("wg0", KNOWN, "192.0.2.1", 0, "not an address and a port"),
    ("wg0", KNOWN, "2001:db8::1", 65536, "not an address and a port"),
]


@pytest.mark.parametrize("ifname,public_key,address,port,words", WRONG_SETS)
def test_what_cannot_be_set_is_an_error(ifname, public_key, address, port, words):
    with pytest.raises(NetlinkError, match=words):
        wireguard.set_endpoint(FAMILY, ifname, public_key, address, port, 1, LITTLE)


def test_a_name_of_a_device_may_have_fifteen_bytes():
    for request in (
        wireguard.get_device(FAMILY, "fifteen-bytes-x", 1, LITTLE),
        wireguard.set_endpoint(FAMILY, "fifteen-bytes-x", KNOWN, "192.0.2.1", 51820, 1, LITTLE),
    ):
        assert b"fifteen-bytes-x\0" in bytes(request)


# -- recorded answers --

SECOND_PEER = wireguard.Peer(SECOND, None, None, 0, 0, 0, 0, 0)


def test_two_recorded_peers():
    dump = dumped("get-wg0", 2)
    first = wireguard.Peer(KNOWN, "198.51.100.10:51820", "198.51.100.10", 51820, 0, 0, 0, 25)
    assert dump.peers == [first, SECOND_PEER]
    assert (dump.errno, dump.text, dump.interrupted) == (0, "", False)


def test_setting_an_endpoint_changed_nothing_else():
    first = wireguard.Peer(KNOWN, "[2001:db8::1]:51820", "2001:db8::1", 51820, 0, 0, 0, 25)
    assert dumped("get-wg0-after", 6).peers == [first, SECOND_PEER]


def test_two_hundred_recorded_peers_in_two_datagrams():
    peers = dumped("get-wg1-many", 3).peers
    assert len({peer.public_key for peer in peers}) == len(peers) == 200
    for i in range(200):
        assert peers[i].endpoint == "198.51.100.%d:51820" % i


def test_an_absent_device_is_error_19():
    dump = dumped("get-absent", 7)
    assert (dump.errno, dump.peers) == (19, [])


def test_an_answer_to_another_request_is_not_taken():
    dump = wireguard.Dump(FAMILY, 99, LITTLE)
    assert not dump.feed(recorded("get-wg0", "<")[0])
    assert dump.peers == []


def test_no_private_key_is_in_what_was_decoded():
    keys = []
    for scenario in ("get-wg0", "get-wg0-after", "get-wg1-many"):
        for message in netlink.messages(recorded(scenario, "<")[0], LITTLE):
            if message.type == FAMILY:
                _, found = netlink.generic(message, LITTLE)
                keys.extend([bytes(value) for kind, value in found if kind == 3])
    assert [len(key) for key in keys] == [32] * 3
    for scenario, seq in (("get-wg0", 2), ("get-wg0-after", 6), ("get-wg1-many", 3)):
        assert [key for key in keys if is_told(key, dumped(scenario, seq))] == []


def is_told(key, dump):
    """Whether a key is in the text of what a Dump holds, in any of the spellings that a key has."""
    told = repr(dump.peers) + repr([getattr(dump, name) for name in dir(dump) if name[:2] != "__"])
    return any(spelling in told for spelling in (wireguard.key_text(key), binascii.hexlify(key).decode(), repr(key)))


# -- answers of our own making --


def peer_attribute(order, *attributes):
    return netlink.nested(0, attributes, order)


def key_attribute(order, text):
    return netlink.attribute(1, wireguard.key_bytes(text), order)


def allowed_attribute(order, *entries):
    """WGPEER_A_ALLOWEDIPS with entries of (family, address bytes, length)."""
    found = []
    for family, address, length in entries:
        fields = [
            netlink.attribute(1, struct.pack(order + "H", family), order),
            netlink.attribute(3, bytes([length]), order),
            netlink.attribute(2, address, order),
        ]
        found.append(netlink.nested(0, fields, order))
    return netlink.nested(9, found, order)


def device_message(order, *peers):
    return netlink.generic_message(FAMILY, 2, 7, 0, 1, [netlink.nested(8, peers, order)], order)


def read(order, *datagrams):
    dump = wireguard.Dump(FAMILY, 7, order)
    for datagram in datagrams:
        dump.feed(datagram)
    return dump


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_the_kernel_does_not_tell_of_a_peer_did_not_happen_yet(order):
    dump = read(order, device_message(order, peer_attribute(order, key_attribute(order, KNOWN))))
    assert dump.peers == [wireguard.Peer(KNOWN, None, None, 0, 0, 0, 0, 0)]
    assert (dump.fwmark, dump.listen_port) == (0, 0)


TEN = (2, b"\x0a\0\0\0", 8)
FD = (10, b"\xfd" + bytes(15), 8)


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_field_of_a_peer_in_either_byte_order(order):
    psk = bytes([77]) * 32
    peer = peer_attribute(
        order,
        key_attribute(order, KNOWN),
        netlink.attribute(2, psk, order),
        netlink.attribute(0, b"", order),  # WGPEER_A_UNSPEC aligns the 64-bit words on some machines
        netlink.attribute(6, struct.pack(order + "QQ", 1795406990, 999999999), order),
        netlink.attribute(7, struct.pack(order + "Q", (1 << 64) - 1), order),
        netlink.attribute(8, struct.pack(order + "Q", 1 << 40), order),
        netlink.attribute(5, struct.pack(order + "H", 25), order),
        netlink.attribute(4, struct.pack(order + "H", 2) + b"\xca\x6c\xc0\0\x02\x01" + bytes(8), order),
        allowed_attribute(order, TEN, FD),
        netlink.attribute(99, b"AmneziaWG's", order),
    )
    dump = read(order, device_message(order, peer))
    assert dump.peers == [
        wireguard.Peer(
            KNOWN,
            "192.0.2.1:51820",
            "192.0.2.1",
            51820,
            1795406990,
            (1 << 64) - 1,
            1 << 40,
            25,
        )
    ]
    assert not is_told(psk, dump)


@pytest.mark.parametrize("order", ["<", ">"])
def test_allowed_ips_are_read_if_they_are_wanted_also_those_that_the_next_message_goes_on_with(order):
    first = peer_attribute(order, key_attribute(order, KNOWN), allowed_attribute(order, TEN, FD))
    rest = peer_attribute(order, key_attribute(order, KNOWN), allowed_attribute(order, (2, b"\xc0\0\x02\x01", 32)))
    dump = wireguard.Dump(FAMILY, 7, order, {})
    for peer in (first, rest):
        dump.feed(device_message(order, peer))
    assert dump.allowed == {KNOWN: ["10.0.0.0/8", "fd00::/8", "192.0.2.1"]} and len(dump.peers) == 1
    assert read(order, device_message(order, first)).allowed is None


@pytest.mark.parametrize("entry", [(2, b"\x0a\0\0", 8), (2, b"\x0a\0\0\0", 33), (10, b"\xfd" + bytes(15), 129)])
def test_an_allowed_ip_that_the_kernel_would_not_send_is_an_error(entry):
    peer = peer_attribute("<", key_attribute("<", KNOWN), allowed_attribute("<", entry))
    with pytest.raises(NetlinkError, match="an allowed IP"):
        wireguard.Dump(FAMILY, 7, "<", {}).feed(device_message("<", peer))


ENDPOINTS = ["192.0.2.1", "255.255.255.255", "2001:db8::1", "fd00::ffff:1", "::ffff:192.0.2.1"]


@pytest.mark.parametrize("address", ENDPOINTS)
def test_an_endpoint_that_is_set_reads_back_the_same(address):
    for order in ("<", ">"):
        for port in (1, 51820, 65535):
            request = wireguard.set_endpoint(FAMILY, "wg0", KNOWN, address, port, 7, order)
            # what is asked has the shape of what is told, but for the number of the command
            told = bytearray(request)
            told[16] = 0
            peer = read(order, bytes(told)).peers[0]
            assert (peer.public_key, peer.address, peer.port) == (KNOWN, address, port)
            assert peer.endpoint == wireguard.endpoint_text(address, port)


def test_a_link_local_endpoint_is_told_without_its_scope():
    sockaddr = b"\x0a\0\xca\x6c" + bytes(4) + b"\xfe\x80" + bytes(13) + b"\x01" + b"\x03\0\0\0"
    peer = peer_attribute(LITTLE, key_attribute(LITTLE, KNOWN), netlink.attribute(4, sockaddr, LITTLE))
    assert read(LITTLE, device_message(LITTLE, peer)).peers[0].endpoint == "[fe80::1]:51820"


def test_a_peer_whose_allowed_ips_continue_in_the_next_messages_is_one_peer():
    """The kernel repeats only the key and goes on with the list, as often as it takes, in this or the next datagram."""
    start = device_message(
        LITTLE,
        peer_attribute(LITTLE, key_attribute(LITTLE, KNOWN)),
        peer_attribute(
            LITTLE,
            key_attribute(LITTLE, SECOND),
            netlink.attribute(7, struct.pack("<Q", 5), LITTLE),
            allowed_attribute(LITTLE, TEN),
        ),
    )
    more = peer_attribute(LITTLE, key_attribute(LITTLE, SECOND), allowed_attribute(LITTLE, FD))
    last = device_message(LITTLE, more, peer_attribute(LITTLE, key_attribute(LITTLE, UNKNOWN)))
    peers = read(LITTLE, start + device_message(LITTLE, more), last).peers
    assert [peer.public_key for peer in peers] == [KNOWN, SECOND, UNKNOWN]
    assert peers[1].rx_bytes == 5


def test_only_the_first_peer_of_a_message_continues_another():
    peer = peer_attribute(LITTLE, key_attribute(LITTLE, KNOWN), allowed_attribute(LITTLE, TEN))
    assert len(read(LITTLE, device_message(LITTLE, peer, peer)).peers) == 2


def test_a_dump_interrupted_once_stays_interrupted():
    first = netlink.generic_message(FAMILY, 0x12, 7, 0, 1, [], LITTLE)
    done = netlink.message(netlink.DONE, 2, 7, bytes(4), LITTLE)
    dump = read(LITTLE, first, done)
    assert (dump.errno, dump.interrupted) == (0, True)


def wrong_peer(*attributes):
    return peer_attribute(LITTLE, key_attribute(LITTLE, KNOWN), *attributes)


WRONG_PEERS = [
    (peer_attribute(LITTLE), "without a public key"),
    (peer_attribute(LITTLE, netlink.attribute(1, bytes(31), LITTLE)), "a public key of 31 bytes"),
    (wrong_peer(netlink.attribute(4, bytes(15), LITTLE)), "an endpoint of 15 bytes"),
    (wrong_peer(netlink.attribute(4, b"\x0a\0" + bytes(14), LITTLE)), "an endpoint of family 10 in 16 bytes"),
    (wrong_peer(netlink.attribute(4, b"\x02\0" + bytes(26), LITTLE)), "an endpoint of family 2 in 28 bytes"),
    (wrong_peer(netlink.attribute(5, bytes(4), LITTLE)), "a number of 4 bytes"),
    (wrong_peer(netlink.attribute(6, bytes(8), LITTLE)), "a time of 8 bytes"),
    (wrong_peer(netlink.attribute(7, bytes(4), LITTLE)), "a number of 4 bytes"),
]


@pytest.mark.parametrize("peer,words", WRONG_PEERS)
def test_a_peer_that_the_kernel_would_not_send_is_an_error(peer, words):
    with pytest.raises(NetlinkError, match=words):
        read(LITTLE, device_message(LITTLE, peer))


def test_another_command_in_a_dump_is_an_error():
    with pytest.raises(NetlinkError, match="command 1 in a dump"):
        read(LITTLE, netlink.generic_message(FAMILY, 2, 7, 1, 1, [], LITTLE))


# -- anything at all --


def fails(data, seq):
    """Whether a datagram is refused; NetlinkError is the only way that it may be."""
    try:
        wireguard.Dump(FAMILY, seq, LITTLE).feed(data)
    except NetlinkError:
        return True
    return False


def boundaries(data):
    """Where a datagram may be cut without breaking a message: where one begins."""
    found, at = [], 0
    for message in netlink.messages(data, LITTLE):
        found.append(at)
        at += 16 + len(message.payload)
    return found


@pytest.mark.parametrize("scenario,seq", [("get-wg0", 2), ("get-wg0-after", 6), ("get-wg1-many", 3), ("get-absent", 7)])
def test_a_recorded_answer_cut_inside_a_message_is_an_error(scenario, seq):
    for data in recorded(scenario, "<"):
        view, whole = memoryview(data), boundaries(data)
        # messages before the cut are read in full, so a long datagram is cut where that is soon done
        sizes = range(len(data)) if len(data) < 1000 else list(range(600)) + [len(data) - 30, len(data) - 1]
        assert [size for size in sizes if size not in whole and not fails(view[:size], seq)] == []


def test_a_message_shortened_at_any_byte_raises_nothing_else():
    """Here the header says the shortened length, so that the cut falls into an attribute."""
    payload = recorded("get-wg0", "<")[0][16:524]
    assert not fails(netlink.message(FAMILY, 2, 2, payload, LITTLE), 2)
    for size in range(len(payload)):
        fails(netlink.message(FAMILY, 2, 2, payload[:size], LITTLE), 2)


def test_a_mutated_answer_raises_nothing_else():
    originals = [(recorded("get-wg0", "<")[0], 2), (recorded("get-wg0-after", "<")[0], 6)]
    state, refused = 1, 0
    for _ in range(4000):
        for data, seq in originals:
            mutated = bytearray(data)
            for _ in range(1 + (state >> 16) % 4):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                mutated[(state >> 8) % len(mutated)] = state >> 20 & 255
            refused += fails(bytes(mutated), seq)
    assert 0 < refused < 8000
