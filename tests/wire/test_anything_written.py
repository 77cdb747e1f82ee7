"""What can be written at all, at random: what wire reads of it is what was meant."""

import struct

import pytest

from dns_written import RA, encode
from mutations import Chance
from nametrack import ip, routing
from nametrack.wire import dns, netlink, routes, rtnetlink, rules, uci, wg_quick
from nametrack.wire.dnsmessage import AAAA, CNAME, NS, QR, SOA, SRV, A, Message, Question, Record, Soa, Srv
from nametrack.wire.dnsname import canonical_name
from nametrack.wire.passing import Names
from nametrack.wire.svcb import hints

LITTLE, BIG = "<", ">"


def one_of(chance, *values):
    return values[chance.below(len(values))]


def address(chance, family):
    return ip.text(chance.bytes(4 if family == 4 else 16))


def prefix(chance, family):
    """An address or a prefix; that of no bits is none."""
    bits = 1 + chance.below(32 if family == 4 else 128)
    return ip.prefix("%s/%d" % (address(chance, family), bits))


# -- DNS ---------------------------------------------------------------------------------------------------------------


def name(chance):
    labels = [one_of(chance, "a", "b", "www", "example", "x" * 63, "a\\.b") for _ in range(chance.below(4))]
    return ".".join(labels + [one_of(chance, "test", "a.test", "b.a.test")])


def record(chance):
    rtype, number = one_of(chance, A, AAAA, NS, CNAME, SOA, SRV, 16), chance.below(1 << 16)
    if rtype == A or rtype == AAAA:
        data = address(chance, 4 if rtype == A else 6)
    elif rtype == NS or rtype == CNAME:
        data = name(chance)
    elif rtype == SOA:
        data = Soa(name(chance), name(chance), number, 1, 1 << 24, 1 << 16, 1 << 8)
    elif rtype == SRV:
        data = Srv(number, 1 << 8, 51820, name(chance))
    else:
        data = chance.bytes(chance.below(300))
    return Record(name(chance), rtype, chance.below(1 << 31), data)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_dns_message_of_up_to_sixty_records_whose_names_point_at_each_other_is_read_as_it_was_meant(seed):
    chance = Chance(seed)
    for _ in range(10):
        sections = [[record(chance) for _ in range(chance.below(20))] for _ in range(3)]
        message = Message(chance.below(1 << 16), QR | RA, chance.below(16), [Question(name(chance), A)], *sections)
        assert dns.decode(encode(message)) == message


def test_a_backslash_before_anything_but_a_digit_takes_its_meaning_away():
    for byte in range(0x21, 0x7F):
        if not 0x30 <= byte <= 0x39:
            escaped = canonical_name("a\\%s.test" % chr(byte))
            assert escaped == canonical_name("a\\%03d.test" % byte), chr(byte)


@pytest.mark.parametrize("seed", range(1, 5))
def test_hints_are_found_among_parameters_of_any_size(seed):
    chance = Chance(seed)
    for _ in range(50):
        data, expected = chance.bytes(2), []
        for _ in range(chance.below(4)):
            size = 1 + chance.below(63)
            data += bytes([size]) + chance.bytes(size)
        data += b"\0"
        for _ in range(chance.below(6)):
            key = one_of(chance, 4, 6, 0x0104, 0x0600, chance.below(1 << 16))
            if key in (4, 6):
                found = [address(chance, key) for _ in range(chance.below(20))]
                expected += found
                value = b"".join([ip.packed(each) for each in found])
            else:
                value = chance.bytes(chance.below(700))
            data += struct.pack(">HH", key, len(value)) + value
        assert hints(data) == expected


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_name_is_wanted_if_its_last_labels_are_a_domain_and_it_has_more(seed):
    chance = Chance(seed)
    some = ("a", "b", "aa", "ab", "a\\.b", "b\\\\")
    for _ in range(300):
        domains = [[one_of(chance, *some) for _ in range(1 + chance.below(2))] for _ in range(chance.below(3))]
        labels = [one_of(chance, *some) for _ in range(1 + chance.below(3))]
        wanted = any([len(labels) > len(each) and labels[-len(each) :] == each for each in domains])
        names = Names([".".join(each) for each in domains], ["b.b"])
        assert names.have(".".join(labels)) == (wanted or labels == ["b", "b"]), (domains, labels)


# -- rtnetlink ---------------------------------------------------------------------------------------------------------


