"""nftset.py and nftchange.py: nft sets on a Linux 6.18 kernel, beside what `nft -j list set` said of them, and changes
as nft 1.0.6 sends them."""

import binascii
import json

import netfilter
import pytest

from mutations import Chance
from nametrack import ip
from nametrack.element import ElementList, SetName
from nametrack.wire import netlink, nfnetlink, nftchange, nftset
from nametrack.wire.netlink import NetlinkError
from nametrack.wire.sets import Form

LITTLE = netfilter.LITTLE
NOW = 1000


def _recorded():
    with open(__file__[: __file__.rfind("/")] + "/data/sets.jsonl") as lines:
        return [json.loads(line) for line in lines]


RECORDED = {one["about"]: one for one in _recorded()}
SETS = sorted([about[8:] for about in RECORDED if about.startswith("nft set ")])
CHANGES = sorted([about for about in RECORDED if about.split(" set ")[0][:8] in ("nft add ", "nft dele")])


def name(text):
    return SetName("nft", "inet", "t", text)


def hexed(texts):
    return [binascii.unhexlify(text) for text in texts]


def form(which):
    one = RECORDED["nft set " + which]
    messages = [m for data in hexed(one["datagrams"]) for m in netlink.reply(data, one["seq"], LITTLE).messages]
    return nftset.form(messages[0], LITTLE)


def elements(which, datagrams=None):
    one = RECORDED["nft set " + which]
    dump = nftset.Elements(form(which), one["element_seq"], NOW, LITTLE)
    for datagram in datagrams or hexed(one["elements"]):
        dump.feed(datagram)
    return dump


@pytest.mark.parametrize("which", SETS)
def test_the_request_is_the_recorded_one(which):
    one = RECORDED["nft set " + which]
    assert nftset.get_set(name(which), one["seq"], LITTLE) == binascii.unhexlify(one["request"])


@pytest.mark.parametrize(
    "which,expected",
    [
        ("p4", (4, False, False, False, None, "", True)),
        ("t4", (4, True, False, False, None, "", True)),
        ("tt4", (4, True, False, False, None, "", True)),
        ("i4", (4, False, True, False, None, "", True)),
        ("m4", (4, False, True, True, None, "", True)),
        ("p6", (6, False, True, False, None, "", True)),
        ("z4", (4, False, False, False, 4, "", True)),
        ("mp4", (4, False, False, False, None, "is a map, not a set", True)),
        ("n4", (None, False, False, False, None, "", True)),
    ],
)
def test_how_a_set_is_made(which, expected):
    assert form(which) == Form(*expected)


@pytest.mark.parametrize("said,merge", [(bytes(4), False), (b"\1\0\0\0", True), (None, False)])
def test_a_set_has_auto_merge_if_nft_says_so_and_not_if_it_says_no(said, merge):
    parts = [netlink.attribute(3, bytes([0, 0, 0, 4]), LITTLE)]  # intervals
    if said is not None:
        parts.append(netlink.attribute(13, bytes([2, 4]) + said, LITTLE))
    message = nfnetlink.message(nfnetlink.NFTABLES, 9, 0, 1, 1, parts, LITTLE)
    (item,) = netlink.messages(message, LITTLE)
    made = nftset.form(item, LITTLE)
    assert (made.interval, made.merge) == (True, merge)


def test_a_set_whose_elements_end_after_some_time_unless_told_otherwise_has_timeouts():
    part = netlink.attribute(11, bytes(7) + b"\x01", LITTLE)
    (item,) = netlink.messages(nfnetlink.message(nfnetlink.NFTABLES, 9, 0, 1, 1, [part], LITTLE), LITTLE)
    assert nftset.form(item, LITTLE).timeout


def test_a_constant_set_says_that_it_cannot_be_changed():
    assert "constant" in form("k4").takes


def said_by_nft(which):
    """{key: (comment, seconds left or None)} of an element, by nft's JSON."""
    found = {}
    for element in RECORDED["nft set " + which]["json"].get("elem", []):
        comment = left = None
        if isinstance(element, dict) and "elem" in element:
            comment, left = element["elem"].get("comment"), element["elem"].get("expires")
            element = element["elem"]["val"]
        if isinstance(element, dict) and "prefix" in element:
            element = "%s/%d" % (element["prefix"]["addr"], element["prefix"]["len"])
        elif isinstance(element, dict):
            element = "-".join(element["range"])
        found[ip.key(element)] = (comment, left)
    return found


