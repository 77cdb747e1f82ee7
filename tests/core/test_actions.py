"""actions.py: the text of an action, which the debug log, `plan` and the transcripts have."""

import pytest

from nametrack import ip
from nametrack.core import actions as do
from nametrack.element import ElementList, named

SET = named("nft inet fw4 staging4")
KEYS = [ip.key("192.0.2.1"), ip.key("198.51.100.0/24")]
ONE, NONE = ElementList(KEYS[:1], [60]), ElementList()
TEXTS = [
    (do.SendQuery(1, "a.test", 28, "192.0.2.53@eth1", True, False, False),
     "query 1 a.test AAAA @192.0.2.53@eth1 tcp authority plain"),
    (do.SendQuery(2, "a.test", 5, "192.0.2.53", False, True, True), "query 2 a.test CNAME @192.0.2.53"),
    (do.Observe(["br-lan"], "any", ("b.test",), ("a.test",), ((1, 2),)), "observe br-lan from any: *.b.test a.test @2"),
    (do.Observe(["br-lan"], "router", (), ("a.test",), ()), "observe br-lan: a.test"),
    (do.SetEndpoint("wg0", "K", "2001:db8::1", 51820, "wan", "10.9.0.1", ""),
     "set_endpoint wg0 K [2001:db8::1]:51820 detour wan then probe 10.9.0.1"),
    (do.CheckWay("wg0", "192.0.2.1", 51820, "wan"), "check_way wg0 192.0.2.1:51820 detour wan"),
    (do.ChangeSet(SET, None, NONE, ONE, ONE, ""),
     "add nft inet fw4 staging4: 192.0.2.1/timeout=60 192.0.2.1/timeout=60"),
    (do.ChangeSet(SET, None, ElementList(KEYS), NONE, NONE, ""),
     "delete nft inet fw4 staging4: 192.0.2.1 198.51.100.0/24"),
    (do.ChangeSet(SET, None, ONE, ElementList(KEYS[:1]), NONE, ""),
     "replace nft inet fw4 staging4: 192.0.2.1/timeout=60 with 192.0.2.1"),
    (do.FlushFlows(KEYS), "flush_flows 192.0.2.1 198.51.100.0/24"),
    (do.FollowNeighbours(True), "follow_neighbours"),
    (do.FollowNeighbours(False), "follow_no_neighbours"),
    (do.MarkInbound(["eth1", "eth2"], 256), "mark_inbound 0x100: eth1 eth2"),
    (do.MarkInbound([], 256), "mark_inbound 0x100: none"),
    (do.Reply(3, {"addresses": ["192.0.2.1"], "ttl": 60, "reason": ""}), "reply 3: 192.0.2.1"),
    (do.Reply(3, {"addresses": [], "ttl": None, "reason": "no"}), "reply 3: no"),
    (do.Reply(3, {"addresses": [{"address": "192.0.2.1"}], "sentence": "all is well"}), "reply 3: all is well"),
    (do.AskKernel(4, [do.Packets("192.0.2.1", 6, 443)], None, True), "ask_kernel 4: 192.0.2.1 from the router"),
    (do.AskKernel(4, [do.Packets("192.0.2.1", 0, 0)], "192.168.1.7", True), "ask_kernel 4: 192.0.2.1 from 192.168.1.7"),
]  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_an_action_is_told_in_one_line(case):
    action, text = case
    assert do.text(action) == text


def test_the_line_of_the_log_begins_with_what_it_is_about():
    assert do.line(do.trouble("full", "set 's4'", "it is full")) == "set 's4': it is full"
