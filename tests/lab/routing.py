"""Stand-ins for firewall4, pbr and vpn-policy-routing, as far as sets go: who makes, empties, fills and deletes them.

What they do is known from openwrt/firewall4, and from net/pbr and net/vpn-policy-routing in openwrt/packages; this is
no code of theirs. pbr, by version:

    1.1.1   (22.03)  reload: deletes the sets, makes them anew and runs the user files, each command at once; the
                     firewall has it do so after each reload of its own; stop: deletes the sets
    1.2.2   (24.10)  reload: stops forwarding, deletes sets and chains, collects everything in one file, puts that among
                     the firewall's rules and has the firewall load it; stop: leaves the sets behind
    1.2.4            as 1.2.2, but nothing is deleted before; user files run in a wrapper of their own

It makes sets for users only if a user file is enabled, and it refuses one that is missing or empty.

What lies in the router's root lies below the agent's folder: etc/config is the agent's --config-dir.
"""

import shlex
import sys

from lab.enter import TOP
from lab.host import cable, wait_for

MARK, TABLE = 0x010000, 256
INCLUDES = "/usr/share/nametrack"


class Router:
    """The beach's router: its root folder, marks that lead into the tunnel, and a host in its LAN."""

    def __init__(self, world, agent):
        self.world, self.agent, self.host, self.root = world, agent, world.beach, agent.folder
        self.program = self.write("usr/sbin/nametrack", self.launcher(), 0o755)
        for path in (TOP / "files" / INCLUDES.lstrip("/")).glob("*.include"):
            text = path.read_text().replace("/usr/sbin/nametrack", str(self.program))
            self.write(f"{INCLUDES}/{path.name}", text, 0o755)
        self.lan = world.host("lan")
        cable(self.host, "br-lan", self.lan, "eth0")
        self.host.ip("addr add 10.1.0.1/24 dev br-lan", "addr add fd00:1::1/64 dev br-lan nodad")
        self.lan.ip("addr add 10.1.0.2/24 dev eth0", "addr add fd00:1::2/64 dev eth0 nodad")
        self.lan.ip("route add default via 10.1.0.1", "route add default via fd00:1::1")
        self.forward(True)
        for version in ("-4", "-6"):
            self.host.run(["ip", version, "route", "add", "default", "dev", "wg0", "table", TABLE])
            self.host.run(["ip", version, "rule", "add", "fwmark", MARK, "table", TABLE])

    def write(self, path, text, mode=0o644):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)
        return target

    def launcher(self):
        command = self.agent.command("include")
        variables = " ".join(
            f"{name}={shlex.quote(self.agent.environment()[name])}" for name in ("NAMETRACK_LIB", "NAMETRACK_PYTHON")
        )
        options = shlex.join(command[2:])
        return f'#!/bin/sh\n{variables} exec {command[0]} "$@" {options}\n'

    def forward(self, on):
        self.host.sysctl(f"net/ipv4/ip_forward={int(on)}", f"net/ipv6/conf/all/forwarding={int(on)}")

    def sh(self, script, *arguments):
        return self.host.run(["sh", "-c", script, "sh", *arguments])


class Firewall:
    """firewall4. `sets`: those of its own `config ipset` sections, {name: (flags, entries)}."""

    def __init__(self, router, sets=None):
        self.router = router
        self.sets = sets or {}
        self.scripts = []  # functions that its `config include` sections of type script stand for
        self.post = router.root / "usr/share/nftables.d/ruleset-post"
        self.post.mkdir(parents=True)

    def start(self):
        """`fw4 start`: one transaction, in which the table's rules go and come; its sets stay."""
        lines = ["table inet fw4", "flush table inet fw4"]
        for name, (flags, entries) in self.sets.items():
            lines.append(f"add set inet fw4 {name} {{ {flags} }}")
            lines += [f"flush set inet fw4 {name}"] if entries else []
            lines += [f"add element inet fw4 {name} {{ {', '.join(entries)} }}"] if entries else []
        for hook, kind in (("prerouting", "filter"), ("output", "route")):
            lines.append(f"add chain inet fw4 mangle_{hook} {{ type {kind} hook {hook} priority mangle; }}")
        for path in sorted(self.post.glob("*.nft")):
            lines += path.read_text().splitlines()
        self.router.host.nft("\n".join(lines))
        for script in self.scripts:
            script()

    reload = start

    def restart(self):
        """`fw4 restart`: everything of it goes, then comes."""
        self.router.host.run(["nft", "delete", "table", "inet", "fw4"], check=False)
        self.start()


