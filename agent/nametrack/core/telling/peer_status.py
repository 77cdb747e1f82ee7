"""What the status says of one peer: docs/status.md. Times in it are Unix seconds."""

from ..actions import endpoint_text
from ..names.sources import SOURCES
from .status_times import left

MOST_OF_A_SOURCE = 8  # addresses of one source of a peer's name that are shown


def _peer_head(wanted):
    return {
        "interface": wanted.interface,
        "public_key": wanted.public_key,
        "description": wanted.description,
        "endpoint_host": wanted.endpoint_host,
        "endpoint_port": wanted.endpoint_port,
        "addresses": [],
        "more_addresses": 0,
        "sources": [],
    }


def _disabled_peer(wanted):
    shown = _peer_head(wanted)
    shown.update({"endpoint": None, "last_handshake": 0, "rx_bytes": 0, "tx_bytes": 0, "state": "disabled"})
    shown.update(
        {
            "code": "disabled",
            "reason": "disabled in the configuration",
            "next_query": None,
            "answered": None,
            "failures": 0,
        }
    )
    shown["changed"] = None
    return shown


def peer_status(agent, wanted, now, unix):
    """Return what the status says of a peer, a PeerConfig; `unix`: as status_times.dated gives it."""
    peer = agent.peers.peers.get((wanted.interface, wanted.public_key))
    if peer is None:
        return _disabled_peer(wanted)
    shown = _peer_head(peer.config)
    reading = peer.reading
    installed = peer.installed
    shown["endpoint"] = endpoint_text(installed[0], installed[1]) if installed else None
    shown["last_handshake"] = reading.last_handshake if reading else 0
    shown["rx_bytes"] = reading.rx_bytes if reading else 0
    shown["tx_bytes"] = reading.tx_bytes if reading else 0
    shown["state"] = peer.standing.value.state
    shown["code"] = peer.standing.value.code
    shown["reason"] = peer.explain(now)
    shown["next_query"] = left(peer.names.next_query(agent.resolver), now)
    shown["answered"] = unix(peer.names.answered_at(agent.resolver.names))
    shown["failures"] = peer.names.failed(agent.resolver.names)
    shown["changed"] = unix(peer.endpoint.changed_at)
    shown["sources"] = _sources(agent, peer, unix)
    return shown


def _sources(agent, peer, unix):
    """Return what each source that was asked for a peer's name says of it, in the order of SOURCES."""
    found, names = [], agent.resolver.names
    for source in SOURCES:
        named = peer.names.endpoints(names, peer.config.endpoint_port, source)
        if named is not None:
            answered, failures = peer.names.history(names, source)
            found.append(
                {
                    "source": source,
                    "addresses": [address for address, _ in named[:MOST_OF_A_SOURCE]],
                    "more_addresses": max(0, len(named) - MOST_OF_A_SOURCE),
                    "answered": unix(answered),
                    "failures": failures,
                }
            )
    return found
