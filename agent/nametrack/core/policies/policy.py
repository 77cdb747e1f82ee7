"""One policy: its hosts, and which addresses it wants in each address family; addresses as ip.key."""

from ... import ip
from ..names.rrset import AAAA, RTYPES, A
from ..sets.lives import longest_life
from ..sets.targets import candidates
from .policy_host import Host

MAX_ADDRESSES = 65536  # of one policy
MAX_OBSERVED = 256  # names below its wildcards, or in its files beyond those that are asked for


class Policy:
    """`hosts`: {host: Host}; `literals`: Literals; `holders`: {address family: KeyTable} of what it wants so far."""

    def __init__(self, config, hosts, literals, holders):
        self.config = config
        self.candidates = candidates(config)
        self.target = None  # the Target that is filled; None: none of the candidates exists
        self.changed_at = None  # when one of its sets was changed last
        self.added = self.deleted = 0  # elements of its sets, since the start
        self.hosts = hosts
        # host of a wildcard, or of a file beyond those that are asked for -> monotonic time at which a client was given
        # an answer about it last
        self.seen = {}
        self.literals = literals
        # whether an address found no place, and that was not said
        self.overflows = len(config.literals) > MAX_ADDRESSES
        self._rtypes = RTYPES[config.family]
        self._holders = holders  # address family -> KeyTable: key -> the host that wants it, or a tuple of them

    @property
    def label(self):
        return "policy '%s'" % self.config.name

    def wrote(self, added, deleted, now):
        """So many elements of its sets, or routes, were added and deleted."""
        self.added += added
        self.deleted += deleted
        self.changed_at = now

    def sets(self):
        """Return {4: SetName, 6: SetName} of those it fills; empty if there is no target."""
        return {} if self.target is None else self.target.sets

    def take_over(self, before, hosts):
        """Go on with these hosts of another Policy, as it was before the configuration was read again and ends here."""
        self.added, self.deleted, self.changed_at = before.added, before.deleted, before.changed_at
        if before.target in self.candidates:
            self.target = self.candidates[self.candidates.index(before.target)]
        self.hosts.update([(host.host, host) for host in hosts])
        known, full = self.literals is before.literals, before.is_full()
        if known:
            self._holders = {family: before.wanted(family) for family in (4, 6)}
            for host in before.hosts.values():
                if self.hosts.get(host.host) is not host:
                    self._release(host.keys(), host)
        if full or not known:
            for host in hosts:
                self._hold(host.keys(), host)

    def fill(self, target):
        """Fill the sets of a Target from now on, None for none."""
        self.target = target

    def answered(self, host, keys, now):
        """DNS answered for one host; return the keys whose life changed."""
        changed, dropped = host.answered(keys, now, self.config.retain)
        self._release(dropped, host)
        return changed + dropped + self._hold(host.named, host)

    def remember(self, host, keys, until):
        """Take addresses that a host had before: they stay until then."""
        keys = [key for key in keys if (AAAA if ip.key_family(key) == 6 else A) in self._rtypes]
        dropped = host.remember(keys, until)
        self._hold([key for key in keys if key not in dropped], host)
        self._release(dropped, host)

    def asks(self, host):
        """Return whether a host is asked for whether or not a client asks for it."""
        return host in self.hosts and host not in self.seen

    def lists(self, host):
        """Return whether the configuration, or a file that it names, lists the host itself."""
        return self.asks(host) or any(each.position(host) == 0 for each in self.config.lists)

    def observe(self, host, name_key, now):
        """A client was given an answer about `host`; return its Host, a new one if it was not known."""
        if host not in self.hosts:
            self.hosts[host] = Host(host, name_key, self._rtypes)
            self.seen[host] = now
        if host in self.seen:
            self.seen[host] = now
        return self.hosts[host]

    def stalest(self, besides=None):
        """Return the observed host, other than `besides`, that was seen least recently; None while there is room."""
        if len(self.seen) <= MAX_OBSERVED:
            return None
        return min([host for host in self.seen if host != besides], key=lambda host: (self.seen[host], host))

    def forget(self, host):
        """Forget an observed host; return the keys it wanted."""
        gone = self.hosts.pop(host)
        del self.seen[host]
        self._release(gone.keys(), gone)
        return gone.keys()

    def next_expiry(self, host, observe_time):
        """Return when an address of a host, or an observed host, is to be forgotten; None for never."""
        at = host.next_expiry()
        if host.host not in self.seen:
            return at
        unseen = self.seen[host.host] + observe_time
        return unseen if at is None else min(at, unseen)

    def expire(self, host, now):
        """Return what this host retained long enough."""
        gone = host.expire(now)
        self._release(gone, host)
        return gone

    def wants(self, key):
        """Return whether it wants an address or a prefix."""
        return key in self._holders[ip.key_family(key)]

    def wide(self, family):
        """Return the keys of the prefixes of this family that are written into it, in their order."""
        return [key for key in self.literals.wide if ip.key_family(key) == family]

    def wanted(self, family):
        """Return the KeyTable of what it wants of this family; not to be changed."""
        return self._holders[family]

    def life(self, key, now):
        """Return the longest life any of its hosts gives the address: NAMED, seconds, or None if it is not wanted."""
        holder = self._holders[ip.key_family(key)].get(key)
        if holder is None:
            return None
        return longest_life(holder, key, now) if isinstance(holder, tuple) else holder.life(key, now)

    def is_full(self):
        """Return whether there is no place for another address."""
        return len(self._holders[4]) + len(self._holders[6]) >= MAX_ADDRESSES

    def overflowed(self):
        """Return whether an address found no place since this was asked last."""
        overflows, self.overflows = self.overflows, False
        return overflows

    def overflow_text(self):
        """Return what to say of that."""
        return "more than %d addresses; each host keeps its share of them" % MAX_ADDRESSES

    def _hold(self, keys, host):
        """Give these keys of a host a place; return keys of other hosts that made room for them."""
        fresh = [key for key in keys if not self.wants(key)]
        gone, places = self._make_room(len(fresh), host)
        for key in keys:
            holders = self._holders[ip.key_family(key)]
            holder = holders.get(key)
            if holder is None:
                if places:
                    places -= 1
                    holders[key] = host
                else:
                    self.overflows = True
            elif isinstance(holder, tuple):
                if host not in holder:
                    holders[key] = holder + (host,)
            elif holder is not host:
                holders[key] = (holder, host)
        return gone

    def _make_room(self, count, host):
        """Return `(keys that other hosts lost, places for a host's new keys)`; no host gets more than its share so."""
        free = MAX_ADDRESSES - len(self._holders[4]) - len(self._holders[6])
        if count <= free:
            return [], count
        gone, share = [], MAX_ADDRESSES // len(self.hosts)
        missing = min(count, max(free, share - len(host) + count)) - free
        others = [each for each in self.hosts.values() if each is not host]
        while missing > 0 and others:
            largest = max(others, key=len)
            spare = len(largest) - share
            if spare <= 0:
                break
            dropped = largest.drop(min(missing, spare))
            before = len(self._holders[4]) + len(self._holders[6])
            self._release(dropped, largest)
            gone.extend(dropped)
            missing -= max(1, before - len(self._holders[4]) - len(self._holders[6]))
        return gone, max(0, MAX_ADDRESSES - len(self._holders[4]) - len(self._holders[6]))

    def _release(self, keys, host):
        for key in keys:
            holders = self._holders[ip.key_family(key)]
            holder = holders.get(key)
            if isinstance(holder, tuple):
                left = [other for other in holder if other is not host]
                holders[key] = left[0] if len(left) == 1 else tuple(left)
            elif holder is host:
                holders.pop(key)
