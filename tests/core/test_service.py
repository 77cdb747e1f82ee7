"""service.py: what the object `nametrack` on the bus answers."""

import pytest

from nametrack import VERSION
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.histogram import Histogram
from nametrack.core.ordering import result
from nametrack.daemon.bus_object import INVALID_ARGUMENT, METHOD_NOT_FOUND, METHODS, NO_MEMORY, OK, Service
from nametrack.element import named
from nametrack.wire import services as wire_services
from nametrack.wire import uci

NOW, WALL = 100, 1795406999
NAMETRACK = """
config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	list host 'a.example.com'
	list host 'b.example.com'
	option retian '5'
"""


class Called:
    """A service, and what its methods gave to others to do."""

    def __init__(self):
        self.agent = Agent()
        sections, _ = uci.parse(NAMETRACK)
        self.agent.handle(on.ConfigLoaded(configuration.build(sections, [], [])), 0)
        self.events = []
        self.sets, self.services = [], None  # that the kernel has; that are installed
        self.reloads = []  # functions that are to be called with what is wrong
        self.replies = []  # (id, reply)
        self.put_off = {}  # id -> function that returns a generator whose value is the answer
        self.full = False  # whether no more can be put off
        self.service = self.made(self.reloads.append)

    def made(self, reload):
        return Service(
            self.agent,
            "python 3.11.2",
            40,
            self.events.append,
            reload,
            lambda number, reply: self.replies.append((number, reply)),
            self.later,
            lambda: (2 << 20, Histogram((1,))),
            lambda: (lambda name: name in self.sets, self.services),
        )

    def later(self, what, make, number):
        self.put_off[number] = make
        return not self.full

    def call(self, method, **arguments):
        """What a method answers, now or later; a call that waits for something else is `(None, id)`."""
        status, answer = self.service.call(method, arguments, NOW, WALL)
        if status is None and answer in self.put_off:
            return OK, result(self.put_off.pop(answer)())
        return status, answer


def test_status_says_who_answers_and_since_when():
    status, answer = Called().call("status")
    assert status == OK
    assert (answer["version"], answer["interpreter"]) == (VERSION, "python 3.11.2")
    assert (answer["started"], answer["now"]) == (WALL - 60, WALL)
    assert answer["policies"][0]["name"] == "work"
    assert [f["code"] for f in answer["findings"]][0] == "configuration"


def test_long_answers_are_put_off_unless_too_many_wait():
    called = Called()
    assert called.service.call("status", {}, NOW, WALL) == (None, 1)
    assert called.service.call("metrics", {}, NOW, WALL) == (None, 2)
    assert sorted(called.put_off) == [1, 2]
    called.full = True
    assert called.service.call("status", {}, NOW, WALL) == (NO_MEMORY, {})


def test_a_status_is_about_one_configuration():
    called = Called()
    called.service.call("status", {}, NOW, WALL)
    steps = called.put_off[1]()
    next(steps)
    sections, _ = uci.parse(NAMETRACK.replace("work", "other"))
    called.agent.handle(on.ConfigLoaded(configuration.build(sections, [], [])), 0)
    assert [policy["name"] for policy in result(steps)["policies"]] == ["other"]


def test_events_are_those_after_an_id():
    called = Called()
    for i in range(3):
        called.agent.history.add(do.trouble("no_reply", "s", "t%d" % i), NOW)
    assert [e["text"] for e in called.call("events")[1]["events"]] == ["t0", "t1", "t2"]
    assert [e["text"] for e in called.call("events", since=2)[1]["events"]] == ["t2"]
    assert called.call("status")[1]["last_event"] == 3


def test_refresh_says_at_once_how_many_are_asked():
    called = Called()
    assert called.call("refresh") == (OK, {"asked": 2})
    assert called.call("refresh", name="B.example.com.") == (OK, {"asked": 1})
    assert called.call("refresh", name="other.example.com") == (OK, {"asked": 0})
    names = [None, "b.example.com", "other.example.com"]
    assert called.events == [on.RefreshRequested(name) for name in names]


def test_reload_answers_with_what_is_wrong():
    called = Called()
    called.service = called.made(lambda done: done(["wrong"]))
    assert called.call("reload") == (OK, {"errors": ["wrong"], "more_errors": 0})
    assert called.replies == []


def test_reload_is_answered_later_if_it_takes_long():
    called = Called()
    numbers = [called.call("reload"), called.call("resolve", name="a.test"), called.call("reload")]
    assert [status for status, _ in numbers] == [None] * 3
    assert len(set([number for _, number in numbers])) == 3
    for done in called.reloads:
        done(["wrong"])
    reply = {"errors": ["wrong"], "more_errors": 0}
    assert called.replies == [(numbers[0][1], reply), (numbers[2][1], reply)]


def test_interface_tells_the_core_what_hotplug_told():
    called = Called()
    assert called.call("interface", action="ifup", interface="wan", device="eth1") == (OK, {})
    assert called.call("interface", action="ifdown", interface="wan") == (OK, {})
    assert called.call("interface", action="ifupdate", interface="wan6", device="eth1") == (OK, {})
    assert called.events == [on.InterfaceUp("wan"), on.InterfaceDown("wan"), on.InterfaceUpdated("wan6")]


