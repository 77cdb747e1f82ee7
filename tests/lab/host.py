"""A host of the lab: a network namespace and the programs that run in it."""

import ctypes
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

from lab.enter import RUN
from lab.pace import Stopwatch


class LabError(Exception):
    """Something in the lab did not happen, in words."""


def wait_for(condition, seconds, what, every=0.05):
    """The first true value of `condition()`; LabError naming `what` (a text, or a function of one) after `seconds`.

    Seconds that a busy machine is late by itself do not count, and a look that began in time is not the last one: what
    it sees may be older than the deadline by all that it takes.
    """
    watch = Stopwatch()
    while True:
        late = watch.seconds() > seconds
        value = condition()
        if value:
            return value
        if late:
            raise LabError(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(every)


def handles(pid, number):
    """True when the process catches the signal, or blocks it to read it in its own time.

    A shell blocks all signals for a moment when it forks, and handles none: the dash of Debian 13 does so.
    """
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)

    def has(field, number):
        return bool(int(fields[field], 16) >> (number - 1) & 1)

    return has("SigCgt", number) or (has("SigBlk", number) and not has("SigBlk", signal.SIGUSR1))


class Host:
    """A network namespace under a name; `Host("internet", own=False)` is the one that the caller stands in."""

    def __init__(self, name, own=True):
        self.name = name
        self.own = own
        self.started = []
        if own:
            subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link set lo up")
        # A machine may have IPv6 switched off for new namespaces; and addresses must be there at once, not after DAD.
        self.sysctl("net/ipv6/conf/all/disable_ipv6=0", "net/ipv6/conf/default/accept_dad=0")

    def run(self, arguments, check=True, input=None, timeout=30, **options):
        """Runs a command to its end and returns the CompletedProcess, with text.

        LabError when `check` and it fails, and whenever there is no such program: that is no answer.
        """
        done = subprocess.run(
            self.here(arguments), input=input, timeout=timeout, capture_output=True, text=True, **options
        )
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise LabError(f"{self.name}: {shlex.join(map(str, arguments))}: exit {done.returncode}: {said}")
        return done

    def start(self, arguments, **options):
        """Starts a command in the background and returns its Popen, whose pid is the command's; `close` ends it.

        Unless told otherwise its output goes to a file of the host's, `log_of(process)`.
        """
        if "stdout" in options:
            process = subprocess.Popen(self.here(arguments), stdin=subprocess.DEVNULL, **options)
        else:
            path = RUN / f"{self.name}-{pathlib.Path(arguments[0]).name}-{len(self.started)}.log"
            with open(path, "w") as log:
                process = subprocess.Popen(
                    self.here(arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **options
                )
            process.log = path
        self.started.append(process)
        return process

    def here(self, arguments):
        # `ip netns exec` ends with a status of its own where there is no such program, as if that had failed.
        if shutil.which(str(arguments[0])) is None:
            raise LabError(f"{self.name}: there is no program {arguments[0]}")
        # It does not fork: what it starts has the process number that Popen knows.
        prefix = ["ip", "netns", "exec", self.name] if self.own else []
        return prefix + [str(argument) for argument in arguments]

    def socket(self, family, kind):
        """A socket of this host's, for the caller to use: a socket stays in the namespace that it was made in."""
        made = []

        def make():
            # Of this thread only; os.setns exists from CPython 3.12 on.
            with open(f"/run/netns/{self.name}") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                    return
            made.append(socket.socket(family, kind))

        if not self.own:
            return socket.socket(family, kind)
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if not made:
            raise LabError(f"{self.name}: no socket in its namespace")
        return made[0]

    def ip(self, *lines):
        """Runs lines of `ip` commands, as `ip -batch` takes them."""
        namespace = ["-n", self.name] if self.own else []
        done = subprocess.run(
            ["ip", *namespace, "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True
        )
        if done.returncode != 0:
            raise LabError(f"{self.name}: ip: {done.stderr.strip()}")

    def sysctl(self, *settings):
        """Writes kernel settings, each `net/…=value`."""
        lines = ["echo {1} > /proc/sys/{0}".format(*setting.split("=")) for setting in settings]
        self.run(["sh", "-e", "-c", "\n".join(lines)])

    def nft(self, text):
        """Runs nft commands, one a line, in one transaction."""
        self.run(["nft", "-f", "-"], input=text)

    def addresses(self, device, family=4):
        """The addresses of `device`, link-local ones left out, as a list of text."""
        links = json.loads(self.run(["ip", "-j", f"-{family}", "addr", "show", "dev", device]).stdout)
        found = [info for link in links for info in link.get("addr_info", [])]
        return [info["local"] for info in found if info["scope"] != "link"]

    def stop(self, process, seconds=5):
        """SIGTERM, after `seconds` SIGKILL; returns the exit status."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.started:
            self.started.remove(process)
        return process.returncode

    def close(self):
        """Ends every program started here, together rather than one after the other, and the namespace."""
        for process in self.started:
            process.terminate()
        for process in list(self.started):
            self.stop(process)
        if self.own:
            subprocess.run(["ip", "netns", "delete", self.name], check=True)


def cable(one, end, other, other_end):
    """Joins two hosts by a cable: a veth pair, up at both ends."""
    one.ip(f"link add {end} type veth peer name {other_end} netns {other.name if other.own else os.getpid()}")
    one.ip(f"link set {end} up")
    other.ip(f"link set {other_end} up")
