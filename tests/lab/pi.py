"""The beach house with a Raspberry Pi in it: its tunnel is wg-quick's, and nothing of OpenWrt is there.

with PiWorld(allowed_ips="0.0.0.0/0, ::/0") as world:
    with PiAgent(world) as agent:      # no configuration at all; PiAgent(world, options(…), …) has one
        …

What differs from this machine is bound over it for the programs of the Pi: /etc/wireguard and /etc/resolv.conf.
"""

import os

from lab.agent import Agent, uci
from lab.enter import RUN
from lab.host import LabError
from lab.wireguard import Tunnel
from lab.world import DNS_ADDRESSES, HOME_NAME, HOME_PORT, World

FOLDER = RUN / "pi"
WIREGUARD, RESOLV_CONF = FOLDER / "wireguard", FOLDER / "resolv.conf"
BIND = f'mount --bind {WIREGUARD} /etc/wireguard && mount --bind {RESOLV_CONF} /etc/resolv.conf && exec "$@"'
SPLIT = "10.9.0.0/24, fd00:9::/64"
FULL = "0.0.0.0/0, ::/0"


def on_the_pi(*words):
    """A command as it runs on the Pi, with its files."""
    return ["unshare", "--mount", "sh", "-c", BIND, "sh", *map(str, words)]


class WgQuick(Tunnel):
    """The tunnel of a file in /etc/wireguard, which wg-quick brings up; wg-quick starts wireguard-go by itself."""

    def __init__(self, host, name):
        self.host = host
        self.name = name
        self.path = WIREGUARD / f"{name}.conf"

    def write(self, *sections):
        """Writes the file: sections are (name, {key: value})."""
        lines = []
        for section, values in sections:
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in values.items()] + [""]
        self.path.write_text("\n".join(lines))
        self.path.chmod(0o600)

    def run(self, *words, timeout=30):
        # wireguard-go goes on as a daemon, and keeps what it was given as its output.
        log = RUN / f"wg-quick-{self.name}.log"
        command = on_the_pi("sh", "-c", f'exec "$@" >{log} 2>&1 </dev/null', "sh", "wg-quick", *words, self.name)
        done = self.host.run(command, check=False, timeout=timeout, env=dict(os.environ, LOG_LEVEL="silent"))
        if done.returncode != 0:
            raise LabError(f"wg-quick {words[0]} {self.name}: {log.read_text()}")

    def up(self):
        self.run("up")

    def down(self):
        self.run("down")


class PiWorld(World):
    """A World whose beach is a Raspberry Pi; `endpoint`: what the tunnel's file calls home's address."""

    def __init__(self, allowed_ips=SPLIT, endpoint=f"{HOME_NAME}:{HOME_PORT}", interface=None, **values):
        super().__init__(**values)
        self.allowed_ips = allowed_ips
        self.endpoint = endpoint
        self.interface = interface or {}

    def beach_tunnel(self):
        WIREGUARD.mkdir(parents=True, exist_ok=True)
        for path in WIREGUARD.iterdir():
            path.unlink()
        RESOLV_CONF.write_text(f"nameserver 127.0.0.1\nnameserver {DNS_ADDRESSES[0][0]}\n")
        return WgQuick(self.beach, "wg0")

    def write_tunnel(self, *more, endpoint=None):
        """Writes the file of the tunnel, with more sections after the peer's."""
        interface = {"Address": "10.9.0.2/24, fd00:9::2/64", "PrivateKey": self.beach_key.private, **self.interface}
        home = {
            "PublicKey": self.home_key.public,
            "Endpoint": endpoint or self.endpoint,
            "AllowedIPs": self.allowed_ips,
            "PersistentKeepalive": self.keepalive,
        }
        self.wg0.write(("Interface", interface), ("Peer", home), *more)

    def dial_home(self):
        self.write_tunnel()
        self.wg0.up()

    def close(self):
        if self.hosts and self.beach.run(["ip", "link", "show", "wg0"], check=False).returncode == 0:
            self.wg0.down()
        super().close()


class PiAgent(Agent):
    """nametrack on the Pi, with /etc/nametrack.conf if there are sections, and no configuration at all if not."""

    def __init__(self, world, *sections, **values):
        super().__init__(world, *sections, network=[""], **values)
        (self.config / "network").unlink()
        (self.config / "nametrack").unlink()
        self.config.rmdir()

    @property
    def conf(self):
        return self.config.parent / "nametrack.conf"

    def configure(self, *sections):
        """Writes /etc/nametrack.conf anew."""
        if sections:
            self.conf.write_text(uci(*sections))
        (self.config / "nametrack").touch() if self.config.exists() else None

    def command(self, *words):
        return on_the_pi(*super().command(*words))
