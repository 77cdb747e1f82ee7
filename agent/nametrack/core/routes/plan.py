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
        opened, above, blocked = _opened(about, numbers), _above_blocks(about), {}
        for each in about:
            if each.blocks:
                blocked[each.name] = _blocked(each, each.name in opened, numbers, family, endpoints[family])
        if family == 6 and any(each.blocks for each in about):
            nexthops.append(_nexthop(family, numbers.block(family), 0, None))
        for i in range(len(about)):
            each = about[i]
            keys = each.local_keys(ways, local[family])
            places, nexthop = [], None
            table = numbers.table(each.group)
            if each.steering.action == "bypass":
                places, nexthop = _bypassed(each, about[i + 1 :], blocked, numbers, local[family])
            elif table is not None:
                via, nexthop = _via(each, ways, numbers, family)
                if not each.leaves:
                    places.append(((family, table, METRICS[family]), via))
                if via is not None and each.name in above:
                    places.append(((family, table, LAST), None))  # no longer prefix of one below blocks what it leads
            if nexthop is not None:
                nexthops.append(nexthop)
            for place, leads in places + blocked.get(each.name, []):
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


def _bypassed(steered, below, blocked, numbers, local):
    """`(places, nexthop)` of a policy with action bypass: no policy below it may have its addresses.

    blocked: {policy's name: what `_blocked` gives}.

    A `throw` in each table below whose packets are all of this policy's has the main table decide. Where a table below
    is for other packets too, the policy needs a table of its own, which leads to the uplink. One that there is no room
    for has none. If a policy below blocks in the main table, that has routes to the uplink too: the reverse path filter
    looks up there what comes back, whatever table the packet itself took.
    """
    family, own = local.family, numbers.table(steered.group)
    number, places, leads = numbers.nexthop(steered.name, family), {}, []
    if own is not None and not throws_suffice(steered, below):
        leads.append((family, own, METRICS[family]))
    for other in below:
        table = numbers.table(other.group)
        all_of_it = covers(steered.selector, other.selector)
        if all_of_it:
            if table is not None:
                places[family, table, METRICS[family]] = routing.THROW
        elif own is None or table is None or other.selector != EVERYTHING:
            continue
        for place, _ in blocked.get(other.name, ()):
            if all_of_it or place[1] == routing.MAIN:  # in its own table it blocks for packets of others
                places[place] = None
            if place[1] == routing.MAIN:
                leads.append((family, routing.MAIN, OPEN))
    if not leads or not local.defaults:
        return sorted(places.items()), None
    places.update({place: number for place in leads})
    uplink = local.defaults[0]
    return sorted(places.items()), _nexthop(family, number, uplink.device, uplink.gateway)


def _above_blocks(about):
    """The names of the policies that do not block, and share a table with one below that does."""
    found, groups = set(), set()
    for i in range(len(about) - 1, -1, -1):
        if about[i].blocks:
            groups.add(about[i].group)
        elif about[i].group in groups:
            found.add(about[i].name)
    return found


def _opened(about, numbers):
    """The names of the policies whose addresses the main table alone does not block, because a table is asked before.

    One below may have another table, and an address too. Or one above with action bypass opens its addresses
    to others than it selects: the main table asks for no client.
    """
    found, opens = set(), False
    for i in range(len(about)):
        each = about[i]
        if opens or about[-1].group != each.group:
            found.add(each.name)
        if each.steering.action == "bypass" and not covers(each.selector, EVERYTHING):
            opens = opens or numbers.table(each.group) is not None
    return found


def _blocked(steered, is_opened, numbers, family, endpoints):
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
    both = is_opened or _is_too_wide(steered.policy, family, endpoints)
    return [everywhere, own] if both else [everywhere]


def _is_too_wide(policy, family, endpoints):
    """Whether some of it cannot be blocked in the main table: all addresses, or a prefix with a tunnel's endpoint."""
    bits = ip.V4_BITS if family == 4 else ip.V6_BITS
    for first, last in [ip.bounds(key) for key in policy.wide(family)]:
        if last - first + 1 == 1 << bits or endpoints.meets(first, last):
            return True
    return False


def _nexthop(family, number, device, gateway):
    if gateway is not None and ":" in gateway:
        family = 6  # a next hop of IPv6 may take IPv4's packets too (RFC 8950)
    return routing.Nexthop(family, number, device, gateway, routing.PROTOCOL)