@pytest.mark.parametrize("which", [which for which in SETS if which not in ("mp4", "n4")])
def test_what_is_read_is_what_nft_lists(which):
    dump, expected = elements(which), said_by_nft(which)
    ends, marks = dump.found.ends, dump.found.marked
    assert dump.errno == 0 and sorted(ends, key=str) == sorted(expected, key=str)
    assert sorted(marks, key=str) == sorted([key for key in expected if expected[key][0] == "nametrack"], key=str)
    for key in expected:
        if expected[key][1] is None:
            assert ends.get(key) is None
        else:
            assert expected[key][1] <= ends.get(key) - NOW <= expected[key][1] + 2


def test_a_set_whose_keys_are_no_addresses_has_no_elements_for_us():
    assert len(elements("n4").found.ends) == 0


def test_a_range_up_to_the_last_address_has_no_end():
    assert ip.key("255.255.255.0/24") in elements("i4").found.ends
    assert ip.key("0.0.0.0/8") in elements("i4").found.ends


def test_the_order_in_which_the_kernel_lists_ranges_does_not_matter():
    """Kernels list downwards or upwards."""
    one = RECORDED["nft set i4"]
    dump, upwards = elements("i4"), nftset.Elements(form("i4"), 1, NOW, LITTLE)
    pieces = []
    for datagram in hexed(one["elements"]):
        for item in netlink.reply(datagram, one["element_seq"], LITTLE).messages:
            for kind, value in nfnetlink.body(item, LITTLE)[1]:
                if kind == nftset.ELEMENTS:
                    pieces.extend([bytes(v) for _, v in netlink.attributes(value, LITTLE)])
    pieces.reverse()
    listed = netlink.nested(nftset.ELEMENTS, [netlink.attribute(1, piece, LITTLE) for piece in pieces], LITTLE)
    message = nfnetlink.message(nfnetlink.NFTABLES, nfnetlink.NEWELEMENT, 0, 1, 1, [listed], LITTLE)
    done = netlink.message(netlink.DONE, 0, 1, bytes(4), LITTLE)
    assert upwards.feed(message + done)
    assert sorted(upwards.found.ends, key=str) == sorted(dump.found.ends, key=str)


def given(text):
    """(deleted, added): ElementLists of the words of an nft command."""
    verb, listed = text.split(" ")[1], text[text.index("{") + 1 : text.index("}")]
    keys, timeouts = [], []
    for word in listed.split(","):
        words = word.split()
        keys.append(ip.key(words[0]))
        timeouts.append(90 if "timeout" in words else None)
    timed = timeouts if any(timeouts) else None
    return (ElementList(), ElementList(keys, timed)) if verb == "add" else (ElementList(keys), ElementList())


def parts(element):
    """The attributes of an element but for what says nothing: flags of 0, nft's note that a range has no end.

    nft writes them in another order.
    """
    found = [(kind, bytes(value)) for kind, value in netlink.attributes(element, LITTLE)]
    note = b"\x01\x04\x01\x00\x00\x00"
    found = [(kind, value.replace(note, b"")) for kind, value in found]
    return [part for part in found if part != (nftset.FLAGS, bytes(4))]


def listed_in(batch):
    """[(message type, its elements)] of a batch, the elements sorted: nft sorts ranges downwards or upwards."""
    found = []
    for item in netlink.messages(batch, LITTLE):
        if item.type >> 8 == nfnetlink.NFTABLES:
            for kind, value in nfnetlink.body(item, LITTLE)[1]:
                if kind == nftset.ELEMENTS:
                    elements = [sorted(parts(v)) for _, v in netlink.attributes(value, LITTLE)]
                    if item.type & 255 == nfnetlink.DELELEMENT:  # nft names the comment of what it deletes as well
                        elements = [
                            [part for part in one if part[0] == nftset.KEY or part[0] == nftset.FLAGS]
                            for one in elements
                        ]
                    elements.sort()
                    found.append((item.type & 255, elements))
    return found


