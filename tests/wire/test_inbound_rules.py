"""inbound.py: what a kernel does with packets by the rules that are sent to it.

Expressions and attributes have the numbers of include/uapi/linux/netfilter/nf_tables.h; tests/kernel/test_inbound.py
has real kernels read the same.
"""

import struct

import pytest

from nametrack.wire import inbound, netlink, nfnetlink

BIT = 0x1000000
NEW, ESTABLISHED, INVALID = 8, 2, 1  # ct state


def fields(data, order):
    return dict(netlink.attributes(data, order))


def number(data):
    return struct.unpack(">I", bytes(data))[0]


class Packet:
    def __init__(self, device, state, ct_mark, mark=0):
        self.device, self.state, self.ct_mark, self.mark = device.encode(), state, ct_mark, mark

    def load(self, name, key, order):
        if (name, key) == ("meta", 6):
            return self.device + bytes(16 - len(self.device))
        value = {("meta", 3): self.mark, ("ct", 0): self.state, ("ct", 3): self.ct_mark}[name, key]
        return struct.pack(order + "I", value)

    def store(self, name, key, data, order):
        (value,) = struct.unpack(order + "I", data)
        if (name, key) == ("meta", 3):
            self.mark = value
        else:
            assert (name, key) == ("ct", 3)
            self.ct_mark = value

    def meet(self, rule, order):
        """Go through the expressions of a rule, {kind: value}, up to one that does not match."""
        registers = {}
        for kind, expression in netlink.attributes(rule[4], order):
            named = fields(expression, order)
            name, about = netlink.text(named[1]), fields(named[2], order)
            assert kind == 1 and sorted(named) == [1, 2]
            if name == "cmp":
                equal = registers[number(about[1])] == bytes(fields(about[3], order)[1])
                if equal == bool(number(about[2])):
                    return
            elif name == "bitwise":
                mask, xor = [bytes(fields(about[key], order)[1]) for key in (4, 5)]
                assert number(about[3]) == len(mask) == len(xor) == 4
                value = registers[number(about[1])]
                registers[number(about[2])] = bytes([value[i] & mask[i] ^ xor[i] for i in range(4)])
            elif 1 in about:
                registers[number(about[1])] = self.load(name, number(about[2]), order)
            else:
                source = {"meta": 3, "ct": 4}[name]
                self.store(name, number(about[2]), registers[number(about[source])], order)


def sent(order, devices=("wan", "wanb")):
    """[(kind, flags, attributes)] of the messages of one transaction between its edges."""
    datagram, last = inbound.replace_table(list(devices), BIT, 7, order)
    items = list(netlink.messages(datagram, order))
    assert [item.type for item in (items[0], items[-1])] == [16, 17] and items[-1].seq == last
    for edge in (items[0], items[-1]):
        assert bytes(edge.payload) == b"\0\0\0\x0a" and edge.flags == 1
    return [(item.type, item.flags, dict(nfnetlink.body(item, order)[1])) for item in items[1:-1]]


# device, ct state, ct mark, mark -> ct mark, mark
PACKETS = [
    (("wan", NEW, 0, 0), (BIT, BIT)),
    (("wanb", NEW, 0x31, 0x501), (BIT | 0x31, BIT | 0x501)),
    (("wan", INVALID, 0, 0), (0, 0)),
    (("wan", ESTABLISHED, 0, 0x500), (0, 0x500)),
    (("wan2", NEW, 0, 0), (0, 0)),
    (("wa", NEW, 0x30, 0), (0x30, 0)),
    (("lan", ESTABLISHED, BIT | 0x30, 0x500), (BIT | 0x30, BIT | 0x500)),
    (("lan", NEW, 0xFFFFFF & ~BIT, 0), (0xFFFFFF & ~BIT, 0)),
]


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_begins_on_a_device_is_marked_and_so_are_its_packets_and_nothing_else(order):
    rules = [attributes for kind, _, attributes in sent(order) if kind == 0xA06][:-1]
    for given, expected in PACKETS:
        packet = Packet(*given)
        for rule in rules:
            packet.meet(rule, order)
        assert (packet.ct_mark, packet.mark) == expected, given


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_reply_of_the_router_is_marked_unless_another_program_marked_it(order):
    rule = [attributes for kind, _, attributes in sent(order) if kind == 0xA06][-1]
    replies = [(BIT | 0x30, 0, BIT), (BIT | 0x30, 0x500, 0x500), (0xFFFFFF & ~BIT, 0, 0), (0, 0, 0)]
    for ct_mark, mark, expected in replies:
        packet = Packet("", ESTABLISHED, ct_mark, mark)
        packet.meet(rule, order)
        assert (packet.ct_mark, packet.mark) == (ct_mark, expected)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_rules_stand_in_chains_behind_connection_tracking(order):
    messages = sent(order)
    assert [(kind, flags) for kind, flags, _ in messages] == [
        (0xA00, 0x405), (0xA02, 5), (0xA00, 0x405), (0xA03, 0x405), (0xA03, 0x405)
    ] + [(0xA06, 0xC05)] * 4  # fmt: skip
    assert all(netlink.text(attributes[1]) == "nametrack" for _, _, attributes in messages)
    chains = []
    for _, _, chain in messages[3:5]:
        hook = fields(chain[4], order)
        place = struct.unpack(">i", bytes(hook[2]))[0]
        chains.append((netlink.text(chain[3]), netlink.text(chain[7]), number(hook[1]), place))
    assert chains == [("inbound", "filter", 0, -150), ("replies", "route", 3, -150)]
    assert [netlink.text(attributes[2]) for _, _, attributes in messages[5:]] == ["inbound"] * 3 + ["replies"]


def told(table, family, user_data):
    """The comment that is read of a rule in such a table."""
    attributes = [netlink.name_attribute(1, table, 255, "<"), netlink.attribute(7, user_data, "<")]
    message = nfnetlink.message(nfnetlink.NFTABLES, 6, 0, 1, family, attributes, "<")
    return inbound.comment(list(netlink.messages(message, "<"))[0], "<")


def test_a_comment_is_read_of_rules_in_our_table_alone():
    assert told("nametrack", 1, b"\0\4abc\0") == "abc" and told("nametrack", 1, b"\0\2a\0") == "a"
    assert told("fw4", 1, b"\0\4abc\0") is None and told("nametrack", 2, b"\0\4abc\0") is None
    for cut in (b"", b"\0", b"\0\4", b"\0\5abc\0", b"\0\4abc", b"\1\4abc\0"):
        assert told("nametrack", 1, cut) == "", cut


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_rules_of_our_table_are_asked_for(order):
    (message,) = netlink.messages(inbound.get_rules(9, order), order)
    assert (message.type, message.flags, message.seq) == (0xA07, 0x301, 9)
    family, attributes = nfnetlink.body(message, order)
    assert family == 1 and [(kind, netlink.text(value)) for kind, value in attributes] == [(1, "nametrack")]
