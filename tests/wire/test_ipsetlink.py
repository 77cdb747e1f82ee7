"""ipsetlink.py: ipsets as a Linux 6.18 kernel lists them, beside what `ipset save` said of the same."""

import binascii
import json
import struct

import netfilter
import pytest

from nametrack import ip
from nametrack.element import ElementList, SetName
from nametrack.wire import ipsetlink, netlink, nfnetlink
from nametrack.wire.netlink import NetlinkError
from nametrack.wire.sets import Form

LITTLE = netfilter.LITTLE
NOW = 1000
WG = SetName("ipset", "", "", "wg")
NETS = "hash:net comment, as vpn-policy-routing makes them"
TIMED = "hash:ip with timeouts, one of them for ever"
EXCEPTION = "hash:net family inet6 with an exception"


def read(datagrams, seq):
    """The Dump; it may be incomplete."""
    dump = ipsetlink.Dump(seq, NOW, LITTLE)
    for datagram in datagrams:
        dump.feed(datagram)
    return dump


def listing(about):
    """(Form, {address: seconds left or None}, texts of those that carry our comment)"""
    one = netfilter.about(about)
    dump = read(one["datagrams"], one["seq"])
    assert dump.errno == 0
    ends = dump.found.ends
    left = {ip.element(key): None if ends.get(key) is None else ends.get(key) - NOW for key in ends}
    marks = dump.found.marked
    return dump.form(), left, None if marks is None else sorted([ip.element(key) for key in marks])


def saved(about):
    """[(address, timeout or None)] in the words of `ipset save`, exceptions left out."""
    found = []
    for line in netfilter.about(about)["saved"].split("\n"):
        words = line.split()
        if words[:1] == ["add"] and words[-1] != "nomatch":
            timeout = int(words[4]) if words[3:4] == ["timeout"] else 0
            found.append((words[2], timeout or None))
    return found


@pytest.mark.parametrize("about", [NETS, TIMED, EXCEPTION, "counters and skbinfo", "an empty one"])
def test_the_elements_are_those_of_ipset_save(about):
    assert listing(about)[1] == dict(saved(about))


def test_a_set_with_timeouts_says_when_each_ends():
    form, left, marked = listing(TIMED)
    assert form == Form(4, True, False, False, 65536, "", False)
    assert sorted([timeout or 0 for timeout in left.values()]) == [0, 7, 600] and marked is None


def test_a_set_with_comments_says_which_elements_carry_ours():
    form, _, marked = listing(NETS)
    assert form == Form(4, False, True, False, 65536, "", True) and marked == ["192.0.2.7"]


def test_other_flags_of_elements_are_no_comments():
    form, _, marked = listing("counters and skbinfo")
    assert not form.comments and marked is None


def test_an_exception_is_no_element():
    form, left, _ = listing(EXCEPTION)
    assert form[:4] == (6, False, True, False) and "2001:db8:1::/48" not in left


@pytest.mark.parametrize("about", ["hash:ip with a netmask", "hash:ip,port", "list:set"])
def test_a_set_that_addresses_cannot_fill_says_so_and_has_no_elements(about):
    form, left, _ = listing(about)
    assert form.takes and left == {}


def test_an_empty_set_is_none_that_is_missing():
    assert listing("an empty one") == (Form(4, False, False, False, 65536, "", False), {}, None)
    missing = netfilter.about("none of that name")
    assert read(missing["datagrams"], missing["seq"]).errno == 2


def entry(request):
    """The bytes of the first entry of a change, without the number of its line."""
    item = list(netlink.messages(request, LITTLE))[0]
    found = {kind: value for kind, value in nfnetlink.body(item, LITTLE)[1]}
    if 8 in found:  # several: the first
        found = {kind: value for kind, value in netlink.attributes(found[8], LITTLE)}
    return item.type, sorted([(kind, bytes(v)) for kind, v in netlink.attributes(found[7], LITTLE) if kind != 9])


@pytest.mark.parametrize(
    "words,command,key,timeout,form",
    [
        ("add s 192.0.2.0/24 timeout 600 comment nametrack", ipsetlink.ADD, "192.0.2.0/24", 600, (4, True, True)),
        ("del s 192.0.2.0/24", ipsetlink.DELETE, "192.0.2.0/24", None, (4, True, True)),
        ("add h6 2001:db8::1", ipsetlink.ADD, "2001:db8::1", None, (6, False, False)),
    ],
)
def test_a_change_is_byte_by_byte_what_ipset_sends(words, command, key, timeout, form):
    with open(netfilter.__file__[: netfilter.__file__.rfind("/")] + "/data/sets.jsonl") as lines:
        recorded = [one for one in [json.loads(line) for line in lines] if one["about"] == "ipset %s -exist" % words][0]
    made = Form(form[0], form[1], form[2], False, None, "", form[2])
    given = ElementList([ip.key(key)], None if timeout is None else [timeout])
    ours = ipsetlink.change(command, WG, made, given, 1, LITTLE)
    theirs = entry(binascii.unhexlify(recorded["batch"]))
    assert entry(ours)[0] == theirs[0]
    assert [pair for pair in theirs[1] if pair in entry(ours)[1]] == entry(ours)[1]


# what is added -> the length of its prefix in the request, None for an address alone
LENGTHS = [
    ("192.0.2.1", None),
    ("192.0.2.0/31", 31),
    ("192.0.2.0/24", 24),
    ("128.0.0.0/1", 1),
    ("2001:db8::1", None),
    ("2001:db8::/127", 127),
    ("2001:db8::/32", 32),
    ("8000::/1", 1),
]


