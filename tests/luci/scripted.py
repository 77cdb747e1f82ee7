"""An object `nametrack` that answers what a test wants: states that a real agent cannot be brought to on demand.

It has the shape of docs/bus.md and docs/status.md. Handed to Rpcd as its bus.
"""

import time

from luci.uci import Status
from nametrack.core.routes.way import TROUBLES
from nametrack.core.telling.history import History

KEYS = [c + "TIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=" for c in "xyz"]

CODES = {"current": "named", "stalled": "no_reply", "unresolved": "no_address"}  # state -> a code of its reasons
CODES_OF_POLICIES = {"current": "held", "partial": "updating", "failing": "names"}
CODES_OF_HOSTS = {"negative": "nxdomain"}


def peer(description, host, state="current", reason="kept: DNS names it", **values):
    """A peer of the status; times are counted from now."""
    address = values.pop("address", "198.51.100.10")
    return {
        "interface": "wg0",
        "public_key": KEYS[0],
        "description": description,
        "endpoint_host": host,
        "endpoint_port": 51820,
        "endpoint": f"{address}:51820" if address else None,
        "addresses": [address] if address else [],
        "more_addresses": 0,
        "last_handshake": int(time.time()) - 9 if address else 0,
        "rx_bytes": 123456789,
        "tx_bytes": 4567,
        "state": state,
        "code": CODES.get(state, state),
        "reason": reason,
        "next_query": 12,
        "answered": int(time.time()) - 48,
        "failures": 0,
        "changed": None,
        "sources": [],
        **values,
    }


def source(name, *addresses, ago=48, failures=0):
    """What a source says of a peer's name; `ago`: seconds since it said so, None if it never did."""
    answered = None if ago is None else int(time.time()) - ago
    return {"source": name, "addresses": list(addresses), "more_addresses": 0, "answered": answered,
            "failures": failures}  # fmt: skip


def way(interface, code=None, ago=300, **values):
    """An interface of a policy; with a code of TROUBLES it does not work."""
    since = None if code else int(time.time()) - ago
    reason = TROUBLES[code] % interface if code in TROUBLES else None
    return {"interface": interface, "device": interface, "works": code is None, "code": code, "reason": reason,
            "since": since, **values}  # fmt: skip


def host(name, *addresses, retained=(), state="current", reason="answered", **values):
    now = int(time.time())
    found = [{"address": a, "expires": now + 86400, "named": True} for a in addresses]
    found += [{"address": a, "expires": now + 5000, "named": False} for a in retained]
    shown = {"host": name, "addresses": found, "more_addresses": 0, "state": state, "reason": reason}
    shown["code"] = CODES_OF_HOSTS.get(state, state)
    return {**shown, "ttl": 60, "next_query": 12, "answered": now - 48, "failures": 0, "seen": None, **values}


def policy(name, *hosts, state="current", reason="the sets hold what DNS names", **values):
    count = sum(len(h["addresses"]) for h in hosts)
    return {
        "name": name,
        "interface": "wg0",
        "way": None,
        "ways": [],
        "table": None,
        "target": "nftset",
        "set4": "inet fw4 mine4",
        "set6": None,
        "wanted4": count,
        "installed4": count,
        "wanted6": 0,
        "installed6": 0,
        "state": state,
        "code": CODES_OF_POLICIES.get(state, state),
        "reason": reason,
        "changed": None,
        "hosts": list(hosts),
        "more_hosts": 0,
        "files": [],
        **values,
    }


def finding(code, severity, subject, text, advice="do something about it"):
    return {"code": code, "severity": severity, "subject": subject, "text": text, "advice": advice}


class Scripted:
    """`answers` are what the status has beside its head; `methods` the further ones, functions of the arguments."""

    def __init__(self, **methods):
        self.running = True
        self.started = int(time.time()) - 11000
        self.answers = {"peers": [], "policies": [], "findings": [], "config_errors": []}
        self.answers.update({"more_" + name: 0 for name in list(self.answers)})
        self.history = []
        self.methods = {"status": self.status, "events": self.events, "refresh": self.refresh, **methods}
        self.calls = []

    def happen(self, notify, ago=0):
        """A Notify of the agent's."""
        happened = History(len(self.history))
        happened.add(notify, 0)
        self.history += happened.since(len(self.history), 0, time.time() - ago)

    def status(self, _):
        head = {"version": "0.1.0", "interpreter": "micropython 1.23.0", "started": self.started}
        return {**head, "now": int(time.time()), "last_event": len(self.history), **self.answers}

    def events(self, arguments):
        return {"events": [event for event in self.history if event["id"] > arguments.get("since", 0)]}

    def refresh(self, arguments):
        """Every name is asked, and answered at once as before."""
        for entry in self.answers["peers"] + [h for p in self.answers["policies"] for h in p["hosts"]]:
            if entry["next_query"] is not None:
                entry.update(next_query=60, answered=int(time.time()), failures=0)
        return {"asked": 1}

    def call(self, name, method, arguments):
        self.calls.append((method, arguments))
        if name != "nametrack" or not self.running:
            raise LookupError(name)
        if method not in self.methods:
            raise Status(3)
        return self.methods[method](arguments)
