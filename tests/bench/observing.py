"""What reading the answers of clients costs the agent: `observing.py [INTERPRETER …]`, run in the lab; the last line is
JSON: CPU in percent of a core, of 5 s in which so many answers a second leave for a client.

quiet                   no answers
none of 4, 40, 200      2,000 answers a second about no name that is wanted, with so many wildcards
quiet of a list         no answers, with a file of 50,000 hosts, of which 256 are looked up; none of a list: 2,000
new names               500 answers a second about 200 names below a wildcard, which no client asked for before
wanted                  the same again: each name is known, and its answer is given each 0.4 s
"""

import json
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "agent")]

from lab.agent import INTERPRETERS, Agent, options, policy  # noqa: E402
from lab.host import cable  # noqa: E402
from lab.watch import nft_elements  # noqa: E402
from lab.world import VPN_SETS, World  # noqa: E402

SECONDS = 5
ROUTER, CLIENT = "192.168.9.1", "192.168.9.2"
SENDER = """
import socket, sys, time
sys.path[:0] = [%r, %r]
from dns_written import encode
from nametrack.wire import dnsmessage as dns
rate, seconds, domain = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind((%r, 53))
packets = []
for i in range(200):
    name = "n%%d.%%s" %% (i, domain)
    records = [dns.Record(name, 1, 300, "198.18.2.%%d" %% (i + 1))]
    packets.append(encode(dns.Message(7, dns.QR, 0, [dns.Question(name, 1)], records, [], [])))
began, sent = time.monotonic(), 0
while time.monotonic() - began < seconds:
    due = int((time.monotonic() - began) * rate)
    while sent < due:
        sock.sendto(packets[sent %% 200], (%r, 5353))
        sent += 1
    time.sleep(0.0002)
print(sent)
"""


def share(world, agent, rate, domain):
    """CPU of the agent, percent of a core, while `rate` answers a second about names below a domain leave."""
    script = SENDER % (str(TOP / "agent"), str(TOP / "tests"), ROUTER, CLIENT)
    before, began = agent.cpu_seconds(), time.monotonic()
    if rate:
        done = world.beach.run([sys.executable, "-c", script, str(rate), str(SECONDS), domain])
        assert int(done.stdout) > rate * SECONDS * 0.9, done.stdout
    else:
        time.sleep(SECONDS)
    return round(100 * (agent.cpu_seconds() - before) / (time.monotonic() - began), 2)


def measure(world, interpreter):
    folder = tempfile.TemporaryDirectory()
    listed = pathlib.Path(folder.name) / "hosts.txt"
    listed.write_text("".join(f"host{i}.shop{i % 97}.example{i % 13}.test\n" for i in range(50000)))
    found = {}

    def case(hosts, *parts):
        sections = policy("wild", hosts, family="ipv4")
        with Agent(world, options(observe="lan"), sections, network="", interpreter=interpreter) as agent:
            time.sleep(5)  # what is looked up at the start is not counted
            for name, rate, domain in parts:
                assert agent.running(), agent.tail()
                found[name] = share(world, agent, rate, domain)
                assert (
                    name not in ("new names", "wanted")
                    or len(nft_elements(world.beach, "inet", "vpn", "staging4")) == 200
                )

    wanted = [(name, 500, "shop1.example.test") for name in ("new names", "wanted")]
    wildcards = [f"*.shop{i}.example.test" for i in range(200)]
    case(wildcards[:4], ("quiet", 0, ""), ("none of 4", 2000, "other.test"), *wanted)
    case(wildcards[:40], ("none of 40", 2000, "other.test"))
    case(wildcards, ("none of 200", 2000, "other.test"))
    case([f"@{listed}"], ("quiet of a list", 0, ""), ("none of a list", 2000, "other.test"))
    return found


def main(interpreters):
    found = {}
    for interpreter in interpreters or sorted(INTERPRETERS):
        with World() as world:
            host = world.host("client")
            cable(world.beach, "lan", host, "wan")
            world.beach.ip(f"addr add {ROUTER}/24 dev lan")
            host.ip(f"addr add {CLIENT}/24 dev wan")
            world.stop_dnsmasq()
            world.start_dnsmasq()
            world.beach.nft(VPN_SETS)
            found[interpreter] = measure(world, interpreter)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
