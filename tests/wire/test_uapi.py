"""uapi.py: the socket protocol of userspace WireGuard, as wireguard-go and amneziawg-go speak it."""

import binascii

import pytest

from nametrack.wire import uapi, wireguard
from nametrack.wire.uapi import UapiError

KNOWN = "JQ/K4+4a3yjQ7uxyxjuKaQY+I7hk7+8uWYQE9L0hP2E="
KNOWN_HEX = "250fcae3ee1adf28d0eeec72c63b8a69063e23b864efef2e598404f4bd213f61"
SECOND = "J35Q3xu6k50veKmx/MDy6evHVbqKJ/EcyyUXnFRIBhg="
SECOND_HEX = "277e50df1bba939d2f78a9b1fcc0f2e9ebc755ba8a27f11ccb25179c54480618"
PRIVATE = "c8" * 32
PRESHARED = "4d" * 32

PEER = "public_key=%s\n" % KNOWN_HEX
END = "errno=0\n\n"

ANSWER = (
    "private_key=%s\n" % PRIVATE
    + "listen_port=51820\n"
    + "fwmark=81\n"
    + "jc=4\njmin=40\njmax=70\nh1=1106457265-1206457265\n"
    + "i1=<b 0xc0ffee><r 12>\n"
    + PEER
    + "preshared_key=%s\n" % PRESHARED
    + "protocol_version=1\n"
    + "endpoint=198.51.100.10:51820\n"
    + "last_handshake_time_sec=1795406990\n"
    + "last_handshake_time_nsec=123456789\n"
    + "tx_bytes=2000\n"
    + "rx_bytes=18446744073709551615\n"
    + "persistent_keepalive_interval=25\n"
    + "allowed_ip=10.9.0.1/32\n"
    + "allowed_ip=fd00:9:0::/64\n"
    + "public_key=%s\n" % SECOND_HEX
    + "protocol_version=1\n"
    + "last_handshake_time_sec=0\n"
    + "last_handshake_time_nsec=0\n"
    + "tx_bytes=0\n"
    + "rx_bytes=0\n"
    + "persistent_keepalive_interval=0\n"
    + END
).encode()

PEERS = [
    wireguard.Peer(
        KNOWN,
        "198.51.100.10:51820",
        "198.51.100.10",
        51820,
        1795406990,
        18446744073709551615,
        2000,
        25,
    ),
    wireguard.Peer(SECOND, None, None, 0, 0, 0, 0, 0),
]


def whole(data):
    """`(peers, errno)` of an answer that comes in one piece; UapiError if it is cut short."""
    reply = uapi.Reply()
    if not reply.feed(data):
        raise UapiError("cut short")
    return reply.peers, reply.errno


def one(lines):
    """The only peer of an answer that has these lines after the peer's public_key."""
    peers, errno = whole((PEER + lines + END).encode())
    assert (len(peers), errno) == (1, 0)
    return peers[0]


# -- what is read --


def test_an_answer_gives_the_peers_that_netlink_gives():
    assert whole(ANSWER) == (PEERS, 0)


def test_what_is_not_told_of_a_peer_is_nothing():
    assert one("") == wireguard.Peer(KNOWN, None, None, 0, 0, 0, 0, 0)


def test_allowed_ips_are_read_if_they_are_wanted():
    reply = uapi.Reply({})
    assert reply.feed(ANSWER)
    assert reply.allowed == {KNOWN: ["10.9.0.1", "fd00:9::/64"]}


def test_the_mark_and_the_port_of_the_tunnels_own_packets_are_read():
    """By these the kernel is asked which way they take."""
    reply = uapi.Reply()
    assert (reply.fwmark, reply.listen_port) == (0, 0)
    assert reply.feed(ANSWER) and (reply.fwmark, reply.listen_port) == (81, 51820)


@pytest.mark.parametrize("line", ["allowed_ip=10.9.0.1/33\n", "allowed_ip=\n", "allowed_ip=x/8\n"])
def test_what_is_no_allowed_ip_is_an_error(line):
    with pytest.raises(UapiError, match="allowed IP"):
        uapi.Reply({}).feed((PEER + line).encode())


