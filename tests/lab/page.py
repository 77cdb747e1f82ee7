"""A page of the documentation, whose commands are run as they are written, on the beach router of the lab.

A fenced block `sh` is run; one marked `sh yours` holds what is particular to the reader, and is replaced by what is
particular to the lab. Around the commands stand what a router has and the lab has not: /etc of its own, procd's part of
/etc/init.d/nametrack, netifd's and the firewall's part of what a reload does.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap

from lab.agent import INTERPRETERS, LAUNCHER
from lab.enter import RUN, TOP
from lab.host import LabError, wait_for

sys.path.insert(0, str(TOP / "agent"))

from nametrack.wire import uci  # noqa: E402

# what the programs of this machine look for in /etc
FROM_HERE = ("passwd", "group", "ld.so.cache", "ld.so.conf", "nsswitch.conf", "protocols", "services", "alternatives")
# whether a status says that DNS has named everything, and that it is in force
SETTLED = """
import json, sys
status = json.load(sys.stdin)
sys.exit(any(each["state"] not in ("current", "disabled") for each in status["peers"] + status["policies"]))
"""
BLOCK = re.compile(r"^( *)```([a-z ]*)\n(.*?)^ *```$", re.M | re.S)


def blocks(text):
    """[(kind, text)] of the fenced blocks of a page or a part of one, indentation taken away."""
    return [(kind, textwrap.dedent(body)) for _, kind, body in BLOCK.findall(text)]


def part(path, heading):
    """The part of a page below one of its `##` headings."""
    found = re.split(r"^## ", path.read_text(), flags=re.M)
    return next(each for each in found if each.startswith(heading))


class Router:
    """The beach router with an /etc of its own.

    values: what is yours, by the variables of the page; installed: whether nametrack is there already, from this
    checkout.
    """

    def __init__(self, world, values, interpreter, installed=True):
        self.world = world
        self.values = values
        # as after a boot: the agents of these routers keep what they know in the same place
        shutil.rmtree("/run/nametrack", ignore_errors=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=RUN))
        self.etc = self.folder / "etc"
        self.etc.mkdir()
        for name in FROM_HERE:
            subprocess.run(["cp", "-a", f"/etc/{name}", self.etc], stderr=subprocess.DEVNULL)  # not all are everywhere
        for folder in ("config", "init.d"):
            (self.etc / folder).mkdir()
        (self.etc / "config/nametrack").write_text((TOP / "files/etc/config/nametrack").read_text())
        interface = (
            f"config interface 'wg0'\n\toption proto 'wireguard'\n\toption private_key '{world.beach_key.private}'\n"
        )
        (self.etc / "config/network").write_text(interface)
        # the lab's own resolver, as a router asks itself
        (self.etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        self.root = self.folder / "root"  # where packages are unpacked
        if not installed:
            self.root.mkdir()
        unpacked = f"lib={self.root}/usr/lib/nametrack launcher={self.root}/usr/sbin/nametrack"
        lines = f"lib={TOP}/agent launcher={LAUNCHER}\n[ ! -d {self.root} ] || {unpacked}\n"
        lines += f"export NAMETRACK_LIB=$lib NAMETRACK_PYTHON={INTERPRETERS[interpreter]}\n"
        self.program("nametrack", lines + 'exec "$launcher" "$@"')
        self.program("uci", f'UCI_ROOT={self.folder} exec {sys.executable} -BS {TOP}/tests/files/uci_standin.py "$@"')
        self.pid = self.folder / "nametrack.pid"
        settled = f"nametrack status --json 2>/dev/null | {sys.executable} -c '{SETTLED}' 2>/dev/null"
        # who reads what it printed is not faster
        answers = f"n=0; until {settled} || [ $((n += 1)) -gt 50 ]; do sleep 0.1; done"
        start = f"nametrack run >>{self.folder}/nametrack.log 2>&1 & echo $! >{self.pid}; {answers}"
        stop = f"[ ! -e {self.pid} ] || kill $(cat {self.pid}); rm -f {self.pid}"
        self.init(
            "nametrack", f"case $1 in start) {start};; stop) {stop};; reload|restart) {stop}; sleep 1; {start};; esac"
        )
        self.init("network", f"touch {self.folder}/network-reload")
        self.program("ifup", f'[ "$*" = wg0 ] && touch {self.folder}/network-ifup')
        table = "echo 'table inet fw4 {'; cat /etc/nftables.d/*.nft; echo '}'"
        self.init("firewall", f"{{ {table}; }} | nft -f -; touch {self.folder}/firewall-reload")

    def program(self, name, text):
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def init(self, name, text):
        path = self.etc / "init.d" / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, text):
        """Runs every block of a part of a page; LabError where a command fails. Returns all they printed."""
        said = ""
        for kind, body in blocks(text):
            if kind == "sh yours":
                names = set(re.findall(r"^([a-z_]+)='[^']*'$", body, re.M))
                if not names or names - set(self.values):
                    raise LabError(f"the page asks for {sorted(names)}, the lab has {sorted(self.values)}")
            elif kind == "sh":
                said += self.block(body)
            else:
                raise LabError(f"a block of the kind '{kind}': only sh and sh yours are run")
        return said

    def block(self, body):
        yours = "".join(f"{name}='{value}'\n" for name, value in self.values.items())
        script = f"mount --bind {self.etc} /etc\nPATH={self.programs}:$PATH\n{yours}set -ex\n{body}"
        # `ip netns exec` gives it a mount namespace of its own; a pipe would be held open by the agent it starts
        path = self.folder / "block.log"
        with path.open("w") as log:
            command = self.world.beach.here(["sh", "-c", script])
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode != 0:
            raise LabError(f"exit {done.returncode}:\n{path.read_text()}\n{self.log()}")
        for what, done in (("network-ifup", self.ifup), ("network-reload", self.netifd), ("firewall-reload", self.fw4)):
            if (self.folder / what).exists():
                (self.folder / what).unlink()
                done(self.sections(what.partition("-")[0]))
        return path.read_text()

    def sections(self, package):
        sections, problems = uci.parse((self.etc / "config" / package).read_text())
        if problems:
            raise LabError(f"/etc/config/{package}: {problems}")
        return sections

    def fw4(self, sections):
        """What fw4 does of a zone: the lab's routers have no `lan` that it could forward for."""
        for section in sections:
            if section.type == "zone" and section.options.get("masq") == section.options.get("masq6") == "1":
                chain = "chain out { type nat hook postrouting priority 100; oifname %s masquerade\n}"
                self.world.beach.nft("table inet lab_zone {\n%s\n}" % chain % section.options["network"][0])

    def netifd(self, sections):
        """What a reload of netifd does of what the pages write into /etc/config/network.

        It applies rules and routes, and no change of a peer: it compares the interface's own section only.
        tests/router/test_router.py holds a real one to that.
        """
        for section in sections:
            values = section.options
            family = "-6 " if section.type.endswith("6") else ""
            if section.type in ("rule", "rule6"):
                self.ip(f"{family}rule add fwmark {values['mark']} lookup {values['lookup']}")
            elif section.type in ("route", "route6"):
                self.ip(f"{family}route add {values['target']} dev {values['interface']} table {values['table']}")

    def ifup(self, sections):
        """What netifd does of them when the interface starts."""
        for section in sections:
            values = section.options
            if section.type == "wireguard_wg0":
                self.world.wg0.set_peer(values["public_key"], allowed_ips=values["allowed_ips"])
                if values.get("route_allowed_ips") == "1":
                    self.world.beach.ip(*(f"route replace {prefix} dev wg0" for prefix in values["allowed_ips"]))

    def ip(self, words):
        self.world.beach.run(["ip", *words.split()])

    def log(self):
        path = self.folder / "nametrack.log"
        return path.read_text() if path.exists() else "(the agent was not started)"

    def close(self):
        if self.pid.exists():
            number = int(self.pid.read_text())
            os.kill(number, signal.SIGTERM)
            wait_for(lambda: not os.path.exists(f"/proc/{number}"), 10, "the agent to end")
