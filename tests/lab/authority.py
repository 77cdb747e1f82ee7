"""The authoritative DNS server of the lab: its records move while it runs, and it errs and lies when told to.

authority.zone.set("home.dyn.test", "A", ["198.51.100.11"], ttl=5)
authority.behave("silent")                           # an outage
authority.behave("wrong_id", "home.dyn.test")        # a lie, about one name
authority.behave("slow", seconds=3)
authority.behave(None)                               # honest again, about everything
authority.count("home.dyn.test", "A", since=time.monotonic() - 10)
"""

import collections
import contextlib
import functools
import socket
import socketserver
import struct
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from lab.lies import BEHAVIOURS, Asked

# A query as it arrived: `at` is time.monotonic(), `name` without the last dot, `transport` "udp" or "tcp".
Query = collections.namedtuple("Query", "at name rtype transport client")


class Zone:
    """Records that may change at any time. Names are text without the last dot, in lower case."""

    def __init__(self, *apexes, minimum=5):
        self.lock = threading.Lock()
        self.records = {}
        self.apexes = apexes
        self.minimum = minimum

    def set(self, name, rtype, values, ttl=60):
        """Names exactly `values` (text, as in a zone file) from now on; an empty list leaves the name without them."""
        with self.lock:
            self.records.setdefault(name, {})[rtype] = (ttl, list(values))

    def remove(self, name, rtype=None):
        """Removes a name, or its records of one type; without any it does not exist."""
        with self.lock:
            types = self.records.get(name, {})
            types.pop(rtype, None)
            if rtype is None or not types:
                self.records.pop(name, None)

    def get(self, name, rtype):
        """`(exists, rrset)`, the rrset None if the name has no such record."""
        with self.lock:
            ttl, values = self.records.get(name, {}).get(rtype, (0, ()))
            exists = name in self.records
        return exists, dns.rrset.from_text(name + ".", ttl, "IN", rtype, *values) if values else None

    def soa(self, name):
        """The SOA record of a negative answer: its `minimum` is how long such an answer is kept (RFC 2308)."""
        apex = next((apex for apex in self.apexes if name == apex or name.endswith("." + apex)), "test")
        text = f"ns.{apex}. hostmaster.{apex}. 1 3600 600 86400 {self.minimum}"
        return dns.rrset.from_text(apex + ".", self.minimum, "IN", "SOA", text)

    def answer(self, query):
        """The honest dns.message.Message for a query; it follows a chain of CNAMEs as far as that stays in here."""
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        rtype = dns.rdatatype.to_text(query.question[0].rdtype)
        for _ in range(16):
            exists, rrset = self.get(name, rtype)
            _, alias = self.get(name, "CNAME")
            if rrset is None and alias is not None:
                response.answer.append(alias)
                name = alias[0].target.to_text(omit_final_dot=True).lower()
                continue
            if rrset is not None:
                response.answer.append(rrset)
            else:
                response.authority.append(self.soa(name))
                response.set_rcode(dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN)
            break
        return response


class Authority:
    """The server: UDP and TCP on port 53 of the first address of each family; see the top of this file.

    `addresses` are pairs, the address asked and the one that `wrong_address` answers from.
    """

    def __init__(self, zone, addresses, port=53):
        self.zone = zone
        self.queries = []
        self.global_behaviour = BEHAVIOURS["honest"]
        self.behaviours = {}
        self.servers = []
        for address, other in addresses:
            self.listen(address, other, port)

    def listen(self, address, other, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        udp_class = type("UDP", (UDPServer,), {"address_family": family})
        tcp_class = type("TCP", (TCPServer,), {"address_family": family})
        udp, tcp = udp_class((address, port), UDPHandler), tcp_class((address, port), TCPHandler)
        udp.sources = {"here": udp.socket}
        for name, local in (("address", (other, port)), ("port", (address, port + 1))):
            udp.sources[name] = socket.socket(family, socket.SOCK_DGRAM)
            udp.sources[name].bind(local)
        for server in (udp, tcp):
            server.authority = self
            self.servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
            for source in getattr(server, "sources", {}).values():
                source.close()

    def behave(self, behaviour, name=None, **options):
        """Behaves so (a key of lies.BEHAVIOURS, with its options) about `name`, or about every name without its own.

        None is honest again: about `name`, or, without one, about everything.
        """
        function = functools.partial(BEHAVIOURS[behaviour or "honest"], **options)
        if name is not None:
            self.behaviours[name] = function
            return
        self.global_behaviour = function
        if behaviour is None:
            self.behaviours.clear()

    def count(self, name=None, rtype=None, since=0.0):
        """How many queries came, of this name and type, not before `since`."""
        return len(self.asked(name, rtype, since))

    def asked(self, name=None, rtype=None, since=0.0):
        """Those queries themselves, oldest first."""
        return [
            query
            for query in list(self.queries)
            if query.at >= since and name in (None, query.name) and rtype in (None, query.rtype)
        ]

    def packets(self, data, transport, client):
        """What goes out for the message `data`; nothing for what is no query."""
        at = time.monotonic()
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return []
        if query.flags & dns.flags.QR or len(query.question) != 1:
            return []
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.queries.append(Query(at, name, dns.rdatatype.to_text(query.question[0].rdtype), transport, client[0]))
        behaviour = self.behaviours.get(name, self.global_behaviour)
        return behaviour(Asked(query, self.zone.answer(query), self.zone.soa(name), transport))


class UDPServer(socketserver.ThreadingUDPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


class TCPServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class UDPHandler(socketserver.BaseRequestHandler):
    def handle(self):
        data, _ = self.request
        for packet in self.server.authority.packets(data, "udp", self.client_address):
            time.sleep(packet.after)
            # Whoever asked may be gone, and so may the lab.
            with contextlib.suppress(OSError):
                self.server.sources[packet.source].sendto(packet.data, self.client_address)


class TCPHandler(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        with contextlib.suppress(OSError):
            while True:
                head = self.rfile.read(2)
                if len(head) < 2:
                    return
                packets = self.server.authority.packets(
                    self.rfile.read(int.from_bytes(head, "big")), "tcp", self.client_address
                )
                if not packets:
                    self.rfile.read(1)  # an outage is silence, not a closed connection
                for packet in packets:
                    time.sleep(packet.after)
                    length = len(packet.data) if packet.length is None else packet.length
                    self.wfile.write(struct.pack("!H", length) + packet.data)
                    if length != len(packet.data):
                        return
