"""`make hundred`: a hundred routers, one name that moves for all of them at once, and one Prometheus that sees it all.

                 internet (this process, Prometheus, and 192.0.2.55: the resolver that all routers share, dnsmasq)
                     │                     │   │   │
                     │ 198.51.100.0/24     │   │   │ 100.64.N.0/30
                   home                   r1  r2 … r100    a MicroPython agent, WireGuard and a bus of its own in each
                 10.200.0.1             10.200.1.N

Everything is as installed: no option is set but the nameserver and the names. Every router sends a datagram through its
tunnel four times a second, which home sends back: the gap in what comes back is the outage. What DNS is asked is
counted where it arrives. Figures go to build/hundred.json, a plot to docs/many-routers.svg; RESULTS=- writes neither.
"""

import contextlib
import ctypes
import http.server
import json
import os
import pathlib
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab.agent import Agent
from lab.enter import RUN, TOP, enter, inside
from lab.host import LabError, cable, wait_for
from lab.netifd import Interface, Netifd, UbusClient
from lab.plot import outage_plot
from lab.wireguard import Key, Tunnel
from lab.world import DNS_ADDRESSES, FIREWALL, HOME_NAME, World

COUNT = int(os.environ.get("ROUTERS", "100"))
TTL = 30
HOUR = 3600
STEADY = 3 * TTL  # seconds
EVERY = 0.25  # seconds between two datagrams of a router
RESOLVER = "192.0.2.55"
HOME = "10.200.0.1"
ECHO = 7777
SCRAPE = 5  # seconds
PROMETHEUS, EXPORTER = 9090, 9100
# lets IPv4 packets to UDP port 53 through: ldb [9]; jeq 17; ldxb 4*([0]&0xf); ldh [x+2]; jeq 53; ret
DNS_ONLY = [
    (0x30, 0, 0, 9),
    (0x15, 0, 4, 17),
    (0xB1, 0, 0, 0),
    (0x48, 0, 0, 2),
    (0x15, 0, 1, 53),
    (0x06, 0, 0, 65535),
    (0x06, 0, 0, 0),
]


class Router:
    """One of the hundred."""

    def __init__(self, world, number):
        self.number = number
        self.key = Key()
        self.host = world.host(f"r{number}")
        self.leg = f"to-r{number}"
        self.inner = f"10.200.1.{number}"
        cable(world.internet, self.leg, self.host, "wan")
        world.internet.ip(f"addr add 100.64.{number}.1/30 dev {self.leg}")
        self.host.ip(f"addr add 100.64.{number}.2/30 dev wan", f"route replace default via 100.64.{number}.1")
        self.host.nft(FIREWALL)  # or home would find the routers again, and nobody would need to find home
        self.tunnel = Tunnel(self.host, f"wg{number}", self.key, [f"{self.inner}/16"])
        self.bus = f"{RUN}/bus-{number}.sock"

    def start(self, world, home):
        self.tunnel.up()
        self.tunnel.set_peer(home, allowed_ips=["10.200.0.0/24"], keepalive=25)
        wan = Interface("wan", "wan", routers={4: f"100.64.{self.number}.1"}, nameservers=[RESOLVER])
        self.netifd = Netifd(self.host, self.bus, wan, pause=2)
        self.netifd.__enter__()
        peer = {"public_key": home, "description": "home", "endpoint_host": HOME_NAME, "persistent_keepalive": 25}
        network = [
            ("interface", self.tunnel.name, {"proto": "wireguard"}),
            (f"wireguard_{self.tunnel.name}", "home", {**peer, "allowed_ips": ["10.200.0.0/24"]}),
        ]
        settings = ("nametrack", "global", {"nameserver": [RESOLVER]})
        self.agent = Agent(world, settings, network=network, host=self.host, bus=self.bus)
        self.agent.start()


