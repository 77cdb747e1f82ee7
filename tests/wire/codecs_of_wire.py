"""What every reader of bytes or text from outside must hold, whatever it is given; and a few honest things to mutate.

CODECS: name -> (samples, read). `samples()` gives honest inputs; `read(data)` raises nothing for any bytes at all but
what a broken promise raises, and returns whether they were taken for something. The promise of each:

dns      a message, or DnsError; what was read is written and read again as the same; an answer of it is an Answer,
         whatever is asked, with addresses in canonical text
passing  what a packet tells of wanted names only, with addresses in canonical text, or DnsError; the quick look at the
         name of a packet passes over no question about a wanted one
repeats  of two answers, the second passes for the first only if it names the same addresses, for no longer
echo     a reply to this identifier only, and only if all of its header is there
netlink  peers with canonical endpoints and prefixes, or NetlinkError; never more peers than bytes
uapi     the same of the userspace protocol, however the bytes are cut, or UapiError; no private key in what is kept
uci      sections and problems, never more than there is text; no value, which may be a key, in what is said of it
nft      elements of the family that the set has, canonical, or NetlinkError
ipset    the same of what netlink says, or NetlinkError
generation  the number of nft's last change, of 32 bits, none, or NetlinkError
routing  rules, nexthops, routes, links, addresses and neighbours with canonical addresses, or NetlinkError; a rule that
         was read is written and read again as the same
flows    connections to addresses of their family, or NetlinkError
services what UCI, the rules and procd say of pbr and vpn-policy-routing, whatever that is
netifd   interfaces, whatever the JSON says
wg_quick sections and problems, never more than there is text; no key in what is said of it
hosts    names, wildcards and elements as options would take them, however the bytes are cut; every line is one of them,
         blank, a comment or counted; each name is found again, and the names below it are not
last_good  records of canonical addresses that can be destinations, or LastGoodError with such records
resolvers  canonical addresses, each once, no more than there are lines
control  a call, an answer or a notification, or ControlError
"""

import binascii
import json

import netfilter
import recorded_routing

from dns_written import encode
from nametrack import destination, ip, routing
from nametrack.core.config import network
from nametrack.core.config.policy_values import listed_host
from nametrack.core.config.section import Report
from nametrack.core.last_good import Endpoints, Known, Owned, Saved
from nametrack.element import SetName
from nametrack.wire import (
    conntrack,
    control,
    dns,
    dnsmessage,
    echo,
    host_list,
    inbound,
    ipsetlink,
    last_good,
    links,
    neighbours,
    netifd,
    netlink,
    nexthops,
    nfnetlink,
    nftset,
    packets,
    passing,
    repeats,
    resolv_conf,
    route,
    routes,
    rules,
    services,
    uapi,
    uci,
    wg_quick,
    wireguard,
)
from nametrack.wire.dnsname import DnsError
from nametrack.wire.sets import Form

HERE = __file__[: __file__.rfind("/")]
SECRET = "kEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEkEk="
SECRET_HEX = "ab" * 32


NFT_FORMS = [
    Form(family, timeout, interval, False, None, "", True)
    for family in (4, 6)
    for timeout in (False, True)
    for interval in (False, True)
]


class Broken(Exception):
    """A promise that was not kept."""


def check(condition, text):
    if not condition:
        raise Broken(text)


# -- DNS --


WANTED = passing.Names(("example.net",), ("host.test",))


def passing_samples():
    """Packets with answers that a client is given."""
    hint = b"\0\1\0" + b"\0\1\0\3\2h2" + b"\0\4\0\x08" + bytes(range(8)) + b"\0\6\0\x10" + bytes(range(16))
    found = []
    for name, rtype, records in (
        ("www.example.net", 1, [("www.example.net", 1, "198.51.100.1"), ("www.example.net", 1, "198.51.100.2")]),
        ("a.b.example.net", 28, [("a.b.example.net", 28, "2001:db8::1")]),
        ("www.example.net", 1, [("www.example.net", 5, "cdn.test"), ("cdn.test", 1, "198.51.100.1")]),
        ("host.test", 65, [("host.test", 65, hint)]),
    ):
        answers = [dnsmessage.Record(owner, kind, 60, value) for owner, kind, value in records]
        question = [dnsmessage.Question(name, rtype)]
        data = encode(dnsmessage.Message(7, dns.QR, 0, question, answers, [], []))
        udp = b"\0\x35\x14\xe9" + (8 + len(data)).to_bytes(2, "big") + b"\0\0" + data
        found.append(b"\x45" + bytes(8) + b"\x11" + bytes(2) + b"\xc0\xa8\1\1\xc0\xa8\1\x09" + udp)
        found.append(b"\x60\0\0\0" + len(udp).to_bytes(2, "big") + b"\x11\x40" + bytes(32) + udp)
    return found


