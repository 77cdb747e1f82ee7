"""What following costs, beside what the rivals cost: `cost.py WHAT …`, run in the lab; the last line is JSON.

steady PEERS [NAMES]
               processes started and CPU seconds in an hour in which nothing changes, TTL 60; NAMES: hosts of a policy
memory         PSS, without the C library too, and private memory of the agent and of an interpreter that only sleeps,
               and the peak, in KiB
sets COUNT     seconds for COUNT elements into an empty nft set, by the agent's adapter and by plain `nft -f`
names COUNT    seconds for COUNT names looked up at once, of a server 20 ms away
start          [seconds, processor seconds] from the start of the process to the endpoint being set in the kernel

BEFORE names a checkout of another version of nametrack: steady, memory and start measure it beside this one.
"""

import asyncio
import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "tests/bench", "tests/adapters", "agent", "scripts")]

import both  # noqa: E402
import feed  # noqa: E402
from dns_written import RA, encode  # noqa: E402
from lab.agent import INTERPRETERS, Agent, network_of, options, policy  # noqa: E402
from lab.enter import RUN  # noqa: E402
from lab.host import wait_for  # noqa: E402
from lab.watch import nft_elements  # noqa: E402
from lab.wireguard import random_public_key  # noqa: E402
from lab.world import VPN_SETS, World  # noqa: E402
from nametrack.wire import dnsmessage  # noqa: E402
from rivals import RIVALS  # noqa: E402

HOUR = 3600
WATCHED = 60  # seconds of steady state that are taken for a minute of the hour
PASSES = 5
C_LIBRARY = re.compile(r"/(libc|libm|libdl|libpthread|librt|ld-linux|ld-musl)[-.][^/]*$")
DISTANCE = 0.02  # seconds to the name server and back
BOTH = sorted(INTERPRETERS)


def peers_of(world, count):
    """Gives the beach `count` peers with names of their own: [(key, name)], and the sections of its network."""
    found, sections, words = [], [], []
    for i in range(count):
        key, name, prefix = random_public_key(), f"peer{i}.dyn.test", f"10.{i // 200 + 10}.{i % 200}.0/24"
        world.zone.set(name, "A", [f"198.51.100.{i % 90 + 100}"], 60)
        words += ["peer", key, "allowed-ips", prefix, "endpoint", f"198.51.100.{i % 90 + 100}:51820"]
        values = {"public_key": key, "endpoint_host": name, "endpoint_port": 51820, "allowed_ips": [prefix]}
        sections.append(("wireguard_wg0", f"peer{i}", values))
        found.append((key, name))
    if words:
        world.wg0.set(*words)
    return found, sections


def faults_of_children(agent):
    """It grows exactly when a child of the agent has ended."""
    return pathlib.Path(f"/proc/{agent.process.pid}/stat").read_text().rpartition(")")[2].split()[8]


def processor_seconds(agent):
    return int(pathlib.Path(f"/proc/{agent.process.pid}/schedstat").read_text().split()[0]) / 1e9


def before():
    """{"before": its environment}, {} if no other version is to be measured."""
    if "BEFORE" not in os.environ:
        return {}
    return {"before": {"NAMETRACK_LIB": str(pathlib.Path(os.environ["BEFORE"]).resolve() / "agent")}}


def steady(count, names=0):
    found = {}
    for interpreter in BOTH:
        for version, environ in {"nametrack": {}, **before()}.items():
            found[f"{version}, {interpreter}"] = steady_of(count, names, interpreter, environ)
    if names:
        return found
    with World(ttl=60, keepalive=25) as world:
        keys, _ = peers_of(world, count - 1)
        keys.append((world.home_key.public, "home.dyn.test"))
        for rule in RIVALS:
            found[rule.name] = rival(world, rule, keys)
    return found


def steady_of(count, names, interpreter, environ):
    """What one agent takes in an hour: {"processes", "cpu"}."""
    with World(ttl=60, keepalive=25) as world:
        _, sections = peers_of(world, count - 1)
        hosts = [f"web{i}.dyn.test" for i in range(names)]
        for i, host in enumerate(hosts):
            world.zone.set(host, "A", [f"192.0.2.{i + 1}"], 60)
        world.beach.nft(VPN_SETS)
        policies = [policy("web", hosts)] if names else []
        settings, network = options(min_ttl=10, peer_interval=5), network_of(world, *sections)
        with Agent(world, settings, *policies, network=network, interpreter=interpreter, environ=environ) as agent:
            world.wait_for_tunnel(20)
            time.sleep(15)
            before, faults = processor_seconds(agent), faults_of_children(agent)
            time.sleep(WATCHED)
            used = processor_seconds(agent) - before
            started = 0 if faults_of_children(agent) == faults else None  # None: some, and not how many
            return {"processes": started, "cpu": used * HOUR / WATCHED}


