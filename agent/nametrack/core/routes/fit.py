"""Which policies have room: the rules of all of them in one family, and the preferences that those take, are bounded.

What fits is decided policy by policy, so the same configuration gives the same result. Policies with `fallback block`
come first, because packets must not leave past them; then all others; both in the order of their sections.
"""

from ..actions import recovered, trouble
from .plan import FAMILIES, throws_suffice
from .rulebook import SIZE, places
from .steps import steps_of

RULES = 1024  # of all policies in one family: a forwarded packet may be compared with each of them
OF_UPLINKS = 1  # preferences that the rules before those of the policies share
ROOM = "there is room for its rules"
FULL = "no room for its rules beside those of other policies (%d at most, and %d preferences); " % (RULES, SIZE)
OPEN = FULL + "its packets take the normal way"
CLOSED = FULL + "its addresses are blocked for every client"
SHARED = FULL + "of the policies below, those that are for other packets too steer its hosts"


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
        """Look at all Steered in their order; return `(whether it is news, actions)`; sources: as for conditions.

        It depends on the configuration and on the addresses of clients alone.
        """
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
    if steered.steering.action == "bypass":
        return SHARED
    return CLOSED if steered.closes else OPEN


def without_room(steered, sources):
    """Return the groups of a list of Steered that have no room, set; sources: as for selector.conditions."""
    members, order = {}, []
    for i in range(len(steered)):
        if steered[i].group not in members:
            order.append(steered[i].group)
        found = members.setdefault(steered[i].group, [])
        if steered[i].steering.action != "bypass" or not throws_suffice(steered[i], steered[i + 1 :]):
            found.append(steered[i])
    first = [group for group in order if any([member.blocks for member in members[group]])]
    rules, preferences, found = dict.fromkeys(FAMILIES, 0), dict.fromkeys(FAMILIES, OF_UPLINKS), set()
    seen = set()
    for group in first + order:
        if group in seen:
            continue
        seen.add(group)
        needs = {family: needed(members[group], family, sources) for family in FAMILIES}
        if any([rules[f] + needs[f][0] > RULES or preferences[f] + needs[f][1] > SIZE for f in FAMILIES]):
            found.add(group)
            continue
        for family in FAMILIES:
            rules[family] += needs[family][0]
            preferences[family] += needs[family][1]
    return found


def needed(members, family, sources):
    """Return `(rules, preferences)` that the Steered of one group take in a family if each tunnel has its own port."""
    members = [each for each in members if family in each.families()]
    if not members:
        return 0, 0
    ways = set([name for each in members for name in each.steering.interfaces])
    found = steps_of(members[0].selector, 0, range(1, len(ways) + 1), family, sources)
    return (len(found), places(found)[-1] + 1) if found else (0, 0)
