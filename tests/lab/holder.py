"""A stand-in for OpenWrt's dnsmasq with its patch 200-ubus_dns, as far as its object `dnsmasq.dns` goes.

It forwards questions by UDP, one after the other, and before it hands out an answer it notifies `dns_result` of each
address record and waits up to 100 ms for the subscribers; what it has in its cache it answers without a word.
test_holder.py holds it to the real one, if DNSMASQ_UBUS in the environment names one.

    python tests/lab/holder.py UBUSD-SOCKET UPSTREAM ADDRESS…
"""

import pathlib
import select
import socket
import sys

import dns.message
import dns.rdatatype

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "agent"))

from pyubus import UbusClient, UbusError  # noqa: E402

WAIT = 0.1  # seconds for the subscribers
OBJECTS = ("dnsmasq", "dnsmasq.dns")


def main(path, upstream, *addresses):
    bus = UbusClient(path, WAIT)
    bus.connect()
    for name in OBJECTS:
        bus.add(name, {})
    cache = {}
    sockets = []
    for address in addresses:
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((address, 53))
    print("ready", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            data, client = sock.recvfrom(4096)
            answer(bus, cache, upstream, sock, data, client)


def answer(bus, cache, upstream, sock, data, client):
    query = dns.message.from_wire(data)
    question = query.question[0]
    key = (question.name, question.rdtype)
    if key not in cache:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forward:
            forward.settimeout(2)
            forward.sendto(data, (upstream, 53))
            try:
                response = dns.message.from_wire(forward.recv(65535))
            except OSError:
                return
            notify(bus, response)
        cache[key] = response
    response = cache[key]
    response.id = query.id
    sock.sendto(response.to_wire(), client)


def notify(bus, response):
    for rrset in response.answer:
        if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            for record in rrset:
                told = {
                    "name": rrset.name.to_text(omit_final_dot=True),
                    "ttl": rrset.ttl,
                    "type": dns.rdatatype.to_text(rrset.rdtype),
                    "address": record.to_text(),
                }
                try:
                    bus.ask_subscribers(OBJECTS[1], "dns_result", told)
                except UbusError:
                    pass  # 100 ms are over


if __name__ == "__main__":
    main(*sys.argv[1:])