class Pbr:
    """`others`: lines of another user file, {set: [elements]}; with `ipv6` False there are no IPv6 sets."""

    def __init__(self, firewall, version, interface="wg0", ipv6=True):
        self.firewall, self.router, self.host = firewall, firewall.router, firewall.router.host
        self.version, self.interface, self.ipv6 = version, interface, ipv6
        self.others = {}
        self.errors = []  # what it reports after a start
        self.file = self.router.root / "var/run/pbr.nft"
        self.main = firewall.post / "30-pbr.nft"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.configure()

    def configure(self, **values):
        """Its file in /etc/config, with the user file of ours registered."""
        settings = {"enabled": 1, "ipv6_enabled": int(self.ipv6), "supported_interface": [self.interface], **values}
        include = {"path": f"{INCLUDES}/pbr.include", "enabled": 1}
        self.router.agent.write("pbr", [("pbr", "config", settings), ("include", "nametrack", include)])

    def set_name(self, family):
        return f"pbr_{self.interface}_{family}_dst_ip_user"

    def families(self):
        return (4, 6) if self.ipv6 else (4,)

    def start(self):
        self.configure()
        if self.version == "1.1.1":
            self.firewall.scripts = [self.reload]
            return self.one_by_one()
        self.file.write_text("")
        self.emit(self.declarations())
        for name, elements in self.others.items():
            self.emit([f"add element inet fw4 {name} {{ {', '.join(elements)} }}"])
        self.user_file()
        self.emit(self.rules())
        self.host.run(["nft", "-c", "-f", str(self.file)])
        self.main.write_text(self.file.read_text())
        self.firewall.reload()

    def reload(self):
        if self.version == "1.2.4":
            before = self.families_there()
            self.start()
            for family in set(before) - set(self.families()):
                self.delete(family)  # one that nobody declares any more
            return
        if self.version == "1.2.2":
            self.router.forward(False)
        self.clean()
        self.start()
        self.router.forward(True)

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.firewall.scripts = []
        if self.version == "1.1.1":
            self.clean()
        self.main.unlink(missing_ok=True)
        self.firewall.reload()

    def interface_reload(self):
        """Only routes: `on_interface_reload` does not touch sets."""
        self.host.ip(f"route replace default dev wg0 table {TABLE}")

    def declarations(self):
        kinds = {4: "ipv4_addr", 6: "ipv6_addr"}
        flags = "auto-merge; flags interval; policy performance;"
        return [f"add set inet fw4 {self.set_name(f)} {{ type {kinds[f]}; {flags} }}" for f in self.families()]

    def rules(self):
        lines = []
        for hook in ("prerouting", "output"):
            lines += [f"add chain inet fw4 pbr_{hook}", f"add rule inet fw4 mangle_{hook} jump pbr_{hook}"]
            for family in self.families():
                match = {4: "ip", 6: "ip6"}[family]
                lines.append(
                    f"add rule inet fw4 pbr_{hook} {match} daddr @{self.set_name(family)} meta mark set {MARK}"
                )
        return lines

    def emit(self, lines):
        with self.file.open("a") as file:
            file.writelines(line + "\n" for line in lines)

    def user_file(self):
        path = self.router.root / INCLUDES.lstrip("/") / "pbr.include"
        self.errors = [] if path.exists() and path.stat().st_size else ["errorUserFileNotFound"]
        if self.errors:
            return
        nft = f'nft() {{ echo "$*" >>{self.file}; }}'
        if self.version == "1.2.4":
            wrapper = self.router.write("var/run/pbr.user_wrapper.sh", f'#!/bin/sh\n{nft}\n. "$1"\n')
            self.router.sh('sh "$1" "$2"', wrapper, path)
            wrapper.unlink()
        else:
            self.router.sh(f'{nft}\nsh -n "$1" && . "$1"', path)

    def one_by_one(self):
        for line in self.declarations():
            self.host.nft(line)
        for name, elements in self.others.items():
            self.host.run(["nft", f"add element inet fw4 {name} {{ {', '.join(elements)} }}"])
        path = self.router.root / INCLUDES.lstrip("/") / "pbr.include"
        self.router.sh('nft() { command nft "$@"; }\n. "$1"', path)
        self.host.nft("\n".join(self.rules()))

    def clean(self):
        """Chains and sets of the running firewall go."""
        for hook in ("prerouting", "output"):
            self.host.run(["nft", "flush", "chain", "inet", "fw4", f"mangle_{hook}"], check=False)
            self.host.run(["nft", "flush", "chain", "inet", "fw4", f"pbr_{hook}"], check=False)
            self.host.run(["nft", "delete", "chain", "inet", "fw4", f"pbr_{hook}"], check=False)
        for family in (4, 6):
            self.delete(family)

    def delete(self, family):
        self.host.run(["nft", "delete", "set", "inet", "fw4", self.set_name(family)], check=False)

    def families_there(self):
        listed = self.host.run(["nft", "list", "sets"]).stdout
        return [family for family in (4, 6) if self.set_name(family) in listed]


