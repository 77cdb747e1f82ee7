"""The kernel's routing as far as it is ours to change: it refuses what the kernel refuses, and forgets as silently.

tests/kernel/test_kernel_routes.py holds it to the real one.
"""

from nametrack import ip, routing
from nametrack.core import events as on
from nametrack.key_table import KeyTable

UP = "network is down"
INVALID = "invalid argument"
EXISTS = "exists"


class FakeRouting:
    def __init__(self):
        self.links = {}  # name -> Link
        self.addresses = []
        self.rules = []
        self.nexthops = {}  # id -> Nexthop
        self.main = []
        self.routes = {}  # (family, table, metric) -> {key: via}
        self.ports = {}  # device -> listen port
        self.neighbours = []  # routing.Neighbour
        self.strict = []  # names of links with a strict reverse path filter
        self._numbers = 0

    # -- what happens to it ------------------------------------------------------------------------------------------

    def link(self, name, *addresses, direct=True, up=True):
        """A link appears; addresses as "10.9.0.2/24"."""
        self._numbers += 1
        self.links[name] = routing.Link(self._numbers, name, up, direct)
        for text in addresses:
            address, family = text.split("/")[0], 6 if ":" in text else 4
            self.addresses.append(routing.Address(family, self._numbers, address, not address.startswith("fe80")))
            self.main.append(routing.MainRoute(family, ip.key(ip.prefix(text)), self._numbers, None, 0))

    def default(self, device, gateway, metric=0):
        """A default route."""
        family, number = (6, self.links[device].number) if ":" in gateway else (4, self.links[device].number)
        key = ip.key("::/0" if family == 6 else "0.0.0.0/0")
        self.main.append(routing.MainRoute(family, key, number, gateway, metric))

    def static(self, destination, device, gateway, metric):
        """Another program adds a route to the main table; gives it."""
        key = ip.key(destination)
        route = routing.MainRoute(ip.key_family(key), key, self.links[device].number, gateway, metric)
        self.main.append(route)
        return route

    def down(self, name):
        """It takes its nexthops and their routes along, without a word."""
        link = self.links[name]
        self.links[name] = routing.Link(link.number, name, False, link.direct)
        self._leave(link.number)

    def up(self, name):
        link = self.links[name]
        self.links[name] = routing.Link(link.number, name, True, link.direct)

    def gone(self, name):
        link = self.links.pop(name)
        self.addresses = [address for address in self.addresses if address.link != link.number]
        self._leave(link.number)

    def netifd_starts(self):
        """It deletes every rule of everybody; gives those of ours."""
        gone = [rule for rule in self.rules if rule.protocol == routing.PROTOCOL]
        self.rules = []
        return gone

    def _leave(self, number):
        self.main = [route for route in self.main if route.device != number]
        for nexthop in list(self.nexthops.values()):
            if nexthop.device == number:
                self._delete_nexthop(nexthop.id)

    def _delete_nexthop(self, number):
        del self.nexthops[number]
        for table in self.routes.values():
            for key in [key for key in table if table[key] == number]:
                del table[key]

    # -- what is asked of it -----------------------------------------------------------------------------------------

    def view(self):
        """What ReadRouting is answered with."""
        links = [self.links[name] for name in sorted(self.links)]
        nexthops = [self.nexthops[number] for number in sorted(self.nexthops)]
        return on.RoutingRead(
            routing.View(links, list(self.addresses), list(self.rules), nexthops, list(self.main), self.strict)
        )

    def holds(self):
        """What GlanceRouting is answered with: whether something of ours is there."""
        made = self.rules + list(self.nexthops.values())
        return any(self.routes.values()) or any(each.protocol == routing.PROTOCOL for each in made)

    def listed(self):
        """What ListRoutes is answered with."""
        found = {}
        for place in self.routes:
            for key, via in self.routes[place].items():
                found.setdefault(place, KeyTable())[key] = via
        return on.RoutesListed(found)

    def change(self, action):
        """Carries out ChangeRouting."""
        refused = []
        for change in action.changes:
            if isinstance(change.value, routing.Routes):
                for key in change.value.keys:
                    why = self._route(change, key)
                    if why is not None:
                        refused.append((change, key, why))
            else:
                kind = self._rule if isinstance(change.value, routing.Rule) else self._nexthop
                why = kind(change)
                if why is not None:
                    refused.append((change, None, why))
        return on.RoutingChanged(action, refused)

    def _rule(self, change):
        if change.verb == routing.DELETE:
            self.rules = [rule for rule in self.rules if rule != change.value]
        elif change.value not in self.rules:
            place, at = (change.value.family, change.value.preference), len(self.rules)
            while at and (self.rules[at - 1].family, self.rules[at - 1].preference) > place:
                at -= 1
            self.rules.insert(at, change.value)  # behind those with the same preference
        return None

    def _nexthop(self, change):
        nexthop = change.value
        if change.verb == routing.DELETE:
            if nexthop.id in self.nexthops:
                self._delete_nexthop(nexthop.id)
            return None
        if nexthop.device:
            link = [link for link in self.links.values() if link.number == nexthop.device]
            if not link:
                return INVALID
            if not link[0].up:
                return UP
        self.nexthops[nexthop.id] = nexthop
        return None

    def _route(self, change, key):
        routes = change.value
        if ip.key_family(key) != routes.family:
            return INVALID
        table = self.routes.setdefault((routes.family, routes.table, routes.metric), {})
        if change.verb == routing.DELETE:
            if table.get(key) == routes.via:
                del table[key]
            return None
        if routes.via > 0:
            nexthop = self.nexthops.get(routes.via)
            if nexthop is None or nexthop.family != routes.family:
                return INVALID
        has = table.get(key, routes.via)
        if routes.table == routing.MAIN and (has != routes.via or self._is_there(key, routes.metric)):
            return EXISTS
        table[key] = routes.via
        return None

    def _is_there(self, key, metric):
        """Whether another program has such a route in the main table."""
        return any(route.key == key and route.metric == metric for route in self.main)

    # -- what a packet does ------------------------------------------------------------------------------------------

    def way(self, address, source=None, sport=None, mark=0, to=None):
        """Where a packet to an address goes: the name of a link, "unreachable" or "dropped"; `source`: of a client.

        Without a source it is the router's own; sport: of a datagram of its own; mark: of the packet; to: (number of
        its protocol, port of its destination).
        """
        family, number = (6 if ":" in address else 4), ip.number(address)
        rules = [rule for rule in self.rules if rule.family == family]
        at = 0
        while at < len(rules):
            rule = rules[at]
            at += 1
            if rule.match.mark is not None and mark & rule.match.mark[1] != rule.match.mark[0]:
                continue
            if not self._matches(rule.match, source, sport) or not _is_to(rule.match, to):
                continue
            if rule.action == routing.GOTO:
                jump = [i for i in range(at, len(rules)) if rules[i].preference == rule.argument]
                at = jump[0] if jump else at
            elif rule.action == routing.LOOKUP:
                found = self._lookup(family, rule.argument, number)
                if found is not None and found != routing.THROW:
                    return self._named(found)
        return self.main_way(address)

    def main_way(self, address):
        """Where the main table alone leads."""
        family, number = (6 if ":" in address else 4), ip.number(address)
        ours = self._best(family, routing.MAIN, number)
        others = [r for r in self.main if r.family == family and _holds(r.key, number)]
        others = [(_size(route.key), route.metric, route.device) for route in others]
        if others and (ours is None or min(others)[:2] < ours[:2]):
            return self._name(min(others)[2])
        return "unreachable" if ours is None else self._named(ours[2])

    def _matches(self, match, source, sport):
        if match.source is not None and (source is None or not _holds(ip.key(match.source), ip.number(source))):
            return False
        if match.iif == "lo" and source is not None:
            return False
        if match.sports is not None and not (sport is not None and match.sports[0] <= sport <= match.sports[1]):
            return False
        return match.oif is None

    def _lookup(self, family, table, number):
        found = self._best(family, table, number)
        return None if found is None else found[2]

    def _best(self, family, table, number):
        """`(size of the prefix, metric, via)` of the route of ours that leads to an address; None if none does."""
        found = []
        for key in self.routes:
            if key[:2] == (family, table):
                routes = self.routes[key]
                found += [(_size(each), key[2], routes[each]) for each in routes if _holds(each, number)]
        return min(found) if found else None

    def _named(self, via):
        if via == routing.UNREACHABLE:
            return "unreachable"
        device = self.nexthops[via].device
        return self._name(device) if device else "dropped"

    def _name(self, number):
        return [link.name for link in self.links.values() if link.number == number][0]


def _is_to(match, to):
    if match.dports is None:
        return match.transport is None or match.sports is not None or (to is not None and to[0] == match.transport)
    return to is not None and to[0] == match.transport and match.dports[0] <= to[1] <= match.dports[1]


def _holds(key, number):
    first, last = ip.bounds(key)
    return first <= number <= last


def _size(key):
    first, last = ip.bounds(key)
    return last - first + 1