def test_no_private_or_preshared_key_is_in_what_was_read():
    reply = uapi.Reply()
    assert reply.feed(ANSWER)
    told = repr(reply.peers) + repr([getattr(reply, name) for name in dir(reply) if name[:2] != "__"])
    for key in (PRIVATE, PRESHARED):
        assert key not in told
        assert wireguard.key_text(binascii.unhexlify(key)) not in told


def test_an_answer_reads_the_same_in_pieces_of_any_size():
    for size in (1, 2, 3, 7, 64, 100, 4096):
        reply = uapi.Reply()
        for at in range(0, len(ANSWER), size):
            assert reply.errno is None
            complete = reply.feed(ANSWER[at : at + size])
        assert complete
        assert (reply.peers, reply.errno) == (PEERS, 0)


def test_an_answer_cut_anywhere_is_not_complete():
    for size in range(len(ANSWER)):
        assert not uapi.Reply().feed(ANSWER[:size])


@pytest.mark.parametrize("data", [b"", b"errno=0\n", b"errno=0"])
def test_what_does_not_end_as_an_answer_does_is_not_complete(data):
    assert not uapi.Reply().feed(data)


def test_the_largest_numbers_are_read():
    text = "fwmark=4294967295\nlisten_port=65535\n" + PEER + "persistent_keepalive_interval=65535\n" + END
    reply = uapi.Reply()
    assert reply.feed(text.encode())
    assert (reply.fwmark, reply.listen_port, reply.peers[0].persistent_keepalive) == (4294967295, 65535, 65535)


def test_a_device_may_have_no_peers():
    assert whole(b"listen_port=51820\nerrno=0\n\n") == ([], 0)


@pytest.mark.parametrize("data,errno", [(b"errno=0\n\n", 0), (b"errno=22\n\n", 22), (b"errno=-22\n\n", 22)])
def test_an_error_number_is_positive_however_it_is_written(data, errno):
    assert whole(data) == ([], errno)


ENDPOINTS = [
    ("192.0.2.1:1", "192.0.2.1", 1, "192.0.2.1:1"),
    ("192.0.2.1:0", "192.0.2.1", 0, "192.0.2.1:0"),
    ("[2001:DB8:0::1]:51820", "2001:db8::1", 51820, "[2001:db8::1]:51820"),
    ("[fe80::1%eth0]:65535", "fe80::1", 65535, "[fe80::1]:65535"),
    ("[::ffff:192.0.2.1]:9", "::ffff:192.0.2.1", 9, "[::ffff:192.0.2.1]:9"),
]


@pytest.mark.parametrize("given,address,port,canonical", ENDPOINTS)
def test_an_endpoint_is_canonical_and_in_its_parts(given, address, port, canonical):
    peer = one("endpoint=%s\n" % given)
    assert (peer.address, peer.port, peer.endpoint) == (address, port, canonical)


def test_a_line_that_comes_twice_counts_as_it_came_last():
    assert one("rx_bytes=1\nrx_bytes=2\nendpoint=192.0.2.1:1\nendpoint=192.0.2.2:2\n").rx_bytes == 2
    assert one("endpoint=192.0.2.1:1\nendpoint=192.0.2.2:2\n").endpoint == "192.0.2.2:2"


def test_a_key_in_capital_hexadecimal_is_the_same_key():
    assert whole(("public_key=%s\n" % KNOWN_HEX.upper() + END).encode())[0][0].public_key == KNOWN


def test_unknown_lines_are_skipped_wherever_and_whatever_they_are():
    lines = "zzz=\nlast_handshake_time_nsec=x\nprotocol_version=\n=\ns1=a=b\nadvanced_security=on\n"
    assert one(lines) == one("")
    assert whole((lines + END).encode()) == ([], 0)
    assert whole(b"i1=\xff\xfe\nerrno=0\n\n") == ([], 0)


