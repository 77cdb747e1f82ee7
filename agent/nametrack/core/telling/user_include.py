"""What user files print: the elements that ipsets should have now, for the program that made the sets anew."""

from ... import ip
from ..last_good import life_left
from ..names.rrset import AAAA, RTYPES, A
from ..ordering import keys_in_order
from ..sets.targets import candidates


def contents(kind, config, remembered, services, exists):
    """Return [(set name, [ip.key of an address or prefix])] in the order of the sets' names.

    kind: "vpn-policy-routing" or "ipset"; remembered: Remembered; exists: function that says of a set's name whether
    there is such a set. A line for a set that does not exist would fail all of `ipset restore`.
    """
    found = {}
    for policy in config.policies if config.enabled else ():
        if not policy.enabled:
            continue
        target = _target(kind, policy, services)
        if target is None:
            continue
        wanted = None
        for family in sorted(target.sets):
            set_name = target.sets[family]
            if exists(set_name):
                wanted = _wanted(policy, remembered) if wanted is None else wanted
                keys = [key for key in wanted if ip.key_family(key) == family]
                found.setdefault(set_name, set()).update(keys)
    return [(set_name, keys_in_order(found[set_name])) for set_name in sorted(found) if found[set_name]]


def _target(kind, policy, services):
    """The Target of this kind that a policy fills, or None."""
    for target in candidates(policy):
        if target.name == kind:
            # `auto` takes pbr where there are both
            preferred = policy.target == "auto" and services.get("pbr")
            return None if preferred and preferred.enabled else target
    return None


def _wanted(policy, remembered):
    """The keys that a policy wants, as far as is remembered."""
    keys = set([ip.key(literal) for literal in policy.literals])
    rtypes = RTYPES[policy.family]
    for host in policy.hosts:
        for known in remembered.of(host):
            if known.named or life_left(known, policy.retain) > 0:
                keys.update([key for key in known.keys if (AAAA if ip.key_family(key) == 6 else A) in rtypes])
    return keys
