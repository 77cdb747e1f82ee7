"""The agent under test, run on a host of the lab as procd runs it, with a configuration of the test's own.

agent = Agent(world, options(nameserver=["127.0.0.1"], min_ttl=1), policy("staging", …), interpreter="micropython")
with agent:                       # started; stopped by SIGTERM on leaving, which must give exit status 0
    agent.wait_for_line("wg0")
"""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from lab.enter import RUN, TOP
from lab.host import LabError, handles, wait_for
from lab.world import HOME_NAME, HOME_PORT

LAUNCHER = TOP / "files/usr/sbin/nametrack"
INTERPRETERS = {
    "micropython": os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython")),
    # The launcher gives CPython -S and -E: its site-packages are empty whatever this one's hold.
    "cpython": sys.executable,
}
COUNTER = itertools.count(1)


def uci(*sections):
    """The text of a UCI file: sections are (type, name, options), option values text, numbers, or lists of them."""
    lines = []
    for kind, name, values in sections:
        lines.append(f"config {kind} {quoted(name)}" if name else f"config {kind}")
        for option, value in values.items():
            if isinstance(value, (list, tuple)):
                lines += [f"\tlist {option} {quoted(item)}" for item in value]
            else:
                lines.append(f"\toption {option} {quoted(value)}")
        lines.append("")
    return "\n".join(lines)


def quoted(value):
    return "'" + str(value).replace("'", "'\\''") + "'"


def all_current(status):
    """Whether a status has peers or policies, and every one of them is as DNS says."""
    states = [each["state"] for each in status["peers"] + status["policies"]]
    return bool(states) and set(states) <= {"current", "roamed"}


def options(**values):
    """The global section of /etc/config/nametrack: a lab's hasty values where none are given."""
    return ("nametrack", "global", {"nameserver": ["127.0.0.1"], "min_ttl": 1, "peer_interval": 2, **values})


def policy(name, hosts, **values):
    """A policy section; without a target, the sets of world.VPN_SETS."""
    sets = {"target": "nftset", "set4": "inet vpn staging4", "set6": "inet vpn staging6"}
    return ("policy", name, {**({} if "target" in values else sets), "host": hosts, **values})


def peer(name, **values):
    """A peer section of /etc/config/nametrack."""
    return ("peer", name, values)


def network_of(world, *more, **values):
    """The sections of /etc/config/network behind the beach's tunnel, then `more`; `values` are options of its peer."""
    interface = {"proto": "wireguard", "private_key": world.beach_key.private, "addresses": world.wg0.addresses}
    home = {
        "description": "home",
        "public_key": world.home_key.public,
        "endpoint_host": HOME_NAME,
        "endpoint_port": HOME_PORT,
        "persistent_keepalive": world.keepalive,
        "allowed_ips": ["10.9.0.0/24", "fd00:9::/64"],
        "route_allowed_ips": 1,
        **values,
    }
    return [("interface", "wg0", interface), ("wireguard_wg0", "home", home), *more]