def read_passing(data):
    quick = packets.asked_name(data[: packets.WITH_NAME])
    found = packets.datagram(data)
    if found is None:
        return False
    try:
        message = dns.decode(found.data)
        name = passing.asks_about(message)
        if name is None or not WANTED.have(name):
            return False
        check(quick is None or WANTED.have(quick), "a wanted name is passed over")
        told = passing.told(message)
    except DnsError:
        return False
    assert told is None or (told.name == name and told.addresses and told.ttl >= 0)
    assert told is None or all(ip.canonical(address) == address for address in told.addresses)
    return told is not None


def repeats_samples():
    """Two answers each: the length of the first one, then both."""
    found = []
    for packet in passing_samples():
        first = packets.datagram(packet).data
        later = first.replace(b"\0\0\0\x3c", b"\0\0\0\x07")
        for second in (first, b"\1\2" + later[2:], first.replace(b"\0\0\0\x3c", b"\0\0\1\0")):
            found.append(len(first).to_bytes(2, "big") + first + second)
    return found


def told_of(data):
    message = dns.decode(data)
    return passing.told(message) if passing.asks_about(message) else None


def read_repeats(data):
    size = int.from_bytes(data[:2], "big")
    first, second = data[2 : 2 + size], data[2 + size :]
    try:
        known = told_of(first)
    except DnsError:
        return False
    seen = repeats.Repeats(5)
    seen.remember(first, 0)
    if not seen.have(data, 2 + size, 1):
        return known is not None
    again = told_of(second)
    check((again is None) == (known is None), "what says something passes for what says nothing")
    if again is not None:
        check(again.name == known.name and again.addresses == known.addresses, "another answer passes for a known one")
        check(again.ttl <= known.ttl, "what lives longer passes for a known one")
    return True


# -- ICMP --


def echo_samples():
    header = b"\x45" + bytes(8) + b"\1" + bytes(10)
    return [header + b"\0\0\0\0\x12\x34\0\1" + bytes(8), b"\x81\0\0\0\x12\x34\0\1" + bytes(8)]


def read_echo(data):
    taken = False
    for family in (4, 6):
        if echo.is_reply(family, data, 0x1234):
            check(b"\x12\x34" in data and len(data) >= (8 if family == 6 else 28), "a reply that is none")
            taken = True
    return taken


def dns_samples():
    records = [dnsmessage.Record("home.dyn.test", 1, 60, "198.51.100.%d" % i) for i in range(3)]
    alias = dnsmessage.Record("www.test", 5, 5, "home.dyn.test")
    six = dnsmessage.Record("home.dyn.test", 28, 60, "2001:db8::1")
    soa = dnsmessage.Record("test", 6, 9, dnsmessage.Soa("ns.test", "a.test", 1, 2, 3, 4, 5))
    srv = dnsmessage.Record("_wg._udp.test", 33, 60, dnsmessage.Srv(1, 2, 51820, "home.dyn.test"))
    opt = dnsmessage.Record("", 41, 0, dnsmessage.Opt(1232, 0, 0, b""))
    why = dnsmessage.Record("", 41, 0, dnsmessage.Opt(1232, 0, 0, b"\0\x0f\0\x07\0\x0fads.."))
    found = []
    for name, rtype, rcode, answer, authority, additional in (
        ("home.dyn.test", 1, 0, records, [], [opt]),
        ("www.test", 1, 0, [alias] + records, [], []),
        ("www.test", 28, 0, [alias, six], [], [opt]),
        ("none.test", 1, 3, [], [soa], []),
        ("www.test", 1, 2, [], [], [why]),
        ("_wg._udp.test", 33, 0, [srv], [], records + [six]),
    ):
        question = [dnsmessage.Question(name, rtype)]
        message = dnsmessage.Message(7, 0x8180, rcode, question, answer, authority, additional)
        found.append(encode(message))
    cut = bytearray(found[1])
    cut[2] |= 2  # truncated
    found.append(bytes(cut[: len(cut) - 9]))
    return found


