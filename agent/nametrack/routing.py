"""Routing as values that every layer shares: rules, nexthops, routes, links. Numbers are the kernel's own.

Families are 4 and 6, addresses and prefixes canonical text, destinations of routes are keys (see ip.key).
"""

from collections import namedtuple

from . import PROTOCOL, ip  # noqa: F401  # the protocol is asked for here as well

MAIN = 254  # RT_TABLE_MAIN

# actions of a rule: FR_ACT_* in include/uapi/linux/fib_rules.h
LOOKUP, GOTO, NOP, UNREACHABLE_RULE = 1, 2, 3, 7

# What a route leads to, in one number: the id of a nexthop, or one of these, which are RTN_* with their sign changed.
UNREACHABLE, THROW = -7, -9
OTHER = 0  # a route of a kind that nametrack does not write

UDP, TCP = 17, 6

# What a rule looks at; None: at anything. source, destination: prefixes; iif, oif: names of devices, `lo` as iif for
# packets of this machine's own; mark: (value, mask); transport: number of the protocol in IP; sports, dports: (first,
# last) port; others: whether it looks at more than this
Match = namedtuple("Match", ("source", "destination", "iif", "oif", "mark", "transport", "sports", "dports", "others"))
ANYTHING = Match(None, None, None, None, None, None, None, None, False)

# preference: rules are looked through from the least on; argument: the table of LOOKUP, the preference of GOTO, else
# None; suppress: a route with a prefix of this length or less does not count, None: all do; protocol: who made it
Rule = namedtuple("Rule", ("family", "preference", "match", "action", "argument", "suppress", "protocol"))

# device: number of the link that packets leave through, 0: they are dropped, None: of a kind that we do not write;
# gateway: the address of the next hop, None: the destination is on the link
Nexthop = namedtuple("Nexthop", ("family", "id", "device", "gateway", "protocol"))

# Many routes at once that differ in their destination only. via: see above; metric: 0 for the kernel's default
Routes = namedtuple("Routes", ("family", "table", "via", "metric", "keys"))

# One route of others. key: of its destination; device: number of the link, 0 if it has none; gateway: text or None
MainRoute = namedtuple("MainRoute", ("family", "key", "device", "gateway", "metric"))

# up: whether it can carry packets; direct: whether it has no next hops, as a tunnel
Link = namedtuple("Link", ("number", "name", "up", "direct"))
# link: its number; wide: whether other networks can know the address
Address = namedtuple("Address", ("family", "link", "address", "wide"))
# hardware: the MAC address as text
Neighbour = namedtuple("Neighbour", ("family", "link", "address", "hardware"))

# What the kernel has; rules and nexthops of others too; main: the MainRoutes of the main table that are not ours
# strict: names of links with a default route on which IPv4 packets are dropped unless the way back, looked up without
# the packet's mark, leads there too (rp_filter 1 without src_valid_mark)
View = namedtuple("View", ("links", "addresses", "rules", "nexthops", "main", "strict"))

ADD, DELETE = "add", "delete"
# One step; verb: ADD, which replaces a nexthop or a route, or DELETE; value: a Rule, a Nexthop or Routes
Change = namedtuple("Change", ("verb", "value"))


def match(**fields):
    """A Match that looks at these fields only."""
    given = [fields.pop(name, None) for name in NAMES]
    if fields:
        raise TypeError("a rule does not look at %s" % ", ".join(sorted(fields)))
    return Match(*given, others=False)


NAMES = ("source", "destination", "iif", "oif", "mark", "transport", "sports", "dports")


def text(change):
    """The one text form of a Change, for transcripts and the debug log."""
    value, verb = change.value, change.verb
    if isinstance(value, Routes):
        leads = {UNREACHABLE: "unreachable", THROW: "throw"}.get(value.via, "nexthop %d" % value.via)
        keys = " ".join([ip.element(key) for key in value.keys])
        return "%s routes in %d/%d to %s: %s" % (verb, value.table, value.metric, leads, keys)
    if isinstance(value, Nexthop):
        where = "nothing" if not value.device else "link %d" % value.device
        via = "" if value.gateway is None else " via %s" % value.gateway
        return "%s nexthop %d of IPv%d: %s%s" % (verb, value.id, value.family, where, via)
    fields = [(n, getattr(value.match, n)) for n in NAMES if getattr(value.match, n) is not None]
    words = ["%s=%s" % (n, "-".join([str(v) for v in w]) if isinstance(w, tuple) else w) for n, w in fields]
    what = {LOOKUP: "lookup %s", GOTO: "goto %s", NOP: "nop%s"}[value.action]
    words.append(what % ("" if value.argument is None else value.argument))
    return "%s rule %d of IPv%d: %s" % (verb, value.preference, value.family, " ".join(words))