class Echoes:
    """Datagrams from every router to home and back: `replies[number]` are the moments at which they came back."""

    def __init__(self, world, routers):
        self.replies = {router.number: [] for router in routers}
        self.selector = selectors.DefaultSelector()
        self.home = world.home.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.home.bind((HOME, ECHO))
        self.selector.register(self.home, selectors.EVENT_READ, None)
        self.senders = []
        for router in routers:
            sock = router.host.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            self.senders.append(sock)
            self.selector.register(sock, selectors.EVENT_READ, router.number)
        self.home.setblocking(False)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        turn, due = 0, time.monotonic()
        while True:
            for key, _ in self.selector.select(max(0, due - time.monotonic())):
                with contextlib.suppress(OSError):
                    data, sender = key.fileobj.recvfrom(64)
                    if key.data is None:
                        self.home.sendto(data, sender)
                    else:
                        self.replies[key.data].append(time.monotonic())
            while time.monotonic() >= due:
                with contextlib.suppress(OSError):
                    self.senders[turn].sendto(b"x", (HOME, ECHO))
                turn = (turn + 1) % len(self.senders)
                due += EVERY / len(self.senders)

    def outages(self, since):
        """{router: seconds from `since` to its first reply after the gap}; only of those that replied."""
        found = {}
        for number, moments in self.replies.items():
            after = [at for at in list(moments) if at > since + EVERY]
            if after:
                found[number] = after[0] - since
        return found

    def wait_for_all(self, since, seconds):
        wait_for(
            lambda: len(self.outages(since)) == len(self.replies),
            seconds,
            lambda: f"an answer for every router: {sorted(set(self.replies) - set(self.outages(since)))} have none",
        )
        return self.outages(since)


class Questions:
    """DNS queries as they arrive from the routers: (moment, to the shared resolver or to the zone's own server)."""

    def __init__(self):
        self.seen = []
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        code = b"".join(struct.pack("HBBI", *line) for line in DNS_ONLY)
        buffer = ctypes.create_string_buffer(code)
        sock.setsockopt(
            socket.SOL_SOCKET, 26, struct.pack("HL", len(DNS_ONLY), ctypes.addressof(buffer))
        )  # SO_ATTACH_FILTER
        threading.Thread(target=self.run, args=(sock,), daemon=True).start()

    def run(self, sock):
        while True:
            data, (device, *_) = sock.recvfrom(64)
            if device.startswith("to-r"):
                self.seen.append((time.monotonic(), socket.inet_ntoa(data[16:20]) == RESOLVER))

    def between(self, since, until, shared=None):
        return [at for at, to_shared in list(self.seen) if since <= at < until and shared in (None, to_shared)]