class Agent:
    """nametrack with its own configuration and state folders; not started yet.

    `sections` are those of /etc/config/nametrack, `network` those of /etc/config/network (default: network_of(world)).
    Text in their place, `Agent(world, "config nametrack…")`, is written as it is. `bus`: the path of the bus's socket.
    """

    def __init__(self, world, *sections, network=None, interpreter="micropython", host=None, environ=None, bus="none"):
        self.host = host or world.beach
        self.interpreter = INTERPRETERS[interpreter]
        self.folder = RUN / f"agent-{next(COUNTER)}"
        self.config, self.state, self.run = (self.folder / name for name in ("etc/config", "state", "run"))
        self.config.mkdir(parents=True)
        self.state.mkdir()
        self.environ = environ or {}
        self.bus = bus
        self.configure(*sections)
        self.write("network", network or network_of(world))
        self.process = None
        self.log = []

    def configure(self, *sections):
        """Writes /etc/config/nametrack anew."""
        self.write("nametrack", sections)

    def write(self, package, sections):
        """Writes a package's file: sections, or text."""
        if len(sections) == 1 and isinstance(sections[0], str):
            sections = sections[0]
        (self.config / package).write_text(sections if isinstance(sections, str) else uci(*sections))

    def command(self, *words):
        if words[0] in ("version", "help", "flush"):
            return [str(LAUNCHER), *words]
        folders = ["--config-dir", str(self.config), "--state-dir", str(self.state), "--run-dir", str(self.run)]
        if words[0] in ("include", "block"):
            return [str(LAUNCHER), *words, *folders]
        local = words[0] in ("run", "plan", "check")
        return [str(LAUNCHER), *words, *(folders if local else folders[4:]), "--ubus", str(self.bus)]

    def environment(self):
        return {**os.environ, "NAMETRACK_LIB": str(TOP / "agent"), "NAMETRACK_PYTHON": self.interpreter, **self.environ}

    # One pass

    def call(self, *words, timeout=60):
        """Runs a command of the agent's to its end: a CompletedProcess with text, whatever its exit status.

        An agent that has just been started is asked again until it answers: on a busy machine that takes a while.
        """
        end = time.monotonic() + 20
        while True:
            done = self.host.run(self.command(*words), check=False, timeout=timeout, env=self.environment())
            if "the agent is not running" not in done.stderr or not self.running() or time.monotonic() > end:
                return done
            time.sleep(0.1)

    def once(self):
        return self.call("run", "--once")

    def plan(self):
        return self.call("plan")

    def check(self):
        return self.call("check")

    # The daemon

    def start(self, *words):
        """Starts the daemon; its log is `self.log`, a list of (time.monotonic(), line)."""
        if self.process is not None:
            raise LabError("the agent was started already")
        self.process = self.host.start(
            self.command("run", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self.environment(),
        )
        self.reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        # Until it has a handler of its own, SIGTERM would just kill it, or the shell that starts it.
        pid = self.process.pid
        wait_for(lambda: not self.running() or handles(pid, signal.SIGTERM), 20, "the agent to handle SIGTERM", 0.002)
        return self

    def status(self, field):
        """A field of /proc/PID/status, as text."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return line.split()[1]
        raise LabError(f"no {field}: the agent is gone")

    def read(self, output):
        with output:
            for line in output:
                self.log.append((time.monotonic(), line.rstrip("\n")))

    def stop(self, seconds=5):
        """SIGTERM; LabError where the agent does not end within `seconds` with exit status 0."""
        process, self.process = self.process, None
        gone = process.poll()
        code = self.host.stop(process, seconds)
        self.reader.join(5)
        if gone is not None:
            raise LabError(f"the agent ended by itself, exit {gone}\n{self.tail()}")
        if code != 0:
            raise LabError(f"the agent ended on SIGTERM with exit {code}\n{self.tail()}")

    def kill(self):
        """SIGKILL, as a power cut."""
        process, self.process = self.process, None
        process.kill()
        self.host.stop(process)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process is None:
            return
        try:
            self.stop()
        except LabError:
            if kind is None:  # else the first trouble is the one to tell
                raise

    def running(self):
        return self.process is not None and self.process.poll() is None

    def lines(self, text="", since=0.0):
        """The log's lines with `text` in them, from the time `since` on."""
        return [line for at, line in list(self.log) if at >= since and text in line]

    def wait_for_line(self, text, seconds=10, since=0.0):
        """The first line of the log with `text` in it, from the time `since` on."""
        return wait_for(
            lambda: self.lines(text, since), seconds, lambda: f"a log line with {text!r}; the log:\n{self.tail()}"
        )[0]

    def wait_until_current(self, seconds=20):
        """Waits until DNS has named what is in force: to the agent only what it names later is news."""
        self._wait_for_status(all_current, seconds, "everything to be current")

    def wait_until_known(self, seconds=20):
        """Waits until DNS has named all that the policies list, whether there is a place for it or not."""

        def known(found):
            hosts = [host for each in found["policies"] for host in each["hosts"]]
            return hosts and all(host["state"] in ("current", "literal") for host in hosts)

        self._wait_for_status(known, seconds, "the names")

    def _wait_for_status(self, holds, seconds, what):
        def told():
            done = self.call("status", "--json")
            found = json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout else {}
            return bool(found) and holds(found)

        wait_for(told, seconds, lambda: f"{what}: {self.call('status').stdout}\n{self.tail()}")

    def tail(self, count=40):
        """The log's last lines, times counted from its first."""
        log = list(self.log)
        return "\n".join(f"  {at - log[0][0]:7.2f} {line}" for at, line in log[-count:]) or "  (no log)"

    # What it costs

    def peak_memory(self):
        """The most memory that was ever resident, in bytes."""
        return int(self.status("VmHWM")) * 1024

    def cpu_seconds(self):
        """The processor time used so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def children(self):
        """The process numbers of its children, now."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # gone meanwhile
                continue
            if int(fields[1]) == self.process.pid:
                found.append(int(path.parent.name))
        return found
