"""conntrack.py: connections as a Linux 6.18 kernel lists them."""

import netfilter

from nametrack import ip
from nametrack.wire import conntrack, netlink
from nametrack.wire.netlink import NetlinkError

LITTLE = netfilter.LITTLE
FOUR, SIX = "flows of IPv4 to 10.0.0.7 and 10.0.0.8", "a flow of IPv6 to 2001:db8::7"


def flows(datagrams, seq):
    found = []
    for datagram in datagrams:
        reply = netlink.reply(datagram, seq, LITTLE)
        found.extend([conntrack.flow(item, LITTLE) for item in reply.messages])
    return found


def of(about):
    one = netfilter.about(about)
    return flows(one["datagrams"], one["seq"])


def test_each_flow_says_where_its_first_packet_went():
    assert sorted([ip.text(flow.destination) for flow in of(FOUR)]) == ["10.0.0.7", "10.0.0.8"]
    assert "2001:db8::7" in [ip.text(flow.destination) for flow in of(SIX)]
    assert [flow.family for flow in of(FOUR)] == [conntrack.INET] * 2
    assert [flow.family for flow in of(SIX)][0] == conntrack.INET6


def test_the_request_is_the_recorded_one():
    for about, family in ((FOUR, conntrack.INET), (SIX, conntrack.INET6)):
        one = netfilter.about(about)
        assert conntrack.get_flows(family, one["seq"], order=LITTLE) == one["request"]


def test_a_flow_is_ended_by_the_words_that_the_kernel_had_for_it():
    flow = of(FOUR)[0]
    message = list(netlink.messages(conntrack.delete_flow(flow, 5, LITTLE), LITTLE))[0]
    assert message[:3] == (1 << 8 | conntrack.DELETE, netlink.REQUEST, 5)
    assert conntrack.flow(message, LITTLE) == flow


def test_a_flow_is_named_by_its_addresses_and_its_number():
    """Where another flow has the same addresses by now, that one goes on."""
    names = [kind for kind, _ in netlink.attributes(b"".join(of(FOUR)[0].identity), LITTLE)]
    assert sorted(names) == [1, 12]  # CTA_TUPLE_ORIG, CTA_ID


def test_what_names_no_destination_is_no_flow():
    data = netlink.message(1 << 8, 0, 0, bytes([conntrack.INET, 0, 0, 0]), LITTLE)
    assert conntrack.flow(list(netlink.messages(data, LITTLE))[0], LITTLE) is None


def test_what_is_cut_short_or_changed_is_read_or_is_an_error():
    for about in (FOUR, SIX):
        one = netfilter.about(about)
        cut = [[data[:size]] for data in one["datagrams"] for size in range(len(data))]
        for datagrams in cut + list(netfilter.spoilt(one["datagrams"], 1000)):
            try:
                flows(datagrams, one["seq"])
            except NetlinkError:
                pass