@pytest.mark.parametrize("about", CHANGES)
def test_a_change_is_byte_by_byte_what_nft_sends(about):
    which = about.split(" ")[5]
    deleted, added = given(about)
    requests = nftchange.requests(name(which), form(which), (deleted, added, ElementList()), 1, False, LITTLE)
    ours = listed_in(nfnetlink.batch(requests, 0, LITTLE))
    theirs = listed_in(binascii.unhexlify(RECORDED[about]["batch"]))
    # nft begins an empty interval set with an end at 0.0.0.0, which says nothing
    nothing = [element for element in theirs[0][1] if element not in ours[0][1]]
    assert ours[0][0] == theirs[0][0] and [e for e in theirs[0][1] if e not in nothing] == ours[0][1]
    assert len(nothing) <= 1 and (not nothing or "interval" in about or which in ("i4", "p6"))


def test_a_batch_stands_between_its_two_edges():
    requests = nftchange.requests(
        name("p4"), form("p4"), (ElementList(), ElementList([7]), ElementList()), 5, False, LITTLE
    )
    items = list(netlink.messages(nfnetlink.batch(requests, 4, LITTLE), LITTLE))
    recorded = list(netlink.messages(binascii.unhexlify(RECORDED[CHANGES[0]]["batch"]), LITTLE))
    assert [item.type for item in items] == [recorded[0].type, recorded[1].type, recorded[-1].type]
    assert bytes(items[0].payload) == bytes(recorded[0].payload)
    assert (items[0].flags, items[0].seq) == (recorded[0].flags, 4) and items[-1].flags == recorded[-1].flags


def test_no_request_is_longer_than_an_attribute_and_each_element_is_in_one():
    keys = [0x20010DB8 << 96 | 1 << 128 | 2 * i for i in range(1000)]
    made = Form(6, True, True, False, None, "", True)
    requests = nftchange.requests(
        name("p6"), made, (ElementList(keys), ElementList(keys, [60] * 1000), ElementList()), 1, False, LITTLE
    )
    batch = nfnetlink.batch(requests, 0, LITTLE)
    assert max([len(item.payload) for item in netlink.messages(batch, LITTLE)]) < 65536
    assert sum([len(found) for _, found in listed_in(batch)]) == 4000


def test_elements_that_live_differently_long_fill_a_request_too():
    keys, made = list(range(3000)), Form(4, True, False, False, None, "", True)
    added = ElementList(keys, [60 + i % 2 for i in range(len(keys))])
    requests = nftchange.requests(name("t4"), made, (ElementList(), added, ElementList()), 1, False, LITTLE)
    assert all(59000 < len(request) < 61000 for request in requests[:-1]) and len(requests) == 3
    assert sum([len(found) for _, found in listed_in(b"".join(requests))]) == 3000


@pytest.mark.parametrize("prefixes", (("10.0.0.0/8", "128.0.0.0/1", "192.0.2.1"), ("2001:db8::/32", "8000::/1", "::1")))
def test_what_reaches_to_the_last_address_has_no_end_and_its_neighbours_have(prefixes):
    keys = [ip.key(prefix) for prefix in prefixes]
    made = Form(ip.key_family(keys[0]), False, True, False, None, "", True)
    for timeouts in (None, [60, 70, 60]):
        change = (ElementList(), ElementList(keys, timeouts), ElementList())
        (sent,) = nftchange.requests(name("inet fw4 staging"), made, change, 1, False, LITTLE)
        apart = nftchange.requests(name("inet fw4 staging"), made, change, 1, True, LITTLE)
        ((_, together),) = listed_in(sent)
        each = [listed_in(request)[0][1] for request in apart]
        assert [len(elements) for elements in each] == [2, 1, 2]
        assert together == sorted([element for elements in each for element in elements])


def test_apart_each_element_has_a_request_whose_number_names_it_deletions_first():
    deleted, added = ElementList([1, 2]), ElementList([3])
    requests = nftchange.requests(name("p4"), form("p4"), (deleted, added, ElementList()), 10, True, LITTLE)
    items = list(netlink.messages(b"".join(requests), LITTLE))
    assert [item.seq for item in items] == [10, 11, 12]
    kinds = [nfnetlink.DELELEMENT] * 2 + [nfnetlink.NEWELEMENT]
    assert [item.type & 255 for item in items] == kinds
    assert [item.flags for item in items] == [1, 1, 0x401]  # NLM_F_REQUEST, NLM_F_CREATE


