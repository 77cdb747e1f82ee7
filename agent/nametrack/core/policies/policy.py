"""One policy: its hosts, and which addresses it wants in its two sets; addresses as ip.key."""

from ... import ip
from ..names.rrset import AAAA, RTYPES, A
from ..sets.lives import longest_life
from ..sets.targets import candidates
from .policy_host import Host, Literals

MAX_ADDRESSES = 65536  # of one policy
MAX_OBSERVED = 256  # names below its wildcards


class Policy:
    def __init__(self, config, name_key):
        self.config = config
        self.candidates = candidates(config)
        self.target = None  # the Target that is filled; None: none of the candidates exists
        self.lost = False  # whether it was said that there is none
        self.changed_at = None  # when one of its sets was changed last
        self.added = self.deleted = 0  # elements of its sets, since the start
        self.hosts = {}  # host -> Host
        self.seen = {}  # host of a wildcard -> monotonic time at which a client was given an answer about it last
        self.literals = Literals(config.literals)
        self.overflows = False  # whether an address found no place
        self.reported = False
        self._rtypes = RTYPES[config.family]
        self._holders = {}  # key -> the host that wants it, or a tuple of hosts
        self._hold(self.literals.keys, self.literals)
        for host in config.hosts:
            self.hosts[host] = Host(host, name_key(host), self._rtypes)

    @property
    def label(self):
        return "policy '%s'" % self.config.name

    def wrote(self, added, deleted, now):
        """So many routes of its addresses were written."""
        self.added += added
        self.deleted += deleted
        self.changed_at = now

    def sets(self):
        """{4: set name, 6: set name} of those it fills, by the action's text; empty where there is no target."""
        return {} if self.target is None else self.target.sets

    def answered(self, host, keys, now):
        """DNS answered for one host; returns the keys whose life changed."""
        changed = host.answered(keys, now, self.config.retain)
        self._hold(keys, host)
        return changed

    def remember(self, host, keys, until):
        """Addresses that a host had before: they stay until then."""
        keys = [key for key in keys if (AAAA if ip.key_family(key) == 6 else A) in self._rtypes]
        host.remember(keys, until)
        self._hold(keys, host)

    def keep(self, host):
        """Takes over what is known of a host from before the configuration was read again."""
        self.hosts[host.host] = host
        self._hold(host.keys(), host)

    def lists(self, host):
        """Return whether the configuration lists the host itself."""
        return host in self.hosts and host not in self.seen

    def observe(self, host, name_key, now):
        """A client was given an answer about `host`; return its Host, a new one if it was not known."""
        if host not in self.hosts:
            self.hosts[host] = Host(host, name_key, self._rtypes)
            self.seen[host] = now
        if host in self.seen:
            self.seen[host] = now
        return self.hosts[host]

    def stalest(self):
        """Return the observed host that was seen least recently; None while there is room for more."""
        if len(self.seen) <= MAX_OBSERVED:
            return None
        return min(self.seen, key=lambda host: (self.seen[host], host))

    def forget(self, host):
        """Forget an observed host; return the keys it wanted."""
        gone = self.hosts.pop(host)
        del self.seen[host]
        for key in gone.keys():
            self._release(key, gone)
        return gone.keys()

    def next_expiry(self, host, observe_time):
        """Return when an address of a host, or an observed host, is to be forgotten; None for never."""
        times = [host.next_expiry(), self.seen[host.host] + observe_time if host.host in self.seen else None]
        times = [at for at in times if at is not None]
        return min(times) if times else None

    def expire(self, host, now):
        """Returns what this host retained long enough."""
        gone = host.expire(now)
        for key in gone:
            self._release(key, host)
        return gone

    def wants(self, key):
        return key in self._holders

    def wanted(self, family):
        """What it wants in the set of this family."""
        return [key for key in self._holders if ip.key_family(key) == family]

    def life(self, key, now):
        """The longest life any of its hosts gives the address: NAMED, seconds, or None for not wanted."""
        holder = self._holders.get(key)
        if holder is None:
            return None
        return longest_life(holder, key, now) if isinstance(holder, tuple) else holder.life(key, now)

    def _hold(self, keys, host):
        holders = self._holders
        for key in keys:
            holder = holders.get(key)
            if holder is None:
                if len(holders) < MAX_ADDRESSES:
                    holders[key] = host
                else:
                    self.overflows = True
            elif isinstance(holder, tuple):
                if host not in holder:
                    holders[key] = holder + (host,)
            elif holder is not host:
                holders[key] = (holder, host)

    def _release(self, key, host):
        holder = self._holders.get(key)
        if isinstance(holder, tuple):
            left = [other for other in holder if other is not host]
            self._holders[key] = left[0] if len(left) == 1 else tuple(left)
        elif holder is host:
            del self._holders[key]
