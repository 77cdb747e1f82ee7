"""The stand-in for OpenWrt's dnsmasq is held to the real one: the same answers make the same notifications."""

import threading

import pytest

from lab.holding import RESOLVERS, Holding
from lab.host import wait_for
from pyubus import UbusClient


class Subscriber:
    """Notes what it is notified of; `silent`: it never replies."""

    def __init__(self, bus, silent=False):
        self.heard = []
        self.silent = silent
        self.client = UbusClient(bus.path, 5)
        self.client.connect()
        self.client.subscribe("dnsmasq.dns", self.notified)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.ended = False
        self.thread.start()

    def notified(self, method, data):
        self.heard.append((method, data["name"], data["type"], data["address"], data["ttl"]))
        if self.silent:
            threading.Event().wait(0.3)

    def run(self):
        while not self.ended:
            self.client.loop(0.05)

    def end(self):
        self.ended = True
        self.thread.join()
        self.client.close()


@pytest.fixture(params=RESOLVERS)
def holding(request, world):
    with Holding(world, request.param) as made:
        yield made


def test_each_address_is_notified_before_it_is_handed_out_and_never_from_the_cache(world, holding):
    world.zone.set("two.example.test", "A", ["198.18.0.1", "198.18.0.2"], 60)
    world.zone.set("www.example.test", "CNAME", ["cdn.dyn.test."], 60)
    world.zone.set("cdn.dyn.test", "A", ["198.18.0.3"], 60)
    world.zone.set("six.example.test", "AAAA", ["2001:db8:18::1"], 60)
    subscriber = Subscriber(holding.bus)
    for name, rtype in (("two.example.test", "A"), ("www.example.test", "A"), ("six.example.test", "AAAA")):
        for _ in range(2):
            holding.ask(name, rtype=rtype)
    subscriber.end()
    assert sorted(subscriber.heard) == [
        ("dns_result", "cdn.dyn.test", "A", "198.18.0.3", 60),
        ("dns_result", "six.example.test", "AAAA", "2001:db8:18::1", 60),
        ("dns_result", "two.example.test", "A", "198.18.0.1", 60),
        ("dns_result", "two.example.test", "A", "198.18.0.2", 60),
    ]


def test_a_subscriber_that_does_not_reply_costs_100_ms_a_record(world, holding):
    world.zone.set("two.example.test", "A", ["198.18.0.1", "198.18.0.2"], 60)
    world.zone.set("after.example.test", "A", ["198.18.0.1"], 60)
    subscriber = Subscriber(holding.bus, silent=True)
    addresses, took = holding.ask("two.example.test")
    assert addresses == ["198.18.0.1", "198.18.0.2"]
    assert 0.19 < took < 0.5
    subscriber.end()
    wait_for(lambda: holding.ask("after.example.test"), 2, "an answer")
