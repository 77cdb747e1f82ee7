"""Which policies have room: the rules of all of them in one family, and the preferences that those take, are bounded.

What fits is decided policy by policy, so the same configuration gives the same result. Policies with `fallback block`
come first, because packets must not leave past them; then all others; both in the order of their sections.
"""

from ..actions import recovered, trouble
from .plan import FAMILIES
from .rulebook import SIZE
from .selector import GATES, is_split

RULES = 1024  # of all policies in one family: a forwarded packet may be compared with each of them
OF_UPLINKS = 1  # preferences that the rules before those of the policies share
ROOM = "there is room for its rules"
FULL = "no room for its rules beside those of other policies (%d at most, and %d preferences); " % (RULES, SIZE)
OPEN = FULL + "its packets take the normal way"
CLOSED = FULL + "its addresses are blocked for every client"


class Fit:
    def __init__(self):
        self._without = set()  # the groups that have no room, each as selector.groups_of gives it

    def holds(self, group):
        """Return whether the policies of a group have room."""
        return group not in self._without

    def groups(self, steered):
        """Return the groups of a list of Steered that have room, in their order."""
        return [each.group for each in steered if self.holds(each.group)]

    def decide(self, steered, sources):
        """Look at all Steered in their order; return `(whether it is news, actions)`; sources: as for conditions."""
        before, self._without = self._without, without_room(steered, sources)
        actions = []
        for each in steered:
            if self.holds(each.group) != (each.group not in before):
                label = each.policy.label
                has_room = self.holds(each.group)
                actions.append(
                    recovered("room", label, ROOM) if has_room else trouble("too_many_rules", label, reason(each))
                )
        return before != self._without, actions


def reason(steered):
    """Return why a Steered without room is not as it is to be."""
    return CLOSED if steered.closes else OPEN


def without_room(steered, sources):
    """Return the groups of a list of Steered that have no room, set; sources: as for selector.conditions."""
    members = {}
    for each in steered:
        members.setdefault(each.group, []).append(each)
    first = [each.group for each in steered if any([member.blocks for member in members[each.group]])]
    rules, places, found = dict.fromkeys(FAMILIES, 0), dict.fromkeys(FAMILIES, OF_UPLINKS), set()
    seen = set()
    for group in first + [each.group for each in steered]:
        if group in seen:
            continue
        seen.add(group)
        needs = {family: _needs(members[group], family, sources) for family in FAMILIES}
        if any([rules[f] + needs[f][0] > RULES or places[f] + needs[f][1] > SIZE for f in FAMILIES]):
            found.add(group)
            continue
        for family in FAMILIES:
            rules[family] += needs[family][0]
            places[family] += needs[family][1]
    return found


def _needs(members, family, sources):
    """`(rules, preferences)` that the Steered of one group may take in a family."""
    if not any([family in each.families() for each in members]):
        return 0, 0
    selector = members[0].selector
    clients = sum([len(sources(each, family)) for each in selector.clients]) if selector.clients else 1
    packets = max(1, len(selector.transports)) * max(1, len(selector.ports))
    ways = len(set([name for each in members for name in each.steering.interfaces]))  # each may have a port of its own
    if not clients:
        return 0, 0
    if is_split(clients, packets):
        return ways + clients + packets + GATES, (ways > 0) + 2 + GATES
    return ways + clients * packets, (ways > 0) + 1
