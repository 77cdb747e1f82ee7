"""A name server for the machine's small internet: `nameserver.py ADDRESS FILE`; each line of the file is a record,
`NAME ADDRESS TTL`, and it is read anew for every question. What it is asked goes to stdout, a line each."""

import socket
import sys

sys.path.insert(0, "/usr/lib/nametrack")

from dns_written import encode  # noqa: E402
from nametrack import compat  # noqa: E402
from nametrack.wire import dnserrors  # noqa: E402
from nametrack.wire import dnsmessage as dns


def answer(data, path):
    question = dns.decode(data)
    name, rtype = question.question[0]
    found, known = [], False
    with open(path) as file:
        for line in file:
            host, address, ttl = line.split()
            known = known or host == name
            if host == name and rtype == (dns.AAAA if ":" in address else dns.A):
                found.append(dns.Record(name, rtype, int(ttl), address))
    print(name, dns.TYPES.get(rtype, rtype))
    soa = dns.Record("test", dns.SOA, 1, dns.Soa("ns.test", "ns.test", 1, 1, 1, 1, 1))
    flags = dns.QR | dns.AA | (question.flags & dns.RD)
    rcode = dnserrors.NOERROR if known else dnserrors.NXDOMAIN
    return encode(dns.Message(question.id, flags, rcode, question.question, found, [] if found else [soa], []))


def main(address, path):
    sock = socket.socket(compat.family(address), socket.SOCK_DGRAM)
    sock.bind(compat.sockaddr(address, 53))
    while True:
        data, whom = sock.recvfrom(4096)
        sock.sendto(answer(data, path), whom)


main(*sys.argv[1:])
