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
        """Return `(domains, hosts, lists)`: the domains of all wildcards, sorted, the listed hosts, sorted, and the
        lists that have more than is asked for.
        """
        lists = [each for p in self._policies for each in p.config.lists if not each.is_whole()]
        lists = tuple([lists[i] for i in range(len(lists)) if lists[i] not in lists[:i]])
        return self.domains(), tuple(sorted(set([host for p in self._policies for host in p.config.hosts]))), lists

    def owners(self, name):
        """Return the policies that want a name."""
        return self._listing(name) or self.below(name)

    def below(self, name):
        """Return the policies that want a name because of a wildcard."""
        if self._listing(name) or not all(c in _HOST for c in name):
            return []
        nearest, found = len(name), []  # where the longest domain begins, and whose wildcard it is
        for at, policy in self._wildcards(name):
            if at < nearest:
                nearest, found = at, []
            if at == nearest and policy not in found:
                found.append(policy)
        return found

    def _wildcards(self, name):
        """[(where in the name its domain begins, policy)] of the longest wildcards, of options and of each list."""
        found, at = [], name.find(".") + 1
        while at and name[at:] not in self._below:
            at = name.find(".", at) + 1
        found = [(at, policy) for policy in self._below[name[at:]]] if at else []
        for policy in self._policies:
            for each in policy.config.lists:
                at = each.position(name)
                if at:
                    found.append((at, policy))
        return found

    def _listing(self, name):
        return [policy for policy in self._policies if policy.lists(name)]