# -- what is refused --

HUGE = "9" * 10000

WRONG = [
    ("errno=0\n\n\n", "goes on after its end"),
    ("errno=0\n\nx", "goes on after its end"),
    ("errno=0\n\n" * 2, "goes on after its end"),
    ("\n", "without an error number"),
    (PEER + "\n", "without an error number"),
    ("errno=0\nlisten_port=1\n\n", "a line after the error number"),
    ("errno\n\n", "a line without '='"),
    ("errno=\n\n", "not a number"),
    ("errno=--1\n\n", "not a number"),
    ("errno=2147483648\n\n", "not a number"),
    ("errno=" + HUGE + "\n\n", "not a number"),
    ("fwmark=4294967296\n" + END, "not a number"),
    ("listen_port=65536\n" + END, "not a number"),
    ("rx_bytes=1\n" + END, "before any public_key"),
    ("endpoint=192.0.2.1:1\n" + PEER + END, "before any public_key"),
    ("public_key=\n" + END, "not a public key"),
    ("public_key=%s\n" % KNOWN_HEX[2:] + END, "not a public key"),
    ("public_key=%s\n" % KNOWN_HEX[1:] + END, "not a public key"),
    ("public_key=0%s\n" % KNOWN_HEX + END, "not a public key"),
    ("public_key=g%s\n" % KNOWN_HEX[1:] + END, "not a public key"),
    ("public_key= %s\n" % KNOWN_HEX[1:] + END, "not a public key"),
    ("public_key=é%s\n" % KNOWN_HEX[2:] + END, "not a public key"),
    (PEER + "rx_bytes=\n" + END, "not a number"),
    (PEER + "rx_bytes=-1\n" + END, "not a number"),
    (PEER + "rx_bytes=+1\n" + END, "not a number"),
    (PEER + "rx_bytes=1 \n" + END, "not a number"),
    (PEER + "rx_bytes=1_0\n" + END, "not a number"),
    (PEER + "rx_bytes=١\n" + END, "not a number"),
    (PEER + "rx_bytes=1\r\n" + END, "not a number"),
    (PEER + "rx_bytes=18446744073709551616\n" + END, "not a number"),
    (PEER + "tx_bytes=" + HUGE + "\n" + END, "not a number"),
    (PEER + "last_handshake_time_sec=" + HUGE + "\n" + END, "not a number"),
    (PEER + "persistent_keepalive_interval=65536\n" + END, "not a number"),
    (PEER + "persistent_keepalive_interval=off\n" + END, "not a number"),
    (PEER + "endpoint=\n" + END, "not an endpoint"),
    (PEER + "endpoint=192.0.2.1\n" + END, "not an endpoint"),
    (PEER + "endpoint=192.0.2.1:\n" + END, "not a number"),
    (PEER + "endpoint=192.0.2.1:65536\n" + END, "not a number"),
    (PEER + "endpoint=home.example:1\n" + END, "not an endpoint"),
    (PEER + "endpoint=2001:db8::1:1\n" + END, "not an endpoint"),
    (PEER + "endpoint=[192.0.2.1]:1\n" + END, "not an endpoint"),
    (PEER + "endpoint=[2001:db8::1]\n" + END, "not an endpoint"),
    (PEER + "endpoint=[]:1\n" + END, "not an endpoint"),
    (PEER + "endpoint=x2001:db8::1]:1\n" + END, "not an endpoint"),
    (PEER + "endpoint=[:1\n" + END, "not an endpoint"),
    ("i1=" + "0" * 20000 + "\n" + END, "a line is too long"),
    ("0" * 20000, "a line is too long"),
]


@pytest.mark.parametrize("text,words", WRONG)
def test_what_is_no_answer_is_an_error(text, words):
    with pytest.raises(UapiError, match=words):
        whole(text.encode())


def test_a_value_that_is_not_text_is_an_error():
    with pytest.raises(UapiError, match="not text"):
        whole((PEER + "endpoint=").encode() + b"\xff\n" + END.encode())


