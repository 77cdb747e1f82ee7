"""Routes of our own at scale: `steered.py INTERPRETER [WHAT …]`; the last line is JSON. Run by root in network and
mount namespaces of its own: `unshare --net --mount`.

many       200 policies of ten hosts each, 15 ways; 20 selectors, those of a selector side by side
mixed      the same, each selector 20 policies after the last with it: as many tables as policies
big        one policy of 65,536 addresses, two ways
packets    what a forwarded packet costs, beside the same router without rules

Seconds for each act, and the agent's memory (PSS) in KiB after it; what the kernel has more of after the start, beside
sets of nft with the same addresses; the longest stretches in ms in which the agent heard nothing; and of a stream of
1,000 packets a second what became of them: none may go astray or get lost while a host or the order changes.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "tests/bench", "agent")]

from cost import in_memory  # noqa: E402
from crossing import CLIENTS, DROP, WAYS, Crossing, Stream, Watched  # noqa: E402
from lab.agent import INTERPRETERS, LAUNCHER, options, uci  # noqa: E402
from lab.authority import Authority, Zone  # noqa: E402
from lab.host import wait_for  # noqa: E402

POLICIES, HOSTS, SELECTORS = 200, 10, 20
NAMES, EACH = int(os.environ.get("NAMES") or 64), 1024
NAMESERVER = "10.3.0.2"
STRANGERS = 1020  # rules of one policy, beside those that each policy has: there is room for 1,024
ELSEWHERE = "192.0.2.9"  # no policy is about it
MARKED = """
table inet beside {
	set s { type ipv4_addr; elements = { %s } }
	chain pre { type filter hook prerouting priority mangle; ip daddr @s meta mark set 0x10000
	}
}
"""


def address(number):
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def kernel():
    """KiB of the kernel's slabs and of what it maps and has for each core, the whole machine's: for megabytes."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Slab:", "VmallocUsed:", "Percpu:")))


class KeptZone(Zone):
    """Its names never change, and it makes each RRset once: a thousand addresses take long."""

    def __init__(self, *apexes, minimum):
        super().__init__(*apexes, minimum=minimum)
        self.made = {}

    def get(self, name, rtype):
        if (name, rtype) not in self.made:
            self.made[name, rtype] = super().get(name, rtype)
        return self.made[name, rtype]


class Scene:
    """One measurement's agent, names and figures."""

    def __init__(self, crossing, interpreter):
        self.crossing = crossing
        self.agent = Watched(
            crossing, pathlib.Path(tempfile.mkdtemp()), LAUNCHER, INTERPRETERS[interpreter], TOP / "agent"
        )
        self.zone = KeptZone("bench.test", minimum=3600)
        self.authority = Authority(self.zone, [(NAMESERVER, "10.3.0.3")])
        self.figures = {}

    def configure(self, policies):
        self.agent.configure(uci(options(nameserver=[NAMESERVER], max_ttl=3600, retain=0), *policies))

    def routes(self):
        text = self.crossing.router.run(["ip", "route", "show", "table", "all", "proto", "190"]).stdout
        return sum("metric 9999" not in line for line in text.splitlines())

    def rules(self):
        """[(preference, table)] of the rules of ours that look a table up."""
        found = json.loads(self.crossing.router.run(["ip", "-j", "rule"]).stdout)
        return [(r["priority"], r.get("table")) for r in found if r.get("protocol") == "190" and r.get("table")]

    def wait(self, condition, seconds=300, every=0.02):
        return wait_for(condition, seconds, self.agent.tail, every)

    def timed(self, what, act, condition, pairs=(), rest=3):
        """Seconds from an act to its effect, the stretches meanwhile and `rest` seconds after, and the packets."""
        self.agent.stretches()
        stream = Stream(self.crossing, pairs) if pairs else None
        began = time.monotonic()
        act()
        self.wait(condition)
        took = time.monotonic() - began
        time.sleep(rest)
        figure = {"seconds": round(took, 2), "stretches": self.agent.stretches()[:5]}
        figure["pss"] = in_memory(self.agent.process.pid)[0]
        if stream is not None:
            figure["packets"] = stream.end()
        self.figures[what] = figure
        print(what, figure, file=sys.stderr, flush=True)

    def bare(self):
        """Nanoseconds for each packet without a policy."""
        self.configure([])
        self.agent.start() if self.agent.process is None else self.agent.reload()
        self.wait(lambda: not self.rules() and not self.routes(), every=1)
        time.sleep(3)  # a program that has just begun takes no signal yet
        return self.crossing.cost(ELSEWHERE)

    def end(self):
        self.figures["pss"] = in_memory(self.agent.process.pid)[0]
        self.agent.stop()
        self.crossing.router.run([LAUNCHER, "flush"], env=self.agent.environ)
        self.authority.close()


