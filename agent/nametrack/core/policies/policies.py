"""Every policy and its hosts: which names they follow, and what is remembered of the addresses."""

from collections import namedtuple

from ... import destination, ip
from ..actions import Log
from ..last_good import GRACE, SLICE, Known, life_left
from ..ordering import in_order
from ..sets.lives import NAMED, longest_life
from ..sets.sets import Sets
from .filling import Filling
from .patterns import Patterns

LEAST = 60  # seconds that an observed address is kept, whatever its TTL and `retain`

# observe_time: seconds that an observed name is followed after a client asked for it; max_ttl: seconds
Limits = namedtuple("Limits", ("observe_time", "max_ttl"))


class Policies:
    def __init__(self, timers, routes):
        """`routes`: function that returns the Routes, or the Unsteered in their place."""
        self.policies = {}  # name -> Policy
        self._overflowing = {}  # labels of policies of which it was said that they want too many addresses
        self.sets = Sets(timers)
        self.filling = Filling(self.sets, routes)
        self._routes = routes
        self._timers = timers
        self._by_name = {}  # name key -> [(Policy, Host)]
        self.names_changed = False  # whether `wanted_names` gives others than before, for the resolver to follow
        self.patterns = Patterns([])
        self._limits = Limits(0, 0)
        self._name_key = None  # function: the key of a host's name
        self._learnt = {}  # name key -> {key: None} of the addresses whose life DNS changed since `learnt`

    def loading(self):
        """All is loaded."""
        return ()

    def configure(self, prepared, now):
        """Fill exactly the sets of the policies in a Preparation, once `read_sets` is called; what is known of hosts is
        kept.
        """
        old, config, by_name, old_key = self.policies, prepared.config, self._by_name, self._name_key

        def former(host):
            return by_name.get(old_key(host), ()) if old else ()

        self._limits, self._name_key = Limits(config.observe_time, config.max_ttl), prepared.name_key
        self.policies, self._by_name, self.names_changed = {}, {}, True
        self.sets.flush_flows = config.flush_conntrack
        for wanted in config.policies:
            if not wanted.enabled:
                continue
            policy = self.policies[wanted.name] = prepared.policies[wanted.name]
            before, kept, new = old.get(wanted.name), [], []
            for host in policy.hosts.values():
                same = None if before is None else _same(host, before)
                if same is None:
                    new.append(host)
                else:
                    kept.append(same)
            if before is not None:
                policy.take_over(before, kept)
            for host in new:
                untils = _known(former(host.host), wanted.retain, now)
                for key in in_order(untils):
                    if untils[key] > now:
                        policy.remember(host, [key], untils[key])
        self.patterns = Patterns([self.policies[name] for name in sorted(self.policies)])
        self._keep_observed(old, former, now)
        for name in sorted(self.policies):
            for host in sorted(self.policies[name].hosts):
                self._enrol(self.policies[name], self.policies[name].hosts[host])
        return self.filling.configure(self.policies, config, now)

    def remember(self, known, now):
        """Take what was remembered of a host; `read_sets` must follow."""
        name_key = self._name_key(known.host)
        for policy in self.patterns.owners(known.host):
            if known.host not in policy.hosts:
                self._observe(policy, known.host, now)
        for policy, host in list(self._by_name.get(name_key, ())):
            policy.remember(host, known.keys, now + life_left(known, policy.config.retain))
            self._routes().touch(policy, known.keys, now)

    def read_sets(self):
        """All that is remembered is known: read the sets and fill them."""
        for name in sorted(self.policies):
            for host in self.policies[name].hosts.values():
                self._watch_expiry(self.policies[name], host)
        return self.sets.list_all()

    def _keep_observed(self, old, former, now):
        """Names that were followed before the configuration was read again, and that a pattern or a file has now."""
        if not any(policy.config.wildcards or policy.config.lists for policy in self.policies.values()):
            return
        for name in sorted(old):
            same = self.policies.get(name)
            for host in sorted(old[name].hosts):
                if same is not None and same.asks(host):
                    continue
                for policy in self.patterns.owners(host):
                    if not policy.asks(host):
                        policy.observe(host, self._name_key(host), old[name].seen.get(host, now))
                        self._keep_seen(policy, host, _known(former(host), policy.config.retain, now))

    def _keep_seen(self, policy, host, untils):
        for key in in_order(untils):
            policy.remember(policy.hosts[host], [key], untils[key])
        stalest = policy.stalest()
        if stalest is not None:
            policy.forget(stalest)

    def _enrol(self, policy, host):
        """A host of a policy is followed from now on."""
        self._by_name.setdefault(host.name_key, []).append((policy, host))
        self._watch_expiry(policy, host)

    def observed(self, event, now):
        """A client is given an answer about a name, the event NameObserved: its addresses count at once."""
        actions, name = [], event.name
        keys = [ip.key(address) for address in event.addresses if destination.unusable(address) is None]
        for policy in self.patterns.owners(name):
            # the resolver tells of our own questions, too: they do not keep a name that no client asks for
            known = policy.hosts.get(name) if event.by == "resolver" else None
            host = known or self._observe(policy, name, now)
            keep = max(policy.config.retain, min(event.ttl, self._limits.max_ttl), LEAST)
            new = [key for key in keys if host.life(key, now) is None or 0 <= host.life(key, now) < keep / 2]
            policy.remember(host, new, now + keep)
            if new:
                self._learnt.setdefault(host.name_key, {}).update(dict.fromkeys(new))
                self.filling.touch(policy, new, "a client asked for %s" % name, now)
                for _, set_name in sorted(policy.sets().items()):
                    actions.extend(self.filling.due(("settle", set_name), now))  # the client connects in a moment
            self._watch_expiry(policy, host)
        return actions

    def _observe(self, policy, name, now):
        """Have a policy follow a name below one of its patterns; return its Host."""
        known = policy.hosts.get(name)
        host = policy.observe(name, self._name_key(name), now)
        if known is None:
            self.names_changed = True
            self._enrol(policy, host)
            stalest = policy.stalest(name)  # never the new one, of whose addresses the set hears next
            if stalest is not None:
                self._forget(policy, policy.hosts[stalest], now)
        return host

    def slow_names(self):
        """Return the keys of names that are only observed: they are asked less often."""
        seen = [self._name_key(host) for policy in self.policies.values() for host in policy.seen]
        return set([key for key in seen if all(host.host in policy.seen for policy, host in self._by_name[key])])

    def _forget(self, policy, host, now):
        """An observed host is not followed any more."""
        self.names_changed = True
        left = [pair for pair in self._by_name[host.name_key] if pair[1] is not host]
        if left:
            self._by_name[host.name_key] = left
        else:
            del self._by_name[host.name_key]
        self.filling.touch(policy, policy.forget(host.host), "no client asked for %s for long" % host.host, now)
        self._timers.cancel(("expire", policy.config.name, host.host))

    def wanted_names(self):
        """[(name key, host, servers, rtypes)] for the resolver, in any order."""
        self.names_changed = False
        pairs = self._by_name
        return [(key, key[0], key[1], host.rtypes) for key in pairs for _, host in pairs[key]]

    def expired(self, name, host, now):
        """The timer ("expire", policy, host) is due."""
        policy = self.policies.get(name)
        host = None if policy is None else policy.hosts.get(host)
        if host is None:
            return []
        if host.host in policy.seen and now >= policy.seen[host.host] + self._limits.observe_time:
            self._forget(policy, host, now)
            return []
        gone = policy.expire(host, now)
        if gone:
            self.filling.touch(policy, gone, "no longer named for the time to retain", now)
        self._watch_expiry(policy, host)
        return []

    def name_answered(self, name, now):
        """One of a name's RRsets was answered, or failed."""
        actions = []
        for policy, host in self._by_name.get(name.key, ()):
            changed = policy.answered(host, name.keys(host.rtypes), now)
            if name.answered_at(host.rtypes) is not None:
                changed = changed + host.settle(now + policy.config.retain)
            if changed:
                self._learnt.setdefault(name.key, {}).update(dict.fromkeys(changed))
                self.filling.touch(policy, changed, "%s changed" % name.host, now)
                self._watch_expiry(policy, host)
            if policy.overflowed() and policy.label not in self._overflowing:
                self._overflowing[policy.label] = None
                actions.append(Log("warning", "%s: %s" % (policy.label, policy.overflow_text())))
        return actions

    def unheard(self):
        """Return the keys of names that are to be told although they were answered before: a host of each is new."""
        policies = self.policies.values()
        return set([host.name_key for p in policies for host in p.hosts.values() if not host.heard])

    def interfaces(self):
        """Return the interfaces that policies lead into, in order."""
        return sorted(set([p.config.interface for p in self.policies.values() if p.config.interface]))

    def bar(self, interface, endpoints, now):
        """Keep the endpoints of a tunnel, a set of addresses, out of the sets that lead into it."""
        self.sets.bar(interface, endpoints, now)

    def learnt(self, now):
        """Return [Known] of the addresses that DNS named, or ceased to name, since the last call.

        What ended at once is told too: else it would be added again after a restart.
        """
        if not self._learnt:
            return []
        learnt, self._learnt = self._learnt, {}
        found = []
        for name_key in sorted(learnt):
            host, keys = name_key[0], list(learnt[name_key])
            found.extend(self._lives(name_key, keys, now))
            hosts = [known for _, known in self._by_name.get(self._name_key(host), ())]
            ended = [key for key in keys if not longest_life(hosts, key, now)]
            found.extend([Known(host, ended, False, 0)] if ended else [])
        return found

    def remembered(self, now):
        """Yield what is to be remembered, Known by Known; answers may come in between."""
        for name_key in sorted(self._by_name):
            earlier = []
            for _, host in list(self._by_name.get(name_key, ())):
                keys = host.all_keys()
                for start in range(0, len(keys), SLICE):
                    part = keys[start : start + SLICE]
                    if earlier:
                        part = [key for key in part if longest_life(earlier, key, now) is None]
                    for known in self._lives(name_key, part, now):
                        yield known
                earlier.append(host)

    def _lives(self, name_key, keys, now):
        """[Known] of those of the keys that the hosts of this name want."""
        hosts = [host for _, host in self._by_name.get(name_key, ())]
        found = {}
        for key in keys:
            life = longest_life(hosts, key, now)
            if life == NAMED:
                found.setdefault(NAMED, []).append(key)
            elif life:
                found.setdefault(int(life + 0.999), []).append(key)  # not 0 while it is in the set
        return [Known(name_key[0], found[life], life == NAMED, max(0, life)) for life in sorted(found)]

    def _watch_expiry(self, policy, host):
        at = policy.next_expiry(host, self._limits.observe_time)
        if at is not None:
            self._timers.set(("expire", policy.config.name, host.host), at)


def _same(host, before):
    """The same Host as a Policy of before has it; None if that has it not."""
    known = before.hosts.get(host.host)
    return known if known is not None and (known.rtypes, known.name_key) == (host.rtypes, host.name_key) else None


def _known(pairs, retain, now):
    """{key: until} of what any of the (Policy, Host) wants: it is not lost with a new nameserver or name."""
    found = {}
    for _, known in pairs:
        for key in known.retained:
            found[key] = max(min(known.retained[key], now + retain), found.get(key, now))
        for key in known.named:
            found[key] = now + max(retain, GRACE)
    return found