def rival(world, rule, keys):
    """One look at each peer, and a change where the rule finds one stale though nothing moved: so is the first rule."""
    commands = []
    for key, name in keys:
        text = rule.look + (f"\n{rule.change}" if rule.stale(60) else "")
        text = text.replace("dig +short", "dig +short @127.0.0.1")
        commands.append(text.replace("IF", "wg0").replace("KEY", key).replace("NAME", name))
    script = RUN / "rival"
    script.write_text("\n".join(commands) + "\n")
    used = []
    for _ in range(PASSES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        world.beach.run(["sh", script], check=False, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # each program that the script names is a process; `true` is none
    programs = sum(text.count(word) for text in commands for word in ("wg s", "grep ", "awk ", "dig ", "tail "))
    passes = HOUR / rule.every
    return {"processes": int(programs * passes), "cpu": statistics.median(used) * passes}


def in_memory(pid):
    """PSS, PSS but for unwritten pages of the C library, and what is this process's alone and written to, in KiB."""
    pss = library = private = 0
    of_library = False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == "Pss:":
            pss += int(value.split()[0])
            library += int(value.split()[0]) if of_library else 0
        elif key == "Private_Dirty:":
            private += int(value.split()[0])
            library -= int(value.split()[0]) if of_library else 0
        elif not key.endswith(":"):  # the first line of a mapping
            of_library = C_LIBRARY.search(line) is not None
    return pss, pss - library, private


@contextlib.contextmanager
def variants():
    """{variant: (interpreter, environment)}: the sources under each, nametrack-mpy's, and those of another version."""
    with tempfile.TemporaryDirectory() as work:
        (root,) = [package.root for package in feed.packages(pathlib.Path(work)) if package.name == "nametrack-mpy"]
        compiled = {"NAMETRACK_LIB": str(root / "usr/lib/nametrack")}
        found = {**{name: (name, {}) for name in BOTH}, "micropython, compiled": ("micropython", compiled)}
        yield {**found, **{f"micropython, {name}": ("micropython", environ) for name, environ in before().items()}}


def memory():
    with variants() as found:
        return memory_of(found)


def memory_of(variants):
    found = {}
    sleeping = {
        "micropython": [INTERPRETERS["micropython"], "-c", "import time; time.sleep(60)"],
        "cpython": [sys.executable, "-S", "-E", "-c", "import time; time.sleep(60)"],
    }
    for interpreter in BOTH:
        process = subprocess.Popen(sleeping[interpreter])
        time.sleep(2)
        found[f"{interpreter}, sleeping"] = in_memory(process.pid)
        process.kill()
        process.wait()
    for name, (interpreter, environ) in variants.items():
        for count in (1, 20, 200):
            with World(ttl=60, keepalive=25) as world:
                _, sections = peers_of(world, count - 1)
                network = network_of(world, *sections)
                with Agent(world, options(), network=network, interpreter=interpreter, environ=environ) as agent:
                    world.wait_for_tunnel(20)
                    time.sleep(10)
                    found[f"{name}, {count} peers"] = in_memory(agent.process.pid)
                    found[f"{name}, {count} peers, peak resident"] = agent.peak_memory() // 1024
    return found


FILL = """
from nametrack.adapters.sets import Sets
from nametrack import ip
from nametrack.element import ElementList, named
count = int(sys.argv[1])
elements = ElementList([ip.key("10.0.0.0") + i for i in range(count)])
sets, name = Sets(poller, events.append), named("nft inet t s")
sets.list(do.ListSet(name))
until(lambda: not sets.busy())
form, none = events[0].listing.form, ElementList()
began = compat.monotonic()
for start in range(0, count, 1000):
    sets.change(do.ChangeSet(name, form, none, elements.part(start, start + 1000), none, ""))
print("took", compat.monotonic() - began)
"""


def sets(count):
    folder = pathlib.Path(tempfile.mkdtemp())
    addresses = ", ".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(count))
    (folder / "plain").write_text(f"add element inet t s {{ {addresses} }}\n")
    times = {name: [] for name in ("nft -f", *BOTH)}
    empty = "add table inet t\ndelete table inet t\nadd table inet t\nadd set inet t s { type ipv4_addr; }\n"
    for _ in range(PASSES):
        subprocess.run(["nft", "-f", "-"], input=empty, text=True, check=True)
        began = time.monotonic()
        subprocess.run(["nft", "-f", folder / "plain"], check=True)
        times["nft -f"].append(time.monotonic() - began)
        for interpreter in BOTH:
            subprocess.run(["nft", "-f", "-"], input=empty, text=True, check=True)
            *_, line = both.run(interpreter, folder, FILL, count)
            times[interpreter].append(float(line.split()[1]))
    return {name: statistics.median(found) for name, found in times.items()}


DNSPYTHON = """
import asyncio, sys
import dns.asyncresolver
names = open(sys.argv[1]).read().split()
resolver = dns.asyncresolver.Resolver(configure=False)
resolver.nameservers = [sys.argv[2]]
async def main():
    found = await asyncio.gather(*(resolver.resolve(name, "A") for name in names))
    assert all(len(answer) for answer in found)
asyncio.run(main())
"""


class Distant(asyncio.DatagramProtocol):
    """A name server that is DISTANCE seconds away and knows every name."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        query = dnsmessage.decode(data)
        question = query.question[0]
        number = zlib.crc32(question.name.encode())
        value = "198.%d.%d.%d" % (18 + (number >> 16 & 1), number >> 8 & 255, number & 255)
        answer = [dnsmessage.Record(question.name, question.rtype, 600, value)] if question.rtype == 1 else []
        flags = dnsmessage.QR | dnsmessage.RD | RA
        message = dnsmessage.Message(query.id, flags, 0, query.question, answer, [], [])
        send = self.transport.sendto
        asyncio.get_running_loop().call_later(DISTANCE, send, encode(message), address)


def serve(address):
    async def forever():
        await asyncio.get_running_loop().create_datagram_endpoint(Distant, local_addr=(address, 53))
        await asyncio.Event().wait()

    threading.Thread(target=asyncio.run, args=(forever(),), daemon=True).start()


def names(count):
    """Whole programs, from their start to their end: each asks for all names and for A only."""
    times = {}
    with World(ttl=600) as world:
        world.internet.ip("addr add 192.0.2.99 dev lo")
        serve("192.0.2.99")
        hosts = [f"host{i}.example.test" for i in range(count)]
        (RUN / "names").write_text("\n".join(hosts) + "\n")
        (RUN / "dnspython.py").write_text(DNSPYTHON)
        commands = {"dnspython": [sys.executable, RUN / "dnspython.py", RUN / "names", "192.0.2.99"]}
        commands["dig -f"] = ["dig", "@192.0.2.99", "+short", "-f", RUN / "names"]
        commands["adnshost"] = ["sh", "-c", f"adnshost --config 'nameserver 192.0.2.99' -t a -f <{RUN}/names"]
        for _ in range(PASSES):
            for name, command in commands.items():
                if shutil.which(command[0]) is None or (name == "adnshost" and shutil.which("adnshost") is None):
                    continue
                began = time.monotonic()
                done = world.beach.run(command, timeout=240, check=False)
                times.setdefault(name, []).append(time.monotonic() - began)
                assert done.returncode == 0, done
            for interpreter in BOTH:
                world.beach.nft("table inet vpn\ndelete table inet vpn\n" + VPN_SETS)
                settings = options(family="ipv4", nameserver=["192.0.2.99"])
                agent = Agent(world, settings, policy("all", hosts), network=["\n"], interpreter=interpreter)
                began = time.monotonic()
                done = agent.once()
                times.setdefault(f"nametrack, {interpreter}", []).append(time.monotonic() - began)
                assert done.returncode == 0 and len(nft_elements(world.beach, "inet", "vpn", "staging4")) > count * 0.9
    return {name: statistics.median(found) for name, found in times.items()}


def start():
    times = collections.defaultdict(list)
    with variants() as found:
        for name, (interpreter, environ) in PASSES * list(found.items()):
            with World(dial=False) as world:
                agent = Agent(world, options(), interpreter=interpreter, environ=environ)
                began = time.monotonic()
                with agent:
                    wait_for(world.home_endpoint, 20, agent.tail, every=0.003)
                    times[name].append((time.monotonic() - began, processor_seconds(agent)))
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in times.items()}


WHAT = {"steady": steady, "memory": memory, "sets": sets, "names": names, "start": start}

if __name__ == "__main__":
    print(json.dumps(WHAT[sys.argv[1]](*map(int, sys.argv[2:])), indent=1 if os.isatty(1) else None))
