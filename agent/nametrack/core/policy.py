"""One policy: its hosts, and which addresses it wants in its two sets."""

from .. import ip
from .host import Host, Literals, longest_life
from .rrset import AAAA, RTYPES, A

MAX_ADDRESSES = 65536  # of one policy


class Policy:
    def __init__(self, config, name_key):
        self.config = config
        self.changed_at = None  # when one of its sets was changed last
        self.added = self.deleted = 0  # elements of its sets, since the start
        self.hosts = {}  # host -> Host
        self.literals = Literals(config.literals)
        self.overflows = False  # whether an address found no place
        self.reported = False
        self._rtypes = RTYPES[config.family]
        self._holders = {}  # address -> the hosts that want it
        self._hold(config.literals, self.literals)
        for host in config.hosts:
            self.hosts[host] = Host(host, name_key(host), self._rtypes)

    @property
    def label(self):
        return "policy '%s'" % self.config.name

    def sets(self):
        """{4: set name, 6: set name} of those it has, by the action's text; empty where there is no target."""
        target, found = self.config.target, {}
        if target in ("nftset", "ipset"):
            kind = "nft" if target == "nftset" else "ipset"
            for family, name in ((4, self.config.set4), (6, self.config.set6)):
                if name:
                    found[family] = "%s %s" % (kind, name)
        return found

    def answered(self, host, addresses, now):
        """DNS answered for one host; returns the addresses whose life changed."""
        changed = host.answered(addresses, now, self.config.retain)
        self._hold(addresses, host)
        return changed

    def remember(self, host, address, until):
        if (AAAA if ip.family(address) == 6 else A) in self._rtypes:
            host.remember(address, until)
            self._hold([address], host)

    def keep(self, host):
        """Takes over what is known of a host from before the configuration was read again."""
        self.hosts[host.host] = host
        self._hold(host.addresses(), host)

    def expire(self, now):
        """Returns the addresses that were retained long enough."""
        gone = []
        for name in sorted(self.hosts):
            host = self.hosts[name]
            for address in host.expire(now):
                self._release(address, host)
                gone.append(address)
        return gone

    def wanted(self, family):
        """The addresses it wants in the set of this family."""
        return [address for address in self._holders if ip.family(address) == family]

    def wants(self, address):
        """Whether one of its hosts wants the address."""
        return address in self._holders

    def life(self, address, now):
        """The longest life any of its hosts gives the address: NAMED, seconds, or None for not wanted."""
        return longest_life(self._holders.get(address, ()), address, now)

    def _hold(self, addresses, host):
        for address in addresses:
            holders = self._holders.get(address)
            if holders is None:
                if len(self._holders) >= MAX_ADDRESSES:
                    self.overflows = True
                    continue
                holders = self._holders[address] = []
            if host not in holders:
                holders.append(host)

    def _release(self, address, host):
        holders = self._holders.get(address)
        if holders and host in holders:
            holders.remove(host)
        if not holders:
            self._holders.pop(address, None)
