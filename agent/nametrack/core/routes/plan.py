"""What all policies together want of the kernel: nexthops, and which policies are in which table."""

from ... import ip, routing
from .networks import Networks
from .selector import EVERYTHING, covers
from .table import member

FAMILIES = (4, 6)
METRICS = {4: 0, 6: 1024}  # the kernel's defaults
LAST = 9999  # metric of what blocks: behind every other route


def compose(steered, ways, numbers, local, endpoints):
    """`(nexthops, members)`: the Nexthops, and {(family, table, metric): ([Member], [keys of local networks])}.

    steered: list of Steered in the order of their sections; ways: {name: Way}; local: {family: Local}; endpoints:
    {family: Networks} that no route in the main table may hold.
    """
    nexthops, members = [], {}
    for family in FAMILIES:
        about = [each for each in steered if family in each.families()]
        placed = [each for each in about if numbers.table(each.group) is not None]  # the others have no room
        if family == 6 and any(each.blocks for each in about):
            nexthops.append(_nexthop(family, numbers.block(family), 0, None))
        for each in about:
            keys = each.local_keys(ways, local[family])
            places, nexthop = [], None
            table = numbers.table(each.group)
            if table is not None:
                via, nexthop = _via(each, ways, numbers, family)
                places = [((family, table, METRICS[family]), via)]
            if table is not None and each.steering.action == "bypass":
                places, nexthop = _bypassed(each, placed, numbers, local[family])
            if nexthop is not None:
                nexthops.append(nexthop)
            if each.blocks:
                places += _blocked(each, numbers, family, endpoints[family])
            for place, leads in places:
                found = members.setdefault(place, ([], []))
                found[0].append(member(each.policy, leads, family, Networks(keys)))
                found[1].extend([key for key in keys if key not in found[1]])
    return nexthops, members


def _via(steered, ways, numbers, family):
    """`(via, nexthop)`: what a policy's routes lead to, None for none, and the Nexthop that takes."""
    if steered.way is None:
        return None, None
    way = ways[steered.way]
    if not way.carries(family):
        return routing.UNREACHABLE, None  # not by another way: clients fall back to the other family at once
    number = numbers.nexthop(steered.name, family)
    return number, _nexthop(family, number, way.link, way.gateway(family))


def _bypassed(steered, about, numbers, local):
    """`(places, nexthop)` of a policy with action bypass: no policy below it may have its addresses.

    A `throw` in each table below whose packets are all of this policy's has the main table decide. Where a table below
    is for other packets too, the policy needs a table of its own: it leads to the uplink.
    """
    family = local.family
    below = about[about.index(steered) + 1 :]
    covered = [each for each in below if covers(steered.selector, each.selector)]
    tables = sorted(set([numbers.table(each.group) for each in covered]))
    places = [((family, table, METRICS[family]), routing.THROW) for table in tables]
    if len(covered) == len(below) or not local.defaults:
        return places, None
    number, uplink = numbers.nexthop(steered.name, family), local.defaults[0]
    own = (family, numbers.table(steered.group), METRICS[family])
    places = [place for place in places if place[0] != own] + [(own, number)]
    return places, _nexthop(family, number, uplink.device, uplink.gateway)


def _blocked(steered, numbers, family, endpoints):
    """[(place, via)] of what blocks behind the routes, should they go with their device.

    In the main table it outlives everything that others do to rules. There it would meet clients that the selector
    does not mean, so a policy with a selector has it in its own table. If there is no room for the rules that lead
    there, it is in the main table after all: better no client reaches the hosts than one by the wrong way. An
    `unreachable` route of IPv6 is on `lo`, and goes when netifd starts; one to a nexthop that drops stays.
    """
    via = numbers.block(family) if family == 6 else routing.UNREACHABLE
    if numbers.table(steered.group) is None:
        return [((family, routing.MAIN, LAST), via)] if steered.closes else []
    own = ((family, numbers.table(steered.group), LAST), via)
    if steered.selector != EVERYTHING:
        return [own]
    everywhere = ((family, routing.MAIN, LAST), via)
    return [everywhere, own] if _is_too_wide(steered.policy, family, endpoints) else [everywhere]


def _is_too_wide(policy, family, endpoints):
    """Whether some of it cannot be blocked in the main table: all addresses, or a prefix with a tunnel's endpoint."""
    wide = [ip.key(text) for text in policy.config.literals if ip.family(text) == family]
    bits = ip.V4_BITS if family == 4 else ip.V6_BITS
    for first, last in [ip.bounds(key) for key in wide]:
        if last - first + 1 == 1 << bits or (first != last and endpoints.meets(first, last)):
            return True
    return False


def _nexthop(family, number, device, gateway):
    return routing.Nexthop(family, number, device, gateway, routing.PROTOCOL)
