"""What each policy fills: the target that `auto` chose, the sets and routes of our own that it makes, and why not."""

from ...element import own_name
from ..actions import Log, recovered, trouble
from ..sets.targets import ROUTE, Use, choose, is_optional, why_missing, why_unused


class Filling:
    """Has Sets and Routes hold what the policies want."""

    def __init__(self, sets, routes):
        """`routes`: function, as Policies has it."""
        self._sets = sets
        self._routes = routes
        self._policies = {}  # name -> Policy
        self._config = None
        self._lost = set()  # names of policies of which it was said that none of their targets exists
        self._enabled = None  # the names of the services that are enabled
        self._steered = None  # the policies that routes were asked for, in their order

    def configure(self, policies, config, now):
        """Fill the targets of exactly these policies, {name: Policy}."""
        self._policies, self._config, self._lost = policies, config, set()
        return self._assign(now) + self._steer(now) + self._sets.read_services()

    def listed(self, set_name, listing, now):
        """The kernel's own words about one set; a policy may fill other sets now."""
        existed = self._sets.exists(set_name)
        return self._looked(set_name, existed, self._sets.listed(set_name, listing, now), now)

    def due(self, key, now):
        """A timer of the sets is due; of one that is listed in parts it may be known only now that it exists."""
        existed = self._sets.exists(key[1])
        actions = self._sets.due(key, now)
        return actions if self._sets.exists(key[1]) is existed else self._looked(key[1], existed, actions, now)

    def _looked(self, set_name, existed, actions, now):
        exists = self._sets.exists(set_name)
        if exists is not existed:
            actions.extend(self._assign(now) + self._steer(now))
        if existed and not exists:
            return actions  # a set of a service comes back in a moment, most likely
        for name in sorted(self._policies):
            actions.extend(self._say_target(self._policies[name]))
        return actions

    def services_read(self, services, now):
        """Which of the services that make sets are there: `auto` may find that none is enabled."""
        enabled = sorted([name for name in services if services[name].enabled])
        changed, self._enabled = enabled != self._enabled, enabled
        actions = self._sets.services_read(services)
        return actions + self._assign(now) + self._steer(now) if changed else actions

    def touch(self, policy, keys, reason, now):
        """The life of these keys changed, for a reason that people are told with the change."""
        self._routes().touch(policy, keys, now)
        for _, set_name in sorted(policy.sets().items()):
            self._sets.touch(set_name, keys, reason, now)

    def missing(self, policy):
        """`(why, advice)`: why there is nothing to fill; None if there is, or if it is not known yet."""
        if policy.target is ROUTE:
            return None
        for target in policy.candidates:
            for family in target.sets:
                if not self._sets.is_missing(target.sets[family]) and not is_optional(target, family):
                    return None
        reasons, advice, services = [], None, self._sets.services
        # a service that is not installed is told of only if none of them is
        installed = [target for target in policy.candidates if target.service in (services or ())]
        for target in installed or policy.candidates:
            for family in sorted(target.sets):
                if not is_optional(target, family):
                    text, better = why_missing(target, services)
                    reasons.append("set '%s' %s" % (own_name(target.sets[family]), text))
                    advice = advice or better
        return "; ".join(reasons), advice

    def unused(self, policy):
        """Return `(why, advice)` if nothing refers to the sets that a policy fills; None if something does."""
        names = [name for _, name in sorted(policy.sets().items())]
        sets = [self._sets.by_name[name] for name in names if name in self._sets.by_name]
        unused = [kernel_set for kernel_set in sets if kernel_set.used is False]
        if not unused or any(kernel_set.used for kernel_set in sets):
            return None
        why, advice = why_unused(policy.target, self._sets.services)
        return "set '%s' %s" % (own_name(unused[0].name), why), advice

    def left_out(self, policy):
        """Return the texts of the endpoints that its tunnel's own packets go to and that its sets would hold else."""
        found = []
        for _, name in sorted(policy.sets().items()):
            found.extend(self._sets.by_name[name].left_out() if name in self._sets.by_name else [])
        return found

    def uncovered(self, policy):
        """Return how many IPv6 addresses it wants that the service it fills has no set for."""
        target = policy.target
        if target is None or target.service is None or not self._sets.is_missing(target.sets[6]):
            return 0
        return len(policy.wanted(6)) if self._sets.exists(target.sets[4]) else 0

    def _steer(self, now):
        """Has routes of our own for exactly the policies with that target, in the order of their sections.

        Not before every `auto` has chosen: at the start the routes of before would be taken away for a moment.
        """
        if any(self._is_undecided(self._policies[name]) for name in self._policies):
            return []
        found = [self._policies[wanted.name] for wanted in self._config.policies if wanted.enabled]
        found = [policy for policy in found if policy.target is ROUTE]
        if found == self._steered:
            return []
        self._steered = found
        return self._routes().configure(found, self._config, now)

    def _is_undecided(self, policy):
        if policy.target is not None or len(policy.candidates) == 1:
            return False
        unknown = any(self._sets.exists(target.sets[4]) is None for target in policy.candidates if target.sets)
        return unknown or self._sets.services is None

    def _assign(self, now):
        """Has each policy fill its target."""
        actions, uses = [], {}
        for name in sorted(self._policies):
            policy = self._policies[name]
            target = choose(policy.candidates, policy.target, self._sets.exists, self._sets.services)
            if target is not policy.target and target is not None and len(policy.candidates) > 1:
                what = "routes of our own" if target is ROUTE else "the sets of %s" % target.name
                actions.append(Log("info", "%s: target auto: %s" % (policy.label, what)))
            policy.fill(target)
            for candidate in policy.candidates:
                for family in sorted(candidate.sets):
                    filled = candidate is target
                    may_miss = not filled or len(policy.candidates) > 1 or is_optional(candidate, family)
                    use = uses.get(candidate.sets[family], Use(family, [], [], None, True))
                    sources = use.sources + ([policy] if filled else [])
                    users, service = use.users + [policy], use.service or candidate.service
                    uses[candidate.sets[family]] = Use(use.family, sources, users, service, use.optional and may_miss)
        self._sets.assign(uses, now)
        return actions

    def _say_target(self, policy):
        """Whether `auto` has found a target is said here; of a set that was named it is said with the set."""
        if len(policy.candidates) == 1:
            return []
        missing, lost = self.missing(policy), policy.config.name in self._lost
        if missing is None:
            self._lost.discard(policy.config.name)
            return [recovered("set_found", policy.label, "there is a set to fill again")] if lost else []
        self._lost.add(policy.config.name)
        return [] if lost else [trouble("no_target", policy.label, missing[0])]
