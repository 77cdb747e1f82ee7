"""nfnetlink.py: what a Linux 6.18 kernel tells of nft's sets while nft changes them."""

import netfilter
import pytest

from nametrack.element import SetName
from nametrack.wire import netlink, nfnetlink, nftset
from nametrack.wire.netlink import NetlinkError

LITTLE = netfilter.LITTLE
INET, IP = 1, 2
NEW, GONE, FILLED, TAKEN = nfnetlink.NEWSET, nfnetlink.DELSET, nfnetlink.NEWELEMENT, nfnetlink.DELELEMENT


def told(about):
    """[(kind, family, table, set)] in the notices of a change, which all name whoever made it."""
    one = netfilter.about(about)
    found = []
    for datagram in one["datagrams"]:
        for notice in nfnetlink.notices(datagram, LITTLE):
            assert notice.port == one["port"]
            found.append(notice[:4])
    return found


@pytest.mark.parametrize(
    "about,notices",
    [
        ("elements are added", [(FILLED, INET, "fw4", "mine4")]),
        ("one is deleted", [(TAKEN, INET, "fw4", "mine4")]),
        ("nothing changes", [(FILLED, INET, "fw4", "mine4")]),
        ("the set is flushed", [(TAKEN, INET, "fw4", "mine4")]),
        ("another set is made in another table", [(NEW, IP, "other", "mine4")]),
        ("the set is deleted and made again", [(GONE, INET, "fw4", "mine4"), (NEW, INET, "fw4", "mine4")]),
        ("the table is deleted", [(GONE, INET, "fw4", "mine4")]),
        ("everything is made and flushed", [(NEW, INET, "fw4", "mine4"), (FILLED, INET, "fw4", "mine4")]),
        ("flush ruleset", [(GONE, IP, "other", "mine4"), (GONE, INET, "fw4", "mine4")]),
        ("rules only", [(nfnetlink.NEWRULE, INET, "x", None)]),
    ],
)
def test_each_change_of_a_set_is_told(about, notices):
    assert sorted(told(about)) == sorted(notices)


def test_many_elements_of_one_set_are_one_notice():
    one = netfilter.about("elements are added")["datagrams"][0]
    assert len(list(netlink.messages(one, LITTLE))) == 2
    assert len(nfnetlink.notices(one, LITTLE)) == 1


def test_of_the_messages_about_a_thousand_elements_only_the_first_is_taken_apart():
    whole = netfilter.about("the set is flushed")["datagrams"][0]
    item = next(netlink.messages(whole, LITTLE))
    one = netlink.message(item.type, 0, 0, bytes(item.payload), LITTLE)
    read, attributes = [], netlink.attributes
    try:
        netlink.attributes = lambda data, order: read.append(data) or attributes(data, order)
        assert len(nfnetlink.notices(one * 1000, LITTLE)) == 1
    finally:
        netlink.attributes = attributes
    assert len(read) == 1


def test_the_changes_of_one_port_can_be_left_out():
    one = netfilter.about("elements are added")
    assert [nfnetlink.notices(datagram, LITTLE, one["port"]) for datagram in one["datagrams"]] == [
        [] for _ in one["datagrams"]
    ]
    assert told("elements are added")


def test_of_a_datagram_about_our_own_change_only_the_first_message_is_read():
    one = netfilter.about("elements are added")
    cut = one["datagrams"][0][:-8]
    assert nfnetlink.notices(cut, LITTLE, one["port"]) == []
    with pytest.raises(NetlinkError):
        nfnetlink.notices(cut, LITTLE)


def test_every_change_ends_in_the_number_of_the_generation():
    numbers = []
    for one in netfilter.ALL:
        if "nft" in one:
            found = [nfnetlink.generation(datagram, LITTLE) for datagram in one["datagrams"]]
            numbers.extend([generation.number for generation in found if generation is not None])
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) >= 10


def test_a_change_and_the_notices_of_it_name_the_same_port():
    for one in netfilter.ALL:
        ports, generations = set(), set()
        for datagram in one["datagrams"] if "nft" in one else []:
            ports.update([notice.port for notice in nfnetlink.notices(datagram, LITTLE)])
            generation = nfnetlink.generation(datagram, LITTLE)
            if generation is not None:
                generations.add(generation.port)
        assert ports <= generations


def test_the_generation_can_be_asked_for():
    one = netfilter.about("the generation")
    assert nfnetlink.get_generation(one["seq"], LITTLE) == one["request"]
    assert nfnetlink.generation(one["datagrams"][0], LITTLE).number > 0


@pytest.mark.parametrize(
    "about,name,errno",
    [
        ("an nft set that exists", "inet fw4 mine4", 0),
        ("an nft set that does not", "inet fw4 other", 2),
        ("a table that does not", "ip nosuch other", 2),
    ],
)
def test_a_set_can_be_asked_for(about, name, errno):
    one = netfilter.about(about)
    assert nftset.get_set(SetName("nft", *name.split()), one["seq"], LITTLE) == one["request"]
    found = [netlink.reply(datagram, one["seq"], LITTLE).errno for datagram in one["datagrams"]]
    assert found[-1] == errno


def test_other_subsystems_and_other_messages_are_passed_over():
    body = bytes([INET, 0, 0, 0]) + netlink.name_attribute(1, "fw4", 255, LITTLE)
    for kind in (nfnetlink.NFTABLES << 8 | 0, nfnetlink.IPSET << 8 | NEW, netlink.ERROR):
        assert nfnetlink.notices(netlink.message(kind, 0, 0, body, LITTLE), LITTLE) == []


def test_what_is_cut_short_or_changed_is_read_or_is_an_error():
    for one in netfilter.ALL:
        if "nft" not in one:
            continue
        cut = [[data[:size]] for data in one["datagrams"] for size in range(len(data))]
        for datagrams in cut + list(netfilter.spoilt(one["datagrams"], 200)):
            for datagram in datagrams:
                try:
                    nfnetlink.notices(datagram, LITTLE)
                    nfnetlink.generation(datagram, LITTLE)
                except NetlinkError:
                    pass
