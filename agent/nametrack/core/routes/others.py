"""Which other policies have the addresses of one that has no way that works."""

from ... import ip
from .selector import covers

LOOKS = 1000  # at an address and a policy: some milliseconds


class Others:
    """names: of the policies that have some of its addresses; have_all: whether they have all; text: says so."""

    def __init__(self, routes, steered):
        self.names = []
        self.have_all = False
        self._first, self._count = None, 0
        others = _deciding(routes, steered)
        if others:
            self._look(routes, steered, others)

    @property
    def text(self):
        """Who has what, if anyone has."""
        policies = ", ".join(["policy '%s'" % name for name in self.names])
        what = "all of its addresses"
        if not self.have_all:
            what = ip.element(self._first) + (" and others" if self._count > 1 else "")
        return "%s %s %s" % (policies, "has" if len(self.names) == 1 else "have", what)

    def _look(self, routes, steered, others):
        looks, total = LOOKS, 0
        for family in steered.families():
            for key in steered.policy.wanted(family):
                looks -= len(others)
                if looks < 0:
                    return
                total += 1
                owner = _owner(others, family, key)
                if owner is not None and (steered.leaves or _leads(routes, owner, family)):
                    self._has(owner, key)
        self.have_all = total > 0 and self._count == total

    def _has(self, owner, key):
        if owner.name not in self.names:
            self.names = sorted(self.names + [owner.name])
        if self._first is None or ip.bounds(key) < ip.bounds(self._first):
            self._first = key  # whatever order they are in
        self._count += 1


def _deciding(routes, steered):
    """The policies that decide, for all packets of another one, about what they have, in the order of the sections.

    Those below it do if it leaves them what it has.
    """
    found = []
    for each in routes.steered:
        if each is steered and not steered.leaves:
            break
        decides = each.steering.action == "bypass" or (not each.leaves and routes.fit.holds(each.group))
        if decides and covers(each.selector, steered.selector):
            found.append(each)
    return found


def _owner(policies, family, key):
    """The first of some policies that has an address or a prefix; None for none."""
    for each in policies:
        if family in each.families():
            if each.policy.wants(key) or any(ip.holds(wide, key) for wide in each.policy.wide(family)):
                return each
    return None


def _leads(routes, owner, family):
    """Whether packets of a family that a policy has go somewhere."""
    if owner.steering.action == "bypass":
        return True
    return owner.way is not None and routes.way(owner.way).carries(family)