def most_within(moments, seconds):
    """The most of these moments that lie within so many seconds."""
    moments, most, first = sorted(moments), 0, 0
    for last, at in enumerate(moments):
        while moments[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class Exporter(http.server.BaseHTTPRequestHandler):
    """What a node exporter does on each router: asks the agent over its bus. /N is the router."""

    def do_GET(self):
        try:
            with UbusClient(f"{RUN}/bus-{int(self.path[1:])}.sock", 10) as bus:
                text = bus.call("nametrack", "metrics")["text"].encode()
        except Exception as error:
            return self.send_error(500, str(error))
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Prometheus:
    """The real one, scraping every router."""

    def __init__(self, world, routers):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", EXPORTER), Exporter)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        folder = RUN / "prometheus"
        folder.mkdir()
        jobs = []
        for router in routers:
            target = {"targets": [f"127.0.0.1:{EXPORTER}"], "labels": {"instance": f"r{router.number}"}}
            target["labels"]["__metrics_path__"] = f"/{router.number}"
            jobs.append(target)
        config = {
            "global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": f"{SCRAPE}s"},
            "rule_files": [str(TOP / "fleet/prometheus/nametrack.rules.yml")],
            "scrape_configs": [{"job_name": "routers", "static_configs": jobs}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        world.internet.start(
            [str(TOP / "build/bin/prometheus"), f"--config.file={folder}/prometheus.yml"]
            + [f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{PROMETHEUS}"]
            + ["--log.level=warn"]
        )

    def ask(self, expression):
        """{labels of the instance, or None: value} of an expression now."""
        url = f"http://127.0.0.1:{PROMETHEUS}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=10) as response:
            found = json.load(response)["data"]["result"]
        return {each["metric"].get("instance"): float(each["value"][1]) for each in found}

    def wait_for(self, expression, wanted, seconds):
        def there():
            with contextlib.suppress(OSError):
                return self.ask(expression).get(None) == wanted

        wait_for(there, seconds, lambda: f"{expression} to be {wanted}; it is {self.ask(expression)}", every=1)


def start_resolver(world):
    world.internet.ip(f"addr add {RESOLVER}/32 dev lo")
    world.internet.start(
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--listen-address={RESOLVER}", "--bind-interfaces"]
        + ["--no-resolv", "--no-hosts", "--cache-size=1000", f"--server={DNS_ADDRESSES[0][0]}", "--log-facility=-"]
    )


def delegate(world):
    """Who is responsible for the name's zone, as a real zone says it."""
    world.zone.set("dyn.test", "NS", ["ns.dyn.test."], HOUR)
    world.zone.set("ns.dyn.test", "A", [DNS_ADDRESSES[0][0]], HOUR)


def start_buses():
    paths = [f"{RUN}/bus-{number}.sock" for number in range(1, COUNT + 1)]
    # it ends with the lab
    subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), "buses", *paths])
    wait_for(lambda: all(os.path.exists(path) for path in paths), 60, "the buses")


def buses(paths):
    """A bus for each router, all of them in one process."""
    sys.path.insert(0, str(TOP / "agent"))
    from bus.server import Server

    threads = [threading.Thread(target=Server(path).run, daemon=True) for path in paths]
    for thread in threads:
        thread.start()
    threads[0].join()


