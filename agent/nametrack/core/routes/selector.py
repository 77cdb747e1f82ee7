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
    """{group: number of its table} by the rules that an agent before this one left: exactly the group's lead there.

    groups: as groups_of gives them; rules: all of the kernel's, in their order; sources: as for matches.
    """
    left, found = _tables_left(rules), {}
    for group in groups:
        wanted = {}
        for family in (4, 6):
            clients, packets = conditions(group[0], family, sources)
            wanted[family] = (set(clients), set(packets))
        for table, theirs in left:
            fits = all([theirs[family] == wanted[family] for family in theirs])
            if fits and group not in found and table not in found.values():
                found[group] = table
    return found


def _tables_left(rules):
    """[(number of a table, {family: what leads there, as two sets: see `conditions`})] in the order of the rules.

    Who was killed may have left a rule twice.
    """
    ours, tables = [rule for rule in rules if rule.protocol == routing.PROTOCOL], []
    lookups = {}  # (family, preference) -> number of the table that is looked up there
    found = {}
    for rule in ours:
        if rule.action == routing.LOOKUP:
            lookups[rule.family, rule.preference] = rule.argument
            if rule.argument not in found:
                tables.append(rule.argument)
            found.setdefault(rule.argument, {}).setdefault(rule.family, (set(), set()))[1].add(rule.match)
    for rule in ours:
        table = lookups.get((rule.family, rule.argument)) if rule.action == routing.GOTO else None
        if table is not None and rule.match != routing.ANYTHING:  # not what passes by the rules of others
            found[table][rule.family][0].add(rule.match)
    return [(table, found[table]) for table in tables]


def _clients(selector, sources, family):
    if not selector.clients:
        return [()]
    return [(source,) for client in selector.clients for source in sources(client, family)]
