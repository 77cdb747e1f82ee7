"""nfnetlink.py: what a Linux 6.18 kernel says of the number of nft's last change, and of its sets."""

import netfilter
import pytest

from nametrack.element import SetName
from nametrack.wire import netlink, nfnetlink, nftset
from nametrack.wire.netlink import NetlinkError

LITTLE = netfilter.LITTLE


def test_the_generation_can_be_asked_for():
    one = netfilter.about("the generation")
    assert nfnetlink.get_generation(one["seq"], LITTLE) == one["request"]
    assert nfnetlink.generation(one["datagrams"][0], LITTLE) > 0


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


def test_what_is_cut_short_or_changed_is_read_or_is_an_error():
    whole = netfilter.about("the generation")["datagrams"]
    cut = [[data[:size]] for data in whole for size in range(len(data))]
    for datagrams in cut + list(netfilter.spoilt(whole, 200)):
        for datagram in datagrams:
            try:
                nfnetlink.generation(datagram, LITTLE)
            except NetlinkError:
                pass


def test_the_name_of_a_set_has_255_bytes_at_most():
    assert b"n" * 255 + b"\0" in nftset.head(SetName("nft", "inet", "t", "n" * 255), LITTLE)
    with pytest.raises(NetlinkError):
        nftset.head(SetName("nft", "inet", "t", "n" * 256), LITTLE)