def memory(router):
    """`(resident, proportional)` bytes of an agent."""
    fields = {}
    for line in pathlib.Path(f"/proc/{router.agent.process.pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        fields[name] = int(value.split()[0]) * 1024
    return fields["Rss"], fields["Pss"]


def figures(values):
    values = sorted(values)
    at = lambda share: values[min(len(values) - 1, int(share * len(values)))]  # noqa: E731
    return {"median": statistics.median(values), "p90": at(0.9), "worst": values[-1], "best": values[0]}


def move(world, echoes, questions, address, ttl):
    """Home gets another address, and DNS says so at the same moment."""
    began = time.monotonic()
    world.move_home(address)
    world.zone.set(HOME_NAME, "A", [address], ttl)
    outages = echoes.wait_for_all(began, 180)
    time.sleep(5)
    asked = questions.between(began, time.monotonic())
    return {
        "outages": sorted(outages.values()),
        **figures(outages.values()),
        "questions": len(asked),
        "most_in_a_second": most_within(asked, 1),
        "most_in_a_tenth": most_within(asked, 0.1),
        "to_the_zone": len(questions.between(began, time.monotonic(), shared=False)),
        "times": [round(at - began, 3) for at in asked],
    }


def main():
    began = time.monotonic()

    def tell(text):
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    results = {"routers": COUNT, "record_ttl": TTL}
    print(f"{COUNT} routers, as installed, and one name that moves for all of them at once", flush=True)
    with World(ttl=TTL, dial=False) as world:
        start_buses()
        start_resolver(world)
        delegate(world)
        world.home.ip(f"addr add {HOME}/24 dev wghome", "route add 10.200.1.0/24 dev wghome")
        routers = [Router(world, number) for number in range(1, COUNT + 1)]
        tell("built")
        words = []
        for router in routers:
            words += ["peer", router.key.public, "allowed-ips", f"{router.inner}/32"]
        world.wghome.set(*words)
        questions = Questions()
        for router in routers:
            router.start(world, world.home_key.public)
        echoes = Echoes(world, routers)
        prometheus = Prometheus(world, routers)
        echoes.wait_for_all(began, 120)
        tell("every tunnel works")
        prometheus.wait_for("count(nametrack_peer_state{state='current'} == 1)", COUNT, 60)
        tell("Prometheus sees every agent, and every tunnel current")
        results["version"] = routers[0].agent.call("version").stdout.strip()

        time.sleep(TTL)  # whatever the start aligned is over
        since = time.monotonic()
        time.sleep(STEADY)
        asked = questions.between(since, time.monotonic())
        results["steady"] = {
            "seconds": STEADY,
            "per_second": len(asked) / STEADY,
            "most_in_a_second": most_within(asked, 1),
            "most_in_a_tenth": most_within(asked, 0.1),
            "times": [round(at - since, 3) for at in asked],
        }
        steady = results["steady"]
        tell(f"steady: {steady['per_second']:.1f} queries/s, {steady['most_in_a_second']} in the worst second")
        resident, proportional = zip(*[memory(router) for router in routers])
        results["memory"] = {"resident": figures(resident), "proportional": figures(proportional)}
        results["memory"]["by_prometheus"] = max(prometheus.ask("nametrack_resident_memory_bytes").values())
        tell(f"memory: {results['memory']['resident']['median'] / 2**20:.1f} MiB resident each")

        for name, ttl, address in (("ttl", TTL, "198.51.100.11"), ("caches", HOUR, "198.51.100.12")):
            if name == "caches":
                world.zone.set(HOME_NAME, "A", [world.home_address], HOUR)
                time.sleep(2 * TTL)  # every cache has the record of an hour now
            results[name] = move(world, echoes, questions, address, ttl)
            shown = results[name]
            tell(
                f"moved, TTL {ttl} s: median {shown['median']:.1f} s, worst {shown['worst']:.1f} s; "
                f"{shown['most_in_a_second']} queries in the worst second"
            )
            current = f"count(nametrack_peer_state{{state='current'}} == 1) == {COUNT}"
            prometheus.wait_for(current, COUNT, 60)
        results["prometheus"] = {
            "recoveries": sum(prometheus.ask("nametrack_recovery_duration_seconds_count").values()),
            "median": prometheus.ask(
                "histogram_quantile(0.5, sum by (le) (nametrack_recovery_duration_seconds_bucket))"
            ),
            "alerts": sorted(filter(None, prometheus.ask("ALERTS{alertstate='firing'}"))),
            "queries": sum(prometheus.ask("nametrack_dns_queries_total").values()),
            "lag_p99": prometheus.ask("histogram_quantile(0.99, sum by (le) (nametrack_loop_lag_seconds_bucket))"),
        }
        results["prometheus"]["median"] = results["prometheus"]["median"].get(None)
        results["prometheus"]["lag_p99"] = results["prometheus"]["lag_p99"].get(None)
        results["cpu_seconds"] = sum(router.agent.cpu_seconds() for router in routers)
        results["seconds"] = time.monotonic() - began
        tell(f"Prometheus saw {results['prometheus']['recoveries']:.0f} recoveries")
        for router in routers:
            router.agent.stop()
        tell("every agent ended in order")
    return results


def report(results):
    for name, text in (("ttl", "by the TTL"), ("caches", "past caches of an hour")):
        shown = results[name]
        print(
            f"{text}: median {shown['median']:.1f} s, 90 % within {shown['p90']:.1f} s, worst {shown['worst']:.1f} s; "
            f"DNS at most {shown['most_in_a_second']} queries in a second, {shown['most_in_a_tenth']} in a tenth"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["buses"]:
        sys.exit(buses(sys.argv[2:]))
    if not inside():
        sys.exit(enter([__file__]))
    try:
        found = main()
    except LabError as error:
        sys.exit(f"This did not happen: {error}")
    report(found)
    if os.environ.get("RESULTS") != "-":
        (TOP / "build/hundred.json").write_text(json.dumps(found, indent=1) + "\n")
        (TOP / "docs").mkdir(exist_ok=True)
        (TOP / "docs/many-routers.svg").write_text(outage_plot(found))
