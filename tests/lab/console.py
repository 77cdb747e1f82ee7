"""The beach router's console: what `why` and `check` advise is pasted into a shell of its own, as a reader would.

Around the shell stand what a router has and the lab has not: an /etc of its own, which is the agent's; `uci` (the real
one if UCI names it in the environment, as for tests/files); netifd's, the firewall's and the services' part of what the
pasted lines call. All else, `ip`, `nft`, `wg` and `sysctl`, is this machine's, in the beach's namespace.
"""

import os
import signal
import subprocess
import sys

from lab.agent import LAUNCHER
from lab.enter import TOP
from lab.host import LabError, wait_for
from lab.page import FROM_HERE

sys.path.insert(0, str(TOP / "agent"))

from nametrack.wire import uci  # noqa: E402

CRONTAB = """
case $1 in -l) cat {file} ;; -) cat >{file}.new && mv {file}.new {file} ;; *) exit 1 ;; esac
"""
SAID = "configuration read again"  # what the agent logs of a reload
ZONES = """
table inet lab_zones
delete table inet lab_zones
table inet lab_zones {
	chain forward { type filter hook forward priority 1; iifname "br-lan" oifname %(device)s %(verdict)s
	}
	chain out { type nat hook postrouting priority 99; %(nat)s
	}
}
"""


class Console:
    """steering: a Steering; `services`: {name: function that its restart or start calls}."""

    def __init__(self, steering, **services):
        self.steering, self.agent, self.world = steering, steering.agent, steering.world
        self.services = {}
        self.etc = self.agent.folder / "etc"
        self.programs = self.agent.folder / "programs"
        self.programs.mkdir()
        (self.etc / "init.d").mkdir()
        (self.agent.folder / "tmp").mkdir()
        (self.etc / "sysctl.conf").touch()
        (self.etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        for name in FROM_HERE:
            subprocess.run(["cp", "-a", f"/etc/{name}", self.etc], stderr=subprocess.DEVNULL)  # not all are everywhere
        self.calls = self.agent.folder / "calls"
        self.write(self.programs / "uci", self.uci())
        environ = " ".join(f"{name}={self.agent.environment()[name]}" for name in ("NAMETRACK_LIB", "NAMETRACK_PYTHON"))
        self.write(self.programs / "crontab", CRONTAB.format(file=self.etc / "crontabs/root"))
        options = f"--run-dir {self.agent.run} --ubus {self.agent.bus}"
        place = f'case $1 in import) set -- "$@" --config-dir {self.agent.config};; *) set -- "$@" {options};; esac'
        self.write(self.programs / "nametrack", f'{place}\n{environ} exec {LAUNCHER} "$@"')
        for name in ("ifup", "wg-quick"):
            self.write(self.programs / name, self.recorded(name))
        for name in ("nametrack", "network", "firewall"):
            self.write(self.etc / "init.d" / name, self.recorded(name))
        for name, started in {"dnsmasq": self.world.start_dnsmasq, **services}.items():
            self.serve(name, started)

    def serve(self, name, started):
        """There is a service of this name, whose restart or start calls `started`."""
        self.services[name] = started
        self.write(self.etc / "init.d" / name, self.recorded(name))

    def recorded(self, name):
        return f'echo "{name} $*" >>{self.calls}'

    def uci(self):
        if "UCI" in os.environ:
            return f'exec {os.environ["UCI"]} -c {self.agent.config} -t {self.agent.folder}/tmp/.uci "$@"'
        return f'UCI_ROOT={self.agent.folder} exec {sys.executable} -BS {TOP}/tests/files/uci_standin.py "$@"'

    def write(self, path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def paste(self, text):
        """Run what is pasted; then netifd, the firewall and the services do what they were called for. LabError."""
        self.calls.write_text("")
        script = f"mount --bind {self.etc} /etc\nPATH={self.programs}:$PATH\nset -e\n{text}"
        done = self.world.beach.run(["sh", "-c", script], check=False)
        if done.returncode != 0:
            raise LabError(f"pasted: {text}: exit {done.returncode}: {done.stdout}{done.stderr}")
        for line in self.calls.read_text().splitlines():
            name, _, rest = line.partition(" ")
            if name in self.services:
                self.services[name]()
            else:
                getattr(self, "_" + name.replace("-", "_"))(rest)
        return done.stdout

    def sections(self, package):
        """The sections of a file of /etc/config."""
        found, problems = uci.parse((self.agent.config / package).read_text())
        if problems:
            raise LabError(f"/etc/config/{package}: {problems}")
        return found

    # What the pasted lines call

    def _nametrack(self, words):
        count = len(self.agent.lines(SAID))
        os.kill(self.agent.process.pid, signal.SIGHUP)
        wait_for(lambda: len(self.agent.lines(SAID)) > count, 20, lambda: f"a reload\n{self.agent.tail()}")

    def _ifup(self, name):
        """netifd makes the interface if it is not there, and sets its peers up anew."""
        assert name == "wg0", name
        tunnel = self.world.wg0
        if tunnel.process.poll() is not None:
            self.world.wg0 = tunnel = self.world.beach_tunnel()
            tunnel.up()
        self.world.beach.ip("link set wg0 up")
        for key in tunnel.peers():
            tunnel.remove_peer(key)
        for section in self.sections("network"):
            values = section.options
            if section.type == "wireguard_wg0" and values.get("disabled") != "1":
                home = values["public_key"] == self.world.home_key.public
                endpoint = f"{self.world.home_address}:{values['endpoint_port']}" if home else None
                tunnel.set_peer(values["public_key"], endpoint, values["allowed_ips"], 1)

    def _network(self, words):
        """netifd applies the rules."""
        for section in self.sections("network"):
            if section.type in ("rule", "rule6"):
                family = "-6 " if section.type == "rule6" else ""
                match = f"fwmark {section.options['mark']}" if "mark" in section.options else "from all"
                words = f"pref {section.options.get('priority', 1)} {match} lookup {section.options['lookup']}"
                self.world.beach.ip(f"{family}rule add {words}")

    def _firewall(self, words):
        """What fw4 does about packets from the zone of br-lan to that of wg0."""
        sections = self.sections("firewall")
        zones = {s.options["name"]: s.options for s in sections if s.type == "zone"}
        inside = [name for name, zone in zones.items() if "wg0" in zone.get("network", [])]
        pairs = [(s.options["src"], s.options["dest"]) for s in sections if s.type == "forwarding"]
        open_ = bool(inside) and ("lan", inside[0]) in pairs
        masquerades = bool(inside) and zones[inside[0]].get("masq") == "1"
        nat = 'oifname "wg0" masquerade' if masquerades else ""
        values = {"device": '"wg0"', "verdict": "accept" if open_ else "drop", "nat": nat}
        self.world.beach.nft(ZONES % values)
