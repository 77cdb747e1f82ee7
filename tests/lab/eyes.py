"""Eyes of hundred.py: which tunnels carry traffic, what DNS is asked, and what Prometheus sees."""

import contextlib
import ctypes
import http.server
import json
import selectors
import socket
import struct
import threading
import time
import urllib.parse
import urllib.request

from lab.crowd import RESOLVER, bus_path
from lab.enter import RUN, TOP
from lab.host import wait_for
from lab.netifd import UbusClient

EVERY = 0.25  # seconds between two datagrams of a router
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
            with UbusClient(bus_path(int(self.path[1:])), 10) as bus:
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
