"""What the user includes print: the elements that the sets should have now, for services that fill them anew."""

from ... import ip
from ..last_good import life_left
from ..names.rrset import AAAA, RTYPES, A
from ..ordering import keys_in_order
from ..sets.prefix_cover import Cover
from ..sets.targets import candidates


def contents(kind, config, entries, services, makes):
    """[(set name, [ip.key of an address or prefix])] for one kind of include, in the order of the sets' names.

    `entries`: Remembered, of the last-good file; `makes`: function that says whether there is, or is about to be, the
    set of an interface: `makes(interface, family, set name)`. A line for one that is not there would fail all of the
    service.
    """
    found = {}
    service = services.get(kind)
    prefixes = service is None or service.intervals
    for policy in config.policies if config.enabled else ():
        if not policy.enabled:
            continue
        target = _target(kind, policy, services)
        if target is None:
            continue
        wanted = None
        for family in sorted(target.sets):
            set_name = target.sets[family]
            if makes(policy.interface, family, set_name):
                wanted = _wanted(policy, entries) if wanted is None else wanted
                keys = [k for k in wanted if ip.key_family(k) == family and (prefixes or not isinstance(k, str))]
                found.setdefault(set_name, set()).update(keys)
    return [(set_name, _apart(found[set_name])) for set_name in sorted(found) if found[set_name]]


def _target(kind, policy, services):
    """The Target of this kind that a policy fills, or None."""
    for target in candidates(policy):
        if target.name == kind:
            # `auto` takes pbr where there are both
            preferred = policy.target == "auto" and kind != "pbr" and services.get("pbr")
            return None if preferred and preferred.enabled else target
    return None


def _wanted(policy, entries):
    """The keys that a policy wants, as far as is remembered."""
    keys = set([ip.key(literal) for literal in policy.literals])
    rtypes = RTYPES[policy.family]
    for host in policy.hosts:
        for entry in entries.of(host):
            rtype = AAAA if ip.family(entry.address) == 6 else A
            if rtype in rtypes and (entry.named or life_left(entry, policy.retain) > 0):
                keys.add(ip.key(entry.address))
    return keys


def _apart(keys):
    """The keys without what lies in one of the prefixes: old versions of nft refuse what overlaps."""
    prefixes = [key for key in keys if isinstance(key, str)]
    if not prefixes:
        return keys_in_order(keys)
    cover = Cover(prefixes)
    return [key for key in keys_in_order(keys) if not cover.holds(ip.element(key))]


def supports(service, interface, section):
    """Whether pbr takes an interface for a tunnel, as its own rules say, as far as the configuration shows it.

    `section`: the options of the interface in /etc/config/network, None where there is no such section. What pbr sees
    by the device only, as for OpenVPN, counts only when it is listed in `supported_interface`.
    """
    if section is None or _is_set(section.get("disabled", "0")):
        return False
    if interface in service.supported:
        return True
    proto = section.get("proto", "")
    is_client = isinstance(proto, str) and proto.startswith("wireguard") and not section.get("listen_port")
    return is_client and interface not in service.ignored


def _is_set(value):
    return value in ("1", "on", "true", "yes", "enabled")