class VpnPolicyRouting:
    """vpn-policy-routing 0.2.1 and 0.3.4: ipsets that every start and reload empties."""

    def __init__(self, router, interface="wg0", ipv6=True):
        self.router, self.host, self.interface, self.ipv6 = router, router.host, interface, ipv6
        self.configure()

    def configure(self):
        settings = {"enabled": 1, "ipv6_enabled": int(self.ipv6), "dest_ipset": 1}
        include = {"path": f"{INCLUDES}/vpn-policy-routing.include", "enabled": 1}
        sections = [("vpn-policy-routing", "config", settings), ("include", "nametrack", include)]
        self.router.agent.write("vpn-policy-routing", sections)

    def set_name(self, family):
        return self.interface.replace("-", "_") + ("6" if family == 6 else "")

    def start(self):
        self.configure()
        self.make()
        path = self.router.root / INCLUDES.lstrip("/") / "vpn-policy-routing.include"
        self.router.sh('sh -n "$1" && . "$1"', path)

    reload = start

    def interface_reload(self):
        """`reload_interface` makes and empties the interface's sets, and runs no user file."""
        self.make()

    def make(self):
        for family, kind in ((4, "inet"), (6, "inet6")) if self.ipv6 else ((4, "inet"),):
            name = self.set_name(family)
            self.host.run(["ipset", "-!", "create", name, "hash:net", "family", kind, "comment"])
            self.host.run(["ipset", "flush", name])

    def stop(self):
        for family in (4, 6):
            self.host.run(["ipset", "destroy", self.set_name(family)], check=False)

    def restart(self):
        self.stop()
        self.start()


SENDER = """
import itertools, socket, sys, time
pause = float(sys.argv[1])
sockets = {4: socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 6: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)}
for address in itertools.cycle(sys.argv[2:]):
    try:
        sockets[6 if ":" in address else 4].sendto(b"x", (address, 9))
    except OSError:
        pass
    time.sleep(pause)
"""
COUNTERS = """
table inet by_way {
	counter by_wg0 { }
	counter by_wan { }
	chain postrouting {
		type filter hook postrouting priority 200;
		udp dport 9 oifname "wg0" counter name by_wg0
		udp dport 9 oifname "wan" counter name by_wan
	}
}
"""


class Stream:
    """Packets from a host of the LAN (or `host`) to some addresses all the time, counted by the way they take."""

    def __init__(self, router, *addresses, host=None, pause=0.0005):
        self.router = router
        router.host.nft(COUNTERS)
        self.process = (host or router.lan).start([sys.executable, "-c", SENDER, pause, *addresses])

    def __enter__(self):
        wait_for(lambda: sum(self.counts()) > 100, 20, "packets")
        return self

    def __exit__(self, *_):
        (self.router.lan if self.process in self.router.lan.started else self.router.host).stop(self.process)
        self.router.host.nft("delete table inet by_way")

    def counts(self):
        """(through the tunnel, through the WAN) so far."""
        text = self.router.host.run(["nft", "list", "counters", "table", "inet", "by_way"]).stdout
        words = text.split()
        numbers = [int(words[i + 1]) for i, word in enumerate(words) if word == "packets"]
        names = [words[i + 1] for i, word in enumerate(words) if word == "counter"]
        found = dict(zip(names, numbers, strict=True))
        return found["by_wg0"], found["by_wan"]
