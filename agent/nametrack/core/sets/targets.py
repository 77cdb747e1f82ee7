"""What a policy can fill: the sets of a service, or the user's own; and why they are missing."""

from collections import namedtuple

from ...element import SetName, own_name

# name: as option target has it; sets: {4: SetName, 6: SetName}, those there are; service: name of the service that
# makes the sets, None for the user's own
Target = namedtuple("Target", ("name", "sets", "service"))

# What a set is for. sources: policies that fill it; users: those, and policies that may come to fill it; service: name
# of the service that makes it, None for the user's own; optional: whether it may be missing
Use = namedtuple("Use", ("family", "sources", "users", "service", "optional"))

# A service that makes sets for the interfaces of its policies, a row each. name: of its package, of its section in UCI
# and of option target; set4, set6: SetNames, with %s for the interface; replaces: characters that the interface's name
# loses in them, each for `_`; asks: what the user has to ask of it so that it makes sets at all: why there are none
# without, and what to do
Row = namedtuple("Row", ("name", "set4", "set6", "replaces", "asks"))

ROWS = (
    Row(
        "pbr",
        SetName("nft", "inet", "fw4", "pbr_%s_4_dst_ip_user"),
        SetName("nft", "inet", "fw4", "pbr_%s_6_dst_ip_user"),
        "",
        (
            "pbr makes sets for users only if a `config include` is enabled",
            "/usr/share/nametrack/includes add; uci set pbr.nametrack.enabled='1'; uci commit pbr; "
            "/etc/init.d/pbr restart",
        ),
    ),
    Row(
        "vpn-policy-routing",
        SetName("ipset", "", "", "%s"),
        SetName("ipset", "", "", "%s6"),
        "-",
        (
            "neither dest_ipset nor resolver_ipset is set",
            "uci set vpn-policy-routing.config.dest_ipset='1'; uci commit vpn-policy-routing; "
            "/etc/init.d/vpn-policy-routing restart",
        ),
    ),
)
SERVICES = tuple([row.name for row in ROWS])
ROUTE = Target("route", {}, None)  # no sets: routes of our own
CREATE = "create the set, e.g. with a `config ipset` section in /etc/config/firewall, or correct the option"


def _row(name):
    return ROWS[SERVICES.index(name)]


def candidates(config):
    """Return the Targets that a policy may fill, the preferred one first; only `auto` has several."""
    if config.target == "auto":
        return _automatic(config.interface) + [ROUTE]
    if config.target == "route":
        return [ROUTE]
    if config.target in SERVICES:
        return [_service(_row(config.target), config.interface)]
    sets = {}
    for family, text in ((4, config.set4), (6, config.set6)):
        if text:
            sets[family] = _own(config.target, text)
    return [Target(config.target, sets, None)]


def _own(target, text):
    return SetName("ipset", "", "", text) if target == "ipset" else SetName("nft", *text.split(" "))


def _automatic(interface):
    return [_service(row, interface) for row in ROWS]


def _service(row, interface):
    for c in row.replaces:
        interface = interface.replace(c, "_")
    sets = {}
    for family, form in ((4, row.set4), (6, row.set6)):
        sets[family] = SetName(form.kind, form.family, form.table, form.name % interface)
    return Target(row.name, sets, row.name)


def choose(found, current, exists, services):
    """Return the one to fill: the only one, or the first whose IPv4 set exists, but none that comes after the current.

    `exists`: function that says of a SetName whether the set exists, None: not known yet. While a service is being
    reloaded its sets may be away: that is no reason to fill others. `services`: those that are installed, as
    ServicesRead has them, None: not known yet. The sets of one that is not enabled may still be there, but lead no
    packet anywhere, and likewise of one that is removed. Routes of our own are for a router on which none is enabled.
    """
    if len(found) == 1:
        return found[0]
    for target in found:
        if target is ROUTE:
            enabled = services is None or any(services[name].enabled for name in services)
            return ROUTE if not enabled or current is ROUTE else None
        if services is not None and not (target.service in services and services[target.service].enabled):
            continue
        there = exists(target.sets[4])
        if there or target is current:
            return target
        if there is None:
            return None
    return None


def chosen_by_auto(interface, exists, services):
    """Return the Target that `auto` begins with, with its sets that exist; None if none. Arguments as for choose."""
    target = choose(_automatic(interface) + [ROUTE], None, exists, services)
    if target is None:
        return None
    sets = {family: target.sets[family] for family in target.sets if exists(target.sets[family])}
    return Target(target.name, sets, target.service)


def is_optional(target, family):
    """Return whether the set of this family may be missing: the services make IPv6 sets only with `ipv6_enabled`."""
    return target.service is not None and family == 6


def why_missing(target, services):
    """Return `(why, advice)`: why a set of a target does not exist, in words that follow the set's name.

    `services`: {name: wire.services.Service} of those that are installed, None if that is not known yet.
    """
    name = target.service
    if name is None:
        return "does not exist", CREATE
    if services is None:
        return "does not exist", "start %s, or choose another target" % name
    service = services.get(name)
    if service is None:
        why, advice = _absent(name)
        return "does not exist: %s" % why, advice
    stopped = why_stopped(service, name)
    if stopped is not None:
        return "does not exist: %s" % stopped[0], stopped[1]
    if not service.includes:
        why, advice = _row(name).asks
        return "does not exist: %s" % why, advice
    if service.errors:
        return "does not exist: %s reports %s" % (name, ", ".join(service.errors[:3])), "/etc/init.d/%s status" % name
    interface = "the interface of '%s'" % own_name(target.sets[4])
    return (
        "does not exist: %s has not been restarted since it was set up, or does not know the interface" % name,
        "/etc/init.d/%s restart  # if that does not help, check the spelling of %s, and if it is right list the "
        "interface as supported_interface in /etc/config/%s" % (name, interface, name),
    )


def _absent(name):
    return "%s is not installed" % name, "install %s, or choose another target" % name


def why_stopped(service, name):
    """Return `(why, advice)` if a service does not run; None if it does or that is not known."""
    if not service.enabled:
        advice = "uci set %s.config.enabled='1'; uci commit %s; /etc/init.d/%s enable; /etc/init.d/%s start"
        return "%s is not enabled" % name, advice % (name, name, name, name)
    if service.running is False:
        return "%s is stopped" % name, "/etc/init.d/%s enable; /etc/init.d/%s start" % (name, name)
    return None


def why_unused(target, services):
    """Return `(why, advice)`: why nothing refers to a set of a target, so that filling it leads no packet anywhere.

    The advice is None for a set of the user's own.
    """
    name, stopped = target.service, None
    if name is not None and services is not None:
        stopped = why_stopped(services[name], name) if name in services else _absent(name)
    if stopped is not None:
        return "is not used: " + stopped[0], stopped[1]
    if target.service is not None:
        return "is not used: no rule of %s refers to it" % target.service, "/etc/init.d/%s restart" % target.service
    return "is not used: no rule refers to it", None
