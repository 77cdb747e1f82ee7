"""The policies of a configuration that is not in force yet: they are made a step at a time."""

from ... import ip
from ..names.rrset import RTYPES
from ..ordering import advance

HOST = 4  # a host takes as long as so many keys


class Preparation:
    """`before`: {name: Policy} of those in force, which stay as they are; name_key: function that gives a host's name
    key; loading: generator that loads what policies need a step at a time, empty if there is no need to.
    """

    def __init__(self, config, name_key, before, loading=()):
        self.config = config
        self.name_key = name_key
        self.policies = {}  # name -> Policy
        self._steps = self._preparing(before, loading)

    def go_on(self):
        """Go on for some milliseconds; return whether all are ready."""
        return advance(self._steps)

    def _preparing(self, before, loading):
        yield from loading
        for wanted in self.config.policies:
            if wanted.enabled:
                policy = yield from preparing(wanted, self.name_key, before.get(wanted.name))
                self.policies[wanted.name] = policy


def preparing(config, name_key, before=None):
    """Make the Policy of a PolicyConfig, a step at a time: a generator, whose value it is.

    before: the Policy of the same name that is in force. It is to be taken over: if the same addresses are written into
    both, its tables are not made once more.
    """
    from ...key_table import KeyTable  # a router that only follows peers needs none of these
    from .policy import MAX_ADDRESSES, Policy
    from .policy_host import Host, Literals

    literals, holders, hosts = Literals(), {4: KeyTable(), 6: KeyTable()}, {}
    if before is not None and before.config.literals == config.literals:
        literals = before.literals
    else:
        for text in config.literals:
            key = ip.key(text)
            if len(literals.keys) < MAX_ADDRESSES:
                holders[ip.key_family(key)][key] = literals
            literals.add(key)
            yield 1
    for host in config.hosts:
        hosts[host] = Host(host, name_key(host), RTYPES[config.family])
        yield HOST
    yield HOST
    return Policy(config, hosts, literals, holders)