def one(data, order):
    (message,) = list(netlink.messages(data, order))
    return message


def rule(chance):
    family, fields = one_of(chance, 4, 6), {}
    for field in routing.NAMES:
        if chance.below(2):
            continue
        if field in ("source", "destination"):
            fields[field] = prefix(chance, family)
        elif field in ("iif", "oif"):
            fields[field] = one_of(chance, "lo", "e", "fifteen-bytes-x")
        elif field == "mark":
            fields[field] = one_of(chance, (1, 0), (0, 1 << 31), (0xFF00, 0xFF00), (1 << 31, 0xFFFFFFFF))
        elif field == "transport":
            fields[field] = 1 + chance.below(255)
        else:
            fields[field] = (chance.below(1 << 16), chance.below(1 << 16))
    action = one_of(chance, routing.LOOKUP, routing.GOTO, routing.NOP, 6, routing.UNREACHABLE_RULE, 8)
    argument = 1 + chance.below(1 << 16) if action in (routing.LOOKUP, routing.GOTO) else None
    suppress = one_of(chance, None, 0, 1, 128)
    preference, protocol = chance.below(1 << 16), chance.below(256)
    return routing.Rule(family, preference, routing.match(**fields), action, argument, suppress, protocol)


@pytest.mark.parametrize("order", [LITTLE, BIG])
def test_any_rule_is_read_as_it_was_written_and_its_header_says_nothing_else(order):
    chance = Chance(4)
    for _ in range(300):
        value = rule(chance)
        for verb, kind, flags in (
            (routing.ADD, rtnetlink.NEW_RULE, rtnetlink.CREATE | rtnetlink.EXCLUSIVE),
            (routing.DELETE, rtnetlink.DELETE_RULE, 0),
        ):
            message = one(rules.change_rule(routing.Change(verb, value), netlink.ACK, 7, order), order)
            assert (message.type, message.seq) == (kind, 7)
            assert message.flags == netlink.REQUEST | netlink.ACK | flags
            assert rules.rule(message, order) == value
            lengths = [0 if each is None else ip.span(each) for each in (value.match.destination, value.match.source)]
            bits = [each and (32 if each[0] == 4 else 128) - _bits(each[2] - each[1]) for each in lengths]
            family = 2 if value.family == 4 else 10
            head = struct.pack(order + "BBBBBBBBI", family, bits[0], bits[1], 0, 0, 0, 0, value.action, 0)
            assert bytes(message.payload[:12]) == head


def _bits(size):
    """How many bits the sizes of networks have that are one less than a power of two."""
    bits = 0
    while size:
        bits, size = bits + 1, size >> 1
    return bits


@pytest.mark.parametrize("length,fits", [(0, False), (1, True), (15, True), (16, False)])
def test_a_rule_is_written_for_devices_whose_names_the_kernel_can_have(length, fits):
    value = routing.Rule(4, 1, routing.match(iif="n" * length), routing.LOOKUP, 9, None, 190)
    change = routing.Change(routing.ADD, value)
    if fits:
        assert rules.rule(one(rules.change_rule(change, 0, 1, LITTLE), LITTLE), LITTLE) == value
    else:
        with pytest.raises(netlink.NetlinkError):
            rules.change_rule(change, 0, 1, LITTLE)


@pytest.mark.parametrize("order", [LITTLE, BIG])
def test_any_route_is_read_as_it_was_written_and_its_header_says_nothing_else(order):
    chance = Chance(5)
    for _ in range(300):
        family, table = one_of(chance, 4, 6), one_of(chance, routing.MAIN, 255, 256, 900, 1 << 31)
        text, metric = prefix(chance, family), one_of(chance, 0, 1, 9999, 1 << 31)
        via = one_of(chance, 1, 902, 1 << 31, routing.UNREACHABLE, routing.THROW)
        for verb in (routing.ADD, routing.DELETE):
            change = routing.Change(verb, routing.Routes(family, table, via, metric, [ip.key(text)]))
            message = one(routes.Writer(change, order).request(ip.key(text), netlink.ACK, 7), order)
            adds, small = verb == routing.ADD, table if table < 256 else 252
            bits = (32 if family == 4 else 128) - _bits(ip.span(text)[2] - ip.span(text)[1])
            kind = (1 if via > 0 else -via) if adds else 0
            head = struct.pack(order + "BBBBBBBBI", 2 if family == 4 else 10, bits, 0, 0, small, 190, 0, kind, 0)
            assert bytes(message.payload[:12]) == head
            if adds:
                assert routes.own_route(message, order) == (family, table, ip.key(text), via, metric)


