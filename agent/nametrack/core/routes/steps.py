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

    def devices(self, family):
        """The names of the links with a default route of this family."""
        found = []
        for route in self._defaults:
            if route.family == family and self._names[route.device] not in found:
                found.append(self._names[route.device])
        return found

    def addresses(self, family):
        """Their addresses of this family."""
        numbers = set([route.device for route in self._defaults])
        found = [a.address for a in self._addresses if a.link in numbers and a.family == family and a.wide]
        return sorted(set(found))


def _is_default(key):
    return ip.bounds(key)[0] == 0 and ip.element(key) in ("0.0.0.0/0", "::/0")


def steps(groups, uplinks, family, sources):
    """The Steps of one family. groups: [(selector, table, [Way])]; sources: as selector.conditions has it."""
    found = []
    for selector, table, ways in groups:
        clients, packets = conditions(selector, family, sources)
        if not packets:
            continue
        ports = sorted(set([way.port for way in ways if way.port]))
        looked = _looked_up(clients, packets, table, len(found) + len(ports))
        behind = len(found) + len(ports) + len(looked)
        for port in ports:
            own = routing.match(iif="lo", transport=routing.UDP, sports=(port, port))
            found.append(Step(own, routing.GOTO, behind, None))
        found += looked
    if not found:
        return []
    first = [routing.match(mark=(uplinks.bit, uplinks.bit))] if uplinks.bit else []
    for device in uplinks.devices(family):
        first.append(routing.match(oif=device))
    for address in uplinks.addresses(family):
        first.append(routing.match(source=address, iif="lo"))
    end = len(first) + len(found)
    shifted = [_shifted(step, len(first)) for step in found]
    return [Step(m, routing.GOTO, end, None) for m in first] + shifted


def _looked_up(clients, packets, table, at):
    """The Steps, the first of them the `at`th of all, that look up a table for packets of selector.conditions."""
    lookups = [Step(each, routing.LOOKUP, table, None) for each in packets]
    if not clients:
        return lookups
    inside = at + len(clients) + 1
    found = [Step(each, routing.GOTO, inside, None) for each in clients]
    found.append(Step(routing.ANYTHING, routing.GOTO, inside + len(lookups), None))
    return found + lookups + [Step(routing.ANYTHING, routing.NOP, None, None)]


def _shifted(step, by):
    if step.action != routing.GOTO:
        return step
    return Step(step.match, step.action, step.argument + by, step.suppress)
