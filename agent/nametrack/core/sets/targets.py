"""What a policy can fill: the sets of pbr, of vpn-policy-routing, or the user's own; and why they are missing."""

from collections import namedtuple

# name: as option target has it; sets: {4: set name, 6: set name} by the actions' text, those there are;
# feeder: the service that makes the sets and puts our elements in, from the user include; None for the user's own
Target = namedtuple("Target", ("name", "sets", "feeder"))

SERVICES = ("pbr", "vpn-policy-routing")
ROUTE = Target("route", {}, None)  # no sets: routes of our own
CREATE = "create the set, e.g. with a `config ipset` section in /etc/config/firewall, or correct the option"


def candidates(config):
    """The Targets that a policy may fill, the preferred one first; only `auto` has several."""
    if config.target == "auto":
        return _automatic(config.interface) + [ROUTE]
    if config.target == "route":
        return [ROUTE]
    if config.target in SERVICES:
        return [_service(config.target, config.interface)]
    kind = "nft" if config.target == "nftset" else "ipset"
    sets = {}
    for family, name in ((4, config.set4), (6, config.set6)):
        if name:
            sets[family] = "%s %s" % (kind, name)
    return [Target(config.target, sets, None)]


def _automatic(interface):
    return [_service(name, interface) for name in SERVICES]


def _service(name, interface):
    if name == "pbr":
        form = "nft inet fw4 pbr_" + interface + "_%d_dst_ip_user"
        return Target(name, {4: form % 4, 6: form % 6}, name)
    plain = interface.replace("-", "_")
    return Target(name, {4: "ipset " + plain, 6: "ipset " + plain + "6"}, name)


def choose(found, current, exists, services):
    """The one to fill: the only one, or the first whose IPv4 set exists, but none that comes after the current one.

    `exists`: function that says of a set's name whether the set exists, None: not known yet. While a service is being
    reloaded its sets may be away: that is no reason to fill others. `services`: those that are installed, as
    ServicesRead has them, None: not known yet. Routes of our own are for a router on which none of them is enabled.
    """
    if len(found) == 1:
        return found[0]
    for target in found:
        if target is ROUTE:
            enabled = services is None or any(services[name].enabled for name in services)
            return ROUTE if not enabled or current is ROUTE else None
        there = exists(target.sets[4])
        if there or target is current:
            return target
        if there is None:
            return None
    return None


def chosen_by_auto(interface, exists):
    """The Target that `auto` begins with, with those of its sets that exist, by `exists` as for choose; None: none."""
    target = choose(_automatic(interface), None, exists, None)
    if target is None:
        return None
    sets = {family: target.sets[family] for family in target.sets if exists(target.sets[family])}
    return Target(target.name, sets, target.feeder)


def plain(set_name):
    """A set's own name, without the kind that the actions put before it."""
    return set_name.split(" ", 1)[1]


def is_optional(target, family):
    """Whether the set of this family may be missing: both services make the IPv6 twin only with `ipv6_enabled`."""
    return target.feeder is not None and family == 6


def why_missing(target, services):
    """`(why, advice)`: why a set of a target does not exist, in words that follow the set's name."""
    name = target.name
    if target.feeder is None:
        return "does not exist", CREATE
    if services is None:
        return "does not exist", "start %s, or choose another target" % name
    service = services.get(name)
    if service is None:
        return "does not exist: %s is not installed" % name, "install %s, or choose another target" % name
    if not service.enabled:
        return "does not exist: %s is not enabled" % name, "enable it in /etc/config/%s and start it" % name
    if service.running is False:
        return "does not exist: %s is stopped" % name, "/etc/init.d/%s enable; /etc/init.d/%s start" % (name, name)
    if not service.includes and name == "pbr":
        text = "does not exist: pbr makes sets for users only where a `config include` is enabled"
        return text, "enable the include 'nametrack' in /etc/config/pbr, then restart pbr"
    if not service.includes:
        text = "does not exist: neither dest_ipset nor resolver_ipset is set"
        return text, "set option dest_ipset '1' in /etc/config/vpn-policy-routing, then restart it"
    if service.errors:
        return "does not exist: %s reports %s" % (name, ", ".join(service.errors[:3])), "/etc/init.d/%s status" % name
    return (
        "does not exist: %s does not know the interface, or has not started yet" % name,
        "/etc/init.d/%s restart; if the set stays away, list the interface as supported_interface in its file" % name,
    )