def test_what_the_kernel_refused_is_named_by_its_number():
    def error(seq, errno):
        code = (errno ^ 0xFFFFFFFF) + 1 & 0xFFFFFFFF
        return netlink.message(netlink.ERROR, 0, seq, code.to_bytes(4, "little") + bytes(16), LITTLE)

    assert nfnetlink.refusals(error(7, 17) + error(8, 0) + error(9, 23), LITTLE) == [(7, 17), (9, 23)]


def test_a_rule_that_names_the_set_is_seen():
    one = RECORDED["nft rules"]
    for which, used in (("p4", True), ("t4", False), ("4", False)):
        rules = nftset.Rules(name(which), one["seq"], LITTLE)
        for datagram in hexed(one["datagrams"]):
            rules.feed(datagram)
        # a name that is the end of another one counts as well: that does no harm
        assert (rules.errno, rules.used) == (0, used or which == "4")


def test_what_is_cut_short_or_changed_is_read_or_is_an_error():
    for which in ("p4", "t4", "i4", "p6"):
        datagrams = hexed(RECORDED["nft set " + which]["elements"])
        for size in range(len(datagrams[0])):
            try:
                elements(which, [datagrams[0][:size]])
            except NetlinkError:
                pass
        for spoilt in netfilter.spoilt(datagrams, 500):
            try:
                elements(which, spoilt)
            except NetlinkError:
                pass


def test_each_of_many_alike_elements_has_an_end_of_its_own():
    """Elements after the first are read by its layout, from its own bytes."""
    items = []
    for i in range(1, 6):
        address = netlink.attribute(1, bytes([192, 0, 2, i]), LITTLE)
        parts = [netlink.nested(nftset.KEY, [address], LITTLE)]
        parts.append(netlink.attribute(nftset.TIMEOUT, (100000).to_bytes(8, "big"), LITTLE))
        parts.append(netlink.attribute(nftset.EXPIRATION, (i * 1000).to_bytes(8, "big"), LITTLE))
        items.append(netlink.nested(1, parts, LITTLE))
    listed = netlink.nested(nftset.ELEMENTS, items, LITTLE)
    dump = nftset.Elements(Form(4, True, False, False, None, "", True), 1, NOW, LITTLE)
    dump.feed(nfnetlink.message(nfnetlink.NFTABLES, nfnetlink.NEWELEMENT, 0, 1, 1, [listed], LITTLE))
    for i in range(1, 6):
        assert dump.found.ends.get(ip.key("192.0.2.%d" % i)) == NOW + i


def test_an_element_whose_key_comes_after_another_attribute_is_read_from_there():
    items = []
    for i in range(1, 4):
        flags = netlink.attribute(nftset.FLAGS, bytes(4), LITTLE)
        key = netlink.nested(nftset.KEY, [netlink.attribute(1, bytes([192, 0, 2, i]), LITTLE)], LITTLE)
        items.append(netlink.nested(1, [flags, key], LITTLE))
    listed = netlink.nested(nftset.ELEMENTS, items, LITTLE)
    dump = nftset.Elements(Form(4, False, False, False, None, "", False), 1, NOW, LITTLE)
    dump.feed(nfnetlink.message(nfnetlink.NFTABLES, nfnetlink.NEWELEMENT, 0, 1, 1, [listed], LITTLE))
    assert sorted(dump.found.ends) == [ip.key("192.0.2.%d" % i) for i in range(1, 4)]


def attribute(kind, value):
    return netlink.attribute(kind, value, LITTLE)


def key(address, kind=1):
    return netlink.nested(nftset.KEY, [attribute(kind, ip.packed(address))], LITTLE)


def listed(interval, items):
    """What is read of elements in one datagram: texts; items: the bytes of each."""
    family = 6 if len(items[0]) > 24 else 4
    dump = nftset.Elements(Form(family, False, interval, False, None, "", False), 1, NOW, LITTLE)
    value = attribute(nftset.ELEMENTS, b"".join(items))
    message = nfnetlink.message(nfnetlink.NFTABLES, nfnetlink.NEWELEMENT, 0, 1, 1, [value], LITTLE)
    assert dump.feed(message + netlink.message(netlink.DONE, 0, 1, bytes(4), LITTLE))
    return sorted([ip.element(each) for each in dump.found.ends])


def element(*parts):
    return netlink.nested(1, parts, LITTLE)


