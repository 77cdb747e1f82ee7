"""Eyes of the lab: traffic that flows or does not, and what sets hold."""

import json
import pathlib
import subprocess
import threading
import time

from lab.host import LabError, wait_for


class Pinger:
    """Pings from a host all the time; knows when answers came (`replies`, of time.monotonic()) and when they did not.

    with Pinger(world.beach, "10.9.0.1") as pinger:
        …
        pinger.wait_for_reply(after=moved, seconds=10)
    """

    def __init__(self, host, address, every=0.1):
        self.host = host
        self.every = every
        self.replies = []
        self.began = time.monotonic()
        self.process = host.start(
            ["ping", "-n", "-i", f"{every}", "-W", "1", address],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with self.process.stdout as lines:
            for line in lines:
                if " bytes from " in line:
                    self.replies.append(time.monotonic())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.host.stop(self.process)

    def first_reply(self, after):
        """When the first answer after the time `after` came; None if none has yet."""
        return next((at for at in list(self.replies) if at > after), None)

    def wait_for_reply(self, after=None, seconds=10):
        """When the first answer after `after` (default: now) came; LabError where none does within `seconds`."""
        after = time.monotonic() if after is None else after
        return wait_for(lambda: self.first_reply(after), seconds, "an answer to the pinger", every=0.02)

    def wait_for_silence(self, length=1.0, seconds=10):
        """Waits until nothing was answered for `length` seconds; returns when the last answer came."""
        began = time.monotonic()

        def silent():
            last = self.replies[-1] if self.replies else self.began
            return last if time.monotonic() - max(last, began) > length else None

        return wait_for(silent, seconds, f"{length:g} s without an answer to the pinger", every=0.02)

    def gaps(self, longer=1.0, since=0.0):
        """The times without answers longer than `longer` seconds, up to now, as (start, length)."""
        moments = [self.began, *self.replies, time.monotonic()]
        pairs = zip(moments, moments[1:])
        return [(max(a, since), b - max(a, since)) for a, b in pairs if b > since and b - max(a, since) > longer]


def nft_set(host, family, table, name):
    """The elements of an nft set: a dict from text (address, prefix, range) to the seconds left, None without timeout.

    LabError if there is no such set.
    """
    done = host.run(["nft", "-j", "list", "set", family, table, name])
    found = next(item["set"] for item in json.loads(done.stdout)["nftables"] if "set" in item)
    elements = {}
    for element in found.get("elem", []):
        details = element.get("elem", {}) if isinstance(element, dict) else {}
        elements[element_text(details.get("val", element))] = details.get("expires")
    return elements


def element_text(value):
    if isinstance(value, str):
        return value
    if "prefix" in value:
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    if "range" in value:
        return "-".join(value["range"])
    raise LabError(f"a set element of a kind unknown to the lab: {value}")


def nft_elements(host, family, table, name):
    """The elements of an nft set, as a set of text."""
    return set(nft_set(host, family, table, name))


def ipset_elements(host, name):
    """The members of an ipset, as a set of text."""
    out = host.run(["ipset", "list", name, "-output", "save"]).stdout
    return {line.split()[2] for line in out.splitlines() if line.startswith("add ")}


class SetWatcher:
    """Reads an nft set in a tight loop, as packets do; `seen` holds each content that differed from the one before it,
    as (time.monotonic(), frozenset), and `reads` says how often it looked."""

    def __init__(self, host, family, table, name):
        self.where = (host, family, table, name)
        self.seen = []
        self.reads = 0
        self.ended = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        if self.error is not None:
            raise self.error

    def watch(self):
        try:
            while not self.ended.is_set():
                content = frozenset(nft_elements(*self.where))
                self.reads += 1
                if not self.seen or self.seen[-1][1] != content:
                    self.seen.append((time.monotonic(), content))
        except LabError as error:
            self.error = error

    def smallest(self):
        """The smallest number of elements it ever saw."""
        return min(len(content) for _, content in self.seen)

    def always(self):
        """The elements that were there whenever it looked."""
        return frozenset.intersection(*(content for _, content in self.seen))


def usage(agent):
    """(voluntary context switches, page faults of children that have ended) so far.

    The kernel adds up a child's page faults when it is reaped: the count stands still exactly when no child ended.
    """
    folder = pathlib.Path(f"/proc/{agent.process.pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return int(status["voluntary_ctxt_switches"]), int(fields[8])


def spent(agent, seconds):
    """(processor seconds, voluntary context switches) within `seconds`, in which no child may exist."""
    switches, faults = usage(agent)
    used, until = agent.cpu_seconds(), time.monotonic() + seconds
    while time.monotonic() < until:
        assert agent.children() == [], agent.tail()
        time.sleep(0.1)
    now, faults_now = usage(agent)
    assert faults_now == faults, "a child process came and went"
    return agent.cpu_seconds() - used, now - switches