def read_dns(data):
    try:
        message = dnsmessage.decode(data)
    except DnsError:
        return False
    try:
        again = encode(message)
    except ValueError:
        again = None  # what does not fit when its names are compressed otherwise
    if again is not None:
        check(dnsmessage.decode(again) == message, "read again it is another message")
    for name, rtype in (("home.dyn.test", 1), ("www.test", 28), ("_wg._udp.test", 33)):
        dns.matches(message, 7, name, rtype)
        found = dns.answer(message, name, rtype)
        check(found.ttl is None or found.ttl >= 0, "a negative TTL")
        check(found.ttl is not None or found.status in ("nxdomain", "nodata", "truncated"), "no TTL")
        check(all(" " <= c <= "~" for c in found.reason or ""), "a reason that is not printable")
        check(len(found.reason or "") < 200, "a long reason")
        if rtype != 33 and found.status in ("found", "truncated"):
            for address in found.values:
                check(ip.prefix(address) == address, "an address that is not canonical")
    return True


# -- WireGuard in the kernel, and routes --


def netlink_samples():
    with open(HERE + "/data/wireguard.jsonl") as lines:
        found = [json.loads(line) for line in lines]
    return [binascii.unhexlify(one["hex"]) for one in found if one["dir"] == "<" and len(one["hex"]) < 6000]


def read_netlink(data):
    taken = False
    number = int.from_bytes(data[8:12], "little")  # of the request that it answers: else it is passed over
    dump = wireguard.Dump(32, number, "<", {})
    try:
        dump.feed(data)
        taken = True
    except netlink.NetlinkError:
        pass
    check(len(dump.peers) <= len(data), "more peers than bytes")
    for peer in dump.peers:
        check_peer(peer)
    try:
        for message in netlink.messages(data, "<"):
            for reader in (netlink.family, route.out_interface, route.decision):
                try:
                    reader(message, "<")
                except netlink.NetlinkError:
                    pass
    except netlink.NetlinkError:
        pass
    return taken


def check_peer(peer):
    check(len(peer.public_key) == 44, "a key of another length")
    check((peer.address is None) == (peer.endpoint is None), "half an endpoint")
    if peer.address is not None:
        check(ip.prefix(peer.address) == peer.address and 0 <= peer.port < 65536, "an endpoint that is none")


# -- WireGuard of a userspace process --


def uapi_samples():
    key = "c2" * 32
    text = (
        "private_key=%s\nlisten_port=51820\nfwmark=81\npublic_key=%s\npreshared_key=%s\nendpoint=[2001:db8::1]:51820\n"
    )
    more = "last_handshake_time_sec=5\nlast_handshake_time_nsec=0\nrx_bytes=1\ntx_bytes=2\n"
    more += "persistent_keepalive_interval=25\nallowed_ip=10.9.0.0/24\nallowed_ip=fd00::/64\nprotocol_version=1\n"
    peer = "public_key=%s\nendpoint=192.0.2.1:1\n" % ("d3" * 32)
    whole = text % (SECRET_HEX, key, SECRET_HEX) + more + peer + more + "errno=0\n\n"
    return [whole.encode(), b"errno=0\n\n", b"errno=-2\n\n", (peer + "errno=0\n\n").encode()]


def read_uapi(data):
    whole, pieces = uapi.Reply({}), uapi.Reply({})
    try:
        whole.feed(data)
    except uapi.UapiError:
        whole = None
    step = 1 + len(data) // 3
    try:
        for start in range(0, len(data), step):
            if pieces.feed(data[start : start + step]):
                break
    except uapi.UapiError:
        pieces = None
    if whole is None or pieces is None:
        return False
    check(whole.errno == pieces.errno, "cut into pieces it says something else")
    for peer in whole.peers:
        check_peer(peer)
        check(SECRET_HEX[:32] not in str(peer), "a key is kept")
    return whole.errno is not None


# -- UCI --


def uci_samples():
    text = """config nametrack 'global'
	option min_ttl '10'
	list nameserver "127.0.0.1#53"

config interface 'wg0'
	option proto wireguard
	option private_key '%s'
config wireguard_wg0 # a comment
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option description 'it'"'"'s "home" \\\\ here'
	list allowed_ips '10.9.0.0/24'; option endpoint_host home.dyn.test
"""
    return [(text % SECRET).encode(), b"package network\n\nconfig interface lan\n\toption device br-lan\n"]


