"""What all policies together want of the kernel: nexthops, and which policies are in which table."""

from ... import ip, routing
from .networks import Networks
from .selector import EVERYTHING, covers
from .table import member

FAMILIES = (4, 6)
METRICS = {4: 0, 6: 1024}  # the kernel's defaults
LAST = 9999  # metric of what blocks: behind every other route
OPEN = 9998  # metric in the main table of what bypasses a policy that blocks there


def compose(steered, ways, numbers, local, endpoints):
    """`(nexthops, members)`: the Nexthops, and {(family, table, metric): ([Member], [keys of local networks])}.

    steered: list of Steered in the order of their sections; ways: {name: Way}; local: {family: Local}; endpoints:
    {family: Networks} that no route in the main table may hold.
    """
    nexthops, members = [], {}
    for family in FAMILIES:
        about = [each for each in steered if family in each.families()]
        if family == 6 and any(each.blocks for each in about):
            nexthops.append(_nexthop(family, numbers.block(family), 0, None))
        for each in about:
            keys = each.local_keys(ways, local[family])
            places, nexthop = [], None
            table = numbers.table(each.group)
            if each.steering.action == "bypass":
                places, nexthop = _bypassed(each, about, numbers, local[family], endpoints[family])
            elif table is not None:
                via, nexthop = _via(each, ways, numbers, family)
                places = [((family, table, METRICS[family]), via)]
            if nexthop is not None:
                nexthops.append(nexthop)
            if each.blocks:
                places += _blocked(each, about, numbers, family, endpoints[family])
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


def throws_suffice(steered, below):
    """Whether a policy with action bypass needs no table of its own: every packet of the policies below is its own."""
    return all([covers(steered.selector, other.selector) for other in below])


def _bypassed(steered, about, numbers, local, endpoints):
    """`(places, nexthop)` of a policy with action bypass: no policy below it may have its addresses.

    A `throw` in each table below whose packets are all of this policy's has the main table decide. Where a table below
    is for other packets too, the policy needs a table of its own, which leads to the uplink. One that there is no room
    for has none. If a policy below blocks in the main table, that has routes to the uplink too: the reverse path filter
    looks up there what comes back, whatever table the packet itself took.
    """
    family, own = local.family, numbers.table(steered.group)
    below = about[about.index(steered) + 1 :]
    covered = [each for each in below if covers(steered.selector, each.selector)]
    tables = set([numbers.table(each.group) for each in covered]).difference([None])
    places = {(family, table, METRICS[family]): routing.THROW for table in tables}
    number, leads = numbers.nexthop(steered.name, family), []
    if own is not None and len(covered) < len(below):  # throws do not suffice
        leads.append((family, own, METRICS[family]))
    for other in below:
        if other.blocks and (other in covered or _opens(steered, other, numbers)):
            blocked = _blocked(other, about, numbers, family, endpoints)
            places.update({place: None for place, _ in blocked})
            leads += [(family, routing.MAIN, OPEN) for place, _ in blocked if place[1] == routing.MAIN]
    if not leads or not local.defaults:
        return sorted(places.items()), None
    places.update({place: number for place in leads})
    uplink = local.defaults[0]
    return sorted(places.items()), _nexthop(family, number, uplink.device, uplink.gateway)


def _opens(steered, other, numbers):
    """Whether a policy with action bypass opens its addresses to others than those that it selects.

    The main table asks for no client. So what a policy below blocks there for all, it blocks in its own table as well.
    """
    if other.selector != EVERYTHING or covers(steered.selector, other.selector):
        return False
    return numbers.table(steered.group) is not None and numbers.table(other.group) is not None


def _blocked(steered, about, numbers, family, endpoints):
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
    above = [each for each in about[: about.index(steered)] if each.steering.action == "bypass"]
    opened = any([_opens(each, steered, numbers) for each in above])
    return [everywhere, own] if opened or _is_too_wide(steered.policy, family, endpoints) else [everywhere]


def _is_too_wide(policy, family, endpoints):
    """Whether some of it cannot be blocked in the main table: all addresses, or a prefix with a tunnel's endpoint."""
    bits = ip.V4_BITS if family == 4 else ip.V6_BITS
    for first, last in [ip.bounds(key) for key in policy.wide(family)]:
        if last - first + 1 == 1 << bits or endpoints.meets(first, last):
            return True
    return False


def _nexthop(family, number, device, gateway):
    return routing.Nexthop(family, number, device, gateway, routing.PROTOCOL)
