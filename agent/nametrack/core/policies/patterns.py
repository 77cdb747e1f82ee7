"""Which policies want a name that a client asked for: `host '*.example.net'` wants the names below example.net.

Names are compared by labels. A policy that lists the name itself comes before any wildcard, the longest wildcard before
shorter ones; equal wildcards of several policies all count.
"""

_HOST = "abcdefghijklmnopqrstuvwxyz0123456789-_."  # no other character of DNS has a place in a host's name


class Patterns:
    def __init__(self, policies):
        """`policies`: list of Policy."""
        self._policies = policies
        self._below = {}  # domain -> [Policy]
        for policy in policies:
            for wildcard in policy.config.wildcards:
                self._below.setdefault(wildcard[2:], []).append(policy)

    def domains(self):
        """Return the domains of all wildcards, a sorted tuple."""
        return tuple(sorted(self._below))

    def names(self):
        """Return `(domains, hosts)`: the domains of all wildcards, and the listed hosts; sorted tuples."""
        return self.domains(), tuple(sorted(set([host for p in self._policies for host in p.config.hosts])))

    def owners(self, name):
        """Return the policies that want a name."""
        return self._listing(name) or self.below(name)

    def below(self, name):
        """Return the policies that want a name because of a wildcard."""
        if not self._below or self._listing(name) or not all(c in _HOST for c in name):
            return []
        domain = name
        while "." in domain:
            domain = domain.partition(".")[2]
            if domain in self._below:
                return self._below[domain]
        return []

    def _listing(self, name):
        return [policy for policy in self._policies if policy.lists(name)]
