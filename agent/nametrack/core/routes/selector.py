"""Whose packets a policy is about, beside where they go: clients, protocols, ports; and the rules that say so."""

from collections import namedtuple

from ... import routing

# clients: tuple of Client, none: the router itself and all that it forwards; transports: numbers of protocols in IP;
# ports: (first, last) of destinations
Selector = namedtuple("Selector", ("clients", "transports", "ports"))
EVERYTHING = Selector((), (), ())

# kind: "prefix", "interface" or "mac"; value: its text
Client = namedtuple("Client", ("kind", "value"))


def selector_of(steering):
    """The Selector of a policy's Steering."""
    numbers = {"tcp": routing.TCP, "udp": routing.UDP}
    transports = [numbers[name] for name in steering.protos]
    if steering.ports and not transports:
        transports = [routing.TCP, routing.UDP]
    return Selector(
        tuple(sorted([Client(kind, value) for kind, value in steering.clients])),
        tuple(sorted(transports)),
        tuple(sorted(steering.ports)),
    )


def matches(selector, family, sources):
    """The Matches of a selector in one family, one rule each.

    `sources`: function of a Client that gives [(field of a Match, value)]; a client that is not known gives none.
    """
    found = []
    for first in _clients(selector, sources, family):
        for transport in selector.transports or (None,):
            for ports in selector.ports or (None,):
                fields = dict(first)
                if transport is not None:
                    fields["transport"] = transport
                if ports is not None:
                    fields["dports"] = ports
                found.append(routing.match(**fields))
    return found


def _clients(selector, sources, family):
    if not selector.clients:
        return [()]
    return [(source,) for client in selector.clients for source in sources(client, family)]