def read_uci(data):
    sections, problems = uci.parse(uci.decode(data))
    check(len(sections) <= len(data) and len(problems) <= len(data) + 1, "more than there is")
    said = str([problem.text for problem in problems])
    for section in sections:
        check(isinstance(section.type, str), "a section without a type")
        for option in section.options:
            check(isinstance(option, str), "an option without a name")
    check(SECRET not in said, "a key is told")
    return bool(sections)


def wg_quick_samples():
    text = """[Interface]
Address = 10.9.0.2/24, fd00:9::2/64
PrivateKey = %s
Table = auto
SaveConfig = true

[Peer] # home
PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
PresharedKey = %s
Endpoint = home.dyn.test:51820
AllowedIPs = 0.0.0.0/0, ::/0
PersistentKeepalive = 25
"""
    other = "[peer]\r\nallowedips=10.0.0.1\r\nendpoint=[2001:db8::1]:5\r\n[Interface]\nFwMark=0xca6c\n"
    return [(text % (SECRET, SECRET)).encode(), other.encode()]


def read_wg_quick(data):
    sections, problems = wg_quick.parse(uci.decode(data), "wg0")
    check(len(sections) <= len(data) + 1 and len(problems) <= len(data) + 1, "more than there is")
    check(SECRET not in str([problem.text for problem in problems]), "a key is told")
    for section in sections[1:]:
        options = section.options
        check(section.type == "wireguard_wg0" and "private_key" not in options, "not a peer")
        check("preshared_key" not in options, "a key is kept")
        network.read([sections[0], section], Report([]))
    return len(sections) > 1


# -- sets --


def nft_samples():
    found = []
    with open(HERE + "/data/sets.jsonl") as lines:
        for line in lines:
            one = json.loads(line)
            if one["about"].startswith("nft set"):
                found.extend([binascii.unhexlify(data) for data in one["elements"] + one["datagrams"]])
    return [data for data in found if len(data) > 60 and b"n4\0" not in data]


def ipset_samples():
    return [data for one in netfilter.ALL if "saved" in one for data in one["datagrams"] if len(data) > 60]


def check_found(family, found):
    if found is None:
        return False
    ends, marks = found.ends, found.marked
    for key in ends:
        check(ip.key_family(key) == family, "an element of another family")
        first, last = ip.bounds(key)
        check(0 <= first <= last and ip.key(ip.element(key)) == key, "an element that is not canonical")
        check(ends.get(key) is None or ends.get(key) >= 0, "an end before now")
    check(marks is None or all(key in ends for key in marks), "a comment on no element")
    return len(ends) > 0


def read_nft(data):
    seq, taken = int.from_bytes(data[8:12], "little"), False
    for form in NFT_FORMS:
        dump = nftset.Elements(form, seq, 0, "<")
        try:
            dump.feed(data)
        except netlink.NetlinkError:
            pass
        else:
            taken = check_found(form.family, dump.found) or taken
    try:
        for item in netlink.messages(data, "<"):
            if len(item.payload) >= 4:
                taken = nftset.form(item, "<").family is not None or taken
        nfnetlink.refusals(data, "<")
        nftset.Rules(SetName("nft", "inet", "t", "p4"), seq, "<").feed(data)
    except netlink.NetlinkError:
        pass
    return taken


def read_ipset(data):
    dump = ipsetlink.Dump(int.from_bytes(data[8:12], "little"), 0, "<")
    try:
        dump.feed(data)
        ipsetlink.refused_line(data, "<")
    except netlink.NetlinkError:
        return False
    check(dump.size is None or dump.size >= 0, "fewer elements than none")
    check_found(dump.form().family, dump.found)
    return dump.found is not None


# -- what netfilter tells --


def generation_samples():
    return netfilter.about("the generation")["datagrams"]


def read_generation(data):
    try:
        found = nfnetlink.generation(data, "<")
    except netlink.NetlinkError:
        return False
    check(found is None or 0 <= found < 1 << 32, "no number of 32 bits")
    return found is not None


def flows_samples():
    return [data for one in netfilter.ALL if "flow" in one["about"] for data in one["datagrams"] if len(data) > 60]


def read_flows(data):
    taken = False
    try:
        for message in netlink.messages(data, "<"):
            found = conntrack.flow(message, "<")
            if found is not None:
                taken = True
                check(len(found.destination) in (4, 16), "an address that is none")
                conntrack.delete_flow(found, 1, "<")
    except netlink.NetlinkError:
        return False
    return taken


# -- rules and routes --


def routing_samples():
    texts = list(recorded_routing.RECORDED.values()) + [recorded_routing.LINK]
    samples = [binascii.unhexlify(text) for text in texts]
    return [len(data).to_bytes(4, "little") + data[4:] for data in samples]