@pytest.mark.parametrize("text,length", LENGTHS)
def test_an_address_goes_into_an_ipset_alone_and_a_prefix_with_its_length(text, length):
    made = Form(ip.family(text.partition("/")[0]), False, True, False, None, "", False)
    request = ipsetlink.change(ipsetlink.ADD, WG, made, ElementList([ip.key(text)]), 1, LITTLE)
    assert [value for kind, value in entry(request)[1] if kind == 3] == ([] if length is None else [bytes([length])])


def test_the_entry_that_was_refused_is_named():
    request = ipsetlink.change(
        ipsetlink.ADD, WG, Form(4, False, False, False, 2, "", False), ElementList([1, 2]), 9, LITTLE
    )
    quoted = request.replace(b"\x08\x00\x09\x40\x00\x00\x00\x00", b"\x08\x00\x09\x40\x00\x00\x00\x01", 1)
    code = (4352 ^ 0xFFFFFFFF) + 1
    answer = netlink.message(netlink.ERROR, 0, 9, code.to_bytes(4, "little") + quoted, LITTLE)
    assert netlink.reply(answer, 9, LITTLE).errno == 4352 == ipsetlink.FULL
    assert ipsetlink.refused_line(answer, LITTLE) == 1


def test_as_many_entries_as_one_request_takes_fit_into_an_answer_that_quotes_them():
    keys = [
        (1 << 128 | 0x20010DB8 << 96 | i << 8, 1 << 128 | 0x20010DB8 << 96 | i << 8 | 255)
        for i in range(ipsetlink.MOST)
    ]
    given = ElementList(keys, [600] * len(keys))
    request = ipsetlink.change(ipsetlink.ADD, WG, Form(6, True, True, False, None, "", True), given, 1, LITTLE)
    assert 20000 < len(request) + 36 <= 32768


def test_the_header_alone_counts_the_elements():
    one = netfilter.about("its header alone")
    assert ipsetlink.get_set(WG, one["seq"], True, LITTLE) == one["request"]
    dump = read(one["datagrams"], one["seq"])
    assert (dump.errno, dump.size, len(dump.found.ends)) == (0, 3, 0)


def test_the_request_is_the_recorded_one():
    one = netfilter.about(NETS)
    assert ipsetlink.get_set(WG, one["seq"], False, LITTLE) == one["request"]


def test_what_is_cut_short_is_an_error_or_incomplete():
    one = netfilter.about(NETS)
    for size in range(len(one["datagrams"][0])):
        try:
            dump = read([one["datagrams"][0][:size]], one["seq"])
        except NetlinkError:
            continue
        assert dump.errno is None


def test_what_is_changed_is_read_or_is_an_error():
    for about in (NETS, TIMED, EXCEPTION):
        one = netfilter.about(about)
        for datagrams in netfilter.spoilt(one["datagrams"], 1000):
            try:
                read(datagrams, one["seq"]).form()
            except NetlinkError:
                pass


def test_a_name_has_31_bytes_at_most():
    request = ipsetlink.get_set(SetName("ipset", "", "", "n" * 31), 7, True, LITTLE)
    assert b"\x24\0\2\0" + b"n" * 31 + b"\0" in request
    with pytest.raises(NetlinkError):
        ipsetlink.get_set(SetName("ipset", "", "", "n" * 32), 7, True, LITTLE)


def test_a_dump_says_when_it_is_complete_and_counts_what_it_met():
    one = netfilter.about(TIMED)
    dump = ipsetlink.Dump(one["seq"], NOW, LITTLE)
    ended = [dump.feed(datagram) for datagram in one["datagrams"]]
    assert ended == [False] * (len(ended) - 1) + [True] and dump.found.count == len(dump.found.ends) > 0


def test_a_set_does_not_change_its_family_within_a_listing():
    one = netfilter.about(NETS)
    dump = ipsetlink.Dump(one["seq"], NOW, LITTLE)
    dump.feed(one["datagrams"][0])
    family = {4: 10, 6: 2}[dump.form().family]
    other = netlink.attribute(5, bytes([family]), LITTLE)
    with pytest.raises(NetlinkError):
        dump.feed(nfnetlink.message(nfnetlink.IPSET, 7, 0, one["seq"], 2, [other], LITTLE))


@pytest.mark.parametrize("references", [0, 1, 2])
def test_a_set_is_in_use_from_the_first_that_refers_to_it_on(references):
    dump = ipsetlink.Dump(7, NOW, LITTLE)
    dump._header(netlink.attribute(ipsetlink._REFERENCES, struct.pack(">I", references), LITTLE))
    assert dump.used == (references > 0)


def test_of_a_set_that_does_not_say_what_refers_to_it_nothing_is_known():
    dump = ipsetlink.Dump(7, NOW, LITTLE)
    dump._header(netlink.attribute(ipsetlink._MAXELEM, struct.pack(">I", 9), LITTLE))
    assert dump.used is None


def test_an_entry_is_an_exception_by_its_flag_alone():
    for flags, excepted in ((4, True), (16, False), (20, True)):
        dump = ipsetlink.Dump(7, NOW, LITTLE)
        address = netlink.nested(1, [netlink.attribute(1, ip.packed("192.0.2.1"), LITTLE)], LITTLE)
        entry = netlink.nested(7, [address, netlink.attribute(8, struct.pack(">I", flags), LITTLE)], LITTLE)
        parts = [netlink.attribute(3, b"hash:net\0", LITTLE), netlink.attribute(5, b"\x02", LITTLE)]
        parts += [netlink.nested(7, [], LITTLE), netlink.nested(8, [entry], LITTLE)]
        dump.feed(nfnetlink.message(nfnetlink.IPSET, 7, 0, 7, 2, parts, LITTLE))
        assert (len(dump.found.ends) == 0) is excepted
