"""Every policy and every set they fill."""

from .actions import AddElements, DeleteElements, ListSet, Log, Notify, recovered, trouble
from .kernelset import KernelSet
from .policy import MAX_ADDRESSES, Policy

SETTLE = 0.1  # seconds in which changes of one set are gathered for one transaction
LIST_FIRST, LIST_MAX = 5, 300  # seconds until a set that is missing or refused a change is looked at again

TOLD = 64  # addresses that a notification names at most; the text counts them all

UNSUPPORTED = "target '%s' cannot be filled yet; use nftset or ipset"


class Policies:
    def __init__(self, timers, resolver):
        self.policies = {}  # name -> Policy
        self.sets = {}  # set name -> KernelSet
        self._timers = timers
        self._resolver = resolver
        self._by_name = {}  # name key -> [(Policy, Host)]
        self._listing = set()  # names of the sets whose listing is under way
        self._again = set()  # those of them that were disturbed meanwhile
        self._unlisted = set()  # those that were never listed
        self._waits = {}  # set name -> seconds until the next look
        self._said = {}  # set name -> the trouble that was said
        self._expire_at = None  # when the timer ("expire",) is due
        self._reasons = {}  # set name -> why it is about to change, the first of the reasons gathered

    def configure(self, config, name_key, remembered, now):
        """Fills exactly the sets of the enabled policies; what is known of hosts that stay is kept."""
        actions = []
        old = self.policies
        self.policies, self._by_name = {}, {}
        for wanted in config.policies:
            if not wanted.enabled:
                continue
            policy = Policy(wanted, name_key)
            self.policies[wanted.name] = policy
            before = old.get(wanted.name)
            if before is not None:
                policy.added, policy.deleted = before.added, before.deleted
            for host in list(policy.hosts.values()):
                known = before.hosts.get(host.host) if before else None
                if known is not None and known.rtypes == host.rtypes and known.name_key == host.name_key:
                    policy.keep(known)
                    continue
                for address, until in remembered.get(host.host, []) + _known(old, host.host, now + wanted.retain):
                    policy.remember(host, address, min(until, now + wanted.retain))
            for host in policy.hosts.values():
                self._by_name.setdefault(host.name_key, []).append((policy, host))
        for set_name in self.sets:
            self.sets[set_name].sources = []
        everything = sorted(set([address for held in remembered.values() for address, _ in held]))
        for name in sorted(self.policies):
            policy = self.policies[name]
            targets = policy.sets()
            if not targets:
                actions.append(Log("warning", "policy '%s': %s" % (name, UNSUPPORTED % policy.config.target)))
            for family in sorted(targets):
                kernel_set = self.sets.get(targets[family])
                if kernel_set is None:
                    kernel_set = self.sets[targets[family]] = KernelSet(targets[family])
                    kernel_set.family = family
                    kernel_set.remember(everything)
                    self._unlisted.add(targets[family])
                kernel_set.sources.append(policy)
        for set_name in sorted(self.sets):
            actions.extend(self._list(set_name))
        self._watch_expiry()
        return actions

    def wanted_names(self):
        """[(name key, host, servers, rtypes)] for the resolver."""
        found = []
        for key in sorted(self._by_name):
            for _, host in self._by_name[key]:
                found.append((key, key[0], list(key[1]), host.rtypes))
        return found

    def due(self, key, now):
        """The timer ("list" | "settle" | "refresh", set name) or ("expire",) is due."""
        if key[0] == "expire":
            for name in sorted(self.policies):
                gone = self.policies[name].expire(now)
                if gone:
                    self._touch(self.policies[name], gone, now, "no longer named for the time to retain")
            self._watch_expiry()
            return []
        kernel_set = self.sets.get(key[1])
        if kernel_set is None:
            return []
        if key[0] == "list":
            return self._list(key[1])
        if key[0] == "refresh":
            kernel_set.refresh(now)
            self._reasons.setdefault(key[1], "timeouts renewed")
        if key[1] in self._listing:
            return []  # a change now would not be in that listing; all of the set is compared when it comes
        kernel_set.expired(now)
        actions = kernel_set.changes(now, self._reasons.pop(key[1], "brought up to date"))
        if kernel_set.refresh_at() is not None:
            self._timers.set(("refresh", key[1]), kernel_set.refresh_at())
        for policy in kernel_set.sources if actions else ():
            policy.changed_at = now
        told = self._tell(kernel_set, actions) + self._refusals(kernel_set)
        if not kernel_set.sources and kernel_set.exists:
            # its policy was removed; it is forgotten once a listing shows that so is what we had put in
            if actions:
                self._timers.set(("list", key[1]), now + LIST_FIRST)
            else:
                self._forget(key[1])
        return told

    def name_answered(self, name, now):
        """One of a name's RRsets was answered, or failed."""
        actions = []
        for policy, host in self._by_name.get(name.key, ()):
            changed = policy.answered(host, name.addresses(host.rtypes), now)
            if changed:
                self._touch(policy, changed, now, "%s changed" % name.host)
                self._expect_expiry(host.next_expiry())
            if policy.overflows and not policy.reported:
                policy.reported = True
                text = "more than %d addresses: the first are kept" % MAX_ADDRESSES
                actions.append(Log("warning", "policy '%s': %s" % (policy.config.name, text)))
        return actions

    def listed(self, set_name, listing, now):
        """The kernel's own words about one set."""
        self._listing.discard(set_name)
        self._unlisted.discard(set_name)
        kernel_set = self.sets.get(set_name)
        if kernel_set is None:
            return []
        if set_name in self._again:
            self._again.discard(set_name)
            return self._list(set_name)  # the disturbance may be younger than this listing
        kernel_set.listed(listing, now)
        if (listing is None or kernel_set.problem) and not kernel_set.sources:
            self._forget(set_name)
            return []
        if listing is None:
            return self._trouble(set_name, "does not exist", now)
        if kernel_set.problem is not None:
            return self._trouble(set_name, "cannot be filled: %s" % kernel_set.problem, now)
        self._waits.pop(set_name, None)
        actions = []
        if self._said.pop(set_name, None) is not None:
            subject, text = self._about(set_name)
            actions.append(recovered(subject, text + " is in order again"))
        self._reasons.setdefault(set_name, "brought up to date")
        self._timers.set(("settle", set_name), now)
        return actions

    def failed(self, action, reason, now):
        """A listing or a transaction failed: the set is looked at again later."""
        set_name = action.set
        if isinstance(action, ListSet):
            self._listing.discard(set_name)
            self._again.discard(set_name)
        self._unlisted.discard(set_name)
        kernel_set = self.sets.get(set_name)
        if kernel_set is None:
            return []
        kernel_set.failed(action)
        return self._trouble(set_name, "cannot be read or changed: %s" % reason, now)

    def resync(self):
        """Somebody may have changed our sets: each is compared with the kernel again."""
        actions = []
        self._again.update(self._listing)
        for set_name in sorted(self.sets):
            actions.extend(self._list(set_name))
        return actions

    def settled(self):
        """Whether every set was listed and nothing waits to be written."""
        return not self._unlisted and not self._listing and not any(s.waits() for s in self.sets.values())

    def trouble(self, set_name):
        """What is wrong with a set, or None."""
        return self._said.get(set_name)

    def _list(self, set_name):
        if set_name in self._listing:
            return []
        self._listing.add(set_name)
        return [ListSet(set_name)]

    def _forget(self, set_name):
        del self.sets[set_name]
        self._waits.pop(set_name, None)
        self._said.pop(set_name, None)
        for what in ("list", "settle", "refresh"):
            self._timers.cancel((what, set_name))

    def _touch(self, policy, addresses, now, reason):
        for _, set_name in sorted(policy.sets().items()):
            kernel_set = self.sets[set_name]
            kernel_set.touch(addresses)
            if kernel_set.dirty():
                self._reasons.setdefault(set_name, reason)
                self._timers.set(("settle", set_name), now + SETTLE)

    def _watch_expiry(self):
        self._expire_at = None
        for policy in self.policies.values():
            for host in policy.hosts.values():
                self._expect_expiry(host.next_expiry())

    def _expect_expiry(self, at):
        """Something retained ends at `at`: the one timer for all of it must not come later."""
        if at is not None and (self._expire_at is None or at < self._expire_at):
            self._expire_at = at
            self._timers.set(("expire",), at)

    def _trouble(self, set_name, text, now):
        wait = self._waits.get(set_name, LIST_FIRST)
        self._waits[set_name] = min(2 * wait, LIST_MAX)
        self._timers.set(("list", set_name), now + wait)
        if self._said.get(set_name) == text:
            return []
        self._said[set_name] = text
        return [self._complaint(set_name, text)]

    def _refusals(self, kernel_set):
        if not kernel_set.refused:
            return []
        first = sorted(kernel_set.refused)[0]
        text = "cannot hold %s: %s" % (first, kernel_set.refused[first])
        if self._said.get(kernel_set.name) == text:
            return []
        self._said[kernel_set.name] = text
        return [self._complaint(kernel_set.name, text)]

    def _tell(self, kernel_set, actions):
        """The actions, and what is to be said of them to each policy that fills the set."""
        told = list(actions)
        for action in actions:
            added, deleted, renewed = _difference(action)
            text = "%s: %s: %s" % (self._about(kernel_set.name)[1], _counts(added, deleted, renewed), action.reason)
            for policy in kernel_set.sources:
                values = {"name": policy.config.name, "reason": action.reason}
                values["added"] = [a for a in added if policy.wants(a)][:TOLD]
                values["deleted"] = deleted[:TOLD]
                policy.added += len([a for a in added if policy.wants(a)])
                policy.deleted += len(deleted)
                told.append(Notify("policy", policy.label, text, values))
            if not kernel_set.sources:
                told.append(Log("info", text))
        return told

    def _complaint(self, set_name, text):
        subject, what = self._about(set_name)
        return trouble(subject, "%s %s" % (what, text))

    def _about(self, set_name):
        """`(whose, which)` in words: the policies that fill a set, and the set."""
        labels = [policy.label for policy in self.sets[set_name].sources]
        return " and ".join(labels) or "removed policy", "set '%s'" % plain(set_name)


def _known(policies, host, until):
    """[(address, until)] of what any of the policies wants for a host: it is not lost with a new nameserver or name."""
    found = []
    for name in sorted(policies):
        known = policies[name].hosts.get(host)
        if known is not None:
            found.extend([(address, until) for address in known.named])
            found.extend(sorted(known.retained.items()))
    return found


def plain(set_name):
    """A set's own name, without the kind that the actions put before it."""
    return set_name.split(" ", 1)[1]


def _difference(action):
    """`(added, deleted, renewed)`: lists of addresses."""
    if isinstance(action, AddElements):
        return [e.address for e in action.elements], [], []
    if isinstance(action, DeleteElements):
        return [], [e.address for e in action.elements], []
    old, new = set([e.address for e in action.old]), set([e.address for e in action.new])
    return sorted(new - old), sorted(old - new), sorted(new & old)


def _counts(added, deleted, renewed):
    parts = [(len(added), "added"), (len(deleted), "deleted"), (len(renewed), "renewed")]
    return ", ".join(["%d %s" % part for part in parts if part[0]])