def read_routing(data):
    readers = (nexthops.nexthop, links.link, links.link_address, neighbours.neighbour, inbound.comment)
    taken = False
    try:
        messages = list(netlink.messages(data, "<"))
    except netlink.NetlinkError:
        return False
    for message in messages:
        for read in readers:
            found = read_one(read, message)
            taken = taken or bool(found)
            for address in (getattr(found, "gateway", None), getattr(found, "address", None)):
                check(address is None or ip.canonical(address) == address, "an address that is not canonical")
        rule = read_one(rules.rule, message)
        if rule is not None:
            taken = True
            check_rule(rule)
        own, main = read_one(routes.own_route, message), read_one(routes.main_route, message)
        for key in ([own[2]] if own else []) + ([main.key] if main else []):
            taken = True
            check(ip.key(ip.element(key)) == key, "a destination that is not canonical")
    return taken


def read_one(read, message):
    try:
        return read(message, "<")
    except netlink.NetlinkError:
        return None


def check_rule(rule):
    for prefix in (rule.match.source, rule.match.destination):
        check(prefix is None or ip.prefix(prefix) == prefix, "a prefix that is not canonical")
    try:
        written = rules.change_rule(routing.Change(routing.ADD, rule), 0, 1, "<")
    except netlink.NetlinkError:  # a name that is longer than Linux takes
        return
    again = rules.rule(list(netlink.messages(written, "<"))[0], "<")
    same = again[:2] + again[3:] == rule[:2] + rule[3:] and again.match[:-1] == rule.match[:-1]  # all but `others`
    check(same, "another rule")


# -- pbr and vpn-policy-routing --


def services_samples():
    config = "config pbr 'config'\n\toption enabled '1'\n\toption ipv6_enabled 'x'\n\tlist ignored_interface 'a b'\n"
    include = "config include\n\toption path '/usr/share/nametrack/pbr.include'\n"
    procd = '{"pbr": {"instances": {"main": {"data": {"status": "", "errors": [{"code": "errorX", "info": "y"}]}}}}}'
    return [(config + include).encode(), procd.encode()]


def read_services(data):
    text = uci.decode(data)
    sections, _ = uci.parse(text)
    found = services.configured("pbr", sections)
    try:
        state = json.loads(text)
    except (ValueError, RuntimeError, MemoryError):
        state = None
    if isinstance(state, dict):
        found = services.reported(found, state.get("pbr"))
        check(all(isinstance(code, str) for code in found.errors), "a code that is no text")
    return bool(sections or found.running)


# -- netifd --


def netifd_samples():
    lan = '{"interface": "wan", "up": true, "l3_device": "eth1", "dns-server": ["192.0.2.53"], '
    routes = '"route": [{"target": "0.0.0.0", "mask": 0, "nexthop": "192.0.2.1", "metric": 5}], "inactive": {}}'
    return [('{"interface": [%s%s, {"interface": "lan", "up": false}]}' % (lan, routes)).encode()]


def read_netifd(data):
    try:
        answer = json.loads(data.decode())
    except (ValueError, RuntimeError, UnicodeError, MemoryError):
        return False
    if not isinstance(answer, dict):
        return False  # pyubus hands in a dict, whatever is in it
    netifd.interfaces(answer)
    return True


# -- files of hosts --


def hosts_samples():
    plain = "".join(["n%d.example.net\n" % i for i in range(30)])
    other = "# hosts\r\n\nExample.NET. # shop\r\n*.example.org\n.example.com\n198.51.100.7/24\n2001:db8::/32\nno host\n"
    return [
        plain.encode(),
        other.encode() + b"b\xfccher.example\nb\xc3\xbccher.example",
        b"a.test\n-b.test\nc.test-\n1.2\n",
    ]


def hosts_of(data, size):
    reader = host_list.Reader("/list.txt", listed_host, ip.is_element, b"salt")
    for at in range(0, len(data), size):
        reader.take(data[at : at + size])
    return reader.end()