def many(crossing, interpreter, side_by_side=True):
    scene = Scene(crossing, interpreter)
    policies = []
    for i in range(POLICIES):
        hosts = [f"h{i}-{j}.bench.test" for j in range(HOSTS)]
        for j, host in enumerate(hosts):
            scene.zone.set(host, "A", [address(i * HOSTS + j)], 3600)
        client = CLIENTS[i * SELECTORS // POLICIES if side_by_side else i % SELECTORS]
        ways = [WAYS[i % len(WAYS)], WAYS[(i + 1) % len(WAYS)]]
        policies.append(("policy", f"p{i}", {"host": hosts, "client": [client], "interface": ways}))
    scene.zone.set("new.bench.test", "A", [address(60000)], 3600)
    pairs = []
    for i in range(0, POLICIES, 3):
        pairs.append((policies[i][2]["client"][0], address(i * HOSTS + 1), policies[i][2]["interface"][0]))
    scene.configure(policies)
    scene.timed(
        "start", scene.agent.start, lambda: scene.routes() == POLICIES * HOSTS and len(scene.rules()) >= SELECTORS
    )
    tables = [table for _, table in scene.rules()]
    policies[0][2]["host"][0] = "new.bench.test"
    scene.configure(policies)
    source, way = policies[0][2]["client"][0], policies[0][2]["interface"][0]
    changed = lambda: crossing.leads(address(60000), source) == way and crossing.leads(address(0), source) == "wan"  # noqa: E731
    scene.timed("reload", scene.agent.reload, changed, pairs)
    scene.configure(list(reversed(policies)))
    reordered = lambda: [table for _, table in scene.rules()] == list(reversed(tables))  # noqa: E731
    scene.timed("reorder", scene.agent.reload, reordered, pairs)
    lead = lambda way: lambda: crossing.leads(address(15 * HOSTS), policies[15][2]["client"][0]) == way  # noqa: E731
    scene.timed("failover", lambda: crossing.router.ip("link set w0 down"), lead("w1"), rest=5)
    crossing.router.ip("link set w0 up")
    scene.end()
    return scene.figures


def mixed(crossing, interpreter):
    return many(crossing, interpreter, False)


def big(crossing, interpreter):
    scene = Scene(crossing, interpreter)
    for i in range(NAMES):
        scene.zone.set(f"h{i}.bench.test", "A", [address(i * EACH + j) for j in range(EACH)], 3600)
    scene.zone.set("new.bench.test", "A", ["203.0.113.77"], 3600)
    hosts, ways = [f"h{i}.bench.test" for i in range(NAMES)], [WAYS[0], WAYS[1]]
    values = {"host": hosts, "interface": ways, "check_address": "10.2.0.2", "failback_delay": 2}
    other = ("policy", "other", {"host": ["new.bench.test"], "interface": ["w3"]})
    scene.configure([("policy", "big", values)])
    before, full = kernel(), NAMES * EACH
    scene.timed("start", scene.agent.start, lambda: scene.routes() == full)
    scene.figures["kernel"] = kernel() - before
    before = kernel()
    elements = ", ".join(address(i) for i in range(full))
    crossing.router.nft(
        "add table inet beside\nadd set inet beside s { type ipv4_addr; }\nadd element inet beside s { %s }" % elements
    )
    scene.figures["kernel, set"] = kernel() - before
    crossing.router.nft("delete table inet beside")
    pairs = [(CLIENTS[0], address(i * 997 % full), "w0") for i in range(60)]
    scene.configure([("policy", "big", values), other])
    scene.timed("reload", scene.agent.reload, lambda: crossing.leads("203.0.113.77") == "w3", pairs)
    scene.configure([other, ("policy", "big", values)])
    scene.timed("reorder", scene.agent.reload, lambda: scene.agent.readings() == 2, pairs, rest=8)
    lead = lambda way: lambda: crossing.leads(address(77)) == way  # noqa: E731
    block = DROP % ("deaf", 'iifname "w0"')
    scene.timed("failover, echo", lambda: crossing.sink.nft(block), lead("w1"), rest=6)
    scene.timed("return", lambda: crossing.sink.nft("delete table inet deaf"), lead("w0"), rest=6)
    whole = lambda way: lambda: lead(way)() and scene.routes() > full  # noqa: E731
    scene.timed("device deleted", lambda: crossing.router.ip("link del w0"), whole("w1"), rest=8)
    scene.timed("device back", lambda: crossing.way("w0", 1), whole("w0"), rest=8)
    scene.end()
    return scene.figures


def packets(crossing, interpreter):
    """What a forwarded packet costs, as a ratio to the same router without a policy, measured just before.

    With conntrack a packet costs more, so these ratios are the worst.
    """
    scene, found = Scene(crossing, interpreter), {}
    for i in range(NAMES):
        scene.zone.set(f"h{i}.bench.test", "A", [address(i * EACH + j) for j in range(EACH)], 3600)
    big = {"host": [f"h{i}.bench.test" for i in range(NAMES)]}
    many = {"host": ["h0.bench.test"]}
    strangers = [f"10.77.{i // 200}.{i % 200 + 1}" for i in range(STRANGERS)]
    cases = {
        f"{NAMES * EACH:,} addresses": [big],
        "20 tables for other clients": [{**many, "client": [each]} for each in strangers[:20]],
        "20 tables for other ports": [{**many, "port": [str(7000 + i)]} for i in range(20)],
        f"{STRANGERS:,} other clients": [{**many, "client": strangers}],
        f"{STRANGERS:,} other ports": [{**many, "proto": ["udp"], "port": [str(7000 + i) for i in range(STRANGERS)]}],
    }
    for name, policies in cases.items():
        bare = scene.bare()
        named = [("policy", f"p{i}", {**values, "interface": [WAYS[i % 15]]}) for i, values in enumerate(policies)]
        scene.configure(named)
        scene.agent.reload()
        last = address(NAMES * EACH - 1 if name == next(iter(cases)) else EACH - 1)
        table = lambda last=last: crossing.router.run(["ip", "route", "show", "table", "all", last]).stdout  # noqa: E731
        scene.wait(lambda table=table, named=named: table().count("proto 190") >= len(named), every=1)
        time.sleep(3)
        found[name] = round(crossing.cost(ELSEWHERE) / bare, 3)
        print(name, found[name], bare, file=sys.stderr, flush=True)
        if policies == [big]:
            found[f"{name}, to one of them"] = round(crossing.cost(address(77)) / bare, 3)
    bare = scene.bare()
    elements = ", ".join(address(i) for i in range(NAMES * EACH))
    crossing.router.nft(MARKED % elements)
    crossing.router.ip("rule add pref 1500 fwmark 0x10000 lookup 77", "route add default dev w0 table 77")
    found["a set of the same size, a mark and a rule"] = round(crossing.cost(ELSEWHERE) / bare, 3)
    found["a set of the same size, a mark and a rule, to one of them"] = round(crossing.cost(address(77)) / bare, 3)
    crossing.router.ip("rule del pref 1500")
    crossing.router.nft("delete table inet beside")
    found["without a policy, at the end"] = round(scene.bare() / bare, 3)
    scene.end()
    return found


if __name__ == "__main__":
    interpreter, *wanted = sys.argv[1:]
    results = {}
    for what in wanted or ("many", "mixed", "big", "packets"):
        with Crossing() as crossing:
            results[what] = globals()[what](crossing, interpreter)
        subprocess.run(["umount", "--lazy", "/run"], check=True)
    print(json.dumps(results))
