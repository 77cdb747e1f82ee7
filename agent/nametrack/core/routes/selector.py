"""Whose packets a policy is about, beside where they go: clients, protocols, ports; and the rules that say so."""

from collections import namedtuple

from ... import routing

# clients: tuple of Client, none: the router itself and all that it forwards; transports: numbers of protocols in IP;
# ports: (first, last) of destinations
Selector = namedtuple("Selector", ("clients", "transports", "ports"))
EVERYTHING = Selector((), (), ())

# kind: "prefix", "interface" or "mac"; value: its text, of a MAC address as 02:00:00:aa:bb:cc
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


def groups_of(selectors):
    """A value for each of some selectors in order: the same for neighbours that are equal, and for no others.

    Two policies with one selector and a third between them must not share a table: it would be looked up before the
    third, and hold what comes after it.
    """
    found, runs = [], {}
    for i in range(len(selectors)):
        if i == 0 or selectors[i] != selectors[i - 1]:
            runs[selectors[i]] = runs.get(selectors[i], 0) + 1
        found.append((selectors[i], runs[selectors[i]]))
    return found


def covers(selector, other):
    """Whether whatever packet the other selects, this one selects too."""
    for mine, theirs in zip(selector, other):
        if mine and not (theirs and all(each in mine for each in theirs)):
            return False
    return True


def matches(selector, family, sources):
    """The Matches of a selector in one family, one rule each.

    sources: function of a Client and a family that gives [(field of a Match, value)], nothing for a client that is not
    known.
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


def tables_of(groups, rules, sources):
    """{group: number of its table} by the rules that an agent before this one left, of those with such rules.

    groups: as groups_of gives them; rules: all of the kernel's, in their order; sources: as for matches.
    """
    tables, found = {}, {}
    for rule in rules:
        if rule.protocol == routing.PROTOCOL and rule.action == routing.LOOKUP:
            known = tables.setdefault((rule.family, rule.match), [])
            if rule.argument not in known:  # who was killed may have left the rules in both orders
                known.append(rule.argument)
    for selector, run in groups:
        for family in (4, 6):
            for each in matches(selector, family, sources)[:1]:
                known = tables.get((family, each), ())
                if len(known) >= run:
                    found[(selector, run)] = known[run - 1]
    return found


def _clients(selector, sources, family):
    if not selector.clients:
        return [()]
    return [(source,) for client in selector.clients for source in sources(client, family)]