FIRST, NOTHING, SIX = key("192.0.2.1"), attribute(nftset.FLAGS, bytes(4)), element(key("2001:db8::1"))
END = attribute(nftset.FLAGS, bytes([0, 0, 0, nftset.RANGE_END]))
# of two elements that are of the same length: whether the set has intervals, and what is read, None for an error
ALIKE = [
    (True, [element(FIRST, NOTHING), element(key("192.0.2.9"), END)], ["192.0.2.1-192.0.2.8"]),
    (True, [element(key("192.0.2.9"), END), element(FIRST, NOTHING)], ["192.0.2.1-192.0.2.8"]),
    (False, [element(FIRST), element(key("192.0.2.2"))], ["192.0.2.1", "192.0.2.2"]),
    (False, [element(FIRST), element(attribute(9, FIRST[4:]))], None),  # it has no key
    (False, [element(FIRST), element(key("192.0.2.2", 9))], None),  # nor has this one
    (False, [SIX, element(key("2001:db8::2"))], ["2001:db8::1", "2001:db8::2"]),
    (False, [SIX, element(key("2001:db8::2"))[:-4]], None),  # cut off
    (False, [element(FIRST, attribute(10, b"1234"))], None),  # of a concatenation
]


@pytest.mark.parametrize("case", ALIKE)
def test_an_element_as_long_as_the_one_before_it_is_read_by_its_own_words(case):
    interval, items, expected = case
    if expected is not None:
        assert listed(interval, items) == expected
        return
    with pytest.raises(NetlinkError):
        listed(interval, items)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_an_address_goes_into_a_set_without_intervals_by_its_bytes_and_without_an_end(address):
    made = Form(ip.family(address), False, False, False, None, "", False)
    keys = (ElementList(), ElementList([ip.key(address)]), ElementList())
    (sent,) = nftchange.requests(name("inet fw4 staging"), made, keys, 1, True, LITTLE)
    ((_, elements),) = listed_in(sent)
    assert [[kind for kind, _ in each] for each in elements] == [[nftset.KEY]] and ip.packed(address) in sent


def test_of_what_is_put_into_a_set_with_comments_ours_alone_has_our_comment():
    """What has it is taken out again when nothing wants it."""
    made = Form(4, False, False, False, None, "", True)
    keys = [ElementList([ip.key("192.0.2.%d" % i)], None) for i in (1, 2, 3)]
    sent = nftchange.requests(name("inet fw4 staging4"), made, keys, 1, False, LITTLE)
    assert [nftset.MARK_DATA in request for request in sent] == [False, True, False]


def test_an_element_that_is_cut_off_says_how_much_is_there():
    with pytest.raises(NetlinkError, match="an element of 16 bytes, but only 12 are left"):
        listed(False, [element(FIRST), element(FIRST)[:-4]])


def any_element(chance):
    """An element whose parts, their order and what they say are a matter of chance."""
    parts = [key("192.0.2.%d" % chance.below(256))]
    for kind, size in ((nftset.TIMEOUT, 8), (nftset.EXPIRATION, 8), (9, 4)):
        if chance.below(2):
            parts.insert(chance.below(2) * len(parts), attribute(kind, bytes(size - 2) + chance.bytes(2)))
    if chance.below(2):
        parts.append(attribute(nftset.FLAGS, bytes([0, 0, 0, 2 * (chance.below(5) == 0)])))
    if chance.below(2):
        parts.append(attribute(nftset.USER_DATA, nftset.MARK_DATA[:-1] + bytes([chance.below(2)])))
    return element(*parts)


@pytest.mark.parametrize("seed", range(1, 6))
def test_an_element_is_read_alike_whatever_was_read_before_it(seed):
    """The layouts of those before are remembered."""
    chance = Chance(seed)
    items = [any_element(chance) for _ in range(300)]
    together, ends, marked = feed(items), {}, set()
    for item in items:
        alone = feed([item])
        ends.update([(each, alone.ends.get(each)) for each in alone.ends])
        marked.update(alone.marked)
    assert {each: together.ends.get(each) for each in together.ends} == ends
    assert set(together.marked) == marked


def feed(items):
    dump = nftset.Elements(Form(4, True, False, False, None, "", True), 1, NOW, LITTLE)
    value = attribute(nftset.ELEMENTS, b"".join(items))
    dump.feed(nfnetlink.message(nfnetlink.NFTABLES, nfnetlink.NEWELEMENT, 0, 1, 1, [value], LITTLE))
    return dump.found