def test_resync_has_the_kernel_compared():
    called = Called()
    assert called.call("resync", reason="fw4\x1b reload") == (OK, {})
    assert called.events == [on.SetsDisturbed("fw4\\x1b reload")]


def test_check_answers_with_the_findings():
    called = Called()
    codes = [finding["code"] for finding in called.call("check")[1]["findings"]]
    assert "configuration" in codes


def test_resolve_is_answered_when_dns_has_answered():
    called = Called()
    assert called.call("resolve", name="Try.example.com") == (None, 1)
    assert called.call("resolve", name="other.example.com") == (None, 2)
    assert called.events == [on.Inquired(1, "try.example.com"), on.Inquired(2, "other.example.com")]


NETWORK = """
config interface 'lan'
	option proto 'static'
config interface 'wg0'
	option proto 'wireguard'
	option private_key 'secret'
config interface 'office'
	option proto 'none'
	option device 'tun0'
config wireguard_wg0
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option preshared_key 'secret'
	option description 'beach house'
	option endpoint_host 'home.example.net'
"""


def test_choices_are_the_peers_and_tunnels_of_the_network_without_their_keys():
    called = Called()
    sections, _ = uci.parse(NETWORK)
    called.agent.handle(on.ConfigLoaded(configuration.build([], sections, [])), 0)
    status, answer = called.call("choices")
    assert status == OK and "secret" not in str(answer)
    assert [peer["endpoint_host"] for peer in answer["peers"]] == ["home.example.net"]
    assert [interface["name"] for interface in answer["interfaces"]] == ["office", "wg0"]


PBR4, PBR6 = "inet fw4 pbr_wg0_4_dst_ip_user", "inet fw4 pbr_wg0_6_dst_ip_user"
# what the kernel has -> target, set4 and set6 that `auto` would take for wg0
AUTO = [
    ([], (None, None, None)),
    (["nft " + PBR4, "nft " + PBR6], ("pbr", PBR4, PBR6)),
    (["nft " + PBR4], ("pbr", PBR4, None)),
    (["nft " + PBR6], (None, None, None)),
    (["ipset wg0", "ipset wg06"], ("vpn-policy-routing", "wg0", "wg06")),
    (["ipset wg0", "nft " + PBR4], ("pbr", PBR4, None)),
    (["ipset wg0", "nft " + PBR6], ("vpn-policy-routing", "wg0", None)),
    (["ipset wg1", "nft inet fw4 pbr_wg1_4_dst_ip_user"], (None, None, None)),
]


@pytest.mark.parametrize("case", AUTO)
def test_choices_say_what_auto_would_take_now(case):
    called = Called()
    sections, _ = uci.parse(NETWORK)
    called.agent.handle(on.ConfigLoaded(configuration.build([], sections, [])), 0)
    called.sets.extend([named(text) for text in case[0]])
    answer = [found for found in called.call("choices")[1]["interfaces"] if found["name"] == "wg0"][0]
    assert (answer["target"], answer["set4"], answer["set6"]) == case[1]


INSTALLED = [
    ({}, "route"),
    ({"pbr": wire_services.Service(False, False, [], False, [])}, "route"),
    ({"pbr": wire_services.Service(True, False, [], True, [])}, None),
]


@pytest.mark.parametrize("case", INSTALLED)
def test_choices_say_own_routes_if_no_service_is_enabled(case):
    called = Called()
    sections, _ = uci.parse(NETWORK)
    called.agent.handle(on.ConfigLoaded(configuration.build([], sections, [])), 0)
    called.services = case[0]
    answer = [found for found in called.call("choices")[1]["interfaces"] if found["name"] == "wg0"][0]
    assert (answer["target"], answer["set4"]) == (case[1], None)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_unknown_arguments_are_passed_over(method):
    """uhttpd adds one to every call."""
    given = {"action": "ifup", "interface": "wan"} if method == "interface" else {}
    given["ubus_rpc_session"] = "0" * 32
    later = {"resolve": "name", "why": "host", "reload": None}  # answered when DNS, the kernel and the files have told
    if later.get(method):
        given[later[method]] = "a.example.com"
    assert Called().call(method, **given)[0] == (None if method in later else OK)


WRONG = [
    ("refresh", {"name": "a b"}),
    ("refresh", {"name": ""}),
    ("resolve", {}),
    ("why", {}),
    ("why", {"host": "a b"}),
    ("why", {"host": "a.example.com", "client": "192.0.2"}),
    ("resolve", {"name": "*.example.com"}),
    ("interface", {}),
    ("interface", {"action": "ifup"}),
    ("interface", {"interface": "wan"}),
    ("interface", {"action": "ifup", "interface": "wan; reboot"}),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_are_refused_and_do_nothing(wrong):
    called = Called()
    assert called.call(wrong[0], **wrong[1]) == (INVALID_ARGUMENT, {})
    assert called.events == []


@pytest.mark.parametrize("method", ["", "Status", "_status", "__init__", "call", "status "])
def test_unknown_methods_are_not_found(method):
    assert Called().call(method) == (METHOD_NOT_FOUND, {})
