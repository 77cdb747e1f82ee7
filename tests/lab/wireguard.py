"""Tunnels of the lab: wireguard-go, configured with `wg` and `ip` as netifd does it, and read as `wg show` shows it."""

import base64
import collections
import os
import pathlib
import subprocess

from lab.host import LabError, wait_for

Peer = collections.namedtuple(
    "Peer", "public_key preshared_key endpoint allowed_ips last_handshake rx_bytes tx_bytes keepalive"
)


class Key:
    """A key pair of WireGuard, as base64 text."""

    def __init__(self):
        self.private = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout.strip()
        made = subprocess.run(["wg", "pubkey"], input=self.private, check=True, capture_output=True, text=True)
        self.public = made.stdout.strip()


def random_public_key():
    """A public key that nobody has the private key of: any 32 bytes are one."""
    return base64.b64encode(os.urandom(32)).decode()


class Tunnel:
    """A WireGuard interface of a host, run by wireguard-go, whose name no other host of the lab may use.

    (The control sockets of all hosts share one folder.)
    """

    def __init__(self, host, name, key, addresses, listen_port=0):
        self.host = host
        self.name = name
        self.key = key
        self.addresses = addresses
        self.process = host.start(["wireguard-go", "-f", name], env=dict(os.environ, LOG_LEVEL="error"))
        self.listen_port = listen_port

    def up(self):
        """Waits for the interface that the constructor started, configures it and brings it up."""
        socket = pathlib.Path(f"/run/wireguard/{self.name}.sock")
        wait_for(lambda: socket.exists() or self.process.poll() is not None, 10, f"{socket}", every=0.01)
        if self.process.poll() is not None:
            raise LabError(f"wireguard-go: {self.process.log.read_text().strip().splitlines()[-1]}")
        port = ["listen-port", self.listen_port] if self.listen_port else []
        # A file by standard input: the private key is never an argument.
        self.set("private-key", "/dev/stdin", *port, input=self.key.private)
        lines = [
            f"addr add {address} dev {self.name}" + (" nodad" if ":" in address else "") for address in self.addresses
        ]
        self.host.ip(*lines, f"link set {self.name} mtu 1420 up")

    def set(self, *words, input=None):
        self.host.run(["wg", "set", self.name, *words], input=input)

    def set_peer(self, public_key, endpoint=None, allowed_ips=None, keepalive=None):
        """Adds a peer, or changes what is given of one."""
        words = ["peer", public_key]
        if endpoint is not None:
            words += ["endpoint", endpoint]
        if keepalive is not None:
            words += ["persistent-keepalive", keepalive]
        if allowed_ips is not None:
            words += ["allowed-ips", ",".join(allowed_ips)]
        self.set(*words)

    def remove_peer(self, public_key):
        self.set("peer", public_key, "remove")

    def peers(self):
        """What `wg show` says now: a dict from public key to Peer (`endpoint` None if there is none)."""
        found = {}
        for line in self.host.run(["wg", "show", self.name, "dump"]).stdout.splitlines()[1:]:
            key, preshared, endpoint, allowed, handshake, rx, tx, keepalive = line.split("\t")
            found[key] = Peer(
                key,
                None if preshared == "(none)" else preshared,
                None if endpoint == "(none)" else endpoint,
                frozenset() if allowed == "(none)" else frozenset(allowed.split(",")),
                int(handshake),
                int(rx),
                int(tx),
                0 if keepalive == "off" else int(keepalive),
            )
        return found

    def endpoint(self, public_key):
        """The endpoint of a peer as `address:port`; None if the peer or its endpoint is missing."""
        peer = self.peers().get(public_key)
        return peer.endpoint if peer else None