def read_hosts(data):
    found, pieces = hosts_of(data, 4096), hosts_of(data, 7)
    for field in ("hosts", "elements", "problems", "names", "wildcards"):
        check(getattr(found, field) == getattr(pieces, field), "cut into pieces it lists something else")
    check(len(found) + len(found.elements) <= data.count(b"\n") + 1, "more hosts than lines")
    for name in found.hosts:
        check(listed_host(name) == (name, None), "a name that is none")
        check(found.position(name) == 0 and pieces.position(name) == 0, "a name is not found again")
        below = found.position("zzzz." + name)
        check(below is None or found.wildcards, "a name below a listed one passes for it")
    for element in found.elements:
        check(ip.prefix(element) == element, "an element that is not canonical")
    check(len(found.problems) <= host_list.NAMED + 2, "too many problems")
    return bool(len(found) or found.elements)


# -- last good addresses --

WALL = 1000


def last_good_samples():
    keys = [ip.key("192.0.2.1"), ip.key("2001:db8::1")]
    wide = keys + [ip.key("198.51.100.0/24"), ip.key("192.0.2.7-192.0.2.9")]
    lines = list(last_good.host_lines(Known("a.test", keys, True, 0), WALL))
    lines += last_good.host_lines(Known("b.test", keys, False, 500), WALL)
    lines += last_good.set_lines(Owned("nft inet fw4 b4", wide, "added"))
    lines.append(last_good.endpoints_line(Endpoints("p.test", keys, [None, 51999])))
    lines.append(b'{"host": "a.test", "address": "192.0.2.1", "named": true, "sets": ["ipset b4"]},')
    return lines + [last_good.saved_line(7)]


def read_last_good(data):
    reader = last_good.Reader(WALL, (Known, Endpoints, Owned, Saved))
    taken = False
    for line in data.split(b"\n"):
        try:
            records = reader.records(line)
        except last_good.LastGoodError as error:
            records = error.args[0]
        for record in records:
            taken = True
            for key in getattr(record, "keys", ()):
                text = ip.element(key)
                check(ip.key(text) == key, "an element that is not canonical")
                usable = isinstance(record, Owned) or destination.unusable(text) is None
                check(usable, "an address that is no destination")
            if isinstance(record, Endpoints):
                check(len(record.ports) == len(record.keys), "ports without addresses")
                check(all(port is None or 0 < port < 65536 for port in record.ports), "a port that is none")
            if isinstance(record, Known):
                check(0 <= record.remaining <= last_good.TEN_YEARS, "a time that never ends")
    return taken


# -- resolvers --


def resolvers_samples():
    return [b"# of udhcpc\nsearch lan\nnameserver 192.0.2.53\nnameserver\tfe80::1\r\n", b"nameserver 2001:DB8::53"]


def read_resolvers(data):
    text = "".join([chr(octet) for octet in data])
    found = resolv_conf.nameservers(text)
    check(len(set(found)) == len(found) <= text.count("\n") + 1, "more nameservers than lines")
    addresses = [server.partition("@")[0] for server in found]
    check(all(ip.canonical(address) == address for address in addresses), "an address that is not canonical")
    return bool(found)


# -- control --


def control_samples():
    lines = [control.call("refresh", {"name": "home.example.net"}), control.call("status", {})]
    return lines + [control.answer(0, {"asked": 1, "more": [None, True, "a"]}), control.notification("endpoint")]


def read_control(data):
    taken = False
    try:
        call = control.read_call(data)
        check(isinstance(call.method, str) and isinstance(call.arguments, dict), "a call of other types")
        taken = True
    except control.ControlError:
        pass
    try:
        answer = control.read_answer(data)
        if isinstance(answer, control.Answer):
            check(isinstance(answer.status, int) and isinstance(answer.values, dict), "an answer of other types")
        else:
            check(isinstance(answer.kind, str), "a notification of another type")
        taken = True
    except control.ControlError:
        pass
    return taken


CODECS = {
    "dns": (dns_samples, read_dns),
    "passing": (passing_samples, read_passing),
    "repeats": (repeats_samples, read_repeats),
    "echo": (echo_samples, read_echo),
    "netlink": (netlink_samples, read_netlink),
    "uapi": (uapi_samples, read_uapi),
    "uci": (uci_samples, read_uci),
    "wg_quick": (wg_quick_samples, read_wg_quick),
    "nft": (nft_samples, read_nft),
    "ipset": (ipset_samples, read_ipset),
    "generation": (generation_samples, read_generation),
    "routing": (routing_samples, read_routing),
    "flows": (flows_samples, read_flows),
    "services": (services_samples, read_services),
    "netifd": (netifd_samples, read_netifd),
    "hosts": (hosts_samples, read_hosts),
    "last_good": (last_good_samples, read_last_good),
    "resolvers": (resolvers_samples, read_resolvers),
    "control": (control_samples, read_control),
}
