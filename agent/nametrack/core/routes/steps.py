"""What the rules of one family are, in their order.

fwmark BIT goto END                                         connections that began on an uplink, see inbound.py
oif DEVICE-OF-AN-UPLINK goto END                            questions of ours that are bound to the WAN's device
from ADDRESS-OF-AN-UPLINK iif lo goto END                   the router's replies to who came in there
iif lo ipproto udp sport LISTEN_PORT goto BEHIND            a tunnel's own packets pass by the table that may lead
[from CLIENT] [ipproto P dport R] lookup TABLE              into it; for each selector, in the order of the sections
"""

from ... import ip, routing
from .rulebook import Step
from .selector import matches


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
    """The Steps of one family. groups: [(selector, table, [Way])]; sources: as selector.matches has it."""
    found = []
    for selector, table, ways in groups:
        lookups = [Step(m, routing.LOOKUP, table, None) for m in matches(selector, family, sources)]
        if not lookups:
            continue
        ports = sorted(set([way.port for way in ways if way.port]))
        behind = len(found) + len(ports) + len(lookups)
        for port in ports:
            own = routing.match(iif="lo", transport=routing.UDP, sports=(port, port))
            found.append(Step(own, routing.GOTO, behind, None))
        found += lookups
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


def _shifted(step, by):
    if step.action != routing.GOTO:
        return step
    return Step(step.match, step.action, step.argument + by, step.suppress)