# -- text --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 9))
def test_lines_of_lists_are_read_as_each_of_them_alone_whatever_they_are(seed):
    chance, alike = Chance(seed), uci.Reader.alike
    for _ in range(60):
        lines = ["list a '" for _ in range(2 + chance.below(5))]
        for i in range(len(lines)):
            words = [one_of(chance, "b", "c d", "'", '"', "#", ";", "\\", "\n", "", "", "") for _ in range(3)]
            lines[i] = one_of(chance, "", "", "", "\t") + lines[i] + "".join(words) + one_of(chance, "'", "'", "' ", "")
        text = "config t\n" + "\n".join(lines) + one_of(chance, "", "\n") + one_of(chance, "", "config t\n")
        found = uci.parse(text)
        uci.Reader.alike = lambda reader: []
        try:
            assert found == uci.parse(text), text
        finally:
            uci.Reader.alike = alike


def written(chance, key, value):
    """A line as wg-quick reads it, which knows its keywords in any case and leaves out blanks and comments."""
    key = one_of(chance, key, key.lower(), key.upper())
    blanks = one_of(chance, "", " ", "\t", "  ")
    return blanks + key + blanks + "=" + blanks + value + one_of(chance, "", " ", "\r", "# = [Peer]", " #") + "\n"


@pytest.mark.parametrize("seed", range(1, 9))
def test_whatever_wg_quick_is_given_its_words_are_those_of_the_network_file(seed):
    chance = Chance(seed)
    for _ in range(40):
        table, mark = one_of(chance, "", "auto", "off", "5"), one_of(chance, "", "off", "0", "0x0", "0x7")
        nameservers = [address(chance, 4) for _ in range(chance.below(3))]
        text, line, expected, full = "[Interface]\n", 1, [], False
        for key, value in (("Table", table), ("FwMark", mark), ("DNS", ", ".join(nameservers))):
            if value:
                text, line = text + written(chance, key, value), line + 1
        for i in range(chance.below(4)):
            options, begins = {}, line + 1
            text, line = text + one_of(chance, "[Peer]\n", "[peer]\n", " [ PEER ] # one\n"), line + 1
            if chance.below(4):
                options["public_key"] = "K%d=" % i
                text, line = text + written(chance, "PublicKey", options["public_key"]), line + 1
            if chance.below(2):
                host, port = one_of(chance, "a.test", "192.0.2.1", "2001:db8::1"), str(chance.below(1 << 16))
                options["endpoint_host"], options["endpoint_port"] = host, port
                whole = ("[%s]:%s" if ":" in host else "%s:%s") % (host, port)
                text, line = text + written(chance, "Endpoint", whole), line + 1
            if chance.below(2):
                allowed = [one_of(chance, "0.0.0.0/0", "10.0.0.0/8", "::/0", "fd00::/8") for _ in range(2)]
                full = full or any(each.endswith("/0") for each in allowed)
                options["allowed_ips"] = allowed
                if chance.below(2):
                    text, line = text + written(chance, "AllowedIPs", ", ".join(allowed)), line + 1
                else:
                    text += "".join([written(chance, "AllowedIPs", each) for each in allowed])
                    line += 2
            if chance.below(2):
                options["persistent_keepalive"] = one_of(chance, "off", "25")
                text, line = text + written(chance, "PersistentKeepalive", options["persistent_keepalive"]), line + 1
            if chance.below(3) == 0:
                text, line = text + "\n", line + 1
            options["route_allowed_ips"] = "1" if table in ("", "auto") else "0"
            expected.append(("wg0.conf, peer %d" % (i + 1), options, begins))
        sections, problems = wg_quick.parse(text, "wg0")
        assert problems == [], text
        marked = full and table in ("", "auto") or mark == "0x7"
        interface = {"proto": "wireguard", "nohostroute": "1", "fwmark": "1" if marked else "0"}
        interface.update({"dns": nameservers} if nameservers else {})
        assert (sections[0].type, sections[0].name, sections[0].options) == ("interface", "wg0", interface)
        assert [(each.name, each.options, each.line) for each in sections[1:]] == expected
        assert all(each.type == "wireguard_wg0" and not each.anonymous for each in sections[1:])
