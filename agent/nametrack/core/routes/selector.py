"""Whose packets a policy is about, beside where they go: clients, protocols, ports; and the rules that say so."""

from collections import namedtuple

from ... import routing

# clients: tuple of Client, none: the router itself and all that it forwards; transports: numbers of protocols in IP;
# ports: (first, last) of destinations
Selector = namedtuple("Selector", ("clients", "transports", "ports"))
EVERYTHING = Selector((), (), ())
GATES = 2  # rules that pass by the packets of all other clients, if clients and packets have rules of their own

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


def conditions(selector, family, sources):
    """`(Matches of clients, Matches of packets)`: a packet is the selector's if it is one of each.

    If that takes fewer rules, one list of Matches holds both, one for each pair, and the first is empty. sources:
    function of a Client and a family that gives [(field of a Match, value)], nothing for a client that is not known.
    """
    clients = [dict(each) for each in _clients(selector, sources, family)]
    packets = []
    for transport in selector.transports or (None,):
        for ports in selector.ports or (None,):
            fields = {} if transport is None else {"transport": transport}
            fields.update({} if ports is None else {"dports": ports})
            packets.append(fields)
    if is_split(len(clients), len(packets)):
        return [routing.match(**each) for each in clients], [routing.match(**each) for each in packets]
    return [], [routing.match(**dict(first, **second)) for first in clients for second in packets]


def is_split(clients, packets):
    """Whether rules for so many clients, and others for so many kinds of packets, are fewer than one for each pair."""
    return clients * packets > clients + packets + GATES


def tables_of(groups, rules, sources):
    """{group: number of its table} by the rules that an agent before this one left, of those with such rules.

    groups: as groups_of gives them; rules: all of the kernel's, in their order; sources: as for matches.
    """
    tables, found, ours = {}, {}, [rule for rule in rules if rule.protocol == routing.PROTOCOL]
    lookups = {}  # (family, preference) -> the first rule there that looks up a table
    for rule in ours:
        if rule.action == routing.LOOKUP:
            lookups.setdefault((rule.family, rule.preference), rule)
    for rule in ours:
        lookup, client = rule, None
        if rule.action == routing.GOTO:
            lookup, client = lookups.get((rule.family, rule.argument)), rule.match
        if lookup is not None and lookup.action == routing.LOOKUP:
            known = tables.setdefault((rule.family, client, lookup.match), [])
            if lookup.argument not in known:  # who was killed may have left the rules in both orders
                known.append(lookup.argument)
    for selector, run in groups:
        for family in (4, 6):
            clients, packets = conditions(selector, family, sources)
            known = tables.get((family, clients[0] if clients else None, packets[0]), ()) if packets else ()
            if len(known) >= run:
                found[(selector, run)] = known[run - 1]
    return found


def _clients(selector, sources, family):
    if not selector.clients:
        return [()]
    return [(source,) for client in selector.clients for source in sources(client, family)]