def test_an_answer_that_goes_on_in_a_later_piece_is_an_error():
    reply = uapi.Reply()
    assert reply.feed(ANSWER)
    with pytest.raises(UapiError, match="goes on after its end"):
        reply.feed(b"\n")


def test_a_mutated_answer_raises_nothing_else():
    state, refused = 1, 0
    for _ in range(4000):
        mutated = bytearray(ANSWER)
        for _ in range(1 + (state >> 16) % 4):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            mutated[(state >> 8) % len(mutated)] = state >> 20 & 255
        try:
            whole(bytes(mutated))
        except UapiError:
            refused += 1
    assert 0 < refused < 4000


def test_five_thousand_peers_come_in_pieces():
    """Nothing is kept of a piece but its last unfinished line, so that what is held is the peers themselves."""
    reply = uapi.Reply()
    for i in range(5000):
        piece = "public_key=%064x\npreshared_key=%s\nendpoint=192.0.2.1:%d\nallowed_ip=10.0.0.1/32\nrx_by" % (
            i,
            PRESHARED,
            i,
        )
        assert not reply.feed((piece if i == 0 else "tes=7\n" + piece).encode())
        assert len(reply._rest) == len("rx_by")
    assert reply.feed(("tes=7\n" + END).encode())
    assert [peer.port for peer in reply.peers] == list(range(5000))
    assert {peer.rx_bytes for peer in reply.peers} == {7}


def test_of_the_endpoints_that_were_read_some_hundred_are_kept():
    """An endpoint that stays is taken apart once; those of peers that roam all day are not gathered for ever."""
    for i in range(300):
        assert one("endpoint=192.0.2.%d:%d\n" % (i % 2, i)).port == i
        assert len(uapi._ENDPOINTS) <= 256


# -- what is asked --


def test_the_request_for_a_device():
    assert uapi.GET == b"get=1\n\n"


SETS = [
    ("198.51.100.77", "198.51.100.77:51820"),
    ("2001:DB8:0::1", "[2001:db8::1]:51820"),
]


@pytest.mark.parametrize("address,endpoint", SETS)
def test_the_request_that_sets_an_endpoint_sets_nothing_else(address, endpoint):
    expected = "set=1\npublic_key=%s\nupdate_only=true\nendpoint=%s\n\n" % (KNOWN_HEX, endpoint)
    assert uapi.set_endpoint(KNOWN, address, 51820) == expected.encode()


@pytest.mark.parametrize("port", (1, 65535))
def test_the_first_port_and_the_last_one_can_be_set(port):
    assert ("endpoint=198.51.100.10:%d\n" % port).encode() in uapi.set_endpoint(KNOWN, "198.51.100.10", port)


WRONG_SETS = [
    (KNOWN[1:], "192.0.2.1", 51820, "not a public key"),
    (KNOWN_HEX, "192.0.2.1", 51820, "not a public key"),
    (KNOWN, "home.example", 51820, "not an address and a port"),
    (KNOWN, "192.0.2.1:1\nremove=true", 51820, "not an address and a port"),
    (KNOWN, "fe80::1%eth0", 51820, "not an address and a port"),
    (KNOWN, "192.0.2.1", 0, "not an address and a port"),
    (KNOWN, "192.0.2.1", 65536, "not an address and a port"),
]


@pytest.mark.parametrize("public_key,address,port,words", WRONG_SETS)
def test_what_cannot_be_set_is_an_error(public_key, address, port, words):
    with pytest.raises(UapiError, match=words):
        uapi.set_endpoint(public_key, address, port)


def test_an_answer_may_be_long_as_long_as_its_lines_are_not():
    whole = PEER + "".join(["allowed_ip=10.%d.%d.0/24\n" % (i // 256, i % 256) for i in range(2000)]) + END
    reply = uapi.Reply()
    assert reply.feed(whole.encode()) and reply.errno == 0 and len(reply.peers) == 1
