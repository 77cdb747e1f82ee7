"""What the rules of one family are, in their order.

fwmark BIT goto END                                         connections that began on an uplink, see inbound.py
oif DEVICE-OF-AN-UPLINK goto END                            questions of ours that are bound to the WAN's device
from ADDRESS-OF-AN-UPLINK iif lo goto END                   the router's replies to who came in there
iif lo ipproto udp sport LISTEN_PORT goto BEHIND            a tunnel's own packets pass by the table that may lead
[from CLIENT] [ipproto P dport R] lookup TABLE              into it; for each selector, in the order of the sections

Many clients times many ports would be very many rules. Then it is these, with PACKETS and AFTER within the same half:

from CLIENT goto PACKETS                                    for each client
goto AFTER
PACKETS: ipproto P dport R lookup TABLE                     for each protocol and range of ports
AFTER: nop
"""

from ... import ip, routing
from .rulebook import Step
from .selector import conditions


class Uplinks:
    """What leads to the internet without us: by the links with a default route in the main table.

    bit: of the packet mark that connections have that began there; 0: none have.
    """

    def __init__(self, view, bit=0):
        self.bit = bit
        names = {link.number: link.name for link in view.links}
        self._defaults = [route for route in view.main if _is_default(route.key) and route.device in names]
        self._names = names
        self._addresses = view.addresses

    def matches(self, family):
        """Return the Matches of packets of this family that no policy is about."""
        found = [routing.match(mark=(self.bit, self.bit))] if self.bit else []
        found += [routing.match(oif=device) for device in self.devices(family)]
        return found + [routing.match(source=address, iif="lo") for address in self._addresses_of(family)]

    def devices(self, family):
        """Return the names of the links with a default route of this family."""
        found = []
        for route in self._defaults:
            if route.family == family and self._names[route.device] not in found:
                found.append(self._names[route.device])
        return found

    def seconds(self):
        """Return the names of those links that the main table leads nothing to: another's default route goes first."""
        found = set()
        for family in (4, 6):
            routes = [route for route in self._defaults if route.family == family]
            routes.sort(key=lambda route: route.metric)
            found.update([self._names[route.device] for route in routes if route.device != routes[0].device])
        return found

    def _addresses_of(self, family):
        numbers = set([route.device for route in self._defaults])
        found = [a.address for a in self._addresses if a.link in numbers and a.family == family and a.wide]
        return sorted(set(found))


def _is_default(key):
    return ip.bounds(key)[0] == 0 and ip.element(key) in ("0.0.0.0/0", "::/0")


def steps(groups, uplinks, family, sources):
    """The Steps of one family. groups: [(selector, table, [Way])]; sources: as selector.conditions has it."""
    first = uplinks.matches(family)
    found, at = [], len(first)
    for selector, table, ways in groups:
        ports = sorted(set([way.port for way in ways if way.port]))
        mine = steps_of(selector, table, ports, family, sources)
        found += [_shifted(step, at) for step in mine]
        at += len(mine)
    return [Step(each, routing.GOTO, at, None) for each in first] + found if found else []


def steps_of(selector, table, ports, family, sources):
    """The Steps that look up one table, whose tunnels send from these ports; a `goto` counts from the first of them."""
    clients, packets = conditions(selector, family, sources)
    if not packets:
        return []
    found = [Step(each, routing.LOOKUP, table, None) for each in packets]
    if clients:
        inside = len(ports) + len(clients) + 1
        gates = [Step(each, routing.GOTO, inside, None) for each in clients]
        gates.append(Step(routing.ANYTHING, routing.GOTO, inside + len(found), None))
        found = gates + found + [Step(routing.ANYTHING, routing.NOP, None, None)]
    own, behind = [], len(ports) + len(found)
    for port in ports:
        sent = routing.match(iif="lo", transport=routing.UDP, sports=(port, port))
        own.append(Step(sent, routing.GOTO, behind, None))
    return own + found


def _shifted(step, by):
    if step.action != routing.GOTO:
        return step
    return Step(step.match, step.action, step.argument + by, step.suppress)
